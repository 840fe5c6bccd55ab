// Registers handlers from the contract (api/contract.ts). Before a handler runs, its request has an acceptable answer type (406),
// an expected content type (415), and checked path parameters, query and headers (400). These checks read no body and no
// storage. The handler then checks who asks, and reads the body last: `readBody` checks it with the contract's schema.

import type { Context, Hono } from "hono";
import * as z from "zod";
import {
  type BodyOf,
  FORM_TYPE,
  type HeadersOf,
  JSON_TYPE,
  type ParamsOf,
  type QueryOf,
  type Route,
  type ScopeOf,
  type Shape,
} from "../../api/contract.ts";
import { readJson } from "./json.ts";
import { Problem } from "./problems.ts";

/** The checked head of a request. */
export interface Input<R extends Route> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly headers: HeadersOf<R>;
  /** the scopes of which a clinic's token needs one; empty if no clinic calls the route */
  readonly scopes: readonly ScopeOf<R>[];
  /** the content type of the answer that the caller prefers, one of `route.produces` */
  readonly accepted: R["produces"][number];
}

type Handler<E extends object, R extends Route> = (
  c: Context<{ Bindings: E }>,
  input: Input<R>,
) => Response | Promise<Response>;

/** Registers the handler of a route. */
export function serve<E extends object, R extends Route>(
  app: Hono<{ Bindings: E }>,
  route: R,
  handler: Handler<E, R>,
): void {
  const [params, query, headers] = [route.params, route.query, route.headers].map((shape) => z.object({ ...shape }));
  const scopes = route.callers.flatMap((caller) => (caller.by === "clinic" ? [caller.scope] : []));
  app.on(route.method, route.path, (c) => {
    const accepted = acceptedType(c.req.header("accept"), route.produces);
    requireContentType(c, route);
    return handler(c, {
      params: params!.parse(c.req.param()),
      query: query!.parse(c.req.query()),
      headers: headers!.parse(headersOf(c, route.headers)),
      scopes,
      accepted,
    } as unknown as Input<R>);
  });
}

const headersOf = (c: Context, shape: Shape = {}): Record<string, string | undefined> =>
  Object.fromEntries(Object.keys(shape).map((name) => [name, c.req.header(name)]));

/** How well a media range of an Accept header fits a type: 3 exactly, 2 its main type, 1 anything, 0 not at all. */
function closeness(range: string, type: string): number {
  if (range === type) return 3;
  if (range === `${type.split("/")[0]}/*`) return 2;
  return range === "*/*" ? 1 : 0;
}

/** The quality that an Accept header gives to a type, by its most specific media range (RFC 9110, section 12.5.1). */
function qualityOf(ranges: readonly { range: string; q: number }[], type: string): number {
  let best = { closeness: 0, q: 0 };
  for (const { range, q } of ranges) {
    const found = closeness(range, type);
    if (found > best.closeness) best = { closeness: found, q };
  }
  return best.q;
}

/** The type of `produced` that the caller prefers; of two that it likes equally, the first. @throws Problem not-acceptable */
function acceptedType(accept: string | undefined, produced: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === "" || produced.length === 0) return produced[0];
  const ranges = accept.split(",").map((part) => {
    const [range = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const q = Number(parameters.find((text) => text.startsWith("q="))?.slice(2) ?? 1);
    return { range, q: q >= 0 && q <= 1 ? q : 0 };
  });
  let best = { type: undefined as string | undefined, q: 0 };
  for (const type of produced) {
    const q = qualityOf(ranges, type);
    if (q > best.q) best = { type, q };
  }
  if (best.type === undefined) throw new Problem("not-acceptable", `This answer is ${produced.join(" or ")}.`);
  return best.type;
}

/**
 * A body without a content type is taken for the expected one. The handlers of OAuth forms check theirs themselves.
 * @throws Problem unsupported-media-type
 */
function requireContentType(c: Context, { body }: Route): void {
  const given = c.req.header("content-type");
  if (!body || body.type === FORM_TYPE || given === undefined) return;
  if (given.split(";")[0]!.trim().toLowerCase() !== body.type)
    throw new Problem("unsupported-media-type", `${body.type} expected`, undefined, {}, { accept: body.type });
}

/**
 * The JSON of a request, checked by the contract's schema.
 * @param from the request, or its body if the handler has read it to check a signature
 * @throws Problem malformed, ZodError (which becomes "malformed")
 */
export async function readBody<R extends Route>(
  { body }: R,
  from: { arrayBuffer(): Promise<ArrayBuffer> } | Uint8Array,
): Promise<BodyOf<R>> {
  if (body?.type !== JSON_TYPE) throw new Error("this route takes no JSON");
  return (await readJson(from, body.schema, body.maxValues)) as BodyOf<R>;
}
