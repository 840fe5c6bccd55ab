import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { LogMonitor } from "../../client/log/monitor.ts";
import { httpLogSource } from "../../client/log/source.ts";
import { type ApiError, api, apiJson, type Transport } from "../../client/transport.ts";
import type { TransparencyLog } from "../../durable-objects/transparency-log.ts";
import type { WitnessHead } from "../../durable-objects/witness-memory.ts";
import type { LogEnv } from "../../functions/shared/env.ts";
import type { Problem } from "../../functions/shared/problems.ts";
import { addCheckpoint } from "../../functions/shared/witness.ts";
import { type AppBuild, appBuildEntry } from "../../protocol/app-builds.ts";
import { bytesToHex, u32be } from "../../protocol/bytes.ts";
import { LogEntry, type LogKind } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { LOG_FRESHNESS_SECONDS, verifyHead, verifyLogged } from "../../protocol/log-trust.ts";
import {
  emptyFrontier,
  emptyRoot,
  frontierRoot,
  leafHash,
  planConsistency,
  planInclusion,
  pushLeaf,
  verifyConsistency,
  verifyInclusion,
} from "../../protocol/merkle.ts";
import {
  cosign,
  formatCheckpoint,
  formatNote,
  formatSignature,
  LOG_KEY,
  noteSigner,
  parseCheckpoint,
  parseNote,
  parseVkey,
  signNote,
  verifyCheckpoint,
  WITNESS_KEY,
} from "../../protocol/note.ts";
import { decodeBundle, newTiles, readSpansFromTiles, type Tile, tilePath } from "../../protocol/tiles.ts";
import { parseAddCheckpoint } from "../../protocol/witness.ts";
import { logKeys, secret, witnessKeys } from "./bindings.ts";

const NOW = 1_800_000_000;
const WRITER_SECRET = secret("escrow-sign");
const STRANGER_SECRET = secret("stranger");
const LOG_SIGNER = noteSigner("symbolon.test/log", LOG_KEY, secret("log"));
const WITNESS_SIGNERS = [1, 2, 3].map((i) =>
  noteSigner(`symbolon.test/trustee-${i}`, WITNESS_KEY, secret(`trustee-${i}-witness`)),
);
const LOG_TRUST = {
  logKey: parseVkey(logKeys.vkey, LOG_KEY),
  witnesses: witnessKeys.map((w) => parseVkey(w.vkey, WITNESS_KEY)),
  quorum: 2,
  maxAgeSeconds: LOG_FRESHNESS_SECONDS,
};
const bindings = env as unknown as LogEnv;
const log = () => (bindings.TRANSPARENCY_LOG as DurableObjectNamespace<TransparencyLog>).getByName("log");
const entry = (n: number): Uint8Array =>
  LogEntry.encode({
    kind: "order",
    at: NOW,
    subject: Uint8Array.of(...u32be(n), ...new Uint8Array(28)),
    caseId: undefined,
    body: new Uint8Array(0),
  });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const entriesOf = (from: number, to: number) => range(from, to).map(entry);
const rootOf = (entries: Uint8Array[]) => frontierRoot(entries.map(leafHash).reduce(pushLeaf, emptyFrontier));

const URL_ = "http://log.test";
const worker = (exports as unknown as { default: { fetch: typeof fetch } }).default;
const transport: Transport = {
  fetch: (input, init) => worker.fetch(input as never, init as never) as never,
  now: () => clock.now,
  rng: (n) => crypto.getRandomValues(new Uint8Array(n)),
  sendClock: true,
};
const get = (path: string) => worker.fetch(URL_ + path);
const post = (path: string, json: unknown, signWith?: Uint8Array) =>
  apiJson<Record<string, unknown>>(transport, URL_, path, { json, signWith });
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (e: ApiError) => e.code,
  );

// ---- the outside witnesses, in memory; the trustees are silent

type Behaviour = "honest" | "silent" | "hangs" | "wrong clock" | "signs another text" | "foreign key";
const witnesses = {
  heads: new Map<number, WitnessHead>(),
  behaviour: new Map<number, Behaviour>(),
  asked: [] as number[],
};
const clock = { now: NOW };
const stranger = noteSigner(WITNESS_SIGNERS[0]!.key.name, WITNESS_KEY, STRANGER_SECRET);

