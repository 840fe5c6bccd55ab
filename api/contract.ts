// The contract of a role: each of its routes, once. Handlers register from it (functions/shared/serve.ts), the SDK takes its
// types from it, and scripts/openapi.ts makes the OpenAPI document from it.
//
// A room of a role is one file `api/<role>/<room>.ts` with two exports:
//   ROOM          `{ name: route({ … }), … }`: the request half, which the Worker needs to serve the route
//   ROOM_ANSWERS  `() => ({ name: { … }, … }) satisfies AnswersOf<typeof ROOM>`: the answer half, which only readers need. It is
//                 a function that no Worker calls, so a bundler leaves it out of the Worker
// `api/<role>.ts` puts the rooms together with `contract(…)`.
//
// Some answers belong to many routes, so no route names them: 400 malformed, 405, 406, 413, 415, 429, 503, and the
// refusals of tokens and signatures (`commonProblems`).

import type * as z from "zod";
import type { ProblemCode } from "./problems.ts";

/** Named zod schemas: of the path's parameters, of the query, or of headers. */
export type Shape = Readonly<Record<string, z.ZodType>>;

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Who may call a route. */
export type Caller =
  | { readonly by: "anyone" }
  /** the clinic of the service in the path, with a Bearer token of this scope */
  | { readonly by: "clinic"; readonly scope: string }
  /** a Bearer token of another party than a clinic, such as an officer */
  | { readonly by: "bearer"; readonly of: string }
  /** a signed request; `of` says whose key signs */
  | { readonly by: "signature"; readonly of: string }
  /** the operator's administrator; each signed request serves once */
  | { readonly by: "administrator" };

export const ANYONE = { by: "anyone" } as const;
export const ADMINISTRATOR = { by: "administrator" } as const;
export const clinic = <const S extends string>(scope: S) => ({ by: "clinic", scope }) as const;
export const bearerOf = <const S extends string>(of: S) => ({ by: "bearer", of }) as const;
export const signatureOf = <const S extends string>(of: S) => ({ by: "signature", of }) as const;

export const JSON_TYPE = "application/json";
export const OCTETS_TYPE = "application/octet-stream";
export const FORM_TYPE = "application/x-www-form-urlencoded";
export const TEXT_TYPE = "text/plain";
export const HTML_TYPE = "text/html";

/** The body of a request. `document` names the bytes: a document of docs/SPEC.md, or a layout. */
export type Body =
  | {
      readonly type: typeof JSON_TYPE;
      readonly schema: z.ZodType;
      /** most values in the JSON, lists and objects included; by default 2,000 */
      readonly maxValues?: number;
    }
  | {
      readonly type: typeof FORM_TYPE;
      readonly schema: z.ZodType;
      /** The handler refuses in the form of RFC 6749, and so it checks the content type and the form itself. */
      readonly oauth: true;
    }
  | { readonly type: typeof OCTETS_TYPE; readonly document: string; readonly maxBytes: number }
  | { readonly type: typeof TEXT_TYPE; readonly document: string; readonly maxBytes: number };

export const json = <S extends z.ZodType>(schema: S, maxValues?: number) =>
  ({ type: JSON_TYPE, schema, maxValues }) as const;
export const oauthForm = <S extends z.ZodType>(schema: S) => ({ type: FORM_TYPE, schema, oauth: true }) as const;
export const octets = (document: string, maxBytes: number) => ({ type: OCTETS_TYPE, document, maxBytes }) as const;
export const text = (document: string, maxBytes: number) => ({ type: TEXT_TYPE, document, maxBytes }) as const;

/** The request half of a route. */
export interface Route {
  readonly method: Method;
  /** as Hono has it: ":name" is one segment, ":name{.+}" is the rest of the path */
  readonly path: string;
  /** one is enough */
  readonly callers: readonly Caller[];
  readonly params?: Shape;
  readonly query?: Shape;
  /** names in lower case */
  readonly headers?: Shape;
  readonly body?: Body;
  /**
   * The content types of a good answer; the first is the default. Empty if a good answer has no body, or has one type whatever
   * the caller accepts.
   */
  readonly produces: readonly string[];
}
/** One room of a role. */
export type Room = Readonly<Record<string, Route>>;

