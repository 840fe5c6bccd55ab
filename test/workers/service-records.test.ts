// Tests of records: the chain of manifests, later statements and their effect, writes that the service must refuse,
// faults between R2 and D1, erasure, and the message channel. A refused write must leave nothing behind.

import { createExecutionContext } from "cloudflare:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import { Clinic } from "../../client/clinic.ts";
import { RecordError, sealRecord } from "../../client/sealing/record.ts";
import { type ApiError, api, apiBytes, apiJson, type Transport } from "../../client/transport.ts";
import service from "../../functions/service.ts";
import { GROUP_BLOB_BYTES, GROUP_BLOBS, readGroup } from "../../protocol/blob-group.ts";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { LogEntry, Manifest, manifestHashOf, signDocument } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { decodeG1 } from "../../protocol/suite.ts";
import { blobKey } from "../../schema/r2-keys.ts";
import { secret } from "./bindings.ts";
import {
  bindings,
  clock,
  code,
  deployment,
  document,
  freshWorld,
  NOW,
  newClinic,
  newKey,
  outside,
  rng,
  SERVICE_URL,
  transport,
  visit,
} from "./service-world.ts";

type Visit = Awaited<ReturnType<typeof visit>>;
let clinic: Clinic;
let alice: Visit;
/** The clinic's Bearer header, as an eavesdropper would have it. */
let authorization: string;

const listening: Transport = {
  ...transport,
  fetch: (async (input: string, init?: RequestInit) => {
    authorization = new Headers(init?.headers).get("authorization") ?? authorization;
    return transport.fetch(input, init);
  }) as Transport["fetch"],
};
const over = (t: Transport, c: Clinic = clinic) => new Clinic(t, deployment, c.keys);

beforeEach(async () => {
  await freshWorld();
  clinic = await newClinic();
  alice = await visit(clinic);
  await over(listening).records(alice.session);
  await over(listening).sessions();
});

const plain = (text: string) => utf8ToBytes(text);
const base = (c = clinic) => `/v1/services/${bytesToHex(c.serviceId)}`;
const blobCode = (recordId: string) => code(api(transport, SERVICE_URL, `${base()}/blobs/${recordId}`));

/** A sealed record with its manifest as the SDK makes it, and then with changes. */
async function made(change: Partial<Manifest> = {}, by = clinic) {
  const recordId = change.recordId ?? rng(16);
  const { blob, ...sealed } = await sealRecord({
    plaintext: plain("a note"),
    serviceId: by.serviceId,
    tagHash: hexToBytes(alice.tagHash),
    recordId,
    keySetId: document.keySetId,
    serviceRecipient: by.keys.ageRecipient,
    sessionRecipient: alice.checkIn.sessionRecipient,
    threshold: { recordKey: decodeG1(document.recordKey), groupHybridKey: document.groupHybridKey },
    rng,
  });
  const manifest: Manifest = {
    kind: "record",
    serviceId: by.serviceId,
    tagHash: hexToBytes(alice.tagHash),
    recordId,
    target: undefined,
    movedTo: undefined,
    blobHash: sealed.sha256,
    stanzaHash: sealed.stanzaHash,
    size: blob.length,
    day: dayOf(NOW),
    contentKind: "text/plain",
    keySetId: document.keySetId,
    count: 1,
    previous: new Uint8Array(32),
    ...change,
  };
  return { recordId: bytesToHex(recordId), blob, manifest, signed: sign(manifest, by) };
}
const sign = (manifest: Manifest, by = clinic) =>
  signDocument(LABELS.signManifest, Manifest, manifest, hexToBytes(by.keys.signSecretKey));

interface Put {
  recordId: string;
  signed: Uint8Array;
  blob: Uint8Array;
}
const put = ({ recordId, signed, blob }: Put, t = transport): Promise<Response> =>
  api(t, SERVICE_URL, `${base()}/records/${recordId}`, {
    method: "PUT",
    bytes: blob,
    headers: { authorization, "symbolon-manifest": toBase64url(signed) },
  });
