// Parts of the gateway by themselves: what stands on the disk, who may ask, and what a search means.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FhirResource } from "../../client/index.ts";
import { createClinicKeys } from "../../client/index.ts";
import { Access, needsOf, readClients } from "../../gateway/access.ts";
import { gatewayCommand } from "../../gateway/command.ts";
import { prepareDefinitions } from "../../gateway/definitions.ts";
import { IndexStore } from "../../gateway/index-store.ts";
import { type Query, search } from "../../gateway/search.ts";
import { readSettings } from "../../gateway/settings.ts";
import { Vault } from "../../gateway/vault.ts";

const directory = mkdtempSync(join(tmpdir(), "symbolon-gateway-units-"));
const path = (name: string) => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the outbox", () => {
  const key = new Uint8Array(32).fill(7);
  const write = {
    tagHash: "aa".repeat(32),
    kind: "record",
    recordId: "bb".repeat(16),
    content: "Jane's potassium",
  } as const;

  it("keeps a write over a restart, and no plain text on the disk", () => {
    const vault = new Vault(path("a"), key);
    const { seq } = vault.push(write);
    vault.keepContent(write.recordId, Buffer.from("Jane's potassium"));
    vault.close();
    for (const name of ["outbox.sqlite", "cache.sqlite"])
      expect(readFileSync(path(`a/${name}`)).includes("potassium"), name).toBe(false);
    const again = new Vault(path("a"), key);
    expect(again.queued()).toMatchObject([{ ...write, seq, fault: undefined }]);
    again.fault(seq, "too late");
    expect(again.queued()).toMatchObject([{ seq, fault: "too late" }]);
    again.settle(seq);
    expect(again.queued()).toEqual([]);
    expect(Buffer.from(again.content(write.recordId)!).toString()).toBe("Jane's potassium");
    again.close();
  });

  it("is one process's alone, and one clinic's", () => {
    const vault = new Vault(path("b"), key);
    expect(() => new Vault(path("b"), key)).toThrow("another gateway");
    vault.close();
    expect(() => new Vault(path("b"), new Uint8Array(32).fill(8))).toThrow("other clinic keys");
    new Vault(path("b"), key).close();
  });
});

describe("the settings", () => {
  beforeAll(async () => {
    writeFileSync(path("deployment.json"), "{}");
    writeFileSync(path("keys.json"), JSON.stringify(await createClinicKeys("Harbour Clinic")));
    writeFileSync(path("pem"), "pem");
    writeFileSync(path("clients.json"), JSON.stringify({ clients: [{ ...(await client()).entry }] }));
  });
  const files = ["--deployment", path("deployment.json"), "--keys", path("keys.json")];
  const tls = ["--tls-cert", path("pem"), "--tls-key", path("pem")];
  const clients = ["--clients", path("clients.json")];

  it("are loopback and no client by default", () => {
    expect(readSettings(files, {})).toMatchObject({ host: "127.0.0.1", tls: undefined, clients: undefined });
  });
  it.each([
    ["neither", []],
    ["TLS alone", tls],
    ["clients alone", clients],
  ])("refuse another address with %s", (_name, flags) => {
    expect(() => readSettings([...files, "--host", "0.0.0.0", ...flags], {})).toThrow("must be given");
  });
  it("take another address with both", () => {
    expect(readSettings([...files, "--host", "0.0.0.0", ...tls, ...clients], {})).toMatchObject({ host: "0.0.0.0" });
  });
  it("exit with 2 on wrong use, and with 0 on --help", async () => {
    expect(await gatewayCommand(["--host", "0.0.0.0", ...files])).toBe(2);
    expect(await gatewayCommand(["--colour", "red"])).toBe(2);
    expect(await gatewayCommand(["--help"])).toBe(0);
  });
  it("never show a piece of the file of keys", () => {
    writeFileSync(path("broken.json"), 'AGE-SECRET-KEY-PQ-1SECRET {"');
    expect(() => readSettings(["--deployment", path("deployment.json"), "--keys", path("broken.json")], {})).toThrow(
      /^(?!.*SECRET-KEY).*is not JSON/,
    );
  });
});

