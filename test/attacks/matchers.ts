// The matchers that an operator with a full dump can use to tell which sessions belong to one patient. A matcher looks at two
// sessions and names everything in them that fits together. It tells patients apart if it fires at different rates for pairs
// of one patient and for pairs of two. Whatever all sessions share (a clinic, a month, a format) fires at equal rates.
//
//   strings    a byte string of STRING_BYTES that two sessions of one patient share, and no session of the other has;
//              at least CONTENT_BYTES of it must be more than format that all sessions of its clinics have, of both
//              patients: a clinic's id and the first byte of a nonce behind it recur by chance, and often
//   sizes      lengths of everything that belongs to a session
//   pairings   x, y two sessions; A = all differences a - b of their G1 points and the public ones (O among them);
//              X = their G2 points (T, and the public base H = H2(e, j) of T) and the public ones:
//              all coincidences e(a - b, X) = e(a' - b', X')^±1 that need both sessions. So: equal points, equal
//              differences, e(P, Q') = e(P', Q), and e(z·G, H') = e(G, T'), by which a known z·G would link every tag.
//   invariants of each session alone e(a, X)·e(b, Y)^±1, X and Y public or its own: DDH with the public keys; equal
//              values in two sessions. Were some y·P2 of a trustees' key published, e(F2, P2) / e(C1, y·P2) = e(z·G, P2).
//
// The slot number is no matcher, because it is public by design. Two sessions of one epoch with the same slot belong to two
// patients. The strings therefore leave the slot out, and the pairings count a base H that both sessions share once.

import { bytesToHex } from "../../protocol/bytes.ts";
import { encodeG1, encodeG2, Fp12, type G1, type G2, type GT, pairing } from "../../protocol/suite.ts";

export interface Piece {
  /** where it was found: the same for the same thing in every session */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SeenSession {
  /** ground truth, for the referee only */
  readonly patient: string;
  /** the operator knows it */
  readonly clinic: string;
  readonly pieces: readonly Piece[];
  readonly g1: Readonly<Record<string, G1>>;
  readonly g2: Readonly<Record<string, G2>>;
}

export interface PublicPoints {
  readonly g1: Readonly<Record<string, G1>>;
  readonly g2: Readonly<Record<string, G2>>;
}

type Matcher = (x: SeenSession, y: SeenSession) => Set<string>;

/** The names that fire at different rates for pairs of one patient and of two. */
export function telling(sessions: readonly SeenSession[], matcher: Matcher): string[] {
  const rates = { same: { pairs: 0, fired: new Map<string, number>() }, other: { pairs: 0, fired: new Map() } };
  sessions.forEach((x, i) => {
    for (const y of sessions.slice(i + 1)) {
      const rate = rates[x.patient === y.patient ? "same" : "other"];
      rate.pairs++;
      for (const name of matcher(x, y)) rate.fired.set(name, (rate.fired.get(name) ?? 0) + 1);
    }
  });
  const { same, other } = rates;
  return [...new Set([...same.fired.keys(), ...other.fired.keys()])]
    .filter((name) => (same.fired.get(name) ?? 0) / same.pairs !== (other.fired.get(name) ?? 0) / other.pairs)
    .sort();
}

// ---- strings and sizes

const STRING_BYTES = 8;

/** Of each length up to STRING_BYTES - 1: the byte strings that every session has; format, not content. */
function commonStrings(sessions: readonly SeenSession[]): Set<string> {
  const windows = ({ pieces }: SeenSession): Set<string> => {
    const found = new Set<string>();
    for (const { bytes } of pieces) {
      const text = Buffer.from(bytes).toString("latin1");
      for (let n = 1; n < STRING_BYTES; n++) for (let i = 0; i + n <= text.length; i++) found.add(text.slice(i, i + n));
    }
    return found;
  };
  const [first, ...others] = sessions.map(windows);
  return new Set([...first!].filter((s) => others.every((o) => o.has(s))));
}

/** The strings that all sessions of the same clinics have; of one patient alone they would be no format. */
function formats(sessions: readonly SeenSession[]): (holders: readonly SeenSession[]) => Set<string> {
  const known = new Map<string, Set<string>>();
  return (holders) => {
    const clinics = [...new Set(holders.map((s) => s.clinic))].sort();
    const name = clinics.join();
    let common = known.get(name);
    if (!common) {
      const there = sessions.filter((s) => clinics.includes(s.clinic));
      common = commonStrings(new Set(there.map((s) => s.patient)).size > 1 ? there : sessions);
      known.set(name, common);
    }
    return common;
  };
}

function stringsOf({ pieces }: SeenSession): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, bytes } of pieces) {
    const text = Buffer.from(bytes).toString("latin1");
    for (let i = 0; i + STRING_BYTES <= text.length; i++) {
      const s = text.slice(i, i + STRING_BYTES);
      if (!found.has(s)) found.set(s, name);
    }
  }
  return found;
}

/** What is left of a string without the format that it begins and ends with: `"jti":"4` is one hex digit. */
function content(s: string, common: Set<string>): number {
  let [from, to] = [0, s.length];
  while (from < to && common.has(s.slice(0, from + 1))) from++;
  while (to > from && common.has(s.slice(to - 1))) to--;
  return to - from;
}
const CONTENT_BYTES = 5;

