// Requesters: certify the keys of one, and withdraw a certificate.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { dayText } from "../../shared/language.ts";
import { Button, Empty, Facts, Field, Notice, Page, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { KeptRequester, KeysView } from "../engine/parties.ts";
import { useLoaded, Waiting } from "../loaded.tsx";
import { engine } from "../remote.ts";
import { TypedConfirm } from "../typed-confirm.tsx";
import { BringText } from "./bring-text.tsx";
import { words } from "./words.ts";

const MOST_DAYS = 366;
const USUAL_DAYS = 365;

interface Brought {
  text: string;
  keys: KeysView;
}

function Review({
  keys,
  onSign,
  onBack,
}: {
  keys: KeysView;
  onSign: (about: { name: string; role: string; days: number }) => void;
  onBack: () => void;
}) {
  const w = words.value;
  const [name, setName] = useState(keys.name);
  const [role, setRole] = useState(keys.role);
  const [days, setDays] = useState(String(USUAL_DAYS));
  const [isMissing, setMissing] = useState(false);
  const sign = (event: Event): void => {
    event.preventDefault();
    const isWhole = name.trim() !== "" && role.trim() !== "";
    setMissing(!isWhole);
    const number = Math.min(MOST_DAYS, Math.max(1, Math.round(Number(days)) || USUAL_DAYS));
    if (isWhole) onSign({ name: name.trim(), role: role.trim(), days: number });
  };
  return (
    <Page title={w.look}>
      <Facts rows={[[w.fingerprint, <span class="tid">{keys.fingerprint}</span>]]} />
      <Notice word={common.value.careful}>
        <p>{w.fingerprintWhat}</p>
      </Notice>
      <form class="stack" onSubmit={sign} noValidate>
        <Field
          label={w.name}
          value={name}
          maxLength={200}
          onInput={setName}
          fault={isMissing ? w.missing : undefined}
        />
        <Field label={w.role} hint={w.roleHint} value={role} maxLength={100} onInput={setRole} />
        <Field label={w.days} hint={w.daysHint} type="number" min={1} max={MOST_DAYS} value={days} onInput={setDays} />
        <div class="row">
          <Button kind="primary" type="submit">
            {w.certify}
          </Button>
          <Button onClick={onBack}>{w.notThis}</Button>
        </div>
      </form>
    </Page>
  );
}

function Kept({ kept, onChanged }: { kept: KeptRequester; onChanged: () => Promise<unknown> }) {
  const w = words.value;
  const withdraw = () =>
    doing(w.waitWithdraw, async () => {
      await engine.withdraw(kept);
      await onChanged();
    });
  return (
    <li class="stack">
      <span class="entry">
        <span>
          <strong>{kept.name}</strong>, {kept.role}
        </span>
        <span class="hint">{kept.withdrawn ? w.withdrawn : w.endsOn(dayText(kept.notAfter))}</span>
      </span>
      {!kept.withdrawn && (
        <details>
          <summary>{w.certificate}</summary>
          <div class="stack">
            <TextArea label={w.certificate} rows={3} dir="ltr" readOnly value={kept.certificate} />
            <p>{w.withdrawWhat}</p>
            <TypedConfirm label={w.withdrawLabel} must={kept.name} action={w.withdraw} onConfirm={withdraw} />
          </div>
        </details>
      )}
    </li>
  );
}

export function Requesters() {
  const w = words.value;
  const list = useLoaded(engine.requesters);
  const [brought, setBrought] = useState<Brought | undefined>();
  const [made, setMade] = useState<KeptRequester | undefined>();

  const read = (bytes: Uint8Array) =>
    doing(w.waitRead, async () => {
      const text = new TextDecoder().decode(bytes);
      setMade(undefined);
      setBrought({ text, keys: await engine.readKeys(text) });
    });
  const sign = (about: { name: string; role: string; days: number }) =>
    doing(w.waitCertify, async () => {
      setMade(await engine.certify(brought!.text, about));
      setBrought(undefined);
      await list.reload();
    });
  if (brought) return <Review keys={brought.keys} onSign={sign} onBack={() => setBrought(undefined)} />;
  return (
    <Page title={w.requesterTitle} wide>
      {made && (
        <Notice tone="good" word={common.value.good}>
          <p>{w.certified}</p>
          <TextArea label={w.certificate} rows={4} dir="ltr" readOnly value={made.certificate} />
          <div class="row">
            <Button onClick={() => navigator.clipboard.writeText(made.certificate)}>{common.value.copy}</Button>
          </div>
        </Notice>
      )}
      <div class="two">
        <section class="stack">
          <p>{w.requesterWhat}</p>
          <BringText fileLabel={w.keysFile} pasteLabel={w.keysPaste} onBrought={read} />
        </section>
        <section class="stack">
          <h2>{w.certificatesTitle}</h2>
          <Waiting of={list} words={common.value.working}>
            {(all) =>
              all.length === 0 ? (
                <Empty title={w.certificatesNone} />
              ) : (
                <ul class="list">
                  {all.map((kept) => (
                    <Kept key={kept.hash} kept={kept} onChanged={list.reload} />
                  ))}
                </ul>
              )
            }
          </Waiting>
        </section>
      </div>
    </Page>
  );
}