async function client(scope = "system/*.rs system/Observation.c", alg = "ES384") {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const entry = {
    client_id: "record-system",
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg }] },
    scope,
  };
  return { entry, privateKey, alg };
}

describe("SMART Backend Services", () => {
  const issuer = "https://clinic.test/fhir";
  interface Change {
    claims?: object;
    form?: Record<string, string>;
    alg?: string;
  }
  async function ask(access: Access, { privateKey, alg }: Awaited<ReturnType<typeof client>>, change: Change = {}) {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{
        iss: "record-system",
        sub: "record-system",
        aud: access.tokenEndpoint,
        exp: now + 60,
        jti: crypto.randomUUID(),
      },
      ...change.claims,
    };
    const assertion = await new SignJWT(claims).setProtectedHeader({ alg, kid: "1" }).sign(privateKey);
    const form = {
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
      ...change.form,
    };
    return (await access.token(new URLSearchParams(form))) as { access_token: string; scope: string };
  }
  const accessOf = ({ entry }: Awaited<ReturnType<typeof client>>) => {
    writeFileSync(path("one.json"), JSON.stringify({ clients: [entry] }));
    return new Access(readClients(path("one.json")), issuer);
  };

  it.each(["ES384", "RS384"])("give a token for an assertion of %s, once", async (alg) => {
    const one = await client(undefined, alg);
    const access = accessOf(one);
    const jti = crypto.randomUUID();
    const token = await ask(access, one, { claims: { jti } });
    expect(token.scope).toBe("system/*.rs system/Observation.c");
    access.mustAllow(`Bearer ${token.access_token}`, needsOf("POST", "Observation"));
    await expect(ask(access, one, { claims: { jti } })).rejects.toMatchObject({ code: "invalid_client" });
  });

  it.each<[string, Change, string]>([
    ["another audience", { claims: { aud: "https://elsewhere.test" } }, "invalid_client"],
    ["another subject", { claims: { sub: "someone" } }, "invalid_client"],
    ["an unknown client", { claims: { iss: "someone", sub: "someone" } }, "invalid_client"],
    ["no jti", { claims: { jti: undefined } }, "invalid_client"],
    ["an old assertion", { claims: { exp: 1 } }, "invalid_client"],
    ["one that lasts an hour", { claims: { exp: Math.floor(Date.now() / 1000) + 3600 } }, "invalid_client"],
    ["another grant", { form: { grant_type: "password" } }, "unsupported_grant_type"],
    ["no assertion", { form: { client_assertion: "" } }, "invalid_client"],
    ["a scope that it has not", { form: { scope: "system/Patient.d" } }, "invalid_scope"],
  ])("refuse %s", async (_name, change, code) => {
    const one = await client();
    const access = accessOf(one);
    await expect(ask(access, one, change)).rejects.toMatchObject({ code });
    await expect(ask(access, one)).resolves.toMatchObject({ token_type: "bearer" });
  });

  it("refuse another key, and a request without the scope", async () => {
    const [one, other] = [await client("system/Observation.r"), await client()];
    const access = accessOf(one);
    await expect(ask(access, { ...one, privateKey: other.privateKey })).rejects.toMatchObject({
      code: "invalid_client",
    });
    const { access_token } = await ask(access, one);
    const allow = (method: string, url: string) => () =>
      access.mustAllow(`Bearer ${access_token}`, needsOf(method, url));
    expect(allow("GET", "Observation/1")).not.toThrow();
    for (const [method, url] of [
      ["GET", "Observation"],
      ["GET", "Observation/1/_history"],
      ["POST", "Observation"],
      ["PUT", "Observation/1"],
      ["DELETE", "Observation/1"],
      ["GET", "Condition/1"],
      ["GET", "Patient/1/$everything"],
      ["GET", "Patient/1/Observation"],
      ["POST", "$check-in"],
      ["GET", "_history"],
    ] as const)
      expect(allow(method, url), `${method} ${url}`).toThrow("lacks the scope");
    expect(() => access.mustAllow(undefined, [])).toThrow("A token is needed");
    expect(needsOf("POST", "", [{ method: "DELETE", url: "Observation/1" }])).toEqual([
      { type: "Observation", letter: "d" },
    ]);
  });

  it("refuse a private key in the file of clients", async () => {
    const { entry, privateKey } = await client();
    writeFileSync(
      path("private.json"),
      JSON.stringify({ clients: [{ ...entry, jwks: { keys: [await exportJWK(privateKey)] } }] }),
    );
    expect(() => readClients(path("private.json"))).toThrow("private key");
  });
});

