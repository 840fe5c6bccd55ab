// Matching index values against the escrow's index of an epoch, at home: the escrow never learns which row was looked for.
//
//   GET <escrow>/v1/index/<epoch>?part=&cursor=&limit=   rows  value (32) ‖ serviceId (16) ‖ T (96)  sorted by value;
//                                                        header symbolon-cursor where another page follows
//
//   first page    FIRST_PAGE_ROWS of the epoch, whatever is wanted. Where it is all, or nearly, the epoch is read whole
//   buckets       of a larger epoch: values are hashes, so the first page's n rows up to the last one's value tell the
//                 epoch's size N. It is cut into the largest power of two of parts (protocol/buckets.ts) that leaves
//                 MIN_BUCKET_ROWS rows to each, and those of the wanted values are asked for in one question: what is
//                 fetched stays the same as N grows. Powers of two, so that the parts of a later, larger index lie within
//                 those of before: two questions about one value tell no more than the narrower one
//
// In buckets the escrow learns which parts, one for each slot, of an approved case; most are of slots without a session.
// It could feign rows to make questions narrower: MAX_BUCKETS bounds them, and a bucket that comes with fewer rows than the
// first page promised ends the round.
//
// A row whose value is wanted counts only if value = H(e(G, T)); its tagHash is the hash of this T. So nobody can put a
// foreign session beside an approved patient's value: from T follows the value, and two tags never share one (T ↦ e(G, T)
// is injective). A wanted row that lies comes into the result as FALSE_ROW in the place of a tagHash, and the requester is
// told. It is not passed over, or the escrow could hide a session behind it; and the round does not fail for it, or the
// escrow could make rows lie and see from the refusals which values were looked for.
// The service id is not bound to T: one that lies about it leads to no record, whose stanza is labelled with both.
//
// Rows out of order or outside of what was asked, a page that does not move on, or a body that is no list of rows is an
// escrow at fault: "unavailable".

import { publicEngine } from "../../engine/worker.ts";
import { partOf, writePart } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { FALSE_ROW, INDEX_ROW_BYTES } from "../../protocol/case-documents.ts";
import type { CaseResult } from "../../protocol/documents.ts";
import { indexValueOfTag } from "../../protocol/opening.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import { DecodeError } from "../../protocol/suite.ts";
import { call } from "../shared/calls.ts";
import { Problem } from "../shared/http.ts";

const VALUE_BYTES = 32;
const SERVICE_ID_BYTES = 16;
const CURSOR_HEADER = "symbolon-cursor";
const PARALLEL_EPOCHS = 4;
const MIN_BUCKET_ROWS = 256;
const FIRST_PAGE_ROWS = 1024;
/** of an epoch: a bucket is 1 of so many at the smallest */
const MAX_BUCKETS = 4096;

export type LinkedSession = CaseResult["sessions"][number];
interface Source {
  ESCROW_URL: string;
}
interface Page {
  readonly bytes: Uint8Array;
  /** where another page follows */
  readonly cursor: string | undefined;
}
/** value in hex → slot */
type Wanted = ReadonlyMap<string, number>;

const broken = (epoch: number, what: string): Problem =>
  new Problem("unavailable", undefined, `index of epoch ${epoch}: ${what}`);

async function pageOf(env: Source, epoch: number, now: number, query: Record<string, string> = {}): Promise<Page> {
  const search = new URLSearchParams(query);
  const path = `/v1/index/${epoch}${search.size === 0 ? "" : `?${search}`}`;
  const response = await call({ baseUrl: env.ESCROW_URL, method: "GET", path, now });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length % INDEX_ROW_BYTES !== 0) throw broken(epoch, "not a list of rows");
  const cursor = response.headers.get(CURSOR_HEADER) ?? undefined;
  if (cursor !== undefined && (cursor === query.cursor || bytes.length === 0)) throw broken(epoch, "does not move on");
  return { bytes, cursor };
}

async function* bucketsOf(env: Source, epoch: number, now: number, parts: readonly string[]): AsyncGenerator<Page> {
  let cursor: string | undefined;
  do {
    const page = await pageOf(env, epoch, now, { part: parts.join(), ...(cursor && { cursor }) });
    yield page;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

const FRACTION_CHARS = 12;
/** How many parts an epoch that begins with this page is asked for in; 1 where reading on costs no more. */
function bucketCountFor({ bytes }: Page, wanted: Wanted): number {
  const have = bytes.length / INDEX_ROW_BYTES;
  const last = bytesToHex(bytes.subarray(-INDEX_ROW_BYTES).subarray(0, VALUE_BYTES));
  const spanned = (Number.parseInt(last.slice(0, FRACTION_CHARS), 16) + 1) / 16 ** FRACTION_CHARS;
  const rows = have / spanned;
  const parts = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(rows / MIN_BUCKET_ROWS, MAX_BUCKETS))));
  return (wanted.size * rows) / parts < rows - have ? parts : 1;
}

