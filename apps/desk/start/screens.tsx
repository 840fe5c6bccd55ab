// What the desk shows before it is open: one question a screen.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import type { Opener } from "../../shared/locker.ts";
import { go } from "../../shared/route.ts";
import { Button, Choices, Field, Notice, Page, Reach, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { moved, refresh, state } from "../desk.ts";
import type { Attribute } from "../engine/keys.ts";
import { FileField, Scan } from "../files.tsx";
import { engine } from "../remote.ts";
import { NewLock, OpenLock } from "./lock.tsx";
import { words } from "./words.ts";

type Step = "welcome" | "name" | "policy" | "import" | "sealed" | "lock";
const step = signal<Step>("welcome");
const name = signal("");
/** attribute -> "" (do not ask), "*" (any value), or one value */
const demands = signal<Record<string, string>>({});
const stale = signal("1");
const attributes = signal<readonly Attribute[] | undefined>(undefined);
/** the keys of another desk, and their passphrase */
const given = signal<{ text: string; passphrase: string; name: string; plain: boolean } | undefined>(undefined);

const to = (next: Step): void => {
  step.value = next;
};

function Back({ at }: { at: Step }) {
  return (
    <Button kind="link" onClick={() => to(at)}>
      {common.value.back}
    </Button>
  );
}

function Welcome() {
  const w = words.value;
  return (
    <Page title={w.welcome}>
      <p>{w.welcomeLead}</p>
      <div class="stack ways">
        <button type="button" class="way" onClick={() => to("name")}>
          <strong>{w.newClinic}</strong>
          <span>{w.newClinicHint}</span>
        </button>
        <button type="button" class="way" onClick={() => to("import")}>
          <strong>{w.haveKeys}</strong>
          <span>{w.haveKeysHint}</span>
        </button>
      </div>
    </Page>
  );
}

function Name() {
  const w = words.value;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (name.value.trim() !== "") to("policy");
  };
  return (
    <Page title={w.nameTitle}>
      <form class="stack" onSubmit={submit}>
        <Field
          label={w.nameLabel}
          hint={w.nameHint}
          required
          maxLength={120}
          value={name.value}
          onInput={(text) => {
            name.value = text;
          }}
        />
        <Reach>
          <Button kind="primary" type="submit">
            {common.value.next}
          </Button>
          <Back at="welcome" />
        </Reach>
      </form>
    </Page>
  );
}

function Policy() {
  const w = words.value;
  const offline = useSignal(false);
  useEffect(() => {
    engine.attributes().then(
      (known) => {
        attributes.value = known;
      },
      () => {
        offline.value = true;
      },
    );
  }, []);
  const choose = (attribute: string, value: string): void => {
    demands.value = { ...demands.value, [attribute]: value };
  };
  return (
    <Page title={w.policyTitle}>
      <p>{w.policyLead}</p>
      {offline.value && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.policyOffline}</p>
        </Notice>
      )}
      {attributes.value === undefined && !offline.value && <p role="status">{common.value.working}</p>}
      {attributes.value?.map(({ name: attribute, values }) => (
        <Choices
          key={attribute}
          legend={w.policyOf(attribute)}
          name={attribute}
          value={demands.value[attribute] ?? ""}
          onChoose={(value) => choose(attribute, value)}
          options={[
            { value: "", text: w.policyNot },
            { value: "*", text: w.policyAny },
            ...values.map((value) => ({ value, text: w.policyOne(value) })),
          ]}
        />
      ))}
      <Choices
        legend={w.staleTitle}
        name="stale"
        value={stale.value}
        onChoose={(value) => {
          stale.value = value;
        }}
        options={[
          { value: "0", text: w.stale0 },
          { value: "1", text: w.stale1 },
          { value: "12", text: w.stale12 },
        ]}
      />
      <Reach>
        <Button kind="primary" onClick={() => to("lock")}>
          {common.value.next}
        </Button>
        <Back at="name" />
      </Reach>
    </Page>
  );
}

async function take(text: string): Promise<void> {
  const kind = await engine.kindOfKeys(text);
  if (kind === "sealed") {
    given.value = { text, passphrase: "", name: "", plain: false };
    to("sealed");
    return;
  }
  const found = await doing(words.value.opening, () => engine.checkKeys(text, ""));
  if (found === undefined) return;
  given.value = { text, passphrase: "", name: found, plain: true };
  to("lock");
}

