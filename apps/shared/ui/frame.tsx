// What stands around every screen: the bar with the app's name and the language, the wait, and the fault in plain words.

import type { ComponentChildren } from "preact";
import { busy, fault, progress } from "../doing.ts";
import type { RemoteError } from "../remote.ts";
import { common } from "../words/common.ts";
import { Busy, Notice } from "./kit.tsx";
import { LanguagePicker } from "./language-picker.tsx";

/** The sentence for a fault. An app gives its own sentences by code; what it does not know is said in general. */
export function sentenceOf(error: RemoteError, own: Readonly<Record<string, string>> = {}): string {
  const words = common.value;
  const { code, status, seconds } = error;
  if (code !== undefined && own[code] !== undefined) return own[code];
  if (code === "wrong-opener") return words.passphraseWrong;
  if (error.kind === "NotAllowedError") return words.passkeyRefused;
  if (code === "clock-skew") return words.clock;
  if (status === 429) return words.tooMany(String(seconds ?? 60));
  if (status === 503) return words.busyServer;
  if (status === 0 || code === "unreachable" || error.kind === "TypeError") return words.unreachable;
  return words.unknown(code ?? error.kind);
}

export function Frame({
  name,
  actions,
  faults,
  children,
}: {
  name: string;
  /** beside the language, such as a quick exit */
  actions?: ComponentChildren;
  /** sentences by error code */
  faults?: Readonly<Record<string, string>>;
  children: ComponentChildren;
}) {
  const wait = busy.value;
  const error = fault.value;
  return (
    <>
      <header class="bar">
        <strong>{name}</strong>
        <div class="row">
          {actions}
          <LanguagePicker label={common.value.language} />
        </div>
      </header>
      {children}
      <div class="page" aria-live="polite">
        {wait !== undefined && <Busy words={wait} done={progress.value?.done} of={progress.value?.of} />}
        {error !== undefined && (
          <Notice tone="bad" word={common.value.wrong}>
            <p>{sentenceOf(error, faults)}</p>
          </Notice>
        )}
      </div>
    </>
  );
}
