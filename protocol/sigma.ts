// Sigma proofs: knowledge of one vector of scalars that satisfies linear equations in G1, G2 and GT, non-interactive,
// compact. Follows draft-irtf-cfrg-sigma-protocols-03 and draft-irtf-cfrg-fiat-shamir (SHAKE128); linear.ts has the
// moves, sigma-draft.ts the draft's own single-group form, whose published vectors test this same engine.
//
//   proof     c ‖ z_1 ‖ … ‖ z_n                        32 bytes each, big-endian, canonical
//   session   DeriveSessionID( label ‖ "CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup." ‖ frame(tag) )
//   instance  for X in G1, G2, GT, always in this order and always all three:
//             X's name in ASCII ‖ the draft's instance bytes of X's equations (u32 0 where X has none)
//   c         DecodeUint of Squeeze_48 over  session, instance, commitments in G1, then G2, then GT
//
// Departure from the draft: it covers one group. Here scalar indices in each part point into one shared vector, which is
// the draft's AND composition with scalars kept in common, written part by part. Names have fixed lengths and each part
// is prefix-free, so the whole is prefix-free. Soundness: all groups have order r, so the parts are one linear map
// Fr^n → G1^a × G2^b × GT^c; two accepting transcripts with c ≠ c' give w = (z − z')/(c − c'), the same w in every
// equation. Zero knowledge: z uniform and K = M·z − c·image simulate it, as in one group.
//
// An image may be a sum of public points that the caller computed (the draft would list them as image terms): then
// everything public that went into the sum must be in the tag, or in another equation.

import { concatBytes, equalBytes, frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { type Group, toScalar } from "./group.ts";
import type { Label } from "./labels.ts";
import { deriveChallenge, isValidInstance, LinearPart, type Part } from "./linear.ts";
import { deriveSessionId, littleEndian } from "./sponge.ts";
import {
  DecodeError,
  decodeScalar,
  encodeScalar,
  Fr,
  R_ORDER,
  randomScalar,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

const SUITE = "CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup.";
const GROUP_ORDER = ["G1", "G2", "GT"] as const;

/** Challenge and responses; the verifier recomputes the commitments. */
export interface Proof {
  challenge: Scalar;
  responses: Scalar[];
}

/** The draft's other form: commitments (encoded, by group, then in the order of the rows) and responses. */
export interface BatchableProof {
  commitment: Uint8Array;
  responses: Scalar[];
}

/** witness name, base, and a public coefficient (1 unless given; -1n for a minus sign) */
export type Term<W extends string, E> = readonly [W, E] | readonly [W, E, bigint];

interface Row<W extends string, E> {
  readonly group: Group<E>;
  readonly image: E;
  readonly terms: readonly Term<W, E>[];
}
// biome-ignore lint/suspicious/noExplicitAny: rows of different groups stand in one list; rows() sorts them by group
type AnyRow<W extends string> = Row<W, any>;

/** A statement. Prover and verifier must build it by the same function, so that they cannot drift apart. */
export class Relation<W extends string> {
  readonly label: Label;
  readonly scalars: readonly W[];
  readonly #rows: AnyRow<W>[] = [];

  constructor(label: Label, scalars: readonly W[]) {
    if (new Set(scalars).size !== scalars.length) throw new RangeError(`${label}: a scalar is named twice`);
    this.label = label;
    this.scalars = scalars;
  }

  /** image = Σ coefficient · witness · base; the groups of one relation are of one engine */
  equation<E>(group: Group<E>, image: E, terms: readonly Term<W, E>[]): this {
    for (const [name] of terms) {
      if (!this.scalars.includes(name)) throw new RangeError(`${this.label}: unknown scalar ${name}`);
    }
    this.#rows.push({ group, image, terms });
    return this;
  }

  /** By group, in each as they were added: the order of the commitments. */
  rows(): AnyRow<W>[] {
    return GROUP_ORDER.flatMap((name) => this.#rows.filter((row) => row.group.name === name));
  }

  commitmentBytes(): number {
    return this.#rows.reduce((sum, { group }) => sum + group.elementBytes, 0);
  }

  /** Instance bytes and parts; undefined if the statement is not valid, for example if an image is the identity. */
  compile(): { instance: Uint8Array; parts: Part[] } | undefined {
    const parts: Part[] = [];
    const instance: Uint8Array[] = [];
    for (const name of GROUP_ORDER) {
      const rows = this.rows().filter((row) => row.group.name === name);
      const hasIdentity = rows.some(
        ({ group, image, terms }) => group.isIdentity(image) || terms.some(([, base]) => group.isIdentity(base)),
      );
      if (hasIdentity) return undefined;
      const part = rows.length === 0 ? undefined : this.#part(rows);
      instance.push(utf8ToBytes(name), part === undefined ? littleEndian(0, 4) : part.serialize());
      if (part !== undefined) parts.push(part);
    }
    if (!isValidInstance(parts, this.scalars.length)) return undefined;
    return { instance: concatBytes(...instance), parts };
  }

  #part(rows: readonly AnyRow<W>[]): Part {
    const part = new LinearPart(rows[0]!.group);
    for (const { image, terms } of rows) {
      part.equation({
        image: [{ element: part.element(image), coefficient: 1n }],
        terms: terms.map(([name, base, coefficient = 1n]) => ({
          scalar: this.scalars.indexOf(name),
          element: part.element(base),
          coefficient: toScalar(coefficient),
        })),
      });
    }
    return part;
  }
}

function sessionId(label: Label, tag: Uint8Array): Uint8Array {
  return deriveSessionId(concatBytes(utf8ToBytes(label), utf8ToBytes(SUITE), frame(tag)));
}

/** The three moves, for any valid parts: also used by the draft form. */
export function proveParts(
  parts: readonly Part[],
  session: Uint8Array,
  instance: Uint8Array,
  witness: readonly Scalar[],
  rng: Rng,
): Proof & { commitment: Uint8Array } {
  const nonces = witness.map(() => randomScalar(rng));
  const commitment = concatBytes(...parts.map((p) => p.commit(nonces)));
  const challenge = deriveChallenge(session, instance, commitment);
  const responses = nonces.map((k, i) => Fr.add(k, Fr.mul(challenge, witness[i]!)));
  return { commitment, challenge, responses };
}

/** The commitments that would make (challenge, responses) accept; undefined if one of them is the identity. */
export function simulateParts(parts: readonly Part[], proof: Proof): Uint8Array | undefined {
  const simulated: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = part.simulate(proof.responses, proof.challenge);
    if (bytes === undefined) return undefined;
    simulated.push(bytes);
  }
  return concatBytes(...simulated);
}

function proveRelation<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  witness: Record<W, Scalar>,
  rng: Rng,
): Proof & BatchableProof {
  const compiled = relation.compile();
  if (compiled === undefined) throw new RangeError(`${relation.label}: not a valid statement`);
  const scalars = relation.scalars.map((name) => witness[name]);
  return proveParts(compiled.parts, sessionId(relation.label, tag), compiled.instance, scalars, rng);
}