function Import() {
  const w = words.value;
  const scanning = useSignal(false);
  const pasted = useSignal("");
  return (
    <Page title={w.importTitle}>
      <FileField label={w.importFile} hint={w.importFileHint} onFile={async (file) => take(await file.text())} />
      {scanning.value ? (
        <Scan
          label={w.importScanning}
          refused={w.noCamera}
          accepts={(text) => text.startsWith("SYMBOLON-DESK:")}
          onFound={(text) => void take(text)}
        />
      ) : (
        <Button
          onClick={() => {
            scanning.value = true;
          }}
        >
          {w.importScan}
        </Button>
      )}
      <TextArea
        label={w.importPaste}
        spellcheck={false}
        autocomplete="off"
        onInput={(text) => {
          pasted.value = text;
        }}
      />
      <Reach>
        <Button kind="primary" off={pasted.value.trim() === ""} onClick={() => take(pasted.value)}>
          {common.value.next}
        </Button>
        <Back at="welcome" />
      </Reach>
    </Page>
  );
}

function Sealed() {
  const w = words.value;
  const phrase = useSignal("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { text } = given.value!;
    const found = await doing(w.opening, () => engine.checkKeys(text, phrase.value));
    if (found === undefined) return;
    given.value = { text, passphrase: phrase.value, name: found, plain: false };
    to("lock");
  };
  return (
    <Page title={w.sealedTitle}>
      <p>{w.sealedLead}</p>
      <form class="stack" onSubmit={submit}>
        <Field
          label={w.passphrase}
          type="password"
          autocomplete="off"
          onInput={(text) => {
            phrase.value = text;
          }}
        />
        <Reach>
          <Button kind="primary" type="submit">
            {common.value.next}
          </Button>
          <Back at="import" />
        </Reach>
      </form>
    </Page>
  );
}

const policyOf = () => ({
  maxStaleEpochs: Number(stale.value),
  required: (attributes.value ?? []).flatMap(({ name: attribute, values }) => {
    const demand = demands.value[attribute] ?? "";
    return demand === "" ? [] : [{ attribute, accepted: demand === "*" ? [...values] : [demand] }];
  }),
});

function Lock() {
  const w = words.value;
  const imported = given.value;
  const clinicName = imported?.name ?? name.value.trim();
  const make = async (opener: Opener): Promise<void> => {
    const made = await doing(w.making, async () => {
      if (imported) await engine.importClinic(imported.text, imported.passphrase, opener);
      else await engine.createClinic(clinicName, policyOf(), opener);
      return true;
    });
    if (!made) return;
    given.value = undefined;
    step.value = "welcome";
    go("/keys", { replace: true });
    void navigator.storage?.persist?.();
    await refresh();
  };
  return (
    <Page title={w.lockTitle}>
      {imported && <p>{w.keysOf(imported.name)}</p>}
      {imported?.plain && (
        <Notice tone="warn" word={w.plainWord}>
          <p>{w.plain}</p>
        </Notice>
      )}
      <p>{w.lockLead}</p>
      <NewLock name={clinicName} onDone={make} />
      <Back at={imported ? "import" : "policy"} />
    </Page>
  );
}

function Open() {
  const w = words.value;
  const { locker } = state.value!;
  const open = async (opener: Opener): Promise<void> => {
    await doing(w.opening, async () => {
      await engine.open(opener);
      await refresh();
    });
  };
  return (
    <Page title={w.openTitle}>
      <OpenLock kinds={locker.kinds} credentialIds={locker.credentialIds} onDone={open} />
    </Page>
  );
}

const STEPS: Record<Step, () => preact.JSX.Element> = {
  welcome: Welcome,
  name: Name,
  policy: Policy,
  import: Import,
  sealed: Sealed,
  lock: Lock,
};

export function Start() {
  const known = state.value;
  if (moved.value || known?.elsewhere)
    return (
      <Page title={common.value.movedTitle}>
        <p>{common.value.moved}</p>
        <Reach>
          <Button kind="primary" onClick={() => refresh(true)}>
            {common.value.useHere}
          </Button>
        </Reach>
      </Page>
    );
  if (!known)
    return (
      <Page title={words.value.openTitle}>
        <p role="status">{words.value.loading}</p>
      </Page>
    );
  if (known.locker.kinds.length > 0) return <Open />;
  const Step = STEPS[step.value];
  return <Step />;
}
