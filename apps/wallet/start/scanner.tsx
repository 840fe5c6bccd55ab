// Takes a code from the camera, from a photo, or from text that was copied. If there is no camera, or the person refuses it,
// the other ways stay.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, Notice, Reach, TextArea } from "../../shared/ui/kit.tsx";
import { words } from "./words.ts";

/** Reading codes is a third of the page's size, and a person who opens a link needs none of it. */
const scanning = () => import("../../shared/scan.ts");

interface ScannerProps {
  /** reads the code out of a text; undefined if there is none */
  read: (text: string) => string | undefined;
  found: (code: string) => void;
  /** the camera's button */
  action: string;
  pasteLabel: string;
  pasteHint: string;
  /** nothing in the picture or the text */
  nothing: string;
  /** one more of the other ways */
  other?: ComponentChildren;
  /** between the other ways and the button */
  children?: ComponentChildren;
}

/** The place where the camera's picture will be, and the two halves that are to meet. */
const Corners = () => (
  <svg viewBox="0 0 100 100" aria-hidden="true">
    <path
      class="corners"
      d="M4 22V10a6 6 0 0 1 6-6h12M78 4h12a6 6 0 0 1 6 6v12M96 78v12a6 6 0 0 1-6 6H78M22 96H10a6 6 0 0 1-6-6V78"
    />
    <path class="half" d="M46 22a28 28 0 0 0 0 56l-6-11 7-11-9-12 10-11z" />
    <path class="other" d="M54 22a28 28 0 0 1 0 56l-6-11 7-11-9-12 10-11z" />
  </svg>
);

function Camera({ read, found, onRefused }: Pick<ScannerProps, "read" | "found"> & { onRefused: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stop: (() => void) | undefined;
    let gone = false;
    const start = async (): Promise<() => void> => {
      const { scanCamera } = await scanning();
      return scanCamera(
        video.current!,
        (text) => read(text) !== undefined,
        (text) => found(read(text)!),
      );
    };
    start().then(
      (stopIt) => {
        if (gone) stopIt();
        else stop = stopIt;
      },
      () => {
        if (!gone) onRefused();
      },
    );
    return () => {
      gone = true;
      stop?.();
    };
  }, []);
  return <video ref={video} class="camera" muted playsInline aria-label={words.value.camera} />;
}

export function Scanner({ read, found, action, pasteLabel, pasteHint, nothing, other, children }: ScannerProps) {
  const [isOn, setOn] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const [isEmpty, setEmpty] = useState(false);
  const [pasted, setPasted] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const w = words.value;

  const take = (text: string | undefined): void => {
    const code = text === undefined ? undefined : read(text);
    setEmpty(code === undefined);
    if (code !== undefined) found(code);
  };
  const takePicture = async (picture: File | undefined): Promise<void> => {
    if (picture) {
      const { scanPicture } = await scanning();
      take(await scanPicture(picture).catch(() => undefined));
    }
    file.current!.value = "";
  };

  return (
    <>
      <div class="finder">
        {isOn ? (
          <Camera
            read={read}
            found={found}
            onRefused={() => {
              setOn(false);
              setRefused(true);
            }}
          />
        ) : (
          <Corners />
        )}
      </div>
      {isRefused && (
        <Notice tone="warn" word={w.noCamera}>
          <p>{w.noCameraMore}</p>
        </Notice>
      )}
      {isEmpty && (
        <Notice tone="warn" word={w.noCode}>
          <p>{nothing}</p>
        </Notice>
      )}
      <details open={isRefused}>
        <summary>{w.otherWays}</summary>
        <div class="stack">
          <Button onClick={() => file.current!.click()}>{w.photo}</Button>
          <input
            ref={file}
            type="file"
            accept="image/*"
            hidden
            aria-label={w.photo}
            onChange={(event) => void takePicture(event.currentTarget.files?.[0])}
          />
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              take(pasted);
            }}
          >
            <TextArea
              label={pasteLabel}
              hint={pasteHint}
              value={pasted}
              onInput={setPasted}
              spellcheck={false}
              rows={3}
            />
            <Button type="submit">{w.useText}</Button>
          </form>
          {other}
        </div>
      </details>
      {children}
      <Reach>
        {isOn ? (
          <Button onClick={() => setOn(false)}>{w.stopCamera}</Button>
        ) : (
          <Button
            kind="primary"
            onClick={() => {
              setRefused(false);
              setEmpty(false);
              setOn(true);
            }}
          >
            {action}
          </Button>
        )}
      </Reach>
    </>
  );
}
