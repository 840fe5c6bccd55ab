// The lock of the wallet: chosen once, and opened at each start. A passkey where the device has one, else a passphrase.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import type { Opener } from "../../shared/locker.ts";
import { createPasskey, hasPasskeys, usePasskey } from "../../shared/passkey.ts";
import { Button, Field, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { lockerState, unlock } from "./phase.ts";
import { words } from "./words.ts";

/** Shorter ones are guessed in days by a thief who copied the phone's storage. */
const LEAST_CHARACTERS = 10;
/** Neutral: the list of passkeys of a phone shows it. */
export const PASSKEY_NAME = "Visits";

export function NewPassphrase({
  onChosen,
  children,
}: {
  onChosen: (opener: Opener) => void;
  children: ComponentChildren;
}) {
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [fault, setFault] = useState<"short" | "differ" | undefined>();
  const w = words.value;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const found = first.length < LEAST_CHARACTERS ? "short" : first !== second ? "differ" : undefined;
        setFault(found);
        if (found === undefined) onChosen({ kind: "passphrase", secret: first });
      }}
    >
      <Field
        label={w.passphraseNew}
        hint={w.passphraseHint}
        fault={fault === "short" ? w.passphraseShort : undefined}
        type="password"
        name="new-passphrase"
        autocomplete="new-password"
        value={first}
        onInput={setFirst}
      />
      <Field
        label={w.passphraseAgain}
        fault={fault === "differ" ? w.passphraseDiffer : undefined}
        type="password"
        name="new-passphrase-again"
        autocomplete="new-password"
        value={second}
        onInput={setSecond}
      />
      <Reach>
        <Button kind="primary" type="submit">
          {common.value.next}
        </Button>
        {children}
      </Reach>
    </form>
  );
}

/** "How do you want to lock this app?" */
export function ChooseLock({ onChosen, onBack }: { onChosen: (opener: Opener) => void; onBack: () => void }) {
  const [passkeys, setPasskeys] = useState<boolean | undefined>();
  const [isTyping, setTyping] = useState(false);
  const [isWithout, setWithout] = useState(false);
  useEffect(() => void hasPasskeys().then(setPasskeys), []);
  const w = words.value;
  if (passkeys === undefined) return <Page title={w.lockTitle} />;

  const usePhoneLock = async (): Promise<void> => {
    const made = await doing(w.waitPasskey, () => createPasskey(PASSKEY_NAME));
    if (!made) return;
    const { secret, credentialId } = made;
    if (secret === undefined) setWithout(true);
    else onChosen({ kind: "passkey", secret, credentialId });
  };
  const back = (
    <Button kind="link" onClick={onBack}>
      {common.value.back}
    </Button>
  );

  if (!passkeys || isTyping || isWithout)
    return (
      <Page title={w.passphraseTitle}>
        {isWithout && <Notice word={common.value.careful}>{w.noPrf}</Notice>}
        <p>{w.passphraseWhy}</p>
        <NewPassphrase onChosen={onChosen}>{back}</NewPassphrase>
      </Page>
    );
  return (
    <Page title={w.lockTitle}>
      <p>{w.lockWhy}</p>
      <Reach>
        <Button kind="primary" onClick={usePhoneLock}>
          {w.lockPasskey}
        </Button>
        <Button onClick={() => setTyping(true)}>{w.lockPassphrase}</Button>
        {back}
      </Reach>
    </Page>
  );
}

interface UseLockProps {
  /** the ways that are offered */
  kinds: readonly Opener["kind"][];
  onOpener: (opener: Opener) => Promise<void>;
  children: ComponentChildren;
}

/** Opens one of the locks: the phone's own first, and the passphrase where there is one. */
export function UseLock({ kinds, onOpener, children }: UseLockProps) {
  const { credentialIds } = lockerState.value;
  const [typed, setTyped] = useState("");
  const [isTyping, setTyping] = useState(!kinds.includes("passkey"));
  const w = words.value;
  const withPasskey = (): Promise<unknown> =>
    doing(w.waitPasskey, async () => {
      const { secret, credentialId } = await usePasskey(credentialIds);
      if (secret === undefined) throw new DOMException("this passkey has no secret", "NotAllowedError");
      await onOpener({ kind: "passkey", secret, credentialId });
    });
  const withPassphrase = (event: Event): void => {
    event.preventDefault();
    void doing(w.waitPassphrase, () => onOpener({ kind: "passphrase", secret: typed }));
  };
  const off = busy.value !== undefined;
  if (!isTyping)
    return (
      <Reach>
        <Button kind="primary" off={off} onClick={withPasskey}>
          {w.openPasskey}
        </Button>
        {kinds.includes("passphrase") && <Button onClick={() => setTyping(true)}>{w.usePassphrase}</Button>}
        {children}
      </Reach>
    );
  return (
    <form class="stack" onSubmit={withPassphrase}>
      <Field
        label={w.passphrase}
        type="password"
        name="passphrase"
        autocomplete="current-password"
        value={typed}
        onInput={setTyped}
      />
      <Reach>
        <Button kind="primary" type="submit" off={off}>
          {w.open}
        </Button>
        {kinds.includes("passkey") && (
          <Button off={off} onClick={withPasskey}>
            {w.openPasskey}
          </Button>
        )}
        {children}
      </Reach>
    </form>
  );
}

/** The wallet is locked. */
export function Unlock({ onForgotten }: { onForgotten: () => void }) {
  const w = words.value;
  return (
    <Page title={w.locked}>
      <UseLock kinds={lockerState.value.kinds} onOpener={unlock}>
        <Button kind="link" onClick={onForgotten}>
          {w.cannotOpen}
        </Button>
      </UseLock>
    </Page>
  );
}
