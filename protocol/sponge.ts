// The duplex sponge of draft-irtf-cfrg-fiat-shamir, suite SHAKE128 (section 9.1), with its byte and integer codecs.
// Every sigma proof derives its challenge from it (sigma.ts).
//
//   Init(sid)      absorb sid (32 bytes) ‖ 0^(168 - 32), so that later input starts on a fresh rate block
//   Absorb(x)      absorb x; consecutive absorbs concatenate; the empty string changes nothing
//   Squeeze(n)     the next n bytes of SHAKE128 over all input so far; consecutive squeezes continue
//   DeriveSessionID(tag) = Squeeze_32 after Init("irtf-cfrg-fiat-shamir/session-id"), Absorb(tag)
//
// Integers are little-endian here. Scalars and field elements of BLS12-381 keep their own standard, which is
// big-endian.

import { shake128 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "./bytes.ts";
import { DecodeError } from "./suite.ts";

const RATE_BYTES = 168;
const SESSION_ID_BYTES = 32;
/** Bytes squeezed beyond the length of the modulus. They make the bias of the reduction at most 2^-128 (DecodeUint). */
const EXTRA_BYTES = 16;

type Xof = ReturnType<typeof shake128.create>;

/** The duplex sponge. `absorb` and `squeeze` may alternate. @throws RangeError if the session id is not 32 bytes */
export class Sponge {
  readonly #absorbed: Xof;
  #reader: Xof | undefined;

  constructor(sessionId: Uint8Array) {
    if (sessionId.length !== SESSION_ID_BYTES) {
      throw new RangeError(`session id: ${sessionId.length} bytes, expected ${SESSION_ID_BYTES}`);
    }
    this.#absorbed = shake128.create().update(concatBytes(sessionId, new Uint8Array(RATE_BYTES - SESSION_ID_BYTES)));
  }

  absorb(x: Uint8Array): this {
    this.#absorbed.update(x);
    if (x.length !== 0) this.#reader = undefined;
    return this;
  }

  squeeze(length: number): Uint8Array {
    this.#reader ??= this.#absorbed.clone();
    return length === 0 ? new Uint8Array() : this.#reader.xof(length);
  }

  /** A uniform integer in [0, modulus). */
  squeezeUint(modulus: bigint): bigint {
    return decodeUint(this.squeeze(uintBytes(modulus) + EXTRA_BYTES), modulus);
  }
}

/** DeriveSessionID of the draft, 32 bytes. */
export function deriveSessionId(tag: Uint8Array): Uint8Array {
  return new Sponge(utf8ToBytes("irtf-cfrg-fiat-shamir/session-id")).absorb(tag).squeeze(SESSION_ID_BYTES);
}

/** LE(n, width) of the draft. @throws RangeError if `n` is negative or needs more than `width` bytes */
export function littleEndian(n: bigint | number, width: number): Uint8Array {
  const out = new Uint8Array(width);
  let rest = BigInt(n);
  for (let i = 0; i < width; i++, rest >>= 8n) out[i] = Number(rest & 255n);
  if (rest !== 0n) throw new RangeError(`${n} does not fit ${width} bytes`); // a negative n ends at -1: refused too
  return out;
}

/** LE2IP of the draft: the unsigned integer whose little-endian bytes are `b`. */
export function fromLittleEndian(b: Uint8Array): bigint {
  let n = 0n;
  for (let i = b.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(b[i]!);
  return n;
}

/** Ns of the draft: the smallest n with 256^n >= modulus. */
function uintBytes(modulus: bigint): number {
  return Math.ceil((modulus - 1n).toString(16).length / 2);
}

/** DecodeUint of the draft, for squeezed bytes only: it accepts every input of the right length. */
export function decodeUint(squeezed: Uint8Array, modulus: bigint): bigint {
  if (squeezed.length !== uintBytes(modulus) + EXTRA_BYTES) throw new RangeError("decodeUint: wrong length");
  return fromLittleEndian(squeezed) % modulus;
}

/** `x` in as many little-endian bytes as the modulus needs. @throws RangeError if `x` is not in [0, modulus) */
export function serializeUint(x: bigint, modulus: bigint): Uint8Array {
  if (x < 0n || x >= modulus) throw new RangeError("serializeUint: not below the modulus");
  return littleEndian(x, uintBytes(modulus));
}

/** Reads a canonical integer of exact length. @throws DecodeError */
export function deserializeUint(b: Uint8Array, modulus: bigint): bigint {
  if (b.length !== uintBytes(modulus)) throw new DecodeError(`uint: ${b.length} bytes, expected ${uintBytes(modulus)}`);
  const x = fromLittleEndian(b);
  if (x >= modulus) throw new DecodeError("uint: not canonical");
  return x;
}

/** Reads an element of the field of order p^degree, one coordinate after the other. @throws DecodeError */
export function deserializeField(b: Uint8Array, p: bigint, degree: number): bigint[] {
  const width = uintBytes(p);
  if (b.length !== width * degree)
    throw new DecodeError(`field element: ${b.length} bytes, expected ${width * degree}`);
  return Array.from({ length: degree }, (_, i) => deserializeUint(b.subarray(i * width, (i + 1) * width), p));
}

/** u32 little-endian length ‖ s */
export function serializeVarLenString(s: Uint8Array): Uint8Array {
  return concatBytes(littleEndian(s.length, 4), s);
}

/** Reads one string that fills the whole input. @throws DecodeError */
export function deserializeVarLenString(b: Uint8Array): Uint8Array {
  if (b.length < 4 || b.length - 4 !== Number(fromLittleEndian(b.subarray(0, 4)))) {
    throw new DecodeError("string: length does not match its prefix");
  }
  return b.slice(4);
}
