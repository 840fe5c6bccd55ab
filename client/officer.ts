// The SDK of an officer of one trustee. The officer reads the orders that wait, decides with a passkey, and the
// decision is taken to the escrow.
//
//   login   nonce of the trustee → assertion → token: only officers may read the orders
//   inbox   the cases that wait for this trustee
//   review  the order and the dossier, rendered here from their bytes (officer/review.ts)
//   progress  the decisions of all trustees, each verified here, and that the log has the order (officer/progress.ts)
//   decide  an assertion about this order and these dossier bytes
//
// Everything that the passkey signs is computed *here*, under a label of its own: loginChallenge (pinned key of the trustee,
// own origin, nonce) or approvalChallenge (case, order, trustee, decision, dossier hash). So a Worker cannot have a login
// sign a decision, nor have the officer sign about another order or person than the one shown.

import type {
  CaseProgressAnswer,
  DecisionsAnswer,
  InboxAnswer,
  LoginAnswer,
  LoginNonce,
  Review,
} from "../api/trustee/officers.ts";
import { type Approval, approvalChallenge, verifyDecision } from "../protocol/approvals.ts";
import { equalBytes } from "../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../protocol/clock.ts";
import { bytesToHex, fromBase64url, hexToBytes } from "../protocol/encodings.ts";
import { loginChallenge } from "../protocol/officer-card.ts";
import type { OrderDescription } from "../protocol/review.ts";
import { decodeAnswer } from "./errors.ts";
import { type Authenticator, OfficerError } from "./officer/passkeys.ts";
import {
  type CaseProgress,
  type MadeDecision,
  readOwnDecision,
  readProgress,
  requireLogged,
} from "./officer/progress.ts";
import { compareReview, type ReviewedPerson, readDossier, readOrder, type VerifiedOrder } from "./officer/review.ts";
import { type Deployment, ParametersCache } from "./parameters.ts";
import { eachItem, MAX_WAITING_CASES } from "./shared/paging.ts";
import { api, apiBytes, apiJson, jsonOf, type Transport } from "./transport.ts";

export type { CaseProgress, MadeDecision } from "./officer/progress.ts";
export type { ReviewedPerson } from "./officer/review.ts";

/** A case at this trustee. */
export type WaitingCase = InboxAnswer["cases"][number];

/** A case that the officer can decide about: its content follows from the signed order and the dossier alone. */
export interface ReviewedCase extends OrderDescription {
  /** assemble: the person whom the order opens */
  readonly person: ReviewedPerson | undefined;
  /** the documents that a decision is about; `approve` and `refuse` read them */
  readonly documents: { readonly waiting: Sealed; readonly verified: VerifiedOrder; readonly dossierHash: Uint8Array };
}

/** An order as a list shows it. */
export type OrderPreview = Pick<
  OrderDescription,
  "caseId" | "kind" | "purpose" | "emergency" | "issuedAt" | "expiresAt"
> & { readonly requester: { readonly name: string; readonly role: string } };

export interface OfficerOptions {
  transport: Transport;
  /** its registrar key and trustee keys are pinned */
  deployment: Deployment;
  /** index of the officer's trustee, from 1 */
  trustee: number;
  authenticator: Authenticator;
}

type Decision = Approval["decision"];
/** The two parts of a case that a decision needs: Signed<Order> and sealed dossier, base64url. */
type Sealed = { readonly order: string; readonly dossier: string | null };

/**
 * @example
 * const officer = new Officer({
 *   transport: systemTransport(),
 *   deployment,
 *   trustee: 1,
 *   authenticator: browserAuthenticator({ rpId: "trustee.example", origin: location.origin }, [credentialId]),
 * });
 * for (const waiting of await officer.inbox()) {
 *   const reviewed = await officer.review(waiting);
 *   if (await confirmedByPerson(reviewed)) await officer.approve(reviewed);
 * }
 */
export class Officer {
  private readonly options: OfficerOptions;
  private readonly trusteeUrl: string;
  private session: LoginAnswer | undefined;
  private readonly parameters: ParametersCache;
  /** the pages of cases as they came last, by path */
  private readonly pages = new Map<string, { etag: string; page: InboxAnswer }>();

