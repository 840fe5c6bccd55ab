// symbolon/clinic: a clinic that patients check in at, with FHIR.

export {
  type CaseEventState,
  ChainError,
  type ChannelStore,
  type ClientKey,
  type ClientOptions,
  Clinic,
  type ClinicEvent,
  type ClinicKeys,
  type ClinicPolicy,
  type ClinicSession,
  type ClinicWebhooks,
  clinicCard,
  createClientKey,
  createClinicKeys,
  DEFAULT_POLICY,
  type DeadLetter,
  type EventOptions,
  type FiledVisit,
  type IndexAudit,
  type IndexFinding,
  MemoryChannelStore,
  type RecordEntry,
  type RecordState,
  type RegisteredClient,
  renewCard,
  replaceHpkeKey,
  SessionError,
  serviceIdOfKeys,
  type Webhook,
  type WebhookWithSecret,
} from "../clinic.ts";
export { ChannelSetupError, FrameError } from "../sealing/messages.ts";
export { openRecord, RecordError } from "../sealing/record.ts";
export * from "./common.ts";
export * from "./fhir.ts";
