// The worker's methods for the care of the person: who looked, messages, clinics, and requests to clinics. The book of messages is
// sealed in the locker. A channel opens no frame twice, so a message is in the book before a screen shows it.

import { readNotice, type SessionView } from "../../../client/index.ts";
import { deployment } from "../../shared/deployment.ts";
import { tell } from "../../shared/remote.ts";
import {
  type Ask,
  type AskKind,
  type CareBook,
  emptyBook,
  MAX_TEXT,
  type Message,
  stateOfAsk,
  textOf,
  withMessages,
  withoutMessage,
  withSeen,
  withState,
} from "../care/book.ts";
import type { ClinicView, Named, ThreadView, Visit, WhoLooked } from "../care/views.ts";
import { locker, wallet } from "./held.ts";

const NAME = "care";
const now = (): number => Math.floor(Date.now() / 1000);

/** A text that does not fit one message. */
class TextError extends Error {
  override name = "TextError";
  readonly code = "bad-text";
}

const readBook = async (): Promise<CareBook> => (await locker().get<CareBook>(NAME)) ?? emptyBook();

let turn: Promise<unknown> = Promise.resolve();
/** Changes the book, one change after the other. Resolves when it is on the disk. */
function change(next: (book: CareBook) => CareBook): Promise<CareBook> {
  const mine = turn.then(async () => {
    const book = next(await readBook());
    await locker().put(NAME, book);
    return book;
  });
  turn = mine.catch(() => {});
  return mine;
}

// ---- visits

const isVisit = ({ state }: SessionView): boolean => state === "open" || state === "recovered";
const visits = (): SessionView[] => wallet().sessions.filter(isVisit).toReversed();

function visitOf(tagHash: string): SessionView {
  const found = visits().find((s) => s.tagHash === tagHash);
  if (!found) throw Object.assign(new Error("no such visit"), { code: "no-such-session" });
  return found;
}

/** An epoch is a month in UTC, counted from January 1970. @returns such as "2026-11" */
const monthOf = (epoch: number): string => new Date(Date.UTC(1970, epoch)).toISOString().slice(0, 7);

const viewOf = (s: SessionView): Visit => ({
  tagHash: s.tagHash,
  tid: s.tid,
  clinic: { id: s.serviceId, name: s.serviceName },
  month: monthOf(s.epoch),
  openedAt: s.openedAt,
  mark: s.state === "open" ? wallet().visitMark(s.tagHash) : undefined,
  canWrite: s.state === "open",
});

function threadOf(book: CareBook, tagHash: string): ThreadView {
  const asks = book.asks.filter((ask) => ask.tagHash === tagHash).toReversed();
  return {
    ...viewOf(visitOf(tagHash)),
    messages: book.messages[tagHash] ?? [],
    asks: asks.map((ask) => ({ ...ask, state: stateOfAsk(book, ask) })),
  };
}

// ---- who looked

async function whoLooked(): Promise<WhoLooked> {
  const { trusteeUrls } = await deployment();
  const names = new Map<string, string>(wallet().sessions.map((s) => [s.serviceId, s.serviceName]));
  const named = (id: string): Named => ({ id, name: names.get(id) });
  const looks = wallet()
    .overview()
    .notices.map((notice) => {
      const { services, approvedBy, ...view } = readNotice(notice);
      const by = approvedBy.map((number) => ({ number, host: new URL(trusteeUrls[number - 1]!).host }));
      return { ...view, clinics: services.map(named), approvedBy: by };
    })
    .sort((a, b) => b.logIndex - a.logIndex);
  return { looks, standing: wallet().logStanding(), organisations: trusteeUrls.length };
}

// ---- messages

/** Sends what is in the book already. A message that failed stays there, to be sent again. */
async function sendKept(tagHash: string, { id, text }: Message): Promise<ThreadView> {
  try {
    await wallet().send(tagHash, new TextEncoder().encode(text));
  } catch (cause) {
    await change((book) => withState(book, tagHash, id, "failed"));
    throw cause;
  }
  return threadOf(await change((book) => withState(book, tagHash, id, "sent")), tagHash);
}

function messageOf(text: string): Message {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > MAX_TEXT || textOf(new TextEncoder().encode(trimmed)) === undefined)
    throw new TextError("this is no text for a message");
  const { length: bytes } = new TextEncoder().encode(trimmed);
  return { id: crypto.randomUUID(), from: "me", at: now(), text: trimmed, bytes, state: "sending" };
}

async function sendText(tagHash: string, text: string): Promise<ThreadView> {
  const message = messageOf(text);
  visitOf(tagHash);
  await change((book) => withMessages(book, tagHash, [message]));
  return sendKept(tagHash, message);
}

/** Whether the clinic of this visit shall know the patient, and was not told yet. */
const isToIntroduce = (book: CareBook, { serviceId, tagHash, state }: SessionView): boolean =>
  state === "open" && book.knownAt[serviceId] !== undefined && book.introduced[tagHash] === undefined;

async function introduce(tagHash: string): Promise<void> {
  await wallet().introduce(tagHash);
  await change((book) => ({ ...book, introduced: { ...book.introduced, [tagHash]: now() } }));
}

