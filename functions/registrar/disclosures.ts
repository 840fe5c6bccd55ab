// What both answers of the registrar to an order share: the requester's certificate, the trustees' key set, the proofs of the
// case, and the memory of answers.
//
//   proofs   the approvals of S verify, each with its officer's card; the log has the order, the approvals, the officers and
//            the notice that every member of S signed (protocol/case-proofs.ts). So approvals alone open nothing, and an
//            order that the log does not have is answered for nobody

import { sha256 } from "@noble/hashes/sha2.js";
import { eq } from "drizzle-orm";
import type { CaseProofs } from "../../api/case-proofs.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { CaseId } from "../../protocol/case-proofs.ts";
import { openSigned, Parameters, RequesterCertificate, Signed } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import type { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { isInForce } from "../../protocol/requester-status.ts";
import { disclosures } from "../../schema/registrar.ts";
import { type Approving, checkLogged, checkNotice, provenHead, verifyApprovals } from "../shared/approvals.ts";
import type { RegistrarEnv } from "../shared/env.ts";
import { readAllBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { currentKeySet } from "./key-sets.ts";
import { db, isRevoked, parametersRow } from "./store.ts";

/**
 * The requester's certificate, if its key signed this request, and if it is in force.
 * @throws CodecError, Problem credential-refused
 */
export async function certified(env: RegistrarEnv, signed: Uint8Array, requestKey: string, at: number) {
  const { key, value } = openSigned(LABELS.signRequester, RequesterCertificate, signed);
  if (bytesToHex(key) !== env.REGISTRAR_KEY || bytesToHex(value.signKey) !== requestKey) throw refused("requester");
  if (!isInForce(value, at) || (await isRevoked(env, signed))) throw refused("requester: certificate not in force");
  return value;
}

/**
 * The newest key set with this id, and this month's parameters. Resharing keeps the id. Only the newest generation counts,
 * because the trustees should have erased the shares of an older one.
 */
export async function trusteesOf(
  env: RegistrarEnv,
  wanted: { keySetId: Uint8Array; shareGeneration: number },
  at: number,
): Promise<{ keySet: KeySet; document: Parameters }> {
  const keySet = await currentKeySet(env, wanted.keySetId);
  if (keySet?.generation !== wanted.shareGeneration) throw refused("key set, or its generation");
  const row = await parametersRow(env, epochOf(at));
  if (!row) throw new Problem("not-allowed-now", "There are no parameters of this month.");
  return { keySet, document: Parameters.decode(Signed.decode(row.document).document) };
}

interface ProvenCase {
  readonly proofs: CaseProofs;
  readonly case: CaseId;
  /** |S| */
  readonly needed: number;
  /** identity keys of the current committee; trustee i is at [i - 1] */
  readonly trusteeKeys: readonly Uint8Array[];
  readonly document: Parameters;
  /** the times between which a decision can lie */
  readonly from: number;
  readonly to: number;
}

/** Verifies the proofs of a case, up to its notice. @throws CodecError, Problem credential-refused */
export function checkProofs(env: RegistrarEnv, given: ProvenCase, at: number): Approving {
  const { proofs, needed, trusteeKeys, document, from, to } = given;
  const { orderHash, caseId } = given.case;
  const signed = readAllBase64url(proofs.approvals, "approvals");
  const approving = verifyApprovals({ orderHash, caseId, approvals: signed, trusteeKeys, needed, from, to });
  const head = provenHead(env, document, proofs.checkpoint, at);
  checkLogged(proofs, head, given.case, signed, approving.approvals);
  const noticed = provenHead(env, document, proofs.notice.checkpoint, at);
  checkNotice(proofs.notice, noticed, given.case, approving.set, trusteeKeys);
  return approving;
}

/** The answer that was given in a case. */
export async function answered<T>(env: RegistrarEnv, caseId: Uint8Array): Promise<T | undefined> {
  const row = await rowOf(env, caseId);
  return row && (JSON.parse(row.answer) as T);
}

const rowOf = (env: RegistrarEnv, caseId: Uint8Array) =>
  db(env)
    .select()
    .from(disclosures)
    .where(eq(disclosures.caseId, bytesToHex(caseId)))
    .get();

/**
 * Answers a case once. The same request gets the first answer again.
 * @param request the bytes that must be the same
 * @throws Problem conflict for another request
 */
export async function once<T extends object>(
  env: RegistrarEnv,
  caseId: Uint8Array,
  request: Uint8Array,
  at: number,
  answer: () => Promise<T>,
): Promise<T> {
  const requestHash = bytesToHex(sha256(request));
  const before = await rowOf(env, caseId);
  if (!before) {
    const made = JSON.stringify(await answer());
    const row = { caseId: bytesToHex(caseId), requestHash, answer: made, at };
    await db(env).insert(disclosures).values(row).onConflictDoNothing();
  }
  const kept = before ?? (await rowOf(env, caseId));
  if (kept?.requestHash !== requestHash) throw new Problem("conflict", "This case was answered for another request.");
  return JSON.parse(kept.answer) as T;
}
