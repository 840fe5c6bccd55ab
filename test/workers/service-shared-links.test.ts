// SMART Health Links at their host: the real wallet's functions make them, and the unmodified package `kill-the-clipboard` opens
// them. D1 and R2 are real.

import { SHLInvalidPasscodeError, SHLManifestNotFoundError, SHLNetworkError, SHLViewer } from "kill-the-clipboard";
import { beforeEach, describe, expect, it } from "vitest";
import type { FhirResource } from "../../client/fhir/resource.ts";
import { asksPasscode, openShareLink, readShareLink, ShareLinkError } from "../../client/shared/shlink.ts";
import { ApiError } from "../../client/transport.ts";
import {
  newSharedLink,
  putSharedLink,
  revokeSharedLink,
  type SharedLink,
  textOfSharedLink,
  usesOfSharedLink,
} from "../../client/wallet/share.ts";
import { LINK_BYTES_PER_DAY, LINKS_PER_DAY, sweepLinks } from "../../functions/service/link-rows.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { bindings, clock, code, deployment, freshWorld, NOW, rng, SERVICE_URL, transport } from "./service-world.ts";

const HOUR = 3600;
const BUNDLE: FhirResource = {
  resourceType: "Bundle",
  type: "collection",
  entry: [
    {
      resource: { resourceType: "Observation", status: "final", code: { text: "Haemoglobin" }, note: [{ text: "ü" }] },
    },
  ],
};
const READER = { recipient: "Dr Weber" };

beforeEach(freshWorld);

async function share({ passcode = false, seconds = HOUR, label = "Blood tests" } = {}): Promise<SharedLink> {
  const link = newSharedLink(transport, deployment, { label, seconds, passcode });
  await putSharedLink(transport, deployment, link, BUNDLE);
  return link;
}
const open = (link: SharedLink, passcode?: string) =>
  openShareLink(transport, readShareLink(textOfSharedLink(link)), { ...READER, passcode });
const refusal = (opening: Promise<unknown>): Promise<[string, number | undefined]> =>
  opening.then(
    () => ["opened", undefined],
    (error: unknown) => {
      if (error instanceof ShareLinkError) return [error.code, error.remainingAttempts];
      throw error;
    },
  );
const uses = (link: SharedLink) => usesOfSharedLink(transport, deployment, link);
const wrongOf = (link: SharedLink): string => (link.passcode === "000000" ? "000001" : "000000");
const rows = async (table: string) => (await bindings.RECORDS_DB_0.prepare(`SELECT * FROM ${table}`).all()).results;
const files = async (): Promise<string[]> =>
  (await bindings.BLOBS.list({ prefix: "shared/" })).objects.map((o) => o.key);
const request = (path: string, init?: RequestInit) =>
  transport.fetch(`${SERVICE_URL}${path}`, {
    ...init,
    headers: { ...init?.headers, [CLOCK_HEADER]: String(clock.now) },
  });

describe("a link without passcode", () => {
  it("is opened by its holder, as often as they like", async () => {
    const link = await share();
    const read = readShareLink(textOfSharedLink(link, "https://view.test"));
    expect(read).toMatchObject({ url: link.url, flag: "U", label: "Blood tests", exp: link.expires });
    expect(asksPasscode(read)).toBe(false);
    expect([link.expires % HOUR, link.expires >= NOW + HOUR, link.expires < NOW + 2 * HOUR]).toEqual([0, true, true]);
    expect(await open(link)).toEqual([BUNDLE]);
    expect(await open(link)).toEqual([BUNDLE]);
    expect(await uses(link)).toEqual({
      uses: 2,
      lastDay: dayOf(NOW),
      expires: link.expires,
      remainingAttempts: null,
      ended: false,
    });
  });

  it("has a url with 256 bits that names nothing, within the length of the specification", async () => {
    const link = await share();
    expect(link.url).toBe(`${SERVICE_URL}/v1/shared/${link.id}`);
    expect(fromBase64url(link.id)).toHaveLength(32);
    expect(link.url.length).toBeLessThanOrEqual(128);
  });

  it("has no manifest, and asks who reads it", async () => {
    const link = await share();
    const answer = await request(`/v1/shared/${link.id}`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": "22" },
      body: JSON.stringify({ recipient: "Weber" }),
    });
    expect(answer.status).toBe(404);
    expect((await request(`/v1/shared/${link.id}`)).status).toBe(400);
    expect((await uses(link))?.uses).toBe(0);
  });
});

