// A row of the session index, and the wallet's own word in it. The wallet binds its tag to the service at check-in. So
// nobody can later show a session under another service, epoch or slot.
//
//   row       value 32 ‖ service id 16 ‖ T 96 ‖ row proof 64;   value = H(e(G, T));   INDEX_ROW_BYTES = 208
//   relation  {T = z·H2(e, j)}, witness z
//   tag       frame(service id, epoch u32, slot u32, p_e of the epoch)
//   proof     compact: challenge 32 ‖ response 32 (sigma.ts)
//
// The row has everything that a trustee needs besides the epoch, the slot and p_e, which the trustee knows for each row
// that it matches. A proof of knowledge of z can come only from the wallet: trustees and escrow never learn z. The
// relation's statement and proof are public, and one proof per tag tells nothing besides the service, which stands in
// the row.
//
// T is a multiple of z in G2. The presentation of the same check-in proves the same equation, and binds this proof as a
// part of its context (checkInContext). So nobody can put another proof beside a presentation.

import { concatBytes, frame, type Rng, u32be } from "./bytes.ts";
import { type ElementG2, type Engine, nobleEngine } from "./engine.ts";
import { LABELS } from "./labels.ts";
import { keptTagBase, tagBaseIn } from "./presentation-statement.ts";
import { decodeProof, encodeProof, proofBytes, prove, Relation, verify } from "./sigma.ts";
import { DecodeError, G2_BYTES, type Scalar } from "./suite.ts";

export const INDEX_VALUE_BYTES = 32;
export const SERVICE_ID_BYTES = 16;
/** challenge ‖ response */
export const ROW_PROOF_BYTES: number = proofBytes(1);
export const INDEX_ROW_BYTES: number = INDEX_VALUE_BYTES + SERVICE_ID_BYTES + G2_BYTES + ROW_PROOF_BYTES; // 208

/** The fields of a row. Points and proof stay bytes. */
export interface IndexRow {
  /** H(e(G, T)), 32 bytes */
  readonly value: Uint8Array;
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  /** T, 96 bytes */
  readonly tag: Uint8Array;
  /** 64 bytes */
  readonly rowProof: Uint8Array;
}

export const encodeIndexRow = ({ value, serviceId, tag, rowProof }: IndexRow): Uint8Array =>
  concatBytes(value, serviceId, tag, rowProof);

/** Cuts a row of INDEX_ROW_BYTES into copies of its fields. Nothing in it is verified. */
export function readIndexRow(row: Uint8Array): IndexRow {
  let at = 0;
  const next = (bytes: number): Uint8Array => {
    at += bytes;
    return row.slice(at - bytes, at);
  };
  return {
    value: next(INDEX_VALUE_BYTES),
    serviceId: next(SERVICE_ID_BYTES),
    tag: next(G2_BYTES),
    rowProof: next(ROW_PROOF_BYTES),
  };
}

/** The place of one visit: which service, and which slot of which epoch. */
export interface RowPlace {
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  readonly epoch: number;
  readonly slot: number;
  /** p_e, 32 bytes */
  readonly paramsHash: Uint8Array;
}

const tagOfPlace = ({ serviceId, epoch, slot, paramsHash }: RowPlace): Uint8Array =>
  frame(serviceId, u32be(epoch), u32be(slot), paramsHash);

const relationOf = (engine: Engine, T: ElementG2, base: ElementG2): Relation<"z"> =>
  new Relation(LABELS.indexRow, ["z"] as const).equation(engine.g2, T, [["z", base]]);

/** Wallet: the proof of one visit's row, ROW_PROOF_BYTES long. */
export function proveIndexRow(place: RowPlace, z: Scalar, rng: Rng): Uint8Array {
  const base = keptTagBase(place.paramsHash, place.epoch, place.slot);
  const T = nobleEngine.g2.multiply(nobleEngine.fromG2(base), z);
  const relation = relationOf(nobleEngine, T, nobleEngine.fromG2(base));
  return encodeProof(prove(relation, tagOfPlace(place), { z }, rng));
}

/**
 * Whether the owner of T made this proof for this place. Malformed input gives false.
 * @param T an element of `engine`
 * @param base H2(epoch, slot), if the caller has it
 */
export function verifyIndexRow(
  place: RowPlace,
  T: ElementG2,
  rowProof: Uint8Array,
  engine: Engine = nobleEngine,
  base: ElementG2 = tagBaseIn(engine, place.paramsHash, place.epoch, place.slot),
): boolean {
  try {
    return verify(relationOf(engine, T, base), tagOfPlace(place), decodeProof(rowProof, 1));
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
