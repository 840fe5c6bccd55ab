// S7 Scope. Sessions outside the order's epochs stay hidden by cryptography. Sessions at services outside the order stay
// hidden by policy.
//
// Alice visits clinic A in September, and clinics A and B in October. The order opens October. The attacker is the requester
// together with trustee 2 (its real share, and everything that it ever receives) and the escrow. If an order's purpose
// carries a mark, trustee 2 cheats, or both trustees run without the check under attack: those are the controls.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { PreparedOrder, Requester, RequesterKeys } from "../../client/requester.ts";
import { extractThresholdStanza } from "../../client/sealing/record.ts";
import { apiBytes, apiJson } from "../../client/transport.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { openAtRest } from "../../functions/trustee/at-rest.ts";
import type { Weakening } from "../../local/bundles.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { ForRequester, forRequesterAad, LinkParts, partAad, SealedPart } from "../../protocol/case-documents.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { CaseResult, Dossier, Order, openSigned, orderHashOf, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { indexValue, LinkShare } from "../../protocol/opening.ts";
import { unpad } from "../../protocol/padding.ts";
import { decodeG1, Fp12, type G2, type GT, invertGT, pairing, tagBase } from "../../protocol/suite.ts";
import {
  approvalsOf,
  approvedBy,
  askTrustee,
  enrolled,
  hex,
  indexOf,
  LINK,
  lyingBundle,
  MARKED,
  marked,
  newRequester,
  objectRows,
  outcome,
  ownTrustee,
  playedBy,
  recordItemsFor,
  START,
  TRACE,
  visit,
} from "./cases.ts";

const SLOTS = 4;
const SEPTEMBER = epochOf(START);
const OCTOBER = SEPTEMBER + 1;
const NOVEMBER = OCTOBER + 1;

const UNFILTERED = marked("unfiltered");
/** Without the checks of approvals, of the running epoch, of services and of record shares, if the case is marked so. */
const laxTrustee = (filtersNothingIf: string): Weakening[] => [
  MARKED,
  playedBy("credulous-approvals", "functions/shared/approvals.ts"),
  {
    file: "functions/trustee/rounds.ts",
    find: "services.length === 0 || isFalseRow",
    replace: `${filtersNothingIf} || services.length === 0 || isFalseRow`,
  },
  {
    file: "functions/trustee/case-order.ts",
    find: "trust.now,\n  );\n  if (fault)",
    replace: `trust.now,\n  );\n  if (fault && !${marked("hurried")})`,
  },
  {
    file: "functions/trustee/record-shares.ts",
    find: "if (!asked.every(own))",
    replace: `if (!asked.every(own) && !${marked("generous")})`,
  },
];
const CHEATING: Weakening[] = [
  ...laxTrustee(`${UNFILTERED} || ${marked("partial filter")}`),
  playedBy("shifted-link-shares", "functions/trustee/link-shares.ts"),
];

let p: Practice;
let requester: Requester;
let keys: RequesterKeys;
let a: Clinic;
let b: Clinic;
let early: ClinicSession;
let subject: ClinicSession;
let elsewhere: ClinicSession;
let alice: Awaited<ReturnType<typeof enrolled>>;

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: SLOTS,
    epochs: 4,
    weaken: { "trustee-1": laxTrustee(UNFILTERED), "trustee-2": CHEATING },
  });
  a = await p.openClinic("Clinic A");
  b = await p.openClinic("Clinic B");
  alice = await enrolled(p, "Alice");
  early = await visit(alice.wallet, a);
  p.clock.now = epochStart(OCTOBER) + 86_400;
  await alice.wallet.refresh(OCTOBER);
  subject = await visit(alice.wallet, a);
  elsewhere = await visit(alice.wallet, b);
  p.clock.now = epochStart(NOVEMBER) + 5 * 86_400;
  await indexOf(p, SEPTEMBER, 1);
  await indexOf(p, OCTOBER, 2);
  ({ requester, keys } = await p.at(epochStart(NOVEMBER), () => newRequester(p, "Dr. Mallory")));
}, 240_000);
afterAll(() => p?.stop());

