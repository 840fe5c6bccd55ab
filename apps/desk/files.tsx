// Files in and out: a download, a text to copy, a file to choose or drop, and a code to scan.

import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { scanCamera } from "../shared/scan.ts";
import { Button, Notice } from "../shared/ui/kit.tsx";
import { common } from "../shared/words/common.ts";

const MINUTE_MS = 60_000;

/** Hands a file to the browser's downloads. */
export function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), MINUTE_MS);
}

/** A name that every file system takes. */
export const fileName = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40) || "clinic";

export function CopyButton({ text, label }: { text: string; label: string }) {
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
  };
  return (
    <>
      <Button onClick={copy}>{label}</Button>
      <span role="status">{copied.value && common.value.copied}</span>
    </>
  );
}

/** A file to choose. */
export function FileField({
  label,
  hint,
  accept,
  onFile,
}: {
  label: string;
  hint?: string;
  accept?: string;
  onFile: (file: File) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="file"
        aria-describedby={hint === undefined ? undefined : `${id}h`}
        {...(accept !== undefined && { accept })}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
          event.currentTarget.value = "";
        }}
      />
      {hint !== undefined && (
        <span class="hint" id={`${id}h`}>
          {hint}
        </span>
      )}
    </div>
  );
}

/** The camera, until it has found a code that `accepts` takes. */
export function Scan({
  label,
  refused,
  accepts,
  onFound,
}: {
  label: string;
  /** what to do if there is no camera */
  refused: string;
  accepts: (text: string) => boolean;
  onFound: (text: string) => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const failed = useSignal(false);
  useEffect(() => {
    let stop = (): void => {};
    let over = false;
    scanCamera(video.current!, accepts, onFound)
      .then((given) => {
        if (over) given();
        else stop = given;
      })
      .catch(() => {
        failed.value = true;
      });
    return () => {
      over = true;
      stop();
    };
  }, []);
  return failed.value ? (
    <Notice tone="warn" word={common.value.careful}>
      <p>{refused}</p>
    </Notice>
  ) : (
    <video ref={video} class="camera" muted playsInline aria-label={label} />
  );
}
