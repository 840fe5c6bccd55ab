// Tests of Symbolon's own vectors (test/vectors/symbolon), whose bytes are frozen. Our code must make the same bytes
// again, read them and accept them. If one thing is broken, it must refuse them for the recorded reason. All checks use
// the files alone.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { shake128 } from "@noble/hashes/sha3.js";
import { describe, expect, it } from "vitest";
import { FrameChannel, FrameError } from "../../client/sealing/messages.ts";
import { PaddingError, pad, unpad } from "../../client/sealing/padding.ts";
import { checkRecoveryWords, claimKey, RecoveryWordsError } from "../../client/wallet/keys.ts";
import { verifyApprovals } from "../../protocol/approvals.ts";
import { concatBytes, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { accept, deal, finish, open, openCeremony } from "../../protocol/ceremony.ts";
import { CeremonyAbort, CeremonyPlan } from "../../protocol/ceremony-documents.ts";
import { type ParametersOfEpoch, readCheckIn, verifyCheckIn } from "../../protocol/check-in.ts";
import { openClaim } from "../../protocol/claim.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Continuity, verifyContinuity } from "../../protocol/continuity.ts";
import { decodeIssuerParams, receive } from "../../protocol/credential.ts";
import {
  CaseContext,
  Contract,
  caseContextHash,
  IssuedCredential,
  identityCommitmentOf,
  Manifest,
  Order,
  openSigned,
  orderHashOf,
  Parameters,
  paramsHashOf,
  RefreshRequest,
  Signed,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { verifyContract, verifyRefresh } from "../../protocol/enrolment.ts";
import { HybridSealError, hybridKeyPair, hybridOpen } from "../../protocol/hybrid-seal.ts";
import { assertSecretOf, KeySet, KeySetError, keySetId, TrusteeSecret, verifyKeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { openNotice, sealNotice } from "../../protocol/notice.ts";
import {
  combineLink,
  combineNotice,
  combinePoints,
  combineTrace,
  indexValue,
  LinkShare,
  NoticeShare,
  noticeMac,
  RecordShare,
  sessionIndexValue,
  TraceShare,
  verifyLinkShare,
  verifyNoticeShare,
  verifyRecordShare,
  verifyTraceShare,
  walletKappa,
} from "../../protocol/opening.ts";
import { Presentation, verifyPresentation } from "../../protocol/presentation.ts";
import { newWindow } from "../../protocol/replay-window.ts";
import { readSignatureHeader, verifyRequest } from "../../protocol/request-signature.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  decodeGT,
  decodeScalar,
  encodeG1,
  encodeGT,
  G,
  type G1,
  pairing,
  R_ORDER,
  tagBase,
} from "../../protocol/suite.ts";
import { openOuter, Tdh2Ciphertext, Tdh2Error, tdh2Check, tdh2Finish } from "../../protocol/tdh2.ts";
import { AREAS } from "./areas.ts";
import { applied, type Edit, hex } from "./symbolon/encode.ts";
import { makeVectors } from "./symbolon/generate.ts";

// biome-ignore lint/suspicious/noExplicitAny: the files are under test; each use shows their shape
type Any = any;
const file = (name: string): Any =>
  JSON.parse(readFileSync(join(import.meta.dirname, "symbolon", `${name}.json`), "utf8"));
const NAMES = ["suite", "credential", "presentation", "openings", "records", "ceremony", "wallet", "documents"];
const [suite, credential, presentation, openings, records, ceremony, wallet, documents] = NAMES.map(file) as Any[];
const b = hexToBytes;
const changed = (base: string, edit: Edit): Uint8Array => applied(b(base), edit);

/** The vectors' names for the codes of refused recovery words. */
const WORDS = { "words-count": "count", "words-unknown": "unknown-word", "words-checksum": "checksum" };

/** The reason of a refusal: that of a typed error, or else the error's name. */
function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof DecodeError) return "encoding";
    if (error instanceof CodecError || error instanceof CeremonyAbort || error instanceof KeySetError)
      return error.reason;
    if (error instanceof Tdh2Error) return error.reason;
    if (error instanceof FrameError) return error.code.replace("frame-", "");
    if (error instanceof RecoveryWordsError) return WORDS[error.code];
    return (error as Error).name;
  }
  return "accepted";
}