async function witnessAnswer(n: number, body: string): Promise<Response> {
  witnesses.asked.push(n);
  const behaviour = witnesses.behaviour.get(n) ?? "honest";
  const signer = WITNESS_SIGNERS[n]!;
  const { text } = parseNote(parseAddCheckpoint(body)!.note)!;
  if (behaviour === "silent") throw new TypeError("nothing answers");
  if (behaviour === "hangs") return new Promise(() => {});
  if (behaviour === "wrong clock") return new Response(formatSignature(cosign(text, signer, clock.now + 3600)));
  if (behaviour === "signs another text") return new Response(formatSignature(cosign(`${text}x\n`, signer, clock.now)));
  if (behaviour === "foreign key") return new Response(formatSignature(cosign(text, stranger, clock.now)));
  const parts = {
    logKey: LOG_TRUST.logKey,
    signer,
    head: async () => witnesses.heads.get(n),
    advance: async (_: unknown, to: WitnessHead) => !!witnesses.heads.set(n, to),
  };
  return addCheckpoint(body, parts, clock.now).catch((e: Problem) => Response.json({ code: e.code }, { status: 403 }));
}
globalThis.fetch = (async (input: RequestInfo, init?: RequestInit) => {
  const request = new Request(input, init);
  const witness = /^http:\/\/witness-([123])\.test\/add-checkpoint$/.exec(request.url)?.[1];
  if (!witness) throw new TypeError(`nothing answers at ${request.url}`);
  return witnessAnswer(Number(witness) - 1, await request.text());
}) as typeof fetch;

const only = (awake: readonly number[], otherwise: Behaviour = "silent"): void => {
  for (const n of [0, 1, 2]) witnesses.behaviour.set(n, awake.includes(n) ? "honest" : otherwise);
};
/** The log's newest head, cosigned by these witnesses. */
async function cosignHead(awake: readonly number[] = [0, 1]): Promise<string> {
  only(awake);
  const { size } = await log().head();
  expect(await log().cosigned(awake.length, size, clock.now)).toMatchObject({ size });
  return log().checkpoint();
}

/** A head with the log's signature and those of witnesses who check nothing: a coalition of liars can make it. */
function forgedHead(entries: Uint8Array[], size = entries.length): string {
  const text = formatCheckpoint({ origin: LOG_SIGNER.key.name, size, root: rootOf(entries) });
  return formatNote({
    text,
    signatures: [signNote(text, LOG_SIGNER), ...WITNESS_SIGNERS.map((w) => cosign(text, w, NOW))],
  });
}

beforeEach(async () => {
  await reset();
  clock.now = NOW;
  witnesses.heads.clear();
  witnesses.asked.length = 0;
  only([0, 1, 2]);
});

describe("appending", () => {
  it("numbers entries from zero and returns the tree's root", async () => {
    expect(await log().head()).toEqual({ size: 0, root: emptyRoot(), published: 0 });
    const entries = entriesOf(0, 5);
    expect(await log().append(entries.slice(0, 3))).toEqual({
      indexes: [0, 1, 2],
      size: 3,
      root: rootOf(entries.slice(0, 3)),
    });
    expect(await log().append(entries.slice(3))).toEqual({ indexes: [3, 4], size: 5, root: rootOf(entries) });
  });

  it("gives equal bytes one index, however often and in whatever way they are repeated", async () => {
    await log().append(entriesOf(0, 3));
    const again = await log().append([entry(2), entry(7), entry(0), entry(7)]);
    expect(again.indexes).toEqual([2, 3, 0, 3]);
    expect(again.size).toBe(4);
    expect((await log().entries(0, 10)).entries).toEqual([0, 1, 2, 7].map(entry));
  });

  it("gives 50 concurrent callers 50 different indexes, even if some repeat a request", async () => {
    const answers = await Promise.all([...range(0, 50), ...range(0, 10)].map((n) => log().append([entry(n)])));
    const indexes = answers.map((a) => a.indexes[0] as number);
    expect(new Set(indexes.slice(0, 50)).size).toBe(50);
    expect(indexes.slice(50)).toEqual(indexes.slice(0, 10));
    expect(Math.max(...indexes)).toBe(49);
    const { entries } = await log().entries(0, 50);
    expect((await log().head()).root).toEqual(rootOf(entries));
  });

  it("accepts all entries of a call or none", async () => {
    await log().append([entry(0)]);
    await runInDurableObject(log(), async (object: TransparencyLog) => {
      await expect(object.append([entry(1), new Uint8Array(65_536)])).rejects.toThrow(RangeError);
      await expect(object.append([entry(1), new Uint8Array(0)])).rejects.toThrow(RangeError);
    });
    expect((await log().head()).size).toBe(1);
  });

  it("keeps everything when it is evicted", async () => {
    const entries = entriesOf(0, 9);
    await log().append(entries.slice(0, 4));
    await evictDurableObject(log());
    expect((await log().append(entries.slice(2))).indexes).toEqual([2, 3, 4, 5, 6, 7, 8]);
    const note = await log().checkpoint();
    await evictDurableObject(log());
    expect(await log().checkpoint()).toBe(note);
    expect((await log().head()).root).toEqual(rootOf(entries));
  });
});

