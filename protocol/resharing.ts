// Resharing: t members of the old committee hand the same three keys to a new committee (t' of n'), if a trustee leaves
// or a share may have leaked. Y_trace, Y_link, Y_record and the group hybrid key stay. So every credential, stanza and
// key-set id stays valid; the share generation goes up by one.
//
// Roles. The dealers S are |S| = t old trustees. The n' receivers are new or old trustees. The board delivers. All hold
// the old key set, verified (key-set.ts), and agree on the plan, which carries the hash of the old key set.
//
//   1 deal     i in S: for each key g_i of degree t' - 1 with g_i(0) = y_i, the old share; broadcasts C_i,m = g_i,m·G
//              and, sealed to each receiver j, g_i(j) and the group hybrid secret
//   2 accept   everybody: C_i,0 = the old Y_i, t' commitments. j: g_i(j)·G = Σ_m j^m·C_i,m, the hybrid secret has the
//              known public key. If all fit: y'_j = Σ_{i in S} λ_i·g_i(j), Y'_j = Σ_m j^m·(Σ_i λ_i·C_i,m); checks that
//              the Y'_j interpolate to the old Y; signs the new key set. If not: a complaint, as in ceremony.ts.
//   3 finish   n' equal, signed key sets are the key set. Then the old members erase their shares, and the new shares
//              are used.
//
// There is no commit round: the old share keys fix the constants, so nobody can move Y. A dealer that speaks last can
// choose among distributions of new share keys. These are public anyway, and for a set below t' each is uniform. There
// is no proof of possession: C_i,0 is an old share key, proven when the old key set was made.
// People decide whether a plan is legitimate: a trustee that deals to a plan hands its share on.
//
// Old and new shares lie on different polynomials, so a mixed set gives a wrong scalar. Therefore the generation is in
// the plan, in the secret and in every opening's context, and a mismatch is refused (KeySetError "other-generation").
// t old shares that were not erased can open for ever: resharing does not change the keys, and cannot. A trustee that
// leaves has known the group hybrid secret, which also stays. From then on the outer layer of stanzas does not protect
// against that trustee.
// The old committee stays pinned for the receivers. The security model is that of ceremony.ts (static corruption below
// t old and t' new trustees).
//
// Source: Y. Desmedt, S. Jajodia, "Redistributing secret shares to new access structures", 1997; the check of the
// constants against old share keys: T. Wong, C. Wang, J. Wing, "Verifiable secret redistribution", 2002.

import { equalBytes, labelledHash, type Rng } from "./bytes.ts";
import {
  CeremonyAbort,
  Complaint,
  collectRound,
  post,
  ReshareDeals,
  ResharePlan,
  ReshareShare,
  readMessage,
  roundBytes,
  type Sender,
  sealAad,
  sendersOf,
  viewOf,
} from "./ceremony-documents.ts";
import {
  assembleKeySet,
  checkCommittee,
  coreFrom,
  type Outcome,
  openShare,
  postAcceptance,
  sharesFit,
  sumColumns,
} from "./committee.ts";
import { hybridKeyPair, hybridSeal } from "./hybrid-seal.ts";
import {
  assertSecretOf,
  KEY_NAMES,
  type KeySet,
  KeySetCore,
  KeySetError,
  keySetId,
  perKey,
  type TrusteeSecret,
  verifyKeySet,
} from "./key-set.ts";
import { LABELS } from "./labels.ts";
import { commitPolynomial, evaluate, lagrangeAtZero, sharePolynomial } from "./sharing.ts";
import { Fr, type G1 } from "./suite.ts";

/** A plan that openResharing has checked against the old key set. */
export interface Resharing {
  readonly context: Uint8Array;
  readonly plan: ResharePlan;
  readonly old: KeySetCore;
  readonly dealers: readonly Sender[];
  readonly receivers: readonly Sender[];
}

/** One dealer's place: an old trustee with its shares. */
export interface DealerSeat {
  readonly resharing: Resharing;
  readonly identitySecret: Uint8Array;
  readonly secret: TrusteeSecret;
}