  /** @throws RangeError if the deployment has no trustee of this index */
  constructor(options: OfficerOptions) {
    const { deployment, trustee } = options;
    const url = deployment.trusteeUrls[trustee - 1];
    if (url === undefined || deployment.trusteeKeys[trustee - 1] === undefined)
      throw new RangeError(`trustee ${trustee}: not in the deployment`);
    this.options = options;
    this.trusteeUrl = url;
    this.parameters = new ParametersCache(options.transport, deployment);
  }

  /** The parts with which this officer acts at its trustee, for approveResharing. */
  get access(): Pick<OfficerOptions, "transport" | "trustee" | "authenticator"> & { trusteeUrl: string } {
    const { transport, trustee, authenticator } = this.options;
    return { transport, trustee, authenticator, trusteeUrl: this.trusteeUrl };
  }

  private async token(): Promise<string> {
    const { transport, deployment, trustee, authenticator } = this.options;
    if (this.session && transport.now() < this.session.expires) return this.session.token;
    const { nonce } = await apiJson<LoginNonce>(transport, this.trusteeUrl, "/v1/officers/nonce", {
      method: "POST",
    });
    const challenge = loginChallenge({
      identityKey: hexToBytes(deployment.trusteeKeys[trustee - 1]!),
      origin: authenticator.origin,
      nonce: decodeAnswer("a login nonce", () => fromBase64url(nonce)),
    });
    const assertion = await authenticator.assert(challenge);
    this.session = await apiJson<LoginAnswer>(transport, this.trusteeUrl, "/v1/officers/login", {
      json: { nonce, assertion },
    });
    return this.session.token;
  }

  /** Signs in with the passkey, unless a token is still good. @returns the token's end, unix seconds */
  async signIn(): Promise<number> {
    await this.token();
    return this.signedInUntil;
  }

  /** The end of the token, unix seconds; 0 without one. Then `inbox` and `review` ask for the passkey first. */
  get signedInUntil(): number {
    return this.session?.expires ?? 0;
  }

  /** All cases in a state, by default those without enough decisions yet. @throws ApiError; SymbolonError bad-answer */
  async inbox(state = "ordered"): Promise<WaitingCase[]> {
    const list = {
      name: "waiting cases",
      most: MAX_WAITING_CASES,
      ask: async (cursor: string | undefined) => {
        const query = new URLSearchParams({ state, ...(cursor === undefined ? {} : { cursor }) });
        return this.inboxPage(`/v1/cases?${query}`);
      },
      itemsOf: (page: InboxAnswer) => page.cases,
      keyOf: (waiting: WaitingCase) => waiting.caseId,
    };
    const cases: WaitingCase[] = [];
    for await (const waiting of eachItem(list)) cases.push(waiting);
    return cases;
  }

  /** A page of a list of cases. If it is as it was at the last time, it does not travel again. */
  private async inboxPage(path: string): Promise<InboxAnswer> {
    const known = this.pages.get(path);
    const answer = await api(this.options.transport, this.trusteeUrl, path, {
      bearer: await this.token(),
      ...(known && { headers: { "if-none-match": known.etag } }),
    });
    if (known && answer.status === 304) return known.page;
    const page = await jsonOf<InboxAnswer>(answer, `GET ${path}`);
    const etag = answer.headers.get("etag");
    if (etag === null) this.pages.delete(path);
    else this.pages.set(path, { etag, page });
    return page;
  }

  /**
   * The order alone, verified, for a list of cases. `review` also opens the dossier.
   * @throws OfficerError bad-order
   */
  preview({ order }: Pick<Sealed, "order">): OrderPreview {
    const { deployment, transport } = this.options;
    const { order: o, requester } = readOrder(order, deployment, transport.now());
    return {
      caseId: bytesToHex(o.caseId),
      kind: o.kind,
      requester: { name: requester.name, role: requester.role },
      purpose: o.purpose,
      emergency: o.emergency,
      issuedAt: o.issuedAt,
      expiresAt: o.expiresAt,
    };
  }

