// A file inside a record: a picture is shown, a text is printed, anything else can be opened. Nothing is loaded from elsewhere: an
// address stays a text.

import { useEffect, useState } from "preact/hooks";
import { type Fields, textOf } from "./value.ts";
import { fhirWords } from "./words.ts";

const PICTURES = /^image\/(?:png|jpe?g|gif|webp|avif|bmp)$/i;
const TEXTS = /^text\/plain\b/i;
const ENDINGS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "text/plain": "txt",
  "application/dicom": "dcm",
};

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64.replace(/\s/g, "")), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The address of a Blob for as long as the component stands. */
function useBlob(data: string | undefined, type: string): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const bytes = data === undefined ? undefined : bytesOf(data);
    if (!bytes) return undefined;
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data, type]);
  return url;
}

export function Attachment({ attachment }: { attachment: Fields }) {
  const words = fhirWords.value;
  const written = (textOf(attachment.contentType) ?? "").split(";")[0]!.trim().toLowerCase();
  const data = textOf(attachment.data);
  // A page of HTML or an SVG would run under this app's origin if it were opened as such.
  const type = written === "application/pdf" || PICTURES.test(written) ? written : "application/octet-stream";
  const url = useBlob(data, type);
  const title = textOf(attachment.title);
  const address = textOf(attachment.url);
  if (data !== undefined && TEXTS.test(written)) {
    const bytes = bytesOf(data);
    return <pre class="fhir-text">{bytes ? new TextDecoder().decode(bytes) : data}</pre>;
  }
  const name = `${(title ?? "record").replace(/[^\p{L}\p{N}.\- ]+/gu, " ").trim()}.${ENDINGS[written] ?? "bin"}`;
  return (
    <div class="stack">
      {url !== undefined && PICTURES.test(written) && <img class="fhir-picture" src={url} alt={title ?? words.image} />}
      {url !== undefined && (
        <p>
          <a class="button" href={url} download={name}>
            {words.open(title ?? words.file)}
          </a>
          {written !== "" && <span class="hint"> {written}</span>}
        </p>
      )}
      {data === undefined && address !== undefined && (
        <p>
          {words.elsewhere} <bdi>{address}</bdi>
        </p>
      )}
    </div>
  );
}
