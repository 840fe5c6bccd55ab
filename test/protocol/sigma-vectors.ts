// Runs one record of the drafts' vector files (shapes as in test/vectors/sigma) against protocol/. It returns true if
// our code does as the record expects. The sumcheck of draft-irtf-cfrg-fiat-shamir, appendix A, is implemented here
// because only the tests need it.

import { bytesToHex, concatBytes, equalBytes, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  parseInstance,
  parseWitness,
  proveBatchable,
  proveCompact,
  verifyBatchable,
  verifyCompact,
} from "../../protocol/sigma-draft.ts";
import {
  decodeUint,
  deriveSessionId,
  deserializeField,
  deserializeUint,
  deserializeVarLenString,
  fromLittleEndian,
  littleEndian,
  Sponge,
  serializeUint,
  serializeVarLenString,
} from "../../protocol/sponge.ts";
import { DecodeError } from "../../protocol/suite.ts";

// biome-ignore lint/suspicious/noExplicitAny: a record's keys depend on its Function
export type VectorRecord = Record<string, any>;

const hex = (s: string): Uint8Array => hexToBytes(s);

function operate(v: VectorRecord): Uint8Array {
  const sponge = new Sponge(hex(v.SessionId));
  const out: Uint8Array[] = [];
  for (const op of v.Operations) {
    if (op.type === "absorb") sponge.absorb(hex(op.data));
    else out.push(sponge.squeeze(op.length));
  }
  return concatBytes(...out);
}

const SUMCHECK_ELEMENT_BYTES = 4;

function sumcheckVerify(v: VectorRecord, p: bigint): bigint | undefined {
  const sponge = new Sponge(hex(v.SessionId));
  const round = 2 * SUMCHECK_ELEMENT_BYTES;
  let sum = BigInt(v.ClaimedSum) % p;
  sponge.absorb(concatBytes(littleEndian(v.NumVariables, 4), serializeUint(sum, p)));
  const narg = hex(v.Narg);
  if (narg.length !== round * v.NumVariables) return undefined;
  for (let i = 0; i < v.NumVariables; i++) {
    const message = narg.subarray(i * round, (i + 1) * round);
    const [a0, a1] = deserializeField(message, p, 2) as [bigint, bigint];
    if ((2n * a0 + a1) % p !== sum) return undefined;
    const r = fromLittleEndian(sponge.absorb(message).squeeze(SUMCHECK_ELEMENT_BYTES)) % p;
    sum = (a0 + a1 * r) % p;
  }
  return sum;
}

function sumcheckProve(v: VectorRecord, p: bigint): { narg: Uint8Array; final: bigint } {
  const sponge = new Sponge(hex(v.SessionId));
  let table: bigint[] = v.Witness.map(BigInt);
  const total = table.reduce((a, b) => a + b) % p;
  sponge.absorb(concatBytes(littleEndian(v.NumVariables, 4), serializeUint(total, p)));
  const narg: Uint8Array[] = [];
  while (table.length > 1) {
    const half = (odd: number): bigint => table.filter((_, i) => i % 2 === odd).reduce((a, b) => a + b);
    const a0 = half(0) % p;
    const message = concatBytes(serializeUint(a0, p), serializeUint((half(1) + p * 16n - half(0)) % p, p));
    narg.push(message);
    const r = fromLittleEndian(sponge.absorb(message).squeeze(SUMCHECK_ELEMENT_BYTES)) % p;
    const old = table;
    table = Array.from({ length: old.length / 2 }, (_, i) => {
      const [even, odd] = [old[2 * i]!, old[2 * i + 1]!];
      return (even + r * (odd - even + p)) % p;
    });
  }
  return { narg: concatBytes(...narg), final: table[0]! };
}

/** The draft's seeded generator of nonces, reordered for randomScalar (which reads 48 bytes big-endian). */
function vectorRng(v: VectorRecord): (n: number) => Uint8Array {
  const marker = v.Flavor === "compact" ? "CMPT" : "DSFS";
  const sponge = new Sponge(
    deriveSessionId(utf8ToBytes(`TestDRNG-SIGMA-PROOFS-${marker}-${v.Ciphersuite}-${v.Relation}`)),
  );
  return (n) => sponge.squeeze(n).reverse();
}

function sigmaProof(v: VectorRecord): boolean {
  const tag = utf8ToBytes(v.Tag);
  const instance = parseInstance(hex(v.Instance));
  const [prove, verify] =
    v.Flavor === "compact" ? [proveCompact, verifyCompact] : ([proveBatchable, verifyBatchable] as const);
  if (v.SessionId !== undefined && bytesToHex(deriveSessionId(tag)) !== v.SessionId) return false;
  if (v.Witness !== undefined) {
    const proof = prove(tag, instance, parseWitness(instance, hex(v.Witness)), vectorRng(v));
    if (bytesToHex(proof) !== v.NargString) return false;
  }
  return verify(tag, instance, hex(v.NargString));
}

/**
 * Computes the values that the record describes. Returns false if a value differs. @throws DecodeError if an input is
 * refused
 */
function compute(v: VectorRecord): boolean {
  const modulus = v.Modulus === undefined ? 0n : BigInt(v.Modulus);
  switch (v.Function) {
    case "SigmaProof":
      return sigmaProof(v);
    case "DuplexSponge":
      return bytesToHex(operate(v)) === v.Output;
    case "DeriveSessionID":
      return bytesToHex(deriveSessionId(hex(v.Tag))) === v.Output;
    case "DecodeUint": {
      const squeezed = v.Input === undefined ? operate(v) : hex(v.Input);
      if (v.Output !== undefined && bytesToHex(squeezed) !== v.Output) return false;
      return decodeUint(squeezed, modulus) === BigInt(v.Challenge);
    }
    case "SerializeVarLenString":
      return bytesToHex(serializeVarLenString(hex(v.Input))) === v.Output;
    case "DeserializeVarLenString":
      return equalBytes(deserializeVarLenString(hex(v.Input)), hex(v.Output));
    case "SerializeUint":
    case "SerializeField": {
      const bytes = serializeUint(BigInt(v.Value), modulus);
      return bytesToHex(v.ByteOrder === "big-endian" ? bytes.reverse() : bytes) === v.Output;
    }
    case "DeserializeUint":
      return deserializeUint(hex(v.Input), modulus) === BigInt(v.Value);
    case "DeserializeField": {
      const coordinates = deserializeField(hex(v.Input), modulus, v.ExtensionDegree ?? 1);
      return coordinates.every((x, i) => x === BigInt(v.Coordinates[i]));
    }
    case "Sumcheck": {
      const final = sumcheckVerify(v, modulus);
      if (final === undefined) return false;
      if (v.Witness === undefined) return true;
      const proved = sumcheckProve(v, modulus);
      return bytesToHex(proved.narg) === v.Narg && proved.final === final && final === BigInt(v.FinalEvaluation);
    }
    default:
      throw new Error(`${v.Id}: unknown function ${v.Function}`);
  }
}

export function vectorHolds(v: VectorRecord): boolean {
  let accepted: boolean;
  try {
    accepted = compute(v);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    accepted = false;
  }
  return accepted === (v.Expected !== "reject");
}
