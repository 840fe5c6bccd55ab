// Judges opening-faults.json with the verifiers of shares, the combination of record shares and the check of stanzas.

import { CaseContext, caseContextHash } from "../../protocol/documents.ts";
import {
  combinePoints,
  LinkShare,
  NoticeShare,
  RecordShare,
  TraceShare,
  verifyLinkShare,
  verifyNoticeShare,
  verifyRecordShare,
  verifyTraceShare,
} from "../../protocol/opening.ts";
import { decodeG1, encodeG1, tagBase } from "../../protocol/suite.ts";
import { openOuter } from "../../protocol/tdh2.ts";
import { type Any, b, type Judge, thrownBy, verdictOf } from "./judges.ts";
import { hex } from "./symbolon/encode.ts";

/** The public part of a share by trustee `index` of the file's set. An entry may name another context, index or key. */
function place(kind: "link" | "notice" | "trace" | "record", entry: Any, file: Any) {
  const key = kind === "notice" ? "link" : kind;
  return {
    ctx: caseContextHash(CaseContext.decode(b(entry.context ?? file.contexts[kind]))),
    index: entry.index ?? 1,
    set: file.set,
    shareKey: decodeG1(b(entry.shareKey ?? file.shareKeys[key])),
    F1: decodeG1(b(file.F1)),
    F2: decodeG1(b(file.F2)),
    C1: decodeG1(b(file.C1)),
    u: decodeG1(b(file.u)),
    caseId: b(file.caseId),
    slots: file.slots.map((s: Any) => tagBase(b(s.paramsHash), s.epoch, s.slot)),
  };
}

export const judges: Record<string, Judge> = {
  "link-share": (e, file) =>
    verdictOf("share", () => verifyLinkShare(place("link", e, file), LinkShare.decode(b(e.share)))),
  "notice-share": (e, file) =>
    verdictOf("share", () => {
      const { slots: _, ...at } = place("notice", e, file);
      return verifyNoticeShare(at, NoticeShare.decode(b(e.share)));
    }),
  "trace-share": (e, file) =>
    verdictOf("share", () => verifyTraceShare(place("trace", e, file), TraceShare.decode(b(e.share)))),
  "record-share": (e, file) =>
    verdictOf("share", () => verifyRecordShare(place("record", e, file), RecordShare.decode(b(e.share)))),
  combine: ({ set, shares }, file) =>
    verdictOf("another point", () => {
      const point = combinePoints(
        set,
        shares.map((s: string) => RecordShare.decode(b(s))),
      );
      return hex(encodeG1(point)) === file.combined;
    }),
  stanza: ({ stanza }, file) =>
    thrownBy(() =>
      openOuter(b(file.groupHybridSecret), { key: decodeG1(b(file.recordKey)), label: b(file.label) }, b(stanza)),
    ),
};
