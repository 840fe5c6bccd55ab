// A vendor's program gets tokens with an ordinary OAuth library and uses them: openid-client and oauth4webapi, unmodified,
// against a running service. Then keys by jwks_uri, from a server on this machine: how often they are fetched, and which
// addresses are never asked.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { importJWK, type JWK, SignJWT } from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  api,
  type ClientKey,
  Clinic,
  clinicCard,
  createClientKey,
  createClinicKeys,
  type Deployment,
  systemTransport,
} from "../../client/index.ts";
import { type Host, startHost } from "../../local/host.ts";
import { bytesToHex } from "../../protocol/bytes.ts";

const COOLDOWN_MS = 1_500;
const FETCH_TIMEOUT_MS = 700;
/** of functions/service/jwks.ts, for one client in a cooldown */
const MAX_FETCHES = 10;

/** A server on this machine: of a client's keys, and of the names of the DNS. */
interface Loopback {
  readonly url: string;
  /** the paths that were asked for, in order */
  readonly asked: string[];
  answer(path: string): { status?: number; headers?: Record<string, string>; body?: unknown } | undefined;
  stop(): void;
}
async function loopback(): Promise<Loopback> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url!);
    const answer = it_.answer(request.url!);
    if (!answer) return; // it never answers
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const it_: Loopback = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: () => ({ status: 404 }),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return it_;
}

let host: Host;
let keyServer: Loopback;
let dns: Loopback;
let clinic: Clinic;
let serviceId: string;
const transport = systemTransport();
beforeAll(async () => {
  [keyServer, dns] = [await loopback(), await loopback()];
  const jwks = "functions/service/jwks.ts";
  host = await startHost({
    override: { service: { DOH_URL: `${dns.url}/dns-query` } },
    // Only faster: the same code with shorter times.
    weaken: {
      service: [
        { file: jwks, find: "COOLDOWN_MS = 30_000", replace: `COOLDOWN_MS = ${COOLDOWN_MS}` },
        { file: jwks, find: "FETCH_TIMEOUT_MS = 3_000", replace: `FETCH_TIMEOUT_MS = ${FETCH_TIMEOUT_MS}` },
      ],
    },
  });
  const keys = await createClinicKeys("Harbour Clinic");
  const { service: serviceUrl } = host.urls;
  await api(transport, serviceUrl, "/v1/admin/services", { bytes: clinicCard(keys), signWith: host.adminSecretKey });
  clinic = new Clinic(transport, { serviceUrl } as Deployment, keys);
  serviceId = bytesToHex(clinic.serviceId);
}, 240_000);
afterAll(async () => {
  keyServer?.stop();
  dns?.stop();
  await host?.stop();
});

const sessionsUrl = (id = serviceId): URL => new URL(`${host.urls.service}/v1/services/${id}/sessions`);
const recordsUrl = (): URL => new URL(`${host.urls.service}/v1/services/${serviceId}/records`);
const cryptoKey = async (key: JWK): Promise<CryptoKey> => (await importJWK(key, key.alg!)) as CryptoKey;

/** The clients with which each library is tried: the clinic's own key, and further clients with either algorithm. */
interface Tried {
  clientId: string;
  key: oauth.PrivateKey;
  keyOfAnother: oauth.PrivateKey;
}
async function clients(): Promise<Record<string, Tried>> {
  const another = await createClientKey();
  const register = async (key: ClientKey): Promise<Tried> => {
    const { kid } = key.publicJwk;
    const { clientId } = await clinic.clients.register({
      name: "record system",
      scope: "system/Session.rs",
      jwks: { keys: [key.publicJwk] },
    });
    const keyOfAnother = { key: await cryptoKey(another.privateJwk), kid };
    return { clientId, key: { key: await cryptoKey(key.privateJwk), kid }, keyOfAnother };
  };
  const own = { key: await cryptoKey({ ...clinic.keys.oauthPrivateJwk, alg: "ES384" }), kid: "any" };
  return {
    "the clinic's own key": {
      clientId: serviceId,
      key: own,
      keyOfAnother: { ...own, key: await cryptoKey(another.privateJwk) },
    },
    ES384: await register(await createClientKey("ES384")),
    RS384: await register(await createClientKey("RS384")),
  };
}
const NAMES = ["the clinic's own key", "ES384", "RS384"];
let tried: Record<string, Tried>;
beforeAll(async () => {
  tried = await clients();
});

