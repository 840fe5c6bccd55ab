// The patient's own records: fetched from their services, opened with the session keys, and joined in the wallet only.
//
// If the wallet asked a service for exactly its own tags, the operator could join them. So it asks for whole buckets
// (buckets.ts): their manifests, and then every blob that these name, of any patient.
//
// Only when everything of all services is there does the wallet look which of it is its own. So the times of the
// downloads tell nothing. The wallet does not use the operator's word: it reads the state of a record from the
// session's chain of signed statements.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { type Manifest, manifestHashOf } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { ChainError, type RecordState, readChain, survivingRecords } from "../clinic/chain.ts";
import { SymbolonError, textOfCause } from "../errors.ts";
import { openRecord } from "../sealing/record.ts";
import { blobsListed, isGenuine, type Listed } from "../shared/buckets.ts";
import { download } from "../shared/downloads.ts";
import { groupBy } from "../shared/groups.ts";
import { readBuckets, readsOf } from "./buckets.ts";
import type { WalletContext } from "./context.ts";
import { sessionKeys } from "./keys.ts";
import { type SessionView, sessionView } from "./overview.ts";
import type { WalletSession } from "./state.ts";

export type RecordStatus = RecordState;

export interface OwnRecord {
  session: SessionView;
  /** 16 bytes */
  recordId: Hex;
  status: RecordStatus;
  manifest: Manifest;
  /** of the signed manifest, 32 bytes */
  manifestHash: Hex;
  /** Ed25519, of the clinic over the manifest, 64 bytes */
  signature: Hex;
  /** Ed25519, 32 bytes */
  signatureKey: Hex;
  /** undefined if the record was erased */
  plaintext: Uint8Array | undefined;
}

/** Something that a service handed out and that does not verify. The rest of the report is still good. */
export interface RecordFault {
  serviceId: Hex;
  /** name of the clinic at fault */
  serviceName: string;
  /** of the session */
  tagHash: Hex;
  /** undefined if the session's chain is at fault */
  recordId: Hex | undefined;
  /** for people and logs */
  reason: string;
  /** signed by the clinic; undefined if there is none that verifies */
  manifest: Manifest | undefined;
}

export interface OwnRecords {
  records: OwnRecord[];
  faults: RecordFault[];
  /** all downloads, most of them only to hide which records are the wallet's own */
  downloadedBlobs: number;
  downloadedBytes: number;
}

/** From one service: everything listed in the wallet's buckets, and the blobs of the wallet's sessions. */
interface Holding {
  serviceId: Hex;
  mine: WalletSession[];
  listed: Listed[];
  blobs: Map<Hex, Uint8Array>;
}

/** All own records, newest epoch first. @throws ApiError unreachable */
export async function ownRecords(
  w: WalletContext,
  progress: (done: number, services: number) => void = () => {},
): Promise<OwnRecords> {
  const sessions = w.state.sessions.filter((s) => s.state === "open" || s.state === "recovered");
  const byService = groupBy(sessions, (s) => s.serviceId);
  const result: OwnRecords = { records: [], faults: [], downloadedBlobs: 0, downloadedBytes: 0 };
  const holdings: Holding[] = [];
  for (const [serviceId, mine] of byService) {
    const listed = await listOf(w, serviceId, mine, result);
    holdings.push({ serviceId, mine, listed, blobs: await downloadAll(w, serviceId, mine, listed, result) });
    progress(holdings.length, byService.size);
  }
  for (const holding of holdings) for (const session of holding.mine) await readSession(w, session, holding, result);
  result.records.sort((a, b) => b.session.epoch - a.session.epoch || a.manifest.count - b.manifest.count);
  return result;
}

/** What the service lists; nothing, and a fault per session, if it refuses or its answer cannot be read. @throws ApiError unreachable */
async function listOf(
  w: WalletContext,
  serviceId: Hex,
  mine: readonly WalletSession[],
  { faults }: OwnRecords,
): Promise<Listed[]> {
  try {
    return await readBuckets(w, serviceId, mine);
  } catch (error) {
    if (!(error instanceof SymbolonError) || error.code === "unreachable") throw error;
    const reason = `The service does not list its records. ${error.message}`;
    for (const { serviceName, tagHash } of mine)
      faults.push({ serviceId, serviceName, tagHash, recordId: undefined, reason, manifest: undefined });
    return [];
  }
}

/** Downloads every blob of the buckets, of any patient. Keeps the own ones without looking at them. */
async function downloadAll(
  w: WalletContext,
  serviceId: Hex,
  mine: readonly WalletSession[],
  listed: readonly Listed[],
  result: OwnRecords,
): Promise<Map<Hex, Uint8Array>> {
  const own = new Set<Hex>(mine.map((s) => s.tagHash));
  const blobs = new Map<Hex, Uint8Array>();
  const take = (row: Listed, blob: Uint8Array): void => {
    result.downloadedBlobs++;
    result.downloadedBytes += blob.length;
    if (own.has(row.tagHash)) blobs.set(row.recordId, blob);
  };
  await download(readsOf(w), serviceId, blobsListed(listed), take);
  return blobs;
}

/**
 * Checks the session's chain and opens its records. If the chain has a fault, the records that open stand beside the
 * fault.
 */
async function readSession(w: WalletContext, session: WalletSession, holding: Holding, result: OwnRecords) {
  const { serviceId, blobs } = holding;
  const { tagHash } = session;
  const { serviceName } = session;
  const fault = (recordId: Hex | undefined, reason: string, manifest?: Manifest) =>
    result.faults.push({ serviceId, serviceName, tagHash, recordId, reason, manifest });
  const own = holding.listed.filter((l) => l.tagHash === tagHash).sort((a, b) => a.manifest.count - b.manifest.count);
  const chain = own.filter((l) => isGenuine(serviceId, l));
  for (const l of own) if (!chain.includes(l)) fault(l.recordId, "The manifest is not signed by this service.");
  if (chain.length === 0) return;
  const states = statesOf(chain, (reason) => fault(undefined, reason));
  const keys = await sessionKeys(w.root, session, session.epoch, session.slot);
  for (const { recordId, manifest, signed, key } of chain) {
    if (manifest.size === 0) continue;
    const status = states.get(recordId) ?? "current";
    const blob = status === "erased" ? undefined : blobs.get(recordId);
    let plaintext: Uint8Array | undefined;
    if (blob) {
      if (!equalBytes(sha256(blob), manifest.blobHash)) {
        fault(recordId, "The blob is not the one that the clinic signed.", manifest);
        continue;
      }
      try {
        plaintext = await openRecord(blob, keys.ageIdentity);
      } catch (error) {
        fault(recordId, textOfCause(error), manifest);
        continue;
      }
    } else if (status !== "erased") {
      fault(recordId, "The service does not hand out the blob.", manifest);
      continue;
    }
    result.records.push({
      session: sessionView(session),
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

/**
 * The state of each record. If the chain has a fault, the states come from those of the clinic's statements that are
 * there.
 */
function statesOf(own: readonly Listed[], fault: (reason: string) => void): Map<Hex, RecordStatus> {
  const { key, manifest, tagHash } = own[0]!;
  const expected = { signKey: key, serviceId: manifest.serviceId, tagHash };
  const signed = own.map((l) => l.signed);
  try {
    return new Map(readChain(expected, signed).records.map((r) => [r.recordId, r.state]));
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    fault(error.message);
    return new Map(survivingRecords(expected, signed).map(({ entry }) => [entry.recordId, entry.state]));
  }
}
