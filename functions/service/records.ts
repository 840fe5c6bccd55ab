// Writing records: blobs with their manifests, and statements about them. Only the service's clinic writes.
//
//   PUT  /v1/services/:id/records/:recordId   the sealed blob, Content-Length required;
//                                             header symbolon-manifest: base64url Signed<Manifest>
//   POST /v1/services/:id/statements          JSON {manifest}: withdrawal, move, erasure
//   both -> 201 {recordId, manifestHash, count}; 200 with the same body if the same manifest is sent again; 409 with
//   `head` if the session's chain has another head by now
//
// An upload has three steps. D1 lists the blob's name (uploads). The blob goes to R2. One batch then appends the manifest
// and removes the name from the list. A fault in between leaves a listed blob that no record names. The sweep deletes that
// blob, and a retry starts again from the beginning. The blob is never held in memory: this file reads its header, the rest
// streams, and R2 checks the SHA-256.
//
// If a record is erased, the batch that appends the statement also removes the blob's name. The blob is deleted before the
// answer. The signed manifests stay. The transparency log has an entry for each erasure, with the hash of its manifest. A
// move only tells where the record belongs. The clinic files it again there and erases it here, because the blob is sealed
// to the wrong patient.

import { sha256 } from "@noble/hashes/sha2.js";
import { MAX_BLOB_BYTES, RECORDS } from "../../api/service/records.ts";
import { AgeHeaderError, assertStanzaSet, MAX_RECORD_HEADER_BYTES } from "../../protocol/age-header.ts";
import { bytesToHex, concatBytes, equalBytes } from "../../protocol/bytes.ts";
import { manifestHashOf } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { blobKey, recordIdOfBlob } from "../../schema/r2-keys.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { parametersFor } from "../shared/parameters.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import {
  appendStatements,
  chainConflict,
  checkManifest,
  type GivenManifest,
  headOf,
  isAppended,
  isRepetition,
  readManifest,
} from "./manifests.ts";
import { countObject, tooManyObjects } from "./object-quota.ts";
import { outboxEntry } from "./outbox.ts";
import type { Service } from "./registry.ts";
import { requireActive } from "./suspension.ts";
import { CONDEMNED, sweepShard } from "./sweep.ts";
import { clinicToken } from "./tokens.ts";

const MANIFEST_HEADER = "symbolon-manifest";
const SECONDS_PER_HOUR = 3600;
/** After this time the upload is given up. The time is a full hour, so that the list does not tell when it began. */
const UPLOAD_HOURS = 2;

const isZero = (b: Uint8Array): boolean => b.every((x) => x === 0);

const answer = ({ recordId, hash, value }: GivenManifest) => ({ recordId, manifestHash: hash, count: value.count });

/** Reads at least as far as a record's header can reach. Returns the bytes read so far and the rest of the stream. */
async function readBeginning(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < MAX_RECORD_HEADER_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  reader.releaseLock();
  return { beginning: concatBytes(...chunks), rest: body };
}

/** @throws Problem malformed */
function checkStanzas(beginning: Uint8Array, { value }: GivenManifest): void {
  try {
    const { threshold, keySetId } = assertStanzaSet(beginning);
    if (!equalBytes(keySetId, value.keySetId)) throw new Problem("malformed", "The blob names another key set.");
    if (!equalBytes(sha256(threshold.body), value.stanzaHash))
      throw new Problem("malformed", "The stanza's hash differs from the one in the manifest.");
  } catch (error) {
    if (error instanceof AgeHeaderError) throw new Problem("malformed", `blob: ${error.message}`);
    throw error;
  }
}

type Beginning = Awaited<ReturnType<typeof readBeginning>>;

/**
 * Streams the blob to R2. The runtime moves the bytes outside of JavaScript.
 * @throws Problem malformed if the blob is not the manifest's, unavailable if R2 fails
 */
