// Matches the index values of a case against the escrow's session index of an epoch. The trustee fetches large parts of the
// index and matches at home, so the escrow does not learn which row the trustee looked for.
//
//   GET <escrow>/v1/index/<epoch>?part=&cursor=&limit=   rows of protocol/index-row.ts, sorted by value;
//                                                        header symbolon-cursor if another page follows
//
//   first page    FIRST_PAGE_ROWS rows of the epoch, the same for every case. If this is the whole epoch, or reading on
//                 costs no more, the trustee reads the epoch whole
//   buckets       of a larger epoch. Values are hashes, so the n rows of the first page, up to the value of the last one,
//                 tell the size N of the epoch. The epoch is cut into parts (protocol/buckets.ts): the largest power of two
//                 that leaves MIN_BUCKET_ROWS rows per part. One request asks for the parts of all wanted values, so the
//                 amount fetched stays the same as N grows. With powers of two, the parts of a later, larger index lie
//                 within the earlier ones, so two requests about one value tell no more than the narrower one
//
// If the trustee reads buckets, the escrow learns which parts an approved case asks for, one per slot. Most of these slots
// have no session. The escrow could invent rows to make the parts narrower. MAX_BUCKETS bounds this, and the round ends if a
// bucket comes with fewer rows than the first page promised.
//
// A row whose value is wanted counts only if value = H(e(G, T)), and if the wallet's row proof holds for its service id and
// for the wanted epoch and slot; its tagHash is the hash of this T. So nobody can put another patient's session under an
// approved patient's value: T determines the value, and two tags never have the same value, since T ↦ e(G, T) is injective.
// Nobody can put another service beside it either, since only the wallet can make a row proof. If a wanted row lies, it enters
// the result with FALSE_ROW in place of the tagHash, without a service id, and the requester sees it. The trustee does not
// skip such a row, or the escrow could hide a session behind it. The round does not fail either, or the escrow could make rows
// lie and learn from the refusals which values were wanted.
//
// If rows are out of order or outside the requested parts, if a page does not move on, or if a body is not a list of rows, then
// the escrow is at fault and the answer is "unavailable".

import { publicEngine } from "../../engine/worker.ts";
import { partOf, writePart } from "../../protocol/buckets.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { FALSE_ROW } from "../../protocol/case-documents.ts";
import type { CaseResult } from "../../protocol/documents.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import {
  INDEX_ROW_BYTES,
  INDEX_VALUE_BYTES,
  readIndexRow,
  SERVICE_ID_BYTES,
  verifyIndexRow,
} from "../../protocol/index-row.ts";
import { indexValueOfElement } from "../../protocol/opening.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import { DecodeError, type G2 } from "../../protocol/suite.ts";
import { call } from "../shared/calls.ts";
import { Problem } from "../shared/http.ts";

const CURSOR_HEADER = "symbolon-cursor";
/** epochs matched at once */
const PARALLEL_EPOCHS = 4;
/** rows that a bucket has on average, at least */
const MIN_BUCKET_ROWS = 256;
const FIRST_PAGE_ROWS = 1024;
/** buckets per epoch, at most */
const MAX_BUCKETS = 4096;

export type LinkedSession = CaseResult["sessions"][number];
interface Source {
  ESCROW_URL: string;
}
interface Page {
  readonly bytes: Uint8Array;
  /** present if another page follows */
  readonly cursor: string | undefined;
}
/** The wanted values of one epoch. */
export interface WantedOfEpoch {
  /** p_e, 32 bytes */
  readonly paramsHash: Uint8Array;
  /** index value → slot with its base H2(e, j) */
  readonly slots: ReadonlyMap<Hex, { readonly slot: number; readonly base: G2 }>;
}
type Wanted = WantedOfEpoch["slots"];

/** The escrow is at fault. */
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
/** The number of parts into which an epoch with this first page is cut; 1 if reading the whole epoch costs no more. */
function bucketCountFor({ bytes }: Page, wanted: Wanted): number {
  const have = bytes.length / INDEX_ROW_BYTES;
  const last = bytesToHex(bytes.subarray(-INDEX_ROW_BYTES).subarray(0, INDEX_VALUE_BYTES));
  const spanned = (Number.parseInt(last.slice(0, FRACTION_CHARS), 16) + 1) / 16 ** FRACTION_CHARS;
  const rows = have / spanned;
  const parts = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(rows / MIN_BUCKET_ROWS, MAX_BUCKETS))));
  return (wanted.size * rows) / parts < rows - have ? parts : 1;
}

