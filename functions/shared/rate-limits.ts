// Rate limits at the border of every role: requests in a minute, counted by the platform in each of its locations.
//
//   address     of the caller: an IPv4 address, or the first 64 bits of an IPv6 address. Before anything else
//   key         that signed the request, or the clinic of a token, once signature or token are verified
//   challenge   a check-in's, before it is verified: the dearest thing that a stranger with a challenge can ask for.
//               The service counts the making of a SMART Health Link by its address under the same number: a stranger may do
//               it, and it takes up to 5 MB of the bucket. So it does for the reading of a challenge by spoken words, against
//               guesses
//
// The numbers leave room for a clinic of thirty desks behind one address: each desk polls its sessions every two seconds and
// files a record a minute. They stand in wrangler.toml too, and a test compares them. Local hosts have limits as well, a thousand
// times as high, since a whole practice of patients shares one address there (local/host.ts).
//
// All Workers of all Cloudflare customers share one address towards other zones. What comes from there is counted by the
// calling zone, which the platform states in `cf-worker`. From any other address that header means nothing.

import type { Context } from "hono";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import type { Role } from "./env.ts";
import { tooMany } from "./problems.ts";

/** Cloudflare's Workers binding for rate limits. */
export interface RateLimiter {
  limit(by: { key: string }): Promise<{ success: boolean }>;
}
/** The bindings; a challenge is counted by the service only. */
export interface RateLimiters {
  RATE_ADDRESS: RateLimiter;
  RATE_KEY: RateLimiter;
  RATE_CHALLENGE: RateLimiter;
}

const WINDOW_SECONDS = 60;
/** Requests in WINDOW_SECONDS, for each binding of each role. */
export const RATE_LIMITS: Record<Role, Partial<Record<keyof RateLimiters, number>>> = {
  registrar: { RATE_ADDRESS: 600, RATE_KEY: 120 },
  service: { RATE_ADDRESS: 3000, RATE_KEY: 3000, RATE_CHALLENGE: 20 },
  escrow: { RATE_ADDRESS: 1200, RATE_KEY: 1200 },
  trustee: { RATE_ADDRESS: 1200, RATE_KEY: 1200 },
  log: { RATE_ADDRESS: 3000, RATE_KEY: 1200 },
  witness: { RATE_ADDRESS: 300 },
};

const POLICY_NAMES = { RATE_ADDRESS: "address", RATE_KEY: "key", RATE_CHALLENGE: "challenge" } as const;

/** RateLimit-Policy of a role (draft-ietf-httpapi-ratelimit-headers-10, section 3). */
export const ratePolicy = (role: Role): string =>
  Object.entries(RATE_LIMITS[role])
    .map(([name, quota]) => `"${POLICY_NAMES[name as keyof RateLimiters]}";q=${quota};w=${WINDOW_SECONDS}`)
    .join(", ");

/** @throws Problem too-many */
async function count(env: object, name: keyof RateLimiters, key: string): Promise<void> {
  const { success } = await (env as RateLimiters)[name].limit({ key });
  if (!success)
    throw tooMany(`Wait up to ${WINDOW_SECONDS} seconds.`, WINDOW_SECONDS, {
      ratelimit: `"${POLICY_NAMES[name]}";r=0;t=${WINDOW_SECONDS}`,
    });
}

const WORKERS_ADDRESS = "2a06:98c0:3600::103";

/** The first 64 bits of an IPv6 address as written; "::" may stand for any number of groups. */
function prefixOf(address: string): string {
  const [before = "", after] = address.toLowerCase().split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill("0"), ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

/** What the caller's address counts as. */
export function callerOf(address: string | undefined, zone: string | undefined): string {
  if (address === undefined) return "local";
  if (address === WORKERS_ADDRESS) return `worker ${zone}`;
  return address.includes(":") ? prefixOf(address) : address;
}

const ownCaller = (c: Context): string => callerOf(c.req.header("cf-connecting-ip"), c.req.header("cf-worker"));

/** @throws Problem too-many */
export const countAddress = (c: Context): Promise<void> => count(c.env, "RATE_ADDRESS", ownCaller(c));

/** Of the making of links. No key of another request under this binding has this form. @throws Problem too-many */
export const countLink = (c: Context): Promise<void> => count(c.env, "RATE_CHALLENGE", `link ${ownCaller(c)}`);

/** Of reading a challenge by spoken words: guesses. @throws Problem too-many */
export const countSpoken = (c: Context): Promise<void> => count(c.env, "RATE_CHALLENGE", `spoken ${ownCaller(c)}`);

/** @param key whose signature or token was verified. @throws Problem too-many */
export const countKey = (c: Context, key: Hex): Promise<void> => count(c.env, "RATE_KEY", key);

/** @param challengeHash of the signed challenge, 32 bytes. @throws Problem too-many */
export const countChallenge = (c: Context, challengeHash: Uint8Array): Promise<void> =>
  count(c.env, "RATE_CHALLENGE", bytesToHex(challengeHash));
