// Tests that repeated randomness repeats no secret draw under other values, as on a machine that was cloned. The control
// takes the witness out of two proofs whose nonces are not hedged.

import { expect, it } from "vitest";
import { equalBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { groupG1 } from "../../protocol/group.ts";
import { hybridKeyPair, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { proveBatchable, proveParts, Relation } from "../../protocol/sigma.ts";
import { deriveSessionId } from "../../protocol/sponge.ts";
import { Fr, G, type G1, randomScalar } from "../../protocol/suite.ts";
import { tdh2Encrypt } from "../../protocol/tdh2.ts";

/** The same bytes again and again. */
const cloned = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 37 + 11) & 255);
const x = randomScalar((n) => crypto.getRandomValues(new Uint8Array(n)));
const statement = (secret: bigint) =>
  new Relation(LABELS.shareKeyPossession, ["x"]).equation(groupG1, G.multiply(secret) as G1, [["x", G]]);
const [one, other] = [utf8ToBytes("one tag"), utf8ToBytes("another tag")];

it("two proofs under two tags have two commitments, although the machine repeats its randomness", () => {
  const [a, b] = [one, other].map((tag) => proveBatchable(statement(x), tag, { x }, cloned));
  expect(equalBytes(a!.commitment, b!.commitment)).toBe(false);
});

it("so do two proofs under one tag with two witnesses", () => {
  const [a, b] = [x, Fr.add(x, 1n)].map((secret) => proveBatchable(statement(secret), one, { x: secret }, cloned));
  expect(equalBytes(a!.commitment, b!.commitment)).toBe(false);
});

it("control: without the hedge the nonce repeats, and two responses give the witness away", () => {
  const { parts, instance } = statement(x).compile()!;
  const [a, b] = [one, other].map((tag) => proveParts(parts, deriveSessionId(tag), instance, [x], cloned));
  expect(equalBytes(a!.commitment, b!.commitment)).toBe(true);
  const dz = Fr.sub(a!.responses[0]!, b!.responses[0]!);
  expect(Fr.div(dz, Fr.sub(a!.challenge, b!.challenge))).toBe(x);
});

it("two seals of two plaintexts share no KEM ciphertext, and two threshold ciphertexts no u", () => {
  const { publicKey } = hybridKeyPair(cloned(32));
  const kem = (text: string) => hybridSeal(publicKey, one, utf8ToBytes(text), cloned).subarray(1, 1121);
  expect(equalBytes(kem("a"), kem("b"))).toBe(false);
  expect(equalBytes(kem("a"), kem("a"))).toBe(true); // control: the same message as a whole
  const key = G.multiply(x) as G1;
  const u = (text: string) => tdh2Encrypt({ key, label: one, plaintext: utf8ToBytes(text) }, cloned).u;
  expect(u("a").equals(u("b"))).toBe(false);
  expect(u("a").equals(u("a"))).toBe(true);
});
