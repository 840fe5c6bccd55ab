// The OpenAPI 3.1 document of a role's contract.

import type * as z from "zod";
import {
  type Answer,
  type Caller,
  type Contract,
  commonProblems,
  HTML_TYPE,
  JSON_TYPE,
  OCTETS_TYPE,
  type Route,
  TEXT_TYPE,
} from "../../api/contract.ts";
import { PROBLEMS, type ProblemCode } from "../../api/problems.ts";
import { SIGNATURE_HEADER } from "../../protocol/request-signature.ts";
import { type JsonSchema, type Schemas, schemasOf } from "./schemas.ts";

type Routes = Contract["routes"];
type Entry = Routes[string];

/** Every schema that a route names. */
function* schemasIn(routes: Routes): Generator<z.ZodType> {
  for (const { params, query, headers, body, ok, refusals } of Object.values(routes)) {
    for (const shape of [params, query, headers]) yield* Object.values(shape ?? {});
    if (body && "schema" in body) yield body.schema;
    for (const { json } of [...Object.values(ok), ...Object.values(refusals ?? {})]) if (json) yield json;
  }
}

/** "/v1/services/:id" as "/v1/services/{id}" */
const openApiPath = (path: string): string => path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");

const securityOf = (caller: Caller): Record<string, string[]> => {
  switch (caller.by) {
    case "anyone":
      return {};
    case "clinic":
      return { clinicToken: [caller.scope] };
    case "bearer":
      return { [caller.of]: [] };
    case "signature":
      return { signedRequest: [] };
    case "administrator":
      return { administrator: [] };
  }
};

function sentenceOf(caller: Caller): string {
  switch (caller.by) {
    case "anyone":
      return "anyone";
    case "clinic":
      return `the clinic, with scope ${caller.scope}`;
    case "bearer":
      return `a token of the ${caller.of}`;
    case "signature":
      return `a request signed by ${caller.of}`;
    case "administrator":
      return "a request signed by the operator's administrator";
  }
}

/** Alternatives; a caller with either of two scopes is listed with each. */
const callersOf = ({ callers }: Route): string => callers.map(sentenceOf).join("; or ");

function parametersOf({ params, query, headers }: Route, schemas: Schemas): JsonSchema[] {
  const places = [
    ["path", params],
    ["query", query],
    ["header", headers],
  ] as const;
  return places.flatMap(([place, shape]) =>
    Object.entries(shape ?? {}).map(([name, schema]) => ({
      name,
      in: place,
      required: place === "path" || !schema.safeParse(undefined).success,
      schema: schemas.of(schema),
    })),
  );
}

const binary = (description: string): JsonSchema => ({ type: "string", format: "binary", description });

function bodyOf({ body }: Route, schemas: Schemas): JsonSchema | undefined {
  if (!body) return undefined;
  if ("schema" in body) return { required: true, content: { [body.type]: { schema: schemas.of(body.schema) } } };
  const description = `${body.document}; at most ${body.maxBytes} bytes`;
  const schema = body.type === TEXT_TYPE ? { type: "string", description } : binary(description);
  return { required: true, content: { [body.type]: { schema } } };
}

const COMMON_HEADERS = {
  "request-id": { $ref: "#/components/headers/RequestId" },
  "ratelimit-policy": { $ref: "#/components/headers/RateLimitPolicy" },
};

function contentOf({ json, octets, text, html, jose }: Answer, schemas: Schemas): JsonSchema {
  return {
    ...(octets === undefined ? {} : { [OCTETS_TYPE]: { schema: binary(octets) } }),
    ...(json === undefined ? {} : { [JSON_TYPE]: { schema: schemas.of(json) } }),
    ...(text === undefined ? {} : { [TEXT_TYPE]: { schema: { type: "string", description: text } } }),
    ...(jose === undefined ? {} : { "application/jose": { schema: { type: "string", description: jose } } }),
    ...(html === undefined ? {} : { [HTML_TYPE]: { schema: { type: "string", description: html } } }),
  };
}

const DEFAULT_TEXT: Record<string, string> = {
  101: "The socket is open.",
  200: "Done, or found.",
  201: "Made.",
  202: "Taken, to be delivered.",
  204: "Done; there is nothing to say.",
  206: "The range that was asked for.",
  304: "Not changed since the caller read it.",
  409: "Not done: the state is another one, which the body tells.",
};

function answerOf(status: string, answer: Answer, schemas: Schemas): JsonSchema {
  const content = contentOf(answer, schemas);
  const own = Object.entries(answer.headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  return {
    description: DEFAULT_TEXT[status] ?? status,
    headers: { ...COMMON_HEADERS, ...Object.fromEntries(own) },
    ...(Object.keys(content).length === 0 ? {} : { content }),
  };
}

/** The codes of a route, by status. */
function problemsOf(entry: Entry): Map<number, ProblemCode[]> {
  const codes = new Set([...commonProblems(entry), ...(entry.problems ?? [])]);
  return Map.groupBy(
    (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code)),
    (code) => PROBLEMS[code][0],
  );
}