async function store(env: ServiceEnv, key: string, { beginning, rest }: Beginning, { value }: GivenManifest) {
  const { readable, writable } = new FixedLengthStream(value.size);
  const writer = writable.getWriter();
  const givenUp = new AbortController();
  const pump = async () => {
    await writer.write(beginning);
    writer.releaseLock();
    await rest.pipeTo(writable, { signal: givenUp.signal });
  };
  // R2 checks the SHA-256 before the object becomes visible.
  const put = env.BLOBS.put(key, readable, { sha256: bytesToHex(value.blobHash) });
  // If R2 gives up, it stops reading. Without this abort the pump would wait for ever.
  put.catch((cause: unknown) => {
    givenUp.abort(cause);
    return writer.abort(cause).catch(() => undefined);
  });
  const [stored, pumped] = await Promise.allSettled([put, pump()]);
  const reason = stored.status === "rejected" ? String(stored.reason) : "";
  if (/sha-?256|checksum|digest/i.test(reason))
    throw new Problem("malformed", "The blob's hash differs from the one in the manifest.", reason);
  if (stored.status === "rejected") throw new Problem("unavailable", undefined, reason);
  if (pumped.status === "rejected") throw new Problem("malformed", "The blob ended early.", String(pumped.reason));
}

const giveUpAt = (at: number): number => (Math.ceil(at / SECONDS_PER_HOUR) + UPLOAD_HOURS) * SECONDS_PER_HOUR;

/** Whether the append took effect. @throws Problem unavailable if that is unknown; a retry finds out */
async function append(service: Service, given: GivenManifest, batch: D1PreparedStatement[], key: string | null) {
  try {
    await service.db.batch(batch);
    return await isAppended(service, given, key);
  } catch (cause) {
    throw new Problem("unavailable", undefined, String(cause));
  }
}

async function upload(
  env: ServiceEnv,
  service: Service,
  given: GivenManifest,
  body: ReadableStream<Uint8Array>,
  at: number,
): Promise<void> {
  const { db, serviceId } = service;
  const blob = await readBeginning(body);
  checkStanzas(blob.beginning, given);
  const key = blobKey(serviceId, given.recordId, crypto.getRandomValues(new Uint8Array(16)));
  const list = db
    .prepare("INSERT INTO uploads (blob_key, sweep_after) SELECT ?, ? WHERE changes() > 0")
    .bind(key, giveUpAt(at));
  const [, listed] = await db.batch([countObject(service, at), list]);
  if (listed!.meta.changes === 0) throw tooManyObjects(at);
  try {
    await store(env, key, blob, given);
    if (await append(service, given, appendStatements(service, given, key), key)) return;
  } catch (error) {
    await giveUp(env, service, key);
    throw error;
  }
  // Another request appended first (perhaps this same manifest), or the sweep has given the upload up.
  await giveUp(env, service, key);
  if (!(await isRepetition(service, given))) throw chainConflict(await headOf(service, given.tagHash));
}

/**
 * Deletes the blob of a failed upload now, or leaves it to the sweep. If a record names the blob after all, the blob stays.
 * The upload may have outlived the sweep, which has then removed its name from the list: the name is listed again.
 */
async function giveUp(env: ServiceEnv, { db, serviceId }: Service, key: string): Promise<void> {
  try {
    const { meta } = await db
      .prepare(
        `INSERT INTO uploads (blob_key, sweep_after) SELECT ?1, ${CONDEMNED}
         WHERE NOT EXISTS (SELECT 1 FROM records_${serviceId} WHERE record_id = ?2 AND blob_key = ?1)
         ON CONFLICT (blob_key) DO UPDATE SET sweep_after = ${CONDEMNED}`,
      )
      .bind(key, recordIdOfBlob(key))
      .run();
    if (meta.changes !== 1) return;
    await env.BLOBS.delete(key);
    await db.prepare("DELETE FROM uploads WHERE blob_key = ?").bind(key).run();
  } catch {
    // The blob is still listed, so the sweep deletes it.
  }
}

