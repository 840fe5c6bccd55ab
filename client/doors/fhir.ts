// symbolon/fhir: FHIR R4 for everybody. Reading Bundles, looking for names, writing records and reports. The doors of clinic and
// requester give it too; a wallet loads it when it shows records.

export { decodeIdentity, encodePatient, type Identity } from "../fhir/identity.ts";
export { parseJson, writeJson } from "../fhir/json.ts";
export { type IdentityLeak, identityLeaks, type LeakKind } from "../fhir/leaks.ts";
export { mergeOrganizations, type Organization } from "../fhir/organizations.ts";
export {
  type IdentityFinding,
  IdentityFoundError,
  type PreparedVisit,
  prepareVisit,
  type VisitOptions,
} from "../fhir/prepare.ts";
export { fromTid, type OtherPerson, pseudonymousPatient, toTid } from "../fhir/pseudonymise.ts";
export { FHIR_JSON, readContent, readRecord, writeRecord } from "../fhir/record.ts";
export {
  assembleReport,
  type DocumentBundle,
  type ReportFault,
  type ReportInput,
  type ReportRecord,
} from "../fhir/report.ts";
export {
  displayName,
  ExactNumber,
  type FhirEntry,
  type FhirInputCode,
  FhirInputError,
  type FhirResource,
  type Json,
  type JsonObject,
} from "../fhir/resource.ts";
export { type PatientBundle, readBundle, type Visit } from "../fhir/select.ts";
