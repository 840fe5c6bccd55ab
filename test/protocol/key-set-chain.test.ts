// The chain of key sets, and the attacks on it: links that nobody of the old committee made, links that lead elsewhere, and
// chains that end too early.

import { beforeAll, describe, expect, it } from "vitest";
import { CeremonyAbort, post, ReshareDeals, ResharePlan } from "../../protocol/ceremony-documents.ts";
import { openSigned } from "../../protocol/documents.ts";
import { KEY_NAMES, KeySet, KeySetError, keySetId, signKeySet } from "../../protocol/key-set.ts";
import { chainOf, holdersOf, KeySetChain, reshareApprovalChallenge, walkChain } from "../../protocol/key-set-chain.ts";
import { LABELS } from "../../protocol/labels.ts";
import { reshareAccept, reshareContext, reshareDeal, reshareFinish } from "../../protocol/resharing.ts";
import { combineScalars, interpolatePoints } from "../../protocol/sharing.ts";
import { G, type G1 } from "../../protocol/suite.ts";
import { type Person, people, planResharing, rng, runCeremony, type Trustees } from "../support/trustees.ts";

interface Reshared extends Trustees {
  link: KeySetChain["links"][number];
}
/** Runs a resharing and keeps its link. */
function reshare(old: Trustees, dealers: number[], threshold: number, committee: Person[]): Reshared {
  const { plan, resharing, receivers, dealerSeats } = planResharing(old, dealers, threshold, committee);
  const deals = dealerSeats.map((seat) => reshareDeal(seat, rng));
  const outcomes = receivers.map((seat) => reshareAccept(seat, deals));
  const keySet = reshareFinish(
    resharing,
    outcomes.map((o) => o.message),
  );
  const secrets = outcomes.map((o) => {
    if (!o.accepted) throw new Error("complaint");
    return o.secret;
  });
  return { keySet, secrets, committee, link: { plan: ResharePlan.encode(plan), deals, keySet: KeySet.encode(keySet) } };
}

let old: Trustees;
let next: Reshared;
let last: Reshared;
let pinned: Uint8Array[];
let chain: KeySetChain;
beforeAll(() => {
  old = runCeremony(2, 3);
  pinned = old.keySet.identityKeys;
  next = reshare(old, [1, 3], 3, [old.committee[0]!, ...people(1), old.committee[2]!, ...people(2)]);
  last = reshare(next, [1, 2, 4], 2, people(3));
  chain = { genesis: KeySet.encode(old.keySet), links: [next.link, last.link] };
});

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof KeySetError || error instanceof CeremonyAbort) return error.reason;
    throw error;
  }
  return "accepted";
};
const withLink = (change: (link: Reshared["link"]) => Partial<Reshared["link"]>): KeySetChain => ({
  ...chain,
  links: [{ ...next.link, ...change(next.link) }],
});

describe("a chain of key sets", () => {
  it("leads from the pinned committee to the newest, with the same keys", () => {
    const keySets = walkChain(KeySetChain.decode(KeySetChain.encode(chain)), pinned);
    expect(keySets.map((k) => [k.generation, k.threshold])).toEqual([
      [0, 2],
      [1, 3],
      [2, 2],
    ]);
    for (const k of keySets) expect(keySetId(k)).toEqual(keySetId(old.keySet));
    expect(holdersOf(last.keySet, [keySets], pinned)).toEqual(last.keySet.identityKeys);
    expect(holdersOf(old.keySet, [], pinned)).toBe(pinned);
  });

  it("begins at the pinned trustees only", () => {
    const others = runCeremony(2, 3);
    expect(codeOf(() => walkChain(chainOf(KeySet.encode(others.keySet)), pinned))).toBe("identity-keys");
  });

  it("accepts no link whose deals the old members did not sign", () => {
    // t strangers deal shares that they made up, in the dealers' names.
    const deals = next.link.deals.map((d, i) => {
      const { value } = openSigned(LABELS.signCeremony, ReshareDeals, d);
      return post(ReshareDeals, value, people(2)[i]!.identitySecret);
    });
    expect(
      codeOf(() =>
        walkChain(
          withLink(() => ({ deals })),
          pinned,
        ),
      ),
    ).toBe("malformed");
    expect(
      codeOf(() =>
        walkChain(
          withLink(({ deals: [one] }) => ({ deals: [one!] })),
          pinned,
        ),
      ),
    ).toBe("missing");
  });

  it("accepts no deal that starts from another constant than the dealer's old share key", () => {
    const deals = next.link.deals.map((d, i) => {
      if (i > 0) return d;
      const { value } = openSigned(LABELS.signCeremony, ReshareDeals, d);
      const commitments = { ...value.commitments, link: [G, ...value.commitments.link.slice(1)] };
      return post(ReshareDeals, { ...value, commitments }, old.committee[0]!.identitySecret);
    });
    expect(
      codeOf(() =>
        walkChain(
          withLink(() => ({ deals })),
          pinned,
        ),
      ),
    ).toBe("constant");
  });

  it("accepts no key set that does not follow from the deals, even if all its holders signed it", () => {
    const { signatures: _, ...core } = { ...next.keySet, shareKeys: next.keySet.shareKeys.toReversed() };
    const signatures = next.committee.map((p) => signKeySet(core, p.identitySecret));
    const keySet = KeySet.encode({ ...core, signatures });
    expect(
      codeOf(() =>
        walkChain(
          withLink(() => ({ keySet })),
          pinned,
        ),
      ),
    ).toBe("other-key-set");
  });

  it("accepts no link of another generation or plan, and none twice", () => {
    expect(codeOf(() => walkChain({ ...chain, links: [last.link] }, pinned))).toBe("other-key-set");
    expect(codeOf(() => walkChain({ ...chain, links: [next.link, next.link] }, pinned))).toBe("other-key-set");
    const plan = ResharePlan.encode({ ...ResharePlan.decode(next.link.plan), threshold: 4 });
    expect(
      codeOf(() =>
        walkChain(
          withLink(() => ({ plan })),
          pinned,
        ),
      ),
    ).toBe("malformed");
  });
});

describe("a chain that ends too early", () => {
  it("is a true chain: the bound that docs/SECURITY.md states", () => {
    expect(walkChain({ ...chain, links: [next.link] }, pinned).at(-1)!.generation).toBe(1);
  });
});

describe("shares of two generations", () => {
  it("t - 1 old ones and t' - 1 new ones together give none of the keys", () => {
    for (const name of KEY_NAMES) {
      const key = old.keySet.keys[name];
      const mixed = [old.secrets[1]!, next.secrets[0]!, next.secrets[2]!];
      const value = combineScalars(mixed.map((s) => ({ index: s.index, value: s.shares[name] })));
      expect((G.multiply(value) as G1).equals(key)).toBe(false);
      // Control: three new ones do.
      const enough = [1, 3, 5].map((i) => next.secrets[i - 1]!);
      const points = enough.map((s) => ({ index: s.index, point: G.multiply(s.shares[name]) as G1 }));
      expect(interpolatePoints(points).equals(key)).toBe(true);
    }
  });
});

describe("an officer's approval of a plan", () => {
  it("fits one plan and one trustee", () => {
    const context = reshareContext(next.link.plan);
    const challenge = reshareApprovalChallenge(context, 1);
    expect(reshareApprovalChallenge(context, 3)).not.toEqual(challenge);
    expect(reshareApprovalChallenge(reshareContext(last.link.plan), 1)).not.toEqual(challenge);
  });
});
