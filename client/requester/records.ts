// The records of an opened case. They are decrypted at the requester and nowhere else.
//
//   manifests   each session's chain from the service: signed by the key that gives the service id, counted without a
//               gap; the state of a record (amended, withdrawn, moved, erased) comes from the chain, not from the operator
//   blob        SHA-256 as signed; its threshold stanza as signed
//   shares      the stanza goes to the members of S: each answers the inner ciphertext and its share of u, sealed to
//               the requester; every share's DLEQ is verified under its context, every ciphertext under its label
//   open        t shares → file key → the age file
//
// Sessions come newest epoch first, a few at a time; the next few load while these are opened. So in an emergency a
// person can read while the rest is still coming. A record that does not verify is reported as a fault and hides none
// of the others.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { FALSE_ROW, RecordParts } from "../../protocol/case-documents.ts";
import {
  CaseContext,
  caseContextHash,
  type Manifest,
  manifestHashOf,
  Signed,
  serviceIdOf,
} from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { epochName } from "../../protocol/epoch.ts";
import { combinePoints, decodeRecordShare, type RecordShare, verifyRecordShare } from "../../protocol/opening.ts";
import { decodeCiphertext, type Tdh2Ciphertext, tdh2Check, tdh2Finish } from "../../protocol/tdh2.ts";
import { tidOf } from "../../protocol/tid.ts";
import {
  ChainError,
  type RecordEntry,
  type RecordState,
  readChain,
  type SurvivingRecord,
  survivingRecords,
} from "../clinic/chain.ts";
import { decodeAnswer, SymbolonError, textOfCause } from "../errors.ts";
import { extractThresholdStanza, openRecordWithFileKey, recordLabel } from "../sealing/record.ts";
import { apiBytes, apiJson } from "../transport.ts";
import {
  checkContext,
  type LinkedSession,
  NO_SERVICE,
  type OpenedCase,
  openAnswers,
  readAnswer,
  recordShares,
} from "./case.ts";
import type { RequesterContext, Trustees } from "./context.ts";
import { RequesterError } from "./errors.ts";

/** sessions loaded at a time, at most */
const MAX_CONCURRENCY = 6;
/** Limits of functions/shared/trustee-api.ts. One longer stanza would have the trustees refuse the records beside it. */
const MAX_STANZA_BYTES = 8192;
const ITEMS_PER_REQUEST = 64;

/** A record of an opened case. */
export interface FetchedRecord {
  readonly ok: true;
  readonly session: LinkedSession;
  readonly tid: string;
  /** 16 bytes */
  readonly recordId: Hex;
  readonly state: RecordState;
  readonly entry: RecordEntry;
  /** 32 bytes */
  readonly manifestHash: Hex;
  /** Ed25519, of the service over the manifest, 64 bytes */
  readonly signature: Hex;
  /** Ed25519, 32 bytes */
  readonly signatureKey: Hex;
  /** of current records only */
  readonly plaintext: Uint8Array | undefined;
}
/** Something that a service, the operator or a trustee handed out and that does not verify. */
export interface RecordFault {
  readonly ok: false;
  readonly session: LinkedSession;
  /** undefined if the session's whole chain is at fault */
  readonly recordId: Hex | undefined;
  /** for people and logs */
  readonly reason: string;
  /** indices of the trustees at fault, if they are known */
  readonly trustees: readonly number[];
  /** signed by the clinic; undefined if there is none that verifies */
  readonly manifest: Manifest | undefined;
}
export type Fetched = FetchedRecord | RecordFault;

interface Sealed {
  readonly record: Omit<FetchedRecord, "plaintext">;
  readonly blob: Uint8Array;
  readonly stanza: Uint8Array;
}
interface Loaded {
  readonly done: Fetched[];
  readonly sealed: Sealed[];
}

