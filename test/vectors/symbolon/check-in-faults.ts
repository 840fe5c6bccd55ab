// Makes check-in-faults.json: check-ins that break one thing and are proved and signed anew around it. The issuer's secret
// is known here, so each credential, proof, row proof and signature holds unless it is the broken thing itself. So a
// verifier that leaves out one check accepts exactly the entries of that check.

import { concatBytes } from "../../../protocol/bytes.ts";
import {
  attributeScalar,
  credentialGenerators,
  decodeIssuerParams,
  handleGenerator,
  publicBase,
} from "../../../protocol/credential.ts";
import {
  Challenge,
  CheckIn,
  checkInContext,
  Parameters,
  paramsHashOf,
  serviceIdOf,
  signDocument,
} from "../../../protocol/documents.ts";
import { type Engine, nobleEngine } from "../../../protocol/engine.ts";
import { type Group, groupG1 } from "../../../protocol/group.ts";
import { proveIndexRow, type RowPlace } from "../../../protocol/index-row.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { Presentation, tagOf } from "../../../protocol/presentation.ts";
import {
  hiddenIndexes,
  type PresentationPoints,
  presentationRelationIn,
  presentationTag,
  type WitnessName,
} from "../../../protocol/presentation-statement.ts";
import { combineScalars } from "../../../protocol/sharing.ts";
import { type BatchableProof, encodeBatchable, proveBatchable, verifyBatchable } from "../../../protocol/sigma.ts";
import { Fr, G, type G1, type G2, randomScalar, type Scalar } from "../../../protocol/suite.ts";
import { hex, IDENTITY_G1, IDENTITY_G2, type Json, ORDER_3_G1, order13G2 } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

type Header = Pick<Presentation, "credentialEpoch" | "tagEpoch" | "slot" | "shown">;
/** The values of one check-in. Each is as an honest wallet and clinic have it, unless an entry changes it. */
interface Recipe {
  header: Header;
  /** the parameters that the challenge names */
  named: Parameters;
  /** p_e as the wallet proves it, for the tag and for the credential */
  tagParams: Parameters;
  credentialParams: Parameters;
  challenge: Partial<Challenge>;
  signedBy: Uint8Array;
  signedAs: typeof LABELS.signChallenge | typeof LABELS.signReceipt;
  issuerSecret: Scalar;
  row: Partial<RowPlace>;
  rowSecret: Scalar;
  /** changes the points after the credential is made and before the proof is made */
  alter: (points: PresentationPoints, secrets: { e: Scalar; r1: Scalar; r2: Scalar; x: Scalar }) => PresentationPoints;
  /** the e of the proof, if it is not the credential's */
  provenE: (e: Scalar) => Scalar;
  /** the wallet's scalars that differ from the honest ones; r1 in the proof alone */
  scalars: { r1?: Scalar; z?: Scalar; r?: Scalar };
  /** a point to which a point of small order is added. The proof is drawn anew until it holds for the sum. */
  torsion: keyof PresentationPoints | undefined;
  /** bytes in place of a point, which no proof can fit */
  edited: Partial<Presentation>;
}

const asIs = <T>(x: T): T => x;

/** A group in which the identity has an encoding and is an element like any other. */
function withIdentity<E>(group: Group<E>, zero: Uint8Array): Group<E> {
  const encode = (e: E): Uint8Array => (group.isIdentity(e) ? zero : group.encode(e));
  return {
    ...group,
    encode,
    encodeAll: (elements) => concatBytes(...elements.map(encode)),
    isIdentity: () => false,
  };
}
/** noble for a prover that shows the identity, as a careless verifier would accept it */
const careless: Engine = {
  ...nobleEngine,
  g1: withIdentity(nobleEngine.g1, IDENTITY_G1),
  g2: withIdentity(nobleEngine.g2, IDENTITY_G2),
};
const O = nobleEngine.toG1(nobleEngine.g1.identity);
const plus = <P extends G1 | G2>(p: P, q: P): P => p.add(q as never) as P;

