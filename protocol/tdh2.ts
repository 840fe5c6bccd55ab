// Threshold encryption of a short key to the trustees, secure against chosen ciphertexts: TDH2 of V. Shoup and
// R. Gennaro, "Securing threshold cryptosystems against chosen ciphertext attack", J. Cryptology 15 (2002), section 5,
// over G1, with the label in the proof; and the trustees' whole record stanza around it.
//
//   seal     r random;  u = r·G   ū = r·Ḡ   key = HKDF-SHA256(ikm = r·Y_rec, salt = LABEL, info = frame(u, Y_rec, label))
//            c = ChaCha20-Poly1305(key, nonce 0, aad = label; plaintext)      one key, one message: r is fresh
//            proof of {r : u = r·G, ū = r·Ḡ}, its tag = frame(label, c, Y_rec): the paper's hash H2(c, L, u, w, ū, w̄)
//   check    anybody: points not O, proof verifies for this label and this Y_rec. A trustee that gives a partial for
//            a ciphertext without this check lets others maul it.
//   partial  D_i = y_i·u with its own proof (opening.ts);   shared = Σ λ_i·D_i = r·Y_rec
//   finish   key from `shared`, AEAD opens c. The paper's c is plaintext XOR hash; the AEAD adds that a wrong set of
//            partials is noticed here and gives no plausible plaintext.
//
//   ciphertext  document Tdh2Ciphertext: u (48) ‖ ū (48) ‖ proof (64) ‖ c (blob)
//   stanza      hybridSeal(group hybrid key, aad = label, Tdh2Ciphertext): trustees all hold that key; it keeps the
//               record from those who harvest u now to break G1 later, and hides from the edge which label it bears
//
// The label is H(service, tagHash, record id, key-set id), so a ciphertext moved to another session does not check.
// Who learns what: the sealer knows r; fewer than t trustees learn nothing of the plaintext; t and the finisher all.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { blob, document, fixed, type Of } from "./codec.ts";
import { g1, proof } from "./element-coders.ts";
import { type Engine, nobleEngine } from "./engine.ts";
import { hybridOpen, hybridSeal } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";
import { prove, Relation, verify } from "./sigma.ts";
import { encodeG1, G, type G1, G1_BYTES, randomScalar, tdh2Base } from "./suite.ts";

export const MAX_TDH2_PLAINTEXT_BYTES = 64;

export const Tdh2Ciphertext = document("Tdh2Ciphertext", 0x58, 1, { u: g1, ubar: g1, proof: proof(1), c: blob });
export type Tdh2Ciphertext = Of<typeof Tdh2Ciphertext>;
/** The same document, its points left as bytes for an engine's door. */
const Undecoded = document("Tdh2Ciphertext", 0x58, 1, {
  u: fixed(G1_BYTES),
  ubar: fixed(G1_BYTES),
  proof: proof(1),
  c: blob,
});
/** @throws CodecError, DecodeError */
export function decodeCiphertext(bytes: Uint8Array, engine: Engine): Tdh2Ciphertext {
  const { u, ubar, ...rest } = Undecoded.decode(bytes);
  return { ...rest, u: engine.toG1(engine.g1.decode(u)), ubar: engine.toG1(engine.g1.decode(ubar)) };
}

/** Refused: the reason is for tests and audit logs, never for the wire. */
export class Tdh2Error extends Error {
  override name = "Tdh2Error";
  readonly reason: "plaintext-too-long" | "does-not-open" | "stanza-refused";
  constructor(reason: Tdh2Error["reason"]) {
    super(`tdh2: ${reason}`);
    this.reason = reason;
  }
}

/** One statement, two uses. */
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

export interface Tdh2Key {
  /** Y_rec */
  readonly key: G1;
  readonly label: Uint8Array;
}

export function tdh2Encrypt({ key, label, plaintext }: Tdh2Key & { plaintext: Uint8Array }, rng: Rng): Tdh2Ciphertext {
  if (plaintext.length > MAX_TDH2_PLAINTEXT_BYTES) throw new Tdh2Error("plaintext-too-long");
  const r = randomScalar(rng);
  const u = G.multiply(r) as G1;
  const ubar = tdh2Base().multiply(r) as G1;
  const c = aead(key.multiply(r) as G1, u, key, label).encrypt(plaintext);
  return { u, ubar, proof: prove(relation(nobleEngine, u, ubar), proofTag(label, c, key), { r }, rng), c };
}

/** May a partial be given for this ciphertext, under this label? */
export function tdh2Check({ key, label }: Tdh2Key, ct: Tdh2Ciphertext, engine: Engine = nobleEngine): boolean {
  if (ct.u.is0() || ct.ubar.is0()) return false;
  return verify(relation(engine, ct.u, ct.ubar), proofTag(label, ct.c, key), ct.proof);
}

/**
 * The plaintext from a checked ciphertext and `shared` = Σ λ_i·y_i·u over t verified partials.
 * @throws Tdh2Error when `shared` is not r·Y_rec
 */
export function tdh2Finish({ key, label, ct, shared }: Tdh2Key & { ct: Tdh2Ciphertext; shared: G1 }): Uint8Array {
  try {
    return aead(shared, ct.u, key, label).decrypt(ct.c);
  } catch {
    throw new Tdh2Error("does-not-open");
  }
}

export interface Stanza extends Tdh2Key {
  /** X-Wing public key whose secret every trustee holds */
  readonly groupHybridKey: Uint8Array;
  readonly fileKey: Uint8Array;
}

/** The trustees' stanza of a record, whole. */
export function sealThreshold({ key, groupHybridKey, label, fileKey }: Stanza, rng: Rng): Uint8Array {
  const inner = Tdh2Ciphertext.encode(tdh2Encrypt({ key, label, plaintext: fileKey }, rng));
  return hybridSeal(groupHybridKey, label, inner, rng);
}

/** A trustee's first step: takes off the hybrid layer and checks what is inside. @throws Tdh2Error for every failure */
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
    // one answer for a seal, a codec and a proof that fail
  }
  throw new Tdh2Error("stanza-refused");
}
