// The authenticator of an officer: the border between the SDK and a passkey. In a browser it is navigator.credentials
// (WebAuthn Level 3); for Node, demos and tests there is officer/software-passkey.ts.

import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
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
