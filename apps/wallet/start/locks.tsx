// The locks of the app: a second one beside the first, another passphrase, a new passkey after the old one was lost, one fewer.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import type { Opener } from "../../shared/locker.ts";
import { createPasskey, hasPasskeys } from "../../shared/passkey.ts";
import { Button, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { NewPassphrase, PASSKEY_NAME, UseLock } from "./lock.tsx";
import { words } from "./locks-words.ts";
import { lockerState } from "./phase.ts";
import { words as start } from "./words.ts";

type Kind = Opener["kind"];
interface Change {
  kind: Kind;
  act: "set" | "remove";
}
const KINDS: readonly Kind[] = ["passkey", "passphrase"];
/** what was changed last, to be said on the list */
const changed = signal<string | undefined>(undefined);

/** Adds or replaces a lock, once the owner has opened one. */
function NewLock({ kind, onDone, onBack }: { kind: Kind; onDone: (text: string) => void; onBack: () => void }) {
  const w = words.value;
  const [isWithout, setWithout] = useState(false);
  const set = (opener: Opener): Promise<unknown> =>
    doing(start.value.waitPassphrase, async () => {
      lockerState.value = await engine.setLock(opener);
      onDone(w.isSet[kind]);
    });
  const back = (
    <Button kind="link" onClick={onBack}>
      {common.value.back}
    </Button>
  );
  if (kind === "passphrase")
    return (
      <Page title={start.value.passphraseTitle}>
        <p>{w.passphraseWhen}</p>
        <NewPassphrase onChosen={set}>{back}</NewPassphrase>
      </Page>
    );
  const make = async (): Promise<void> => {
    const made = await doing(start.value.waitPasskey, () => createPasskey(PASSKEY_NAME));
    if (!made) return;
    const { secret, credentialId } = made;
    if (secret === undefined) setWithout(true);
    else await set({ kind: "passkey", secret, credentialId });
  };
  return (
    <Page title={w.passkeyTitle}>
      {isWithout ? (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.noPrf}</p>
        </Notice>
      ) : (
        <p>{w.passkeyWhen}</p>
      )}
      <Reach>
        <Button kind="primary" off={busy.value !== undefined} onClick={make}>
          {w.makePasskey}
        </Button>
        {back}
      </Reach>
    </Page>
  );
}

/** "Open the app once more": the proof for a change. If a lock goes, the one that stays must open. */
function Prove({ change, onProven, onBack }: { change: Change; onProven: () => void; onBack: () => void }) {
  const w = words.value;
  const kinds = lockerState.value.kinds.filter((kind) => change.act === "set" || kind !== change.kind);
  return (
    <Page title={w.proveTitle}>
      <p>{change.act === "set" ? w.prove : w.proveStays}</p>
      <UseLock
        kinds={kinds}
        onOpener={async (opener) => {
          await engine.proveLock(opener);
          onProven();
        }}
      >
        <Button kind="link" onClick={onBack}>
          {common.value.back}
        </Button>
      </UseLock>
    </Page>
  );
}

function Lock({ kind, onChange }: { kind: Kind; onChange: (change: Change) => void }) {
  const w = words.value;
  const { kinds } = lockerState.value;
  const isSet = kinds.includes(kind);
  return (
    <section class="stack">
      <h2>{w.names[kind]}</h2>
      <p>
        <span aria-hidden="true">{isSet ? "✓ " : "– "}</span>
        {isSet ? w.inUse : w.notInUse}
      </p>
      {isSet && <p class="hint">{w.abouts[kind]}</p>}
      <div class="row">
        <Button onClick={() => onChange({ kind, act: "set" })}>{isSet ? w.again[kind] : w.add[kind]}</Button>
        {isSet && kinds.length > 1 && (
          <Button kind="danger" onClick={() => onChange({ kind, act: "remove" })}>
            {w.remove[kind]}
          </Button>
        )}
      </div>
    </section>
  );
}

export function Locks() {
  const w = words.value;
  const [change, setChange] = useState<Change | undefined>();
  const [isProven, setProven] = useState(false);
  const [passkeys, setPasskeys] = useState(false);
  useEffect(() => void hasPasskeys().then(setPasskeys), []);
  const { kinds } = lockerState.value;

  const leave = (): void => {
    setChange(undefined);
    setProven(false);
  };
  const done = (text: string): void => {
    changed.value = text;
    leave();
  };
  const remove = async ({ kind }: Change): Promise<void> => {
    lockerState.value = await engine.removeLock(kind);
    done(w.isRemoved[kind]);
  };
  if (change && isProven) return <NewLock kind={change.kind} onDone={done} onBack={leave} />;
  if (change)
    return (
      <Prove
        change={change}
        onProven={() => {
          if (change.act === "set") setProven(true);
          else void remove(change);
        }}
        onBack={leave}
      />
    );
  return (
    <Page title={w.title}>
      {changed.value !== undefined && (
        <Notice tone="good" word={common.value.good}>
          <p>{changed.value}</p>
        </Notice>
      )}
      <p>{kinds.length > 1 ? w.both : w.one}</p>
      <div class="more">
        {KINDS.filter((kind) => kind !== "passkey" || passkeys || kinds.includes(kind)).map((kind) => (
          <Lock
            key={kind}
            kind={kind}
            onChange={(next) => {
              changed.value = undefined;
              setChange(next);
            }}
          />
        ))}
      </div>
      <Reach>
        <a class="button" href="/more">
          {common.value.back}
        </a>
      </Reach>
    </Page>
  );
}

export const screens: Record<string, ComponentType> = { "/locks": Locks };