const state = (manifest: Manifest, by = clinic) =>
  api(transport, SERVICE_URL, `${base()}/statements`, {
    json: { manifest: toBase64url(sign(manifest, by)) },
    headers: { authorization },
  });

const shards = [bindings.RECORDS_DB_0, bindings.RECORDS_DB_1];
async function left() {
  const uploads = await Promise.all(
    shards.map((db) => db.prepare("SELECT count(*) n FROM uploads").first<number>("n")),
  );
  const { records } = await apiJson<{ records: { manifest: string; status: string }[] }>(
    transport,
    SERVICE_URL,
    `${base()}/buckets/0.1`,
  );
  return {
    blobs: (await bindings.BLOBS.list({ prefix: "records/" })).objects.length,
    uploads: uploads.reduce<number>((a, b) => a + b!, 0),
    statuses: records.map((r) => r.status),
  };
}
const sweep = () =>
  apiJson<{ blobs: number }>(transport, SERVICE_URL, "/v1/admin/sweep", { method: "POST", signWith: secret("admin") });

describe("a clinic that dates a record as it likes", () => {
  const today = dayOf(NOW);
  it("files nothing of another day, neither a record nor a statement", async () => {
    for (const day of [0, today - 400, today - 2, today + 2, 4_294_967_295])
      expect(await code(put(await made({ day })))).toBe("clock-skew");
    const first = await made();
    await put(first);
    const withdrawal: Partial<Manifest> = {
      ...{ kind: "withdrawal", recordId: rng(16), target: first.manifest.recordId, size: 0, contentKind: "" },
      ...{ blobHash: new Uint8Array(32), stanzaHash: new Uint8Array(32), keySetId: new Uint8Array(32) },
      ...{ count: 2, previous: manifestHashOf(first.signed) },
    };
    expect(await code(state({ ...first.manifest, ...withdrawal, day: today - 30 }))).toBe("clock-skew");
    expect((await left()).statuses).toEqual(["current"]);
    // The control: the same statement of today stands.
    await state({ ...first.manifest, ...withdrawal });
    expect((await left()).statuses).toEqual(["withdrawn", "statement"]);
  });

  it("may be a day off, and may send again what stands, on any day", async () => {
    const [early, late] = [await made({ day: today - 1 }), today + 1];
    await put(early);
    const next = await made({ day: late, count: 2, previous: manifestHashOf(early.signed) });
    await put(next);
    clock.now = NOW + 40 * 86_400;
    await over(listening).sessions();
    for (const again of [early, next]) expect((await put(again)).status).toBe(200);
  });
});

