// symbolon/officer: the officer of a trustee, who decides about orders with a passkey.

export { type KeyState, readEveryKeyState, readKeyState, type TrusteeKeys } from "../officer/key-state.ts";
export {
  type AssertionJson,
  type Authenticator,
  browserAuthenticator,
  createOfficerPasskey,
  OfficerError,
  type PasskeyRegistration,
} from "../officer/passkeys.ts";
export {
  approveResharing,
  type ReadResharing,
  readResharing,
  readResharingText,
  writeResharing,
} from "../officer/resharing.ts";
export { type PasskeyOptions, SoftwarePasskey } from "../officer/software-passkey.ts";
export {
  type CaseProgress,
  type MadeDecision,
  Officer,
  type OfficerOptions,
  type OrderPreview,
  type ReviewedCase,
  type ReviewedPerson,
  type WaitingCase,
} from "../officer.ts";
export { type ListedService, listServices } from "../shared/service-list.ts";
export * from "./common.ts";