const parameters = Parameters.decode(b(credential.parameters));
const params = decodeIssuerParams(parameters);
const paramsHash = paramsHashOf(parameters);
const ofEpoch: ParametersOfEpoch = { document: parameters, hash: paramsHash, issuer: params };

// It takes 20 s of one core; the limit is for a machine that runs much else.
it("our code makes all vector files again, byte for byte", { timeout: 300_000 }, async () => {
  const made = await makeVectors();
  const all = [...NAMES, ...AREAS.map((area) => `${area}-faults`)];
  expect(Object.keys(made).sort()).toEqual(all.sort());
  for (const name of all) expect(JSON.parse(JSON.stringify(made[name])), name).toEqual(file(name));
});

describe("suite", () => {
  const decode = { G1: decodeG1, G2: decodeG2, GT: decodeGT, scalar: decodeScalar };
  it.each<Any>(suite.refused)("refuses $kind: $class", ({ kind, bytes }) => {
    expect(() => decode[kind as keyof typeof decode](b(bytes))).toThrow(DecodeError);
  });

  it("one proof has the parts that SPEC.md describes", () => {
    const { label, tag, sessionId, instance, proof } = suite.proof;
    const pad = new Uint8Array(136);
    const u32 = (n: number) => Uint8Array.of(0, 0, 0, n);
    const name = utf8ToBytes(`${label}CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup.`);
    const start = utf8ToBytes("irtf-cfrg-fiat-shamir/session-id");
    const session = shake128(concatBytes(start, pad, name, u32(b(tag).length), b(tag)), { dkLen: 32 });
    expect(hex(session)).toBe(sessionId);

    // G1: two equations {P = a·G, Q = a·Ĝ}; elements 1 = P, 2 = Q, 3 = Ĝ, in the order of their first appearance
    const le = (n: number) => Uint8Array.of(n, 0, 0, 0);
    const one = concatBytes(new Uint8Array(31), Uint8Array.of(1));
    const row = (image: number, base: number) => [le(1), le(image), one, le(1), le(0), le(base), one];
    const bytes = b(instance);
    const at = 2 + 4 + 2 * (4 + 4 + 32 + 4 + 4 + 4 + 32);
    const points = [0, 1, 2].map((i) => bytes.slice(at + 48 * i, at + 48 * (i + 1)));
    const rest = concatBytes(utf8ToBytes("G2"), le(0), utf8ToBytes("GT"), le(0));
    const written = concatBytes(utf8ToBytes("G1"), le(2), ...row(1, 0), ...row(2, 3), ...points, rest);
    expect(hex(written)).toBe(instance);
    expect(hex(points[2]!)).toBe(suite.bases.Ghat);

    const [P, Q, Ghat] = points.map(decodeG1) as [G1, G1, G1];
    const [c, z] = [decodeScalar(b(proof).slice(0, 32)), decodeScalar(b(proof).slice(32))];
    const commitments = [G.multiply(z).subtract(P.multiply(c)), Ghat.multiply(z).subtract(Q.multiply(c))];
    const squeezed = shake128(concatBytes(session, pad, bytes, ...commitments.map((K) => K.toBytes(true))), {
      dkLen: 48,
    });
    expect(BigInt(`0x${hex(squeezed.reverse())}`) % R_ORDER).toBe(c);
  });

  it("the pairing has the recorded normalisation", () => {
    const e = pairing(decodeG1(b(suite.bases.G)), decodeG2(b(suite.bases.P2)));
    expect(hex(encodeGT(e))).toBe(suite.pairing["e(G, P2)"]);
    expect(hex(indexValue(e))).toBe(suite.pairing["indexValue(e(G, P2))"]);
    expect(hex(sessionIndexValue(decodeG2(b(suite.tagBases[0].point))))).toBe(
      suite.pairing["indexValue(e(G, H2(e, 0)))"],
    );
  });
});

