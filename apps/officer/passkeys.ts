// The officer's passkeys that were made in this browser. What is kept here is public: a trustee's administrator registers it.

import { signal } from "@preact/signals";
import { browserAuthenticator, createOfficerPasskey, type PasskeyRegistration } from "../../client/officer/passkeys.ts";

const KEPT = "passkeys";

export interface OwnPasskey {
  name: string;
  /** unix seconds */
  made: number;
  registration: PasskeyRegistration;
}

function kept(): OwnPasskey[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]") as OwnPasskey[];
  } catch {
    return []; // a browser may refuse storage
  }
}
export const passkeys = signal<readonly OwnPasskey[]>(kept());

const here = () => ({ rpId: location.hostname, origin: location.origin });

function keep(next: readonly OwnPasskey[]): void {
  passkeys.value = next;
  try {
    localStorage.setItem(KEPT, JSON.stringify(next));
  } catch {}
}

/** Asks the browser for a new passkey. @throws DOMException NotAllowedError if the person refuses */
export async function makePasskey(name: string): Promise<OwnPasskey> {
  const registration = await createOfficerPasskey(here(), name);
  const made = { name, made: Math.floor(Date.now() / 1000), registration };
  keep([...passkeys.value, made]);
  return made;
}

/** Forgets what this page knows of a passkey. The passkey itself stays in the browser's own list. */
export const forgetPasskey = ({ registration }: OwnPasskey): void =>
  keep(passkeys.value.filter((one) => one.registration.credentialId !== registration.credentialId));
export const restorePasskey = (one: OwnPasskey): void => keep([...passkeys.value, one]);

/** Asks the browser to sign with any passkey of this address. */
export const assert = (challenge: Uint8Array) => browserAuthenticator(here(), []).assert(challenge);

/** What the officer hands to the administrator: the input of registerOfficer, as text. */
export const registrationText = ({ registration }: OwnPasskey): string => JSON.stringify(registration);
