// X-Wing, held to the draft's vectors and to the X-Wing of @noble/post-quantum.

import { randomBytes } from "node:crypto";
import { XWing } from "@noble/post-quantum/hybrid.js";
import { describe, expect, it } from "vitest";
import { xwingDecapsulate, xwingEncapsulate, xwingPublicKey } from "../../protocol/x-wing.ts";

const random = (n: number): Uint8Array => new Uint8Array(randomBytes(n));
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

describe("X-Wing", () => {
  // draft-connolly-cfrg-xwing-kem-10, appendix C: seed, encapsulation seed, first 32 bytes of pk and ct, shared secret
  it("gives the draft's vector", () => {
    const seed = bytes("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
    const publicKey = xwingPublicKey(seed);
    const { ciphertext, shared } = xwingEncapsulate(
      publicKey,
      bytes(
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
      ),
    );
    expect(publicKey.subarray(0, 32)).toEqual(
      bytes("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5"),
    );
    expect(ciphertext.subarray(0, 32)).toEqual(
      bytes("b83aa828d4d62b9a83ceffe1d3d3bb1ef31264643c070c5798927e41fb07914a"),
    );
    expect(shared).toEqual(bytes("d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384"));
    expect(xwingDecapsulate(ciphertext, seed)).toEqual(shared);
  });

  it("gives the same bytes as another implementation", () => {
    for (let round = 0; round < 10; round++) {
      const [seed, eseed] = [random(32), random(64)];
      const publicKey = xwingPublicKey(seed);
      expect(publicKey).toEqual(XWing.keygen(seed).publicKey);
      const made = xwingEncapsulate(publicKey, eseed);
      const theirs = XWing.encapsulate(publicKey, eseed);
      expect(made).toEqual({ ciphertext: theirs.cipherText, shared: theirs.sharedSecret });
      for (const at of [0, 1087]) {
        const altered = made.ciphertext.slice();
        altered[at]! ^= 1; // rejected implicitly: another secret, and both agree on it
        expect(xwingDecapsulate(altered, seed)).toEqual(XWing.decapsulate(altered, seed));
        expect(xwingDecapsulate(altered, seed)).not.toEqual(made.shared);
      }
    }
  });

  it("refuses a wrong length and a point of low order", () => {
    const seed = random(32);
    const publicKey = xwingPublicKey(seed);
    const { ciphertext } = xwingEncapsulate(publicKey, random(64)); // the control
    expect(() => xwingPublicKey(random(31))).toThrow(RangeError);
    expect(() => xwingEncapsulate(publicKey.subarray(1), random(64))).toThrow(RangeError);
    expect(() => xwingEncapsulate(publicKey, random(63))).toThrow(RangeError);
    expect(() => xwingDecapsulate(ciphertext.subarray(1), seed)).toThrow(RangeError);
    const low = publicKey.slice().fill(0, -32);
    expect(() => xwingEncapsulate(low, random(64))).toThrow();
    expect(() => xwingDecapsulate(ciphertext.slice().fill(0, -32), seed)).toThrow();
  });
});
