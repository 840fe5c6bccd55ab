// Makes signature-faults.json: Ed25519 signatures at the edges where implementations differ. The signer knows the scalar of
// its key, so it can add points of small order to its key and to R.

import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "../../../protocol/bytes.ts";
import { flipped, hex, type Json, longer } from "./encode.ts";
import { rngOf } from "./rng.ts";

const { Point } = ed25519;
const { Fp, Fn } = Point;
const P = Fp.ORDER;
const L = Fn.ORDER;
type EdPoint = typeof Point.BASE;
const bytesOf = (n: bigint): Uint8Array => numberToBytesLE(n, 32);
const torsion = ED25519_TORSION_SUBGROUP.map((h) => Point.fromHex(h, true)).sort((a, b) =>
  hex(a.toBytes()) < hex(b.toBytes()) ? -1 : 1,
);

export function signatureFaults(): Json {
  const rng = rngOf("signature faults");
  const scalar = (): bigint => Fn.create(bytesToNumberLE(rng(64)));
  const a = scalar();
  const A = Point.BASE.multiply(a);
  const key = A.toBytes();
  const kOf = (R: Uint8Array, A: Uint8Array, m: Uint8Array): bigint =>
    Fn.create(bytesToNumberLE(sha512(concatBytes(R, A, m))));
  /** s = r + k·a, whatever R and the key are */
  const signed = (R: Uint8Array, key: Uint8Array, m: Uint8Array, r: bigint): Uint8Array =>
    concatBytes(R, bytesOf(Fn.add(r, Fn.mul(kOf(R, key, m), a))));
  const holds = (R: EdPoint, key: EdPoint, k: bigint, s: bigint): boolean =>
    Point.BASE.multiplyUnsafe(s).equals(R.add(key.multiplyUnsafe(k)));

  const entry = (reason: string, name: string, signature: Uint8Array, m: Uint8Array, by: Uint8Array = key) => ({
    kind: "signature",
    class: name,
    reason,
    publicKey: hex(by),
    message: hex(m),
    signature: hex(signature),
  });
  /** The first message for which the equation without the cofactor holds, or does not. The equation times 8 always holds. */
  function search(name: string, wanted: boolean, key: EdPoint, offset: EdPoint, secret = a, r?: bigint) {
    for (let i = 0; ; i++) {
      const m = utf8ToBytes(`${name} ${i}`);
      const nonce = r ?? scalar();
      const R = Point.BASE.multiplyUnsafe(nonce).add(offset);
      const k = kOf(R.toBytes(), key.toBytes(), m);
      const s = Fn.add(nonce, Fn.mul(k, secret));
      if (holds(R, key, k, s) === wanted) return [concatBytes(R.toBytes(), bytesOf(s)), m, key.toBytes()] as const;
    }
  }
  const m = utf8ToBytes("a message");
  const r = scalar();
  const R = Point.BASE.multiply(r).toBytes();
  const honest = signed(R, key, m, r);
  const s = bytesToNumberLE(honest.subarray(32));
  const orderOf = (p: EdPoint): number => [1, 2, 4, 8].find((n) => p.multiplyUnsafe(BigInt(n)).is0())!;
  const of8 = torsion.find((t) => orderOf(t) === 8)!;
  const identity = bytesOf(1n);
  /** R is the identity in some encoding; the signer takes r = 0 */
  const withIdentity = (R: Uint8Array): Uint8Array => signed(R, key, m, 0n);
  return {
    entries: [
      entry("accepted", "honest", honest, m),
      entry("accepted", "empty message", signed(R, key, new Uint8Array(), r), new Uint8Array()),
      entry("refused", "R is the identity", withIdentity(identity), m),
      ...torsion.map((t) =>
        entry(
          "refused",
          `R of order ${orderOf(t)}, cancelled by the key`,
          ...search(`R ${hex(t.toBytes())}`, true, A.add(of8), t, a, 0n),
        ),
      ),
      entry("refused", "another message", honest, utf8ToBytes("a massage")),
      entry("refused", "another key", honest, m, Point.BASE.toBytes()),
      entry("refused", "another R", flipped(honest, 0), m),
      entry("refused", "another s", flipped(honest, 32), m),
      entry("refused", "s + L", concatBytes(honest.subarray(0, 32), bytesOf(s + L)), m),
      entry("refused", "s + 2L", concatBytes(honest.subarray(0, 32), bytesOf(s + 2n * L)), m),
      entry("refused", "s with its top bit set", concatBytes(honest.subarray(0, 32), bytesOf(s + 2n ** 255n)), m),
      entry("refused", "63 bytes", honest.subarray(0, 63), m),
      entry("refused", "65 bytes", longer(honest), m),
      entry("refused", "key of 31 bytes", honest, m, key.subarray(0, 31)),
      entry("refused", "key of 33 bytes", honest, m, longer(key)),

      ...torsion.map((t, i) => {
        const [signature, message, by] = search(`small order ${i}`, true, t, Point.ZERO, 0n);
        return entry("refused", `key of order ${orderOf(t)}, and the equation holds`, signature, message, by);
      }),
      ...[
        bytesOf(P),
        bytesOf(P + 1n),
        bytesOf(P + 2n ** 255n),
        bytesOf(1n + 2n ** 255n),
        bytesOf(P - 1n + 2n ** 255n),
      ].map((by) =>
        entry(
          "refused",
          `key of small order, not canonical: ${hex(by).slice(0, 2)}…${hex(by).slice(-2)}`,
          concatBytes(R, bytesOf(r)),
          m,
          by,
        ),
      ),
      entry("refused", "R is the identity with y = p + 1", withIdentity(bytesOf(P + 1n)), m),
      entry("refused", "R is the identity with the sign bit", withIdentity(bytesOf(1n + 2n ** 255n)), m),

      entry("refused", "torsion in R: only the equation times 8 holds", ...search("R", false, A, of8)),
      entry(
        "refused",
        "order 2 in R: only the equation times 8 holds",
        ...search("R2", false, A, torsion.find((t) => orderOf(t) === 2)!),
      ),
      entry(
        "refused",
        "torsion in the key: only the equation times 8 holds",
        ...search("key", false, A.add(of8), Point.ZERO),
      ),
      entry(
        "refused",
        "torsion in R and in the key: only the equation times 8 holds",
        ...search("both", false, A.add(of8), of8),
      ),
      entry("accepted", "torsion in the key that vanishes", ...search("key", true, A.add(of8), Point.ZERO)),
      entry("accepted", "torsion in R and in the key that cancels", ...search("both", true, A.add(of8), of8)),
    ],
  };
}