describe("enrolment and credential", () => {
  const contract = (bytes: Uint8Array) => {
    const verdict = verifyContract(params, Contract.decode(bytes));
    return verdict.ok ? "accepted" : verdict.reason;
  };
  const refreshed = (bytes: Uint8Array) => {
    const request = RefreshRequest.decode(bytes);
    const { R, V } = credential.handles;
    const verdict = verifyRefresh(
      { ...request, paramsHash: b(credential.paramsHash), R: decodeG1(b(R)), V: decodeG2(b(V)) },
      request,
    );
    return verdict.ok ? "accepted" : verdict.reason;
  };
  const secrets = { k: decodeScalar(b(credential.secrets.k)), z: decodeScalar(b(credential.secrets.z)) };
  const received = (bytes: Uint8Array) =>
    receive({
      params,
      issued: IssuedCredential.decode(bytes),
      epoch: credential.epoch,
      paramsHash,
      secrets,
      s: decodeScalar(b(credential.secrets.s)),
    });

  it("accepts contract, refresh and credential", () => {
    expect(hex(paramsHash)).toBe(credential.paramsHash);
    expect(contract(b(credential.contract))).toBe("accepted");
    expect(refreshed(b(credential.refresh))).toBe("accepted");
    expect(received(b(credential.issued)).epoch).toBe(credential.epoch);
    const { record, salt, commitment } = credential.identity;
    expect(hex(identityCommitmentOf(b(salt), b(record)))).toBe(commitment);
  });
  it.each<Any>(credential.refusedContracts)("refuses a contract: $class $field", ({ contract: edit, reason }) => {
    expect(contract(changed(credential.contract, edit))).toBe(reason);
  });
  it.each<Any>(credential.refusedRefreshes)("refuses a refresh: $class", ({ refresh, reason }) => {
    expect(refreshed(changed(credential.refresh, refresh))).toBe(reason);
  });
  it.each<Any>(credential.refusedCredentials)("refuses a credential: $class", ({ issued }) => {
    expect(() => received(changed(credential.issued, issued))).toThrow(DecodeError);
  });
});

describe("presentation", () => {
  const verdict = (bytes: Uint8Array, given: Any = {}) => {
    const v = verifyPresentation(
      {
        params,
        tagEpoch: presentation.epoch,
        slots: presentation.slots,
        maxStaleEpochs: presentation.maxStaleEpochs,
        tagParamsHash: b(given.tagParamsHash ?? credential.paramsHash),
        credentialParamsHash: b(given.credentialParamsHash ?? credential.paramsHash),
        context: b(given.context ?? presentation.context),
      },
      Presentation.decode(bytes),
    );
    return v.ok ? v : v.reason;
  };

  it("is accepted, with the recorded T, tag hash and shown attributes", () => {
    const v = verdict(b(presentation.presentation));
    expect(v).toMatchObject({ ok: true, shown: presentation.shown });
    if (typeof v !== "string") {
      expect(hex(v.tagHash)).toBe(presentation.tagHash);
      expect(hex(sessionIndexValue(v.T))).toBe(presentation.indexValue);
    }
  });
  it.each<Any>(presentation.refused)("refuses: $class $field", (given) => {
    expect(verdict(changed(presentation.presentation, given.presentation), given)).toBe(given.reason);
  });
  it.each<Any>(presentation.undecodable)("does not decode: $class", ({ presentation: edit, reason }) => {
    expect(refusalOf(() => Presentation.decode(changed(presentation.presentation, edit)))).toBe(reason);
  });

  const checkIn = (bytes: Uint8Array) => {
    const v = verifyCheckIn(readCheckIn(bytes), { tag: ofEpoch, credential: ofEpoch });
    return v.ok ? "accepted" : v.reason;
  };
  it("accepts both check-ins", () => {
    expect(hex(readCheckIn(b(presentation.checkIn)).presentationHash)).toBe(presentation.presentationHash);
    expect(checkIn(b(presentation.checkIn))).toBe("accepted");
    expect(checkIn(b(presentation.secondVisit.checkIn))).toBe("accepted");
  });
  it.each<Any>(presentation.refusedCheckIns)("refuses a check-in: $class", ({ checkIn: edit, reason }) => {
    expect(checkIn(changed(presentation.checkIn, edit))).toBe(reason);
  });

  const continuity = (bytes: Uint8Array, given: Any = {}) => {
    const p = Presentation.decode(b(presentation.presentation));
    return verifyContinuity(
      {
        tagBase: tagBase(paramsHash, p.tagEpoch, p.slot),
        T: decodeG2(p.T),
        realm: given.realm ?? presentation.continuity.realm,
        serviceId: b(given.serviceId ?? presentation.serviceId),
        presentationHash: b(given.presentationHash ?? presentation.presentationHash),
      },
      Continuity.decode(bytes),
    );
  };
  it("accepts the continuity proof", () => {
    expect(continuity(b(presentation.continuity.document))).toBe(true);
  });
  it.each<Any>(presentation.continuity.refused)("refuses continuity: $class", (given) => {
    expect(continuity(changed(presentation.continuity.document, given.document), given)).toBe(false);
  });
});

