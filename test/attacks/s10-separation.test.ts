// S10 Separation. The attack is a wrong deployment: somebody binds the identity database beside the records, gives a Worker
// two shares, or gives a production Worker a clock that requests may set. The test judges the configuration that is deployed
// (wrangler.toml, as wrangler reads it). It also starts real Workers with such bindings, and they answer nothing.
//
// Controls: the same judgement on altered configurations names the fault. A Worker without its check at the door serves
// with the foreign database bound.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { bundleWorker, type Weakening, wasmModules } from "../../local/bundles.ts";
import { makeLogKeys } from "../../protocol/note-keys.ts";
import { HOOK_MILLISECONDS } from "./visits.ts";

// ---- the configuration

const TOML = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
const scratch = mkdtempSync(join(tmpdir(), "symbolon-s10-"));

/** What is looked at of wrangler's own idea of the file. */
interface Resolved {
  d1_databases: { binding: string; database_name?: string; database_id?: string }[];
  r2_buckets: { binding: string }[];
  durable_objects: { bindings: { name: string; script_name?: string }[] };
  services?: { binding: string }[];
  vars: Record<string, unknown>;
  observability?: { enabled?: boolean };
  logpush?: boolean;
}

interface Deployed {
  env: string;
  databases: string[];
  databaseIds: string[];
  buckets: string[];
  objects: string[];
  borrowed: string[];
  vars: Record<string, unknown>;
  observed: boolean;
}

/** Every production environment, as wrangler resolves it. */
function deployments(toml: string): Deployed[] {
  const path = join(scratch, "wrangler.toml");
  writeFileSync(path, toml);
  const names = [...toml.matchAll(/^\[env\.([\w-]+)\]$/gm)].map((m) => m[1]!);
  return names.map((env) => {
    const c = unstable_readConfig({ config: path, env }, { hideWarnings: true }) as Resolved;
    return {
      env,
      databases: c.d1_databases.map((d) => d.binding),
      databaseIds: c.d1_databases.map((d) => `${d.database_name} ${d.database_id}`),
      buckets: c.r2_buckets.map((b) => b.binding),
      objects: c.durable_objects.bindings.map((d) => d.name),
      borrowed: [
        ...c.durable_objects.bindings.flatMap((d) => (d.script_name === undefined ? [] : [`object ${d.name}`])),
        ...(c.services ?? []).map((s) => `service ${s.binding}`),
      ],
      vars: c.vars,
      observed: c.observability?.enabled === true || c.logpush === true,
    };
  });
}

const SECRET = /KEY|SEED|TOKEN/;

/** What is wrong with a set of deployments; nothing, where they are separate. */
function violations(all: Deployed[]): string[] {
  const found: string[] = [];
  for (const d of all) {
    const has = {
      identities: d.databases.includes("REGISTRAR_DB"),
      records: d.databases.some((b) => b.startsWith("RECORDS_DB")) || d.buckets.includes("BLOBS"),
      index: d.databases.includes("ESCROW_DB"),
      share: d.objects.includes("TRUSTEE_VAULT"),
      log: d.objects.includes("TRANSPARENCY_LOG"),
      "the memory of a witness": d.objects.includes("WITNESS_MEMORY"),
    };
    const held = Object.entries(has).flatMap(([what, yes]) => (yes ? [what] : []));
    if (held.length > 1) found.push(`${d.env}: ${held.join(" and ")} in one Worker`);
    if (d.borrowed.length > 0) found.push(`${d.env}: a door into another Worker: ${d.borrowed.join()}`);
    if (d.objects.filter((o) => o === "TRUSTEE_VAULT").length > 1) found.push(`${d.env}: two shares`);
    if (has.share !== "TRUSTEE_INDEX" in d.vars) found.push(`${d.env}: index without share, or share without index`);
    // The Worker of a web app serves files: it holds nothing and reads no clock.
    const isApp = "CAMERA" in d.vars;
    if (isApp && d.databases.length + d.buckets.length + d.objects.length > 0) found.push(`${d.env}: an app with data`);
    if (!isApp && (d.vars.STAGE !== "production" || d.vars.CLOCK !== "system"))
      found.push(`${d.env}: not a production clock`);
    if (d.observed) found.push(`${d.env}: requests are logged`);
    for (const name of Object.keys(d.vars)) if (SECRET.test(name)) found.push(`${d.env}: ${name} in the open`);
  }
  const twice = (what: string, values: string[]): void => {
    for (const v of new Set(values)) if (values.filter((x) => x === v).length > 1) found.push(`${what} ${v} twice`);
  };
  twice(
    "database",
    all.flatMap((d) => d.databaseIds),
  );
  twice(
    "index",
    all.flatMap((d) => (d.vars.TRUSTEE_INDEX === undefined ? [] : [String(d.vars.TRUSTEE_INDEX)])),
  );
  return found;
}

