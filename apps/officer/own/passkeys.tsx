// The officer's passkeys: make one, and hand its public part to the administrator as a QR code or a text.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import { dayText } from "../../shared/language.ts";
import { Button, Empty, Field, Notice, Page, Undo } from "../../shared/ui/kit.tsx";
import { Qr } from "../../shared/ui/qr.tsx";
import { common } from "../../shared/words/common.ts";
import {
  forgetPasskey,
  makePasskey,
  type OwnPasskey,
  passkeys,
  registrationText,
  restorePasskey,
} from "../passkeys.ts";
import { words } from "./words.ts";

/** credential id of the passkey whose registration is shown */
const shown = signal<string | undefined>(undefined);
const forgotten = signal<OwnPasskey | undefined>(undefined);

function Registration({ passkey }: { passkey: OwnPasskey }) {
  const w = words.value;
  const [copied, setCopied] = useState(false);
  const text = registrationText(passkey);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => {}, // the text stands there to be marked by hand
    );
  return (
    <Notice word={w.handTitle}>
      <p>{w.hand}</p>
      <Qr text={text} label={w.qr} />
      <code class="raw">{text}</code>
      <div class="row">
        <Button onClick={copy}>{w.copy}</Button>
        {copied && <span role="status">{w.copied}</span>}
      </div>
      <p>{w.afterwards}</p>
    </Notice>
  );
}

function Make() {
  const w = words.value;
  const [name, setName] = useState("");
  const [missing, setMissing] = useState(false);
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    setMissing(name.trim() === "");
    if (name.trim() === "") return;
    const made = await doing(w.making, () => makePasskey(name.trim()));
    if (made === undefined) return;
    shown.value = made.registration.credentialId;
    setName("");
  };
  return (
    <form class="stack" onSubmit={make} noValidate>
      <h2>{w.makeTitle}</h2>
      <Field
        label={w.nameLabel}
        hint={w.nameHint}
        fault={missing ? w.nameMissing : undefined}
        value={name}
        maxLength={60}
        onInput={setName}
      />
      <div class="row">
        <Button type="submit" kind="primary" off={busy.value !== undefined}>
          {w.make}
        </Button>
      </div>
    </form>
  );
}

export function PasskeysScreen() {
  const w = words.value;
  const idOf = ({ registration }: OwnPasskey): string => registration.credentialId;
  const forget = (passkey: OwnPasskey): void => {
    forgotten.value = passkey;
    forgetPasskey(passkey);
  };
  return (
    <Page title={w.listTitle}>
      {passkeys.value.length === 0 ? (
        <Empty title={w.none}>
          <p>{w.noneMore}</p>
        </Empty>
      ) : (
        <ul class="list">
          {passkeys.value.map((passkey) => (
            <li key={idOf(passkey)} class="stack">
              <strong>{w.made(passkey.name, dayText(passkey.made))}</strong>
              {shown.value === idOf(passkey) ? (
                <Registration passkey={passkey} />
              ) : (
                <div class="row">
                  <Button
                    onClick={() => {
                      shown.value = idOf(passkey);
                    }}
                  >
                    {w.show}
                  </Button>
                  <Button kind="link" onClick={() => forget(passkey)}>
                    {w.forget}
                  </Button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      <Make />
      <section class="stack">
        <p>{w.second}</p>
        <h2>{w.lost}</h2>
        <p>{w.lostMore}</p>
      </section>
      {forgotten.value !== undefined && (
        <Undo
          text={w.forgotten(forgotten.value.name)}
          action={common.value.undo}
          onUndo={() => {
            restorePasskey(forgotten.value!);
            forgotten.value = undefined;
          }}
        />
      )}
    </Page>
  );
}