export function registerUploads(app: RoleApp<ServiceEnv>): void {
  serve(app, RECORDS.putRecord, async (c, { params, headers, scopes }) => {
    const token = await clinicToken(c);
    const service = token.require(...scopes);
    const given = readManifest(service, readBase64url(headers[MANIFEST_HEADER], MANIFEST_HEADER));
    const { value } = given;
    if (given.recordId !== params.recordId) throw new Problem("malformed", "The manifest belongs to another record.");
    if (value.kind !== "record" && value.kind !== "amendment")
      throw new Problem("malformed", `A ${value.kind} is a statement: it has no blob.`);
    token.require(value.kind === "record" ? "system/Record.c" : "system/Record.u");
    const length = c.req.header("content-length");
    if (length === undefined || !/^\d+$/.test(length)) throw new Problem("malformed", "Content-Length is required.");
    if (Number(length) > MAX_BLOB_BYTES) throw new Problem("too-large", `At most ${MAX_BLOB_BYTES} bytes.`);
    if (Number(length) !== value.size)
      throw new Problem("malformed", "Content-Length differs from the size in the manifest.");
    if (await isRepetition(service, given)) return c.json(answer(given), 200);
    const at = now(c);
    requireActive(service);
    const { document } = await parametersFor(c.env, epochOf(at), at);
    if (!equalBytes(document.keySetId, value.keySetId))
      throw new Problem("not-allowed-now", "The trustees now have another key set.");
    await checkManifest(service, given, at);
    if (!c.req.raw.body) throw new Problem("malformed", "The body is empty.");
    await upload(c.env, service, given, c.req.raw.body, at);
    return c.json(answer(given), 201);
  });
}

export function registerStatements(app: RoleApp<ServiceEnv>): void {
  serve(app, RECORDS.postStatement, async (c, { scopes }) => {
    const token = await clinicToken(c);
    const service = token.require(...scopes);
    const { manifest } = await readBody(RECORDS.postStatement, c.req);
    const given = readManifest(service, readBase64url(manifest, "manifest"));
    const { value } = given;
    if (value.kind === "record" || value.kind === "amendment")
      throw new Problem("malformed", `A manifest of kind ${value.kind} has a blob. Use PUT.`);
    token.require(value.kind === "move" ? "system/Record.u" : "system/Record.d");
    if (value.size !== 0 || !isZero(value.blobHash) || !isZero(value.stanzaHash))
      throw new Problem("malformed", "A statement has no blob.");
    const at = now(c);
    const repeated = await isRepetition(service, given);
    if (!repeated) {
      requireActive(service);
      await checkManifest(service, given, at);
      const batch = appendStatements(service, given, null);
      if (value.kind === "erasure") batch.push(erasureEntry(service, given, at));
      if (!(await append(service, given, batch, null))) throw chainConflict(await headOf(service, given.tagHash));
    }
    // The sweep runs before the answer, so that a clinic may rely on "erased". If the sweep fails, a retry or the next sweep
    // repeats it.
    try {
      await sweepShard(c.env, service.db, at);
    } catch (cause) {
      throw new Problem("unavailable", undefined, String(cause));
    }
    return c.json(answer(given), repeated ? 200 : 201);
  });
}

/** The statement that writes the erasure's log entry, only if the manifest is appended. */
function erasureEntry(service: Service, given: GivenManifest, at: number): D1PreparedStatement {
  const { row } = outboxEntry(at, { kind: "erasure", subject: manifestHashOf(given.signed) });
  return service.db
    .prepare(
      `INSERT OR IGNORE INTO outbox (id, entry)
       SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM records_${service.serviceId} WHERE record_id = ?3 AND manifest_hash = ?4)`,
    )
    .bind(row.id, row.entry, given.recordId, given.hash);
}
