// The settings of `symbolon gateway`, from flags and the environment, checked before anything starts.
//
// Bound to another address than loopback, the gateway demands TLS and a file of clients, and refuses to start without them: the
// records that it serves are plain text.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ClinicKeys, Deployment } from "../client/index.ts";
import { serviceIdOfKeys } from "../client/index.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { readClients } from "./access.ts";

export const USAGE = `symbolon gateway [options]
Runs a FHIR R4 server on this machine. It seals what a record system files, and opens what it reads.
The server at the edge never sees a record.

  --deployment FILE   the deployment's public addresses and keys (or SYMBOLON_DEPLOYMENT)
  --keys FILE         the clinic's keys, mode 600 (or SYMBOLON_KEYS)
  --port N            default 8787; 0 takes a free one
  --host ADDRESS      default 127.0.0.1. Another address needs --tls-cert, --tls-key and --clients
  --tls-cert FILE     certificate chain, PEM
  --tls-key FILE      private key, PEM
  --clients FILE      clients that may ask, with their public keys (SMART Backend Services); see docs/GATEWAY.md
  --public-url URL    the address by which clients know this server, if it is another one
  --state DIR         where the outbox and the cache are; default ~/.local/state/symbolon/gateway-<clinic>
  --patience SECONDS  how long an answer waits for the edge before it says "queued"; default 10
  --help              print this text

Examples:
  symbolon gateway --deployment deployment.json --keys clinic.json
  symbolon gateway --host 0.0.0.0 --port 8443 --tls-cert cert.pem --tls-key key.pem --clients clients.json

Exit codes: 0 stopped by a signal, 1 it could not start, 2 wrong use.`;

export class UsageError extends Error {
  override name = "UsageError";
}

export interface Settings {
  readonly deployment: Deployment;
  readonly keys: ClinicKeys;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly clients: ReturnType<typeof readClients> | undefined;
  readonly publicUrl: string | undefined;
  readonly directory: string;
  readonly patienceMs: number;
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** @returns "help" if that was asked for. @throws UsageError */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings | "help" {
  const flags = parse(args);
  if (flags.help) return "help";
  const file = (name: string, path: string | undefined, variable: string): unknown => {
    if (path === undefined) throw new UsageError(`--${name} FILE or ${variable} is needed.`);
    return readJson(name, path);
  };
  const deployment = file("deployment", flags.deployment ?? env.SYMBOLON_DEPLOYMENT, "SYMBOLON_DEPLOYMENT");
  const keys = file("keys", flags.keys ?? env.SYMBOLON_KEYS, "SYMBOLON_KEYS");
  const host = flags.host ?? "127.0.0.1";
  const port = numberOf("port", flags.port ?? "8787", 65_535);
  const pem = (name: "tls-cert" | "tls-key"): string | undefined => {
    const path = flags[name];
    return path === undefined ? undefined : readText(name, path);
  };
  const [cert, key] = [pem("tls-cert"), pem("tls-key")];
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--tls-cert and --tls-key go together.");
  if (!LOOPBACK.test(host)) {
    const missing = [
      ...(cert === undefined ? ["--tls-cert and --tls-key"] : []),
      ...(flags.clients ? [] : ["--clients"]),
    ];
    if (missing.length > 0)
      throw new UsageError(`${host} can be reached from other machines, so ${missing.join(" and ")} must be given.`);
  }
  const clinic = keys as ClinicKeys;
  return {
    deployment: deployment as Deployment,
    keys: clinic,
    host,
    port,
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    clients: flags.clients === undefined ? undefined : asUsage(() => readClients(flags.clients!)),
    publicUrl: publicUrlOf(flags["public-url"]),
    directory: flags.state ?? join(homedir(), ".local/state/symbolon", `gateway-${serviceOf(clinic)}`),
    patienceMs: numberOf("patience", flags.patience ?? "10", 3600) * 1000,
  };
}

function parse(args: readonly string[]) {
  return asUsage(
    () =>
      parseArgs({
        args: [...args],
        options: {
          deployment: { type: "string" },
          keys: { type: "string" },
          port: { type: "string" },
          host: { type: "string" },
          "tls-cert": { type: "string" },
          "tls-key": { type: "string" },
          clients: { type: "string" },
          "public-url": { type: "string" },
          state: { type: "string" },
          patience: { type: "string" },
          help: { type: "boolean", short: "h" },
        },
      }).values,
  );
}

function asUsage<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function readText(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`--${name} ${path} cannot be read.`, { cause });
  }
}

function readJson(name: string, path: string): unknown {
  try {
    return JSON.parse(readText(name, path));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    // The message of the parser would show a piece of the file, and the file may be the keys.
    throw new UsageError(`--${name} ${path} is not JSON.`);
  }
}

function numberOf(name: string, text: string, most: number): number {
  if (!/^\d+$/.test(text) || Number(text) > most) throw new UsageError(`--${name} is a number up to ${most}.`);
  return Number(text);
}

function publicUrlOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new UsageError("--public-url is no http or https URL.");
  return text.replace(/\/+$/, "");
}

/** The first digits of the service id, so that two clinics on one machine have two directories. */
function serviceOf(keys: ClinicKeys): string {
  try {
    return bytesToHex(serviceIdOfKeys(keys)).slice(0, 12);
  } catch {
    throw new UsageError("--keys is no file of a clinic's keys.");
  }
}
