import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { RegistrarEnv } from "../../functions/shared/env.ts";
import { bytesToHex, equalBytes, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  type CaseContext,
  Contract,
  Dossier,
  IdentityDisclosure,
  identityCommitmentOf,
  isDossierOf,
  type Order,
  openSigned,
  RequesterCertificate,
  Signed,
  signDocument,
  subjectHashOf,
} from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { verifyContract } from "../../protocol/enrolment.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { KeySetChain } from "../../protocol/key-set-chain.ts";
import { LABELS } from "../../protocol/labels.ts";
import { combineScalars } from "../../protocol/sharing.ts";
import { decodeG1, encodeG1, G, type G1 } from "../../protocol/suite.ts";
import { runResharing } from "../support/trustees.ts";
import { publicHex } from "./bindings.ts";
import * as cases from "./registrar-cases.ts";
import {
  approvedIn,
  EXPIRES,
  part,
  type Sealed,
  type TraceCase,
  traceCaseOf,
  traceRequestOf,
  visitOf,
} from "./registrar-cases.ts";
import {
  type Approved,
  admin,
  approve,
  cardOf,
  codeOf,
  dump,
  EPOCH,
  expectRefused,
  expectUnchanged,
  freshRegistrar,
  identityOf,
  type Known,
  NOW,
  ok,
  patientOf,
  postParameters,
  proof,
  proofOfOrder,
  proofsOf,
  type Requester,
  registerRequester,
  rng,
  send,
  TestWallet,
  trustees,
} from "./registrar-world.ts";

const { REGISTRAR_DB: database } = env as unknown as { REGISTRAR_DB: D1Database };
const SELECTOR = "A 123-456";

let known: Known;
let requester: Requester;
let wallet: TestWallet;
let account: string;

beforeEach(async () => {
  await freshRegistrar();
  known = await postParameters();
  requester = await registerRequester("Dr Ada");
  wallet = new TestWallet(known);
  const person = await proof(SELECTOR);
  account = person.account;
  await wallet.enrol(person);
  // another registered person, so that a mix-up would be noticed
  await new TestWallet(known).enrol(await proof("B9999", { patient: toBase64url(patientOf("Somebody-Else")) }));
});

const visit = (w = wallet): Promise<Sealed> => visitOf(w, account, known);

const openSealed = (sealed: string, orderHash: Uint8Array, secretKey = requester.seal.secretKey): Uint8Array =>
  cases.openSealed(sealed, orderHash, secretKey);

// ---- trace

const traceCase = (sealed: Sealed, changes: Partial<CaseContext> = {}) => traceCaseOf(requester, sealed, changes);
const traceRequest = (c: TraceCase, changes: Record<string, unknown> = {}) => traceRequestOf(requester, c, changes);
const trace = (request: object, signWith = requester.secret, at = NOW) => cases.trace(request, signWith, at);

/** The disclosure, signed by the registrar. */
function openDisclosure(bytes: Uint8Array): IdentityDisclosure {
  const { key, value } = openSigned(LABELS.signDisclosure, IdentityDisclosure, bytes);
  expect(bytesToHex(key)).toBe((env as unknown as RegistrarEnv).REGISTRAR_KEY);
  return value;
}

