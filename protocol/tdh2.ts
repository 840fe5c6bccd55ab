// Threshold encryption of a short key to the trustees, secure against chosen ciphertexts, and the trustees' record
// stanza around it. This is TDH2 of V. Shoup and R. Gennaro, "Securing threshold cryptosystems against chosen
// ciphertext attack", J. Cryptology 15 (2002), section 5, over G1, with the label in the proof.
//
//   seal     r random, hedged;  u = r·G   ū = r·Ḡ
//            key = HKDF-SHA256(ikm = r·Y_rec, salt = LABEL, info = frame(u, Y_rec, label))
//            c = ChaCha20-Poly1305(key, nonce 0, aad = label; plaintext)      one message per key, because r is fresh
//            proof of {r : u = r·G, ū = r·Ḡ}, its tag = frame(label, c, Y_rec): the paper's hash H2(c, L, u, w, ū, w̄)
//   check    anybody can check: no point is O, and the proof verifies for this label and this Y_rec. A trustee that
//            gives a partial without this check lets attackers use modified ciphertexts.
//   partial  D_i = y_i·u with its own proof (opening-points.ts);   shared = Σ λ_i·D_i = r·Y_rec
//   finish   derive the key from `shared`; the AEAD opens c. The paper's c is plaintext XOR hash. With the AEAD, a
//            wrong set of partials is detected here and gives no plausible plaintext.
//
//   ciphertext  document Tdh2Ciphertext: u (48) ‖ ū (48) ‖ proof (64) ‖ c (blob)
//   stanza      hybridSeal(group hybrid key, aad = label, Tdh2Ciphertext). All trustees hold that key. The seal
//               protects the record from attackers who collect u now to break G1 later, and it hides the label from the
//               edge.
//
// The label is H(service, tagHash, record id, key-set id). So the check fails for a ciphertext moved to another
// session.
// Disclosure: the sealer knows r. Fewer than t trustees learn nothing about the plaintext. t trustees together, and the
// party that finishes, learn all of it.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { blob, document, fixed, type Of } from "./codec.ts";
import { g1, proof } from "./element-coders.ts";
import { type Engine, nobleEngine } from "./engine.ts";
import { hedged } from "./hedge.ts";
import { hybridOpen, hybridSeal } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";
import { prove, Relation, verify } from "./sigma.ts";
import { encodeG1, G, type G1, G1_BYTES, randomScalar, tdh2Base } from "./suite.ts";

export const MAX_TDH2_PLAINTEXT_BYTES = 64;

/** u = r·G, ubar = r·Ḡ, the proof about r, and the AEAD ciphertext c. */
export const Tdh2Ciphertext = document("Tdh2Ciphertext", 0x58, 1, { u: g1, ubar: g1, proof: proof(1), c: blob });
export type Tdh2Ciphertext = Of<typeof Tdh2Ciphertext>;
/** The same document with points as bytes, so that an engine can decode them. */
const Undecoded = document("Tdh2Ciphertext", 0x58, 1, {
  u: fixed(G1_BYTES),
  ubar: fixed(G1_BYTES),
  proof: proof(1),
  c: blob,
});
/** Reads a ciphertext with the engine's decoders. @throws CodecError, DecodeError */
export function decodeCiphertext(bytes: Uint8Array, engine: Engine): Tdh2Ciphertext {
  const { u, ubar, ...rest } = Undecoded.decode(bytes);
  return { ...rest, u: engine.toG1(engine.g1.decode(u)), ubar: engine.toG1(engine.g1.decode(ubar)) };
}

/** A ciphertext or a result was refused. The reason is for tests and audit logs, never for the wire. */
export class Tdh2Error extends Error {
  override name = "Tdh2Error";
  readonly reason: "plaintext-too-long" | "does-not-open" | "stanza-refused";
  constructor(reason: Tdh2Error["reason"]) {
    super(`tdh2: ${reason}`);
    this.reason = reason;
  }
}

