// HTTP: the body and its format, conditions and preferences, who may ask, and every error as an OperationOutcome.
//
// On the loopback interface any page in a browser on the same machine could send requests here. So a request must name this
// server in `Host`, must not carry an `Origin`, and must say its content type, which no page can do without asking first.

import { type Context, Hono } from "hono";
import { parseJson, writeJson } from "../client/fhir/json.ts";
import { isObject, type JsonObject, objectsOf } from "../client/fhir/resource.ts";
import { FHIR_JSON, type FhirResource, type Json } from "../client/index.ts";
import { type Access, needsOf, TokenError } from "./access.ts";
import type { Gateway } from "./gateway.ts";
import { type FhirError, outcomeOf, refuse, toFhirError } from "./outcome.ts";
import type { RequestContext } from "./repository.ts";
import type { Rest, RestAnswer } from "./rest.ts";

/** Of a request. A record holds 64 MB before it is sealed; base64 makes a document a third larger. */
const MAX_BODY_BYTES = 64_000_000;
export const BASE_PATH = "/fhir";

export interface HttpParts {
  gateway: Gateway;
  rest: Rest;
  /** undefined: nobody is asked for a token */
  access: Access | undefined;
  /** host and port by which the server may be named; undefined: any name, since each client needs a token */
  hosts: readonly string[] | undefined;
}

export function httpApp({ gateway, rest, access, hosts }: HttpParts): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (hosts && !hosts.includes((c.req.header("host") ?? "").toLowerCase()))
      return tell(c, refuse(403, "The request names another host than this server."));
    if (c.req.header("origin") !== undefined)
      return tell(c, refuse(403, "Requests of web pages are not answered. Ask from a program."));
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  if (access) {
    app.get(`${BASE_PATH}/.well-known/smart-configuration`, (c) => c.json(access.configuration()));
    app.post(`${BASE_PATH}/auth/token`, async (c) => {
      try {
        const body = await bodyOf(c, 100_000);
        return c.json(await access.token(new URLSearchParams(new TextDecoder().decode(body))), 200, {
          pragma: "no-cache",
        });
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        return c.json(
          { error: error.code, error_description: error.message },
          error.code === "invalid_client" ? 401 : 400,
        );
      }
    });
  }
  app.all(`${BASE_PATH}/*`, (c) => serve(c, { gateway, rest, access, hosts }));
  app.all(BASE_PATH, (c) => serve(c, { gateway, rest, access, hosts }));
  app.notFound((c) => tell(c, refuse(404, `The FHIR server is at ${BASE_PATH}.`)));
  app.onError((error, c) => {
    const told = toFhirError(error);
    if (told.status >= 500) gateway.log(`${c.req.method} ${c.req.path}: ${error.stack ?? error.message}`);
    return tell(c, told);
  });
  return app;
}

async function serve(c: Context, { gateway, rest, access }: HttpParts): Promise<Response> {
  const { method } = c.req;
  const url = new URL(c.req.url);
  const under = decoded(url.pathname.slice(BASE_PATH.length).replace(/^\/+|\/+$/g, "")) + url.search;
  rest.mustServe(method, under);
  mustTakeJson(c, url, under);
  const context: RequestContext = {
    tid: sessionHeader(c, gateway.base),
    allow: allowed(c.req.header("symbolon-allow")),
  };
  // Without a token nothing of the body is read.
  if (access && under !== "metadata") access.mustAllow(c.req.header("authorization"), []);
  const body =
    method === "GET" || method === "HEAD" || method === "DELETE" ? undefined : await readBody(c, under, context);
  if (access && under !== "metadata") access.mustAllow(c.req.header("authorization"), needs(method, under, body));
  const headers = Object.fromEntries(
    ["if-match", "if-none-match", "if-none-exist"].map((name) => [name, c.req.header(name)]),
  );
  const answered = await rest.answer({ method, url: under, body, headers }, context);
  return respond(c, answered);
}

const needs = (method: string, url: string, body: Json | undefined) => {
  const bundle = isObject(body) ? body : {};
  const isDocument = bundle.type === "document" || bundle.type === "collection";
  const entries = objectsOf(bundle.entry).map(({ request, resource }) => {
    if (isDocument) return { method: "POST", url: String((resource as JsonObject | undefined)?.resourceType) };
    const asked = isObject(request) ? request : {};
    return { method: String(asked.method), url: String(asked.url).replace(/^\//, "") };
  });
  return needsOf(method === "HEAD" ? "GET" : method, url, entries);
};

// ---- the request

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refuse(400, "The path is not well percent-encoded.");
  }
};

const JSON_TYPES = ["application/fhir+json", "application/json", "json", "text/json"];

/** @throws FhirError 406 */
function mustTakeJson(c: Context, url: URL, under: string): void {
  const format = url.searchParams.get("_format");
  if (format !== null && !JSON_TYPES.includes(format.replace(" ", "+").split(";", 1)[0]!))
    throw refuse(406, `The format ${format} is not supported. This server speaks JSON only.`);
  const accept = c.req.header("accept") ?? "*/*";
  if (format !== null || /\*\/\*|application\/\*|application\/(?:fhir\+)?json/i.test(accept)) return;
  if (/^Binary\/[^/]+$/.test(under.split("?", 1)[0]!)) return;
  throw refuse(406, `None of the formats "${accept}" is supported. This server speaks JSON only.`);
}

