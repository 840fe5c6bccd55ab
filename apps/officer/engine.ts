// The officer's worker: the SDK's Officer with its login, the orders it reviewed, and the watch over the inbox.

import {
  ApiError,
  approveResharing,
  type CaseProgress,
  listServices,
  type MadeDecision,
  type OrderPreview,
  type ReviewedCase,
  readEveryKeyState,
  readResharing,
  readResharingText,
  type TrusteeKeys,
} from "../../client/index.ts";
import { serve } from "../shared/remote.ts";
import { authenticatorApi, usedCredential } from "./engine/authenticator.ts";
import { atPost, caseOf, everyCase, leavePost, reviews, transport } from "./engine/held.ts";
import { stopWatching, watch } from "./engine/watch.ts";

/** A reviewed order as the page shows it: all but the bytes that are signed. */
export type CaseView = Omit<ReviewedCase, "documents">;
export interface HistoryItem extends MadeDecision {
  /** made with the passkey of this login */
  own: boolean;
  /** the order, if the escrow still lists it */
  order: OrderPreview | undefined;
}

/** The trustee knows no resharing of this text. */
class NoPlanError extends Error {
  override name = "NoPlanError";
  readonly code = "no-plan";
}

const viewOf = ({ documents: _, ...view }: ReviewedCase): CaseView => view;
let clinics: Promise<Record<string, string>> | undefined;

const api = {
  ...authenticatorApi,
  /** @returns the end of the login, in unix seconds, and the passkey that was used */
  async signIn(): Promise<{ until: number; credentialId: string | undefined }> {
    const { officer } = await atPost();
    const until = await officer.signIn();
    return { until, credentialId: usedCredential() };
  },
  signOut(): void {
    stopWatching();
    leavePost();
  },
  watch,
  async trustee(): Promise<{ trustee: number; trustees: number }> {
    const { trustee, deployment } = await atPost();
    return { trustee, trustees: deployment.trusteeUrls.length };
  },

  /** The order and its dossier, verified. */
  async review(caseId: string): Promise<CaseView> {
    const known = reviews.get(caseId);
    if (known) return viewOf(known);
    const { officer } = await atPost();
    const reviewed = await officer.review(await caseOf(caseId));
    reviews.set(caseId, reviewed);
    return viewOf(reviewed);
  },
  async progress(caseId: string, logged = false): Promise<CaseProgress> {
    const { officer } = await atPost();
    return officer.progress(await caseOf(caseId), { logged });
  },
  async decide(caseId: string, decision: "approve" | "refuse", reason: string): Promise<CaseProgress> {
    const { officer } = await atPost();
    const reviewed = reviews.get(caseId) ?? (await officer.review(await caseOf(caseId)));
    await officer[decision](reviewed, reason);
    return officer.progress(await caseOf(caseId));
  },
  /** Names of the registered clinics by id. */
  async clinics(): Promise<Record<string, string>> {
    const { deployment } = await atPost();
    clinics ??= listServices(transport, deployment)
      .then((list) => Object.fromEntries(list.map(({ id, card }) => [id, card.name])))
      .catch((cause) => {
        clinics = undefined;
        throw cause;
      });
    return clinics;
  },

  async history(): Promise<HistoryItem[]> {
    const { officer } = await atPost();
    const [made, known] = [await officer.decisions(), await everyCase()];
    return made.map((one) => {
      const found = known.get(one.caseId);
      return { ...one, own: one.credentialId === usedCredential(), order: found && officer.preview(found) };
    });
  },

  async keys(): Promise<TrusteeKeys[]> {
    return readEveryKeyState(transport, (await atPost()).deployment);
  },
  async readPlan(text: string) {
    const { deployment, trustee } = await atPost();
    const plan = readResharing(readResharingText(text).plan);
    // A new trustee is named by its place; one that stays is one of today's.
    const committee = plan.trustees.map((key, i) => ({ trustee: i + 1, stays: deployment.trusteeKeys[i] === key }));
    return { ...plan, committee, deals: plan.dealers.includes(trustee) };
  },
  checkBuild: async () => (await import("../shared/build/check.ts")).checkOwnBuild("officer"),
  async approvePlan(text: string): Promise<void> {
    const { officer } = await atPost();
    const { id, plan } = readResharingText(text);
    await approveResharing(officer.access, id, plan).catch((cause) => {
      throw cause instanceof ApiError && cause.code === "not-found" ? new NoPlanError("no such resharing") : cause;
    });
  },
};
export type Engine = typeof api;
export type PlanView = Awaited<ReturnType<Engine["readPlan"]>>;

serve(api);