describe.each(NAMES)("openid-client, with %s", (name) => {
  const discover = ({ clientId }: Tried, key: oauth.PrivateKey, options: openid.DiscoveryRequestOptions = {}) =>
    openid.discovery(new URL(host.urls.service), clientId, undefined, openid.PrivateKeyJwt(key), {
      execute: [openid.allowInsecureRequests],
      ...options,
    });

  it("discovers the service, gets a token and uses it", async () => {
    for (const algorithm of ["oidc", "oauth2"] as const) {
      const config = await discover(tried[name]!, tried[name]!.key, { algorithm });
      const token = await openid.clientCredentialsGrant(config, { scope: "system/Session.s" });
      expect(token).toMatchObject({ token_type: "bearer", expires_in: 300, scope: "system/Session.s" });
      const answer = await openid.fetchProtectedResource(config, token.access_token, sessionsUrl(), "GET");
      expect(await answer.json()).toEqual({ sessions: [] });
    }
  });

  it("understands every refusal", async () => {
    const config = await discover(tried[name]!, tried[name]!.key);
    await expect(openid.clientCredentialsGrant(config, { scope: "system/Patient.rs" })).rejects.toMatchObject({
      name: "ResponseBodyError",
      error: "invalid_scope",
      status: 400,
    });
    await expect(openid.genericGrantRequest(config, "password", {})).rejects.toMatchObject({
      error: "unsupported_grant_type",
    });
    const stranger = await discover(tried[name]!, tried[name]!.keyOfAnother);
    await expect(openid.clientCredentialsGrant(stranger)).rejects.toMatchObject({ error: "invalid_client" });
    const token = await openid.clientCredentialsGrant(config, { scope: "system/Session.r" });
    await expect(openid.fetchProtectedResource(config, token.access_token, recordsUrl(), "GET")).rejects.toMatchObject({
      name: "WWWAuthenticateChallengeError",
      status: 403,
      cause: [{ scheme: "bearer", parameters: { error: "insufficient_scope", scope: "system/Record.s" } }],
    });
  });
});

describe.each(NAMES)("oauth4webapi, with %s", (name) => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  async function discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(host.urls.service);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
    return oauth.processDiscoveryResponse(issuer, answer);
  }
  async function grant(
    key: oauth.PrivateKey,
    parameters: Record<string, string>,
  ): Promise<oauth.TokenEndpointResponse> {
    const server = await discover();
    const client = { client_id: tried[name]!.clientId };
    const authentication = oauth.PrivateKeyJwt(key);
    const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, insecure);
    return oauth.processClientCredentialsResponse(server, client, answer);
  }
  const get = (token: string, url: URL): Promise<Response> =>
    oauth.protectedResourceRequest(token, "GET", url, undefined, null, insecure);

  it("discovers the service, gets a token and uses it", async () => {
    const { access_token, scope } = await grant(tried[name]!.key, { scope: "system/Session.read" });
    expect(scope).toBe("system/Session.rs");
    expect(await (await get(access_token, sessionsUrl())).json()).toEqual({ sessions: [] });
    const all = await grant(tried[name]!.key, {});
    expect(all.scope).toContain("system/Session.");
  });

  it("understands every refusal", async () => {
    await expect(grant(tried[name]!.keyOfAnother, {})).rejects.toMatchObject({ error: "invalid_client", status: 400 });
    await expect(grant(tried[name]!.key, { scope: "openid" })).rejects.toMatchObject({ error: "invalid_scope" });
    const { access_token } = await grant(tried[name]!.key, { scope: "system/Session.s" });
    await expect(get(access_token, recordsUrl())).rejects.toMatchObject({ status: 403 });
    await expect(get(`${access_token}x`, sessionsUrl())).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: "bearer", parameters: { error: "invalid_token" } }],
    });
  });
});

describe("a client that was removed", () => {
  it("has no use of the token that it holds, and gets no other", async () => {
    const key = await createClientKey();
    const { clientId } = await clinic.clients.register({
      name: "x",
      scope: "system/Session.s",
      jwks: { keys: [key.publicJwk] },
    });
    const token = await tokenBy(clientId, key);
    const use = async (): Promise<number> =>
      (await fetch(sessionsUrl(), { headers: { authorization: `Bearer ${token.access_token}` } })).status;
    expect(await use()).toBe(200);
    await clinic.clients.remove(clientId);
    expect(await use()).toBe(401);
    expect((await tokenBy(clientId, key)).error).toBe("invalid_client");
  });
});