/** Strings in two or more sessions of one patient and in none of any other: "where: hex". */
export function recurringStrings(sessions: readonly SeenSession[]): string[] {
  const strings = sessions.map(stringsOf);
  const holders = new Map<string, number[]>();
  strings.forEach((found, i) => {
    for (const s of found.keys()) {
      const held = holders.get(s);
      if (held) held.push(i);
      else holders.set(s, [i]);
    }
  });
  const formatOf = formats(sessions);
  const recurring: string[] = [];
  for (const [s, held] of holders) {
    if (held.length < 2 || new Set(held.map((i) => sessions[i]!.patient)).size > 1) continue;
    if (content(s, formatOf(held.map((i) => sessions[i]!))) < CONTENT_BYTES) continue;
    recurring.push(`${strings[held[0]!]!.get(s)}: ${Buffer.from(s, "latin1").toString("hex")}`);
  }
  return recurring.sort();
}

/** Which kinds of pieces have the same lengths in both, in whatever order. */
export const sameSizes: Matcher = (x, y) => {
  const sizes = ({ pieces }: SeenSession): Map<string, string> =>
    new Map(
      [...Map.groupBy(pieces, (p) => p.name)].map(([name, all]) => [
        name,
        all
          .map((p) => p.bytes.length)
          .sort((a, b) => a - b)
          .join(),
      ]),
    );
  const [ofX, ofY] = [sizes(x), sizes(y)];
  return new Set([...ofX].filter(([name, s]) => ofY.get(name) === s).map(([name]) => name));
};

// ---- algebra

/** Up to inversion: the inverse is the conjugate (c0, -c1), and of elements of norm 1 the first half decides the rest. */
const keyOf = (f: GT): bigint => f.c0.c0.c0;

/** Pairings are dear and asked for again and again. */
export class Pairings {
  readonly #values = new Map<string, GT>();
  readonly #names = new WeakMap<G1 | G2, string>();
  #name(p: G1 | G2, encode: () => Uint8Array): string {
    let name = this.#names.get(p);
    if (name === undefined) {
      name = bytesToHex(encode());
      this.#names.set(p, name);
    }
    return name;
  }
  of(p: G1, q: G2): GT {
    const key = this.#name(p, () => encodeG1(p)) + this.#name(q, () => encodeG2(q));
    let value = this.#values.get(key);
    if (value === undefined) {
      value = pairing(p, q);
      this.#values.set(key, value);
    }
    return value;
  }
}

type Named<P> = [string, P][];
const named = <P>(prefix: string, points: Readonly<Record<string, P>>): Named<P> =>
  Object.entries(points).map(([name, p]) => [prefix + name, p]);

const swapped = (name: string): string => name.replace(/\b[xy]\./g, (s) => (s === "x." ? "y." : "x."));
const needsBoth = (name: string): boolean => /\bx\./.test(name) && /\by\./.test(name);
const eitherWay = (name: string): string => [name, swapped(name)].sort()[0]!;

export const pairingMatcher =
  (table: Pairings, common: PublicPoints): Matcher =>
  (x, y) => {
    const fired = new Set<string>();
    const fire = (name: string): void => {
      if (needsBoth(name)) fired.add(eitherWay(name));
    };
    const g1: Named<G1> = [...named("x.", x.g1), ...named("y.", y.g1), ...named("", common.g1)];
    const g2: Named<G2> = [];
    for (const [name, q] of [...named("x.", x.g2), ...named("y.", y.g2), ...named("", common.g2)]) {
      const known = g2.find(([, k]) => k.equals(q));
      if (!known) g2.push([name, q]);
      else if (!/H$/.test(name)) fire(`${known[0]} = ${name}`);
    }
    const met = new Map<bigint, string[]>();
    for (const [X, q] of g2) {
      const values = g1.map(([, p]) => table.of(p, q));
      g1.forEach(([a], i) => {
        for (let j = i; j < g1.length; j++) {
          const f = j === i ? values[i]! : Fp12.mul(values[i]!, Fp12.conjugate(values[j]!));
          const name = j === i ? `e(${a}, ${X})` : `e(${a} - ${g1[j]![0]}, ${X})`;
          const key = keyOf(f);
          if (j !== i && Fp12.eql(f, Fp12.ONE)) fire(name);
          else if (met.has(key)) met.get(key)!.push(name);
          else met.set(key, [name]);
        }
      });
    }
    for (const names of met.values())
      names.forEach((a, i) => {
        for (const b of names.slice(i + 1)) fire(`${a} = ${b}`);
      });
    return fired;
  };

/** Computes each session's values once. */
export function invariantMatcher(table: Pairings, common: PublicPoints): Matcher {
  const known = new WeakMap<SeenSession, Map<string, bigint>>();
  const invariants = (s: SeenSession): Map<string, bigint> => {
    const before = known.get(s);
    if (before) return before;
    const values = new Map<string, bigint>();
    known.set(s, values);
    const entries: { name: string; own: boolean; value: GT }[] = [];
    for (const [a, p] of [...named("s.", s.g1), ...named("", common.g1)])
      for (const [X, q] of [...named("s.", s.g2), ...named("", common.g2)]) {
        const name = `e(${a}, ${X})`;
        const own = a.startsWith("s.") || (X.startsWith("s.") && X !== "s.H"); // H alone is public
        entries.push({ name, own, value: table.of(p, q) });
      }
    for (const [i, a] of entries.entries())
      for (const b of entries.slice(i + 1)) {
        if (!a.own && !b.own) continue;
        values.set(`${a.name} * ${b.name}`, keyOf(Fp12.mul(a.value, b.value)));
        values.set(`${a.name} / ${b.name}`, keyOf(Fp12.mul(a.value, Fp12.conjugate(b.value))));
      }
    return values;
  };
  return (x, y) => {
    const [ofX, ofY] = [invariants(x), invariants(y)];
    return new Set([...ofX].filter(([name, key]) => ofY.get(name) === key).map(([name]) => name));
  };
}