describe("proofs", () => {
  it("of inclusion and consistency are valid for every index and size, and exist only inside the log", async () => {
    const entries = entriesOf(0, 21);
    await log().append(entries);
    for (const size of [1, 2, 5, 8, 20, 21]) {
      const root = rootOf(entries.slice(0, size));
      for (const index of range(0, size)) {
        const answer = await log().inclusion(index, size);
        if (!answer.ok) throw new Error(answer.reason);
        const claim = { index, size, leafHash: leafHash(entries[index] as Uint8Array), proof: answer.proof, root };
        expect(verifyInclusion(claim)).toBe(true);
      }
      const answer = await log().consistency(size, 21);
      if (!answer.ok) throw new Error(answer.reason);
      const claim = { from: size, to: 21, fromRoot: root, toRoot: rootOf(entries), proof: answer.proof };
      expect(verifyConsistency(claim)).toBe(true);
    }
    const outside = { ok: false, reason: "out-of-range" };
    expect(await log().inclusion(5, 5)).toEqual(outside);
    expect(await log().inclusion(0, 22)).toEqual(outside);
    expect(await log().inclusion(-1, 5)).toEqual(outside);
    expect(await log().inclusion(0.5, 5)).toEqual(outside);
    expect(await log().consistency(5, 22)).toEqual(outside);
    expect(await log().consistency(6, 5)).toEqual(outside);
    expect(await log().consistency(0, 5)).toEqual({ ok: true, proof: [] });
  });
});

