import { createHash, randomBytes } from "node:crypto";
import { XWing } from "@noble/post-quantum/hybrid.js";
import { describe, expect, it } from "vitest";
import { hexToBytes, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  HYBRID_OVERHEAD_BYTES,
  HybridSealError,
  hybridKeyPair,
  hybridOpen,
  hybridSeal,
  hybridSealWith,
  isHybridPublicKey,
} from "../../protocol/hybrid-seal.ts";

const rng: Rng = (n) => new Uint8Array(randomBytes(n));
const aad = utf8ToBytes("case 7");
const plaintext = utf8ToBytes("a share");
const hex = (b: Uint8Array) => Buffer.from(b).toString("hex");

describe("the KEM is X-Wing", () => {
  // draft-connolly-cfrg-xwing-kem-10, appendix C: seed, encapsulation seed, first 32 bytes of pk and ct, shared secret
  it.each([
    [
      "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
      "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
      "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5",
      "b83aa828d4d62b9a83ceffe1d3d3bb1ef31264643c070c5798927e41fb07914a",
      "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
    ],
    [
      "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
      "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
      "0333285fa253661508c9fb444852caa4061636cb060e69943b431400134ae1fb",
      "c93beb22326705699bbc3d1d0aa6339be7a405debe61a7c337e1a91453c097a6",
      "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
    ],
  ])("vector %#", (seed, eseed, pk, ct, ss) => {
    const pair = hybridKeyPair(hexToBytes(seed));
    expect(hex(pair.publicKey.subarray(0, 32))).toBe(pk);
    const { cipherText, sharedSecret } = XWing.encapsulate(pair.publicKey, hexToBytes(eseed));
    expect(hex(cipherText.subarray(0, 32))).toBe(ct);
    expect(hex(sharedSecret)).toBe(ss);
    expect(hex(XWing.decapsulate(cipherText, pair.secretKey))).toBe(ss);
    const sealed = hybridSealWith(pair.publicKey, aad, plaintext, hexToBytes(eseed));
    expect(hex(sealed.subarray(1, 33))).toBe(ct);
    for (let time = 0; time < 2; time++) expect(hybridOpen(pair.secretKey, aad, sealed)).toEqual(plaintext);
  });
});

