// The worker's methods for the reception: the code to show, the check-ins as they come, today's visits, and the queue of
// check-ins that were taken without network.

import {
  type ClinicSession,
  epochOf,
  type OfflineCheckIn,
  type OfflineOutcome,
  type OfflineQueue,
  ParametersCache,
  SymbolonError,
  systemTransport,
  tidOf,
} from "../../../client/index.ts";
import { tell } from "../../shared/remote.ts";
import { clinic, deployment, keepParameters, type Line, lineNow, locker, tellLine } from "./held.ts";
import { LockerCards, LockerQueue } from "./stores.ts";

/** A visit as the screens show it. */
export interface VisitView {
  tagHash: string;
  tid: string;
  /** unix seconds, of the clinic's own code that the patient answered */
  at: number;
  shown: Record<string, string>;
  /** hex of the visit's disc */
  mark: string;
  /** months between the pass and this visit: 0 is a pass of this month */
  passAge: number;
  /** when this desk took the visit's card (unix seconds) */
  cardAt?: number | undefined;
}

export interface ShownCode {
  text: string;
  /** the text as a link into the wallet, which any camera opens */
  link: string;
  /** unix seconds */
  expiresAt: number;
}

const DAY = 86_400;
/** today's and yesterday's visits, by tag hash; verified */
const known = new Map<string, VisitView>();
let sessions = new Map<string, ClinicSession>();
/** when a visit's card was taken, by tag hash */
const cardTimes = new Map<string, number>();
/** arrivals that the page was told. After a reconnect they all come again, and a patient who has left is no news */
const told = new Set<string>();
let events: AbortController | undefined;

const now = (): number => Math.floor(Date.now() / 1000);
const startOfToday = (): number => Math.floor(new Date().setHours(0, 0, 0, 0) / 1000);

async function viewOf(session: ClinicSession): Promise<VisitView> {
  sessions.set(session.tagHash, session);
  const cardAt = cardTimes.get(session.tagHash);
  const seen = known.get(session.tagHash);
  if (seen) return { ...seen, cardAt };
  const view: VisitView = {
    tagHash: session.tagHash,
    tid: session.tid,
    at: session.challengedAt,
    shown: { ...session.shown },
    mark: await clinic().visitMark(session),
    passAge: session.epoch - session.credentialEpoch,
  };
  known.set(session.tagHash, view);
  return { ...view, cardAt };
}

/** A verified session of this clinic, asked for once. */
export async function sessionOf(tagHash: string): Promise<ClinicSession> {
  const seen = sessions.get(tagHash);
  if (seen) return seen;
  const session = await clinic().session(tagHash);
  sessions.set(tagHash, session);
  return session;
}

export const knownSessions = (): ClinicSession[] => [...sessions.values()];

/** The visit of a card that was taken at this time. It counts among the visits of that day. */
export function arrivedByCard(session: ClinicSession, at: number): Promise<VisitView> {
  cardTimes.set(session.tagHash, at);
  return viewOf(session);
}

/** What this desk took before it was closed. Without network, a visit from before yesterday is missing in today's list. */
async function recallCards(): Promise<void> {
  const taken = await new LockerCards(locker()).list();
  for (const { tagHash, at } of taken) cardTimes.set(tagHash, at);
  for (const { tagHash, at } of taken) {
    if (at < startOfToday()) continue;
    try {
      await viewOf(await sessionOf(tagHash));
    } catch (cause) {
      if (!(cause instanceof SymbolonError)) throw cause;
      if (cause.code === "unreachable") return;
    }
  }
}

export function stopEvents(): void {
  events?.abort();
  events = undefined;
  known.clear();
  cardTimes.clear();
  told.clear();
  sessions = new Map();
}

async function listen(signal: AbortSignal): Promise<void> {
  const desk = clinic();
  await recallCards();
  // The day before comes too, and every check-in that this desk missed while it was closed.
  const after = String(Math.floor(now() / DAY));
  for await (const event of desk.events({ after, signal })) {
    if (event.type === "case") tell("case", { caseId: event.caseId, state: event.state });
    else if (event.type === "message") tell("message", event.tagHash);
    else if (!told.has(event.tagHash)) {
      try {
        tell("arrival", await viewOf(await sessionOf(event.tagHash)));
        told.add(event.tagHash);
      } catch (cause) {
        // One session that does not verify must not stop the others. The service is at fault, or the network went.
        if (!(cause instanceof SymbolonError)) throw cause;
        tell("bad-arrival", { tagHash: event.tagHash, code: cause.code });
      }
    }
  }
}

