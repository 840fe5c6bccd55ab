// The one door for requests to addresses that a clinic named: which URLs and addresses it refuses, in workerd's own URL
// parser, and what it makes of each answer. `fetch` stands for the network here; test/flows/smart.test.ts has a real one.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OutboundEnv, OutboundError, outbound, outboundUrl } from "../../functions/shared/outbound.ts";
import { isPublicAddress } from "../../functions/shared/public-address.ts";

const env: OutboundEnv = { STAGE: "production", DOH_URL: "https://doh.example/dns-query" };
const local: OutboundEnv = { ...env, STAGE: "local", OUTBOUND_LOOPBACK: "1" };

const reasonOf = (error: unknown): string => (error instanceof OutboundError ? error.reason : `${error}`);
function judged(text: string, by = env): string {
  try {
    outboundUrl(by, text);
    return "allowed";
  } catch (error) {
    return reasonOf(error);
  }
}

describe("an address", () => {
  it.each([
    ["127.0.0.1", "loopback"],
    ["127.1", "loopback, short"],
    ["0x7f000001", "loopback, hex"],
    ["2130706433", "loopback, one number"],
    ["017700000001", "loopback, octal"],
    ["0.0.0.0", "this host"],
    ["10.1.2.3", "private"],
    ["172.16.0.1", "private, first"],
    ["172.31.255.255", "private, last"],
    ["192.168.0.1", "private"],
    ["100.64.0.1", "carrier's network"],
    ["100.100.100.200", "metadata, Alibaba"],
    ["169.254.169.254", "metadata"],
    ["168.63.129.16", "metadata, Azure"],
    ["192.0.0.192", "metadata, Oracle"],
    ["198.19.255.255", "benchmarks"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback, long"],
    ["::ffff:127.0.0.1", "mapped"],
    ["::ffff:8.8.8.8", "mapped public"],
    ["::ffff:a00:1", "mapped, hex"],
    ["64:ff9b::a00:1", "NAT64"],
    ["fc00::1", "unique local"],
    ["fd00:ec2::254", "metadata, AWS"],
    ["fe80::1", "link-local"],
    ["ff02::1", "multicast"],
    ["2001::1", "Teredo"],
    ["2002:7f00:1::", "6to4"],
    ["2001:db8::1", "documentation"],
    ["fe80::1%eth0", "with a zone"],
    ["", "nothing"],
    ["8.8.8.8/24", "with a rest"],
    ["8.8.8.8.8", "no address"],
  ])("%s is not public: %s", (address) => expect(isPublicAddress(address)).toBe(false));

  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "11.0.0.1",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "169.253.255.255",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2003::1",
  ])("%s is public", (address) => expect(isPublicAddress(address)).toBe(true));
});

describe("a URL", () => {
  it.each([
    "http://clinic.example/jwks",
    "ftp://clinic.example/jwks",
    "https://user@clinic.example/jwks",
    "https://:pass@clinic.example/jwks",
    "https://clinic.example/jwks#a",
    "https://localhost/jwks",
    "https://localhost./jwks",
    "https://a.LOCALHOST/jwks",
    "https://printer.local/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://%31%32%37.0.0.1/",
    "https://①②⑦.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data",
    "//clinic.example/",
    "not a url",
    `https://clinic.example/${"a".repeat(2048)}`,
  ])("is refused: %s", (text) => expect(judged(text)).toBe("address"));

  it.each([
    "https://clinic.example/jwks",
    "https://clinic.example:8443/jwks?a=b",
    "https://1.1.1.1/",
    "https://[2606:4700::1]/",
  ])("is allowed: %s", (text) => expect(judged(text)).toBe("allowed"));

  it("of loopback is allowed in local stage with OUTBOUND_LOOPBACK only", () => {
    for (const text of ["http://127.0.0.1:1/a", "http://localhost:1/a", "http://[::1]:1/a"]) {
      expect(judged(text, local)).toBe("allowed");
      expect(judged(text, { ...local, STAGE: "production" })).toBe("address");
      expect(judged(text, { ...env, STAGE: "local" })).toBe("address");
    }
    for (const text of ["http://10.0.0.1/a", "https://10.0.0.1/a", "http://clinic.example/a", "http://user@127.0.0.1/"])
      expect(judged(text, local)).toBe("address");
  });
});

