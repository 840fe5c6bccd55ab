// Makes key-set-faults.json: key sets that all holders signed and in which one thing is wrong, parameters that name other
// keys than the trustees', a trustee's secret that does not belong to its key set, and plans.

import { ed25519 } from "@noble/curves/ed25519.js";
import { CeremonyPlan, ResharePlan } from "../../../protocol/ceremony-documents.ts";
import { Parameters } from "../../../protocol/documents.ts";
import { groupG1 } from "../../../protocol/group.ts";
import { hybridKeyPair } from "../../../protocol/hybrid-seal.ts";
import { KeySet, type KeySetCore, perKey, signKeySet, TrusteeSecret } from "../../../protocol/key-set.ts";
import { keySetHash } from "../../../protocol/resharing.ts";
import { evaluate } from "../../../protocol/sharing.ts";
import { Fr, G, type G1, randomScalar, type Scalar } from "../../../protocol/suite.ts";
import { hex, hexes, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

/** How one key set is made: n holders, threshold t, polynomials of `coefficients` coefficients. */
interface Recipe {
  n: number;
  t: number;
  coefficients: number;
  core: (core: KeySetCore) => KeySetCore;
  keySet: (keySet: KeySet) => KeySet;
}
const asIs = <T>(x: T): T => x;
const point = (x: Scalar): G1 => groupG1.multiply(G, x);
const swapped = <T>([a, b, ...rest]: readonly T[]): T[] => [b!, a!, ...rest];

export function keySetFaults(w: World): Json {
  const holders = Array.from({ length: 17 }, (_, i) => rngOf(`key set holder ${i + 1}`)(32));
  const transports = holders.map((secret) => hybridKeyPair(secret).publicKey);
  const publicKeys = holders.map((secret) => ed25519.getPublicKey(secret));

  function make(change: Partial<Recipe>): { keySet: KeySet; identityKeys: Uint8Array[] } {
    const {
      n,
      t,
      coefficients,
      core: alter,
      keySet: after,
    } = {
      ...{ n: 3, t: 2, coefficients: change.t ?? 2, core: asIs<KeySetCore>, keySet: asIs<KeySet> },
      ...change,
    };
    const rng = rngOf(`key set ${n} ${t} ${coefficients}`);
    const polynomials = perKey(() => Array.from({ length: coefficients }, () => randomScalar(rng)));
    const core = alter({
      threshold: t,
      generation: 0,
      keys: perKey((name) => point(polynomials[name][0]!)),
      shareKeys: Array.from({ length: n }, (_, i) => perKey((name) => point(at(polynomials[name], i + 1)))),
      identityKeys: publicKeys.slice(0, n),
      groupHybridKey: w.keySet.groupHybridKey,
      transcript: rng(32),
    });
    const secretOf = (key: Uint8Array): Uint8Array => holders[publicKeys.findIndex((k) => hex(k) === hex(key))]!;
    const signatures = core.identityKeys.map((key) => signKeySet(core, secretOf(key)));
    return { keySet: after({ ...core, signatures }), identityKeys: publicKeys.slice(0, n) };
  }
  const keySet = (reason: string, name: string, change: Partial<Recipe> = {}) => {
    const made = make(change);
    return {
      kind: "key-set",
      class: name,
      reason,
      keySet: hex(KeySet.encode(made.keySet)),
      identityKeys: hexes(made.identityKeys),
    };
  };
  const core = (change: (c: KeySetCore) => Partial<KeySetCore>): Partial<Recipe> => ({
    core: (c) => ({ ...c, ...change(c) }),
  });
  const shareKey = (name: "trace" | "link" | "record") =>
    core(({ shareKeys: [first, ...rest] }) => ({ shareKeys: [{ ...first!, [name]: point(5n) }, ...rest] }));
  const signatures = (change: (s: Uint8Array[], k: KeySet) => Uint8Array[]): Partial<Recipe> => ({
    keySet: (k) => ({ ...k, signatures: change(k.signatures, k) }),
  });

  const parameters = (reason: string, name: string, change: Partial<Parameters> = {}) => ({
    kind: "parameters",
    class: name,
    reason,
    parameters: hex(Parameters.encode({ ...w.parameters, ...change })),
  });
  const p = w.parameters;
  const altered = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => (i === 0 ? b ^ 1 : b));

  const own = w.shares[0]!;
  const secret = (reason: string, name: string, change: Partial<TrusteeSecret> = {}) => ({
    kind: "secret",
    class: name,
    reason,
    secret: hex(TrusteeSecret.encode({ ...own, ...change })),
  });
  const share = (name: "trace" | "link" | "record") => ({
    shares: { ...own.shares, [name]: Fr.add(own.shares[name], 1n) },
  });

  const trustees = (n: number) =>
    publicKeys.slice(0, n).map((identityKey, i) => ({ identityKey, transportKey: transports[i]! }));
  const plan = (reason: string, name: string, change: Partial<CeremonyPlan> = {}) => ({
    kind: "plan",
    class: name,
    reason,
    plan: hex(CeremonyPlan.encode({ ceremonyId: new Uint8Array(32), threshold: 2, trustees: trustees(3), ...change })),
  });
  const sameKey = (field: "identityKey" | "transportKey") => {
    const [a, b, c] = trustees(3) as [
      ReturnType<typeof trustees>[0],
      ReturnType<typeof trustees>[0],
      ReturnType<typeof trustees>[0],
    ];
    return { trustees: [a, b, { ...c, [field]: a[field] }] };
  };
  const reshare = (reason: string, name: string, change: Partial<ResharePlan> = {}) => ({
    kind: "reshare-plan",
    class: name,
    reason,
    plan: hex(
      ResharePlan.encode({
        ...{ reshareId: new Uint8Array(32), previous: keySetHash(w.keySet), generation: 0, dealers: [1, 3] },
        ...{ threshold: 2, trustees: trustees(3) },
        ...change,
      }),
    ),
  });
  return {
    keySet: hex(KeySet.encode(w.keySet)),
    identityKeys: hexes(w.keySet.identityKeys),
    entries: [
      keySet("accepted", "2 of 3"),
      keySet("accepted", "2 of 2", { n: 2 }),
      keySet("accepted", "9 of 16", { n: 16, t: 9 }),
      keySet("threshold", "1 of 3, on constant polynomials", { t: 1 }),
      keySet("threshold", "2 of 4", { n: 4 }),
      keySet("threshold", "8 of 16", { n: 16, t: 8 }),
      keySet("threshold", "4 of 3", { t: 4 }),
      keySet(
        "threshold",
        "0 of 3",
        core(() => ({ threshold: 0 })),
      ),
      keySet("holders", "1 of 1", { n: 1, t: 1 }),
      keySet("holders", "9 of 17", { n: 17, t: 9 }),
      keySet("share-keys", "polynomials of one degree more", { coefficients: 3 }),
      ...(["trace", "link", "record"] as const).flatMap((name) => [
        keySet("share-keys", `another ${name} share key`, shareKey(name)),
        keySet(
          "share-keys",
          `another ${name} key`,
          core(({ keys }) => ({ keys: { ...keys, [name]: point(5n) } })),
        ),
      ]),
      keySet(
        "share-keys",
        "share keys in another order",
        core(({ shareKeys }) => ({ shareKeys: swapped(shareKeys) })),
      ),
      keySet(
        "share-keys",
        "one share key too few",
        core(({ shareKeys }) => ({ shareKeys: shareKeys.slice(0, 2) })),
      ),
      keySet("share-keys", "one share key too many", {
        core: (c) => ({
          ...c,
          shareKeys: [...make({ n: 4, coefficients: 2 }).keySet.shareKeys],
          keys: make({ n: 4, coefficients: 2 }).keySet.keys,
        }),
      }),
      keySet(
        "identity-keys",
        "holders in another order",
        core(({ identityKeys }) => ({ identityKeys: swapped(identityKeys) })),
      ),
      keySet(
        "identity-keys",
        "another holder",
        core(({ identityKeys }) => ({ identityKeys: [...identityKeys.slice(0, 2), publicKeys[3]!] })),
      ),
      keySet(
        "identity-keys",
        "one holder fewer",
        core(({ identityKeys, shareKeys }) => ({
          identityKeys: identityKeys.slice(0, 2),
          shareKeys: shareKeys.slice(0, 2),
        })),
      ),
      keySet(
        "signature",
        "one signature too few",
        signatures((s) => s.slice(0, 2)),
      ),
      keySet(
        "signature",
        "one signature too many",
        signatures((s) => [...s, s[0]!]),
      ),
      keySet(
        "signature",
        "one holder signs twice",
        signatures((s) => [s[0]!, s[0]!, s[2]!]),
      ),
      keySet(
        "signature",
        "last holder's signature by another",
        signatures((s, k) => [...s.slice(0, 2), signKeySet(k, holders[5]!)]),
      ),
      keySet("signature", "signatures of another generation", { keySet: (k) => ({ ...k, generation: 1 }) }),
      keySet("signature", "signatures of another transcript", {
        keySet: (k) => ({ ...k, transcript: new Uint8Array(32) }),
      }),
      keySet("signature", "signatures of another hybrid key", {
        keySet: (k) => ({ ...k, groupHybridKey: transports[0]! }),
      }),

      parameters("accepted", "of this key set"),
      parameters("accepted", "assembleThreshold of all", { assembleThreshold: 3 }),
      parameters("other-key-set", "another keySetId", { keySetId: altered(p.keySetId) }),
      parameters("other-key-set", "another trace key", { traceKey: p.linkKey }),
      parameters("other-key-set", "another link key", { linkKey: p.recordKey }),
      parameters("other-key-set", "another record key", { recordKey: p.traceKey }),
      parameters("other-key-set", "another hybrid key", { groupHybridKey: transports[0]! }),
      parameters("other-key-set", "threshold too high", { threshold: 3, assembleThreshold: 3 }),
      parameters("other-key-set", "threshold too low", { threshold: 1 }),
      parameters("other-key-set", "assembleThreshold too low", { assembleThreshold: 1 }),
      parameters("other-key-set", "assembleThreshold too high", { assembleThreshold: 4 }),
      parameters("other-key-set", "trustees in another order", { trusteeKeys: swapped(p.trusteeKeys) }),
      parameters("other-key-set", "one trustee fewer", { trusteeKeys: p.trusteeKeys.slice(0, 2) }),
      parameters("other-key-set", "one trustee more", { trusteeKeys: [...p.trusteeKeys, publicKeys[0]!] }),

      secret("accepted", "of trustee 1"),
      secret("other-key-set", "another key set", { keySetId: altered(own.keySetId) }),
      secret("other-generation", "another generation", { generation: 1 }),
      secret("wrong-secret", "another index", { index: 2 }),
      secret("wrong-secret", "index beyond the committee", { index: 4 }),
      secret("wrong-secret", "another trace share", share("trace")),
      secret("wrong-secret", "another link share", share("link")),
      secret("wrong-secret", "another record share", share("record")),
      secret("wrong-secret", "another hybrid secret", { groupHybridSecret: holders[0]! }),

      plan("accepted", "2 of 3"),
      plan("threshold", "1 of 3", { threshold: 1 }),
      plan("threshold", "4 of 3", { threshold: 4 }),
      plan("holders", "1 of 1", { threshold: 1, trustees: trustees(1) }),
      plan("holders", "9 of 17", { threshold: 9, trustees: trustees(17) }),
      plan("range", "one identity key twice", sameKey("identityKey")),
      plan("range", "one transport key twice", sameKey("transportKey")),

      reshare("accepted", "trustees 1 and 3 deal"),
      reshare("other-key-set", "for another key set", { previous: new Uint8Array(32) }),
      reshare("other-generation", "for another generation", { generation: 1 }),
      reshare("holders", "dealers not ascending", { dealers: [3, 1] }),
      reshare("holders", "one dealer twice", { dealers: [1, 1] }),
      reshare("holders", "dealer 0", { dealers: [0, 1] }),
      reshare("holders", "dealer beyond the committee", { dealers: [1, 4] }),
      reshare("holders", "one dealer too few", { dealers: [1] }),
      reshare("holders", "one dealer too many", { dealers: [1, 2, 3] }),
      reshare("threshold", "new threshold of half", { threshold: 1, trustees: trustees(2) }),
      reshare("range", "one new trustee twice", sameKey("identityKey")),
      reshare("range", "one transport key twice", sameKey("transportKey")),
    ],
  };
}

/** f(x), also for the 17th holder, whom `evaluate` refuses. */
const at = (f: Scalar[], x: number): Scalar =>
  x <= 16 ? evaluate(f, x) : f.reduceRight((sum, a) => Fr.add(Fr.mul(sum, BigInt(x)), a), 0n);
