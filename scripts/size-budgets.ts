// Holds the bundle sizes that a user or an operator pays for: the service's Worker and the wallet's SDK.
// `npm run check` calls it. It prints each size beside its budget, and exits with 1 if a size is over its budget.
//
//   service Worker   functions/service.ts, minified as `wrangler deploy` does; the .wasm module beside it is not counted
//   wallet SDK       symbolon/wallet for browsers, minified, without WebAssembly: all that loads before the first report.
//                    The parts that open records and read FHIR load when they are asked for
//
// A budget is about 5 % above the size at the time it was set. If a size grows for a good reason, raise its budget in the
// commit that makes it grow. If a size shrinks, lower the budget.

import { constants, gzipSync } from "node:zlib";
import { bundleWorker, chunksForBrowsers } from "../local/bundles.ts";

interface Budget {
  name: string;
  bundle(): Promise<string>;
  minifiedBytes: number;
  gzipBytes: number;
}
const BUDGETS: readonly Budget[] = [
  {
    name: "service Worker",
    bundle: () => bundleWorker("functions/service.ts"),
    minifiedBytes: 518_500,
    gzipBytes: 175_700,
  },
  {
    name: "wallet SDK",
    bundle: async () => (await chunksForBrowsers("client/doors/wallet.ts")).first,
    minifiedBytes: 324_000,
    gzipBytes: 120_000,
  },
];

/** Bytes after the strongest gzip compression. */
export const gzipBytes = (data: string | Uint8Array): number =>
  gzipSync(data, { level: constants.Z_BEST_COMPRESSION }).length;

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;

async function main(): Promise<void> {
  for (const { name, bundle, ...budget } of BUDGETS) {
    const script = await bundle();
    const size = { minifiedBytes: Buffer.byteLength(script), gzipBytes: gzipBytes(script) };
    for (const measure of ["minifiedBytes", "gzipBytes"] as const) {
      const isOver = size[measure] > budget[measure];
      const label = `${name}, ${measure === "gzipBytes" ? "gzip" : "minified"}`;
      const line = `${label.padEnd(26)}${kilobytes(size[measure])} of ${kilobytes(budget[measure])}`;
      console.log(isOver ? `${line}  over budget` : line);
      if (isOver) process.exitCode = 1;
    }
  }
}

if (import.meta.main) await main();
