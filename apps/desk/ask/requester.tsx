// Who asks from this desk: keys made here, a request for the operator, and the operator's certificate.

import { signal, useSignal } from "@preact/signals";
import { doing } from "../../shared/doing.ts";
import { isolated } from "../../shared/language.ts";
import { Button, Facts, Field, Page, Reach, Select, TextArea } from "../../shared/ui/kit.tsx";
import type { RequesterView } from "../engine/ask.ts";
import { CopyButton, download, FileField } from "../files.tsx";
import { engine } from "../remote.ts";
import { words } from "./words.ts";

/** undefined until it was asked for */
export const requester = signal<RequesterView | null | undefined>(undefined);
export async function loadRequester(): Promise<void> {
  requester.value = (await engine.requester()) ?? null;
}

function WhoAsks() {
  const w = words.value;
  const name = useSignal("");
  const role = useSignal("clinician");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (name.value.trim() === "") return;
    requester.value = await doing(w.making, () => engine.createRequester(name.value, role.value));
  };
  return (
    <Page title={w.whoTitle}>
      <p>{w.whoLead}</p>
      <form class="stack" onSubmit={submit}>
        <Field
          label={w.whoName}
          required
          maxLength={120}
          onInput={(text) => {
            name.value = text;
          }}
        />
        <Select
          label={w.whoRole}
          value={role.value}
          options={Object.entries(w.whoRoles).map(([value, text]) => ({ value, text }))}
          onChoose={(value) => {
            role.value = value;
          }}
        />
        <Reach>
          <Button kind="primary" type="submit">
            {w.make}
          </Button>
        </Reach>
      </form>
    </Page>
  );
}

function Certify({ request, letters }: RequesterView) {
  const w = words.value;
  const text = useSignal("");
  const take = async (given: string): Promise<void> => {
    const next = await doing(w.certChecking, () => engine.importCertificate(given));
    if (next) requester.value = next;
  };
  const startOver = async (): Promise<void> => {
    await engine.forgetRequester();
    requester.value = null;
  };
  return (
    <Page title={w.requestTitle}>
      <p>{w.requestLead}</p>
      <div class="row">
        <Button kind="primary" onClick={() => download("requester.json", request, "application/json")}>
          {w.requestSave}
        </Button>
        <CopyButton text={request} label={w.requestCopy} />
      </div>
      <Facts rows={[[w.letters, <span class="tid">{letters}</span>]]} />
      <p class="hint">{w.lettersWhat}</p>
      <FileField label={w.certFile} onFile={async (file) => take(await file.text())} />
      <TextArea
        label={w.certText}
        spellcheck={false}
        onInput={(next) => {
          text.value = next;
        }}
      />
      <Reach>
        <Button kind="primary" off={text.value.trim() === ""} onClick={() => take(text.value)}>
          {w.certUse}
        </Button>
        <Button kind="link" onClick={startOver}>
          {w.again}
        </Button>
      </Reach>
    </Page>
  );
}

/** The screen that is missing before somebody may ask; undefined if nothing is. */
export function missingStep() {
  const known = requester.value;
  if (known === undefined) return <Page title={words.value.title} />;
  if (known === null) return <WhoAsks />;
  return known.certified ? undefined : <Certify {...known} />;
}

const roleText = (role: string): string => words.value.whoRoles[role] ?? role;
export const asText = ({ name, role }: RequesterView): string => words.value.certified(isolated(name), roleText(role));