/** value in hex; undefined for bytes that are no point of the group */
function valueOfTag(tag: Uint8Array): string | undefined {
  try {
    return bytesToHex(indexValueOfTag(tag, publicEngine()));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Goes through sorted pages, and keeps the sessions whose value is wanted. */
class Matcher {
  readonly found: LinkedSession[] = [];
  readonly #epoch: number;
  readonly #wanted: Wanted;
  #last = "";

  constructor(epoch: number, wanted: Wanted) {
    this.#epoch = epoch;
    this.#wanted = wanted;
  }

  /** `see` is told every row's value. */
  read({ bytes }: Page, see: (value: string) => void = () => {}): void {
    for (let at = 0; at < bytes.length; at += INDEX_ROW_BYTES) {
      const row = bytes.subarray(at, at + INDEX_ROW_BYTES);
      const value = bytesToHex(row.subarray(0, VALUE_BYTES));
      if (value <= this.#last) throw broken(this.#epoch, "not sorted, or a value twice");
      this.#last = value;
      see(value);
      const slot = this.#wanted.get(value);
      if (slot === undefined) continue;
      const serviceId = row.slice(VALUE_BYTES, VALUE_BYTES + SERVICE_ID_BYTES);
      const tag = row.slice(VALUE_BYTES + SERVICE_ID_BYTES);
      const tagHash = valueOfTag(tag) === value ? tagHashOf(tag) : FALSE_ROW;
      this.found.push({ epoch: this.#epoch, slot, serviceId, tagHash });
    }
  }
}

/** Sessions of one epoch whose value is wanted. */
async function matchEpoch(env: Source, epoch: number, first: Page, wanted: Wanted, now: number) {
  const of = first.cursor === undefined ? 1 : bucketCountFor(first, wanted);
  const matcher = new Matcher(epoch, wanted);
  if (of === 1) {
    matcher.read(first);
    for (let { cursor } = first; cursor !== undefined; ) {
      const page = await pageOf(env, epoch, now, { cursor });
      matcher.read(page);
      cursor = page.cursor;
    }
    return matcher.found;
  }
  const bucketOf = (value: string): string => writePart(partOf(value, of));
  const rows = new Map([...wanted.keys()].sort().map((value) => [bucketOf(value), 0]));
  const count = (value: string): void => {
    const bucket = bucketOf(value);
    const before = rows.get(bucket);
    if (before === undefined) throw broken(epoch, "a row of another bucket");
    rows.set(bucket, before + 1);
  };
  for await (const page of bucketsOf(env, epoch, now, [...rows.keys()])) matcher.read(page, count);
  // where values are hashes, a bucket is half empty once in 2^60
  if ([...rows.values()].some((n) => n < MIN_BUCKET_ROWS / 2))
    throw broken(epoch, "fewer rows than its first page tells");
  return matcher.found;
}

/** Asked for before it is known what is wanted, so that they come while that is worked out. */
export type FirstPages = ReadonlyMap<number, Promise<Page>>;
export function firstPages(env: Source, epochs: readonly number[], now: number): FirstPages {
  const pages = new Map(epochs.map((epoch) => [epoch, pageOf(env, epoch, now, { limit: String(FIRST_PAGE_ROWS) })]));
  for (const page of pages.values()) page.catch(() => {}); // told when it is awaited
  return pages;
}

/** Newest epoch first, then by tagHash: the same list for every trustee. @throws Problem unavailable */
export async function matchSessions(
  env: Source,
  pages: FirstPages,
  wanted: ReadonlyMap<number, Wanted>,
  now: number,
): Promise<LinkedSession[]> {
  const epochs = [...wanted.keys()].sort((a, b) => b - a);
  const sessions: LinkedSession[] = [];
  const match = async (epoch: number): Promise<LinkedSession[]> =>
    matchEpoch(env, epoch, await pages.get(epoch)!, wanted.get(epoch)!, now);
  for (let i = 0; i < epochs.length; i += PARALLEL_EPOCHS) {
    const found = await Promise.all(epochs.slice(i, i + PARALLEL_EPOCHS).map(match));
    for (const f of found) sessions.push(...f.sort((a, b) => (bytesToHex(a.tagHash) < bytesToHex(b.tagHash) ? -1 : 1)));
  }
  return sessions;
}
