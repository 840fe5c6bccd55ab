// Officers for tests, made by hand from a P-256 key: a card as their trustee signs it, and approvals with a WebAuthn assertion.

import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Approval, approvalChallenge } from "../../protocol/approvals.ts";
import { concatBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { OfficerCard, officerEntry } from "../../protocol/officer-card.ts";

const CARD_SECONDS = 365 * 86_400;
/** what an authenticator of this origin signs with */
const RP = { rpId: "officer.test", origin: "https://officer.test" };

export interface OfficerInput {
  trustee: number;
  /** Ed25519 secret of the trustee that signs card and approvals */
  identitySecret: Uint8Array;
  /** P-256 secret of the passkey, 32 bytes */
  passkey: Uint8Array;
  notBefore: number;
  /** changes of the card */
  card?: Partial<OfficerCard>;
}

/** The act that an approval states. */
export type Act = Pick<Approval, "caseId" | "orderHash" | "dossierHash" | "decision" | "at">;

export interface TestOfficer {
  readonly trustee: number;
  /** Signed<OfficerCard> */
  readonly card: Uint8Array;
  /** LogEntry "officer" of the card */
  readonly entry: Uint8Array;
  /** Signed<Approval>. `changes` come after the assertion was made; `challenge` replaces what the passkey signs. */
  decide(
    act: Act,
    changes?: Partial<Approval>,
    options?: { challenge?: Uint8Array; origin?: string; rpId?: string; signedBy?: Uint8Array },
  ): Uint8Array;
}

/** COSE_Key of a P-256 secret. */
function coseKeyOf(passkey: Uint8Array): Uint8Array {
  const point = p256.getPublicKey(passkey, false);
  return concatBytes(
    Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20),
    point.subarray(1, 33),
    Uint8Array.of(0x22, 0x58, 0x20),
    point.subarray(33),
  );
}

export function testOfficer({ trustee, identitySecret, passkey, notBefore, card: changed }: OfficerInput): TestOfficer {
  const publicKey = coseKeyOf(passkey);
  const value: OfficerCard = {
    trustee,
    credentialId: sha256(publicKey).subarray(0, 16),
    publicKey,
    ...RP,
    notBefore,
    notAfter: notBefore + CARD_SECONDS,
    ...changed,
  };
  const card = signDocument(LABELS.signOfficer, OfficerCard, value, identitySecret);
  return {
    trustee,
    card,
    entry: officerEntry(card, value.notBefore),
    decide(act, changes = {}, { challenge, origin = value.origin, rpId = value.rpId, signedBy = identitySecret } = {}) {
      const signed = toBase64url(challenge ?? approvalChallenge({ ...act, trustee }));
      const clientDataJSON = utf8ToBytes(
        JSON.stringify({ type: "webauthn.get", challenge: signed, origin, crossOrigin: false }),
      );
      const authenticatorData = concatBytes(sha256(utf8ToBytes(rpId)), Uint8Array.of(0x05, 0, 0, 0, 1));
      const message = concatBytes(authenticatorData, sha256(clientDataJSON));
      const approval: Approval = {
        ...act,
        trustee,
        reason: "",
        officerCard: card,
        authenticatorData,
        clientDataJSON,
        signature: p256.sign(message, passkey, { format: "der" }),
        ...changes,
      };
      return signDocument(LABELS.signApproval, Approval, approval, signedBy);
    },
  };
}
