// Fills a region's databases through the real tables: sessions, records, index rows, accounts and generations.
//
// The filler is random bytes. Each column is as long as in a real row of the same table; a long column has the same bytes in
// every row. Keys are uniform over their whole range and inserted in ascending order, so SQLite appends a million rows instead
// of scattering them: the n-th of N keys starts with a random point of the n-th of N equal parts. Rows that the measured
// patient's wallet reads are valid: the clinic signs the manifests in the wallet's sample and buckets. All filler records name
// one blob in R2, which is as long as a real one.

import type { Clinic } from "../../client/index.ts";
import type { Host } from "../../local/host.ts";
import { rangeOf } from "../../protocol/buckets.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { Manifest, Signed, signDocument } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { blobKey } from "../../schema/r2-keys.ts";
import { recordsTableName } from "../../schema/records.ts";
import { type Database, databaseOf, shardsOf } from "../databases.ts";

const ROWS_PER_STATEMENT = 50_000;
const KEY_SPACE = 2 ** 32;
/** sessions on each side of the wallet's own; more than a wallet's bucket may hold (client/wallet/buckets.ts) */
const AROUND = 2 * 96;
/** records with the lowest tags that the clinic signs; more than a wallet's sample */
const SAMPLED = 256;

/** Rows with n = 0 … rows - 1, and with p, the first 8 hex digits of the n-th key. */
const numbered = (
  rows: number,
): string => `WITH RECURSIVE i(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM i WHERE n < ?2 - 1),
  k AS MATERIALIZED (SELECT n, printf('%08x', n * ${KEY_SPACE} / ${rows} + abs(random()) % max(1, ${KEY_SPACE} / ${rows})) AS p FROM i)`;
const hex = (bytes: number): string => `lower(hex(randomblob(${bytes})))`;

const random = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

/** @param insert VALUES_OF stands for the rows of `numbered`; `blobs` are bound to ?3 and the following numbers */
async function inChunks(db: Database, rows: number, insert: string, ...blobs: Uint8Array[]): Promise<void> {
  for (let from = 0; from < rows; from += ROWS_PER_STATEMENT) {
    const to = Math.min(rows, from + ROWS_PER_STATEMENT);
    const statement = insert.replace("VALUES_OF", numbered(rows));
    await db
      .prepare(statement)
      .bind(from, to, ...blobs)
      .run();
  }
}

/** Parts of the key space. If `rows` rows are spread evenly, each part has at most ROWS_PER_STATEMENT of them. */
function keyRanges(rows: number): { from: string; below: string }[] {
  const of = Math.ceil(rows / ROWS_PER_STATEMENT);
  return Array.from({ length: of }, (_, n) => rangeOf({ n, of }));
}

async function lengths<C extends string>(
  db: Database,
  table: string,
  columns: readonly C[],
): Promise<Record<C, number>> {
  const list = columns.map((c) => `length(${c}) AS ${c}`).join(", ");
  const row = await db.prepare(`SELECT ${list} FROM ${table} LIMIT 1`).first<Record<C, number>>();
  if (!row) throw new Error(`${table}: there is no real row to copy the lengths of`);
  return row;
}

// ---- the service: sessions and records

export interface ServiceFill {
  serviceId: string;
  sessions: number;
}

/** Fills services with one record per session. @param lengthsOf id of a service that has real rows */
export async function fillServices(
  host: Host,
  services: readonly ServiceFill[],
  lengthsOf: Hex,
  epochs: readonly number[],
): Promise<void> {
  const shards = await shardsOf(host);
  const placed = await shards[0]!.prepare("SELECT service_id, shard FROM services").all<Record<string, unknown>>();
  const shardOf = new Map(placed.results.map((r) => [String(r.service_id), shards[Number(r.shard)]!]));
  const model = shardOf.get(lengthsOf)!;
  const session = await lengths(model, "sessions", ["check_in"]);
  const real = recordsTableName(lengthsOf);
  const record = await lengths(model, real, ["manifest"]);
  const blobs = await host.miniflare.getR2Bucket("BLOBS", "service");
  const realBlob = await model.prepare(`SELECT blob_key FROM ${real} LIMIT 1`).first<string>("blob_key");
  const size = (await blobs.head(realBlob!))!.size;
  const key = blobKey(lengthsOf, bytesToHex(random(16)), random(16));
  await blobs.put(key, random(size));
  for (const { serviceId, sessions } of services) {
    if (sessions === 0) continue;
    const db = shardOf.get(serviceId)!;
    const table = recordsTableName(serviceId);
    await inChunks(
      db,
      sessions,
      `INSERT INTO ${table} (record_id, tag_hash, count, manifest, manifest_hash, blob_key, status) VALUES_OF
       SELECT p || ${hex(12)}, p || ${hex(28)}, 1, ?3, ${hex(32)}, '${key}', 'current' FROM k`,
      random(record.manifest),
    );
    for (const { from, below } of keyRanges(sessions))
      await db
        .prepare(
          `INSERT INTO sessions (service_id, tag_hash, epoch, day, check_in, claim)
           SELECT ?1, tag_hash, ${epochs[0]} + abs(random()) % ${epochs.length}, 20000, ?5, randomblob(82)
           FROM ${table} WHERE blob_key = ?2 AND tag_hash >= ?3 AND tag_hash < ?4 ORDER BY tag_hash`,
        )
        .bind(serviceId, key, from, below, random(session.check_in))
        .run();
  }
}

