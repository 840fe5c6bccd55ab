// The key ceremony at one trustee. protocol/ceremony.ts describes the rounds and their security. A coordinator carries the
// signed messages between the trustees. The coordinator learns nothing secret, and at worst it can stop the run.
//
//   start    threshold, all trustees' cards → commit     this trustee makes the plan itself, from cards under the pinned keys
//   open     all commits                    → opening
//   deal     all openings                   → deals, sealed to each receiver
//   accept   all deals                      → acceptance, or a complaint that names a dealer
//   finish   all acceptances                → key set; the share moves into the vault, and the board keeps no secret
//
// The board (durable-objects/ceremony.ts) keeps the messages that it was shown and this trustee's own messages. So if a round
// is asked for again, it answers the same bytes, also after it has finished: so a run that stopped anywhere goes on. A trustee
// that holds keys never starts another ceremony, because its shares would be lost, and every record with them.

import type { Board, Ceremony as CeremonyObject, CeremonyRound } from "../../durable-objects/ceremony.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { readTrusteeCards } from "../../protocol/case-documents.ts";
import { accept, type Ceremony, commit, deal, finish, open, openCeremony, type Seat } from "../../protocol/ceremony.ts";
import {
  Acceptance,
  CeremonyAbort,
  CeremonyCommit,
  CeremonyDeals,
  CeremonyOpening,
  CeremonyPlan,
  DealerSecret,
  readMessage,
} from "../../protocol/ceremony-documents.ts";
import type { Codec } from "../../protocol/codec.ts";
import { type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { assertSecretOf, KeySet, KeySetError, TrusteeSecret } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain } from "../../protocol/key-set-chain.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { openAtRest, sealAtRest } from "./at-rest.ts";
import { ownKeys, pinnedKeys, vaultOf } from "./context.ts";

const boardOf = (env: TrusteeEnv, id: Hex): DurableObjectStub<CeremonyObject> =>
  (env.CEREMONY as DurableObjectNamespace<CeremonyObject>).getByName(id);

/** Tells the coordinator why a run failed, and by whom. The reasons are public, since people must settle them. */
export function telling<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CeremonyAbort || error instanceof KeySetError || error instanceof RangeError)
      throw new Problem("not-allowed-now", `ceremony: ${error.message}`);
    throw error;
  }
}

const seatOf = (env: TrusteeEnv, ceremony: Ceremony): Seat => {
  const own = ownKeys(env);
  return {
    ceremony,
    index: own.index,
    identitySecret: own.identitySecret,
    transportSecret: own.transport.secretKey,
  };
};

/** This trustee's commit on a board of the same plan. */
const commitTo = (plan: Uint8Array, board: Board | undefined): Uint8Array | undefined =>
  board && equalBytes(board.plan, plan) ? board.own.find(({ round }) => round === "commit")?.bytes : undefined;

/** Fixes the plan of a ceremony; returns this trustee's commit. @throws Problem conflict, not-allowed-now */
export async function startCeremony(
  env: TrusteeEnv,
  id: Hex,
  threshold: number,
  cards: Uint8Array[],
): Promise<Uint8Array> {
  const pinned = pinnedKeys(env);
  const { plan, ceremony } = telling(() => {
    const trustees = readTrusteeCards(cards, pinned).map((card, i) => ({
      identityKey: pinned[i]!,
      transportKey: card.transportKey,
    }));
    const planned: CeremonyPlan = { ceremonyId: hexToBytes(id), threshold, trustees };
    return { plan: CeremonyPlan.encode(planned), ceremony: openCeremony(planned) };
  });
  const own = ownKeys(env);
  if (!equalBytes(ceremony.plan.trustees[own.index - 1]!.transportKey, own.transport.publicKey))
    throw new Problem("not-allowed-now", "ceremony: the card of this trustee has another transport key");
  const board = boardOf(env, id);
  if (await vaultOf(env).keys()) {
    // In a run that stopped at its last step, some trustees hold the keys of this very run and the others wait for them.
    const said = commitTo(plan, (await board.read()) as Board | undefined);
    if (!said) throw new Problem("conflict", "This trustee already holds keys.");
    return said;
  }
  const { secret, message } = commit(seatOf(env, ceremony), rng);
  const dealerSecret = sealAtRest(own.vaultKey, "dealer-secret", ceremony.context, DealerSecret.encode(secret), rng);
  const stands = await board.start({ plan, cards, dealerSecret, commit: message });
  if (!stands) throw new Problem("conflict", "This ceremony id is bound to another plan.");
  return stands;
}

/** The state of a ceremony at this trustee, after the messages of a round were shown. */
interface CeremonyTurn {
  board: DurableObjectStub<CeremonyObject>;
  state: Board;
  ceremony: Ceremony;
  seat: Seat;
}

const CODECS = {
  commit: CeremonyCommit,
  open: CeremonyOpening,
  deal: CeremonyDeals,
  accept: Acceptance,
} as const;

/**
 * Shows the messages of round `shown` to this trustee's board, then reads the board.
 * @throws Problem not-found, not-allowed-now
 */
