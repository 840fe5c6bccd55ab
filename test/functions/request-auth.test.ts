// Tests of functions/shared/request-auth.ts and admin-request.ts, at the door of an escrow in plain Node.

import { describe, expect, it } from "vitest";
import * as z from "zod";
import { adminDoor } from "../../functions/shared/admin-request.ts";
import type { EscrowEnv } from "../../functions/shared/env.ts";
import { roleApp } from "../../functions/shared/http.ts";
import { signedBy, signedHead, signedRequest } from "../../functions/shared/request-auth.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { signRequest } from "../../protocol/request-signature.ts";
import { type Asked, asked, codeOf, escrowEnv, Limiter, NOW, ORIGIN, publicHex, rng, secret } from "./door.ts";

/** The nonces that the administrator's door has seen, with their last second. */
const spent = new Map<string, number>();
const admin = adminDoor<EscrowEnv>(async (_env, nonce, lastSecond) => {
  if (spent.has(nonce)) return false;
  spent.set(nonce, lastSecond);
  return true;
});

const app = roleApp<EscrowEnv>("escrow");
app.all("/echo", async (c) => {
  const { key, nonce, body } = await signedRequest(c);
  return c.json({ key, nonce, body: new TextDecoder().decode(body) });
});
app.post("/head", async (c) => c.json({ key: (await signedHead(c)).key }));
app.post("/strict", async (c) => c.json({ key: (await signedRequest(c, { toleranceSeconds: 30 })).key }));
app.post("/some", async (c) => c.json({ key: (await signedBy(c, [publicHex("clinic"), publicHex("other")])).key }));
app.post("/admin", async (c) => c.json({ key: (await admin.request(c)).key }));
app.post("/admin/json", async (c) => c.json(await admin.json(c, z.object({ limit: z.int() }))));

const send = (request: Request, env = escrowEnv()) => app.fetch(request, env);
const codeOfAsked = (signed: Asked, sent = {}) => codeOf(send(asked(signed, sent)));

