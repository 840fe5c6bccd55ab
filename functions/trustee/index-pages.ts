// Reads the escrow's session index. The escrow is trusted for nothing: rows out of order, a page that does not move on, or a
// body of another form is the escrow's fault, and the answer is "unavailable". These faults are the same whatever a case is
// looking for.
//
//   GET <escrow>/v1/index/<epoch>?part=&cursor=&limit=   rows of protocol/index-row.ts, sorted by value;
//                                                        header symbolon-cursor if another page follows
//   GET <escrow>/v1/index/<epoch>/blocks?part=&cursor=   IndexBlocks of a closed epoch (protocol/index-tree.ts)

import { CodecError } from "../../protocol/codec.ts";
import { INDEX_ROW_BYTES } from "../../protocol/index-row.ts";
import { IndexBlocks } from "../../protocol/index-tree.ts";
import { call } from "../shared/calls.ts";
import { Problem } from "../shared/problems.ts";

const CURSOR_HEADER = "symbolon-cursor";
export const FIRST_PAGE_ROWS = 1024;

export interface Source {
  ESCROW_URL: string;
}
export interface Page {
  readonly bytes: Uint8Array;
  /** present if another page follows */
  readonly cursor: string | undefined;
}

/** The escrow is at fault. */
export const broken = (epoch: number, what: string): Problem =>
  new Problem("unavailable", undefined, `index of epoch ${epoch}: ${what}`);

async function get(env: Source, epoch: number, now: number, path: string, query: Record<string, string>) {
  const search = new URLSearchParams(query);
  const whole = `/v1/index/${epoch}${path}${search.size === 0 ? "" : `?${search}`}`;
  const response = await call({ baseUrl: env.ESCROW_URL, method: "GET", path: whole, now });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const cursor = response.headers.get(CURSOR_HEADER) ?? undefined;
  if (cursor !== undefined && (cursor === query.cursor || bytes.length === 0)) throw broken(epoch, "does not move on");
  return { bytes, cursor };
}

/** One page of rows. @throws Problem unavailable */
export async function pageOf(
  env: Source,
  epoch: number,
  now: number,
  query: Record<string, string> = {},
): Promise<Page> {
  const page = await get(env, epoch, now, "", query);
  if (page.bytes.length % INDEX_ROW_BYTES !== 0) throw broken(epoch, "not a list of rows");
  return page;
}

/** The rows of these parts, page by page. @throws Problem unavailable */
export async function* bucketsOf(
  env: Source,
  epoch: number,
  now: number,
  parts: readonly string[],
): AsyncGenerator<Page> {
  let cursor: string | undefined;
  do {
    const page = await pageOf(env, epoch, now, { part: parts.join(), ...(cursor && { cursor }) });
    yield page;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** The blocks of these parts of a closed epoch, page by page. They are not verified yet. @throws Problem unavailable */
export async function* blockPagesOf(
  env: Source,
  epoch: number,
  now: number,
  parts: readonly string[],
): AsyncGenerator<IndexBlocks> {
  let cursor: string | undefined;
  do {
    const page = await get(env, epoch, now, "/blocks", { part: parts.join(), ...(cursor && { cursor }) });
    let blocks: IndexBlocks;
    try {
      blocks = IndexBlocks.decode(page.bytes);
    } catch (error) {
      if (error instanceof CodecError) throw broken(epoch, "not a list of blocks");
      throw error;
    }
    if (blocks.runs.some(({ rows }) => rows.length === 0 || rows.length % INDEX_ROW_BYTES !== 0))
      throw broken(epoch, "not a list of rows");
    if (page.cursor !== undefined && blocks.runs.length === 0) throw broken(epoch, "does not move on");
    yield blocks;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
