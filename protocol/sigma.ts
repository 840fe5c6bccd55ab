// Sigma proofs: non-interactive, compact proofs that the prover knows one vector of scalars that satisfies linear
// equations in G1, G2 and GT. They follow draft-irtf-cfrg-sigma-protocols-03 and draft-irtf-cfrg-fiat-shamir
// (SHAKE128). linear.ts has the moves of the protocol. sigma-draft.ts has the draft's own single-group form, whose
// published vectors test the same code.
//
//   proof     c ‖ z_1 ‖ … ‖ z_n                        32 bytes each, big-endian, canonical
//   session   DeriveSessionID( label ‖ "CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup." ‖ frame(tag) )
//   instance  for X in G1, G2, GT, always in this order and always all three:
//             X's name in ASCII ‖ the draft's instance bytes of X's equations (u32 0 where X has none)
//   c         DecodeUint of Squeeze_48 over  session, instance, commitments in G1, then G2, then GT
//
// Departure from the draft. The draft covers one group. Here the scalar indices of each part point into one shared
// vector. That is the draft's AND composition with common scalars, written part by part. The names have fixed lengths
// and each part is prefix-free, so the whole encoding is prefix-free.
// Soundness. All groups have order r, so the parts are one linear map Fr^n → G1^a × G2^b × GT^c. Two accepting
// transcripts with c ≠ c' give w = (z − z')/(c − c'), which is the same w in every equation.
// Zero knowledge. A uniform z and K = M·z − c·image simulate a transcript, as in one group.
//
// Nonces are hedged (hedge.ts): a cloned machine that repeats its randomness repeats no nonce under another challenge.
//
// An image may be a sum of public points that the caller computed; the draft would list them as image terms. In that
// case every public value in the sum must also be in the tag, or in another equation.

