// Searches the index. @medplum/core reads the query string; here it becomes SQL over the terms (terms.ts).
//
// A parameter, modifier or result parameter that is not supported is refused (400). A server may ignore it, but then a client
// would take the answer for a narrower one than it is. Results come in the order in which the resources were filed, or as
// `_sort` says, and page by `_offset`.

import { Operator, parseSearchRequest } from "@medplum/core";
import { readDate } from "../client/fhir/dates.ts";
import { parseJson } from "../client/fhir/json.ts";
import type { FhirResource, JsonObject } from "../client/index.ts";
import { isServedType } from "./definitions.ts";
import { type IndexStore, type Version, versionOf } from "./index-store.ts";
import { refuse } from "./outcome.ts";
import { fold, type SearchParam, searchParams } from "./terms.ts";

type Request = ReturnType<typeof parseSearchRequest>;
export type Query = Record<string, string | string[] | undefined>;

export const DEFAULT_COUNT = 100;
export const MAX_COUNT = 1000;
const MAX_INCLUDED = 2000;
const RESULT_PARAMETERS = ["_count", "_offset", "_sort", "_include", "_revinclude", "_total", "_format", "_pretty"];
/** By kind of parameter; `missing` goes with all. */
const MODIFIERS: Record<string, readonly string[]> = { string: ["exact", "contains"], token: ["not"] };

export interface Found {
  matches: Version[];
  included: Version[];
  total: number;
  count: number;
  offset: number;
}

/** @param tagHash only this session. @throws FhirError 400 */
export function search(store: IndexStore, type: string, query: Query, tagHash?: string): Found {
  return find(store, readQuery(type, query), [type], tagHash);
}

/** @throws FhirError 400 */
export function searchTypes(store: IndexStore, query: Query, tagHash?: string): Found {
  const { _type, ...rest } = query;
  const types = [_type ?? []].flat().flatMap((text) => text.split(","));
  if (types.length === 0) throw refuse(400, "A search of all types needs the parameter _type.");
  for (const type of types) if (!isServedType(type)) throw refuse(400, `There is no resource type ${type} here.`);
  const shared = Object.keys(rest).map((key) => key.split(":", 1)[0]!);
  for (const type of types)
    for (const name of shared)
      if (!RESULT_PARAMETERS.includes(name) && !searchParams(type).has(name))
        throw refuse(400, `${type} has no search parameter "${name}".`);
  return find(store, readQuery(types[0]!, rest), types, tagHash);
}

function readQuery(type: string, query: Query): Request {
  const params = searchParams(type);
  for (const key of Object.keys(query)) {
    const [name = "", modifier] = key.split(":");
    if (RESULT_PARAMETERS.includes(name)) continue;
    const param = params.get(name);
    if (!param) throw refuse(400, `${type} has no search parameter "${name}". See /metadata for those that there are.`);
    const allowed = ["missing", ...(MODIFIERS[param.kind] ?? [])];
    const isType = param.kind === "reference" && modifier !== undefined && isServedType(modifier);
    if (modifier !== undefined && !allowed.includes(modifier) && !isType)
      throw refuse(400, `The modifier :${modifier} is not supported for ${name}.`);
  }
  const typed = Object.entries(query).map(([key, value]) => typedReference(key, value));
  return parseSearchRequest(type as Request["resourceType"], Object.fromEntries(typed));
}

/** `subject:Patient=1` means `subject=Patient/1`. */
function typedReference(key: string, value: Query[string]): [string, Query[string]] {
  const [name, modifier] = key.split(":");
  if (modifier === undefined || !/^[A-Z]/.test(modifier)) return [key, value];
  return [name!, [value ?? []].flat().map((id) => `${modifier}/${id}`)];
}

type Binding = string | number;
interface Clause {
  sql: string;
  bindings: Binding[];
}