describe("a record", () => {
  it("is amended, withdrawn and listed with its history, and each session has its own chain", async () => {
    const bob = await visit(clinic);
    const first = await clinic.putRecord(alice.session, plain("one"));
    const second = await clinic.amend(alice.session, first, plain("two"));
    const other = await clinic.putRecord(bob.session, plain("other"));
    await clinic.withdraw(alice.session, second);
    const records = await clinic.records(alice.session);
    expect(records.map(({ recordId, state, count, amends }) => ({ recordId, state, count, amends }))).toEqual([
      { recordId: first, state: "amended", count: 1, amends: undefined },
      { recordId: second, state: "withdrawn", count: 2, amends: first },
    ]);
    expect(await clinic.open(first)).toEqual(plain("one"));
    expect((await clinic.list()).map((r) => r.recordId).sort()).toEqual([first, second, other].sort());
    expect(await code(clinic.amend(alice.session, first, plain("three")))).toBe("not-allowed-now");
    expect(await code(clinic.withdraw(bob.session, first))).toBe("not-found");
  });

  it("come in groups, in the order of the question, without those that are erased, unknown or large", async () => {
    const small = await clinic.putRecord(alice.session, plain("small"));
    const erased = await clinic.putRecord(alice.session, plain("erased"));
    await clinic.erase(alice.session, erased);
    const large = await clinic.putRecord(alice.session, rng(GROUP_BLOB_BYTES));
    const group = async (...ids: string[]) =>
      readGroup(await apiBytes(transport, SERVICE_URL, `${base()}/blobs?ids=${ids.join(".")}`), ids.length);
    const alone = await apiBytes(transport, SERVICE_URL, `${base()}/blobs/${small}`);
    const unknown = bytesToHex(rng(16));
    expect(await group(large, small, erased, unknown, small)).toEqual([undefined, alone, undefined, undefined, alone]);
    const asked = (ids: string) => code(api(transport, SERVICE_URL, `${base()}/blobs?ids=${ids}`));
    for (const bad of [
      "",
      "00",
      `${small}.`,
      `${small},${small}`,
      Array(GROUP_BLOBS + 1)
        .fill(small)
        .join("."),
    ])
      expect(await asked(bad)).toBe("malformed");
    expect(await code(api(transport, SERVICE_URL, `${base()}/blobs`))).toBe("malformed");
    const nowhere = `/v1/services/${bytesToHex(rng(16))}/blobs?ids=${small}`;
    expect(await code(api(transport, SERVICE_URL, nowhere))).toBe("not-found");
  });

  it("can be moved to the right session: the right patient opens it, the wrong one finds nothing (S9)", async () => {
    const bob = await visit(clinic);
    const wrong = await clinic.putRecord(alice.session, plain("bob's result"));
    const right = await clinic.move(alice.session, wrong, bob.session);
    expect(await clinic.records(alice.session)).toMatchObject([{ recordId: wrong, movedTo: bob.tagHash }]);
    expect(await clinic.records(bob.session)).toMatchObject([{ recordId: right, state: "current" }]);
    expect(await blobCode(wrong)).toBe("expired");
    const blob = await apiBytes(transport, SERVICE_URL, `${base()}/blobs/${right}`);
    const { openRecord } = await import("../../client/sealing/record.ts");
    expect(await openRecord(blob, bob.ageIdentity)).toEqual(plain("bob's result"));
    await expect(openRecord(blob, alice.ageIdentity)).rejects.toThrow(RecordError);
  });

  it("is filed once if a move stops after any of its steps and is continued later", async () => {
    const bob = await visit(clinic);
    for (const step of [1, 2, 3]) {
      const wrong = await clinic.putRecord(alice.session, plain(`note ${step}`));
      let writes = 0;
      const breaking: Transport = {
        ...transport,
        fetch: (async (input: string, init?: RequestInit) => {
          if (/\/(records\/[0-9a-f]+|statements)$/.test(input) && ++writes === step) throw new TypeError("cut off");
          if (writes >= step && init?.body) throw new TypeError("cut off");
          return transport.fetch(input, init);
        }) as Transport["fetch"],
      };
      expect(await code(over(breaking).move(alice.session, wrong, bob.session))).toBe("unreachable");
      await clinic.move(alice.session, wrong, bob.session);
      expect((await clinic.records(alice.session)).at(-1)).toMatchObject({ state: "erased", movedTo: bob.tagHash });
      expect(await clinic.records(bob.session)).toHaveLength(step);
    }
  });

  it("is erased: blob and wrapped keys disappear, the signed history stays, and the log has an entry (S14)", async () => {
    const recordId = await clinic.putRecord(alice.session, plain("to be erased"));
    const logged = outside.logged.length;
    await clinic.erase(alice.session, recordId);
    expect(await left()).toEqual({ blobs: 0, uploads: 0, statuses: ["erased", "statement"] });
    expect(await blobCode(recordId)).toBe("expired");
    const { records } = await apiJson<{ records: { manifest: string }[] }>(
      transport,
      SERVICE_URL,
      `${base()}/buckets/0.1`,
    );
    const [entry, ...more] = outside.logged.slice(logged).map((e) => LogEntry.decode(fromBase64url(e)));
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ kind: "erasure", subject: manifestHashOf(fromBase64url(records[1]!.manifest)) });
    expect(await code(clinic.erase(alice.session, recordId))).toBe("not-allowed-now");
  });

  it("of several megabytes is streamed in and out", async () => {
    const large = new Uint8Array(2_000_000).fill(7);
    const recordId = await clinic.putRecord(alice.session, large);
    expect(sha256(await clinic.open(recordId))).toEqual(sha256(large));
  });

  it("is listed in pages", async () => {
    for (const text of ["a", "b", "c"]) await clinic.putRecord(alice.session, plain(text));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query: string = `?limit=2${cursor ? `&cursor=${cursor}` : ""}`;
      const page = await new ClinicApi(transport, SERVICE_URL, clinic.keys).ownJson<{
        records: { manifest: string }[];
        cursor?: string;
      }>(`/tags/${alice.tagHash}/records${query}`);
      seen.push(...page.records.map((r) => r.manifest));
      cursor = page.cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(3);
    // Nobody but the clinic may ask for a single session.
    expect(await code(api(transport, SERVICE_URL, `${base()}/tags/${alice.tagHash}/records`))).toBe("token-refused");
    for (const bad of ["?cursor=x", "?limit=0", "?limit=-1", "?to=", "?to=-1", "?to=999999"])
      expect(await code(api(transport, SERVICE_URL, `${base()}/buckets/0.1${bad}`))).toBe("malformed");
    for (const bad of ["-", "1", "1.1", "0.0", "00.1", "0.65537", "-1.2", "0.1.2", "%27"])
      expect(await code(api(transport, SERVICE_URL, `${base()}/buckets/${bad}`))).toBe("malformed");
  });
});

