// Tests of the rounds between trustees under faults and lies. A case id can be used for one set of values only. A
// repetition gives the same bytes. A cheater is named. No value is given before its turn. A dump of a trustee's storage
// contains no share.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { publicEngine } from "../../engine/worker.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { openAtRest } from "../../functions/trustee/at-rest.ts";
import { vaultOf } from "../../functions/trustee/context.ts";
import { waitedFor } from "../../functions/trustee/link-shares.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { LinkParts, NoticeParts, partAad, SealedPart, signPart } from "../../protocol/case-documents.ts";
import { type Order, openSigned } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { TrusteeSecret } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LinkShare, NoticeShare } from "../../protocol/opening.ts";
import { encodeScalar, Fp12 } from "../../protocol/suite.ts";
import { secret, trustees } from "./bindings.ts";
import {
  type Approved,
  approve,
  ask,
  bundled,
  clock,
  decide,
  dossierOf,
  EPOCH,
  environments,
  freshWorld,
  NOW,
  newCase,
  newPatient,
  noticed,
  opened,
  outcome,
  outside,
  rng,
  type TestCase,
  type TestSession,
  visit,
  type World,
} from "./trustee-world.ts";

type Parts = { parts: string[] };
let w: World;
let session: TestSession;
beforeAll(async () => {
  w = await freshWorld();
  session = visit(w, newPatient(w), { slot: 1 });
});

const caseAndApprovals = async (changes: Partial<Order> = {}): Promise<{ c: TestCase; a: Approved }> => {
  const c = newCase(w, dossierOf(session), { epochFrom: session.epoch, epochTo: session.epoch, ...changes });
  return { c, a: await approve(w, c) };
};
const noticeShares = (a: Approved, i: number) => ask<Parts>(i, "notice-shares", { bundle: a.bundle(i) });
const notice = (a: Approved, i: number, parts: string[]) => ask<Parts>(i, "notice", { bundle: a.bundle(i), parts });

/** The same part with another plaintext or head, signed by its author, as a cheating member could send it. */
function forged(text: string, change: (plaintext: Uint8Array) => Uint8Array, by?: number): string {
  const { value: part } = openSigned(LABELS.signPart, SealedPart, readBase64url(text));
  const receiver = trustees[part.to - 1]!;
  const plaintext = hybridOpen(receiver.transport.secretKey, partAad(part), part.sealed);
  const sealed = hybridSeal(receiver.transport.publicKey, partAad(part), change(plaintext), rng);
  return toBase64url(signPart({ ...part, sealed }, trustees[(by ?? part.from) - 1]!.identitySecret));
}

describe("a case id can be used for one set of values only", () => {
  it("another nonce, set or checkpoint is refused for good", async () => {
    const { c, a } = await caseAndApprovals();
    await noticeShares(a, 1);
    const other = await bundled(
      w,
      c,
      [1, 2],
      a.bundle(1).approvals.map((x) => readBase64url(x)),
    );
    const values = { order: a.bundle(1).order, approvals: a.bundle(1).approvals };
    const nonce = { ...a.bundle(1), nonce: toBase64url(rng(32)) };
    const checkpoint = { ...other.bundle(1), ...values, nonce: a.bundle(1).nonce };
    const set = await bundled(w, c, [1, 3], [readBase64url(values.approvals[0]!), await decide(w, c, 3)]);
    for (const bundle of [nonce, checkpoint, { ...set.bundle(1), nonce: a.bundle(1).nonce }])
      expect(await outcome(ask(1, "notice-shares", { bundle }))).toContain("conflict");
    expect(await outcome(noticeShares(a, 1))).toMatchObject({ parts: [expect.any(String)] });
  });

  it("a repetition gets the same bytes, also after the object was evicted", async () => {
    const { a } = await caseAndApprovals();
    const first = await Promise.all([noticeShares(a, 1), noticeShares(a, 1)]); // at once: one of the two is stored
    expect(first[1]).toEqual(first[0]);
    await evictDurableObject(vaultOf(environments[0]!) as never);
    expect(await noticeShares(a, 1)).toEqual(first[0]);
  });
});

