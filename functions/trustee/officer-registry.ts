// Which officers a trustee has, and their logins. An officer is a person whose passkey is registered at this trustee.
//
//   register   the administrator (ADMIN_KEY) gives credential id, COSE key (ES256), RP id and origin. The trustee signs an
//              OfficerCard over them and appends it to the log; only then the officer counts (protocol/officer-card.ts)
//   renew      registering again within RENEW_SECONDS of the card's end makes a new card
//   remove     the officer and all its tokens end at once and for ever, and the log gets "officer-removed"
//   login      nonce (single use) → assertion over loginChallenge → bearer token, valid for OFFICER_TOKEN_SECONDS
//
// @simplewebauthn/server verifies the assertions: type, challenge, origin, RP id, user present and verified, a counter that
// does not go back, and the signature. No assertion is verified for a challenge that a server chose.

import { sha256 } from "@noble/hashes/sha2.js";
import type { Context } from "hono";
import type { Assertion, LoginRequest, OfficerRequest } from "../../api/trustee/officers.ts";
import type { HeldOfficer } from "../../durable-objects/trustee-vault.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { signDocument } from "../../protocol/documents.ts";
import { bytesToHex, toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  coseEs256,
  loginChallenge,
  OfficerCard,
  officerEntry,
  officerRemovedEntry,
} from "../../protocol/officer-card.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { readBase64url } from "../shared/http.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { ownKeys, vaultOf } from "./context.ts";
import { endOfLoginNonce, makeLoginNonce } from "./login-nonces.ts";

const OFFICER_TOKEN_SECONDS = 3600;
const CARD_SECONDS = 365 * 86_400;
const RENEW_SECONDS = 30 * 86_400;
/** A card that the log has not taken for so long is made anew, since the log refuses entries with an old date. */
const UNLOGGED_SECONDS = 1800;

/** Appends an entry with this trustee's identity key. @throws Problem unavailable */
const append = (env: TrusteeEnv, entry: Uint8Array, now: number): Promise<number> => {
  const { LOG_URL } = env;
  return appendEntryBytes({ LOG_URL, SIGNING_KEY: bytesToHex(ownKeys(env).identitySecret) }, now, entry);
};

/**
 * Registers an officer, or renews its card. The same request again returns the same card until it is renewed.
 * @returns Signed<OfficerCard>, which the log has
 * @throws Problem malformed; conflict if the credential or the key is registered with other values, or was removed
 */
export async function registerOfficer(env: TrusteeEnv, request: OfficerRequest, now: number): Promise<Uint8Array> {
  const publicKey = readBase64url(request.publicKey, "publicKey");
  if (!coseEs256(publicKey)) throw new Problem("malformed", "publicKey: a COSE key for ES256 expected");
  const { credentialId, rpId, origin } = request;
  const own = ownKeys(env);
  // Dated back, because clocks differ: the officer may act at once.
  const dates = { notBefore: now - CLOCK_TOLERANCE_SECONDS, notAfter: now + CARD_SECONDS };
  const value = {
    trustee: own.index,
    credentialId: readBase64url(credentialId, "credentialId"),
    publicKey,
    rpId,
    origin,
    ...dates,
  };
  const card = signDocument(LABELS.signOfficer, OfficerCard, value, own.signer);
  const vault = vaultOf(env);
  const added = await vault.addOfficer(
    { credentialId, publicKey, rpId, origin, card, ...dates },
    { renewFrom: now + RENEW_SECONDS, unloggedFrom: now - UNLOGGED_SECONDS },
  );
  if (!added.ok)
    throw new Problem("conflict", "This credential or key is registered with other values, or was removed.");
  const { officer } = added;
  if (!officer.logged) {
    await append(env, officerEntry(officer.card, officer.notBefore), now);
    await vault.officerLogged(credentialId, officer.card);
  }
  return officer.card;
}

/** Ends an officer. The same request again changes nothing. @throws Problem not-found, unavailable */
export async function removeOfficer(env: TrusteeEnv, credentialId: string, now: number): Promise<void> {
  const officer = await vaultOf(env).removeOfficer(credentialId, now);
  if (!officer) throw new Problem("not-found", "This trustee has no such officer.");
  if (officer.logged) await append(env, officerRemovedEntry(officer.card, officer.removedAt!), now);
}

/**
 * Verifies the assertion of an active officer's passkey for `challenge`.
 * @throws Problem credential-refused, the same for every failure
 */
export async function verifyAssertion(
  env: TrusteeEnv,
  assertion: Assertion,
  challengeFor: (officer: HeldOfficer) => Uint8Array,
  now: number,
): Promise<{ officer: HeldOfficer; counter: number }> {
  const officer = await vaultOf(env).activeOfficer(assertion.credentialId, now);
  if (!officer) throw refused("officer: unknown, removed, or without a valid card");
  const { credentialId: id, authenticatorData, clientDataJSON, signature } = assertion;
  try {
    // Imported here only, because its certificates and ASN.1 code take a third of the Worker's start-up time.
    const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: { authenticatorData, clientDataJSON, signature },
      },
      expectedChallenge: toBase64url(challengeFor(officer)),
      expectedOrigin: officer.origin,
      expectedRPID: officer.rpId,
      credential: { id, publicKey: Uint8Array.from(officer.publicKey), counter: officer.counter },
      requireUserVerification: true,
    });
    if (verified) return { officer, counter: authenticationInfo.newCounter };
  } catch (cause) {
    throw refused(`officer: ${String(cause)}`);
  }
  throw refused("officer: signature");
}

/** A nonce for one login. */
export const newNonce = (env: TrusteeEnv, now: number): { nonce: string } => ({
  nonce: toBase64url(makeLoginNonce(ownKeys(env).loginKey, now, rng)),
});

/** A bearer token for the passkey's assertion over an unused nonce. @throws Problem credential-refused */
export async function login(env: TrusteeEnv, request: LoginRequest, now: number) {
  const { assertion } = request;
  const nonce = readBase64url(request.nonce, "nonce");
  const { identityPublicKey: identityKey, loginKey } = ownKeys(env);
  const nonceEnds = endOfLoginNonce(loginKey, nonce, now);
  if (nonceEnds === undefined) throw refused("officer: nonce");
  const challengeFor = ({ origin }: HeldOfficer) => loginChallenge({ identityKey, origin, nonce });
  const { counter } = await verifyAssertion(env, assertion, challengeFor, now);
  const token = rng(32);
  const tokenExpires = now + OFFICER_TOKEN_SECONDS;
  const outcome = await vaultOf(env).login({
    nonce,
    nonceEnds,
    credentialId: assertion.credentialId,
    counter,
    tokenHash: sha256(token),
    tokenExpires,
    now,
  });
  if (outcome !== "ok") throw refused(`officer: ${outcome}`);
  return { token: toBase64url(token), expires: tokenExpires };
}

/** Checks the bearer token that a login gave. @throws Problem credential-refused */
export async function requireOfficer(c: Context<{ Bindings: TrusteeEnv }>, now: number): Promise<void> {
  const [, token] = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(c.req.header("authorization") ?? "") ?? [];
  if (token === undefined || !(await vaultOf(c.env).isToken(sha256(readBase64url(token)), now)))
    throw refused("officer token");
}
