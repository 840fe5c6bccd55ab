import { beforeAll, describe, expect, it } from "vitest";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { CeremonyAbort, post, ReshareDeals, ReshareShare, sealAad, viewOf } from "../../protocol/ceremony-documents.ts";
import { Signed } from "../../protocol/documents.ts";
import { hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import {
  assertSecretOf,
  KEY_NAMES,
  KeySetError,
  keySetId,
  type TrusteeSecret,
  verifyKeySet,
} from "../../protocol/key-set.ts";
import {
  openResharing,
  readReshareComplaint,
  reshareAccept,
  reshareDeal,
  reshareFinish,
} from "../../protocol/resharing.ts";
import { combineScalars, commitPolynomial, interpolatePoints, sharePolynomial } from "../../protocol/sharing.ts";
import { Fr, G, type G1 } from "../../protocol/suite.ts";
import { openOuter, sealThreshold, type Tdh2Ciphertext, tdh2Finish } from "../../protocol/tdh2.ts";
import { people, planResharing, rng, runCeremony, runResharing, type Trustees } from "../support/trustees.ts";

let old: Trustees;
beforeAll(() => {
  old = runCeremony(2, 3);
});

const reasonOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof CeremonyAbort) return { reason: error.reason, trustee: error.trustee };
    if (error instanceof KeySetError) return { reason: error.reason };
    throw error;
  }
  return { reason: "accepted" };
};
const replaced = <T>(list: readonly T[], at: number, item: T): T[] => list.map((x, i) => (i === at ? item : x));
const combined = (secrets: readonly TrusteeSecret[], name: (typeof KEY_NAMES)[number]) =>
  G.multiply(combineScalars(secrets.map((s) => ({ index: s.index, value: s.shares[name] }))));

describe("resharing", () => {
  it("two of 2-of-3 trustees reshare to 3 of 5: the keys stay, the shares are new, and older ciphertexts still open", () => {
    const label = utf8ToBytes("a record of the first generation");
    const { keys, groupHybridKey } = old.keySet;
    const fileKey = rng(16);
    const stanza = sealThreshold({ key: keys.record, groupHybridKey, label, fileKey }, rng);

    const committee = [...people(3), old.committee[0]!, old.committee[2]!]; // trustee 2 leaves, three join
    const next = runResharing(old, [1, 3], 3, committee);
    verifyKeySet(
      next.keySet,
      committee.map((p) => p.keys.identityKey),
    );
    expect(keySetId(next.keySet)).toEqual(keySetId(old.keySet));
    expect(next.keySet.generation).toBe(1);
    expect(next.keySet.threshold).toBe(3);
    for (const secret of next.secrets) assertSecretOf(secret, next.keySet);

    for (const name of KEY_NAMES) {
      expect(next.keySet.keys[name].equals(keys[name])).toBe(true);
      expect(combined(next.secrets.slice(0, 3), name).equals(keys[name])).toBe(true);
      expect(combined(next.secrets.slice(2), name).equals(keys[name])).toBe(true);
      expect(combined(next.secrets.slice(0, 2), name).equals(keys[name])).toBe(false);
      // Old and new shares are points of different polynomials.
      const mixed = [old.secrets[0]!, next.secrets[1]!, next.secrets[2]!];
      expect(combined(mixed, name).equals(keys[name])).toBe(false);
    }

    const ct: Tdh2Ciphertext = openOuter(next.secrets[4]!.groupHybridSecret, { key: keys.record, label }, stanza);
    const partial = (s: TrusteeSecret) => ({ index: s.index, point: ct.u.multiply(s.shares.record) as G1 });
    const shared = interpolatePoints([next.secrets[1]!, next.secrets[3]!, next.secrets[4]!].map(partial));
    expect(tdh2Finish({ key: keys.record, label, ct, shared })).toEqual(fileKey);
    const withOld = interpolatePoints([old.secrets[0]!, next.secrets[3]!, next.secrets[4]!].map(partial));
    expect(() => tdh2Finish({ key: keys.record, label, ct, shared: withOld })).toThrow();
  });

  it("refreshes the shares of an unchanged committee; shares of two generations do not combine", () => {
    const next = runResharing(old, [2, 3], 2, old.committee);
    expect(next.secrets[0]!.shares).not.toEqual(old.secrets[0]!.shares);
    expect(reasonOf(() => assertSecretOf(old.secrets[0]!, next.keySet)).reason).toBe("other-generation");
    expect(reasonOf(() => assertSecretOf(next.secrets[0]!, old.keySet)).reason).toBe("other-generation");
    // An old share deals nothing in a plan of the new generation, even if it is renumbered.
    const { dealerSeats } = planResharing(next, [1, 2], 2, old.committee);
    expect(reasonOf(() => reshareDeal({ ...dealerSeats[0]!, secret: old.secrets[0]! }, rng)).reason).toBe(
      "other-generation",
    );
    const renumbered = { ...old.secrets[0]!, generation: 1 };
    expect(reasonOf(() => reshareDeal({ ...dealerSeats[0]!, secret: renumbered }, rng)).reason).toBe("wrong-secret");
  });

  it("refuses a plan for another key set, generation or set of dealers", () => {
    const { plan } = planResharing(old, [1, 2], 2, old.committee);
    const tryPlan = (change: Partial<typeof plan>) =>
      reasonOf(() => openResharing({ ...plan, ...change }, old.keySet)).reason;
    expect(tryPlan({})).toBe("accepted");
    expect(tryPlan({ previous: rng(32) })).toBe("other-key-set");
    expect(tryPlan({ generation: 1 })).toBe("other-generation");
    for (const dealers of [[1], [1, 2, 3], [1, 1], [2, 1], [0, 1], [1, 4]])
      expect(tryPlan({ dealers })).toBe("holders");
    expect(tryPlan({ threshold: 1 })).toBe("threshold");
    expect(tryPlan({ threshold: 4 })).toBe("threshold");
    const { dealerSeats } = planResharing(old, [1, 2], 2, old.committee);
    const outsider = { ...dealerSeats[0]!, secret: old.secrets[2]! };
    expect(reasonOf(() => reshareDeal(outsider, rng)).reason).toBe("holders");
  });
});

