// Trustees for tests: a committee with its pinned keys, and whole runs of the ceremony and of resharing without faults.

import { randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Rng } from "../../protocol/bytes.ts";
import {
  accept,
  type Ceremony,
  commit,
  type Dealt,
  deal,
  finish,
  open,
  openCeremony,
  type Seat,
} from "../../protocol/ceremony.ts";
import { ResharePlan } from "../../protocol/ceremony-documents.ts";
import { hybridKeyPair } from "../../protocol/hybrid-seal.ts";
import { KeySet, type TrusteeSecret } from "../../protocol/key-set.ts";
import type { KeySetChain } from "../../protocol/key-set-chain.ts";
import {
  keySetHash,
  openResharing,
  type ReceiverSeat,
  reshareAccept,
  reshareDeal,
  reshareFinish,
} from "../../protocol/resharing.ts";

export const rng: Rng = (n) => new Uint8Array(randomBytes(n));

export interface Person {
  readonly identitySecret: Uint8Array;
  readonly transportSecret: Uint8Array;
  readonly keys: { identityKey: Uint8Array; transportKey: Uint8Array };
}

export function people(n: number): Person[] {
  return Array.from({ length: n }, () => {
    const identitySecret = rng(32);
    const transport = hybridKeyPair(rng(32));
    return {
      identitySecret,
      transportSecret: transport.secretKey,
      keys: { identityKey: ed25519.getPublicKey(identitySecret), transportKey: transport.publicKey },
    };
  });
}

export function convene(threshold: number, committee: readonly Person[]): { ceremony: Ceremony; seats: Seat[] } {
  const ceremony = openCeremony({ ceremonyId: rng(32), threshold, trustees: committee.map((p) => p.keys) });
  const seats = committee.map(({ identitySecret, transportSecret }, i) => ({
    ceremony,
    index: i + 1,
    identitySecret,
    transportSecret,
  }));
  return { ceremony, seats };
}

/** A ceremony up to the deals, in which all are honest. */
export function runToDeals(seats: readonly Seat[]) {
  const round1 = seats.map((seat) => commit(seat, rng));
  const secrets = round1.map((r) => r.secret);
  const commits = round1.map((r) => r.message);
  const openings = seats.map((seat, i) => open(seat, secrets[i]!, { commits }));
  const deals = seats.map((seat, i) => deal(seat, secrets[i]!, { commits, openings }, rng));
  const board: Dealt = { commits, openings, deals };
  return { secrets, board };
}

export interface Trustees {
  readonly keySet: KeySet;
  readonly secrets: TrusteeSecret[];
  readonly committee: Person[];
}

export function runCeremony(threshold: number, n: number, committee = people(n)): Trustees {
  const { ceremony, seats } = convene(threshold, committee);
  const { secrets, board } = runToDeals(seats);
  const outcomes = seats.map((seat, i) => accept(seat, secrets[i]!, board));
  return {
    committee,
    keySet: finish(
      ceremony,
      outcomes.map((o) => o.message),
    ),
    secrets: outcomes.map((o) => {
      if (!o.accepted) throw new Error(`complaint against ${o.complaint.accused}`);
      return o.secret;
    }),
  };
}

/** A resharing plan from S of the old trustees to a new committee. */
export function planResharing(old: Trustees, dealers: number[], threshold: number, committee: readonly Person[]) {
  const plan = {
    reshareId: rng(32),
    previous: keySetHash(old.keySet),
    generation: old.keySet.generation,
    dealers,
    threshold,
    trustees: committee.map((p) => p.keys),
  };
  const resharing = openResharing(plan, old.keySet);
  const receivers: ReceiverSeat[] = committee.map(({ identitySecret, transportSecret }, i) => ({
    resharing,
    index: i + 1,
    identitySecret,
    transportSecret,
  }));
  const dealerSeats = dealers.map((i) => ({
    resharing,
    identitySecret: old.committee[i - 1]!.identitySecret,
    secret: old.secrets[i - 1]!,
  }));
  return { plan, resharing, receivers, dealerSeats };
}

/** A resharing without faults; `link` is what everybody can check of it. */
export function runResharing(
  old: Trustees,
  dealers: number[],
  threshold: number,
  committee: Person[],
): Trustees & { link: KeySetChain["links"][number] } {
  const { plan, resharing, receivers, dealerSeats } = planResharing(old, dealers, threshold, committee);
  const deals = dealerSeats.map((seat) => reshareDeal(seat, rng));
  const outcomes = receivers.map((seat) => reshareAccept(seat, deals));
  const keySet = reshareFinish(
    resharing,
    outcomes.map((o) => o.message),
  );
  return {
    committee,
    keySet,
    link: { plan: ResharePlan.encode(plan), deals, keySet: KeySet.encode(keySet) },
    secrets: outcomes.map((o) => {
      if (!o.accepted) throw new Error(`complaint against ${o.complaint.accused}`);
      return o.secret;
    }),
  };
}
