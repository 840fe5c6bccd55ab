// Officers: register the passkey of one at a trustee, and remove one. It works with the key of the trustee's own administrator.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { dayText } from "../../shared/language.ts";
import { Button, Empty, Facts, Field, Notice, Page, Select } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { KeptOfficer, PasskeyView } from "../engine/parties.ts";
import { useLoaded, Waiting } from "../loaded.tsx";
import { engine } from "../remote.ts";
import { TypedConfirm } from "../typed-confirm.tsx";
import { BringText } from "./bring-text.tsx";
import { words } from "./words.ts";

interface Brought {
  text: string;
  passkey: PasskeyView;
  trustees: number;
}

function Review({
  brought: { passkey, trustees },
  onSign,
  onBack,
}: {
  brought: Brought;
  onSign: (about: { name: string; trustee: number }) => void;
  onBack: () => void;
}) {
  const w = words.value;
  const [name, setName] = useState(passkey.name);
  const [trustee, setTrustee] = useState(passkey.trustee ?? 1);
  const [isMissing, setMissing] = useState(false);
  const sign = (event: Event): void => {
    event.preventDefault();
    setMissing(name.trim() === "");
    if (name.trim() !== "") onSign({ name: name.trim(), trustee });
  };
  return (
    <Page title={w.look}>
      {passkey.trustee === undefined && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.trusteeUnknown}</p>
        </Notice>
      )}
      <Facts
        rows={[
          ...(passkey.trustee === undefined ? [] : ([[w.trustee, w.trusteeN(passkey.trustee)]] as const)),
          [w.origin, <span class="code-text">{passkey.origin}</span>],
          [w.passkeyId, <span class="code-text">{passkey.credentialId}</span>],
        ]}
      />
      <Notice word={common.value.careful}>
        <p>{w.passkeyCompare}</p>
      </Notice>
      <form class="stack" onSubmit={sign} noValidate>
        <Field
          label={w.officerName}
          value={name}
          maxLength={100}
          onInput={setName}
          fault={isMissing ? w.officerMissing : undefined}
        />
        {passkey.trustee === undefined && (
          <Select
            label={w.trustee}
            value={String(trustee)}
            options={Array.from({ length: trustees }, (_, i) => ({ value: String(i + 1), text: w.trusteeN(i + 1) }))}
            onChoose={(value) => setTrustee(Number(value))}
          />
        )}
        <div class="row">
          <Button kind="primary" type="submit">
            {w.sign}
          </Button>
          <Button onClick={onBack}>{w.notThis}</Button>
        </div>
      </form>
    </Page>
  );
}

function Kept({ kept, onChanged }: { kept: KeptOfficer; onChanged: () => Promise<unknown> }) {
  const w = words.value;
  const remove = () =>
    doing(w.waitRemove, async () => {
      await engine.removeOfficer(kept);
      await onChanged();
    });
  return (
    <li class="stack">
      <span class="entry">
        <span>
          <strong>{kept.name}</strong>, {w.trusteeN(kept.trustee)}
        </span>
        <span class="hint">{kept.removed ? w.removed : dayText(kept.at)}</span>
      </span>
      {!kept.removed && (
        <details>
          <summary>{w.remove}</summary>
          <div class="stack">
            <p>{w.removeWhat}</p>
            <TypedConfirm label={w.removeLabel} must={kept.name} action={w.remove} onConfirm={remove} />
          </div>
        </details>
      )}
    </li>
  );
}

export function Officers() {
  const w = words.value;
  const list = useLoaded(engine.officers);
  const [brought, setBrought] = useState<Brought | undefined>();
  const [isDone, setDone] = useState(false);

  const read = (bytes: Uint8Array) =>
    doing(w.waitRead, async () => {
      const text = new TextDecoder().decode(bytes);
      setDone(false);
      setBrought({ text, passkey: await engine.readPasskey(text), trustees: await engine.trustees() });
    });
  const sign = (about: { name: string; trustee: number }) =>
    doing(w.waitCertify, async () => {
      await engine.registerOfficer(brought!.text, about);
      setBrought(undefined);
      setDone(true);
      await list.reload();
    });
  if (brought) return <Review brought={brought} onSign={sign} onBack={() => setBrought(undefined)} />;
  return (
    <Page title={w.officerTitle} wide>
      {isDone && (
        <Notice tone="good" word={common.value.good}>
          <p>{w.officerRegistered}</p>
        </Notice>
      )}
      <div class="two">
        <section class="stack">
          <p>{w.officerWhat}</p>
          <BringText fileLabel={w.passkeyFile} pasteLabel={w.passkeyPaste} onBrought={read} />
        </section>
        <section class="stack">
          <h2>{w.officersTitle}</h2>
          <Waiting of={list} words={common.value.working}>
            {(all) =>
              all.length === 0 ? (
                <Empty title={w.officersNone} />
              ) : (
                <ul class="list">
                  {all.map((kept) => (
                    <Kept key={`${kept.trustee} ${kept.credentialId}`} kept={kept} onChanged={list.reload} />
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
