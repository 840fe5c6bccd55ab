// S6 Quorum, at the officers. A login cannot be passed off as an approval, nor an invented, removed or twice registered passkey
// as an officer. A Worker cannot show its officer another order. Approvals alone give no identity, and an assemble can need more
// approvals than a link.
//
// The set-up has 3 trustees with threshold 2; an assemble needs 3 approvals. Trustee 2 is the attacker's, who has its keys. Its
// Worker shows its officer something else if the order's purpose says so.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CaseProofs } from "../../api/case-proofs.ts";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { AssertionJson } from "../../client/officer/passkeys.ts";
import { SoftwarePasskey } from "../../client/officer/software-passkey.ts";
import { Officer } from "../../client/officer.ts";
import { registerOfficer, removeOfficer } from "../../client/operator/ceremony.ts";
import type { PreparedOrder, Requester, RequesterKeys } from "../../client/requester.ts";
import { apiJson, type Transport } from "../../client/transport.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { appendEntryBytes } from "../../functions/shared/log-writer.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { Approval, approvalChallenge } from "../../protocol/approvals.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { Dossier, dossierHashOf, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { OfficerCard, officerEntry } from "../../protocol/officer-card.ts";
import {
  approve,
  approvedBy,
  enrolled,
  LINK,
  MARKED,
  newRequester,
  type OwnedTrustee,
  outcome,
  ownTrustee,
  playedBy,
  START,
  visit,
  waitingAt,
} from "./cases.ts";

let p: Practice;
let clinic: Clinic;
let requester: Requester;
let keys: RequesterKeys;
let session: ClinicSession;
let own: OwnedTrustee;
let selector: string;
const EPOCH = epochOf(START);

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: 4,
    epochs: 2,
    assembleThreshold: 3,
    weaken: { "trustee-2": [MARKED, playedBy("lying-review", "functions/trustee/officers.ts")] },
  });
  clinic = await p.openClinic("General practice");
  const alice = await enrolled(p, "Alice");
  selector = alice.selector;
  session = await visit(alice.wallet, clinic);
  ({ requester, keys } = await newRequester(p, "Dr. Mallory"));
  own = ownTrustee(p.host, 2);
}, 240_000);
afterAll(() => p?.stop());

const RP = { rpId: "officers.example", origin: "https://officers.example" };
const urlOf = (trustee: number): string => p.deployment.trusteeUrls[trustee - 1]!;
const officerAt = (trustee: number, authenticator: SoftwarePasskey, transport: Transport = p.transport) =>
  new Officer({ transport, deployment: p.deployment, trustee, authenticator });

async function ordered(purpose: string): Promise<PreparedOrder> {
  const epochs = { from: EPOCH, to: EPOCH };
  const subject = { checkIn: session.checkInBytes };
  const prepared = await requester.order({ ...LINK, purpose, epochs, emergency: true, subject });
  await requester.submit(prepared);
  return prepared;
}
const actOf = (prepared: PreparedOrder) => {
  const dossier = hybridOpen(own.keys.transport.secretKey, prepared.hash, prepared.dossiers[1]!);
  expect(Dossier.decode(dossier).checkIn).toEqual(session.checkInBytes);
  const head = { caseId: prepared.order.caseId, orderHash: prepared.hash, dossierHash: dossierHashOf(dossier) };
  return { ...head, trustee: 2, decision: "approve" as const };
};
/** An approval that the attacker signs with trustee 2's key, brought to the escrow. */
const bring = (prepared: PreparedOrder, officerCard: Uint8Array, assertion: AssertionJson): Promise<string> => {
  const approval: Approval = {
    ...actOf(prepared),
    reason: "",
    officerCard,
    authenticatorData: readBase64url(assertion.authenticatorData),
    clientDataJSON: readBase64url(assertion.clientDataJSON),
    signature: readBase64url(assertion.signature),
    at: p.clock.now,
  };
  const bytes = signDocument(LABELS.signApproval, Approval, approval, own.keys.signer);
  return outcome(() => approvalOf(prepared, bytes));
};
const approvalOf = (prepared: PreparedOrder, bytes: Uint8Array): Promise<unknown> =>
  apiJson(p.transport, p.deployment.escrowUrl, `/v1/cases/${prepared.caseId}/approvals`, { bytes });

