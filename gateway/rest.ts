// The RESTful interactions: @medplum/fhir-router finds the route of a request and runs those that it knows; the search, the
// history, Bundles and operations are this server's own.

import type { IncomingHttpHeaders } from "node:http";
import { getStatus } from "@medplum/core";
import { type FhirResponse, FhirRouter, type HttpMethod } from "@medplum/fhir-router";
import { parseJson } from "../client/fhir/json.ts";
import type { FhirResource, Json, JsonObject } from "../client/index.ts";
import { capabilityStatement, type Interaction, interactionsOf, OPERATIONS } from "./capability.ts";
import { isServedType } from "./definitions.ts";
import type { Gateway } from "./gateway.ts";
import { type Version, versionOf } from "./index-store.ts";
import { checkIn, checkInStatus, dismiss, encounterDocument, everything, outbox, summary } from "./operations.ts";
import { FhirError, informational, outcomeOf, refuse } from "./outcome.ts";
import { GatewayRepository, type RequestContext } from "./repository.ts";
import { DEFAULT_COUNT, MAX_COUNT, nameOf, type Query, search, searchBundle, searchTypes } from "./search.ts";
import { answerBundle } from "./transaction.ts";

export interface RestRequest {
  readonly method: string;
  /** under the base, without a slash in front, with the query */
  readonly url: string;
  readonly body: Json | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
}
export interface RestAnswer {
  readonly status: number;
  readonly body: FhirResource | undefined;
  readonly headers: Record<string, string>;
}

type Handler = (request: Call) => Promise<RestAnswer>;
interface Call extends RestRequest {
  readonly params: Record<string, string>;
  readonly query: Query;
  readonly repository: GatewayRepository;
}

