// The administrator's key: brought once as a file or a text, checked, and locked. Later it can only be locked away or removed.

import { useState } from "preact/hooks";
import { AboutApp, AboutLink } from "../../shared/build/about.tsx";
import { busy, doing } from "../../shared/doing.ts";
import { Button, Facts, Field, Notice, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { KeyCheck } from "../engine/key.ts";
import { FileInput } from "../file-input.tsx";
import { bring, forgetKey, lock } from "../phase.ts";
import { engine } from "../remote.ts";
import { TypedConfirm } from "../typed-confirm.tsx";
import { words } from "../words.ts";
import { ChooseLock } from "./lock.tsx";

function Checked({ check, onKeep, onOther }: { check: KeyCheck; onKeep: () => void; onOther: () => void }) {
  const w = words.value;
  return (
    <Page title={check.isRegistrars ? w.keyTaken : w.keyNotTaken}>
      {!check.isRegistrars && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.keyOther}</p>
        </Notice>
      )}
      <Facts rows={[[w.publicHalf, <span class="code-text">{check.publicKey}</span>]]} />
      <p class="hint">{w.publicHint}</p>
      <div class="row">
        <Button kind="primary" onClick={onKeep}>
          {w.keepKey}
        </Button>
        <Button onClick={onOther}>{w.otherKey}</Button>
      </div>
    </Page>
  );
}

/** There is no key on this machine yet. */
export function BringKey() {
  const [key, setKey] = useState("");
  const [check, setCheck] = useState<KeyCheck | undefined>();
  const [isKept, setKept] = useState(false);
  const w = words.value;
  const examine = async (text: string): Promise<void> => {
    setKey(text);
    setCheck(await doing(w.waitCheck, () => engine.checkKey(text)));
  };
  const other = (): void => {
    setKey("");
    setCheck(undefined);
    setKept(false);
  };
  if (check && isKept)
    return (
      <ChooseLock
        onBack={() => setKept(false)}
        onChosen={(opener) => doing(w.waitPassphrase, () => bring(key, opener))}
      />
    );
  if (check) return <Checked check={check} onKeep={() => setKept(true)} onOther={other} />;
  return (
    <Page title={w.bringTitle}>
      <p>{w.bringWhy}</p>
      <FileInput label={w.keyFile} onFile={(bytes) => examine(new TextDecoder().decode(bytes))} />
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void examine(key);
        }}
      >
        <Field
          label={w.keyPaste}
          hint={w.keyHint}
          type="password"
          autocomplete="off"
          spellcheck={false}
          dir="ltr"
          value={key}
          onInput={setKey}
        />
        <div class="row">
          <Button kind="primary" type="submit" off={busy.value !== undefined}>
            {w.checkKey}
          </Button>
        </div>
      </form>
    </Page>
  );
}

export function KeyScreen() {
  const w = words.value;
  return (
    <Page title={w.keyTitle}>
      <p>{w.keyKept}</p>
      <div class="row">
        <Button kind="primary" onClick={lock}>
          {w.lockNow}
        </Button>
      </div>
      <hr />
      <h2>{w.forgetTitle}</h2>
      <p>{w.forgetWhy}</p>
      <TypedConfirm
        label={w.forgetLabel}
        must={w.forgetWord}
        action={w.forget}
        onConfirm={() => doing(w.waitForget, forgetKey)}
      />
      <hr />
      <AboutLink href="/about" />
    </Page>
  );
}

export const About = () => <AboutApp check={() => engine.checkBuild()} />;