/** One receiver's place: a trustee of the new committee, with the secrets of its two pinned keys. */
export interface ReceiverSeat {
  readonly resharing: Resharing;
  readonly index: number;
  readonly identitySecret: Uint8Array;
  readonly transportSecret: Uint8Array;
}

/** The hash of a key set; a plan names it as `previous`. */
export const keySetHash = (old: KeySetCore): Uint8Array => labelledHash(LABELS.keySetCore, KeySetCore.encode(old));

/** The hash that names a run, 32 bytes. @param plan encoded ResharePlan */
export const reshareContext = (plan: Uint8Array): Uint8Array => labelledHash(LABELS.resharePlan, plan);

/** Checks a plan. `old` must have passed verifyKeySet. @throws KeySetError, RangeError */
export function openResharing(plan: ResharePlan, old: KeySetCore): Resharing {
  checkCommittee(plan.threshold, plan.trustees);
  if (!equalBytes(plan.previous, keySetHash(old)))
    throw new KeySetError("other-key-set", "the plan is for another key set");
  if (plan.generation !== old.generation)
    throw new KeySetError("other-generation", `the plan is for generation ${plan.generation}, not ${old.generation}`);
  const ascending = plan.dealers.every(
    (d, i) => d >= 1 && d <= old.identityKeys.length && (i === 0 || d > plan.dealers[i - 1]!),
  );
  if (plan.dealers.length !== old.threshold || !ascending)
    throw new KeySetError(
      "holders",
      `dealers ${plan.dealers}: must be ${old.threshold} of the old trustees, ascending`,
    );
  return {
    context: reshareContext(ResharePlan.encode(plan)),
    plan,
    old,
    dealers: plan.dealers.map((index) => ({ index, identityKey: old.identityKeys[index - 1]! })),
    receivers: sendersOf(plan.trustees),
  };
}

/**
 * Round 1, by a member of S.
 * @throws KeySetError if the secret belongs to another key set or generation, or if the plan does not name this dealer
 */
export function reshareDeal({ resharing, identitySecret, secret }: DealerSeat, rng: Rng): Uint8Array {
  const { context, plan, old } = resharing;
  assertSecretOf(secret, old);
  const sender = secret.index;
  if (!plan.dealers.includes(sender))
    throw new KeySetError("holders", `trustee ${sender} is not a dealer of this plan`);
  const polynomials = perKey((name) => sharePolynomial(secret.shares[name], plan.threshold, rng));
  const commitments = perKey((name) => commitPolynomial(polynomials[name]));
  const sealed = plan.trustees.map(({ transportKey }, i) => {
    const shares = perKey((name) => evaluate(polynomials[name], i + 1));
    const share = ReshareShare.encode({ shares, groupHybridSecret: secret.groupHybridSecret });
    return hybridSeal(transportKey, sealAad(context, sender, i + 1, viewOf(context)), share, rng);
  });
  return post(ReshareDeals, { context, sender, commitments, sealed }, identitySecret);
}

function readDeals({ context, plan, old, dealers }: Resharing, messages: readonly Uint8Array[]): ReshareDeals[] {
  const deals = collectRound(ReshareDeals, context, dealers, messages);
  for (const { sender, commitments, sealed } of deals) {
    if (sealed.length !== plan.trustees.length) throw new CeremonyAbort("malformed", sender);
    for (const name of KEY_NAMES) {
      if (commitments[name].length !== plan.threshold) throw new CeremonyAbort("degree", sender);
      if (!commitments[name][0]!.equals(old.shareKeys[sender - 1]![name])) throw new CeremonyAbort("constant", sender);
    }
  }
  return deals;
}

function receive({ resharing, index, transportSecret }: ReceiverSeat, deals: ReshareDeals) {
  const { context, old } = resharing;
  const aad = sealAad(context, deals.sender, index, viewOf(context));
  const share = openShare(ReshareShare, transportSecret, aad, deals.sealed[index - 1]!);
  if (share === undefined) return "unreadable";
  if (!sharesFit(share.shares, deals.commitments, index)) return "share";
  if (!equalBytes(hybridKeyPair(share.groupHybridSecret).publicKey, old.groupHybridKey)) return "seed";
  return share;
}

