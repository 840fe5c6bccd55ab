// S5: an administrator's request serves once, and at one role. A thief who reads it on its way sends it again, to the same role
// and to others of the deployment. Control: Workers that spend no nonce, and that leave their origin out of what is signed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { api } from "../../client/transport.ts";
import type { Weakening } from "../../local/bundles.ts";
import { type Host, startHost } from "../../local/host.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import { HOOK_MILLISECONDS } from "./visits.ts";

const CARELESS: Weakening[] = [
  {
    file: "functions/shared/admin-request.ts",
    find: "if (!(await spend(",
    replace: "if (false && !(await spend(",
  },
  { file: "functions/shared/request-auth.ts", find: "ownOrigin(c.env) + pathname", replace: '"http://any" + pathname' },
];
const ROLES = ["registrar", "service", "escrow", "trustee-1", "trustee-2", "trustee-3"];

/** A request of the administrator at each role, and what its first answer is. None of them needs anything that exists. */
const REQUESTS = {
  registrar: { path: "/v1/admin/revoke", body: JSON.stringify({ account: "00".repeat(16) }), first: 404 },
  service: { path: "/v1/admin/sweep", body: "{}", first: 200 },
  escrow: { path: "/v1/admin/index/4/close", body: "{}", first: 422 },
  trustee: { path: "/v1/officers", body: "{}", first: 400 },
} as const;
type Role = keyof typeof REQUESTS;

const NOW = Math.floor(Date.now() / 1000);
const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

function urlOf(host: Host, role: Role, trustee = 1): string {
  return role === "trustee" ? host.urls.trustees[trustee - 1]! : host.urls[role];
}

/** The administrator's request, signed for `origin`. Each call of the result sends the very same bytes. */
function signed(host: Host, role: Role, origin: string): (url?: string) => Promise<number> {
  const { path, body } = REQUESTS[role];
  const parts = { method: "POST", url: origin + path, body: utf8ToBytes(body) };
  const header = signRequest(parts, host.adminSecretKey, NOW, rng);
  return async (url = urlOf(host, role)) => {
    const headers = { [SIGNATURE_HEADER]: header, "symbolon-clock": String(NOW), "content-type": "application/json" };
    return (await fetch(url + path, { method: "POST", headers, body })).status;
  };
}

let ours: Host;
let careless: Host;
beforeAll(async () => {
  ours = await startHost();
  careless = await startHost({ weaken: Object.fromEntries(ROLES.map((role) => [role, CARELESS])) });
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await ours?.stop();
  await careless?.stop();
});

describe.each(Object.keys(REQUESTS) as Role[])("a request of the administrator at the %s", (role) => {
  const { first } = REQUESTS[role];

  it("is accepted once", async () => {
    const send = signed(ours, role, urlOf(ours, role));
    expect(await send()).toBe(first);
    for (let i = 0; i < 3; i++) expect(await send()).toBe(403);
    expect(await signed(ours, role, urlOf(ours, role))()).toBe(first); // the administrator repeats it with a signature of its own
  });

  it("is refused if it was signed for another origin", async () => {
    for (const origin of ["http://127.0.0.1", urlOf(ours, role).replace("http:", "https:"), ""])
      expect(await signed(ours, role, origin)()).toBe(403);
  });

  it("control: careless Workers accept it again and again, and for any origin", async () => {
    const send = signed(careless, role, "http://any");
    for (let i = 0; i < 3; i++) expect(await send()).toBe(first);
  });
});

it("a request to one trustee passes at no other", async () => {
  const sendOurs = signed(ours, "trustee", urlOf(ours, "trustee", 1));
  for (const trustee of [2, 3]) expect(await sendOurs(urlOf(ours, "trustee", trustee))).toBe(403);
  expect(await sendOurs()).toBe(REQUESTS.trustee.first);
  const sendCareless = signed(careless, "trustee", "http://any");
  for (const trustee of [1, 2, 3])
    expect(await sendCareless(urlOf(careless, "trustee", trustee))).toBe(REQUESTS.trustee.first);
});

it("a body that is not the signed one is refused, and its nonce stays good", async () => {
  const t = { fetch, now: () => NOW, rng, sendClock: true };
  const request = { json: { account: "00".repeat(16) }, signWith: ours.adminSecretKey };
  let header = "";
  const changed = ((input: string, init: RequestInit) => {
    header = new Headers(init.headers).get(SIGNATURE_HEADER)!;
    return fetch(input, { ...init, body: JSON.stringify({ account: "11".repeat(16) }) });
  }) as typeof fetch;
  const refusal = await api({ ...t, fetch: changed }, ours.urls.registrar, "/v1/admin/revoke", request).catch(
    (e: unknown) => e,
  );
  expect(refusal).toMatchObject({ code: "credential-refused" });
  const headers = { [SIGNATURE_HEADER]: header, "symbolon-clock": String(NOW), "content-type": "application/json" };
  const body = JSON.stringify(request.json);
  expect((await fetch(`${ours.urls.registrar}/v1/admin/revoke`, { method: "POST", headers, body })).status).toBe(404);
});
