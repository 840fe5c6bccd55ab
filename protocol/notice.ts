// The notice of a case: the log entry by which a patient's wallet finds every completed link, trace and assemble that
// concerns the patient. Nobody else's wallet can find it.
//
// A case has one κ per subject: one for a link or trace, and one per contract of an assemble. The same content goes to every
// subject, so a contract that somebody slips into an assemble takes no notice away from the others.
//
//   κ        e(G, z·H_n(case id)): made by the members of S (combineNotice), and by the wallet alone (walletKappa)
//   body     NOTICE_ROWS rows of ROW_BYTES, ascending by their bytes ‖ ciphertext
//   row      noticeMac(κ, case id) ‖ ChaCha20-Poly1305(noticeKey(κ, ciphertext), nonce 0, aad = case id; K)
//            the mac tells the wallet that the row is for it; a filler row is pseudorandom, and no κ opens it
//   fillers  HKDF-Expand(prk = labelledHash(noticeFiller, all κ), info = u32 number, ROW_BYTES)
//   K        labelledHash(noticeContent, all κ, padded): 32 bytes. "all κ": their encodings, ascending, each once
//   ciphertext   ChaCha20-Poly1305(K, nonce 0, aad = case id; padded)
//   padded   NoticeContent, padded (padding.ts) to a power of two of at least MIN_PADDED_BYTES
//
// The κ and the content determine all of it. So every member of S makes the same bytes, and sees if another member logged
// other bytes. Each key seals one message: K covers the message, and noticeKey covers the ciphertext, hence K.
//
// Every body has NOTICE_ROWS rows, so it tells neither the kind of the case nor the number of the patient's phones. The
// reader of one row cannot tell the other rows from fillers, because each filler depends on every κ.
// Two cases of one patient have different κ, so nobody else sees that they concern the same person.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expand } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { compareBytes, concatBytes, equalBytes, labelledHash, u32be } from "./bytes.ts";
import { NoticeContent } from "./case-documents.ts";
import { LABELS, type Label } from "./labels.ts";
import { noticeKey, noticeMac } from "./opening.ts";
import { padTo, unpad } from "./padding.ts";
import { encodeGT, type GT } from "./suite.ts";

/** the rows of every notice, and so the largest number of subjects of a case */
export const NOTICE_ROWS = 16;
const MIN_PADDED_BYTES = 1024;
const MAC_BYTES = 32;
const ROW_BYTES = MAC_BYTES + 32 + 16;
const ROWS_BYTES = NOTICE_ROWS * ROW_BYTES;
const NONCE = new Uint8Array(12);

function pad(content: Uint8Array): Uint8Array {
  let size = MIN_PADDED_BYTES;
  while (size < content.length + 4) size *= 2;
  return padTo(content, size);
}

/** Each element once, ascending by its encoding. */
function distinct(kappas: readonly GT[]): { kappa: GT; encoded: Uint8Array }[] {
  const sorted = kappas
    .map((kappa) => ({ kappa, encoded: encodeGT(kappa) }))
    .sort((a, b) => compareBytes(a.encoded, b.encoded));
  return sorted.filter(({ encoded }, i) => i === 0 || !equalBytes(encoded, sorted[i - 1]!.encoded));
}

/**
 * Makes the body of the log entry. @param kappas one per subject
 * @throws RangeError if there is none, or more than NOTICE_ROWS
 */
export function sealNotice(kappas: readonly GT[], content: NoticeContent): Uint8Array {
  const subjects = distinct(kappas);
  if (subjects.length === 0 || subjects.length > NOTICE_ROWS) throw new RangeError(`${subjects.length} subjects`);
  const hash = (label: Label, ...parts: Uint8Array[]) =>
    labelledHash(label, ...subjects.map(({ encoded }) => encoded), ...parts);
  const { caseId } = content;
  const padded = pad(NoticeContent.encode(content));
  const K = hash(LABELS.noticeContent, padded);
  const ciphertext = chacha20poly1305(K, NONCE, caseId).encrypt(padded);
  const filler = hash(LABELS.noticeFiller);
  const rows = Array.from({ length: NOTICE_ROWS }, (_, i) => {
    const subject = subjects[i];
    if (!subject) return expand(sha256, filler, u32be(i), ROW_BYTES);
    const wrapped = chacha20poly1305(noticeKey(subject.kappa, ciphertext), NONCE, caseId).encrypt(K);
    return concatBytes(noticeMac(subject.kappa, caseId), wrapped);
  });
  return concatBytes(...rows.sort(compareBytes), ciphertext);
}

/** The wallet opens the body of a notice. Undefined if no row is for this κ, or if S did not make it. */
export function openNotice(kappa: GT, caseId: Uint8Array, body: Uint8Array): NoticeContent | undefined {
  const mac = noticeMac(kappa, caseId);
  const rows = Array.from({ length: NOTICE_ROWS }, (_, i) => body.subarray(i * ROW_BYTES, (i + 1) * ROW_BYTES));
  const row = rows.find((r) => equalBytes(r.subarray(0, MAC_BYTES), mac));
  if (!row) return undefined;
  const ciphertext = body.subarray(ROWS_BYTES);
  try {
    const K = chacha20poly1305(noticeKey(kappa, ciphertext), NONCE, caseId).decrypt(row.subarray(MAC_BYTES));
    const content = NoticeContent.decode(unpad(chacha20poly1305(K, NONCE, caseId).decrypt(ciphertext)));
    return equalBytes(content.caseId, caseId) ? content : undefined;
  } catch {
    return undefined;
  }
}