describe("a request", () => {
  const realFetch = globalThis.fetch;
  /** name and type → the addresses; a host → its answer */
  let dns: Record<string, unknown>;
  let answer: (request: Request) => Response | Promise<Response>;
  let asked: string[];
  beforeEach(() => {
    dns = { "clinic.example A": ["1.2.3.4"], "clinic.example AAAA": ["2606:4700::1"] };
    answer = () => new Response("keys");
    asked = [];
    globalThis.fetch = (async (input: string, init?: RequestInit) => {
      const request = new Request(input, init);
      const { host, searchParams } = new URL(request.url);
      if (host !== "doh.example") {
        asked.push(request.url);
        return answer(request);
      }
      const key = `${searchParams.get("name")} ${searchParams.get("type")}`;
      const records = dns[key];
      if (!Array.isArray(records)) return Response.json(records ?? { Status: 3 });
      const type = key.endsWith("AAAA") ? 28 : 1;
      return Response.json({
        Status: 0,
        Answer: records.map((data) => ({ name: "clinic.example", type, TTL: 60, data })),
      });
    }) as typeof fetch;
  });
  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  const ask = (text = "https://clinic.example/jwks", more = {}, by = env) =>
    outbound(by, text, { timeoutMs: 500, maxBytes: 100, ...more }).then(
      ({ status, body }) => `${status} ${new TextDecoder().decode(body)}`,
      reasonOf,
    );

  it("goes to a name whose addresses are all public, with its method, headers and body", async () => {
    answer = async (r) => new Response(`${r.method} ${r.headers.get("x")} ${await r.text()}`, { status: 404 });
    expect(await ask(undefined, { method: "POST", headers: { x: "y" }, body: "z" })).toBe("404 POST y z");
    expect(asked).toEqual(["https://clinic.example/jwks"]);
  });

  it.each([
    ["a private address", ["10.0.0.1"], []],
    ["one private address among public ones", ["1.2.3.4", "192.168.1.1"], ["2606:4700::1"]],
    ["a private IPv6 address only", ["1.2.3.4"], ["fd00::1"]],
    ["a mapped address", ["1.2.3.4"], ["::ffff:10.0.0.1"]],
    ["a text that is no address", ["internal.example"], []],
  ])("is not sent to a name with %s", async (_, a, aaaa) => {
    dns = { "clinic.example A": a, "clinic.example AAAA": aaaa };
    expect(await ask()).toBe("address");
    expect(asked).toEqual([]);
  });

  it("resolves a name with a dot at its end, and reads past a CNAME", async () => {
    dns["clinic.example A"] = {
      Status: 0,
      Answer: [
        { type: 5, data: "other.example." },
        { type: 1, data: "1.2.3.4" },
      ],
    };
    expect(await ask("https://clinic.example./jwks")).toBe("200 keys");
    dns["clinic.example A"] = { Status: 0, Answer: [{ type: 5, data: "other.example." }] };
    dns["clinic.example AAAA"] = { Status: 0 };
    expect(await ask()).toBe("unresolved");
  });

  it("is not sent if the name is unknown, the resolver talks nonsense, or there is none", async () => {
    expect(await ask("https://unknown.example/")).toBe("unresolved");
    dns["clinic.example A"] = { Status: "0" };
    expect(await ask()).toBe("unreachable");
    expect(await ask(undefined, {}, { STAGE: "production" })).toBe("unresolved");
    expect(asked).toEqual([]);
  });

  it("does not resolve a literal address", async () => {
    dns = {};
    expect(await ask("https://1.1.1.1/jwks")).toBe("200 keys");
    expect(await ask("http://127.0.0.1:9/jwks", {}, local)).toBe("200 keys");
  });

  it("follows no redirect", async () => {
    answer = () => new Response(null, { status: 302, headers: { location: "https://127.0.0.1/" } });
    expect(await ask()).toBe("redirect");
    expect(asked).toHaveLength(1);
  });

  it("reads no more than the bytes allowed", async () => {
    answer = () => new Response("a".repeat(100));
    expect(await ask()).toBe(`200 ${"a".repeat(100)}`);
    answer = () => new Response("a".repeat(101));
    expect(await ask()).toBe("too-large");
  });

  it("ends at the timeout, and at a network error", async () => {
    answer = (r) => new Promise((_, no) => r.signal.addEventListener("abort", () => no(new Error("aborted"))));
    expect(await ask(undefined, { timeoutMs: 50 })).toBe("timeout");
    answer = () => Promise.reject(new TypeError("refused"));
    expect(await ask()).toBe("unreachable");
  });
});
