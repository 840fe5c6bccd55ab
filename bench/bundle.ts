// Measures the size of each role's Worker and of each door of the SDK. Bundles are minified by esbuild, as wrangler does, and
// compressed with gzip. The budgets that `npm run check` holds are in scripts/size-budgets.ts.
//
//   Workers   the script and the compiled modules beside it
//   doors     each subpath of the package for browsers, with everything that it exports: all that loads at the start, and
//             the parts that load when they are asked for

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";
import { bundleWorker, chunksForBrowsers, wasmModules } from "../local/bundles.ts";
import { gzipBytes } from "../scripts/size-budgets.ts";
import type { Bench, Row } from "./measure.ts";

const ROLES = ["registrar", "service", "escrow", "log", "trustee-1"] as const;
const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const kilobytes = (bytes: number): number => bytes / 1000;

async function workerRow(role: string): Promise<Row> {
  const { main } = unstable_readConfig({ config: path("wrangler.toml"), env: role }, { hideWarnings: true });
  const script = await bundleWorker(main!);
  const modules = wasmModules().filter((m) => script.includes(m.path));
  const wasm = modules.reduce((sum, m) => sum + gzipBytes(m.contents), 0);
  const note = `script ${Math.round(kilobytes(script.length))} kB, ${Math.round(kilobytes(gzipBytes(script)))} compressed`;
  return {
    operation: `bundle of ${role.replace(/-1$/, "")}, compressed`,
    unit: "kB",
    p50: kilobytes(gzipBytes(script) + wasm),
    n: 1,
    note: wasm === 0 ? note : `${note}; .wasm ${Math.round(kilobytes(wasm))} compressed`,
  };
}

async function doorRow(subpath: string, source: string): Promise<Row> {
  const { first, later } = await chunksForBrowsers(source.replace(/^\.\//, ""));
  const minified = `${Math.round(kilobytes(first.length))} kB minified, no WebAssembly`;
  return {
    operation: `bundle of symbolon${subpath.slice(1)}, compressed`,
    unit: "kB",
    p50: kilobytes(gzipBytes(first)),
    n: 1,
    note:
      later.length < 1000
        ? minified
        : `${minified}; records and reports load ${Math.round(kilobytes(gzipBytes(later)))} kB more`,
  };
}

async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const role of ROLES) rows.push(await workerRow(role));
  const { exports }: { exports: Record<string, string> } = JSON.parse(readFileSync(path("package.json"), "utf8"));
  for (const [subpath, source] of Object.entries(exports)) rows.push(await doorRow(subpath, source));
  return rows;
}

export const bundleBench: Bench = {
  name: "bundle",
  about: "size of every Worker and of every door of the package",
  run,
};