describe("case", () => {
  const { set, link, notice, trace } = openings;
  const ctx = (contexts: string[], i: number, given: Any): Uint8Array =>
    caseContextHash(CaseContext.decode(b(given.context ?? contexts[i])));
  const key = (name: "link" | "trace", i: number) => decodeG1(b(openings.shareKeys[name][set[i] - 1]));
  const linkAt = (i: number, given: Any = {}) => ({
    ctx: ctx(link.contexts, i, given),
    index: set[i] as number,
    set: (given.set ?? set) as number[],
    shareKey: key("link", i),
    F1: decodeG1(b(link.F1)),
    F2: decodeG1(b(link.F2)),
    slots: link.slots.map((s: Any) => tagBase(b(s.paramsHash), s.epoch, s.slot)),
  });
  const noticeAt = (i: number, given: Any = {}) => {
    const { slots, ...at } = linkAt(i);
    return { ...at, ctx: ctx(notice.contexts, i, given), caseId: b(given.caseId ?? notice.caseId) };
  };
  const traceAt = (i: number, given: Any = {}) => ({
    ctx: ctx(trace.contexts, i, given),
    index: set[i] as number,
    shareKey: key("trace", i),
    C1: decodeG1(b(given.C1 ?? trace.C1)),
  });
  const verdictOf = (verify: () => boolean): string => {
    let holds = false;
    const refusal = refusalOf(() => {
      holds = verify();
    });
    return refusal !== "accepted" ? refusal : holds ? "accepted" : "share";
  };

  it("accepts the order and the approvals", () => {
    const { value: order } = openSigned(LABELS.signOrder, Order, b(openings.order));
    const orderHash = orderHashOf(b(openings.order));
    expect(hex(orderHash)).toBe(openings.orderHash);
    const times = { from: order.issuedAt, to: order.expiresAt };
    const scope = { orderHash, caseId: order.caseId, trusteeKeys: parameters.trusteeKeys, ...times };
    const approvals = (openings.approvals as string[]).map(b);
    const verdict = verifyApprovals({ ...scope, approvals, needed: set.length });
    expect(verdict).toMatchObject({ ok: true, set });
    if (verdict.ok) for (const a of verdict.approvals) expect(hex(a.dossierHash)).toBe(openings.dossier.hash);
  });

  it("links both visits and no other session", () => {
    const shares = (link.shares as string[]).map((s) => LinkShare.decode(b(s)));
    shares.forEach((share, i) => {
      expect(verifyLinkShare(linkAt(i), share)).toBe(true);
    });
    const values = combineLink({ set, shares }).map(hex);
    expect(values).toEqual(link.indexValues);
    for (const { slot, indexValue: own } of link.sessions) expect(values[slot]).toBe(own);
  });
  it.each<Any>(link.refused)("refuses a link share: $class", (given) => {
    const bytes = changed(link.shares[0], given.share);
    expect(verdictOf(() => verifyLinkShare(linkAt(0, given), LinkShare.decode(bytes)))).toBe(given.reason);
  });

  it("notifies the patient, whose wallet computes κ alone", () => {
    const shares = (notice.shares as string[]).map((s) => NoticeShare.decode(b(s)));
    shares.forEach((share, i) => {
      expect(verifyNoticeShare(noticeAt(i), share)).toBe(true);
    });
    const caseId = b(notice.caseId);
    const kappa = combineNotice({ set, shares });
    expect(hex(encodeGT(kappa))).toBe(notice.kappa);
    expect(hex(encodeGT(walletKappa(decodeScalar(b(notice.z)), caseId)))).toBe(notice.kappa);
    expect(hex(noticeMac(kappa, caseId))).toBe(notice.mac);
    expect(hex(sealNotice([kappa], NoticeContent.decode(b(notice.content))))).toBe(notice.body);
    expect(openNotice(kappa, caseId, b(notice.body))?.requesterName).toBe("Dr. Vector");
    for (const z of notice.several.z) {
      const theirs = walletKappa(decodeScalar(b(z)), caseId);
      expect(openNotice(theirs, caseId, b(notice.several.body))?.requesterName).toBe("Dr. Vector");
      expect(openNotice(theirs, caseId, b(notice.body))).toBeUndefined();
    }
    expect(openNotice(kappa, caseId, b(notice.several.body))?.requesterName).toBe("Dr. Vector");
  });
  it.each<Any>(notice.refused)("refuses a notice share: $class", (given) => {
    const bytes = changed(notice.shares[0], given.share);
    expect(verdictOf(() => verifyNoticeShare(noticeAt(0, given), NoticeShare.decode(bytes)))).toBe(given.reason);
  });

  it("traces to the handle in the contract", () => {
    const shares = (trace.shares as string[]).map((s) => TraceShare.decode(b(s)));
    shares.forEach((share, i) => {
      expect(verifyTraceShare(traceAt(i), share)).toBe(true);
    });
    for (const context of trace.contexts)
      expect(hex(CaseContext.decode(b(context)).subjectHash)).toBe(hex(traceSubjectHash(b(trace.C1), b(trace.C2))));
    const R = encodeG1(combineTrace({ C2: decodeG1(b(trace.C2)), set, shares }));
    expect(hex(R)).toBe(trace.R);
    expect(trace.R).toBe(credential.handles.R);
  });
  it.each<Any>(trace.refused)("refuses a trace share: $class", (given) => {
    const bytes = changed(trace.shares[0], given.share);
    expect(verdictOf(() => verifyTraceShare(traceAt(0, given), TraceShare.decode(bytes)))).toBe(given.reason);
  });
});