/** The key set that follows from these deals. @throws KeySetError if it has other keys; CeremonyAbort */
function coreOfDeals({ context, plan, old }: Resharing, deals: readonly ReshareDeals[]): KeySetCore {
  const lambdas = plan.dealers.map((i) => lagrangeAtZero(i, plan.dealers));
  // multiplyUnsafe: public because commitments are broadcast and λ follows from the plan.
  const scaled = (points: G1[], i: number) => points.map((p) => p.multiplyUnsafe(lambdas[i]!) as G1);
  const core = coreFrom(
    {
      threshold: plan.threshold,
      generation: old.generation + 1,
      identityKeys: plan.trustees.map((t) => t.identityKey),
      groupHybridKey: old.groupHybridKey,
      transcript: viewOf(context, roundBytes(ReshareDeals, deals)),
    },
    perKey((name) => sumColumns(deals.map((d, i) => scaled(d.commitments[name], i)))),
  );
  if (!KEY_NAMES.every((name) => core.keys[name].equals(old.keys[name])))
    throw new KeySetError("share-keys", "the new shares do not belong to the old keys");
  return core;
}

/**
 * Verifies a finished resharing, as everybody can who trusts the old key set: the dealers signed their deals with their old
 * keys, each deal starts from the dealer's old share key, the new key set follows from the deals, and all its holders signed.
 * @throws CeremonyAbort, KeySetError
 */
export function verifyResharing(resharing: Resharing, messages: readonly Uint8Array[], keySet: KeySet): void {
  const core = coreOfDeals(resharing, readDeals(resharing, messages));
  const { signatures: _, ...served } = keySet;
  if (!equalBytes(KeySetCore.encode(served), KeySetCore.encode(core)))
    throw new KeySetError("other-key-set", "the key set does not follow from the deals");
  verifyKeySet(
    keySet,
    resharing.receivers.map((r) => r.identityKey),
  );
}

/**
 * Round 2, by a new member: signs the key set, or complains.
 * @throws CeremonyAbort for a fault that everybody can see; any other fault becomes a complaint
 */
export function reshareAccept(seat: ReceiverSeat, messages: readonly Uint8Array[]): Outcome {
  const { resharing, index, identitySecret } = seat;
  const { context, plan } = resharing;
  const deals = readDeals(resharing, messages);
  const received: ReshareShare[] = [];
  for (const d of deals) {
    const share = receive(seat, d);
    if (typeof share === "string") {
      const complaint: Complaint = { context, sender: index, accused: d.sender, reason: share };
      return { accepted: false, complaint, message: post(Complaint, complaint, identitySecret) };
    }
    received.push(share);
  }

  const lambdas = plan.dealers.map((i) => lagrangeAtZero(i, plan.dealers));
  const core = coreOfDeals(resharing, deals);
  const combined = perKey((name) =>
    received.reduce((sum, r, i) => Fr.add(sum, Fr.mul(lambdas[i]!, r.shares[name])), 0n),
  );
  const groupHybridSecret = received[0]!.groupHybridSecret;
  return {
    accepted: true,
    message: postAcceptance(context, index, core, identitySecret),
    secret: { keySetId: keySetId(core), generation: core.generation, index, shares: combined, groupHybridSecret },
  };
}

/** Reads and verifies a complaint. @throws CeremonyAbort */
export function readReshareComplaint({ context, receivers }: Resharing, message: Uint8Array): Complaint {
  return readMessage(Complaint, context, receivers, message);
}

/** Round 3, by anybody: the key set of the next generation. @throws CeremonyAbort, KeySetError */
export function reshareFinish({ context, receivers, old }: Resharing, acceptances: readonly Uint8Array[]): KeySet {
  const keySet = assembleKeySet(context, receivers, acceptances);
  if (!equalBytes(keySetId(keySet), keySetId(old)))
    throw new KeySetError("other-key-set", "resharing changed the keys");
  if (keySet.generation !== old.generation + 1)
    throw new KeySetError("other-generation", `generation ${keySet.generation} after ${old.generation}`);
  return keySet;
}
