// SMART Health Links by the vectors of HL7 and by another's hand: links are read strictly, files of other makers open, and files of
// ours open in kill-the-clipboard. The host is test/workers/service-shared-links.test.ts.

import { readFileSync } from "node:fs";
import { CompactEncrypt } from "jose";
import { decryptSHLFile, SHL } from "kill-the-clipboard";
import { describe, expect, it } from "vitest";
import {
  openShareLink,
  readShareLink,
  type ShareLink,
  ShareLinkError,
  type Transport,
  writeShareLink,
} from "../../client/index.ts";
import { seal } from "../../client/shared/jwe.ts";
import { toBase64url } from "../../protocol/encodings.ts";

const VECTORS = new URL("../vectors/smart-health-links/hl7/", import.meta.url);
const vector = (name: string): string => readFileSync(new URL(name, VECTORS), "utf8");
const NOW = 1_796_000_000;
const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
const READER = { recipient: "Dr Weber" };

const host = (answer: (url: URL, init: RequestInit | undefined) => Response | Promise<Response>): Transport => ({
  now: () => NOW,
  rng,
  fetch: (async (input: string | URL, init?: RequestInit) => answer(new URL(String(input)), init)) as typeof fetch,
});
const link = (more: Partial<ShareLink> = {}): ShareLink => ({
  url: "https://host.test/a",
  key: toBase64url(rng(32)),
  flag: "U",
  ...more,
});
const codeOf = async (act: () => unknown): Promise<string> => {
  try {
    await act();
    return "accepted";
  } catch (error) {
    if (error instanceof ShareLinkError) return error.code;
    throw error;
  }
};
const encoded = (value: unknown): string => `shlink:/${Buffer.from(JSON.stringify(value)).toString("base64url")}`;

describe("the vectors of HL7", () => {
  it("an International Patient Summary: the link is read, and its file opens", async () => {
    const name = "IPS_IG-bundle-01";
    const text = vector(`images/${name}-shl.txt`).trim();
    const { key, label } = readShareLink(text);
    expect(label).toBe(`Demo SHL for ${name}`);
    const asked: string[] = [];
    const transport = host((url) => {
      asked.push(url.href);
      return new Response(vector(`images/${name}-enc.txt`));
    });
    const [resource, ...others] = await openShareLink(transport, readShareLink(text), READER);
    expect(others).toEqual([]);
    expect(JSON.parse(JSON.stringify(resource)).resourceType).toBe("Bundle");
    expect(resource!.type).toBe(JSON.parse(vector(`images/${name}.json`)).type);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/\?recipient=Dr\+Weber$/);
    expect(asked[0]).not.toContain(key);
  });
});

describe("the text of a link", () => {
  it("is what kill-the-clipboard reads, with and without a viewer", () => {
    const ours = link({ exp: NOW + 3600, label: "Ärztin, für Sie", flag: "P" });
    for (const viewer of [undefined, "https://view.test/"]) {
      const theirs = SHL.parse(writeShareLink(ours, viewer));
      expect(theirs.payload).toEqual({ ...ours, v: 1 });
      expect([theirs.requiresPasscode, theirs.isDirectFile]).toEqual([true, false]);
    }
  });

  it("is read as kill-the-clipboard writes it", () => {
    const theirs = SHL.generate({ baseManifestURL: "https://host.test", manifestPath: "/m", label: "x", flag: "LP" });
    expect(readShareLink(theirs.toURI())).toEqual({ url: theirs.url, key: theirs.key, label: "x", flag: "LP" });
  });

  it.each([
    ["nothing", "", "link-malformed"],
    ["another address", "https://view.test/#card", "link-malformed"],
    ["a link in the middle of an address", `https://view.test/${encoded(link())}`, "link-malformed"],
    ["no base64url", "shlink:/%%%", "link-malformed"],
    ["no JSON", `shlink:/${Buffer.from("x").toString("base64url")}`, "link-malformed"],
    ["a list", encoded([]), "link-malformed"],
    ["a short key", encoded({ ...link(), key: "AAAA" }), "link-malformed"],
    ["no url", encoded({ ...link(), url: undefined }), "link-malformed"],
    ["a url that is no address", encoded({ ...link(), url: "host.test" }), "link-malformed"],
    ["a url that runs", encoded({ ...link(), url: "javascript:alert(1)" }), "link-malformed"],
    ["a url of 129 characters", encoded({ ...link(), url: `https://host.test/${"a".repeat(111)}` }), "link-malformed"],
    ["a label of 81 characters", encoded({ ...link(), label: "a".repeat(81) }), "link-malformed"],
    ["a time that is no number", encoded({ ...link(), exp: "tomorrow" }), "link-malformed"],
    ["U and P together", encoded({ ...link(), flag: "PU" }), "link-malformed"],
    ["version 2", encoded({ ...link(), v: 2 }), "link-unsupported"],
  ])("is refused: %s", async (_, text, code) => {
    expect(await codeOf(() => readShareLink(text))).toBe(code);
  });

  it("is not written longer than the specification allows", async () => {
    expect(await codeOf(() => writeShareLink(link({ label: "a".repeat(80) })))).toBe("accepted");
    expect(await codeOf(() => writeShareLink(link({ label: "a".repeat(81) })))).toBe("link-malformed");
  });
});

