// Short sums Σ s_i·P_i for public scalars, with one chain of 64 doublings (interleaved: E. Straus, 1964; B. Möller, SAC
// 2001). mcl's own sums take 128 doublings in G1, and they make tables anew for every base.
//
//   split    s = Σ_(q<4) s_q·|x|^q with 0 <= s_q < |x|, because r < |x|^4. Each base gives four bases |x|^q·P
//            (R. Gallant, R. Lambert, S. Vanstone, CRYPTO 2001; S. Galbraith, X. Lin, M. Scott, EUROCRYPT 2009). In G2
//            each is the endomorphism of the one before. In G1, the subgroup test has computed |x|·P, and the other two
//            are the endomorphism of P and of |x|·P.
//   digits   of s_q: odd, |digit| < 2^(w-1), at most one in w positions; a negative digit subtracts
//   table    per q the odd multiples up to 2^(w-1), affine. Adding an affine point costs a quarter less.
//   members  points that the group's decoder accepted, used once or twice: w = 4
//   fixed    bases of the verifier (generators, keys, H2(e,j)): w = 8 in G1 and 7 in G2, from the fourth sum on. So
//            neither the first request nor a base that is soon forgotten pays for a table. The most recently used
//            tables are kept, 37 kB each.
//
// The split holds only in the subgroups of order r. So mcl computes a sum that has a base of any other origin, such as
// a batch's commitments or a base computed here. It also computes long sums, for which mcl needs less per term.

import { type Scalar, X_ABS } from "../protocol/suite.ts";
import { endomorphism } from "./mcl-endomorphism.ts";
import { FP, type Mcl } from "./mcl-module.ts";
import type { Raw } from "./mcl-raw.ts";

const MAX_TERMS = 16;
const MEMBER_WIDTH = 4;
const FIXED_WIDTH = { G1: 8, G2: 7 };
const SUMS_BEFORE_TABLE = 4;
/** per group */
const MAX_TABLES = 64;
/** |x| has 64 bits, and the digits of a number may carry out of its highest bit */
const POSITIONS = 65;
const ALIGN = 64;
const X_SQUARED = X_ABS * X_ABS;

/** s_0 to s_3 of the header. */
function quarters(s: Scalar): bigint[] {
  return [s % X_SQUARED, s / X_SQUARED].flatMap((half) => [half % X_ABS, half / X_ABS]);
}

/** Calls `take` for each non-zero digit of a number below 2^64. */
function eachDigit(n: bigint, width: number, take: (position: number, digit: number) => void): void {
  const words = [Number(n & 0xffffffffn), Number(n >> 32n), 0, 0];
  const mask = (1 << width) - 1;
  let carry = 0;
  for (let at = 0; at < POSITIONS; ) {
    const [word, shift] = [at >> 5, at & 31];
    const bits = (words[word]! >>> shift) | (shift === 0 ? 0 : words[word + 1]! << (32 - shift));
    if ((bits & 1) === carry) {
      at++;
      continue;
    }
    const digit = (bits & mask) + carry;
    carry = digit >> (width - 1);
    take(at, digit - (carry << width));
    at += width;
  }
}

interface Member {
  /** the points from which the endomorphism makes all four bases */
  readonly roots: Uint8Array;
  table?: Uint8Array;
}

/** The sums in one group, with their tables. */
export interface Sums {
  /** Tests the affine point at `at`. If it is in the group, the result is for `member`; otherwise it is undefined. */
  readonly rootsOf: (at: number) => Uint8Array | undefined;
  member(e: Raw, roots: Uint8Array): void;
  /** marks an affine point of the group that will occur in many sums */
  fixed(e: Raw): void;
  /** the sum; undefined if mcl should compute it */
  combine(elements: readonly Raw[], scalars: readonly Scalar[]): Uint8Array | undefined;
}