describe("a login", () => {
  it("is no approval, even if the Worker hands out an approval's challenge as its nonce", async () => {
    const passkey = await SoftwarePasskey.create(RP);
    const card = await registerOfficer(p.transport, urlOf(2), p.host.adminSecretKey, passkey.registration);
    const prepared = await ordered("login");
    const challenge = approvalChallenge(actOf(prepared));
    const seen: AssertionJson[] = [];
    const lying: Transport = {
      ...p.transport,
      fetch: (async (url: string, init?: RequestInit) => {
        if (url.endsWith("/officers/nonce")) return Response.json({ nonce: toBase64url(challenge) });
        if (url.endsWith("/officers/login"))
          seen.push(
            (JSON.parse(new TextDecoder().decode(init?.body as Uint8Array)) as { assertion: AssertionJson }).assertion,
          );
        return p.transport.fetch(url, init);
      }) as Transport["fetch"],
    };
    expect(await outcome(() => officerAt(2, passkey, lying).inbox())).toBe("credential-refused");
    expect(await bring(prepared, card, seen[0]!)).toBe("credential-refused");
    // Control: a client that signs what the server sends would have approved.
    expect(await bring(prepared, card, await passkey.assert(challenge))).toBe("accepted");
  });
});

describe("a passkey", () => {
  it("that a trustee's Worker invents counts only once the log shows its card", async () => {
    const passkey = await SoftwarePasskey.create(RP);
    const { now } = p.clock;
    const value = {
      trustee: 2,
      credentialId: readBase64url(passkey.credentialId),
      publicKey: passkey.publicKey,
      ...RP,
      notBefore: now,
      notAfter: now + 86_400,
    };
    const card = signDocument(LABELS.signOfficer, OfficerCard, value, own.keys.signer);
    const prepared = await ordered("invented");
    const assertion = await passkey.assert(approvalChallenge(actOf(prepared)));
    expect(await bring(prepared, card, assertion)).toBe("credential-refused");
    const append = (SIGNING_KEY: string) =>
      outcome(() =>
        appendEntryBytes({ LOG_URL: p.deployment.logUrl, SIGNING_KEY } as never, now, officerEntry(card, now)),
      );
    const { escrow, registrar } = p.host.bindings;
    for (const other of [escrow, registrar])
      await expect(append(other!.SIGNING_KEY!)).rejects.toMatchObject({ code: "forbidden" });
    // Control: the trustee itself can log it, where everybody sees it.
    expect(await append(bytesToHex(own.keys.identitySecret))).toBe("accepted");
    expect(await bring(prepared, card, assertion)).toBe("accepted");
  });

  it("that is registered at two trustees decides once", async () => {
    const [passkey, other] = [await SoftwarePasskey.create(RP), await SoftwarePasskey.create(RP)];
    for (const trustee of [1, 3])
      await registerOfficer(p.transport, urlOf(trustee), p.host.adminSecretKey, passkey.registration);
    await registerOfficer(p.transport, urlOf(3), p.host.adminSecretKey, other.registration);
    const decide = async (prepared: PreparedOrder, trustee: number, key: SoftwarePasskey) => {
      const officer = officerAt(trustee, key);
      const reviewed = await officer.review(await waitingAt(p, prepared, trustee));
      return outcome(() => officer.approve(reviewed));
    };
    const prepared = await ordered("twice");
    expect(await decide(prepared, 1, passkey)).toBe("accepted");
    expect(await decide(prepared, 3, passkey)).toContain("conflict: This officer's passkey has already decided");
    expect((await requester.status(prepared)).state).toBe("ordered");
    const control = await ordered("two passkeys");
    expect(await decide(control, 1, passkey)).toBe("accepted");
    expect(await decide(control, 3, other)).toBe("accepted");
    expect((await requester.status(control)).state).toBe("approved");
  });

  it("that was removed neither logs in, nor reads with an old token, nor decides", async () => {
    const passkey = await SoftwarePasskey.create(RP);
    await registerOfficer(p.transport, urlOf(1), p.host.adminSecretKey, passkey.registration);
    const officer = officerAt(1, passkey);
    const prepared = await ordered("removed");
    const reviewed = await officer.review(await waitingAt(p, prepared, 1));
    const before = await ordered("before the removal");
    const first = await officer.review(await waitingAt(p, before, 1));
    expect(await outcome(() => officer.approve(first))).toBe("accepted"); // control
    await removeOfficer(p.transport, urlOf(1), p.host.adminSecretKey, passkey.credentialId);
    expect(await outcome(() => officer.inbox())).toBe("credential-refused");
    expect(await outcome(() => officer.approve(reviewed))).toBe("credential-refused");
    expect(await outcome(() => officerAt(1, passkey).inbox())).toBe("credential-refused");
  });
});

