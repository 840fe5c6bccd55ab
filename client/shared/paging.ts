// Lists that a role hands out page by page. The role may lie: it can send one page for ever, or new items without end. So
// every list of the SDK is read here.
//
//   once      a page gives no item that an earlier page gave. An item twice on one page stays: readers of chains tell it as a fault
//   moves on  a page that has a cursor has a new item. So a cursor that repeats ends the list with an error. Where a role filters
//             rows, a stated number of pages may have none
//   bounded   each list has a stated number of items at most
//
// A list that breaks a rule ends with bad-answer, because a list that merely stopped would look whole.

import { decodeAnswer, SymbolonError } from "../errors.ts";
import { api, bytesOf, type Transport } from "../transport.ts";

/** manifests of one session, or of one bucket (buckets.ts) */
export const MAX_LISTED_MANIFESTS = 65_536;
/** sessions or manifests of a whole clinic, as the clinic itself reads them */
export const MAX_CLINIC_ROWS = 4_194_304;
/** pages of octets: claims of a service, rows of a month of the session index. Also steps of an operator's task. */
export const MAX_PAGES = 65_536;
/** cases in an officer's inbox */
export const MAX_WAITING_CASES = 65_536;

export interface ListOf<A, T> {
  /** the name of the list, for errors */
  readonly name: string;
  /** the largest number of items */
  readonly most: number;
  /** how many pages without a new item may follow one another; 0 if absent. A role that filters rows may send such pages */
  readonly emptyPages?: number;
  /** asks for the page that follows this cursor; undefined: the first one */
  readonly ask: (cursor: string | undefined) => Promise<A>;
  /** the items of an answer, which may have any form */
  readonly itemsOf: (answer: A) => readonly T[];
  readonly keyOf: (item: T) => string;
}
/** An answer whose list goes on has a cursor. */
interface Continued {
  readonly cursor?: string | null | undefined;
}
interface FreshPage<T> {
  /** the items that no earlier page had */
  readonly items: readonly T[];
  /** whether the role says that no page follows */
  readonly last: boolean;
}

/** The pages of a list. @throws SymbolonError bad-answer; as `ask` */
export async function* eachPage<A extends Continued, T>(list: ListOf<A, T>): AsyncGenerator<FreshPage<T>> {
  const { name, most } = list;
  const seen = new Set<string>();
  let total = 0;
  let empty = 0;
  let cursor: string | undefined;
  do {
    const answer = await list.ask(cursor);
    const given = decodeAnswer(name, () => ({
      items: list.itemsOf(answer).map((item) => ({ item, key: list.keyOf(item) })),
      cursor: answer.cursor ?? undefined,
    }));
    const fresh = given.items.filter(({ key }) => !seen.has(key));
    total += fresh.length;
    if (total > most) throw new SymbolonError("bad-answer", `${name}: more than ${most}`);
    for (const { key } of fresh) seen.add(key);
    const items = fresh.map(({ item }) => item);
    const repeats = given.cursor === cursor;
    cursor = given.cursor;
    empty = items.length === 0 ? empty + 1 : 0;
    if (items.length === 0 && cursor !== undefined && (repeats || empty > (list.emptyPages ?? 0)))
      throw new SymbolonError("bad-answer", `${name}: the pages do not move on`);
    yield { items, last: cursor === undefined };
  } while (cursor !== undefined);
}

/** All items of a list, one after the other. @throws as `eachPage` */
export async function* eachItem<A extends Continued, T>(list: ListOf<A, T>): AsyncGenerator<T> {
  for await (const { items } of eachPage(list)) yield* items;
}

interface OctetPage extends Continued {
  readonly bytes: Uint8Array;
}

/**
 * The bodies of a list of octets, whose cursor is in the header symbolon-cursor.
 * @param path without a query
 * @throws ApiError; as `eachPage`
 */
export async function* eachBody(
  name: string,
  { transport, url, path }: { transport: Transport; url: string; path: string },
): AsyncGenerator<Uint8Array> {
  const pages = eachItem({
    name,
    most: MAX_PAGES,
    ask: async (cursor) => {
      const asked = cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`;
      const answer = await api(transport, url, asked);
      const bytes = await bytesOf(answer, `GET ${asked}`);
      return { bytes, cursor: answer.headers.get("symbolon-cursor") ?? undefined };
    },
    itemsOf: (page) => (page.bytes.length === 0 ? [] : [page]),
    keyOf: (page: OctetPage) => page.cursor ?? "",
  });
  for await (const { bytes } of pages) yield bytes;
}
