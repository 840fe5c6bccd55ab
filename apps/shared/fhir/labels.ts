// Names of FHIR's fields, types and codes for people. The commonest have a word in each language; any other becomes English words
// from its own name: "onsetAge" is "Onset age".

import type { Value } from "./value.ts";

/** "reasonReference" → "Reason reference"; "URL" stays. */
export const spaced = (name: string): string => {
  const words = name
    .replace(/^_/, "")
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, " ")
    .replace(/(?<=[A-Z])(?=[A-Z][a-z])/g, " ")
    .replace(/[-_]+/g, " ")
    .trim();
  const lower = words.replace(/\b[A-Z](?=[a-z])/g, (c) => c.toLowerCase());
  return lower.charAt(0).toUpperCase() + lower.slice(1);
};

/** Data types that end the name of a choice, such as valueQuantity. The reader needs the value, not its type. */
const CHOICE =
  /^(value|onset|abatement|effective|performed|occurrence|deceased|multipleBirth|medication|reported|asNeeded|rate|dose|timing|product|serviced|location|item|subject|scheduled|allowed|used|age|born|fastingStatus)(Quantity|CodeableConcept|String|Boolean|Integer|Range|Ratio|SampledData|Time|DateTime|Date|Period|Age|Reference|Timing|Instant|Decimal|Uri|Url|Code|Coding|Identifier|Attachment|Money|Annotation|Address|ContactPoint|HumanName|Duration|Markdown|Canonical|Id|Oid|Uuid|PositiveInt|UnsignedInt|Base64Binary|Count|Distance|Dosage)$/;

/** The name of a field without the data type at its end: "onsetDateTime" → "onset". */
export const stemOf = (name: string): string => CHOICE.exec(name)?.[1] ?? name;

/** The last part of an extension's address: "…/us-core-birthsex" → "Us core birthsex". */
export function extensionName(url: Value): string {
  const last = typeof url === "string" ? url.split(/[/:#]/).filter(Boolean).at(-1) : undefined;
  return last === undefined ? "Extension" : spaced(last);
}