/** The session that a header names; X-Security-Context is FHIR's way to say it for a Binary. */
function sessionHeader(c: Context, base: string): string | undefined {
  const named = c.req.header("symbolon-session");
  if (named !== undefined) return named;
  const secured = c.req.header("x-security-context");
  if (secured === undefined) return undefined;
  const match = /^Patient\/([A-Za-z0-9\-.]+)$/.exec(secured.replace(`${base}/`, ""));
  if (!match) throw refuse(400, "X-Security-Context must be Patient/<TID>.");
  return match[1]!;
}

const allowed = (header: string | undefined): string[] =>
  (header ?? "")
    .split(",")
    .map((one) => decoded(one.trim()))
    .filter((one) => one !== "");

/** @throws FhirError 413 */
async function bodyOf(c: Context, most = MAX_BODY_BYTES): Promise<Uint8Array> {
  const tooLarge = () => refuse(413, `A request has at most ${most} bytes.`);
  if (Number(c.req.header("content-length") ?? "0") > most) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (c.req.raw.body)
    for await (const chunk of c.req.raw.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > most) throw tooLarge();
      chunks.push(chunk);
    }
  return Buffer.concat(chunks);
}

/** @throws FhirError 400, 413, 415; FhirInputError */
async function readBody(c: Context, under: string, context: RequestContext): Promise<Json | undefined> {
  const [type = ""] = (c.req.header("content-type") ?? "").toLowerCase().split(";", 1);
  const path = under.split("?", 1)[0]!;
  const isJson = ["application/fhir+json", "application/json"].includes(type);
  if (path.endsWith("/_search")) {
    if (type !== "application/x-www-form-urlencoded")
      throw refuse(415, "A search is posted as application/x-www-form-urlencoded.");
    return queryOf(new TextDecoder().decode(await bodyOf(c)));
  }
  if (c.req.method === "PATCH" && type !== "application/json-patch+json")
    throw refuse(415, "A patch is sent as application/json-patch+json.");
  if (/^Binary(?:\/[^/]+)?$/.test(path) && type !== "" && type !== "application/fhir+json" && c.req.method !== "PATCH")
    return rawBinary(path, type, await bodyOf(c), context);
  const body = await bodyOf(c);
  if (body.length === 0 && path.startsWith("$")) return undefined;
  if (!isJson && c.req.method !== "PATCH")
    throw refuse(415, `The content type "${type}" is not supported. Send application/fhir+json.`);
  return parseJson(body);
}

function queryOf(text: string): JsonObject {
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) query[name] = [...(query[name] ?? []), value];
  return query;
}

/** A Binary sent as what it is (http.html#create, binary.html#rest). */
function rawBinary(path: string, contentType: string, bytes: Uint8Array, { tid }: RequestContext): FhirResource {
  const id = path.split("/")[1];
  return {
    resourceType: "Binary",
    ...(id === undefined ? {} : { id }),
    contentType,
    ...(tid === undefined ? {} : { securityContext: { reference: `Patient/${tid}` } }),
    data: Buffer.from(bytes).toString("base64"),
  };
}

// ---- the answer

function respond(c: Context, { status, body, headers }: RestAnswer): Response {
  const { etag } = headers;
  const noneMatch = c.req.header("if-none-match");
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (isRead && etag !== undefined && noneMatch?.split(",").some((one) => one.trim() === etag))
    return new Response(null, { status: 304, headers });
  const pretty = new URL(c.req.url).searchParams.get("_pretty") === "true";
  if (body?.resourceType === "Binary" && isRead && wantsRaw(c.req.header("accept"))) {
    const bytes = Buffer.from(String(body.data ?? ""), "base64");
    return new Response(bytes, { status, headers: { ...headers, "content-type": String(body.contentType) } });
  }
  const prefer = c.req.header("prefer") ?? "";
  const isWrite = !isRead && (headers.etag !== undefined || body?.resourceType === "OperationOutcome");
  if (isWrite && /\breturn=minimal\b/.test(prefer)) return new Response(null, { status, headers });
  const shown = isWrite && /\breturn=OperationOutcome\b/.test(prefer) ? outcomeOf(DONE) : body;
  if (shown === undefined) return new Response(null, { status, headers });
  return new Response(writeJson(shown, pretty ? 2 : undefined), {
    status,
    headers: { ...headers, "content-type": `${FHIR_JSON}; charset=utf-8` },
  });
}
const DONE = [{ severity: "information", code: "informational", text: "Done." }] as const;

/** Whether a client asks for the bytes of a Binary and not for FHIR JSON. */
const wantsRaw = (accept: string | undefined): boolean => accept !== undefined && !/json/i.test(accept);

function tell(c: Context, error: FhirError): Response {
  const isHead = c.req.method === "HEAD";
  return new Response(isHead ? null : writeJson(outcomeOf(error.issues)), {
    status: error.status,
    headers: { ...error.headers, "content-type": `${FHIR_JSON}; charset=utf-8` },
  });
}