describe("hybrid sealing", () => {
  const pair = hybridKeyPair(rng(32));
  const sealed = hybridSeal(pair.publicKey, aad, plaintext, rng);

  it("opens with the right key and associated data", () => {
    expect(hybridOpen(pair.secretKey, aad, sealed)).toEqual(plaintext);
    expect(sealed.length).toBe(plaintext.length + HYBRID_OVERHEAD_BYTES);
    const empty = hybridSeal(pair.publicKey, new Uint8Array(), new Uint8Array(), rng);
    expect(hybridOpen(pair.secretKey, new Uint8Array(), empty)).toEqual(new Uint8Array());
  });

  it("is a function of its inputs, so that vectors can fix its bytes", () => {
    const fixed = new Uint8Array(64).fill(7);
    const key = hybridKeyPair(new Uint8Array(32).fill(1));
    const digest = createHash("sha256")
      .update(hybridSealWith(key.publicKey, aad, plaintext, fixed))
      .digest("hex");
    expect(digest).toBe("01e76215b1725fd2ae52b5fd8c7881055de25ca531c63aba1806235ffbc31aa9");
  });

  it("keeps its secret key when the caller zeroes the seed", () => {
    const seed = rng(32);
    const own = hybridKeyPair(seed);
    const bytes = hybridSeal(own.publicKey, aad, plaintext, rng);
    seed.fill(0);
    expect(hybridOpen(own.secretKey, aad, bytes)).toEqual(plaintext);
  });

  it("refuses another key, other associated data, and a longer or shorter message", () => {
    expect(() => hybridOpen(hybridKeyPair(rng(32)).secretKey, aad, sealed)).toThrow(HybridSealError);
    expect(() => hybridOpen(pair.secretKey, utf8ToBytes("case 8"), sealed)).toThrow(HybridSealError);
    expect(() => hybridOpen(pair.secretKey, aad, Uint8Array.of(...sealed, 0))).toThrow(HybridSealError);
    for (const length of [0, 1, 1120, HYBRID_OVERHEAD_BYTES - 1, sealed.length - 1])
      expect(() => hybridOpen(pair.secretKey, aad, sealed.subarray(0, length))).toThrow(HybridSealError);
  });

  // version, ML-KEM's u and v, the X25519 share, the body and its tag
  it.each([0, 1, 700, 1000, 1088, 1089, 1110, 1121, HYBRID_OVERHEAD_BYTES])(
    "refuses a bit flipped in byte %i",
    (at) => {
      const mauled = sealed.slice();
      mauled[at]! ^= 1;
      expect(() => hybridOpen(pair.secretKey, aad, mauled)).toThrow(HybridSealError);
    },
  );

  it("refuses a low-order X25519 share", () => {
    const mauled = sealed.slice();
    mauled.fill(0, 1 + 1088, 1 + 1120);
    expect(() => hybridOpen(pair.secretKey, aad, mauled)).toThrow(HybridSealError);
  });

  it("refuses a public key whose point is of low order, in every form", () => {
    const low = [
      0n,
      1n,
      325606250916557431795983626356110631294008115727848805560023387167927233504n,
      39382357235489614581723060781553021112529911719440698176882885853963445705823n,
      2n ** 255n - 20n,
      2n ** 255n - 19n,
      2n ** 255n - 18n,
    ];
    const withPoint = (u: bigint): Uint8Array => {
      const key = pair.publicKey.slice();
      for (let i = 0; i < 32; i++) key[1184 + i] = Number((u >> BigInt(8 * i)) & 255n);
      return key;
    };
    expect(isHybridPublicKey(pair.publicKey)).toBe(true);
    for (const u of [9n, 2n ** 255n - 21n, 2n ** 255n + 9n]) expect(isHybridPublicKey(withPoint(u))).toBe(true);
    for (const u of low)
      for (const form of [u, u + 2n ** 255n]) expect(isHybridPublicKey(withPoint(form)), `${form}`).toBe(false);
    expect(isHybridPublicKey(pair.publicKey.subarray(1))).toBe(false);
    expect(isHybridPublicKey(Uint8Array.of(...pair.publicKey, 9))).toBe(false);
  });

  it("has one error, which says nothing", () => {
    const message = "cannot be sealed or opened";
    expect(() => hybridOpen(pair.secretKey, aad, sealed.subarray(1))).toThrow(message);
    expect(() => hybridOpen(new Uint8Array(31), aad, sealed)).toThrow(message);
    expect(() => hybridSeal(new Uint8Array(1216), aad, plaintext, rng)).toThrow(message);
  });

  it("refuses to seal to a bad public key, and to open with a bad secret key", () => {
    expect(() => hybridSeal(pair.publicKey.subarray(1), aad, plaintext, rng)).toThrow(HybridSealError);
    // one coefficient, even or odd, set to q: the same key mod q in another form
    for (const at of [0, 1149]) {
      const even = pair.publicKey.slice();
      even.set([3329 & 255, (even[at + 1]! & 0xf0) | (3329 >> 8)], at);
      expect(() => hybridSeal(even, aad, plaintext, rng)).toThrow(HybridSealError);
      const odd = pair.publicKey.slice();
      odd.set([(odd[at + 1]! & 0x0f) | ((3329 & 15) << 4), 3329 >> 4], at + 1);
      expect(() => hybridSeal(odd, aad, plaintext, rng)).toThrow(HybridSealError);
    }
    const lowOrder = pair.publicKey.slice();
    lowOrder.fill(0, 1184);
    expect(() => hybridSeal(lowOrder, aad, plaintext, rng)).toThrow(HybridSealError);
    expect(() => hybridOpen(pair.secretKey.subarray(1), aad, sealed)).toThrow(HybridSealError);
  });
});
