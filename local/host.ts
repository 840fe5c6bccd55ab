// Runs the whole system on one machine, for the demo, `npm start`, the bench, and the flow and attack tests.
//
// Every role of wrangler.toml is a Worker with its own bindings and its own loopback port. Miniflare hosts the Workers: it
// runs the real workerd, and keeps D1, R2 and Durable Objects on disk. One workerd process runs on one thread, and all roles
// share it. With `trusteesApart` each trustee gets its own process, because in a real deployment it has its own machine.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { trusteeKeys } from "../functions/trustee/keys.ts";
import type { LogKind } from "../protocol/documents.ts";
import { makeLogKeys, makeWitnessKeys } from "../protocol/note-keys.ts";
import { bundleWorker, type Weakening, wasmModules } from "./bundles.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** File in the state directory with the hex of the 32-byte seed. All local secrets derive from it. */
export const SEED_FILE = "local-seed.hex";

export interface HostOptions {
  /** number of trustees; 3 by default */
  trustees?: number;
  /** number of outside witnesses of the log; 2 by default */
  witnesses?: number;
  /** the first so many trustees are the pinned committee (default all); the others may join it by a resharing */
  committee?: number;
  /** index of each trustee in its committee; by default 1, 2, 3 … One that takes another's place has that one's index */
  trusteeIndexes?: readonly number[];
  /** gives each trustee its own workerd process and its own state directory (default false); the other roles share one */
  trusteesApart?: boolean;
  /** directory of the state; by default a temporary directory, which `stop` removes */
  persist?: string;
  /** 32 bytes that all local secrets derive from; random by default, and kept in `persist` */
  seed?: Uint8Array;
  /** first of the consecutive ports, one per role and trustee; by default any free ports */
  port?: number;
  /** true if a request may set the Workers' clock by a header (default true) */
  settableClock?: boolean;
  /** "deployed": the numbers of wrangler.toml; by default LOCAL_RATE_FACTOR times as many */
  rateLimits?: "deployed";
  /** bindings per worker, added to the usual ones or in place of them */
  override?: Record<string, Record<string, string>>;
  /** port where debuggers and profilers attach; none by default */
  inspectorPort?: number;
  /** receives every line that the Workers write to their logs */
  onLog?: (message: string) => void;
  /** source changes for one worker, so that an attack test can show that it bites once a check is gone */
  weaken?: Record<string, Weakening[]>;
}

export interface Host {
  /** hosts all roles, or all roles except the trustees with `trusteesApart` */
  miniflare: Miniflare;
  persist: string;
  urls: { registrar: string; service: string; escrow: string; log: string; trustees: string[]; witnesses: string[] };
  adminSecretKey: Uint8Array;
  registrarKey: Uint8Array;
  serviceWorkerKey: Uint8Array;
  logVkey: string;
  /** outside witnesses of the log */
  witnessVkeys: string[];
  trusteeIdentityKeys: Uint8Array[];
  /** all string bindings per worker, secrets included; tests give some of them to an attacker */
  bindings: Record<string, Record<string, string>>;
  stop(): Promise<void>;
}

/** The kinds that each role appends to the log (LOG_WRITERS). */
const WRITER_KINDS: Record<string, LogKind[]> = {
  "registrar-sign": ["parameters", "key-set", "requester", "requester-revoked"],
  "service-sign": ["service", "service-suspended", "service-resumed", "erasure"],
  "escrow-sign": ["order", "approval", "refusal", "notice", "opening", "index-root"],
};
/** The administrator's own request key appends the builds of the apps. */
const ADMIN_KINDS: LogKind[] = ["app-build"];
const TRUSTEE_KINDS: LogKind[] = ["officer", "officer-removed", "key-set"];

/** On one machine a whole practice of patients shares one address. */
const LOCAL_RATE_FACTOR = 1000;
interface RateLimitConfig {
  namespace_id: string;
  name: string;
  simple: { limit: number; period: 10 | 60 };
}

