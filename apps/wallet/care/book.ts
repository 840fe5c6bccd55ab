// What this app keeps for the care of the person: messages by visit, the clinics that may know the patient again, and requests to
// clinics. It is plain data that the worker seals into the locker under one name, so that the names of values tell of no visit.

/** The longest text that one message holds. A frame holds 64 kB; a person writes less. */
export const MAX_TEXT = 4000;

export interface Message {
  /** random, of this app alone */
  id: string;
  from: "me" | "clinic";
  /** unix seconds: when this phone sent or fetched it */
  at: number;
  /** undefined if the bytes are no plain text */
  text: string | undefined;
  /** size of what came */
  bytes: number;
  /** of a message of one's own. "sending" when the app ended in the middle: nobody knows whether it left */
  state: "sending" | "sent" | "failed" | undefined;
}

export type AskKind = "erase" | "restrict" | "correct" | "move";
export const ASK_KINDS: readonly AskKind[] = ["erase", "restrict", "correct", "move"];

/** A request to a clinic, which went as a message. */
export interface Ask {
  /** the message's id */
  id: string;
  kind: AskKind;
  /** 32 bytes hex, of the visit */
  tagHash: string;
  /** 16 bytes hex; undefined: all records of the visit */
  recordId: string | undefined;
  /** unix seconds */
  at: number;
  /** when the person took it back */
  takenBackAt: number | undefined;
  /** how many of its records the clinic has marked since, of how many, when last looked */
  seen: { at: number; done: number; of: number } | undefined;
}

export interface CareBook {
  version: 1;
  /** by tagHash, oldest first */
  messages: Record<string, Message[]>;
  /** when this phone told the clinic of a visit "you may know me", by tagHash */
  introduced: Record<string, number>;
  /** clinics that may know the patient at the next visits too, by service id: since when */
  knownAt: Record<string, number>;
  asks: Ask[];
}

export const emptyBook = (): CareBook => ({ version: 1, messages: {}, introduced: {}, knownAt: {}, asks: [] });

// Line breaks and tabs are plain text. All other control characters are not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the test for them
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** The text of a message; undefined if it is not UTF-8, or holds what no person writes. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const messagesOf = (book: CareBook, tagHash: string): Message[] => book.messages[tagHash] ?? [];

/** Adds messages to a visit. */
export const withMessages = (book: CareBook, tagHash: string, added: readonly Message[]): CareBook => ({
  ...book,
  messages: { ...book.messages, [tagHash]: [...messagesOf(book, tagHash), ...added] },
});

/** Says what became of a message of one's own. */
export const withState = (
  book: CareBook,
  tagHash: string,
  id: string,
  state: "sending" | "sent" | "failed",
): CareBook => ({
  ...book,
  messages: {
    ...book.messages,
    [tagHash]: messagesOf(book, tagHash).map((message) => (message.id === id ? { ...message, state } : message)),
  },
});

export const withoutMessage = (book: CareBook, tagHash: string, id: string): CareBook => ({
  ...book,
  messages: { ...book.messages, [tagHash]: messagesOf(book, tagHash).filter((message) => message.id !== id) },
});

export type AskState = "not-sent" | "taken-back" | "done" | "partly" | "answered" | "asked";

/** What a person may know about a request: the clinic's signed statements count most, and then its messages. */
export function stateOfAsk(book: CareBook, ask: Ask): AskState {
  const messages = messagesOf(book, ask.tagHash);
  const own = messages.findIndex(({ id }) => id === ask.id);
  if (ask.seen && ask.seen.of > 0 && ask.seen.done === ask.seen.of) return "done";
  if (ask.takenBackAt !== undefined) return "taken-back";
  if (own >= 0 && messages[own]!.state !== "sent") return "not-sent";
  if (ask.seen && ask.seen.done > 0) return "partly";
  return messages.slice(own + 1).some(({ from }) => from === "clinic") ? "answered" : "asked";
}

/** Signed states of a record by which a clinic shows that it did what was asked. A restriction leaves no such mark. */
const FULFILS: Record<AskKind, readonly string[]> = {
  erase: ["erased"],
  restrict: ["withdrawn", "erased"],
  correct: ["amended", "withdrawn", "erased"],
  move: ["moved", "erased"],
};

export interface RecordSeen {
  tagHash: string;
  recordId: string;
  status: string;
}

/** Compares the requests with the records, as the phone has just read them. */
export const withSeen = (book: CareBook, records: readonly RecordSeen[], at: number): CareBook => ({
  ...book,
  asks: book.asks.map((ask) => {
    const about = records.filter(
      (r) => r.tagHash === ask.tagHash && (ask.recordId === undefined || r.recordId === ask.recordId),
    );
    const done = about.filter((r) => FULFILS[ask.kind].includes(r.status)).length;
    return { ...ask, seen: { at, done, of: about.length } };
  }),
});
