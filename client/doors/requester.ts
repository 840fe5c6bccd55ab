// symbolon/requester: a clinician or an authority who asks to open records, with FHIR.

export {
  type CaseStatus,
  createRequesterKeys,
  type Fetched,
  type FetchedRecord,
  type LinkedSession,
  type NamedPerson,
  type OpenedCase,
  type OpenedChunk,
  type OrderRequest,
  type PreparedOrder,
  type RecordFault,
  Requester,
  type RequesterCode,
  RequesterError,
  type RequesterKeys,
  type Subject,
  saveOrder,
  type TracedPerson,
} from "../requester.ts";
export { type RequesterKeyText, requesterFingerprint, writeRequesterKeys } from "../shared/requester-keys.ts";
export * from "./common.ts";
export * from "./fhir.ts";
