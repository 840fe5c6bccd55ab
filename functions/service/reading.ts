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
import { OCTETS_TYPE } from "../../api/contract.ts";
import { RECORDS } from "../../api/service/records.ts";
import { GROUP_BLOB_BYTES, writeGroup } from "../../protocol/blob-group.ts";
import { EVERYTHING, rangeOf } from "../../protocol/buckets.ts";
import { signedJson } from "../../protocol/document-json.ts";
import { Manifest } from "../../protocol/documents.ts";
import { type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { type RecordStatus, recordsTableName } from "../../schema/records.ts";
import { etagOf, octets, unlessKnown } from "../shared/answers.ts";
import type { ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { rangeAsked } from "../shared/ranges.ts";
import { serve } from "../shared/serve.ts";
import { recordAt, recordsAt } from "./manifests.ts";
import { type Service, serviceOfPath } from "./registry.ts";
import { clinicOf } from "./tokens.ts";

/** The tag hashes in [from, below). If `to` is given, only those of sessions up to that epoch. */
interface Bucket {
  from: string;
  below: string;
  to?: number;
}

interface PageQuery {
  cursor?: string | undefined;
  limit: number;
  /** whether each manifest stands in the answer as JSON too */
  decoded?: unknown;
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
async function page(service: Service, { from, below, to }: Bucket, { cursor, limit, decoded }: PageQuery) {
  const [atTag = "", atCount] = cursor?.split(".") ?? [];
  // One lower bound: SQLite seeks by one, and would visit every row between it and a second.
  const [afterTag, afterCount] = cursor !== undefined && atTag >= from ? [atTag, Number(atCount)] : [from, -1];
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
  const records = rows.flatMap(({ manifest, status }) => {
    if (manifest === null) return [];
    const bytes = hexToBytes(manifest.toLowerCase());
    return [
      {
        manifest: toBase64url(bytes),
        status,
        ...(decoded === undefined ? {} : { decoded: signedJson(Manifest, bytes) }),
      },
    ];
  });
  return { records, ...(last && rows.length === limit ? { cursor: `${last.tagHash}.${last.count}` } : {}) };
}

export function registerReading(app: RoleApp<ServiceEnv>): void {
  serve(app, RECORDS.listRecords, async (c, { query, scopes }) =>
    c.json(await page(await clinicOf(c, scopes), rangeOf(EVERYTHING), query)),
  );

  serve(app, RECORDS.listSessionRecords, async (c, { params: { tagHash }, query, scopes }) =>
    c.json(await page(await clinicOf(c, scopes), { from: tagHash, below: `${tagHash}g` }, query)),
  );

  serve(app, RECORDS.listBucket, async (c, { params: { id, part }, query }) =>
    c.json(await page(await serviceOfPath(c.env, id), { ...rangeOf(part), to: query.to }, query)),
  );

  serve(app, RECORDS.readBlobs, async (c, { params, query: { ids } }) => {
    const service = await serviceOfPath(c.env, params.id);
    const rows = new Map((await recordsAt(service, ids)).map((row) => [row.recordId, row]));
    const blobs = ids.map(async (id) => {
      const blobKey = rows.get(id)?.blobKey;
      const blob = blobKey ? await c.env.BLOBS.get(blobKey) : null;
      if (blob && blob.size <= GROUP_BLOB_BYTES) return new Uint8Array(await blob.arrayBuffer());
      await blob?.body.cancel();
      return undefined;
    });
    return octets(c, writeGroup(await Promise.all(blobs)));
  });

  serve(app, RECORDS.readBlob, async (c, { params: { id, recordId } }) => {
    const row = await recordAt(await serviceOfPath(c.env, id), recordId);
    if (!row) throw new Problem("not-found", "No such record.");
    if (row.status === "statement") throw new Problem("not-found", "A statement has no blob.");
    if (!row.blobKey) throw new Problem("expired", `This record was ${row.status}.`);
    return blobAnswer(c, row.blobKey, row.manifestHash);
  });
}

const deleted = (): Problem => new Problem("not-found", "The blob was deleted.");

/** The sealed blob, or the range of it that the caller asks for. @param manifestHash names the blob: the manifest has its hash */
async function blobAnswer(c: Context<{ Bindings: ServiceEnv }>, blobKey: string, manifestHash: Hex): Promise<Response> {
  const etag = etagOf(manifestHash);
  const headers = { "content-type": OCTETS_TYPE, "accept-ranges": "bytes" };
  return unlessKnown(c, etag, headers, async (all) => {
    const given = c.req.header("range");
    const size = given === undefined ? undefined : ((await c.env.BLOBS.head(blobKey)) ?? undefined)?.size;
    if (given !== undefined && size === undefined) throw deleted();
    const range = size === undefined ? undefined : rangeAsked(given, c.req.header("if-range"), etag, size);
    const blob = await c.env.BLOBS.get(blobKey, range && { range });
    if (!blob) throw deleted();
    const length = { "content-length": String(range?.length ?? blob.size) };
    if (!range) return new Response(blob.body, { headers: { ...all, ...length } });
    const part = `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`;
    return new Response(blob.body, { status: 206, headers: { ...all, ...length, "content-range": part } });
  });
}
