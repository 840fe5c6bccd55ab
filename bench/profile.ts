// npm run bench:profile -- [--isolate NAME] [--count N]
// Shows which functions use the CPU time of a check-in.
//
// It profiles one isolate of workerd through the inspector while check-ins arrive one after the other. It prints ms per
// check-in for each function: alone, and with all functions that it calls. Isolates: core:user:service (the Worker and its
// objects), core:user:escrow, d1:db (D1's stand-in). It profiles one isolate per run, because several profilers in one
// process disturb each other. The profiler raises the figures by some tenths. They do not include native code (SQLite, sockets).

import { parseArgs } from "node:util";
import { heldCheckIns, sendHeld } from "./held-check-ins.ts";
import { attachTo } from "./inspector.ts";
import { settledCpuMs } from "./processes.ts";
import { wakeObjects } from "./session-objects.ts";
import { openClinic, openWorld } from "./world.ts";

const INTERVAL_US = 500;
const WARM_UP = 24;
const SHOWN = 40;

interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** ms per function: alone, and with all functions that it calls. */
function times({ nodes, samples, timeDeltas }: Profile) {
  const name = new Map(
    nodes.map(({ id, callFrame: f }) => [id, `${f.functionName || "(anonymous)"} ${f.url.split("/").at(-1)}`]),
  );
  const parent = new Map(nodes.flatMap((n) => (n.children ?? []).map((child) => [child, n.id] as const)));
  const [self, total] = [new Map<string, number>(), new Map<string, number>()];
  samples.forEach((node, i) => {
    if (/^\((idle|root)\)/.test(name.get(node)!)) return;
    // The first sample after a pause includes the pause.
    const ms = Math.min(timeDeltas[i]!, INTERVAL_US) / 1000;
    const add = (to: Map<string, number>, what: string) => to.set(what, (to.get(what) ?? 0) + ms);
    add(self, name.get(node)!);
    const stack = new Set<string>();
    for (let at: number | undefined = node; at !== undefined; at = parent.get(at)) stack.add(name.get(at)!);
    for (const what of stack) add(total, what);
  });
  return { self, total };
}

const USAGE = `npm run bench:profile -- [options]
Shows which functions use the CPU time of a check-in, in ms per check-in.

  --isolate NAME  core:user:service (default), core:user:escrow, d1:db
  --count N       number of check-ins to measure (default 80)
  --help          print this text`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean" },
    isolate: { type: "string", default: "core:user:service" },
    count: { type: "string", default: "80" },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const count = Number(values.count);
const { practice, workerdPid } = await openWorld(() => {}, { inspectorPort: 0 });
if (workerdPid === undefined) throw new Error("needs Linux: /proc");
const clinic = await openClinic(practice, "Profiled clinic");
const held = await heldCheckIns(practice, clinic, WARM_UP + 2 * count);
for (const one of held.splice(0, WARM_UP)) await sendHeld(practice, one);

async function cpuOf(checkIns: typeof held): Promise<number> {
  await wakeObjects(practice);
  const before = await settledCpuMs(workerdPid!);
  for (const one of checkIns) await sendHeld(practice, one);
  return ((await settledCpuMs(workerdPid!)) - before) / checkIns.length;
}
console.log(`${(await cpuOf(held.splice(0, count))).toFixed(1)} ms of CPU per check-in, all threads and isolates`);
const { ask } = await attachTo(practice.host, values.isolate);
await ask("Profiler.enable");
await ask("Profiler.setSamplingInterval", { interval: INTERVAL_US });
await ask("Profiler.start");
console.log(`${(await cpuOf(held)).toFixed(1)} ms while profiled`);
const { profile } = await ask<{ profile: Profile }>("Profiler.stop");
for (const [title, by] of Object.entries(times(profile))) {
  console.log(`\n${values.isolate}, ${title}, ms per check-in`);
  for (const [what, ms] of [...by].sort((a, b) => b[1] - a[1]).slice(0, SHOWN))
    console.log(`${(ms / held.length).toFixed(2).padStart(8)}  ${what}`);
}
await practice.stop();
process.exit(0);