/** Lets the clinic sign the manifests that the wallet with these sessions may read: the lowest, and those around its own. */
export async function signManifests(host: Host, clinic: Clinic, ownTags: readonly string[]): Promise<void> {
  const id = bytesToHex(clinic.serviceId);
  const db = await databaseOf(host, id);
  const table = recordsTableName(id);
  const own = ownTags.map((t) => `'${t}'`).join(", ");
  const model = await db
    .prepare(`SELECT manifest FROM ${table} WHERE tag_hash IN (${own}) LIMIT 1`)
    .first<number[]>("manifest");
  const manifest = Manifest.decode(Signed.decode(new Uint8Array(model!)).document);
  const key = hexToBytes(clinic.keys.signSecretKey);
  const lowest = { where: "tag_hash >= ?1 ORDER BY tag_hash", from: "", most: SAMPLED };
  const around = ownTags.flatMap((tag) => [
    { where: "tag_hash > ?1 ORDER BY tag_hash", from: tag, most: AROUND },
    { where: "tag_hash < ?1 ORDER BY tag_hash DESC", from: tag, most: AROUND },
  ]);
  for (const { where, from, most } of [lowest, ...around]) {
    const { results } = await db
      .prepare(`SELECT record_id, tag_hash FROM ${table} WHERE tag_hash NOT IN (${own}) AND ${where} LIMIT ?2`)
      .bind(from, most)
      .all<{ record_id: string; tag_hash: string }>();
    const updates = results.map(({ record_id, tag_hash }) => {
      const mine = { ...manifest, recordId: hexToBytes(record_id), tagHash: hexToBytes(tag_hash) };
      return db
        .prepare(`UPDATE ${table} SET manifest = ?1 WHERE record_id = ?2`)
        .bind(signDocument(LABELS.signManifest, Manifest, mine, key), record_id);
    });
    for (let at = 0; at < updates.length; at += 500) await db.batch(updates.slice(at, at + 500));
  }
}

// ---- the escrow: index rows, spread equally over the epochs

export async function fillIndex(host: Host, rows: number, epochs: readonly number[]): Promise<void> {
  const db = await host.miniflare.getD1Database("ESCROW_DB", "escrow");
  const each = Math.ceil(rows / epochs.length);
  for (const epoch of epochs)
    await inChunks(
      db,
      each,
      `INSERT INTO session_index (epoch, value, service_id, tag, row_proof) VALUES_OF
       SELECT ${epoch}, p || ${hex(28)}, ${hex(16)}, ${hex(96)}, ${hex(64)} FROM k`,
    );
}

// ---- the registrar: people and their phones

export async function fillPeople(host: Host, people: number): Promise<void> {
  const db = await host.miniflare.getD1Database("REGISTRAR_DB", "registrar");
  const account = await lengths(db, "accounts", ["identity", "entitlements"]);
  const phone = await lengths(db, "generations", ["contract", "handle", "handle_g2", "device_key"]);
  await inChunks(
    db,
    people,
    `INSERT INTO accounts (account, selector_index, identity, entitlements) VALUES_OF
     SELECT p || ${hex(4)}, p || ${hex(28)}, ?3, ?4 FROM k`,
    random(account.identity),
    random(account.entitlements),
  );
  const digits = (length: number): string => `substr(account, 1, 8) || ${hex((length - 8) / 2)}`;
  for (const { from, below } of keyRanges(people))
    await db
      .prepare(
        `INSERT OR IGNORE INTO generations (account, generation, contract, handle, handle_g2, device_key, epoch_from)
         SELECT account, 0, ?3, ${digits(phone.handle)}, ${digits(phone.handle_g2)}, ${digits(phone.device_key)}, 0
         FROM accounts WHERE account >= ?1 AND account < ?2 ORDER BY account`,
      )
      .bind(from, below, random(phone.contract))
      .run();
}
