// JSON Schemas of a contract's zod schemas. Schemas with a name (`.meta({ id })`) become components; all others stand where they
// are used.
//
// zod writes a reference to another schema only for schemas that its registry knows by an id. So every schema that a route
// names gets one, and those without a name of their own are put back in place afterwards.

import * as z from "zod";

export type JsonSchema = Record<string, unknown>;

const UNNAMED = "unnamed-";
/** Counts over all contracts, since zod's registry is one and two contracts may use one schema. */
let unnamed = 0;
const PREFIX = "#/components/schemas/";

export interface Schemas {
  /** the schema as a route uses it: a reference if it has a name */
  of(schema: z.ZodType): JsonSchema;
  /** by name */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** The largest integer, which zod writes for every integer without another bound, says nothing. */
function tidy(schema: JsonSchema): JsonSchema {
  const { maximum, minimum, pattern, ...rest } = schema;
  return {
    ...rest,
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    // A number in a path or query is text with a pattern; the contract gives its type.
    ...(pattern === undefined || schema.type === "integer" ? {} : { pattern }),
  };
}

/** @param all every schema that the contract's routes name */
export function schemasOf(all: Iterable<z.ZodType>): Schemas {
  const registry = z.globalRegistry;
  const idOf = new Map<z.ZodType, string>();
  for (const schema of all) {
    if (idOf.has(schema)) continue;
    const known = registry.get(schema);
    const id = known?.id ?? `${UNNAMED}${unnamed++}`;
    idOf.set(schema, id);
    if (known?.id === undefined) registry.add(schema, { ...known, id });
  }
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: (id) => PREFIX + id, unrepresentable: "any" });
  const inPlace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inPlace);
    if (typeof value !== "object" || value === null) return value;
    const { $ref, $id: _, $schema: __, id: ___, ...rest } = value as JsonSchema;
    const others = Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, inPlace(part)]));
    if (typeof $ref !== "string") return tidy(others);
    const id = $ref.slice(PREFIX.length);
    return id.startsWith(UNNAMED) ? { ...(inPlace(schemas[id]) as JsonSchema), ...others } : { $ref, ...others };
  };
  const own = new Set<string>();
  const take = (value: unknown): void => {
    for (const [, id] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (own.has(id!)) continue;
      own.add(id!);
      take(inPlace(schemas[id!]));
    }
  };
  const of = (schema: z.ZodType): JsonSchema => {
    const id = idOf.get(schema)!;
    return id.startsWith(UNNAMED) ? (inPlace(schemas[id]) as JsonSchema) : { $ref: PREFIX + id };
  };
  for (const schema of idOf.keys()) take(of(schema));
  return {
    of,
    components: Object.fromEntries([...own].sort().map((id) => [id, inPlace(schemas[id]) as JsonSchema])),
  };
}