describe("a cheating dealer in resharing", () => {
  const setUp = () => {
    const run = planResharing(old, [1, 3], 2, old.committee);
    const deals = run.dealerSeats.map((seat) => reshareDeal(seat, rng));
    const cheat = (change: (d: ReshareDeals) => Partial<ReshareDeals>) => {
      const d = ReshareDeals.decode(Signed.decode(deals[1]!).document);
      const bad = post(ReshareDeals, { ...d, ...change(d) }, old.committee[2]!.identitySecret);
      return replaced(deals, 1, bad);
    };
    const seat = run.receivers[0]!;
    const { context } = run.resharing;
    /** Trustee 3's sealed share for new trustee 1, with a change. */
    const withShare = (change: (share: ReshareShare) => Partial<ReshareShare>) =>
      cheat((d) => {
        const aad = sealAad(context, 3, 1, viewOf(context));
        const share = ReshareShare.decode(hybridOpen(seat.transportSecret, aad, d.sealed[0]!));
        const bytes = ReshareShare.encode({ ...share, ...change(share) });
        return { sealed: replaced(d.sealed, 0, hybridSeal(old.committee[0]!.keys.transportKey, aad, bytes, rng)) };
      });
    const complaint = (messages: Uint8Array[]) => {
      const outcome = reshareAccept(seat, messages);
      if (outcome.accepted) throw new Error("accepted");
      return readReshareComplaint(run.resharing, outcome.message);
    };
    return { ...run, deals, cheat, withShare, complaint, seat };
  };

  it("is named for a wrong share, a wrong hybrid secret or an unreadable seal", () => {
    const { withShare, cheat, complaint } = setUp();
    for (const name of KEY_NAMES) {
      const bad = withShare(({ shares }) => ({ shares: { ...shares, [name]: Fr.add(shares[name], 1n) } }));
      expect(complaint(bad)).toMatchObject({ sender: 1, accused: 3, reason: "share" });
    }
    expect(complaint(withShare(() => ({ groupHybridSecret: rng(32) })))).toMatchObject({ accused: 3, reason: "seed" });
    const empty = cheat((d) => ({ sealed: replaced(d.sealed, 0, new Uint8Array()) }));
    expect(complaint(empty)).toMatchObject({ accused: 3, reason: "unreadable" });
  });

  it("cannot introduce another constant, degree or number of seals", () => {
    const { cheat, seat, deals } = setUp();
    const other = commitPolynomial(sharePolynomial(7n, 2, rng));
    const constant = cheat((d) => ({ commitments: { ...d.commitments, record: other } }));
    expect(reasonOf(() => reshareAccept(seat, constant))).toEqual({ reason: "constant", trustee: 3 });
    // its own share of another key
    const swapped = cheat((d) => ({ commitments: { ...d.commitments, link: d.commitments.trace } }));
    expect(reasonOf(() => reshareAccept(seat, swapped))).toEqual({ reason: "constant", trustee: 3 });
    const longer = cheat((d) => ({ commitments: { ...d.commitments, trace: [...d.commitments.trace, G] } }));
    expect(reasonOf(() => reshareAccept(seat, longer))).toEqual({ reason: "degree", trustee: 3 });
    const fewer = cheat((d) => ({ sealed: d.sealed.slice(1) }));
    expect(reasonOf(() => reshareAccept(seat, fewer))).toEqual({ reason: "malformed", trustee: 3 });
    expect(reasonOf(() => reshareAccept(seat, deals.slice(0, 1)))).toEqual({ reason: "missing", trustee: 3 });
  });

  it("cannot be impersonated, nor can deals of another run be used", () => {
    const { cheat, seat } = setUp();
    const again = setUp();
    const nobody = { reason: "malformed", trustee: undefined };
    expect(reasonOf(() => reshareAccept(seat, again.deals))).toEqual(nobody); // honest in its own run
    const asOne = cheat(() => ({ sender: 1 }));
    expect(reasonOf(() => reshareAccept(seat, asOne))).toEqual({ reason: "malformed", trustee: 3 });
  });

  it("cannot split the receivers: they sign different key sets, so no key set results", () => {
    const { resharing, receivers, dealerSeats, deals } = setUp();
    const split = replaced(deals, 1, reshareDeal(dealerSeats[1]!, rng)); // another polynomial, correct in itself
    const messages = receivers.map((seat, i) => reshareAccept(seat, i === 2 ? split : deals).message);
    expect(reasonOf(() => reshareFinish(resharing, messages))).toEqual({ reason: "disagreement", trustee: undefined });
  });
});
