// The session index: rows come once, all or none; whole epochs and buckets are read in pages; a closed epoch stands still.

import { beforeEach, describe, expect, it } from "vitest";
import { type ApiRequest, api, apiJson } from "../../client/transport.ts";
import { fromBase64, toBase64 } from "../../functions/http.ts";
import { bytesToHex, concatBytes, hexToBytes, u32be } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
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

interface Row {
  epoch: number;
  value: string;
  serviceId: string;
  tag: string;
}
const newRow = (epoch = EPOCH, value = rng(32)): Row => ({
  epoch,
  value: toBase64(value),
  serviceId: bytesToHex(rng(16)),
  tag: toBase64(rng(96)),
});
const put = (rows: unknown, signWith = secret("service-sign")) =>
  api(transport, ESCROW_URL, "/v1/index", { json: { rows }, signWith });
const bytesOf = (r: Row): Uint8Array => concatBytes(fromBase64(r.value), hexToBytes(r.serviceId), fromBase64(r.tag));
const sorted = (rows: Row[]): string[] => rows.map((r) => bytesToHex(bytesOf(r))).sort();

async function read(epoch: number, prefix = ""): Promise<{ rows: string[]; pages: number }> {
  const rows: string[] = [];
  let pages = 0;
  let cursor: string | null = null;
  do {
    const query: string = `?prefix=${prefix}${cursor === null ? "" : `&cursor=${cursor}`}`;
    const response = await api(transport, ESCROW_URL, `/v1/index/${epoch}${query}`);
    const page = new Uint8Array(await response.arrayBuffer());
    for (let at = 0; at < page.length; at += 144) rows.push(bytesToHex(page.subarray(at, at + 144)));
    cursor = response.headers.get("symbolon-cursor");
    pages++;
  } while (cursor !== null);
  return { rows, pages };
}
const close = (epoch: number, signWith = secret("admin")) =>
  apiJson<{ epoch: number; count: number; root: string; logIndex: number }>(
    transport,
    ESCROW_URL,
    `/v1/admin/index/${epoch}/close`,
    { method: "POST", signWith },
  );
const openUntil = epochStart(EPOCH + 1) + GRACE_SECONDS + 300 + 3600;

describe("rows", () => {
  it("come once, and are read sorted, epoch by epoch", async () => {
    const rows = [newRow(), newRow(), newRow(), newRow(EPOCH - 1)];
    await put(rows);
    await put(rows);
    await put([rows[1], newRow(EPOCH - 2)]);
    expect((await read(EPOCH)).rows).toEqual(sorted(rows.slice(0, 3)));
    expect((await read(EPOCH - 1)).rows).toEqual(sorted([rows[3]!]));
    expect((await read(EPOCH + 1)).rows).toEqual([]);
  });

  it("are all taken or none: a value that stands for another session spoils the request", async () => {
    const row = newRow();
    await put([row]);
    const fresh = newRow();
    expect(await code(put([fresh, { ...row, tag: newRow().tag }]))).toBe("conflict");
    expect(await code(put([fresh, { ...row, serviceId: newRow().serviceId }]))).toBe("conflict");
    expect(await code(put([fresh, { ...fresh, tag: newRow().tag }]))).toBe("conflict");
    expect((await read(EPOCH)).rows).toEqual(sorted([row]));
  });

  it("come from the service Worker only", async () => {
    expect(await code(put([newRow()], secret("stranger")))).toBe("credential-refused");
    const request: ApiRequest = { json: { rows: [newRow()] } };
    expect(await code(api(transport, ESCROW_URL, "/v1/index", request))).toBe("credential-refused");
    expect((await read(EPOCH)).rows).toEqual([]);
  });

  it("are read in pages, and in buckets that no one can make small", async () => {
    const all = Array.from({ length: 4200 }, () => newRow());
    for (let i = 0; i < all.length; i += 500) await put(all.slice(i, i + 500));
    const whole = await read(EPOCH);
    expect(whole.pages).toBe(2);
    expect(whole.rows).toEqual(sorted(all));
    const bucket = await read(EPOCH, "a3");
    expect(bucket.rows).toEqual(sorted(all).filter((r) => r.startsWith("a3")));
    expect(bucket.rows.length).toBeGreaterThan(0);
    expect(await code(read(EPOCH, "a3b4c"))).toBe("malformed");
  });

  it.each([
    ["no rows", []],
    ["too many", Array.from({ length: 501 }, () => newRow())],
    ["short value", [{ ...newRow(), value: toBase64(rng(31)) }]],
    ["value in hex", [{ ...newRow(), value: bytesToHex(rng(32)) }]],
    ["upper-case hex", [{ ...newRow(), serviceId: "AB".repeat(16) }]],
    ["short tag", [{ ...newRow(), tag: toBase64(rng(95)) }]],
    ["no tag", [{ ...newRow(), tag: undefined }]],
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
  it.each(["cursor=xyz", "prefix=G0", "cursor=00", "prefix=%00"])("malformed query: %s", async (query) => {
    expect(await code(api(transport, ESCROW_URL, `/v1/index/${EPOCH}?${query}`))).toBe("malformed");
  });
});

describe("closing", () => {
  it("waits until no check-in can come, and is the administrator's", async () => {
    await put([newRow()]);
    clock.now = openUntil - 1;
    expect(await code(close(EPOCH))).toBe("not-allowed-now");
    clock.now = openUntil;
    expect(await code(close(EPOCH, secret("service-sign")))).toBe("credential-refused");
    expect(await code(close(EPOCH))).toBe("accepted");
  });

  it("logs count and root of the sorted rows; then the epoch takes no new row", async () => {
    const rows = Array.from({ length: 9 }, () => newRow());
    await put(rows);
    clock.now = openUntil;
    const closed = await close(EPOCH);
    const root = frontierRoot(
      sorted(rows)
        .map((r) => leafHash(hexToBytes(r)))
        .reduce(pushLeaf, emptyFrontier),
    );
    expect(closed).toEqual({ epoch: EPOCH, count: 9, root: bytesToHex(root), logIndex: 0 });
    const entry = LogEntry.decode(outside.log[0]!);
    expect(entry).toMatchObject({ kind: "index-root", subject: root, body: concatBytes(u32be(EPOCH), u32be(9)) });

    expect(await code(put([newRow()]))).toBe("not-allowed-now");
    expect(await code(put([newRow(EPOCH + 1), newRow()]))).toBe("not-allowed-now");
    expect((await read(EPOCH + 1)).rows).toEqual([]);
    expect(await code(put([rows[0]]))).toBe("accepted");
    expect((await read(EPOCH)).rows).toEqual(sorted(rows));
  });

  it("goes on after a fault with the same entry, however late", async () => {
    await put([newRow()]);
    clock.now = openUntil;
    outside.down.add("log.test");
    expect(await code(close(EPOCH))).toBe("unavailable");
    const kept = await bindings.ESCROW_DB.prepare("SELECT entry FROM closed_epochs").first<number[]>("entry");
    expect(await code(put([newRow()]))).toBe("not-allowed-now");
    outside.down.clear();
    clock.now += 5000;
    const closed = await close(EPOCH);
    expect(await close(EPOCH)).toEqual(closed);
    expect(outside.log).toEqual([Uint8Array.from(kept!)]);
  });

  it("an empty epoch has the root of no rows", async () => {
    clock.now = openUntil;
    expect(await close(EPOCH)).toMatchObject({ count: 0, root: bytesToHex(frontierRoot(emptyFrontier)) });
  });
});
