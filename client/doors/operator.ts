// symbolon/operator: the people who run a deployment: key ceremony, parameters, clinics, the registrar's desk.

export { decodeIdentity, encodePatient, type Identity } from "../fhir/identity.ts";
export type { FhirEntry, FhirResource, Json, JsonObject } from "../fhir/resource.ts";
export { type KeyState, readEveryKeyState, type TrusteeKeys } from "../officer/key-state.ts";
export { type NewBuild, type PublishedBuild, publishBuilds } from "../operator/app-builds.ts";
export {
  type CeremonyInput,
  type CeremonyProgress,
  type CeremonyResult,
  type CeremonyStep,
  fetchKeySet,
  readKeySet,
  registerOfficer,
  removeOfficer,
  runCeremony,
} from "../operator/ceremony.ts";
export { type CeremonyComplaint, CeremonyError } from "../operator/complaints.ts";
export {
  type ClinicCardReview,
  type OfficerPasskey,
  type RequesterCertificateReview,
  type RequesterRequest,
  readClinicCard,
  readOfficerPasskey,
  readRequesterCertificate,
  readRequesterKeys,
} from "../operator/desk.ts";
export { type ResharingInput, type ResharingResult, runResharing } from "../operator/resharing.ts";
export { type Enrolment, type FoundPerson, type ListedOpening, type NewParameters, Operator } from "../operator.ts";
export { type RequesterKeyText, requesterFingerprint, writeRequesterKeys } from "../shared/requester-keys.ts";
export { type ListedService, listServices } from "../shared/service-list.ts";
export * from "./common.ts";