describe("records", () => {
  const key = decodeG1(b(records.recordKey));
  const label = b(records.label);

  it("opens with the shares of two trustees", () => {
    const ct = openOuter(b(records.groupHybridSecret), { key, label }, b(records.stanza));
    expect(hex(Tdh2Ciphertext.encode(ct))).toBe(records.ciphertext);
    const shares = (records.shares as string[]).map((s) => RecordShare.decode(b(s)));
    shares.forEach((share, i) => {
      const at = {
        ctx: caseContextHash(CaseContext.decode(b(records.contexts[i]))),
        index: share.index,
        shareKey: decodeG1(b(records.shareKeys[share.index - 1])),
        u: ct.u,
      };
      expect(verifyRecordShare(at, share)).toBe(true);
      expect(
        verifyRecordShare({ ...at, ctx: caseContextHash(CaseContext.decode(b(openings.link.contexts[i]))) }, share),
      ).toBe(false);
    });
    const shared = combinePoints(openings.set, shares);
    expect(hex(encodeG1(shared))).toBe(records.shared);
    expect(hex(tdh2Finish({ key, label, ct, shared }))).toBe(records.fileKey);
    expect(refusalOf(() => tdh2Finish({ key, label, ct, shared: ct.u }))).toBe("does-not-open");
  });
  it.each<Any>(records.refusedCiphertexts)("refuses a ciphertext: $class", (given) => {
    const verdict = refusalOf(() => {
      const ct = Tdh2Ciphertext.decode(changed(records.ciphertext, given.ciphertext));
      const under = given.key === undefined ? key : decodeG1(b(given.key));
      expect(tdh2Check({ key: under, label: b(given.label ?? records.label) }, ct)).toBe(false);
    });
    expect(verdict).toBe(given.reason === "proof" ? "accepted" : given.reason);
  });
  it.each<Any>(records.refusedStanzas)("refuses a stanza: $class", (given) => {
    const stanza = changed(records.stanza, given.stanza);
    expect(refusalOf(() => openOuter(b(records.groupHybridSecret), { key, label: b(given.label) }, stanza))).toBe(
      "stanza-refused",
    );
  });

  const { hybrid, padding } = records;
  it("opens the hybrid seal", () => {
    expect(hex(hybridKeyPair(b(hybrid.seed)).publicKey)).toBe(hybrid.publicKey);
    expect(hex(hybridOpen(b(hybrid.seed), b(hybrid.aad), b(hybrid.sealed)))).toBe(hybrid.plaintext);
  });
  it.each<Any>(hybrid.refused)("refuses a hybrid seal: $class", (given) => {
    const sealed = changed(hybrid.sealed, given.sealed);
    expect(() => hybridOpen(b(hybrid.seed), b(given.aad ?? hybrid.aad), sealed)).toThrow(HybridSealError);
  });
  it("pads and removes padding", () => {
    expect(hex(unpad(b(padding.padded)))).toBe(padding.data);
    for (const { data, padded } of padding.lengths) expect(pad(new Uint8Array(data)).length).toBe(padded);
  });
  it.each<Any>(padding.refused)("refuses padding: $class", ({ padded }) => {
    expect(() => unpad(changed(padding.padded, padded))).toThrow(PaddingError);
  });
});