describe("a link with passcode", () => {
  it("is opened with it, and counts every wrong one in its whole life", async () => {
    const link = await share({ passcode: true });
    expect(link.passcode).toMatch(/^\d{6}$/);
    expect(asksPasscode(readShareLink(textOfSharedLink(link)))).toBe(true);
    expect(await refusal(open(link))).toEqual(["passcode-wrong", 5]); // no passcode yet: costs nothing
    expect(await refusal(open(link, wrongOf(link)))).toEqual(["passcode-wrong", 4]);
    expect(await open(link, link.passcode)).toEqual([BUNDLE]);
    expect(await refusal(open(link, wrongOf(link)))).toEqual(["passcode-wrong", 3]);
    expect(await uses(link)).toMatchObject({ uses: 1, remainingAttempts: 3, ended: false });
  });

  it("has ended after five wrong ones, and its file is deleted", async () => {
    const link = await share({ passcode: true });
    for (const left of [4, 3, 2, 1, 0])
      expect(await refusal(open(link, wrongOf(link)))).toEqual(["passcode-wrong", left]);
    expect(await refusal(open(link, link.passcode))).toEqual(["link-ended", undefined]);
    expect(await files()).toEqual([]);
    expect(await uses(link)).toMatchObject({ uses: 0, remainingAttempts: 0, ended: true });
  });

  it("gives parallel guesses no more attempts", async () => {
    const link = await share({ passcode: true });
    const answers = await Promise.all(Array.from({ length: 12 }, () => refusal(open(link, wrongOf(link)))));
    const kinds = answers.map(([kind]) => kind);
    expect([
      kinds.filter((k) => k === "passcode-wrong").length,
      kinds.filter((k) => k === "link-ended").length,
    ]).toEqual([5, 7]);
    expect(await refusal(open(link, link.passcode))).toEqual(["link-ended", undefined]);
  });

  it("is not read without its manifest; the manifest's file serves for five minutes, to this link only", async () => {
    const [link, other] = [await share({ passcode: true }), await share({ passcode: true })];
    expect((await request(`/v1/shared/${link.id}?recipient=Weber`)).status).toBe(404);
    const asked = (more: object) => {
      const body = JSON.stringify({ ...READER, passcode: link.passcode, ...more });
      const headers = { "content-type": "application/json", "content-length": String(body.length) };
      return request(`/v1/shared/${link.id}`, { method: "POST", headers, body });
    };
    const { files: named } = (await (await asked({})).json()) as { files: { location: string }[] };
    const path = named[0]!.location.slice(SERVICE_URL.length);
    const file = await request(path);
    expect([file.status, file.headers.get("content-type"), file.headers.get("cache-control")]).toEqual([
      200,
      "application/jose",
      "no-store",
    ]);
    const sealed = await file.text();
    expect((await request(path.replace(link.id, other.id))).status).toBe(404);
    const embeddedIn = async (embeddedLengthMax: number): Promise<string | undefined> =>
      ((await (await asked({ embeddedLengthMax })).json()) as { files: { embedded?: string }[] }).files[0]!.embedded;
    expect([await embeddedIn(100_000), await embeddedIn(10)]).toEqual([sealed, undefined]);
    clock.now += 301;
    expect((await request(path)).status).toBe(404);
    clock.now = NOW;
    expect((await request(path)).status).toBe(200);
    await revokeSharedLink(transport, deployment, link);
    expect((await request(path)).status).toBe(404);
  });

  it("takes no long manifest request", async () => {
    const link = await share({ passcode: true });
    const body = JSON.stringify({ ...READER, extension: "x".repeat(5000) });
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    expect((await request(`/v1/shared/${link.id}`, { method: "POST", headers, body })).status).toBe(413);
  });
});

describe("the package kill-the-clipboard", () => {
  beforeEach(() => {
    clock.now = Math.floor(Date.now() / 1000); // the package has no other clock
  });
  const viewer = (link: SharedLink) =>
    new SHLViewer({
      shlinkURI: textOfSharedLink(link, "https://view.test/"),
      fetch: (url, init) =>
        transport.fetch(url, { ...init, headers: { ...init?.headers, [CLOCK_HEADER]: String(clock.now) } }),
    });

  it("opens a link without passcode", async () => {
    const read = await viewer(await share()).resolveSHL(READER);
    expect(read.fhirResources).toEqual([BUNDLE]);
  });

  it.each([undefined, 0, 1_000_000])(
    "opens one with passcode (embedded: %s), and is refused a wrong one",
    async (max) => {
      const link = await share({ passcode: true });
      const more = max === undefined ? {} : { embeddedLengthMax: max };
      await expect(viewer(link).resolveSHL({ ...READER, passcode: wrongOf(link), ...more })).rejects.toThrow(
        SHLInvalidPasscodeError,
      );
      const read = await viewer(link).resolveSHL({ ...READER, passcode: link.passcode!, ...more });
      expect(read.fhirResources).toEqual([BUNDLE]);
    },
  );

  it("finds nothing under a revoked link", async () => {
    const [open, closed] = [await share(), await share({ passcode: true })];
    for (const link of [open, closed]) await revokeSharedLink(transport, deployment, link);
    await expect(viewer(open).resolveSHL(READER)).rejects.toThrow(SHLNetworkError);
    await expect(viewer(closed).resolveSHL({ ...READER, passcode: closed.passcode! })).rejects.toThrow(
      SHLManifestNotFoundError,
    );
  });
});

