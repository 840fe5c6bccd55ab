// Distributed key generation: n trustees make the keys Y_trace, Y_link and Y_record and the group hybrid key. Any t of
// them can use a key, and nobody ever holds one. The three keys have independent polynomials, all in G1 only.
//
// Roles. There are n dealers, and each dealer is a receiver too. A bulletin board delivers the messages; it learns
// sizes and who takes part. Anybody can check the key set at the end. Every trustee has an Ed25519 identity key and an
// X-Wing transport key, and the plan pins all of them beforehand; t > n/2, 2 <= n <= 16.
//
//   1 commit   dealer i: f_i,name of degree t - 1 for each key, C_i,name,m = a_m·G, proof of {a : C_i,name,0 = a·G} with
//              tag = frame(context, i, name), a seed contribution s_i; broadcasts the hash of all that (and of s_i's
//              hash)
//   2 open     once all n commits are there, broadcasts the values behind its hash
//   3 deal     once all n openings are there and right: to each other j, sealed, f_i,name(j) and s_i
//   4 accept   j: f_i,name(j)·G = Σ_m j^m·C_i,name,m, s_i against its hash. If all fit: y_j = Σ_i f_i(j), Y = Σ_i C_i,0,
//              Y_j = y_j·G for all j; group hybrid seed = labelledHash(context, s_1, …, s_n); signs the key set.
//              If not: a complaint that names the dealer, and no signature.
//   5 finish   n equal, signed key sets are the key set. Fewer have no effect.
//
// Security model. Corruption is static and of fewer than t trustees; broadcast is authenticated, up to equivocation. A
// split view is detected, because openings, deals and the signed transcript carry hashes of all earlier messages.
// Guaranteed: the key set is right and all n agree on it, or there is none. Not guaranteed: that a run ends.
//
// Abort on complaint. Others cannot judge a complaint: the receiver would have to reveal its transport key, and no KEM
// proves a decapsulation. So nobody judges it. No protocol rule excludes a trustee, because such a rule could be turned
// against the honest. The run stops with both names on record, and its secrets are void. People who know each other
// settle the matter before a new plan with a new id. Resolving complaints in-band would buy liveness, which a ceremony
// does not need.
//
// Bias. In Pedersen's protocol the dealer that speaks last chooses Y among several (Gennaro et al.). Here hashes bind
// all dealers before anything is opened. The last dealer to open sees what Y would be, and its only choice is to abort,
// by name. k aborted runs let it pick among k + 1 uniform keys, which costs the security of the keys a factor k + 1 at
// most. Rogue keys (C_i,0 made from others') fail twice: the commit comes first, and the proof of possession is bound
// to key name, dealer and run.
//
// The group hybrid secret is known to every trustee, by design: it protects against outsiders. One honest contribution
// makes it unpredictable to them.
//
// Sources: T. Pedersen, "A threshold cryptosystem without a trusted party", Eurocrypt 1991; P. Feldman, FOCS 1987;
// R. Gennaro, S. Jarecki, H. Krawczyk, T. Rabin, "Secure distributed key generation for discrete-log based
// cryptosystems", J. Cryptology 20 (2007).
//
// The functions keep no state: a trustee stores its DealerSecret and reads the board again. One DealerSecret serves one
// plan. After a fault, a posted message is posted again byte for byte: deals that are sealed anew would count as
// equivocation.