describe("writes that the service must refuse, and that leave nothing:", () => {
  const untouched = { blobs: 0, uploads: 0, statuses: [] };

  it("a manifest or blob with one thing wrong", async () => {
    const other = await newClinic("Other");
    const good = await made();
    const { manifest, blob } = good;
    const header = (change: (b: Uint8Array) => Uint8Array) => {
      const bad = change(blob);
      return { ...good, blob: bad, signed: sign({ ...manifest, blobHash: sha256(bad), size: bad.length }) };
    };
    const re = (change: Partial<Manifest>, by = clinic) => ({ ...good, signed: sign({ ...manifest, ...change }, by) });
    const cases: [string, Put, string][] = [
      ["not base64", { ...good, signed: new Uint8Array() }, "malformed"],
      ["no manifest", { ...good, signed: rng(300) }, "malformed"],
      ["altered manifest", { ...good, signed: good.signed.with(120, good.signed[120]! ^ 1) }, "malformed"],
      ["another service's key", re({}, other), "credential-refused"],
      ["another service's id", re({ serviceId: other.serviceId }), "credential-refused"],
      ["another record's id", re({ recordId: rng(16) }), "malformed"],
      ["unknown session", re({ tagHash: rng(32) }), "not-found"],
      ["a statement", re({ kind: "withdrawal" }), "malformed"],
      ["amendment without target", re({ kind: "amendment" }), "malformed"],
      ["amendment of nothing", re({ kind: "amendment", target: rng(16) }), "not-found"],
      ["record with target", re({ target: rng(16) }), "malformed"],
      ["record with movedTo", re({ movedTo: rng(32) }), "malformed"],
      ["wrong size", re({ size: manifest.size + 1 }), "malformed"],
      ["foreign key set", re({ keySetId: rng(32) }), "not-allowed-now"],
      ["wrong stanza hash", re({ stanzaHash: rng(32) }), "malformed"],
      ["wrong blob hash", re({ blobHash: rng(32) }), "malformed"],
      ["altered blob", { ...good, blob: blob.with(-1, blob.at(-1)! ^ 1) }, "malformed"],
      ["truncated blob", { ...good, blob: blob.subarray(0, -1) }, "malformed"],
      ["empty blob", header(() => new Uint8Array()), "malformed"],
      ["no age file", header(() => rng(2000)), "malformed"],
      ["a stanza more", header((b) => withStanza(b)), "malformed"],
      ["count too high", re({ count: 2, previous: rng(32) }), "conflict"],
      ["count 0", re({ count: 0 }), "conflict"],
      ["first with a previous", re({ previous: rng(32) }), "conflict"],
    ];
    for (const [name, bad, expected] of cases) expect([name, await code(put(bad))]).toEqual([name, expected]);
    expect(await left()).toEqual(untouched);
    expect(await code(put(good))).toBe("accepted");
  });
  /** A stanza of a foreign recipient before the MAC: one more reader. */
  const withStanza = (b: Uint8Array) => {
    const text = String.fromCharCode(...b.subarray(0, 8000));
    const at = text.indexOf("--- ");
    return concatBytes(
      b.subarray(0, at),
      utf8ToBytes(`-> X25519 ${"A".repeat(43)}\n${"A".repeat(43)}\n`),
      b.subarray(at),
    );
  };

  it("an upload without the clinic's token, with another's token, without a length, or too large", async () => {
    const good = await made();
    const bare = (headers: Record<string, string>, init: RequestInit = {}) =>
      transport.fetch(`${SERVICE_URL}${base()}/records/${good.recordId}`, {
        method: "PUT",
        headers: { "symbolon-manifest": toBase64url(good.signed), "symbolon-clock": String(NOW), ...headers },
        body: good.blob as BodyInit,
        ...init,
      });
    const codeOf = async (r: Promise<Response>) => ((await (await r).json()) as { code: string }).code;
    expect(await codeOf(bare({}))).toBe("token-refused");
    expect(await codeOf(bare({ authorization: "Bearer x.y.z" }))).toBe("token-refused");
    const stream = new Response(good.blob as BodyInit).body!.pipeThrough(new TransformStream());
    expect(await codeOf(bare({ authorization }, { body: stream }))).toBe("malformed");
    const huge = good.signed && (await made({ size: 100_000_001 }));
    expect(
      await codeOf(
        bare({ authorization, "content-length": "100000001", "symbolon-manifest": toBase64url(huge.signed) }),
      ),
    ).toMatch(/too-large|malformed/);
    expect(await left()).toEqual(untouched);
  });

  it("a statement with one thing wrong", async () => {
    const record = await made();
    await put(record);
    const statement: Manifest = {
      ...record.manifest,
      kind: "withdrawal",
      recordId: rng(16),
      target: record.manifest.recordId,
      blobHash: new Uint8Array(32),
      stanzaHash: new Uint8Array(32),
      size: 0,
      count: 2,
      previous: manifestHashOf(record.signed),
    };
    const before = await left();
    const cases: [string, Partial<Manifest>, string][] = [
      ["blob kind", { kind: "record" }, "malformed"],
      ["with a size", { size: 1 }, "malformed"],
      ["with a hash", { blobHash: rng(32) }, "malformed"],
      ["no target", { target: undefined }, "malformed"],
      ["unknown target", { target: rng(16) }, "not-found"],
      ["move to nowhere", { kind: "move" }, "malformed"],
      ["move to a stranger's session", { kind: "move", movedTo: rng(32) }, "not-found"],
      ["withdrawal with movedTo", { movedTo: rng(32) }, "malformed"],
      ["stale chain", { count: 1, previous: new Uint8Array(32) }, "conflict"],
      ["record id in use", { recordId: record.manifest.recordId }, "conflict"],
    ];
    for (const [name, change, expected] of cases)
      expect([name, await code(state({ ...statement, ...change }))]).toEqual([name, expected]);
    expect(await left()).toEqual(before);
    expect(await code(state(statement))).toBe("accepted");
    expect(await code(state(statement))).toBe("accepted");
    expect((await left()).statuses).toEqual(["withdrawn", "statement"]);
    const json = (body: unknown) =>
      code(api(transport, SERVICE_URL, `${base()}/statements`, { json: body, headers: { authorization } }));
    expect(await json({})).toBe("malformed");
    expect(await json({ manifest: "!" })).toBe("malformed");
    expect(await json({ manifest: "A".repeat(2_000_000) })).toBe("too-large");
  });
});