export const careApi = {
  /** What this phone knows already. Asks nobody but this app's own origin. */
  whoLooked,

  /** Reads the log to its newest entry, checks it, and looks for the patient's cases. @throws LogError, ParametersError */
  async checkWhoLooked(): Promise<WhoLooked> {
    await wallet().notices();
    return whoLooked();
  },

  /** Every visit with its messages, without asking anybody. */
  async threads(): Promise<ThreadView[]> {
    const book = await readBook();
    return visits().map(({ tagHash }) => threadOf(book, tagHash));
  },

  thread: async (tagHash: string): Promise<ThreadView> => threadOf(await readBook(), tagHash),

  /** Asks for the messages of this visit alone: asking for several at once would show that they belong together. */
  async fetchMessages(tagHash: string): Promise<ThreadView> {
    if (!viewOf(visitOf(tagHash)).canWrite) return threadOf(await readBook(), tagHash);
    const came = (await wallet().receive(tagHash)).map((bytes): Message => {
      const text = textOf(bytes);
      return { id: crypto.randomUUID(), from: "clinic", at: now(), text, bytes: bytes.length, state: undefined };
    });
    const book = came.length === 0 ? await readBook() : await change((kept) => withMessages(kept, tagHash, came));
    return threadOf(book, tagHash);
  },

  sendText,

  /** Sends a message again that did not leave. */
  async sendAgain(tagHash: string, id: string): Promise<ThreadView> {
    const book = await change((kept) => withState(kept, tagHash, id, "sending"));
    const message = book.messages[tagHash]?.find((m) => m.id === id);
    if (message?.text === undefined) return threadOf(book, tagHash);
    return sendKept(tagHash, message);
  },

  /** Forgets a message on this phone. */
  forgetMessage: async (tagHash: string, id: string): Promise<ThreadView> =>
    threadOf(await change((book) => withoutMessage(book, tagHash, id)), tagHash),

  /** Sends a request to the clinic as a message, and keeps its state. */
  async ask(tagHash: string, kind: AskKind, recordId: string | undefined, text: string): Promise<ThreadView> {
    const message = messageOf(text);
    visitOf(tagHash);
    const { id, at } = message;
    const ask: Ask = { id, kind, tagHash, recordId, at, takenBackAt: undefined, seen: undefined };
    await change((book) => ({ ...withMessages(book, tagHash, [message]), asks: [...book.asks, ask] }));
    return sendKept(tagHash, message);
  },

  /** Tells the clinic that a request does not stand any more. */
  async takeBack(tagHash: string, askId: string, text: string): Promise<ThreadView> {
    await sendText(tagHash, text);
    const asks = (all: readonly Ask[]) => all.map((a) => (a.id === askId ? { ...a, takenBackAt: now() } : a));
    return threadOf(await change((book) => ({ ...book, asks: asks(book.asks) })), tagHash);
  },

  /** Reads the own records, and so the clinics' signed statements, for the states of all requests. Tells "care" the progress. */
  async checkAsks(tagHash: string): Promise<ThreadView> {
    const { records } = await wallet().records((done, of) => tell("care", { done, of }));
    const seen = records
      .filter(({ manifest }) => manifest.kind === "record" || manifest.kind === "amendment")
      .map((r) => ({ tagHash: r.session.tagHash as string, recordId: r.recordId as string, status: r.status }));
    return threadOf(await change((book) => withSeen(book, seen, now())), tagHash);
  },

  /** The clinics visited, the one of the newest visit first. */
  async clinics(): Promise<ClinicView[]> {
    const book = await readBook();
    const found = new Map<string, ClinicView>();
    for (const session of visits()) {
      const { serviceId: id, serviceName: name } = session;
      const clinic = found.get(id) ?? { id, name, visits: [], knownSince: book.knownAt[id] };
      clinic.visits.push({ ...viewOf(session), introducedAt: book.introduced[session.tagHash] });
      found.set(id, clinic);
    }
    return [...found.values()];
  },

  /** "This clinic may know me": in this visit, and in the next ones. */
  async knowMe(tagHash: string): Promise<ClinicView[]> {
    await introduce(tagHash);
    const { serviceId } = visitOf(tagHash);
    await change((book) => ({ ...book, knownAt: { ...book.knownAt, [serviceId]: now() } }));
    return careApi.clinics();
  },

  /** The next visits at this clinic stand alone again. It forgets nothing of the earlier ones. */
  async forgetMe(serviceId: string): Promise<ClinicView[]> {
    await change((book) => {
      const { [serviceId]: _, ...knownAt } = book.knownAt;
      return { ...book, knownAt };
    });
    return careApi.clinics();
  },

  /**
   * To be called after each check-in that has network: tells the clinic who it is, if the person chose that there.
   * @returns whether it was told
   */
  async afterCheckIn(tagHash: string): Promise<boolean> {
    const session = wallet().sessions.find((s) => s.tagHash === tagHash);
    if (!session || !isToIntroduce(await readBook(), session)) return false;
    await introduce(tagHash);
    return true;
  },
};