/** Whether the row's T has this value, and the wallet bound T to the row's service at this epoch and slot. */
function isTrueRow(
  row: Uint8Array,
  place: { readonly epoch: number; readonly slot: number; readonly paramsHash: Uint8Array },
  base: G2,
): boolean {
  const engine = publicEngine();
  const { value, serviceId, tag, rowProof } = readIndexRow(row);
  try {
    const T = engine.g2.decode(tag);
    if (!equalBytes(indexValueOfElement(T, engine), value)) return false;
    return verifyIndexRow({ ...place, serviceId }, T, rowProof, engine, engine.fromG2(base));
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
const NO_SERVICE = new Uint8Array(SERVICE_ID_BYTES);

/** Reads sorted pages, and keeps the sessions whose value is wanted. */
class Matcher {
  readonly found: LinkedSession[] = [];
  readonly #epoch: number;
  readonly #wanted: WantedOfEpoch;
  #last = "";

  constructor(epoch: number, wanted: WantedOfEpoch) {
    this.#epoch = epoch;
    this.#wanted = wanted;
  }

  /** Calls `see` with the value of every row. @throws Problem unavailable */
  read({ bytes }: Page, see: (value: Hex) => void = () => {}): void {
    for (let at = 0; at < bytes.length; at += INDEX_ROW_BYTES) {
      const row = bytes.subarray(at, at + INDEX_ROW_BYTES);
      const value = bytesToHex(row.subarray(0, INDEX_VALUE_BYTES));
      if (value <= this.#last) throw broken(this.#epoch, "not sorted, or a value twice");
      this.#last = value;
      see(value);
      const wanted = this.#wanted.slots.get(value);
      if (wanted === undefined) continue;
      const place = { epoch: this.#epoch, slot: wanted.slot };
      const { serviceId, tag } = readIndexRow(row);
      if (isTrueRow(row, { ...place, paramsHash: this.#wanted.paramsHash }, wanted.base))
        this.found.push({ ...place, serviceId, tagHash: tagHashOf(tag) });
      else this.found.push({ ...place, serviceId: NO_SERVICE, tagHash: FALSE_ROW });
    }
  }
}

/** The sessions of one epoch whose value is wanted. @throws Problem unavailable */
async function matchEpoch(env: Source, epoch: number, first: Page, wanted: WantedOfEpoch, now: number) {
  const of = first.cursor === undefined ? 1 : bucketCountFor(first, wanted.slots);
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
  const bucketOf = (value: Hex): string => writePart(partOf(value, of));
  const rows = new Map([...wanted.slots.keys()].sort().map((value) => [bucketOf(value), 0]));
  const count = (value: Hex): void => {
    const bucket = bucketOf(value);
    const before = rows.get(bucket);
    if (before === undefined) throw broken(epoch, "a row outside the requested buckets");
    rows.set(bucket, before + 1);
  };
  for await (const page of bucketsOf(env, epoch, now, [...rows.keys()])) matcher.read(page, count);
  // Values are hashes, so a true bucket has fewer than half its expected rows only once in 2^60.
  if ([...rows.values()].some((n) => n < MIN_BUCKET_ROWS / 2))
    throw broken(epoch, "fewer rows than its first page promised");
  return matcher.found;
}

/** First pages of epochs. They are requested before the wanted values are known, and arrive while those are computed. */
export type FirstPages = ReadonlyMap<number, Promise<Page>>;
export function firstPages(env: Source, epochs: readonly number[], now: number): FirstPages {
  const pages = new Map(epochs.map((epoch) => [epoch, pageOf(env, epoch, now, { limit: String(FIRST_PAGE_ROWS) })]));
  for (const page of pages.values()) page.catch(() => {}); // matchSessions reports the error when it awaits the page
  return pages;
}

/**
 * The sessions of all wanted values, newest epoch first, then by tagHash. The list is the same for every trustee.
 * @throws Problem unavailable
 */
export async function matchSessions(
  env: Source,
  pages: FirstPages,
  wanted: ReadonlyMap<number, WantedOfEpoch>,
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