/** The short sums in G1 or G2. */
export function sums(mcl: Mcl, name: "G1" | "G2"): Sums {
  const { call } = mcl;
  const size = (name === "G1" ? 3 : 6) * FP;
  const { chains, apply, timesX, rootsOf } = endomorphism(mcl, name);
  const { [`mclBn${name}_dbl` as const]: dbl, [`mclBn${name}_add` as const]: add } = call;
  const sub = call[`mclBn${name}_sub`];

  const members = new WeakMap<Raw, Member>();
  /** of fixed bases: number of sums so far without a table */
  const uses = new WeakMap<Raw, number>();
  const tables = new Map<Raw, Uint8Array>();

  function tableOf(roots: Uint8Array, width: number): Uint8Array {
    const entries = 1 << (width - 2);
    const all = 4 * entries * size;
    mcl.begin(all + 4 * size + ALIGN);
    const [table, from, twice] = [mcl.room(all), mcl.put(roots), mcl.room(size)];
    for (let q = 0; q < chains; q++) {
      const first = table + q * entries * size;
      mcl.copy(first, from + q * size, size);
      dbl(twice, first);
      for (let i = 1; i < entries; i++) add(first + i * size, first + (i - 1) * size, twice);
    }
    const made = chains * entries;
    call[`mclBn${name}_normalizeVec`](table, table, made);
    for (let i = made; i < 4 * entries; i++) apply(table + i * size, table + (i - made) * size);
    return mcl.get(table, all);
  }

  function tableOfMember(member: Member): Uint8Array {
    member.table ??= tableOf(member.roots, MEMBER_WIDTH);
    return member.table;
  }

  function tableOfFixed(e: Raw): Uint8Array | undefined {
    let table = tables.get(e);
    if (table === undefined) {
      const used = uses.get(e)! + 1;
      uses.set(e, used % SUMS_BEFORE_TABLE);
      if (used < SUMS_BEFORE_TABLE) return undefined;
      mcl.begin(chains * size + ALIGN);
      const roots = mcl.room(chains * size);
      mcl.copy(roots, mcl.put(e.limbs), size);
      if (chains === 2) timesX(roots + size, roots);
      table = tableOf(mcl.get(roots, chains * size), FIXED_WIDTH[name]);
    }
    tables.delete(e); // and set again, so that the first entry is the least recently used one
    tables.set(e, table);
    if (tables.size > MAX_TABLES) tables.delete(tables.keys().next().value!);
    return table;
  }

  return {
    rootsOf,
    member: (e, roots) => void members.set(e, { roots }),
    fixed: (e) => void uses.set(e, 0),
    combine(elements, scalars) {
      if (elements.length > MAX_TERMS || !elements.every((e) => members.has(e) || uses.has(e))) return undefined;
      const found = elements.filter((e) => uses.has(e)).map(tableOfFixed);
      if (found.includes(undefined)) return undefined;
      const ofTerms = elements.map((e) => tables.get(e) ?? tableOfMember(members.get(e)!));

      mcl.begin(ofTerms.reduce((sum, table) => sum + table.length, 2 * size) + ALIGN);
      const plan = Array.from({ length: POSITIONS }, (): number[] => []);
      ofTerms.forEach((table, i) => {
        const at = mcl.put(table);
        const ofQuarter = table.length / 4;
        const width = Math.log2(ofQuarter / size) + 2;
        quarters(scalars[i]!).forEach((n, q) => {
          eachDigit(n, width, (position, digit) => {
            const entry = at + q * ofQuarter + (Math.abs(digit) >> 1) * size;
            plan[position]!.push(digit > 0 ? entry : -entry);
          });
        });
      });
      const sum = mcl.room(size);
      call[`mclBn${name}_clear`](sum);
      for (const entries of plan.reverse()) {
        dbl(sum, sum);
        for (const entry of entries) entry > 0 ? add(sum, sum, entry) : sub(sum, sum, -entry);
      }
      return mcl.get(sum, size);
    },
  };
}
