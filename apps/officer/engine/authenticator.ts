// The officer's passkey as the worker has it: only a page can ask for a passkey, so the worker hands the challenge to its page
// and waits for the answer. The SDK in this worker computes every challenge.

import type { AssertionJson, Authenticator } from "../../../client/index.ts";
import { tell } from "../../shared/remote.ts";

export interface AssertionRequest {
  id: number;
  challenge: Uint8Array;
}

const open = new Map<number, PromiseWithResolvers<AssertionJson>>();
let last = 0;
let used: string | undefined;

export const authenticator: Authenticator = {
  origin: self.location.origin,
  async assert(challenge) {
    const call = Promise.withResolvers<AssertionJson>();
    open.set(++last, call);
    tell("assert", { id: last, challenge } satisfies AssertionRequest);
    const assertion = await call.promise;
    used = assertion.credentialId;
    return assertion;
  },
};

/** base64url, of the passkey that was used last */
export const usedCredential = (): string | undefined => used;

function take(id: number): PromiseWithResolvers<AssertionJson> | undefined {
  const call = open.get(id);
  open.delete(id);
  return call;
}

export const authenticatorApi = {
  asserted: (id: number, assertion: AssertionJson): void => take(id)?.resolve(assertion),
  /** The person refused, or the browser did. @param name of the browser's error */
  notAsserted: (id: number, name: string, message: string): void =>
    take(id)?.reject(Object.assign(new Error(message), { name })),
};