import { concatBytes, equalBytes, frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { type Group, toScalar } from "./group.ts";
import { hedged } from "./hedge.ts";
import type { Label } from "./labels.ts";
import { deriveChallenge, isValidInstance, LinearPart, type Part } from "./linear.ts";
import { deriveSessionId, littleEndian } from "./sponge.ts";
import {
  DecodeError,
  decodeScalar,
  decodeScalars,
  encodeScalar,
  Fr,
  R_ORDER,
  randomScalar,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

const SUITE = "CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup.";
const GROUP_ORDER = ["G1", "G2", "GT"] as const;

/** The compact form: challenge and responses. The verifier recomputes the commitments. */
export interface Proof {
  challenge: Scalar;
  responses: Scalar[];
}

/** The draft's batchable form: responses, and the commitments as bytes, sorted by group and then by row. */
export interface BatchableProof {
  commitment: Uint8Array;
  responses: Scalar[];
}

/** Witness name, base, and a public coefficient: 1 unless given, -1n for a minus sign. */
export type Term<W extends string, E> = readonly [W, E] | readonly [W, E, bigint];

interface Row<W extends string, E> {
  readonly group: Group<E>;
  readonly image: E;
  readonly terms: readonly Term<W, E>[];
}
// biome-ignore lint/suspicious/noExplicitAny: one list holds rows of different groups; rows() sorts them by group
type AnyRow<W extends string> = Row<W, any>;

/** A statement. Prover and verifier must build it with the same function, so that the two sides cannot drift apart. */
export class Relation<W extends string> {
  readonly label: Label;
  readonly scalars: readonly W[];
  readonly #rows: AnyRow<W>[] = [];

  constructor(label: Label, scalars: readonly W[]) {
    if (new Set(scalars).size !== scalars.length) throw new RangeError(`${label}: a scalar is named twice`);
    this.label = label;
    this.scalars = scalars;
  }

  /**
   * Adds the equation image = Σ coefficient · witness · base. All groups of one relation must belong to one engine.
   * @throws RangeError if a term names an unknown scalar
   */
  equation<E>(group: Group<E>, image: E, terms: readonly Term<W, E>[]): this {
    for (const [name] of terms) {
      if (!this.scalars.includes(name)) throw new RangeError(`${this.label}: unknown scalar ${name}`);
    }
    this.#rows.push({ group, image, terms });
    return this;
  }

  /** The rows in the order of the commitments: by group, and within a group in the order in which they were added. */
  rows(): AnyRow<W>[] {
    return GROUP_ORDER.flatMap((name) => this.#rows.filter((row) => row.group.name === name));
  }

  /** Length of the commitments of a batchable proof, in bytes. */
  commitmentBytes(): number {
    return this.#rows.reduce((sum, { group }) => sum + group.elementBytes, 0);
  }

  /** Instance bytes and parts. Undefined if the statement is not valid, for example if an image is the identity. */
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

/**
 * The three moves of the protocol, for any valid parts. sigma-draft.ts uses them too, with the rng of the draft's vectors.
 * @param rng hedged with witness, session and instance (hedge.ts), except in those vectors
 */
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

/** The commitments with which (challenge, responses) would be accepted. Undefined if one of them is the identity. */
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
  const session = sessionId(relation.label, tag);
  const nonces = hedged(rng, "proof", session, compiled.instance, ...scalars.map(encodeScalar));
  return proveParts(compiled.parts, session, compiled.instance, scalars, nonces);
}

/**
 * Makes a compact proof. It does not check the witness: if the witness does not satisfy the statement, the proof does
 * not verify.
 * @throws RangeError if the statement is not valid
 */
export function prove<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  witness: Record<W, Scalar>,
  rng: Rng,
): Proof {
  const { challenge, responses } = proveRelation(relation, tag, witness, rng);
  return { challenge, responses };
}

/** Like `prove`, in the batchable form. */
export function proveBatchable<W extends string>(
  relation: Relation<W>,
  tag: Uint8Array,
  witness: Record<W, Scalar>,
  rng: Rng,
): BatchableProof {
  const { commitment, responses } = proveRelation(relation, tag, witness, rng);
  return { commitment, responses };
}

/** The compiled statement. Undefined if the responses do not fit the statement, or if the statement is not valid. */
function readyToVerify<W extends string>(relation: Relation<W>, responses: readonly Scalar[]) {
  const fits = responses.length === relation.scalars.length && responses.every((x) => x >= 0n && x < R_ORDER);
  return fits ? relation.compile() : undefined;
}

/** Whether a compact proof is valid for this statement and this tag. */
export function verify<W extends string>(relation: Relation<W>, tag: Uint8Array, proof: Proof): boolean {
  if (proof.challenge < 0n || proof.challenge >= R_ORDER) return false;
  const compiled = readyToVerify(relation, proof.responses);
  if (compiled === undefined) return false;
  const commitment = simulateParts(compiled.parts, proof);
  if (commitment === undefined) return false;
  return proof.challenge === deriveChallenge(sessionId(relation.label, tag), compiled.instance, commitment);
}

/**
 * The challenge of a batchable proof, computed from its commitments. Undefined if the proof cannot verify, whatever its
 * commitments are.
 */
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

/**
 * Whether a batchable proof is valid for this statement and this tag. It decodes no commitment: encodings are
 * canonical, so it compares the bytes of K = M·z − c·image.
 */
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

/** Length in bytes of a compact proof about `scalars` scalars. */
export const proofBytes = (scalars: number): number => SCALAR_BYTES * (1 + scalars);

/** c ‖ z_1 ‖ … ‖ z_n, 32 bytes each */
export function encodeProof(p: Proof): Uint8Array {
  return concatBytes(encodeScalar(p.challenge), ...p.responses.map(encodeScalar));
}

/** commitments ‖ z_1 ‖ … ‖ z_n */
export function encodeBatchable({ commitment, responses }: BatchableProof): Uint8Array {
  return concatBytes(commitment, ...responses.map(encodeScalar));
}

/** Reads a batchable proof. The commitments stay bytes. @throws DecodeError */
export function decodeBatchable(b: Uint8Array, commitmentBytes: number, scalars: number): BatchableProof {
  if (b.length < commitmentBytes) throw new DecodeError(`proof: ${b.length} bytes, ${commitmentBytes} of commitments`);
  return {
    commitment: b.subarray(0, commitmentBytes),
    responses: decodeScalars(b.subarray(commitmentBytes), scalars, decodeScalar),
  };
}

/** Reads a compact proof with `scalars` responses. @throws DecodeError */
export function decodeProof(b: Uint8Array, scalars: number): Proof {
  const [challenge, ...responses] = decodeScalars(b, 1 + scalars, decodeScalar);
  return { challenge: challenge!, responses };
}
