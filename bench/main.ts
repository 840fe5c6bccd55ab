// npm run bench -- [--quick] [--only NAME]... [--json FILE] [--page FILE]
// Runs all benches one after the other and prints one table. Figures of other implementations stand beside ours.

import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { appsBench } from "./apps.ts";
import { browserBench } from "./browser.ts";
import { bundleBench } from "./bundle.ts";
import { checkInBenches } from "./check-ins.ts";
import { cliBench } from "./cli.ts";
import { dearRequestsBench } from "./dear-requests.ts";
import { gatewayBench } from "./gateway.ts";
import { httpBenches } from "./http.ts";
import { linkShareBench } from "./link-arithmetic.ts";
import { LONG_HISTORY_MONTHS, linkingBenches } from "./linking.ts";
import { type Bench, type BenchContext, progress, type Row } from "./measure.ts";
import { memoryBench } from "./memory.ts";
import { installPeers, peersBench } from "./peers.ts";
import { protocolBenches } from "./protocol.ts";
import { recordsBench } from "./records.ts";
import { startupBench } from "./startup.ts";
import { intoPage, machine, markdownOf, tableOf } from "./table.ts";
import { verifyEdgeBench } from "./verify-edge.ts";
import { openWorld, type World } from "./world.ts";

/** Benches that share one running system, which is opened before the first bench runs. */
const IN_THE_WORLD: readonly Bench[] = [...checkInBenches, ...linkingBenches, ...httpBenches];
const BENCHES: readonly Bench[] = [
  ...protocolBenches,
  verifyEdgeBench,
  peersBench,
  bundleBench,
  linkShareBench,
  browserBench,
  appsBench,
  recordsBench,
  ...IN_THE_WORLD,
  memoryBench,
  gatewayBench,
  startupBench,
  cliBench,
  dearRequestsBench,
];
/** A quick run starts no further bench after this time, so it also ends on a busy machine. Its table names what it left out. */
const QUICK_RUN_SECONDS = 105;

const USAGE = `npm run bench -- [options]
Measures the system and prints one table.

  --quick       few repetitions and small inputs; ends within two minutes
  --only NAME   run only this bench; may be repeated
  --json FILE   also write the figures as JSON
  --page FILE   write the table into a page such as docs/PERFORMANCE.md, between its marks
  --help        print this text

NAME is one of:
${BENCHES.map((b) => `  ${b.name.padEnd(12)}${b.about}`).join("\n")}`;

class UsageError extends Error {}

function options() {
  let values: { quick?: boolean; only?: string[]; json?: string; page?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        quick: { type: "boolean" },
        only: { type: "string", multiple: true },
        json: { type: "string" },
        page: { type: "string" },
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const names = BENCHES.map((b) => b.name);
  const unknown = values.only?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--only ${unknown}: there is no such bench; choose one of ${names.join(", ")}`);
  if (values.json !== undefined && !existsSync(dirname(resolve(values.json))))
    throw new UsageError(`--json ${values.json}: its directory does not exist`);
  if (values.page !== undefined && !existsSync(values.page))
    throw new UsageError(`--page ${values.page}: there is no such page`);
  return {
    quick: values.quick ?? false,
    benches: BENCHES.filter((b) => values.only?.includes(b.name) ?? !b.onlyByName),
    chosen: values.only !== undefined,
    json: values.json,
    page: values.page,
  };
}

async function main(): Promise<number> {
  const { quick, benches, chosen, json, page } = options();
  const on = machine();
  let world: Promise<World> | undefined;
  const context: BenchContext = {
    quick,
    times: (few, many) => (quick ? few : many),
    progress,
    world: () => {
      world ??= openWorld(progress, { trusteesApart: true, earlierMonths: quick ? 0 : LONG_HISTORY_MONTHS });
      return world;
    },
  };
  const rows: Row[] = [];
  const seconds: Record<string, number> = {};
  const since = (begun: number): number => Math.round((performance.now() - begun) / 100) / 10;
  let failures = 0;
  try {
    // Both run at once, before anything is measured. If one fails, the bench that needs it reports the error.
    await Promise.allSettled([
      benches.some((b) => IN_THE_WORLD.includes(b) || b === startupBench) && context.world(),
      benches.includes(peersBench) && installPeers(),
    ]);
    seconds.prepare = since(0);
    for (const bench of benches) {
      if (quick && !chosen && performance.now() > QUICK_RUN_SECONDS * 1000) {
        rows.push({
          operation: bench.name,
          unit: "ms",
          n: 0,
          note: `left out for lack of time; run it with --only ${bench.name}`,
        });
        continue;
      }
      const begun = performance.now();
      try {
        rows.push(...(await bench.run(context)));
      } catch (error) {
        failures++;
        rows.push({ operation: bench.name, unit: "ms", n: 0, note: `failed: ${(error as Error).message}` });
      }
      seconds[bench.name] = since(begun);
    }
  } finally {
    progress("");
    await world?.then(
      (w) => w.practice.stop(),
      () => {}, // the bench that opened it has reported this
    );
  }
  console.log(tableOf(rows, on));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ quick, machine: on, seconds, rows }, null, 2)}\n`);
  if (page !== undefined) intoPage(page, "npm run bench", markdownOf(rows, on));
  return failures === 0 ? 0 : 1;
}

try {
  // Exit explicitly, because a peer's WebAssembly or a closed connection can keep the process alive.
  process.exit(await main());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
