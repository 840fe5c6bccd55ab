// The lock of the desk: a passkey where the machine has one whose PRF works, else a passphrase.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Opener } from "../../shared/locker.ts";
import { createPasskey, hasPasskeys, type PasskeySecret, usePasskey } from "../../shared/passkey.ts";
import { Button, Field, Notice, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { words } from "./words.ts";

const MIN_PASSPHRASE = 12;

const openerOf = ({ secret, credentialId }: PasskeySecret): Opener | undefined =>
  secret && { kind: "passkey", secret, credentialId };

/** Two fields for a new passphrase. Enter hands it on. */
export function NewPassphrase({ action, onDone }: { action: string; onDone: (passphrase: string) => void }) {
  const w = words.value;
  const phrase = useSignal("");
  const again = useSignal("");
  const tried = useSignal(false);
  const short = phrase.value.length < MIN_PASSPHRASE;
  const differ = phrase.value !== again.value;
  const submit = (event: Event): void => {
    event.preventDefault();
    tried.value = true;
    if (!short && !differ) onDone(phrase.value);
  };
  return (
    <form class="stack" onSubmit={submit}>
      <Field
        label={w.passphrase}
        hint={w.passphraseHint}
        type="password"
        autocomplete="new-password"
        fault={tried.value && short ? w.passphraseShort : undefined}
        onInput={(text) => {
          phrase.value = text;
        }}
      />
      <Field
        label={w.again}
        type="password"
        autocomplete="new-password"
        fault={tried.value && !short && differ ? w.differ : undefined}
        onInput={(text) => {
          again.value = text;
        }}
      />
      <Reach>
        <Button kind="primary" type="submit">
          {action}
        </Button>
      </Reach>
    </form>
  );
}

/** Chooses the lock of a new desk. @param name as the person's list of passkeys shows it */
export function NewLock({ name, onDone }: { name: string; onDone: (opener: Opener) => void }) {
  const w = words.value;
  const passkeys = useSignal<boolean | undefined>(undefined);
  const trouble = useSignal<string | undefined>(undefined);
  useEffect(() => {
    hasPasskeys().then((has) => {
      passkeys.value = has;
    });
  }, []);
  const withPasskey = async (): Promise<void> => {
    trouble.value = undefined;
    try {
      const opener = openerOf(await createPasskey(name));
      if (opener) onDone(opener);
      else {
        trouble.value = w.noPrf;
        passkeys.value = false;
      }
    } catch {
      trouble.value = common.value.passkeyRefused;
    }
  };
  const notice = trouble.value !== undefined && (
    <Notice tone="warn" word={common.value.careful}>
      <p>{trouble.value}</p>
    </Notice>
  );
  if (passkeys.value === undefined) return <p role="status">{common.value.working}</p>;
  if (!passkeys.value)
    return (
      <>
        {notice}
        <NewPassphrase action={w.lockPhrase} onDone={(secret) => onDone({ kind: "passphrase", secret })} />
      </>
    );
  return (
    <>
      <p class="hint">{w.lockPasskeyHint}</p>
      {notice}
      <Reach>
        <Button kind="primary" onClick={withPasskey}>
          {w.lockPasskey}
        </Button>
        <Button
          kind="link"
          onClick={() => {
            passkeys.value = false;
          }}
        >
          {w.otherwise}
        </Button>
      </Reach>
    </>
  );
}

/** Opens a desk that is locked. */
export function OpenLock({
  kinds,
  credentialIds,
  onDone,
}: {
  kinds: readonly Opener["kind"][];
  credentialIds: readonly string[];
  onDone: (opener: Opener) => void;
}) {
  const w = words.value;
  const phrase = useSignal("");
  const trouble = useSignal<string | undefined>(undefined);
  const withPasskey = async (): Promise<void> => {
    trouble.value = undefined;
    try {
      const opener = openerOf(await usePasskey(credentialIds));
      if (opener) onDone(opener);
      else trouble.value = w.noPrf;
    } catch {
      trouble.value = common.value.passkeyRefused;
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    onDone({ kind: "passphrase", secret: phrase.value });
  };
  return (
    <>
      {trouble.value !== undefined && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{trouble.value}</p>
        </Notice>
      )}
      {kinds.includes("passphrase") && (
        <form class="stack" onSubmit={submit}>
          <Field
            label={w.passphrase}
            type="password"
            autocomplete="current-password"
            onInput={(text) => {
              phrase.value = text;
            }}
          />
          <Reach>
            <Button kind="primary" type="submit">
              {w.open}
            </Button>
          </Reach>
        </form>
      )}
      {kinds.includes("passkey") && (
        <Reach>
          <Button kind="primary" onClick={withPasskey}>
            {w.openPasskey}
          </Button>
        </Reach>
      )}
    </>
  );
}
