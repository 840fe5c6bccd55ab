// Tests of a case from the order to the result, as the escrow carries it between requester, officers and trustees; then
// of inputs that the escrow must refuse. The trustees' answers are signed noise here. The escrow cannot read them, but
// it must never confuse their authors.

import { listDurableObjectIds } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import type { CaseProofs, OrderProof } from "../../api/case-proofs.ts";
import { apiJson } from "../../client/transport.ts";
import { ORDERS_PER_DAY } from "../../functions/escrow/order-quota.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { Approval } from "../../protocol/approvals.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import {
  LogEntry,
  type Order,
  openSigned,
  orderHashOf,
  RequesterCertificate,
  Signed,
  signDocument,
} from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { OfficerCard } from "../../protocol/officer-card.ts";
import { testOfficer } from "../support/officers.ts";
import { secret, trustees } from "./bindings.ts";
import {
  advance,
  api,
  asRequester,
  asTrustee,
  bindings,
  bring,
  caseOf,
  clock,
  code,
  complete,
  decide,
  decision,
  detail,
  dossiers,
  EPOCH,
  ESCROW_URL,
  freshWorld,
  inboxOf,
  keys,
  kindsLogged,
  monthsClosed,
  orderWith,
  outside,
  recordShares,
  result,
  rng,
  signOrder,
  status,
  submit,
  type TestCase,
  transport,
} from "./escrow-world.ts";

beforeEach(async () => {
  await freshWorld();
  await monthsClosed();
});

async function approved(changes: Parameters<typeof caseOf>[0] = {}, officers = [1, 2]): Promise<TestCase> {
  const c = caseOf(changes);
  await submit(c);
  if (c.order.kind === "assemble") await complete(c);
  for (const i of officers) await decide(c, i);
  return c;
}
async function opened(changes: Parameters<typeof caseOf>[0] = {}): Promise<TestCase> {
  const c = await approved(changes);
  await advance(c);
  await advance(c);
  return c;
}
/** The bundles that a trustee received, as text: all must be equal. */
const bundlesOf = (trustee: number): Set<string> =>
  new Set(outside.asked.filter((a) => a.trustee === trustee).map((a) => JSON.stringify(a.bundle)));
/** What the requester sealed to the two members of S. The escrow cannot read it. */
const requests = (): string[] => [1, 2].map(() => toBase64url(rng(2000)));

