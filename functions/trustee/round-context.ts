// The steps that all rounds of a case share.
//
//   roundContext    verifies the bundle, and binds the case id to it in the vault, if the bundle's head is fresh
//   once            returns the answer that the vault keeps, or computes one and keeps it with this trustee's own values
//   kept            an own value that an earlier round kept
//   partsFor, receivedParts   parts to and from the other members of S

import { sha256 } from "@noble/hashes/sha2.js";
import type { Bundle } from "../../api/trustee/rounds.ts";
import type { VaultKeys } from "../../durable-objects/trustee-vault.ts";
import { frame, utf8ToBytes } from "../../protocol/bytes.ts";
import { type CaseContext, caseContextHash } from "../../protocol/documents.ts";
import { type Base64url, bytesToHex, toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import type { KeySet, TrusteeSecret } from "../../protocol/key-set.ts";
import { isFresh, LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { type AtRest, openAtRest, sealAtRest } from "./at-rest.ts";
import { type OpenCase, openBundle } from "./case-bundle.ts";
import type { Subject, Trust } from "./case-order.ts";
import { heldKeys, ownKeys, parseKeySet, trusteeCardsOf, trustOf, unsealSecret, vaultOf } from "./context.ts";
import type { TrusteeKeys } from "./keys.ts";
import { openParts, type Place, sealPart } from "./parts.ts";

export type RoundName = "notice-shares" | "notice" | "shares" | "result";

/** A round of a case at this trustee. The bundle is verified, and the vault has bound the case id to it. */
export interface RoundContext {
  readonly env: TrusteeEnv;
  readonly now: number;
  readonly own: TrusteeKeys;
  readonly held: VaultKeys;
  readonly keySet: KeySet;
  readonly trust: Trust;
  readonly open: OpenCase;
}

const MAX_VERIFIED = 32;
const verified = new Map<string, OpenCase>();
/**
 * Verifies a bundle, or finds the verdict in memory, since the same bundle comes with every round. The same bytes at the same
 * trustee under the same keys have the same verdict. Only time can change it: the order can expire, and the requester's
 * certificate can end or be withdrawn. Both are checked every time. @throws Problem, CodecError, DecodeError
 */
async function verifiedBundle(bundle: Bundle, trust: Trust, keySet: Uint8Array): Promise<OpenCase> {
  const name = bytesToHex(sha256(frame(keySet, Uint8Array.of(trust.index), utf8ToBytes(JSON.stringify(bundle)))));
  const known = verified.get(name);
  if (known) {
    if (trust.now >= known.order.expiresAt) throw new Problem("expired");
    await trust.requireInForce(known.order.certificate, known.requester);
    return known;
  }
  const open = await openBundle(bundle, trust);
  if (verified.size >= MAX_VERIFIED) verified.clear();
  verified.set(name, open);
  return open;
}

/** @throws Problem, CodecError, DecodeError if the bundle does not verify; conflict if the case id is bound to other values */
export async function roundContext(env: TrusteeEnv, bundle: Bundle, now: number): Promise<RoundContext> {
  const held = await heldKeys(env);
  const keySet = parseKeySet(held.keySet);
  const trust = trustOf(env, keySet, now);
  const open = await verifiedBundle(bundle, trust, held.keySet);
  const fresh = isFresh(open.cosignedAt, await logFreshness(trust), now);
  const claimed = await vaultOf(env).claimCase(open.order.caseId, open.binding, open.order.expiresAt, now, fresh);
  if (claimed === "conflict")
    throw new Problem("conflict", "This case id is bound to another order, nonce, set or checkpoint.");
  // An old head may hide that something in this case was revoked since.
  if (claimed === "stale")
    throw new Problem("not-allowed-now", "The checkpoint of this case was not cosigned by enough witnesses lately.");
  return { env, now, own: ownKeys(env), held, keySet, trust, open };
}

/** The greatest age of cosignatures by this month's parameters, or the default if there are none. */
const logFreshness = (trust: Trust): Promise<number> =>
  trust.parameters(epochOf(trust.now)).then(
    ({ document }) => document.logFreshnessSeconds,
    () => LOG_FRESHNESS_SECONDS,
  );

export const secretOf = ({ env, held, keySet }: RoundContext): TrusteeSecret => unsealSecret(env, held, keySet);

/**
 * The answer of a round. If the vault keeps one, that is the answer. Otherwise `compute` makes it, and the vault keeps it with the
 * value `keep`, sealed at rest. If two requests compute at once, the first answer in the vault counts for both.
 */
export async function once<T extends object>(
  round: RoundContext,
  name: RoundName,
  compute: () => Promise<{ answer: T; keep?: { what: AtRest; value: Uint8Array } }>,
  chunk = 0,
): Promise<T> {
  const { caseId } = round.open.order;
  const vault = vaultOf(round.env);
  let bytes = await vault.output(caseId, name, chunk);
  if (!bytes) {
    const { answer, keep } = await compute();
    const outputs: { round: string; bytes: Uint8Array }[] = [
      { round: name, bytes: utf8ToBytes(JSON.stringify(answer)) },
    ];
    if (keep)
      outputs.push({
        round: keep.what,
        bytes: sealAtRest(round.own.vaultKey, keep.what, round.open.binding, keep.value, rng),
      });
    bytes = await vault.keepOutputs(caseId, outputs, chunk);
  }
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

/** The value that round `before` kept. @throws Problem not-allowed-now if that round has not run yet */
export async function kept(round: RoundContext, what: AtRest, before: string, chunk = 0): Promise<Uint8Array> {
  const sealed = await vaultOf(round.env).output(round.open.order.caseId, what, chunk);
  if (!sealed) throw new Problem("not-allowed-now", `${before} first`);
  return openAtRest(round.own.vaultKey, what, round.open.binding, sealed);
}

const ctxOf = (
  open: OpenCase,
  kind: CaseContext["kind"],
  subject: { hash: Uint8Array } | Subject,
  trustee: number,
): Uint8Array => caseContextHash(open.context(kind, subject, trustee));

/**
 * The public inputs of a notice or link share by member `index`. The context of a notice share names the case's subjects
 * together; F1 and F2, which the proof's seed covers, say which one the share is for.
 */
export const shareAt = ({ open, keySet }: RoundContext, kind: "notice" | "link", subject: Subject, index: number) => ({
  ctx: ctxOf(open, kind, kind === "link" ? subject : { hash: open.subjectHash }, index),
  index,
  set: open.set,
  shareKey: keySet.shareKeys[index - 1]!.link,
  F1: subject.F1,
  F2: subject.F2,
});

/** One part for each other member of S, sealed to the transport key of its signed card. */
export function partsFor(round: RoundContext, place: Place, plaintext: Uint8Array): Base64url[] {
  const cards = trusteeCardsOf(round.held, round.keySet);
  return round.open.set
    .filter((i) => i !== round.own.index)
    .map((i) => toBase64url(sealPart(round.open, round.own, cards[i - 1]!, place, plaintext)));
}

/** The plaintexts from the other members of S, one per member. @throws as openParts */
export const receivedParts = (round: RoundContext, place: Place, parts: readonly string[]) =>
  openParts(
    round.open,
    round.own,
    round.keySet.identityKeys,
    place,
    parts.map((p) => readBase64url(p, "parts")),
  );
