// Tests that noble's and Node's Ed25519 give the same answers in workerd. They run on honest signatures, on everything
// that RFC 8032 or the rules of protocol/ed25519.ts refuse, and on signatures that only the cofactored equation accepts.

import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { nativeSigner, nativeVerify } from "../../engine/ed25519.ts";
import { concatBytes } from "../../protocol/bytes.ts";
import { nobleSigner, nobleVerify } from "../../protocol/ed25519.ts";
import { seededRng } from "../support/patients.ts";

const rng = seededRng("ed25519");
const { Fp, Fn } = { Fp: ed25519.Point.Fp, Fn: ed25519.Point.Fn };
const littleEndian = (x: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((x >> BigInt(8 * i)) & 0xffn));
const fromLittleEndian = (b: Uint8Array): bigint => b.reduceRight((x, byte) => (x << 8n) | BigInt(byte), 0n);

/** The answer of both implementations; checks that they agree. */
function verdict(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  const said = nobleVerify(signature, message, key);
  expect(nativeVerify(signature, message, key)).toBe(said);
  return said;
}

const torsion = ED25519_TORSION_SUBGROUP.map((h) => ed25519.Point.fromHex(h, true));
/** s·B = R + h·A, made with knowledge of a where A = a·B + torsion. */
function signatureOver(message: Uint8Array, R: Uint8Array, key: Uint8Array, r: bigint, a: bigint): Uint8Array {
  const h = Fn.create(fromLittleEndian(sha512(concatBytes(R, key, message))));
  return concatBytes(R, littleEndian(Fn.add(r, Fn.mul(h, a))));
}

describe("both Ed25519 implementations", () => {
  it("make the same signatures and accept them", () => {
    for (let length = 0; length < 200; length += 7) {
      const [secret, message] = [rng(32), rng(length)];
      const [noble, native] = [nobleSigner(secret), nativeSigner(secret)];
      expect(native.publicKey).toEqual(noble.publicKey);
      expect(native.sign(message)).toEqual(noble.sign(message));
      expect(verdict(native.sign(message), message, native.publicKey)).toBe(true);
    }
  });

  it("refuse every altered bit and every other length", () => {
    const [signer, message] = [nobleSigner(rng(32)), rng(40)];
    const signature = signer.sign(message);
    for (let bit = 0; bit < 512; bit += 5)
      expect(
        verdict(signature.with(bit >> 3, signature[bit >> 3]! ^ (1 << (bit & 7))), message, signer.publicKey),
      ).toBe(false);
    for (let bit = 0; bit < 256; bit += 5) {
      const key = signer.publicKey.with(bit >> 3, signer.publicKey[bit >> 3]! ^ (1 << (bit & 7)));
      expect(verdict(signature, message, key)).toBe(false);
    }
    expect(verdict(signature.subarray(1), message, signer.publicKey)).toBe(false);
    expect(verdict(concatBytes(signature, Uint8Array.of(0)), message, signer.publicKey)).toBe(false);
    expect(verdict(signature, message, signer.publicKey.subarray(1))).toBe(false);
    expect(verdict(signature, message, new Uint8Array())).toBe(false);
  });

  it("refuse s + L", () => {
    const [signer, message] = [nobleSigner(rng(32)), rng(40)];
    const signature = signer.sign(message);
    const s = fromLittleEndian(signature.subarray(32)) + Fn.ORDER;
    expect(verdict(concatBytes(signature.subarray(0, 32), littleEndian(s)), message, signer.publicKey)).toBe(false);
  });

  it("refuse keys of small order, in every form, with signatures that fit them", () => {
    const forms = torsion.flatMap((p) => {
      const { y } = p.toAffine();
      const ys = y + Fp.ORDER < 2n ** 255n ? [y, y + Fp.ORDER] : [y];
      return ys.flatMap((v) => [littleEndian(v), littleEndian(v + 2n ** 255n)]);
    });
    expect(forms.length).toBeGreaterThan(16);
    let fitting = 0;
    for (const key of forms)
      for (let i = 0; i < 16; i++) {
        const r = fromLittleEndian(rng(32)) % Fn.ORDER;
        const R = ed25519.Point.BASE.multiply(r).toBytes();
        const message = rng(8);
        const signature = signatureOver(message, R, key, r, 0n);
        expect(verdict(signature, message, key)).toBe(false);
        if (ed25519.verify(signature, message, key, { zip215: true })) fitting++;
      }
    expect(fitting).toBeGreaterThan(200); // only the key's order is wrong with these signatures
  });

  it("refuse keys and R that are not reduced", () => {
    const [signer, message] = [nobleSigner(rng(32)), rng(40)];
    const signature = signer.sign(message);
    for (let over = 0n; over < 19n; over++)
      for (const bytes of [littleEndian(Fp.ORDER + over), littleEndian(Fp.ORDER + over + 2n ** 255n)]) {
        expect(verdict(signature, message, bytes)).toBe(false);
        expect(verdict(concatBytes(bytes, signature.subarray(32)), message, signer.publicKey)).toBe(false);
      }
    // The identity as R, reduced and not. The owner of the key can choose r = 0.
    const secret = ed25519.utils.getExtendedPublicKey(rng(32));
    const key = secret.pointBytes;
    for (const y of [1n, 1n + Fp.ORDER])
      expect(verdict(signatureOver(message, littleEndian(y), key, 0n, secret.scalar), message, key)).toBe(false);
  });

  it("refuse signatures that only the cofactored equation accepts: torsion in R or in the key", () => {
    const secret = ed25519.utils.getExtendedPublicKey(rng(32));
    const r = fromLittleEndian(rng(32)) % Fn.ORDER;
    let cofactoredOnly = 0;
    for (const t of torsion) {
      const message = rng(20);
      const R = ed25519.Point.BASE.multiply(r).add(t).toBytes();
      const inR = signatureOver(message, R, secret.pointBytes, r, secret.scalar);
      expect(ed25519.verify(inR, message, secret.pointBytes, { zip215: false })).toBe(true);
      expect(verdict(inR, message, secret.pointBytes)).toBe(t.is0());
      const key = secret.point.add(t).toBytes();
      const plainR = ed25519.Point.BASE.multiply(r).toBytes();
      const inKey = signatureOver(message, plainR, key, r, secret.scalar);
      expect(ed25519.verify(inKey, message, key, { zip215: false })).toBe(true);
      // k·t is the identity for some k, and then the equation without the cofactor holds too
      if (!verdict(inKey, message, key)) cofactoredOnly++;
    }
    expect(cofactoredOnly).toBeGreaterThan(3);
  });

  it("refuse every signature under bytes that are no point", () => {
    const message = rng(10);
    let points = 0;
    for (let i = 0; i < 60; i++) {
      const key = rng(32);
      try {
        ed25519.Point.fromBytes(key);
        points++;
      } catch {
        // true of about every second key
      }
      expect(verdict(rng(64), message, key)).toBe(false);
    }
    expect(points).toBeLessThan(50);
  });
});
