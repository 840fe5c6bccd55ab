// What a search can ask of a resource: for each search parameter of FHIR R4 its values, as @medplum/core evaluates them.
//
//   token      system and value          reference   "Type/id" or the URL as written
//   string     folded to lower case      uri         as written
//   date       first and last moment, in milliseconds      number, quantity   lower and upper value
//
// Parameters of the types composite and special are left out.

import {
  convertToSearchableDates,
  convertToSearchableNumbers,
  convertToSearchableQuantities,
  convertToSearchableReferences,
  convertToSearchableStrings,
  convertToSearchableTokens,
  convertToSearchableUris,
  evalFhirPathTyped,
  getSearchParameterDetails,
  getSearchParameters,
} from "@medplum/core";
import { readDate } from "../client/fhir/dates.ts";
import type { FhirResource } from "../client/index.ts";
import { needType } from "./definitions.ts";
import { plain } from "./validate.ts";

export type TermKind = "token" | "reference" | "string" | "uri" | "date" | "number" | "quantity";
export interface Term {
  param: string;
  kind: TermKind;
  system?: string | undefined;
  value?: string | undefined;
  lo?: number | undefined;
  hi?: number | undefined;
}

const KINDS = new Set<string>(["token", "reference", "string", "uri", "date", "number", "quantity"]);
/** Of @medplum/core itself, and no part of FHIR. */
const NOT_FHIR = new Set(["_compartment", "_project"]);

export interface SearchParam {
  readonly name: string;
  readonly kind: TermKind;
  readonly definition: Parameters<typeof getSearchParameterDetails>[1];
}

const known = new Map<string, Map<string, SearchParam>>();

/** The parameters by which resources of a type can be searched. */
export function searchParams(type: string): ReadonlyMap<string, SearchParam> {
  let params = known.get(type);
  if (!params) {
    needType(type);
    params = new Map(
      Object.entries(getSearchParameters(type) ?? {}).flatMap(([name, definition]) =>
        KINDS.has(definition.type) && definition.expression !== undefined && !NOT_FHIR.has(name)
          ? [[name, { name, kind: definition.type as TermKind, definition }] as const]
          : [],
      ),
    );
    known.set(type, params);
  }
  return params;
}

/** Marks the displays of a code, which no search for the code means. */
const DISPLAY = "urn:symbolon:display";

type Typed = Parameters<typeof convertToSearchableTokens>[0];

export function* termsOf(resource: FhirResource): Generator<Term> {
  const value = plain(resource);
  const type = resource.resourceType;
  for (const { name: param, kind, definition } of searchParams(type).values()) {
    const { parsedExpression } = getSearchParameterDetails(type, definition);
    const found = evalFhirPathTyped(parsedExpression, [{ type, value }]) as Typed;
    if (found.length > 0) for (const term of termsFrom(kind, found)) yield { param, kind, ...term };
  }
}

function termsFrom(kind: TermKind, found: Typed): Omit<Term, "param" | "kind">[] {
  switch (kind) {
    case "token":
      return convertToSearchableTokens(found, { textSearchSystem: DISPLAY })
        .filter(({ system }) => system !== DISPLAY)
        .map(({ system, value }) => ({ system, value }));
    case "reference":
      return convertToSearchableReferences(found).map((value) => ({ value }));
    case "string":
      return convertToSearchableStrings(found).map((value) => ({ value: fold(value), system: value }));
    case "uri":
      return convertToSearchableUris(found).map((value) => ({ value }));
    case "date":
      return convertToSearchableDates(found).map(({ start, end }) => ({
        lo: (start === undefined ? undefined : readDate(start)?.start) ?? Number.NEGATIVE_INFINITY,
        hi: endOf(end) ?? Number.POSITIVE_INFINITY,
      }));
    case "number":
      return convertToSearchableNumbers(found).map(([lo, hi]) => ({
        lo: lo ?? Number.NEGATIVE_INFINITY,
        hi: hi ?? Number.POSITIVE_INFINITY,
      }));
    case "quantity":
      return convertToSearchableQuantities(found).flatMap(({ value, code, unit, system }) =>
        value === undefined ? [] : [{ system, value: code ?? unit, lo: value, hi: value }],
      );
  }
}

/** The last millisecond of a date. */
const endOf = (text: string | undefined): number | undefined => {
  const date = text === undefined ? undefined : readDate(text);
  return date && date.end - 1;
};

export const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
