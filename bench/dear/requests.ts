// The dearest requests that we know for each route, sent by a stranger. A stranger has no credential of the system. It may have
// a signing key of its own, a challenge that any visitor of a clinic gets, and everything that is public.

import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import type { Route } from "./routes.ts";

/** Names of things that exist, for the parameters of a path. */
export interface Known {
  url: string;
  params: Record<string, string>;
  /** the public key that the role's administrator signs with */
  adminKey: string;
  now: number;
  /** octets of a well-formed body, by route */
  bodies: Record<string, Uint8Array[]>;
  /** queries worth asking, by route */
  queries: Record<string, string[]>;
}

export interface Asked {
  what: string;
  url: string;
  init: RequestInit;
}

const MEGABYTE = 1 << 20;
const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
const random = (n: number): Uint8Array => {
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
/** Bodies that are dear to read, or to find wrong. */
const JUNK: Record<string, Uint8Array> = {
  "a megabyte of [": utf8ToBytes("[".repeat(MEGABYTE - 1)),
  "a megabyte of text": utf8ToBytes(JSON.stringify({ order: "x".repeat(MEGABYTE - 20) })),
  "many short texts": utf8ToBytes(`[${'"",'.repeat(MEGABYTE / 4)}""]`),
  "many wrong values": utf8ToBytes(JSON.stringify({ entries: Array(1900).fill(1), indexes: Array(1900).fill("x") })),
  "a megabyte of octets": random(MEGABYTE),
};

const withParams = (pattern: string, params: Record<string, string>): string =>
  pattern.replace(/:(\w+)(?:\{[^}]*\})?/g, (_, name: string) => params[name] ?? "0");

/** All requests worth trying at one route. */
export function requestsOf(route: Route, known: Known): Asked[] {
  const key = `${route.method} ${route.pattern}`;
  const path = withParams(route.pattern, known.params);
  const clock = { "symbolon-clock": String(known.now) };
  const queries = ["", ...(known.queries[key] ?? [])];
  if (route.method === "GET")
    return queries.map((query) => ({
      what: query || "plain",
      url: known.url + path + query,
      init: { headers: clock },
    }));
  const { method } = route;
  const plain = { ...clock, "content-type": route.bodyType ?? "application/json" };
  const bodies = [
    ...Object.entries(JUNK),
    ...(known.bodies[key] ?? []).map((b, i) => [`well-formed ${i}`, b] as const),
  ];
  const asked = bodies.map(([what, body]) => ({ what, body, headers: plain as Record<string, string> }));
  const octets = JUNK["a megabyte of octets"]!;
  const url = known.url + path;
  const own = signRequest({ method, url, body: octets }, rng(32), known.now, rng);
  const posing = [known.adminKey, ...own.split(".").slice(1)].join(".");
  const token = `Bearer ${"e30.".repeat(3)}${bytesToHex(rng(8))}`;
  asked.push(
    { what: "octets, signed by a stranger", body: octets, headers: { ...plain, [SIGNATURE_HEADER]: own } },
    { what: "octets, posing as the administrator", body: octets, headers: { ...plain, [SIGNATURE_HEADER]: posing } },
    { what: "octets, with a made-up token", body: octets, headers: { ...plain, authorization: token } },
  );
  return asked.map(({ what, body, headers }) => ({ what, url, init: { method, headers, body: body as BodyInit } }));
}
