// Visit cards at the clinic (client/shared/visit-card.ts): a card is read, its visit found, and the person counted as arrived, once.
//
//   find    A card names no visit. The clinic tries those that are young enough for a card: first the ones that the caller knows,
//           then the service's check-ins of these days. If the service made one of them up, it does not verify, and its card is
//           unknown as any other is. Each check-in is asked for once per object: a clinic's first foreign card costs the most
//   take    stores under the tagHash that the card was taken, and only then tells the arrival. A visit has one card, however
//           often it is printed: the second one is told as "used", with the time of the first
//
// One store decides. Two desks of a clinic that do not share it can each take the same card once (docs/SECURITY.md).

import { hexToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { SymbolonError } from "../errors.ts";
import {
  isCardOf,
  readVisitCardText,
  VISIT_CARD_SECONDS,
  VisitCardError,
  type VisitCardParts,
} from "../shared/visit-card.ts";
import { ApiError } from "../transport.ts";
import type { ClinicEvent } from "./events.ts";
import type { ClinicSession } from "./session.ts";

/** So many check-ins are asked for at one time. */
const AT_ONCE = 16;

/** A card that was taken. Plain JSON. */
export interface TakenVisitCard {
  /** 32 bytes; names the visit */
  tagHash: Hex;
  /** unix seconds, by the clinic's clock */
  at: number;
  /** No card of this visit is good after this time (unix seconds). The store may forget the entry a day later. */
  until: number;
}

/** Keeps which cards were taken. Several processes may share one, so `add` is one step. */
export interface TakenVisitCardStore {
  /** Adds the entry, or returns the one that stands under its tag hash. Resolves when it is durable. */
  add(entry: TakenVisitCard): Promise<TakenVisitCard | undefined>;
}

/** A store for tests and demos. It forgets everything when the process ends. */
export class MemoryTakenVisitCards implements TakenVisitCardStore {
  readonly #taken = new Map<Hex, TakenVisitCard>();
  async add(entry: TakenVisitCard): Promise<TakenVisitCard | undefined> {
    const standing = this.#taken.get(entry.tagHash);
    if (!standing) this.#taken.set(entry.tagHash, entry);
    return standing;
  }
}

export interface Arrival {
  /** "used": the card was taken before, at the time `at` */
  outcome: "arrived" | "used";
  session: ClinicSession;
  /** unix seconds, of the first time */
  at: number;
}

/** A check-in of this clinic. It need not be verified. */
export type CardCandidate = Pick<ClinicSession, "tagHash" | "checkIn" | "challengedAt">;

/** The clinic's side of the cards. */
interface Desk {
  now(): number;
  /** the clinic's events from the day before `cursor` on, as Clinic.missedEvents */
  events(cursor: string): AsyncIterable<ClinicEvent>;
  /** the check-in that the service has under this tag, not verified */
  candidate(tagHash: Hex): Promise<CardCandidate>;
  /** verified */
  session(tagHash: Hex): Promise<ClinicSession>;
  /** FrameChannel.visitCardKey of the clinic's end */
  cardKey(candidate: CardCandidate): Promise<Uint8Array>;
}

/** The cards of this clinic's visits. Keep one object: it remembers the keys of the visits that it tried. */
export class VisitCards {
  readonly #desk: Desk;
  readonly #store: TakenVisitCardStore;
  readonly #keys = new WeakMap<CardCandidate, Uint8Array>();
  /** check-ins of the last days that the service handed out */
  readonly #fetched = new Map<Hex, CardCandidate>();

  constructor(desk: Desk, store: TakenVisitCardStore) {
    this.#desk = desk;
    this.#store = store;
  }

  /**
   * Takes a card: finds its visit, and stores that the card was used. Resolves when that is durable.
   * @param known verified sessions of this clinic, which are tried without a request
   * @throws VisitCardError bad-card, card-expired; unknown-card for the card of another clinic and for a forged one alike;
   *   ApiError if the visit is not among `known` and the service cannot be asked
   */
  async take(text: string, known: Iterable<ClinicSession> = []): Promise<Arrival> {
    const session = await this.read(text, known);
    const { tagHash, challengedAt } = session;
    const entry = { tagHash, at: this.#desk.now(), until: challengedAt + VISIT_CARD_SECONDS };
    const standing = await this.#store.add(entry);
    return { outcome: standing ? "used" : "arrived", session, at: (standing ?? entry).at };
  }

  /** The visit of a card. Does not count as a use. @throws as `take` */
  async read(text: string, known: Iterable<ClinicSession> = []): Promise<ClinicSession> {
    const card = readVisitCardText(text);
    const now = this.#desk.now();
    if (card.notAfter < now) throw new VisitCardError("card-expired");
    const since = now - VISIT_CARD_SECONDS;
    const tried = new Set<Hex>();
    const session = (await this.#amongKnown(card, known, since, tried)) ?? (await this.#atService(card, since, tried));
    if (!session) throw new VisitCardError("unknown-card");
    if (card.notAfter > session.challengedAt + VISIT_CARD_SECONDS)
      throw new VisitCardError("bad-card", "it is good for longer than a card may be");
    return session;
  }

  async #amongKnown(card: VisitCardParts, known: Iterable<ClinicSession>, since: number, tried: Set<Hex>) {
    for (const session of known) {
      tried.add(session.tagHash);
      if (session.challengedAt >= since && (await this.#fits(session, card))) return session;
    }
    return undefined;
  }

  /** @throws ApiError; SymbolonError bad-answer */
  async #atService(card: VisitCardParts, since: number, tried: ReadonlySet<Hex>): Promise<ClinicSession | undefined> {
    for (const [tagHash, { challengedAt }] of this.#fetched) if (challengedAt < since) this.#fetched.delete(tagHash);
    const left: Hex[] = [];
    for await (const event of this.#desk.events(String(dayOf(since)))) {
      const tagHash = event.type === "check-in" ? (event.tagHash as Hex) : undefined;
      if (tagHash !== undefined && !tried.has(tagHash)) left.push(tagHash);
    }
    for (let i = 0; i < left.length; i += AT_ONCE) {
      const fetched = left.slice(i, i + AT_ONCE).map((tagHash) => skipping(() => this.#candidate(tagHash)));
      for (const candidate of await Promise.all(fetched)) {
        if (!candidate || candidate.challengedAt < since || !(await this.#fits(candidate, card))) continue;
        // The service could have made up a check-in whose key it knows. The verified one must have this card too.
        const session = await skipping(() => this.#desk.session(candidate.tagHash));
        if (session && (await this.#fits(session, card))) return session;
      }
    }
    return undefined;
  }

  async #candidate(tagHash: Hex): Promise<CardCandidate> {
    const fetched = this.#fetched.get(tagHash) ?? (await this.#desk.candidate(tagHash));
    this.#fetched.set(tagHash, fetched);
    return fetched;
  }

  async #fits(candidate: CardCandidate, card: VisitCardParts): Promise<boolean> {
    const key = this.#keys.get(candidate) ?? (await skipping(() => this.#desk.cardKey(candidate)));
    if (!key) return false;
    this.#keys.set(candidate, key);
    return isCardOf(key, hexToBytes(candidate.tagHash), card);
  }
}

/** One check-in that is no good must not hide the others. If the service cannot be asked, nobody can say that a card is unknown. */
async function skipping<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof SymbolonError)) throw error;
    if (error instanceof ApiError && error.code !== "not-found") throw error;
    return undefined;
  }
}
