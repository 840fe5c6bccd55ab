// symbolon/share: SMART Health Links. The wallet makes, looks at and ends them, and anybody who has one opens it. A wallet that only
// checks in does not load this door.

export type { FhirResource } from "../fhir/resource.ts";
export {
  asksPasscode,
  type OpenLinkOptions,
  openShareLink,
  readShareLink,
  type ShareLink,
  ShareLinkError,
  writeShareLink,
} from "../shared/shlink.ts";
export {
  type LinkUses,
  newSharedLink,
  putSharedLink,
  revokeSharedLink,
  type SharedLink,
  type ShareOptions,
  textOfSharedLink,
  usesOfSharedLink,
} from "../wallet/share.ts";
export * from "./common.ts";
