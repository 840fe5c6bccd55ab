// The part of node:crypto that engine/ed25519.ts calls. Workers have it through nodejs_compat, but the Workers types
// lack it.
declare module "node:crypto" {
  interface KeyObject {
    readonly type: "public" | "private";
  }
  type Jwk = { key: { kty: string; crv: string; x?: string; d?: string }; format: "jwk" };
  function createPublicKey(key: Jwk): KeyObject;
  function createPrivateKey(key: Jwk): KeyObject;
  function sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array;
  function verify(algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
}