function queue(): OfflineQueue {
  return clinic().offline(new LockerQueue(locker()));
}

/** A check-in as a person pastes it: base64url or hex, perhaps behind a prefix or in a link. @throws SyntaxError */
function bytesOfText(given: string): Uint8Array {
  const text =
    given
      .replace(/\s/g, "")
      .split(/[#:=]/)
      .findLast((part) => part.length > 64) ?? "";
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

/** The pasted text is no check-in. */
class NoCheckInError extends Error {
  override name = "NoCheckInError";
  readonly code = "bad-check-in";
}

export interface TakenView {
  outcome: "taken" | "repeated" | "used-twice";
  visit: VisitView;
}
export interface QueueView {
  tagHash: string;
  tid: string;
  takenAt: number;
  twice: boolean;
  outcome: OfflineOutcome | undefined;
}
const queueView = ({ tagHash, tid, takenAt, again, outcome }: OfflineCheckIn): QueueView => ({
  tagHash,
  tid,
  takenAt,
  twice: again !== undefined,
  outcome: outcome?.result,
});

/** The network is back: a wait of up to a minute for the next attempt would leave the desk without arrivals for as long. */
function listenAgain(): void {
  if (!events || lineNow() === "on") return;
  events.abort();
  events = undefined;
  receptionApi.startEvents();
}
addEventListener("online", listenAgain);

export const receptionApi = {
  /** Starts the events once. They go on until the desk is locked. */
  startEvents(): Line | undefined {
    if (!events) {
      events = new AbortController();
      const { signal } = events;
      listen(signal).catch((cause: unknown) => {
        if (signal.aborted) return;
        events = undefined;
        tellLine("off");
        tell("events-refused", (cause as { code?: string }).code ?? "internal");
      });
    }
    return lineNow();
  },

  /** A fresh code. It needs no network once the parameters are known. */
  async code(): Promise<ShownCode> {
    const desk = clinic();
    const madeAt = now();
    const text = await desk.invitationText();
    await keepParameters();
    return { text, link: `${deployment().walletUrl}/#v=${text}`, expiresAt: madeAt + windowSeconds() };
  },

  /** Six words for a patient who can scan nothing. @param text of the code on the screen */
  codeWords: (text: string): Promise<string[]> => clinic().spokenWords(text),

  /** The code with the clinic's card in it, for a wallet that has no network either. Too long for a QR code. */
  longCode: (): Promise<string> => clinic().invitationText({ withCard: true }),

  /** Sorted by TID, so that the order tells nothing of who came before whom. */
  today: (): VisitView[] =>
    [...known.values()]
      .map((view) => ({ ...view, cardAt: cardTimes.get(view.tagHash) }))
      .filter(({ at, cardAt = 0 }) => Math.max(at, cardAt) >= startOfToday())
      .sort((a, b) => (a.tid < b.tid ? -1 : 1)),

  async visit(tagHash: string): Promise<VisitView> {
    return viewOf(await sessionOf(tagHash));
  },

  /** Visits of any day whose TID has these characters in it. @param part upper case, without spaces */
  async findByTid(part: string): Promise<{ tagHash: string; tid: string }[]> {
    const found: { tagHash: string; tid: string }[] = [];
    for await (const tagHash of clinic().eachTagHash()) {
      const tid = tidOf(Uint8Array.from(tagHash.match(/../g)!, (pair) => Number.parseInt(pair, 16)));
      if (tid.includes(part)) found.push({ tagHash, tid });
      if (found.length === 50) break;
    }
    return found.sort((a, b) => (a.tid < b.tid ? -1 : 1));
  },

  /** Verifies a check-in that the patient handed over, without any request, and keeps it. */
  async takeOffline(text: string): Promise<TakenView> {
    let bytes: Uint8Array;
    try {
      bytes = bytesOfText(text);
    } catch {
      throw new NoCheckInError("this text is no check-in");
    }
    const { outcome, session } = await queue().take(bytes);
    return { outcome, visit: await viewOf(session) };
  },

  queued: async (): Promise<QueueView[]> => (await queue().list()).map(queueView),

  /** Hands in what waits. */
  async settle(): Promise<QueueView[]> {
    await queue().settle();
    return (await queue().list()).map(queueView);
  },
};

/** How long a code counts, by the parameters that the clinic believes. */
function windowSeconds(): number {
  const believed = new ParametersCache(systemTransport(), deployment(), clinic().parameters);
  return believed.known(epochOf(now())).document.challengeWindowSeconds;
}
