// A sealed record's content: written from a visit's entries, and read back from whatever a clinic has filed.
//
// A record that this SDK writes is one FHIR R4 collection Bundle in JSON, so that a clinic which opens its own record with any
// age command finds plain FHIR. A record may also be a Bundle of another type, a single resource, or no FHIR at all: a
// PDF, an image, a C-CDA document. `readContent` never throws: it answers entries, or the reason why there are none, so
// that one record never hides the others.

import { parseJson, writeJson } from "./json.ts";
import { type LeftOut, type ReadBundle, readEntries } from "./read.ts";
import { type FhirEntry, FhirInputError, isObject, objectsOf, textOf } from "./resource.ts";

/** The content kind of a record of FHIR resources. */
export const FHIR_JSON = "application/fhir+json";

/** System of the Bundle's tag that says which input its entries come from. */
const SOURCE_SYSTEM = "urn:symbolon:source";

/** @param source mark of the input that the entries come from (source.ts), if they hold names that mean nothing outside it */
export const writeRecord = (entries: readonly FhirEntry[], source?: string): string =>
  writeJson({
    resourceType: "Bundle",
    ...(source === undefined ? {} : { meta: { tag: [{ system: SOURCE_SYSTEM, code: source }] } }),
    type: "collection",
    entry: entries.map(({ fullUrl, resource }) => ({ fullUrl, resource })),
  });

/** The entries of a Bundle, or of a single resource. @throws FhirInputError */
export const readRecord = (content: string | Uint8Array): FhirEntry[] => readAll(content).entries;

function readAll(content: string | Uint8Array): ReadBundle & { source: string | undefined } {
  const value = parseJson(content);
  const single = isObject(value) && value.resourceType !== "Bundle";
  const meta = !single && isObject(value) && isObject(value.meta) ? value.meta : {};
  const source = objectsOf(meta.tag).find(({ system }) => system === SOURCE_SYSTEM);
  const bundle = readEntries(single ? { resourceType: "Bundle", entry: [{ resource: value }] } : value);
  return { ...bundle, source: textOf(source?.code) };
}

export type Content =
  | {
      readonly readable: true;
      readonly entries: FhirEntry[];
      /** older versions, and entries without a resource */
      readonly leftOut: readonly LeftOut[];
      /** mark of the input that the entries come from, if the record has one */
      readonly source: string | undefined;
    }
  /** `reason` is a sentence for a person; `wrong`: it claims to be FHIR and is not */
  | { readonly readable: false; readonly reason: string; readonly wrong: boolean };

const FHIR_TYPES = /^application\/(?:fhir\+)?json\b/i;
const KINDS: readonly [RegExp, string][] = [
  [/^application\/pdf\b/i, "a PDF document"],
  [/^image\//i, "an image"],
  [/^application\/dicom\b/i, "a DICOM object"],
  [/^(?:text|application)\/(?:.*\+)?xml\b|hl7|ccda/i, "an XML document"],
  [/^text\//i, "a text"],
];

/** What an opened record holds. @param contentKind media type from the record's manifest */
export function readContent(plaintext: Uint8Array, contentKind: string): Content {
  if (!FHIR_TYPES.test(contentKind)) {
    const kind =
      KINDS.find(([pattern]) => pattern.test(contentKind))?.[1] ?? `content of the type ${contentKind || "unknown"}`;
    return { readable: false, reason: `The record is ${kind}, and no FHIR resource.`, wrong: false };
  }
  try {
    const { entries, leftOut, source } = readAll(plaintext);
    return { readable: true, entries, leftOut, source };
  } catch (error) {
    if (error instanceof FhirInputError) return { readable: false, reason: error.message, wrong: true };
    return { readable: false, reason: "The content could not be read.", wrong: true };
  }
}
