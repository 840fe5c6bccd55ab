// The notice of a case: the log entry by which a patient's wallet finds every completed link, trace and assemble that
// concerns the patient. Nobody else's wallet can find it.
//
//   κ        e(G, z·H_n(case id)): made by the members of S (combineNotice), and by the wallet alone (walletKappa)
//   body     mac (32) ‖ nonce (12) ‖ ChaCha20-Poly1305(key, nonce, aad = case id; padded)
//   mac      noticeMac(κ, case id): tells the wallet that the entry is for it
//   key      noticeKey(κ)
//   padded   u32 length ‖ NoticeContent ‖ zeros, up to a power of two of at least MIN_PADDED_BYTES
//   nonce    first 12 bytes of labelledHash(noticeNonce, key, padded)
//
// κ and the content determine all of it. So every member of S makes the same bytes, and sees if another member logged
// other bytes. The nonce depends on the message under the key, so two messages never share a nonce.
// Two cases of one patient have two different κ, so nobody else sees that they concern the same person.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, equalBytes, labelledHash, u32be } from "./bytes.ts";
import { NoticeContent } from "./case-documents.ts";
import { LABELS } from "./labels.ts";
import { noticeKey, noticeMac } from "./opening.ts";
import type { GT } from "./suite.ts";

const MIN_PADDED_BYTES = 1024;
const MAC_BYTES = 32;
const NONCE_BYTES = 12;

function pad(content: Uint8Array): Uint8Array {
  let size = MIN_PADDED_BYTES;
  while (size < content.length + 4) size *= 2;
  const padded = new Uint8Array(size);
  padded.set(u32be(content.length));
  padded.set(content, 4);
  return padded;
}

/** Makes the body of the log entry. */
export function sealNotice(kappa: GT, content: NoticeContent): Uint8Array {
  const key = noticeKey(kappa);
  const padded = pad(NoticeContent.encode(content));
  const nonce = labelledHash(LABELS.noticeNonce, key, padded).subarray(0, NONCE_BYTES);
  const sealed = chacha20poly1305(key, nonce, content.caseId).encrypt(padded);
  return concatBytes(noticeMac(kappa, content.caseId), nonce, sealed);
}

/** The wallet opens the body of a notice. Undefined if the notice is for somebody else, or if S did not make it. */
export function openNotice(kappa: GT, caseId: Uint8Array, body: Uint8Array): NoticeContent | undefined {
  if (!equalBytes(body.subarray(0, MAC_BYTES), noticeMac(kappa, caseId))) return undefined;
  try {
    const nonce = body.subarray(MAC_BYTES, MAC_BYTES + NONCE_BYTES);
    const padded = chacha20poly1305(noticeKey(kappa), nonce, caseId).decrypt(body.subarray(MAC_BYTES + NONCE_BYTES));
    const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
    const content = NoticeContent.decode(padded.subarray(4, 4 + length));
    return equalBytes(content.caseId, caseId) ? content : undefined;
  } catch {
    return undefined;
  }
}
