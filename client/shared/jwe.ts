// The sealed file of a SMART Health Link: JWE in compact form, alg "dir", enc "A256GCM", compressed (zip "DEF"). A key seals one
// file once, so the random initialization vector repeats for no key.

import { CompactEncrypt, compactDecrypt } from "jose";

/** Far more than a record of a long life; a small file cannot grow without bound in the reader's memory. */
const MAX_UNSEALED_BYTES = 100_000_000;

/** @param key 32 bytes, for this file only */
export const seal = (plaintext: Uint8Array, key: Uint8Array): Promise<string> =>
  new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", zip: "DEF", cty: "application/fhir+json" })
    .encrypt(key);

/** @throws JOSEError if it is not sealed under this key, or too large */
export async function unseal(jwe: string, key: Uint8Array): Promise<Uint8Array> {
  const { plaintext } = await compactDecrypt(jwe, key, {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
    maxDecompressedLength: MAX_UNSEALED_BYTES,
  });
  return plaintext;
}
