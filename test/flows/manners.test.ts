// The HTTP manners of every role, on real Workers: what a browser, a proxy or a careful client relies on (RFC 9110, RFC 9457).

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROBLEMS } from "../../api/problems.ts";
import type { Clinic } from "../../client/clinic.ts";
import { samplePatients } from "../../local/patients.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { Receipt, ServiceCard, Signed } from "../../protocol/documents.ts";
import { bytesToHex, fromBase64url } from "../../protocol/encodings.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of many routes, which the tests inspect
type Any = any;

let p: Practice;
let clinic: Clinic;
let base: string;
let recordId: string;
let tagHash: string;
let receipt: { path: string; bytes: Uint8Array };
let token: string;

beforeAll(async () => {
  p = await openPractice();
  clinic = await p.openClinic("Manners");
  base = `${p.deployment.serviceUrl}/v1/services/${bytesToHex(clinic.serviceId)}`;
  const { bundle } = samplePatients()[0]!;
  const { wallet } = await p.enrolPatient(bundle.patient, "manners", { coverage: "extended", age: "adult" });
  const { fetch: real } = p.transport;
  p.transport.fetch = (async (url: string, init?: RequestInit) => {
    const bearer = new Headers(init?.headers).get("authorization");
    if (bearer) token = bearer;
    const answer = await real(url, init);
    if (String(url).endsWith("/v1/sessions")) {
      const bytes = new Uint8Array(await answer.clone().arrayBuffer());
      const { presentationHash, tagHash: tag } = Receipt.decode(Signed.decode(bytes).document);
      receipt = { path: `/receipts/${bytesToHex(tag)}/${bytesToHex(presentationHash)}`, bytes };
    }
    return answer;
  }) as typeof fetch;
  ({ tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation())));
  const session = await clinic.session(tagHash);
  recordId = await clinic.putRecord(session, new TextEncoder().encode("a record"));
  p.transport.fetch = real;
});
afterAll(() => p?.stop());

const clock = () => ({ "symbolon-clock": String(p.clock.now) });
const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(path === "list" ? `${p.deployment.serviceUrl}/v1/services` : base + path, {
    method,
    headers: { ...clock(), ...headers },
  });

