// Enrolment and refresh: the requests with which a wallet gets a credential from the registrar, and their proofs.
//
//   Enrol     Cm = s·Q2 + k·J1 + z·J2    R = k·Ĝ    V = z·H2v    F1 = u·G    F2 = z·G + u·Y_K
//             tag  frame(generation u32, salt, previous hash or nothing, u8 1 if there is a continuation else 0,
//                        identity commitment, parameters hash, registrar's nonce)
//   Continue  R' = k'·Ĝ                      R' and k' of the generation before
//             tag  frame(the whole new contract without its continuation)
//   Refresh   Cm = s·Q2 + k·J1 + z·J2    R = k·Ĝ    V = z·H2v          with a fresh s and the registrar's stored R, V
//             tag  frame(nonce, epoch u32, device key, parameters hash of that epoch)
//
// The enrolment proof is the contract. A trace returns the contract, and in an assemble every trustee verifies it.
// (F1, F2) is z·G encrypted to the link key Y_K. Nobody ever knows z·G itself.
// The registrar stores R and V, and both must be unique. A continuation shows that the phone before and the new one have
// the same owner. The enrolment's tag says whether there is one, so nobody can take it away or add it later.
// Without k and z, nobody can make a refresh over somebody else's R and V. So nobody else, not even the registrar, can
// get a credential that traces to an honest patient without breaking the discrete logarithm (S8). The proofs have the
// challenge and then the responses in witness order (s, k, z, u), (s, k, z) or (k), 32 bytes each.

import { frame, type Rng, u32be } from "./bytes.ts";
import {
  type CheckedCommitment,
  committedGenerators,
  handleGenerator,
  type IssuerParams,
  type WalletSecrets,
} from "./credential.ts";
import { Contract, type RefreshRequest } from "./documents.ts";
import { groupG1, groupG2 } from "./group.ts";
import { hedged } from "./hedge.ts";
import { LABELS } from "./labels.ts";
import { decodeProof, encodeProof, prove, Relation, verify } from "./sigma.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  encodeScalar,
  G,
  type G1,
  type G2,
  handleBaseG2,
  randomScalar,
  type Scalar,
} from "./suite.ts";

/** The largest FHIR Patient of an identity record: with its fullUrl, as JSON. */
export const MAX_IDENTITY_BYTES = 65_536;

/**
 * The result of a verification. "encoding": a point or the proof does not decode. "proof": the proof does not verify.
 */
export type Checked<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: "encoding" | "proof" };

interface HandleRows {
  readonly Cm: G1;
  readonly R: G1;
  readonly V: G2;
}
interface ContractRows extends HandleRows {
  readonly F1: G1;
  readonly F2: G1;
}

// ---- statements: one builder each, for wallet and registrar alike

function refreshRelation({ Cm, R, V }: HandleRows): Relation<"s" | "k" | "z"> {
  const { Q2, J1, J2 } = committedGenerators();
  return new Relation(LABELS.refresh, ["s", "k", "z"] as const)
    .equation(groupG1, Cm, [
      ["s", Q2],
      ["k", J1],
      ["z", J2],
    ])
    .equation(groupG1, R, [["k", handleGenerator()]])
    .equation(groupG2, V, [["z", handleBaseG2()]]);
}

function enrolRelation({ Cm, R, V, F1, F2 }: ContractRows, linkKey: G1): Relation<"s" | "k" | "z" | "u"> {
  const { Q2, J1, J2 } = committedGenerators();
  return new Relation(LABELS.enrol, ["s", "k", "z", "u"] as const)
    .equation(groupG1, Cm, [
      ["s", Q2],
      ["k", J1],
      ["z", J2],
    ])
    .equation(groupG1, R, [["k", handleGenerator()]])
    .equation(groupG2, V, [["z", handleBaseG2()]])
    .equation(groupG1, F1, [["u", G]])
    .equation(groupG1, F2, [
      ["z", G],
      ["u", linkKey],
    ]);
}

const continuationRelation = (R: G1): Relation<"k"> =>
  new Relation(LABELS.continuation, ["k"] as const).equation(groupG1, R, [["k", handleGenerator()]]);

/** The fields of a contract that the wallet chooses before the proof. */
export type ContractHead = Pick<
  Contract,
  "generation" | "salt" | "previous" | "identityCommitment" | "paramsHash" | "nonce"
>;

const NOTHING = new Uint8Array();
/** `previous` has 32 bytes or none, so the two cases have different frames. */
const enrolTag = (c: ContractHead, continues: boolean): Uint8Array =>
  frame(
    u32be(c.generation),
    c.salt,
    c.previous ?? NOTHING,
    Uint8Array.of(continues ? 1 : 0),
    c.identityCommitment,
    c.paramsHash,
    c.nonce,
  );
/** Covers the new contract whole, its enrolment proof included. */
const continuationTag = (c: Contract): Uint8Array => frame(Contract.encode({ ...c, continuation: undefined }));

interface RefreshContext {
  readonly nonce: Uint8Array;
  /** the epoch for which the wallet wants a credential */
  readonly epoch: number;
  readonly deviceKey: Uint8Array;
  /** p_e of `epoch` */
  readonly paramsHash: Uint8Array;
}
const refreshTag = (c: RefreshContext): Uint8Array => frame(c.nonce, u32be(c.epoch), c.deviceKey, c.paramsHash);

// ---- wallet

const commitTo = ({ k, z }: WalletSecrets, s: Scalar): G1 => {
  const { Q2, J1, J2 } = committedGenerators();
  return Q2.multiply(s).add(J1.multiply(k)).add(J2.multiply(z)) as G1;
};
/** R = k·Ĝ */
export const handleOf = (k: Scalar): G1 => handleGenerator().multiply(k) as G1;
/** V = z·H2v */
export const tagHandleOf = (z: Scalar): G2 => handleBaseG2().multiply(z) as G2;

