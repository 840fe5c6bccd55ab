// The one public door of the SDK. Applications import from here; the other files of client/ may move.
//
//   Wallet      the patient's phone            Clinic     a clinic that patients check in at
//   Requester   asks to open records           Officer    decides for one trustee
//   Operator    runs a deployment              LogMonitor checks the transparency log
//
// Importing this file has no side effects, so a bundler drops the doors that an application does not use.
// Every error is a SymbolonError with a stable code (client/errors.ts).

// ---- for everybody

export { asHex, type Base64, type Base64url, type Hex, isHex } from "../protocol/encodings.ts";
export {
  type CodeOf,
  ERROR_GROUPS,
  ERROR_SENTENCES,
  type SymbolonCode,
  SymbolonError,
} from "./errors.ts";
export {
  type Deployment,
  type EpochParameters,
  ParametersCache,
  ParametersError,
  type ServedParameters,
} from "./parameters.ts";
export {
  ApiError,
  type ApiRequest,
  api,
  apiBytes,
  apiJson,
  systemTransport,
  type Transport,
} from "./transport.ts";

// ---- the patient

export type { CheckInOffer, CheckInOptions, Invitation, OpenSession } from "./wallet/check-in.ts";
export { CopiedStoreError } from "./wallet/device-mark.ts";
export { checkRecoveryWords, RECOVERY_WORDS, RecoveryWordsError } from "./wallet/keys.ts";
export type { SessionView, WalletOverview } from "./wallet/overview.ts";
export type { OwnRecord, OwnRecords, RecordFault as OwnRecordFault, RecordStatus } from "./wallet/records.ts";
export { type ConfirmOptions, type EnrolmentOffer, RegistrationError } from "./wallet/registration.ts";
export { CheckInError } from "./wallet/sending.ts";
export {
  type DeviceMarkStore,
  MemoryDeviceMark,
  MemoryStore,
  StoreConflictError,
  type WalletGeneration,
  type WalletNotice,
  type WalletState,
  type WalletStore,
} from "./wallet/state.ts";
export { Wallet, type WalletOptions } from "./wallet.ts";

// ---- the clinic

export {
  ChainError,
  type ChannelStore,
  Clinic,
  type ClinicKeys,
  type ClinicPolicy,
  type ClinicSession,
  clinicCard,
  createClinicKeys,
  DEFAULT_POLICY,
  type FiledVisit,
  type IndexAudit,
  type IndexFinding,
  MemoryChannelStore,
  type RecordEntry,
  type RecordState,
  renewCard,
  replaceHpkeKey,
  SessionError,
  serviceIdOfKeys,
} from "./clinic.ts";
export { ChannelSetupError, FrameError } from "./sealing/messages.ts";
export { openRecord, RecordError } from "./sealing/record.ts";

// ---- the requester

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
} from "./requester.ts";

// ---- the officer of a trustee

export {
  type AssertionJson,
  type Authenticator,
  browserAuthenticator,
  OfficerError,
  type PasskeyRegistration,
} from "./officer/passkeys.ts";
export { type PasskeyOptions, SoftwarePasskey } from "./officer/software-passkey.ts";
export { Officer, type OfficerOptions, type ReviewedCase, type ReviewedPerson, type WaitingCase } from "./officer.ts";

// ---- the operator

export {
  CeremonyError,
  type CeremonyInput,
  type CeremonyResult,
  fetchKeySet,
  readKeySet,
  registerOfficer,
  removeOfficer,
  runCeremony,
} from "./operator/ceremony.ts";
export { type Enrolment, type NewParameters, Operator } from "./operator.ts";

// ---- the log

export { type LogTrust, logTrustOf } from "../protocol/log-trust.ts";
export { LogError } from "./log/follow.ts";
export {
  type Followed,
  type LogFailure,
  LogMonitor,
  type LogSource,
  type MonitorState,
  type SplitView,
  type Updated,
} from "./log/monitor.ts";
export { httpLogSource } from "./log/source.ts";

// ---- FHIR R4

export { decodeIdentity, encodePatient, type Identity } from "./fhir/identity.ts";
export { parseJson, writeJson } from "./fhir/json.ts";
export { type IdentityLeak, identityLeaks, type LeakKind } from "./fhir/leaks.ts";
export { mergeOrganizations, type Organization } from "./fhir/organizations.ts";
export {
  type IdentityFinding,
  IdentityFoundError,
  type PreparedVisit,
  prepareVisit,
  type VisitOptions,
} from "./fhir/prepare.ts";
export { fromTid, type OtherPerson, pseudonymousPatient, toTid } from "./fhir/pseudonymise.ts";
export { FHIR_JSON, readContent, readRecord, writeRecord } from "./fhir/record.ts";
export {
  assembleReport,
  type DocumentBundle,
  type ReportFault,
  type ReportInput,
  type ReportRecord,
} from "./fhir/report.ts";
export {
  displayName,
  ExactNumber,
  type FhirEntry,
  type FhirInputCode,
  FhirInputError,
  type FhirResource,
  type Json,
  type JsonObject,
} from "./fhir/resource.ts";
export { type PatientBundle, readBundle, type Visit } from "./fhir/select.ts";
