// Measures verification inside workerd, in CPU time as the kernel accounts it. A Worker's own clock stands still, and
// Cloudflare bills CPU time. Each sample is the time of one request that verifies several presentations, minus the time of a
// request that verifies none.

import { bundleWorker } from "../local/bundles.ts";
import { startLoneWorker } from "./lone-worker.ts";
import { type Bench, type BenchContext, type Row, row } from "./measure.ts";
import { cpuMs, hasCpuAccounting, NO_CPU_ACCOUNTING } from "./processes.ts";

const BATCH = 64;
const SINGLES_PER_REQUEST = 8;
const WARM_UP_SINGLES = 60;

async function run(context: BenchContext): Promise<Row[]> {
  const titles = ["verify one presentation, in workerd", `batch of ${BATCH}, each, in workerd`] as const;
  if (!hasCpuAccounting())
    return titles.map((operation) => ({ operation, unit: "ms CPU", n: 0, note: NO_CPU_ACCOUNTING }));
  context.progress("verification in workerd");
  const { url, pid, stop } = await startLoneWorker(await bundleWorker("bench/verify-worker.ts"));
  try {
    const cpuOf = async (query: string): Promise<number> => {
      const before = cpuMs(pid);
      const answer = await fetch(new URL(`/?${query}`, url));
      if ((await answer.text()) !== "good") throw new Error("refused in the middle of the bench");
      return cpuMs(pid) - before;
    };
    await cpuOf(`single=${WARM_UP_SINGLES}`);
    await cpuOf("batch=1");
    const nothing: number[] = [];
    const single: number[] = [];
    const batch: number[] = [];
    for (let i = 0; i < context.times(6, 30); i++) {
      nothing.push(await cpuOf("single=0"));
      single.push(await cpuOf(`single=${SINGLES_PER_REQUEST}`));
      if (i % 3 === 0) batch.push(await cpuOf("batch=1"));
    }
    const idle = nothing.sort((a, b) => a - b)[nothing.length >> 1]!;
    const each = (taken: readonly number[], count: number) => taken.map((ms) => (ms - idle) / count);
    return [
      row(titles[0], each(single, SINGLES_PER_REQUEST), "the whole statement: 7 points, 9 scalars, pairing", "ms CPU"),
      row(titles[1], each(batch, BATCH), "one sum per group, one pairing product", "ms CPU"),
    ];
  } finally {
    await stop();
  }
}

export const verifyEdgeBench: Bench = { name: "verify-edge", about: "verification in workerd, in CPU time", run };
