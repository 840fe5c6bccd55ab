// Receipts and signed refusals of check-ins, and the public reads by which a wallet finds its sessions again.
//
//   GET /v1/services/:id/receipts/:tagHash/:presentationHash   Signed<Receipt>, if that very check-in opened its session
//   GET /v1/services/:id/claims?cursor=&limit=                 rows tagHash 32 | u32 epoch | claim 82 of all sessions, in the
//                                                              order of tagHash; header symbolon-cursor if there are more
//
// Neither needs a key. Nobody but the wallet, the clinic and this Worker can name a presentation hash, because it covers the
// whole check-in. Nobody but its wallet can read a claim (protocol/claim.ts).
//
// If the session's object has forgotten the session, its D1 row proves the check-in. The receipt is then signed anew, and
// `openedAt` is the challenge's time.

import { and, asc, eq, gt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { CHECK_INS } from "../../api/service/check-ins.ts";
import { signerOf } from "../../engine/ed25519.ts";
import { concatBytes, u32be } from "../../protocol/bytes.ts";
import { type ReadCheckIn, readCheckIn } from "../../protocol/check-in.ts";
import { signedJson } from "../../protocol/document-json.ts";
import {
  CHECK_IN_REFUSALS,
  presentationHashOf,
  Receipt,
  RefusedCheckIn,
  signDocument,
} from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { asBytes, bound } from "../../schema/columns.ts";
import { sessions } from "../../schema/service.ts";
import { octets, octetsOrJson } from "../shared/answers.ts";
import type { ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { serviceOfPath } from "./registry.ts";
import { replayWindowOf } from "./session-objects.ts";
import { sessionAt } from "./session-rows.ts";

export const receiptJson = (receipt: Uint8Array) => signedJson(Receipt, receipt);

/** Signed<Receipt> of a check-in that opens its session at this time. */
export function receiptFor(env: ServiceEnv, read: ReadCheckIn, at: number): Uint8Array {
  const { tagHash, presentationHash, epoch, challenge } = read;
  const receipt = { tagHash, serviceId: challenge.serviceId, presentationHash, epoch, openedAt: at };
  return signDocument(LABELS.signReceipt, Receipt, receipt, signerOf(env.SIGNING_KEY));
}

/** The same problem with the signed refusal, if it is a refusal of the check-in; all others pass unchanged. */
export function signedRefusal(env: ServiceEnv, cause: unknown, checkIn: Uint8Array, at: number): unknown {
  if (!(cause instanceof Problem)) return cause;
  const code = CHECK_IN_REFUSALS.find((known) => known === cause.code);
  if (code === undefined) return cause;
  const refusal = { presentationHash: presentationHashOf(checkIn), code, at };
  const signed = signDocument(LABELS.signRefusedCheckIn, RefusedCheckIn, refusal, signerOf(env.SIGNING_KEY));
  return new Problem(cause.code, cause.detail, cause.inside, { refusal: toBase64url(signed) });
}

/** Signed<Receipt>, if this very check-in opened the session of the row. @param row of its tag at its service, if there is one */
export async function standingReceipt(
  env: ServiceEnv,
  row: Awaited<ReturnType<typeof sessionAt>>,
  { tagHash, presentationHash }: { tagHash: Hex; presentationHash: Hex },
): Promise<Uint8Array | undefined> {
  if (!row || bytesToHex(presentationHashOf(row.checkIn)) !== presentationHash) return undefined;
  const outcome = await replayWindowOf(env, tagHash).recall({ tagHash, presentationHash });
  if (outcome.outcome !== "refused") return outcome.receipt;
  const read = readCheckIn(row.checkIn);
  return receiptFor(env, read, read.challenge.issuedAt);
}

export function registerReceipts(app: RoleApp<ServiceEnv>): void {
  serve(app, CHECK_INS.readReceipt, async (c, { params: { id, tagHash, presentationHash }, accepted }) => {
    const service = await serviceOfPath(c.env, id);
    const row = await sessionAt(service, tagHash);
    const receipt = await standingReceipt(c.env, row, { tagHash, presentationHash });
    if (!receipt) throw new Problem("not-found", "This check-in opened no session.");
    return octetsOrJson(c, accepted, receipt, receiptJson);
  });

  serve(app, CHECK_INS.listClaims, async (c, { params, query: { cursor = "", limit } }) => {
    const { db, serviceId } = await serviceOfPath(c.env, params.id);
    const rows = await drizzle(db)
      .select({ tagHash: sessions.tagHash, epoch: sessions.epoch, claim: asBytes(sessions.claim) })
      .from(sessions)
      .where(and(eq(sessions.serviceId, serviceId), gt(sessions.tagHash, bound(cursor))))
      .orderBy(asc(sessions.tagHash))
      .limit(limit);
    const claims = concatBytes(...rows.flatMap((r) => [hexToBytes(r.tagHash), u32be(r.epoch), r.claim]));
    return octets(c, claims, 200, rows.length === limit ? { "symbolon-cursor": rows.at(-1)!.tagHash } : {});
  });
}
