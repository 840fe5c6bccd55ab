// A passkey of the browser as a trustee registers it, the digits that officers read aloud, and the text of a resharing.

import { expect, it } from "vitest";
import { coseOfSpki } from "../../client/officer/passkeys.ts";
import { readResharing, readResharingText, writeResharing } from "../../client/officer/resharing.ts";
import { spokenDigits } from "../../client/shared/spoken.ts";
import { ResharePlan } from "../../protocol/ceremony-documents.ts";
import { HYBRID_PUBLIC_KEY_BYTES } from "../../protocol/hybrid-seal.ts";
import { coseEs256 } from "../../protocol/officer-card.ts";

const spkiOf = async (algorithm: object, usages: KeyUsage[]): Promise<Uint8Array> => {
  const { publicKey } = (await crypto.subtle.generateKey(algorithm as EcKeyGenParams, true, usages)) as CryptoKeyPair;
  return new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
};

it("a P-256 key of the browser becomes the COSE key that a trustee takes, and no other key does", async () => {
  const spki = await spkiOf({ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"]);
  expect(coseEs256(coseOfSpki(spki))).toEqual(spki.slice(-65));
  const other = await spkiOf({ name: "ECDSA", namedCurve: "P-384" }, ["sign", "verify"]);
  expect(() => coseOfSpki(other)).toThrow("no ES256 key");
  expect(() => coseOfSpki(spki.subarray(1))).toThrow("no ES256 key");
});

it("a hash is read aloud as twelve groups of five digits", () => {
  expect(spokenDigits(new Uint8Array(32))).toEqual(Array(12).fill("00000"));
  const one = new Uint8Array(32).fill(0xff);
  const expected = (2n ** 256n - 1n) % 10n ** 60n;
  expect(BigInt(spokenDigits(one).join(""))).toBe(expected);
  one[31]! ^= 1;
  expect(BigInt(spokenDigits(one).join(""))).toBe(expected - 1n);
});

it("the text of a resharing brings back its id and plan, and nothing else is one", () => {
  const plan = ResharePlan.encode({
    reshareId: new Uint8Array(32).fill(1),
    previous: new Uint8Array(32).fill(2),
    generation: 0,
    dealers: [1, 2],
    threshold: 2,
    trustees: [3, 4].map((i) => ({
      identityKey: new Uint8Array(32).fill(i),
      transportKey: new Uint8Array(HYBRID_PUBLIC_KEY_BYTES),
    })),
  });
  const id = "ab".repeat(32) as never;
  const text = writeResharing(id, plan);
  expect(readResharingText(` ${text}\n`)).toEqual({ id, plan });
  expect(readResharing(plan)).toMatchObject({ threshold: 2, dealers: [1, 2] });
  expect(readResharing(plan).fingerprint).toHaveLength(12);
  for (const wrong of ["", text.slice(0, 40), text.replace("symbolon", "other"), `${text}!`])
    expect(() => readResharingText(wrong)).toThrow("cannot be decoded");
});
