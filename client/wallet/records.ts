// The patient's own records: fetched from every service, opened with the session keys, joined by nobody else.
//
// Asking a service for exactly one's own tags would join them for the operator. The wallet therefore asks for whole
// buckets: all records whose tagHash starts with a prefix chosen so that about BUCKET_SESSIONS sessions share it, blobs
// included, and keeps what opens. What it takes from a small service is the whole service.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { Manifest, manifestHashOf, openSigned, serviceIdOf } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { fromBase64 } from "../encoding.ts";
import { openRecord } from "../sealing/record.ts";
import { type ListedService, listServices } from "../services.ts";
import { apiBytes, apiJson } from "../transport.ts";
import { holderSecrets, sessionKeys } from "../wallet-keys.ts";
import type { WalletContext } from "./context.ts";
import type { WalletSession } from "./state.ts";

const BUCKET_SESSIONS = 16;
const PARALLEL_DOWNLOADS = 6;

export type RecordStatus = "current" | "amended" | "withdrawn" | "moved" | "erased";

export interface OwnRecord {
  session: WalletSession;
  recordId: string;
  status: RecordStatus;
  manifest: Manifest;
  /** of the signed manifest, hex */
  manifestHash: string;
  signature: string;
  signatureKey: string;
  /** absent for what was erased */
  plaintext: Uint8Array | undefined;
}

/** Something a service handed out that does not hold together; the rest of the report is still good. */
export interface RecordFault {
  serviceId: string;
  recordId: string;
  reason: string;
}

interface Row {
  manifest: string;
  status: RecordStatus;
}

export interface OwnRecords {
  records: OwnRecord[];
  faults: RecordFault[];
  /** what was downloaded to hide which of it is the wallet's own */
  downloadedBlobs: number;
  downloadedBytes: number;
}

/** All own records of the given sessions (default: all), newest epoch first. */
export async function ownRecords(
  w: WalletContext,
  progress: (done: number, services: number) => void = () => {},
): Promise<OwnRecords> {
  const sessions = w.state.sessions.filter((s) => s.state === "open" || s.state === "recovered");
  const byService = Map.groupBy(sessions, (s) => s.serviceId);
  const result: OwnRecords = { records: [], faults: [], downloadedBlobs: 0, downloadedBytes: 0 };
  let done = 0;
  for (const [serviceId, mine] of byService) {
    await fromService(w, serviceId, mine, result);
    progress(++done, byService.size);
  }
  result.records.sort((a, b) => b.session.epoch - a.session.epoch || a.manifest.count - b.manifest.count);
  return result;
}

async function fromService(w: WalletContext, serviceId: string, mine: WalletSession[], result: OwnRecords) {
  const base = `/v1/services/${serviceId}`;
  const counts = await apiJson<{ sessions: number }>(w.transport, w.deployment.serviceUrl, `${base}/counts`);
  const digits = Math.max(0, Math.min(4, Math.floor(Math.log(counts.sessions / BUCKET_SESSIONS) / Math.log(16))));
  const own = new Map(mine.map((s) => [s.tagHash, s]));
  const prefixes = new Set(mine.map((s) => s.tagHash.slice(0, digits)));
  for (const prefix of prefixes) {
    const rows: Row[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
      const page: { records: Row[]; cursor?: string | null } = await apiJson(
        w.transport,
        w.deployment.serviceUrl,
        `${base}/buckets/${prefix === "" ? "-" : prefix}${query}`,
      );
      rows.push(...page.records);
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    const queue = [...rows];
    const work = async (): Promise<void> => {
      for (let row = queue.pop(); row; row = queue.pop()) await take(w, serviceId, row, own, result);
    };
    await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, work));
  }
}

