// Tests of the session index. Rows are accepted once, all or none. Readers get whole epochs or buckets in pages. A
// closed epoch never changes. A trustee that searches the index fetches about as much from a large epoch as from a
// small one, and never asks for a single row.

import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type ApiRequest, api, apiJson } from "../../client/transport.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { type EpochOfCase, firstPages, matchSessions, type Wanted } from "../../functions/trustee/session-index.ts";
import { bytesToHex, concatBytes, hexToBytes, u32be } from "../../protocol/bytes.ts";
import { isFalseRow } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { INDEX_ROW_BYTES, proveIndexRow } from "../../protocol/index-row.ts";
import { IndexBlocks, type IndexRoot } from "../../protocol/index-tree.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
import { sessionIndexValue } from "../../protocol/opening.ts";
import { encodeG2, type G2, type Scalar, tagBase } from "../../protocol/suite.ts";
import { secret } from "./bindings.ts";
import {
  bindings,
  clock,
  code,
  EPOCH,
  ESCROW_URL,
  freshWorld,
  GRACE_SECONDS,
  outside,
  rng,
  transport,
} from "./escrow-world.ts";

beforeEach(freshWorld);
afterAll(freshWorld); // the next file of this isolate starts with the usual clock

interface Row {
  epoch: number;
  value: string;
  serviceId: string;
  tag: string;
  rowProof: string;
}
const newRow = (epoch = EPOCH, value = rng(32)): Row => ({
  epoch,
  value: toBase64url(value),
  serviceId: bytesToHex(rng(16)),
  tag: toBase64url(rng(96)),
  rowProof: toBase64url(rng(64)),
});
const put = (rows: unknown, signWith = secret("service-sign")) =>
  api(transport, ESCROW_URL, "/v1/index", { json: { rows }, signWith });
const bytesOf = (r: Row): Uint8Array =>
  concatBytes(readBase64url(r.value), hexToBytes(r.serviceId), readBase64url(r.tag), readBase64url(r.rowProof));
const sorted = (rows: Row[]): string[] => rows.map((r) => bytesToHex(bytesOf(r))).sort();

async function read(epoch: number, part = "0.1"): Promise<{ rows: string[]; pages: number }> {
  const rows: string[] = [];
  let pages = 0;
  let cursor: string | null = null;
  do {
    const query: string = `?part=${part}${cursor === null ? "" : `&cursor=${cursor}`}`;
    const response = await api(transport, ESCROW_URL, `/v1/index/${epoch}${query}`);
    const page = new Uint8Array(await response.arrayBuffer());
    for (let at = 0; at < page.length; at += INDEX_ROW_BYTES)
      rows.push(bytesToHex(page.subarray(at, at + INDEX_ROW_BYTES)));
    cursor = response.headers.get("symbolon-cursor");
    pages++;
  } while (cursor !== null);
  return { rows, pages };
}
/** The service Worker's word that no row of the epoch is pending. */
const complete = (epoch: number, signWith = secret("service-sign")) =>
  apiJson(transport, ESCROW_URL, `/v1/index/${epoch}/complete`, { json: {}, signWith });
const close = (epoch: number, signWith = secret("admin")) =>
  apiJson<{ epoch: number; count: number; root: string; logIndex: number; late: number }>(
    transport,
    ESCROW_URL,
    `/v1/admin/index/${epoch}/close`,
    { method: "POST", signWith },
  );
const openUntil = epochStart(EPOCH + 1) + Math.max(GRACE_SECONDS, 300) + 3600;

