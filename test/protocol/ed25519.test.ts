// Tests of protocol/ed25519.ts: signers, and the lengths of the inputs. test/vectors judges the rules of verification.

import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, it } from "vitest";
import { concatBytes } from "../../protocol/bytes.ts";
import { asSigner, nobleSigner, nobleVerify } from "../../protocol/ed25519.ts";

const seed = new Uint8Array(32).fill(5);
const message = new Uint8Array([1, 2, 3]);
const signer = nobleSigner(seed);
const signature = signer.sign(message);

it("a signer has the key of its seed, and its signatures verify", () => {
  expect(signer.publicKey).toEqual(ed25519.getPublicKey(seed));
  expect(signature).toEqual(ed25519.sign(message, seed));
  expect(asSigner(signer)).toBe(signer);
  expect(asSigner(seed).publicKey).toEqual(signer.publicKey);
  expect(nobleVerify(signature, message, signer.publicKey)).toBe(true);
  expect(nobleVerify(signature, message.slice(1), signer.publicKey)).toBe(false);
});

it("inputs of other lengths are refused", () => {
  const { publicKey } = signer;
  for (const bad of [
    signature.slice(1),
    signature.slice(0, -1),
    concatBytes(signature, Uint8Array.of(0)),
    new Uint8Array(0),
  ])
    expect(nobleVerify(bad, message, publicKey)).toBe(false);
  for (const bad of [publicKey.slice(1), concatBytes(publicKey, Uint8Array.of(0)), new Uint8Array(0)])
    expect(nobleVerify(signature, message, bad)).toBe(false);
});
