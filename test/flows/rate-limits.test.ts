// The rate limits of wrangler.toml, on a running host that has the deployed numbers: by address and by key, told in headers, and
// without harm to others.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callerOf, RATE_LIMITS, ratePolicy } from "../../functions/shared/rate-limits.ts";
import { type Host, startHost } from "../../local/host.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";

let host: Host;
beforeAll(async () => {
  host = await startHost({ rateLimits: "deployed" });
}, 240_000);
afterAll(() => host?.stop());

const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

/** How many of so many requests were answered, and the last refusal. */
async function answered(
  n: number,
  ask: () => Promise<Response>,
): Promise<{ ok: number; refusal: Response | undefined }> {
  let [ok, refusal] = [0, undefined as Response | undefined];
  for (let sent = 0; sent < n; sent += 50) {
    const answers = await Promise.all(Array.from({ length: Math.min(50, n - sent) }, ask));
    ok += answers.filter(({ status }) => status !== 429).length;
    refusal = answers.find(({ status }) => status === 429) ?? refusal;
  }
  return { ok, refusal };
}
const from = (address: string, url: string) => (): Promise<Response> =>
  fetch(url, { headers: { "cf-connecting-ip": address } });

it("have the numbers of wrangler.toml", () => {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
  const sections = [
    ...toml.matchAll(/\[\[env\.([a-z]+)(?:-\d)?\.ratelimits\]\]\nname = "(\w+)"\nnamespace_id = "(\d+)"\n(.*)/g),
  ];
  const names = new Set(sections.map(([, , , id]) => id));
  expect(names.size).toBe(sections.length);
  for (const [, role, name, , simple] of sections)
    expect(simple, `${role} ${name}`).toBe(
      `simple = { limit = ${RATE_LIMITS[role as keyof typeof RATE_LIMITS][name as "RATE_KEY"]}, period = 60 }`,
    );
  const expected = Object.entries(RATE_LIMITS).flatMap(([role, limits]) =>
    Object.keys(limits).map((name) => `${role} ${name}`),
  );
  expect(new Set(sections.map(([, role, name]) => `${role} ${name}`))).toEqual(new Set(expected));
});

describe("by address", () => {
  it("are the quota in a minute, and the refusal tells when to come again", async () => {
    const url = `${host.urls.witnesses[0]}/health`;
    const quota = RATE_LIMITS.witness.RATE_ADDRESS!;
    const { ok, refusal } = await answered(quota + 100, from("192.0.2.1", url));
    expect(ok).toBeLessThanOrEqual(2 * quota); // the minute can turn meanwhile
    expect(ok).toBeGreaterThanOrEqual(quota);
    expect(refusal!.headers.get("retry-after")).toBe("60");
    expect(refusal!.headers.get("ratelimit")).toBe('"address";r=0;t=60');
    expect(refusal!.headers.get("ratelimit-policy")).toBe(ratePolicy("witness"));
    expect(refusal!.headers.get("access-control-allow-origin")).toBe("*");
    expect(await refusal!.json()).toMatchObject({ code: "too-many", status: 429 });
    // others are not hurt: another address, and other roles
    expect((await from("192.0.2.2", url)()).status).toBe(200);
    expect((await from("192.0.2.1", `${host.urls.registrar}/health`)()).status).toBe(200);
  });

  it("count an IPv6 subscriber as one, and the Workers of other zones apart", () => {
    const zone = (name: string | undefined) => callerOf("2a06:98c0:3600::103", name);
    expect(callerOf("2001:db8:0:7::1", undefined)).toBe(callerOf("2001:0db8:0000:0007:9:8:7:6", undefined));
    expect(callerOf("2001:db8:0:7::1", undefined)).not.toBe(callerOf("2001:db8:0:8::1", undefined));
    expect(callerOf("::1", undefined)).toBe(callerOf("0:0:0:0:5::", undefined));
    expect(zone("a.example")).not.toBe(zone("b.example"));
    expect(callerOf("192.0.2.1", "a.example")).toBe(callerOf("192.0.2.1", "b.example"));
  });
});

it("by key: one key's requests from many addresses are counted together", async () => {
  const path = "/v1/refresh/nonce";
  const secretKey = rng(32);
  let n = 0;
  const ask = (): Promise<Response> => {
    const body = new TextEncoder().encode(JSON.stringify({ account: "00".repeat(16) }));
    const now = Math.floor(Date.now() / 1000);
    const signature = signRequest({ method: "POST", url: host.urls.registrar + path, body }, secretKey, now, rng);
    const address = `198.51.100.${n++ % 200}`;
    const headers = { [SIGNATURE_HEADER]: signature, "cf-connecting-ip": address, "symbolon-clock": String(now) };
    return fetch(host.urls.registrar + path, { method: "POST", headers, body });
  };
  const quota = RATE_LIMITS.registrar.RATE_KEY!;
  const { ok, refusal } = await answered(quota + 60, ask);
  expect(ok).toBeGreaterThanOrEqual(quota);
  expect(ok).toBeLessThanOrEqual(2 * quota);
  expect(refusal!.headers.get("ratelimit")).toBe('"key";r=0;t=60');
});