function problemAnswer(status: number, codes: readonly ProblemCode[]): JsonSchema {
  const waits = status === 429 || status === 503;
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join("\n\n"),
    headers: { ...COMMON_HEADERS, ...(waits ? { "retry-after": { $ref: "#/components/headers/RetryAfter" } } : {}) },
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

/** A refusal that is no problem document. Problems of the same status may still come from the border of the role. */
function refusalOf(status: number, refusal: Answer, codes: readonly ProblemCode[], schemas: Schemas): JsonSchema {
  const problem = codes.length === 0 ? undefined : problemAnswer(status, codes);
  const content = { ...contentOf(refusal, schemas), ...(problem?.content as JsonSchema | undefined) };
  return { description: "Refused.", headers: COMMON_HEADERS, ...problem, content };
}

/** The answers of one code alone, which many routes share. */
function soleProblems(routes: Routes): JsonSchema {
  const sole = Object.values(routes).flatMap((entry) =>
    [...problemsOf(entry)].filter(([, codes]) => codes.length === 1),
  );
  return Object.fromEntries(sole.map(([status, codes]) => [codes[0]!, problemAnswer(status, codes)]));
}

function operationOf(name: string, entry: Entry, schemas: Schemas): JsonSchema {
  const { room, summary, description, ok, refusals: own = {} } = entry;
  const parameters = parametersOf(entry, schemas);
  const requestBody = bodyOf(entry, schemas);
  const problems = problemsOf(entry);
  const refusals = [...problems].map(([status, codes]) => [
    status,
    codes.length === 1 ? { $ref: `#/components/responses/${codes[0]}` } : problemAnswer(status, codes),
  ]);
  return {
    operationId: name,
    tags: [room],
    summary,
    description: [...(description === undefined ? [] : [description]), `Who may call: ${callersOf(entry)}.`].join(
      "\n\n",
    ),
    security: entry.callers.map(securityOf),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: {
      ...Object.fromEntries(Object.entries(ok).map(([status, answer]) => [status, answerOf(status, answer, schemas)])),
      ...Object.fromEntries(refusals),
      ...Object.fromEntries(
        Object.entries(own).map(([status, refusal]) => [
          status,
          refusalOf(Number(status), refusal, problems.get(Number(status)) ?? [], schemas),
        ]),
      ),
    },
  };
}

const PROBLEM: JsonSchema = {
  type: "object",
  description: "A problem document (RFC 9457). Decide by `code`, which never changes its meaning.",
  required: ["type", "code", "status", "title", "instance"],
  properties: {
    type: { type: "string", format: "uri", description: "the page that explains the code" },
    code: { type: "string", enum: Object.keys(PROBLEMS) },
    status: { type: "integer" },
    title: { type: "string" },
    detail: { type: "string" },
    instance: { type: "string", description: "urn:uuid: and the request-id of this answer" },
  },
};

const HEADERS: JsonSchema = {
  RequestId: {
    description: "Random name of this answer. Name it when you ask the operator about it.",
    schema: { type: "string", format: "uuid" },
  },
  RateLimitPolicy: {
    description: "The rate limits (draft-ietf-httpapi-ratelimit-headers).",
    schema: { type: "string" },
  },
  RetryAfter: { description: "Seconds after which the request may be sent again.", schema: { type: "integer" } },
};

const signature = (by: string): JsonSchema => ({
  type: "apiKey",
  in: "header",
  name: SIGNATURE_HEADER,
  description: `A request signed by ${by}, with Ed25519 (docs/SPEC.md, section 12). The SDK makes this header.`,
});

/** The schemes that the routes of this contract use. */
function securitySchemes(routes: Routes): JsonSchema {
  const callers = Object.values(routes).flatMap(({ callers }) => callers);
  const scopes = callers.flatMap((caller) => (caller.by === "clinic" ? [caller.scope] : []));
  const used = (by: Caller["by"]): boolean => callers.some((caller) => caller.by === by);
  const bearers = callers.flatMap((caller) => (caller.by === "bearer" ? [caller.of] : []));
  return {
    ...(scopes.length > 0 && {
      clinicToken: {
        type: "oauth2",
        description: "A clinic's token: SMART Backend Services, client credentials with a signed assertion.",
        flows: {
          clientCredentials: {
            tokenUrl: "/v1/token",
            scopes: Object.fromEntries(
              [...new Set(scopes)].sort().map((scope) => [scope, `routes that need ${scope}`]),
            ),
          },
        },
      },
    }),
    ...Object.fromEntries(
      bearers.map((of) => [of, { type: "http", scheme: "bearer", description: `A token of the ${of}.` }]),
    ),
    ...(used("signature") && { signedRequest: signature("the key that the route names") }),
    ...(used("administrator") && { administrator: signature("the operator's administrator; each serves once") }),
  };
}

export function openApiDocument({ role, title, description, version, routes }: Contract): JsonSchema {
  const schemas = schemasOf(schemasIn(routes));
  const paths: Record<string, JsonSchema> = {};
  for (const [name, entry] of Object.entries(routes)) {
    const path = openApiPath(entry.path);
    paths[path] = { ...paths[path], [entry.method.toLowerCase()]: operationOf(name, entry, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title,
      version,
      description,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: `the ${role} of a deployment` }],
    tags: [...new Set(Object.values(routes).map(({ room }) => room))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...schemas.components, Problem: PROBLEM },
      responses: soleProblems(routes),
      headers: HEADERS,
      securitySchemes: securitySchemes(routes),
    },
  };
}
