// The worker's methods for a check-in: read the clinic's invitation, check in over the network, or hand the check-in to the
// clinic itself. The wallet keeps the cards of clinics that it was at. So a short code works there without network too.

import {
  ApiError,
  CheckInError,
  type CheckInOffer,
  fromBase64url,
  readInvitationText,
  SymbolonError,
  toBase64url,
  visitCardEnd,
} from "../../../client/doors/wallet.ts";
import { locker, wallet } from "./held.ts";

const CARDS = "clinic-cards";
const MAX_CARDS = 20;

/** The care of a person loads after the check-in, not before. */
const afterCheckIn = async (tagHash: string): Promise<boolean> => {
  try {
    return await (await import("./care.ts")).careApi.afterCheckIn(tagHash);
  } catch {
    return false;
  }
};

/** A clinic's invitation as a person reads it. */
export interface OfferView {
  clinic: string;
  shows: readonly { attribute: string; value: string }[];
  /** how many months older the pass is than the visit */
  passAge: number;
  /** visits left this month, this one included */
  left: number;
  /** whether this phone has seen in the public log that the clinic is registered */
  inLog: boolean;
  /** whether the clinic's card came from this phone, because there is no network */
  offline: boolean;
}

/** A visit of one's own, as its screen shows it. */
export interface VisitView {
  tagHash: string;
  tid: string;
  clinic: string;
  /** of its disc (visitMark); undefined after a restore */
  mark: string | undefined;
  state: "prepared" | "open" | "refused" | "recovered";
  handedOver: boolean;
  /** unix seconds, if the service answered */
  openedAt: number | undefined;
  shown: readonly string[];
  /** whether a card of it can be printed */
  hasCard: boolean;
}

interface Asked {
  offer: CheckInOffer;
  offline: boolean;
  /** the check-in was sent, and no answer came: the same bytes may be sent again */
  unanswered?: string;
}
let asked: Asked | undefined;

/** @throws Error if no invitation was read */
function current(): Asked {
  if (!asked) throw new Error("no invitation was read");
  return asked;
}

const isUnreachable = (error: unknown): boolean => error instanceof ApiError && error.code === "unreachable";

async function keepCard({ invitation }: CheckInOffer): Promise<void> {
  const card = toBase64url(invitation.card);
  const kept = (await locker().get<string[]>(CARDS)) ?? [];
  if (kept[0] !== card) await locker().put(CARDS, [card, ...kept.filter((c) => c !== card)].slice(0, MAX_CARDS));
}

/** The invitation under a card that this phone has from an earlier visit. */
async function readWithKeptCard(text: string): Promise<CheckInOffer | undefined> {
  const { challenge } = readInvitationText(text);
  for (const kept of (await locker().get<string[]>(CARDS)) ?? []) {
    const card = fromBase64url(kept);
    try {
      return await wallet().readInvitation({ card, challenge });
    } catch (error) {
      // The card of another clinic, or an older one.
      if (!(error instanceof CheckInError) || !["wrong-service", "old-card"].includes(error.code)) throw error;
    }
  }
  return undefined;
}

async function read(text: string): Promise<Asked> {
  try {
    return { offer: await wallet().readInvitation(text), offline: false };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const offer = await readWithKeptCard(text);
    if (!offer) throw new NoCardError("there is no network, and this phone has no card of this clinic");
    return { offer, offline: true };
  }
}

/** Without network, the short code of a clinic that the wallet was never at cannot be read. */
class NoCardError extends Error {
  override name = "NoCardError";
  readonly code = "no-card";
}

function visitOf(tagHash: string): VisitView {
  const session = wallet().sessions.find((s) => s.tagHash === tagHash);
  if (!session) throw new SymbolonError("no-such-session", tagHash);
  const { tid, serviceName, state, openedAt, shown, handedOver } = session;
  const mark = wallet().visitMark(tagHash);
  const hasCard = state === "open" && mark !== undefined && visitCardEnd(openedAt ?? 0) > Date.now() / 1000;
  return { tagHash, tid, clinic: serviceName, mark, state, openedAt, shown, handedOver: handedOver ?? false, hasCard };
}

const checkInsOf = (): Map<string, string | undefined> =>
  new Map(wallet().sessions.map(({ tagHash, checkIn }) => [tagHash, checkIn]));

export const checkInApi = {
  /** @param text "SYMBOLON:…" @throws CheckInError, NoCardError, ApiError */
  async readVisit(text: string): Promise<OfferView> {
    asked = await read(text);
    const { offer, offline } = asked;
    const { service, shows, epoch, credential, slotsLeft, inLog } = offer;
    void wallet()
      .prepareCheckIn(offer)
      .catch(() => undefined);
    return { clinic: service.name, shows, passAge: epoch - credential.epoch, left: slotsLeft, inLog, offline };
  },

  /** Checks in as the person agreed. If no answer came before, the same check-in is sent again. */
  async checkIn(): Promise<VisitView> {
    const now = current();
    if (now.unanswered !== undefined) {
      await wallet().retryCheckIn(now.unanswered);
      asked = undefined;
      await keepCard(now.offer);
      return visitOf(now.unanswered);
    }
    const { offer } = now;
    const before = checkInsOf();
    try {
      const { tagHash } = await wallet().checkIn(offer, { acceptAgeEpochs: offer.epoch - offer.credential.epoch });
      asked = undefined;
      void keepCard(offer).catch(() => undefined);
      // A clinic that may know the patient hears it now. If it does not, "My clinics" shows that this visit stands alone.
      void afterCheckIn(tagHash);
      return visitOf(tagHash);
    } catch (error) {
      if (isUnreachable(error))
        for (const [tagHash, made] of checkInsOf())
          if (made !== undefined && made !== before.get(tagHash)) now.unanswered = tagHash;
      throw error;
    }
  },

  /** The check-in as text, for the clinic to take. Nothing is sent. */
  async handOver(): Promise<{ visit: VisitView; text: string }> {
    const { offer } = current();
    const { tagHash, checkIn } = await wallet().handOver(offer, {
      acceptAgeEpochs: offer.epoch - offer.credential.epoch,
    });
    asked = undefined;
    await keepCard(offer);
    return { visit: visitOf(tagHash), text: toBase64url(checkIn) };
  },

  visit: visitOf,
  /** own visits, newest first */
  visits: (): VisitView[] =>
    wallet()
      .sessions.map(({ tagHash }) => visitOf(tagHash))
      .reverse(),
};
