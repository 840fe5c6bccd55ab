// Makes chain-faults.json: chains of key sets that break one thing. The old members deal and the new members sign anew around
// it. A chain names its documents, and `parts` holds each of them once.

import { ed25519 } from "@noble/curves/ed25519.js";
import { accept, commit, deal, finish, open, openCeremony, type Seat } from "../../../protocol/ceremony.ts";
import { post, ReshareDeals, ResharePlan } from "../../../protocol/ceremony-documents.ts";
import { openSigned } from "../../../protocol/documents.ts";
import { hybridKeyPair } from "../../../protocol/hybrid-seal.ts";
import { KeySet, type KeySetCore, signKeySet, type TrusteeSecret } from "../../../protocol/key-set.ts";
import { LABELS } from "../../../protocol/labels.ts";
import {
  keySetHash,
  openResharing,
  type Resharing,
  reshareAccept,
  reshareContext,
  reshareDeal,
  reshareFinish,
} from "../../../protocol/resharing.ts";
import { G } from "../../../protocol/suite.ts";
import { hex, hexes, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

interface Member {
  readonly identitySecret: Uint8Array;
  readonly transportSecret: Uint8Array;
  readonly keys: { readonly identityKey: Uint8Array; readonly transportKey: Uint8Array };
}
function memberOf(identitySecret: Uint8Array, transportSeed: Uint8Array): Member {
  const transport = hybridKeyPair(transportSeed);
  const identityKey = ed25519.getPublicKey(identitySecret);
  return {
    identitySecret,
    transportSecret: transport.secretKey,
    keys: { identityKey, transportKey: transport.publicKey },
  };
}
const people = (name: string, n: number): Member[] => {
  const rng = rngOf(name);
  return Array.from({ length: n }, () => memberOf(rng(32), rng(32)));
};

/** A committee with its key set and shares. */
interface Held {
  readonly members: readonly Member[];
  readonly secrets: readonly TrusteeSecret[];
  readonly keySet: KeySet;
}
interface Link {
  readonly plan: Uint8Array;
  readonly deals: readonly Uint8Array[];
  readonly keySet: Uint8Array;
}

const coreOf = ({ signatures: _, ...core }: KeySet): KeySetCore => core;
const signedBy = (core: KeySetCore, members: readonly Member[]): KeySet => ({
  ...core,
  signatures: members.map((m) => signKeySet(core, m.identitySecret)),
});

/** A ceremony of these members without faults. */
function ceremonyOf(name: string, members: readonly Member[]): KeySet {
  const ceremony = openCeremony({ ceremonyId: rngOf(name)(32), threshold: 2, trustees: members.map((m) => m.keys) });
  const seats = members.map((m, i): Seat => ({ ceremony, index: i + 1, ...m }));
  const rngs = seats.map((s) => rngOf(`${name} ${s.index}`));
  const first = seats.map((seat, i) => commit(seat, rngs[i]!));
  const commits = first.map((r) => r.message);
  const openings = seats.map((seat, i) => open(seat, first[i]!.secret, { commits }));
  const deals = seats.map((seat, i) => deal(seat, first[i]!.secret, { commits, openings }, rngs[i]!));
  const board = { commits, openings, deals };
  return finish(
    ceremony,
    seats.map((seat, i) => accept(seat, first[i]!.secret, board).message),
  );
}

export function chainFaults(w: World): Json {
  const genesis: Held = {
    members: w.committee.map(({ identitySecret, transport, identityKey }) => ({
      identitySecret,
      transportSecret: transport.secretKey,
      keys: { identityKey, transportKey: transport.publicKey },
    })),
    secrets: w.shares,
    keySet: w.keySet,
  };

  /** A resharing. `told` changes the plan that everybody deals to and signs under, after its checks. */
  function reshare(
    name: string,
    old: Held,
    members: readonly Member[],
    { told = {}, ...change }: Partial<ResharePlan> & { told?: Partial<ResharePlan> } = {},
  ): Held & { link: Link } {
    const plan: ResharePlan = {
      ...{ reshareId: rngOf(name)(32), previous: keySetHash(old.keySet), generation: old.keySet.generation },
      ...{ dealers: [1, 3], threshold: 2, trustees: members.map((m) => m.keys), ...change },
    };
    const opened = openResharing(plan, old.keySet);
    const altered = { ...plan, ...told };
    const resharing: Resharing = {
      ...opened,
      plan: altered,
      context: reshareContext(ResharePlan.encode(altered)),
      dealers: altered.dealers.map((index) => ({ index, identityKey: old.keySet.identityKeys[index - 1]! })),
      old: { ...opened.old, threshold: altered.dealers.length },
    };
    const deals = altered.dealers.map((i) =>
      reshareDeal(
        { resharing, identitySecret: old.members[i - 1]!.identitySecret, secret: old.secrets[i - 1]! },
        rngOf(`${name} ${i}`),
      ),
    );
    const outcomes = members.map((m, i) => reshareAccept({ resharing, index: i + 1, ...m }, deals));
    const keySet = reshareFinish(
      resharing,
      outcomes.map((o) => o.message),
    );
    const secrets = outcomes.map((o) => {
      if (!o.accepted) throw new Error("complaint");
      return o.secret;
    });
    return {
      members,
      secrets,
      keySet,
      link: { plan: ResharePlan.encode(altered), deals, keySet: KeySet.encode(keySet) },
    };
  }

  const [a, b, c] = people("chain members", 3) as [Member, Member, Member];
  const first = reshare("chain 1", genesis, [genesis.members[0]!, a, genesis.members[2]!]);
  const second = reshare("chain 2", first, [b, a, genesis.members[2]!]);
  const fork = reshare("chain fork", genesis, [genesis.members[0]!, b, c]);

  const parts: { [name: string]: string } = {};
  /** The name of a document in `parts`. */
  function part(bytes: Uint8Array): string {
    const text = hex(bytes);
    const known = Object.keys(parts).find((name) => parts[name] === text);
    const name = known ?? `${Object.keys(parts).length}`;
    parts[name] = text;
    return name;
  }
  const chainOf = (start: KeySet | Uint8Array, links: readonly Link[]) => ({
    genesis: part(start instanceof Uint8Array ? start : KeySet.encode(start)),
    links: links.map((l) => ({ plan: part(l.plan), deals: l.deals.map(part), keySet: part(l.keySet) })),
  });
  const chain = (reason: string, name: string, links: readonly Link[], start: KeySet | Uint8Array = w.keySet) => ({
    kind: "chain",
    class: name,
    reason,
    ...chainOf(start, links),
  });
  /** The first link with a change. */
  const link = (reason: string, name: string, change: Partial<Link>) =>
    chain(reason, name, [{ ...first.link, ...change }]);
  const signed = (change: Partial<KeySetCore>, members = first.members) => ({
    keySet: KeySet.encode(signedBy({ ...coreOf(first.keySet), ...change }, members)),
  });
  const withSignatures = (signatures: Uint8Array[]) => ({ keySet: KeySet.encode({ ...first.keySet, signatures }) });
  const told = (reason: string, name: string, change: Partial<ResharePlan>) =>
    chain(reason, name, [reshare(`chain: ${name}`, genesis, first.members, { told: change }).link]);
  const replanned = (change: Partial<ResharePlan>): Uint8Array =>
    ResharePlan.encode({ ...ResharePlan.decode(first.link.plan), ...change });
  const dealsOf = (i: number): ReshareDeals =>
    openSigned(LABELS.signCeremony, ReshareDeals, first.link.deals[i]!).value;
  /** The first dealer's deals with a change, signed anew. */
  const dealt = (value: ReshareDeals, by: Member = genesis.members[0]!) => ({
    deals: [post(ReshareDeals, value, by.identitySecret), first.link.deals[1]!],
  });
  const honest = dealsOf(0);
  const constant = { ...honest.commitments, link: [G, ...honest.commitments.link.slice(1)] };
  const again = ceremonyOf("chain: another ceremony", genesis.members);
  const strangers = ceremonyOf("chain: strangers", people("chain strangers", 3));
  const holders = (reason: string, name: string, keySet: KeySet, chains: readonly (readonly Link[])[]) => ({
    kind: "holders",
    class: name,
    reason,
    keySet: part(KeySet.encode(keySet)),
    chains: chains.map((links) => chainOf(w.keySet, links)),
  });
  const entries: Json[] = [
    chain("accepted", "the first ceremony alone", []),
    chain("accepted", "one link", [first.link]),
    chain("accepted", "two links", [first.link, second.link]),
    chain("accepted", "the fork's link, which is as true as ours", [fork.link]),
    link("accepted", "made by this recipe", signed({})),
    chain("accepted", "another ceremony of the pinned trustees", [], again),

    chain("identity-keys", "genesis of strangers", [], strangers),
    chain("identity-keys", "a chain that begins with a later key set", [second.link], first.keySet),
    chain("signature", "genesis with one signature too few", [], {
      ...w.keySet,
      signatures: w.keySet.signatures.slice(0, 2),
    }),
    chain("other-key-set", "another ceremony's genesis", [first.link], again),
    chain("other-key-set", "a link left out", [second.link]),
    chain("other-key-set", "a link twice", [first.link, first.link]),
    chain("other-key-set", "links in another order", [second.link, first.link]),
    chain("other-key-set", "the fork's link after ours", [first.link, fork.link]),
    chain("other-key-set", "our second link after the fork's", [fork.link, second.link]),
    told("other-key-set", "plan names another hash before", { previous: new Uint8Array(32) }),
    told("other-generation", "plan names another generation", { generation: 1 }),
    // One share does not give the old keys, so nobody can finish around this plan.
    link("holders", "one dealer too few", { plan: replanned({ dealers: [1] }), deals: first.link.deals.slice(0, 1) }),
    told("holders", "one dealer too many", { dealers: [1, 2, 3] }),
    told("holders", "dealers not ascending", { dealers: [3, 1] }),
    link("malformed", "deals to another plan", { plan: fork.link.plan }),
    link("malformed", "plan changed after the deals", {
      plan: replanned({ threshold: 3 }),
    }),
    link("malformed", "deals signed by a stranger", dealt(honest, c)),
    link("malformed by 3", "deals signed by another dealer", dealt(honest, genesis.members[2]!)),
    link("missing by 3", "one dealer's deals missing", { deals: first.link.deals.slice(0, 1) }),
    link("constant by 1", "another constant than the old share key", dealt({ ...honest, commitments: constant })),
    link("other-key-set", "the fork's key set", { keySet: fork.link.keySet }),
    link("other-key-set", "the older key set again", { keySet: KeySet.encode(w.keySet) }),
    link("other-key-set", "a generation left out", signed({ generation: 2 })),
    link("other-key-set", "another threshold", signed({ threshold: 3 })),
    link("other-key-set", "share keys in another order", signed({ shareKeys: first.keySet.shareKeys.toReversed() })),
    link("other-key-set", "another holder", signed({ identityKeys: fork.keySet.identityKeys }, fork.members)),
    link("other-key-set", "another transcript", signed({ transcript: new Uint8Array(32) })),
    link("signature", "signed by the committee before", signed({}, genesis.members)),
    link("signature", "one signature too few", withSignatures(first.keySet.signatures.slice(0, 2))),
    link("signature", "one holder signs twice", withSignatures([0, 0, 2].map((i) => first.keySet.signatures[i]!))),

    holders("accepted", "generation 0 needs no chain", w.keySet, []),
    holders("accepted", "generation 1 of a chain", first.keySet, [[first.link]]),
    holders("accepted", "generation 1 of a chain that goes on", first.keySet, [[first.link, second.link]]),
    holders("accepted", "generation 2 of the second chain", second.keySet, [[fork.link], [first.link, second.link]]),
    holders("identity-keys", "generation 0 of strangers", strangers, [[first.link]]),
    holders("other-generation", "generation 1 without a chain", first.keySet, []),
    holders("other-generation", "the chain ends too early", second.keySet, [[first.link]]),
    holders("other-generation", "the fork's key set", fork.keySet, [[first.link, second.link]]),
    holders("other-generation", "generation 1 called 2", { ...first.keySet, generation: 2 }, [
      [first.link, second.link],
    ]),
  ];
  return { pinned: hexes(w.keySet.identityKeys), parts, entries };
}