describe("the chain under contention", () => {
  it("accepts one of ten concurrent records for one place, and gives the others the head", async () => {
    const rivals = await Promise.all(Array.from({ length: 10 }, () => made()));
    const outcomes = await Promise.all(
      rivals.map((r) =>
        put(r).then(
          () => undefined,
          (e: ApiError) => e,
        ),
      ),
    );
    const winner = rivals[outcomes.indexOf(undefined)]!;
    const errors = outcomes.filter((e) => e !== undefined);
    expect(errors).toHaveLength(9);
    for (const e of errors) {
      expect(e.code).toBe("conflict");
      expect(e.problem.head).toEqual({ count: 1, manifestHash: bytesToHex(manifestHashOf(winner.signed)) });
    }
    expect(await left()).toMatchObject({ blobs: 1, statuses: ["current"] });
    await sweep();
    expect(await left()).toEqual({ blobs: 1, uploads: 0, statuses: ["current"] });
  });

  it("accepts ten concurrent copies of one record as one", async () => {
    const record = await made();
    const answers = await Promise.all(Array.from({ length: 10 }, () => put(record).then((r) => r.json())));
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1);
    expect(await left()).toMatchObject({ blobs: 1, statuses: ["current"] });
    expect(
      await code(put({ ...(await made({ recordId: record.manifest.recordId })), recordId: record.recordId })),
    ).toBe("conflict");
  });

  it("is retried once by the SDK after a faster writer", async () => {
    let overtaken = false;
    const slow: Transport = {
      ...transport,
      fetch: (async (input: string, init?: RequestInit) => {
        if (init?.method === "PUT" && !overtaken) {
          overtaken = true;
          await clinic.putRecord(alice.session, plain("faster"));
        }
        return transport.fetch(input, init);
      }) as Transport["fetch"],
    };
    const late = await over(slow).putRecord(alice.session, plain("slower"));
    expect(await clinic.records(alice.session)).toMatchObject([{ count: 1 }, { count: 2, recordId: late }]);
  });
});