/** The witness is not checked against the statement: a wrong one gives a proof that does not verify. */
export function prove<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  witness: Record<W, Scalar>,
  rng: Rng,
): Proof {
  const { challenge, responses } = proveRelation(relation, tag, witness, rng);
  return { challenge, responses };
}

export function proveBatchable<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  witness: Record<W, Scalar>,
  rng: Rng,
): BatchableProof {
  const { commitment, responses } = proveRelation(relation, tag, witness, rng);
  return { commitment, responses };
}

/** What a verifier needs before it looks at the proof; undefined if the responses do not fit, or the statement is not valid. */
function readyToVerify<W extends string>(relation: Relation<W>, responses: readonly Scalar[]) {
  const fits = responses.length === relation.scalars.length && responses.every((x) => x >= 0n && x < R_ORDER);
  return fits ? relation.compile() : undefined;
}

export function verify<W extends string>(relation: Relation<W>, tag: Uint8Array, proof: Proof): boolean {
  if (proof.challenge < 0n || proof.challenge >= R_ORDER) return false;
  const compiled = readyToVerify(relation, proof.responses);
  if (compiled === undefined) return false;
  const commitment = simulateParts(compiled.parts, proof);
  if (commitment === undefined) return false;
  return proof.challenge === deriveChallenge(sessionId(relation.label, tag), compiled.instance, commitment);
}

/** The challenge of a batchable proof, from its commitments; undefined if it cannot verify whatever they are. */
export function challengeOf<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  { commitment, responses }: BatchableProof,
): { challenge: Scalar; parts: Part[] } | undefined {
  const compiled = readyToVerify(relation, responses);
  if (compiled === undefined || commitment.length !== relation.commitmentBytes()) return undefined;
  const challenge = deriveChallenge(sessionId(relation.label, tag), compiled.instance, commitment);
  return { challenge, parts: compiled.parts };
}

/** No commitment is decoded: encodings are canonical, so equal bytes are equal points, K = M·z − c·image. */
export function verifyBatchable<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  proof: BatchableProof,
): boolean {
  const asked = challengeOf(relation, tag, proof);
  if (asked === undefined) return false;
  const expected = simulateParts(asked.parts, { challenge: asked.challenge, responses: proof.responses });
  return expected !== undefined && equalBytes(expected, proof.commitment);
}

export const proofBytes = (scalars: number): number => SCALAR_BYTES * (1 + scalars);

export function encodeProof(p: Proof): Uint8Array {
  return concatBytes(encodeScalar(p.challenge), ...p.responses.map(encodeScalar));
}

export function encodeBatchable({ commitment, responses }: BatchableProof): Uint8Array {
  return concatBytes(commitment, ...responses.map(encodeScalar));
}

/** Commitments stay bytes. @throws DecodeError */
export function decodeBatchable(b: Uint8Array, commitmentBytes: number, scalars: number): BatchableProof {
  if (b.length < commitmentBytes) throw new DecodeError(`proof: ${b.length} bytes, ${commitmentBytes} of commitments`);
  return {
    commitment: b.subarray(0, commitmentBytes),
    responses: decodeScalars(b.subarray(commitmentBytes), scalars),
  };
}

/** @throws DecodeError */
export function decodeProof(b: Uint8Array, scalars: number): Proof {
  const [challenge, ...responses] = decodeScalars(b, 1 + scalars);
  return { challenge: challenge!, responses };
}

/** Exactly `count` canonical scalars, nothing after them; @throws DecodeError */
export function decodeScalars(b: Uint8Array, count: number): Scalar[] {
  if (b.length !== SCALAR_BYTES * count) {
    throw new DecodeError(`scalars: ${b.length} bytes, expected ${SCALAR_BYTES * count}`);
  }
  return Array.from({ length: count }, (_, i) => decodeScalar(b.subarray(i * SCALAR_BYTES, (i + 1) * SCALAR_BYTES)));
}
