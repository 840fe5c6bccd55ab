// The common part of the key ceremony and of resharing: the committee, the check of a received share, and the final key
// set.
//
//   committee   t of n with t > n/2, 2 <= n <= 16; all identity keys differ, and all transport keys
//   share fits  f(j)·G = Σ_m j^m·C_m for each of the three keys (Feldman)
//   key set     summed commitments C_m give Y = C_0 and Y_j = Σ_m j^m·C_m
//   outcome     every receiver either signs the key set (Acceptance) or names a dealer (Complaint); the key set exists
//               once all n have signed the same one

import { equalBytes } from "./bytes.ts";
import {
  Acceptance,
  CeremonyAbort,
  type CeremonyPlan,
  type Complaint,
  collectRound,
  post,
  type Sender,
} from "./ceremony-documents.ts";
import type { Codec } from "./codec.ts";
import { groupG1 } from "./group.ts";
import { hybridOpen } from "./hybrid-seal.ts";
import {
  assertThreshold,
  KEY_NAMES,
  type KeySet,
  KeySetCore,
  type PerKey,
  perKey,
  signKeySet,
  type TrusteeSecret,
  verifyKeySet,
  verifyKeySetSignature,
} from "./key-set.ts";
import { evaluateCommitment } from "./sharing.ts";
import { G, type G1, type Scalar } from "./suite.ts";

/** A receiver's result: its acceptance and its shares, or its complaint. `message` is for the board. */
export type Outcome =
  | { readonly accepted: true; readonly message: Uint8Array; readonly secret: TrusteeSecret }
  | { readonly accepted: false; readonly message: Uint8Array; readonly complaint: Complaint };

const distinct = (keys: readonly Uint8Array[]): boolean =>
  keys.every((a, i) => keys.every((b, j) => i === j || !equalBytes(a, b)));

/**
 * Checks the sizes, and that no key occurs twice.
 * @throws KeySetError if t or n is out of bounds
 * @throws RangeError if two trustees share a key
 */
export function checkCommittee(threshold: number, trustees: CeremonyPlan["trustees"]): void {
  assertThreshold(threshold, trustees.length);
  if (!distinct(trustees.map((t) => t.identityKey)) || !distinct(trustees.map((t) => t.transportKey)))
    throw new RangeError("two trustees have the same key");
}

/** The content of a seal. Undefined if the seal does not open, or holds something else. */
export function openShare<T>(
  codec: Codec<T>,
  secretKey: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): T | undefined {
  try {
    return codec.decode(hybridOpen(secretKey, aad, sealed));
  } catch {
    return undefined;
  }
}

/** Whether the three shares of trustee `index` lie on the committed polynomials. */
export function sharesFit(shares: PerKey<Scalar>, commitments: PerKey<G1[]>, index: number): boolean {
  return KEY_NAMES.every((name) =>
    groupG1.multiply(G, shares[name]).equals(evaluateCommitment(commitments[name], index)),
  );
}

/** The sum of several polynomials' commitments, coefficient by coefficient. */
export function sumColumns(rows: readonly (readonly G1[])[]): G1[] {
  return rows.reduce<G1[]>(
    (sum, row) => sum.map((p, m) => p.add(row[m]!) as G1),
    rows[0]!.map(() => groupG1.identity),
  );
}

/** The public part of a key set, from the summed commitments. @throws CeremonyAbort "identity" */
export function coreFrom(
  input: Pick<KeySetCore, "threshold" | "generation" | "groupHybridKey" | "transcript" | "identityKeys">,
  summed: PerKey<G1[]>,
): KeySetCore {
  const keys = perKey((name) => summed[name][0]!);
  const shareKeys = input.identityKeys.map((_, i) => perKey((name) => evaluateCommitment(summed[name], i + 1)));
  // An identity can only come from colluding dealers, or with negligible probability. No key set may carry one.
  if ([keys, ...shareKeys].some((k) => KEY_NAMES.some((name) => k[name].is0()))) throw new CeremonyAbort("identity");
  return { ...input, keys, shareKeys };
}

/** Signs the key set and makes the message that carries the signature. */
export function postAcceptance(
  context: Uint8Array,
  sender: number,
  core: KeySetCore,
  identitySecret: Uint8Array,
): Uint8Array {
  const signature = signKeySet(core, identitySecret);
  return post(Acceptance, { context, sender, core: KeySetCore.encode(core), signature }, identitySecret);
}

/** The key set, from n acceptances of equal key sets, each signed by its sender. @throws CeremonyAbort, KeySetError */
export function assembleKeySet(
  context: Uint8Array,
  senders: readonly Sender[],
  messages: readonly Uint8Array[],
): KeySet {
  const acceptances = collectRound(Acceptance, context, senders, messages);
  const { core: bytes, sender: first } = acceptances[0]!;
  let core: KeySetCore;
  try {
    core = KeySetCore.decode(bytes);
  } catch {
    throw new CeremonyAbort("malformed", first);
  }
  for (const { sender, core: other, signature } of acceptances) {
    // If two key sets differ, each trustee's own view of the board shows which is wrong. The run is void in either
    // case.
    if (!equalBytes(other, bytes)) throw new CeremonyAbort("disagreement");
    if (!verifyKeySetSignature(core, sender, signature)) throw new CeremonyAbort("signature", sender);
  }
  const keySet = { ...core, signatures: acceptances.map((a) => a.signature) };
  verifyKeySet(
    keySet,
    senders.map((s) => s.identityKey),
  );
  return keySet;
}