/** The routes of the router itself, by the interaction that a type must have for them. */
const ROUTES: readonly [method: HttpMethod, path: string, interaction: Interaction][] = [
  ["GET", ":resourceType/:id", "read"],
  ["GET", ":resourceType/:id/_history/:vid", "vread"],
  ["POST", ":resourceType", "create"],
  ["PUT", ":resourceType/:id", "update"],
  ["PUT", ":resourceType", "update"],
  ["PATCH", ":resourceType/:id", "patch"],
  ["DELETE", ":resourceType/:id", "delete"],
  ["DELETE", ":resourceType", "delete"],
];
const METHODS: readonly HttpMethod[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

export class Rest {
  readonly #gateway: Gateway;
  readonly #router = new FhirRouter();
  readonly #own = new Map<unknown, { handler: Handler; interaction?: Interaction }>();
  readonly #date = new Date().toISOString();

  constructor(gateway: Gateway, { secured }: { secured: boolean }) {
    this.#gateway = gateway;
    this.#keepRoutes();
    const { base } = gateway;
    this.#add("GET", "metadata", async () => ok(capabilityStatement(base, this.#date, secured)));
    this.#add("POST", "", (call) => this.#bundle(call));
    this.#add("GET", "", (call) => this.#searchAll(call));
    this.#add("GET", "_history", (call) => this.#history(call));
    this.#add("GET", ":resourceType", (call) => this.#search(call), "search-type");
    this.#add("POST", ":resourceType/_search", (call) => this.#search(call), "search-type");
    this.#add("GET", ":resourceType/_history", (call) => this.#history(call), "history-type");
    this.#add("GET", ":resourceType/:id/_history", (call) => this.#history(call), "history-instance");
    this.#add("GET", "Patient/:tid/:compartmentType", (call) => this.#compartment(call));
    const operations: Record<string, Handler> = {
      "check-in": async () => ok(await checkIn(gateway)),
      "check-in-status": async ({ query }) => ok(await checkInStatus(gateway, query)),
      outbox: async () => ok(outbox(gateway)),
      "outbox-dismiss": async ({ query }) => ok(dismiss(gateway, query)),
      everything: async ({ params, query, url }) =>
        ok(await everything(gateway, params.id!, query, `${base}/${withoutOffset(url)}`)),
      summary: async ({ params }) => ok(await summary(gateway, params.id!)),
      document: async ({ params, repository }) =>
        ok(await encounterDocument(gateway, await repository.newest("Encounter", params.id!))),
    };
    for (const { name, type, method } of OPERATIONS)
      this.#add(method, type === undefined ? `$${name}` : `${type}/:id/$${name}`, operations[name]!);
  }

  /** Takes away every route of the router that ROUTES does not name. */
  #keepRoutes(): void {
    const { routes } = this.#router.router;
    const pathOf = (path: (typeof routes)[number]["path"]): string =>
      path.map(({ value, param }) => (param ? `:${value}` : value)).join("/");
    const kept = routes.filter((route) =>
      ROUTES.some(([method, path]) => route.method === method && pathOf(route.path) === path),
    );
    if (kept.length !== ROUTES.length)
      throw new Error("@medplum/fhir-router has other routes than this server was made for");
    routes.splice(0, routes.length, ...kept);
    for (const route of kept) {
      const interaction = ROUTES.find(([method, path]) => route.method === method && pathOf(route.path) === path)![2];
      this.#own.set(route.handler, { handler: (call) => this.#routed(route.handler, call), interaction });
    }
  }

  #add(method: HttpMethod, path: string, handler: Handler, interaction?: Interaction): void {
    const marker = async (): Promise<FhirResponse> => {
      throw new Error("served by rest.ts");
    };
    this.#own.set(marker, interaction === undefined ? { handler } : { handler, interaction });
    this.#router.add(method, path, marker);
  }

  /** Whether there is such a route, before the body is read. @throws FhirError 404, 405 */
  mustServe(given: string, url: string): void {
    this.#find(given, url);
  }

  #find(given: string, url: string) {
    const method = (given === "HEAD" ? "GET" : given) as HttpMethod;
    const route = this.#router.find(method, url);
    const own = route && this.#own.get(route.handler);
    const type = route?.params.resourceType ?? route?.params.compartmentType;
    const isType = type === undefined || isServedType(type);
    if (!own || !isType || !this.#mayServe(own.interaction, type))
      throw this.#notAllowed(method, url, type ?? url.split("?", 1)[0]!);
    return { method, route, own };
  }

  /** @throws FhirError and what toFhirError reads */
  async answer(request: RestRequest, context: RequestContext): Promise<RestAnswer> {
    const { method, route, own } = this.#find(request.method, request.url);
    const repository = new GatewayRepository(this.#gateway, context);
    const query: Query = { ...route.query };
    const answered = await own.handler({ ...request, method, params: route.params, query, repository });
    if (context.state === "queued") answered.headers["symbolon-state"] = "queued";
    return answered;
  }

  #mayServe(interaction: Interaction | undefined, type: string | undefined): boolean {
    return interaction === undefined || type === undefined || interactionsOf(type).includes(interaction);
  }

  #notAllowed(method: HttpMethod, url: string, what: string): FhirError {
    const others = METHODS.filter((other) => {
      const route = other === method ? undefined : this.#router.find(other, url);
      const own = route && this.#own.get(route.handler);
      const type = route?.params.resourceType ?? route?.params.compartmentType;
      return own && (type === undefined || isServedType(type)) && this.#mayServe(own.interaction, type);
    });
    if (others.length === 0) return refuse(404, `There is no "${what}" here.`);
    const issue = { code: "not-supported", text: `${method} is not supported for ${what}.` };
    return new FhirError(405, issue, { allow: [...others, ...(others.includes("GET") ? ["HEAD"] : [])].join(", ") });
  }

  // ---- routes of the router

  async #routed(handler: Parameters<FhirRouter["add"]>[2], call: Call): Promise<RestAnswer> {
    const { method, url, body, params, query, headers, repository } = call;
    if (["PUT", "POST"].includes(method) && typeof (body as JsonObject | undefined)?.resourceType !== "string")
      throw refuse(400, "The body is no resource: it has no resourceType.");
    const request = { method: method as HttpMethod, url, pathname: "", body, params, query };
    const [outcome, resource] = await handler(
      { ...request, headers: headers as IncomingHttpHeaders },
      repository,
      this.#router,
    );
    const status = getStatus(outcome);
    if (status >= 400) {
      const [issue] = outcome.issue ?? [];
      throw new FhirError(status, { code: issue?.code ?? "processing", text: issue?.details?.text ?? "refused" });
    }
    if (method === "DELETE") return { status: 200, body: informational("Deleted."), headers: {} };
    const made = resource as unknown as FhirResource;
    return { status, body: made, headers: this.#headersOf(made, status === 201) };
  }

  #headersOf(resource: FhirResource, isNew: boolean): Record<string, string> {
    const { versionId, lastUpdated } = resource.meta as { versionId: string; lastUpdated: string };
    const name = `${resource.resourceType}/${resource.id}/_history/${versionId}`;
    return {
      etag: `W/"${versionId}"`,
      "last-modified": new Date(lastUpdated).toUTCString(),
      ...(isNew ? { location: `${this.#gateway.base}/${name}` } : {}),
    };
  }

  // ---- own routes

  async #bundle({ body, repository }: Call): Promise<RestAnswer> {
    const bundle = (body ?? {}) as FhirResource;
    const { context } = repository;
    return ok(
      await answerBundle(this.#gateway, repository, bundle, async ({ url, ...request }) => {
        const { status, body: found, headers } = await this.answer({ ...request, url }, context);
        const location = headers.location?.slice(this.#gateway.base.length + 1);
        return { status, body: found, headers: location === undefined ? headers : { ...headers, location } };
      }),
    );
  }

  async #search({ params, query, url, body, method, repository }: Call): Promise<RestAnswer> {
    const type = params.resourceType!;
    const posted = method === "POST" ? ((body ?? {}) as Query) : {};
    const asked = { ...query, ...posted };
    await this.#gateway.sessions.allReady();
    await this.#readNamed(asked);
    const tagHash = await this.#sessionAsked(repository.context);
    const found = search(this.#gateway.store, type, asked, tagHash);
    const shown = method === "POST" ? `${type}?${formOf(asked)}` : url;
    const bundle = searchBundle(found, `${this.#gateway.base}/${withoutOffset(shown)}`, this.#gateway.base);
    return ok(tagHash === undefined ? this.#withUnread(bundle) : bundle);
  }

  /** A search for one patient may mean a session that is newer than the last list. */
  async #readNamed(query: Query): Promise<void> {
    for (const [name, value] of Object.entries(query))
      if (/^(?:patient|subject|_id|identifier)(?::Patient)?$/.test(name))
        for (const one of [value ?? []].flat()) {
          const tid = /(?:^|[/|])([2-9A-HJKMNP-Z]{15})$/.exec(one)?.[1];
          if (tid !== undefined) await this.#gateway.sessions.byTid(tid).catch(mayBeUnknown);
        }
  }

  /** Says which sessions could not be read, so that nobody takes the answer for whole. */
  #withUnread(bundle: FhirResource): FhirResource {
    const unread = this.#gateway.sessions.unread();
    if (unread.length === 0) return bundle;
    const issues = unread.map(({ tid, reason }) => ({
      severity: "warning" as const,
      code: "incomplete",
      text: `The session ${tid} is left out, because it could not be read: ${reason}`,
    }));
    const entry = { resource: outcomeOf(issues), search: { mode: "outcome" } };
    return { ...bundle, entry: [...((bundle.entry as JsonObject[] | undefined) ?? []), entry] };
  }

  async #searchAll({ query, url, repository }: Call): Promise<RestAnswer> {
    await this.#gateway.sessions.allReady();
    const found = searchTypes(this.#gateway.store, query, await this.#sessionAsked(repository.context));
    return ok(
      searchBundle(found, `${this.#gateway.base}${withoutOffset(`/${url}`.replace("/?", "?"))}`, this.#gateway.base),
    );
  }

  async #compartment({ params, query, url }: Call): Promise<RestAnswer> {
    const { tagHash } = await this.#gateway.sessions.byTid(params.tid!);
    const found = search(this.#gateway.store, params.compartmentType!, query, tagHash);
    return ok(searchBundle(found, `${this.#gateway.base}/${withoutOffset(url)}`, this.#gateway.base));
  }

  async #sessionAsked({ tid }: RequestContext): Promise<string | undefined> {
    return tid === undefined ? undefined : (await this.#gateway.sessions.byTid(tid)).tagHash;
  }

  async #history({ params, query, url, repository }: Call): Promise<RestAnswer> {
    const { store, sessions, base } = this.#gateway;
    const { resourceType: type, id } = params;
    for (const name of Object.keys(query))
      if (!["_count", "_offset", "_format"].includes(name))
        throw refuse(400, `"${name}" is not supported for a history.`);
    if (id !== undefined) await repository.newest(type!, id).catch(mayBeDeleted);
    else await sessions.allReady();
    const count = Math.min(numberIn(query, "_count", DEFAULT_COUNT), MAX_COUNT);
    const offset = numberIn(query, "_offset", 0);
    const where = id !== undefined ? "type = ? AND id = ?" : type !== undefined ? "type = ?" : "1";
    const bindings = [type, id].filter((part) => part !== undefined);
    const total = store.sql(`SELECT count(*) AS n FROM version WHERE ${where}`).get(...bindings)!.n as number;
    const versions = store
      .sql(`SELECT * FROM version WHERE ${where} ORDER BY at DESC, version DESC, seq DESC LIMIT ? OFFSET ?`)
      .all(...bindings, count, offset)
      .map(versionOf);
    const asked = `${base}/${withoutOffset(url)}`;
    const next = `${asked}${asked.includes("?") ? "&" : "?"}_offset=${offset + count}`;
    return ok({
      resourceType: "Bundle",
      type: "history",
      total,
      link: [
        { relation: "self", url: asked },
        ...(count > 0 && offset + versions.length < total ? [{ relation: "next", url: next }] : []),
      ],
      ...(versions.length === 0 ? {} : { entry: versions.map((version) => historyEntry(version, base)) }),
    });
  }
}

const ok = (body: FhirResource): RestAnswer => ({ status: 200, body, headers: {} });

const mayBeUnknown = (error: unknown): void => {
  if (!(error instanceof FhirError && error.status === 404)) throw error;
};

const mayBeDeleted = (error: unknown): void => {
  if (!(error instanceof FhirError && error.status === 410)) throw error;
};

function historyEntry(version: Version, base: string): JsonObject {
  const name = nameOf(version);
  const isGone = version.text === undefined;
  const method = isGone ? "DELETE" : version.version === 1 ? "POST" : "PUT";
  return {
    fullUrl: `${base}/${name}`,
    ...(isGone ? {} : { resource: parseJson(version.text!) }),
    request: { method, url: method === "POST" ? version.type : name },
    response: {
      status: isGone ? "204" : version.version === 1 ? "201" : "200",
      etag: `W/"${version.version}"`,
      lastModified: version.at,
    },
  };
}

function numberIn(query: Query, name: string, byDefault: number): number {
  const text = [query[name] ?? []].flat().at(-1);
  if (text === undefined) return byDefault;
  if (!/^\d{1,9}$/.test(text)) throw refuse(400, `${name} is not a number.`);
  return Number(text);
}

/** The URL without its `_offset`. */
function withoutOffset(url: string): string {
  const [path = "", query] = url.split("?", 2);
  const rest = (query ?? "").split("&").filter((part) => part !== "" && !part.startsWith("_offset="));
  return rest.length === 0 ? path : `${path}?${rest.join("&")}`;
}

function formOf(query: Query): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const one of [value ?? []].flat()) form.append(name, one);
  return form.toString();
}
