// symbolon/officer: the officer of a trustee, who decides about orders with a passkey.

export {
  type AssertionJson,
  type Authenticator,
  browserAuthenticator,
  OfficerError,
  type PasskeyRegistration,
} from "../officer/passkeys.ts";
export { type PasskeyOptions, SoftwarePasskey } from "../officer/software-passkey.ts";
export { Officer, type OfficerOptions, type ReviewedCase, type ReviewedPerson, type WaitingCase } from "../officer.ts";
export * from "./common.ts";