const october = { from: OCTOBER, to: OCTOBER };
const order = (purpose: string, more: { epochs?: { from: number; to: number }; services?: string[] } = {}) => ({
  ...LINK,
  purpose,
  epochs: october,
  subject: { checkIn: subject.checkInBytes },
  ...more,
});
async function opened(request: Parameters<Requester["order"]>[0]) {
  const prepared = await approvedBy(p, requester, request, [1, 2]);
  await requester.advance(prepared);
  return { prepared, tags: async () => (await requester.openResult(prepared)).sessions.map((s) => s.tagHash).sort() };
}
const sorted = (...sessions: ClinicSession[]): string[] => sessions.map((s) => s.tagHash).sort();
const asRequester = <T>(path: string, json?: object): Promise<T> =>
  apiJson<T>(p.transport, p.deployment.escrowUrl, path, {
    signWith: keys.signSecretKey,
    ...(json === undefined ? {} : { json }),
  });

/** An order that the SDK would not make, signed by the requester all the same, with a dossier sealed to trustee 1. */
function altered(prepared: PreparedOrder, change: Partial<Order>): PreparedOrder {
  const altered = { ...prepared.order, ...change };
  const signed = signDocument(LABELS.signOrder, Order, altered, keys.signSecretKey);
  const hash = orderHashOf(signed);
  const dossier = Dossier.encode({
    salt: prepared.salt,
    checkIn: prepared.session!.checkIn,
    selector: "",
    generations: [],
    identity: undefined,
    identitySalts: [],
    uncovered: 0,
    registrarSignature: undefined,
  });
  const sealed = [1, 2, 3].map((i) => hybridSeal(ownTransportKey(i), hash, dossier, p.transport.rng));
  return { ...prepared, order: altered, signed, hash, dossiers: sealed };
}
const ownTransportKey = (i: number): Uint8Array => ownTrustee(p.host, i).keys.transport.publicKey;