function find(store: IndexStore, request: Request, types: readonly string[], tagHash: string | undefined): Found {
  const count = numberOf(request.count, DEFAULT_COUNT, "_count");
  const offset = numberOf(request.offset, 0, "_offset");
  const clauses: Clause[] = (request.filters ?? []).map(({ code, operator, value }) =>
    clauseOf(searchParams(types[0]!).get(code)!, operator, value),
  );
  clauses.push({ sql: `current.type IN (${types.map(() => "?").join()})`, bindings: [...types] });
  clauses.push({ sql: "NOT current.deleted", bindings: [] });
  if (tagHash !== undefined) clauses.push({ sql: "current.tag_hash = ?", bindings: [tagHash] });
  const where = clauses.map(({ sql }) => sql).join(" AND ");
  const bindings = clauses.flatMap((clause) => clause.bindings);
  const order = (request.sortRules ?? []).map(({ code, descending }): Clause => {
    if (!searchParams(types[0]!).has(code)) throw refuse(400, `Sorting by "${code}" is not supported.`);
    const value = `(SELECT ${descending ? "max" : "min"}(coalesce(lo, value)) FROM term WHERE resource = current.seq AND param = ?)`;
    return { sql: `${value} ${descending ? "DESC" : "ASC"} NULLS LAST`, bindings: [code] };
  });
  const sorted = [...order.map(({ sql }) => sql), "current.seq"].join(", ");
  const total = store.sql(`SELECT count(*) AS n FROM current WHERE ${where}`).get(...bindings)!.n as number;
  const matches = store
    .sql(
      `SELECT version.* FROM current JOIN version USING (type, id, version) WHERE ${where} ORDER BY ${sorted} LIMIT ? OFFSET ?`,
    )
    .all(...bindings, ...order.flatMap((clause) => clause.bindings), Math.min(count, MAX_COUNT), offset)
    .map(versionOf);
  return { matches, included: includedWith(store, request, matches), total, count, offset };
}

function numberOf(value: number | undefined, byDefault: number, name: string): number {
  if (value === undefined) return byDefault;
  if (!Number.isSafeInteger(value) || value < 0) throw refuse(400, `${name} is not a number.`);
  return value;
}

/** Values separated by "," are alternatives; "\" takes the meaning from the next character. */
const alternatives = (text: string): string[] => text.split(/(?<!\\),/).map((one) => one.replace(/\\([,|$\\])/g, "$1"));

function clauseOf({ name, kind }: SearchParam, operator: string, text: string): Clause {
  const among = (sql: string, bindings: Binding[], not = false): Clause => ({
    sql: `${not ? "NOT " : ""}EXISTS (SELECT 1 FROM term WHERE resource = current.seq AND param = ?${sql})`,
    bindings: [name, ...bindings],
  });
  if (operator === Operator.MISSING) {
    if (text !== "true" && text !== "false") throw refuse(400, `${name}:missing takes true or false.`);
    return among("", [], text === "true");
  }
  const values = alternatives(text).map((value) => valueClause(name, kind, operator, value));
  const sql = ` AND (${values.map((one) => one.sql).join(" OR ")})`;
  return among(
    sql,
    values.flatMap((one) => one.bindings),
    operator === Operator.NOT,
  );
}

function valueClause(name: string, kind: SearchParam["kind"], operator: string, value: string): Clause {
  switch (kind) {
    case "token": {
      const bar = value.indexOf("|");
      if (bar < 0) return { sql: "value = ?", bindings: [value] };
      const [system, code] = [value.slice(0, bar), value.slice(bar + 1)];
      const ofSystem = system === "" ? "system IS NULL" : "system = ?";
      return {
        sql: code === "" ? ofSystem : `${ofSystem} AND value = ?`,
        bindings: [system, code].filter((part) => part !== ""),
      };
    }
    case "reference": {
      // A URL of this server means the resource at its end.
      const local = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})$/.exec(value)?.[1] ?? value;
      return local.includes("/")
        ? { sql: "(value = ? OR value = ?)", bindings: [value, local] }
        : { sql: "(value = ? OR value GLOB ?)", bindings: [value, `*/${value.replace(/[*?[]/g, "[$&]")}`] };
    }
    case "uri":
      return { sql: "value = ?", bindings: [value] };
    case "string":
      if (operator === Operator.EXACT) return { sql: "system = ?", bindings: [value] };
      return {
        sql: operator === Operator.CONTAINS ? "instr(value, ?) > 0" : "instr(value, ?) = 1",
        bindings: [fold(value)],
      };
    case "date": {
      const date = readDate(value);
      if (!date) throw refuse(400, `${name}: "${value}" is not a FHIR date.`);
      return rangeClause(operator, date.start, date.end - 1);
    }
    case "number":
    case "quantity": {
      const [digits = "", system, code] = value.split("|");
      const number = Number(digits);
      if (digits === "" || Number.isNaN(number)) throw refuse(400, `${name}: "${digits}" is not a number.`);
      const half = 0.5 * 10 ** -(/\.(\d+)/.exec(digits)?.[1]?.length ?? 0);
      const exact = operator !== Operator.EQUALS && operator !== Operator.NOT_EQUALS;
      const range = rangeClause(operator, exact ? number : number - half, exact ? number : number + half);
      const unit = [...(system ? [["system = ?", system]] : []), ...(code ? [["value = ?", code]] : [])] as [
        string,
        string,
      ][];
      return {
        sql: [range.sql, ...unit.map(([sql]) => sql)].join(" AND "),
        bindings: [...range.bindings, ...unit.map(([, binding]) => binding)],
      };
    }
  }
}