describe("a case", () => {
  it("link: is ordered, approved, noticed and opened, and each step is in the log before it becomes visible", async () => {
    const c = caseOf();
    const sealed = dossiers();
    expect(await submit(c, sealed)).toMatchObject({ state: "ordered", set: null });
    expect(kindsLogged()).toEqual(["order"]);
    expect(LogEntry.decode(outside.log[0]!)).toMatchObject({ subject: orderHashOf(c.signed), caseId: c.order.caseId });

    const { cases } = await inboxOf(3);
    expect(cases).toEqual([{ caseId: c.id, order: toBase64url(c.signed), dossier: sealed[2], decided: false }]);

    expect(await decide(c, 3)).toMatchObject({ state: "ordered", set: null, nonce: null });
    expect(await decide(c, 1)).toMatchObject({ state: "approved", set: [1, 3] });
    expect(kindsLogged()).toEqual(["order", "approval", "approval"]);
    expect((await inboxOf(2)).cases).toEqual([]);
    expect(await code(result(c))).toBe("not-allowed-now");

    expect(await advance(c)).toMatchObject({ state: "noticed" });
    expect(kindsLogged().at(-1)).toBe("notice");
    expect(await code(result(c))).toBe("not-allowed-now");

    expect(await advance(c)).toMatchObject({ state: "opened" });
    expect(kindsLogged().slice(3)).toEqual(["notice", "opening"]);
    expect((await result(c)).sealed).toHaveLength(2);
    expect(outside.asked.map((a) => `${a.round} ${a.trustee}`).sort()).toEqual(
      ["notice", "notice-shares", "result", "shares"].flatMap((r) => [`${r} 1`, `${r} 3`]),
    );
    expect(bundlesOf(1).size).toBe(1);
    expect(bundlesOf(3).size).toBe(1);
    expect(bundlesOf(2).size).toBe(0);
    const asked = outside.asked.find((a) => a.trustee === 3)!.bundle;
    expect(asked.dossier).toBe(sealed[2]);
    expect(await advance(c)).toMatchObject({ state: "opened" });
    expect(outside.asked).toHaveLength(8);
  });

  it("closes past months that the schedule has missed, once, before the order is answered", async () => {
    await bindings.ESCROW_DB.prepare("DELETE FROM closed_epochs").run();
    for (let epoch = EPOCH - 4; epoch < EPOCH; epoch++)
      await bindings.ESCROW_DB.prepare("INSERT INTO complete_epochs VALUES (?)").bind(epoch).run();
    const logged = () => outside.log.map((e) => LogEntry.decode(e).kind).filter((kind) => kind === "index-root").length;
    const c = caseOf({ epochFrom: EPOCH - 4, epochTo: EPOCH, emergency: true });
    await submit(c);
    expect(logged()).toBe(4); // the current month is still open
    await submit(c);
    expect(logged()).toBe(4);
  });

  it("a wide link is opened in chunks, newest first, and finished chunks can be read before the others are done", async () => {
    const c = await approved({ epochFrom: EPOCH - 9, epochTo: EPOCH - 2 }); // chunks of 1, 2, 4 and 1 epochs
    expect(await advance(c)).toMatchObject({ state: "noticed", chunks: { opened: 0, of: 4 } });
    expect(await code(result(c, "?chunk=0"))).toBe("not-allowed-now");
    expect(await code(recordShares(c, requests()))).toBe("not-allowed-now");
    for (const opened of [1, 2, 3]) {
      expect(await advance(c)).toMatchObject({ state: "noticed", chunks: { opened, of: 4 } });
      expect((await result(c, `?chunk=${opened - 1}`)).sealed).toHaveLength(2);
      expect(await code(result(c, `?chunk=${opened}`))).toBe("not-allowed-now");
      expect((await recordShares(c, requests())).sealed).toHaveLength(2);
      expect(kindsLogged().filter((k) => k === "opening")).toHaveLength(1);
    }
    expect(await advance(c)).toMatchObject({ state: "opened", chunks: { opened: 4, of: 4 } });
    expect(await code(result(c, "?chunk=4"))).toBe("malformed");
    expect(await code(result(c, "?chunk=x"))).toBe("malformed");
    const rounds = outside.asked.filter((a) => a.trustee === 1 && ["shares", "result"].includes(a.round));
    expect(rounds.map((a) => `${a.round} ${a.body.chunk}`)).toEqual(
      [0, 1, 2, 3].flatMap((k) => [`shares ${k}`, `result ${k}`]),
    );
    expect(await advance(c)).toMatchObject({ state: "opened" });
  });

  it("a chunk that fails half-way is asked for again, but only its missing parts", async () => {
    const c = await approved({ epochFrom: EPOCH - 4, epochTo: EPOCH - 2 });
    await advance(c);
    await advance(c);
    outside.down.add("trustee-2.test/v1/cases/result");
    expect(await code(advance(c))).toBe("unavailable");
    expect(await status(c)).toMatchObject({ state: "noticed", chunks: { opened: 1, of: 2 } });
    outside.down.clear();
    outside.asked.length = 0;
    await Promise.all([advance(c), advance(c)]);
    expect(await status(c)).toMatchObject({ state: "opened" });
    expect(new Set(outside.asked.map((a) => `${a.round} ${a.trustee} ${a.body.chunk}`))).toEqual(
      new Set(["result 2 1"]),
    );
  });

  it("trace: shares go to the requester, without a result round or record shares", async () => {
    const c = await opened({ kind: "trace", epochFrom: EPOCH, epochTo: EPOCH });
    expect(outside.asked.some((a) => a.round === "result")).toBe(false);
    expect((await result(c)).sealed).toHaveLength(2);
    expect(await code(recordShares(c, requests()))).toBe("not-allowed-now");
  });

  it("assemble: nobody can decide before the registrar's dossiers arrive, and they are accepted once", async () => {
    const c = caseOf({ kind: "assemble" });
    expect(await detail(submit(c, dossiers()))).toContain("0 expected");
    expect(await submit(c)).toMatchObject({ state: "ordered", dossiersComplete: false });
    expect((await inboxOf(1)).cases).toEqual([]);
    expect(await detail(decide(c, 1))).toContain("first add the registrar's dossiers");
    const full = dossiers();
    expect(await complete(c, full)).toMatchObject({ dossiersComplete: true });
    await complete(c, dossiers());
    expect((await inboxOf(2)).cases).toMatchObject([{ caseId: c.id, dossier: full[1] }]);
    for (const i of [1, 2]) await decide(c, i);
    await advance(c);
    expect(outside.asked.find((a) => a.trustee === 2)!.bundle.dossier).toBe(full[1]);
    const link = await approved();
    expect(await code(complete(link))).toBe("not-allowed-now");
  });

  it("gives the requester the proofs of the order at once, and of the approvals and the notice once it is logged", async () => {
    const c = caseOf();
    await submit(c);
    const order = await asRequester<OrderProof>(c, "/order-proof", "GET");
    expect(LogEntry.decode(readBase64url(order.orderInclusion.entry))).toMatchObject({ kind: "order" });
    for (const i of [1, 2]) await decide(c, i);
    expect(await code(asRequester(c, "/proofs", "GET"))).toBe("not-allowed-now");
    await advance(c);
    const proofs = await asRequester<CaseProofs>(c, "/proofs", "GET");
    const kinds = [...proofs.officerInclusions, proofs.notice.inclusion].map(
      (x) => LogEntry.decode(readBase64url(x.entry)).kind,
    );
    expect(kinds).toEqual(["officer", "officer", "notice"]);
    const signers = proofs.notice.signed.map((x) => Signed.decode(readBase64url(x)).key);
    expect(signers).toEqual([1, 2].map((i) => trustees[i - 1]!.identityPublicKey));
    const stranger = { signWith: secret("stranger") };
    for (const path of ["order-proof", "proofs"])
      expect(await code(api(transport, ESCROW_URL, `/v1/cases/${c.id}/${path}`, stranger))).toBe("credential-refused");
  });

  it("record shares come from S after the case is opened, and only the requester may ask for them", async () => {
    const c = await approved();
    expect(await code(recordShares(c, requests()))).toBe("not-allowed-now");
    await advance(c);
    await advance(c);
    outside.asked.length = 0;
    const asked = requests();
    expect((await recordShares(c, asked)).sealed).toHaveLength(2);
    expect(outside.asked.map((a) => a.trustee).sort()).toEqual([1, 2]);
    for (const { trustee, body } of outside.asked) expect(body.sealed).toBe(asked[trustee - 1]);
    for (const wrong of [[], asked.slice(1), [...asked, ...asked]])
      expect(await code(recordShares(c, wrong))).toBe("malformed");
    const stranger = { json: { sealed: asked }, signWith: secret("stranger") };
    expect(await code(api(transport, ESCROW_URL, `/v1/cases/${c.id}/record-shares`, stranger))).toBe(
      "credential-refused",
    );
  });

  it("every request can be repeated without effect", async () => {
    const c = caseOf();
    await submit(c);
    await submit(c, dossiers());
    const first = await decision(c, 1);
    await bring(c, first);
    await bring(c, first);
    await decide(c, 1); // another assertion of the same decision
    await decide(c, 2);
    await submit(c);
    const before = await status(c);
    await submit(c, dossiers());
    expect(await status(c)).toEqual(before);
    expect(kindsLogged()).toEqual(["order", "approval", "approval"]);
  });
});

