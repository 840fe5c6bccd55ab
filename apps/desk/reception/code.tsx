// The code that the patient scans. It is made anew well before it ends, so that it is always good.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button } from "../../shared/ui/kit.tsx";
import { Qr } from "../../shared/ui/qr.tsx";
import { common } from "../../shared/words/common.ts";
import type { ShownCode } from "../engine/reception.ts";
import { CopyButton } from "../files.tsx";
import { engine } from "../remote.ts";
import { words } from "./words.ts";

/** A code is made anew so long before it ends, at the latest after LONGEST. */
const BEFORE_END_MS = 90_000;
const LONGEST_MS = 4 * 60_000;
const AGAIN_MS = 5_000;
/** A longer text makes modules too small for a phone's camera. */
const MAX_QR_CHARACTERS = 900;

/** The code of now; undefined until it is made. */
function useCode(): ShownCode | undefined {
  const code = useSignal<ShownCode | undefined>(undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let over = false;
    const renew = async (): Promise<void> => {
      let wait = AGAIN_MS;
      try {
        const next = await engine.code();
        code.value = next;
        wait = Math.max(AGAIN_MS, Math.min(LONGEST_MS, next.expiresAt * 1000 - Date.now() - BEFORE_END_MS));
      } catch {
        // The old code stays as long as it counts.
        if (code.value && code.value.expiresAt * 1000 < Date.now()) code.value = undefined;
      }
      if (!over) timer = setTimeout(renew, wait);
    };
    void renew();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, []);
  return code.value;
}

/** Six words for a patient whose phone can read no code. They change with the code, and the ones before last as long as theirs. */
function CodeWords({ text }: { text: string }) {
  const w = words.value;
  const said = useSignal<{ of: string; words: readonly string[] } | undefined>(undefined);
  const failed = useSignal(false);
  useEffect(() => {
    engine.codeWords(text).then(
      (all) => {
        said.value = { of: text, words: all };
        failed.value = false;
      },
      () => {
        failed.value = true;
      },
    );
  }, [text]);
  if (failed.value) return <p role="status">{w.codeWordsNone}</p>;
  if (said.value?.of !== text) return <p role="status">{w.codeWordsWait}</p>;
  return (
    <>
      <ol class="code-words" lang="en" dir="ltr" aria-label={w.codeWordsLabel}>
        {said.value.words.map((word, i) => (
          <li key={i}>{word}</li>
        ))}
      </ol>
      <p class="hint">{w.codeWordsHint}</p>
    </>
  );
}

export function Code({ offline }: { offline: boolean }) {
  const w = words.value;
  const code = useCode();
  const longCode = useSignal<string | undefined>(undefined);
  const isSaid = useSignal(false);
  return (
    <section class="code" aria-label={w.scan}>
      <h2>{w.scan}</h2>
      <p class="hint">{w.scanHint}</p>
      {code ? (
        <>
          <Qr text={code.link.length <= MAX_QR_CHARACTERS ? code.link : code.text} label={w.codeLabel} />
          <div class="row">
            <CopyButton text={code.link} label={w.codeCopy} />
            {!offline && (
              <Button
                kind="link"
                onClick={() => {
                  isSaid.value = !isSaid.value;
                }}
              >
                {isSaid.value ? w.codeWordsHide : w.codeWords}
              </Button>
            )}
            {offline && longCode.value === undefined && (
              <Button
                kind="link"
                onClick={async () => {
                  longCode.value = await engine.longCode();
                  await navigator.clipboard.writeText(longCode.value);
                }}
              >
                {w.longCode}
              </Button>
            )}
            {longCode.value !== undefined && <span role="status">{common.value.copied}</span>}
          </div>
          {isSaid.value && !offline && <CodeWords text={code.text} />}
        </>
      ) : (
        <p role="status" class="code-wait">
          {w.codeWait}
        </p>
      )}
    </section>
  );
}
