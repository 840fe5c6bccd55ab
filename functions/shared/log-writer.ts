// Appending to the transparency log from another role. An entry is durable in the log before the act it tells of is
// answered; the log is idempotent by the entry's bytes, so a retry after a crash adds nothing.

import { type LOG_KINDS, LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { callJson } from "./calls.ts";

interface Writer {
  LOG_URL: string;
  SIGNING_KEY: string;
}

export interface NewEntry {
  kind: (typeof LOG_KINDS)[number];
  subject: Uint8Array;
  caseId?: Uint8Array;
  body?: Uint8Array;
}

/** Appends one entry; answers its index. @throws Problem unavailable */
export async function appendToLog(env: Writer, now: number, entry: NewEntry): Promise<number> {
  const bytes = LogEntry.encode({
    kind: entry.kind,
    at: now,
    subject: entry.subject,
    caseId: entry.caseId,
    body: entry.body ?? new Uint8Array(),
  });
  return appendEntryBytes(env, now, bytes);
}

/** As appendToLog, for an entry that others made and signed. */
export async function appendEntryBytes(env: Writer, now: number, bytes: Uint8Array): Promise<number> {
  const { indexes } = await callJson<{ indexes: number[] }>({
    baseUrl: env.LOG_URL,
    method: "POST",
    path: "/v1/entries",
    json: { entries: [toBase64url(bytes)] },
    signingKey: env.SIGNING_KEY,
    now,
  });
  return indexes[0]!;
}
