// S9 Sealed. The thief has the whole disk of every role, and every Worker's secrets except those of the trustees beyond
// t - 1. Here t = 2 of 3, so it has one trustee's seed, its share, and the hybrid secret that all trustees hold. It tries
// each secret, and everything that follows from it, as every kind of key. It reads no record and no message. Then the
// operator moves blobs, stanzas and manifests between sessions, and nothing opens in the new place.
//
// Controls: with a second trustee's seed the same attack reads every record. With the clinic's keys it reads records and
// messages. Each transplant opens for a reader that lacks the one check.

import { bech32 } from "@scure/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import { ChainError, type Clinic, type ClinicSession } from "../../client/clinic.ts";
import { ParametersCache } from "../../client/parameters.ts";
import { acceptServiceChannel, FrameChannel } from "../../client/sealing/messages.ts";
import { openRecord, openRecordWithFileKey, RecordError, recordLabel } from "../../client/sealing/record.ts";
import { phoneOf } from "../../client/wallet/inspect.ts";
import { sessionKeys, walletRoot } from "../../client/wallet/keys.ts";
import type { Wallet } from "../../client/wallet.ts";
import { openAtRest } from "../../functions/trustee/at-rest.ts";
import { trusteeKeys } from "../../functions/trustee/keys.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { extractThresholdStanza } from "../../protocol/age-header.ts";
import { bytesToHex, concatBytes, hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { CheckIn, channelContext, Manifest, openSigned, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { TrusteeSecret } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { encodeWindow, newWindow } from "../../protocol/replay-window.ts";
import { interpolatePoints } from "../../protocol/sharing.ts";
import { decodeG1, type G1 } from "../../protocol/suite.ts";
import { openOuter, Tdh2Ciphertext, Tdh2Error, tdh2Check, tdh2Finish } from "../../protocol/tdh2.ts";
import { type Dump, dumpStores, rowsOf } from "./dump.ts";
import { HOOK_MILLISECONDS, plantedPerson, utf8, visit } from "./visits.ts";

const START = epochStart(678) + 9 * 3600;
const DIAGNOSIS = "Diagnosis of the first visit: morbus quittenbergensis";
const SECOND = "Diagnosis of the second visit: febris ottobohmica";
const MESSAGE = "Does the quittenberg fever go away by itself?";

let practice: Practice;
let a: Clinic;
let b: Clinic;
let first: Wallet;
let other: Wallet;
let x: ClinicSession; // first patient, with a record and messages
let z: ClinicSession; // first patient again
let y: ClinicSession; // the other patient, no record yet
let recordX: string;
let dump: Dump;
let recordKey: G1;
let groupHybridKey: Uint8Array;

beforeAll(async () => {
  practice = await openPractice({ start: START, epochs: 2 });
  a = await practice.openClinic("A");
  b = await practice.openClinic("B");
  const enrol = async (n: number): Promise<Wallet> => {
    const { entry, selector } = plantedPerson(`S9x${n}`, n);
    return (await practice.enrolPatient(entry, selector, { coverage: "standard" })).wallet;
  };
  first = await enrol(1);
  other = await enrol(2);
  [x, z, y] = [await visit(first, a), await visit(first, a), await visit(other, a)];
  recordX = await a.putRecord(x, utf8(DIAGNOSIS));
  await a.putRecord(z, utf8(SECOND));
  await first.send(x.tagHash, utf8(MESSAGE));
  const { document } = await new ParametersCache(practice.transport, practice.deployment).of(x.epoch);
  recordKey = decodeG1(document.recordKey);
  groupHybridKey = document.groupHybridKey;
  dump = dumpStores(practice.host.persist);
}, HOOK_MILLISECONDS);
afterAll(() => practice?.stop());

// ---- the thief

interface Loot {
  /** 32 bytes each */
  secrets: Uint8Array[];
  trustees: TrusteeSecret[];
}

/** Every secret of registrar, service, escrow, log and administrator, and of the first trustees; opened as far as it goes. */
function lootOf(trustees: number): Loot {
  const { bindings, adminSecretKey } = practice.host;
  const secrets = [adminSecretKey];
  const shares: TrusteeSecret[] = [];
  for (const [worker, values] of Object.entries(bindings)) {
    const index = /^trustee-(\d+)$/.exec(worker)?.[1];
    if (index !== undefined && Number(index) > trustees) continue;
    for (const value of Object.values(values))
      for (const hex of value.match(/[0-9a-f]{64}/g) ?? []) secrets.push(hexToBytes(hex));
    if (index === undefined) continue;
    const keys = trusteeKeys(hexToBytes(values.TRUSTEE_SEED!), Number(index));
    secrets.push(keys.identitySecret, keys.transport.secretKey, keys.vaultKey);
    for (const row of rowsOf(dump, "keys")) {
      try {
        const { key_set, sealed_secret } = row.cells as Record<string, Uint8Array>;
        const opened = openAtRest(keys.vaultKey, "trustee-secret", key_set!, sealed_secret!);
        const secret = TrusteeSecret.decode(opened);
        shares.push(secret);
        secrets.push(secret.groupHybridSecret);
      } catch {
        // another trustee's vault
      }
    }
  }
  return { secrets, trustees: shares };
}

const clinicLoot = (clinic: Clinic): Loot => ({
  secrets: [
    bech32.decodeToBytes(clinic.keys.ageIdentity.toLowerCase()).bytes,
    hexToBytes(clinic.keys.hpkeSecretKey),
    hexToBytes(clinic.keys.signSecretKey),
  ],
  trustees: [],
});

const attempt = async (open: () => Promise<Uint8Array> | Uint8Array): Promise<string[]> => {
  try {
    return [new TextDecoder().decode(await open())];
  } catch {
    return [];
  }
};

const manifests = (): Manifest[] =>
  rowsOf(dump, /^records_/).map((r) => openSigned(LABELS.signManifest, Manifest, r.cells.manifest as Uint8Array).value);

/** The texts of all records in the dump that open. */
async function readRecords({ secrets, trustees }: Loot): Promise<string[]> {
  const found: string[] = [];
  for (const [key, blob] of dump.objects) {
    if (!key.startsWith("records/")) continue;
    for (const secret of secrets) {
      const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", secret).toUpperCase();
      found.push(...(await attempt(() => openRecord(blob, identity))));
      for (const fileKey of [secret.subarray(0, 16), secret.subarray(16)])
        found.push(...(await attempt(() => openRecordWithFileKey(blob, fileKey))));
    }
    for (const manifest of manifests()) {
      const label = recordLabel(manifest);
      const [any] = trustees;
      if (!any) continue;
      try {
        const ct = openOuter(any.groupHybridSecret, { key: recordKey, label }, extractThresholdStanza(blob));
        const points = trustees.map((t) => ({ index: t.index, point: ct.u.multiply(t.shares.record) as G1 }));
        // all together, and each alone as if it were enough
        for (const shared of [interpolatePoints(points), ...points.map((p) => p.point)]) {
          const fileKey = () => tdh2Finish({ key: recordKey, label, ct, shared });
          found.push(...(await attempt(() => openRecordWithFileKey(blob, fileKey()))));
        }
      } catch (error) {
        if (!(error instanceof Tdh2Error)) throw error; // the label of another record
      }
    }
  }
  return found;
}

/** The texts of all queued frames in the dump that open. */
async function readMessages({ secrets }: Loot): Promise<string[]> {
  const found: string[] = [];
  const checkIns = new Map(
    rowsOf(dump, "sessions").map((r) => [r.cells.tag_hash as string, CheckIn.decode(r.cells.check_in as Uint8Array)]),
  );
  for (const row of rowsOf(dump, "frames")) {
    const owner = row.cells.tag_hash as string;
    const checkIn = checkIns.get(owner)!;
    const tagHash = hexToBytes(owner);
    for (const secret of secrets) {
      const channels: (() => Promise<FrameChannel> | FrameChannel)[] = [
        () =>
          acceptServiceChannel({
            servicePrivateKey: secret,
            enc: checkIn.hpkeEnc,
            context: channelContext(checkIn),
            tagHash,
          }),
        // the secret as the frames' own key: state of a service's end (client/sealing/messages.ts)
        () =>
          FrameChannel.restore(
            concatBytes(Uint8Array.of(1, 1), tagHash, secret, secret, new Uint8Array(8), encodeWindow(newWindow())),
          ),
      ];
      for (const channel of channels)
        found.push(...(await attempt(async () => (await channel()).receive(row.cells.frame as Uint8Array))));
    }
  }
  return found;
}

describe("the whole disk and every secret short of t trustees'", () => {
  it("has the records and messages in it, and their text nowhere", () => {
    expect([...dump.objects.keys()].filter((k) => k.startsWith("records/"))).toHaveLength(2);
    expect(rowsOf(dump, "frames")).toHaveLength(1);
    for (const text of [DIAGNOSIS, SECOND, MESSAGE])
      for (const form of [text, Buffer.from(text).toString("base64").slice(0, -4), Buffer.from(text).toString("hex")])
        expect(dump.files.filter((f) => Buffer.from(f.bytes).includes(form)).map((f) => f.file)).toEqual([]);
  });

  it("reads no record and no message", async () => {
    const loot = lootOf(1);
    expect(loot.secrets.length).toBeGreaterThan(12);
    expect(loot.trustees).toHaveLength(1);
    expect(await readRecords(loot)).toEqual([]);
    expect(await readMessages(loot)).toEqual([]);
  });

  it("control: with a second trustee's seed the same attack reads every record, and still no message", async () => {
    const loot = lootOf(2);
    expect(loot.trustees).toHaveLength(2);
    expect((await readRecords(loot)).sort()).toEqual([DIAGNOSIS, SECOND].sort());
    expect(await readMessages(loot)).toEqual([]);
  });

  it("control: with the clinic's keys it reads the clinic's records and messages, with another clinic's nothing", async () => {
    expect((await readRecords(clinicLoot(a))).sort()).toEqual([DIAGNOSIS, SECOND].sort());
    expect(await readMessages(clinicLoot(a))).toEqual([MESSAGE]);
    expect(await readRecords(clinicLoot(b))).toEqual([]);
    expect(await readMessages(clinicLoot(b))).toEqual([]);
  });
});

// ---- transplants

const manifestOf = (recordId: string): Manifest => manifests().find((m) => bytesToHex(m.recordId) === recordId)!;
const blobOf = (recordId: string): Uint8Array =>
  [...dump.objects].find(([key]) => key.startsWith(`records/${bytesToHex(a.serviceId)}/${recordId}/`))![1];

async function identityOf(wallet: Wallet, tagHash: string): Promise<string> {
  const { generation, epoch, slot } = wallet.sessions.find((s) => s.tagHash === tagHash)!;
  return (await sessionKeys(walletRoot(wallet.recoveryWords), phoneOf(wallet, generation), epoch, slot)).ageIdentity;
}

describe("a stanza moved to another session", () => {
  const placeOf = (session: ClinicSession, recordId: Uint8Array) => ({
    ...manifestOf(recordX),
    tagHash: hexToBytes(session.tagHash),
    recordId,
  });

  it("is refused by a trustee under every other label: session, record, service, key set", () => {
    const { groupHybridSecret } = lootOf(1).trustees[0]!;
    const stanza = extractThresholdStanza(blobOf(recordX));
    const true_ = manifestOf(recordX);
    const elsewhere = [
      placeOf(y, true_.recordId),
      placeOf(z, true_.recordId),
      placeOf(x, practice.transport.rng(16)),
      { ...true_, serviceId: b.serviceId },
      { ...true_, keySetId: practice.transport.rng(32) },
    ];
    for (const place of elsewhere)
      expect(() => openOuter(groupHybridSecret, { key: recordKey, label: recordLabel(place) }, stanza)).toThrow(
        Tdh2Error,
      );
    expect(openOuter(groupHybridSecret, { key: recordKey, label: recordLabel(true_) }, stanza).c).toBeDefined();
  });

  it("re-wrapped by a trustee who holds the hybrid secret: the inner proof still names the first session", () => {
    const { groupHybridSecret } = lootOf(1).trustees[0]!;
    const from = recordLabel(manifestOf(recordX));
    const to = recordLabel(placeOf(y, manifestOf(recordX).recordId));
    const inner = hybridOpen(groupHybridSecret, from, extractThresholdStanza(blobOf(recordX)));
    const moved = hybridSeal(groupHybridKey, to, inner, practice.transport.rng);
    expect(() => openOuter(groupHybridSecret, { key: recordKey, label: to }, moved)).toThrow(Tdh2Error);

    // Control: a trustee that takes off the hybrid layer and checks nothing gives its partial, and t of them the file key.
    const ct = Tdh2Ciphertext.decode(hybridOpen(groupHybridSecret, to, moved));
    expect(tdh2Check({ key: recordKey, label: to }, ct)).toBe(false);
    const points = lootOf(2).trustees.map((t) => ({ index: t.index, point: ct.u.multiply(t.shares.record) as G1 }));
    const fileKey = tdh2Finish({ key: recordKey, label: from, ct, shared: interpolatePoints(points) });
    return expect(openRecordWithFileKey(blobOf(recordX), fileKey)).resolves.toEqual(utf8(DIAGNOSIS));
  });
});

describe("a blob moved to another session", () => {
  it("by the clinic itself, under a manifest of its own: the other patient cannot open it, nor a quorum", async () => {
    const blob = blobOf(recordX);
    const recordId = practice.transport.rng(16);
    const moved: Manifest = {
      ...manifestOf(recordX),
      tagHash: hexToBytes(y.tagHash),
      recordId,
      count: 1,
      previous: new Uint8Array(32),
    };
    const signed = signDocument(LABELS.signManifest, Manifest, moved, hexToBytes(a.keys.signSecretKey));
    const api = new ClinicApi(practice.transport, practice.deployment.serviceUrl, a.keys);
    await api.own(`/records/${bytesToHex(recordId)}`, {
      method: "PUT",
      bytes: blob,
      headers: { "symbolon-manifest": toBase64url(signed) },
    });
    const { records, faults } = await other.records();
    expect(records).toEqual([]);
    expect(faults).toEqual([expect.objectContaining({ recordId: bytesToHex(recordId) })]);
    const { groupHybridSecret } = lootOf(1).trustees[0]!;
    const label = recordLabel(moved);
    expect(() => openOuter(groupHybridSecret, { key: recordKey, label }, extractThresholdStanza(blob))).toThrow(
      Tdh2Error,
    );
    await expect(openRecord(blob, await identityOf(other, y.tagHash))).rejects.toBeInstanceOf(RecordError);
    // Control: the blob is whole; where it belongs it opens.
    expect(await openRecord(blob, await identityOf(first, x.tagHash))).toEqual(utf8(DIAGNOSIS));
  });

  it("by the operator, in the database: the manifest's hash finds it, even between two sessions of one patient", async () => {
    const db = await databaseOf(a);
    const table = `records_${bytesToHex(a.serviceId)}`;
    const ids = [x, z]
      .map((s) => manifests().find((m) => bytesToHex(m.tagHash) === s.tagHash)!.recordId)
      .map(bytesToHex);
    const swap = async (): Promise<void> => {
      const keys = await Promise.all(
        ids.map((id) =>
          db.prepare(`SELECT blob_key FROM ${table} WHERE record_id = ?`).bind(id).first<string>("blob_key"),
        ),
      );
      await db.batch(
        ids.map((id, i) => db.prepare(`UPDATE ${table} SET blob_key = ? WHERE record_id = ?`).bind(keys[1 - i]!, id)),
      );
    };
    const plaintexts = async (): Promise<string[]> =>
      (await first.records()).records.map((r) => new TextDecoder().decode(r.plaintext!)).sort();
    expect(await plaintexts()).toEqual([DIAGNOSIS, SECOND].sort());
    await swap();
    const { records, faults } = await first.records();
    expect(records).toEqual([]);
    expect(faults.map((f) => f.recordId).sort()).toEqual([...ids].sort());
    await expect(a.open(ids[0]!)).rejects.toThrow();
    // Control: the clinic's key opens the swapped blob; it is the comparison with the signed hash that refuses it.
    expect(await openRecord(blobOf(ids[1]!), a.keys.ageIdentity)).toEqual(utf8(SECOND));
    await swap();
    expect(await plaintexts()).toEqual([DIAGNOSIS, SECOND].sort());
  });
});

async function databaseOf(clinic: Clinic): Promise<D1Like> {
  const id = bytesToHex(clinic.serviceId);
  for (const binding of ["RECORDS_DB_0", "RECORDS_DB_1"]) {
    const db = (await practice.host.miniflare.getD1Database(binding, "service")) as unknown as D1Like;
    const row = await db
      .prepare("SELECT 1 AS one FROM sqlite_master WHERE name = ?")
      .bind(`records_${id}`)
      .first("one");
    if (row) return db;
  }
  throw new Error("no table of this clinic");
}
/** As much of D1 as is used here. */
interface D1Statement {
  bind(...values: unknown[]): D1Statement;
  first<T>(column: string): Promise<T | null>;
  run(): Promise<unknown>;
}
interface D1Like {
  prepare(sql: string): D1Statement;
  batch(statements: D1Statement[]): Promise<unknown>;
}

describe("a manifest moved to another session", () => {
  it("by the operator, in the database: the clinic's chain and the patients' wallets do not take it", async () => {
    const db = await databaseOf(a);
    const table = `records_${bytesToHex(a.serviceId)}`;
    const session = await visit(other, a);
    const before = (await other.records()).records.length;
    const move = (tagHash: string): Promise<unknown> =>
      db.prepare(`UPDATE ${table} SET tag_hash = ? WHERE record_id = ?`).bind(tagHash, recordX).run();
    await move(session.tagHash);
    // The clinic reads the chain of the session it was moved to: this manifest is signed for another.
    await expect(a.records(session)).rejects.toBeInstanceOf(ChainError);
    expect((await other.records()).records).toHaveLength(before);
    await move(x.tagHash);
    expect((await a.records(x)).map((r) => r.recordId)).toEqual([recordX]);
  });

  it("rewritten for another session, with its old signature or a stranger's: refused at upload, read by nobody", async () => {
    const session = await visit(other, a);
    const signedX = rowsOf(dump, /^records_/).find((r) => r.cells.record_id === recordX)!.cells.manifest as Uint8Array;
    const moved = {
      ...manifestOf(recordX),
      tagHash: hexToBytes(session.tagHash),
      recordId: practice.transport.rng(16),
    };
    // Signed: type, version, key 32, signature 64, document; the document's bytes change, the signature stays
    const rewritten = signedX.slice();
    const at = Buffer.from(rewritten).indexOf(Buffer.from(hexToBytes(x.tagHash)));
    rewritten.set(hexToBytes(session.tagHash), at);
    const stranger = signDocument(LABELS.signManifest, Manifest, moved, practice.transport.rng(32));
    const byB = signDocument(LABELS.signManifest, Manifest, moved, hexToBytes(b.keys.signSecretKey));
    const put = (clinic: Clinic, recordId: string, manifest: Uint8Array) =>
      new ClinicApi(practice.transport, practice.deployment.serviceUrl, clinic.keys).own(`/records/${recordId}`, {
        method: "PUT",
        bytes: blobOf(recordX),
        headers: { "symbolon-manifest": toBase64url(manifest) },
      });
    const newId = bytesToHex(moved.recordId);
    await expect(put(a, recordX, rewritten)).rejects.toThrow();
    await expect(put(a, newId, stranger)).rejects.toThrow();
    await expect(put(a, newId, byB)).rejects.toThrow();
    await expect(put(b, recordX, signedX)).rejects.toThrow(); // A's manifest in B's books
    expect(await a.records(session)).toEqual([]);
    expect(readCheckIn(session.checkInBytes).tagHash).toEqual(hexToBytes(session.tagHash));

    // Control: signed by the clinic, the same manifest passes; it was the signature that refused it.
    const own = { ...moved, count: 1, previous: new Uint8Array(32) };
    await put(a, newId, signDocument(LABELS.signManifest, Manifest, own, hexToBytes(a.keys.signSecretKey)));
    expect((await a.records(session)).map((r) => r.recordId)).toEqual([newId]);
  });
});
