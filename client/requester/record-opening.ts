// The opening of records with the trustees' shares.
//
//   items    the stanzas, signed by the requester and sealed to each member of S. The escrow carries them and learns only
//            their number, in steps of 16 (protocol/record-items.ts)
//   shares   each member answers the inner ciphertext and its share of u, sealed to the requester; every share's DLEQ is
//            verified under its context, every ciphertext under its label
//   open     t shares → file key → the age file

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { RecordParts } from "../../protocol/case-documents.ts";
import { CaseContext, caseContextHash } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { combinePoints, decodeRecordShare, type RecordShare, verifyRecordShare } from "../../protocol/opening.ts";
import { sealRecordItems } from "../../protocol/record-items.ts";
import { decodeCiphertext, type Tdh2Ciphertext, tdh2Check, tdh2Finish } from "../../protocol/tdh2.ts";
import { textOfCause } from "../errors.ts";
import { openRecordWithFileKey, recordLabel } from "../sealing/record.ts";
import { checkContext, type OpenedCase, openAnswers, readAnswer, recordShares } from "./case.ts";
import type { RequesterContext, Trustees } from "./context.ts";
import { RequesterError } from "./errors.ts";
import { type Fetched, type ListedRecord, recordFault } from "./fetched.ts";

/** A record with its blob and its threshold stanza, both as signed. */
export interface SealedRecord {
  readonly record: ListedRecord;
  readonly blob: Uint8Array;
  readonly stanza: Uint8Array;
}
/** The request to one member of S. */
function itemsFor(
  { transport, keys }: RequesterContext,
  { prepared }: OpenedCase,
  { cards }: Trustees,
  trustee: number,
  batch: readonly SealedRecord[],
): Uint8Array {
  const items = batch.map(({ record, stanza }) => ({ ...placeOf(record), stanza }));
  const value = { caseId: prepared.order.caseId, orderHash: prepared.hash, trustee, items };
  return sealRecordItems(value, cards[trustee - 1]!.transportKey, keys.signSecretKey, transport.rng);
}

const placeOf = ({ session, recordId }: ListedRecord) => ({
  serviceId: hexToBytes(session.serviceId),
  tagHash: hexToBytes(session.tagHash),
  recordId: hexToBytes(recordId),
});

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
  { record, stanza }: SealedRecord,
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

const labelOf = (record: ListedRecord, { keySetId }: Trustees): Uint8Array =>
  recordLabel({ ...placeOf(record), keySetId });

async function openOne(
  sealed: SealedRecord,
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

/**
 * Opens 1 to MAX_RECORD_ITEMS records.
 * @throws RequesterError wrong-answer, trustees; ApiError
 */
export async function openBatch(
  context: RequesterContext,
  opened: OpenedCase,
  batch: readonly SealedRecord[],
): Promise<Fetched[]> {
  const trustees = await context.trustees();
  const asked = opened.set.map((i) => toBase64url(itemsFor(context, opened, trustees, i, batch)));
  const answered = await recordShares(context, opened.prepared.caseId, asked);
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
    sealed: SealedRecord,
    checked: Ciphertext[],
  ): Judged {
    try {
      return judge(context, opened, trustees, sealed, from, part, checked);
    } catch (cause) {
      return { wrong: textOfCause(cause) };
    }
  }
}
