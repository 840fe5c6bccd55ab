// The officer of the SDK in this worker, and the orders that it has seen. Nothing here is written to the disk: the trustee keeps
// what an officer must find again.

import { Officer, type ReviewedCase, systemTransport, type WaitingCase } from "../../../client/index.ts";
import { type AppDeployment, deployment } from "../../shared/deployment.ts";
import { authenticator } from "./authenticator.ts";

export const transport = systemTransport();

/** This case is no longer among the cases of this trustee. */
class NoCaseError extends Error {
  override name = "NoCaseError";
  readonly code = "no-case";
}

interface Post {
  officer: Officer;
  deployment: AppDeployment;
  /** from 1 on */
  trustee: number;
}

let post: Promise<Post> | undefined;
const enter = async (): Promise<Post> => {
  const known = await deployment();
  const { trustee } = known;
  if (trustee === undefined) throw new RangeError("/deployment.json names no trustee");
  return { officer: new Officer({ transport, deployment: known, trustee, authenticator }), deployment: known, trustee };
};
export const atPost = (): Promise<Post> => {
  post ??= enter().catch((cause) => {
    post = undefined;
    throw cause;
  });
  return post;
};
export function leavePost(): void {
  post = undefined;
  cases.clear();
  reviews.clear();
}

const STATES = ["ordered", "approved", "noticed", "opened", "refused"] as const;
export const cases = new Map<string, WaitingCase>();
export const reviews = new Map<string, ReviewedCase>();

/** The case, asked from the trustee if it was not seen yet. @throws NoCaseError */
export async function caseOf(caseId: string): Promise<WaitingCase> {
  const { officer } = await atPost();
  for (const state of STATES) {
    const known = cases.get(caseId);
    if (known) return known;
    for (const found of await officer.inbox(state)) cases.set(found.caseId, found);
  }
  const known = cases.get(caseId);
  if (!known) throw new NoCaseError("this case is not at this trustee");
  return known;
}

/** The orders of every state that the escrow still lists. */
export async function everyCase(): Promise<Map<string, WaitingCase>> {
  const { officer } = await atPost();
  for (const state of STATES) for (const found of await officer.inbox(state)) cases.set(found.caseId, found);
  return cases;
}