describe("ceremony", () => {
  const plan = CeremonyPlan.decode(b(ceremony.plan));
  const run = openCeremony(plan);
  const bytes = (list: string[]): Uint8Array[] => list.map(b);
  const board = {
    commits: bytes(ceremony.commits),
    openings: bytes(ceremony.openings),
    deals: bytes(ceremony.deals),
  };
  const identityKeys = plan.trustees.map((t) => t.identityKey);

  it("ends in the key set to which every trustee's secret belongs", () => {
    expect(hex(run.context)).toBe(ceremony.context);
    const keySet = finish(run, bytes(ceremony.acceptances));
    expect(hex(KeySet.encode(keySet))).toBe(ceremony.keySet);
    expect(hex(keySetId(keySet))).toBe(ceremony.keySetId);
    verifyKeySet(keySet, identityKeys);
    for (const secret of ceremony.trusteeSecrets) assertSecretOf(TrusteeSecret.decode(b(secret)), keySet);
  });

  it.each<Any>(ceremony.faults)("stops at trustee 2's $at: $class $what", (fault) => {
    const messages = [...board[fault.at as keyof typeof board]];
    if (fault.dropped) messages.splice(1, 1);
    if (fault.replaced) messages[1] = applied(messages[1]!, fault.replaced);
    if (fault.added) messages.push(applied(messages[1]!, fault.added));
    const seen = { ...board, [fault.at]: messages };
    const { identity, transport } = ceremony.secrets[0];
    const seat = { ceremony: run, index: 1, identitySecret: b(identity), transportSecret: b(transport) };
    // The trustee does not need its own dealing to see a fault in another's.
    const secret = { context: run.context, dealing: new Uint8Array() } as never;
    const act = {
      commits: () => open(seat, secret, seen),
      openings: () => deal(seat, secret, seen, () => new Uint8Array(64)),
      deals: () => accept(seat, secret, seen),
    }[fault.at as keyof typeof board];
    try {
      act();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CeremonyAbort);
      expect((error as CeremonyAbort).reason).toBe(fault.class);
      expect((error as CeremonyAbort).trustee).toBe(fault.trustee);
    }
  });

  it.each<Any>(ceremony.refusedKeySets)("refuses a key set: $class", ({ class: reason, keySet: edit }) => {
    const keySet = KeySet.decode(changed(ceremony.keySet, edit));
    expect(refusalOf(() => verifyKeySet(keySet, identityKeys))).toBe(reason);
  });

  it("keeps the key set id when the trustees reshare", () => {
    expect(ceremony.reshare.keySetId).toBe(ceremony.keySetId);
  });
});