describe("every role", () => {
  const urls = () => ({ ...p.host.urls, trustees: p.host.urls.trustees[0]!, witnesses: p.host.urls.witnesses[0]! });

  it.each(["registrar", "service", "escrow", "log", "trustees", "witnesses"] as const)(
    "%s: every answer has a random request-id, and a refusal names it",
    async (role) => {
      const url = urls()[role];
      const [good, bad, again] = await Promise.all(["/health", "/nope", "/nope"].map((path) => fetch(url + path)));
      const ids = [good, bad, again].map((answer) => answer!.headers.get("request-id"));
      expect(new Set(ids).size).toBe(3);
      const problem = (await bad!.json()) as { instance: string; type: string };
      expect(problem.instance).toBe(`urn:uuid:${ids[1]}`);
      const own = role === "witnesses" ? "urn:symbolon:problem:" : `${p.deployment.serviceUrl}/problems/`;
      expect(problem.type).toBe(`${own}not-found`);
    },
  );

  it.each(["registrar", "service", "escrow", "log", "trustees", "witnesses"] as const)(
    "%s: another method gets 405 with Allow; HEAD and OPTIONS answer; a preflight is answered anywhere",
    async (role) => {
      const health = `${urls()[role]}/health`;
      const wrong = await fetch(health, { method: "POST" });
      expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
      const head = await fetch(health, { method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([200, ""]);
      const options = await fetch(health, { method: "OPTIONS" });
      expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
      expect((await fetch(`${urls()[role]}/nope`, { method: "OPTIONS" })).status).toBe(404);
      const asked = { origin: "https://wallet.example", "access-control-request-method": "GET" };
      expect((await fetch(`${urls()[role]}/nope`, { method: "OPTIONS", headers: asked })).status).toBe(204);
    },
  );

  it("lets a browser read what it needs, and send what it may", async () => {
    const answer = await fetch(`${p.deployment.serviceUrl}/health`);
    const exposed = answer.headers.get("access-control-expose-headers")!.split(",");
    for (const name of ["request-id", "retry-after", "etag", "symbolon-cursor", "allow", "content-range"])
      expect(exposed).toContain(name);
    const preflight = await fetch(`${p.deployment.serviceUrl}/health`, {
      method: "OPTIONS",
      headers: { origin: "https://wallet.example", "access-control-request-method": "DELETE" },
    });
    expect(preflight.headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("if-none-match");
  });
});

describe("content types", () => {
  it("an answer of no acceptable type is 406, before anything is done", async () => {
    for (const accept of ["text/html", "application/json;q=0, text/*", "application/xml"])
      expect((await get("/claims", { accept })).status, accept).toBe(406);
    for (const accept of ["*/*", "application/*", "application/octet-stream;q=0.1, text/html", ""])
      expect((await get("/claims", { accept })).status, accept).toBe(200);
  });

  it("a body of another type is 415 and told the right one; no type is taken for it", async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${base}/statements`, {
        method: "POST",
        body: new Uint8Array([123]),
        headers: { ...clock(), authorization: token, ...headers },
      });
    const wrong = await post({ "content-type": "text/plain" });
    expect([wrong.status, wrong.headers.get("accept")]).toEqual([415, "application/json"]);
    for (const headers of [{} as Record<string, string>, { "content-type": "application/json; charset=utf-8" }])
      expect(((await (await post(headers)).json()) as { code: string }).code).toBe("malformed");
  });

  it("a receipt, a card, a session and a manifest have a JSON form beside the exact bytes", async () => {
    const exact = await get(receipt.path);
    expect(exact.headers.get("content-type")).toBe("application/octet-stream");
    expect(new Uint8Array(await exact.arrayBuffer())).toEqual(receipt.bytes);
    const form = (await (await get(receipt.path, { accept: "application/json" })).json()) as Any;
    expect(form).toMatchObject({ document: "Receipt", signedBy: p.deployment.serviceWorkerKey, fields: { tagHash } });
    expect(fromBase64url(form.bytes)).toEqual(receipt.bytes);

    const card = (await (await get("", { accept: "application/json" })).json()) as Any;
    expect(card).toMatchObject({ document: "ServiceCard", fields: { name: "Manners" } });
    expect(ServiceCard.decode(Signed.decode(fromBase64url(card.bytes)).document).name).toBe("Manners");

    const session = (await (await get(`/sessions/${tagHash}?decoded=true`, { authorization: token })).json()) as Any;
    expect(session.decoded.fields.challenge).toMatchObject({
      document: "Challenge",
      fields: { serviceId: bytesToHex(clinic.serviceId) },
    });
    const plain = (await (await get(`/sessions/${tagHash}`, { authorization: token })).json()) as Any;
    expect(plain.decoded).toBeUndefined();
    const { records } = (await (await get("/records?decoded=true", { authorization: token })).json()) as Any;
    expect(records[0].decoded).toMatchObject({ document: "Manifest", fields: { kind: "record", recordId, tagHash } });
  });
});

describe("conditional reads and ranges", () => {
  it.each(["card", "list", "blob"] as const)("the %s is not sent again to a reader who has it", async (what) => {
    const path = { card: "", list: "list", blob: `/blobs/${recordId}` }[what];
    const etag = (await get(path)).headers.get("etag")!;
    expect(etag).toMatch(/^"[0-9a-f]+"$/);
    for (const known of [etag, `"other", W/${etag}`, "*"]) {
      const again = await get(path, { "if-none-match": known });
      expect([again.status, await again.text()], known).toEqual([304, ""]);
    }
    expect((await get(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("a JSON form has a tag of its own", async () => {
    const etag = (await get("")).headers.get("etag")!;
    expect((await get("", { "if-none-match": etag, accept: "application/json" })).status).toBe(200);
  });

  it("a blob is sent by ranges, as a broken download asks for them", async () => {
    const path = `/blobs/${recordId}`;
    const whole = await get(path);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    expect(whole.headers.get("accept-ranges")).toBe("bytes");
    const size = bytes.length;
    const ranges: [string, number, number][] = [
      ["bytes=0-9", 0, 10],
      ["bytes=10-", 10, size],
      ["bytes=-7", size - 7, size],
      [`bytes=${size - 1}-${size + 50}`, size - 1, size],
      [`bytes=-${size + 5}`, 0, size],
    ];
    for (const [range, from, to] of ranges) {
      const part = await get(path, { range });
      expect(part.status, range).toBe(206);
      expect(part.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${size}`);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(from, to));
    }
    const beyond = await get(path, { range: `bytes=${size}-` });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${size}`]);
    for (const passedOver of ["bytes=0-1,4-5", "pages=1-2", "bytes=9-3", "bytes=-"])
      expect((await get(path, { range: passedOver })).status, passedOver).toBe(200);
    const etag = whole.headers.get("etag")!;
    expect((await get(path, { range: "bytes=0-0", "if-range": etag })).status).toBe(206);
    expect((await get(path, { range: "bytes=0-0", "if-range": '"other"' })).status).toBe(200);
  });
});

describe("the pages of problems", () => {
  it("a problem's type leads to the page of its code, for every code", async () => {
    const { type } = (await (await get("/blobs/zz")).json()) as { type: string };
    const page = await fetch(type);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain("<code>malformed</code>");
    for (const code of Object.keys(PROBLEMS))
      expect((await fetch(`${p.deployment.serviceUrl}/problems/${code}`)).status, code).toBe(200);
    expect((await fetch(`${p.deployment.serviceUrl}/problems/no-such-code`)).status).toBe(404);
  });
});