describe("rows", () => {
  it("are stored once, and are read in sorted order per epoch", async () => {
    const rows = [newRow(), newRow(), newRow(), newRow(EPOCH - 1)];
    await put(rows);
    await put(rows);
    await put([rows[1], newRow(EPOCH - 2)]);
    expect((await read(EPOCH)).rows).toEqual(sorted(rows.slice(0, 3)));
    expect((await read(EPOCH - 1)).rows).toEqual(sorted([rows[3]!]));
    expect((await read(EPOCH + 1)).rows).toEqual([]);
  });

  it("are all accepted or none: a value that names another session spoils the whole request", async () => {
    const row = newRow();
    await put([row]);
    const fresh = newRow();
    expect(await code(put([fresh, { ...row, tag: newRow().tag }]))).toBe("conflict");
    expect(await code(put([fresh, { ...row, serviceId: newRow().serviceId }]))).toBe("conflict");
    expect(await code(put([fresh, { ...fresh, tag: newRow().tag }]))).toBe("conflict");
    expect((await read(EPOCH)).rows).toEqual(sorted([row]));
  });

  it("are accepted from the service Worker only", async () => {
    expect(await code(put([newRow()], secret("stranger")))).toBe("credential-refused");
    const request: ApiRequest = { json: { rows: [newRow()] } };
    expect(await code(api(transport, ESCROW_URL, "/v1/index", request))).toBe("credential-refused");
    expect((await read(EPOCH)).rows).toEqual([]);
  });

  it("are read in pages, and in buckets whose size has a lower bound", async () => {
    const all = Array.from({ length: 4200 }, () => newRow());
    for (let i = 0; i < all.length; i += 500) await put(all.slice(i, i + 500));
    const whole = await read(EPOCH);
    expect(whole.pages).toBe(5);
    expect(whole.rows).toEqual(sorted(all));
    const bucket = await read(EPOCH, `${0xa3}.256`);
    expect(bucket.rows).toEqual(sorted(all).filter((r) => r.startsWith("a3")));
    expect(bucket.rows.length).toBeGreaterThan(0);
    expect(await code(read(EPOCH, "0.65537"))).toBe("malformed");
    const several = await read(EPOCH, [0x07, 0xa3, 0xff].map((n) => `${n}.256`).join());
    expect(several.rows).toEqual(sorted(all).filter((r) => /^(07|a3|ff)/.test(r)));
    const thirds = await read(EPOCH, "0.3,2.3");
    const third = (r: string): number => Math.floor((Number.parseInt(r.slice(0, 8), 16) * 3) / 2 ** 32);
    expect(thirds.rows).toEqual(sorted(all).filter((r) => third(r) !== 1));
    const most = await read(EPOCH, Array.from({ length: 63 }, (_, n) => `${n}.64`).join()); // again several pages
    expect(most.rows).toEqual(sorted(all).filter((r) => !/^f[c-f]/.test(r)));
    const few = await api(transport, ESCROW_URL, `/v1/index/${EPOCH}?limit=10`);
    expect(new Uint8Array(await few.arrayBuffer()).length).toBe(10 * INDEX_ROW_BYTES);
    expect(few.headers.get("symbolon-cursor")).toBe(sorted(all)[9]!.slice(0, 64));
  });

  it.each([
    ["no rows", []],
    ["too many", Array.from({ length: 501 }, () => newRow())],
    ["short value", [{ ...newRow(), value: toBase64url(rng(31)) }]],
    ["value in hex", [{ ...newRow(), value: bytesToHex(rng(32)) }]],
    ["upper-case hex", [{ ...newRow(), serviceId: "AB".repeat(16) }]],
    ["short tag", [{ ...newRow(), tag: toBase64url(rng(95)) }]],
    ["no tag", [{ ...newRow(), tag: undefined }]],
    ["short row proof", [{ ...newRow(), rowProof: toBase64url(rng(63)) }]],
    ["no row proof", [{ ...newRow(), rowProof: undefined }]],
    ["negative epoch", [{ ...newRow(), epoch: -1 }]],
    ["fractional epoch", [{ ...newRow(), epoch: 1.5 }]],
    ["epoch as text", [{ ...newRow(), epoch: String(EPOCH) }]],
    ["not a list", "rows"],
  ])("malformed: %s", async (_name, rows) => {
    expect(await code(put(rows))).toBe("malformed");
  });

  it.each(["abc", "-1", "99999", "01", "671.5"])("malformed epoch in the path: %s", async (epoch) => {
    expect(await code(api(transport, ESCROW_URL, `/v1/index/${epoch}`))).toBe("malformed");
  });
  it.each([
    "cursor=xyz",
    "cursor=00",
    "part=G0",
    "part=%00",
    "part=1.1",
    "part=0.2,0.4",
    "part=0.2,0.2",
    "part=,",
    "part=",
    `part=${Array.from({ length: 65 }, (_, n) => `${n}.128`).join()}`,
    "limit=0",
    "limit=4097",
    "limit=1e3",
  ])("malformed query: %s", async (query) => {
    expect(await code(api(transport, ESCROW_URL, `/v1/index/${EPOCH}?${query}`))).toBe("malformed");
  });
});

