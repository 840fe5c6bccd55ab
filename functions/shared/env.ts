// The bindings of each role's Worker, and the check of them. If a binding is missing, malformed or forbidden, the Worker
// answers no request. workerd hands over the bindings unchecked; `checkEnv` returns the role's own, typed environment.
//
// Secrets and keys are hex in Worker secrets. A production Worker refuses a settable clock. Every Worker refuses to run if
// it also has bindings of another role (S10).

import type { D1Database, DurableObjectNamespace, Fetcher, R2Bucket } from "@cloudflare/workers-types";
import * as z from "zod";
import { hexText as hex } from "../../api/fields.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";

const url = z.string().url();

/** Every role has these, an outside witness too. */
const base = {
  STAGE: z.enum(["local", "production"]),
  /** "system", or "settable" in local stage only. With "settable", requests carry the time in a header. */
  CLOCK: z.enum(["system", "settable"]),
  /** note verifier key of the transparency log */
  LOG_VKEY: z.string(),
};
/** Every role except an outside witness has these. */
const common = {
  ...base,
  /** Ed25519 public key of the operator's administrator. */
  ADMIN_KEY: hex(32),
  /** Ed25519 public key of the registrar: signs parameters, requester certificates and dossiers. */
  REGISTRAR_KEY: hex(32),
  REGISTRAR_URL: url,
  SERVICE_URL: url,
  ESCROW_URL: url,
  LOG_URL: url,
  /** JSON list of trustee base URLs, in index order (1..n) */
  TRUSTEE_URLS: z.string(),
  /** JSON list of the trustees' pinned Ed25519 identity keys (hex), in index order. So nobody can replace the trustees. */
  TRUSTEE_KEYS: z.string(),
  /** JSON list of the vkeys of the log's witnesses other than the trustees */
  LOG_WITNESSES: z.string(),
};

const schemas = {
  registrar: z.object({
    ...common,
    SIGNING_KEY: hex(32),
    ISSUER_SEED: hex(32),
    FIELD_KEY: hex(32),
    INDEX_KEY: hex(32),
  }),
  service: z.object({
    ...common,
    SIGNING_KEY: hex(32),
    TOKEN_KEY: hex(32),
    /** Ed25519 public key of the escrow, which tells of cases. */
    ESCROW_KEY: hex(32),
    /** DNS over HTTPS (outbound.ts) */
    DOH_URL: url,
    /** "1", in local stage only: clinics may name addresses of loopback */
    OUTBOUND_LOOPBACK: z.enum(["0", "1"]).optional(),
  }),
  escrow: z.object({ ...common, SIGNING_KEY: hex(32), SERVICE_WORKER_KEY: hex(32) }),
  trustee: z.object({
    ...common,
    TRUSTEE_INDEX: z.string().regex(/^[1-9]\d?$/),
    /** The base URL of this trustee. It need not stand in TRUSTEE_URLS, as long as it is not of the committee yet. */
    OWN_URL: url,
    /** Ed25519 public key of the escrow, which carries the rounds of cases. */
    ESCROW_KEY: hex(32),
    /** Seed of the trustee's pinned identity and transport keys, and of the key that seals its vault. */
    TRUSTEE_SEED: hex(32),
  }),
  log: z.object({
    ...common,
    LOG_SIGNING_KEY: z.string(),
    /** JSON object: an Ed25519 key (hex) → list of the LogEntry kinds that it may append */
    LOG_WRITERS: z.string(),
    /** JSON list of the base URLs of the outside witnesses, in the order of LOG_WITNESSES */
    LOG_WITNESS_URLS: z.string(),
  }),
  witness: z.object({
    ...base,
    /** "<name>+<32-byte seed in hex>" of the witness's note key */
    WITNESS_SIGNING_KEY: z.string(),
  }),
} as const;

export type Role = keyof typeof schemas;
type VarsOf<R extends Role> = z.infer<(typeof schemas)[R]>;

