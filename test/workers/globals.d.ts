// Types of the few browser and Node names that files imported by these tests use, and that the types of Workers lack.
// The "DOM" library and the "node" types cannot be added, because they declare fetch, Request and streams differently.

/** client/officer/passkeys.ts asks a browser for a passkey, or for an assertion of one. */
interface Navigator {
  readonly credentials: Record<"get" | "create", (options: { publicKey: object }) => Promise<unknown>>;
}
interface AuthenticatorAttestationResponse {
  getPublicKey(): ArrayBuffer | null;
}
interface AuthenticatorAssertionResponse {
  readonly authenticatorData: ArrayBuffer;
  readonly clientDataJSON: ArrayBuffer;
  readonly signature: ArrayBuffer;
}
interface PublicKeyCredential {
  readonly rawId: ArrayBuffer;
  readonly response: AuthenticatorAssertionResponse | AuthenticatorAttestationResponse;
}

/** client/officer/software-passkey.ts names the uses of a WebCrypto key. */
type KeyUsage = "sign" | "verify";

/** test/support/trustees.ts takes its randomness from Node; engine/node-crypto.d.ts declares the rest. */
declare module "node:crypto" {
  function randomBytes(size: number): Uint8Array;
}
