import { readdirSync, readFileSync } from "node:fs";
import { base64 } from "@scure/base";
import { describe, expect, it } from "vitest";
import { bytesToHex, u32be } from "../../protocol/bytes.ts";
import {
  completedBy,
  emptyFrontier,
  emptyRoot,
  frontierRoot,
  leafHash,
  type Node,
  nodeHash,
  planConsistency,
  planInclusion,
  planRoot,
  pushLeaf,
  readSpan,
  verifyConsistency,
  verifyInclusion,
} from "../../protocol/merkle.ts";
import {
  decodeBundle,
  encodeBundle,
  newTiles,
  parseTilePath,
  readSpansFromTiles,
  type Tile,
  tilePath,
} from "../../protocol/tiles.ts";

const VECTORS = new URL("../vectors/merkle/", import.meta.url);

/** Vector files contain u64 indexes, so integers are parsed without losing digits. */
function readProbe(file: string): Record<string, unknown> {
  const reviver = (_key: string, value: unknown, context?: { source: string }): unknown =>
    typeof value === "number" ? BigInt((context as { source: string }).source) : value;
  return JSON.parse(readFileSync(new URL(file, VECTORS), "utf8"), reviver as never) as Record<string, unknown>;
}
const bytes = (value: unknown): Uint8Array => base64.decode(value as string);
const probes = (kind: string): string[] =>
  readdirSync(new URL(kind, VECTORS), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".json"))
    .map((f) => encodeURI(`${kind}/${f}`).replaceAll("#", "%23"));

/** RFC 9162 section 2.1.1 as written: the slow definition that all other code is compared with. */
function mth(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** A log that keeps its perfect subtrees, as the Durable Object does. */
function build(count: number) {
  const entries = Array.from({ length: count }, (_, i) => u32be(i));
  const nodes = new Map<string, Uint8Array>();
  const at = ({ level, index }: Node) => {
    const hash = nodes.get(`${level}/${index}`);
    if (!hash) throw new Error(`node ${level}/${index} is not full`);
    return hash;
  };
  entries.forEach((entry, i) => {
    nodes.set(`0/${i}`, leafHash(entry));
    for (const { level, index } of completedBy(i)) {
      const children = [0, 1].map((side) => at({ level: level - 1, index: 2 * index + side }));
      nodes.set(`${level}/${index}`, nodeHash(children[0] as Uint8Array, children[1] as Uint8Array));
    }
  });
  return { entries, leaves: entries.map(leafHash), at };
}

describe("published probes (transparency-dev/merkle)", () => {
  it("inclusion: accepts the valid probes and refuses all others", () => {
    const files = probes("inclusion");
    expect(files.length).toBeGreaterThan(60);
    for (const file of files) {
      const p = readProbe(file);
      const claim = {
        index: p.leafIdx as bigint,
        size: p.treeSize as bigint,
        leafHash: bytes(p.leafHash),
        proof: ((p.proof ?? []) as string[]).map(bytes),
        root: bytes(p.root),
      };
      expect(verifyInclusion(claim), file).toBe(!p.wantErr);
    }
  });

  it("consistency: accepts the valid probes and refuses all others", () => {
    const files = probes("consistency");
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const p = readProbe(file);
      const claim = {
        from: p.size1 as bigint,
        to: p.size2 as bigint,
        fromRoot: bytes(p.root1),
        toRoot: bytes(p.root2),
        proof: ((p.proof ?? []) as string[]).map(bytes),
      };
      expect(verifyConsistency(claim), file).toBe(!p.wantErr);
    }
  });
});

