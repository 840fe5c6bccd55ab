// Openings by the trustees. Each file is its own specification:
//   opening-link.ts    links a session to the same patient's sessions in approved slots; makes the patient's notice κ
//   opening-points.ts  traces a session to its handle R; opens a record's key
//   opening-common.ts  the context hash, the approving set, and how cheaters are named
//
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
