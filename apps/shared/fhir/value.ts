// Reads the parts of FHIR JSON that every view needs. Pure: no words of a language, no drawing.
//
// A number may come as a number, as the SDK's ExactNumber, or as a plain object { digits } (an ExactNumber after postMessage).
// `numberText` gives the digits as the clinic wrote them: 4.10 stays "4.10".

export type Value = null | undefined | boolean | number | string | object;
export type Fields = { readonly [name: string]: Value };
export type Resource = Fields & { readonly resourceType: string };

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The digits of a number as written; undefined if the value is no number. */
export function numberText(value: Value): string | undefined {
  if (typeof value === "number") return String(value);
  const digits = typeof value === "object" && value !== null ? (value as { digits?: unknown }).digits : undefined;
  return typeof digits === "string" && NUMBER.test(digits) ? digits : undefined;
}

export const isFields = (value: Value): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && numberText(value) === undefined;

export const textOf = (value: Value): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value : undefined;

/** The items of a list; one value alone counts as a list of one. */
export const itemsOf = (value: Value): readonly Value[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

export const fieldsIn = (value: Value): readonly Fields[] => itemsOf(value).filter(isFields);

/** The name of a concept: its text, or the first display, or the first code. */
export function conceptText(value: Value): string | undefined {
  for (const item of itemsOf(value)) {
    if (typeof item === "string") return textOf(item);
    if (!isFields(item)) continue;
    const codings = fieldsIn(item.coding);
    const found =
      textOf(item.text) ??
      codings.map(({ display }) => textOf(display)).find(Boolean) ??
      textOf(item.display) ??
      codings.map(({ code }) => textOf(code)).find(Boolean) ??
      textOf(item.code);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every code of a concept or of a list of them. */
export const codesOf = (value: Value): readonly string[] =>
  fieldsIn(value).flatMap((concept) =>
    [concept, ...fieldsIn(concept.coding)].flatMap(({ code }) => textOf(code) ?? []),
  );

const joined = (texts: readonly (string | undefined)[], separator: string): string | undefined => {
  const found = texts.filter((text): text is string => text !== undefined && text !== "");
  return found.length === 0 ? undefined : found.join(separator);
};

/** UCUM codes that nobody says. Senders often put the code where FHIR wants a unit for people. */
const PLAIN_UNITS = new Map([
  ["mm[Hg]", "mmHg"],
  ["cm[H2O]", "cmH₂O"],
  ["Cel", "°C"],
  ["[degF]", "°F"],
  ["10*3/uL", "10³/µL"],
  ["10*6/uL", "10⁶/µL"],
  ["10*9/L", "10⁹/L"],
  ["10*12/L", "10¹²/L"],
  ["m[IU]/L", "mIU/L"],
  ["u[IU]/mL", "µIU/mL"],
  ["[IU]/L", "IU/L"],
  ["mL/min/{1.73_m2}", "mL/min/1.73 m²"],
  ["kg/m2", "kg/m²"],
  ["[lb_av]", "lb"],
  ["[in_i]", "in"],
  ["ug", "µg"],
  ["ug/mL", "µg/mL"],
  ["ug/L", "µg/L"],
]);

/** A unit as people write it. What UCUM puts in braces is a note, no unit: {score}. */
const plainUnit = (unit: string | undefined): string | undefined =>
  unit === undefined ? undefined : (PLAIN_UNITS.get(unit) ?? unit.replace(/^\{(\w+)\}$/, ""));

/** "< 4.10 mmol/L" */
export function quantityText(value: Value): string | undefined {
  if (!isFields(value)) return undefined;
  const digits = numberText(value.value);
  const amount = digits === undefined ? undefined : joined([textOf(value.comparator), digits], " ");
  return joined([amount, unitOf(value) ?? textOf(value.currency)], " ");
}

/** "3.5 – 5.1 mmol/L": the unit stands once if both ends have the same one. */
export function spanText(low: Value, high: Value): string | undefined {
  const [from, to] = [quantityText(low), quantityText(high)];
  if (from === undefined) return to && `≤ ${to}`;
  if (to === undefined) return `≥ ${from}`;
  const unit = isFields(low) && isFields(high) && unitOf(low) === unitOf(high);
  return `${(unit && numberText((low as Fields).value)) || from} – ${to}`;
}

/** The unit in words for people; the technical view shows the code. */
export const unitOf = (quantity: Value): string | undefined =>
  isFields(quantity) ? plainUnit(textOf(quantity.unit) ?? textOf(quantity.code)) : undefined;

/** The member whose name begins so, such as value[x]: its name and value. */
export function choiceOf(fields: Fields, stem: string): { name: string; value: Value } | undefined {
  const name = Object.keys(fields).find((key) => key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length)));
  return name === undefined ? undefined : { name, value: fields[name] };
}

const PLAIN_NUMBER_LENGTH = 8;
/** For lists and charts: a number with very many digits is rounded, and "≈" says so. */
export function shortNumber(digits: string): string {
  if (digits.length <= PLAIN_NUMBER_LENGTH) return digits;
  const value = Number(digits);
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0 || size >= 1e7 || size < 1e-3) return digits;
  return `≈ ${size >= 100 ? value.toFixed(1) : value.toPrecision(3)}`;
}

/** The text of `quantityText`, with `shortNumber`. */
export function shortQuantity(value: Value): string | undefined {
  const digits = isFields(value) ? numberText(value.value) : undefined;
  if (!isFields(value) || digits === undefined) return quantityText(value);
  return joined([textOf(value.comparator), shortNumber(digits), unitOf(value)], " ");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** The text of a narrative's XHTML. It never becomes markup again: the views show it as text. */
export function narrativeText(div: string): string {
  return div
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<\/t[dh]\s*>\s*(?=<t[dh])/gi, " · ")
    .replace(/\s*\n\s*/g, " ")
    .replace(/<(?:br|\/p|\/div|\/li|\/tr|\/h[1-6]|\/caption)\b[^>]*>/gi, "\n")
    .replace(/<li\b[^>]*>/gi, "• ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));/gi, (whole, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const point = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    })
    .split("\n")
    .map((line) => line.trim())
    .filter((line, i, lines) => line !== "" || (i > 0 && lines[i - 1] !== ""))
    .join("\n")
    .trim();
}

/** JSON as written, for the technical view: numbers keep their digits. */
export function jsonText(value: Value, indent = ""): string {
  const digits = numberText(value);
  if (digits !== undefined) return digits;
  if (value === undefined || value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item: Value) => inner + jsonText(item, inner))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${jsonText(item as Value, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}