describe("officers", () => {
  it("need a card in the log, and decide once, whatever number of trustees their passkey is registered at", async () => {
    const c = caseOf();
    await submit(c);
    const officerWith = (trustee: number, passkey: string) =>
      testOfficer({
        trustee,
        identitySecret: trustees[trustee - 1]!.identitySecret,
        passkey: secret(passkey),
        notBefore: clock.now - 60,
      });
    const unlogged = await decision(c, 1, "approve", {}, 1, officerWith(1, "invented"));
    outside.log.length = 1; // the order only
    expect(await code(bring(c, unlogged))).toBe("credential-refused");
    await decide(c, 1);
    const twice = await decision(c, 2, "approve", {}, 2, officerWith(2, "passkey 1"));
    expect(await detail(bring(c, twice))).toContain("at another trustee");
    expect(await status(c)).toMatchObject({ state: "ordered", set: null });
    expect(await decide(c, 2)).toMatchObject({ state: "approved" });
  });

  it("cannot be kept from deciding by a trustee that claims the credential id of another trustee's officer", async () => {
    const c = caseOf();
    await submit(c);
    const honest = openSigned(LABELS.signApproval, Approval, await decision(c, 2)).value;
    const { credentialId } = openSigned(LABELS.signOfficer, OfficerCard, honest.officerCard).value;
    const liar = testOfficer({
      trustee: 1,
      identitySecret: trustees[0]!.identitySecret,
      passkey: secret("the liar's own passkey"),
      notBefore: clock.now - 60,
      card: { credentialId }, // public: the log shows the card of trustee 2's officer
    });
    await bring(c, await decision(c, 1, "refuse", {}, 1, liar));
    await decide(c, 2);
    expect(await decide(c, 3)).toMatchObject({ state: "approved", set: [2, 3] });
  });

  it("whose approval names another dossier do not get into S, which the trustees would refuse", async () => {
    const c = caseOf();
    await submit(c);
    const act = { caseId: c.order.caseId, orderHash: orderHashOf(c.signed), decision: "approve" as const };
    const passkey = secret("passkey 1");
    const { identitySecret } = trustees[0]!;
    const liar = testOfficer({ trustee: 1, identitySecret, passkey, notBefore: clock.now - 60 });
    outside.log.push(liar.entry);
    await bring(c, liar.decide({ ...act, dossierHash: secret("no dossier"), at: clock.now }));
    expect(await decide(c, 2)).toMatchObject({ state: "ordered", set: null });
    expect(await decide(c, 3)).toMatchObject({ state: "approved", set: [2, 3] });

    // Two of them leave too few for any dossier, as two refusals do.
    const other = caseOf();
    await submit(other);
    const of = { ...act, caseId: other.order.caseId, orderHash: orderHashOf(other.signed), at: clock.now };
    await bring(other, liar.decide({ ...of, dossierHash: secret("no dossier") }));
    await decide(other, 2, "refuse");
    expect(await status(other)).toMatchObject({ state: "ordered" });
    expect(await decide(other, 3)).toMatchObject({ state: "refused", set: null });
  });

  it("cannot put an approval into S that is dated ahead of the escrow's clock", async () => {
    const c = caseOf();
    await submit(c);
    const ahead = async (seconds: number) => bring(c, await decision(c, 1, "approve", { at: clock.now + seconds }));
    expect(await code(ahead(601))).toBe("credential-refused");
    expect(await ahead(600)).toMatchObject({ state: "ordered" }); // control: clocks differ
  });

  it("cannot put an approval into S that is too long for the trustees to take", async () => {
    const c = caseOf();
    await submit(c);
    const long = await decision(c, 1, "approve", { reason: "x".repeat(60_000) });
    expect(await code(bring(c, long))).toBe("credential-refused");
    await bring(c, await decision(c, 1, "approve", { reason: "x".repeat(1000) })); // control
    expect(await decide(c, 3)).toMatchObject({ state: "approved", set: [1, 3] });
  });

  it("concurrent approvals fix one set of exactly t trustees and one nonce", async () => {
    const c = caseOf();
    await submit(c);
    const approvals = await Promise.all([1, 2, 3].map((i) => decision(c, i)));
    const answers = await Promise.all([...approvals, ...approvals].map((a) => bring(c, a)));
    const after = await status(c);
    expect(after.state).toBe("approved");
    expect(after.set).toHaveLength(2);
    expect(after.decisions).toHaveLength(3);
    const fixed = answers.filter((a) => a.set !== null);
    expect(new Set(fixed.map((a) => JSON.stringify([a.set, a.nonce])))).toEqual(
      new Set([JSON.stringify([after.set, after.nonce])]),
    );
    expect(kindsLogged().sort()).toEqual(["approval", "approval", "approval", "order"]);
  });

  it("concurrent steps produce one notice, one opening and one bundle", async () => {
    const c = await approved();
    const states = await Promise.all([advance(c), advance(c), advance(c)]);
    expect(states.every((s) => s.state === "noticed")).toBe(true);
    await Promise.all([advance(c), advance(c)]);
    expect((await status(c)).state).toBe("opened");
    expect(kindsLogged()).toEqual(["order", "approval", "approval", "notice", "opening"]);
    expect(bundlesOf(1).size).toBe(1);
    // Two answers of one trustee have different seals. All later rounds use the part that was recorded first.
    const carried = outside.asked.filter((a) => a.round === "notice" && a.trustee === 1).map((a) => a.body.parts);
    expect(new Set(carried.map((p) => JSON.stringify(p))).size).toBe(1);
  });

  it("a case that can no longer get t approvals is refused and stays refused", async () => {
    const c = caseOf();
    await submit(c);
    expect(await decide(c, 2, "refuse")).toMatchObject({ state: "ordered" });
    expect(await decide(c, 3, "refuse")).toMatchObject({ state: "refused" });
    expect(kindsLogged()).toEqual(["order", "refusal", "refusal"]);
    expect(await code(decide(c, 1))).toBe("not-allowed-now");
    expect(await advance(c)).toMatchObject({ state: "refused", set: null });
    expect((await inboxOf(1)).cases).toEqual([]);
    expect(outside.asked).toEqual([]);
    expect(await code(decide(c, 3, "refuse"))).toBe("accepted");
  });

  it("one refusal of three does not stop two approvals, and a late refusal is recorded without effect", async () => {
    const c = caseOf();
    await submit(c);
    await decide(c, 1, "refuse");
    await decide(c, 2);
    expect(await decide(c, 3)).toMatchObject({ state: "approved", set: [2, 3] });
    const other = await approved({}, [1, 2]);
    expect(await decide(other, 3, "refuse")).toMatchObject({ state: "approved", set: [1, 2] });
    expect(kindsLogged().at(-1)).toBe("refusal");
  });

  it("no officer decides twice", async () => {
    const c = caseOf();
    await submit(c);
    await decide(c, 1);
    expect(await code(decide(c, 1, "refuse"))).toBe("conflict");
    expect((await status(c)).decisions).toMatchObject([{ trustee: 1, decision: "approve" }]);
  });

  it("a document that is no decision of a pinned trustee's officer about this order is refused and not logged", async () => {
    const c = caseOf();
    await submit(c);
    const other = caseOf();
    await submit(other);
    const logged = kindsLogged();
    expect(await code(bring(c, await decision(c, 1, "approve", {}, 2)))).toBe("credential-refused");
    expect(await code(bring(c, await decision(c, 1, "approve", { trustee: 4 })))).toBe("credential-refused");
    expect(await code(bring(c, await decision(c, 1, "approve", { decision: "refuse" })))).toBe("credential-refused");
    expect(await code(bring(c, await decision(c, 1, "approve", { orderHash: rng(32) })))).toBe("credential-refused");
    expect(await code(bring(c, await decision(c, 1, "approve", { caseId: other.order.caseId })))).toBe(
      "credential-refused",
    );
    expect(await code(bring(other, await decision(c, 1)))).toBe("credential-refused");
    const mauled = await decision(c, 1);
    mauled[mauled.length - 1]! ^= 1;
    expect(await code(bring(c, mauled))).toBe("malformed");
    expect(await code(bring(c, rng(300)))).toBe("malformed");
    expect(kindsLogged()).toEqual(logged);
    expect((await status(c)).decisions).toEqual([]);
  });

  it("a trustee reads its inbox in pages, and no one else can", async () => {
    const stranger = { signWith: secret("stranger") };
    expect(await code(api(transport, ESCROW_URL, "/v1/cases?state=ordered", stranger))).toBe("forbidden");
    expect(await code(api(transport, ESCROW_URL, "/v1/cases?state=ordered"))).toBe("credential-refused");
    expect(await code(inboxOf(1, "?state=everything"))).toBe("malformed");
    expect(await code(inboxOf(1, "?cursor=zz"))).toBe("malformed");
    const all = Array.from({ length: 34 }, () => caseOf());
    for (const c of all) await submit(c);
    const first = await inboxOf(1);
    expect(first.cases).toHaveLength(32);
    const second = await inboxOf(1, `?state=ordered&cursor=${first.cursor}`);
    expect(second.cursor).toBeNull();
    expect([...first.cases, ...second.cases].map((x) => x.caseId)).toEqual(all.map((c) => c.id).sort());
  });
});

