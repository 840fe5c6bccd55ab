// Measures records and messages over HTTP on the real system. Each role is its own Worker; all run in one workerd process with
// D1, R2 and Durable Objects. The SDKs in this process call them over loopback, on the same machine. CPU figures count only
// workerd. The SDK's sealing and opening count in the wall-clock times, but not in the CPU figures.

import { ClinicApi } from "../client/clinic/api.ts";
import type { Clinic, ClinicSession, Wallet } from "../client/index.ts";
import { bytesToHex, hexToBytes } from "../protocol/bytes.ts";
import { Manifest, manifestHashOf, Signed, signDocument } from "../protocol/documents.ts";
import { fromBase64url } from "../protocol/encodings.ts";
import { LABELS } from "../protocol/labels.ts";
import { recordsTableName } from "../schema/records.ts";
import { databaseOf } from "./databases.ts";
import { type Bench, type BenchContext, type Row, requestRow } from "./measure.ts";
import { checkIn, newPatient, openClinic, SLOTS, type World } from "./world.ts";

interface Setting extends World {
  clinic: Clinic;
}
async function newClinic(context: BenchContext): Promise<Setting> {
  const world = await context.world();
  return { ...world, clinic: await openClinic(world.practice, "Bench clinic") };
}

// Each turn uses the next of a patient's sessions, so that no chain of records grows long.

interface Sessions {
  wallet: Wallet;
  next(): ClinicSession;
}
async function openSessions({ practice, clinic }: Setting, count: number): Promise<Sessions> {
  const { wallet } = await newPatient(practice);
  const sessions: ClinicSession[] = [];
  while (sessions.length < Math.min(count, SLOTS)) sessions.push(await checkIn(wallet, clinic));
  let turn = 0;
  return { wallet, next: () => sessions[turn++ % sessions.length]! };
}

// ---- records

/** name, bytes of plaintext, repetitions in a quick run, repetitions in a full run */
const SIZES = [
  ["10 kB", 10_000, 5, 40],
  ["1 MB", 1_000_000, 4, 20],
  ["25 MB", 25_000_000, 2, 6],
] as const;
const OCTETS = { contentKind: "application/octet-stream" };

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

interface Filing {
  put(plaintext: Uint8Array): Promise<void>;
  /** reads the record of the last `put` */
  get(): Promise<void>;
}
async function filing(context: BenchContext, setting: Setting): Promise<Filing> {
  const { clinic } = setting;
  const { next } = await openSessions(setting, context.times(5, SLOTS));
  let session = next();
  let last = { recordId: "", bytes: 0 };
  return {
    async put(plaintext) {
      session = next();
      last = { recordId: await clinic.putRecord(session, plaintext, OCTETS), bytes: plaintext.length };
    },
    async get() {
      const entry = (await clinic.records(session)).find((r) => r.recordId === last.recordId)!;
      if ((await clinic.open(entry)).length !== last.bytes) throw new Error("another record was read");
    },
  };
}

async function recordRows(context: BenchContext): Promise<Row[]> {
  const setting = await newClinic(context);
  const { put, get } = await filing(context, setting);
  const rows: Row[] = [];
  for (const [size, bytes, few, many] of SIZES) {
    const n = context.times(few, many);
    const plaintext = randomBytes(bytes);
    const request = (operation: string, act: () => Promise<void>, note: string): Promise<Row> => {
      context.progress(`${operation}, ${size}`);
      return requestRow(setting.workerdPid, `${operation}, ${size}`, n, act, note);
    };
    const stored = "sealed, manifest signed and chained, streamed to R2, D1";
    rows.push(await request("store a record over HTTP", () => put(plaintext), stored));
    rows.push(
      await request("read a record", get, "the session's list and the blob; hash checked, opened by the clinic"),
    );
  }
  return rows;
}

// ---- a long list

const LISTED = 1000;

/** Files `count` manifests signed by the clinic, each for its own session. `pattern` is a manifest that was really filed. */
async function fileManifests({ practice, clinic }: Setting, pattern: Uint8Array, count: number): Promise<void> {
  const id = bytesToHex(clinic.serviceId);
  const own = await databaseOf(practice.host, id);
  const manifest = Manifest.decode(Signed.decode(pattern).document);
  const key = hexToBytes(clinic.keys.signSecretKey);
  const rows = Array.from({ length: count }, () => {
    const mine = { ...manifest, recordId: randomBytes(16), tagHash: randomBytes(32) };
    const signed = signDocument(LABELS.signManifest, Manifest, mine, key);
    return [mine.recordId, mine.tagHash, signed, manifestHashOf(signed)].map(bytesToHex);
  });
  await own
    .prepare(
      `INSERT INTO ${recordsTableName(id)} (record_id, tag_hash, count, manifest, manifest_hash, status)
       SELECT value ->> 0, value ->> 1, 1, unhex(value ->> 2), value ->> 3, 'current' FROM json_each(?)`,
    )
    .bind(JSON.stringify(rows))
    .run();
}

async function listRows(context: BenchContext): Promise<Row[]> {
  const setting = await newClinic(context);
  const { practice, clinic, workerdPid } = setting;
  const { next } = await openSessions(setting, 1);
  const session = next();
  await clinic.putRecord(session, randomBytes(100), OCTETS);
  const api = new ClinicApi(practice.transport, practice.deployment.serviceUrl, clinic.keys);
  type Page = { records: { manifest: string }[]; cursor?: string };
  const pattern = await api.ownJson<Page>(`/tags/${session.tagHash}/records`);
  context.progress(`filing ${LISTED} records`);
  await fileManifests(setting, fromBase64url(pattern.records[0]!.manifest), LISTED - 1);
  context.progress(`listing ${LISTED} records`);
  const list = async (): Promise<void> => {
    let listed = 0;
    let cursor: string | undefined;
    do {
      const page: Page = await api.ownJson<Page>(cursor === undefined ? "/records" : `/records?cursor=${cursor}`);
      listed += page.records.length;
      cursor = page.cursor;
    } while (cursor !== undefined);
    if (listed !== LISTED) throw new Error(`${listed} records listed`);
  };
  const note = "signed manifests, page by page; without the clinic's check of their signatures";
  return [await requestRow(workerdPid, `list ${LISTED} records by cursor`, context.times(5, 20), list, note)];
}

// ---- messages

async function messageRows(context: BenchContext): Promise<Row[]> {
  const setting = await newClinic(context);
  const { clinic, workerdPid } = setting;
  const n = context.times(5, 40);
  const { wallet, next } = await openSessions(setting, n);
  const text = new TextEncoder().encode("The results are here: please call.");
  const one = (received: Uint8Array[]): void => {
    if (received.length !== 1) throw new Error(`${received.length} messages arrived instead of one`);
  };
  context.progress("messages");
  const roundTrip = async (): Promise<void> => {
    const session = next();
    await wallet.send(session.tagHash, text);
    one(await clinic.receive(session));
    await clinic.send(session, text);
    one(await wallet.receive(session.tagHash));
  };
  const note = "patient to clinic and back: 2 sent, 2 fetched; 4 requests";
  return [await requestRow(workerdPid, "message round trip", n, roundTrip, note)];
}

export const httpBenches: readonly Bench[] = [
  { name: "records", about: "records stored and read over HTTP, to 25 MB", run: recordRows },
  { name: "list", about: "1,000 records listed by cursor", run: listRows },
  { name: "messages", about: "a message and its answer", run: messageRows },
];