describe("the configuration that is deployed", () => {
  it("has every role apart: identities, records, index, and one share each", () => {
    const all = deployments(TOML);
    expect(all.map((d) => d.env)).toEqual(
      expect.arrayContaining([
        "registrar",
        "service",
        "escrow",
        "log",
        "witness",
        "trustee-1",
        "trustee-2",
        "trustee-3",
      ]),
    );
    expect(violations(all)).toEqual([]);
  });

  const database = (env: string, binding: string, name: string, id: number): string =>
    `\n[[env.${env}.d1_databases]]\nbinding = "${binding}"\ndatabase_name = "${name}"\ndatabase_id = "00000000-0000-0000-0000-00000000000${id}"\n`;
  const doctored: [string, string, RegExp][] = [
    [
      "identities beside records",
      TOML + database("service", "REGISTRAR_DB", "symbolon-registrar", 1),
      /^service: identities and records in one Worker$/,
    ],
    [
      "records beside identities",
      TOML + database("registrar", "RECORDS_DB_0", "x", 9),
      /^registrar: .* in one Worker$/,
    ],
    [
      "identities beside a share",
      TOML + database("trustee-2", "REGISTRAR_DB", "symbolon-registrar", 1),
      /^trustee-2: identities and share in one Worker$/,
    ],
    ["an app with records", TOML + database("desk", "RECORDS_DB_0", "x", 9), /^desk: an app with data$/],
    [
      "a log that is its own witness",
      `${TOML}\n[[env.log.durable_objects.bindings]]\nname = "WITNESS_MEMORY"\nclass_name = "WitnessMemory"\n`,
      /^log: log and the memory of a witness in one Worker$/,
    ],
    [
      "another trustee's vault through a borrowed object",
      `${TOML}\n[[env.trustee-1.durable_objects.bindings]]\nname = "OTHER"\nclass_name = "TrusteeVault"\nscript_name = "symbolon-trustee-2"\n`,
      /^trustee-1: a door into another Worker/,
    ],
    ["one index for two trustees", TOML.replace('TRUSTEE_INDEX = "2"', 'TRUSTEE_INDEX = "1"'), /^index 1 twice$/],
    ["a settable clock", TOML.replace('CLOCK = "system"', 'CLOCK = "settable"'), /not a production clock/],
    [
      "request logs",
      TOML.replace("[env.service.observability]\nenabled = false", "[env.service.observability]\nenabled = true"),
      /^service: requests are logged$/,
    ],
    [
      "a secret among the variables",
      TOML.replace('CLOCK = "system"', 'CLOCK = "system"\nISSUER_SEED = "00"'),
      /in the open/,
    ],
  ];
  for (const [name, toml, what] of doctored)
    it(`control: ${name} is found`, () => {
      expect(toml).not.toBe(TOML);
      expect(violations(deployments(toml))).toEqual(expect.arrayContaining([expect.stringMatching(what)]));
    });
});

// ---- real Workers with such bindings

