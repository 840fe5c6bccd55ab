// Requests that only the operator's administrator may make. Each signed request is accepted once, in every role; to repeat
// an act, the administrator signs again.

import type { Context } from "hono";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { now } from "./env.ts";
import { refused } from "./problems.ts";
import { type SignedRequest, signedBy } from "./request-auth.ts";

/**
 * Stores the nonce of a request, which is good until `lastSecond` (unix seconds). False if it is stored already. A store may
 * forget it after `lastSecond`.
 */
export type SpendNonce<E> = (env: E, nonce: Hex, lastSecond: number) => Promise<boolean>;

export interface AdminDoor<E extends { ADMIN_KEY: Hex }> {
  /** @throws Problem clock-skew, credential-refused */
  request(c: Context<{ Bindings: E }>): Promise<SignedRequest>;
}

export function adminDoor<E extends { ADMIN_KEY: Hex }>(spend: SpendNonce<E>): AdminDoor<E> {
  const request = async (c: Context<{ Bindings: E }>): Promise<SignedRequest> => {
    const signed = await signedBy(c, [c.env.ADMIN_KEY]);
    // If the signer's clock is ahead by the whole tolerance, the request stays good for twice the tolerance.
    if (!(await spend(c.env, signed.nonce, now(c) + 2 * CLOCK_TOLERANCE_SECONDS)))
      throw refused("request was made before");
    return signed;
  };
  return { request };
}
