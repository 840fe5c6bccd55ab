// Asks every route of every contract for what it says and for what it does not say, on real Workers: no answer is a fault of the
// server (5xx), and each status is one that the contract documents. So are odd methods, content types, Accept headers and broken
// Unicode.
//
// Values come from the OpenAPI documents, as any caller's tool would make them. Half of the requests keep to them, and half break
// out. Half of them carry what the route asks for: a clinic's token, or a signature of the administrator or of a stranger, and ids
// that exist. A seed in the output repeats a failure.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTRACTS } from "../../api/roles.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { bytesToHex } from "../../protocol/encodings.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";

type Schema = {
  type?: string;
  enum?: string[];
  const?: unknown;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  $ref?: string;
  anyOf?: Schema[];
  format?: string;
};
interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  schema: Schema;
}
interface Operation {
  parameters?: Parameter[];
  security?: Record<string, string[]>[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const RUNS = 16;
const documents = CONTRACTS.map(({ role }) => {
  const text = readFileSync(join(import.meta.dirname, `../../docs/openapi/${role}.json`), "utf8");
  return [role, JSON.parse(text) as Document] as const;
});

let p: Practice;
let token: string;
let serviceId: string;
beforeAll(async () => {
  p = await openPractice();
  const clinic = await p.openClinic("Fuzzed");
  serviceId = bytesToHex(clinic.serviceId);
  const { fetch: real } = p.transport;
  p.transport.fetch = ((url: string, init?: RequestInit) => {
    token = new Headers(init?.headers).get("authorization") ?? token;
    return real(url, init);
  }) as typeof fetch;
  await clinic.sessions();
  p.transport.fetch = real;
});
afterAll(() => p?.stop());

const urlOf = (role: string): string =>
  role === "trustee"
    ? p.host.urls.trustees[0]!
    : role === "witness"
      ? p.host.urls.witnesses[0]!
      : p.host.urls[role as "service"];

/** Values that fit a schema. */
function fitting(schema: Schema, { components }: Document): fc.Arbitrary<unknown> {
  const of = (s: Schema): fc.Arbitrary<unknown> => fitting(s, { components } as Document);
  if (schema.$ref) return of(components.schemas[schema.$ref.split("/").at(-1)!]!);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(of));
  switch (schema.type) {
    case "string":
      return schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern), { size: "small" })
        : fc.string({ maxLength: Math.min(schema.maxLength ?? 40, 200), unit: "grapheme" });
    case "integer":
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 31) });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(of(schema.items ?? {}), { maxLength: 3 });
    case "object": {
      const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, of(field)] as const);
      return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] } as never);
    }
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

/** Bytes that are no UTF-8, lone surrogates, huge numbers, deep nests: what breaks a careless reader. */
const ODD_TEXT = fc.oneof(
  fc.string({ maxLength: 60, unit: "binary" }),
  fc.constantFrom(
    "",
    "\ud800",
    "a\udfffb",
    "\u0000",
    "../..",
    "%",
    "%zz",
    "1e400",
    "-1",
    "0x10",
    "9".repeat(40),
    "null",
  ),
);
const ODD_JSON = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }).map((v) => JSON.stringify(v)),
  fc.constantFrom("", "{", '{"a":"\\ud800"}', "[".repeat(50), '"\\u0000"', '{"__proto__":{"x":1}}', "1e999", "﻿{}"),
);
const ODD_BYTES = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(Uint8Array.of(0xff, 0xfe), Uint8Array.of(0xed, 0xa0, 0x80), new Uint8Array(2000)),
);

/** The headers by which a caller may ask for an operation, as far as this test has them. */
function credentials(op: Operation, url: string, method: string, body: Uint8Array): Record<string, string> {
  const names = (op.security ?? []).flatMap((way) => Object.keys(way));
  if (names.includes("clinicToken")) return { authorization: token };
  const key = names.includes("administrator") ? p.host.adminSecretKey : p.transport.rng(32);
  return names.includes("administrator") || names.includes("signedRequest")
    ? { [SIGNATURE_HEADER]: signRequest({ method, url, body }, key, p.transport.now(), p.transport.rng) }
    : {};
}

