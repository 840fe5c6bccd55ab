// The resharing part of ceremony-faults.json: trustees 1 and 3 hand the keys on to trustees 1 to 3. Dealer 3 cheats in one
// thing and signs and seals everything else around it. The reader is trustee 1 of the new committee.

import {
  post,
  ReshareDeals,
  ResharePlan,
  ReshareShare,
  sealAad,
  viewOf,
} from "../../../protocol/ceremony-documents.ts";
import { Signed } from "../../../protocol/documents.ts";
import { groupG1 } from "../../../protocol/group.ts";
import { hybridSeal } from "../../../protocol/hybrid-seal.ts";
import { KEY_NAMES, KeySet, type KeySetCore, perKey, signKeySet, TrusteeSecret } from "../../../protocol/key-set.ts";
import { keySetHash, openResharing, reshareAccept, reshareDeal, reshareFinish } from "../../../protocol/resharing.ts";
import { evaluate } from "../../../protocol/sharing.ts";
import { Fr, G, randomScalar, type Scalar } from "../../../protocol/suite.ts";
import { hex, hexes, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

const CHEAT = 3;
const other = new Uint8Array(32).fill(9);

interface Cheat {
  coefficients: number;
  /** added to the old share that is dealt */
  constant: Partial<Record<"trace" | "link" | "record", Scalar>>;
  share: (s: ReshareShare) => Partial<ReshareShare>;
  to: number;
  deals: (d: ReshareDeals) => Partial<ReshareDeals>;
}

export function reshareFaults(w: World): { base: { [key: string]: Json }; entries: Json[] } {
  const { committee } = w;
  const plan: ResharePlan = {
    reshareId: rngOf("reshare faults")(32),
    previous: keySetHash(w.keySet),
    generation: 0,
    dealers: [1, CHEAT],
    threshold: 2,
    trustees: w.ceremony.plan.trustees,
  };
  const resharing = openResharing(plan, w.keySet);
  const { context } = resharing;
  const dealBy = (i: number): Uint8Array =>
    reshareDeal(
      { resharing, identitySecret: committee[i - 1]!.identitySecret, secret: w.shares[i - 1]! },
      rngOf(`reshare faults ${i}`),
    );
  const honest = [dealBy(1), dealBy(CHEAT)];

  function cheat({ coefficients = 2, constant = {}, share, to, deals }: Partial<Cheat>): Uint8Array[] {
    const rng = rngOf("cheating reshare dealer");
    const old = w.shares[CHEAT - 1]!;
    const polynomials = perKey((name) => [
      Fr.add(old.shares[name], constant[name] ?? 0n),
      ...Array.from({ length: coefficients - 1 }, () => randomScalar(rng)),
    ]);
    const sealed = [1, 2, 3].map((i) => {
      const shares = perKey((name) => evaluate(polynomials[name], i));
      const right: ReshareShare = { shares, groupHybridSecret: old.groupHybridSecret };
      const told = i === 1 ? { ...right, ...share?.(right) } : right;
      const aad = sealAad(context, CHEAT, i === 1 ? (to ?? i) : i, viewOf(context));
      return hybridSeal(committee[i - 1]!.transport.publicKey, aad, ReshareShare.encode(told), rng);
    });
    const commitments = perKey((name) => polynomials[name].map((a) => groupG1.multiply(G, a)));
    const value: ReshareDeals = { context, sender: CHEAT, commitments, sealed };
    return [honest[0]!, post(ReshareDeals, { ...value, ...deals?.(value) }, committee[CHEAT - 1]!.identitySecret)];
  }

  const outcomes = committee.map((t, i) =>
    reshareAccept(
      { resharing, index: i + 1, identitySecret: t.identitySecret, transportSecret: t.transport.secretKey },
      honest,
    ),
  );
  const keySet = reshareFinish(
    resharing,
    outcomes.map((o) => o.message),
  );
  const signed = (change: Partial<KeySetCore>): KeySet => {
    const { signatures: _, ...core } = { ...keySet, ...change };
    return { ...core, signatures: committee.map((t) => signKeySet(core, t.identitySecret)) };
  };

  const deals = (reason: string, name: string, messages: Uint8Array[]) => ({
    kind: "reshare",
    class: name,
    reason,
    reshareDeals: hexes(messages),
  });
  const link = (reason: string, name: string, next: KeySet, messages = honest) => ({
    kind: "reshared-key-set",
    class: name,
    reason,
    reshareDeals: hexes(messages),
    keySet: hex(KeySet.encode(next)),
  });
  const byNoDealer = post(
    ReshareDeals,
    { ...ReshareDeals.decode(Signed.decode(honest[1]!).document), sender: 2 },
    committee[1]!.identitySecret,
  );
  return {
    base: {
      oldKeySet: hex(KeySet.encode(w.keySet)),
      resharePlan: hex(ResharePlan.encode(plan)),
      oldSecrets: w.shares.map((s) => hex(TrusteeSecret.encode(s))),
    },
    entries: [
      deals("accepted", "honest", honest),
      deals("accepted", "deals made by this recipe", cheat({})),
      ...KEY_NAMES.flatMap((name) => [
        deals("constant by 3", `another ${name} key is handed on`, cheat({ constant: { [name]: 1n } })),
        deals(
          "complaint: share about 3",
          `a wrong ${name} share`,
          cheat({ share: ({ shares }) => ({ shares: { ...shares, [name]: Fr.add(shares[name], 1n) } }) }),
        ),
      ]),
      deals("degree by 3", "one degree more", cheat({ coefficients: 3 })),
      deals("degree by 3", "one degree less", cheat({ coefficients: 1 })),
      deals("complaint: seed about 3", "another hybrid secret", cheat({ share: () => ({ groupHybridSecret: other }) })),
      deals("complaint: unreadable about 3", "sealed for another receiver", cheat({ to: 2 })),
      deals("malformed by 3", "one seal too few", cheat({ deals: ({ sealed }) => ({ sealed: sealed.slice(0, 2) }) })),
      deals("malformed", "deals of another run", cheat({ deals: () => ({ context: other }) })),
      deals("malformed by 3", "in another dealer's name", cheat({ deals: () => ({ sender: 1 }) })),
      deals("malformed", "a trustee that is no dealer", [honest[0]!, byNoDealer]),
      deals("missing by 3", "one missing", [honest[0]!]),
      deals("equivocated by 3", "two different deals", [...honest, cheat({})[1]!]),

      link("accepted", "honest", keySet),
      link("other-key-set", "another deal than the key set follows from", keySet, cheat({})),
      link("other-key-set", "another generation", signed({ generation: 2 })),
      link("other-key-set", "another transcript", signed({ transcript: other })),
      link("other-key-set", "another threshold", signed({ threshold: 3 })),
      link("signature", "one holder did not sign", {
        ...keySet,
        signatures: [...keySet.signatures.slice(0, 2), signKeySet(keySet, committee[0]!.identitySecret)],
      }),
    ],
  };
}
