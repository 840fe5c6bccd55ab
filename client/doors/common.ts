// For everybody: deployment, transport, errors, encodings, and the transparency log. Every role's door gives these too.

export {
  asHex,
  type Base64,
  type Base64url,
  fromBase64url,
  type Hex,
  isHex,
  toBase64url,
} from "../../protocol/encodings.ts";
export { epochName, epochOf } from "../../protocol/epoch.ts";
export { type LogTrust, logTrustOf } from "../../protocol/log-trust.ts";
export { parseTid, TidError, tidOf } from "../../protocol/tid.ts";
export {
  type CodeOf,
  ERROR_GROUPS,
  ERROR_SENTENCES,
  type SymbolonCode,
  SymbolonError,
} from "../errors.ts";
export { LogError } from "../log/follow.ts";
export {
  type Followed,
  type LogFailure,
  LogMonitor,
  type LogSource,
  type MonitorState,
  type SplitView,
  type Updated,
} from "../log/monitor.ts";
export { httpLogSource } from "../log/source.ts";
export {
  type Deployment,
  type EpochParameters,
  logPinsOf,
  ParametersCache,
  ParametersError,
  type ServedParameters,
} from "../parameters.ts";
export { DeskError } from "../shared/desk-error.ts";
export {
  codeGroups,
  codeLink,
  type EnrolmentCode,
  plainCode,
  readEnrolmentCode,
} from "../shared/enrolment-code.ts";
export { type InvitationText, readInvitationText, writeInvitation } from "../shared/invitation.ts";
export { type VisitCard, VisitCardError, visitCardEnd } from "../shared/visit-card.ts";
export {
  ApiError,
  type ApiRequest,
  api,
  apiBytes,
  apiJson,
  systemTransport,
  type Transport,
} from "../transport.ts";
