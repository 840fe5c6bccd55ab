// Before the records: the reader's name, the passcode if the link asks for it, and plain words if there is nothing to see.

import { useState } from "preact/hooks";
import { busy } from "../shared/doing.ts";
import { timeText } from "../shared/language.ts";
import { Button, Field, Notice, Page, Reach, TextArea } from "../shared/ui/kit.tsx";
import { link, open, refusal, take } from "./state.ts";
import { words } from "./words.ts";

const MAX_NAME = 100;

/** No link in the address: it can be pasted. */
export function Enter() {
  const w = words.value;
  const [text, setText] = useState("");
  return (
    <Page title={w.enterTitle}>
      <p>{w.enter}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") void take(text);
        }}
      >
        <TextArea
          label={w.link}
          hint={w.linkHint}
          value={text}
          dir="ltr"
          autocomplete="off"
          spellcheck={false}
          onInput={setText}
        />
        <Reach>
          <Button kind="primary" type="submit">
            {w.useLink}
          </Button>
        </Reach>
      </form>
    </Page>
  );
}

export function Ask() {
  const w = words.value;
  const { label, asksPasscode, expires } = link.value!;
  const [name, setName] = useState("");
  const [passcode, setPasscode] = useState("");
  const [missing, setMissing] = useState(false);
  const wrong = refusal.value?.refusal === "passcode-wrong" ? refusal.value : undefined;
  const digits = passcode.replace(/\s/g, "");
  const submit = (event: Event): void => {
    event.preventDefault();
    const isReady = name.trim() !== "" && (!asksPasscode || digits !== "");
    setMissing(!isReady);
    if (isReady && busy.value === undefined) void open(name.trim(), asksPasscode ? digits : undefined, w.opening);
  };
  return (
    <Page title={label ?? w.askTitle}>
      <p>{w.ask}</p>
      <form class="stack" onSubmit={submit} noValidate>
        <Field
          label={w.yourName}
          hint={w.yourNameHint}
          value={name}
          maxLength={MAX_NAME}
          autocomplete="off"
          fault={missing && name.trim() === "" ? w.nameMissing : undefined}
          onInput={setName}
        />
        {asksPasscode && (
          <Field
            label={w.passcode}
            hint={w.passcodeHint}
            value={passcode}
            maxLength={MAX_NAME}
            dir="ltr"
            autocomplete="off"
            spellcheck={false}
            fault={missing && digits === "" ? w.passcodeMissing : undefined}
            onInput={setPasscode}
          />
        )}
        {wrong && (
          <Notice tone="bad" word={w.wrongPasscode}>
            <p>{wrong.left === undefined ? w.tryPasscode : w.left(wrong.left)}</p>
          </Notice>
        )}
        {expires !== undefined && <p class="hint">{w.openUntil(timeText(expires))}</p>}
        <Reach>
          <Button kind="primary" type="submit" off={busy.value !== undefined}>
            {w.open}
          </Button>
        </Reach>
      </form>
    </Page>
  );
}

/** Nothing to see: why, and how to go on. */
export function Refusal() {
  const w = words.value;
  const { refusal: code } = refusal.value!;
  const [title, text] = w.refusals[code];
  return (
    <Page title={title}>
      <p>{text}</p>
      <div class="row">
        <Button
          onClick={() => {
            refusal.value = undefined;
          }}
        >
          {w.otherLink}
        </Button>
      </div>
      <p class="hint">{w.nothingKept}</p>
    </Page>
  );
}
