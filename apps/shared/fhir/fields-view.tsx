// Any FHIR fields as labelled values, nested as they are. No field is hidden, except the resource's own machinery (its id, version
// and profile), which the technical view has.

import type { ComponentChildren } from "preact";
import { Attachment } from "./attachment.tsx";
import { elementText } from "./element.ts";
import { extensionName } from "./labels.ts";
import { fieldName, type Name, typeName } from "./names.ts";
import {
  choiceOf,
  type Fields,
  fieldsIn,
  isFields,
  itemsOf,
  narrativeText,
  numberText,
  type Resource,
  textOf,
  type Value,
} from "./value.ts";

/** Finds a resource of the same set, and its screen. */
export interface Finder {
  resolve?: ((reference: string) => { title: string; href?: string | undefined } | undefined) | undefined;
}

const MACHINERY = new Set(["resourceType", "id", "meta", "implicitRules", "language", "text"]);
const MAX_LEVEL = 8;

const NameOf = ({ name }: { name: Name }) => <span lang={name.isEnglish ? "en" : undefined}>{name.text}</span>;

/** Text of a clinic: in its own direction, with its own line breaks. */
const Words = ({ text }: { text: string }) => (
  <span class="fhir-words" dir="auto">
    {text}
  </span>
);

function ReferenceText({ value, resolve }: { value: Fields } & Finder) {
  const reference = textOf(value.reference);
  const found = reference === undefined ? undefined : resolve?.(reference);
  const text = found?.title ?? elementText("reference", value) ?? reference ?? "";
  return found?.href === undefined ? <Words text={text} /> : <a href={found.href}>{text}</a>;
}

/** One value of a field. */
export function ValueView({
  name,
  value,
  level = 0,
  resolve,
}: { name: string; value: Value; level?: number } & Finder) {
  if (isFields(value)) {
    if (typeof value.reference === "string") return <ReferenceText value={value} resolve={resolve} />;
    if (name === "attachment" || value.contentType !== undefined) return <Attachment attachment={value} />;
    if (typeof value.div === "string") return <Words text={narrativeText(value.div)} />;
  }
  const text = elementText(name, value);
  if (text !== undefined) return <Words text={text} />;
  if (isFields(value) && level < MAX_LEVEL) return <FieldsView fields={value} level={level + 1} resolve={resolve} />;
  return null;
}

function extensionRows(value: Value): [Name, Value][] {
  return fieldsIn(value).map((extension) => [
    { text: extensionName(extension.url), isEnglish: true },
    choiceOf(extension, "value")?.value ?? { extension: extension.extension },
  ]);
}

function isEmpty(value: Value): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (numberText(value) !== undefined || typeof value !== "object") return false;
  return Object.values(value).every((item) => isEmpty(item as Value));
}

function rowsOf(
  fields: Fields,
  only: readonly string[] | undefined,
  without: ReadonlySet<string>,
): [string, Name, readonly Value[]][] {
  const names = only ?? Object.keys(fields).filter((name) => !MACHINERY.has(name) && !without.has(name));
  return names.flatMap((name): [string, Name, readonly Value[]][] => {
    const value = fields[name];
    if (isEmpty(value)) return [];
    if (/(?:^|E)xtension$/.test(name)) return extensionRows(value).map(([label, own]) => ["extension", label, [own]]);
    if (name.startsWith("_")) {
      const inner = fieldsIn(value).flatMap(({ extension }) => extensionRows(extension));
      return inner.map(([label, own]) => ["extension", label, [own]]);
    }
    return [[name, fieldName(name), itemsOf(value)]];
  });
}

export interface FieldsViewProps extends Finder {
  fields: Fields;
  /** names in this order; undefined: all */
  only?: readonly string[];
  /** names that stand elsewhere */
  without?: ReadonlySet<string>;
  level?: number;
}

const NONE: ReadonlySet<string> = new Set();

export function FieldsView({ fields, only, without = NONE, level = 0, resolve }: FieldsViewProps) {
  const rows = rowsOf(fields, only, without);
  const inner = fields as Resource;
  const head: ComponentChildren = level > 0 && typeof inner.resourceType === "string" && (
    <strong>
      <NameOf name={typeName(inner.resourceType)} />
    </strong>
  );
  if (rows.length === 0) return <>{head}</>;
  return (
    <>
      {head}
      <dl class={level === 0 ? "facts" : "fhir-inner"}>
        {rows.map(([name, label, values], i) => (
          <div key={`${name}${i}`} class="fhir-field">
            <dt>
              <NameOf name={label} />
            </dt>
            {values.map((value, n) => (
              <dd key={n}>
                <ValueView name={name} value={value} level={level} resolve={resolve} />
              </dd>
            ))}
          </div>
        ))}
      </dl>
    </>
  );
}

export const hasFields = (fields: Fields, only: readonly string[] | undefined, without: ReadonlySet<string>): boolean =>
  rowsOf(fields, only, without).length > 0;
