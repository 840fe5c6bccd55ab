// Openings by the trustees, each file its own specification:
//   opening-link.ts    link a session to the same patient's sessions in approved slots; the patient's notice κ
//   opening-points.ts  trace a session to its handle R; open a record's key
//   opening-common.ts  the context hash, the approving set, naming cheaters
// A case: officers approve → S is fixed, |S| = t → notice shares → partials → every member verifies all and combines.

export { CONTEXT_BYTES, findCheaters, OpeningError } from "./opening-common.ts";
export {
  combineLink,
  combineNotice,
  indexValue,
  indexValueOfElement,
  indexValueOfTag,
  type LinkPublic,
  LinkShare,
  linkShare,
  linkShareBytes,
  linkShareInSteps,
  type NoticePublic,
  NoticeShare,
  noticeKey,
  noticeMac,
  noticeShare,
  sessionIndexValue,
  UntestedLinkShare,
  verifyLinkShare,
  verifyNoticeShare,
  walletKappa,
} from "./opening-link.ts";
export {
  combinePoints,
  combineTrace,
  decodeRecordShare,
  type RecordPublic,
  RecordShare,
  recordShare,
  type TracePublic,
  TraceShare,
  traceShare,
  verifyRecordShare,
  verifyTraceShare,
} from "./opening-points.ts";
