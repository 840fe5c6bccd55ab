// The records of an opened case. They are decrypted at the requester and nowhere else.
//
//   buckets     of each session, whole: manifests and blobs of any patient (case-buckets.ts). Neither the service nor the
//               escrow learns which sessions of a bucket the case is about
//   manifests   each session's chain: signed by the key that gives the service id, counted without a gap; the state of a
//               record (amended, withdrawn, moved, erased) comes from the chain, not from the operator
//   blob        SHA-256 as signed; its threshold stanza as signed
//   shares      record-opening.ts
//
// Records come chunk by chunk, the newest epochs first. Within a chunk they come service by service, in the order of the
// services' ids, because another order would tell which service has the newest session. While the records of one service are
// opened, the buckets of the next one load. So in an emergency a person can read while the rest is still coming. A record
// that does not verify is reported as a fault and hides none of the others.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { chunksOfOrder } from "../../protocol/case-chunks.ts";
import { FALSE_ROW } from "../../protocol/case-documents.ts";
import { manifestHashOf, Signed, serviceIdOf } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { epochName } from "../../protocol/epoch.ts";
import { MAX_RECORD_ITEMS } from "../../protocol/record-items.ts";
import { tidOf } from "../../protocol/tid.ts";
import { ChainError, readChain, type SurvivingRecord, survivingRecords } from "../clinic/chain.ts";
import { SymbolonError, textOfCause } from "../errors.ts";
import { extractThresholdStanza } from "../sealing/record.ts";
import type { Listed } from "../shared/buckets.ts";
import { PARALLEL_DOWNLOADS } from "../shared/downloads.ts";
import { groupBy } from "../shared/groups.ts";
import { type LinkedSession, NO_SERVICE, type OpenedCase, type UnprovedEpoch } from "./case.ts";
import { CaseBuckets, type Holding } from "./case-buckets.ts";
import type { RequesterContext } from "./context.ts";
import { type Fetched, fault, type ListedRecord, recordFault } from "./fetched.ts";
import { openBatch, type SealedRecord } from "./record-opening.ts";

/** One longer stanza would have the trustees refuse the records beside it. */
const MAX_STANZA_BYTES = 8192;

interface Loaded {
  readonly done: Fetched[];
  readonly sealed: SealedRecord[];
}

/** The session's records, in the order of its chain; of a chain that is not whole, those that are there, and the fault. */
function chainOf(session: LinkedSession, chain: readonly Listed[]): { records: ListedRecord[]; fault?: ChainError } {
  if (chain.length === 0) return { records: [] };
  const { key } = chain[0]!;
  const manifests = chain.map((l) => l.signed);
  const expected = { signKey: key, serviceId: hexToBytes(session.serviceId), tagHash: session.tagHash };
  const listed = ({ entry, signed }: SurvivingRecord): ListedRecord => ({
    ok: true,
    session,
    tid: tidOf(hexToBytes(session.tagHash)),
    recordId: entry.recordId,
    state: entry.state,
    entry,
    manifestHash: bytesToHex(manifestHashOf(signed)),
    signature: bytesToHex(Signed.decode(signed).signature),
    signatureKey: bytesToHex(key),
  });
  try {
    const { records } = readChain(expected, manifests);
    return { records: records.map((entry) => listed({ entry, signed: manifests[entry.count - 1]! })) };
  } catch (cause) {
    // In an emergency the records that are there count. The fault beside them says that the chain is not whole.
    if (!(cause instanceof ChainError)) throw cause;
    return { records: survivingRecords(expected, manifests).map(listed), fault: cause };
  }
}

/** The blob and stanza of a record, both as signed. @throws SymbolonError; AgeHeaderError */
function sealedRecord(record: ListedRecord, blob: Uint8Array | undefined): SealedRecord {
  if (!blob) throw new SymbolonError("bad-answer", "the service does not hand out the blob");
  const { blobHash, stanzaHash } = record.entry.manifest;
  if (!equalBytes(sha256(blob), blobHash)) throw new SymbolonError("substituted-blob");
  const stanza = extractThresholdStanza(blob);
  if (!equalBytes(sha256(stanza), stanzaHash))
    throw new SymbolonError("substituted-blob", "another threshold stanza than the service signed");
  if (stanza.length > MAX_STANZA_BYTES) throw new SymbolonError("bad-answer", "the threshold stanza is too long");
  return { record, blob, stanza };
}

