// Measures the size of each role's Worker and of the wallet's SDK. Bundles are minified by esbuild, as wrangler does, and
// compressed with gzip. The budgets that `npm run check` holds are in scripts/size-budgets.ts.
//
//   Workers   the script and the compiled modules beside it
//   wallet    client/wallet.ts for browsers: the whole SDK of a patient, without WebAssembly

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

async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const role of ROLES) rows.push(await workerRow(role));
  const { first: wallet, later } = await chunksForBrowsers("client/wallet.ts");
  rows.push({
    operation: "bundle of the wallet, compressed",
    unit: "kB",
    p50: kilobytes(gzipBytes(wallet)),
    n: 1,
    note: `${Math.round(kilobytes(wallet.length))} kB minified, no WebAssembly; a report loads ${Math.round(kilobytes(gzipBytes(later)))} kB more`,
  });
  return rows;
}

export const bundleBench: Bench = { name: "bundle", about: "size of every Worker and of the wallet", run };