/** Adds a point of order 3 of G1, or of order 13 of G2. */
const plusSmallOrder = (p: PresentationPoints, name: keyof PresentationPoints): PresentationPoints =>
  name === "T" ? { ...p, T: plus(p.T, order13G2()) } : { ...p, [name]: plus(p[name], ORDER_3_G1) };

export function checkInFaults(w: World): Json {
  const parameters: Parameters = { ...w.parameters, epochFrom: w.epoch - 3 };
  const other: Parameters = { ...parameters, realm: "elsewhere" };
  const early: Parameters = { ...parameters, epochTo: w.epoch - 1 };
  const full = { index: 0, value: "full" };
  const adult = { index: 1, value: "adult" };
  const honest: Recipe = {
    header: { credentialEpoch: w.epoch, tagEpoch: w.epoch, slot: 0, shown: [full] },
    named: parameters,
    tagParams: parameters,
    credentialParams: parameters,
    challenge: {},
    signedBy: w.clinicSecret,
    signedAs: LABELS.signChallenge,
    issuerSecret: w.issuerSecret,
    row: {},
    rowSecret: w.secrets.z,
    alter: asIs,
    provenE: asIs,
    scalars: {},
    torsion: undefined,
    edited: {},
  };

  function make(name: string, change: Partial<Recipe>): string {
    const r = { ...honest, ...change };
    const rng = rngOf(`check-in fault ${name}`);
    const { k } = w.secrets;
    const z = r.scalars.z ?? w.secrets.z;
    const challenge = signDocument(
      r.signedAs as typeof LABELS.signChallenge,
      Challenge,
      {
        serviceId: w.serviceId,
        cardHash: new Uint8Array(32),
        nonce: rng(16),
        issuedAt: w.issuedAt,
        expiresAt: w.issuedAt + 300,
        paramsHash: paramsHashOf(r.named),
        required: w.card.required,
        maxStaleEpochs: 1,
        ...r.challenge,
      },
      r.signedBy,
    );
    const [tagParamsHash, credentialParamsHash] = [r.tagParams, r.credentialParams].map(paramsHashOf) as [
      Uint8Array,
      Uint8Array,
    ];
    const place = { serviceId: w.serviceId, epoch: w.epoch, slot: r.header.slot, paramsHash: paramsHashOf(parameters) };
    const open = {
      challenge,
      sessionAuthKey: w.visits[0]!.keys.authPublicKey,
      sessionRecipient: w.visits[0]!.keys.ageRecipient,
      rowProof: proveIndexRow({ ...place, ...r.row }, r.rowSecret, rng),
      claim: rng(82),
      hpkeEnc: rng(1120),
    };

    const params = decodeIssuerParams(r.tagParams);
    const credentialParams = decodeIssuerParams(r.credentialParams);
    const { Q2, J1, J2, H } = credentialGenerators(credentialParams.attributes.length);
    const [s, e, r1, r2, drawn] = Array.from({ length: 5 }, () => randomScalar(rng)) as [
      Scalar,
      Scalar,
      Scalar,
      Scalar,
      Scalar,
    ];
    const u = r.scalars.r ?? drawn;
    const hidden = hiddenIndexes(credentialParams, r.header).map(
      (i) => [i, attributeScalar(credentialParams.attributes[i], ["full", "adult"][i]!)] as const,
    );
    const terms: [G1, Scalar][] = [[Q2, s], [J1, k], [J2, z], ...hidden.map(([i, m]): [G1, Scalar] => [H[i + 1]!, m])];
    const B = terms.reduce<G1>(
      (sum, [p, m]) => plus(sum, groupG1.multiply(p, m)),
      publicBase(credentialParams, credentialParamsHash, r.header.credentialEpoch, r.header.shown),
    );
    const A = groupG1.multiply(B, Fr.inv(Fr.add(r.issuerSecret, e)));
    const D = groupG1.multiply(B, r2);
    const Abar = groupG1.multiply(A, Fr.mul(r1, r2));
    const honestPoints: PresentationPoints = {
      Abar,
      Bbar: groupG1.multiply(D, r1).subtract(groupG1.multiply(Abar, e)) as G1,
      D,
      T: tagOf(z, tagParamsHash, r.header.tagEpoch, r.header.slot),
      C1: groupG1.multiply(G, u),
      C2: plus(groupG1.multiply(handleGenerator(), k), groupG1.multiply(params.traceKey, u)),
      F2: plus(groupG1.multiply(G, z), groupG1.multiply(params.linkKey, u)),
    };
    const altered = r.alter(honestPoints, { e, r1, r2, x: w.issuerSecret });
    const points = r.torsion ? plusSmallOrder(altered, r.torsion) : altered;
    const setting = { params, credentialParams, tagParamsHash, credentialParamsHash, context: checkInContext(open) };
    const witness = {
      ...{ e: r.provenE(e), r1: r.scalars.r1 ?? r1, r3: Fr.inv(r2), s, k, z, r: u },
      ...Object.fromEntries(hidden.map(([i, m]) => [`m${i}`, m])),
    };
    const { fromG1, fromG2 } = careless;
    const relation = presentationRelationIn(careless, setting, r.header, {
      ...{ Abar: fromG1(points.Abar), Bbar: fromG1(points.Bbar), D: fromG1(points.D), T: fromG2(points.T) },
      ...{ C1: fromG1(points.C1), C2: fromG1(points.C2), F2: fromG1(points.F2) },
    });
    const proofTag = presentationTag(setting, r.header);
    let proof: BatchableProof;
    do {
      proof = proveBatchable(relation, proofTag, witness as Record<WitnessName, Scalar>, rng);
    } while (r.torsion && !verifyBatchable(relation, proofTag, proof));
    const { Abar: a, Bbar: b, D: d, T, C1, C2, F2 } = points;
    const [Ab, Bb, Db, C1b, C2b, F2b] = [a, b, d, C1, C2, F2].map((p) => careless.g1.encode(fromG1(p))) as Uint8Array[];
    const presentation = Presentation.encode({
      ...r.header,
      ...{ Abar: Ab!, Bbar: Bb!, D: Db!, T: careless.g2.encode(fromG2(T)), C1: C1b!, C2: C2b!, F2: F2b! },
      proof: encodeBatchable(proof),
      ...r.edited,
    });
    return hex(CheckIn.encode({ ...open, presentation }));
  }
  const entry = (reason: string, name: string, change: Partial<Recipe>, judged: { [key: string]: Json } = {}) => ({
    kind: "check-in",
    class: name,
    reason,
    checkIn: make(name, change),
    ...judged,
  });
  const header = (change: Partial<Header>): Partial<Recipe> => ({ header: { ...honest.header, ...change } });
  const altered =
    (change: (p: PresentationPoints) => Partial<PresentationPoints>): Recipe["alter"] =>
    (p) => ({ ...p, ...change(p) });
  /** Bbar = x·Abar + delta·G, while the proof holds. Two opposite deltas cancel in a sum without random weights. */
  const defect =
    (delta: bigint): Recipe["alter"] =>
    (p, { e, r1, x }) => {
      const target = groupG1.multiply(p.D, r1).subtract(groupG1.multiply(G, Fr.create(delta))) as G1;
      const Abar = groupG1.multiply(target, Fr.inv(Fr.add(x, e)));
      return { ...p, Abar, Bbar: groupG1.multiply(p.D, r1).subtract(groupG1.multiply(Abar, e)) as G1 };
    };
  const none = { required: [], maxStaleEpochs: 1 };
  const linkSecret = combineScalars(w.shares.slice(0, 2).map(({ index, shares }) => ({ index, value: shares.link })));
  return {
    parameters: hex(Parameters.encode(parameters)),
    early: hex(Parameters.encode(early)),
    entries: [
      entry("accepted", "honest", {}),
      entry("accepted", "both attributes shown", header({ shown: [full, adult] })),
      entry("accepted", "credential of last month", header({ credentialEpoch: w.epoch - 1 })),
      entry("accepted", "last slot", header({ slot: parameters.slots - 1 })),
      entry("accepted", "nothing required, nothing shown", { ...header({ shown: [] }), challenge: none }),

      entry("pairing", "forged: another issuer's key", { issuerSecret: randomScalar(rngOf("forger")) }),
      entry("pairing", "forged: a random Abar", {
        alter: (p, { e, r1 }) => {
          const Abar = groupG1.multiply(G, randomScalar(rngOf("forged Abar")));
          return { ...p, Abar, Bbar: groupG1.multiply(p.D, r1).subtract(groupG1.multiply(Abar, e)) as G1 };
        },
      }),
      entry("proof", "false row Bbar", { provenE: (e) => Fr.add(e, 1n) }),
      entry("proof", "false row B", {
        alter: (p, { e, r1, x }) => {
          const D = plus(p.D, G);
          const Abar = groupG1.multiply(D, Fr.div(r1, Fr.add(x, e)));
          return { ...p, D, Abar, Bbar: groupG1.multiply(Abar, x) };
        },
      }),
      entry("proof", "false row T", {
        alter: altered(() => ({ T: tagOf(7n, paramsHashOf(parameters), w.epoch, 0) })),
        rowSecret: 7n,
      }),
      entry("proof", "false row C1", { alter: altered(({ C1 }) => ({ C1: plus(C1, G) })) }),
      entry("proof", "false row C2", { alter: altered(({ C2 }) => ({ C2: plus(C2, G) })) }),
      entry("proof", "false row F2", { alter: altered(({ F2 }) => ({ F2: plus(F2, G) })) }),
      entry("encoding", "Abar and Bbar are O, without any credential", {
        alter: altered(() => ({ Abar: O, Bbar: O })),
        scalars: { r1: 0n },
      }),
      entry("encoding", "C1 is O, as r is 0", { scalars: { r: 0n } }),
      entry("encoding", "F2 is O, as r hides z away", { scalars: { r: Fr.neg(Fr.div(w.secrets.z, linkSecret)) } }),
      entry("encoding", "T is O, of a wallet whose z is 0", { scalars: { z: 0n } }),
      ...(["Abar", "Bbar", "D", "C2"] as const).map((name) =>
        entry("encoding", `${name} alone is O, which no proof fits`, { edited: { [name]: IDENTITY_G1 } }),
      ),
      ...(["Abar", "Bbar", "D", "C1", "C2", "F2"] as const).map((name) =>
        entry("encoding", `${name} plus a point of order 3, and the proof holds`, { torsion: name }),
      ),
      entry("encoding", "T plus a point of order 13, and the proof holds", { torsion: "T" }),
      entry("slot", "slot is J", header({ slot: parameters.slots })),
      entry("slot", "slot is 65535", header({ slot: 65_535 })),
      entry("attribute", "shown out of order", header({ shown: [adult, full] })),
      entry("attribute", "shown twice", header({ shown: [full, full] })),
      entry("stale", "staler than the policy", header({ credentialEpoch: w.epoch - 2 })),
      entry("stale", "stale by one, policy of none", {
        ...header({ credentialEpoch: w.epoch - 1 }),
        challenge: { maxStaleEpochs: 0 },
      }),
      entry("stale", "credential of the future", header({ credentialEpoch: w.epoch + 1 })),
      entry("epoch", "tag of last month", header({ tagEpoch: w.epoch - 1 })),
      entry("epoch", "tag of next month", header({ tagEpoch: w.epoch + 1 })),

      entry("parameters", "challenge names other parameters", { named: other }),
      entry("parameters", "tag's month not covered", { named: early, tagParams: early }, { tag: "early" }),
      entry("parameters", "credential's month not covered", { credentialParams: early }, { credential: "early" }),
      entry("proof", "tag under other parameters", {
        tagParams: other,
        row: { paramsHash: paramsHashOf(other) },
      }),
      entry("proof", "credential under other parameters", { credentialParams: other }),
      entry("proof", "handle to another trace key", {
        tagParams: { ...parameters, traceKey: parameters.recordKey },
      }),

      entry("challenge-signature", "another service signs", { signedBy: rngOf("another service")(32) }),
      entry("challenge-signature", "names another service", {
        challenge: { serviceId: serviceIdOf(new Uint8Array(32)) },
        row: { serviceId: serviceIdOf(new Uint8Array(32)) },
      }),
      entry("challenge-signature", "signed under another label", { signedAs: LABELS.signReceipt }),
      entry("policy", "required attribute not shown", header({ shown: [] })),
      entry("policy", "another attribute shown", header({ shown: [adult] })),
      entry("policy", "shown value not accepted", header({ shown: [{ index: 0, value: "basic" }] })),
      entry("policy", "not shown, and none accepted", {
        ...header({ shown: [] }),
        challenge: { required: [{ attribute: "cover", accepted: [""] }] },
      }),
      entry("policy", "one of two required attributes", {
        challenge: {
          required: [
            { attribute: "cover", accepted: ["full"] },
            { attribute: "age", accepted: ["adult"] },
          ],
        },
      }),
      entry("policy", "required attribute unknown", {
        challenge: { required: [{ attribute: "toString", accepted: [""] }] },
      }),
      entry("row", "row proof for another service", { row: { serviceId: new Uint8Array(16) } }),
      entry("row", "row proof for another slot", { row: { slot: 1 } }),
      entry("row", "row proof for another month", { row: { epoch: w.epoch - 1 } }),
      entry("row", "row proof under other parameters", { row: { paramsHash: paramsHashOf(other) } }),
      entry("row", "row proof of another secret", { rowSecret: 7n }),
      ...["honest batch", "batch of two forgeries that cancel"].map((name, forged) => ({
        kind: "check-in-batch",
        class: name,
        reason: forged ? "pairing,pairing,accepted" : "accepted,accepted,accepted",
        checkIns: [1n, -1n, 0n].map((delta) => make(`${name} ${delta}`, { alter: defect(BigInt(forged) * delta) })),
      })),
      ...freshness(w, parameters),
    ],
  };
}