it("after its order has expired, a trustee keeps of a case only its id and the values that it was used for", async () => {
  const { c, a } = await caseAndApprovals();
  await noticeShares(a, 1);
  const vault = vaultOf(environments[0]!);
  expect(await vault.output(c.order.caseId, "notice-shares")).toBeDefined();
  clock.now = c.order.expiresAt;
  expect(await outcome(noticeShares(a, 1))).toBe("expired");
  const later = await caseAndApprovals();
  await noticeShares(later.a, 1);
  expect(await vault.output(c.order.caseId, "notice-shares")).toBeUndefined();
  expect(await vault.output(c.order.caseId, "own-notice-shares")).toBeUndefined();
  expect(await vault.claimCase(c.order.caseId, rng(32), clock.now, clock.now, true)).toBe("conflict");
  clock.now = NOW;
});

describe("no value is given before its turn:", () => {
  it("notice before notice-shares, shares before notice, result before shares, records before result", async () => {
    const { a } = await caseAndApprovals();
    const other = await caseAndApprovals();
    const elsewhere = await noticed(w, other.a);
    const bundle = a.bundle(1);
    expect(await outcome(notice(a, 1, []))).toBe("not-allowed-now: notice-shares first");
    expect(await outcome(ask(1, "shares", { bundle, notice: elsewhere.notice }))).toBe("not-allowed-now: notice first");
    expect(await outcome(ask(1, "result", { bundle, parts: [] }))).toBe("not-allowed-now: shares first");
    expect(await outcome(ask(1, "record-shares", { bundle, sealed: toBase64url(rng(100)) }))).toBe(
      "not-allowed-now: result first",
    );

    const { notice: logged } = await noticed(w, a);
    expect(await outcome(ask(1, "shares", { bundle, notice: elsewhere.notice }))).toBe("credential-refused");
    const early = { ...logged, checkpoint: bundle.checkpoint };
    expect(await outcome(ask(1, "shares", { bundle, notice: early }))).toBe("credential-refused");
    const alone = { ...logged, checkpoint: await w.log.cosigned([1]) };
    expect(await outcome(ask(1, "shares", { bundle, notice: alone }))).toBe("credential-refused");
    expect(await outcome(ask(1, "shares", { bundle, notice: logged }))).toMatchObject({ parts: [expect.any(String)] });
  });

  it("a trace has no result round, and the members get no parts of it", async () => {
    const { a } = await caseAndApprovals({ kind: "trace" });
    const { notice: logged } = await noticed(w, a);
    const answer = await ask<Parts>(1, "shares", { bundle: a.bundle(1), notice: logged });
    expect(answer).toMatchObject({ parts: [], forRequester: expect.any(String) });
    expect(await outcome(ask(1, "result", { bundle: a.bundle(1), parts: [] }))).toContain("not-allowed-now");
  });
});