describe("faults between R2 and D1 (S15)", () => {
  /** The Worker over the same stores, with one binding that fails. */
  const broken = (env: Partial<typeof bindings>): Transport => ({
    ...transport,
    fetch: (async (input: string, init?: RequestInit) => {
      const request = new Request(input, init);
      const { length } = init!.body as Uint8Array;
      request.headers.set("content-length", String(length));
      return service.fetch(request as never, { ...bindings, ...env }, createExecutionContext());
    }) as Transport["fetch"],
  });
  const failing = <T extends object>(target: T, methods: Partial<Record<keyof T, (...args: never[]) => unknown>>): T =>
    new Proxy(target, {
      get: (t, name) => {
        if (name in methods) return methods[name as keyof T];
        const value = Reflect.get(t, name);
        return typeof value === "function" ? value.bind(t) : value;
      },
    });
  const down = () => Promise.reject(new Error("down"));
  type Batch = D1Database["batch"];
  /** A shard whose second batch of a request is another: the first lists the upload, the second appends the record. */
  const appending = (db: D1Database, second: Batch): D1Database => {
    let batches = 0;
    const batch = ((statements) => (++batches === 1 ? db.batch(statements) : second(statements))) as Batch;
    return failing(db, { batch });
  };

  it("R2 down: nothing is stored, and the same request succeeds later", async () => {
    const record = await made();
    const t = broken({ BLOBS: failing(bindings.BLOBS, { put: down }) });
    expect(await code(put(record, t))).toBe("unavailable");
    await sweep();
    expect(await left()).toEqual({ blobs: 0, uploads: 0, statuses: [] });
    expect(await code(put(record))).toBe("accepted");
  });

  it("a fault after the blob is in R2: there is no record, and the sweep deletes the blob once it is due", async () => {
    const record = await made();
    const batches = shards.map((db) => appending(db, down));
    const t = broken({
      RECORDS_DB_0: batches[0],
      RECORDS_DB_1: batches[1],
      BLOBS: failing(bindings.BLOBS, { delete: down }),
    });
    expect(await code(put(record, t))).toBe("unavailable");
    expect((await left()).statuses).toEqual([]);
    expect((await left()).blobs).toBe(1);
    expect(await code(put(record))).toBe("accepted");
    expect((await left()).blobs).toBe(2);
    await sweep();
    expect(await left()).toEqual({ blobs: 1, uploads: 0, statuses: ["current"] });
    expect(await clinic.open(record.recordId)).toEqual(plain("a note"));
  });

  it("an isolate that dies half-way leaves a listed blob, which is swept after hours and not before", async () => {
    const record = await made();
    const never = () => new Promise<never>(() => undefined);
    const t = broken({ RECORDS_DB_0: appending(shards[0]!, never), RECORDS_DB_1: appending(shards[1]!, never) });
    void put(record, t).catch(() => undefined);
    await expect.poll(async () => (await left()).blobs).toBe(1);
    await sweep();
    expect((await left()).blobs).toBe(1);
    clock.now = NOW + 4 * 3600;
    expect((await sweep()).blobs).toBe(1);
    expect(await left()).toEqual({ blobs: 0, uploads: 0, statuses: [] });
  });

  it("an upload that was given up cannot be completed after the sweep", async () => {
    const record = await made();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = shards.map((db) => {
      const late = async (statements: D1PreparedStatement[]) => {
        await gate;
        return db.batch(statements);
      };
      return appending(db, late as Batch);
    });
    const late = put(record, broken({ RECORDS_DB_0: held[0], RECORDS_DB_1: held[1] }));
    await expect.poll(async () => (await left()).blobs).toBe(1);
    clock.now = NOW + 4 * 3600;
    await sweep();
    release();
    expect(await code(late)).toBe("conflict");
    expect(await left()).toEqual({ blobs: 0, uploads: 0, statuses: [] });
  });

  it("an upload whose blob arrives after the sweep leaves no blob", async () => {
    const record = await made();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = async (key: string, body: ReadableStream, options: R2PutOptions) => {
      const bytes = await new Response(body).arrayBuffer();
      await gate;
      return bindings.BLOBS.put(key, bytes, options);
    };
    const late = put(record, broken({ BLOBS: failing(bindings.BLOBS, { put: held }) }));
    await expect.poll(async () => (await left()).uploads).toBe(1);
    clock.now = NOW + 4 * 3600;
    await sweep();
    expect((await left()).uploads).toBe(0);
    release();
    expect(await code(late)).toBe("conflict");
    expect(await left()).toEqual({ blobs: 0, uploads: 0, statuses: [] });
  });

  it("the administrator finds blobs that nothing names, and deletes them only on demand", async () => {
    const record = await made();
    await put(record);
    await bindings.BLOBS.put(blobKey(bytesToHex(clinic.serviceId), bytesToHex(rng(16)), rng(16)), "left over");
    const orphans = (query = "", signWith = secret("admin")) =>
      apiJson(transport, SERVICE_URL, `/v1/admin/orphans${query}`, { method: "POST", signWith });
    expect(await code(orphans("", secret("stranger")))).toBe("credential-refused");
    expect(await orphans()).toEqual({ seen: 2, orphans: 1 });
    expect((await left()).blobs).toBe(2);
    expect(await orphans("?remove=yes")).toEqual({ seen: 2, orphans: 1 });
    expect(await orphans()).toEqual({ seen: 1, orphans: 0 });
    expect(await clinic.open(record.recordId)).toEqual(plain("a note"));
  });

  it("an erasure whose blob or log entry failed: answers unavailable, hides the record, and the retry completes it", async () => {
    const record = await made();
    await put(record);
    const erasure: Manifest = {
      ...record.manifest,
      kind: "erasure",
      recordId: rng(16),
      target: record.manifest.recordId,
      blobHash: new Uint8Array(32),
      stanzaHash: new Uint8Array(32),
      size: 0,
      count: 2,
      previous: manifestHashOf(record.signed),
    };
    const logged = outside.logged.length;
    outside.down.add("log.test");
    expect(await code(state(erasure))).toBe("unavailable");
    expect(await blobCode(record.recordId)).toBe("expired");
    expect(outside.logged).toHaveLength(logged);
    outside.down.clear();
    expect(await code(state(erasure))).toBe("accepted");
    expect(outside.logged).toHaveLength(logged + 1);
    expect(await left()).toEqual({ blobs: 0, uploads: 0, statuses: ["erased", "statement"] });
  });
});

