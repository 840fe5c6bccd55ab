// Appends to the transparency log from another role. A role answers an act only after the log has its entry. The log
// recognizes an entry by its bytes, so a retry after a crash adds nothing.

import type { Appended } from "../../api/log/entries.ts";
import type { LogKind } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { callJson } from "./calls.ts";

interface Writer {
  LOG_URL: string;
  SIGNING_KEY: Hex;
}

export interface NewEntry {
  kind: LogKind;
  subject: Uint8Array;
  caseId?: Uint8Array;
  body?: Uint8Array;
}

/** Appends the bytes of one LogEntry and returns its index in the log. @throws Problem unavailable */
export async function appendEntryBytes(env: Writer, now: number, bytes: Uint8Array): Promise<number> {
  const { indexes } = await callJson<Appended>({
    baseUrl: env.LOG_URL,
    method: "POST",
    path: "/v1/entries",
    json: { entries: [toBase64url(bytes)] },
    signingKey: env.SIGNING_KEY,
    now,
  });
  return indexes[0]!;
}
