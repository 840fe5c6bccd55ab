// Matching index values against whole epoch indexes, at home: the escrow is asked for every row of an epoch and never
// learns which of them was looked for.
//
//   GET <escrow>/v1/index/<epoch>?cursor=   rows  value (32) ‖ serviceId (16) ‖ T (96)  sorted by value;
//                                           header symbolon-cursor where another page follows
//
// A row whose value is wanted counts only if value = H(e(G, T)); its tagHash is the hash of this T. So nobody can put a
// foreign session beside an approved patient's value: from T follows the value, and two tags never share one (T ↦ e(G, T)
// is injective). A wanted row that lies comes into the result as FALSE_ROW in the place of a tagHash, and the requester is
// told. It is not passed over, or the escrow could hide a session behind it; and the round does not fail for it, or the
// escrow could make rows lie and see from the refusals which values were looked for.
// The service id is not bound to T: one that lies about it leads to no record, whose stanza is labelled with both.
//
// Rows out of order, a page that does not move on, or a body that is no list of rows is an escrow at fault: "unavailable".

import { bytesToHex } from "../../protocol/bytes.ts";
import { FALSE_ROW, INDEX_ROW_BYTES } from "../../protocol/case-documents.ts";
import type { CaseResult } from "../../protocol/documents.ts";
import { indexValueOfTag } from "../../protocol/opening.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import { DecodeError } from "../../protocol/suite.ts";
import { call } from "../calls.ts";
import { publicEngine } from "../engine/worker.ts";
import { Problem } from "../http.ts";

const VALUE_BYTES = 32;
const SERVICE_ID_BYTES = 16;
const CURSOR_HEADER = "symbolon-cursor";
const PARALLEL_EPOCHS = 4;

export type LinkedSession = CaseResult["sessions"][number];
interface Source {
  ESCROW_URL: string;
}

const broken = (epoch: number, what: string): Problem =>
  new Problem("unavailable", undefined, `index of epoch ${epoch}: ${what}`);

async function* pagesOf(env: Source, epoch: number, now: number): AsyncGenerator<Uint8Array> {
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const response = await call({ baseUrl: env.ESCROW_URL, method: "GET", path: `/v1/index/${epoch}${query}`, now });
    const page = new Uint8Array(await response.arrayBuffer());
    if (page.length % INDEX_ROW_BYTES !== 0) throw broken(epoch, "not a list of rows");
    const next: string | null = response.headers.get(CURSOR_HEADER);
    if (next !== null && (next === cursor || page.length === 0)) throw broken(epoch, "does not move on");
    yield page;
    cursor = next;
  } while (cursor !== null);
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

/** Sessions of one epoch whose value is wanted; `wanted`: value in hex → slot. */
async function matchEpoch(
  env: Source,
  epoch: number,
  wanted: ReadonlyMap<string, number>,
  now: number,
): Promise<LinkedSession[]> {
  const found: LinkedSession[] = [];
  let last = "";
  for await (const page of pagesOf(env, epoch, now)) {
    for (let at = 0; at < page.length; at += INDEX_ROW_BYTES) {
      const row = page.subarray(at, at + INDEX_ROW_BYTES);
      const value = bytesToHex(row.subarray(0, VALUE_BYTES));
      if (value <= last) throw broken(epoch, "not sorted, or a value twice");
      last = value;
      const slot = wanted.get(value);
      if (slot === undefined) continue;
      const serviceId = row.slice(VALUE_BYTES, VALUE_BYTES + SERVICE_ID_BYTES);
      const tag = row.slice(VALUE_BYTES + SERVICE_ID_BYTES);
      const tagHash = valueOfTag(tag) === value ? tagHashOf(tag) : FALSE_ROW;
      found.push({ epoch, slot, serviceId, tagHash });
    }
  }
  return found;
}

/** Newest epoch first, then by tagHash: the same list for every trustee. @throws Problem unavailable */
export async function matchSessions(
  env: Source,
  wanted: ReadonlyMap<number, ReadonlyMap<string, number>>,
  now: number,
): Promise<LinkedSession[]> {
  const epochs = [...wanted.keys()].sort((a, b) => b - a);
  const sessions: LinkedSession[] = [];
  for (let i = 0; i < epochs.length; i += PARALLEL_EPOCHS) {
    const some = epochs.slice(i, i + PARALLEL_EPOCHS);
    const found = await Promise.all(some.map((epoch) => matchEpoch(env, epoch, wanted.get(epoch)!, now)));
    for (const f of found) sessions.push(...f.sort((a, b) => (bytesToHex(a.tagHash) < bytesToHex(b.tagHash) ? -1 : 1)));
  }
  return sessions;
}
