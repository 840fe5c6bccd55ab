// Where the CLI finds the deployment and the keys: an option first, then the environment. An environment variable holds the
// path of a file, or the content itself, as secret stores hand it over.

import type { ClinicKeys } from "../client/clinic/keys.ts";
import type { Deployment } from "../client/parameters.ts";
import type { Transport } from "../client/transport.ts";
import { CliError, EXIT, type Input, type Options, usageError } from "./command.ts";
import { parseFile, readBytes, readSecret } from "./files.ts";

export const DEPLOYMENT_OPTION: Options = {
  deployment: { type: "string", value: "FILE", about: "the deployment file (or SYMBOLON_DEPLOYMENT)" },
};
export const KEYS_OPTION: Options = {
  keys: { type: "string", value: "FILE", about: "the clinic's key file (or SYMBOLON_KEYS)" },
};
export const STATE_OPTION: Options = {
  state: { type: "string", value: "DIR", about: "the clinic's state (or SYMBOLON_STATE; default: KEYS.state)" },
};
export const ADMIN_OPTION: Options = {
  "admin-key": { type: "string", value: "FILE", about: "the administrator's key (or SYMBOLON_ADMIN_KEY)" },
};
export const CLINIC_OPTIONS: Options = { ...DEPLOYMENT_OPTION, ...KEYS_OPTION, ...STATE_OPTION };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const hasTexts = (value: unknown, names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof value[name] === "string");

const URLS = ["registrarUrl", "serviceUrl", "escrowUrl", "logUrl"] as const;
const DEPLOYMENT_TEXTS = [...URLS, "registrarKey", "logVkey", "serviceWorkerKey"] as const;
const KEY_TEXTS = ["name", "signSecretKey", "hpkePublicKey", "hpkeSecretKey", "ageIdentity", "ageRecipient"] as const;
const isDeployment = (value: unknown): boolean =>
  hasTexts(value, DEPLOYMENT_TEXTS) &&
  isObject(value) &&
  ["trusteeUrls", "trusteeKeys", "witnessVkeys"].every((name) => Array.isArray(value[name])) &&
  URLS.every((name) => URL.canParse(value[name] as string));
const isKeys = (value: unknown): boolean =>
  hasTexts(value, KEY_TEXTS) && isObject(value) && isObject(value.policy) && isObject(value.oauthPrivateJwk);

/** The option's value, or the variable's; undefined if neither is set. */
export const setting = (input: Input, option: string, variable: string): string | undefined =>
  input.text(option) ?? (process.env[variable] || undefined);

function required(input: Input, option: string, variable: string, what: string): string {
  const value = setting(input, option, variable);
  if (value === undefined) throw usageError(`${what} is missing. Give --${option} FILE, or set ${variable}.`);
  return value;
}

const isInline = (value: string): boolean => value.trimStart().startsWith("{");

/** @throws CliError */
export async function readDeployment(input: Input): Promise<Deployment> {
  const value = required(input, "deployment", "SYMBOLON_DEPLOYMENT", "The deployment file");
  const text = isInline(value) ? value : new TextDecoder().decode(await readBytes(value));
  return parseFile(isInline(value) ? "SYMBOLON_DEPLOYMENT" : value, text, isDeployment, "a deployment file");
}

/** @throws CliError */
export async function readKeys(input: Input): Promise<ClinicKeys> {
  const value = required(input, "keys", "SYMBOLON_KEYS", "The clinic's key file");
  const text = isInline(value) ? value : await readSecret(value);
  return parseFile(isInline(value) ? "SYMBOLON_KEYS" : value, text, isKeys, "a clinic's key file");
}

/** The administrator's Ed25519 key, 32 bytes. @throws CliError */
export async function readAdminKey(input: Input): Promise<Uint8Array> {
  const value = required(input, "admin-key", "SYMBOLON_ADMIN_KEY", "The administrator's key");
  const isHex = /^[0-9a-f]{64}$/;
  const text = isHex.test(value) ? value : (await readSecret(value)).trim();
  if (!isHex.test(text)) throw new CliError(EXIT.file, "bad-file", "The administrator's key is not 32 bytes in hex.");
  return Buffer.from(text, "hex");
}

/** The clinic's state directory; undefined if the keys come from the environment and no directory is named. */
export function stateDirectory(input: Input): string | undefined {
  const named = setting(input, "state", "SYMBOLON_STATE");
  const keys = setting(input, "keys", "SYMBOLON_KEYS");
  return named ?? (keys === undefined || isInline(keys) ? undefined : `${keys.replace(/\.json$/, "")}.state`);
}

/** The path of the key file to write. @throws CliError usage */
export function keysPath(input: Input): string {
  const value = required(input, "keys", "SYMBOLON_KEYS", "The path of the key file");
  if (isInline(value)) throw usageError("SYMBOLON_KEYS holds keys already. Give --keys FILE.");
  return value;
}

/** The platform's network and clock. */
export async function transport(): Promise<Transport> {
  const { systemTransport } = await import("../client/transport.ts");
  return systemTransport();
}
