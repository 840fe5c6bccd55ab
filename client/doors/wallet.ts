// symbolon/wallet: the patient's phone. Its size is what a patient downloads, so it gives no more of FHIR than a report's
// screen needs. The parts that open records and make the report load when they are asked for.

export type { DocumentBundle } from "../fhir/report.ts";
export type { FhirEntry, FhirResource, Json, JsonObject } from "../fhir/resource.ts";
export type { CheckInOffer, CheckInOptions, HandedOver, Invitation, OpenSession } from "../wallet/check-in.ts";
export { CopiedStoreError } from "../wallet/device-mark.ts";
export { checkRecoveryWords, RECOVERY_WORDS, RecoveryWordsError } from "../wallet/keys.ts";
export type { LogStanding } from "../wallet/log-standing.ts";
export { type NoticeView, readNotice } from "../wallet/notice-view.ts";
export type { SessionView, WalletAlert, WalletOverview } from "../wallet/overview.ts";
export type { OwnRecord, OwnRecords, RecordFault as OwnRecordFault, RecordStatus } from "../wallet/records.ts";
export { type ConfirmOptions, type EnrolmentOffer, RegistrationError } from "../wallet/registration.ts";
export { CheckInError } from "../wallet/sending.ts";
export {
  type DeviceMarkStore,
  MemoryDeviceMark,
  MemoryStore,
  StoreConflictError,
  type WalletGeneration,
  type WalletNotice,
  type WalletState,
  type WalletStore,
} from "../wallet/state.ts";
export { Wallet, type WalletOptions } from "../wallet.ts";
export * from "./common.ts";