/** A port that `options.port` asks for is taken. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";
}

/** Roles other than the trustees: registrar, service, escrow, log. */
const ROLES_WITHOUT_TRUSTEES = 4;
/** Trustees of a host, if the options say nothing else. */
export const DEFAULT_TRUSTEES = 3;
const DEFAULT_WITNESSES = 2;
/** Ports that a host with the default numbers of trustees and witnesses takes. */
export const DEFAULT_PORTS = ROLES_WITHOUT_TRUSTEES + DEFAULT_TRUSTEES + DEFAULT_WITNESSES;

const numbered = (role: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${role}-${i + 1}`);
const namesOf = ({ trustees = DEFAULT_TRUSTEES, witnesses = DEFAULT_WITNESSES }: HostOptions) => ({
  trusteeNames: numbered("trustee", trustees),
  witnessNames: numbered("witness", witnesses),
});

/** @throws PortInUseError naming the first of `count` consecutive ports that is taken */
export async function requireFreePorts(first: number, count: number): Promise<void> {
  for (let port = first; port < first + count; port++)
    if (!(await isFree(port))) throw new PortInUseError(`port ${port} is in use`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/**
 * Random free ports. They lie below the range of outgoing connections, so that no connection takes one meanwhile, and
 * above 10080, the last port that fetch refuses (Fetch Standard, "port blocking").
 */
export async function freePorts(n: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < n) {
    const port = 10_081 + Math.floor(Math.random() * 20_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function loadSeed(options: HostOptions, persist: string): Uint8Array {
  if (options.seed) return options.seed;
  const file = join(persist, SEED_FILE);
  try {
    return hexToBytes(readFileSync(file, "utf8").trim());
  } catch {
    const seed = randomBytes(32);
    writeFileSync(file, bytesToHex(seed), { mode: 0o600 });
    return seed;
  }
}

/**
 * Starts all roles and applies the D1 migrations. The promise resolves when every role answers.
 * @throws PortInUseError if `options.port` is given and one of the ports from there on is taken; nothing was written then
 */
export async function startHost(options: HostOptions = {}): Promise<Host> {
  if (options.port !== undefined)
    await requireFreePorts(options.port, ROLES_WITHOUT_TRUSTEES + Object.values(namesOf(options)).flat().length);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Another process took a port after we had found it free. If the caller chose no ports, try others.
      if (!/ADDRESS_IN_USE|EADDRINUSE/.test(String(error)) || attempt === 5) throw error;
      if (options.port !== undefined) throw new PortInUseError(`one of the ports from ${options.port} on is in use`);
    }
  }
}

async function startOnce(options: HostOptions): Promise<Host> {
  const temporary = options.persist === undefined;
  const persist = options.persist ?? mkdtempSync(join(tmpdir(), "symbolon-"));
  mkdirSync(persist, { recursive: true });
  const { trusteeNames, witnessNames } = namesOf(options);
  const seed = loadSeed(options, persist);
  const derive = (name: string): Uint8Array => sha256(concatBytes(seed, utf8ToBytes(name)));
  const hex = (name: string): string => bytesToHex(derive(name));

  const names = ["registrar", "service", "escrow", "log", ...trusteeNames, ...witnessNames];
  const ports = options.port === undefined ? await freePorts(names.length) : names.map((_, i) => options.port! + i);
  const urlOf = (name: string): string => `http://127.0.0.1:${ports[names.indexOf(name)]}`;
  const indexOf = (i: number): number => options.trusteeIndexes?.[i] ?? i + 1;
  const trustees = trusteeNames.map((_, i) => trusteeKeys(derive(`trustee-${i + 1}`), indexOf(i)));
  const committee = trustees.slice(0, options.committee);
  const adminSecretKey = derive("admin");
  const witnesses = witnessNames.map((name) => makeWitnessKeys(derive(name), `symbolon.local/${name}`));
  const witnessVkeys = witnesses.map((w) => w.vkey);
  const log = makeLogKeys(derive("log"), "symbolon.local/log");

  const common = {
    STAGE: "local",
    CLOCK: options.settableClock === false ? "system" : "settable",
    ADMIN_KEY: bytesToHex(ed25519.getPublicKey(adminSecretKey)),
    REGISTRAR_KEY: bytesToHex(ed25519.getPublicKey(derive("registrar-sign"))),
    LOG_VKEY: log.vkey,
    REGISTRAR_URL: urlOf("registrar"),
    SERVICE_URL: urlOf("service"),
    ESCROW_URL: urlOf("escrow"),
    LOG_URL: urlOf("log"),
    TRUSTEE_URLS: JSON.stringify(trusteeNames.slice(0, committee.length).map(urlOf)),
    TRUSTEE_KEYS: JSON.stringify(committee.map((t) => bytesToHex(t.identityPublicKey))),
    LOG_WITNESSES: JSON.stringify(witnessVkeys),
  };
  const publicOf = (name: string): string => bytesToHex(ed25519.getPublicKey(derive(name)));
  const own: Record<string, Record<string, string>> = {
    registrar: {
      SIGNING_KEY: hex("registrar-sign"),
      ISSUER_SEED: hex("issuer"),
      FIELD_KEY: hex("field"),
      INDEX_KEY: hex("blind-index"),
    },
    service: {
      SIGNING_KEY: hex("service-sign"),
      TOKEN_KEY: hex("token"),
      ESCROW_KEY: publicOf("escrow-sign"),
      DOH_URL: "https://cloudflare-dns.com/dns-query",
      OUTBOUND_LOOPBACK: "1",
    },
    escrow: { SIGNING_KEY: hex("escrow-sign"), SERVICE_WORKER_KEY: publicOf("service-sign") },
    log: {
      LOG_SIGNING_KEY: log.skey,
      LOG_WITNESS_URLS: JSON.stringify(witnessNames.map(urlOf)),
      LOG_WRITERS: JSON.stringify({
        [publicOf("admin")]: ADMIN_KINDS,
        ...Object.fromEntries(Object.entries(WRITER_KINDS).map(([name, kinds]) => [publicOf(name), kinds])),
        ...Object.fromEntries(trustees.map((t) => [bytesToHex(t.identityPublicKey), TRUSTEE_KINDS])),
      }),
    },
  };
  trusteeNames.forEach((name, i) => {
    own[name] = {
      OWN_URL: urlOf(name),
      ESCROW_KEY: publicOf("escrow-sign"),
      TRUSTEE_INDEX: String(indexOf(i)),
      TRUSTEE_SEED: hex(`trustee-${i + 1}`),
    };
  });
  // An outside witness knows the log's key and its own, and nothing else of the deployment.
  const { STAGE, CLOCK, LOG_VKEY } = common;
  witnesses.forEach(({ skey }, i) => {
    own[witnessNames[i]!] = { STAGE, CLOCK, LOG_VKEY, WITNESS_SIGNING_KEY: skey };
  });

  const bindings: Record<string, Record<string, string>> = {};
  const workers = await Promise.all(
    names.map(async (name, i) => {
      const isWitness = witnessNames.includes(name);
      const env = isWitness ? "witness" : name.startsWith("trustee-") ? "trustee-1" : name;
      const config = unstable_readConfig({ config: join(root, "wrangler.toml"), env }, { hideWarnings: true });
      bindings[name] = { ...(isWitness ? {} : common), ...own[name], ...options.override?.[name] };
      return {
        name,
        compatibilityDate: config.compatibility_date!,
        compatibilityFlags: config.compatibility_flags,
        modules: [
          {
            type: "ESModule" as const,
            path: `${name}.mjs`,
            contents: await bundleWorker(config.main!, options.weaken?.[name]),
          },
          ...wasmModules(),
        ],
        bindings: bindings[name],
        ratelimits: Object.fromEntries(
          config.ratelimits.map(({ name, namespace_id, simple: { limit, period } }: RateLimitConfig) => [
            name,
            {
              namespace_id,
              simple: { limit: limit * (options.rateLimits === "deployed" ? 1 : LOCAL_RATE_FACTOR), period },
            },
          ]),
        ),
        ...(config.assets && {
          assets: {
            directory: join(root, config.assets.directory!),
            binding: config.assets.binding!,
            run_worker_first: true,
            routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
            assetConfig: { html_handling: config.assets.html_handling! },
          },
        }),
        d1Databases: Object.fromEntries(
          config.d1_databases.map((d: { binding: string; database_name?: string }) => [d.binding, d.database_name!]),
        ),
        r2Buckets: Object.fromEntries(
          config.r2_buckets.map((b: { binding: string; bucket_name?: string }) => [b.binding, b.bucket_name!]),
        ),
        durableObjects: Object.fromEntries(
          config.durable_objects.bindings.map((d: { name: string; class_name: string }) => [
            d.name,
            { className: d.class_name, useSQLite: true },
          ]),
        ),
        unsafeDirectSockets: [{ host: "127.0.0.1", port: ports[i]! }],
      };
    }),
  );
  const start = async (roles: readonly string[], path: string): Promise<Miniflare> => {
    const process = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        resourcePersistencePath: path,
        port: 0,
        ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
        workers: workers.filter((w) => roles.includes(w.name)),
        ...(options.onLog && { handleStructuredLogs: ({ message }: { message: string }) => options.onLog?.(message) }),
      } as never),
    );
    await process.ready;
    return process;
  };
  const apart = options.trusteesApart ? trusteeNames : [];
  const processes: Miniflare[] = [];
  try {
    processes.push(
      await start(
        names.filter((name) => !apart.includes(name)),
        persist,
      ),
    );
    for (const name of apart) processes.push(await start([name], join(persist, name)));
  } catch (error) {
    await Promise.all(processes.map((p) => p.dispose()));
    throw error;
  }
  const [miniflare] = processes as [Miniflare, ...Miniflare[]];
  await applyMigrations(miniflare);

  return {
    miniflare,
    persist,
    urls: {
      registrar: urlOf("registrar"),
      service: urlOf("service"),
      escrow: urlOf("escrow"),
      log: urlOf("log"),
      trustees: trusteeNames.map(urlOf),
      witnesses: witnessNames.map(urlOf),
    },
    adminSecretKey,
    registrarKey: ed25519.getPublicKey(derive("registrar-sign")),
    serviceWorkerKey: ed25519.getPublicKey(derive("service-sign")),
    logVkey: log.vkey,
    witnessVkeys,
    trusteeIdentityKeys: committee.map((t) => t.identityPublicKey),
    bindings,
    async stop() {
      await Promise.all(processes.map((p) => p.dispose()));
      if (temporary) rmSync(persist, { recursive: true, force: true });
    },
  };
}

const DATABASES = [
  ["registrar", "REGISTRAR_DB", "registrar"],
  ["service", "RECORDS_DB_0", "service"],
  ["service", "RECORDS_DB_1", "service"],
  ["escrow", "ESCROW_DB", "escrow"],
] as const;

async function applyMigrations(miniflare: Miniflare): Promise<void> {
  for (const [worker, binding, role] of DATABASES) {
    const db = await miniflare.getD1Database(binding, worker);
    await db.exec("CREATE TABLE IF NOT EXISTS applied_migrations (name TEXT PRIMARY KEY)");
    const dir = join(root, "schema/migrations", role);
    for (const name of readdirSync(dir)
      .filter((f) => f.endsWith(".sql"))
      .sort()) {
      const done = await db.prepare("SELECT 1 FROM applied_migrations WHERE name = ?").bind(name).first();
      if (done) continue;
      const statements = readFileSync(join(dir, name), "utf8")
        .split("--> statement-breakpoint")
        .map((s) => s.trim())
        .filter((s) => s !== "");
      await db.batch([
        ...statements.map((s) => db.prepare(s)),
        db.prepare("INSERT INTO applied_migrations VALUES (?)").bind(name),
      ]);
    }
  }
}
