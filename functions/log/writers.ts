// Who may append which entry. LOG_WRITERS names the keys and their kinds; docs/OPERATIONS.md has the table for each role.
// So a role cannot write another role's act into the log: a registrar no officer, an escrow no parameters.

import * as z from "zod";
import { hexText } from "../../api/fields.ts";
import { readAppBuild } from "../../protocol/app-builds.ts";
import { LOG_KINDS, type LogEntry, type LogKind } from "../../protocol/documents.ts";
import { type Hex, hexToBytes } from "../../protocol/encodings.ts";
import type { LogEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";

/** How far `at` of an entry may be from the log's clock. */
const ENTRY_TIME_TOLERANCE_SECONDS = 3600;

const Writers = z.record(hexText(32) as unknown as z.ZodString, z.array(z.enum(LOG_KINDS)));

/** The kinds that each key may append. @throws Problem misconfigured */
export function writersOf(env: LogEnv): Map<string, readonly LogKind[]> {
  let writers: unknown;
  try {
    writers = JSON.parse(env.LOG_WRITERS);
  } catch {
    throw new Problem("misconfigured", undefined, "LOG_WRITERS is not JSON");
  }
  const checked = Writers.safeParse(writers);
  if (!checked.success) throw new Problem("misconfigured", undefined, "LOG_WRITERS: {key: [kinds]} expected");
  return new Map(Object.entries(checked.data));
}

/**
 * Kinds whose date others rely on: parameters before their month, an officer or certificate before its use, a build on the day
 * that an app shows. Entries of other kinds may have waited for the log, and may be older.
 */
const DATED: readonly LogKind[] = ["parameters", "key-set", "requester", "requester-revoked", "officer", "app-build"];

/** @throws Problem forbidden if the writer may not append this kind, clock-skew if its date is not the log's */
export function checkEntry(entry: LogEntry, kinds: readonly LogKind[], now: number): void {
  if (!kinds.includes(entry.kind)) throw new Problem("forbidden", `This key may not append: ${entry.kind}.`);
  const early = DATED.includes(entry.kind) && entry.at < now - ENTRY_TIME_TOLERANCE_SECONDS;
  if (early || entry.at > now + ENTRY_TIME_TOLERANCE_SECONDS)
    throw new Problem("not-allowed-now", `The entry is dated ${entry.at}, and the log's clock says ${now}.`);
}

/**
 * The log keeps no build that its readers would leave out: the writer itself must have signed the build in the entry.
 * @throws CodecError
 */
export function checkSignedEntry(entry: LogEntry, writer: Hex): void {
  if (entry.kind === "app-build") readAppBuild(entry, hexToBytes(writer));
}