describe("the tree", () => {
  const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33];
  const log = build(33);

  it("has the published hashes of RFC 6962's first trees", () => {
    expect(bytesToHex(emptyRoot())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(bytesToHex(leafHash(new Uint8Array(0)))).toBe(
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    );
  });

  it("has the same root by plans, by rows, by frontier and by definition", () => {
    let frontier = emptyFrontier;
    expect(frontierRoot(frontier)).toEqual(emptyRoot());
    for (let size = 1; size <= 33; size++) {
      frontier = pushLeaf(frontier, log.leaves[size - 1] as Uint8Array);
      const root = mth(log.leaves.slice(0, size));
      expect(readSpan(planRoot(size), log.at)).toEqual(root);
      expect(frontierRoot(frontier)).toEqual(root);
    }
  });

  it("proves every entry of every size, and no other entry, index, size or root", () => {
    for (const size of SIZES)
      for (let index = 0; index < size; index++) {
        const root = mth(log.leaves.slice(0, size));
        const proof = planInclusion(index, size).map((span) => readSpan(span, log.at));
        const claim = { index, size, leafHash: log.leaves[index] as Uint8Array, proof, root };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: leafHash(u32be(77)) })).toBe(false);
        expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
        expect(verifyInclusion({ ...claim, index: BigInt(index) + (1n << 64n) })).toBe(false);
        expect(verifyInclusion({ ...claim, index: index + 0.5 })).toBe(false);
        expect(verifyInclusion({ ...claim, index: -1 })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, root] })).toBe(false);
        expect(verifyInclusion({ ...claim, root: root.slice(1) })).toBe(false);
      }
  });

  it("proves consistency of every pair of sizes, and of no other pair", () => {
    for (const from of SIZES)
      for (const to of SIZES.filter((n) => n >= from)) {
        const fromRoot = mth(log.leaves.slice(0, from));
        const toRoot = mth(log.leaves.slice(0, to));
        const proof = planConsistency(from, to).map((span) => readSpan(span, log.at));
        const claim = { from, to, fromRoot, toRoot, proof };
        expect(verifyConsistency(claim)).toBe(true);
        if (from === to) continue;
        expect(verifyConsistency({ ...claim, fromRoot: toRoot, toRoot: fromRoot })).toBe(false);
        expect(verifyConsistency({ ...claim, from: to, to: from })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: proof.slice(1) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, toRoot] })).toBe(false);
      }
  });

  it("follows indexes beyond 2^53, where doubles lose digits", () => {
    // A tree of 2^60 equal leaves: every node of level h has one hash h_h, and every proof is h_0 .. h_59.
    const levels = [leafHash(u32be(1))];
    for (let h = 0; h < 60; h++) levels.push(nodeHash(levels[h] as Uint8Array, levels[h] as Uint8Array));
    const claim = {
      index: (1n << 53n) + 1n,
      size: 1n << 60n,
      leafHash: levels[0] as Uint8Array,
      proof: levels.slice(0, 60),
      root: levels[60] as Uint8Array,
    };
    expect(verifyInclusion(claim)).toBe(true);
    expect(verifyInclusion({ ...claim, index: claim.size })).toBe(false);
    expect(verifyInclusion({ ...claim, index: 2 ** 53 + 2 })).toBe(false); // a number that may have been rounded
    expect(verifyInclusion({ ...claim, proof: levels.slice(0, 59) })).toBe(false);

    for (let h = 60; h < 64; h++) levels.push(nodeHash(levels[h] as Uint8Array, levels[h] as Uint8Array));
    const beyond = { ...claim, size: 1n << 64n, proof: levels.slice(0, 64), root: levels[64] as Uint8Array };
    expect(verifyInclusion(beyond)).toBe(false); // sizes are u64
  });

  it("accepts hashes of exactly 32 bytes, because bytes moved across a border would hash the same", () => {
    const [left, right] = log.leaves as [Uint8Array, Uint8Array];
    const root = nodeHash(left, right);
    expect(verifyInclusion({ index: 0, size: 2, leafHash: left, proof: [right], root })).toBe(true);
    const longer = Uint8Array.of(...left, right[0] as number);
    expect(nodeHash(longer, right.slice(1))).toEqual(root);
    expect(verifyInclusion({ index: 0, size: 2, leafHash: longer, proof: [right.slice(1)], root })).toBe(false);
    const short = left.slice(1);
    expect(verifyInclusion({ index: 0, size: 1, leafHash: short, proof: [], root: short })).toBe(false);
    const claim = { from: 1, to: 2, fromRoot: longer, toRoot: root, proof: [right.slice(1)] };
    expect(verifyConsistency(claim)).toBe(false);
    const [c, d, g] = [longer, log.leaves[3]!, log.leaves[0]!];
    expect(verifyInclusion({ index: 0, size: 2, leafHash: d, proof: [c], root: nodeHash(d, c) })).toBe(false);
    for (const [first, ok] of [
      [log.leaves[2]!, true],
      [c, false],
    ] as const) {
      const roots = { fromRoot: nodeHash(g, first), toRoot: nodeHash(g, nodeHash(first, d)) };
      expect(verifyConsistency({ from: 3, to: 4, ...roots, proof: [first, d, g] })).toBe(ok);
    }
  });

  it("has at most 2^64 - 1 entries, and no size that is no safe integer", () => {
    const max = (1n << 64n) - 1n;
    const root = log.leaves[0]!;
    const same = (from: bigint | number, to = from) =>
      verifyConsistency({ from, to, fromRoot: root, toRoot: root, proof: [] });
    expect(same(max)).toBe(true);
    for (const size of [max + 1n, 0, -1, 1.5, Number.NaN, 2 ** 53]) expect(same(size)).toBe(false);
    expect(same(1.5, 2)).toBe(false);
    expect(same(2, 2.5)).toBe(false);
  });

  it("refuses to plan proofs that do not exist", () => {
    expect(() => planInclusion(3, 3)).toThrow(RangeError);
    expect(() => planInclusion(-1, 3)).toThrow(RangeError);
    expect(() => planConsistency(0, 3)).toThrow(RangeError);
    expect(() => planConsistency(4, 3)).toThrow(RangeError);
    expect(() => planRoot(0)).toThrow(RangeError);
    for (const size of [1.5, -1, Number.NaN]) expect(() => planRoot(size)).toThrow(`not a tree size: ${size}`);
    for (const from of [0, -1, 1.5, 4])
      expect(() => planConsistency(from, 3)).toThrow(`no proof from size ${from} to 3`);
  });
});

