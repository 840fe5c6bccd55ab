// The messages of the key ceremony and of resharing, and how they are read from a bulletin board.
//
// Every message is a document in a Signed envelope (documents.ts): Ed25519 by the sender's pinned identity key over
// signCeremony ‖ document. The board is trusted for delivery only. `context` is the hash of the whole plan, so a
// message fits one run with one list of trustees. `sender` is the index under which the sender's key is pinned.
//
//   0x53 CeremonyPlan      agreed by all beforehand: id (random, never used again), t, identity and transport keys
//   0x54 CeremonyCommit    round 1: hash of the sender's CeremonyDealing
//   0x55 CeremonyDealing   commitments to three polynomials, proofs of possession, hash of the seed contribution
//   0x56 CeremonyOpening   round 2: view (of all commits), CeremonyDealing
//   0x57 CeremonyDeals     round 3: view (of commits and openings); per receiver a sealed CeremonyShare, "" for itself
//   0x59 CeremonyShare     in the seal: three shares and the seed contribution
//   0x5a Acceptance        round 4: KeySetCore and its signature by the sender (key-set.ts)
//   0x5b Complaint         round 4, instead: the dealer that the sender accuses, and the reason
//   0x5c DealerSecret      the secret state of a dealer between rounds, for its own store only
//   0x5d ResharePlan  0x5e ReshareDeals  0x5f ReshareShare: the same for resharing.ts
//
//   view(messages)         labelledHash(ceremonyTranscript, context, documents of each round by sender, round by round)
//   seal to `to`           hybridSeal(transport key, aad = frame(context, u32 from ‖ u32 to, view), share)

import { concatBytes, equalBytes, frame, labelledHash, u32be } from "./bytes.ts";
import { blob, type Codec, document, fixed, list, type Of, oneOf, struct, u8, u32 } from "./codec.ts";
import { openSigned, Signed, signDocument } from "./documents.ts";
import { g1, proof, scalar } from "./element-coders.ts";
import { HYBRID_PUBLIC_KEY_BYTES, HYBRID_SECRET_KEY_BYTES } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";

const Trustee = struct({ identityKey: fixed(32), transportKey: fixed(HYBRID_PUBLIC_KEY_BYTES) });
const commitments = struct({ trace: list(g1), link: list(g1), record: list(g1) });
const shares = struct({ trace: scalar, link: scalar, record: scalar });
const context = fixed(32);
const sender = u8;
const view = fixed(32);

export const CeremonyPlan = document("CeremonyPlan", 0x53, 1, {
  ceremonyId: fixed(32),
  threshold: u8,
  trustees: list(Trustee), // trustee i at [i - 1]
});
export type CeremonyPlan = Of<typeof CeremonyPlan>;

export const CeremonyCommit = document("CeremonyCommit", 0x54, 1, { context, sender, commitment: fixed(32) });
export type CeremonyCommit = Of<typeof CeremonyCommit>;

export const CeremonyDealing = document("CeremonyDealing", 0x55, 1, {
  context,
  sender,
  commitments,
  possession: struct({ trace: proof(1), link: proof(1), record: proof(1) }),
  seedHash: fixed(32),
});
export type CeremonyDealing = Of<typeof CeremonyDealing>;

export const CeremonyOpening = document("CeremonyOpening", 0x56, 1, { context, sender, view, dealing: blob });
export type CeremonyOpening = Of<typeof CeremonyOpening>;

export const CeremonyDeals = document("CeremonyDeals", 0x57, 1, { context, sender, view, sealed: list(blob) });
export type CeremonyDeals = Of<typeof CeremonyDeals>;

export const CeremonyShare = document("CeremonyShare", 0x59, 1, { shares, seed: fixed(32) });
export type CeremonyShare = Of<typeof CeremonyShare>;

export const Acceptance = document("Acceptance", 0x5a, 1, { context, sender, core: blob, signature: fixed(64) });
export type Acceptance = Of<typeof Acceptance>;

/**
 * unreadable: the seal does not open; share: it is not on the committed polynomial; seed: it is not the committed one
 */
export const COMPLAINTS = ["unreadable", "share", "seed"] as const;
export const Complaint = document("Complaint", 0x5b, 1, {
  context,
  sender,
  accused: u8,
  reason: oneOf(...COMPLAINTS),
});
export type Complaint = Of<typeof Complaint>;

export const DealerSecret = document("DealerSecret", 0x5c, 1, {
  context,
  polynomials: struct({ trace: list(scalar), link: list(scalar), record: list(scalar) }),
  seed: fixed(32),
  dealing: blob,
});
export type DealerSecret = Of<typeof DealerSecret>;

export const ResharePlan = document("ResharePlan", 0x5d, 1, {
  reshareId: fixed(32),
  previous: fixed(32), // hash of the old KeySetCore
  generation: u32, // of the old shares
  dealers: list(u8), // S: t old indices, ascending
  threshold: u8, // t'
  trustees: list(Trustee), // new trustee i at [i - 1]
});
export type ResharePlan = Of<typeof ResharePlan>;