describe("heads and tiles", () => {
  const tileKeys = async () => (await bindings.TILES.list()).objects.map((o) => o.key).sort();

  it("are in R2 before a head names them, and the alarm writes them if no one asks", async () => {
    await log().append(entriesOf(0, 3));
    expect(await tileKeys()).toEqual([]);
    expect(await runDurableObjectAlarm(log())).toBe(true);
    expect(await tileKeys()).toEqual(["tile/0/000.p/3", "tile/entries/000.p/3"]);
    expect((await log().head()).published).toBe(3);
    await log().append([entry(3)]);
    const note = parseNote(await log().checkpoint());
    expect(parseCheckpoint(note?.text ?? "")).toMatchObject({ size: 4, root: rootOf(entriesOf(0, 4)) });
    expect(await tileKeys()).toContain("tile/0/000.p/4");
    // The alarm of the second append finds nothing to do.
    expect(await runDurableObjectAlarm(log())).toBe(true);
    expect((await log().head()).published).toBe(4);
  });

  it("are the same bytes after a crash half-way, when the alarm runs again", async () => {
    for (const from of [0, 200, 400]) await log().append(entriesOf(from, from + 200));
    await runDurableObjectAlarm(log());
    const read = async () =>
      Promise.all(
        (await tileKeys()).map(async (k) => [k, new Uint8Array(await (await bindings.TILES.get(k))!.arrayBuffer())]),
      );
    const files = await read();
    expect(files.map(([k]) => k)).toEqual(newTiles(0, 600).map(tilePath).sort());
    // A crash after the writes and before the row leaves `published` behind; one during the writes also loses files.
    await runInDurableObject(log(), async (_: TransparencyLog, state) => {
      state.storage.sql.exec("UPDATE progress SET published = 300");
      await state.storage.setAlarm(Date.now() + 60_000);
    });
    await bindings.TILES.delete("tile/0/002.p/88");
    await evictDurableObject(log());
    await runDurableObjectAlarm(log());
    expect(await read()).toEqual(files);
  });

  it("wait for R2 while it fails, and no head is signed meanwhile", async () => {
    await log().append(entriesOf(0, 3));
    await runInDurableObject(log(), async (object: TransparencyLog, state) => {
      const inner = object as unknown as { env: { TILES: { put: R2Bucket["put"] } } };
      const { env: real } = inner;
      let puts = 0;
      // The first tile is written, the second fails.
      const failing = (key: string, bytes: Uint8Array) =>
        ++puts === 2 ? Promise.reject(new Error("no R2")) : real.TILES.put(key, bytes);
      inner.env = { ...real, TILES: { put: failing as R2Bucket["put"] } };
      await expect(object.checkpoint()).rejects.toThrow("no R2");
      puts = 0;
      await object.alarm();
      expect(object.head().published).toBe(0);
      expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now());
      expect(state.storage.sql.exec("SELECT count(*) n FROM heads").one().n).toBe(0);
      inner.env = real;
    });
    expect(await runDurableObjectAlarm(log())).toBe(true);
    expect((await log().head()).published).toBe(3);
    const bundle = await bindings.TILES.get("tile/entries/000.p/3");
    expect(decodeBundle(new Uint8Array((await bundle?.arrayBuffer()) ?? new ArrayBuffer(0)), 3)).toEqual(
      entriesOf(0, 3),
    );
  });

  it("can be derived again from the rows, including the partial tiles of signed heads", async () => {
    await log().append(entriesOf(0, 10));
    const first = await log().checkpoint();
    await log().append(entriesOf(10, 12));
    await log().checkpoint();
    const keys = await tileKeys();
    expect(keys).toContain("tile/0/000.p/10");
    await bindings.TILES.delete(keys);
    await log().republish();
    expect(await tileKeys()).toEqual(keys);
    expect(parseCheckpoint(parseNote(first)?.text ?? "")?.size).toBe(10);
  });

  it("never go back, and there is one note per size", async () => {
    await log().append(entriesOf(0, 3));
    const notes = await Promise.all(range(0, 5).map(() => log().checkpoint()));
    expect(new Set(notes).size).toBe(1);
    await runInDurableObject(log(), (_: TransparencyLog, state) => {
      expect(state.storage.sql.exec("SELECT size FROM heads").toArray()).toEqual([{ size: 3 }]);
    });
    const sizes: number[] = [];
    await Promise.all(
      range(3, 20).map(async (n) => {
        await log().append([entry(n)]);
        sizes.push(parseCheckpoint(parseNote(await log().checkpoint())?.text ?? "")?.size ?? 0);
      }),
    );
    expect(Math.min(...sizes)).toBeGreaterThan(3);
    expect(parseCheckpoint(parseNote(await log().checkpoint())?.text ?? "")?.size).toBe(20);
  });

  it("are enough to prove entries without the log", async () => {
    const entries = entriesOf(0, 300);
    await log().append(entries.slice(0, 150));
    await log().append(entries.slice(150));
    const checkpoint = await (await get("/checkpoint")).text();
    const verified = verifyCheckpoint({ note: checkpoint, ...LOG_TRUST, quorum: 0 });
    if (!verified.ok) throw new Error(verified.reason);
    const { size, root } = verified.checkpoint;
    const read = async (tile: Tile) => new Uint8Array(await (await get(`/${tilePath(tile)}`)).arrayBuffer());
    const bundle = decodeBundle(await read({ level: "entries", index: 1, width: 44 }), 44);
    expect(bundle).toEqual(entries.slice(256));
    for (const index of [0, 255, 299]) {
      const proof = await readSpansFromTiles(planInclusion(index, size), size, read);
      const leaf = leafHash(entries[index] as Uint8Array);
      expect(verifyInclusion({ index, size, leafHash: leaf, proof, root })).toBe(true);
      const tampered = async (tile: Tile) => (await read(tile)).map((b, i) => (i === 64 ? b ^ 1 : b));
      const wrong = await readSpansFromTiles(planInclusion(index, size), size, tampered);
      expect(verifyInclusion({ index, size, leafHash: leaf, proof: wrong, root })).toBe(false);
    }
    const proof = await readSpansFromTiles(planConsistency(150, size), size, read);
    const fromRoot = rootOf(entries.slice(0, 150));
    expect(verifyConsistency({ from: 150, to: size, fromRoot, toRoot: root, proof })).toBe(true);
  });
});

