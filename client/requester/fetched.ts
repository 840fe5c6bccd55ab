// A record of an opened case, as a requester reads it, or the reason why it cannot be read.

import type { Manifest } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import type { RecordEntry, RecordState } from "../clinic/chain.ts";
import type { LinkedSession } from "./case.ts";

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

/** A record as its chain lists it. */
export type ListedRecord = Omit<FetchedRecord, "plaintext">;

export const fault = (
  session: LinkedSession,
  recordId: Hex | undefined,
  reason: string,
  trustees: readonly number[] = [],
  manifest?: Manifest,
): RecordFault => ({ ok: false, session, recordId, reason, trustees, manifest });
export const recordFault = ({ session, recordId, entry }: ListedRecord, reason: string, trustees?: readonly number[]) =>
  fault(session, recordId, reason, trustees, entry.manifest);