/**
 * Wallet, once per generation. `s` is fresh and random; the wallet keeps it for `receive`.
 * @param input.previousK k of the generation before, if this wallet has it
 */
export function requestEnrolment(
  input: ContractHead & {
    params: Pick<IssuerParams, "linkKey">;
    secrets: WalletSecrets;
    previousK?: Scalar | undefined;
    s: Scalar;
  },
  rng: Rng,
): Contract {
  const { secrets, s, previousK, generation, salt, previous, identityCommitment, paramsHash, nonce } = input;
  const { k, z } = secrets;
  const { linkKey } = input.params;
  // One u under two z would give the difference of both z·G away.
  const bound = [identityCommitment, paramsHash, nonce, ...[k, z].map(encodeScalar)];
  const u = randomScalar(hedged(rng, "contract", ...bound));
  const rows: ContractRows = {
    Cm: commitTo(secrets, s),
    R: handleOf(k),
    V: tagHandleOf(z),
    F1: G.multiply(u) as G1,
    F2: G.multiply(z).add(linkKey.multiply(u)) as G1,
  };
  const head = { generation, salt, previous, identityCommitment, paramsHash, nonce };
  const tag = enrolTag(head, previousK !== undefined);
  const contract: Contract = {
    ...head,
    Cm: encodeG1(rows.Cm),
    R: encodeG1(rows.R),
    V: encodeG2(rows.V),
    F1: encodeG1(rows.F1),
    F2: encodeG1(rows.F2),
    proof: encodeProof(prove(enrolRelation(rows, linkKey), tag, { s, k, z, u }, rng)),
    continuation: undefined,
  };
  if (previousK === undefined) return contract;
  const relation = continuationRelation(handleOf(previousK));
  const continuation = encodeProof(prove(relation, continuationTag(contract), { k: previousK }, rng));
  return { ...contract, continuation };
}

/** Wallet, once per epoch, with a fresh s. */
export function requestRefresh(
  input: RefreshContext & { secrets: WalletSecrets; s: Scalar },
  rng: Rng,
): Pick<RefreshRequest, "Cm" | "proof"> {
  const { k, z } = input.secrets;
  const { s } = input;
  const rows: HandleRows = { Cm: commitTo(input.secrets, s), R: handleOf(k), V: tagHandleOf(z) };
  return {
    Cm: encodeG1(rows.Cm),
    proof: encodeProof(prove(refreshRelation(rows), refreshTag(input), { s, k, z }, rng)),
  };
}

// ---- registrar (and, for contracts, trustees and requester)

function checking<T>(check: () => T | undefined): Checked<T> {
  try {
    const value = check();
    return value === undefined ? { ok: false, reason: "proof" } : { ok: true, ...value };
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, reason: "encoding" };
    throw error;
  }
}

/**
 * Verifies the proof of a contract, over the nonce, parameters hash and identity commitment that the contract names.
 * The registrar first compares these with its own. A trustee compares the commitment with the opening that it received.
 * The place in the chain, and the continuation, are for verifyChain (contract-chain.ts).
 */
export function verifyContract(
  params: Pick<IssuerParams, "linkKey">,
  contract: Contract,
): Checked<Omit<ContractRows, "Cm"> & { readonly Cm: CheckedCommitment }> {
  return checking(() => {
    const rows: ContractRows = {
      Cm: decodeG1(contract.Cm),
      R: decodeG1(contract.R),
      V: decodeG2(contract.V),
      F1: decodeG1(contract.F1),
      F2: decodeG1(contract.F2),
    };
    const proof = decodeProof(contract.proof, 4);
    const holds = verify(
      enrolRelation(rows, params.linkKey),
      enrolTag(contract, contract.continuation !== undefined),
      proof,
    );
    return holds ? { ...rows, Cm: rows.Cm as CheckedCommitment } : undefined;
  });
}

/** Whether the maker of this contract knew the k behind R, the handle of the generation before. */
export function verifyContinuation(R: Uint8Array, contract: Contract): boolean {
  const { continuation } = contract;
  if (continuation === undefined) return false;
  const checked = checking(() =>
    verify(continuationRelation(decodeG1(R)), continuationTag(contract), decodeProof(continuation, 1)) ? {} : undefined,
  );
  return checked.ok;
}

/**
 * Registrar: verifies the proof of a refresh. R and V are the stored ones of the enrolment, nonce and epoch are the
 * registrar's own, and the device key is the account's.
 */
export function verifyRefresh(
  context: RefreshContext & { R: G1; V: G2 },
  request: Pick<RefreshRequest, "Cm" | "proof">,
): Checked<{ readonly Cm: CheckedCommitment }> {
  return checking(() => {
    const Cm = decodeG1(request.Cm);
    const proof = decodeProof(request.proof, 3);
    const holds = verify(refreshRelation({ Cm, R: context.R, V: context.V }), refreshTag(context), proof);
    return holds ? { Cm: Cm as CheckedCommitment } : undefined;
  });
}

/**
 * How many of the oldest contracts of one person are under an earlier link key, which a new key ceremony replaced: their
 * proofs do not verify under this one. A case under this key opens nothing of those phones.
 * @param contracts oldest first
 */
export function countUncovered(params: Pick<IssuerParams, "linkKey">, contracts: readonly Contract[]): number {
  const first = contracts.findIndex((contract) => verifyContract(params, contract).ok);
  return first < 0 ? contracts.length : first;
}