  /**
   * The decisions of all trustees about an order. With `logged`, also checks that the log has the order.
   * @throws ApiError; OfficerError bad-order, wrong-progress, order-not-logged; ParametersError
   */
  async progress({ order }: Pick<Sealed, "order">, { logged = false } = {}): Promise<CaseProgress> {
    const { transport, deployment } = this.options;
    const verified = readOrder(order, deployment, transport.now());
    const path = `/v1/cases/${bytesToHex(verified.order.caseId)}`;
    const bearer = await this.token();
    const answer = await apiJson<CaseProgressAnswer>(transport, this.trusteeUrl, path, { bearer });
    const progress = readProgress(answer, verified, deployment, transport.now());
    if (logged) await requireLogged(this.options, this.parameters, verified, answer.order);
    return progress;
  }

  /** The decisions of this trustee's officers, the newest first. @throws ApiError; SymbolonError bad-answer */
  async decisions(): Promise<MadeDecision[]> {
    const { transport, deployment, trustee } = this.options;
    const key = deployment.trusteeKeys[trustee - 1]!;
    const list = {
      name: "decisions",
      most: MAX_WAITING_CASES,
      ask: async (cursor: string | undefined) =>
        apiJson<DecisionsAnswer>(
          transport,
          this.trusteeUrl,
          `/v1/decisions${cursor === undefined ? "" : `?cursor=${cursor}`}`,
          { bearer: await this.token() },
        ),
      itemsOf: (page: DecisionsAnswer) => page.decisions,
      keyOf: (signed: string) => signed,
    };
    const made: MadeDecision[] = [];
    for await (const signed of eachItem(list)) made.push(readOwnDecision(signed, trustee, key));
    return made.sort((a, b) => b.at - a.at);
  }

  /**
   * The order and its dossier, for the officer to read.
   * @throws ApiError; OfficerError no-dossier, bad-order, other-dossier, other-review
   */
  async review(waiting: Sealed): Promise<ReviewedCase> {
    const { transport, deployment } = this.options;
    const { order, dossier } = waiting;
    if (dossier === null) throw new OfficerError("no-dossier");
    const verified = readOrder(order, deployment, transport.now());
    const shown = await apiJson<Review>(transport, this.trusteeUrl, "/v1/cases/review", {
      json: { order, dossier },
      bearer: await this.token(),
    });
    const bytes = decodeAnswer("a dossier", () => fromBase64url(shown.dossier));
    const opened = readDossier(bytes, verified, deployment);
    const description = compareReview(verified, opened.dossier, shown.description);
    const documents = { waiting: { order, dossier }, verified, dossierHash: opened.hash };
    return { ...description, person: opened.person, documents };
  }

  /**
   * Approves a reviewed order with the passkey, and takes the trustee's signed approval to the escrow.
   * @throws ApiError; OfficerError other-decision
   */
  approve(reviewed: ReviewedCase, reason = ""): Promise<Approval> {
    return this.decide(reviewed, "approve", reason);
  }

  /** Refuses a reviewed order. @throws as `approve` */
  refuse(reviewed: ReviewedCase, reason = ""): Promise<Approval> {
    return this.decide(reviewed, "refuse", reason);
  }

  private async decide({ documents }: ReviewedCase, decision: Decision, reason: string): Promise<Approval> {
    const { transport, deployment, trustee, authenticator } = this.options;
    const { waiting, verified, dossierHash } = documents;
    const { caseId } = verified.order;
    const act = { caseId, orderHash: verified.hash, trustee, decision, dossierHash };
    const assertion = await authenticator.assert(approvalChallenge(act));
    const signed = await apiBytes(transport, this.trusteeUrl, "/v1/cases/decide", {
      json: { ...waiting, decision, reason, assertion },
    });
    const verdict = decodeAnswer("an approval", () =>
      verifyDecision(signed, {
        orderHash: verified.hash,
        caseId,
        trusteeKeys: deployment.trusteeKeys.map(hexToBytes),
        from: verified.order.issuedAt - CLOCK_TOLERANCE_SECONDS,
        to: transport.now() + CLOCK_TOLERANCE_SECONDS,
      }),
    );
    if (!verdict.ok) throw new OfficerError("other-decision", verdict.reason);
    const { decided } = verdict;
    if (decided.trustee !== trustee || decided.decision !== decision || !equalBytes(decided.dossierHash, dossierHash))
      throw new OfficerError("other-decision");
    await api(transport, deployment.escrowUrl, `/v1/cases/${bytesToHex(caseId)}/approvals`, { bytes: signed });
    return decided;
  }
}
