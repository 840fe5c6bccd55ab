// Reads and writes of the registrar's D1 that several handlers share.

import { and, desc, eq, gt, gte, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Context } from "hono";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { LogEntry, type LogKind, Parameters, requesterHashOf, Signed } from "../../protocol/documents.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { accounts, generations, logEntries, nonces, parameters, requesters } from "../../schema/registrar.ts";
import { adminDoor } from "../shared/admin-request.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import { Problem, refused } from "../shared/problems.ts";
import { type SignedRequest, signedRequest } from "../shared/request-auth.ts";

export const db = (env: RegistrarEnv) => drizzle(env.REGISTRAR_DB);
export const NONCE_SECONDS = 600;

export async function accountOf(env: RegistrarEnv, account: Hex) {
  const row = await db(env).select().from(accounts).where(eq(accounts.account, account)).get();
  if (!row) throw refused("unknown account");
  return row;
}

export const accountBySelector = (env: RegistrarEnv, selector: Hex) =>
  db(env).select().from(accounts).where(eq(accounts.selectorIndex, selector)).get();

/** The person's phones, the newest first. */
export const generationsOf = (env: RegistrarEnv, account: Hex) =>
  db(env).select().from(generations).where(eq(generations.account, account)).orderBy(desc(generations.generation));

export async function newNonce(env: RegistrarEnv, account: Hex, purpose: "enrol" | "refresh", now: number) {
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  await db(env)
    .insert(nonces)
    .values({ nonce: bytesToHex(nonce), account, purpose, expires: now + NONCE_SECONDS });
  // Expired nonces are deleted when the next nonce is made.
  await db(env).delete(nonces).where(lte(nonces.expires, now));
  return nonce;
}

/** Whether this nonce was given to this account and is still unused. The batch that uses the nonce deletes it. */
export async function nonceIsOpen(
  env: RegistrarEnv,
  nonce: Uint8Array,
  account: Hex,
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

/** The door of the administrator's requests. */
export const admin = adminDoor<RegistrarEnv>(async (env, nonce, lastSecond) => {
  const spent = { nonce: `admin:${nonce}`, account: "", purpose: "admin" as const, expires: lastSecond + 1 };
  const { meta } = await db(env).insert(nonces).values(spent).onConflictDoNothing();
  return meta.changes === 1;
});

/** The row of the signed parameters of an epoch, once they are logged. Otherwise undefined. */
export const parametersRow = (env: RegistrarEnv, epoch: number) =>
  db(env)
    .select()
    .from(parameters)
    .where(and(lte(parameters.epochFrom, epoch), gte(parameters.epochTo, epoch), eq(parameters.logged, true)))
    .get();

/** The tolerance of clocks: that of this month's parameters, or the default if there are none yet. */
export async function clockTolerance(env: RegistrarEnv, now: number): Promise<number> {
  const row = await parametersRow(env, epochOf(now));
  if (!row) return CLOCK_TOLERANCE_SECONDS;
  return Parameters.decode(Signed.decode(row.document).document).challengeWindowSeconds;
}

/** The signed request of a wallet or a requester. @throws Problem clock-skew, credential-refused, too-many */
export const signedByParty = async (c: Context<{ Bindings: RegistrarEnv }>): Promise<SignedRequest> =>
  signedRequest(c, { toleranceSeconds: await clockTolerance(c.env, now(c)) });

/** The name under which the registrar keeps the entry that it made for a subject. */
export const logName = (kind: LogKind, subject: Uint8Array): string => `${kind} ${bytesToHex(subject)}`;

/** Appends one log entry per kind and subject, however often and whenever it is called. @throws Problem unavailable */
export async function logOnce(
  env: RegistrarEnv,
  now: number,
  entry: { kind: "parameters" | "requester" | "requester-revoked"; subject: Uint8Array; body: Uint8Array },
): Promise<void> {
  const subject = logName(entry.kind, entry.subject);
  const made = LogEntry.encode({ ...entry, at: now, caseId: undefined });
  await db(env).insert(logEntries).values({ subject, entry: made }).onConflictDoNothing();
  const kept = await db(env).select().from(logEntries).where(eq(logEntries.subject, subject)).get();
  try {
    await appendEntryBytes(env, now, kept!.entry);
  } catch (cause) {
    if (!(cause instanceof Problem && cause.code === "not-allowed-now")) throw cause;
    // The log did not answer when this entry was made, and now refuses its old date.
    await db(env).update(logEntries).set({ entry: made }).where(eq(logEntries.subject, subject));
    await appendEntryBytes(env, now, made);
  }
}

/** Whether this requester's certificate was withdrawn. @param signed Signed<RequesterCertificate> */
export async function isRevoked(env: RegistrarEnv, signed: Uint8Array): Promise<boolean> {
  const certificate = bytesToHex(requesterHashOf(signed));
  const row = await db(env).select().from(requesters).where(eq(requesters.certificate, certificate)).get();
  return typeof row?.revokedAt === "number";
}
