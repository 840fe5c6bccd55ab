// Requests to addresses that a clinic named: the keys of its clients (jwks_uri) and its webhooks. The one door out.
//
// The clinic must not be able to use this Worker to reach a place that it cannot reach itself. So a request goes out only
// if all of these hold:
//
//   - the URL is https, has no user info and no fragment
//   - its host is a public address, or a name whose addresses are all public (public-address.ts); one private address among
//     them refuses the name. Names for local use (localhost, .local, .internal …) are refused without resolution
//   - the answer is no redirect, comes within the timeout, and its body has at most `maxBytes` bytes
//
// Names are resolved by DNS over HTTPS at DOH_URL (JSON form, application/dns-json), A and AAAA, before each request.
//
// Limit: `fetch` resolves the name once more, so a name server that changes its answer between the two can still direct the
// request elsewhere. On Cloudflare a Worker's fetch has no private network behind it. An operator who runs the Worker inside
// one must close that network towards it.
//
// In local stage OUTBOUND_LOOPBACK=1 also allows http and https to loopback, for tests and `npm start`.
//
// The caller's request carries nothing but the headers given. Nothing of the answer or of the error goes back to the clinic
// beyond OutboundError's reason.

import * as z from "zod";
import { canonicalAddress, isLoopbackHost, isPublicAddress } from "./public-address.ts";

export interface OutboundEnv {
  readonly STAGE: "local" | "production";
  /** DNS over HTTPS with the JSON form, for example https://cloudflare-dns.com/dns-query */
  readonly DOH_URL?: string | undefined;
  /** "1" in local stage only */
  readonly OUTBOUND_LOOPBACK?: string | undefined;
}

export interface OutboundRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** for resolution, request and answer together */
  readonly timeoutMs: number;
  /** most bytes of the answer's body */
  readonly maxBytes: number;
}
export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** "address": the URL may not be asked. The others tell how the request went. */
type Reason = "address" | "unresolved" | "unreachable" | "timeout" | "redirect" | "too-large";
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly reason: Reason;
  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const MAX_URL_CHARACTERS = 2048;
/** Special-use names (RFC 6761, 6762, 8375, 9476) and the ones that clouds use for their own network. */
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|onion|alt|test|invalid)$/;

/**
 * The URL, if it may be asked as far as its text tells. Call it when a clinic registers a URL; `outbound` calls it again.
 * @throws OutboundError address
 */
export function outboundUrl(env: OutboundEnv, text: string): URL {
  const no = (why: string): OutboundError => new OutboundError("address", why);
  if (text.length > MAX_URL_CHARACTERS || !URL.canParse(text)) throw no("not a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw no("a URL without user info expected");
  if (url.hash !== "") throw no("a URL without fragment expected");
  const name = url.hostname.replace(/\.$/, "");
  if (mayLoop(env, url)) return url;
  if (url.protocol !== "https:") throw no("https expected");
  const literal = canonicalAddress(name.replace(/^\[|\]$/g, ""));
  if (literal !== undefined) {
    if (!isPublicAddress(literal)) throw no("a public address expected");
  } else if (!name.includes(".") || LOCAL_NAMES.test(name)) throw no("a public name expected");
  return url;
}

const mayLoop = (env: OutboundEnv, url: URL): boolean =>
  env.STAGE === "local" &&
  env.OUTBOUND_LOOPBACK === "1" &&
  (url.protocol === "http:" || url.protocol === "https:") &&
  isLoopbackHost(url.hostname);

const TYPE_A = 1;
const TYPE_AAAA = 28;
const MAX_DNS_BYTES = 64 * 1024;
const DnsAnswer = z.object({
  Status: z.number(),
  Answer: z.array(z.object({ type: z.number(), data: z.string() })).optional(),
});

/** The addresses of one kind. @throws OutboundError unresolved */
async function resolve(dohUrl: string, name: string, type: number, signal: AbortSignal): Promise<string[]> {
  const url = new URL(dohUrl);
  url.searchParams.set("name", name);
  url.searchParams.set("type", type === TYPE_A ? "A" : "AAAA");
  const response = await fetch(url.href, { headers: { accept: "application/dns-json" }, redirect: "manual", signal });
  const text = new TextDecoder().decode(await readAtMost(response, MAX_DNS_BYTES));
  if (!response.ok) throw new OutboundError("unresolved", `DNS over HTTPS answered ${response.status}`);
  const { Status, Answer = [] } = DnsAnswer.parse(JSON.parse(text));
  if (Status !== 0) throw new OutboundError("unresolved", `DNS status ${Status}`);
  return Answer.filter((record) => record.type === type).map(({ data }) => data);
}

/** @throws OutboundError address, unresolved */
async function checkName(env: OutboundEnv, name: string, signal: AbortSignal): Promise<void> {
  if (!env.DOH_URL) throw new OutboundError("unresolved", "DOH_URL is not bound");
  const dohUrl = env.DOH_URL;
  const lists = await Promise.all([TYPE_A, TYPE_AAAA].map((type) => resolve(dohUrl, name, type, signal)));
  const addresses = lists.flat();
  if (addresses.length === 0) throw new OutboundError("unresolved", "the name has no address");
  if (!addresses.every(isPublicAddress))
    throw new OutboundError("address", "the name has an address that is not public");
}

/** @throws OutboundError too-large */
async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (!response.body) return new Uint8Array();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw new OutboundError("too-large", `the answer has more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * Sends one request. Any status but a redirect is an answer, and the caller judges it.
 * @throws OutboundError, and nothing else
 */
export async function outbound(env: OutboundEnv, text: string, request: OutboundRequest): Promise<OutboundAnswer> {
  const url = outboundUrl(env, text);
  const signal = AbortSignal.timeout(request.timeoutMs);
  try {
    const isLiteral = canonicalAddress(url.hostname.replace(/^\[|\]$/g, "")) !== undefined;
    if (!mayLoop(env, url) && !isLiteral) await checkName(env, url.hostname.replace(/\.$/, ""), signal);
    const response = await fetch(url.href, {
      method: request.method ?? "GET",
      ...(request.headers && { headers: request.headers }),
      ...(request.body !== undefined && { body: request.body as BodyInit }),
      redirect: "manual",
      signal,
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel().catch(() => undefined);
      throw new OutboundError("redirect", "a redirect is not followed");
    }
    const body = await readAtMost(response, request.maxBytes);
    return { status: response.status, headers: response.headers, body };
  } catch (cause) {
    if (cause instanceof OutboundError) throw cause;
    if (signal.aborted) throw new OutboundError("timeout", `no answer within ${request.timeoutMs} ms`, { cause });
    throw new OutboundError("unreachable", "no answer", { cause });
  }
}