describe("orders that the escrow refuses", () => {
  const refusedOrder = async (changes: Partial<Order>): Promise<string> => code(submit(caseOf(changes)));

  it.each<[string, string, () => Partial<Order>]>([
    ["run out", "expired", () => ({ expiresAt: clock.now })],
    // The requester's order is well formed, and its clock is wrong: so the answer names the clock.
    ["of the future", "clock-skew", () => ({ issuedAt: clock.now + 301 })],
    ["for ever", "malformed", () => ({ expiresAt: clock.now + 91 * 86_400 })],
    ["epochs the wrong way round", "malformed", () => ({ epochFrom: EPOCH - 1, epochTo: EPOCH - 2 })],
    ["an epoch that has not begun", "malformed", () => ({ epochTo: EPOCH + 1, emergency: true })],
    ["the current epoch, no emergency", "not-allowed-now", () => ({ epochTo: EPOCH })],
    ["too many epochs", "malformed", () => ({ epochFrom: EPOCH - 400, epochTo: EPOCH - 2 })],
    ["epochs without parameters", "not-allowed-now", () => ({ epochFrom: EPOCH - 20 })],
    ["other trustees' keys", "malformed", () => ({ keySetId: rng(32) })],
    ["a service twice", "malformed", () => ({ services: [new Uint8Array(16), new Uint8Array(16)] })],
    ["no purpose", "malformed", () => ({ purpose: " " })],
    ["no legal ground", "malformed", () => ({ legalGround: "" })],
  ])("%s: %s", async (_name, expected, changes) => {
    expect(await refusedOrder(changes())).toBe(expected);
    expect(outside.log).toEqual([]);
  });

  it("an order dated ahead by no more than the parameters' window is accepted (control)", async () => {
    expect(await refusedOrder({ issuedAt: clock.now + 300 })).toBe("accepted");
  });

  it("an emergency order may name the current epoch (control)", async () => {
    expect(await refusedOrder({ epochTo: EPOCH, emergency: true })).toBe("accepted");
  });

  it("keys that the registrar did not certify", async () => {
    const order = orderWith();
    const send = (signed: Uint8Array, signWith = keys.signSecretKey) =>
      code(
        apiJson(transport, ESCROW_URL, "/v1/cases", {
          json: { order: toBase64url(signed), dossiers: dossiers() },
          signWith,
        }),
      );
    expect(await send(signOrder(order, secret("stranger")))).toBe("credential-refused");
    expect(await send(signOrder(order), secret("stranger"))).toBe("credential-refused");
    const dates = { notBefore: order.issuedAt, notAfter: order.expiresAt };
    const self = { signKey: keys.signPublicKey, sealKey: keys.seal.publicKey, name: "Dr Ward", role: "any", ...dates };
    const certificate = signDocument(LABELS.signRequester, RequesterCertificate, self, keys.signSecretKey);
    expect(await send(signOrder({ ...order, certificate }))).toBe("credential-refused");
    const mauled = signOrder(order);
    mauled[200]! ^= 1;
    expect(await send(mauled)).toBe("malformed");
    expect(outside.log).toEqual([]);
  });

  it("a case id can be used for one order only", async () => {
    const c = caseOf();
    await submit(c);
    expect(await code(submit(caseOf({ caseId: c.order.caseId, purpose: "Another one" })))).toBe("conflict");
    expect(kindsLogged()).toEqual(["order"]);
  });

  it.each<[string, unknown]>([
    ["no body", undefined],
    ["no dossiers", { order: toBase64url(caseOf().signed) }],
    ["two dossiers of three", { order: toBase64url(caseOf().signed), dossiers: dossiers(2) }],
    ["four dossiers", { order: toBase64url(caseOf().signed), dossiers: dossiers(4) }],
    ["a dossier too short for a seal", { order: toBase64url(caseOf().signed), dossiers: ["AAAA", "AAAA", "AAAA"] }],
    ["no base64", { order: "***", dossiers: dossiers() }],
    ["an order of noise", { order: toBase64url(rng(500).fill(0xff, 0, 1)), dossiers: dossiers() }],
    ["an empty order", { order: "", dossiers: dossiers() }],
    ["a number", 7],
  ])("malformed: %s", async (_name, json) => {
    const request = json === undefined ? { method: "POST" as const } : { json };
    expect(await code(api(transport, ESCROW_URL, "/v1/cases", { ...request, signWith: keys.signSecretKey }))).toBe(
      "malformed",
    );
  });

  it("cases of others, and cases that do not exist", async () => {
    const c = caseOf();
    await submit(c);
    const stranger = { signWith: secret("stranger") };
    expect(await code(api(transport, ESCROW_URL, `/v1/cases/${c.id}`, stranger))).toBe("credential-refused");
    expect(await code(api(transport, ESCROW_URL, `/v1/cases/${c.id}`, asTrustee(2)))).toBe("accepted");
    for (const path of ["/advance", "/dossiers", "/record-shares"])
      expect(
        await code(
          api(transport, ESCROW_URL, `/v1/cases/${c.id}${path}`, {
            json: { dossiers: dossiers(), sealed: requests() },
            ...stranger,
          }),
        ),
      ).toBe("credential-refused");
    expect(
      await code(api(transport, ESCROW_URL, `/v1/cases/${c.id}/advance`, { method: "POST", ...asTrustee(2) })),
    ).toBe("credential-refused");
    expect(await code(status(caseOf()))).toBe("not-found");
    expect(await code(api(transport, ESCROW_URL, "/v1/cases/abc", stranger))).toBe("malformed");
    expect(await code(decide(caseOf(), 1))).toBe("not-found");
  });
});