describe("wallet", () => {
  const { channel, requests } = wallet;
  it.each<Any>(wallet.refusedWords)("refuses recovery words: $class", ({ class: reason, words }) => {
    expect(refusalOf(() => checkRecoveryWords(words))).toBe(reason);
  });

  it.each<Any>(wallet.claims.claims)("reads its claim of slot $slot", ({ tagHash, claim, salt, ...told }) => {
    const place = { serviceId: b(wallet.claims.serviceId), tagHash: b(tagHash) };
    expect(hex(claimKey(b(wallet.root)))).toBe(wallet.claims.key);
    expect(openClaim(b(wallet.claims.key), place, b(claim))).toEqual({ ...told, salt: b(salt) });
  });
  it.each<Any>(wallet.claims.refused)("reads no claim with another $class", ({ serviceId, tagHash, claim }) => {
    const place = { serviceId: b(serviceId), tagHash: b(tagHash) };
    expect(openClaim(b(wallet.claims.key), place, b(claim))).toBeUndefined();
  });

  const end = (sends: 0 | 1): FrameChannel =>
    new FrameChannel({
      sends,
      tagHash: b(channel.tagHash),
      sendKey: b(sends === 0 ? channel.walletToService : channel.serviceToWallet),
      receiveKey: b(sends === 0 ? channel.serviceToWallet : channel.walletToService),
      nextSeq: 0n,
      window: newWindow(),
    });
  it("carries frames both ways, each once", () => {
    const service = end(1);
    for (const { frame, message } of channel.sent) expect(hex(service.receive(b(frame)))).toBe(message);
    expect(refusalOf(() => service.receive(b(channel.sent[0].frame)))).toBe("replayed");
    expect(hex(end(0).receive(b(channel.replied.frame)))).toBe(channel.replied.message);
  });
  it.each<Any>(channel.refused)("refuses a frame: $class $what", ({ class: reason, frame }) => {
    expect(refusalOf(() => end(1).receive(changed(channel.sent[0].frame, frame)))).toBe(reason);
  });

  const signerOfRequest = ({ method, url, body, header, now }: Any): string | undefined => {
    const claimed = readSignatureHeader(header);
    const ok =
      claimed && verifyRequest({ method, url }, claimed, now) && hex(claimed.bodyHash) === hex(sha256(b(body)));
    return ok ? hex(claimed.key) : undefined;
  };
  it("finds the key that signed a request", () => {
    expect(signerOfRequest(requests)).toBe(requests.header.split(".")[0]);
  });
  it.each<Any>(requests.refused)("refuses a request: $class", (request) => {
    expect(signerOfRequest(request)).toBeUndefined();
  });
});

describe("signed documents", () => {
  const manifest = documents.signed.find((d: Any) => d.document === "Manifest");
  it.each<Any>(documents.refusedManifests)("refuses a manifest: $class", ({ bytes, reason }) => {
    expect(refusalOf(() => openSigned(LABELS.signManifest, Manifest, changed(manifest.bytes, bytes)))).toBe(reason);
  });
  it("are valid under their own label and under no other", () => {
    for (const { document, label, bytes } of documents.signed) {
      const { key, signature, document: inner } = Signed.decode(b(bytes));
      const under = (l: string) =>
        ed25519.verify(signature, concatBytes(utf8ToBytes(l), inner), key, { zip215: false });
      expect(under(label), document).toBe(true);
      expect(under(LABELS.signRequest), document).toBe(false);
    }
  });
});
