// Resharing at one trustee: t members of the old committee hand the keys to a new one. protocol/resharing.ts describes the
// rounds and their security. A coordinator carries the messages, as in the ceremony.
//
//   start     threshold, dealers, all new trustees' cards, the chain up to the old key set → the plan, made here
//   approve   an officer's assertion over reshareApprovalChallenge of the plan. Without it this trustee deals nothing
//   deal      by a dealer                    → deals, sealed to each new trustee. One plan per generation, for ever
//   accept    all deals, by a new trustee    → acceptance, or a complaint that names a dealer
//   finish    deals and acceptances, by all  a new trustee's share replaces its old one; a trustee that leaves deletes its own.
//                                            Each new trustee announces the key set in the log
//
// A new trustee has no old key set of its own. It walks the chain from the pinned generation 0. A member trusts its vault.
// A trustee keeps its index as long as it stays, because its keys derive from its seed and its index.

import type { Assertion } from "../../api/trustee/officers.ts";
import type { Board, Ceremony as CeremonyObject } from "../../durable-objects/ceremony.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { TrusteeCard } from "../../protocol/case-documents.ts";
import { Acceptance, ReshareDeals, ResharePlan, readMessage } from "../../protocol/ceremony-documents.ts";
import { LogEntry, openSigned } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { assertSecretOf, KeySet, TrusteeSecret } from "../../protocol/key-set.ts";
import { KeySetChain, reshareApprovalChallenge, walkChain } from "../../protocol/key-set-chain.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  keySetHash,
  openResharing,
  type Resharing,
  reshareAccept,
  reshareDeal,
  reshareFinish,
  verifyResharing,
} from "../../protocol/resharing.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { openAtRest, sealAtRest } from "./at-rest.ts";
import { telling } from "./ceremony.ts";
import { heldKeys, ownKeys, parseKeySet, unsealSecret, vaultOf } from "./context.ts";
import { verifyAssertion } from "./officer-registry.ts";

const boardOf = (env: TrusteeEnv, id: Hex): DurableObjectStub<CeremonyObject> =>
  (env.CEREMONY as DurableObjectNamespace<CeremonyObject>).getByName(`reshare ${id}`);

export interface StartInput {
  threshold: number;
  /** S: t old indices, ascending */
  dealers: readonly number[];
  /** Signed<TrusteeCard> of the new trustees, in index order */
  cards: Uint8Array[];
  /** KeySetChain up to the old key set */
  chain: Uint8Array;
}

/** The keys of the new committee. Each card is signed by the identity key that it brings. @throws Problem malformed */
const newCommittee = (cards: readonly Uint8Array[]): ResharePlan["trustees"] =>
  cards.map((signed, i) => {
    const { key, value } = openSigned(LABELS.signTrustee, TrusteeCard, signed, nativeVerify);
    if (value.index !== i + 1) throw new Problem("malformed", `cards: trustee ${value.index} at place ${i + 1}`);
    return { identityKey: key, transportKey: value.transportKey };
  });

/** The old key set: that of the vault, or for a new trustee the chain's last. @throws Problem conflict, not-allowed-now */
async function oldKeySet(env: TrusteeEnv, chain: Uint8Array): Promise<KeySet> {
  const pinned = (JSON.parse(env.TRUSTEE_KEYS) as Hex[]).map(hexToBytes);
  const walked = telling(() => walkChain(KeySetChain.decode(chain), pinned)).at(-1)!;
  const held = await vaultOf(env).keys();
  if (held && !equalBytes(held.keySet, KeySet.encode(walked)))
    throw new Problem("conflict", "chain: it does not end with the key set that this trustee holds");
  return walked;
}