async function showMessages(
  env: TrusteeEnv,
  id: Hex,
  shown: CeremonyRound,
  messages: Uint8Array[],
): Promise<CeremonyTurn> {
  const board = boardOf(env, id);
  const before = await board.read();
  if (!before) throw new Problem("not-found", "No ceremony with this id was started here.");
  const ceremony = openCeremony(CeremonyPlan.decode(before.plan));
  const codec: Codec<{ context: Uint8Array; sender: number }> = CODECS[shown] as never;
  const read = telling(() =>
    messages.map((bytes) => ({ sender: readMessage(codec, ceremony.context, ceremony.senders, bytes).sender, bytes })),
  );
  const taken = await board.show(shown, read);
  if (!taken.ok) throw new Problem("not-allowed-now", `ceremony: trustee ${taken.equivocated}: equivocated`);
  return { board, state: (await board.read()) as Board, ceremony, seat: seatOf(env, ceremony) };
}

const shownIn = ({ state }: CeremonyTurn, round: CeremonyRound): Uint8Array[] =>
  state.messages.filter((m) => m.round === round).map((m) => m.bytes);
const ownIn = ({ state }: CeremonyTurn, round: CeremonyRound): Uint8Array | undefined =>
  state.own.find((m) => m.round === round)?.bytes;

function dealerSecretOf(env: TrusteeEnv, { state, ceremony }: CeremonyTurn): DealerSecret {
  if (!state.dealerSecret) throw new Problem("not-allowed-now", "ceremony: over");
  const { vaultKey } = ownKeys(env);
  return DealerSecret.decode(openAtRest(vaultKey, "dealer-secret", ceremony.context, state.dealerSecret));
}

/** Takes all commits; returns this trustee's opening. @throws Problem */
export async function openRound(env: TrusteeEnv, id: Hex, messages: Uint8Array[]): Promise<Uint8Array> {
  const turn = await showMessages(env, id, "commit", messages);
  const said = ownIn(turn, "open");
  if (said) return said;
  const secret = dealerSecretOf(env, turn);
  return turn.board.keepOwn(
    "open",
    telling(() => open(turn.seat, secret, { commits: shownIn(turn, "commit") })),
  );
}

/** Takes all openings; returns this trustee's deals, each sealed to its receiver. @throws Problem */
export async function dealRound(env: TrusteeEnv, id: Hex, messages: Uint8Array[]): Promise<Uint8Array> {
  const turn = await showMessages(env, id, "open", messages);
  const said = ownIn(turn, "deal");
  if (said) return said;
  const secret = dealerSecretOf(env, turn);
  const board = { commits: shownIn(turn, "commit"), openings: shownIn(turn, "open") };
  return turn.board.keepOwn(
    "deal",
    telling(() => deal(turn.seat, secret, board, rng)),
  );
}

/** Takes all deals; returns an acceptance, or a complaint that names a dealer. @throws Problem */
export async function acceptRound(env: TrusteeEnv, id: Hex, messages: Uint8Array[]): Promise<Uint8Array> {
  const turn = await showMessages(env, id, "deal", messages);
  const said = ownIn(turn, "accept");
  if (said) return said;
  const secret = dealerSecretOf(env, turn);
  const board = { commits: shownIn(turn, "commit"), openings: shownIn(turn, "open"), deals: shownIn(turn, "deal") };
  const outcome = telling(() => accept(turn.seat, secret, board));
  const sealed = outcome.accepted
    ? sealAtRest(
        ownKeys(env).vaultKey,
        "trustee-secret",
        turn.ceremony.context,
        TrusteeSecret.encode(outcome.secret),
        rng,
      )
    : undefined;
  return turn.board.keepAcceptance(outcome.message, sealed);
}

/** Takes all acceptances; moves the share into the vault. Repeating it changes nothing. @throws Problem */
export async function finishRound(env: TrusteeEnv, id: Hex, messages: Uint8Array[]): Promise<void> {
  const turn = await showMessages(env, id, "accept", messages);
  const vault = vaultOf(env);
  const keySet = telling(() => finish(turn.ceremony, shownIn(turn, "accept")));
  const keySetBytes = KeySet.encode(keySet);
  const held = await vault.keys();
  if (held && equalBytes(held.keySet, keySetBytes)) {
    await turn.board.forget(); // the first time, it may have stopped before this
    return;
  }
  if (!turn.state.trusteeSecret) throw new Problem("not-allowed-now", "ceremony: no share was accepted here");
  const { vaultKey } = ownKeys(env);
  const bytes = openAtRest(vaultKey, "trustee-secret", turn.ceremony.context, turn.state.trusteeSecret);
  telling(() => assertSecretOf(TrusteeSecret.decode(bytes), keySet));
  const installed = await vault.installKeys(
    {
      generation: keySet.generation,
      keySet: keySetBytes,
      sealedSecret: sealAtRest(vaultKey, "trustee-secret", keySetBytes, bytes, rng),
      cards: turn.state.cards,
    },
    KeySetChain.encode(chainOf(keySetBytes)),
  );
  if (installed === "conflict") throw new Problem("conflict", "This trustee already holds other keys.");
  await turn.board.forget();
}
