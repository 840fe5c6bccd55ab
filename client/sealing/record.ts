// A record, sealed before it leaves the clinic: a plain age v1 file (C2SP age.md), which the clinic opens with the
// ordinary `age` command and its own identity:  age -d -i key.txt record.age | tail -c +6 | tr -d '\0'  takes off the
// padding of a text (padding.ts: 5 bytes, data, zeros).
//
//   plaintext   pad(data)                                               the length is hidden up to its bucket
//   file key    16 random bytes, made by age-encryption
//   stanzas     mlkem768x25519 for the service, mlkem768x25519 for the patient's session, symbolon-threshold for the
//               trustees; this set, this order, nothing else (protocol/age-header.ts)
//   threshold   body = sealThreshold(Y_rec, group hybrid key, label, file key) of protocol/tdh2.ts;
//   label       labelledHash(HASH-STANZA, service id, tagHash, record id, key-set id): a stanza moved to another
//               session, service or record does not open
//   hashes      sha256 = SHA-256(blob); stanzaHash = SHA-256(threshold body): both stand in the manifest
//
// age's rule on mixing: a post-quantum recipient bears the label "postquantum", and age files mix only recipients of
// equal labels. age-encryption 0.3 does not enforce it; the threshold stanza keeps it, its outer layer being X-Wing.
// The header's MAC is keyed by the file key and covers all stanzas, so whoever holds the file key can still write other
// stanzas under it; what binds a blob to its author is the signed manifest with sha256.
//
// Randomness: age-encryption draws from crypto.getRandomValues, the threshold stanza from `rng`.

import { sha256 } from "@noble/hashes/sha2.js";
import { base64nopad } from "@scure/base";
import { Decrypter, Encrypter, type Identity, type Recipient, Stanza } from "age-encryption";
import {
  AgeHeaderError,
  assertStanzaSet,
  extractThresholdStanza,
  THRESHOLD_STANZA,
} from "../../protocol/age-header.ts";
import { labelledHash, type Rng } from "../../protocol/bytes.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { G1 } from "../../protocol/suite.ts";
import { sealThreshold } from "../../protocol/tdh2.ts";
import { pad, unpad } from "./padding.ts";

export { AgeHeaderError, assertStanzaSet, extractThresholdStanza } from "../../protocol/age-header.ts";

const FILE_KEY_BYTES = 16;
const HYBRID_RECIPIENT = "age1pq1";
const HYBRID_IDENTITY = "AGE-SECRET-KEY-PQ-1";

export class RecordError extends Error {
  override name = "RecordError";
  /**
   * header: not a record's header. not-for-you: no stanza opens with this identity.
   * altered: header, payload or padding is not what was sealed
   */
  readonly reason: "header" | "not-for-you" | "altered";
  constructor(reason: RecordError["reason"], options?: ErrorOptions) {
    super(`record does not open: ${reason}`, options);
    this.reason = reason;
  }
}

/** Where a record belongs; the threshold stanza is bound to it. */
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

export const recordLabel = ({ serviceId, tagHash, recordId, keySetId }: RecordPlace): Uint8Array =>
  labelledHash(LABELS.stanza, serviceId, tagHash, recordId, keySetId);

export interface SealRequest extends RecordPlace {
  readonly plaintext: Uint8Array;
  /** age1pq1..., of the service's card */
  readonly serviceRecipient: string;
  /** age1pq1..., of the check-in */
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
  readonly blob: Uint8Array;
  /** SHA-256 of the blob */
  readonly sha256: Uint8Array;
  readonly thresholdStanza: Uint8Array;
  /** SHA-256 of the threshold stanza's body */
  readonly stanzaHash: Uint8Array;
}

function thresholdRecipient(request: SealRequest): Recipient {
  const { recordKey, groupHybridKey } = request.threshold;
  return {
    wrapFileKey(fileKey) {
      const body = sealThreshold({ key: recordKey, groupHybridKey, label: recordLabel(request), fileKey }, request.rng);
      return [new Stanza([THRESHOLD_STANZA, base64nopad.encode(request.keySetId)], body)];
    },
  };
}

export async function sealRecord(request: SealRequest): Promise<SealedRecord> {
  const encrypter = new Encrypter();
  for (const recipient of [request.serviceRecipient, request.sessionRecipient]) {
    if (!recipient.startsWith(HYBRID_RECIPIENT)) throw new RangeError("a record's recipients are post-quantum hybrids");
    encrypter.addRecipient(recipient);
  }
  encrypter.addRecipient(thresholdRecipient(request));
  const blob = await encrypter.encrypt(pad(request.plaintext));
  const thresholdStanza = extractThresholdStanza(blob); // checks the whole set
  return { blob, sha256: sha256(blob), thresholdStanza, stanzaHash: stanzaHashOf(blob) };
}

export const stanzaHashOf = (blob: Uint8Array): Uint8Array => sha256(extractThresholdStanza(blob));

async function open(blob: Uint8Array, identity: string | Identity): Promise<Uint8Array> {
  try {
    assertStanzaSet(blob);
  } catch (cause) {
    if (cause instanceof AgeHeaderError) throw new RecordError("header", { cause });
    throw cause;
  }
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return unpad(await decrypter.decrypt(blob));
  } catch (cause) {
    // age-encryption throws plain errors; this text is its only way to say that no stanza matched
    const notMine = cause instanceof Error && cause.message.startsWith("no identity matched");
    throw new RecordError(notMine ? "not-for-you" : "altered", { cause });
  }
}

/** @param identity AGE-SECRET-KEY-PQ-1..., of the service or of the patient's session. @throws RecordError */
export async function openRecord(blob: Uint8Array, identity: string): Promise<Uint8Array> {
  if (!identity.startsWith(HYBRID_IDENTITY)) throw new RangeError("not a post-quantum hybrid identity");
  return open(blob, identity);
}

/** The requester's way, with the file key that a quorum of trustees opened. @throws RecordError */
export async function openRecordWithFileKey(blob: Uint8Array, fileKey: Uint8Array): Promise<Uint8Array> {
  if (fileKey.length !== FILE_KEY_BYTES) throw new RangeError(`file key: ${fileKey.length} bytes, expected 16`);
  return open(blob, { unwrapFileKey: () => fileKey });
}
