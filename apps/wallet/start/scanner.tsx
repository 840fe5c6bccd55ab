// Takes a code from the camera, from a photo, or from text that was copied. If there is no camera, or the person refuses it,
// the other ways stay.

import { useEffect, useRef, useState } from "preact/hooks";
import { scanCamera, scanPicture } from "../../shared/scan.ts";
import { Button, Notice, Reach, TextArea } from "../../shared/ui/kit.tsx";
import { words } from "./words.ts";

export interface ScannerProps {
  /** reads the code out of a text; undefined if there is none */
  read: (text: string) => string | undefined;
  found: (code: string) => void;
  /** the camera's button */
  action: string;
  pasteLabel: string;
  pasteHint: string;
  /** nothing in the picture or the text */
  nothing: string;
}

function Camera({ read, found, onRefused }: Pick<ScannerProps, "read" | "found"> & { onRefused: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stop: (() => void) | undefined;
    let gone = false;
    scanCamera(
      video.current!,
      (text) => read(text) !== undefined,
      (text) => found(read(text)!),
    ).then(
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

export function Scanner({ read, found, action, pasteLabel, pasteHint, nothing }: ScannerProps) {
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
    if (picture) take(await scanPicture(picture).catch(() => undefined));
    file.current!.value = "";
  };

  return (
    <div class="stack">
      {isOn && (
        <Camera
          read={read}
          found={found}
          onRefused={() => {
            setOn(false);
            setRefused(true);
          }}
        />
      )}
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
        </div>
      </details>
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
    </div>
  );
}
