// The authenticator of an officer: the border between the SDK and a passkey. In a browser it is navigator.credentials
// (WebAuthn Level 3); for Node, demos and tests there is officer/software-passkey.ts.

import { type Base64url, bytesToHex, fromBase64url, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { type CodeOf, SymbolonError } from "../errors.ts";

/** A WebAuthn assertion as the trustee's API takes it. */
export interface AssertionJson {
  credentialId: Base64url;
  authenticatorData: Base64url;
  clientDataJSON: Base64url;
  signature: Base64url;
}

/** The public part of a passkey, as a trustee registers it. */
export interface PasskeyRegistration {
  credentialId: Base64url;
  /** COSE_Key */
  publicKey: Base64url;
  rpId: string;
  origin: string;
}

export interface Authenticator {
  /** the origin on which the passkey is used; what a login signs names it */
  readonly origin: string;
  /** Asks the officer to confirm `challenge` with a passkey. */
  assert(challenge: Uint8Array): Promise<AssertionJson>;
}

/**
 * The trustee's Worker gave an answer that does not fit, or the case or passkey cannot be used. Nothing was taken to
 * the escrow.
 */
export class OfficerError extends SymbolonError<CodeOf<"OfficerError">> {
  override name = "OfficerError";
}

/**
 * The browser's authenticator: a passkey of the relying party `rpId`, on the page's own `origin` (location.origin). `assert` throws OfficerError no-passkey, or the
 * browser's own error, for example if the person cancels.
 */
export function browserAuthenticator(
  { rpId, origin }: { rpId: string; origin: string },
  credentialIds: readonly string[],
): Authenticator {
  return {
    origin,
    async assert(challenge) {
      const credential = (await navigator.credentials.get({
        publicKey: {
          challenge: challenge as Uint8Array<ArrayBuffer>,
          rpId,
          userVerification: "required",
          allowCredentials: credentialIds.map((id) => ({
            type: "public-key",
            id: fromBase64url(id) as Uint8Array<ArrayBuffer>,
          })),
        },
      })) as PublicKeyCredential | null;
      if (!credential) throw new OfficerError("no-passkey");
      const response = credential.response as AuthenticatorAssertionResponse;
      const text = (buffer: ArrayBuffer): Base64url => toBase64url(new Uint8Array(buffer));
      return {
        credentialId: text(credential.rawId),
        authenticatorData: text(response.authenticatorData),
        clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature),
      };
    },
  };
}

/** SubjectPublicKeyInfo of a P-256 key up to its point (RFC 5480): then x ‖ y follow, 32 bytes each. */
const SPKI_P256 = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
const COSE_HEAD = "a5010203262001215820";
const COSE_Y = "225820";
const ES256 = -7;
const TIMEOUT_MS = 120_000;

/** The COSE_Key of a P-256 key, 77 bytes. @param spki SubjectPublicKeyInfo @throws OfficerError no-passkey */
export function coseOfSpki(spki: Uint8Array): Uint8Array {
  const hex = bytesToHex(spki);
  if (!hex.startsWith(SPKI_P256) || hex.length !== SPKI_P256.length + 128)
    throw new OfficerError("no-passkey", "this authenticator has no ES256 key");
  const [x, y] = [hex.slice(SPKI_P256.length, -64), hex.slice(-64)];
  return hexToBytes(COSE_HEAD + x + COSE_Y + y);
}

/**
 * Makes a passkey for an officer in the browser. The administrator of the trustee registers what this returns (registerOfficer
 * of the operator's door); only then the passkey can sign in.
 * @param name as the browser's list of passkeys shows it
 * @throws OfficerError no-passkey, or the browser's own error, for example if the person cancels
 */
export async function createOfficerPasskey(
  { rpId, origin }: { rpId: string; origin: string },
  name: string,
): Promise<PasskeyRegistration> {
  const credential = (await navigator.credentials.create({
    publicKey: {
      rp: { id: rpId, name },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
      // The administrator judges the registration, so no server makes this challenge.
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      timeout: TIMEOUT_MS,
    },
  })) as PublicKeyCredential | null;
  const key = (credential?.response as AuthenticatorAttestationResponse | undefined)?.getPublicKey();
  if (!credential || !key) throw new OfficerError("no-passkey");
  return {
    credentialId: toBase64url(new Uint8Array(credential.rawId)),
    publicKey: toBase64url(coseOfSpki(new Uint8Array(key))),
    rpId,
    origin,
  };
}