describe("closing", () => {
  it("waits until no check-in can arrive, and only the administrator may do it", async () => {
    await put([newRow()]);
    clock.now = openUntil - 1;
    expect(await code(complete(EPOCH))).toBe("not-allowed-now");
    expect(await code(close(EPOCH))).toBe("not-allowed-now");
    clock.now = openUntil;
    expect(await code(close(EPOCH))).toBe("not-allowed-now");
    expect(await code(complete(EPOCH, secret("admin")))).toBe("credential-refused");
    await complete(EPOCH);
    expect(await code(close(EPOCH, secret("service-sign")))).toBe("credential-refused");
    expect(await code(close(EPOCH))).toBe("accepted");
  });

  it("logs count and root of the sorted rows, and then the epoch accepts no new row", async () => {
    const rows = Array.from({ length: 9 }, () => newRow());
    await put(rows);
    clock.now = openUntil;
    await complete(EPOCH);
    const closed = await close(EPOCH);
    const root = frontierRoot(
      sorted(rows)
        .map((r) => leafHash(hexToBytes(r)))
        .reduce(pushLeaf, emptyFrontier),
    );
    expect(closed).toEqual({ epoch: EPOCH, count: 9, root: bytesToHex(root), logIndex: 0, late: 0 });
    const entry = LogEntry.decode(outside.log[0]!);
    expect(entry).toMatchObject({ kind: "index-root", subject: root, body: concatBytes(u32be(EPOCH), u32be(9)) });

    const next = newRow(EPOCH + 1);
    expect(await code(put([newRow()]))).toBe("accepted");
    expect(await code(put([next, newRow()]))).toBe("accepted");
    expect((await read(EPOCH + 1)).rows).toEqual(sorted([next]));
    expect(await code(put([rows[0]]))).toBe("accepted");
    expect((await read(EPOCH)).rows).toEqual(sorted(rows));
    expect(await close(EPOCH)).toEqual({ ...closed, late: 2 }); // the two late rows are kept, and the administrator is told
  });

  it("continues after a fault with the same log entry, however late", async () => {
    await put([newRow()]);
    clock.now = openUntil;
    outside.down.add("log.test");
    await complete(EPOCH);
    expect(await code(close(EPOCH))).toBe("unavailable");
    const kept = await bindings.ESCROW_DB.prepare("SELECT entry FROM closed_epochs").first<number[]>("entry");
    outside.down.clear();
    clock.now += 5000;
    const closed = await close(EPOCH);
    expect(await close(EPOCH)).toEqual(closed);
    expect(outside.log).toEqual([Uint8Array.from(kept!)]);
  });

  it("gives an empty epoch the root of no rows", async () => {
    clock.now = openUntil;
    await complete(EPOCH);
    expect(await close(EPOCH)).toMatchObject({ count: 0, root: bytesToHex(frontierRoot(emptyFrontier)) });
  });
});

