// The book of messages and requests: what is text, and what a person may believe about a request.

import { expect, it } from "vitest";
import {
  type Ask,
  type CareBook,
  emptyBook,
  type Message,
  stateOfAsk,
  textOf,
  withMessages,
  withSeen,
  withState,
} from "../../apps/wallet/care/book.ts";
import { CATALOGUE as HELP } from "../../apps/wallet/care/help/words.ts";
import { messagesHref, readMessagesFragment } from "../../apps/wallet/care/links.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

it("reads UTF-8 text, and nothing else", () => {
  for (const text of ["Grüß Gott 🙂", "سلام\nعليكم", "a\tb\r\nc", ""]) expect(textOf(utf8(text))).toBe(text);
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x00], [0x1b, 0x5b], [0xc2, 0x85]])
    expect(textOf(Uint8Array.from(bytes))).toBe(undefined);
});

const VISIT = "aa".repeat(32);
const RECORD = "0b".repeat(16);
const message = (id: string, from: Message["from"], state?: Message["state"]): Message => ({
  id,
  from,
  at: 1,
  text: id,
  bytes: 1,
  state,
});
const ask = (kind: Ask["kind"], recordId?: string): Ask => ({
  id: "ask",
  kind,
  tagHash: VISIT,
  recordId,
  at: 1,
  takenBackAt: undefined,
  seen: undefined,
});
const asked = (one: Ask, state: Message["state"] = "sent"): CareBook => ({
  ...withMessages(emptyBook(), VISIT, [message("before", "clinic"), message("ask", "me", state)]),
  asks: [one],
});
const stateIn = (book: CareBook) => stateOfAsk(book, book.asks[0]!);
const seen = (recordId: string, status: string) => ({ tagHash: VISIT, recordId, status });

it("tells how a request stands", () => {
  const book = asked(ask("erase"));
  expect(stateIn(book)).toBe("asked");
  for (const state of ["sending", "failed"] as const)
    expect(stateIn(withState(book, VISIT, "ask", state))).toBe("not-sent");
  const answered = withMessages(book, VISIT, [message("answer", "clinic")]);
  expect(stateIn(answered)).toBe("answered");
  const takenBack = { ...answered, asks: [{ ...ask("erase"), takenBackAt: 2 }] };
  expect(stateIn(takenBack)).toBe("taken-back");

  const partly = withSeen(answered, [seen("1", "erased"), seen("2", "current")], 9);
  expect([stateIn(partly), partly.asks[0]!.seen]).toEqual(["partly", { at: 9, done: 1, of: 2 }]);
  const done = withSeen(takenBack, [seen("1", "erased"), seen("2", "erased")], 9);
  expect(stateIn(done)).toBe("done"); // taken back too late
  expect(stateIn(withSeen(book, [], 9))).toBe("asked"); // no record: nothing is done
  expect(stateIn(withSeen(book, [{ ...seen("1", "erased"), tagHash: "other" }], 9))).toBe("asked");
});

it("counts only the statement that was asked for, about the record that was meant", () => {
  const other = "0c".repeat(16);
  const about = (kind: Ask["kind"], ...records: [string, string][]) =>
    stateIn(
      withSeen(
        asked(ask(kind, RECORD)),
        records.map(([id, status]) => seen(id, status)),
        9,
      ),
    );
  expect(about("erase", [other, "erased"], [RECORD, "current"])).toBe("asked");
  expect(about("erase", [other, "current"], [RECORD, "erased"])).toBe("done");
  expect(about("erase", [RECORD, "withdrawn"])).toBe("asked"); // still readable
  expect(about("correct", [RECORD, "amended"])).toBe("done");
  expect(about("restrict", [RECORD, "amended"])).toBe("asked");
  expect(about("move", [RECORD, "moved"])).toBe("done");
});

it("names a visit behind the # alone", () => {
  const href = messagesHref("ABCDE12345FGHIJ", RECORD);
  expect(new URL(href, "http://app").pathname).toBe("/messages");
  expect(readMessagesFragment(href.split("#")[1]!)).toEqual({ tid: "ABCDE12345FGHIJ", recordId: RECORD });
  expect(readMessagesFragment("")).toEqual({ tid: undefined, recordId: undefined });
  expect(readMessagesFragment("X/../y")).toEqual({ tid: "X", recordId: undefined });
});

it("says the same number of things on each help page in every language", () => {
  const shape = ({ steps, parts }: { steps: readonly string[]; parts: readonly { text: readonly string[] }[] }) => [
    steps.length,
    ...parts.map(({ text }) => text.length),
  ];
  for (const page of ["lost", "new", "no-phone", "limits"] as const)
    for (const language of ["de", "ar"] as const)
      expect(shape(HELP[language][page]), `${language} ${page}`).toEqual(shape(HELP.en[page]));
});