describe("trace", () => {
  let c: TraceCase;
  beforeEach(async () => {
    c = traceCase(await visit());
  });

  it("gives the person's data to the requester alone, who can verify contract, handle and identity", async () => {
    const { sealed } = await ok(trace(traceRequest(c)));
    const found = openDisclosure(openSealed(sealed, c.context.orderHash));
    expect(found.contracts.length).toBe(1);
    const contract = Contract.decode(found.contracts[0]!);
    const checked = verifyContract(known.issuer, contract);
    expect(checked.ok).toBe(true);
    expect(contract.identityCommitment).toEqual(identityCommitmentOf(found.identitySalts[0]!, found.identity));
    expect(found.identity).toEqual(identityOf("Weerasinghe-Planted", SELECTOR));
    // C2 − y·C1 = R, as the requester computes it from the same shares
    const y = [1, 3].map((i) => ({ index: i, value: trustees.secrets[i - 1]!.shares.trace }));
    const R = decodeG1(c.C2).subtract(decodeG1(c.C1).multiply(combineScalars(y)));
    expect(encodeG1(R as G1)).toEqual(contract.R);
    expect(() => openSealed(sealed, c.context.orderHash, rng(32))).toThrow();
    expect(() => openSealed(sealed, rng(32))).toThrow();
    expect(JSON.stringify(await dump())).not.toContain("Planted");
  });

  const by = (set: readonly number[], of = approvedIn(c)) => set.map((i) => approve(i, of));
  const proofs = (set: readonly number[], changes: Parameters<typeof proofsOf>[2] = {}) =>
    traceRequest(c, { proofs: proofsOf(approvedIn(c), set, changes) });

  it("needs the approvals of S, none of them a refusal, from the trustees whose shares arrive", async () => {
    const of = approvedIn(c);
    const lists: [string, Uint8Array[]][] = [
      ["t - 1", by([1])],
      ["one twice", by([1, 1])],
      ["a refusal among them", [...by([1]), approve(3, of, "refuse")]],
      ["a refusal beside t", [...by([1]), approve(2, of, "refuse"), ...by([3])]],
      ["another order's", [...by([1]), approve(3, { ...of, orderHash: rng(32) })]],
      ["another case's", [...by([1]), approve(3, { ...of, caseId: rng(32) })]],
      ["of another dossier", [...by([1]), approve(3, { ...of, dossierHash: rng(32) })]],
      ["another trustee than the shares'", by([1, 2])],
      ["more than S", by([1, 2, 3])],
      ["in another sequence", by([3, 1])],
    ];
    const forged = approve(3, of);
    forged[forged.length - 1]! ^= 1;
    await expectUnchanged(async () => {
      for (const [, approvals] of lists) await expectRefused(trace(proofs([1, 3], { approvals })));
      expect(await codeOf(trace(proofs([1, 3], { approvals: [...by([1]), forged] })))).toBe("malformed");
      expect(await codeOf(trace(proofs([1, 3], { approvals: [] })))).toBe("malformed");
    });
    expect(await codeOf(trace(traceRequest(c)))).toBe("accepted");
  });

  it("needs order, approvals, officers and the notice of all of S in the log, under a quorum", async () => {
    const secretOf = (i: number) => trustees.committee[i - 1]!.identitySecret;
    await expectUnchanged(async () => {
      for (const kind of ["order", "approval", "officer", "notice"] as const)
        await expectRefused(trace(proofs([1, 3], { without: [kind] })));
      await expectRefused(trace(proofs([1, 3], { noticeBy: [secretOf(1)] })));
      await expectRefused(trace(proofs([1, 3], { noticeBy: [secretOf(1), secretOf(2)] })));
      await expectRefused(trace(proofs([1, 3], { witnesses: [] })));
    });
  });

  it("needs exactly the shares of S, over one context", async () => {
    const [one, three] = [part(c, 1), part(c, 3)];
    const lists: [string, object[]][] = [
      ["t - 1", [one]],
      ["one twice", [one, one]],
      ["one too many", [one, three, part(c, 2)]],
      ["one repeated beside t", [one, three, three]],
      ["a share of another case", [one, part(c, 3, { caseId: rng(32) })]],
      ["another nonce", [one, part(c, 3, { nonce: rng(32) })]],
      ["another requester in one", [one, part(c, 3, { requesterKey: rng(32) })]],
      ["another kind", [part(c, 1, { kind: "record" }), part(c, 3, { kind: "record" })]],
    ];
    await expectUnchanged(async () => {
      for (const [, parts] of lists) await expectRefused(trace(traceRequest(c, { parts })));
    });
  });

  it("names the trustee whose share is wrong", async () => {
    const other = traceCase({ C1: encodeG1(G.multiply(7n) as G1), C2: c.C2 }, c.context);
    for (const wrong of [part(c, 3, {}, 2), part(other, 3), { ...part(c, 3), context: part(c, 1).context }])
      await expectUnchanged(async () => {
        const answer = await trace(traceRequest(c, { parts: [part(c, 1), wrong] }));
        expect(await answer.json()).toMatchObject({ code: "not-allowed-now", detail: "trustee 3: wrong share" });
      });
  });

  it("accepts no other C1 or C2 with the shares, so a requester cannot incriminate another person", async () => {
    const victim = await visit();
    await expectUnchanged(async () => {
      for (const swapped of [{ C1: toBase64url(victim.C1) }, { C2: toBase64url(victim.C2) }])
        await expectRefused(trace({ ...traceRequest(c), ...swapped }));
    });
  });

  it("serves the certified requester of the case, before the expiry, with shares of the newest generation", async () => {
    const stranger = await registerRequester("Dr Bob");
    const certificate = toBase64url(stranger.certificate);
    const tampered = requester.certificate.map((b, i) => (i === requester.certificate.length - 1 ? b ^ 1 : b));
    const selfMade = signDocument(
      LABELS.signRequester,
      RequesterCertificate,
      { ...RequesterCertificate.decode(Signed.decode(stranger.certificate).document), name: "x", role: "x" },
      stranger.secret,
    );
    const generation = traceCase(c, { shareGeneration: 1 });
    const foreign = traceCase(c, { keySetId: rng(32) });
    await expectUnchanged(async () => {
      await expectRefused(trace(traceRequest(c), stranger.secret));
      await expectRefused(trace(traceRequest(c, { certificate }), stranger.secret));
      await expectRefused(trace(traceRequest(c, { certificate: toBase64url(selfMade) }), stranger.secret));
      await expectRefused(trace(traceRequest(c, { certificate })));
      await expectRefused(send("/v1/trace", { json: traceRequest(c) }));
      await expectRefused(trace(traceRequest(generation)));
      await expectRefused(trace(traceRequest(foreign)));
      expect(await codeOf(trace(traceRequest(c, { certificate: toBase64url(tampered) })))).toBe("malformed");
      expect(await codeOf(trace(traceRequest(c), requester.secret, EXPIRES + 1))).toBe("expired");
    });
  });

  it("answers a case id once: the same request gets the same answer, and another request a conflict", async () => {
    const request = traceRequest(c);
    const first = await ok(trace(request));
    expect(await ok(trace(request, requester.secret, NOW + 60))).toEqual(first);
    const other = traceCase(c, { caseId: c.context.caseId });
    await expectUnchanged(async () => {
      expect(await codeOf(trace(traceRequest(other)))).toBe("conflict");
    });
    const both = traceCase(c);
    const answers = await Promise.all([trace(traceRequest(both)), trace(traceRequest(both))].map(codeOf));
    expect(answers.sort()).toEqual(["accepted", "conflict"]); // fresh proofs, so these are two different requests
  });

  it("answers not-found for a handle that no one has, and keeps the case open", async () => {
    const nobody = traceCase({ C1: c.C1, C2: encodeG1(decodeG1(c.C2).add(G) as G1) });
    await expectUnchanged(async () => expect(await codeOf(trace(traceRequest(nobody)))).toBe("not-found"));
  });

  it("answers malformed requests with the code malformed", async () => {
    const good = traceRequest(c);
    const identity = toBase64url(new Uint8Array([0xc0, ...new Uint8Array(47)]));
    const outside = toBase64url(new Uint8Array([0x80, ...new Uint8Array(46), 4]));
    const shareBytes = fromBase64url(good.parts[0]!.share);
    const cut = [{ ...good.parts[0]!, share: toBase64url(shareBytes.subarray(1)) }, good.parts[1]!];
    const version = shareBytes.map((b, i) => (i === 1 ? 9 : b));
    const off = new Uint8Array([
      ...shareBytes.subarray(0, 3),
      0x80,
      ...new Uint8Array(46),
      4,
      ...shareBytes.subarray(51),
    ]);
    await expectUnchanged(async () => {
      for (const point of [identity, outside, "", toBase64url(rng(47))]) {
        expect(await codeOf(trace({ ...good, C1: point }))).toBe("malformed");
        expect(await codeOf(trace({ ...good, C2: point }))).toBe("malformed");
      }
      expect(await codeOf(trace({ ...good, parts: cut }))).toBe("malformed");
      const unknown = [{ ...good.parts[0]!, share: toBase64url(version) }, good.parts[1]!];
      expect(await codeOf(trace({ ...good, parts: unknown }))).toBe("unknown-version");
      const offGroup = [{ ...good.parts[0]!, share: toBase64url(off) }, good.parts[1]!];
      expect(await codeOf(trace({ ...good, parts: offGroup }))).toBe("malformed");
      const unread = { ...good.proofs, approvals: ["_w", "_w"] };
      expect(await codeOf(trace({ ...good, proofs: unread }))).toBe("malformed");
      expect(await codeOf(trace({ ...good, certificate: "_w" }))).toBe("malformed");
      expect(await codeOf(trace([]))).toBe("malformed");
    });
  });
});