/** The statement; prover and verifier share this builder. */
const relation = ({ g1, fromG1 }: Engine, u: G1, ubar: G1): Relation<"r"> =>
  new Relation(LABELS.tdh2, ["r"])
    .equation(g1, fromG1(u), [["r", fromG1(G)]])
    .equation(g1, fromG1(ubar), [["r", fromG1(tdh2Base())]]);
const proofTag = (label: Uint8Array, c: Uint8Array, key: G1): Uint8Array => frame(label, c, encodeG1(key));

const LABEL = utf8ToBytes(LABELS.tdh2Key);
const NONCE = new Uint8Array(12);

function aead(shared: G1, u: G1, key: G1, label: Uint8Array) {
  const okm = hkdf(sha256, encodeG1(shared), LABEL, frame(encodeG1(u), encodeG1(key), label), 32);
  return chacha20poly1305(okm, NONCE, label);
}

/** The trustees' public key and the label of one ciphertext. */
export interface Tdh2Key {
  /** Y_rec */
  readonly key: G1;
  readonly label: Uint8Array;
}

/** Encrypts a short plaintext to the trustees. @throws Tdh2Error "plaintext-too-long" above MAX_TDH2_PLAINTEXT_BYTES */
export function tdh2Encrypt({ key, label, plaintext }: Tdh2Key & { plaintext: Uint8Array }, rng: Rng): Tdh2Ciphertext {
  if (plaintext.length > MAX_TDH2_PLAINTEXT_BYTES) throw new Tdh2Error("plaintext-too-long");
  const r = randomScalar(hedged(rng, "threshold", encodeG1(key), label, plaintext));
  const u = G.multiply(r) as G1;
  const ubar = tdh2Base().multiply(r) as G1;
  const c = aead(key.multiply(r) as G1, u, key, label).encrypt(plaintext);
  return { u, ubar, proof: prove(relation(nobleEngine, u, ubar), proofTag(label, c, key), { r }, rng), c };
}

/** Whether a trustee may give a partial for this ciphertext, under this label. */
export function tdh2Check({ key, label }: Tdh2Key, ct: Tdh2Ciphertext, engine: Engine = nobleEngine): boolean {
  if (ct.u.is0() || ct.ubar.is0()) return false;
  return verify(relation(engine, ct.u, ct.ubar), proofTag(label, ct.c, key), ct.proof);
}

/**
 * The plaintext of a checked ciphertext, from `shared` = Σ λ_i·y_i·u over t verified partials.
 * @throws Tdh2Error "does-not-open" if `shared` is not r·Y_rec
 */
export function tdh2Finish({ key, label, ct, shared }: Tdh2Key & { ct: Tdh2Ciphertext; shared: G1 }): Uint8Array {
  try {
    return aead(shared, ct.u, key, label).decrypt(ct.c);
  } catch {
    throw new Tdh2Error("does-not-open");
  }
}

/** Input of sealThreshold. */
export interface Stanza extends Tdh2Key {
  /** X-Wing public key; every trustee holds its secret */
  readonly groupHybridKey: Uint8Array;
  readonly fileKey: Uint8Array;
}

/** Makes the trustees' whole stanza of a record. */
export function sealThreshold({ key, groupHybridKey, label, fileKey }: Stanza, rng: Rng): Uint8Array {
  const inner = Tdh2Ciphertext.encode(tdh2Encrypt({ key, label, plaintext: fileKey }, rng));
  return hybridSeal(groupHybridKey, label, inner, rng);
}

/**
 * A trustee's first step: it opens the hybrid seal and checks the ciphertext inside.
 * @throws Tdh2Error "stanza-refused" for every failure
 */
export function openOuter(
  groupHybridSecret: Uint8Array,
  expected: Tdh2Key,
  stanza: Uint8Array,
  engine: Engine = nobleEngine,
): Tdh2Ciphertext {
  try {
    const ct = decodeCiphertext(hybridOpen(groupHybridSecret, expected.label, stanza), engine);
    if (tdh2Check(expected, ct, engine)) return ct;
  } catch {
    // one answer, whether the seal, the codec or the proof failed
  }
  throw new Tdh2Error("stanza-refused");
}