interface Asked {
  url: string;
  /** whether the request carries credentials and an id that exists */
  known: boolean;
  init: { method: string; headers: Record<string, string>; body?: BodyInit };
}
/** A header can carry these characters only. */
const asHeader = (text: string): string => text.replaceAll(/[^\x21-\x7e]/g, "").slice(0, 500);
const inUrl = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Requests to one operation. @param breaks whether they leave the document */
function requests(
  document: Document,
  path: string,
  method: string,
  op: Operation,
  breaks: boolean,
): fc.Arbitrary<Asked> {
  const parameters = op.parameters ?? [];
  const values = fc.tuple(
    ...parameters.map(({ schema, required }) => {
      const good = fitting(schema, document).map(String);
      const value = breaks ? fc.oneof(good, ODD_TEXT) : good;
      return required && !breaks ? value : fc.option(value, { nil: undefined, freq: 3 });
    }),
  );
  const [type, content] = Object.entries(op.requestBody?.content ?? {})[0] ?? [];
  const good =
    type === "application/json"
      ? fitting(content!.schema, document).map((v) => JSON.stringify(v))
      : type === "application/x-www-form-urlencoded"
        ? fitting(content!.schema, document).map((v) => new URLSearchParams(v as Record<string, string>).toString())
        : ODD_BYTES;
  const body: fc.Arbitrary<unknown> =
    type === undefined ? fc.constant(undefined) : breaks ? fc.oneof(good, ODD_JSON, ODD_BYTES) : good;
  return fc.record({ values, body, garbage: ODD_TEXT, known: fc.boolean() }).map((made) => {
    const query = new URLSearchParams();
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    let filled = path;
    parameters.forEach((parameter, i) => {
      const value = made.values[i];
      if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, inUrl(value || "x"));
      else if (value === undefined) return;
      else if (parameter.in === "query") query.set(parameter.name, value);
      else headers[parameter.name] = asHeader(value);
    });
    if (breaks) {
      headers.authorization = `Bearer ${asHeader(made.garbage)}`;
      headers.range = asHeader(made.garbage);
      headers["if-none-match"] = asHeader(made.garbage);
    }
    const init = { method, headers, ...(made.body === undefined ? {} : { body: made.body as BodyInit }) };
    return { known: made.known, url: filled + (query.size === 0 ? "" : `?${query}`), init };
  });
}

const expressionOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);

const show = ({ url, init }: Asked): string =>
  `${init.method} ${url} ${JSON.stringify(init.headers)} ${String(init.body).slice(0, 200)}`;

/** Status of the answer, whose body is whole and is a problem document if it is a refusal. */
async function ask(role: string, asked: Asked, op: Operation): Promise<number> {
  const { init } = asked;
  const url = urlOf(role) + (asked.known ? asked.url.replace(/\/[0-9a-f]{32}\b/, `/${serviceId}`) : asked.url);
  const body =
    typeof init.body === "string"
      ? new TextEncoder().encode(init.body)
      : ((init.body as Uint8Array) ?? new Uint8Array());
  const own = asked.known ? credentials(op, url, init.method, body) : {};
  const headers = { ...init.headers, [CLOCK_HEADER]: String(p.clock.now), ...own };
  const answer = await fetch(url, { ...init, headers, redirect: "manual" });
  const text = await answer.text();
  expect(answer.headers.get("request-id"), show(asked)).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.status < 500, `${answer.status} ${text} ${show(asked)}`).toBe(true);
  if (answer.status >= 400 && asked.init.method !== "HEAD") {
    expect(answer.headers.get("content-type"), show(asked)).toContain("json");
    expect(() => JSON.parse(text), show(asked)).not.toThrow();
  }
  return answer.status;
}

describe.each(documents)("the %s", (role, document) => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, op]) => [`${method.toUpperCase()} ${path}`, path, method.toUpperCase(), op] as const,
    ),
  );

  it("answers every route with a documented status, and never with a fault of its own", async () => {
    for (const [name, path, method, op] of operations)
      for (const breaks of [false, true])
        await fc.assert(
          fc.asyncProperty(requests(document, path, method, op, breaks), async (asked) => {
            const status = await ask(role, asked, op);
            // A path that no longer has its form is no request to this route.
            if (!breaks || (status !== 404 && status !== 405))
              expect(op.responses, `${status} of ${name}: ${show(asked)}`).toHaveProperty([String(status)]);
          }),
          { numRuns: RUNS },
        );
  });

  it("answers odd methods, content types and Accept headers as HTTP says", async () => {
    const type = fc.oneof(
      fc.constantFrom("text/plain", "application/xml", "*/*", "text/*;q=0", "image/png", "a/b;q=2", ",", ";;q="),
      ODD_TEXT.map(asHeader),
    );
    const method = fc.constantFrom("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "PROPFIND", "LOCK");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(document.paths)),
        method,
        type,
        type,
        async (path, verb, accept, contentType) => {
          const url = path.replaceAll(/\{\w+\}/g, "0".repeat(32));
          const hasBody = !["GET", "HEAD"].includes(verb);
          const init = {
            method: verb,
            headers: { accept, "content-type": contentType },
            ...(hasBody ? { body: "{}" } : {}),
          };
          const answer = await fetch(urlOf(role) + url, init);
          await answer.arrayBuffer();
          // Two paths may take the same address: /v1/officers/login is an officer's path too.
          const known = operations.filter(([, other]) => expressionOf(other).test(url)).map(([, , name]) => name);
          expect(answer.status, show({ url, init, known: false })).toBeLessThan(500);
          if (verb === "OPTIONS")
            expect([answer.status, answer.headers.get("allow")]).toEqual([204, expect.stringContaining(known[0]!)]);
          else if (!known.includes(verb) && !(verb === "HEAD" && known.includes("GET"))) {
            expect([url, verb, answer.status]).toEqual([url, verb, 405]);
            for (const allowed of known) expect(answer.headers.get("allow")!.split(", ")).toContain(allowed);
          } else expect(answer.status).not.toBe(405);
        },
      ),
      { numRuns: 250 },
    );
  });
});