describe("tiles (C2SP tlog-tiles)", () => {
  it("have the paths of the specification, with each number in one form", () => {
    const paths: [Tile, string][] = [
      [{ level: 0, index: 1234067, width: 256 }, "tile/0/x001/x234/067"],
      [{ level: 1, index: 0, width: 17 }, "tile/1/000.p/17"],
      [{ level: "entries", index: 273, width: 112 }, "tile/entries/273.p/112"],
      [{ level: 63, index: 1000, width: 1 }, "tile/63/x001/000.p/1"],
    ];
    for (const [tile, path] of paths) {
      expect(tilePath(tile)).toBe(path);
      expect(parseTilePath(path)).toEqual(tile);
    }
    for (const path of [
      "tile/00/000",
      "tile/64/000",
      "tile/0/0",
      "tile/0/x000/000",
      "tile/0/000/000",
      "tile/0/x001",
      "tile/0/000.p/0",
      "tile/0/000.p/256",
      "tile/0/000.p/01",
      "tile/0/000.p/",
      "/tile/0/000",
      "tile/0/000/",
      "tile/-1/000",
      "tile/0/../../x",
      "tile/entry/000",
    ])
      expect(parseTilePath(path), path).toBeUndefined();
  });

  it("of a tree of 70,000 entries are listed as in the specification", () => {
    const tiles = newTiles(0, 70_000);
    const of = (level: Tile["level"]) => tiles.filter((t) => t.level === level);
    expect(of(0).filter((t) => t.width === 256)).toHaveLength(273);
    expect(of(0).at(-1)).toEqual({ level: 0, index: 273, width: 112 });
    expect(of("entries")).toHaveLength(274);
    expect(of(1)).toEqual([
      { level: 1, index: 0, width: 256 },
      { level: 1, index: 1, width: 17 },
    ]);
    expect(of(2)).toEqual([{ level: 2, index: 0, width: 1 }]);
    expect(newTiles(0, 256).map(tilePath)).toEqual(["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    // Only changed tiles: from 255 to 256 the first tile fills up; from 256 to 257 level 1 stays as it is.
    expect(newTiles(255, 256).map(tilePath)).toEqual(["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    expect(newTiles(256, 257).map(tilePath)).toEqual(["tile/entries/001.p/1", "tile/0/001.p/1"]);
    expect(newTiles(300, 300)).toEqual([]);
  });

  it("frame the entries of a bundle, and refuse another count or a truncated end", () => {
    const entries = [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(65_535).fill(7)];
    const bundle = encodeBundle(entries);
    expect(bundle.slice(0, 7)).toEqual(Uint8Array.of(0, 0, 0, 3, 1, 2, 3));
    expect(decodeBundle(bundle, 3)).toEqual(entries);
    expect(decodeBundle(bundle, 2)).toBeUndefined();
    expect(decodeBundle(bundle.slice(0, -1), 3)).toBeUndefined();
    expect(decodeBundle(Uint8Array.of(...bundle.slice(0, 7), 0), 2)).toBeUndefined();
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(RangeError);
  });

  it("are enough for the same proofs as rows give, each tile fetched once; a broken tile breaks the proof", async () => {
    const log = build(600);
    const files = new Map<string, Uint8Array>();
    for (const tile of [...newTiles(0, 300), ...newTiles(300, 600)]) {
      if (tile.level === "entries") continue;
      const rows = Array.from({ length: tile.width }, (_, i) =>
        log.at({ level: 8 * (tile.level as number), index: 256 * tile.index + i }),
      );
      files.set(tilePath(tile), Uint8Array.from(rows.flatMap((r) => [...r])));
    }
    const fetched: string[] = [];
    const read = async (tile: Tile) => {
      fetched.push(tilePath(tile));
      const file = files.get(tilePath(tile));
      if (!file) throw new Error(`no ${tilePath(tile)}`);
      return file;
    };
    for (const size of [300, 600]) {
      const root = (await readSpansFromTiles([planRoot(size)], size, read))[0] as Uint8Array;
      expect(root).toEqual(readSpan(planRoot(size), log.at));
      for (const index of [0, 255, 256, 299]) {
        const proof = await readSpansFromTiles(planInclusion(index, size), size, read);
        expect(verifyInclusion({ index, size, leafHash: log.leaves[index] as Uint8Array, proof, root })).toBe(true);
      }
    }
    fetched.length = 0;
    const spans = planConsistency(300, 600);
    const proof = await readSpansFromTiles(spans, 600, read);
    expect(proof).toEqual(spans.map((span) => readSpan(span, log.at)));
    expect(new Set(fetched).size).toBe(fetched.length);

    const torn = async (tile: Tile) => (await read(tile)).slice(1);
    await expect(readSpansFromTiles(spans, 600, torn)).rejects.toThrow(RangeError);
    const flipped = async (tile: Tile) => (await read(tile)).map((b, i) => (i === 0 ? b ^ 1 : b));
    const wrong = await readSpansFromTiles(planInclusion(1, 600), 600, flipped);
    const root = readSpan(planRoot(600), log.at);
    const claim = { index: 1, size: 600, leafHash: log.leaves[1] as Uint8Array, root };
    expect(verifyInclusion({ ...claim, proof: wrong })).toBe(false);
  });
});