describe("cosignatures", () => {
  const timesOf = (note: string) => {
    const verified = verifyCheckpoint({ note, ...LOG_TRUST, quorum: 0 });
    return verified.ok ? verified.cosigners.map((c) => c.time) : verified.reason;
  };

  it("are asked for when somebody wants a head with more entries, and then kept", async () => {
    expect(await log().cosigned(1, 1, NOW)).toBeUndefined();
    await log().append(entriesOf(0, 3));
    const first = await cosignHead();
    expect(verifyCheckpoint({ note: first, ...LOG_TRUST })).toMatchObject({ ok: true });
    witnesses.asked.length = 0;
    expect(await log().cosigned(2, 3, NOW)).toEqual({ note: first, size: 3 });
    expect(await log().cosigned(2, 1, NOW)).toEqual({ note: first, size: 3 });
    expect(witnesses.asked).toEqual([]);
    expect(await log().cosigned(2, 4, NOW)).toBeUndefined(); // the log has no such entry, so nobody is asked
    expect(witnesses.asked).toEqual([]);

    // A later head with the signature of only one witness is not yet shown to readers who need a quorum.
    await log().append(entriesOf(3, 5));
    const second = await cosignHead([2]);
    expect(await log().cosigned(1, 5, NOW)).toEqual({ note: second, size: 5 });
    expect(await log().cosigned(2, 5, NOW)).toBeUndefined();
    expect(await log().cosigned(2, 3, NOW)).toEqual({ note: first, size: 3 });
    expect(await log().cosigned(3, 3, NOW)).toBeUndefined();
    only([0, 1, 2]);
    expect(await log().cosigned(3, 5, NOW)).toMatchObject({ size: 5 });
  });

  it("come from the first quorum: nobody waits for a witness that hangs", async () => {
    await log().append(entriesOf(0, 3));
    only([0, 2], "hangs");
    const before = Date.now();
    expect(await log().cosigned(2, 3, NOW)).toMatchObject({ size: 3 });
    expect(Date.now() - before).toBeLessThan(2_000);
  });

  it("are asked for once, however many readers wait for the same head", async () => {
    await log().append(entriesOf(0, 3));
    const heads = await Promise.all(range(0, 20).map(() => log().cosigned(3, 3, NOW)));
    expect(new Set(heads.map((h) => h?.size))).toEqual(new Set([3]));
    expect(witnesses.asked.sort()).toEqual([0, 1, 2]);
  });

  it("are renewed when a reader comes half a day later, and by alarm, also if no entry came", async () => {
    await log().append(entriesOf(0, 3));
    expect(timesOf(await cosignHead([0, 1, 2]))).toEqual([NOW, NOW, NOW]);
    clock.now += 11 * 3600;
    expect(timesOf((await log().cosigned(3, 3, clock.now))!.note)).toEqual([NOW, NOW, NOW]);
    clock.now += 2 * 3600;
    const renewed = await log().cosigned(3, undefined, clock.now);
    expect(timesOf(renewed!.note)).toEqual([clock.now, clock.now, clock.now]);
    expect(renewed!.size).toBe(3);
    // A day passes in which nobody asks. The log's clock is the last caller's, and goes on.
    const stub = log();
    clock.now += 86_400;
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("UPDATE clock SET ahead = ?", clock.now - Math.floor(Date.now() / 1000));
    });
    await evictDurableObject(stub); // the pause between two rounds by alarm is over
    await runDurableObjectAlarm(stub);
    for (const time of timesOf(await log().checkpoint())) expect(Math.abs(Number(time) - clock.now)).toBeLessThan(60);
  });

  it.each(["silent", "wrong clock", "signs another text", "foreign key"] as const)(
    "of a witness that is %s do not count",
    async (behaviour) => {
      await log().append(entriesOf(0, 3));
      only([0, 1], behaviour);
      expect(await log().cosigned(3, 3, NOW)).toBeUndefined();
      expect(timesOf(await log().checkpoint())).toEqual([NOW, NOW]);
    },
  );

  it("of a witness that has signed a newer head are not had for an older one", async () => {
    await log().append(entriesOf(0, 3));
    witnesses.heads.set(1, { size: 9, root: rootOf(entriesOf(0, 9)) });
    expect(await log().cosigned(3, 3, NOW)).toBeUndefined();
    expect(await log().cosigned(2, 3, NOW)).toMatchObject({ size: 3 });
    await log().append(entriesOf(3, 12));
    expect(await log().cosigned(3, 12, NOW)).toMatchObject({ size: 12 });
  });
});

