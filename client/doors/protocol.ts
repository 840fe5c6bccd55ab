// symbolon/protocol: the wire formats and their verifiers, for people who check without trusting anybody: auditors, other
// implementations, offline verifiers. No I/O, no clock. docs/SPEC.md explains each of them.

// ---- bytes and time

export type { Rng } from "../../protocol/bytes.ts";
export { CodecError } from "../../protocol/codec.ts";
export {
  asHex,
  type Base64,
  type Base64url,
  bytesToHex,
  fromBase64,
  fromBase64url,
  type Hex,
  hexToBytes,
  isHex,
  toBase64,
  toBase64url,
} from "../../protocol/encodings.ts";
export { dayOf, epochName, epochOf, epochStart } from "../../protocol/epoch.ts";
export { LABELS, type Label } from "../../protocol/labels.ts";

// ---- signed documents

export {
  CaseResult,
  Challenge,
  CheckIn,
  Contract,
  cardHashOf,
  LogEntry,
  type LogKind,
  Manifest,
  manifestHashOf,
  Order,
  openSigned,
  orderHashOf,
  Parameters,
  paramsHashOf,
  presentationHashOf,
  Receipt,
  RequesterCertificate,
  requesterHashOf,
  ServiceCard,
  Signed,
  serviceIdOf,
  signDocument,
} from "../../protocol/documents.ts";
export { KeySet, KeySetError, verifyKeySet } from "../../protocol/key-set.ts";
export { type RequestTarget, SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";

// ---- a check-in

export {
  type CheckInRefusal,
  type CheckInToVerify,
  type CheckInVerdict,
  challengeKey,
  type ParametersOfEpoch,
  type ReadCheckIn,
  readCheckIn,
  verifyCheckIn,
  verifyCheckIns,
} from "../../protocol/check-in.ts";
export { decodeIssuerParams, type IssuerParams } from "../../protocol/credential.ts";
export { type Engine, nobleEngine } from "../../protocol/engine.ts";
export { tagHashOf } from "../../protocol/presentation.ts";
export { formatTid, parseTid, TidError, tidOf } from "../../protocol/tid.ts";

// ---- the transparency log

export {
  atAnyAge,
  isFresh,
  type LoggedEntry,
  type LogPins,
  type LogTrust,
  logTrustOf,
  type VerifiedHead,
  verifyHead,
  verifyLogged,
  witnessesOf,
} from "../../protocol/log-trust.ts";
export {
  type ConsistencyClaim,
  type InclusionClaim,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from "../../protocol/merkle.ts";
export {
  type Checkpoint,
  type CheckpointTrust,
  type Note,
  type NoteKey,
  parseCheckpoint,
  parseNote,
  parseVkey,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from "../../protocol/note.ts";
