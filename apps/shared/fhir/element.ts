// One FHIR element as a short text, if it has one: names, addresses, codes, quantities, times, references. What has none is
// shown field by field (fields-view.tsx).

import { dayText, isolated, language, timeText } from "../language.ts";
import { codeName } from "./names.ts";
import {
  conceptText,
  type Fields,
  fieldsIn,
  isFields,
  itemsOf,
  numberText,
  quantityText,
  spanText,
  textOf,
  type Value,
} from "./value.ts";
import { fhirWords } from "./words.ts";

const DATE = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/** A FHIR date as people write it, and no more precise than it was written. */
export function dateText(written: string): string {
  if (!DATE.test(written) || Number.isNaN(Date.parse(written))) return written;
  if (written.length > 10) return timeText(Date.parse(written) / 1000);
  if (written.length === 10) return dayText(written);
  const options: Intl.DateTimeFormatOptions =
    written.length === 7 ? { year: "numeric", month: "long" } : { year: "numeric" };
  return new Intl.DateTimeFormat(language.value, { ...options, timeZone: "UTC" }).format(new Date(written));
}

/** The day of a date, in few letters. */
export const shortDay = (written: string): string =>
  written.length < 10 || Number.isNaN(Date.parse(written.slice(0, 10)))
    ? dateText(written)
    : new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeZone: "UTC" }).format(
        new Date(written.slice(0, 10)),
      );

const join = (texts: readonly (string | undefined)[], separator = ", "): string | undefined =>
  texts.filter((text) => text !== undefined && text !== "").join(separator) || undefined;

const HL7 = /^http:\/\/(?:terminology\.)?hl7\.org\//;

/** The name of a concept. FHIR's own codes have words in each language; the clinic's have the clinic's words. */
export function conceptWords(value: Value): string | undefined {
  for (const item of fieldsIn(value))
    for (const coding of [...fieldsIn(item.coding), item]) {
      const code = textOf(coding.code);
      const known = code === undefined ? undefined : codeName(code);
      if (known !== undefined && HL7.test(textOf(coding.system) ?? "") && textOf(item.text) === undefined) return known;
    }
  return conceptText(value);
}

/** What "2 per 8 h" is for people: the unit's letter stays, since FHIR's units are UCUM's. */
function timingText(timing: Value): string | undefined {
  if (!isFields(timing)) return undefined;
  const { repeat } = timing;
  const code = conceptText(timing.code);
  if (code !== undefined) return code;
  if (!isFields(repeat)) return join(itemsOf(timing.event).map((event) => textOf(event) && dateText(event as string)));
  const period = numberText(repeat.period);
  return join([
    period === undefined
      ? undefined
      : `${numberText(repeat.frequency) ?? 1} × / ${period} ${textOf(repeat.periodUnit) ?? ""}`.trim(),
    ...itemsOf(repeat.when).map(textOf),
    ...itemsOf(repeat.dayOfWeek).map(textOf),
  ]);
}

function dosageText(dosage: Fields): string | undefined {
  const doses = fieldsIn(dosage.doseAndRate).map((one) => {
    const range = isFields(one.doseRange) ? spanText(one.doseRange.low, one.doseRange.high) : undefined;
    return join([quantityText(one.doseQuantity), range, quantityText(one.rateQuantity)]);
  });
  return join([
    textOf(dosage.text) ?? join([...doses, timingText(dosage.timing), conceptText(dosage.route)]),
    textOf(dosage.patientInstruction),
  ]);
}

const period = ({ start, end }: Fields): string | undefined => {
  const [from, to] = [textOf(start), textOf(end)];
  if (from !== undefined && to !== undefined && from.slice(0, 10) === to.slice(0, 10)) return dateText(from);
  return from === undefined && to === undefined
    ? undefined
    : `${from ? dateText(from) : "…"} – ${to ? dateText(to) : "…"}`;
};

const person = (name: Fields): string | undefined =>
  textOf(name.text) ??
  join([...itemsOf(name.prefix), ...itemsOf(name.given), name.family, ...itemsOf(name.suffix)].map(textOf), " ");

const address = (place: Fields): string | undefined =>
  textOf(place.text) ??
  join(
    [...itemsOf(place.line), join([place.postalCode, place.city].map(textOf), " "), place.state, place.country].map(
      textOf as (v: Value) => string | undefined,
    ),
  );

const has = (value: Fields, ...names: string[]): boolean => names.some((name) => value[name] !== undefined);

/** The text of one element. @param name of the field that holds it */
export function elementText(name: string, value: Value): string | undefined {
  const { yes, no } = fhirWords.value;
  if (typeof value === "boolean") return value ? yes : no;
  const digits = numberText(value);
  if (digits !== undefined) return digits;
  if (typeof value === "string")
    return DATE.test(value) && value.length >= 7 ? dateText(value) : (codeName(value) ?? value);
  if (!isFields(value)) return undefined;
  if (/dosage/i.test(name)) return dosageText(value);
  if (/timing/i.test(name)) return timingText(value);
  if (has(value, "coding") || (has(value, "code") && has(value, "system", "display") && !has(value, "value")))
    return conceptWords(value);
  if (has(value, "low", "high")) return spanText(value.low, value.high);
  if (has(value, "numerator", "denominator"))
    return join([quantityText(value.numerator), quantityText(value.denominator)], " / ");
  if (numberText(value.value) !== undefined) return quantityText(value);
  if (has(value, "start", "end") && !has(value, "reference", "type", "status")) return period(value);
  if (has(value, "reference", "display") && !has(value, "resourceType"))
    return (
      textOf(value.display) ?? (isFields(value.identifier) ? elementText("identifier", value.identifier) : undefined)
    );
  if (has(value, "family", "given")) return person(value);
  if (has(value, "line", "city", "postalCode")) return address(value);
  if (typeof value.value === "string" && has(value, "system", "use", "type"))
    return join([isFields(value.type) ? conceptWords(value.type) : undefined, isolated(value.value)], " ");
  if (typeof value.text === "string" && Object.keys(value).every((key) => /^(text|time|author)/.test(key)))
    return join([value.text, textOf(value.time) && `(${dateText(value.time as string)})`], " ");
  const names = Object.keys(value).filter((key) => key !== "extension" && key !== "id");
  return names.length === 1 && names[0] === "text" ? textOf(value.text) : undefined;
}
