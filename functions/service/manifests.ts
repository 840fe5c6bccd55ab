// The chain of a session's manifests: the rules for the next manifest, and the D1 statements that append it.
//
//   count = last + 1, previous = hash of the last manifest (zeros for the first). The database checks both again in the
//   statement that appends. So if two writers append at once, one of them gets "conflict" with the new head.
//   A statement (withdrawal, move, erasure) and an amendment refer to a `target` of the same session. Only a later link of
//   this chain can change the target's state. So if the append succeeds, the state read before is still true.

import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { Manifest, manifestHashOf, openSigned } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { type RecordStatus, type RecordsTable, recordsTable, recordsTableName } from "../../schema/records.ts";
import { clockSkew } from "../shared/clock.ts";
import { Problem, refused } from "../shared/problems.ts";
import type { Service } from "./registry.ts";
import { isSession } from "./session-rows.ts";
import { CONDEMNED } from "./sweep.ts";

export interface GivenManifest {
  readonly value: Manifest;
  /** Signed<Manifest> */
  readonly signed: Uint8Array;
  readonly hash: Hex;
  readonly recordId: Hex;
  readonly tagHash: Hex;
}

/** @throws CodecError; Problem credential-refused if another key signed, or if it names another service */
export function readManifest(service: Service, signed: Uint8Array): GivenManifest {
  const { key, value } = openSigned(LABELS.signManifest, Manifest, signed, nativeVerify);
  if (!equalBytes(key, service.card.signKey)) throw refused("manifest signed by another key");
  if (bytesToHex(value.serviceId) !== service.serviceId) throw refused("manifest of another service");
  return {
    value,
    signed,
    hash: bytesToHex(manifestHashOf(signed)),
    recordId: bytesToHex(value.recordId),
    tagHash: bytesToHex(value.tagHash),
  };
}

export type RecordRow = RecordsTable["$inferSelect"];

export async function recordAt(service: Service, recordId: Hex): Promise<RecordRow | undefined> {
  const table = recordsTable(service.serviceId);
  return drizzle(service.db).select().from(table).where(eq(table.recordId, recordId)).get();
}

/** The rows of those records that exist, in any order. */
export async function recordsAt(service: Service, recordIds: readonly Hex[]): Promise<RecordRow[]> {
  const table = recordsTable(service.serviceId);
  return drizzle(service.db)
    .select()
    .from(table)
    .where(inArray(table.recordId, [...recordIds]));
}

/** True if this exact manifest is already stored. @throws Problem conflict if another one has this record id */
export async function isRepetition(service: Service, given: GivenManifest): Promise<boolean> {
  const held = await recordAt(service, given.recordId);
  if (!held) return false;
  if (held.manifestHash !== given.hash)
    throw new Problem("conflict", "Another manifest is already stored under this record id.");
  return true;
}

/** The session's last manifest. `count` is 0 if there is none. */
export interface Head {
  count: number;
  manifestHash: Hex;
}
const NO_MANIFEST = bytesToHex(new Uint8Array(32));

export async function headOf(service: Service, tagHash: Hex): Promise<Head> {
  const table = recordsTable(service.serviceId);
  const last = await drizzle(service.db)
    .select({ count: table.count, manifestHash: table.manifestHash })
    .from(table)
    .where(eq(table.tagHash, tagHash))
    .orderBy(desc(table.count))
    .limit(1)
    .get();
  return last ?? { count: 0, manifestHash: NO_MANIFEST };
}

/** Tells the current head, so that the writer can append to it. */
export const chainConflict = (head: Head): Problem =>
  new Problem("conflict", "The session's chain of manifests has another head.", undefined, { head });

const AFTER_TARGET: Partial<Record<Manifest["kind"], { on: RecordStatus[]; becomes: RecordStatus }>> = {
  amendment: { on: ["current"], becomes: "amended" },
  withdrawal: { on: ["current", "amended"], becomes: "withdrawn" },
  move: { on: ["current", "amended", "withdrawn"], becomes: "moved" },
  erasure: { on: ["current", "amended", "withdrawn", "moved"], becomes: "erased" },
};

/** Clocks differ by a day at most (protocol/clock.ts). */
const DAYS_APART = 1;
/**
 * A clinic states the day of a record, and reports sort by it. So it can date nothing back, for instance a warning that it
 * filed after the harm was done. @throws Problem clock-skew
 */
function checkDay({ day }: Manifest, at: number): void {
  const apart = day - dayOf(at);
  if (Math.abs(apart) <= DAYS_APART) return;
  const where = apart > 0 ? "after" : "before";
  throw clockSkew(`The manifest's day is ${Math.abs(apart)} days ${where} this server's; ${DAYS_APART} is allowed.`);
}

