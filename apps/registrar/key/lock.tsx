// The lock of the desk: chosen once, when the key is brought, and opened at each start.

import { useEffect, useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import type { Opener } from "../../shared/locker.ts";
import { createPasskey, hasPasskeys, usePasskey } from "../../shared/passkey.ts";
import { Button, Field, Notice, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { lockerState, unlock } from "../phase.ts";
import { words } from "../words.ts";

/** The key of a whole registry lies behind it. */
const LEAST_CHARACTERS = 12;

function NewPassphrase({ onChosen }: { onChosen: (opener: Opener) => void }) {
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [fault, setFault] = useState<"short" | "differ" | undefined>();
  const w = words.value;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const wrong = first.length < LEAST_CHARACTERS ? "short" : first !== second ? "differ" : undefined;
        setFault(wrong);
        if (wrong === undefined) onChosen({ kind: "passphrase", secret: first });
      }}
    >
      <Field
        label={w.passphraseNew}
        hint={w.passphraseHint}
        fault={fault === "short" ? w.passphraseShort : undefined}
        type="password"
        autocomplete="new-password"
        value={first}
        onInput={setFirst}
      />
      <Field
        label={w.passphraseAgain}
        fault={fault === "differ" ? w.passphraseDiffer : undefined}
        type="password"
        autocomplete="new-password"
        value={second}
        onInput={setSecond}
      />
      <div class="row">
        <Button kind="primary" type="submit">
          {w.keepKey}
        </Button>
      </div>
    </form>
  );
}

export function ChooseLock({ onChosen, onBack }: { onChosen: (opener: Opener) => unknown; onBack: () => void }) {
  const [passkeys, setPasskeys] = useState<boolean | undefined>();
  const [isTyping, setTyping] = useState(false);
  const [isWithout, setWithout] = useState(false);
  useEffect(() => void hasPasskeys().then(setPasskeys), []);
  const w = words.value;
  if (passkeys === undefined) return <Page title={w.lockTitle} />;
  const withPasskey = async (): Promise<void> => {
    const made = await doing(w.waitPasskey, () => createPasskey(w.name));
    if (made === undefined) return;
    const { secret, credentialId } = made;
    if (secret === undefined) setWithout(true);
    else onChosen({ kind: "passkey", secret, credentialId });
  };
  const back = (
    <div>
      <Button kind="link" onClick={onBack}>
        {common.value.back}
      </Button>
    </div>
  );
  if (!passkeys || isTyping || isWithout)
    return (
      <Page title={w.passphraseTitle}>
        {isWithout && <Notice word={common.value.careful}>{w.noPrf}</Notice>}
        <p>{w.lockWhy}</p>
        <NewPassphrase onChosen={onChosen} />
        {back}
      </Page>
    );
  return (
    <Page title={w.lockTitle}>
      <p>{w.lockWhy}</p>
      <div class="row">
        <Button kind="primary" onClick={withPasskey}>
          {w.lockPasskey}
        </Button>
        <Button onClick={() => setTyping(true)}>{w.lockPassphrase}</Button>
      </div>
      {back}
    </Page>
  );
}

export function Unlock() {
  const { kinds, credentialIds } = lockerState.value;
  const [secret, setSecret] = useState("");
  const w = words.value;
  const withPasskey = () =>
    doing(w.waitPasskey, async () => {
      const used = await usePasskey(credentialIds);
      if (used.secret === undefined) throw new DOMException("this passkey has no secret", "NotAllowedError");
      await unlock({ kind: "passkey", secret: used.secret, credentialId: used.credentialId });
    });
  return (
    <Page title={w.lockedTitle}>
      {kinds.includes("passkey") && (
        <div class="row">
          <Button kind="primary" onClick={withPasskey}>
            {w.openPasskey}
          </Button>
        </div>
      )}
      {kinds.includes("passphrase") && (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void doing(w.waitPassphrase, () => unlock({ kind: "passphrase", secret }));
          }}
        >
          <Field
            label={w.passphrase}
            type="password"
            autocomplete="current-password"
            value={secret}
            onInput={setSecret}
          />
          <div class="row">
            <Button kind="primary" type="submit">
              {w.open}
            </Button>
          </div>
        </form>
      )}
    </Page>
  );
}