describe("a Worker that shows its officer another order", () => {
  const shown = async (purpose: string) => {
    const prepared = await ordered(purpose);
    return outcome(async () => p.officers[1]!.review(await waitingAt(p, prepared, 2)));
  };
  it("control: the order itself is shown", async () => expect(await shown("honest")).toBe("accepted"));
  it("with another purpose is found out", async () =>
    expect(await shown("hide purpose")).toBe('other-review: the field "purpose"'));
  it("with other months is found out", async () =>
    expect(await shown("hide epochs")).toBe('other-review: the field "epochs"'));
  it("with another case's dossier is found out", async () =>
    expect(await shown("hide dossier")).toBe("other-dossier: it has another subject"));
});

describe("an assemble", () => {
  const assemble = async (trustees: readonly number[]) => {
    const request = {
      kind: "assemble" as const,
      purpose: "care",
      legalGround: "GDPR Article 9(2)(h)",
      epochs: { from: EPOCH, to: EPOCH },
      emergency: true,
      subject: { selector },
    };
    return approvedBy(p, requester, request, trustees);
  };
  const proofsOf = (prepared: PreparedOrder) =>
    apiJson<CaseProofs>(p.transport, p.deployment.escrowUrl, `/v1/cases/${prepared.caseId}/proofs`, {
      signWith: keys.signSecretKey,
    });
  const identity = (prepared: PreparedOrder, proofs: CaseProofs) =>
    outcome(() =>
      apiJson(p.transport, p.deployment.registrarUrl, "/v1/assemble/identity", {
        signWith: keys.signSecretKey,
        json: { order: toBase64url(prepared.signed), proofs },
      }),
    );

  it("needs more approvals than a link if the parameters say so, and is opened by all of them", async () => {
    const prepared = await assemble([1, 2]);
    expect(await outcome(() => requester.advance(prepared))).toContain("awaiting-approvals: 3 approvals are needed");
    await approve(p, prepared, [3]);
    await requester.advance(prepared);
    const opened = await requester.openResult(prepared);
    expect(opened.set).toEqual([1, 2, 3]);
    expect(opened.sessions.map((s) => s.tagHash)).toEqual([session.tagHash]);
    expect(JSON.stringify((await requester.person(prepared)).patient)).toContain("Alice");
  });

  it("gives no identity for approvals alone, nor with the notice of another case", async () => {
    const earlier = await assemble([1, 2, 3]);
    await requester.advance(earlier);
    const other = await proofsOf(earlier);
    const prepared = await assemble([1, 2, 3]);
    expect(await outcome(() => requester.person(prepared))).toContain("not-allowed-now");
    const { decisions } = await requester.status(prepared);
    const approvals = decisions.map((d) => d.approval);
    expect(await identity(prepared, { ...other, approvals })).toBe("credential-refused");
    expect(await identity(prepared, other)).toBe("credential-refused");
    await requester.advance(prepared);
    const proofs = await proofsOf(prepared);
    expect(await identity(prepared, { ...proofs, notice: other.notice })).toBe("credential-refused");
    expect(await identity(prepared, { ...proofs, orderInclusion: other.orderInclusion })).toBe("credential-refused");
    expect(await identity(prepared, proofs)).toBe("accepted"); // control
  });
});