import { equalBytes, frame, labelledHash, type Rng, u32be, utf8ToBytes } from "./bytes.ts";
import {
  CeremonyAbort,
  CeremonyCommit,
  CeremonyDealing,
  CeremonyDeals,
  CeremonyOpening,
  CeremonyPlan,
  CeremonyShare,
  Complaint,
  collectRound,
  type DealerSecret,
  post,
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
import { groupG1 } from "./group.ts";
import { hybridKeyPair, hybridSeal } from "./hybrid-seal.ts";
import { KEY_NAMES, type KeyName, type KeySet, keySetId, perKey } from "./key-set.ts";
import { LABELS } from "./labels.ts";
import { commitPolynomial, evaluate, sharePolynomial } from "./sharing.ts";
import { type Proof, prove, Relation, verify } from "./sigma.ts";
import { Fr, G, type G1, randomScalar } from "./suite.ts";

/** A plan that openCeremony has checked. */
export interface Ceremony {
  readonly context: Uint8Array;
  readonly plan: CeremonyPlan;
  readonly senders: readonly Sender[];
}

/** One trustee's place in a ceremony, with the secrets of its two pinned keys; 32 bytes each. */
export interface Seat {
  readonly ceremony: Ceremony;
  readonly index: number;
  readonly identitySecret: Uint8Array;
  readonly transportSecret: Uint8Array;
}

/** The messages on the board after round 1. All lists of messages may be in any order. */
export interface Committed {
  readonly commits: readonly Uint8Array[];
}
/** The messages on the board after round 2. */
export interface Opened extends Committed {
  readonly openings: readonly Uint8Array[];
}
/** The messages on the board after round 3. */
export interface Dealt extends Opened {
  readonly deals: readonly Uint8Array[];
}

/** Checks a plan. @throws KeySetError if t or n is out of bounds @throws RangeError if two trustees share a key */
export function openCeremony(plan: CeremonyPlan): Ceremony {
  checkCommittee(plan.threshold, plan.trustees);
  const context = labelledHash(LABELS.ceremonyPlan, CeremonyPlan.encode(plan));
  return { context, plan, senders: sendersOf(plan.trustees) };
}

// ---- proof of possession; prover and verifier share the statement

const possession = (point: G1): Relation<"a"> =>
  new Relation(LABELS.shareKeyPossession, ["a"]).equation(groupG1, point, [["a", G]]);
const possessionTag = (context: Uint8Array, dealer: number, name: KeyName): Uint8Array =>
  frame(context, u32be(dealer), utf8ToBytes(name));

const commitmentTo = (dealing: Uint8Array): Uint8Array => labelledHash(LABELS.ceremonyCommit, dealing);
const seedHashOf = (context: Uint8Array, dealer: number, seed: Uint8Array): Uint8Array =>
  labelledHash(LABELS.ceremonySeed, context, u32be(dealer), seed);

// ---- round 1

/** Round 1: makes the dealer's secret, to be stored, and the message with the hash of its dealing. */
export function commit(seat: Seat, rng: Rng): { secret: DealerSecret; message: Uint8Array } {
  const { ceremony, index: sender } = seat;
  const { context, plan } = ceremony;
  const polynomials = perKey(() => sharePolynomial(randomScalar(rng), plan.threshold, rng));
  const commitments = perKey((name) => commitPolynomial(polynomials[name]));
  const proofs = perKey((name): Proof => {
    const relation = possession(commitments[name][0]!);
    return prove(relation, possessionTag(context, sender, name), { a: polynomials[name][0]! }, rng);
  });
  const seed = rng(32);
  const seedHash = seedHashOf(context, sender, seed);
  const dealing = CeremonyDealing.encode({ context, sender, commitments, possession: proofs, seedHash });
  const commitment = commitmentTo(dealing);
  return {
    secret: { context, polynomials, seed, dealing },
    message: post(CeremonyCommit, { context, sender, commitment }, seat.identitySecret),
  };
}

// ---- round 2

function readCommits({ context, senders }: Ceremony, board: Committed) {
  const commits = collectRound(CeremonyCommit, context, senders, board.commits);
  return { commits, view: viewOf(context, roundBytes(CeremonyCommit, commits)) };
}

/**
 * Round 2: opens the commitment, once all commits are on the board.
 * @throws CeremonyAbort if a commit is missing or wrong
 */
export function open(seat: Seat, secret: DealerSecret, board: Committed): Uint8Array {
  const { ceremony, index: sender } = seat;
  const { commits, view } = readCommits(ceremony, board);
  // The commit under this trustee's own name must be the one it made. So it opens nothing into another run.
  if (!equalBytes(commits[sender - 1]!.commitment, commitmentTo(secret.dealing)))
    throw new CeremonyAbort("own-message", sender);
  return post(
    CeremonyOpening,
    { context: ceremony.context, sender, view, dealing: secret.dealing },
    seat.identitySecret,
  );
}

// ---- round 3

function checkDealing({ context, plan }: Ceremony, dealer: number, bytes: Uint8Array): CeremonyDealing {
  let dealing: CeremonyDealing;
  try {
    dealing = CeremonyDealing.decode(bytes);
  } catch {
    throw new CeremonyAbort("malformed", dealer);
  }
  if (dealing.sender !== dealer || !equalBytes(dealing.context, context)) throw new CeremonyAbort("malformed", dealer);
  for (const name of KEY_NAMES) {
    const points = dealing.commitments[name];
    // A polynomial of higher degree would need more than t shares, and one of lower degree fewer.
    if (points.length !== plan.threshold) throw new CeremonyAbort("degree", dealer);
    if (!verify(possession(points[0]!), possessionTag(context, dealer, name), dealing.possession[name]))
      throw new CeremonyAbort("possession", dealer);
  }
  return dealing;
}

function readOpenings(ceremony: Ceremony, board: Opened) {
  const { context, senders } = ceremony;
  const { commits, view: commitView } = readCommits(ceremony, board);
  const openings = collectRound(CeremonyOpening, context, senders, board.openings);
  const dealings = openings.map((opening, i) => {
    if (!equalBytes(opening.view, commitView)) throw new CeremonyAbort("view", i + 1);
    if (!equalBytes(commits[i]!.commitment, commitmentTo(opening.dealing)))
      throw new CeremonyAbort("commitment", i + 1);
    return checkDealing(ceremony, i + 1, opening.dealing);
  });
  const rounds = [roundBytes(CeremonyCommit, commits), roundBytes(CeremonyOpening, openings)];
  return { openings, dealings, rounds, view: viewOf(context, ...rounds) };
}

/** Round 3: seals a share to each other trustee, once all openings are on the board and right. @throws CeremonyAbort */
export function deal(seat: Seat, secret: DealerSecret, board: Opened, rng: Rng): Uint8Array {
  const { ceremony, index: sender } = seat;
  const { context, plan } = ceremony;
  const { openings, view } = readOpenings(ceremony, board);
  if (!equalBytes(openings[sender - 1]!.dealing, secret.dealing)) throw new CeremonyAbort("own-message", sender);
  const sealed = plan.trustees.map(({ transportKey }, i) => {
    const to = i + 1;
    if (to === sender) return new Uint8Array();
    const shares = perKey((name) => evaluate(secret.polynomials[name], to));
    const share = CeremonyShare.encode({ shares, seed: secret.seed });
    return hybridSeal(transportKey, sealAad(context, sender, to, view), share, rng);
  });
  return post(CeremonyDeals, { context, sender, view, sealed }, seat.identitySecret);
}

// ---- round 4

function readDeals(ceremony: Ceremony, board: Dealt) {
  const { context, senders } = ceremony;
  const { dealings, rounds, view } = readOpenings(ceremony, board);
  const deals = collectRound(CeremonyDeals, context, senders, board.deals);
  deals.forEach((d, i) => {
    if (!equalBytes(d.view, view)) throw new CeremonyAbort("view", i + 1);
    if (d.sealed.length !== senders.length) throw new CeremonyAbort("malformed", i + 1);
  });
  return { dealings, deals, view, transcript: viewOf(context, ...rounds, roundBytes(CeremonyDeals, deals)) };
}

/** The share that `deals` holds for this seat, or the reason for a complaint. */
function receive(seat: Seat, dealing: CeremonyDealing, deals: CeremonyDeals, view: Uint8Array) {
  const { index: to, transportSecret } = seat;
  const { context, sender } = deals;
  const aad = sealAad(context, sender, to, view);
  const share = openShare(CeremonyShare, transportSecret, aad, deals.sealed[to - 1]!);
  if (share === undefined) return "unreadable";
  if (!sharesFit(share.shares, dealing.commitments, to)) return "share";
  if (!equalBytes(seedHashOf(context, sender, share.seed), dealing.seedHash)) return "seed";
  return share;
}

/**
 * Round 4: signs the key set, or complains.
 * @throws CeremonyAbort for a fault that everybody can see; a fault that only this seat can see becomes a complaint
 */
export function accept(seat: Seat, secret: DealerSecret, board: Dealt): Outcome {
  const { ceremony, index } = seat;
  const { context, plan } = ceremony;
  const { dealings, deals, view, transcript } = readDeals(ceremony, board);
  if (!equalBytes(CeremonyDealing.encode(dealings[index - 1]!), secret.dealing))
    throw new CeremonyAbort("own-message", index);

  const own: CeremonyShare = { shares: perKey((name) => evaluate(secret.polynomials[name], index)), seed: secret.seed };
  const received: CeremonyShare[] = [];
  for (const [i, dealing] of dealings.entries()) {
    const share = i + 1 === index ? own : receive(seat, dealing, deals[i]!, view);
    if (typeof share === "string") {
      const complaint: Complaint = { context, sender: index, accused: i + 1, reason: share };
      return { accepted: false, complaint, message: post(Complaint, complaint, seat.identitySecret) };
    }
    received.push(share);
  }

  const groupHybridSecret = labelledHash(LABELS.hybridGroupSeed, context, ...received.map((r) => r.seed));
  const core = coreFrom(
    {
      threshold: plan.threshold,
      generation: 0,
      identityKeys: plan.trustees.map((t) => t.identityKey),
      groupHybridKey: hybridKeyPair(groupHybridSecret).publicKey,
      transcript,
    },
    // public because commitments are broadcast
    perKey((name) => sumColumns(dealings.map((d) => d.commitments[name]))),
  );
  const shares = perKey((name) => received.reduce((total, r) => Fr.add(total, r.shares[name]), 0n));
  return {
    accepted: true,
    message: postAcceptance(context, index, core, seat.identitySecret),
    secret: { keySetId: keySetId(core), generation: 0, index, shares, groupHybridSecret },
  };
}

// ---- round 5, by anybody

/** Reads and verifies a complaint. @throws CeremonyAbort */
export function readComplaint({ context, senders }: Ceremony, message: Uint8Array): Complaint {
  return readMessage(Complaint, context, senders, message);
}

/** Round 5: the key set, from n acceptances. @throws CeremonyAbort */
export function finish(ceremony: Ceremony, acceptances: readonly Uint8Array[]): KeySet {
  return assembleKeySet(ceremony.context, ceremony.senders, acceptances);
}
