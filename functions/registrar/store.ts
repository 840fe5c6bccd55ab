// Reads of the registrar's D1 that several handlers share.

import { and, desc, eq, gt, gte, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { bytesToHex } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { REQUEST_WINDOW_SECONDS } from "../../protocol/request-signature.ts";
import { accounts, generations, logEntries, nonces, parameters } from "../../schema/registrar.ts";
import type { RegistrarEnv } from "../shared/env.ts";
import { refused } from "../shared/http.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";

export const db = (env: RegistrarEnv) => drizzle(env.REGISTRAR_DB);
/** D1 hands blobs back as number arrays or buffers: one form for the protocol. */
export const bytesOf = (value: Uint8Array | ArrayBuffer | number[]): Uint8Array =>
  Uint8Array.from(new Uint8Array(value as ArrayBuffer));

export const NONCE_SECONDS = 600;

export async function accountOf(env: RegistrarEnv, account: string) {
  const row = await db(env).select().from(accounts).where(eq(accounts.account, account)).get();
  if (!row) throw refused("unknown account");
  return row;
}

export const accountBySelector = (env: RegistrarEnv, selector: string) =>
  db(env).select().from(accounts).where(eq(accounts.selectorIndex, selector)).get();

/** The person's phones in order, newest first. */
export const generationsOf = (env: RegistrarEnv, account: string) =>
  db(env).select().from(generations).where(eq(generations.account, account)).orderBy(desc(generations.generation));

export async function newNonce(env: RegistrarEnv, account: string, purpose: "enrol" | "refresh", now: number) {
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  await db(env)
    .insert(nonces)
    .values({ nonce: bytesToHex(nonce), account, purpose, expires: now + NONCE_SECONDS });
  // what nobody came back for goes with the next nonce
  await db(env).delete(nonces).where(lte(nonces.expires, now));
  return nonce;
}

/** Whether this nonce was given to this account and is still unused. It is spent in the batch that uses it. */
export async function nonceIsOpen(
  env: RegistrarEnv,
  nonce: Uint8Array,
  account: string,
  purpose: "enrol" | "refresh",
  now: number,
): Promise<boolean> {
  const row = await db(env)
    .select()
    .from(nonces)
    .where(and(eq(nonces.nonce, bytesToHex(nonce)), gt(nonces.expires, now)))
    .get();
  return row?.account === account && row.purpose === purpose;
}

/** An administrator's request serves once: seen again within its window, it is refused. @throws Problem credential-refused */
export async function spendAdminRequest(env: RegistrarEnv, nonce: string, now: number): Promise<void> {
  // A clock may be ahead by a window when it signs: the request is then open for two.
  const expires = now + 2 * REQUEST_WINDOW_SECONDS + 1;
  const spent = { nonce: `admin:${nonce}`, account: "", purpose: "admin" as const, expires };
  const { meta } = await db(env).insert(nonces).values(spent).onConflictDoNothing();
  if (meta.changes === 0) throw refused("request was made before");
}

/** The signed parameters of an epoch, or undefined. Not before they are logged. */
export const parametersRow = (env: RegistrarEnv, epoch: number) =>
  db(env)
    .select()
    .from(parameters)
    .where(and(lte(parameters.epochFrom, epoch), gte(parameters.epochTo, epoch), eq(parameters.logged, true)))
    .get();

/** One log entry a subject, however often and whenever this is repeated. @throws Problem unavailable */
export async function logOnce(
  env: RegistrarEnv,
  now: number,
  entry: { kind: "parameters" | "requester"; subject: Uint8Array; body: Uint8Array },
): Promise<void> {
  const subject = bytesToHex(entry.subject);
  const made = LogEntry.encode({ ...entry, at: now, caseId: undefined });
  await db(env).insert(logEntries).values({ subject, entry: made }).onConflictDoNothing();
  const kept = await db(env).select().from(logEntries).where(eq(logEntries.subject, subject)).get();
  await appendEntryBytes(env, now, bytesOf(kept!.entry));
}
