// Twenty-four words bring back all keys of a wallet. No key derived from them tells anything of another.

import { ed25519 } from "@noble/curves/ed25519.js";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { describe, expect, it } from "vitest";
import {
  checkRecoveryWords,
  credentialBlinding,
  holderSecrets,
  newDeviceKey,
  newRecoveryWords,
  type Phone,
  type RecoveryWordsError,
  sessionKeys,
  walletRoot,
} from "../../client/wallet/keys.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { R_ORDER } from "../../protocol/suite.ts";

/** BIP-39's own vector: entropy 7f..7f */
const WORDS =
  "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title";
const root = walletRoot(WORDS);
/** the first phone: its salt is 2a..2a */
const FIRST: Phone = { generation: 0, salt: "2a".repeat(32) as Hex };

const refusal = (words: string): RecoveryWordsError => {
  try {
    walletRoot(words);
  } catch (error) {
    return error as RecoveryWordsError;
  }
  throw new Error("not refused");
};

describe("recovery words", () => {
  it("are 24, valid, and new every time", () => {
    const words = newRecoveryWords();
    expect(checkRecoveryWords(words)).toBe(words);
    expect(words.split(" ")).toHaveLength(24);
    expect(newRecoveryWords()).not.toBe(words);
  });

  it("give the same root in whatever form they are typed", () => {
    expect(walletRoot(`  ${WORDS.toUpperCase().replaceAll(" ", "\n  ")} `)).toEqual(root);
    expect(walletRoot(newRecoveryWords())).not.toEqual(root);
  });

  it("are refused with the code and the position, and without the word", () => {
    expect(refusal("")).toMatchObject({ code: "words-count" });
    expect(refusal(WORDS.replace("legal ", ""))).toMatchObject({ code: "words-count" });
    expect(refusal(`${WORDS} legal`)).toMatchObject({ code: "words-count" });
    const unknown = refusal(WORDS.replace("winner", "winnner").replace("title", "titel"));
    expect(unknown).toMatchObject({ code: "words-unknown", positions: [2, 24] });
    expect(unknown.message).not.toMatch(/winn|titel/);
    expect(refusal(WORDS.replace("title", "useful"))).toMatchObject({ code: "words-checksum", positions: [] });
    expect(refusal(WORDS.replace("thank year", "year thank"))).toMatchObject({ code: "words-checksum" });
    // Twelve valid words belong to a wallet of another kind.
    const twelve = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    expect(refusal(twelve)).toMatchObject({ code: "words-count" });
  });
});

describe("derivation", () => {
  // Expected values come from a second implementation (Python hashlib, bech32 and Ed25519 by hand).
  it("never changes, because a change would lose every record", async () => {
    expect(bytesToHex(root)).toBe("69f0c7b39eb44df8d6ecece6d21075bb4cc4bc4b8991f1eb4bc37f1a758a3ad2");
    expect(holderSecrets(root, FIRST).k.toString(16)).toBe(
      "2b31ac70d9e39a2a3f4340e8d218e79125d29734729035a077a837d359e788e3",
    );
    expect(holderSecrets(root, FIRST).z.toString(16)).toBe(
      "3102fe737a76892150593199ce748dc1d707a829ce955c31ac3ebb218ae1a9ba",
    );
    expect(credentialBlinding(root, FIRST, 682).toString(16)).toBe(
      "d5015c2a74d10acdfa1f3c8090cb0408a9894334085af9298fcb18633d650d6",
    );
    const keys = await sessionKeys(root, FIRST, 682, 3);
    expect(keys.ageIdentity).toBe("AGE-SECRET-KEY-PQ-1UM7T2R5JVS0S88DDAM7999GEYLNFS4CLZKHANQRDPKSG0YPQ2CZS7RPFXW");
    expect(bytesToHex(keys.authPublicKey)).toBe("c50a2b52854271c62e80573bee32e65e6ee569b71cb2e84073bf23f1c0aa5e35");
  });

  it("keeps generations, salts, epochs, slots and purposes apart", async () => {
    const other = walletRoot(newRecoveryWords());
    const values: string[] = [];
    for (const r of [root, other])
      for (const phone of [FIRST, { ...FIRST, generation: 1 }, { ...FIRST, salt: "2b".repeat(32) as Hex }]) {
        const { k, z } = holderSecrets(r, phone);
        values.push(String(k), String(z));
        for (const epoch of [0, 1, 2]) {
          values.push(String(credentialBlinding(r, phone, epoch)));
          for (const slot of [0, 1]) {
            const keys = await sessionKeys(r, phone, epoch, slot);
            values.push(keys.ageIdentity, keys.ageRecipient, bytesToHex(keys.authSecretKey));
          }
        }
      }
    expect(new Set(values).size).toBe(values.length);
  });

  it("gives scalars of the field, and refuses an index or a root of the wrong size", () => {
    for (let generation = 0; generation < 50; generation++)
      for (const x of Object.values(holderSecrets(root, { ...FIRST, generation })))
        expect(x > 0n && x < R_ORDER).toBe(true);
    expect(() => holderSecrets(root, { ...FIRST, generation: -1 })).toThrow(RangeError);
    expect(() => credentialBlinding(root, FIRST, 2 ** 32)).toThrow(RangeError);
    expect(() => holderSecrets(root, { ...FIRST, salt: "2a" as Hex })).toThrow(RangeError);
    expect(() => holderSecrets(root.subarray(1), FIRST)).toThrow(RangeError);
  });
});

describe("keys at work", () => {
  it("session keys sign, and device keys are not derived", async () => {
    const { authSecretKey, authPublicKey } = await sessionKeys(root, FIRST, 1, 1);
    const message = utf8ToBytes("request");
    expect(ed25519.verify(ed25519.sign(message, authSecretKey), message, authPublicKey)).toBe(true);
    expect(newDeviceKey().secretKey).not.toEqual(newDeviceKey().secretKey);
  });

  it("a session's recipient is the one that age itself gives for its identity", async () => {
    const { ageIdentity, ageRecipient } = await sessionKeys(root, FIRST, 682, 3);
    expect(ageRecipient).toBe(await identityToRecipient(ageIdentity));
  });

  it("a phone restored from the words opens records sealed to the lost phone, and no other session does", async () => {
    const { ageRecipient } = await sessionKeys(root, FIRST, 682, 3);
    const encrypter = new Encrypter();
    encrypter.addRecipient(ageRecipient);
    const sealed = await encrypter.encrypt("result: negative");
    const open = async (identity: string): Promise<string> => {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      return decrypter.decrypt(sealed, "text");
    };
    const restored = walletRoot(WORDS);
    expect(await open((await sessionKeys(restored, FIRST, 682, 3)).ageIdentity)).toBe("result: negative");
    await expect(open((await sessionKeys(restored, FIRST, 682, 4)).ageIdentity)).rejects.toThrow("no identity matched");
    await expect(open((await sessionKeys(restored, { ...FIRST, generation: 1 }, 682, 3)).ageIdentity)).rejects.toThrow(
      "no identity matched",
    );
  });
});
