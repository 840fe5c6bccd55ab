// Makes ceremony-faults.json: runs of the key ceremony and of resharing in which one trustee cheats in one thing and signs,
// commits, proves and seals everything else around it. The reader is trustee 1. A verdict "R by i" names trustee i for R,
// and "complaint: R about i" is the reader's complaint. Nobody is named for a message of another run.

import { frame, labelledHash, u32be, utf8ToBytes } from "../../../protocol/bytes.ts";
import { deal, open } from "../../../protocol/ceremony.ts";
import {
  Acceptance,
  CeremonyCommit,
  CeremonyDealing,
  CeremonyDeals,
  CeremonyOpening,
  CeremonyPlan,
  CeremonyShare,
  DealerSecret,
  post,
  roundBytes,
  sealAad,
  viewOf,
} from "../../../protocol/ceremony-documents.ts";
import { Signed } from "../../../protocol/documents.ts";
import { groupG1 } from "../../../protocol/group.ts";
import { hybridSeal } from "../../../protocol/hybrid-seal.ts";
import { KEY_NAMES, type KeyName, KeySetCore, perKey, signKeySet } from "../../../protocol/key-set.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { evaluate } from "../../../protocol/sharing.ts";
import { prove, Relation } from "../../../protocol/sigma.ts";
import { Fr, G, type G1, randomScalar, type Scalar } from "../../../protocol/suite.ts";
import { hex, hexes, type Json } from "./encode.ts";
import { reshareFaults } from "./reshare-faults.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

const CHEAT = 2;
const other = new Uint8Array(32).fill(9);
const point = (x: Scalar): G1 => groupG1.multiply(G, x);

/** A proof of possession of a, as an honest dealer makes it, unless a part of its tag differs. */
function possession(a: Scalar, image: G1, context: Uint8Array, dealer: number, name: KeyName) {
  const relation = new Relation(LABELS.shareKeyPossession, ["a"]).equation(groupG1, image, [["a", G]]);
  const tag = frame(context, u32be(dealer), utf8ToBytes(name));
  return prove(relation, tag, { a }, rngOf(`possession ${dealer} ${name}`));
}

interface Cheat {
  coefficients: number;
  dealing: (d: CeremonyDealing, polynomials: Record<KeyName, Scalar[]>) => Partial<CeremonyDealing>;
  opening: Partial<CeremonyOpening>;
  /** the share for trustee 1 and the context in which it is sealed */
  share: (s: CeremonyShare) => Partial<CeremonyShare>;
  sealed: { to?: number; view?: Uint8Array; key?: Uint8Array };
}