const hex = "ab".repeat(32);
const url = "http://127.0.0.1:1";
const common = {
  STAGE: "production",
  CLOCK: "system",
  ADMIN_KEY: hex,
  REGISTRAR_KEY: hex,
  LOG_VKEY: makeLogKeys(new Uint8Array(32).fill(7), "symbolon.local/log").vkey,
  REGISTRAR_URL: url,
  SERVICE_URL: url,
  ESCROW_URL: url,
  LOG_URL: url,
  TRUSTEE_URLS: JSON.stringify([url, url, url]),
  TRUSTEE_KEYS: JSON.stringify([hex, hex, hex]),
  LOG_WITNESSES: "[]",
};
interface WorkerShape {
  entry: string;
  bindings: Record<string, string>;
  d1?: string[];
  r2?: string[];
  objects?: Record<string, string>;
  /** the binding of the static files */
  assets?: string;
  weaken?: Weakening[];
  /** rate limits that are bound; all by default */
  limiters?: string[];
}
const service: WorkerShape = {
  entry: "functions/service.ts",
  bindings: { ...common, SIGNING_KEY: hex, TOKEN_KEY: hex, ESCROW_KEY: hex, DOH_URL: `${url}/dns-query` },
  d1: ["RECORDS_DB_0", "RECORDS_DB_1"],
  r2: ["BLOBS"],
  objects: { REPLAY_WINDOW: "ReplayWindow", CLINIC_BELL: "ClinicBell" },
  assets: "ASSETS",
};
const registrar: WorkerShape = {
  entry: "functions/registrar.ts",
  bindings: { ...common, SIGNING_KEY: hex, ISSUER_SEED: hex, FIELD_KEY: hex, INDEX_KEY: hex },
  d1: ["REGISTRAR_DB"],
};
const escrow: WorkerShape = {
  entry: "functions/escrow.ts",
  bindings: { ...common, SIGNING_KEY: hex, SERVICE_WORKER_KEY: hex },
  d1: ["ESCROW_DB"],
  objects: { LINKAGE_ESCROW: "LinkageEscrow" },
};
const trustee: WorkerShape = {
  entry: "functions/trustee.ts",
  bindings: { ...common, OWN_URL: "http://trustee-1.test", ESCROW_KEY: hex, TRUSTEE_INDEX: "1", TRUSTEE_SEED: hex },
  objects: { CEREMONY: "Ceremony", TRUSTEE_VAULT: "TrusteeVault" },
};
const witness: WorkerShape = {
  entry: "functions/witness.ts",
  bindings: { STAGE: "production", CLOCK: "system", LOG_VKEY: common.LOG_VKEY, WITNESS_SIGNING_KEY: `w+${hex}` },
  objects: { WITNESS_MEMORY: "WitnessMemory" },
};
const withD1 = (shape: WorkerShape, ...d1: string[]): WorkerShape => ({ ...shape, d1: [...(shape.d1 ?? []), ...d1] });
const withVars = (shape: WorkerShape, vars: Record<string, string>): WorkerShape => ({
  ...shape,
  bindings: { ...shape.bindings, ...vars },
});
const doorOpen: Weakening[] = [
  { file: "functions/shared/env.ts", find: "if (foreign) throw", replace: "if (false) throw" },
  { file: "functions/shared/env.ts", find: `vars.data.CLOCK === "settable")`, replace: "false)" },
  { file: "functions/shared/env.ts", find: `env.OUTBOUND_LOOPBACK === "1")`, replace: "false)" },
];

