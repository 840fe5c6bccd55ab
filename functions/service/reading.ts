// Reading sealed records. The clinic's own lists need its key. The other reads need none, since only the recipients can open a
// blob. Wallets and requesters ask for buckets instead of single tags, so that the operator does not learn which sessions belong
// together. A bucket is one part of the key space (protocol/buckets.ts), over all months up to a given one. Nobody but the clinic
// can ask for a single session.
//
//   GET /v1/services/:id/records                  clinic: all manifests of the service
//   GET /v1/services/:id/tags/:tagHash/records    clinic: one session's chain, in order
//   GET /v1/services/:id/buckets/:part?to=EPOCH   the n-th of m equal parts, "n.m"; without `to`, of all months
//   GET /v1/services/:id/blobs/:recordId          the sealed blob, streamed
//   GET /v1/services/:id/blobs?ids=ID.ID          up to GROUP_BLOBS small blobs in one answer (protocol/blob-group.ts)
//   lists -> {records: [{manifest, status}], cursor?}, ordered by tagHash, then by place in the chain

import type { Context } from "hono";
import { GROUP_BLOB_BYTES, GROUP_BLOBS, writeGroup } from "../../protocol/blob-group.ts";
import { EVERYTHING, MAX_PARTS, rangeOf, readPart } from "../../protocol/buckets.ts";
import { type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { type RecordStatus, recordsTableName } from "../../schema/records.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { checkHex, type RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { recordAt, recordsAt } from "./manifests.ts";
import { pageOf } from "./paging.ts";
import { type Service, serviceOfPath } from "./registry.ts";
import { clinicOf } from "./tokens.ts";

const RECORDS_PER_PAGE = 250;
const CURSOR = /^([0-9a-f]{64})\.([1-9]\d{0,9})$/;
const EPOCH = /^\d{1,5}$/;

/** The tag hashes in [from, below). If `to` is given, only those of sessions up to that epoch. */
interface Bucket {
  from: string;
  below: string;
  to?: number;
}

/** @throws Problem malformed */
function bucketOf(c: Context): Bucket {
  const part = readPart(c.req.param("part") ?? "");
  const to = c.req.query("to");
  if (!part) throw new Problem("malformed", `part: n.m expected, n < m <= ${MAX_PARTS}`);
  if (to !== undefined && !EPOCH.test(to)) throw new Problem("malformed", "to: an epoch expected");
  return { ...rangeOf(part), ...(to === undefined ? {} : { to: Number(to) }) };
}

interface ListedRow {
  tagHash: Hex;
  count: number;
  /** in hex; null if the session is of a month after `to` */
  manifest: string | null;
  status: RecordStatus;
}

/**
 * One page of a bucket's manifests. It visits `limit` rows at most, whatever `to` leaves out: so a page may be short, or empty,
 * and still have a cursor.
 */
async function page(c: Context, service: Service, { from, below, to }: Bucket) {
  const { limit } = pageOf(c, RECORDS_PER_PAGE);
  const cursor = c.req.query("cursor");
  const at = cursor === undefined ? undefined : CURSOR.exec(cursor);
  if (at === null) throw new Problem("malformed", "cursor: not a cursor of this list");
  // One lower bound: SQLite seeks by one, and would visit every row between it and a second.
  const [afterTag, afterCount] = at && at[1]! >= from ? [at[1]!, Number(at[2])] : [from, -1];
  const { results: rows } = await service.db
    .prepare(
      `SELECT r.tag_hash AS tagHash, r.count, r.status,
         CASE WHEN ?5 IS NULL OR s.epoch <= ?5 THEN hex(r.manifest) END AS manifest
       FROM (SELECT tag_hash, count, status, manifest FROM ${recordsTableName(service.serviceId)}
             WHERE (tag_hash, count) > (?1, ?2) AND tag_hash < ?3 ORDER BY tag_hash, count LIMIT ?4) r
       LEFT JOIN sessions s ON s.service_id = ?6 AND s.tag_hash = r.tag_hash
       ORDER BY r.tag_hash, r.count`,
    )
    .bind(afterTag, afterCount, below, limit, to ?? null, service.serviceId)
    .all<ListedRow>();
  const last = rows.at(-1);
  const records = rows.flatMap(({ manifest, status }) =>
    manifest === null ? [] : [{ manifest: toBase64url(hexToBytes(manifest.toLowerCase())), status }],
  );
  return { records, ...(last && rows.length === limit ? { cursor: `${last.tagHash}.${last.count}` } : {}) };
}

export function registerReading(app: RoleApp<ServiceEnv>): void {
  app.get("/v1/services/:id/records", async (c) => c.json(await page(c, await clinicOf(c), rangeOf(EVERYTHING))));

  app.get("/v1/services/:id/tags/:tagHash/records", async (c) => {
    const tagHash = checkHex(c.req.param("tagHash"), 32, "tagHash");
    return c.json(await page(c, await clinicOf(c), { from: tagHash, below: `${tagHash}g` }));
  });

  app.get("/v1/services/:id/buckets/:part", async (c) =>
    c.json(await page(c, await serviceOfPath(c.env, c.req.param("id")), bucketOf(c))),
  );

  app.get("/v1/services/:id/blobs", async (c) => {
    const service = await serviceOfPath(c.env, c.req.param("id"));
    const ids = (c.req.query("ids") ?? "").split(".").map((id) => checkHex(id, 16, "ids"));
    if (ids.length > GROUP_BLOBS) throw new Problem("malformed", `ids: at most ${GROUP_BLOBS}`);
    const rows = new Map((await recordsAt(service, ids)).map((row) => [row.recordId, row]));
    const blobs = ids.map(async (id) => {
      const blobKey = rows.get(id)?.blobKey;
      const blob = blobKey ? await c.env.BLOBS.get(blobKey) : null;
      if (blob && blob.size <= GROUP_BLOB_BYTES) return new Uint8Array(await blob.arrayBuffer());
      await blob?.body.cancel();
      return undefined;
    });
    return c.body(writeGroup(await Promise.all(blobs)).slice().buffer, 200, {
      "content-type": "application/octet-stream",
    });
  });

  app.get("/v1/services/:id/blobs/:recordId", async (c) => {
    const service = await serviceOfPath(c.env, c.req.param("id"));
    const row = await recordAt(service, checkHex(c.req.param("recordId"), 16, "record id"));
    if (!row) throw new Problem("not-found", "No such record.");
    if (row.status === "statement") throw new Problem("not-found", "A statement has no blob.");
    if (!row.blobKey) throw new Problem("expired", `This record was ${row.status}.`);
    const blob = await c.env.BLOBS.get(row.blobKey);
    if (!blob) throw new Problem("not-found", "The blob was deleted.");
    return new Response(blob.body, {
      headers: { "content-type": "application/octet-stream", "content-length": String(blob.size) },
    });
  });
}
