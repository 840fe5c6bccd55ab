// Records are sealed before they leave the clinic. A sealed record is a plain age v1 file (C2SP age.md). The clinic
// opens it with the ordinary `age` command and its own identity. The following takes off the padding of a text too
// (padding.ts: 5 bytes, data, zeros):  age -d -i key.txt record.age | tail -c +6 | tr -d '\0'
//
//   plaintext   pad(data)                                               the length is hidden up to its bucket
//   file key    16 random bytes, made by age-encryption
//   stanzas     mlkem768x25519 for the service, mlkem768x25519 for the patient's session, symbolon-threshold for the
//               trustees; this set, this order, nothing else (protocol/age-header.ts)
//   threshold   body = sealThreshold(Y_rec, group hybrid key, label, file key) of protocol/tdh2.ts;
//   label       labelledHash(HASH-STANZA, service id, tagHash, record id, key-set id): a stanza moved to another
//               session, service or record does not open
//   hashes      sha256 = SHA-256(blob); stanzaHash = SHA-256(threshold body): the manifest holds both
//
// age has a rule on mixing recipients: a post-quantum recipient has the label "postquantum", and all recipients of a
// file must have equal labels. age-encryption 0.3 does not enforce the rule. The threshold stanza follows it: its outer
// layer is X-Wing. The header's MAC is keyed by the file key and covers all stanzas. So anybody who holds the file key
// can still write other stanzas under it. The signed manifest with sha256 binds a blob to its author.
//
// Randomness: age-encryption draws from crypto.getRandomValues, the threshold stanza from `rng`.
//
// age-encryption loads with the first record that is sealed or opened. A wallet that only checks in does not load it.

import { sha256 } from "@noble/hashes/sha2.js";
import { base64nopad } from "@scure/base";
import type { Identity, Recipient } from "age-encryption";
import {
  AgeHeaderError,
  assertStanzaSet,
  extractThresholdStanza,
  THRESHOLD_STANZA,
} from "../../protocol/age-header.ts";
import type { Rng } from "../../protocol/bytes.ts";
import { stanzaLabel } from "../../protocol/case-documents.ts";
import type { G1 } from "../../protocol/suite.ts";
import { sealThreshold } from "../../protocol/tdh2.ts";
import { type CodeOf, SymbolonError, translateAsync } from "../errors.ts";
import { pad, unpad } from "./padding.ts";

export { assertStanzaSet, extractThresholdStanza } from "../../protocol/age-header.ts";

const age = () => import("age-encryption");

const FILE_KEY_BYTES = 16;
const HYBRID_RECIPIENT = "age1pq1";
const HYBRID_IDENTITY = "AGE-SECRET-KEY-PQ-1";

/**
 * record-header: the blob has no header of a record. record-not-for-you: no stanza opens with this identity.
 * record-altered: header, payload or padding is not what was sealed. record-key: a key is not a hybrid age key.
 */
export class RecordError extends SymbolonError<CodeOf<"RecordError">> {
  override name = "RecordError";
}

/** The place that a record belongs to. The threshold stanza is bound to it. */
export interface RecordPlace {
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  /** 32 bytes */
  readonly tagHash: Uint8Array;
  /** 16 bytes */
  readonly recordId: Uint8Array;
  /** 32 bytes */
  readonly keySetId: Uint8Array;
}

/** The label of the threshold stanza, 32 bytes. */
export const recordLabel = (place: RecordPlace): Uint8Array => stanzaLabel(place, place.keySetId);

export interface SealRequest extends RecordPlace {
  readonly plaintext: Uint8Array;
  /** age1pq1..., from the service's card */
  readonly serviceRecipient: string;
  /** age1pq1..., from the check-in */
  readonly sessionRecipient: string;
  readonly threshold: {
    /** Y_rec */
    readonly recordKey: G1;
    /** 1216 bytes, the key that all trustees hold */
    readonly groupHybridKey: Uint8Array;
  };
  readonly rng: Rng;
}

export interface SealedRecord {
  /** the age file */
  readonly blob: Uint8Array;
  /** SHA-256 of the blob, 32 bytes */
  readonly sha256: Uint8Array;
  readonly thresholdStanza: Uint8Array;
  /** SHA-256 of the threshold stanza's body, 32 bytes */
  readonly stanzaHash: Uint8Array;
}

function thresholdRecipient(request: SealRequest): Recipient {
  const { recordKey, groupHybridKey } = request.threshold;
  return {
    async wrapFileKey(fileKey) {
      const { Stanza } = await age();
      const body = sealThreshold({ key: recordKey, groupHybridKey, label: recordLabel(request), fileKey }, request.rng);
      return [new Stanza([THRESHOLD_STANZA, base64nopad.encode(request.keySetId)], body)];
    },
  };
}

/** Seals a record to the service, the patient's session and the trustees. @throws RecordError record-key */
export async function sealRecord(request: SealRequest): Promise<SealedRecord> {
  const blob = await translateAsync(
    async () => {
      const encrypter = new (await age()).Encrypter();
      for (const recipient of [request.serviceRecipient, request.sessionRecipient]) {
        if (!recipient.startsWith(HYBRID_RECIPIENT)) throw new RecordError("record-key", "recipient");
        encrypter.addRecipient(recipient);
      }
      encrypter.addRecipient(thresholdRecipient(request));
      return encrypter.encrypt(pad(request.plaintext));
    },
    (cause) => new RecordError("record-key", "recipient", { cause }),
  );
  const thresholdStanza = extractThresholdStanza(blob); // checks the whole set
  return { blob, sha256: sha256(blob), thresholdStanza, stanzaHash: stanzaHashOf(blob) };
}

/** SHA-256 of the threshold stanza's body, 32 bytes. @throws AgeHeaderError */
const stanzaHashOf = (blob: Uint8Array): Uint8Array => sha256(extractThresholdStanza(blob));

async function open(blob: Uint8Array, identity: string | Identity): Promise<Uint8Array> {
  try {
    assertStanzaSet(blob);
  } catch (cause) {
    if (cause instanceof AgeHeaderError) throw new RecordError("record-header", cause.message, { cause });
    throw cause;
  }
  const decrypter = new (await age()).Decrypter();
  decrypter.addIdentity(identity);
  try {
    return unpad(await decrypter.decrypt(blob));
  } catch (cause) {
    // age-encryption throws plain errors. Only this text says that no stanza matched.
    const notMine = cause instanceof Error && cause.message.startsWith("no identity matched");
    throw new RecordError(notMine ? "record-not-for-you" : "record-altered", undefined, { cause });
  }
}

/**
 * Opens a record for the service or the patient.
 * @param identity AGE-SECRET-KEY-PQ-1..., of the service or of the patient's session
 * @returns the plaintext without padding.
 * @throws RecordError
 */
export async function openRecord(blob: Uint8Array, identity: string): Promise<Uint8Array> {
  if (!identity.startsWith(HYBRID_IDENTITY)) throw new RecordError("record-key", "identity");
  return open(blob, identity);
}

/**
 * Opens a record for the requester, with the file key (16 bytes) that a quorum of trustees opened.
 * @throws RecordError
 */
export async function openRecordWithFileKey(blob: Uint8Array, fileKey: Uint8Array): Promise<Uint8Array> {
  if (fileKey.length !== FILE_KEY_BYTES)
    throw new RecordError("record-key", `file key of ${fileKey.length} bytes, expected ${FILE_KEY_BYTES}`);
  return open(blob, { unwrapFileKey: () => fileKey });
}