export function ceremonyFaults(w: World): Json {
  const { ceremony: c, committee } = w;
  const { context } = c.ceremony;
  /** the secret of trustee i; of a stranger for 0 */
  const identity = (i: number): Uint8Array => committee[i - 1]?.identitySecret ?? rngOf("stranger")(32);
  const contentOf = <T>(codec: { decode(b: Uint8Array): T }, signed: Uint8Array): T =>
    codec.decode(Signed.decode(signed).document);

  /** A run whose trustee 2 cheats. The others read the board and go on as long as they find nothing. */
  function run(cheat: Partial<Cheat>) {
    const rng = rngOf("cheating dealer");
    const polynomials = perKey(() => Array.from({ length: cheat.coefficients ?? 2 }, () => randomScalar(rng)));
    const seed = rng(32);
    const honest: CeremonyDealing = {
      context,
      sender: CHEAT,
      commitments: perKey((name) => polynomials[name].map(point)),
      possession: perKey((name) =>
        possession(polynomials[name][0]!, point(polynomials[name][0]!), context, CHEAT, name),
      ),
      seedHash: labelledHash(LABELS.ceremonySeed, context, u32be(CHEAT), seed),
    };
    const dealing = CeremonyDealing.encode({ ...honest, ...cheat.dealing?.(honest, polynomials) });
    const commitment = labelledHash(LABELS.ceremonyCommit, dealing);
    const commit = post(CeremonyCommit, { context, sender: CHEAT, commitment }, identity(CHEAT));
    const commits = [c.commits[0]!, commit, c.commits[2]!];
    const view = viewOf(
      context,
      roundBytes(
        CeremonyCommit,
        commits.map((m) => contentOf(CeremonyCommit, m)),
      ),
    );
    const opened = (i: number): Uint8Array => open(c.seats[i - 1]!, c.dealerSecrets[i - 1]!, { commits });
    const opening = post(CeremonyOpening, { context, sender: CHEAT, view, dealing, ...cheat.opening }, identity(CHEAT));
    const openings = [opened(1), opening, opened(3)];
    if (!cheat.share && !cheat.sealed) return { commits, openings, deals: [] };

    const dealt = (i: number): Uint8Array => deal(c.seats[i - 1]!, c.dealerSecrets[i - 1]!, { commits, openings }, rng);
    const openView = viewOf(
      context,
      roundBytes(
        CeremonyCommit,
        commits.map((m) => contentOf(CeremonyCommit, m)),
      ),
      roundBytes(
        CeremonyOpening,
        openings.map((m) => contentOf(CeremonyOpening, m)),
      ),
    );
    const sealed = [1, 2, 3].map((to) => {
      if (to === CHEAT) return new Uint8Array();
      const share: CeremonyShare = { shares: perKey((name) => evaluate(polynomials[name], to)), seed };
      const told = to === 1 ? { ...share, ...cheat.share?.(share) } : share;
      const { to: sealedTo = to, view: sealedView = openView, key } = to === 1 ? (cheat.sealed ?? {}) : {};
      const aad = sealAad(context, CHEAT, sealedTo, sealedView);
      return hybridSeal(key ?? committee[to - 1]!.transport.publicKey, aad, CeremonyShare.encode(told), rng);
    });
    const deals = post(CeremonyDeals, { context, sender: CHEAT, view: openView, sealed }, identity(CHEAT));
    return { commits, openings, deals: [dealt(1), deals, dealt(3)] };
  }
  type Board = { commits?: Uint8Array[]; openings?: Uint8Array[]; deals?: Uint8Array[]; acceptances?: Uint8Array[] };
  const ceremony = (
    reason: string,
    at: "commits" | "openings" | "deals" | "acceptances",
    name: string,
    board: Board,
  ) => ({
    kind: "ceremony",
    class: name,
    reason,
    at,
    ...Object.fromEntries(Object.entries(board).flatMap(([k, v]) => (v.length > 0 ? [[k, hexes(v)]] : []))),
  });
  const cheated = (reason: string, at: "openings" | "deals", name: string, cheat: Partial<Cheat>) =>
    ceremony(reason, at, name, run(cheat));
  const proofs = (change: (name: KeyName, a: Scalar, image: G1) => ReturnType<typeof possession>): Partial<Cheat> => ({
    dealing: (d, f) => ({ possession: perKey((name) => change(name, f[name][0]!, d.commitments[name][0]!)) }),
  });
  // ---- acceptances
  const own = contentOf(Acceptance, c.acceptances[CHEAT - 1]!);
  const coreOf = (change: Partial<KeySetCore>): KeySetCore => ({ ...KeySetCore.decode(own.core), ...change });
  const accepted = (change: Partial<Acceptance>): Uint8Array[] => [
    c.acceptances[0]!,
    post(Acceptance, { ...own, ...change }, identity(CHEAT)),
    c.acceptances[2]!,
  ];
  const deals = contentOf(CeremonyDeals, c.deals[CHEAT - 1]!);
  const dealsWith = (change: Partial<CeremonyDeals>): Uint8Array[] => [
    c.deals[0]!,
    post(CeremonyDeals, { ...deals, ...change }, identity(CHEAT)),
    c.deals[2]!,
  ];
  const others = coreOf({ transcript: other });
  const commitsWith = (change: Partial<CeremonyCommit>, by: number = CHEAT): Uint8Array[] => [
    c.commits[0]!,
    post(CeremonyCommit, { ...contentOf(CeremonyCommit, c.commits[CHEAT - 1]!), ...change }, identity(by)),
    c.commits[2]!,
  ];
  const shares = (name: KeyName): Partial<Cheat> => ({
    share: (s) => ({ shares: { ...s.shares, [name]: Fr.add(s.shares[name], 1n) } }),
  });
  const resharing = reshareFaults(w);
  const byAnother = post(CeremonyCommit, contentOf(CeremonyCommit, c.commits[2]!), identity(CHEAT));
  return {
    plan: hex(CeremonyPlan.encode(c.plan)),
    secrets: committee.map((t) => ({ identity: hex(t.identitySecret), transport: hex(t.transport.secretKey) })),
    dealerSecret: hex(DealerSecret.encode(c.dealerSecrets[0]!)),
    commits: hexes(c.commits),
    openings: hexes(c.openings),
    deals: hexes(c.deals),
    acceptances: hexes(c.acceptances),
    ...resharing.base,
    entries: [
      ceremony("accepted", "commits", "honest", {}),
      ceremony("accepted", "openings", "honest", {}),
      ceremony("accepted", "deals", "honest", {}),
      ceremony("accepted", "acceptances", "honest", {}),
      cheated("accepted", "openings", "openings made by this recipe", {}),
      cheated("accepted", "deals", "deals made by this recipe", { sealed: {} }),

      ceremony("malformed", "commits", "a message of another run", { commits: commitsWith({ context: other }) }),
      ceremony("malformed", "commits", "signed by a stranger", { commits: commitsWith({}, 0) }),
      ceremony("malformed by 2", "commits", "sent in another's name", {
        commits: [c.commits[0]!, byAnother, c.commits[2]!],
      }),
      ceremony("missing by 2", "commits", "one missing", { commits: [c.commits[0]!, c.commits[2]!] }),
      ceremony("equivocated by 2", "commits", "two commits", {
        commits: [...c.commits, commitsWith({ commitment: other })[1]!],
      }),
      ceremony("accepted", "commits", "one commit twice", { commits: [...c.commits, c.commits[1]!] }),
      ceremony("own-message by 1", "commits", "another commit under the reader's name", {
        commits: [post(CeremonyCommit, { context, sender: 1, commitment: other }, identity(1)), ...c.commits.slice(1)],
      }),
      cheated("view by 2", "openings", "another view of the commits", { opening: { view: other } }),
      ceremony("commitment by 2", "openings", "another dealing than committed", {
        openings: [c.openings[0]!, run({ dealing: () => ({ seedHash: other }) }).openings[1]!, c.openings[2]!].map(
          (m, i) =>
            i === 1
              ? post(
                  CeremonyOpening,
                  { ...contentOf(CeremonyOpening, m), view: contentOf(CeremonyOpening, c.openings[0]!).view },
                  identity(2),
                )
              : m,
        ),
      }),
      cheated("malformed by 2", "openings", "dealing of another run", {
        dealing: () => ({
          context: other,
        }),
      }),
      cheated("malformed by 2", "openings", "dealing of another dealer", { dealing: () => ({ sender: 3 }) }),
      cheated("degree by 2", "openings", "one degree more", { coefficients: 3 }),
      cheated("degree by 2", "openings", "one degree less", { coefficients: 1 }),
      ...KEY_NAMES.flatMap((name) => [
        cheated("possession by 2", "openings", `${name}: a constant term of unknown logarithm`, {
          dealing: ({ commitments }) => ({
            commitments: { ...commitments, [name]: [commitments[name][0]!.add(G) as G1, commitments[name][1]!] },
          }),
        }),
        cheated("degree by 2", "openings", `${name}: one degree more`, {
          dealing: ({ commitments }) => ({ commitments: { ...commitments, [name]: [...commitments[name], G] } }),
        }),
      ]),
      cheated(
        "possession by 2",
        "openings",
        "proofs for another key",
        proofs((name, a, p) => possession(a, p, context, CHEAT, name === "trace" ? "link" : "trace")),
      ),
      cheated(
        "possession by 2",
        "openings",
        "proofs of another dealer",
        proofs((name, a, p) => possession(a, p, context, 3, name)),
      ),
      cheated(
        "possession by 2",
        "openings",
        "proofs of another run",
        proofs((name, a, p) => possession(a, p, other, CHEAT, name)),
      ),

      ceremony("view by 2", "deals", "another view of the openings", { deals: dealsWith({ view: other }) }),
      ceremony("malformed by 2", "deals", "one seal too few", {
        deals: dealsWith({ sealed: deals.sealed.slice(0, 2) }),
      }),
      ...KEY_NAMES.map((name) => cheated("complaint: share about 2", "deals", `a wrong ${name} share`, shares(name))),
      cheated("complaint: seed about 2", "deals", "another seed", { share: () => ({ seed: other }) }),
      cheated("complaint: unreadable about 2", "deals", "sealed for another receiver", { sealed: { to: 3 } }),
      cheated("complaint: unreadable about 2", "deals", "sealed under another view", { sealed: { view: other } }),
      cheated("complaint: unreadable about 2", "deals", "sealed to another key", {
        sealed: { key: committee[2]!.transport.publicKey },
      }),

      ceremony("disagreement", "acceptances", "another key set", {
        acceptances: accepted({ core: KeySetCore.encode(others), signature: signKeySet(others, identity(CHEAT)) }),
      }),
      ceremony("signature by 2", "acceptances", "the key set's signature is another's", {
        acceptances: accepted({ signature: signKeySet(coreOf({}), identity(3)) }),
      }),
      ceremony("missing by 2", "acceptances", "one missing", { acceptances: [c.acceptances[0]!, c.acceptances[2]!] }),
      ...resharing.entries,
    ],
  };
}
