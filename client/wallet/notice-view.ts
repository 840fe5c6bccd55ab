// A notice as a screen shows it: who asked for what, why, how far back, and which trustees' officers agreed.

import { NoticeContent } from "../../protocol/case-documents.ts";
import type { ORDER_KINDS } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { epochName } from "../../protocol/epoch.ts";
import type { WalletNotice } from "./state.ts";

export interface NoticeView {
  /** 32 bytes; the same in every entry of the log about this case */
  caseId: Hex;
  kind: (typeof ORDER_KINDS)[number];
  /** as the registrar certified it */
  requesterName: string;
  requesterRole: string;
  purpose: string;
  legalGround: string;
  /** first and last month that may be opened, such as "2026-11" */
  from: string;
  to: string;
  /** ids of 16 bytes; empty: every clinic */
  services: Hex[];
  emergency: boolean;
  /** numbers of the trustees whose officers agreed, from 1 on */
  approvedBy: number[];
  /** unix seconds of the last approval */
  approvedAt: number;
  /** place of the notice in the log */
  logIndex: number;
}

/** @throws CodecError if the notice was not made by a wallet */
export function readNotice({ content, logIndex }: Pick<WalletNotice, "content" | "logIndex">): NoticeView {
  const n = NoticeContent.decode(hexToBytes(content));
  return {
    caseId: bytesToHex(n.caseId),
    kind: n.kind,
    requesterName: n.requesterName,
    requesterRole: n.requesterRole,
    purpose: n.purpose,
    legalGround: n.legalGround,
    from: epochName(n.epochFrom),
    to: epochName(n.epochTo),
    services: n.services.map((id) => bytesToHex(id)),
    emergency: n.emergency,
    approvedBy: [...n.approvedBy],
    approvedAt: n.approvedAt,
    logIndex,
  };
}