interface Resources {
  registrar: { REGISTRAR_DB: D1Database };
  service: {
    RECORDS_DB_0: D1Database;
    RECORDS_DB_1: D1Database;
    BLOBS: R2Bucket;
    /** static files of the pages (scripts/site.ts) */
    ASSETS: Fetcher;
    REPLAY_WINDOW: DurableObjectNamespace;
    CLINIC_BELL: DurableObjectNamespace;
  };
  escrow: { ESCROW_DB: D1Database; LINKAGE_ESCROW: DurableObjectNamespace };
  trustee: { CEREMONY: DurableObjectNamespace; TRUSTEE_VAULT: DurableObjectNamespace };
  log: { TRANSPARENCY_LOG: DurableObjectNamespace; TILES: R2Bucket };
  witness: { WITNESS_MEMORY: DurableObjectNamespace };
}
const resourceNames: { [R in Role]: (keyof Resources[R])[] } = {
  registrar: ["REGISTRAR_DB"],
  service: ["RECORDS_DB_0", "RECORDS_DB_1", "BLOBS", "ASSETS", "REPLAY_WINDOW", "CLINIC_BELL"],
  escrow: ["ESCROW_DB", "LINKAGE_ESCROW"],
  trustee: ["CEREMONY", "TRUSTEE_VAULT"],
  log: ["TRANSPARENCY_LOG", "TILES"],
  witness: ["WITNESS_MEMORY"],
};

/** The bindings of rate limits (rate-limits.ts). No role answers anybody without them. */
const limitersOf = (role: Role): readonly string[] => [
  "RATE_ADDRESS",
  ...(role === "witness" ? [] : ["RATE_KEY"]),
  ...(role === "service" ? ["RATE_CHALLENGE"] : []),
];

export type Bindings<R extends Role> = VarsOf<R> & Resources[R];
export type RegistrarEnv = Bindings<"registrar">;
export type ServiceEnv = Bindings<"service">;
export type EscrowEnv = Bindings<"escrow">;
export type TrusteeEnv = Bindings<"trustee">;
export type LogEnv = Bindings<"log">;
export type WitnessEnv = Bindings<"witness">;

export class MisconfiguredError extends Error {
  override name = "MisconfiguredError";
}

const checked = new WeakMap<object, Role>();

/**
 * Checks the bindings of a role, once per environment object.
 * @throws MisconfiguredError with the name of the binding, never with its value
 */
export function checkEnv<R extends Role>(role: R, unchecked: object): Bindings<R> {
  if (checked.get(unchecked) === role) return unchecked as Bindings<R>;
  const vars = schemas[role].safeParse(unchecked);
  if (!vars.success)
    throw new MisconfiguredError(`${role}: ${vars.error.issues.map((i) => i.path.join(".")).join(", ")}`);
  const env = unchecked as Record<string, unknown>;
  for (const name of [...resourceNames[role], ...limitersOf(role)]) {
    if (env[name as string] === undefined) throw new MisconfiguredError(`${role}: ${String(name)} is not bound`);
  }
  for (const other of Object.keys(resourceNames) as Role[]) {
    if (other === role) continue;
    const foreign = resourceNames[other].find((name) => env[name as string] !== undefined);
    if (foreign) throw new MisconfiguredError(`${role}: ${String(foreign)} belongs to the ${other}`);
  }
  if (vars.data.STAGE === "production" && vars.data.CLOCK === "settable")
    throw new MisconfiguredError("a settable clock is only for STAGE=local");
  if (vars.data.STAGE === "production" && env.OUTBOUND_LOOPBACK === "1")
    throw new MisconfiguredError("OUTBOUND_LOOPBACK is only for STAGE=local");
  checked.set(unchecked, role);
  return unchecked as Bindings<R>;
}

/** The origin of this role's own URL, as its deployment names it. @throws MisconfiguredError if nobody checked `env` */
export function ownOrigin(env: object): string {
  const role = checked.get(env);
  const urls = env as Bindings<"registrar"> & { OWN_URL: string };
  const own = {
    registrar: urls.REGISTRAR_URL,
    service: urls.SERVICE_URL,
    escrow: urls.ESCROW_URL,
    log: urls.LOG_URL,
    trustee: urls.OWN_URL,
    witness: undefined,
  }[role ?? "witness"];
  if (own === undefined) throw new MisconfiguredError("this role takes no signed requests");
  return new URL(own).origin;
}

/** Unix seconds of the system's clock. In local stage with a settable clock, the time in the request's header. */
export function now(c: { env: object; req: { header(name: string): string | undefined } }): number {
  const env = c.env as { CLOCK: string; STAGE: string };
  if (env.CLOCK === "settable" && env.STAGE === "local") {
    const header = c.req.header(CLOCK_HEADER);
    if (header !== undefined && /^\d{1,12}$/.test(header)) return Number(header);
  }
  return Math.floor(Date.now() / 1000);
}
