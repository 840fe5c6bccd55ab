// The token endpoint and its clients, case by case after SMART App Launch 2.2: which assertions are refused, which scopes are
// granted, what each route asks for, and how a clinic registers, changes and removes its clients. Each refusal breaks one
// thing of a request that is accepted.

import {
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ClientKey, Clinic, createClientKey, renewCard } from "../../client/clinic.ts";
import { api, apiJson } from "../../client/transport.ts";
import type { Scope } from "../../functions/service/scopes.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import { secret } from "./bindings.ts";
import {
  bindings,
  clinicWith,
  clock,
  code,
  deployment,
  freshWorld,
  NOW,
  newClinic,
  register,
  rng,
  SERVICE_URL,
  transport,
  visit,
} from "./service-world.ts";

const TOKEN_URL = `${SERVICE_URL}/v1/token`;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ALL =
  "system/Case.cds system/Event.r system/Message.cr system/Record.cruds system/Session.crs system/Webhook.cruds";

let clinic: Clinic;
let clinicId: string;
let key: ClientKey;
let clientId: string;
const lab = (scope = "system/Record.cr system/Session.rs") => ({
  name: "laboratory",
  scope,
  jwks: { keys: [key.publicJwk] },
});
beforeAll(async () => {
  await freshWorld();
  clinic = await newClinic();
  clinicId = bytesToHex(clinic.serviceId);
});
/** Each test has a client of its own. */
beforeEach(async () => {
  clock.now = NOW;
  await bindings.RECORDS_DB_0.prepare("DELETE FROM oauth_clients").run();
  key = await createClientKey();
  ({ clientId } = await clinic.clients.register(lab()));
});

interface Made {
  claims?: JWTPayload & Record<string, unknown>;
  header?: Partial<JWTHeaderParameters>;
  by?: JWK;
}
async function assertion({ claims = {}, header = {}, by = key.privateJwk }: Made = {}): Promise<string> {
  const alg = header.alg ?? by.alg ?? "ES384";
  const about = {
    iss: clientId,
    sub: clientId,
    aud: TOKEN_URL,
    jti: bytesToHex(rng(8)),
    iat: clock.now,
    exp: clock.now + 60,
  };
  return new SignJWT({ ...about, ...claims })
    .setProtectedHeader({ alg, kid: by.kid!, typ: "JWT", ...header })
    .sign(await importJWK(by, alg));
}
const formOf = (signed: string, more: Record<string, string> = {}): URLSearchParams =>
  new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: signed,
    ...more,
  });
const post = (body: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Response> =>
  transport.fetch(TOKEN_URL, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "symbolon-clock": String(clock.now), ...headers },
    body: body.toString(),
  });

interface Answer {
  status: number;
  error?: string;
  error_description?: string;
  access_token?: string;
  scope?: string;
}
async function asked(body: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await post(body, headers);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return { status: response.status, ...((await response.json()) as object) };
}
/** "200", or the error of RFC 6749. */
const outcome = async (made: Made = {}, more = {}): Promise<string> => {
  const { status, error } = await asked(formOf(await assertion(made), more));
  return error ?? String(status);
};
async function tokenFor(scope: string | undefined, made: Made = {}): Promise<Answer & { access_token: string }> {
  const answer = await asked(formOf(await assertion(made), scope === undefined ? {} : { scope }));
  if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
  return answer as Answer & { access_token: string };
}

