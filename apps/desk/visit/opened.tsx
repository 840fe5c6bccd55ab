// An opened record on the screen: its resources, or the file that it is.

import { useEffect, useState } from "preact/hooks";
import { ResourceView, titleOf } from "../../shared/fhir/index.ts";
import { Button, Notice } from "../../shared/ui/kit.tsx";
import type { OpenedView } from "../engine/records.ts";
import { download } from "../files.tsx";
import { words } from "./words.ts";

export function recordTitle(opened: OpenedView | undefined, contentKind: string): string {
  if (opened?.kind !== "fhir")
    return /fhir/.test(contentKind) ? words.value.record : `${words.value.document} (${contentKind.split("/").at(-1)})`;
  const [one, ...others] = opened.resources.filter(({ resourceType }) => resourceType !== "Patient");
  if (!one) return words.value.record;
  return others.length === 0
    ? (titleOf(one) ?? words.value.record)
    : `${titleOf(one) ?? words.value.record} + ${others.length}`;
}

function Picture({ contentKind, bytes, name }: { contentKind: string; bytes: Uint8Array<ArrayBuffer>; name: string }) {
  const [url, setUrl] = useState<string | undefined>(undefined);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type: contentKind }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return url === undefined ? null : <img class="picture" src={url} alt={name} />;
}

const SHOWN_PICTURES = /^image\/(?:png|jpeg|gif|webp)$/;
const EXTENSIONS: Record<string, string> = { "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg" };

export function OpenedRecord({ opened, name }: { opened: OpenedView; name: string }) {
  const w = words.value;
  if (opened.kind === "unreadable")
    return (
      <Notice tone="warn" word={w.unreadable}>
        <p>{opened.reason}</p>
      </Notice>
    );
  if (opened.kind === "file")
    return (
      <>
        {SHOWN_PICTURES.test(opened.contentKind) && (
          <Picture contentKind={opened.contentKind} bytes={opened.bytes} name={name} />
        )}
        <div class="row">
          <Button
            onClick={() =>
              download(`record.${EXTENSIONS[opened.contentKind] ?? "bin"}`, opened.bytes, opened.contentKind)
            }
          >
            {w.saveFile}
          </Button>
        </div>
      </>
    );
  return (
    <>
      {opened.resources.map((resource, i) => (
        <ResourceView key={`${i}`} resource={resource} />
      ))}
    </>
  );
}