// ---- assemble

const assembleOrder = (changes: Partial<Order> = {}) => cases.assembleOrderOf(requester, SELECTOR, changes);
const dossiersOf = (json: object, signWith = requester.secret, at = NOW) => cases.dossiersFor(json, signWith, at);
const identityFor = (json: object, signWith = requester.secret, at = NOW) => cases.identityFor(json, signWith, at);
const transport = cases.transportOf;
const withDossiers = (changes: Partial<Order> = {}) => cases.withDossiersOf(requester, SELECTOR, changes);

describe("assemble: the dossiers", () => {
  it("give all generations with their openings to every trustee, and nothing to the requester", async () => {
    wallet.device = rng(32);
    await wallet.enrol(await proof(SELECTOR));
    const { of, dossiers, dossier } = await withDossiers({ epochTo: EPOCH + 1 });
    expect(dossiers.length).toBe(3);
    for (const i of [1, 2, 3]) {
      expect(Dossier.decode(openSealed(dossiers[i - 1]!, of.orderHash, transport(i)))).toEqual(dossier);
      expect(() => openSealed(dossiers[i - 1]!, of.orderHash, transport((i % 3) + 1))).toThrow();
      expect(() => openSealed(dossiers[i - 1]!, of.orderHash)).toThrow();
    }

    expect(dossier.selector).toBe(SELECTOR);
    const registrarKey = hexToBytes(publicHex("registrar-sign"));
    expect(isDossierOf(registrarKey, dossier, of.orderHash)).toBe(true);
    expect(isDossierOf(registrarKey, dossier, rng(32))).toBe(false);
    expect(isDossierOf(registrarKey, { ...dossier, generations: [] }, of.orderHash)).toBe(false);
    expect(dossier.generations.map((g) => [g.epochFrom, g.epochTo])).toEqual([
      [EPOCH, EPOCH + 1],
      [EPOCH, EPOCH + 1],
    ]);
    dossier.generations.forEach((g, i) => {
      const contract = Contract.decode(g.contract);
      expect(verifyContract(known.issuer, contract).ok).toBe(true);
      const opening = identityCommitmentOf(dossier.identitySalts[i]!, dossier.identity!);
      expect(equalBytes(contract.identityCommitment, opening)).toBe(true);
    });
    expect(dossier.identity).toEqual(identityOf("Weerasinghe-Planted", SELECTOR));
    expect(JSON.stringify(await dump())).not.toContain("Planted");
  });

  it("count the oldest contracts under an earlier link key, and are refused if no other remains", async () => {
    await wallet.enrol(await proof(SELECTOR));
    // As after a new key ceremony: the proof of the first phone is under another link key.
    const { results } = await database
      .prepare("SELECT contract FROM generations WHERE account = ?")
      .bind(account)
      .all();
    const [first, second] = results.map((row) => Contract.decode(new Uint8Array(row.contract as ArrayBuffer)));
    const replace = (contract: Contract, by: Contract) =>
      database
        .prepare("UPDATE generations SET contract = ? WHERE contract = ?")
        .bind(Contract.encode(by), Contract.encode(contract))
        .run();
    const early = { ...first!, F2: first!.F1 };
    await replace(first!, early);
    const { dossier } = await withDossiers();
    expect([dossier.generations.length, dossier.uncovered]).toEqual([2, 1]);
    await replace(second!, { ...second!, F2: second!.F1 });
    await expectUnchanged(async () => expect(await codeOf(dossiersOf(assembleOrder().json))).toBe("not-allowed-now"));
  });

  it("omit a phone that begins after the order's epochs, and a person with no phone in them", async () => {
    const next = epochStart(EPOCH + 1) + 86_400;
    await wallet.enrol(await proof(SELECTOR, {}, next), next);
    expect((await withDossiers()).dossier.generations.length).toBe(1);
    const before = assembleOrder({ epochFrom: EPOCH - 5, epochTo: EPOCH - 1 });
    await expectUnchanged(async () => expect(await codeOf(dossiersOf(before.json))).toBe("not-found"));
  });

  it("are refused for a selector or salt that differs from the order's subject, and not-found for an unknown person", async () => {
    const { json } = assembleOrder();
    await expectUnchanged(async () => {
      await expectRefused(dossiersOf({ ...json, selector: "B9999" }));
      await expectRefused(dossiersOf({ ...json, selectorSalt: toBase64url(rng(32)) }));
      expect(await codeOf(dossiersOf({ ...json, selectorSalt: toBase64url(rng(31)) }))).toBe("malformed");
      expect(await codeOf(dossiersOf({ ...json, selector: "--- ---" }))).toBe("malformed");
      const salt = rng(32);
      const unknown = assembleOrder({ subject: subjectHashOf(salt, utf8ToBytes("C0000")) });
      const request = { ...unknown.json, selector: "C0000", selectorSalt: toBase64url(salt) };
      expect(await codeOf(dossiersOf(request))).toBe("not-found");
    });
  });

  it("need the order in the log, under a head with a quorum", async () => {
    const { of, json } = assembleOrder();
    await expectUnchanged(async () => {
      await expectRefused(dossiersOf({ ...json, proof: proofOfOrder(of, { without: ["order"] }) }));
      await expectRefused(dossiersOf({ ...json, proof: assembleOrder().json.proof }));
      const alone = json.proof.checkpoint.split("\n").slice(0, 5).join("\n");
      await expectRefused(dossiersOf({ ...json, proof: { ...json.proof, checkpoint: `${alone}\n` } }));
    });
    expect(await codeOf(dossiersOf(json))).toBe("accepted");
  });

  it("are for the certified requester who signed the order, before the expiry, with shares of the newest generation", async () => {
    const stranger = await registerRequester("Dr Bob");
    const { json } = assembleOrder();
    const borrowed = assembleOrder({ certificate: stranger.certificate });
    await expectUnchanged(async () => {
      await expectRefused(dossiersOf(json, stranger.secret));
      await expectRefused(dossiersOf(borrowed.json));
      await expectRefused(dossiersOf(borrowed.json, stranger.secret)); // signed by the first requester
      await expectRefused(send("/v1/assemble/dossiers", { json }));
      await expectRefused(dossiersOf(assembleOrder({ kind: "link" }).json));
      await expectRefused(dossiersOf(assembleOrder({ shareGeneration: 1 }).json));
      await expectRefused(dossiersOf(assembleOrder({ keySetId: rng(32) }).json));
      expect(await codeOf(dossiersOf(json, requester.secret, EXPIRES + 1))).toBe("expired");
      const cut = toBase64url(fromBase64url(json.order).subarray(0, -1));
      expect(await codeOf(dossiersOf({ ...json, order: cut }))).toBe("malformed");
      const forged = toBase64url(fromBase64url(json.order).map((b, i, all) => (i === all.length - 1 ? b ^ 1 : b)));
      expect(await codeOf(dossiersOf({ ...json, order: forged }))).toBe("malformed");
    });
  });

  it("are made once per case id, even if the person gets another phone in between", async () => {
    const { of, json, dossiers } = await withDossiers();
    await wallet.enrol(await proof(SELECTOR));
    const again = { ...json, proof: proofOfOrder(of, { at: NOW + 50 }) };
    expect((await ok(dossiersOf(again, requester.secret, NOW + 60))).dossiers).toEqual(dossiers);
    const other = assembleOrder({ caseId: of.caseId, purpose: "another" });
    await expectUnchanged(async () => expect(await codeOf(dossiersOf(other.json))).toBe("conflict"));
  });

  it("need the card of every trustee, signed by its pinned key", async () => {
    const { json } = assembleOrder();
    const forged = json.cards.with(2, toBase64url(cardOf(3, rng(32))));
    await expectUnchanged(async () => {
      for (const cards of [forged, json.cards.toReversed(), json.cards.slice(0, 2)])
        expect(await codeOf(dossiersOf({ ...json, cards }))).toBe("malformed");
    });
  });

  it("count only the newest generation of shares: after a resharing, older shares give nothing", async () => {
    const { link } = runResharing(trustees, [1, 2], 2, trustees.committee);
    const chain = KeySetChain.encode({ genesis: KeySet.encode(trustees.keySet), links: [link] });
    await ok(admin("keysets", { chain: toBase64url(chain) }));
    await expectUnchanged(() => expectRefused(dossiersOf(assembleOrder().json)));
    await expectUnchanged(() => expectRefused(dossiersOf(assembleOrder({ shareGeneration: 2 }).json)));
    expect(await codeOf(dossiersOf(assembleOrder({ shareGeneration: 1 }).json))).toBe("accepted");
  });
});

