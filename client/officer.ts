// The SDK of an officer of one trustee. The officer reads the orders that wait, decides with a passkey, and the
// decision is taken to the escrow.
//
//   login   challenge of the trustee → assertion → token: only officers may read the orders
//   inbox   the cases that wait for this trustee
//   review  the findings of the trustee's Worker on order and dossier
//   decide  the challenge is made *here* from the order's own bytes (approvalChallenge), and not taken from the Worker.
//           So if the Worker lies about an order, the officer's assertion does not fit the true order
//
// The dossier is sealed to the trustee's Worker. So the officer sees only what the Worker says of the dossier.

import { Approval, approvalChallenge, Order, openSigned, orderHashOf } from "../protocol/documents.ts";
import { type Base64url, bytesToHex, fromBase64url, type Hex, toBase64url } from "../protocol/encodings.ts";
import { LABELS } from "../protocol/labels.ts";
import { decodeAnswer, textOfCause, translate } from "./errors.ts";
import { type Authenticator, OfficerError } from "./officer/passkeys.ts";
import { api, apiBytes, apiJson, type Transport } from "./transport.ts";

/** A case at this trustee. */
export interface WaitingCase {
  /** 32 bytes */
  caseId: Hex;
  /** Signed<Order> */
  order: Base64url;
  /** sealed to this trustee; null once it was deleted */
  dossier: Base64url | null;
  /** whether this trustee has decided */
  decided: boolean;
}

/** A case as the trustee's Worker reviewed it (`Review` of functions/shared/trustee-api.ts). */
export interface ReviewedCase {
  trustee: number;
  caseId: Hex;
  orderHash: Hex;
  kind: "link" | "trace" | "assemble";
  requester: { name: string; role: string; key: Hex };
  purpose: string;
  legalGround: string;
  /** epoch names, for example "2026-11" */
  epochs: { from: string; to: string };
  /** service ids; empty means all services */
  services: string[];
  emergency: boolean;
  /** unix seconds */
  issuedAt: number;
  expiresAt: number;
  /** the session of a link or trace, or the selector of an assemble */
  subject: { tid: string; tagHash: string; serviceId: string; epoch: string; at: number } | { selector: string };
  /** for the officer to read */
  warnings: string[];
  /** the challenges as the Worker computes them; `approve` and `refuse` below do not use them */
  challenges: { approve: string; refuse: string };
}

export interface OfficerOptions {
  transport: Transport;
  trusteeUrl: string;
  escrowUrl: string;
  authenticator: Authenticator;
}

type Decision = Approval["decision"];
/** The two parts of a case that a decision needs: Signed<Order> and sealed dossier, base64url. */
type Sealed = { readonly order: string; readonly dossier: string | null };

/**
 * @example
 * const officer = new Officer({
 *   transport: systemTransport(),
 *   trusteeUrl: deployment.trusteeUrls[0]!,
 *   escrowUrl: deployment.escrowUrl,
 *   authenticator: browserAuthenticator("trustee.example", [credentialId]),
 * });
 * for (const waiting of await officer.inbox()) {
 *   const { purpose, warnings } = await officer.review(waiting);
 *   if (warnings.length === 0 && purpose !== "") await officer.approve(waiting);
 * }
 */
export class Officer {
  private readonly options: OfficerOptions;
  private session: { token: string; expires: number } | undefined;

  constructor(options: OfficerOptions) {
    this.options = options;
  }

  /** The parts with which this officer acts at its trustee, for approveResharing. */
  get access(): Pick<OfficerOptions, "transport" | "trusteeUrl" | "authenticator"> {
    return this.options;
  }

  private async token(): Promise<string> {
    const { transport, trusteeUrl, authenticator } = this.options;
    if (this.session && transport.now() < this.session.expires) return this.session.token;
    const { challenge } = await apiJson<{ challenge: Base64url }>(transport, trusteeUrl, "/v1/officers/challenge", {
      method: "POST",
    });
    const assertion = await authenticator.assert(decodeAnswer("a login challenge", () => fromBase64url(challenge)));
    this.session = await apiJson<{ token: string; expires: number }>(transport, trusteeUrl, "/v1/officers/login", {
      json: { challenge, assertion },
    });
    return this.session.token;
  }

  /** All cases in a state, by default those without enough decisions yet. @throws ApiError */
  async inbox(state = "ordered"): Promise<WaitingCase[]> {
    const { transport, trusteeUrl } = this.options;
    const cases: WaitingCase[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ state, ...(cursor === null ? {} : { cursor }) });
      const page: { cases: WaitingCase[]; cursor: string | null } = await apiJson(
        transport,
        trusteeUrl,
        `/v1/cases?${query}`,
        { bearer: await this.token() },
      );
      cases.push(...page.cases);
      cursor = page.cursor;
    } while (cursor !== null);
    return cases;
  }

  /** The review of the order and its dossier by the trustee's Worker. @throws ApiError; OfficerError no-dossier */
  async review(waiting: Sealed): Promise<ReviewedCase> {
    const { transport, trusteeUrl } = this.options;
    const { order, dossier } = withDossier(waiting);
    return apiJson<ReviewedCase>(transport, trusteeUrl, "/v1/cases/review", {
      json: { order, dossier },
      bearer: await this.token(),
    });
  }

  /**
   * Approves an order with the passkey, and takes the trustee's signed approval to the escrow.
   * @throws ApiError; OfficerError no-dossier, bad-order, other-decision
   */
  approve(waiting: Sealed, reason = ""): Promise<Approval> {
    return this.decide(waiting, "approve", reason);
  }

  /** Refuses an order. @throws as `approve` */
  refuse(waiting: Sealed, reason = ""): Promise<Approval> {
    return this.decide(waiting, "refuse", reason);
  }

  private async decide(waiting: Sealed, decision: Decision, reason: string): Promise<Approval> {
    const { transport, trusteeUrl, escrowUrl, authenticator } = this.options;
    const { order: orderText, dossier } = withDossier(waiting);
    const { order, orderHash } = readOrder(orderText);
    const { index: trustee } = await apiJson<{ index: number }>(transport, trusteeUrl, "/v1/card");
    const challenge = approvalChallenge({ caseId: order.caseId, orderHash, trustee, decision });
    const assertion = await authenticator.assert(challenge);
    const signed = await apiBytes(transport, trusteeUrl, "/v1/cases/decide", {
      json: { order: orderText, dossier, decision, reason, assertion },
    });
    const approval = decodeAnswer("an approval", () => openSigned(LABELS.approval, Approval, signed).value);
    if (
      approval.trustee !== trustee ||
      approval.decision !== decision ||
      toBase64url(approval.orderHash) !== toBase64url(orderHash)
    )
      throw new OfficerError("other-decision");
    await api(transport, escrowUrl, `/v1/cases/${bytesToHex(order.caseId)}/approvals`, { bytes: signed });
    return approval;
  }
}

/** @throws OfficerError no-dossier */
function withDossier({ order, dossier }: Sealed): { order: string; dossier: string } {
  if (dossier === null) throw new OfficerError("no-dossier");
  return { order, dossier };
}

/** @throws OfficerError bad-order */
function readOrder(text: string): { order: Order; orderHash: Uint8Array } {
  return translate(
    () => {
      const bytes = fromBase64url(text);
      return { order: openSigned(LABELS.signOrder, Order, bytes).value, orderHash: orderHashOf(bytes) };
    },
    (cause) => new OfficerError("bad-order", textOfCause(cause), { cause }),
  );
}
