// C2SP tlog-tiles: the tree and its entries as a finite set of static files. Anybody can compute any proof from them.
//
//   tile/<L>/<N>[.p/<W>]         hashes MTH(D[(n·256 + i)·256^L : (n·256 + i + 1)·256^L]), i = 0 .. W-1, 32 bytes each
//   tile/entries/<N>[.p/<W>]     the entries under tile/0/<N>, each  u16 big-endian length ‖ entry
//
// N is written in groups of three digits, all but the last marked x: 1234067 is x001/x234/067. A full file is 256 wide,
// has no suffix and never changes. The right edge is partial: its width W is in 1..255 and part of its name, so that
// file never changes either. Row i of tile (L, N) is the tree's node (level 8L, index 256N + i).
// Tiles are not trusted. A proof made from them is verified against a signed checkpoint, like any other proof.

import { concatBytes } from "./bytes.ts";
import { foldSpan, HASH_BYTES, type Node, nodeHash, type Span } from "./merkle.ts";

const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
export const MAX_ENTRY_BYTES = 0xffff;

/** One file of the header. */
export interface Tile {
  /** a level of hashes, or "entries" for the bundles of entries beside level 0 */
  readonly level: number | "entries";
  readonly index: number;
  /** 1 to 256; 256 is full */
  readonly width: number;
}

/** The path of a tile, in the canonical form of the header. */
export function tilePath(tile: Tile): string {
  const digits = String(tile.index).padStart(Math.ceil(String(tile.index).length / 3) * 3, "0");
  const groups = digits.match(/\d{3}/g) as string[];
  const n = groups.map((g, i) => (i < groups.length - 1 ? `x${g}` : g)).join("/");
  return `tile/${tile.level}/${n}${tile.width === TILE_WIDTH ? "" : `.p/${tile.width}`}`;
}

/** The tile that a path names. Undefined if the path is not in the one canonical form. */
export function parseTilePath(path: string): Tile | undefined {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!match) return undefined;
  const level = match[1] === "entries" ? "entries" : Number(match[1]);
  const tile: Tile = {
    level,
    index: Number((match[2] as string).replace(/[x/]/g, "")),
    width: match[3] === undefined ? TILE_WIDTH : Number(match[3]),
  };
  if (level !== "entries" && level > 63) return undefined;
  if (tile.width < 1 || (match[3] !== undefined && tile.width >= TILE_WIDTH)) return undefined;
  // Leading zeroes in level, width or index groups give the same numbers, but another path.
  return tilePath(tile) === path ? tile : undefined;
}

/**
 * The tiles that a log of size `to` has and a log of size `from` does not have. They are the files to write after an
 * append. Bundles come first, then hashes from the bottom up, so that a file is written before any file that commits to
 * it.
 */
export function newTiles(from: number, to: number): Tile[] {
  const at = (level: Tile["level"], rowsBefore: number, rows: number): Tile[] => {
    const tiles: Tile[] = [];
    if (rows === rowsBefore) return tiles;
    const last = Math.floor((rows - 1) / TILE_WIDTH);
    for (let index = Math.floor(rowsBefore / TILE_WIDTH); index <= last; index++)
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, rows - index * TILE_WIDTH) });
    return tiles;
  };
  const tiles = at("entries", from, to);
  for (let level = 0, span = 1; span <= to; level++, span *= TILE_WIDTH)
    tiles.push(...at(level, Math.floor(from / span), Math.floor(to / span)));
  return tiles;
}

/** u16 length ‖ entry, for each entry. @throws RangeError if an entry is longer than 65535 bytes */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`entry of ${entry.length} bytes, at most 65535`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 255), entry];
    }),
  );
}

/** The `width` entries of a bundle. Undefined if the bytes are not exactly such a bundle. */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + ((bytes[at] as number) << 8) + (bytes[at + 1] as number);
    if (end > bytes.length) return undefined;
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  return entries.length === width ? entries : undefined;
}

/** The tile that holds the rows under a node, in a tree of this size. The whole subtree lies in one tile. */
function tileOf(node: Node, size: number): { tile: Tile; row: number; rows: number } {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const rows = 2 ** (node.level % TILE_HEIGHT);
  const first = node.index * rows;
  const index = Math.floor(first / TILE_WIDTH);
  const available = Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH;
  return { tile: { level, index, width: Math.min(TILE_WIDTH, available) }, row: first - index * TILE_WIDTH, rows };
}

/** Reads one tile, or rejects. */
export type TileReader = (tile: Tile) => Promise<Uint8Array>;

/** The hashes of a planned proof, from the tiles of a tree of this size. Each tile is requested once. */
export async function readSpansFromTiles(
  spans: readonly Span[],
  size: number,
  read: TileReader,
): Promise<Uint8Array[]> {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const rowsOf = (tile: Tile): Promise<Uint8Array> => {
    const path = tilePath(tile);
    const known = tiles.get(path);
    if (known) return known;
    const fetched = read(tile).then((bytes) => {
      if (bytes.length !== tile.width * HASH_BYTES)
        throw new RangeError(`${path}: ${bytes.length} bytes, expected ${tile.width * HASH_BYTES}`);
      return bytes;
    });
    tiles.set(path, fetched);
    return fetched;
  };
  const hashOf = async (node: Node): Promise<Uint8Array> => {
    const { tile, row, rows } = tileOf(node, size);
    const bytes = await rowsOf(tile);
    let hashes: Uint8Array[] = [];
    for (let i = row; i < row + rows; i++) hashes.push(bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
    while (hashes.length > 1)
      hashes = hashes.flatMap((left, i) => (i % 2 ? [] : [nodeHash(left, hashes[i + 1] as Uint8Array)]));
    return hashes[0] as Uint8Array;
  };
  return Promise.all(spans.map(async (span) => foldSpan(await Promise.all(span.map(hashOf)))));
}