/** Fixes the plan of a resharing; returns it, encoded. @throws Problem conflict, malformed, not-allowed-now */
export async function startResharing(env: TrusteeEnv, id: Hex, input: StartInput): Promise<Uint8Array> {
  const old = await oldKeySet(env, input.chain);
  const trustees = newCommittee(input.cards);
  const plan: ResharePlan = {
    reshareId: hexToBytes(id),
    previous: keySetHash(old),
    generation: old.generation,
    dealers: [...input.dealers],
    threshold: input.threshold,
    trustees,
  };
  telling(() => openResharing(plan, old));
  const bytes = ResharePlan.encode(plan);
  if (!(await boardOf(env, id).startResharing({ plan: bytes, cards: input.cards, chain: input.chain })))
    throw new Problem("conflict", "This resharing id is bound to another plan.");
  return bytes;
}

interface Turn {
  readonly board: DurableObjectStub<CeremonyObject>;
  readonly state: Board & { chain: Uint8Array };
  readonly resharing: Resharing;
}

/** @throws Problem not-found */
async function turnOf(env: TrusteeEnv, id: Hex): Promise<Turn> {
  const board = boardOf(env, id);
  const state = await board.read();
  if (!state?.chain) throw new Problem("not-found", "No resharing with this id was started here.");
  const { chain } = state;
  const pinned = (JSON.parse(env.TRUSTEE_KEYS) as Hex[]).map(hexToBytes);
  const old = telling(() => walkChain(KeySetChain.decode(chain), pinned)).at(-1)!;
  return { board, state: { ...state, chain }, resharing: openResharing(ResharePlan.decode(state.plan), old) };
}

/** Keeps an officer's approval of the plan. @throws Problem credential-refused, not-found */
export async function approveResharing(env: TrusteeEnv, id: Hex, assertion: Assertion, now: number): Promise<void> {
  const { resharing } = await turnOf(env, id);
  const challenge = reshareApprovalChallenge(resharing.context, ownKeys(env).index);
  const { counter } = await verifyAssertion(env, assertion, () => challenge, now);
  const plan = resharing.context;
  const kept = await vaultOf(env).approveResharing({ plan, credentialId: assertion.credentialId, counter, now });
  if (kept !== "ok") throw new Problem("credential-refused", undefined, `officer: ${kept}`);
}

/** This dealer's deals. Asking again gives the same bytes. @throws Problem not-allowed-now */
export async function dealResharing(env: TrusteeEnv, id: Hex): Promise<Uint8Array> {
  const { board, state, resharing } = await turnOf(env, id);
  const said = state.own.find((m) => m.round === "deal")?.bytes;
  if (said) return said;
  const held = await heldKeys(env);
  const keySet = parseKeySet(held.keySet);
  const handed = await vaultOf(env).handOn(keySet.generation, resharing.context);
  if (handed === "not-approved")
    throw new Problem("not-allowed-now", "resharing: no officer of this trustee has approved this plan");
  if (handed === "other-plan")
    throw new Problem("conflict", "This trustee has already handed its share on to another plan.");
  const { identitySecret } = ownKeys(env);
  const secret = unsealSecret(env, held, keySet);
  const message = telling(() => reshareDeal({ resharing, identitySecret, secret }, rng));
  return board.keepOwn("deal", message);
}

/** Shows messages to this trustee's board, which keeps the first of each sender. @throws Problem not-allowed-now */
async function show(
  { board, resharing }: Turn,
  round: "deal" | "accept",
  messages: Uint8Array[],
): Promise<Uint8Array[]> {
  const { context, dealers, receivers } = resharing;
  const read = telling(() =>
    messages.map((bytes) => ({
      sender:
        round === "deal"
          ? readMessage(ReshareDeals, context, dealers, bytes).sender
          : readMessage(Acceptance, context, receivers, bytes).sender,
      bytes,
    })),
  );
  const taken = await board.show(round, read);
  if (!taken.ok) throw new Problem("not-allowed-now", `resharing: trustee ${taken.equivocated}: equivocated`);
  return (await board.read())!.messages.filter((m) => m.round === round).map((m) => m.bytes);
}