describe("assemble: the identity", () => {
  it("is the approved dossier, sealed to the requester", async () => {
    const { of, dossier, request } = await withDossiers();
    const { sealed } = await ok(identityFor(request()));
    expect(Dossier.decode(openSealed(sealed, of.orderHash))).toEqual(dossier);
    expect((await ok(identityFor(request([2, 3])))).sealed).toBe(sealed);
  });

  it("needs approvals of S over exactly this dossier", async () => {
    const { approved, request } = await withDossiers();
    const by = (of: Approved) => [approve(1, of), approve(3, of)];
    await expectUnchanged(async () => {
      await expectRefused(identityFor(request([1])));
      await expectRefused(identityFor(request([1, 2, 3])));
      await expectRefused(identityFor(request([1, 3], { approvals: by({ ...approved, dossierHash: rng(32) }) })));
      const mixed = [approve(1, approved), approve(3, { ...approved, dossierHash: rng(32) })];
      await expectRefused(identityFor(request([1, 3], { approvals: mixed })));
      await expectRefused(identityFor(request([1, 3], { approvals: by({ ...approved, orderHash: rng(32) }) })));
      await expectRefused(
        identityFor(request([1, 3], { approvals: [approve(1, approved), approve(3, approved, "refuse")] })),
      );
    });
  });

  it("needs order, approvals, officers and the notice of all of S in the log", async () => {
    const { request } = await withDossiers();
    const secretOf = (i: number) => trustees.committee[i - 1]!.identitySecret;
    await expectUnchanged(async () => {
      for (const kind of ["order", "approval", "officer", "notice"] as const)
        await expectRefused(identityFor(request([1, 3], { without: [kind] })));
      await expectRefused(identityFor(request([1, 3], { noticeBy: [secretOf(1)] })));
      await expectRefused(identityFor(request([1, 3], { witnesses: [] })));
      await expectRefused(identityFor(request(), rng(32)));
    });
    expect(await codeOf(identityFor(request()))).toBe("accepted");
  });

  it("needs the dossiers first, and as many approvals as the parameters say for an assemble", async () => {
    await freshRegistrar();
    known = await postParameters({ assembleThreshold: 3 });
    requester = await registerRequester("Dr Ada");
    await new TestWallet(known).enrol(await proof(SELECTOR));
    const bare = assembleOrder();
    const approved = { ...bare.of, dossierHash: rng(32) };
    const early = { order: bare.json.order, proofs: proofsOf(approved, [1, 2, 3]) };
    expect(await codeOf(identityFor(early))).toBe("not-allowed-now");
    const { request } = await withDossiers();
    await expectUnchanged(() => expectRefused(identityFor(request([1, 3]))));
    expect(await codeOf(identityFor(request([1, 2, 3])))).toBe("accepted");
  });
});
