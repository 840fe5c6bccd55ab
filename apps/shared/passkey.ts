// A passkey whose PRF extension gives 32 secret bytes: the main lock of an app. It runs on the page, because a worker has no
// credentials. (W3C Web Authentication Level 3, section 10.1.4.)

const INPUT = new TextEncoder().encode("Symbolon app lock");
const TIMEOUT_MS = 120_000;

export interface PasskeySecret {
  /** base64url */
  credentialId: string;
  /** 32 bytes; undefined if this passkey has no PRF */
  secret: Uint8Array | undefined;
}

type PrfResults = { prf?: { enabled?: boolean; results?: { first: ArrayBuffer } } };

const base64url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

export const hasPasskeys = async (): Promise<boolean> =>
  typeof PublicKeyCredential !== "undefined" &&
  (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable());

const secretOf = (credential: PublicKeyCredential): Uint8Array | undefined => {
  const first = (credential.getClientExtensionResults() as PrfResults).prf?.results?.first;
  return first === undefined ? undefined : new Uint8Array(first);
};

/**
 * Makes a passkey for this app. The person confirms with a finger, a face or a PIN. @param name as the person's list of passkeys
 * shows it
 * @throws DOMException NotAllowedError if the person refuses
 */
export async function createPasskey(name: string): Promise<PasskeySecret> {
  const credential = (await navigator.credentials.create({
    publicKey: {
      rp: { name },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [
        { type: "public-key", alg: -7 },
        { type: "public-key", alg: -257 },
      ],
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      timeout: TIMEOUT_MS,
      extensions: { prf: { eval: { first: INPUT } } } as AuthenticationExtensionsClientInputs,
    },
  })) as PublicKeyCredential;
  const credentialId = base64url(credential.rawId);
  const secret = secretOf(credential);
  if (secret !== undefined) return { credentialId, secret };
  // Some authenticators evaluate the PRF only when they sign.
  const { prf } = credential.getClientExtensionResults() as PrfResults;
  return prf?.enabled === true ? usePasskey([credentialId]) : { credentialId, secret: undefined };
}

/** @throws DOMException NotAllowedError if the person refuses, or has none of these passkeys */
export async function usePasskey(credentialIds: readonly string[]): Promise<PasskeySecret> {
  const credential = (await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      allowCredentials: credentialIds.map((id) => ({ type: "public-key" as const, id: fromBase64url(id) })),
      userVerification: "required",
      timeout: TIMEOUT_MS,
      extensions: { prf: { eval: { first: INPUT } } } as AuthenticationExtensionsClientInputs,
    },
  })) as PublicKeyCredential;
  return { credentialId: base64url(credential.rawId), secret: secretOf(credential) };
}