function readSession(session: LinkedSession, { listed, blobs }: Holding): Loaded {
  const done: Fetched[] = [];
  const sealed: SealedRecord[] = [];
  const own = listed.filter((l) => l.tagHash === session.tagHash).sort((a, b) => a.manifest.count - b.manifest.count);
  const chain = own.filter((l) => bytesToHex(serviceIdOf(l.key)) === session.serviceId); // readChain verifies signatures
  if (chain.length < own.length) done.push(fault(session, undefined, "A manifest is not signed by this service."));
  const { records, fault: broken } = chainOf(session, chain);
  if (broken) done.push(fault(session, undefined, broken.message));
  for (const record of records) {
    if (record.state !== "current") {
      done.push({ ...record, plaintext: undefined });
      continue;
    }
    try {
      sealed.push(sealedRecord(record, blobs.get(record.recordId)));
    } catch (cause) {
      done.push(recordFault(record, textOfCause(cause)));
    }
  }
  return { done, sealed };
}

/** The records of some sessions of one service. */
async function loadService(buckets: CaseBuckets, sessions: readonly LinkedSession[]): Promise<Loaded> {
  let holding: Holding;
  try {
    holding = await buckets.read(
      sessions[0]!.serviceId,
      sessions.map((s) => s.tagHash),
    );
  } catch (cause) {
    return { done: sessions.map((session) => fault(session, undefined, textOfCause(cause))), sealed: [] };
  }
  const read = sessions.map((session) => readSession(session, holding));
  return { done: read.flatMap((l) => l.done), sealed: read.flatMap((l) => l.sealed) };
}

const groups = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

export interface FetchOptions {
  /** downloads at a time; default and maximum PARALLEL_DOWNLOADS */
  readonly concurrency?: number;
}

/**
 * All records of an opened case, or of its chunks as they come, newest epochs first. A record that does not verify comes
 * as a RecordFault.
 * @throws RequesterError; ApiError if escrow or trustees fail
 */
export async function* fetchRecords(
  context: RequesterContext,
  opened: OpenedCase | AsyncIterable<OpenedCase>,
  { concurrency = PARALLEL_DOWNLOADS }: FetchOptions = {},
): AsyncGenerator<Fetched> {
  const parallel = Math.max(1, Math.min(concurrency, PARALLEL_DOWNLOADS));
  let buckets: CaseBuckets | undefined;
  for await (const chunk of Symbol.asyncIterator in opened ? opened : [opened]) {
    buckets ??= bucketsOf(context, chunk, parallel);
    yield* recordsOf(context, chunk, buckets);
  }
}

function bucketsOf(context: RequesterContext, { prepared }: OpenedCase, parallel: number): CaseBuckets {
  const { transport, deployment } = context;
  const told = context.bucketsTold.get(prepared.caseId) ?? new Map<Hex, number>();
  context.bucketsTold.set(prepared.caseId, told);
  return new CaseBuckets({ transport, serviceUrl: deployment.serviceUrl }, prepared.order.epochTo, told, parallel);
}

/** The place of a fault that concerns no single session: its service id and tag hash are zeros. */
const someSessionOf = (epoch: number): LinkedSession => ({
  epoch,
  slot: 0,
  serviceId: NO_SERVICE,
  tagHash: bytesToHex(FALSE_ROW),
});
/** A month that is still open is not proven either, but nobody is at fault. */
function unprovedFault({ epoch, reason }: UnprovedEpoch): Fetched[] {
  if (reason === "open") return [];
  const what = reason === "no-root" ? "has no root in the log" : "does not have the root in the log";
  const sentence = `The escrow's index of ${epochName(epoch)} ${what}, so sessions may be missing.`;
  return [fault(someSessionOf(epoch), undefined, sentence)];
}

async function* recordsOf(
  context: RequesterContext,
  opened: OpenedCase,
  buckets: CaseBuckets,
): AsyncGenerator<Fetched> {
  for (const session of opened.hidden)
    yield fault(session, undefined, "The escrow's index has a false row in the place of this session.");
  yield* opened.unproved.flatMap(unprovedFault);
  const newestFirst = [...opened.sessions].sort((a, b) => b.epoch - a.epoch);
  const services = chunksOfOrder(opened.prepared.order).flatMap(({ epochFrom, epochTo }) => {
    const ofChunk = newestFirst.filter((s) => epochFrom <= s.epoch && s.epoch <= epochTo);
    return [...groupBy(ofChunk, (s) => s.serviceId)].sort(([a], [b]) => (a < b ? -1 : 1));
  });
  const load = (i: number): Promise<Loaded> | undefined => services[i] && loadService(buckets, services[i][1]);
  let loading = load(0);
  for (let i = 0; i < services.length; i++) {
    const { done, sealed } = (await loading)!;
    loading = load(i + 1);
    loading?.catch(() => {}); // the error is thrown when `loading` is awaited
    yield* done;
    for (const batch of groups(sealed, MAX_RECORD_ITEMS)) yield* await openBatch(context, opened, batch);
  }
}