describe("a signed request", () => {
  it("tells the handler its signer, its nonce and the body", async () => {
    const header = signRequest(
      { method: "POST", url: `${ORIGIN}/echo?a=1`, body: utf8ToBytes("text") },
      secret("clinic"),
      NOW,
      rng,
    );
    const answer = await send(asked({ body: "text" }, { header }));
    expect(await answer.json()).toEqual({ key: publicHex("clinic"), nonce: header.split(".")[2], body: "text" });
  });

  it.each<[string, object]>([
    ["another method", { method: "PUT" }],
    ["another path", { path: "/head" }],
    ["another query", { path: "/echo?a=2" }],
    ["no query", { path: "/echo" }],
    ["another body", { body: "{ }" }],
    ["no signature", { header: "" }],
    ["a header of another form", { header: "x" }],
  ])("is refused with %s", async (_name, sent) => {
    expect(await codeOfAsked({}, sent)).toBe("credential-refused");
    expect(await codeOfAsked({})).toBe("200");
  });

  it("is for this role alone, whatever host it was sent to", async () => {
    expect(await codeOfAsked({}, { origin: "http://elsewhere.test" })).toBe("200");
    const url = "http://trustee.test/echo?a=1";
    const header = signRequest({ method: "POST", url, body: utf8ToBytes("{}") }, secret("clinic"), NOW, rng);
    expect(await codeOfAsked({}, { header, origin: "http://trustee.test" })).toBe("credential-refused");
  });

  it("is refused if one character of the header differs", async () => {
    const header = signRequest(
      { method: "POST", url: `${ORIGIN}/echo?a=1`, body: utf8ToBytes("{}") },
      secret("clinic"),
      NOW,
      rng,
    );
    for (const part of [0, 2, 3, 4]) {
      const parts = header.split(".");
      parts[part] = (parts[part]!.startsWith("0") ? "1" : "0") + parts[part]!.slice(1);
      expect(await codeOfAsked({}, { header: parts.join(".") }), `part ${part}`).toBe("credential-refused");
    }
  });

  it("may be as old as the tolerance and as far ahead, and no second more", async () => {
    for (const [path, most] of [
      ["/echo", CLOCK_TOLERANCE_SECONDS],
      ["/strict", 30],
    ] as const)
      for (const sign of [-1, 1]) {
        expect(await codeOfAsked({ path, at: NOW + sign * most })).toBe("200");
        expect(await codeOfAsked({ path, at: NOW + sign * (most + 1) })).toBe("clock-skew");
      }
  });

  it("carries the clock of local stage in the header of the specification", async () => {
    const request = asked({ at: NOW + 1000 });
    request.headers.set("symbolon-clock", String(NOW + 1000));
    expect(await codeOf(send(request))).toBe("200");
  });

  it("is told how wrong its clock is, before its key and its signature are looked at", async () => {
    const bad = asked({ path: "/some", by: "stranger", at: NOW + 700 }, { body: "changed" });
    expect(await (await send(bad)).json()).toMatchObject({
      code: "clock-skew",
      detail: "Your clock is 700 seconds ahead of this server's; at most 600 are allowed.",
    });
    expect(await (await send(asked({ at: NOW - 700 }))).json()).toMatchObject({
      detail: "Your clock is 700 seconds behind this server's; at most 600 are allowed.",
    });
  });

  it("by another key is refused where only some keys may ask", async () => {
    expect(await codeOfAsked({ path: "/some", by: "clinic" })).toBe("200");
    expect(await codeOfAsked({ path: "/some", by: "other" })).toBe("200");
    expect(await codeOfAsked({ path: "/some", by: "stranger" })).toBe("credential-refused");
  });

  it("is counted for its key once the signature is verified, and refused above the limit", async () => {
    const env = escrowEnv({ RATE_KEY: new Limiter(2) });
    expect(await codeOf(send(asked({}, { path: "/echo?a=2" }), env))).toBe("credential-refused");
    expect(env.RATE_KEY.counted).toEqual([]);
    for (const expected of ["200", "200", "too-many"]) expect(await codeOf(send(asked({}), env))).toBe(expected);
    expect(env.RATE_KEY.counted).toEqual(Array(3).fill(publicHex("clinic")));
    expect(await codeOf(send(asked({ by: "other" }), env))).toBe("200");
  });

  it("is answered by its head before the body is read", async () => {
    expect(await codeOfAsked({ path: "/head" }, { body: "changed" })).toBe("200");
    const request = asked({ path: "/some", by: "stranger" });
    expect(await codeOf(send(request))).toBe("credential-refused");
    expect(request.bodyUsed).toBe(false);
  });
});

describe("the administrator", () => {
  it("asks with the pinned key, once per signed request", async () => {
    const request = asked({ path: "/admin", by: "admin" });
    expect(await codeOf(send(request.clone()))).toBe("200");
    expect(await codeOf(send(request))).toBe("credential-refused");
    expect(await codeOfAsked({ path: "/admin", by: "admin" })).toBe("200");
    expect(await codeOfAsked({ path: "/admin", by: "clinic" })).toBe("credential-refused");
  });

  it("uses up a nonce until the request is too old to pass again", async () => {
    const header = signRequest(
      { method: "POST", url: `${ORIGIN}/admin`, body: utf8ToBytes("{}") },
      secret("admin"),
      NOW + 600,
      rng,
    );
    expect(await codeOfAsked({ path: "/admin" }, { header })).toBe("200");
    expect(spent.get(header.split(".")[2]!)).toBe(NOW + 1200);
  });

  it("sends JSON of the expected form, and spends no nonce with a request that is not its own", async () => {
    expect(await (await send(asked({ path: "/admin/json", by: "admin", body: '{"limit":3}' }))).json()).toEqual({
      limit: 3,
    });
    expect(await codeOfAsked({ path: "/admin/json", by: "admin", body: '{"limit":"3"}' })).toBe("malformed");
    const before = spent.size;
    expect(await codeOfAsked({ path: "/admin/json", by: "clinic", body: '{"limit":3}' })).toBe("credential-refused");
    expect(spent.size).toBe(before);
  });
});