describe("failures of other roles", () => {
  it("a log, a witness or a trustee that does not answer loses nothing, and the same bytes are sent again", async () => {
    const c = caseOf();
    outside.down.add("log.test");
    expect(await code(submit(c))).toBe("unavailable");
    expect((await inboxOf(1)).cases).toEqual([]); // no officer sees an order that is not logged
    outside.down.clear();
    clock.now += 60;
    await submit(c);
    await decide(c, 1);
    outside.down.add("log.test/v1/entries");
    expect(await code(decide(c, 2))).toBe("unavailable");
    outside.down.clear();
    clock.now += 60;
    // The object has the decision, and the requester's next step brings it into the log.
    expect(await advance(c)).toMatchObject({ state: "approved", set: [1, 2] });

    outside.down.add("trustee-2.test/v1/cases/notice-shares");
    expect(await detail(advance(c))).toContain("Trustee 2, notice-shares");
    outside.down.clear();
    outside.down.add("log.test/v1/entries");
    expect(await code(advance(c))).toBe("unavailable");
    outside.down.clear();
    clock.now += 60;
    outside.down.add("log.test/v1/inclusion");
    expect(await code(advance(c))).toBe("unavailable");
    outside.down.clear();
    expect(await advance(c)).toMatchObject({ state: "noticed" });
    outside.down.add("trustee-1.test/v1/cases/result");
    expect(await code(advance(c))).toBe("unavailable");
    outside.down.clear();
    outside.down.add("log.test/v1/entries");
    clock.now += 60;
    expect(await code(advance(c))).toBe("unavailable");
    outside.down.clear();
    clock.now += 60;
    expect(await advance(c)).toMatchObject({ state: "opened" });
    expect(kindsLogged()).toEqual(["order", "approval", "approval", "notice", "opening"]);
    expect(bundlesOf(1).size).toBe(1);
    expect(bundlesOf(2).size).toBe(1);
    // answers that a trustee gave before the fault were not requested again
    expect(
      outside.asked
        .filter((a) => a.round === "notice-shares")
        .map((a) => a.trustee)
        .sort(),
    ).toEqual([1, 2]);
  });

  it("without a quorum of witnesses, the approvals wait until there is one", async () => {
    outside.silent.add(3);
    const c = await approved();
    expect(await status(c)).toMatchObject({ state: "ordered", set: [1, 2] });
    expect(await code(advance(c))).toBe("unavailable");
    outside.silent.clear();
    expect(await advance(c)).toMatchObject({ state: "approved" });
  });

  it("a trustee is named if its answer is another's, of another case or unsigned, and none of it is stored", async () => {
    const c = await approved();
    const foreign = await approved();
    await advance(foreign);
    const other = outside.asked.find((a) => a.round === "notice" && a.trustee === 1)!.body.parts as string[];
    const wrong: Record<string, (answer: Record<string, unknown>) => unknown> = {
      "part of another case": () => ({ parts: other }),
      "no part": () => ({ parts: [] }),
      "a part too many": (a) => ({ parts: [...(a.parts as string[]), ...(a.parts as string[])] }),
      noise: () => ({ parts: [toBase64url(rng(100))] }),
      "not base64": () => ({ parts: ["!"] }),
    };
    for (const [name, make] of Object.entries(wrong)) {
      outside.spoil = (trustee, round, answer) =>
        trustee === 2 && round === "notice-shares" ? make(answer) : undefined;
      expect(await detail(advance(c)), name).toMatch(/^not-allowed-now .*Trustee 2/);
      expect((await status(c)).state).toBe("approved");
    }
    outside.spoil = undefined;
    expect(await advance(c)).toMatchObject({ state: "noticed" });
  });

  it("notices that differ or belong to another case are not logged", async () => {
    const c = await approved();
    const resign = (trustee: number, answer: Record<string, unknown>, changes: Partial<LogEntry>) => {
      const entry = { ...LogEntry.decode(readBase64url(answer.entry as string)), ...changes };
      const secretKey = asTrustee(trustee).signWith;
      return {
        entry: toBase64url(LogEntry.encode(entry)),
        signed: toBase64url(signDocument(LABELS.signNotice, LogEntry, entry, secretKey)),
      };
    };
    outside.spoil = (i, round, a) => (i === 2 && round === "notice" ? resign(2, a, { body: rng(8) }) : undefined);
    expect(await detail(advance(c))).toContain("different notices");
    outside.spoil = (i, round, a) => (round === "notice" ? resign(i, a, { caseId: rng(32) }) : undefined);
    expect(await detail(advance(c))).toContain("another case");
    outside.spoil = (i, round, a) => (i === 2 && round === "notice" ? { ...resign(1, a, {}) } : undefined);
    expect(await detail(advance(c))).toContain("Trustee 2");
    expect(kindsLogged()).toEqual(["order", "approval", "approval"]);
    outside.spoil = undefined;
    expect(await advance(c)).toMatchObject({ state: "noticed" });
  });

  it("a trustee's refusal is reported under the trustee's name, never as a bad credential of the requester", async () => {
    const c = await approved();
    const problem = (status: number, body: object) => (trustee: number, round: string) =>
      trustee === 1 && round === "notice-shares" ? Response.json(body, { status }) : undefined;
    outside.spoil = problem(403, { code: "credential-refused" });
    expect(await detail(advance(c))).toMatch(/^not-allowed-now Trustee 1, notice-shares/);
    outside.spoil = problem(422, { code: "not-allowed-now", detail: "trustee 2: wrong share" });
    expect(await detail(advance(c))).toContain("trustee 2: wrong share");
    outside.spoil = problem(500, { code: "internal" });
    expect(await code(advance(c))).toBe("unavailable");
    outside.spoil = () => Response.json({});
    expect(await detail(advance(c))).toMatch(/^not-allowed-now Trustee \d/);
    outside.spoil = () => new Response("no JSON");
    expect(await detail(advance(c))).toMatch(/^not-allowed-now Trustee \d/);
  });
});