describe("a file", () => {
  const value = { resourceType: "Basic", id: "x", text: { status: "generated" } };
  const bytes = new TextEncoder().encode(JSON.stringify(value));

  it("is compressed, and kill-the-clipboard opens it", async () => {
    const key = rng(32);
    const jwe = await seal(new TextEncoder().encode(JSON.stringify({ ...value, id: "x".repeat(10_000) })), key);
    expect(jwe.length).toBeLessThan(1000);
    expect(JSON.parse(Buffer.from(jwe.split(".")[0]!, "base64url").toString())).toEqual({
      alg: "dir",
      enc: "A256GCM",
      zip: "DEF",
      cty: "application/fhir+json",
    });
    const { content } = await decryptSHLFile({ jwe, key: toBase64url(key) });
    expect(JSON.parse(content).id).toHaveLength(10_000);
    expect(await seal(bytes, key)).not.toBe(await seal(bytes, key)); // a new vector each time
  });

  const opened = (answer: string, key: Uint8Array) =>
    openShareLink(
      host(() => new Response(answer)),
      link({ key: toBase64url(key) }),
      READER,
    );

  it("is refused under another key, altered, under another algorithm, and if it is no resource", async () => {
    const [key, other] = [rng(32), rng(32)];
    const good = await seal(bytes, key);
    expect(await opened(good, key)).toEqual([value]);
    const weak = await new CompactEncrypt(bytes)
      .setProtectedHeader({ alg: "dir", enc: "A128GCM" })
      .encrypt(key.slice(0, 16));
    const [head, ...rest] = good.split(".");
    const altered = [head, ...rest.slice(0, 2), `A${rest[2]!.slice(1)}`, rest[3]].join(".");
    const list = await seal(new TextEncoder().encode("[]"), key);
    const text = await seal(new TextEncoder().encode("no JSON"), key);
    for (const [name, jwe, k] of [
      ["another key", good, other],
      ["altered", altered, key],
      ["another algorithm", weak, key],
      ["a list", list, key],
      ["no JSON", text, key],
      ["nothing", "", key],
    ] as const)
      expect([name, await codeOf(() => opened(jwe, k))]).toEqual([name, "link-unreadable"]);
  });

  it("does not fill the memory of its reader", async () => {
    const key = rng(32);
    const bomb = await seal(new Uint8Array(101_000_000), key);
    expect(bomb.length).toBeLessThan(200_000);
    expect(await codeOf(() => opened(bomb, key))).toBe("link-unreadable");
  });
});

describe("a manifest", () => {
  const files = (answer: unknown, status = 200): Transport => host(() => Response.json(answer, { status }));
  const open = (transport: Transport, more: Partial<ShareLink> = {}) =>
    openShareLink(transport, link({ flag: "P", ...more }), { ...READER, passcode: "123456" });

  it.each([
    ["no list of files", {}, "link-unreadable"],
    ["no FHIR file", { files: [{ contentType: "application/smart-health-card", embedded: "x" }] }, "link-unreadable"],
    ["a broken file", { files: [{ contentType: "application/fhir+json", embedded: "x" }] }, "link-unreadable"],
  ])("is refused: %s", async (_, answer, code) => {
    expect(await codeOf(() => open(files(answer)))).toBe(code);
  });

  it("tells how many attempts are left; a link that is gone or over is said to be", async () => {
    const error = await open(files({ remainingAttempts: 2 }, 401)).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "passcode-wrong", remainingAttempts: 2 });
    expect(await codeOf(() => open(files({}, 404)))).toBe("link-ended");
    let asked = 0;
    const counting = host(() => {
      asked++;
      return Response.json({});
    });
    expect(await codeOf(() => open(counting, { exp: NOW }))).toBe("link-expired");
    expect(asked).toBe(0);
  });

  it("is asked for with the reader's name and the passcode, and never with the key", async () => {
    const own = link({ flag: "P" });
    const seen: string[] = [];
    const transport = host((url, init) => {
      seen.push(`${init?.method} ${url.href} ${String(init?.body)}`);
      return Response.json({ files: [] });
    });
    await codeOf(() => openShareLink(transport, own, { ...READER, passcode: "123456" }));
    expect(seen).toEqual([`POST ${own.url} {"recipient":"Dr Weber","passcode":"123456"}`]);
  });
});
