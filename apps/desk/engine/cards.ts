// The worker's method for a visit card: the person is here, and has the visit on paper in place of a phone.

import type { Clinic, VisitCards } from "../../../client/index.ts";
import { clinic, locker } from "./held.ts";
import { arrivedByCard, knownSessions, type VisitView } from "./reception.ts";
import { LockerCards } from "./stores.ts";

export interface CardTaken {
  /** "used": the card was taken before, at the time `at` */
  outcome: "arrived" | "used";
  visit: VisitView;
  /** unix seconds */
  at: number;
}

/** One per clinic, so that all cards take turns at one list, and the keys of visits that were tried are kept. */
const cardsOf = new WeakMap<Clinic, VisitCards>();
function cards(): VisitCards {
  const held = cardsOf.get(clinic()) ?? clinic().visitCards(new LockerCards(locker()));
  cardsOf.set(clinic(), held);
  return held;
}

export const cardsApi = {
  /** Takes a card once. @param text "SYMBOLON-CARD:…" @throws VisitCardError; ApiError unreachable */
  async takeCard(text: string): Promise<CardTaken> {
    const { outcome, session, at } = await cards().take(text, knownSessions());
    return { outcome, at, visit: await arrivedByCard(session, at) };
  },
};