describe("a cheater is named, and a fault of the carrier is not blamed on a trustee", () => {
  it("in the notice round", async () => {
    const { a } = await caseAndApprovals();
    await noticeShares(a, 1);
    const [part] = (await noticeShares(a, 2)).parts;
    const { a: another } = await caseAndApprovals();
    const [foreign] = (await noticeShares(another, 2)).parts;
    const changed = (change: (share: NoticeShare) => NoticeShare) =>
      forged(part!, (p) =>
        NoticeParts.encode({
          shares: NoticeParts.decode(p).shares.map((s) => NoticeShare.encode(change(NoticeShare.decode(s)))),
        }),
      );
    const square = changed((share) => ({ ...share, value: Fp12.sqr(share.value) }));
    const wrong = "not-allowed-now: trustee 2: wrong share";
    expect(await outcome(notice(a, 1, [square]))).toBe(wrong);
    expect(await outcome(notice(a, 1, [forged(part!, () => utf8ToBytes("nothing"))]))).toBe(wrong);
    expect(await outcome(notice(a, 1, [changed((share) => ({ ...share, index: 1 }))]))).toBe(wrong);
    expect(await outcome(notice(a, 1, [forged(part!, () => NoticeParts.encode({ shares: [] }))]))).toBe(wrong);
    // not signed by the author: no trustee is named
    expect(await outcome(notice(a, 1, [forged(part!, () => utf8ToBytes("nothing"), 3)]))).toBe("credential-refused");
    const bent = readBase64url(part!);
    bent[bent.length - 1]! ^= 1;
    expect(await outcome(notice(a, 1, [toBase64url(bent)]))).toContain("malformed");
    expect(await outcome(notice(a, 1, [foreign!]))).toBe("credential-refused");
    expect(await outcome(notice(a, 1, []))).toBe("not-allowed-now: trustee 2: part missing");
    expect(await outcome(notice(a, 1, [part!]))).toMatchObject({ entry: expect.any(String) });
  });

  it("in the link round: a wrong value, a flipped sign, another scope", async () => {
    const { a } = await caseAndApprovals();
    const { notice: logged } = await noticed(w, a);
    await ask(1, "shares", { bundle: a.bundle(1), notice: logged });
    const [part] = (await ask<Parts>(2, "shares", { bundle: a.bundle(2), notice: logged })).parts;
    const result = (parts: string[]) => outcome(ask(1, "result", { bundle: a.bundle(1), parts }));
    const changing = (change: (share: LinkShare) => LinkShare) =>
      forged(part!, (p) =>
        LinkParts.encode({
          shares: LinkParts.decode(p).shares.map((s) => LinkShare.encode(change(LinkShare.decode(s)))),
        }),
      );
    const wrong = "not-allowed-now: trustee 2: wrong share";
    const swap = ([x, y, ...rest]: LinkShare["values"]) => [y!, x!, ...rest];
    expect(await result([changing((s) => ({ ...s, values: swap(s.values) }))])).toBe(wrong);
    expect(await result([changing((s) => ({ ...s, values: s.values.slice(1) }))])).toBe(wrong);
    expect(await result([forged(part!, () => LinkParts.encode({ shares: [] }))])).toBe(wrong);
    // −d: in the field of the pairing and canonical, but outside the group of prime order
    const flipped = forged(part!, (p) => {
      const { shares } = LinkParts.decode(p);
      const bytes = shares[0]!.slice();
      const at = 2 + 1 + 2;
      bytes.set(Fp12.toBytes(Fp12.neg(Fp12.fromBytes(bytes.slice(at, at + 576)))), at);
      return LinkParts.encode({ shares: [bytes] });
    });
    expect(await result([flipped])).toBe(wrong);
    expect(await result([part!])).toMatchObject({ forRequester: expect.any(String) });
  });

  it("in the link round: an index that is no sorted list of rows is the escrow's fault", async () => {
    const { a } = await caseAndApprovals();
    const { notice: logged } = await noticed(w, a);
    const shares = await Promise.all(
      a.set.map((i) => ask<Parts>(i, "shares", { bundle: a.bundle(i), notice: logged })),
    );
    const parts = shares.flatMap((s) => s.parts);
    const rows = outside.index.get(session.epoch)!;
    outside.index.set(session.epoch, [...rows, rows[0]!]);
    expect(await outcome(ask(1, "result", { bundle: a.bundle(1), parts }))).toBe("unavailable");
    outside.index.set(session.epoch, rows);
    expect(await outcome(ask(1, "result", { bundle: a.bundle(1), parts }))).toMatchObject({
      forRequester: expect.any(String),
    });
  });
});

