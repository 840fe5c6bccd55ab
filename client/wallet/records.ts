// The patient's own records: fetched from their services, opened with the session keys, joined by nobody else.
//
// Asking a service for exactly one's own tags would join them for the operator. The wallet asks for whole buckets
// (buckets.ts): their manifests, and then every blob that they name, whoever it belongs to.
//
// Only when everything is there, of all services, does it look what is its own: the downloads' times tell nothing. The
// operator's word counts for nothing: what became of a record is read from the session's chain of signed statements.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { type Manifest, manifestHashOf } from "../../protocol/documents.ts";
import { BECOMES, ChainError, type RecordState, readChain } from "../clinic/chain.ts";
import { openRecord } from "../sealing/record.ts";
import { ApiError, apiBytes } from "../transport.ts";
import { isGenuine, type Listed, readBuckets } from "./buckets.ts";
import type { WalletContext } from "./context.ts";
import { sessionKeys } from "./keys.ts";
import type { WalletSession } from "./state.ts";

const PARALLEL_DOWNLOADS = 6;

export type RecordStatus = RecordState;

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
  /** hex; of the session */
  tagHash: string;
  /** absent where the session's chain is at fault */
  recordId: string | undefined;
  reason: string;
}

export interface OwnRecords {
  records: OwnRecord[];
  faults: RecordFault[];
  /** what was downloaded to hide which of it is the wallet's own */
  downloadedBlobs: number;
  downloadedBytes: number;
}

/** Of what one service holds: everything listed in the wallet's buckets, and the blobs of the wallet's sessions. */
interface Holding {
  serviceId: string;
  mine: WalletSession[];
  listed: Listed[];
  blobs: Map<string, Uint8Array>;
}

/** All own records, newest epoch first. */
export async function ownRecords(
  w: WalletContext,
  progress: (done: number, services: number) => void = () => {},
): Promise<OwnRecords> {
  const sessions = w.state.sessions.filter((s) => s.state === "open" || s.state === "recovered");
  const byService = Map.groupBy(sessions, (s) => s.serviceId);
  const result: OwnRecords = { records: [], faults: [], downloadedBlobs: 0, downloadedBytes: 0 };
  const holdings: Holding[] = [];
  for (const [serviceId, mine] of byService) {
    const listed = await readBuckets(w, serviceId, mine);
    holdings.push({ serviceId, mine, listed, blobs: await download(w, serviceId, mine, listed, result) });
    progress(holdings.length, byService.size);
  }
  for (const holding of holdings) for (const session of holding.mine) await readSession(w, session, holding, result);
  result.records.sort((a, b) => b.session.epoch - a.session.epoch || a.manifest.count - b.manifest.count);
  return result;
}

/** Every blob that is listed and not erased, whoever it belongs to; the own ones are kept, and not looked at. */
async function download(
  w: WalletContext,
  serviceId: string,
  mine: readonly WalletSession[],
  listed: readonly Listed[],
  result: OwnRecords,
): Promise<Map<string, Uint8Array>> {
  const own = new Set<string>(mine.map((s) => s.tagHash));
  const erased = new Set(
    listed.flatMap(({ manifest: { kind, target } }) => (kind === "erasure" && target ? bytesToHex(target) : [])),
  );
  const queue = listed.filter((l) => l.manifest.size > 0 && !erased.has(l.recordId));
  const blobs = new Map<string, Uint8Array>();
  const work = async (): Promise<void> => {
    for (let row = queue.pop(); row; row = queue.pop()) {
      const blob = await blobOf(w, serviceId, row.recordId);
      if (!blob) continue;
      result.downloadedBlobs++;
      result.downloadedBytes += blob.length;
      if (own.has(row.tagHash)) blobs.set(row.recordId, blob);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, work));
  return blobs;
}

/** Undefined where the service has none: that must look the same whoever's it is. */
async function blobOf(w: WalletContext, serviceId: string, recordId: string): Promise<Uint8Array | undefined> {
  try {
    return await apiBytes(w.transport, w.deployment.serviceUrl, `/v1/services/${serviceId}/blobs/${recordId}`);
  } catch (error) {
    if (error instanceof ApiError && ["not-found", "expired"].includes(error.code)) return undefined;
    throw error;
  }
}

/** Checks the session's chain, and opens what is there. With a fault in the chain, what opens is shown beside the fault. */
async function readSession(w: WalletContext, session: WalletSession, holding: Holding, result: OwnRecords) {
  const { serviceId, blobs } = holding;
  const { tagHash } = session;
  const fault = (recordId: string | undefined, reason: string) =>
    result.faults.push({ serviceId, tagHash, recordId, reason });
  const own = holding.listed.filter((l) => l.tagHash === tagHash).sort((a, b) => a.manifest.count - b.manifest.count);
  const chain = own.filter((l) => isGenuine(serviceId, l));
  for (const l of own) if (!chain.includes(l)) fault(l.recordId, "manifest is not signed by this service");
  if (chain.length === 0) return;
  const states = statesOf(chain, (reason) => fault(undefined, reason));
  const keys = await sessionKeys(w.root, session.generation, session.epoch, session.slot);
  for (const { recordId, manifest, signed, key } of chain) {
    if (manifest.size === 0) continue;
    const status = states.get(recordId) ?? "current";
    const blob = status === "erased" ? undefined : blobs.get(recordId);
    let plaintext: Uint8Array | undefined;
    if (blob) {
      if (!equalBytes(sha256(blob), manifest.blobHash)) {
        fault(recordId, "blob is not the one the clinic signed");
        continue;
      }
      try {
        plaintext = await openRecord(blob, keys.ageIdentity);
      } catch (error) {
        fault(recordId, (error as Error).message);
        continue;
      }
    } else if (status !== "erased") {
      fault(recordId, "the service does not hand out the blob");
      continue;
    }
    result.records.push({
      session,
      recordId,
      status,
      manifest,
      manifestHash: bytesToHex(manifestHashOf(signed)),
      // Signed: u8 type ‖ u8 version ‖ key 32 ‖ signature 64 ‖ document
      signature: bytesToHex(signed.subarray(34, 98)),
      signatureKey: bytesToHex(key),
      plaintext,
    });
  }
}

/** What became of each record. Of a chain with a fault: what the clinic's statements say that are there. */
function statesOf(own: readonly Listed[], fault: (reason: string) => void): Map<string, RecordStatus> {
  const { key, manifest, tagHash } = own[0]!;
  try {
    const expected = { signKey: key, serviceId: manifest.serviceId, tagHash };
    const chain = readChain(
      expected,
      own.map((l) => l.signed),
    );
    return new Map(chain.records.map((r) => [r.recordId, r.state]));
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    fault(error.message);
    return new Map(
      own.flatMap(({ manifest: { kind, target } }) => {
        const state = BECOMES[kind];
        return target && state ? [[bytesToHex(target), state] as const] : [];
      }),
    );
  }
}
