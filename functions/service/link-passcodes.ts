// The passcodes of shared links, and the tickets of their files.
//
// A link lives through LINK_ATTEMPTS wrong passcodes in all. An attempt is taken from the row before the passcode is looked at, and
// given back if the passcode is right. So parallel guesses have no more attempts than guesses one after the other. The passcode
// guards the ciphertext only: a passcode without the link opens nothing.

import { jwtVerify, SignJWT } from "jose";
import { equalBytes } from "../../protocol/bytes.ts";
import { type Hex, hexToBytes } from "../../protocol/encodings.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { linkIsLive } from "./link-rows.ts";

const SALT_BYTES = 16;
/** the most that Workers do in one call */
const ITERATIONS = 100_000;
const HASH_BITS = 256;
const TICKET_SECONDS = 300;

async function fits(passcode: string, verifier: Hex): Promise<boolean> {
  const bytes = hexToBytes(verifier);
  const [salt, hash] = [bytes.slice(0, SALT_BYTES), bytes.slice(SALT_BYTES)];
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(passcode), "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS };
  return equalBytes(new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, HASH_BITS)), hash);
}

/** "gone": there is no live link with a passcode. A number: the passcode is wrong, and so many attempts are left. */
export type PasscodeAnswer = "right" | "gone" | number;

/** A request without a passcode asks how many attempts are left, and costs none. @param at unix seconds */
export async function tryPasscode(
  { RECORDS_DB_0: db }: ServiceEnv,
  linkHash: Hex,
  passcode: string | undefined,
  at: number,
): Promise<PasscodeAnswer> {
  const cost = passcode === undefined ? 0 : 1;
  const taken = await db
    .prepare(
      `UPDATE shared_links SET attempts = attempts - ?3
       WHERE link_hash = ?1 AND verifier IS NOT NULL AND ${linkIsLive("?2")} RETURNING verifier, attempts`,
    )
    .bind(linkHash, at, cost)
    .first<{ verifier: Hex; attempts: number }>();
  if (!taken) return "gone";
  if (passcode === undefined || !(await fits(passcode, taken.verifier))) return taken.attempts;
  const { meta } = await db
    .prepare("UPDATE shared_links SET attempts = attempts + 1 WHERE link_hash = ? AND ended = 0")
    .bind(linkHash)
    .run();
  return meta.changes === 0 ? "gone" : "right";
}

// A ticket is a JWT under TOKEN_KEY, as a clinic's token is. Its audience is another one, so neither serves as the other.

const audienceOf = (env: ServiceEnv): string => `${env.SERVICE_URL}/v1/shared`;

/** Reads the file of this link once or more, for TICKET_SECONDS. */
export const fileTicket = (env: ServiceEnv, linkHash: Hex, at: number): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audienceOf(env))
    .setSubject(linkHash)
    .setExpirationTime(at + TICKET_SECONDS)
    .sign(hexToBytes(env.TOKEN_KEY));

export const isTicketGood = (env: ServiceEnv, linkHash: Hex, ticket: string, at: number): Promise<boolean> =>
  jwtVerify(ticket, hexToBytes(env.TOKEN_KEY), {
    algorithms: ["HS256"],
    audience: audienceOf(env),
    subject: linkHash,
    currentDate: new Date(at * 1000),
    requiredClaims: ["exp"],
  }).then(
    () => true,
    () => false,
  );
