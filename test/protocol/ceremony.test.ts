import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { equalBytes, frame, labelledHash, u32be, utf8ToBytes } from "../../protocol/bytes.ts";
import { accept, commit, deal, finish, open, openCeremony, readComplaint, type Seat } from "../../protocol/ceremony.ts";
import {
  Acceptance,
  CeremonyAbort,
  CeremonyCommit,
  CeremonyDealing,
  CeremonyDeals,
  CeremonyOpening,
  type CeremonyPlan,
  CeremonyShare,
  DealerSecret,
  post,
  roundBytes,
  sealAad,
  viewOf,
} from "../../protocol/ceremony-documents.ts";
import type { Codec } from "../../protocol/codec.ts";
import { Signed } from "../../protocol/documents.ts";
import { groupG1 } from "../../protocol/group.ts";
import { hybridKeyPair, hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import {
  assertSecretOf,
  KEY_NAMES,
  KeySet,
  KeySetCore,
  KeySetError,
  keySetId,
  signKeySet,
  TrusteeSecret,
  verifyKeySet,
} from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { combineScalars, liesOnPolynomial } from "../../protocol/sharing.ts";
import { prove, Relation } from "../../protocol/sigma.ts";
import { Fr, G, type G1 } from "../../protocol/suite.ts";
import { convene, people, rng, runCeremony, runToDeals } from "../support/trustees.ts";

/** The same document with a change, signed again by its author, as a malicious trustee can post it. */
function forge<T extends { context: Uint8Array; sender: number }>(
  codec: Codec<T>,
  message: Uint8Array,
  seat: Seat,
  change: (value: T) => Partial<T>,
): Uint8Array {
  const value = codec.decode(Signed.decode(message).document);
  return post(codec, { ...value, ...change(value) }, seat.identitySecret);
}

function abortOf(run: () => unknown): { reason: string; trustee: number | undefined } {
  try {
    run();
  } catch (error) {
    if (error instanceof CeremonyAbort) return { reason: error.reason, trustee: error.trustee };
    throw error;
  }
  throw new Error("did not abort");
}

const replaced = <T>(list: readonly T[], at: number, item: T): T[] => list.map((x, i) => (i === at ? item : x));

describe("key ceremony", () => {
  it.each([
    [2, 3],
    [3, 5],
    [4, 7],
  ])("%i of %i: keys that nobody holds and every quorum has", (t, n) => {
    const { keySet, secrets, committee } = runCeremony(t, n);
    verifyKeySet(
      keySet,
      committee.map((p) => p.keys.identityKey),
    );
    expect(keySet.generation).toBe(0);
    for (const secret of secrets) assertSecretOf(secret, keySet);
    for (const name of KEY_NAMES) {
      const shares = secrets.map((s) => ({ index: s.index, value: s.shares[name] }));
      const matches = (some: typeof shares) => G.multiply(combineScalars(some)).equals(keySet.keys[name]);
      expect(matches(shares.slice(0, t))).toBe(true);
      expect(matches(shares.slice(n - t))).toBe(true);
      expect(matches(shares.slice(0, t - 1))).toBe(false);
    }
    // three independent keys; every trustee holds the same hybrid secret
    expect(new Set(KEY_NAMES.map((name) => keySet.keys[name].toHex())).size).toBe(3);
    for (const s of secrets) expect(hybridKeyPair(s.groupHybridSecret).publicKey).toEqual(keySet.groupHybridKey);
  });

  it("accepts messages in any order, and a board that repeats them", () => {
    const { ceremony, seats } = convene(2, people(3));
    const { secrets, board } = runToDeals(seats);
    const shuffled = {
      commits: [...board.commits].reverse(),
      openings: [...board.openings, board.openings[0]!],
      deals: [board.deals[2]!, board.deals[0]!, board.deals[1]!],
    };
    const messages = seats.map((seat, i) => accept(seat, secrets[i]!, i === 0 ? shuffled : board).message);
    expect(finish(ceremony, messages).signatures.length).toBe(3);
  });

  it("continues after a restart, because the state that a dealer stores survives its codec", () => {
    const { seats } = convene(2, people(3));
    const { secrets, board } = runToDeals(seats);
    const kept = DealerSecret.decode(DealerSecret.encode(secrets[0]!));
    const outcome = accept(seats[0]!, kept, board);
    expect(outcome.accepted).toBe(true);
    if (outcome.accepted) expect(TrusteeSecret.decode(TrusteeSecret.encode(outcome.secret))).toEqual(outcome.secret);
  });

  it("refuses a plan whose threshold is t = n/2 or less, or that gives one person two seats", () => {
    const committee = people(4).map((p) => p.keys);
    const plan = (threshold: number, trustees: CeremonyPlan["trustees"]) => () =>
      openCeremony({ ceremonyId: rng(32), threshold, trustees });
    expect(plan(3, committee)).not.toThrow();
    expect(plan(2, committee)).toThrow(KeySetError); // t = n/2
    expect(plan(5, committee)).toThrow(KeySetError);
    expect(plan(1, committee.slice(0, 1))).toThrow(KeySetError);
    const seventeen = Array.from({ length: 17 }, () => committee[0]!);
    expect(plan(9, seventeen)).toThrow(KeySetError);
    expect(
      plan(2, [committee[0]!, committee[1]!, { ...committee[2]!, identityKey: committee[0]!.identityKey }]),
    ).toThrow(RangeError);
    expect(
      plan(2, [committee[0]!, committee[1]!, { ...committee[2]!, transportKey: committee[0]!.transportKey }]),
    ).toThrow(RangeError);
  });
});

describe("cheating dealers", () => {
  const committee = people(3);
  const { ceremony, seats } = convene(2, committee);
  const { secrets, board } = runToDeals(seats);
  const { commits, openings, deals } = board;
  const [one, , three] = seats as [Seat, Seat, Seat];
  const cheater = 3; // trustee 3 cheats, trustee 1 checks

  /** Trustee 3's sealed share for trustee 1, with a change. */
  function dealWith(change: (share: CeremonyShare) => Partial<CeremonyShare>, from = cheater): Uint8Array {
    return forge(CeremonyDeals, deals[cheater - 1]!, three, (d) => {
      const aad = sealAad(ceremony.context, from, 1, d.view);
      const original = sealAad(ceremony.context, cheater, 1, d.view);
      const share = CeremonyShare.decode(hybridOpen(one.transportSecret, original, d.sealed[0]!));
      const changed = CeremonyShare.encode({ ...share, ...change(share) });
      return { sealed: replaced(d.sealed, 0, hybridSeal(committee[0]!.keys.transportKey, aad, changed, rng)) };
    });
  }
  const complaintOn = (bad: Uint8Array) => {
    const outcome = accept(one, secrets[0]!, { ...board, deals: replaced(deals, cheater - 1, bad) });
    if (outcome.accepted) throw new Error("accepted");
    return readComplaint(ceremony, outcome.message);
  };
  /** Commits and openings in which trustee 3 has another dealing, correctly committed. */
  function boardWith(dealing: Uint8Array) {
    const commitment = labelledHash(LABELS.ceremonyCommit, dealing);
    const bad = replaced(
      commits,
      2,
      forge(CeremonyCommit, commits[2]!, three, () => ({ commitment })),
    );
    const reopened = [
      open(one, secrets[0]!, { commits: bad }),
      open(seats[1]!, secrets[1]!, { commits: bad }),
      open(three, { ...secrets[2]!, dealing }, { commits: bad }),
    ];
    return { commits: bad, openings: reopened };
  }
  const dealingOf = (i: number) => CeremonyDealing.decode(secrets[i - 1]!.dealing);
  const possess = (name: string, context: Uint8Array, dealer: number, a: bigint) => {
    const relation = new Relation(LABELS.shareKeyPossession, ["a"]).equation(groupG1, G.multiply(a) as G1, [["a", G]]);
    return prove(relation, frame(context, u32be(dealer), utf8ToBytes(name)), { a }, rng);
  };
  const abortOnDealing = (dealing: CeremonyDealing) =>
    abortOf(() => deal(one, secrets[0]!, boardWith(CeremonyDealing.encode(dealing)), rng));

  it.each(KEY_NAMES)("a receiver complains by name about a wrong share of the %s key", (name) => {
    const bad = dealWith(({ shares }) => ({ shares: { ...shares, [name]: Fr.add(shares[name], 1n) } }));
    expect(complaintOn(bad)).toMatchObject({ sender: 1, accused: cheater, reason: "share" });
  });

  it("a receiver complains about a seed contribution that differs from the committed one", () => {
    expect(complaintOn(dealWith(() => ({ seed: rng(32) })))).toMatchObject({ accused: cheater, reason: "seed" });
  });

  it("a receiver complains about a share sealed to the wrong key, for another pair, or to nobody", () => {
    expect(complaintOn(dealWith(() => ({}), 2))).toMatchObject({ accused: cheater, reason: "unreadable" });
    for (const sealed of [new Uint8Array(), rng(1300)]) {
      const bad = forge(CeremonyDeals, deals[2]!, three, (d) => ({ sealed: replaced(d.sealed, 0, sealed) }));
      expect(complaintOn(bad)).toMatchObject({ accused: cheater, reason: "unreadable" });
    }
    const swapped = forge(CeremonyDeals, deals[2]!, three, (d) => ({ sealed: d.sealed.reverse() }));
    expect(complaintOn(swapped)).toMatchObject({ accused: cheater, reason: "unreadable" });
  });

  it("a complaint prevents the key set", () => {
    const bad = dealWith(({ shares }) => ({ shares: { ...shares, link: 5n } }));
    const withBad = { ...board, deals: replaced(deals, 2, bad) };
    const messages = seats.map((seat, i) => accept(seat, secrets[i]!, withBad).message);
    expect(abortOf(() => finish(ceremony, messages)).reason).toBe("malformed");
    expect(abortOf(() => finish(ceremony, messages.slice(1)))).toEqual({ reason: "missing", trustee: 1 });
  });

  it("an opening that differs from its commit is refused", () => {
    const fresh = commit(three, rng);
    const bad = forge(CeremonyOpening, openings[2]!, three, () => ({ dealing: fresh.secret.dealing }));
    const other = { commits, openings: replaced(openings, 2, bad) };
    expect(abortOf(() => deal(one, secrets[0]!, other, rng))).toEqual({ reason: "commitment", trustee: cheater });
    expect(abortOf(() => accept(one, secrets[0]!, { ...other, deals }))).toEqual({
      reason: "commitment",
      trustee: cheater,
    });
  });

  it("a rogue key made from the others' openings comes too late for the commit", () => {
    const rogue = dealingOf(3);
    // C_3,0 = a·G − C_1,0 − C_2,0 would make the sum a·G, which trustee 3 knows
    rogue.commitments.trace[0] = G.multiply(7n)
      .subtract(dealingOf(1).commitments.trace[0]!)
      .subtract(dealingOf(2).commitments.trace[0]!) as G1;
    const late = forge(CeremonyOpening, openings[2]!, three, () => ({ dealing: CeremonyDealing.encode(rogue) }));
    expect(abortOf(() => deal(one, secrets[0]!, { commits, openings: replaced(openings, 2, late) }, rng))).toEqual({
      reason: "commitment",
      trustee: cheater,
    });
    // Suppose that it was committed in time, because the hashes leaked: nobody can prove possession of its secret.
    expect(abortOnDealing(rogue)).toEqual({ reason: "possession", trustee: cheater });
  });

  it("polynomials and proofs copied from another dealer are refused", () => {
    expect(abortOnDealing({ ...dealingOf(1), sender: cheater })).toEqual({ reason: "possession", trustee: cheater });
    expect(abortOnDealing(dealingOf(1))).toEqual({ reason: "malformed", trustee: cheater });
  });

  it("a proof of possession is valid for one key name, one ceremony and one dealer only", () => {
    const dealing = dealingOf(3);
    const a = secrets[2]!.polynomials.trace[0]!;
    const proofWith = (name: string, context: Uint8Array, dealer: number) => ({
      ...dealing,
      possession: { ...dealing.possession, trace: possess(name, context, dealer, a) },
    });
    const { context } = ceremony;
    expect(() =>
      deal(one, secrets[0]!, boardWith(CeremonyDealing.encode(proofWith("trace", context, 3))), rng),
    ).not.toThrow();
    const refused = { reason: "possession", trustee: cheater };
    expect(abortOnDealing(proofWith("link", context, 3))).toEqual(refused);
    expect(abortOnDealing(proofWith("trace", rng(32), 3))).toEqual(refused);
    expect(abortOnDealing(proofWith("trace", context, 2))).toEqual(refused);
    // the same polynomial, and so the same key, under two names
    const { trace } = dealing.commitments;
    const twice = {
      ...dealing,
      commitments: { ...dealing.commitments, link: trace },
      possession: { ...dealing.possession, link: dealing.possession.trace },
    };
    expect(abortOnDealing(twice)).toEqual(refused);
  });

  it("a polynomial of the wrong degree is refused", () => {
    for (const points of [1, 3]) {
      const dealing = dealingOf(3);
      const record = [...dealing.commitments.record, G].slice(0, points);
      const bad = { ...dealing, commitments: { ...dealing.commitments, record } };
      expect(abortOnDealing(bad)).toEqual({ reason: "degree", trustee: cheater });
    }
  });

  it("every trustee refuses deals with one seal too few or too many", () => {
    for (const change of [(d: CeremonyDeals) => d.sealed.slice(1), (d: CeremonyDeals) => [...d.sealed, rng(1300)]]) {
      const bad = forge(CeremonyDeals, deals[2]!, three, (d) => ({ sealed: change(d) }));
      expect(abortOf(() => accept(one, secrets[0]!, { ...board, deals: replaced(deals, 2, bad) }))).toEqual({
        reason: "malformed",
        trustee: cheater,
      });
    }
  });

  it("a dealing of another run is refused", () => {
    const dealing = { ...dealingOf(3), context: rng(32) };
    expect(abortOnDealing(dealing)).toEqual({ reason: "malformed", trustee: cheater });
  });
});

describe("a lying board", () => {
  const { ceremony, seats } = convene(2, people(3));
  const { secrets, board } = runToDeals(seats);
  const { commits, openings, deals } = board;
  const [one, two, three] = seats as [Seat, Seat, Seat];

  it("cannot omit a message, repeat it under another name, or invent one", () => {
    expect(abortOf(() => open(one, secrets[0]!, { commits: commits.slice(0, 2) }))).toEqual({
      reason: "missing",
      trustee: 3,
    });
    const stranger = { ...three, identitySecret: rng(32) };
    const madeUp = forge(CeremonyCommit, commits[2]!, stranger, () => ({}));
    expect(abortOf(() => open(one, secrets[0]!, { commits: replaced(commits, 2, madeUp) }))).toEqual({
      reason: "malformed",
      trustee: undefined,
    });
    const posing = forge(CeremonyCommit, commits[2]!, two, () => ({}));
    expect(abortOf(() => open(one, secrets[0]!, { commits: replaced(commits, 2, posing) }))).toEqual({
      reason: "malformed",
      trustee: 2,
    });
    const foreign = forge(CeremonyCommit, commits[2]!, three, () => ({ context: rng(32) }));
    expect(abortOf(() => open(one, secrets[0]!, { commits: replaced(commits, 2, foreign) }))).toEqual({
      reason: "malformed",
      trustee: undefined, // trustee 3 said it honestly in another run, and a board or another trustee shows it here
    });
    const flipped = commits[2]!.slice();
    flipped[flipped.length - 1]! ^= 1;
    expect(abortOf(() => open(one, secrets[0]!, { commits: replaced(commits, 2, flipped) })).reason).toBe("malformed");
    const opening = replaced(commits, 2, openings[2]!);
    expect(abortOf(() => open(one, secrets[0]!, { commits: opening })).reason).toBe("malformed");
  });

  it("cannot make a trustee open into a run in which its own commit differs", () => {
    const again = commit(one, rng);
    expect(abortOf(() => open(one, secrets[0]!, { commits: replaced(commits, 0, again.message) }))).toEqual({
      reason: "own-message",
      trustee: 1,
    });
  });

  it("cannot make a trustee deal or accept with secrets other than the opened ones", () => {
    const { secret } = commit(one, rng);
    const own = { reason: "own-message", trustee: 1 };
    expect(abortOf(() => deal(one, secret, { commits, openings }, rng))).toEqual(own);
    expect(abortOf(() => accept(one, secret, board))).toEqual(own);
  });

  it("is caught at the openings if it shows two commits of one dealer to two trustees", () => {
    const second = commit(three, rng);
    expect(abortOf(() => open(one, secrets[0]!, { commits: [...commits, second.message] }))).toEqual({
      reason: "equivocated",
      trustee: 3,
    });
    const split = replaced(commits, 2, second.message);
    const openedElsewhere = open(two, secrets[1]!, { commits: split });
    const mixed = { commits, openings: replaced(openings, 1, openedElsewhere) };
    expect(abortOf(() => deal(one, secrets[0]!, mixed, rng))).toEqual({ reason: "view", trustee: 2 });
  });

  it("is caught at the deals if it shows different openings to two trustees", () => {
    const bad = forge(CeremonyDeals, deals[1]!, two, () => ({ view: rng(32) }));
    expect(abortOf(() => accept(one, secrets[0]!, { ...board, deals: replaced(deals, 1, bad) }))).toEqual({
      reason: "view",
      trustee: 2,
    });
  });

  it("gets no key set if it shows different deals to two trustees, because they sign different key sets", () => {
    const again = deal(three, secrets[2]!, board, rng); // the same shares, sealed again: valid for every receiver
    const split = { ...board, deals: replaced(deals, 2, again) };
    const messages = [
      accept(one, secrets[0]!, board),
      accept(two, secrets[1]!, split),
      accept(three, secrets[2]!, board),
    ];
    expect(messages.every((m) => m.accepted)).toBe(true);
    expect(
      abortOf(() =>
        finish(
          ceremony,
          messages.map((m) => m.message),
        ),
      ),
    ).toEqual({
      reason: "disagreement",
      trustee: undefined, // the signed key sets do not show who was shown other deals
    });
  });

  it("cannot use the signature of one trustee for another", () => {
    const messages = seats.map((seat, i) => accept(seat, secrets[i]!, board).message);
    const first = Acceptance.decode(Signed.decode(messages[0]!).document);
    const bad = forge(Acceptance, messages[1]!, two, () => ({ signature: first.signature }));
    expect(abortOf(() => finish(ceremony, replaced(messages, 1, bad)))).toEqual({ reason: "signature", trustee: 2 });
  });

  it("cannot change any message without changing the transcript that all trustees sign", () => {
    const outcome = accept(one, secrets[0]!, board);
    const core = KeySetCore.decode(Acceptance.decode(Signed.decode(outcome.message).document).core);
    const documents = <T>(codec: Codec<T>, messages: readonly Uint8Array[]) =>
      roundBytes(
        codec,
        messages.map((m) => codec.decode(Signed.decode(m).document)),
      );
    expect(core.transcript).toEqual(
      viewOf(
        ceremony.context,
        documents(CeremonyCommit, commits),
        documents(CeremonyOpening, openings),
        documents(CeremonyDeals, deals),
      ),
    );
  });
});

describe("key sets", () => {
  const { keySet, secrets, committee } = runCeremony(2, 3);
  const pinned = committee.map((p) => p.keys.identityKey);
  const reasonOf = (run: () => void) => {
    try {
      run();
    } catch (error) {
      if (error instanceof KeySetError) return error.reason;
      throw error;
    }
    return "accepted";
  };
  /** Signed again by all trustees, as n colluding holders could publish it. */
  const resigned = (core: KeySetCore): KeySet => ({
    ...core,
    signatures: committee.map((p) => signKeySet(core, p.identitySecret)),
  });

  it("keep their bytes, and keep their id when committee data changes", () => {
    const bytes = KeySet.encode(keySet);
    expect(KeySet.encode(KeySet.decode(bytes))).toEqual(bytes);
    verifyKeySet(KeySet.decode(bytes), pinned);
    const id = keySetId(keySet);
    expect(keySetId({ ...keySet, generation: 4, threshold: 3 } as KeySet)).toEqual(id);
    for (const name of KEY_NAMES)
      expect(equalBytes(keySetId({ ...keySet, keys: { ...keySet.keys, [name]: G } }), id)).toBe(false);
    expect(equalBytes(keySetId({ ...keySet, groupHybridKey: new Uint8Array(1216) }), id)).toBe(false);
  });

  it("are refused if any signed part changes", () => {
    const moved = { ...keySet, generation: 1 };
    expect(reasonOf(() => verifyKeySet(moved, pinned))).toBe("signature");
    expect(reasonOf(() => verifyKeySet({ ...keySet, transcript: rng(32) }, pinned))).toBe("signature");
    const swapped = [keySet.signatures[1]!, keySet.signatures[0]!, keySet.signatures[2]!];
    expect(reasonOf(() => verifyKeySet({ ...keySet, signatures: swapped }, pinned))).toBe("signature");
    expect(reasonOf(() => verifyKeySet({ ...keySet, signatures: keySet.signatures.slice(1) }, pinned))).toBe(
      "signature",
    );
  });

  it("are refused under other identity keys", () => {
    const other = ed25519.getPublicKey(rng(32));
    expect(reasonOf(() => verifyKeySet(keySet, replaced(pinned, 0, other)))).toBe("identity-keys");
    expect(reasonOf(() => verifyKeySet(keySet, [...pinned].reverse()))).toBe("identity-keys");
    expect(reasonOf(() => verifyKeySet(keySet, pinned.slice(1)))).toBe("identity-keys");
  });

  it("are refused if their share keys do not interpolate, even if all trustees signed them", () => {
    for (const name of KEY_NAMES) {
      const shareKeys = replaced(keySet.shareKeys, 2, { ...keySet.shareKeys[2]!, [name]: G });
      expect(reasonOf(() => verifyKeySet(resigned({ ...keySet, shareKeys }), pinned))).toBe("share-keys");
      const keys = { ...keySet.keys, [name]: G };
      expect(reasonOf(() => verifyKeySet(resigned({ ...keySet, keys }), pinned))).toBe("share-keys");
    }
    const fewer = resigned({ ...keySet, shareKeys: keySet.shareKeys.slice(1) });
    expect(reasonOf(() => verifyKeySet(fewer, pinned))).toBe("share-keys");
    const lower = resigned({ ...keySet, threshold: 1 });
    expect(reasonOf(() => verifyKeySet(lower, pinned))).toBe("threshold");
  });

  it("recognise a trustee's own secret and reject others", () => {
    const [mine, yours] = secrets as [TrusteeSecret, TrusteeSecret, TrusteeSecret];
    expect(reasonOf(() => assertSecretOf(mine, keySet))).toBe("accepted");
    expect(reasonOf(() => assertSecretOf({ ...mine, index: 2 }, keySet))).toBe("wrong-secret");
    expect(reasonOf(() => assertSecretOf({ ...mine, index: 4 }, keySet))).toBe("wrong-secret");
    expect(reasonOf(() => assertSecretOf({ ...mine, shares: yours.shares }, keySet))).toBe("wrong-secret");
    expect(reasonOf(() => assertSecretOf({ ...mine, groupHybridSecret: rng(32) }, keySet))).toBe("wrong-secret");
    expect(reasonOf(() => assertSecretOf({ ...mine, generation: 1 }, keySet))).toBe("other-generation");
    expect(reasonOf(() => assertSecretOf({ ...mine, keySetId: rng(32) }, keySet))).toBe("other-key-set");
  });

  it("detect the degree of a polynomial by its differences", () => {
    const values = [keySet.keys.link, ...keySet.shareKeys.map((k) => k.link)];
    expect(liesOnPolynomial(values, 2)).toBe(true);
    expect(liesOnPolynomial(values, 1)).toBe(false);
    for (let at = 0; at < values.length; at++)
      expect(liesOnPolynomial(replaced(values, at, values[at]!.add(G) as G1), 2)).toBe(false);
  });
});