/** Every check of a manifest that does not need its blob. @throws Problem */
export async function checkManifest(service: Service, given: GivenManifest, at: number): Promise<void> {
  const { value, tagHash } = given;
  checkDay(value, at);
  if (!(await isSession(service, tagHash))) throw new Problem("not-found", "No such session at this service.");
  const head = await headOf(service, tagHash);
  if (value.count !== head.count + 1 || bytesToHex(value.previous) !== head.manifestHash) throw chainConflict(head);

  const rule = AFTER_TARGET[value.kind];
  if ((rule === undefined) !== (value.target === undefined))
    throw new Problem("malformed", `${value.kind}: target ${rule ? "missing" : "not expected"}`);
  if (rule && value.target) {
    const target = await recordAt(service, bytesToHex(value.target));
    if (!target || target.tagHash !== tagHash)
      throw new Problem("not-found", "The target is not a record of this session.");
    if (!rule.on.includes(target.status))
      throw new Problem("not-allowed-now", `A record with status ${target.status} does not accept: ${value.kind}.`);
  }
  if ((value.kind === "move") !== (value.movedTo !== undefined))
    throw new Problem("malformed", `${value.kind}: movedTo ${value.kind === "move" ? "missing" : "not expected"}`);
  if (value.movedTo && !(await isSession(service, bytesToHex(value.movedTo))))
    throw new Problem("not-found", "A record can move only to a session of the same service.");
}

/**
 * D1 statements, for one batch, that append the manifest if the chain still ends at its `previous`. The consequences for
 * the target take effect only if the manifest is appended. A row names a blob only while its upload is not condemned, and
 * the same batch removes the blob from the list of uploads.
 */
export function appendStatements(
  service: Service,
  given: GivenManifest,
  blobKey: string | null,
): D1PreparedStatement[] {
  const { db, serviceId } = service;
  const table = recordsTableName(serviceId);
  const { value, recordId, tagHash, hash } = given;
  const previous = value.count === 1 ? null : bytesToHex(value.previous);
  const rule = AFTER_TARGET[value.kind];
  const hasBlob = blobKey !== null;
  const appended = `EXISTS (SELECT 1 FROM ${table} WHERE record_id = ?1 AND manifest_hash = ?2)`;

  const statements = [
    db
      .prepare(
        `INSERT OR IGNORE INTO ${table} (record_id, tag_hash, count, manifest, manifest_hash, blob_key, status)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
         WHERE (SELECT max(count) FROM ${table} WHERE tag_hash = ?2) IS ?8
           AND (SELECT manifest_hash FROM ${table} WHERE tag_hash = ?2 AND count = ?3 - 1) IS ?9
           AND (?6 IS NULL OR EXISTS (SELECT 1 FROM uploads WHERE blob_key = ?6 AND sweep_after > ${CONDEMNED}))`,
      )
      .bind(
        recordId,
        tagHash,
        value.count,
        given.signed,
        hash,
        blobKey,
        hasBlob ? "current" : "statement",
        value.count === 1 ? null : value.count - 1,
        previous,
      ),
  ];
  if (hasBlob)
    statements.push(
      db
        .prepare(
          `DELETE FROM uploads WHERE blob_key = ?3
           AND EXISTS (SELECT 1 FROM ${table} WHERE record_id = ?1 AND manifest_hash = ?2 AND blob_key = ?3)`,
        )
        .bind(recordId, hash, blobKey),
    );
  if (rule && value.target) {
    const target = bytesToHex(value.target);
    if (value.kind === "erasure") {
      // The batch that removes the blob's name also condemns the blob. So the sweep deletes it, now or after a fault.
      statements.push(
        db
          .prepare(
            `INSERT OR IGNORE INTO uploads (blob_key, sweep_after)
             SELECT blob_key, ${CONDEMNED} FROM ${table} WHERE record_id = ?3 AND blob_key IS NOT NULL AND ${appended}`,
          )
          .bind(recordId, hash, target),
        db
          .prepare(`UPDATE ${table} SET blob_key = NULL WHERE record_id = ?3 AND ${appended}`)
          .bind(recordId, hash, target),
      );
    }
    statements.push(
      db
        .prepare(`UPDATE ${table} SET status = ?4 WHERE record_id = ?3 AND ${appended}`)
        .bind(recordId, hash, target, rule.becomes),
    );
  }
  return statements;
}

/** Whether the append took effect: a row exists with this manifest and this blob. */
export async function isAppended(service: Service, given: GivenManifest, blobKey: string | null): Promise<boolean> {
  const table = recordsTable(service.serviceId);
  const row = await drizzle(service.db)
    .select({ one: sql<number>`1` })
    .from(table)
    .where(
      and(
        eq(table.recordId, given.recordId),
        eq(table.manifestHash, given.hash),
        blobKey === null ? undefined : eq(table.blobKey, blobKey),
      ),
    )
    .get();
  return row !== undefined;
}
