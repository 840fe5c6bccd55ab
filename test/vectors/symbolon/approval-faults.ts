// Makes approval-faults.json: lists of approvals that break one thing. Passkey, officer's card and trustee sign anew around
// it.

import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Approval, approvalChallenge } from "../../../protocol/approvals.ts";
import { concatBytes, utf8ToBytes } from "../../../protocol/bytes.ts";
import { signDocument } from "../../../protocol/documents.ts";
import { toBase64url } from "../../../protocol/encodings.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { OfficerCard } from "../../../protocol/officer-card.ts";
import { type Act, type OfficerInput, testOfficer } from "../../support/officers.ts";
import { hex, hexes, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

const passkeyOf = (name: string): Uint8Array => p256.keygen(rngOf(`officer ${name}`)(48)).secretKey;
const N = p256.Point.CURVE().n;

/** An assertion made by hand: the parts of clientDataJSON and authenticatorData that it changes. */
interface Assertion {
  client?: { [key: string]: Json };
  /** bytes in place of the JSON text */
  text?: (json: string) => Uint8Array;
  rpId?: string;
  flags?: number;
  authenticatorData?: (data: Uint8Array) => Uint8Array;
  passkey?: Uint8Array;
  signature?: (signature: Uint8Array) => Uint8Array;
  challenge?: Partial<Approval>;
}

export function approvalFaults(w: World): Json {
  const { order, orderHash } = w;
  const at = order.issuedAt + 60;
  const act: Act = {
    caseId: order.caseId,
    orderHash,
    dossierHash: rngOf("dossier hash")(32),
    decision: "approve",
    at,
  };
  const identity = (trustee: number): Uint8Array => w.committee[trustee - 1]!.identitySecret;
  const officer = (trustee: number, change: Partial<OfficerInput> = {}) =>
    testOfficer({
      trustee,
      identitySecret: identity(trustee),
      passkey: passkeyOf(`${trustee}`),
      notBefore: w.issuedAt,
      ...change,
    });
  const by = (trustee: number, change: Partial<Act> = {}): Uint8Array => officer(trustee).decide({ ...act, ...change });

  /** trustee 1's approval with an assertion of its own passkey that differs in one part */
  function asserted({
    client,
    text,
    rpId,
    flags,
    authenticatorData,
    passkey,
    signature,
    challenge,
  }: Assertion): Uint8Array {
    const own = approvalChallenge({ ...act, trustee: 1, ...challenge });
    const json = JSON.stringify({
      type: "webauthn.get",
      challenge: toBase64url(own),
      origin: "https://officer.test",
      crossOrigin: false,
      ...client,
    });
    const clientDataJSON = text?.(json) ?? utf8ToBytes(json);
    const data = concatBytes(sha256(utf8ToBytes(rpId ?? "officer.test")), Uint8Array.of(flags ?? 0x05, 0, 0, 0, 1));
    const made = authenticatorData?.(data) ?? data;
    const message = concatBytes(made, sha256(clientDataJSON));
    const der = p256.sign(message, passkey ?? passkeyOf("1"), { format: "der" });
    return officer(1).decide(act, { authenticatorData: made, clientDataJSON, signature: signature?.(der) ?? der });
  }
  const card = (change: Partial<OfficerCard>): Uint8Array => officer(1, { card: change }).decide(act);
  /** trustee 1's approval with a card that another key signed */
  const cardBy = (key: Uint8Array, label: typeof LABELS.signOfficer | typeof LABELS.signTrustee): Uint8Array => {
    const value = OfficerCard.decode(officer(1).card.slice(2 + 32 + 64 + 4));
    return officer(1).decide(act, {
      officerCard: signDocument(label as typeof LABELS.signOfficer, OfficerCard, value, key),
    });
  };
  /** the same signature with r or s changed */
  const reshaped = (change: (s: { r: bigint; s: bigint }) => { r: bigint; s: bigint }) => (der: Uint8Array) => {
    const { r, s } = p256.Signature.fromBytes(der, "der");
    const next = change({ r, s });
    return new p256.Signature(next.r, next.s).toBytes("der");
  };

  const entry = (reason: string, name: string, approvals: Uint8Array[], judged: { [key: string]: Json } = {}) => ({
    kind: "approvals",
    class: name,
    reason,
    approvals: hexes(approvals),
    ...judged,
  });
  /** trustee 1's approval is the broken one, trustee 2's is right */
  const first = (reason: string, name: string, approval: Uint8Array) => entry(reason, name, [approval, by(2)]);
  const other = rngOf("another order")(32);
  const assertion = "assertion does not verify";
  const unreadable = "officer's card of another trustee, or unreadable";
  const days = 86_400;
  return {
    caseId: hex(order.caseId),
    orderHash: hex(orderHash),
    trusteeKeys: hexes(w.committee.map((t) => t.identityKey)),
    from: order.issuedAt,
    to: order.expiresAt,
    needed: 2,
    entries: [
      first("accepted 1,2", "honest", by(1)),
      first("accepted 1,2", "assertion made by hand", asserted({})),
      first(
        "accepted 1,2",
        "backed up, with extensions",
        asserted({ flags: 0x9d, authenticatorData: (d) => concatBytes(d, new Uint8Array(9)) }),
      ),
      first(
        "accepted 1,2",
        "more fields in clientDataJSON",
        asserted({ client: { topOrigin: "https://officer.test", other: 1 } }),
      ),
      first(
        "accepted 1,2",
        "s above n/2, as authenticators make it",
        asserted({ signature: reshaped(({ r, s }) => ({ r, s: s > N / 2n ? s : N - s })) }),
      ),
      first("accepted 1,2", "at the order's first second", by(1, { at: order.issuedAt })),
      first("accepted 1,2", "at the order's last second", by(1, { at: order.expiresAt })),
      entry("accepted 1,3", "trustees 1 and 3", [by(1), by(3)]),
      entry("accepted 1,2,3", "three where three are needed", [by(1), by(2), by(3)], { needed: 3 }),

      first(assertion, "wrong origin", asserted({ client: { origin: "https://officer.test.evil" } })),
      first(assertion, "no origin", asserted({ client: { origin: null } })),
      first(assertion, "cross-origin", asserted({ client: { crossOrigin: true } })),
      first(assertion, "wrong rpId", asserted({ rpId: "evil.test" })),
      first(assertion, "wrong type", asserted({ client: { type: "webauthn.create" } })),
      first(assertion, "not user-present", asserted({ flags: 0x04 })),
      first(assertion, "not user-verified", asserted({ flags: 0x01 })),
      first(assertion, "no flags", asserted({ authenticatorData: (d) => d.slice(0, 32) })),
      first(assertion, "another passkey signs", asserted({ passkey: passkeyOf("2") })),
      first(assertion, "clientDataJSON is no JSON", asserted({ text: (json) => utf8ToBytes(json.slice(1)) })),
      first(assertion, "clientDataJSON is null", asserted({ text: () => utf8ToBytes("null") })),
      first(
        assertion,
        "signature not in DER",
        asserted({ signature: (der) => p256.Signature.fromBytes(der, "der").toBytes("compact") }),
      ),
      first(
        assertion,
        "counter altered after signing",
        officer(1).decide(act, {
          authenticatorData: concatBytes(sha256(utf8ToBytes("officer.test")), Uint8Array.of(5, 0, 0, 0, 2)),
        }),
      ),
      first(assertion, "challenge: another order", asserted({ challenge: { orderHash: other } })),
      first(assertion, "challenge: another case", asserted({ challenge: { caseId: other } })),
      first(assertion, "challenge: another dossier", asserted({ challenge: { dossierHash: other } })),
      first(assertion, "challenge: another trustee", asserted({ challenge: { trustee: 2 } })),
      first(assertion, "challenge: a refusal", asserted({ challenge: { decision: "refuse" } })),

      first("outside the order's time", "before the order", by(1, { at: order.issuedAt - 1 })),
      first("outside the order's time", "after the order", by(1, { at: order.expiresAt + 1 })),
      first("of another order", "another order hash", by(1, { orderHash: other })),
      first("of another order", "another case", by(1, { caseId: other })),
      first("officer's card out of date", "card expired", card({ notBefore: at - days, notAfter: at })),
      first("officer's card out of date", "card not begun", card({ notBefore: at + 1, notAfter: at + days })),
      first("accepted 1,2", "card in its first and last second", card({ notBefore: at, notAfter: at + 1 })),
      first(unreadable, "card of more than a year", card({ notAfter: w.issuedAt + 366 * days + 1 })),
      first(unreadable, "card that ends before it begins", card({ notBefore: at + 1, notAfter: at })),
      first(unreadable, "card names another trustee", card({ trustee: 2 })),
      first(unreadable, "card signed by another trustee", cardBy(identity(2), LABELS.signOfficer)),
      first(unreadable, "card signed under another label", cardBy(identity(1), LABELS.signTrustee)),
      first(unreadable, "passkey's key not on the curve", card({ publicKey: offCurve(officer(1).card) })),
      first("not by trustee 1", "signed by another trustee", officer(1).decide(act, {}, { signedBy: identity(2) })),
      first("not by trustee 4", "trustee beyond the committee", officer(1).decide(act, { trustee: 4 })),
      first("not by trustee 0", "trustee 0", officer(1).decide(act, { trustee: 0 })),
      first("a refusal among them", "denied", by(1, { decision: "refuse" })),
      first("of different dossiers", "another dossier", by(1, { dossierHash: other })),
      first("too long", "longer than a decision may be", officer(1).decide(act, { reason: "x".repeat(33_000) })),
      entry("one passkey twice", "one officer at two trustees", [
        by(1),
        officer(2, { passkey: passkeyOf("1"), card: { credentialId: new Uint8Array(16) } }).decide(act),
      ]),
      entry("not ascending by trustee", "one trustee twice, two officers", [
        by(1),
        officer(1, { passkey: passkeyOf("1b") }).decide(act),
      ]),
      entry("not ascending by trustee", "not in order", [by(2), by(1)]),
      entry("1, and 2 are needed", "too few", [by(1)]),
      entry("0, and 2 are needed", "none", []),
      entry("3, and 2 are needed", "too many", [by(1), by(2), by(3)]),
    ],
  };
}

/** The COSE key of a signed card with its y changed. */
function offCurve(card: Uint8Array): Uint8Array {
  const { publicKey } = OfficerCard.decode(card.slice(2 + 32 + 64 + 4));
  publicKey[publicKey.length - 1]! ^= 1;
  return publicKey;
}