describe("an assertion", () => {
  it("of a registered client is accepted, and the answer is that of RFC 6749", async () => {
    const answer = await tokenFor("system/Session.r");
    expect(answer).toEqual({
      status: 200,
      access_token: expect.any(String),
      token_type: "bearer",
      expires_in: 300,
      scope: "system/Session.r",
    });
  });

  it.each<[string, Made | (() => Made | Promise<Made>), string]>([
    ["aud the token endpoint", {}, "200"],
    ["aud the issuer", { claims: { aud: SERVICE_URL } }, "200"],
    ["aud both names", { claims: { aud: [SERVICE_URL, TOKEN_URL] } }, "200"],
    ["aud another server", { claims: { aud: "https://other.test" } }, "invalid_client"],
    ["aud another server beside ours", { claims: { aud: [TOKEN_URL, "https://other.test"] } }, "invalid_client"],
    ["aud empty", { claims: { aud: [] } }, "invalid_client"],
    ["no aud", { claims: { aud: undefined as never } }, "invalid_client"],
    ["expired", { claims: { iat: NOW - 700, exp: NOW - 640 } }, "invalid_client"],
    ["no exp", { claims: { exp: undefined as never } }, "invalid_client"],
    ["exp in 300 seconds", { claims: { exp: NOW + 300 } }, "200"],
    ["exp in more than five minutes", { claims: { exp: NOW + 301 } }, "invalid_client"],
    ["jti of one character", { claims: { jti: "1" } }, "200"],
    ["no jti", { claims: { jti: undefined as never } }, "invalid_client"],
    ["empty jti", { claims: { jti: "" } }, "invalid_client"],
    ["jti a number", { claims: { jti: 7 as never } }, "invalid_client"],
    ["jti too long", { claims: { jti: "a".repeat(513) } }, "invalid_client"],
    ["iss is not sub", { claims: { iss: "another" } }, "invalid_client"],
    ["no iss", { claims: { iss: undefined as never } }, "invalid_client"],
    ["sub is not iss", { claims: { sub: "another" } }, "invalid_client"],
    ["unknown client", { claims: { iss: "ab".repeat(24), sub: "ab".repeat(24) } }, "invalid_client"],
    ["client id that is no id", { claims: { iss: "x", sub: "x" } }, "invalid_client"],
    ["no kid", { header: { kid: undefined as never } }, "invalid_client"],
    ["unknown kid", { header: { kid: "another" } }, "invalid_client"],
    ["jku that was not registered", { header: { jku: "https://clinic.example/jwks" } }, "invalid_client"],
    [
      "key of another client",
      async () => {
        const other = await createClientKey();
        await clinic.clients.register({ ...lab(), jwks: { keys: [other.publicJwk] } });
        return { by: other.privateJwk };
      },
      "invalid_client",
    ],
    [
      "key of another client, under this one's kid",
      async () => {
        const other = await createClientKey();
        return { by: { ...other.privateJwk, kid: key.publicJwk.kid } };
      },
      "invalid_client",
    ],
    [
      "the clinic's own key",
      () => ({ by: { ...clinic.keys.oauthPrivateJwk, kid: key.publicJwk.kid } }),
      "invalid_client",
    ],
    [
      "ES256",
      async () => {
        const { privateKey } = await generateKeyPair("ES256", { extractable: true });
        return { by: { ...(await exportJWK(privateKey)), kid: key.publicJwk.kid, alg: "ES256" } };
      },
      "invalid_client",
    ],
  ])("%s", async (_, made, expected) => {
    expect(await outcome(typeof made === "function" ? await made() : made)).toBe(expected);
  });

  /** An assertion whose header is not what the signer signs, with the signature given. */
  async function byHand(header: object, signature?: string): Promise<string> {
    const [, claims, real] = (await assertion()).split(".");
    const head = btoa(JSON.stringify({ alg: "ES384", kid: key.publicJwk.kid, ...header })).replaceAll("=", "");
    const url = head.replaceAll("+", "-").replaceAll("/", "_");
    const { status, error } = await asked(formOf(`${url}.${claims}.${signature ?? real}`));
    return error ?? String(status);
  }
  it("with alg none, with a secret anybody knows, or with a broken signature is refused", async () => {
    expect(await byHand({ alg: "none" }, "")).toBe("invalid_client");
    expect(await byHand({ alg: "none" })).toBe("invalid_client");
    expect(await byHand({ crit: ["x"], x: 1 })).toBe("invalid_client");
    const [head, claims] = (await assertion()).split(".");
    const publicText = utf8ToBytes(JSON.stringify(key.publicJwk));
    const hs = await new SignJWT(JSON.parse(atob(claims!.replaceAll("-", "+").replaceAll("_", "/"))) as JWTPayload)
      .setProtectedHeader({ alg: "HS384", kid: key.publicJwk.kid })
      .sign(publicText);
    expect((await asked(formOf(hs))).error).toBe("invalid_client");
    expect((await asked(formOf(`${head}.${claims}.${"A".repeat(128)}`))).error).toBe("invalid_client");
    for (const text of ["", "a.b", "a.b.c", "{}", `${head}.${claims}`, "x".repeat(9000)])
      expect((await asked(formOf(text))).error).toBe("invalid_client");
    expect(await outcome()).toBe("200");
  });

  it("is good once, also if twenty come at once, and its jti is another client's to use", async () => {
    const signed = await assertion({ claims: { jti: "1" } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => asked(formOf(signed))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await outcome({ claims: { jti: "1" } })).toBe("invalid_client");
    const other = await createClientKey();
    const { clientId: id } = await clinic.clients.register({ ...lab(), jwks: { keys: [other.publicJwk] } });
    expect(await outcome({ claims: { jti: "1", iss: id, sub: id }, by: other.privateJwk })).toBe("200");
    clock.now = NOW + 400;
    expect(await outcome({ claims: { jti: "1" } })).toBe("invalid_client");
  });

  it("gets one and the same answer for every bad credential", async () => {
    const bodies = await Promise.all(
      [
        await assertion({ claims: { aud: "https://other.test" } }),
        await assertion({ claims: { iss: "ab".repeat(24), sub: "ab".repeat(24) } }),
        await assertion({ header: { kid: "another" } }),
        await assertion({ by: { ...(await createClientKey()).privateJwk, kid: key.publicJwk.kid } }),
        "no assertion",
      ].map(async (signed) => {
        const response = await post(formOf(signed));
        return `${response.status} ${await response.text()}`;
      }),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain('"error":"invalid_client"');
  });

  it("tells a wrong clock, in the description and in `code`", async () => {
    const ahead = await asked(formOf(await assertion({ claims: { iat: NOW + 400, exp: NOW + 460 } })));
    expect(ahead).toMatchObject({
      status: 400,
      error: "invalid_client",
      error_description: "Your clock is 400 seconds ahead of this server's; at most 300 are allowed.",
      code: "clock-skew",
    });
  });

  it("by RS384 is accepted, and never with a key of another kind", async () => {
    const rsa = await createClientKey("RS384");
    const both = { ...lab(), jwks: { keys: [key.publicJwk, rsa.publicJwk] } };
    await clinic.clients.replace(clientId, both);
    expect(await outcome({ by: rsa.privateJwk })).toBe("200");
    expect(await outcome({ by: { ...rsa.privateJwk, alg: "RS256" } })).toBe("invalid_client");
    expect(await outcome({ by: { ...rsa.privateJwk, alg: "PS384" } })).toBe("invalid_client");
    expect(await outcome({ by: { ...rsa.privateJwk, kid: key.publicJwk.kid } })).toBe("invalid_client");
    expect(await outcome()).toBe("200");
  });

  it("of the clinic itself needs no kid, may have any, and serves under the newest card only", async () => {
    const own = { claims: { iss: clinicId, sub: clinicId } };
    const by = { ...clinic.keys.oauthPrivateJwk, alg: "ES384" };
    expect(await outcome({ ...own, by, header: { kid: undefined as never } })).toBe("200");
    expect(await outcome({ ...own, by, header: { kid: "any" } })).toBe("200");
    const fresh = await generateKeyPair("ES384", { extractable: true });
    const keys = {
      ...renewCard(clinic.keys, {}, NOW),
      oauthPublicJwk: await exportJWK(fresh.publicKey),
      oauthPrivateJwk: await exportJWK(fresh.privateKey),
    };
    clinic = clinicWith(keys);
    await register(clinic);
    expect(await outcome({ ...own, by })).toBe("invalid_client");
    expect(await outcome({ ...own, by: { ...keys.oauthPrivateJwk, kid: "new" } })).toBe("200");
  });
});

describe("a token request", () => {
  it.each<[string, (form: URLSearchParams) => void, string]>([
    ["as it should be", () => undefined, "200"],
    ["with the client's own client_id", (f) => f.set("client_id", clientId), "200"],
    ["with another client_id", (f) => f.set("client_id", clinicId), "invalid_client"],
    ["without grant_type", (f) => f.delete("grant_type"), "invalid_request"],
    ["with another grant_type", (f) => f.set("grant_type", "password"), "unsupported_grant_type"],
    ["with a parameter twice", (f) => f.append("scope", "system/Session.r"), "invalid_request"],
    ["with a second way to authenticate", (f) => f.set("client_secret", "x"), "invalid_request"],
    ["without assertion", (f) => f.delete("client_assertion"), "invalid_client"],
    ["without assertion type", (f) => f.delete("client_assertion_type"), "invalid_client"],
    ["with another assertion type", (f) => f.set("client_assertion_type", "saml"), "invalid_client"],
    ["too long", (f) => f.set("x", "y".repeat(20_000)), "invalid_request"],
    ["with a scope that is no list", (f) => f.set("scope", 'system/Session.r "x"'), "invalid_scope"],
  ])("%s", async (_, change, expected) => {
    const form = formOf(await assertion(), { scope: "system/Session.r" });
    change(form);
    const { status, error } = await asked(form);
    expect(error ?? String(status)).toBe(expected);
  });

  it("of another content type, or with Basic authentication besides, is invalid", async () => {
    const form = formOf(await assertion());
    expect((await asked(form, { "content-type": "application/json" })).error).toBe("invalid_request");
    expect((await asked(form, { authorization: "Basic eDp5" })).error).toBe("invalid_request");
    expect((await asked(form, { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" })).status).toBe(200);
  });
});

describe("scopes", () => {
  it.each<[string | undefined, string]>([
    [undefined, "system/Record.cr system/Session.rs"],
    ["system/*.cruds", "system/Record.cr system/Session.rs"],
    ["system/*.*", "system/Record.cr system/Session.rs"],
    ["system/*.read", "system/Record.r system/Session.rs"],
    ["system/Record.write", "system/Record.c"],
    ["system/Record.cruds", "system/Record.cr"],
    ["system/Session.s system/Session.r", "system/Session.rs"],
    ["openid system/Patient.rs system/Session.r", "system/Session.r"],
    ["system/Message.cr system/Session.r", "system/Session.r"],
  ])("asked %s, granted %s: the part that the client may have", async (scope, granted) => {
    expect((await tokenFor(scope)).scope).toBe(granted);
  });

  it.each([
    "system/Message.cr",
    "system/Record.d",
    "system/Patient.rs",
    "openid",
    "user/Record.r",
    "system/Record.rc",
    "system/Record.",
  ])("%s alone is invalid_scope", async (scope) => expect(await outcome({}, { scope })).toBe("invalid_scope"));

  it("of the clinic's first client are all of them", async () => {
    const own = { claims: { iss: clinicId, sub: clinicId }, by: { ...clinic.keys.oauthPrivateJwk, kid: "any" } };
    expect((await tokenFor(undefined, own)).scope).toBe(ALL);
  });

  it("are enforced by each route: with its own scope it goes on, and with all others it does not", async () => {
    const { session } = await visit(clinic);
    const recordId = await clinic.putRecord(session, utf8ToBytes("a record"));
    const base = `/v1/services/${clinicId}`;
    const frames = `/v1/sessions/${clinicId}/${session.tagHash}/frames`;
    const octets = { "content-type": "application/octet-stream" };
    const json = { "content-type": "application/json" };
    const filed = { ...octets, "symbolon-manifest": "AA" };
    const routes: [Scope[], string, string, RequestInit][] = [
      [["system/Session.s"], "GET", `${base}/sessions`, {}],
      [["system/Session.r"], "GET", `${base}/sessions/${session.tagHash}`, {}],
      [["system/Session.c"], "POST", "/v1/sessions", { body: session.checkInBytes as BodyInit, headers: octets }],
      [["system/Record.s"], "GET", `${base}/records`, {}],
      [["system/Record.r"], "GET", `${base}/tags/${session.tagHash}/records`, {}],
      [["system/Record.c", "system/Record.u"], "PUT", `${base}/records/${recordId}`, { body: "x", headers: filed }],
      [["system/Record.u", "system/Record.d"], "POST", `${base}/statements`, { body: "{}", headers: json }],
      [["system/Message.r"], "GET", frames, {}],
      [["system/Message.c"], "POST", frames, { body: "x", headers: octets }],
    ];
    const letters = ALL.split(" ").flatMap((s) => {
      const [name, those] = s.split(".");
      return [...those!].map((letter) => `${name}.${letter}` as Scope);
    });
    await clinic.clients.replace(clientId, lab(ALL));
    const tokens = new Map<Scope, string>();
    for (const scope of letters) tokens.set(scope, (await tokenFor(scope)).access_token);
    for (const [scopes, method, path, init] of routes)
      for (const scope of letters) {
        const response = await transport.fetch(SERVICE_URL + path, {
          ...init,
          method,
          headers: {
            ...(init.headers as Record<string, string>),
            authorization: `Bearer ${tokens.get(scope)}`,
            "symbolon-clock": String(clock.now),
          },
        });
        const body = (await response.json().catch(() => ({}))) as { code?: string };
        const refused = response.status === 403 && body.code === "insufficient-scope";
        expect([method, path, scope, refused]).toEqual([method, path, scope, !scopes.includes(scope)]);
        if (refused)
          expect(response.headers.get("www-authenticate")).toBe(
            `Bearer realm="symbolon", error="insufficient_scope", scope="${scopes.join(" ")}"`,
          );
      }
  });

  it("of a record's write depend on the manifest's kind", async () => {
    const { session } = await visit(clinic);
    const bearers = new Map<string, string>();
    await clinic.clients.replace(clientId, lab(ALL));
    for (const letter of "cud") bearers.set(letter, (await tokenFor(`system/Record.${letter}`)).access_token);
    /** The clinic's own act, sent under a token with one letter. */
    const under = (letter: string) => {
      const fetch = ((input: string, init?: RequestInit) => {
        const headers = new Headers(init?.headers);
        if (headers.has("authorization") && init?.method !== "GET")
          headers.set("authorization", `Bearer ${bearers.get(letter)}`);
        return transport.fetch(input, { ...init, headers });
      }) as typeof transport.fetch;
      return new Clinic({ ...transport, fetch }, deployment, clinic.keys);
    };
    const acts = {
      record: (by: Clinic) => by.putRecord(session, utf8ToBytes("one")),
      amendment: async (by: Clinic) =>
        by.amend(session, await clinic.putRecord(session, utf8ToBytes("two")), utf8ToBytes("three")),
      withdrawal: async (by: Clinic) => by.withdraw(session, await clinic.putRecord(session, utf8ToBytes("four"))),
      erasure: async (by: Clinic) => by.erase(session, await clinic.putRecord(session, utf8ToBytes("five"))),
    };
    const needed = { record: "c", amendment: "u", withdrawal: "d", erasure: "d" };
    for (const [kind, act] of Object.entries(acts))
      for (const letter of "cud")
        expect([kind, letter, await code(act(under(letter)))]).toEqual([
          kind,
          letter,
          needed[kind as keyof typeof needed] === letter ? "accepted" : "insufficient-scope",
        ]);
  });
});

describe("a token that does not serve", () => {
  const get = async (authorization?: string, id = clinicId): Promise<Response> =>
    transport.fetch(`${SERVICE_URL}/v1/services/${id}/sessions`, {
      headers: { "symbolon-clock": String(clock.now), ...(authorization === undefined ? {} : { authorization }) },
    });
  const told = async (authorization?: string, id = clinicId) => {
    const response = await get(authorization, id);
    const { code: problem } = (await response.json()) as { code?: string };
    return [response.status, problem, response.headers.get("www-authenticate")];
  };

  it("is answered as RFC 6750 says", async () => {
    const { access_token: token } = await tokenFor(undefined);
    const other = await newClinic("Other");
    const invalid = [401, "token-refused", 'Bearer realm="symbolon", error="invalid_token"'];
    expect(await told()).toEqual([401, "token-refused", 'Bearer realm="symbolon"']);
    expect(await told("Basic eDp5")).toEqual([401, "token-refused", 'Bearer realm="symbolon"']);
    for (const bad of ["x", "x.y.z", `${token}x`, await assertion()])
      expect(await told(`Bearer ${bad}`)).toEqual(invalid);
    expect(await told(`Bearer ${token}`, bytesToHex(other.serviceId))).toEqual(invalid);
    expect((await get(`bearer ${token}`)).status).toBe(200);
    clock.now = NOW + 300;
    expect(await told(`Bearer ${token}`)).toEqual(invalid);
  });

  it("is one of a client that was removed, or that lost the scope", async () => {
    const { access_token: token } = await tokenFor(undefined);
    expect((await get(`Bearer ${token}`)).status).toBe(200);
    await clinic.clients.replace(clientId, lab("system/Record.cr"));
    expect((await told(`Bearer ${token}`))[1]).toBe("insufficient-scope");
    await clinic.clients.replace(clientId, lab());
    expect((await get(`Bearer ${token}`)).status).toBe(200);
    await clinic.clients.remove(clientId);
    expect((await told(`Bearer ${token}`))[1]).toBe("token-refused");
    expect(await outcome()).toBe("invalid_client");
    await clinic.sessions(); // the clinic's own client goes on
  });
});

describe("a clinic's clients", () => {
  it("are registered, listed, changed and removed by the clinic itself", async () => {
    const jwks = { keys: [{ ...key.publicJwk }] };
    expect(await clinic.clients.list()).toEqual([{ clientId, ...lab(), jwks }]);
    const { clientId: second } = await clinic.clients.register({
      name: "record system",
      scope: "system/Record.read system/Session.s system/Session.r",
      jwksUri: "https://clinic.example/jwks.json",
    });
    expect((await clinic.clients.list()).map((c) => c.clientId).sort()).toEqual([clientId, second].sort());
    expect((await clinic.clients.list()).find((c) => c.clientId === second)).toEqual({
      clientId: second,
      name: "record system",
      scope: "system/Record.rs system/Session.rs",
      jwksUri: "https://clinic.example/jwks.json",
    });
    await clinic.clients.remove(clientId);
    await clinic.clients.remove(clientId);
    expect((await clinic.clients.list()).map((c) => c.clientId)).toEqual([second]);
    expect(await (await newClinic("Other")).clients.list()).toEqual([]);
  });

  it("change keys without a gap", async () => {
    const next = await createClientKey("RS384");
    expect(await outcome({ by: next.privateJwk })).toBe("invalid_client");
    await clinic.clients.addKey(clientId, next.publicJwk);
    expect([await outcome(), await outcome({ by: next.privateJwk })]).toEqual(["200", "200"]);
    await clinic.clients.removeKey(clientId, key.publicJwk.kid);
    expect([await outcome(), await outcome({ by: next.privateJwk })]).toEqual(["invalid_client", "200"]);
    expect(await code(clinic.clients.removeKey(clientId, next.publicJwk.kid))).toBe("malformed");
    await expect(clinic.clients.addKey("ab".repeat(24), next.publicJwk)).rejects.toMatchObject({
      code: "no-such-client",
    });
  });

  const put = (json: unknown, id = "cd".repeat(24), by = hexToBytes(clinic.keys.signSecretKey)) =>
    code(api(transport, SERVICE_URL, `/v1/services/${clinicId}/clients/${id}`, { method: "PUT", json, signWith: by }));

  it("are changed under the clinic's signature only, and each request serves once", async () => {
    const other = await newClinic("Other");
    expect(await put(lab(), undefined, hexToBytes(other.keys.signSecretKey))).toBe("credential-refused");
    expect(await put(lab(), undefined, secret("admin"))).toBe("credential-refused");
    expect(await put(lab())).toBe("accepted");
    const path = `/v1/services/${clinicId}/clients/${clientId}`;
    expect(await code(api(transport, SERVICE_URL, path, { method: "DELETE" }))).toBe("credential-refused");
    // A request from before the removal comes again.
    const url = SERVICE_URL + path;
    const body = utf8ToBytes(JSON.stringify(lab()));
    const header = signRequest({ method: "PUT", url, body }, hexToBytes(clinic.keys.signSecretKey), NOW, rng);
    const again = () =>
      transport.fetch(url, {
        method: "PUT",
        body: body as BodyInit,
        headers: { [SIGNATURE_HEADER]: header, "symbolon-clock": String(clock.now) },
      });
    expect((await again()).status).toBe(200);
    await clinic.clients.remove(clientId);
    expect((await again()).status).toBe(403);
    expect((await clinic.clients.list()).map((c) => c.clientId)).not.toContain(clientId);
  });

  it("belong to one clinic: another can neither take nor remove them, and no client takes a service id", async () => {
    const other = await newClinic("Other");
    await expect(other.clients.replace(clientId, lab())).rejects.toMatchObject({ code: "conflict" });
    await other.clients.remove(clientId);
    expect(await outcome()).toBe("200");
    expect(await put(lab(), bytesToHex(other.serviceId))).toBe("malformed");
  });

  it("are at most twenty", async () => {
    for (let i = 1; i < 20; i++) await clinic.clients.register(lab());
    await expect(clinic.clients.register(lab())).rejects.toMatchObject({ code: "not-allowed-now" });
    await clinic.clients.replace(clientId, lab("system/Record.c"));
    await clinic.clients.remove(clientId);
    await clinic.clients.register(lab());
    await (await newClinic("Other")).clients.register(lab());
  });

  it("are not registered while the clinic is suspended, and can be removed", async () => {
    const admin = { json: {}, signWith: secret("admin") };
    await api(transport, SERVICE_URL, `/v1/admin/services/${clinicId}/suspend`, admin);
    expect(await put(lab())).toBe("not-allowed-now");
    await clinic.clients.remove(clientId);
    await api(transport, SERVICE_URL, `/v1/admin/services/${clinicId}/resume`, admin);
    expect(await put(lab())).toBe("accepted");
  });

  it.each<[string, (body: Record<string, unknown>) => unknown, string]>([
    ["as it should be", (b) => b, "accepted"],
    ["no name", (b) => ({ ...b, name: "" }), "malformed"],
    ["a long name", (b) => ({ ...b, name: "a".repeat(81) }), "malformed"],
    ["no scope", (b) => ({ ...b, scope: "" }), "malformed"],
    ["an unknown scope", (b) => ({ ...b, scope: "system/Record.r system/Patient.r" }), "malformed"],
    ["neither keys nor address", ({ jwks: _, ...b }) => b, "malformed"],
    ["both", (b) => ({ ...b, jwksUri: "https://clinic.example/jwks" }), "malformed"],
    ["no key", (b) => ({ ...b, jwks: { keys: [] } }), "malformed"],
    [
      "five keys",
      (b) => ({ ...b, jwks: { keys: "12345".split("").map((kid) => ({ ...key.publicJwk, kid })) } }),
      "malformed",
    ],
    ["a kid twice", (b) => ({ ...b, jwks: { keys: [key.publicJwk, key.publicJwk] } }), "malformed"],
    ["no kid", (b) => ({ ...b, jwks: { keys: [{ ...key.publicJwk, kid: undefined }] } }), "malformed"],
    ["a secret key", (b) => ({ ...b, jwks: { keys: [key.privateJwk] } }), "malformed"],
    ["a key for encryption", (b) => ({ ...b, jwks: { keys: [{ ...key.publicJwk, use: "enc" }] } }), "malformed"],
    [
      "a point off the curve",
      (b) => ({ ...b, jwks: { keys: [{ ...key.publicJwk, x: key.publicJwk.y }] } }),
      "malformed",
    ],
    ["a shared secret", (b) => ({ ...b, jwks: { keys: [{ kty: "oct", kid: "1", k: "AAAA" }] } }), "malformed"],
    [
      "a small RSA key",
      (b) => ({ ...b, jwks: { keys: [{ kty: "RSA", kid: "1", e: "AQAB", n: "A".repeat(171) }] } }),
      "malformed",
    ],
    ["an address without https", ({ jwks: _, ...b }) => ({ ...b, jwksUri: "http://clinic.example/jwks" }), "malformed"],
    ["a private address", ({ jwks: _, ...b }) => ({ ...b, jwksUri: "https://10.0.0.1/jwks" }), "malformed"],
    ["loopback", ({ jwks: _, ...b }) => ({ ...b, jwksUri: "https://[::1]/jwks" }), "malformed"],
    ["no object", () => [], "malformed"],
  ])("are registered with %s", async (_, change, expected) => {
    expect(await put(change({ ...lab() }))).toBe(expected);
  });

  it("have a row each, whose id the clinic drew and which holds no secret", async () => {
    const { results } = await bindings.RECORDS_DB_0.prepare("SELECT * FROM oauth_clients").all();
    expect(results).toHaveLength(1);
    expect(JSON.stringify(results)).not.toContain(key.privateJwk.d!);
  });
});

describe("discovery", () => {
  it("names the token endpoint as SMART, RFC 8414 and OpenID libraries look for it", async () => {
    const doc = (name: string) => apiJson<Record<string, unknown>>(transport, SERVICE_URL, `/.well-known/${name}`);
    const smart = await doc("smart-configuration");
    expect(smart).toMatchObject({
      token_endpoint: TOKEN_URL,
      grant_types_supported: ["client_credentials"],
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
      token_endpoint_auth_signing_alg_values_supported: ["ES384", "RS384"],
      scopes_supported: ALL.split(" "),
      capabilities: ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    });
    expect(smart).not.toHaveProperty("issuer");
    const oauth = await doc("oauth-authorization-server");
    expect(oauth).toMatchObject({ issuer: SERVICE_URL, token_endpoint: TOKEN_URL, response_types_supported: [] });
    expect(await doc("openid-configuration")).toEqual(oauth);
  });
});