/** Downloads the blob whoever it belongs to, and opens it if its session is the wallet's. */
async function take(
  w: WalletContext,
  serviceId: string,
  row: Row,
  own: Map<string, WalletSession>,
  result: OwnRecords,
) {
  const signed = fromBase64(row.manifest);
  const { key, value: manifest } = openSigned(LABELS.signManifest, Manifest, signed);
  const recordId = bytesToHex(manifest.recordId);
  const hasBlob = manifest.size > 0 && row.status !== "erased";
  let blob: Uint8Array | undefined;
  if (hasBlob) {
    blob = await apiBytes(w.transport, w.deployment.serviceUrl, `/v1/services/${serviceId}/blobs/${recordId}`);
    result.downloadedBlobs++;
    result.downloadedBytes += blob.length;
  }
  const session = own.get(bytesToHex(manifest.tagHash));
  if (!session || manifest.size === 0) return;
  const fault = (reason: string) => result.faults.push({ serviceId, recordId, reason });
  if (bytesToHex(serviceIdOf(key)) !== serviceId || bytesToHex(manifest.serviceId) !== serviceId)
    return fault("manifest is not signed by this service");
  let plaintext: Uint8Array | undefined;
  if (blob) {
    if (!equalBytes(sha256(blob), manifest.blobHash)) return fault("blob is not the one the clinic signed");
    const keys = await sessionKeys(w.root, session.generation, session.epoch, session.slot);
    try {
      plaintext = await openRecord(blob, keys.ageIdentity);
    } catch (error) {
      return fault((error as Error).message);
    }
  }
  result.records.push({
    session,
    recordId,
    status: row.status,
    manifest,
    manifestHash: bytesToHex(manifestHashOf(signed)),
    // Signed: u8 type ‖ u8 version ‖ key 32 ‖ signature 64 ‖ document
    signature: bytesToHex(signed.subarray(34, 98)),
    signatureKey: bytesToHex(key),
    plaintext,
  });
}

/**
 * Finds the sessions of all generations again from the recovery words: every slot of every epoch since enrolment against
 * the tags each service holds. Downloads manifests of whole services, so that nobody learns which are looked for.
 */
export async function recoverSessions(
  w: WalletContext,
  epochTo: number,
  progress: (epoch: number) => void = () => {},
): Promise<number> {
  const services = await listServices(w.transport, w.deployment.serviceUrl);
  const held = new Map<string, ListedService>();
  for (const service of services) {
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
      const page: { records: Row[]; cursor?: string | null } = await apiJson(
        w.transport,
        w.deployment.serviceUrl,
        `/v1/services/${service.id}/buckets/-${query}`,
      );
      for (const row of page.records) {
        const { value } = openSigned(LABELS.signManifest, Manifest, fromBase64(row.manifest));
        held.set(bytesToHex(value.tagHash), service);
      }
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
  }
  const known = new Set(w.state.sessions.map((s) => s.tagHash));
  const found: WalletSession[] = [];
  for (const g of w.state.generations) {
    const { z } = holderSecrets(w.root, g.generation);
    // a stale credential may be presented after its generation's last epoch
    for (let epoch = g.epochFrom; epoch <= Math.min(epochTo, (g.epochTo ?? epochTo) + 1); epoch++) {
      progress(epoch);
      const parameters = await w.parameters.of(epoch);
      for (let slot = 0; slot < parameters.document.slots; slot++) {
        const tagHash = bytesToHex(tagHashOf(encodeG2(tagOf(z, parameters.hash, epoch, slot))));
        const service = held.get(tagHash);
        if (!service || known.has(tagHash)) continue;
        found.push({
          generation: g.generation,
          epoch,
          slot,
          serviceId: service.id,
          serviceName: service.card.name,
          tagHash,
          state: "recovered",
          shown: [],
        });
      }
    }
  }
  let added: WalletSession[] = [];
  await w.update((s) => {
    // what a check-in or another recovery has written since the search began is not found again
    added = found.filter((f) => !s.sessions.some((x) => x.tagHash === f.tagHash));
    s.sessions.push(...added);
  });
  return added.length;
}