const sound: Record<string, WorkerShape> = { service, registrar, escrow, trustee, witness };
const unsound: Record<string, WorkerShape> = {
  "service with the identity database": withD1(service, "REGISTRAR_DB"),
  "service with the escrow's index": withD1(service, "ESCROW_DB"),
  "registrar with a record database": withD1(registrar, "RECORDS_DB_0"),
  "registrar with the blobs": { ...registrar, r2: ["BLOBS"] },
  "escrow with the identity database": withD1(escrow, "REGISTRAR_DB"),
  "trustee with the identity database": withD1(trustee, "REGISTRAR_DB"),
  "trustee with a record database": withD1(trustee, "RECORDS_DB_1"),
  "witness with the identity database": withD1(witness, "REGISTRAR_DB"),
  "witness with a settable clock": withVars(witness, { CLOCK: "settable" }),
  "service with a settable clock": withVars(service, { CLOCK: "settable" }),
  "registrar with a settable clock": withVars(registrar, { CLOCK: "settable" }),
  "service that calls loopback for clinics": withVars(service, { OUTBOUND_LOOPBACK: "1" }),
  "service without a limit by challenge": { ...service, limiters: ["RATE_ADDRESS", "RATE_KEY"] },
  "witness without limits": { ...witness, limiters: [] },
  "service with a short key": withVars(service, { TOKEN_KEY: "ab" }),
};
const weakened: Record<string, WorkerShape> = {
  "identities beside records": { ...unsound["service with the identity database"]!, weaken: doorOpen },
  "calls to loopback": { ...unsound["service that calls loopback for clinics"]!, weaken: doorOpen },
  "settable clock": { ...unsound["service with a settable clock"]!, weaken: doorOpen },
};

let miniflare: Miniflare;
beforeAll(async () => {
  const shapes = Object.entries({ ...sound, ...unsound, ...weakened });
  const workers = await Promise.all(
    shapes.map(async ([name, s]) => ({
      name,
      compatibilityDate: "2026-08-01",
      compatibilityFlags: ["nodejs_compat"],
      modules: [
        { type: "ESModule" as const, path: "worker.mjs", contents: await bundleWorker(s.entry, s.weaken) },
        ...wasmModules(),
      ],
      bindings: s.bindings,
      ratelimits: Object.fromEntries(
        (s.limiters ?? ["RATE_ADDRESS", "RATE_KEY", "RATE_CHALLENGE"]).map((b) => [
          b,
          { namespace_id: `${name} ${b}`, simple: { limit: 1000, period: 60 } },
        ]),
      ),
      ...(s.assets && {
        assets: {
          directory: join(import.meta.dirname, "../../gen/site"),
          binding: s.assets,
          run_worker_first: true,
          routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
        },
      }),
      d1Databases: Object.fromEntries((s.d1 ?? []).map((b) => [b, `${name} ${b}`])),
      r2Buckets: Object.fromEntries((s.r2 ?? []).map((b) => [b, `${name} ${b}`.toLowerCase().replace(/\W/g, "-")])),
      durableObjects: Object.fromEntries(
        Object.entries(s.objects ?? {}).map(([b, className]) => [b, { className, useSQLite: true }]),
      ),
    })),
  );
  miniflare = new Miniflare(convertV4MiniflareOptions({ cf: false, port: 0, workers } as never));
  await miniflare.ready;
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await miniflare?.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

async function ask(name: string, path = "/health") {
  const worker = await miniflare.getWorker(name);
  const response = await worker.fetch(`http://worker${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("a real production Worker", () => {
  it("serves with its own bindings", async () => {
    for (const role of Object.keys(sound))
      expect(await ask(role)).toMatchObject({ status: 200, body: { role, ok: true } });
  });
  for (const name of Object.keys(unsound))
    it(`${name}: answers nothing, and does not say what it holds`, async () => {
      for (const path of ["/health", "/v1/services", "/v1/parameters"]) {
        const { status, body } = await ask(name, path);
        expect([status, body.code]).toEqual([500, "misconfigured"]);
        expect(JSON.stringify(body)).not.toMatch(/REGISTRAR_DB|RECORDS_DB|TOKEN_KEY|abab/);
      }
    });
  it("control: with the check at the door taken out, all serve", async () => {
    for (const name of Object.keys(weakened)) expect((await ask(name)).status).toBe(200);
  });
});