const isReceiver = (env: TrusteeEnv, { plan }: Resharing): boolean => {
  const own = ownKeys(env);
  const planned = plan.trustees[own.index - 1];
  return planned !== undefined && equalBytes(planned.identityKey, own.identityPublicKey);
};

/** A new trustee takes all deals; returns an acceptance, or a complaint that names a dealer. @throws Problem */
export async function acceptResharing(env: TrusteeEnv, id: Hex, messages: Uint8Array[]): Promise<Uint8Array> {
  const turn = await turnOf(env, id);
  const said = turn.state.own.find((m) => m.round === "accept")?.bytes;
  if (said) return said;
  if (!isReceiver(env, turn.resharing))
    throw new Problem("not-allowed-now", "resharing: this trustee is not in the new committee");
  const deals = await show(turn, "deal", messages);
  const { index, identitySecret, transport, vaultKey } = ownKeys(env);
  const seat = { resharing: turn.resharing, index, identitySecret, transportSecret: transport.secretKey };
  const outcome = telling(() => reshareAccept(seat, deals));
  const sealed = outcome.accepted
    ? sealAtRest(vaultKey, "trustee-secret", turn.resharing.context, TrusteeSecret.encode(outcome.secret), rng)
    : undefined;
  return turn.board.keepAcceptance(outcome.message, sealed);
}

export interface FinishInput {
  deals: Uint8Array[];
  acceptances: Uint8Array[];
}

/**
 * Takes deals and acceptances. A new trustee's vault then holds the new share and nothing else; that of a trustee that
 * leaves holds none. Repeating it changes nothing.
 * @throws Problem not-allowed-now, conflict, unavailable
 */
export async function finishResharing(env: TrusteeEnv, id: Hex, input: FinishInput, now: number): Promise<void> {
  const turn = await turnOf(env, id);
  const { resharing, state, board } = turn;
  const keySet = telling(() => reshareFinish(resharing, input.acceptances));
  telling(() => verifyResharing(resharing, input.deals, keySet));
  const keySetBytes = KeySet.encode(keySet);
  const before = KeySetChain.decode(state.chain);
  const link = { plan: state.plan, deals: input.deals, keySet: keySetBytes };
  const chain = KeySetChain.encode({ ...before, links: [...before.links, link] });
  const vault = vaultOf(env);
  if (!isReceiver(env, resharing)) {
    await vault.leave(resharing.old.generation, chain);
    return;
  }
  const held = await vault.keys();
  if (!held || !equalBytes(held.keySet, keySetBytes)) {
    if (!state.trusteeSecret) throw new Problem("not-allowed-now", "resharing: no share was accepted here");
    const { vaultKey } = ownKeys(env);
    const bytes = openAtRest(vaultKey, "trustee-secret", resharing.context, state.trusteeSecret);
    telling(() => assertSecretOf(TrusteeSecret.decode(bytes), keySet));
    const sealedSecret = sealAtRest(vaultKey, "trustee-secret", keySetBytes, bytes, rng);
    const keys = { generation: keySet.generation, keySet: keySetBytes, sealedSecret, cards: state.cards };
    if ((await vault.installKeys(keys, chain)) === "conflict")
      throw new Problem("conflict", "This trustee already holds other keys.");
  }
  await announce(env, keySet, now);
  await board.forget();
}

/** Announces the key set in the log. @throws Problem unavailable; a repetition of `finish` announces it again */
async function announce(env: TrusteeEnv, keySet: KeySet, now: number): Promise<void> {
  const { identitySecret } = ownKeys(env);
  const entry = LogEntry.encode({
    kind: "key-set",
    at: now,
    subject: keySetHash(keySet),
    caseId: undefined,
    body: new Uint8Array(),
  });
  await appendEntryBytes({ LOG_URL: env.LOG_URL, SIGNING_KEY: bytesToHex(identitySecret) }, now, entry);
}