describe("a trustee's search", () => {
  const SLOTS = 16;
  const z = 1234567n;
  const paramsHash = new Uint8Array(32);
  const tagAt = (slot: number): G2 => tagBase(paramsHash, EPOCH, slot).multiply(z) as G2;
  /** the values that the trustees computed: all slots, two of which the patient used */
  const wanted: Wanted = new Map(
    Array.from({ length: SLOTS }, (_, slot) => [
      bytesToHex(sessionIndexValue(tagAt(slot))),
      { slot, base: tagBase(paramsHash, EPOCH, slot) },
    ]),
  );
  const used = [3, 12];

  const genuine = used.map((slot) => ({
    epoch: EPOCH,
    value: toBase64url(sessionIndexValue(tagAt(slot))),
    serviceId: "5e".repeat(16),
    tag: toBase64url(encodeG2(tagAt(slot))),
    rowProof: toBase64url(
      proveIndexRow({ serviceId: hexToBytes("5e".repeat(16)), epoch: EPOCH, slot, paramsHash }, z as Scalar, rng),
    ),
  }));

  async function fill(rows: number): Promise<void> {
    await bindings.ESCROW_DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO session_index SELECT ?, lower(hex(randomblob(32))), lower(hex(randomblob(16))), lower(hex(randomblob(96))),
       lower(hex(randomblob(64)))
       FROM n`,
    )
      .bind(rows, EPOCH)
      .run();
    await put(genuine);
  }
  /** Reads the index as a trustee does, over the escrow's own routes. @param root of the epoch, if it is closed */
  async function match(
    change: (page: Uint8Array, url: URL) => Uint8Array = (page) => page,
    root?: Pick<IndexRoot, "count" | "root">,
  ) {
    const asked: URL[] = [];
    let fetched = 0;
    const outer = globalThis.fetch;
    globalThis.fetch = (async (input: string, init?: RequestInit) => {
      const response = await transport.fetch(input, init);
      asked.push(new URL(input));
      const page = change(new Uint8Array(await response.arrayBuffer()), new URL(input));
      fetched += page.length;
      return new Response(page as Uint8Array<ArrayBuffer>, response);
    }) as typeof fetch;
    try {
      const source = { ESCROW_URL };
      const of: EpochOfCase = {
        epoch: EPOCH,
        paramsHash,
        slots: SLOTS,
        isOver: root !== undefined,
        root: root && { epoch: EPOCH, ...root },
      };
      const pages = firstPages(source, [of], clock.now);
      const matched = await matchSessions(source, [of], pages, new Map([[EPOCH, wanted]]), clock.now);
      const { sessions, unproved } = matched;
      return { slots: sessions.map((s) => s.slot).sort((a, b) => a - b), sessions, unproved, asked, fetched };
    } finally {
      globalThis.fetch = outer;
    }
  }
  const partsAsked = (asked: URL[]): string[] => [
    ...new Set(asked.flatMap((url) => url.searchParams.get("part")?.split(",") ?? [])),
  ];

  it("reads a small index whole, and several thousand rows of a large one of any size, with hundreds of rows per bucket", async () => {
    await fill(4_000);
    const small = await match();
    expect(small.slots).toEqual(used);
    expect(partsAsked(small.asked)).toEqual([]);
    let [rows, outer]: [number, string[]] = [4_000, []];
    const share = (part: string): number[] => {
      const [n, of] = part.split(".").map(Number) as [number, number];
      return [n / of, (n + 1) / of];
    };
    for (const size of [12_000, 48_000, 96_000]) {
      await fill(size - rows);
      rows = size;
      const { slots, asked, fetched } = await match();
      expect(slots).toEqual(used);
      expect(fetched / INDEX_ROW_BYTES).toBeLessThan(1024 + 1.1 * SLOTS * 512);
      expect(asked.length).toBeLessThan(10);
      const parts = partsAsked(asked);
      expect(parts.length).toBeGreaterThan(8);
      for (const part of parts) expect((await read(EPOCH, part)).rows.length).toBeGreaterThan(200);
      // If it asks again after the index has grown, two questions about one value reveal no more than the narrower one.
      const within = ([from, below]: number[]) =>
        outer.map(share).some(([f, b]) => f! <= from! && below! <= b!) || outer.length === 0;
      expect(parts.map(share).every(within)).toBe(true);
      outer = parts;
    }
  });

  it("reports a false row, and blames the escrow for an index that misstates its size", async () => {
    await fill(20_000);
    const lied = bytesToHex(sessionIndexValue(tagAt(used[0]!)));
    const lying = await match((page) => {
      for (let at = 0; at < page.length; at += INDEX_ROW_BYTES)
        if (bytesToHex(page.subarray(at, at + 32)) === lied) page.set(encodeG2(tagAt(5)), at + 48);
      return page;
    });
    expect(lying.slots).toEqual(used);
    expect(lying.sessions.map((s) => isFalseRow(s.tagHash))).toEqual(lying.sessions.map((s) => s.slot === used[0]));
    const dense = (page: Uint8Array, url: URL): Uint8Array => {
      if (url.searchParams.has("part")) return page;
      for (let at = 0; at < page.length; at += INDEX_ROW_BYTES) page.fill(0, at, at + 1); // as if all of them were in 1 of 256
      return page;
    };
    await expect(match(dense)).rejects.toMatchObject({ code: "unavailable" });
    const stray = (page: Uint8Array, url: URL): Uint8Array =>
      url.searchParams.has("part") ? page.slice(INDEX_ROW_BYTES).map((b, i) => (i < 32 ? 0 : b)) : page;
    await expect(match(stray)).rejects.toMatchObject({ code: "unavailable" });
  });

  const closedRoot = async () => {
    clock.now = openUntil;
    await bindings.ESCROW_DB.prepare("INSERT INTO complete_epochs VALUES (?)").bind(EPOCH).run();
    const { count, root } = await close(EPOCH);
    return { count, root: hexToBytes(root) };
  };
  const falseRoot = [{ epoch: EPOCH, reason: "false-root" }];

  it("compares a small closed epoch with its root, and says when a row was left out or changed since", async () => {
    await fill(2_000);
    const root = await closedRoot();
    expect(await match((page) => page, root)).toMatchObject({ slots: used, unproved: [] });
    expect(await match()).toMatchObject({ slots: used, unproved: [{ epoch: EPOCH, reason: "open" }] });
    expect(await match((page) => page, { ...root, root: rng(32) })).toMatchObject({ slots: used, unproved: falseRoot });
    expect(await match((page) => page, { ...root, count: 1_999 })).toMatchObject({ unproved: falseRoot });
    const hidden = await match((page, url) => (url.searchParams.has("cursor") ? page : page.slice(208)), root);
    expect(hidden.unproved).toEqual(falseRoot);
  });

  it("gets proofs of a large closed epoch, for about as many rows at any size", async () => {
    await fill(20_000);
    const root = await closedRoot();
    const { slots, unproved, fetched, asked } = await match((page) => page, root);
    expect({ slots, unproved }).toEqual({ slots: used, unproved: [] });
    expect(fetched / INDEX_ROW_BYTES).toBeLessThan(1.1 * SLOTS * (512 + 2 * 64));
    expect(asked.length).toBeLessThan(10);
    for (const url of asked) expect(url.pathname).toBe(`/v1/index/${EPOCH}/blocks`);
    for (const part of partsAsked(asked)) expect((await read(EPOCH, part)).rows.length).toBeGreaterThan(100);
  });

  it("finds a row of a bucket left out, hidden behind another block, or taken out of the tree", async () => {
    await fill(20_000);
    const root = await closedRoot();
    const lied = bytesToHex(sessionIndexValue(tagAt(used[0]!)));
    const changed = (change: (blocks: IndexBlocks) => IndexBlocks) => (page: Uint8Array) =>
      IndexBlocks.encode(change(IndexBlocks.decode(page)));
    const holds = ({ rows }: { rows: Uint8Array }) => bytesToHex(rows).includes(lied);
    const without = (rows: Uint8Array): Uint8Array => {
      const at = bytesToHex(rows).indexOf(lied) / 2;
      return concatBytes(rows.subarray(0, at), rows.subarray(at + INDEX_ROW_BYTES));
    };
    const leftOut = changed((b) => ({
      ...b,
      runs: b.runs.map((run) => (holds(run) ? { ...run, rows: without(run.rows) } : run)),
    }));
    expect(await match(leftOut, root)).toMatchObject({ slots: [used[1]], unproved: falseRoot });
    const runGone = changed((b) => ({ ...b, runs: b.runs.filter((run) => !holds(run)) }));
    expect(await match(runGone, root)).toMatchObject({ slots: [used[1]], unproved: falseRoot });

    // The escrow proves other buckets than the ones that it was asked for.
    const outer = globalThis.fetch;
    const real = transport.fetch;
    transport.fetch = ((input: string, init?: RequestInit) =>
      real(input.replace(/part=([^&]*)/, "part=0.2"), init)) as typeof fetch;
    try {
      const elsewhere = await match((page) => page, root);
      expect(elsewhere.unproved).toEqual(falseRoot);
    } finally {
      transport.fetch = real;
      globalThis.fetch = outer;
    }
  });

  it("an epoch that is not closed has no proofs, and an empty one a proof of nothing", async () => {
    const blocks = (epoch: number) => api(transport, ESCROW_URL, `/v1/index/${epoch}/blocks?part=3.4`);
    expect(await code(blocks(EPOCH))).toBe("not-found");
    const root = await closedRoot();
    expect(await match((page) => page, root)).toMatchObject({ slots: [], unproved: [] });
    expect(IndexBlocks.decode(new Uint8Array(await (await blocks(EPOCH)).arrayBuffer()))).toMatchObject({ runs: [] });
    expect(await code(api(transport, ESCROW_URL, `/v1/index/${EPOCH}/blocks?cursor=ab`))).toBe("malformed");
  });
});