/** The answer to a token request of this client. */
async function tokenBy(clientId: string, { privateJwk }: ClientKey, header = {}): Promise<Record<string, string>> {
  const now = transport.now();
  const assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: privateJwk.alg!, kid: privateJwk.kid, ...header })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(host.urls.service)
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(await importJWK(privateJwk, privateJwk.alg!));
  const answer = await fetch(`${host.urls.service}/v1/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    }),
  });
  return (await answer.json()) as Record<string, string>;
}

describe("keys by jwks_uri", () => {
  let key: ClientKey;
  let clientId: string;
  let path: string;
  const outcome = async (by = key, header = {}): Promise<string> => {
    const { error, access_token } = await tokenBy(clientId, by, header);
    return error ?? (access_token ? "accepted" : "neither");
  };
  const fetches = (): number => keyServer.asked.filter((asked) => asked === path).length;
  const registerAt = async (jwksUri: string): Promise<void> => {
    ({ clientId } = await clinic.clients.register({ name: "x", scope: "system/Session.s", jwksUri }));
  };
  beforeEach(async () => {
    for (const known of await clinic.clients.list()) if (known.jwksUri) await clinic.clients.remove(known.clientId);
    key = await createClientKey();
    path = `/${crypto.randomUUID()}/jwks.json`;
    await registerAt(keyServer.url + path);
    keyServer.answer = () => ({ body: { keys: [key.publicJwk] } });
  });

  it("are fetched once for three tokens", async () => {
    for (let i = 0; i < 3; i++) expect(await outcome()).toBe("accepted");
    expect(fetches()).toBe(1);
  });

  /** How many cooldowns can have begun since `start`. */
  const cooldownsSince = (start: number): number => 1 + Math.floor((performance.now() - start) / COOLDOWN_MS);
  const strangers = (n: number): Promise<ClientKey[]> =>
    Promise.all(Array.from({ length: n }, () => createClientKey()));

  it("are fetched again for an unknown kid, at most once in the cooldown, and then serve", async () => {
    const [next, unknown] = [await createClientKey("RS384"), await strangers(10)];
    const start = performance.now();
    expect(await outcome()).toBe("accepted");
    keyServer.answer = () => ({ body: { keys: [key.publicJwk, next.publicJwk] } });
    for (const stranger of unknown) expect(await outcome(stranger)).toBe("invalid_client");
    expect(fetches()).toBeLessThanOrEqual(cooldownsSince(start));
    await sleep(COOLDOWN_MS + 200);
    expect(await outcome(next)).toBe("accepted");
    expect(await outcome()).toBe("accepted");
    for (const stranger of unknown) expect(await outcome(stranger)).toBe("invalid_client");
    expect(fetches()).toBeLessThanOrEqual(cooldownsSince(start));
    expect(fetches()).toBeGreaterThan(1);
  });

  it("that cannot be had refuse the client, and are not asked for without bound", async () => {
    keyServer.answer = () => ({ status: 500 });
    const start = performance.now();
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => outcome()));
    expect(new Set(outcomes)).toEqual(new Set(["invalid_client"]));
    expect(fetches()).toBeGreaterThan(0);
    expect(fetches()).toBeLessThanOrEqual(MAX_FETCHES * cooldownsSince(start));
    await sleep(COOLDOWN_MS + 200);
    keyServer.answer = () => ({ body: { keys: [key.publicJwk] } });
    expect(await outcome()).toBe("accepted");
  });

  it.each<[string, () => ReturnType<Loopback["answer"]>]>([
    ["a server that does not answer", () => undefined],
    ["a redirect", () => ({ status: 302, headers: { location: `${keyServer.url}/elsewhere` } })],
    ["too long an answer", () => ({ body: { keys: [key.publicJwk], x: "y".repeat(70_000) } })],
    ["no JSON", () => ({ body: "keys" })],
    ["no key set", () => ({ body: { keys: "none" } })],
    ["another client's key only", () => ({ body: { keys: [] } })],
    ["a shared secret", () => ({ body: { keys: [{ kty: "oct", kid: key.publicJwk.kid, k: "AAAA", alg: "HS384" }] } })],
  ])("that come as %s are refused", async (_, answer) => {
    keyServer.answer = answer;
    const start = performance.now();
    expect(await outcome()).toBe("invalid_client");
    expect(performance.now() - start).toBeLessThan(FETCH_TIMEOUT_MS + 5_000);
    expect(fetches()).toBe(1);
    expect(keyServer.asked).not.toContain("/elsewhere");
  });

  it("may be named by jku, if it is the registered address", async () => {
    expect(await outcome(key, { jku: keyServer.url + path })).toBe("accepted");
    expect(await outcome(key, { jku: `${keyServer.url}/other` })).toBe("invalid_client");
    expect(keyServer.asked).not.toContain("/other");
  });

  it("at a name with a private address are refused after resolution, and nothing is asked there", async () => {
    const name = `${crypto.randomUUID()}.symbolon.example`;
    dns.answer = (asked) => ({
      body: { Status: 0, Answer: asked.includes("type=AAAA") ? [] : [{ name, type: 1, TTL: 1, data: "127.0.0.1" }] },
    });
    const { port } = new URL(keyServer.url);
    await registerAt(`https://${name}:${port}${path}`);
    expect(await outcome()).toBe("invalid_client");
    expect(dns.asked.some((asked) => asked.includes(name))).toBe(true);
    expect(fetches()).toBe(0);
  });

  it("cannot be registered at a private address", async () => {
    for (const uri of [
      "http://10.0.0.1/a",
      "https://10.0.0.1/a",
      "https://169.254.169.254/a",
      "http://clinic.example/a",
    ])
      await expect(registerAt(uri)).rejects.toMatchObject({ code: "malformed" });
  });
});
