// A software authenticator for Node, demos and tests. It does the work that a platform authenticator does behind
// navigator.credentials, with P-256 keys of WebCrypto. It makes real WebAuthn Level 3 structures, so relying parties
// verify them like any others.
//
//   credential         ES256; id SHA-256(publicKey)[0..16]
//   publicKey          COSE_Key {1: 2, 3: -7, -1: 1, -2: x, -3: y}, 77 bytes
//   authenticatorData  SHA-256(rpId) (32) ‖ flags (UP 0x01, UV 0x04) ‖ counter u32, here without attested data
//   clientDataJSON     {"type":"webauthn.get","challenge":base64url,"origin":...,"crossOrigin":false}
//   signature          DER, over authenticatorData ‖ SHA-256(clientDataJSON)
//
// It is no substitute for a human officer's passkey: nothing here asks a person. `userVerified: false` exists for tests
// that must see such an assertion refused.

import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import type { AssertionJson, Authenticator, PasskeyRegistration } from "./passkeys.ts";

export interface PasskeyOptions {
  rpId: string;
  origin: string;
  /** PKCS#8 of a fixed key, for demos; without it the key is fresh */
  pkcs8?: Uint8Array;
  /** whether the flag UV is set; default true */
  userVerified?: boolean;
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const COSE_HEAD = Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20);
const COSE_Y = Uint8Array.of(0x22, 0x58, 0x20);
const P256 = { name: "ECDSA", namedCurve: "P-256" };

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
const sha256 = async (data: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", data as Uint8Array<ArrayBuffer>));

/** Turns r ‖ s of WebCrypto into the DER SEQUENCE of two INTEGERs that WebAuthn carries. */
function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const digits = bytes.subarray(start);
    const padded = (digits[0] as number) & 0x80 ? concat(Uint8Array.of(0), digits) : digits;
    return concat(Uint8Array.of(0x02, padded.length), padded);
  };
  const body = concat(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return concat(Uint8Array.of(0x30, body.length), body);
}

/** A passkey in software, for demos, tests and a vendor's CI. Nobody is asked, so no real officer uses it. */
export class SoftwarePasskey implements Authenticator {
  readonly rpId: string;
  readonly origin: string;
  /** 16 bytes */
  readonly credentialId: Base64url;
  /** COSE_Key, 77 bytes */
  readonly publicKey: Uint8Array;
  private readonly privateKey: CryptoKey;
  private readonly flags: number;
  private counter = 0;

  private constructor(options: PasskeyOptions, id: Uint8Array, publicKey: Uint8Array, privateKey: CryptoKey) {
    this.rpId = options.rpId;
    this.origin = options.origin;
    this.credentialId = toBase64url(id);
    this.publicKey = publicKey;
    this.privateKey = privateKey;
    this.flags = USER_PRESENT | (options.userVerified === false ? 0 : USER_VERIFIED);
  }

  static async create(options: PasskeyOptions): Promise<SoftwarePasskey> {
    const usages: KeyUsage[] = ["sign"];
    const privateKey = options.pkcs8
      ? await crypto.subtle.importKey("pkcs8", options.pkcs8 as Uint8Array<ArrayBuffer>, P256, true, usages)
      : ((await crypto.subtle.generateKey(P256, true, ["sign", "verify"])) as CryptoKeyPair).privateKey;
    const { x, y } = (await crypto.subtle.exportKey("jwk", privateKey)) as { x: string; y: string };
    const publicKey = concat(COSE_HEAD, fromBase64url(x), COSE_Y, fromBase64url(y));
    // The id is derived from the key. So a passkey made again from its PKCS#8 is the same credential.
    const id = (await sha256(publicKey)).subarray(0, 16);
    return new SoftwarePasskey(options, id, publicKey, privateKey);
  }

  /** PKCS#8, from which `create` makes the same passkey again. Secret. */
  async export(): Promise<Uint8Array> {
    return new Uint8Array((await crypto.subtle.exportKey("pkcs8", this.privateKey)) as ArrayBuffer);
  }

  /** The public part, for registration at a trustee. */
  get registration(): PasskeyRegistration {
    const { credentialId, rpId, origin } = this;
    return { credentialId, publicKey: toBase64url(this.publicKey), rpId, origin };
  }

  async assert(challenge: Uint8Array): Promise<AssertionJson> {
    this.counter = Math.max(this.counter + 1, Math.floor(Date.now() / 1000)); // rises across restarts too
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, this.counter);
    const rpIdHash = await sha256(new TextEncoder().encode(this.rpId));
    const authenticatorData = concat(rpIdHash, Uint8Array.of(this.flags), counter);
    const clientDataJSON = new TextEncoder().encode(
      JSON.stringify({
        type: "webauthn.get",
        challenge: toBase64url(challenge),
        origin: this.origin,
        crossOrigin: false,
      }),
    );
    const message = concat(authenticatorData, await sha256(clientDataJSON));
    const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, this.privateKey, message);
    return {
      credentialId: this.credentialId,
      authenticatorData: toBase64url(authenticatorData),
      clientDataJSON: toBase64url(clientDataJSON),
      signature: toBase64url(derSignature(new Uint8Array(raw))),
    };
  }
}