export const route = <const R extends Route>(request: R): R => request;

/** One good answer. If a route answers octets or JSON, as the caller asks, it has both. */
export interface Answer {
  readonly json?: z.ZodType;
  /** names the bytes */
  readonly octets?: string;
  readonly text?: string;
  readonly html?: string;
  /** of application/jose; names the bytes */
  readonly jose?: string;
  /** headers of this answer beside those of every answer, each with a sentence */
  readonly headers?: Readonly<Record<string, string>>;
}
/** The answer half of a route. */
export interface Answers {
  /** one line */
  readonly summary: string;
  /** more lines, for the reader of the OpenAPI document */
  readonly description?: string;
  /** by status */
  readonly ok: Readonly<Record<number, Answer>>;
  /** by status: refusals that are no problem documents */
  readonly refusals?: Readonly<Record<number, Answer>>;
  /** codes beside the common ones */
  readonly problems?: readonly ProblemCode[];
}
export type AnswersOf<R extends Room> = { readonly [Name in keyof R]: Answers };

/** A role's contract, for scripts and tests. No Worker imports one. */
export interface Contract {
  readonly role: string;
  readonly title: string;
  readonly description: string;
  /** semantic version; it rises with each change that a caller can notice (CONTRIBUTING.md) */
  readonly version: string;
  readonly routes: Readonly<Record<string, Route & Answers & { readonly room: string }>>;
}

/** @param rooms per name of a room: its request half and its answer half */
export function contract(
  about: Omit<Contract, "routes">,
  rooms: Readonly<Record<string, readonly [Room, () => Record<string, Answers>]>>,
): Contract {
  const routes: Record<string, Route & Answers & { room: string }> = {};
  for (const [room, [requests, answers]] of Object.entries(rooms)) {
    const answersByName = answers();
    for (const [name, request] of Object.entries(requests)) {
      if (routes[name]) throw new Error(`${about.role}: two routes have the name ${name}`);
      routes[name] = { ...request, ...answersByName[name]!, room };
    }
  }
  return { ...about, routes };
}

/** The codes that a route can answer with beside those that it names. */
export function commonProblems({ method, callers, params, query, headers, body, produces }: Route): ProblemCode[] {
  const codes: ProblemCode[] = ["too-many", "unavailable"];
  const isOauth = body?.type === FORM_TYPE;
  if (params || query || headers || (body && !isOauth) || callers.some(({ by }) => by !== "anyone"))
    codes.push("malformed");
  if (produces.length > 0) codes.push("not-acceptable");
  if (method !== "GET" || body) codes.push("too-large");
  if (body && !isOauth) codes.push("unsupported-media-type");
  if (callers.some(({ by }) => by !== "anyone")) codes.push("credential-refused");
  if (callers.some(({ by }) => by === "clinic" || by === "bearer")) codes.push("token-refused", "insufficient-scope");
  if (callers.some(({ by }) => by === "signature" || by === "administrator")) codes.push("clock-skew");
  return codes;
}

type Values<S> = S extends Shape ? { readonly [Name in keyof S]: z.output<S[Name]> } : Record<never, never>;
export type ParamsOf<R extends Route> = Values<R["params"]>;
export type QueryOf<R extends Route> = Values<R["query"]>;
export type HeadersOf<R extends Route> = Values<R["headers"]>;
/** The scopes that a clinic's token may have for a route; one is enough. */
export type ScopeOf<R extends Route> = Extract<R["callers"][number], { by: "clinic" }>["scope"];
/** The checked JSON or form of a request. */
export type BodyOf<R extends Route> = R["body"] extends { readonly schema: infer S extends z.ZodType }
  ? z.output<S>
  : never;
/** The JSON of an answer, from the return type of a room's answer half. */
export type JsonOf<A, Status extends number = 200> = A extends {
  readonly ok: { readonly [S in Status]: { readonly json: infer S extends z.ZodType } };
}
  ? z.output<S>
  : never;