describe("epochs outside the order", () => {
  it("are not in the result; control: an order over both months finds September too", async () => {
    expect(await (await opened(order("October"))).tags()).toEqual(sorted(subject, elsewhere));
    const both = order("both months", { epochs: { from: SEPTEMBER, to: OCTOBER } });
    expect(await (await opened(both)).tags()).toEqual(sorted(early, subject, elsewhere));
  });

  it("cannot be computed from all shares that were given", async () => {
    const { prepared } = await opened(order("October, shares collected"));
    const own = ownTrustee(p.host, 2);
    const mine = objectRows(
      p.host,
      "trustee-2-TrusteeVault",
      "SELECT o.*, binding FROM outputs o JOIN cases USING (case_id)",
    )
      .filter((r) => hex(r.case_id as Uint8Array) === prepared.caseId && r.round === "own-link-shares")
      .map((r) =>
        openAtRest(
          own.keys.vaultKey,
          "own-link-shares",
          Uint8Array.from(r.binding as Uint8Array),
          Uint8Array.from(r.bytes as Uint8Array),
        ),
      );
    const theirs = objectRows(
      p.host,
      "escrow-LinkageEscrow",
      "SELECT bytes, (SELECT case_id FROM linkage) id FROM parts WHERE receiver = 2 AND round = 'shares'",
    )
      .filter((r) => r.id === prepared.caseId)
      .map((r) => {
        const part = openSigned(LABELS.signPart, SealedPart, Uint8Array.from(r.bytes as Uint8Array)).value;
        return hybridOpen(own.keys.transport.secretKey, partAad(part), part.sealed);
      });
    const shares = [...mine, ...theirs].map((bytes) => LinkShare.decode(LinkParts.decode(bytes).shares[0]!));
    expect(shares.map((s) => s.index).sort()).toEqual([1, 2]);

    const { challenge, presentation } = readCheckIn(subject.checkInBytes);
    const F2 = decodeG1(presentation.F2);
    const bases = (epoch: number) => Array.from({ length: SLOTS }, (_, j) => tagBase(challenge.paramsHash, epoch, j));
    const linked: GT[] = bases(OCTOBER).map((_, s) =>
      shares.reduce((acc, share) => Fp12.mul(acc, share.values[s]!), Fp12.ONE),
    );
    const values = (combine: (d: GT, october: G2, september: G2) => GT): string[] =>
      linked.flatMap((d, s) => bases(SEPTEMBER).map((H) => hex(indexValue(combine(d, bases(OCTOBER)[s]!, H)))));
    const found = async (epoch: number, tried: string[]) => {
      const index = await indexOf(p, epoch, 1);
      return new Set(tried.filter((v) => index.has(v))).size;
    };
    expect(
      await found(
        SEPTEMBER,
        values((d) => d),
      ),
    ).toBe(0);
    expect(
      await found(
        SEPTEMBER,
        values((d, _, H) => Fp12.mul(pairing(F2, H), d)),
      ),
    ).toBe(0);
    expect(
      await found(
        SEPTEMBER,
        values((d, _, H) => Fp12.mul(pairing(F2, H), invertGT(d))),
      ),
    ).toBe(0);
    // F2, which stands in one member's partials, moved from October's slots to September's
    const moved = (d: GT, october: G2, september: G2): GT =>
      Fp12.mul(d, Fp12.mul(pairing(F2, september), invertGT(pairing(F2, october))));
    expect(await found(SEPTEMBER, values(moved))).toBe(0);
    expect(
      await found(
        OCTOBER,
        values((d) => d),
      ),
    ).toBe(2); // control: the same product over the approved slots
  });

  it("shares for other slots than the order's are named as wrong", async () =>
    expect(await outcome(() => opened(order("shifted")))).toContain("trustee 2: wrong share"));

  it("old approvals do not carry a widened scope", async () => {
    const widen = async (purpose: string) => {
      const prepared = await approvedBy(p, requester, order(purpose), [1, 2]);
      const approvals = [...(await approvalsOf(requester, prepared)).values()];
      const wider = altered(prepared, { epochFrom: SEPTEMBER });
      const bundle = await lyingBundle(p, { prepared: wider, approvals, trustee: 1 });
      return outcome(() => askTrustee(p, 1, "notice-shares", { bundle }));
    };
    expect(await widen("to be widened")).toBe("credential-refused");
    expect(await widen("to be widened, credulous")).toBe("accepted"); // control
  });

  it("a case id that was used stands for one nonce, set and checkpoint only", async () => {
    const { prepared } = await opened(order("used once"));
    const approvals = [...(await approvalsOf(requester, prepared)).values()];
    const bundle = await lyingBundle(p, { prepared, approvals, trustee: 1 });
    expect(await outcome(() => askTrustee(p, 1, "notice-shares", { bundle }))).toContain("conflict");
  });

  it("a record of a session outside the result gets no share", async () => {
    const [record] = await a.records(early);
    const path = `/v1/services/${hex(a.serviceId)}/blobs/${record!.recordId}`;
    const stanza = extractThresholdStanza(await apiBytes(p.transport, p.deployment.serviceUrl, path));
    const item = {
      serviceId: a.serviceId,
      tagHash: hexToBytes(early.tagHash),
      recordId: hexToBytes(record!.recordId),
      stanza,
    };
    const ask = async (purpose: string) => {
      const { prepared } = await opened(order(purpose));
      const asked = await recordItemsFor(p, keys, prepared, [1, 2], [item]);
      return outcome(() => asRequester(`/v1/cases/${prepared.caseId}/record-shares`, asked));
    };
    expect(await ask("October")).toContain("not-allowed-now");
    expect(await ask("October, generous")).toBe("accepted"); // control
  });
});