describe("chunks", () => {
  const wide = () => caseAndApprovals({ epochFrom: EPOCH - 3, epochTo: EPOCH - 1 }); // EPOCH - 1;  EPOCH - 3 and - 2
  type Sent = { parts: string[] };

  it("are opened newest first, each with parts of its own, and a repetition gets the same bytes", async () => {
    const { a } = await wide();
    const { notice: logged } = await noticed(w, a);
    const shares = (i: number, chunk: number) =>
      outcome(ask<Sent>(i, "shares", { bundle: a.bundle(i), notice: logged, chunk }));
    const result = (i: number, chunk: number, parts: string[]) =>
      outcome(ask(i, "result", { bundle: a.bundle(i), parts, chunk }));
    expect(await shares(1, 1)).toBe("not-allowed-now: newer chunks first");
    const first = (await shares(1, 0)) as Sent;
    const second = (await shares(1, 1)) as Sent;
    expect(await shares(1, 0)).toEqual(first);
    expect(await shares(1, 1)).toEqual(second);
    expect(second).not.toEqual(first);
    expect(await result(2, 1, second.parts)).toBe("not-allowed-now: shares first");
    await shares(2, 0);
    expect(await result(2, 1, second.parts)).toBe("not-allowed-now: shares first");
    await shares(2, 1);
    expect(await result(2, 0, second.parts)).toBe("credential-refused"); // the carrier's fault, not trustee 1's
    expect(await result(2, 1, first.parts)).toBe("credential-refused");
    const opened = await result(2, 1, second.parts); // in an order of its own: no chunk waits for another chunk's result
    expect(opened).toMatchObject({ forRequester: expect.any(String) });
    expect(await result(2, 0, first.parts)).not.toEqual(opened);
    expect(await result(2, 1, second.parts)).toEqual(opened);
  });

  it("are computed in advance, but given only for a request that shows the notice in the log", async () => {
    const { a } = await caseAndApprovals({ epochFrom: EPOCH - 3, epochTo: EPOCH, emergency: true }); // 1 epoch; 2; 1
    const { notice: logged } = await noticed(w, a);
    const parts = async (chunk: number): Promise<string[]> => {
      const sent = a.set.map((i) => ask<Sent>(i, "shares", { bundle: a.bundle(i), notice: logged, chunk }));
      return (await Promise.all(sent)).flatMap((s) => s.parts);
    };
    const result = (i: number, chunk: number, sent: string[]) =>
      outcome(ask(i, "result", { bundle: a.bundle(i), parts: sent, chunk }));
    await parts(0);
    const second = await parts(1);
    for (const i of a.set) expect(await result(i, 1, second)).toMatchObject({ forRequester: expect.any(String) });
    await new Promise((done) => setTimeout(done, 300));
    for (const i of a.set) expect(await result(i, 2, second)).toBe("not-allowed-now: shares first");
    const unlogged = { ...logged, inclusion: a.bundle(1).orderInclusion };
    expect(await outcome(ask(1, "shares", { bundle: a.bundle(1), notice: unlogged, chunk: 2 }))).toBe(
      "credential-refused",
    );
    const third = await parts(2);
    for (const i of a.set) expect(await result(i, 2, third)).toMatchObject({ forRequester: expect.any(String) });
  });

  it("are computed once, even if two requests arrive while they are computed in advance", async () => {
    const { a } = await caseAndApprovals({ epochFrom: EPOCH - 3, epochTo: EPOCH, emergency: true });
    const { notice: logged } = await noticed(w, a);
    const shares = (i: number, chunk: number) => ask<Sent>(i, "shares", { bundle: a.bundle(i), notice: logged, chunk });
    for (const chunk of [0, 1]) {
      const { parts } = await shares(1, chunk);
      await shares(2, chunk);
      await ask(2, "result", { bundle: a.bundle(2), parts, chunk });
    }
    const pairings = vi.spyOn(publicEngine(), "pairingsOfSecretPoint");
    const [one, other] = await Promise.all([shares(2, 2), shares(2, 2)]); // the result of chunk 1 has just been sent
    await new Promise((done) => setTimeout(done, 300));
    expect(one).toEqual(other);
    expect(pairings.mock.calls.length).toBeLessThanOrEqual(2); // the slots of one epoch, and the proof
    expect(await outcome(ask(1, "shares", { bundle: a.bundle(1), notice: logged, chunk: 2 }))).toMatchObject({
      parts: [expect.any(String)],
    });
    pairings.mockRestore();
    expect(await outcome(ask(1, "result", { bundle: a.bundle(1), parts: one.parts, chunk: 2 }))).toMatchObject({
      forRequester: expect.any(String),
    });
  });

  it("are not computed in advance while another request waits for an answer", async () => {
    const { a } = await caseAndApprovals({ epochFrom: EPOCH - 3, epochTo: EPOCH, emergency: true });
    const { notice: logged } = await noticed(w, a);
    const shares = (i: number, chunk: number) => ask<Sent>(i, "shares", { bundle: a.bundle(i), notice: logged, chunk });
    for (const i of a.set) await shares(i, 0);
    const { parts } = await shares(1, 1);
    await shares(2, 1);
    let answer = (): void => {};
    const waiting = waitedFor(
      () =>
        new Promise<void>((done) => {
          answer = done;
        }),
    );
    const pairings = vi.spyOn(publicEngine(), "pairingsOfSecretPoint").mockClear();
    await ask(2, "result", { bundle: a.bundle(2), parts, chunk: 1 });
    await new Promise((done) => setTimeout(done, 200));
    expect(pairings).not.toHaveBeenCalled();
    answer();
    await waiting;
    await vi.waitFor(() => expect(pairings).toHaveBeenCalled());
    pairings.mockRestore();
  });

  it("that the order does not have are refused", async () => {
    const { a } = await wide();
    const { notice: logged } = await noticed(w, a);
    for (const chunk of [2, -1, 1.5, 256])
      expect(await outcome(ask(1, "shares", { bundle: a.bundle(1), notice: logged, chunk }))).toContain("malformed");
    expect(await outcome(ask(1, "result", { bundle: a.bundle(1), parts: [], chunk: 2 }))).toContain("malformed");
    const { a: trace } = await caseAndApprovals({ kind: "trace" });
    const { notice: own } = await noticed(w, trace);
    expect(await outcome(ask(1, "shares", { bundle: trace.bundle(1), notice: own, chunk: 1 }))).toContain("malformed");
  });

  it("each have their own slots: a share of another chunk's slots is its author's fault", async () => {
    const { a } = await wide();
    const { notice: logged } = await noticed(w, a);
    const shares = async (i: number, chunk: number) =>
      (await ask<Sent>(i, "shares", { bundle: a.bundle(i), notice: logged, chunk })).parts[0]!;
    const own = await shares(2, 0);
    await shares(1, 0);
    const { value: other } = openSigned(LABELS.signPart, SealedPart, readBase64url(await shares(2, 1)));
    const slipped = hybridOpen(trustees[0]!.transport.secretKey, partAad(other), other.sealed);
    const parts = [forged(own, () => slipped)];
    expect(await outcome(ask(1, "result", { bundle: a.bundle(1), parts }))).toBe(
      "not-allowed-now: trustee 2: wrong share",
    );
  });
});