/** Challenges at moments at which they are fresh or not. The parameters have 300 seconds of tolerance and a day of grace. */
function freshness(w: World, { challengeWindowSeconds, offlineGraceSeconds }: Parameters): Json[] {
  const at = w.issuedAt;
  const one = (
    reason: string,
    name: string,
    now: number,
    expiresAt = at + challengeWindowSeconds,
    offline = false,
  ) => ({
    kind: "freshness",
    class: name,
    reason,
    challenge: { issuedAt: at, expiresAt },
    tolerances: { challengeWindowSeconds, offlineGraceSeconds },
    now,
    offline,
  });
  const grace = at + offlineGraceSeconds;
  return [
    one("accepted", "fresh", at),
    one("accepted", "as far ahead as allowed", at - challengeWindowSeconds),
    one("accepted", "as old as allowed", at + challengeWindowSeconds),
    one("accepted", "handed in by a clinic, as old as allowed", grace, at + 1, true),
    one("ahead", "ahead", at - challengeWindowSeconds - 1),
    one("ahead", "ahead, handed in by a clinic", at - challengeWindowSeconds - 1, at + 1, true),
    one("old", "old", at + challengeWindowSeconds + 1, at + 86_400),
    one("old", "old, handed in by a clinic", grace + 1, grace + 86_400, true),
    one("expired", "expired", at + 61, at + 60),
  ];
}