describe("the running epoch", () => {
  const running = { epochFrom: NOVEMBER, epochTo: NOVEMBER, emergency: false };

  it("is refused without an emergency, by SDK, escrow, officer's Worker and trustee", async () => {
    const now = order("impatient", { epochs: { from: NOVEMBER, to: NOVEMBER } });
    expect(await outcome(() => requester.order(now))).toContain("only an emergency order");
    const prepared = altered(await requester.order(order("impatient")), running);
    expect(await outcome(() => requester.submit(prepared))).toContain("Only an emergency order");
    const waiting = { order: toBase64url(prepared.signed), dossier: toBase64url(prepared.dossiers[0]!) };
    expect(await outcome(() => p.officers[0]!.review(waiting))).toContain("epoch still open");
    const approved = await approvedBy(p, requester, order("impatient"), [1, 2]);
    const approvals = [...(await approvalsOf(requester, approved)).values()];
    const bundle = await lyingBundle(p, { prepared, approvals, trustee: 1 });
    expect(await outcome(() => askTrustee(p, 1, "notice-shares", { bundle }))).toContain("epoch still open");
  });
  it("control: a trustee without the check approves it, and with emergency it is allowed", async () => {
    const hurried = altered(await requester.order(order("hurried")), running);
    const waiting = { order: toBase64url(hurried.signed), dossier: toBase64url(hurried.dossiers[0]!) };
    expect(await outcome(() => p.officers[0]!.review(waiting))).toBe("accepted");
    const emergency = altered(await requester.order(order("emergency")), { ...running, emergency: true });
    expect(await outcome(() => requester.submit(emergency))).toBe("accepted");
  });
  it("an epoch within its grace is still open, and one to come is refused", async () => {
    const prepared = altered(await requester.order(order("early")), { issuedAt: epochStart(NOVEMBER) });
    const waiting = { order: toBase64url(prepared.signed), dossier: toBase64url(prepared.dossiers[0]!) };
    const inGrace = () => p.at(epochStart(NOVEMBER) + 3600, () => p.officers[0]!.review(waiting));
    expect(await outcome(inGrace)).toContain("epoch still open");
    const future = altered(await requester.order(order("future")), { epochTo: NOVEMBER + 1, emergency: true });
    const later = { order: toBase64url(future.signed), dossier: toBase64url(future.dossiers[0]!) };
    expect(await outcome(() => p.officers[0]!.review(later))).toContain("epoch not begun");
  });
  it("an order that has run out opens nothing more", async () => {
    const prepared = await approvedBy(p, requester, { ...order("short"), validSeconds: 600 }, [1, 2]);
    const approvals = [...(await approvalsOf(requester, prepared)).values()];
    const bundle = await lyingBundle(p, { prepared, approvals, trustee: 1 });
    const late = () => p.at(p.clock.now + 601, () => askTrustee(p, 1, "notice-shares", { bundle }));
    expect(await outcome(late)).toContain("expired");
    expect(await outcome(() => askTrustee(p, 1, "notice-shares", { bundle }))).toBe("accepted"); // control: in time
  });
});

describe("services outside the order", () => {
  const onlyA = () => ({ services: [hex(a.serviceId)] });

  it("are filtered out", async () =>
    expect(await (await opened(order("clinic A", onlyA()))).tags()).toEqual(sorted(subject)));
  it("one trustee that does not filter is found out", async () => {
    const { tags } = await opened(order("partial filter", onlyA()));
    expect(await outcome(tags)).toContain("results-differ");
  });
  it("control: members that do not filter give clinic B away, and the requester's SDK will not take it", async () => {
    const { prepared, tags } = await opened(order("unfiltered", onlyA()));
    expect(await outcome(tags)).toContain("sessions outside the order");
    const { sealed } = await asRequester<{ sealed: string[] }>(`/v1/cases/${prepared.caseId}/result`);
    const part = openSigned(LABELS.signForRequester, ForRequester, readBase64url(sealed[0]!)).value;
    const signed = unpad(hybridOpen(keys.seal.secretKey, forRequesterAad(part), part.sealed));
    const seen = openSigned(LABELS.signResult, CaseResult, signed).value.sessions.map((x) => hex(x.tagHash));
    expect(seen.sort()).toEqual(sorted(subject, elsewhere));
  });
  it("a trace names no session of another service or epoch than the order's", async () => {
    const request = { ...TRACE, purpose: "trace", subject: { checkIn: elsewhere.checkInBytes } };
    const elsewhereOnly = { ...request, services: [hex(a.serviceId)] };
    const another = { ...request, epochs: { from: SEPTEMBER, to: SEPTEMBER } };
    for (const wrong of [elsewhereOnly, another])
      expect(await outcome(() => approvedBy(p, requester, wrong, [1]))).toBe("credential-refused");
    expect(await outcome(() => approvedBy(p, requester, request, [1]))).toBe("accepted"); // control
  });
});