describe("the HTTP side", () => {
  const encoded = (entries: Uint8Array[]) => ({ entries: entries.map((e) => toBase64url(e)) });

  it("accepts entries from writers only, and only log entries", async () => {
    const body = encoded(entriesOf(0, 2));
    expect(await post("/v1/entries", body, WRITER_SECRET)).toEqual({ indexes: [0, 1], size: 2 });
    expect(await post("/v1/entries", body, WRITER_SECRET)).toEqual({ indexes: [0, 1], size: 2 });
    expect(await code(post("/v1/entries", body, STRANGER_SECRET))).toBe("credential-refused");
    expect(await code(post("/v1/entries", body))).toBe("credential-refused");
    for (const bad of [
      encoded([]),
      encoded([Uint8Array.of(1, 2, 3)]),
      encoded([new Uint8Array(0)]),
      encoded([Uint8Array.of(...entry(9), 0)]),
      { entries: ["=="] },
      { entries: "x" },
      [],
    ])
      expect(await code(post("/v1/entries", bad, WRITER_SECRET)), JSON.stringify(bad)).toBe("malformed");
    expect((await log().head()).size).toBe(2);
  });

  it("serves heads, tiles and proofs with the specified headers", async () => {
    await log().append(entriesOf(0, 257));
    const checkpoint = await get("/checkpoint");
    expect(checkpoint.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(checkpoint.headers.get("cache-control")).toBe("no-store");
    expect(await checkpoint.text()).toBe(await log().checkpoint());
    for (const path of ["/tile/0/000", "/tile/entries/001.p/1", "/tile/1/000.p/1"]) {
      const tile = await get(path);
      expect(tile.status, path).toBe(200);
      expect(tile.headers.get("content-type")).toBe("application/octet-stream");
      expect(tile.headers.get("cache-control")).toContain("immutable");
      await tile.arrayBuffer();
    }
    for (const path of ["/tile/0/002", "/tile/0/0", "/tile/0/000.p/256", "/tile/../checkpoint2", "/tile/"]) {
      const missing = await get(path);
      expect(missing.status, path).toBe(404);
      expect(missing.headers.get("cache-control")).toBe("no-store");
      await missing.arrayBuffer();
    }
    const page = await apiJson<{ entries: string[]; size: number }>(transport, URL_, "/v1/entries?from=250&limit=3");
    expect(page).toEqual({ ...encoded(entriesOf(250, 253)), size: 257 });
    expect((await apiJson<{ entries: string[] }>(transport, URL_, "/v1/entries?from=0")).entries).toHaveLength(256);
    expect((await apiJson<{ entries: string[] }>(transport, URL_, "/v1/entries?from=300")).entries).toEqual([]);
    for (const [path, expected] of [
      ["/v1/inclusion?index=0&size=258", "not-found"],
      ["/v1/inclusion?index=0", "malformed"],
      ["/v1/inclusion?index=-1&size=2", "malformed"],
      ["/v1/inclusion?index=01&size=2", "malformed"],
      ["/v1/consistency?from=1e1&to=20", "malformed"],
      ["/v1/consistency?from=2&to=1", "not-found"],
      ["/v1/cosigned?quorum=4", "not-found"],
      ["/v1/cosigned?quorum=x", "malformed"],
      ["/v1/entries", "malformed"],
    ] as const)
      expect(await code(api(transport, URL_, path)), path).toBe(expected);
  });

  it("serves a cosigned head, the index of an entry and its proofs", async () => {
    await log().append(entriesOf(0, 5));
    const { checkpoint } = await apiJson<{ checkpoint: string }>(transport, URL_, "/v1/cosigned?quorum=3&min=5");
    const head = verifyHead(checkpoint, { ...LOG_TRUST, quorum: 3 }, NOW);
    if (!head.ok) throw new Error(head.reason);
    expect(await code(api(transport, URL_, "/v1/cosigned?quorum=3&min=6"))).toBe("not-found");
    const leaf = (n: number) => `/v1/leaves/${bytesToHex(leafHash(entry(n)))}`;
    expect(await apiJson(transport, URL_, leaf(3))).toEqual({ index: 3 });
    expect(await code(api(transport, URL_, leaf(7)))).toBe("not-found");
    expect(await code(api(transport, URL_, "/v1/leaves/00"))).toBe("malformed");
    const { proofs } = (await post("/v1/inclusions", { size: 5, indexes: [3, 0] })) as { proofs: string[][] };
    [3, 0].forEach((index, i) => {
      const logged = { entry: entry(index), index, proof: proofs[i]!.map(fromBase64url) };
      expect(verifyLogged(logged, head.checkpoint)).toMatchObject({ kind: "order" });
    });
    for (const [body, expected] of [
      [{ size: 5, indexes: [5] }, "not-found"],
      [{ size: 6, indexes: [0] }, "not-found"],
      [{ size: 5, indexes: [-1] }, "malformed"],
      [{ size: 5, indexes: [] }, "malformed"],
    ] as const)
      expect(await code(post("/v1/inclusions", body)), JSON.stringify(body)).toBe(expected);
  });

  it("accepts from each writer only its own kinds, dated by the log's clock", async () => {
    const made = (kind: LogKind, at = NOW): string =>
      toBase64url(LogEntry.encode({ kind, at, subject: secret(kind), caseId: undefined, body: new Uint8Array(0) }));
    const by = (name: string, ...entries: string[]) => code(post("/v1/entries", { entries }, secret(name)));
    expect(await by("escrow-sign", made("notice"))).toBe("accepted");
    expect(await by("escrow-sign", made("parameters"))).toBe("forbidden");
    expect(await by("escrow-sign", made("opening"), made("service"))).toBe("forbidden");
    expect(await by("registrar-sign", made("parameters"))).toBe("accepted");
    expect(await by("registrar-sign", made("officer"))).toBe("forbidden");
    expect(await by("service-sign", made("order"))).toBe("forbidden");
    // A key may repeat bytes that are in the log already, whoever wrote them: nothing is added.
    expect(await by("service-sign", made("notice"))).toBe("accepted");
    expect(await by("registrar-sign", made("parameters", NOW - 3601))).toBe("not-allowed-now");
    expect(await by("registrar-sign", made("parameters", NOW - 3600))).toBe("accepted");
    expect(await by("escrow-sign", made("opening", NOW + 3601))).toBe("not-allowed-now");
    expect(await by("escrow-sign", made("opening", NOW - 86_400))).toBe("accepted"); // it waited for the log
    expect((await log().head()).size).toBe(4);
  });

  it("takes the build of an app from the administrator alone, signed and whole", async () => {
    const build: AppBuild = { app: "wallet", version: 1, buildHash: secret("files"), source: "v1" };
    const good = appBuildEntry(build, secret("admin"), NOW);
    const by = (name: string, entry: LogEntry) =>
      code(post("/v1/entries", { entries: [toBase64url(LogEntry.encode(entry))] }, secret(name)));
    expect(await by("escrow-sign", good)).toBe("forbidden");
    expect(await by("stranger", good)).toBe("credential-refused");
    expect(await by("admin", { ...good, kind: "parameters" })).toBe("forbidden");
    expect(await by("admin", appBuildEntry(build, secret("stranger"), NOW))).toBe("malformed");
    expect(await by("admin", { ...good, body: good.body.slice(0, -1) })).toBe("malformed");
    expect(await by("admin", { ...good, body: new Uint8Array(0) })).toBe("malformed");
    expect(await by("admin", { ...good, subject: secret("files") })).toBe("malformed");
    expect(await by("admin", { ...good, caseId: secret("files") })).toBe("malformed");
    expect(await by("admin", appBuildEntry(build, secret("admin"), NOW - 3601))).toBe("not-allowed-now");
    expect((await log().head()).size).toBe(0);
    expect(await by("admin", good)).toBe("accepted");
    expect(await by("admin", good)).toBe("accepted"); // the same bytes: nothing is added
    expect((await log().head()).size).toBe(1);
  });
});

describe("a monitor", () => {
  const honest = () => httpLogSource(transport, URL_, 2);
  const now = () => clock.now;

  it("follows the log, reads every entry once, and continues from its state", async () => {
    await log().append(entriesOf(0, 300));
    await cosignHead();
    const monitor = new LogMonitor(LOG_TRUST, honest(), now);
    const first = await monitor.follow();
    expect(first).toMatchObject({ ok: true, from: 0 });
    expect(first.ok && first.entries).toEqual(entriesOf(0, 300));
    await log().append(entriesOf(300, 310));
    await cosignHead();
    const resumed = new LogMonitor(LOG_TRUST, honest(), now, structuredClone(monitor.state));
    const next = await resumed.follow();
    expect(next.ok && next.entries).toEqual(entriesOf(300, 310));
    expect(await resumed.follow()).toMatchObject({ ok: true, entries: [] });
    expect(await resumed.update()).toMatchObject({ ok: true, news: false });
    expect(await resumed.includes(305, entry(305))).toEqual({ ok: true });
    expect(await resumed.includes(305, entry(304))).toEqual({ ok: false, reason: "not-included" });
    expect(await resumed.includes(310, entry(310))).toEqual({ ok: false, reason: "not-included" });
  });

  it("detects a removed, a changed and a reordered entry", async () => {
    await log().append(entriesOf(0, 40));
    await cosignHead();
    const all = entriesOf(0, 40);
    for (const [what, entries] of [
      ["removed", [...all.slice(0, 7), ...all.slice(8)]],
      ["changed", all.map((e, i) => (i === 7 ? entry(99) : e))],
      ["reordered", [...all.slice(0, 7), entry(8), entry(7), ...all.slice(9)]],
      ["cut off", all.slice(0, 39)],
    ] as const) {
      const lying = { ...honest(), entries: async (from: number, n: number) => entries.slice(from, from + n) };
      const monitor = new LogMonitor(LOG_TRUST, lying, now);
      expect(await monitor.follow(), what).toMatchObject({ ok: false, reason: "inconsistent" });
      expect(monitor.state?.read.size, what).toBe(0);
    }
  });

  it("reports two heads of one size with different roots, and keeps both as evidence", async () => {
    await log().append(entriesOf(0, 5));
    const seen = await cosignHead();
    const monitor = new LogMonitor(LOG_TRUST, honest(), now);
    await monitor.update();
    const shown = forgedHead([...entriesOf(0, 4), entry(99)]);
    const expected = { ok: false, reason: "split-view", evidence: { seen, shown } };
    expect(await monitor.compare(shown)).toEqual(expected);
    const lying = new LogMonitor(LOG_TRUST, { ...honest(), checkpoint: async () => shown }, now, monitor.state);
    expect(await lying.update()).toEqual(expected);
    expect(lying.state?.note).toBe(seen);
    expect(await monitor.compare(seen)).toEqual({ ok: true });
  });

  it("reports a larger head that does not continue the last one, whatever proof comes with it", async () => {
    await log().append(entriesOf(0, 5));
    await cosignHead();
    const monitor = new LogMonitor(LOG_TRUST, honest(), now);
    await monitor.update();
    await log().append(entriesOf(5, 8));
    const rewritten = forgedHead([entry(99), ...entriesOf(1, 8)]);
    const lying = new LogMonitor(LOG_TRUST, { ...honest(), checkpoint: async () => rewritten }, now, monitor.state);
    expect(await lying.update()).toMatchObject({ reason: "inconsistent", evidence: { shown: rewritten } });
    expect(lying.state).toEqual(monitor.state);
    expect(await monitor.compare(rewritten)).toMatchObject({ reason: "inconsistent" });
  });

  it("distinguishes an old head from one that never existed", async () => {
    await log().append(entriesOf(0, 5));
    const old = await cosignHead();
    await log().append(entriesOf(5, 8));
    await cosignHead();
    const monitor = new LogMonitor(LOG_TRUST, honest(), now);
    await monitor.update();
    expect(await monitor.compare(old)).toEqual({ ok: true });
    const rollback = new LogMonitor(LOG_TRUST, { ...honest(), checkpoint: async () => old }, now, monitor.state);
    expect(await rollback.update()).toEqual({ ok: false, reason: "older" });
    expect(await monitor.compare(forgedHead(entriesOf(1, 6)))).toMatchObject({ reason: "inconsistent" });
  });

  it("calls a head stale that its witnesses have not signed for three days, and compares with it all the same", async () => {
    await log().append(entriesOf(0, 5));
    const frozen = await cosignHead();
    const source = { ...honest(), checkpoint: async () => frozen };
    const monitor = new LogMonitor(LOG_TRUST, source, now);
    expect(await monitor.follow()).toMatchObject({ ok: true });
    clock.now += LOG_FRESHNESS_SECONDS;
    expect(await monitor.follow()).toMatchObject({ ok: true, entries: [] });
    clock.now += 1;
    expect(await monitor.follow()).toEqual({ ok: false, reason: "stale" });
    expect(await monitor.compare(frozen)).toEqual({ ok: true });
    expect(await new LogMonitor(LOG_TRUST, honest(), now).follow()).toMatchObject({ ok: true }); // the log itself is renewed
  });

  it("believes no head without a quorum", async () => {
    await log().append(entriesOf(0, 5));
    await cosignHead([0]);
    const alone = new LogMonitor(LOG_TRUST, httpLogSource(transport, URL_, 1), now);
    expect(await alone.update()).toMatchObject({ reason: "bad-checkpoint", detail: "no-quorum" });
    await expect(new LogMonitor(LOG_TRUST, honest(), now).update()).rejects.toMatchObject({ code: "not-found" });
  });
});
