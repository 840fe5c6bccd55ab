// Common parts of all BBS interfaces over BLS12-381-SHA-256 (draft-irtf-cfrg-bbs-signatures, sections 4 and 7.2.2):
// generators, messages to scalars, serialisation, domain. The api_id, an ASCII string, names an interface. It prefixes
// every domain separation tag, so a value made under one interface has no meaning under another.
//
//   create_generators   v_0 = expand(api_id ‖ "MESSAGE_GENERATOR_SEED"),  v_i = expand(v_(i-1) ‖ I2OSP(i, 8)),
//                       generator_i = hash_to_curve(v_i);  expand = expand_message_xmd with SHA-256 to 48 bytes
//   serialize           G1 point 48 bytes compressed, scalar 32 bytes, length or index 8 bytes, all big-endian
//   domain              hash_to_scalar(PK ‖ serialize(L, Q_1, H_1..H_L) ‖ api_id ‖ I2OSP(|header|, 8) ‖ header)

import { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, u32be, utf8ToBytes } from "./bytes.ts";
import { encodeG1, encodeScalar, type G1, G1Point, hashToScalar, type Scalar } from "./suite.ts";

export const CIPHERSUITE_ID = "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_";
/** api_id of the plain interface (bbs.ts) */
export const BBS_API_ID = `${CIPHERSUITE_ID}H2G_HM2S_`;
/** ceil((ceil(log2(r)) + k) / 8): the number of bytes expanded for one scalar or one generator seed */
const EXPAND_BYTES = 48;

const expand = (msg: Uint8Array, dst: string, length: number): Uint8Array =>
  expand_message_xmd(msg, utf8ToBytes(dst), length, sha256);

/** I2OSP(n, 8), 8 bytes big-endian, for lengths, counts and indexes. */
export const i2osp8 = (n: number): Uint8Array =>
  concatBytes(u32be(Math.floor(n / 0x100000000)), u32be(n % 0x100000000));

/**
 * serialize of the draft. A bigint is a scalar, a number is an integer below 2^53, bytes are an encoded point, and any
 * other item is a point.
 */
export function serialize(...items: (G1 | Uint8Array | Scalar | number)[]): Uint8Array {
  return concatBytes(
    ...items.map((x) => {
      if (typeof x === "bigint") return encodeScalar(x);
      if (typeof x === "number") return i2osp8(x);
      return x instanceof Uint8Array ? x : encodeG1(x);
    }),
  );
}

/** hash_to_scalar under the interface's "H2S_" tag: domain, e and challenges. */
export const hashToScalarOf = (apiId: string, msg: Uint8Array): Scalar => hashToScalar(`${apiId}H2S_`, msg);

/** MapMessageToScalarAsHash of the draft, for each message. */
export const messagesToScalars = (messages: readonly Uint8Array[], apiId: string): Scalar[] =>
  messages.map((m) => hashToScalar(`${apiId}MAP_MSG_TO_SCALAR_AS_HASH_`, m));

function* generate(apiId: string, seed: string): Generator<G1, never> {
  const seedDst = `${apiId}SIG_GENERATOR_SEED_`;
  let v = expand(utf8ToBytes(apiId + seed), seedDst, EXPAND_BYTES);
  for (let i = 1; ; i++) {
    v = expand(concatBytes(v, i2osp8(i)), seedDst, EXPAND_BYTES);
    yield bls.G1.hashToCurve(v, { DST: `${apiId}SIG_GENERATOR_DST_` }) as G1;
  }
}

/**
 * P1, the suite's fixed point (section 7.2.2). It is a generator of the plain interface, made from a seed of its own.
 */
export const P1: G1 = G1Point.fromHex(
  "a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9",
) as G1;

/** Derives P1 from its seed. A test compares it with the constant. */
export const deriveP1 = (): G1 => generate(BBS_API_ID, "BP_MESSAGE_GENERATOR_SEED").next().value;

const cache = new Map<string, { made: G1[]; more: Generator<G1, never> }>();

/** The first `count` generators of an interface: (Q_1, H_1, …); under "BLIND_" ‖ api_id they are (Q_2, J_1, …). */
export function createGenerators(count: number, apiId: string): readonly G1[] {
  let entry = cache.get(apiId);
  if (entry === undefined) {
    entry = { made: [], more: generate(apiId, "MESSAGE_GENERATOR_SEED") };
    cache.set(apiId, entry);
  }
  while (entry.made.length < count) entry.made.push(entry.more.next().value);
  return entry.made.slice(0, count);
}

const keptEncodings = new WeakMap<G1, Uint8Array>();
/** Encoding of a generator, kept because every domain uses the generators again. */
function generatorBytes(generator: G1): Uint8Array {
  let bytes = keptEncodings.get(generator);
  if (bytes === undefined) {
    bytes = encodeG1(generator);
    keptEncodings.set(generator, bytes);
  }
  return bytes;
}

/** calculate_domain of the draft. @param pk the public key's 96 bytes @param generators (Q_1, H_1, …, H_L) */
export function calculateDomain(pk: Uint8Array, generators: readonly G1[], header: Uint8Array, apiId: string): Scalar {
  return hashToScalarOf(
    apiId,
    concatBytes(
      pk,
      serialize(generators.length - 1, ...generators.map(generatorBytes)),
      utf8ToBytes(apiId),
      i2osp8(header.length),
      header,
    ),
  );
}

/** Mock randomness of the draft's test vectors (section 8.1.1): `count` scalars from a seed. Never use it for real. */
export const seededRandomBytes = (seed: Uint8Array, dst: string, count: number): Uint8Array =>
  expand(seed, dst, EXPAND_BYTES * count);