describe("the end of a link", () => {
  it("comes at once when its owner revokes it; the file is gone, and a late upload does not bring it back", async () => {
    const link = await share();
    expect(await files()).toHaveLength(1);
    await revokeSharedLink(transport, deployment, link);
    await revokeSharedLink(transport, deployment, link);
    expect(await files()).toEqual([]);
    expect(await refusal(open(link))).toEqual(["link-ended", undefined]);
    expect(await code(putSharedLink(transport, deployment, link, BUNDLE))).toBe("not-found");
    expect(await files()).toEqual([]);
    expect(await uses(link)).toMatchObject({ ended: true });
  });

  it("is its owner's alone to bring about", async () => {
    const link = await share();
    const thief = { ...link, ownerSecret: toBase64url(rng(32)) };
    await revokeSharedLink(transport, deployment, thief); // answered as if there were no link
    expect(await usesOfSharedLink(transport, deployment, thief)).toBeUndefined();
    expect(await open(link)).toEqual([BUNDLE]);
    for (const authorization of [undefined, "Bearer", `Bearer ${"_".repeat(43)}`, `Basic ${link.ownerSecret}`]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const answer = await request(`/v1/shared/${link.id}`, { method: "DELETE", headers });
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="symbolon"']);
    }
    expect(await open(link)).toEqual([BUNDLE]);
  });

  it("comes with its time: 404 at once, and the sweep removes row and file", async () => {
    const [link, longer] = [await share(), await share({ seconds: 30 * 86_400 })];
    clock.now = link.expires - 1;
    expect(await open(link)).toEqual([BUNDLE]);
    clock.now = link.expires;
    expect((await request(`/v1/shared/${link.id}?recipient=Weber`)).status).toBe(404);
    expect(await refusal(open(link))).toEqual(["link-expired", undefined]);
    expect(await sweepLinks(bindings, clock.now)).toBe(1);
    expect([await rows("shared_links"), await files()].map((list) => list.length)).toEqual([1, 1]);
    expect(await uses(link)).toBeUndefined();
    expect(await open(longer)).toEqual([BUNDLE]);
    expect(await sweepLinks(bindings, clock.now)).toBe(0);
  });
});

describe("what the host keeps", () => {
  it("is hashes, a time on a full hour, and counts: neither id, key, secret, passcode, label nor reader", async () => {
    const link = await share({ passcode: true, label: "For Dr Weber" });
    await open(link, link.passcode);
    const [row, ...others] = await rows("shared_links");
    expect(others).toEqual([]);
    expect(Object.keys(row!).sort()).toEqual(
      ["attempts", "ended", "expires_at", "last_day", "link_hash", "owner_hash", "uses", "verifier"].sort(),
    );
    const [key] = await files();
    const kept = JSON.stringify([row, key]) + (await (await bindings.BLOBS.get(key!))!.text());
    const hex = (text: string): string => Buffer.from(fromBase64url(text)).toString("hex");
    for (const secret of [link.id, link.key, link.ownerSecret])
      for (const form of [secret, hex(secret)]) expect(kept).not.toContain(form);
    for (const text of [`"${link.passcode}"`, "Weber", "Haemoglobin", "Observation"]) expect(kept).not.toContain(text);
    expect(JSON.stringify(await rows("shared_link_days"))).toBe(
      JSON.stringify([{ day: dayOf(NOW), links: 1, bytes: (await bindings.BLOBS.head(key!))!.size }]),
    );
  });

  it("has random salts: two links of one passcode differ", async () => {
    const first = newSharedLink(transport, deployment, { label: "", seconds: HOUR, passcode: true });
    const second = { ...newSharedLink(transport, deployment, { label: "", seconds: HOUR, passcode: true }) };
    second.passcode = first.passcode!;
    for (const link of [first, second]) await putSharedLink(transport, deployment, link, BUNDLE);
    const [one, two] = await rows("shared_links");
    expect(one!.verifier).not.toBe(two!.verifier);
  });
});