const fault = (
  session: LinkedSession,
  recordId: Hex | undefined,
  reason: string,
  trustees: readonly number[] = [],
  manifest?: Manifest,
): RecordFault => ({ ok: false, session, recordId, reason, trustees, manifest });
const recordFault = (
  { session, recordId, entry }: Omit<FetchedRecord, "plaintext">,
  reason: string,
  trustees?: readonly number[],
) => fault(session, recordId, reason, trustees, entry.manifest);

async function manifestsOf(context: RequesterContext, session: LinkedSession): Promise<Uint8Array[]> {
  const manifests: Uint8Array[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const page: { records: { manifest: Base64url }[]; cursor?: string } = await apiJson(
      context.transport,
      context.deployment.serviceUrl,
      `/v1/services/${session.serviceId}/tags/${session.tagHash}/records${query}`,
    );
    manifests.push(...decodeAnswer("a manifest", () => page.records.map((r) => fromBase64url(r.manifest))));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return manifests;
}

/**
 * The session's records, in the order of its chain; of a chain that is not whole, those that the clinic signed.
 * @throws ChainError foreign-manifest; CodecError if the first manifest cannot be read
 */
function chainOf(session: LinkedSession, manifests: readonly Uint8Array[]): ListedRecords {
  if (manifests.length === 0) return { records: [], fault: undefined };
  const { key } = Signed.decode(manifests[0]!);
  if (bytesToHex(serviceIdOf(key)) !== session.serviceId) throw new ChainError("foreign-manifest", "another service's");
  const expected = { signKey: key, serviceId: hexToBytes(session.serviceId), tagHash: session.tagHash };
  const listed = ({ entry, signed }: SurvivingRecord): Listed => ({
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
    return {
      records: records.map((entry) => listed({ entry, signed: manifests[entry.count - 1]! })),
      fault: undefined,
    };
  } catch (cause) {
    // In an emergency the records that are there count. The fault beside them says that the chain is not whole.
    if (!(cause instanceof ChainError)) throw cause;
    return { records: survivingRecords(expected, manifests).map(listed), fault: cause };
  }
}
type Listed = Omit<FetchedRecord, "plaintext">;
interface ListedRecords {
  records: Listed[];
  /** the chain is not whole */
  fault: ChainError | undefined;
}

async function loadSession(context: RequesterContext, session: LinkedSession): Promise<Loaded> {
  const loaded: Loaded = { done: [], sealed: [] };
  let records: Listed[];
  try {
    const listed = chainOf(session, await manifestsOf(context, session));
    records = listed.records;
    if (listed.fault) loaded.done.push(fault(session, undefined, listed.fault.message));
  } catch (cause) {
    return { ...loaded, done: [fault(session, undefined, textOfCause(cause))] };
  }
  for (const record of records) {
    const { recordId, entry, state } = record;
    if (state !== "current") {
      loaded.done.push({ ...record, plaintext: undefined });
      continue;
    }
    try {
      const path = `/v1/services/${session.serviceId}/blobs/${recordId}`;
      const blob = await apiBytes(context.transport, context.deployment.serviceUrl, path);
      if (!equalBytes(sha256(blob), entry.manifest.blobHash)) throw new SymbolonError("substituted-blob");
      const stanza = extractThresholdStanza(blob);
      if (!equalBytes(sha256(stanza), entry.manifest.stanzaHash))
        throw new SymbolonError("substituted-blob", "another threshold stanza than the service signed");
      if (stanza.length > MAX_STANZA_BYTES) throw new SymbolonError("bad-answer", "the threshold stanza is too long");
      loaded.sealed.push({ record, blob, stanza });
    } catch (cause) {
      loaded.done.push(recordFault(record, textOfCause(cause)));
    }
  }
  return loaded;
}

/** One trustee's share of one record, verified; or the reason why it counts for nothing. */
type Judged = { readonly share: RecordShare; readonly ciphertext: Ciphertext } | { readonly wrong: string };

/** The inner ciphertext of one record. All trustees should answer the same, so it is checked once. */
interface Ciphertext {
  readonly bytes: Uint8Array;
  readonly value: Tdh2Ciphertext;
}

/** Judges one trustee's answer for one record. @throws RequesterError, and decoding errors of protocol/ */
function judge(
  context: RequesterContext,
  opened: OpenedCase,
  trustees: Trustees,
  { record, stanza }: Sealed,
  from: number,
  item: RecordParts["items"][number],
  checked: Ciphertext[],
): Judged {
  const { session, recordId } = record;
  const place = { serviceId: session.serviceId, tagHash: session.tagHash, recordId };
  if (
    bytesToHex(item.serviceId) !== place.serviceId ||
    bytesToHex(item.tagHash) !== place.tagHash ||
    bytesToHex(item.recordId) !== place.recordId
  )
    return { wrong: "another record" };
  if (item.share.length === 0) return { wrong: "stanza refused" };
  const own = CaseContext.decode(item.context);
  const requesterKey = context.keys.signPublicKey;
  const expected = { kind: "record" as const, subjectHash: sha256(stanza), requesterKey, set: opened.set };
  checkContext(opened.prepared, trustees, expected, { from, context: own });
  const { engine } = context;
  const { keySet } = trustees;
  const share = decodeRecordShare(item.share, engine);
  let ciphertext = checked.find((c) => equalBytes(c.bytes, item.ciphertext));
  if (!ciphertext) {
    ciphertext = { bytes: item.ciphertext, value: decodeCiphertext(item.ciphertext, engine) };
    if (!tdh2Check({ key: keySet.keys.record, label: labelOf(record, trustees) }, ciphertext.value, engine))
      return { wrong: "ciphertext does not verify" };
    checked.push(ciphertext);
  }
  const shareKey = keySet.shareKeys[from - 1]!.record;
  const at = { ctx: caseContextHash(own), index: from, shareKey, u: ciphertext.value.u };
  return verifyRecordShare(at, share, engine) ? { share, ciphertext } : { wrong: "share does not verify" };
}

const labelOf = ({ session, recordId }: Sealed["record"], { keySetId }: Trustees): Uint8Array =>
  recordLabel({
    serviceId: hexToBytes(session.serviceId),
    tagHash: hexToBytes(session.tagHash),
    recordId: hexToBytes(recordId),
    keySetId,
  });

async function openOne(
  sealed: Sealed,
  trustees: Trustees,
  set: readonly number[],
  judged: readonly { from: number; verdict: Judged }[],
): Promise<Fetched> {
  const { record, blob } = sealed;
  const wrong = judged.flatMap(({ from, verdict }) => ("wrong" in verdict ? [{ from, reason: verdict.wrong }] : []));
  if (wrong.length > 0) {
    // If all trustees refused, the stanza is at fault. If only some did, these trustees are.
    const allRefused = wrong.length === set.length;
    const reason = wrong.map((w) => `trustee ${w.from}: ${w.reason}`).join("; ");
    return recordFault(record, reason, allRefused ? [] : wrong.map((w) => w.from));
  }
  const good = judged.map(({ verdict }) => verdict as { share: RecordShare; ciphertext: Ciphertext });
  const { ciphertext } = good[0]!;
  if (good.some((g) => g.ciphertext !== ciphertext))
    return recordFault(record, "The trustees answer different ciphertexts.", set);
  try {
    const shared = combinePoints(
      set,
      good.map((g) => g.share),
    );
    const key = trustees.keySet.keys.record;
    const fileKey = tdh2Finish({ key, label: labelOf(record, trustees), ct: ciphertext.value, shared });
    const plaintext = await openRecordWithFileKey(blob, fileKey);
    fileKey.fill(0);
    return { ...record, plaintext };
  } catch (cause) {
    return recordFault(record, textOfCause(cause));
  }
}

async function openBatch(context: RequesterContext, opened: OpenedCase, batch: readonly Sealed[]): Promise<Fetched[]> {
  const trustees = await context.trustees();
  const items = batch.map(({ record, stanza }) => ({
    serviceId: toBase64url(hexToBytes(record.session.serviceId)),
    tagHash: toBase64url(hexToBytes(record.session.tagHash)),
    recordId: toBase64url(hexToBytes(record.recordId)),
    stanza: toBase64url(stanza),
  }));
  const answered = await recordShares(context, opened.prepared.caseId, items);
  const { identityKeys } = trustees.keySet;
  const of = { needed: opened.set.length, identityKeys };
  const answers = openAnswers(context, opened.prepared, "records", of, answered);
  if (answers.map((a) => a.from).join() !== opened.set.join())
    throw new RequesterError("wrong-answer", "the answers are not from the approving set");
  const read = answers.map((answer) => ({
    from: answer.from,
    items: readAnswer(answer, (bytes) => {
      const { items: parts } = RecordParts.decode(bytes);
      if (parts.length !== batch.length)
        throw new RequesterError(
          "wrong-answer",
          `trustee ${answer.from}: ${parts.length} parts for ${batch.length} records`,
          [answer.from],
        );
      return parts;
    }),
  }));
  return Promise.all(
    batch.map((sealed, i) => {
      const checked: Ciphertext[] = [];
      const judged = read.map(({ from, items: parts }) => ({
        from,
        verdict: judgeSafely(from, parts[i]!, sealed, checked),
      }));
      return openOne(sealed, trustees, opened.set, judged);
    }),
  );

  function judgeSafely(
    from: number,
    part: RecordParts["items"][number],
    sealed: Sealed,
    checked: Ciphertext[],
  ): Judged {
    try {
      return judge(context, opened, trustees, sealed, from, part, checked);
    } catch (cause) {
      return { wrong: textOfCause(cause) };
    }
  }
}

const groups = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

export interface FetchOptions {
  /** sessions loaded at a time; default and maximum MAX_CONCURRENCY */
  readonly concurrency?: number;
}

/**
 * All records of an opened case, or of its chunks as they come, newest epoch first. A record that does not verify comes
 * as a RecordFault.
 * @throws RequesterError; ApiError if escrow or trustees fail
 */
export async function* fetchRecords(
  context: RequesterContext,
  opened: OpenedCase | AsyncIterable<OpenedCase>,
  options: FetchOptions = {},
): AsyncGenerator<Fetched> {
  if (!(Symbol.asyncIterator in opened)) yield* recordsOf(context, opened, options);
  else for await (const chunk of opened) yield* recordsOf(context, chunk, options);
}

/** The place of a fault that concerns no single session: its service id and tag hash are zeros. */
const someSessionOf = (epoch: number): LinkedSession => ({
  epoch,
  slot: 0,
  serviceId: NO_SERVICE,
  tagHash: bytesToHex(FALSE_ROW),
});
const falseRootSentence = (epoch: number): string =>
  `The escrow's index of ${epochName(epoch)} does not have the root in the log, so sessions may be missing.`;

async function* recordsOf(
  context: RequesterContext,
  opened: OpenedCase,
  { concurrency = MAX_CONCURRENCY }: FetchOptions,
): AsyncGenerator<Fetched> {
  for (const session of opened.hidden)
    yield fault(session, undefined, "The escrow's index has a false row in the place of this session.");
  for (const { epoch, reason } of opened.unproved)
    if (reason === "false-root") yield fault(someSessionOf(epoch), undefined, falseRootSentence(epoch));
  const newestFirst = [...opened.sessions].sort((a, b) => b.epoch - a.epoch);
  const load = (sessions: LinkedSession[] | undefined): Promise<Loaded[]> =>
    Promise.all((sessions ?? []).map((s) => loadSession(context, s)));
  const chunks = groups(newestFirst, Math.max(1, Math.min(concurrency, MAX_CONCURRENCY)));
  let loading = load(chunks[0]);
  for (let i = 0; i < chunks.length; i++) {
    const loaded = await loading;
    loading = load(chunks[i + 1]);
    loading.catch(() => {}); // the error is thrown when `loading` is awaited
    for (const { done } of loaded) yield* done;
    for (const batch of groups(
      loaded.flatMap((l) => l.sealed),
      ITEMS_PER_REQUEST,
    ))
      yield* await openBatch(context, opened, batch);
  }
}
