// What starting a Worker costs: CPU of a fresh workerd with one role's Worker until it listens, minus that of an empty
// Worker with the same bindings and Durable Object classes. What is left is compiling and running the bundle's top level.
// Apart from it, what the first request costs, beyond the empty Worker's: to a path that does not exist, so the bindings
// are checked, the app finds no route, and answers a problem document.

import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { bundleWorker, wasmModules } from "../demo/host.ts";
import {
  type Bench,
  type BenchContext,
  hasCpuAccounting,
  NO_CPU_ACCOUNTING,
  quantile,
  type Row,
  row,
  settledCpuMs,
  workerdPids,
} from "./measure.ts";

/** names as in wrangler.toml and on the local host */
const ROLES = ["registrar", "service", "escrow", "log", "trustee-1"] as const;
const CONFIG = fileURLToPath(new URL("../wrangler.toml", import.meta.url));

/** what is read of wrangler's */
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
  /** until it listens: workerd has run the script's top level by then */
  startMs: number;
  firstRequestMs: number;
}
/** CPU of a workerd process that runs this script alone. */
async function startCpu(config: Config, script: string, bindings: Record<string, string>): Promise<Start> {
  const others = new Set(workerdPids());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      port: 0,
      workers: [
        {
          name: "one",
          compatibilityDate: config.compatibility_date!,
          compatibilityFlags: config.compatibility_flags,
          modules: [{ type: "ESModule" as const, path: "one.mjs", contents: script }, ...wasmModules()],
          bindings,
          d1Databases: Object.fromEntries(config.d1_databases.map((d) => [d.binding, d.database_name!])),
          r2Buckets: Object.fromEntries(config.r2_buckets.map((b) => [b.binding, b.bucket_name!])),
          durableObjects: Object.fromEntries(
            config.durable_objects.bindings.map((d) => [d.name, { className: d.class_name, useSQLite: true }]),
          ),
        },
      ],
    } as never),
  );
  try {
    const url = await miniflare.ready;
    const pid = workerdPids().find((p) => !others.has(p));
    if (pid === undefined) throw new Error("no workerd process was found");
    const startMs = await settledCpuMs(pid);
    const answer = await fetch(new URL("/bench-there-is-nothing-here", url));
    await answer.arrayBuffer();
    if (answer.status !== 404) throw new Error(`the first request was answered ${answer.status}, not 404`);
    return { startMs, firstRequestMs: (await settledCpuMs(pid)) - startMs };
  } finally {
    await miniflare.dispose();
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

export const startupBench: Bench = { name: "start-up", about: "CPU of starting each role's Worker", run };