describe("a search", () => {
  const store = new IndexStore();
  const at = "2026-06-01T10:00:00Z";
  const add = (id: string, more: object, tagHash = "s1") =>
    store.put(
      { type: "Observation", id, version: 1, tagHash, at },
      { resourceType: "Observation", id, meta: { lastUpdated: at }, status: "final", ...more } as FhirResource,
      undefined,
    );
  beforeAll(() => {
    prepareDefinitions(path("definitions"));
    add("a", {
      code: { coding: [{ system: "http://loinc.org", code: "1-1", display: "Potassium" }] },
      effectiveDateTime: "2026-06-01",
      valueQuantity: { value: 7.1, unit: "mmol/L" },
      subject: { reference: "Patient/P1" },
    });
    add("b", {
      code: { coding: [{ code: "1-1" }] },
      effectiveDateTime: "2026-06-02T08:00:00Z",
      valueString: "Grünlich",
      subject: { reference: "Patient/P1" },
    });
    add(
      "c",
      {
        code: { text: "x" },
        effectivePeriod: { start: "2026-01-01", end: "2026-12-31" },
        subject: { reference: "Patient/P2" },
      },
      "s2",
    );
  });
  const find = (query: Query, tagHash?: string) =>
    search(store, "Observation", query, tagHash)
      .matches.map(({ id }) => id)
      .join("");

  it.each<[Query, string]>([
    [{}, "abc"],
    [{ _id: "b" }, "b"],
    [{ code: "1-1" }, "ab"],
    [{ code: "http://loinc.org|1-1" }, "a"],
    [{ code: "|1-1" }, "b"],
    [{ code: "http://loinc.org|" }, "a"],
    [{ code: "Potassium" }, ""],
    [{ code: "1-1,zzz" }, "ab"],
    [{ "code:not": "1-1" }, "c"],
    [{ "code:missing": "false" }, "ab"],
    [{ patient: "Patient/P1" }, "ab"],
    [{ patient: "P2" }, "c"],
    [{ "subject:Patient": "P2" }, "c"],
    [{ date: "2026-06-01" }, "a"],
    [{ date: "2026-06" }, "ab"],
    [{ date: "ge2026-06-02" }, "bc"],
    [{ date: "lt2026-06-01" }, "c"],
    [{ date: ["ge2026-06-01", "le2026-06-30"] }, "abc"],
    [{ date: "sa2026-06-01" }, "b"],
    [{ date: "2026" }, "abc"],
    [{ "value-quantity": "7.1" }, "a"],
    [{ "value-quantity": "gt7" }, "a"],
    [{ "value-quantity": "7.1||mmol/L" }, "a"],
    [{ "value-quantity": "gt8" }, ""],
    [{ "value-string": "grun" }, "b"],
    [{ "value-string:exact": "Grünlich" }, "b"],
    [{ "value-string:exact": "grünlich" }, ""],
    [{ "value-string:contains": "NLICH" }, "b"],
    [{ _lastUpdated: "2026-06-01" }, "abc"],
    [{ _lastUpdated: "gt2026-06-01" }, ""],
    [{ _sort: "-date" }, "bac"],
    [{ _count: "1", _offset: "1" }, "b"],
  ])("for %o finds %s", (query, ids) => {
    expect(find(query)).toBe(ids);
  });
  it("stays in its session", () => {
    expect(find({}, "s2")).toBe("c");
  });
  it.each<Query>([
    { colour: "red" },
    { "code:text": "x" },
    { "patient.name": "x" },
    { _has: "x" },
    { _summary: "true" },
    { date: "soon" },
    { _count: "-1" },
  ])("refuses %o", (query) => {
    expect(() => find(query)).toThrow();
  });
});