describe("the quota of orders", () => {
  it("refuses a requester's next order until the day ends; emergencies and repetitions are counted apart", async () => {
    const c = caseOf();
    await submit(c);
    await bindings.ESCROW_DB.prepare("UPDATE order_counts SET n = ?").bind(ORDERS_PER_DAY).run();
    expect(await code(submit(caseOf()))).toBe("too-many");
    expect((await submit(c)).state).toBe("ordered");
    expect((await submit(caseOf({ emergency: true }))).state).toBe("ordered");
    const day = Math.floor(clock.now / 86_400);
    await bindings.ESCROW_DB.prepare("UPDATE order_counts SET day = ?")
      .bind(day - 1)
      .run();
    expect((await submit(caseOf())).state).toBe("ordered");
  });

  it("a case id that nobody opened wakes no object", async () => {
    const id = bytesToHex(rng(32));
    expect(await code(api(transport, ESCROW_URL, `/v1/cases/${id}/approvals`, { bytes: rng(100) }))).toBe("not-found");
    const ids = await listDurableObjectIds(bindings.LINKAGE_ESCROW as never);
    const made = (bindings.LINKAGE_ESCROW as unknown as DurableObjectNamespace).idFromName(id);
    expect(ids.some((x) => x.equals(made))).toBe(false);
    const c = caseOf();
    await submit(c); // control: a real one does
    const real = (bindings.LINKAGE_ESCROW as unknown as DurableObjectNamespace).idFromName(c.id);
    expect((await listDurableObjectIds(bindings.LINKAGE_ESCROW as never)).some((x) => x.equals(real))).toBe(true);
  });
});
