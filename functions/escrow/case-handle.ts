// A case as the escrow's handlers hold it: its Durable Object, the view of it at the start of the request, and the time.

import type { CaseView, LinkageEscrow, Recorded } from "../../durable-objects/linkage-escrow.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { isListed } from "../../schema/case-list.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem, refused } from "../shared/problems.ts";

export interface CaseHandle {
  env: EscrowEnv;
  stub: DurableObjectStub<LinkageEscrow>;
  view: CaseView;
  /** Unix seconds */
  now: number;
}

export const caseObject = (env: EscrowEnv, caseId: Hex): DurableObjectStub<LinkageEscrow> =>
  (env.LINKAGE_ESCROW as DurableObjectNamespace<LinkageEscrow>).getByName(caseId);

/**
 * The list of cases is looked at first, because asking a Durable Object of a made-up name would create it. A case that is not
 * listed yet is so once its requester repeats the order. @throws Problem not-found if no case has this id
 */
export async function openCaseHandle(env: EscrowEnv, caseId: Hex, now: number): Promise<CaseHandle> {
  if (!(await isListed(env.ESCROW_DB, caseId))) throw new Problem("not-found");
  const stub = caseObject(env, caseId);
  return { env, stub, view: recorded(await stub.view(now)), now };
}

/** The view after a step of the Durable Object. @throws Problem not-found, expired, conflict, not-allowed-now */
export function recorded(answer: Recorded): CaseView {
  if (answer.ok) return answer.view;
  if (answer.reason === "unknown") throw new Problem("not-found");
  if (answer.reason === "expired") throw new Problem("expired", "The case has expired.");
  if (answer.reason === "contradiction") throw new Problem("conflict");
  if (answer.reason === "passkey-used")
    throw new Problem("conflict", "This officer's passkey has already decided on this case, at another trustee.");
  throw new Problem("not-allowed-now", "The case is not in a state that allows this.");
}

/** @throws Problem credential-refused */
export function mustBeRequester({ view }: CaseHandle, key: Hex): void {
  if (view.requesterKey !== key) throw refused("case: of another requester");
}
/** Requester or trustee of the case. @throws Problem credential-refused */
export function mustBeParty({ view }: CaseHandle, key: Hex): void {
  if (view.requesterKey !== key && !view.trusteeKeys.includes(key)) throw refused("case: key of no party");
}
/** @throws Problem forbidden if `key` is no trustee's key in the parameters */
export function mustBeTrustee(trusteeKeys: readonly Uint8Array[], key: Hex): void {
  if (!trusteeKeys.some((k) => bytesToHex(k) === key)) throw new Problem("forbidden");
}
