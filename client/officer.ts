// The officer of one trustee: reads the orders that wait, decides with a passkey, takes the decision to the escrow.
//
//   login   challenge of the trustee → assertion → token: the orders are for officers' eyes
//   inbox   cases that wait for this trustee;  review: what the trustee's Worker found in order and dossier
//   decide  the challenge is made *here* from the order's own bytes (approvalChallenge), not taken from the Worker: so a
//           Worker that lies about an order gets no assertion that fits the true one
//
// The dossier is sealed to the trustee's Worker, so what the officer sees of it is as the Worker tells.

import { Approval, approvalChallenge, Order, openSigned, orderHashOf } from "../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../protocol/encodings.ts";
import { LABELS } from "../protocol/labels.ts";
import type { Authenticator } from "./software-passkey.ts";
import { api, apiBytes, apiJson, type Transport } from "./transport.ts";

export type { AssertionJson, Authenticator } from "./software-passkey.ts";

export interface WaitingCase {
  caseId: string;
  order: string;
  dossier: string | null;
  /** whether this trustee has decided */
  decided: boolean;
}

/** As functions/shared/trustee-api.ts `Review` answers it. */
export interface ReviewedCase {
  trustee: number;
  caseId: string;
  orderHash: string;
  kind: "link" | "trace" | "assemble";
  requester: { name: string; role: string; key: string };
  purpose: string;
  legalGround: string;
  epochs: { from: string; to: string };
  services: string[];
  emergency: boolean;
  issuedAt: number;
  expiresAt: number;
  subject: { tid: string; tagHash: string; serviceId: string; epoch: string; at: number } | { selector: string };
  warnings: string[];
  challenges: { approve: string; refuse: string };
}

export interface OfficerOptions {
  transport: Transport;
  trusteeUrl: string;
  escrowUrl: string;
  authenticator: Authenticator;
}

type Decision = Approval["decision"];
const encode = toBase64url;
const decode = fromBase64url;

/** An answer that does not fit what was asked for: the Worker is at fault, and nothing was signed or sent on. */
export class OfficerError extends Error {
  override name = "OfficerError";
}

export class Officer {
  private readonly options: OfficerOptions;
  private session: { token: string; expires: number } | undefined;

  constructor(options: OfficerOptions) {
    this.options = options;
  }

  private async token(): Promise<string> {
    const { transport, trusteeUrl, authenticator } = this.options;
    if (this.session && transport.now() < this.session.expires) return this.session.token;
    const { challenge } = await apiJson<{ challenge: string }>(transport, trusteeUrl, "/v1/officers/challenge", {
      method: "POST",
    });
    const assertion = await authenticator.assert(decode(challenge));
    this.session = await apiJson<{ token: string; expires: number }>(transport, trusteeUrl, "/v1/officers/login", {
      json: { challenge, assertion },
    });
    return this.session.token;
  }

  /** All cases in a state, "ordered" by default. */
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

  async review(waiting: Pick<WaitingCase, "order" | "dossier">): Promise<ReviewedCase> {
    const { transport, trusteeUrl } = this.options;
    const { order, dossier } = withDossier(waiting);
    return apiJson<ReviewedCase>(transport, trusteeUrl, "/v1/cases/review", {
      json: { order, dossier },
      bearer: await this.token(),
    });
  }

  approve(waiting: Pick<WaitingCase, "order" | "dossier">, reason = ""): Promise<Approval> {
    return this.decide(waiting, "approve", reason);
  }
  refuse(waiting: Pick<WaitingCase, "order" | "dossier">, reason = ""): Promise<Approval> {
    return this.decide(waiting, "refuse", reason);
  }

  private async decide(
    waiting: Pick<WaitingCase, "order" | "dossier">,
    decision: Decision,
    reason: string,
  ): Promise<Approval> {
    const { transport, trusteeUrl, escrowUrl, authenticator } = this.options;
    const { order: orderText, dossier } = withDossier(waiting);
    const orderBytes = decode(orderText);
    const order = openSigned(LABELS.signOrder, Order, orderBytes).value;
    const orderHash = orderHashOf(orderBytes);
    const { index: trustee } = await apiJson<{ index: number }>(transport, trusteeUrl, "/v1/card");
    const challenge = approvalChallenge({ caseId: order.caseId, orderHash, trustee, decision });
    const assertion = await authenticator.assert(challenge);
    const signed = await apiBytes(transport, trusteeUrl, "/v1/cases/decide", {
      json: { order: orderText, dossier, decision, reason, assertion },
    });
    const approval = openSigned(LABELS.approval, Approval, signed).value;
    if (
      approval.trustee !== trustee ||
      approval.decision !== decision ||
      encode(approval.orderHash) !== encode(orderHash)
    )
      throw new OfficerError("the trustee answered with another decision");
    const caseHex = Array.from(order.caseId, (b) => b.toString(16).padStart(2, "0")).join("");
    await api(transport, escrowUrl, `/v1/cases/${caseHex}/approvals`, { bytes: signed });
    return approval;
  }
}

function withDossier({ order, dossier }: Pick<WaitingCase, "order" | "dossier">): { order: string; dossier: string } {
  if (dossier === null) throw new OfficerError("this case has no dossier for this trustee any more");
  return { order, dossier };
}

/** The browser's authenticator: a passkey of this origin's RP. */
export function browserAuthenticator(rpId: string, credentialIds: string[]): Authenticator {
  return {
    async assert(challenge) {
      const credential = (await navigator.credentials.get({
        publicKey: {
          challenge: challenge as Uint8Array<ArrayBuffer>,
          rpId,
          userVerification: "required",
          allowCredentials: credentialIds.map((id) => ({
            type: "public-key",
            id: decode(id) as Uint8Array<ArrayBuffer>,
          })),
        },
      })) as PublicKeyCredential | null;
      if (!credential) throw new OfficerError("no passkey was used");
      const response = credential.response as AuthenticatorAssertionResponse;
      const text = (buffer: ArrayBuffer): string => encode(new Uint8Array(buffer));
      return {
        credentialId: text(credential.rawId),
        authenticatorData: text(response.authenticatorData),
        clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature),
      };
    },
  };
}