it("the storage of a trustee contains no share and no result in clear", async () => {
  const { a } = await caseAndApprovals();
  await opened(w, a);
  const [env] = environments;
  const vault = vaultOf(env!);
  const held = (await vault.keys())!;
  const own = trustees[0]!;
  const plain = TrusteeSecret.decode(openAtRest(own.vaultKey, "trustee-secret", held.keySet, held.sealedSecret));
  const secrets = [
    ...Object.values(plain.shares).map(encodeScalar),
    plain.groupHybridSecret,
    session.tagHash,
    secret("trustee-1"),
  ].map(bytesToHex);
  const dump = await runInDurableObject(vault as never, (_: unknown, state: DurableObjectState) => {
    const tables = state.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%cf_%'")
      .toArray();
    return tables
      .flatMap(({ name }) =>
        state.storage.sql
          .exec(`SELECT * FROM ${name}`)
          .toArray()
          .flatMap((row) => Object.values(row)),
      )
      .map((v) => (v instanceof ArrayBuffer ? bytesToHex(new Uint8Array(v)) : String(v)))
      .join("\n");
  });
  expect(dump).toContain(bytesToHex(held.sealedSecret));
  for (const s of secrets) expect(dump).not.toContain(s);
  expect(() => openAtRest(trustees[1]!.vaultKey, "trustee-secret", held.keySet, held.sealedSecret)).toThrow();
  expect(() => openAtRest(own.vaultKey, "dealer-secret", held.keySet, held.sealedSecret)).toThrow();
});