/** FHIR R4 search.html#prefix, of the range [lo, hi] of the resource and [from, to] of the query. */
function rangeClause(operator: string, from: number, to: number): Clause {
  const within = "(lo >= ? AND hi <= ?)";
  switch (operator) {
    case Operator.EQUALS:
      return { sql: within, bindings: [from, to] };
    case Operator.NOT_EQUALS:
      return { sql: `NOT ${within}`, bindings: [from, to] };
    case Operator.GREATER_THAN:
      return { sql: "hi > ?", bindings: [to] };
    case Operator.LESS_THAN:
      return { sql: "lo < ?", bindings: [from] };
    case Operator.GREATER_THAN_OR_EQUALS:
      return { sql: `(hi > ? OR ${within})`, bindings: [to, from, to] };
    case Operator.LESS_THAN_OR_EQUALS:
      return { sql: `(lo < ? OR ${within})`, bindings: [from, from, to] };
    case Operator.STARTS_AFTER:
      return { sql: "lo > ?", bindings: [to] };
    case Operator.ENDS_BEFORE:
      return { sql: "hi < ?", bindings: [from] };
    case Operator.APPROXIMATELY:
      return { sql: "(lo <= ? AND hi >= ?)", bindings: [to, from] };
    default:
      throw refuse(400, `The prefix or modifier ${operator} is not supported.`);
  }
}

// ---- _include and _revinclude

function includedWith(store: IndexStore, { include = [], revInclude = [] }: Request, matches: readonly Version[]) {
  const found = new Map<string, Version>();
  const own = new Set(matches.map(nameOf));
  const add = (version: Version | undefined) => {
    if (version && !own.has(nameOf(version)) && found.size < MAX_INCLUDED) found.set(nameOf(version), version);
  };
  for (const { resourceType, searchParam, targetType, modifier } of include) {
    mustRefer(resourceType, searchParam, modifier);
    for (const { type, id } of matches) {
      if (type !== resourceType) continue;
      for (const { value } of store
        .sql(
          `SELECT term.value FROM term JOIN current ON current.seq = term.resource
           WHERE current.type = ? AND current.id = ? AND param = ?`,
        )
        .all(type, id, searchParam)) {
        const [target, targetId] = String(value).split("/");
        if (targetType === undefined || target === targetType) add(newest(store, target!, targetId ?? ""));
      }
    }
  }
  for (const { resourceType, searchParam, modifier } of revInclude) {
    mustRefer(resourceType, searchParam, modifier);
    for (const match of matches)
      for (const row of store
        .sql(
          `SELECT version.* FROM term JOIN current ON current.seq = term.resource JOIN version USING (type, id, version)
           WHERE term.type = ? AND param = ? AND value = ? AND NOT current.deleted`,
        )
        .all(resourceType, searchParam, nameOf(match)))
        add(versionOf(row));
  }
  return [...found.values()];
}

function mustRefer(type: string, param: string, modifier: string | undefined): void {
  if (modifier !== undefined) throw refuse(400, "_include:iterate is not supported.");
  if (!isServedType(type) || searchParams(type).get(param)?.kind !== "reference")
    throw refuse(400, `${type}:${param} is no reference that can be included.`);
}

function newest(store: IndexStore, type: string, id: string): Version | undefined {
  const current = store.current(type, id);
  return current && !current.deleted ? store.version(type, id, current.version) : undefined;
}

export const nameOf = ({ type, id }: { type: string; id: string }): string => `${type}/${id}`;

// ---- as a Bundle

/** @param url of the search without `_offset`, absolute; @param base of the server */
export function searchBundle(found: Found, url: string, base: string): FhirResource {
  const { matches, included, total, count, offset } = found;
  const entry =
    (mode: string) =>
    (version: Version): JsonObject => ({
      fullUrl: `${base}/${nameOf(version)}`,
      resource: parseJson(version.text!),
      search: { mode },
    });
  const at = (start: number): string => `${url}${url.includes("?") ? "&" : "?"}_offset=${start}`;
  const step = Math.min(count, MAX_COUNT);
  const link = [
    { relation: "self", url: offset === 0 ? url : at(offset) },
    ...(step > 0 && offset + matches.length < total ? [{ relation: "next", url: at(offset + step) }] : []),
    ...(offset > 0 && step > 0 ? [{ relation: "previous", url: at(Math.max(0, offset - step)) }] : []),
  ];
  return {
    resourceType: "Bundle",
    type: "searchset",
    total,
    link,
    ...(matches.length + included.length === 0
      ? {}
      : { entry: [...matches.map(entry("match")), ...included.map(entry("include"))] }),
  };
}
