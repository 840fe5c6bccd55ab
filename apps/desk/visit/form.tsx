// One form of a visit. The keyboard is enough: the first field has the focus, Enter files, and the next form is one key away.

import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { doing, fault } from "../../shared/doing.ts";
import { Button, Field, Notice, Select, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { Filed, Finding } from "../engine/records.ts";
import { type FormKind, type FormValues, TESTS, VITALS } from "../forms.ts";
import { engine } from "../remote.ts";
import { Findings } from "./findings.tsx";
import { words } from "./words.ts";

type Choice = "severity" | "sure";
interface FieldSpec {
  name: string;
  kind: "area" | "number" | "text" | Choice;
  required?: boolean;
  /** what stands there at first */
  first?: string;
  /** names of the proposals (a datalist) */
  proposals?: readonly string[];
}

const SPECS: Record<FormKind, readonly FieldSpec[]> = {
  note: [{ name: "text", kind: "area", required: true }],
  vitals: VITALS.map(({ field }) => ({ name: field, kind: "number" })),
  lab: [
    { name: "test", kind: "text", required: true, proposals: TESTS.map(({ name }) => name) },
    { name: "value", kind: "text", required: true },
    { name: "unit", kind: "text" },
    { name: "low", kind: "number" },
    { name: "high", kind: "number" },
  ],
  prescription: [
    { name: "medicine", kind: "text", required: true },
    { name: "dose", kind: "text", required: true, first: "1" },
    { name: "often", kind: "number", required: true, first: "1" },
    { name: "days", kind: "number", first: "7" },
    { name: "why", kind: "text" },
  ],
  allergy: [
    { name: "substance", kind: "text", required: true },
    { name: "reaction", kind: "text" },
    { name: "severity", kind: "severity", first: "moderate" },
    { name: "sure", kind: "sure", first: "confirmed" },
  ],
};

const firstValues = (kind: FormKind): FormValues =>
  Object.fromEntries(SPECS[kind].map(({ name, first }) => [name, first ?? ""]));

/** The name to watch for stays while the page is open, for the next form of the same visit. It is kept nowhere. */
const watchedNames = new Map<string, string>();

export interface Amending {
  recordId: string;
  values: FormValues;
}

export function RecordForm({
  tagHash,
  kind,
  amending,
  onFiled,
  onStop,
}: {
  tagHash: string;
  kind: FormKind;
  amending: Amending | undefined;
  onFiled: (recordId: string) => void;
  onStop: () => void;
}) {
  const w = words.value;
  const values = useSignal<FormValues>(amending?.values ?? firstValues(kind));
  const wrong = useSignal<string | undefined>(undefined);
  const findings = useSignal<readonly Finding[] | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const proposals = useId();
  const toFirst = (): void => form.current?.querySelector<HTMLElement>("input, textarea, select")?.focus();
  // After the page's heading had the focus, so that a nurse can type at once.
  useEffect(() => {
    const timer = setTimeout(toFirst, 0);
    return () => clearTimeout(timer);
  }, []);

  const set = (name: string, value: string): void => {
    const next = { ...values.value, [name]: value };
    const test = name === "test" ? TESTS.find((one) => one.name === value) : undefined;
    values.value = test ? { ...next, unit: test.unit, low: test.low ?? "", high: test.high ?? "" } : next;
    wrong.value = undefined;
  };

  const file = async (allow: string[]): Promise<void> => {
    wrong.value = undefined;
    const result = await doing<Filed>(w.filing, () =>
      engine.fileForm(tagHash, kind, values.value, {
        allow,
        name: watchedNames.get(tagHash) ?? "",
        ...(amending && { amends: amending.recordId }),
      }),
    );
    if (!result) {
      if (fault.value?.code !== "form") return;
      wrong.value = fault.value.message;
      fault.value = undefined;
      form.current?.querySelector<HTMLElement>(`[name="${wrong.value}"]`)?.focus();
      return;
    }
    findings.value = result.findings;
    if (result.findings) return;
    values.value = firstValues(kind);
    onFiled(result.recordId);
    toFirst();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void file([]);
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  };

  return (
    <>
      {amending && (
        <Notice word={common.value.careful}>
          <p>{w.amending}</p>
          <Button kind="link" onClick={onStop}>
            {w.stopAmending}
          </Button>
        </Notice>
      )}
      <form class="stack" ref={form} onSubmit={submit} onKeyDown={keys} noValidate>
        {kind === "vitals" && <p class="hint">{w.vitalsHint}</p>}
        <div class={kind === "note" ? "stack" : "short"}>
          {SPECS[kind].map((spec) => (
            <FormField
              key={spec.name}
              spec={spec}
              value={values.value[spec.name] ?? ""}
              wrong={wrong.value === spec.name}
              list={proposals}
              onInput={(value) => set(spec.name, value)}
            />
          ))}
        </div>
        <details>
          <summary>{w.nameMore}</summary>
          <Field
            label={w.nameLabel}
            hint={w.nameHint}
            autocomplete="off"
            value={watchedNames.get(tagHash) ?? ""}
            onInput={(name) => {
              watchedNames.set(tagHash, name);
            }}
          />
        </details>
        <div class="row">
          <Button kind="primary" type="submit">
            {amending ? w.fileAmended : w.file}
          </Button>
          <span class="hint">{kind === "note" ? w.ctrlEnter : w.enter}</span>
        </div>
      </form>
      {findings.value && (
        <Findings
          findings={findings.value}
          watched={watchedNames.get(tagHash) ?? ""}
          onChange={() => {
            findings.value = undefined;
            toFirst();
          }}
          onAllow={() => {
            const ids = findings.value!.map(({ id }) => id);
            findings.value = undefined;
            void file(ids);
          }}
        />
      )}
    </>
  );
}

function FormField({
  spec: { name, kind, required, proposals },
  value,
  wrong,
  list,
  onInput,
}: {
  spec: FieldSpec;
  value: string;
  wrong: boolean;
  list: string;
  onInput: (value: string) => void;
}) {
  const w = words.value;
  const label = w.fields[name] ?? name;
  if (kind === "area") return <TextArea label={label} name={name} rows={6} value={value} onInput={onInput} />;
  if (kind === "severity" || kind === "sure") {
    const texts = kind === "severity" ? w.severities : w.sureness;
    const options = Object.entries(texts).map(([of, text]) => ({ value: of, text }));
    return <Select label={label} name={name} value={value} options={options} onChoose={onInput} />;
  }
  return (
    <>
      <Field
        label={label}
        name={name}
        value={value}
        autocomplete="off"
        onInput={onInput}
        {...(required && { required })}
        {...(kind === "number" && { inputMode: "decimal" })}
        {...(proposals && { list })}
        {...(wrong && { fault: w.fieldFault })}
      />
      {proposals && (
        <datalist id={list}>
          {proposals.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}
