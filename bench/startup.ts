// Measures the CPU time of starting a Worker. A fresh workerd starts one role's Worker until it listens. The time of an empty
// Worker with the same bindings and Durable Object classes is subtracted. The difference is compiling the bundle and running
// its top level.
//
// A second row measures the first request, also above the empty Worker's. It asks for a path that does not exist: the Worker
// checks the bindings, the app finds no route, and answers a problem document.

import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";
import { bundleWorker } from "../local/bundles.ts";
import { startLoneWorker } from "./lone-worker.ts";
import { type Bench, type BenchContext, quantile, type Row, row } from "./measure.ts";
import { hasCpuAccounting, NO_CPU_ACCOUNTING, settledCpuMs } from "./processes.ts";

/** role names as in wrangler.toml and on the local host */
const ROLES = ["registrar", "service", "escrow", "log", "trustee-1"] as const;
const CONFIG = fileURLToPath(new URL("../wrangler.toml", import.meta.url));

/** the part of wrangler's configuration that this bench reads */
interface Config {
  main?: string;
  compatibility_date?: string;
  compatibility_flags: string[];
  d1_databases: { binding: string; database_name?: string }[];
  r2_buckets: { binding: string; bucket_name?: string }[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
}
const configOf = (role: string): Config =>
  unstable_readConfig({ config: CONFIG, env: role }, { hideWarnings: true }) as Config;

const emptyWorker = (config: Config): string =>
  [
    'import { DurableObject } from "cloudflare:workers";',
    ...config.durable_objects.bindings.map((d) => `export class ${d.class_name} extends DurableObject {}`),
    'export default { fetch: () => new Response("", { status: 404 }) };',
  ].join("\n");

interface Start {
  /** ms until it listens; by then workerd has run the script's top level */
  startMs: number;
  firstRequestMs: number;
}
/** CPU time of a workerd process that runs only this script. */
async function startCpu(config: Config, script: string, bindings: Record<string, string>): Promise<Start> {
  const { url, pid, stop } = await startLoneWorker(script, {
    compatibilityDate: config.compatibility_date!,
    compatibilityFlags: config.compatibility_flags,
    bindings,
    d1Databases: Object.fromEntries(config.d1_databases.map((d) => [d.binding, d.database_name!])),
    r2Buckets: Object.fromEntries(config.r2_buckets.map((b) => [b.binding, b.bucket_name!])),
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map((d) => [d.name, { className: d.class_name, useSQLite: true }]),
    ),
  });
  try {
    const startMs = await settledCpuMs(pid);
    const answer = await fetch(new URL("/bench-there-is-nothing-here", url));
    await answer.arrayBuffer();
    if (answer.status !== 404) throw new Error(`the first request got ${answer.status} instead of 404`);
    return { startMs, firstRequestMs: (await settledCpuMs(pid)) - startMs };
  } finally {
    await stop();
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  if (!hasCpuAccounting())
    return ROLES.map((role) => ({ operation: `start-up of ${role}`, unit: "ms CPU", n: 0, note: NO_CPU_ACCOUNTING }));
  const { practice } = await context.world();
  const rows: Row[] = [];
  for (const role of ROLES) {
    context.progress(`start-up of ${role}`);
    const config = configOf(role);
    const bindings = practice.host.bindings[role]!;
    const script = await bundleWorker(config.main!);
    const [empty, own]: [Start[], Start[]] = [[], []];
    for (let i = 0; i < context.times(3, 9); i++) {
      empty.push(await startCpu(config, emptyWorker(config), bindings));
      own.push(await startCpu(config, script, bindings));
    }
    const above = (part: keyof Start, what: string): Row => {
      const baseline = quantile(
        empty.map((s) => s[part]),
        0.5,
      );
      const samples = own.map((s) => s[part] - baseline);
      return row(what, samples, `above an empty Worker's ${baseline.toFixed(0)} ms`, "ms CPU");
    };
    const name = role.replace(/-1$/, "");
    rows.push(above("startMs", `start-up of ${name}`), above("firstRequestMs", `first request to ${name}`));
  }
  return rows;
}

export const startupBench: Bench = { name: "start-up", about: "CPU time of starting each role's Worker", run };
