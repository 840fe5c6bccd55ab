// What the worker holds while the desk is open: the locker, the administrator's key and the SDK's operator. The key never goes
// back to the page.

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { Operator, ParametersCache, systemTransport, type Transport } from "../../../client/index.ts";
import { type AppDeployment, deployment } from "../../shared/deployment.ts";
import type { Locker } from "../../shared/locker.ts";

interface Held {
  locker: Locker;
  deployment: AppDeployment;
  transport: Transport;
  adminSecretKey: Uint8Array;
  operator: Operator;
  parameters: ParametersCache;
  /** aborts when the desk is locked */
  closing: AbortController;
}

/** The desk is locked, or has no key yet. */
class NotOpenError extends Error {
  override name = "NotOpenError";
  readonly code = "not-open";
}

const KEY = "administrator";
const KEY_HEX = /^[0-9a-f]{64}$/;

let held: Held | undefined;

export function putAway(): void {
  held?.closing.abort();
  held?.adminSecretKey.fill(0);
  held = undefined;
}

/** @throws NotOpenError */
export function desk(): Held {
  if (!held) throw new NotOpenError("the desk is not open");
  return held;
}

/** Asks the roles themselves, where the browser would show its copy of an answer. */
export const uncached = (transport: Transport): Transport => ({
  ...transport,
  fetch: (input, init) => fetch(input, { ...init, cache: "no-store" }),
});

/** This text is no key of an administrator. */
class BadKeyError extends Error {
  override name = "BadKeyError";
  readonly code = "bad-admin-key";
}

/** The 32 bytes of a key that was pasted or read from a file. @throws BadKeyError */
export function adminKeyOf(text: string): Uint8Array {
  const hex = text.replace(/\s/g, "").toLowerCase();
  if (!KEY_HEX.test(hex)) throw new BadKeyError("64 hex digits expected");
  return hexToBytes(hex);
}

/** The public half in groups of four digits, to compare with the deployment's ADMIN_KEY. */
export const publicKeyText = (secretKey: Uint8Array): string =>
  bytesToHex(ed25519.getPublicKey(secretKey)).match(/.{4}/g)!.join(" ");

export const operatorOf = (secretKey: Uint8Array, of: AppDeployment): Operator =>
  new Operator(systemTransport(), of, secretKey);

export const keep = (locker: Locker, secretKey: Uint8Array): Promise<void> => locker.put(KEY, bytesToHex(secretKey));

/** Opens the desk with the key that the locker keeps. @throws BadKeyError if it keeps none */
export async function openWith(locker: Locker): Promise<void> {
  const adminSecretKey = adminKeyOf((await locker.get<string>(KEY)) ?? "");
  const of = await deployment();
  const transport = systemTransport();
  held = {
    locker,
    deployment: of,
    transport,
    adminSecretKey,
    operator: operatorOf(adminSecretKey, of),
    parameters: new ParametersCache(transport, of),
    closing: new AbortController(),
  };
}
