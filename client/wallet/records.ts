// The patient's own records: fetched from their services, opened with the session keys, joined by nobody else.
//
// Asking a service for exactly one's own tags would join them for the operator. The wallet therefore reads the signed
// manifests of the whole service, and then downloads the blobs of whole buckets: of all tags that begin like an own one,
// with the longest beginning that BUCKET_SESSIONS tags signed by the service still share. What it takes from a small
// service is the whole service. A session's beginning never grows longer: bucketDigits remembers it.
//
// Only when everything is there, of all services, does it look what is its own: the downloads' times tell nothing. The
// operator's word counts for nothing: what became of a record is read from the session's chain of signed statements.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Manifest, manifestHashOf, openSigned, serviceIdOf } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { BECOMES, ChainError, type RecordState, readChain } from "../clinic/chain.ts";
import { fromBase64 } from "../encoding.ts";
import { openRecord } from "../sealing/record.ts";
import { type ListedService, listServices } from "../services.ts";
import { ApiError, apiBytes, apiJson } from "../transport.ts";
import { holderSecrets, sessionKeys } from "../wallet-keys.ts";
import type { WalletContext } from "./context.ts";
import type { WalletSession } from "./state.ts";

const BUCKET_SESSIONS = 16;
const MAX_BUCKET_DIGITS = 4;
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

/** A manifest as it was handed out; `genuine`: signed by the service it is filed at. */
interface Listed {
  signed: Uint8Array;
  key: Uint8Array;
  manifest: Manifest;
  tagHash: string;
  recordId: string;
  genuine: boolean;
}

/** All manifests of a service, whoever they belong to; what is no signed manifest at all is left out. */
async function listManifests(w: WalletContext, serviceId: string): Promise<Listed[]> {
  const rows = new Set<string>(); // each once, however often it is handed out
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const page: { records: { manifest: string }[]; cursor?: string | null } = await apiJson(
      w.transport,
      w.deployment.serviceUrl,
      `/v1/services/${serviceId}/buckets/-${query}`,
    );
    for (const { manifest } of page.records) rows.add(manifest);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  return [...rows].flatMap((manifest) => readListed(serviceId, fromBase64(manifest)) ?? []);
}

function readListed(serviceId: string, signed: Uint8Array): Listed | undefined {
  try {
    const { key, value: manifest } = openSigned(LABELS.signManifest, Manifest, signed);
    const genuine = bytesToHex(serviceIdOf(key)) === serviceId && bytesToHex(manifest.serviceId) === serviceId;
    const [tagHash, recordId] = [bytesToHex(manifest.tagHash), bytesToHex(manifest.recordId)];
    return { signed, key, manifest, tagHash, recordId, genuine };
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** How many hex digits of this tag can be told so that enough others' are told with it. */
function bucketDigits(tagHash: string, signedTags: ReadonlySet<string>, atMost: number): number {
  for (let digits = atMost; digits > 0; digits--) {
    const prefix = tagHash.slice(0, digits);
    let sharing = 0;
    for (const tag of signedTags) if (tag.startsWith(prefix)) sharing++;
    if (sharing >= BUCKET_SESSIONS) return digits;
  }
  return 0;
}

/** What one service holds: everything listed, and of the downloaded blobs those of the wallet's sessions. */
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
    const listed = await listManifests(w, serviceId);
    holdings.push({ serviceId, mine, listed, blobs: await download(w, serviceId, mine, listed, result) });
    progress(holdings.length, byService.size);
  }
  for (const holding of holdings) for (const session of holding.mine) await readSession(w, session, holding, result);
  result.records.sort((a, b) => b.session.epoch - a.session.epoch || a.manifest.count - b.manifest.count);
  return result;
}

/** Every blob of the buckets that the own tags lie in, whoever it belongs to; the own ones are kept, and not looked at. */
async function download(
  w: WalletContext,
  serviceId: string,
  mine: readonly WalletSession[],
  listed: readonly Listed[],
  result: OwnRecords,
): Promise<Map<string, Uint8Array>> {
  const genuine = listed.filter((l) => l.genuine);
  const signedTags = new Set(genuine.map((l) => l.tagHash));
  const digits = new Map(
    mine.map((s) => [s.tagHash, bucketDigits(s.tagHash, signedTags, s.bucketDigits ?? MAX_BUCKET_DIGITS)]),
  );
  await w.update((state) => {
    for (const s of state.sessions) s.bucketDigits = digits.get(s.tagHash) ?? s.bucketDigits;
  });
  const prefixes = [...new Set([...digits].map(([tagHash, n]) => tagHash.slice(0, n)))];
  const erased = new Set(
    genuine.flatMap(({ manifest: { kind, target } }) => (kind === "erasure" && target ? bytesToHex(target) : [])),
  );
  const queue = genuine.filter(
    (l) => l.manifest.size > 0 && !erased.has(l.recordId) && prefixes.some((p) => l.tagHash.startsWith(p)),
  );
  const blobs = new Map<string, Uint8Array>();
  const work = async (): Promise<void> => {
    for (let row = queue.pop(); row; row = queue.pop()) {
      const blob = await blobOf(w, serviceId, row.recordId);
      if (!blob) continue;
      result.downloadedBlobs++;
      result.downloadedBytes += blob.length;
      if (digits.has(row.tagHash)) blobs.set(row.recordId, blob);
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
  for (const l of own) if (!l.genuine) fault(l.recordId, "manifest is not signed by this service");
  const chain = own.filter((l) => l.genuine);
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
  for (const service of services)
    for (const { tagHash, genuine } of await listManifests(w, service.id)) if (genuine) held.set(tagHash, service);
  const known = new Set(w.state.sessions.map((s) => s.tagHash));
  const found: WalletSession[] = [];
  for (const g of w.state.generations) {
    const { z } = holderSecrets(w.root, g.generation);
    // a stale credential may be presented after its generation's last epoch
    for (let epoch = g.epochFrom; epoch <= Math.min(epochTo, (g.epochTo ?? epochTo) + 1); epoch++) {
      progress(epoch);
      const parameters = w.parameters.known(epoch);
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