describe("making a link", () => {
  const put = (id: string, headers: Record<string, string>, body = "x.x.x") =>
    request(`/v1/shared/${id}`, {
      method: "PUT",
      body,
      headers: {
        authorization: `Bearer ${toBase64url(rng(32))}`,
        "content-type": "application/octet-stream",
        "content-length": String(body.length),
        ...headers,
      },
    });
  const end = Math.ceil(NOW / HOUR + 1) * HOUR;
  const id = () => toBase64url(rng(32));

  it("may be repeated, and takes no other link's place", async () => {
    const link = await share();
    await putSharedLink(transport, deployment, link, BUNDLE);
    expect(await rows("shared_links")).toHaveLength(1);
    expect((await put(link.id, { "symbolon-expires": String(link.expires) })).status).toBe(409);
    const longer = { ...link, expires: link.expires + HOUR };
    expect(await code(putSharedLink(transport, deployment, longer, BUNDLE))).toBe("conflict");
    expect(await open(link)).toEqual([BUNDLE]);
  });

  it.each([
    ["no end", {}],
    ["an end within an hour", { "symbolon-expires": String(end + 1) }],
    ["an end that is past", { "symbolon-expires": String(end - 2 * HOUR) }],
    ["an end in more than a year", { "symbolon-expires": String(end + 367 * 86_400) }],
    ["a verifier of another length", { "symbolon-expires": String(end), "symbolon-passcode": "AAAA" }],
  ])("is refused with %s", async (_, headers) => {
    expect((await put(id(), headers)).status).toBe(400);
    expect(await rows("shared_links")).toEqual([]);
  });

  it("is refused with an id of another length, an empty file, and one above 5 MB", async () => {
    const expires = { "symbolon-expires": String(end) };
    expect((await put("AAAA", expires)).status).toBe(400);
    expect((await put(id(), expires, "")).status).toBe(400);
    expect((await put(id(), { ...expires, "content-length": "5000001" })).status).toBe(413);
    expect(await files()).toEqual([]);
    const huge = {
      resourceType: "Basic",
      text: Array.from({ length: 100 }, () => toBase64url(rng(60_000))).join(""),
    } as FhirResource;
    const link = newSharedLink(transport, deployment, { label: "", seconds: HOUR, passcode: false });
    expect((await refusal(putSharedLink(transport, deployment, link, huge)))[0]).toBe("share-too-large");
  });

  it.each([
    ["links", LINKS_PER_DAY, 0],
    ["bytes", 1, LINK_BYTES_PER_DAY - 4],
  ])("stops when the day's %s are used up, and goes on the next day", async (_, links, bytes) => {
    await bindings.RECORDS_DB_0.prepare("INSERT INTO shared_link_days (day, links, bytes) VALUES (?, ?, ?)")
      .bind(dayOf(NOW), links, bytes)
      .run();
    const answer = await put(id(), { "symbolon-expires": String(end) });
    expect([answer.status, Number(answer.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect([await rows("shared_links"), await files()]).toEqual([[], []]);
    clock.now += 86_400;
    expect((await put(id(), { "symbolon-expires": String(end + 2 * 86_400) })).status).toBe(201);
    await sweepLinks(bindings, clock.now);
    expect(await rows("shared_link_days")).toHaveLength(1);
  });

  it("counts by the address of the maker", async () => {
    const answers: number[] = [];
    const limited = { limit: async ({ key }: { key: string }) => ({ success: !key.startsWith("link ") }) };
    const { default: app } = await import("../../functions/service.ts");
    const asked = new Request(`${SERVICE_URL}/v1/shared/${id()}`, {
      method: "PUT",
      body: "x.x.x",
      headers: {
        authorization: `Bearer ${id()}`,
        "content-type": "application/octet-stream",
        "content-length": "5",
        "symbolon-expires": String(end),
        [CLOCK_HEADER]: String(NOW),
      },
    });
    answers.push((await app.fetch(asked, { ...bindings, RATE_CHALLENGE: limited } as never)).status);
    expect(answers).toEqual([429]);
    expect(await rows("shared_links")).toEqual([]);
  });

  it("lets a page of another origin make and read links", async () => {
    const asked = "authorization,content-type,symbolon-expires,symbolon-passcode";
    const answer = await request(`/v1/shared/${id()}`, {
      method: "OPTIONS",
      headers: {
        origin: "https://wallet.test",
        "access-control-request-method": "PUT",
        "access-control-request-headers": asked,
      },
    });
    const allowed = answer.headers.get("access-control-allow-headers")?.toLowerCase() ?? "";
    for (const name of asked.split(",")) expect(allowed).toContain(name);
  });
});

it("an ApiError of the host passes through", async () => {
  const broken = { ...transport, fetch: (async () => new Response("?", { status: 500 })) as typeof fetch };
  const link = await share();
  const opening = openShareLink(broken, readShareLink(textOfSharedLink(link)), READER);
  await expect(opening).rejects.toBeInstanceOf(ApiError);
});