describe("messages (S5)", () => {
  const path = () => `/v1/sessions/${bytesToHex(clinic.serviceId)}/${alice.tagHash}/frames`;
  const asWallet = (bytes?: Uint8Array, key = alice.authSecretKey, at = path(), headers: Record<string, string> = {}) =>
    api(transport, SERVICE_URL, at, { bytes, signWith: key, headers });

  it("go both ways, each once, across calls and restarts of the clinic's software", async () => {
    await asWallet(alice.channel.send(plain("hello")));
    await asWallet(alice.channel.send(plain("again")));
    expect(await clinic.receive(alice.session)).toEqual([plain("hello"), plain("again")]);
    expect(await clinic.receive(alice.session)).toEqual([]);
    await clinic.send(alice.session, plain("your result"));
    const { frames } = (await (await asWallet()).json()) as { frames: { seq: number; frame: string }[] };
    expect(frames.map((f) => alice.channel.receive(fromBase64url(f.frame)))).toEqual([plain("your result")]);
    const { frames: rest } = (await (
      await asWallet(undefined, alice.authSecretKey, `${path()}?ack=0`)
    ).json()) as never;
    expect(rest).toEqual([]);
  });

  it("are refused if they are repeated, foreign, misdirected or malformed, and nothing is queued", async () => {
    const frame = alice.channel.send(plain("once"));
    const key = newKey();
    expect(await code(asWallet(frame, undefined, undefined, { "idempotency-key": key }))).toBe("accepted");
    expect(await code(asWallet(frame, undefined, undefined, { "idempotency-key": key }))).toBe("accepted");
    expect(await code(asWallet(frame))).toBe("credential-refused");
    expect(await code(asWallet(alice.channel.send(plain("x")), rng(32)))).toBe("credential-refused");
    const elsewhere = `/v1/sessions/${bytesToHex(clinic.serviceId)}/${bytesToHex(rng(32))}/frames`;
    expect(await code(asWallet(frame, undefined, elsewhere))).toBe("credential-refused");
    expect(await code(asWallet(frame.with(1, 1)))).toBe("malformed");
    expect(await code(asWallet(frame.with(1, 2)))).toBe("malformed");
    expect(await code(asWallet(frame.with(0, 9)))).toBe("unknown-version");
    expect(await code(asWallet(frame.with(2, 0xff)))).toBe("malformed");
    expect(await code(asWallet(rng(10)))).toBe("malformed");
    expect(await code(asWallet(concatBytes(frame, new Uint8Array(70_000))))).toBe("too-large");
    expect(await code(asWallet(undefined, undefined, `${path()}?ack=x`))).toBe("malformed");
    const reader = code(api(transport, SERVICE_URL, path(), {}));
    expect(await reader).toBe("token-refused");
    const other = await newClinic("Other");
    expect(await code(other.receive(alice.session))).toBe("not-found");
    expect(await clinic.receive(alice.session)).toEqual([plain("once")]);
  });

  it("that the operator altered are dropped, and the channel continues", async () => {
    const [a, b] = [alice.channel.send(plain("a")), alice.channel.send(plain("b"))];
    await asWallet(a.with(-1, a.at(-1)! ^ 1));
    await asWallet(b);
    expect(await clinic.receive(alice.session)).toEqual([plain("b")]);
  });
});