export const ReshareDeals = document("ReshareDeals", 0x5e, 1, { context, sender, commitments, sealed: list(blob) });
export type ReshareDeals = Of<typeof ReshareDeals>;

export const ReshareShare = document("ReshareShare", 0x5f, 1, {
  shares,
  groupHybridSecret: fixed(HYBRID_SECRET_KEY_BYTES),
});
export type ReshareShare = Of<typeof ReshareShare>;

export const ABORTS = [
  "missing", // no message from this trustee
  "malformed", // not a signed message of this run and round
  "equivocated", // two different messages of one round
  "view", // it says that it saw other messages: it lies, or a sender or the board showed it others
  "commitment", // the opening differs from the commit
  "degree", // commitments to polynomials of a wrong degree
  "possession", // no valid proof for a constant term
  "constant", // resharing: the constant term is not the old share
  "disagreement", // two trustees signed different key sets; it is not known which of them is wrong
  "signature", // a signature of the key set does not verify
  "identity", // a key is the identity
  "own-message", // the board shows another message under the trustee's own name
] as const;

/**
 * A run that cannot continue, with the trustee at fault if that is known. For "view" it is the trustee whose view differs,
 * which need not be at fault. All secrets of the run are void.
 */
export class CeremonyAbort extends Error {
  override name = "CeremonyAbort";
  readonly reason: (typeof ABORTS)[number];
  readonly trustee: number | undefined;
  constructor(reason: CeremonyAbort["reason"], trustee?: number) {
    const differs = reason === "view" ? " (it, a sender or the board lied)" : "";
    super(trustee === undefined ? reason : `trustee ${trustee}: ${reason}${differs}`);
    this.reason = reason;
    this.trustee = trustee;
  }
}

/** A trustee that may post messages, with its pinned identity key. */
export interface Sender {
  readonly index: number;
  readonly identityKey: Uint8Array;
}
interface Message {
  context: Uint8Array;
  sender: number;
}

/** The senders of a plan: trustee i at [i - 1]. */
export const sendersOf = (trustees: readonly { identityKey: Uint8Array }[]): Sender[] =>
  trustees.map(({ identityKey }, i) => ({ index: i + 1, identityKey }));

/** Encodes and signs one message for the board. */
export function post<T extends Message>(codec: Codec<T>, value: T, identitySecret: Uint8Array): Uint8Array {
  return signDocument(LABELS.signCeremony, codec, value, identitySecret);
}

/**
 * Reads and verifies one message. A board makes this check before it accepts the message.
 * @throws CeremonyAbort "malformed"; it names a trustee only if that trustee signed this message for this run. Anybody can
 * show a trustee's message of another run here, so such a message is nobody's fault
 */
export function readMessage<T extends Message>(
  codec: Codec<T>,
  run: Uint8Array,
  senders: readonly Sender[],
  message: Uint8Array,
): T {
  let author: number | undefined;
  try {
    const { key, value } = openSigned(LABELS.signCeremony, codec, message);
    if (equalBytes(value.context, run)) author = senders.find((s) => equalBytes(s.identityKey, key))?.index;
    if (author !== undefined && value.sender === author) return value;
  } catch {
    // fall through: every failure gets the same answer
  }
  throw new CeremonyAbort("malformed", author);
}

/**
 * The messages of one round: exactly one from every sender, in the senders' order.
 * @throws CeremonyAbort "malformed", "equivocated" or "missing"
 */
export function collectRound<T extends Message>(
  codec: Codec<T>,
  run: Uint8Array,
  senders: readonly Sender[],
  messages: readonly Uint8Array[],
): T[] {
  const found = new Map<number, { value: T; bytes: Uint8Array }>();
  for (const message of messages) {
    const value = readMessage(codec, run, senders, message);
    const bytes = Signed.decode(message).document;
    const earlier = found.get(value.sender);
    if (earlier !== undefined && !equalBytes(earlier.bytes, bytes))
      throw new CeremonyAbort("equivocated", value.sender);
    found.set(value.sender, { value, bytes });
  }
  return senders.map(({ index }) => {
    const one = found.get(index);
    if (one === undefined) throw new CeremonyAbort("missing", index);
    return one.value;
  });
}

/** The part of a view for one round: its documents in order. */
export const roundBytes = <T>(codec: Codec<T>, values: readonly T[]): Uint8Array =>
  frame(...values.map((v) => codec.encode(v)));

/** The hash of all messages of the given rounds, bound to the run. */
export const viewOf = (run: Uint8Array, ...rounds: Uint8Array[]): Uint8Array =>
  labelledHash(LABELS.ceremonyTranscript, run, ...rounds);

/** Associated data of a sealed share. `seen` is the view of its dealer. */
export const sealAad = (run: Uint8Array, from: number, to: number, seen: Uint8Array): Uint8Array =>
  frame(run, concatBytes(u32be(from), u32be(to)), seen);
