// Measures check-ins over HTTP: the cost of one, and the rate per second with one workerd process and with two. A process
// hosts all roles and the storage, and works on one thread. The SDK that sends the check-ins uses the machine's other core.

import { type HeldCheckIn, heldCheckIns, sendHeld } from "./held-check-ins.ts";
import { type Bench, type BenchContext, type Load, load, type Row, row, summary } from "./measure.ts";
import { NO_CPU_ACCOUNTING } from "./processes.ts";
import { wakeObjects } from "./session-objects.ts";
import { openClinic, openWorld, type World } from "./world.ts";

/** check-ins until V8 has optimised the WebAssembly */
const WARM_UP = 48;
const CONNECTIONS = 8;

const warm = new WeakSet<World["practice"]>();
async function prepared(context: BenchContext, { practice }: World, count: number): Promise<HeldCheckIn[]> {
  const clinic = await openClinic(practice, "Bench clinic");
  context.progress("preparing check-ins");
  const cold = warm.has(practice) ? 0 : WARM_UP;
  warm.add(practice);
  const held = await heldCheckIns(practice, clinic, cold + count);
  await wakeObjects(practice);
  const warmUp = held.splice(0, cold).map((one) => () => sendHeld(practice, one));
  await load(undefined, warmUp, CONNECTIONS);
  return held;
}
const requests = ({ practice }: World, held: readonly HeldCheckIn[]) =>
  held.map((one) => () => sendHeld(practice, one));

async function checkInRows(context: BenchContext): Promise<Row[]> {
  const world = await context.world();
  const [rounds, each] = [context.times(1, 6), 16];
  const held = await prepared(context, world, rounds * each);
  const loads: Load[] = [];
  for (let round = 0; round < rounds; round++) {
    await wakeObjects(world.practice);
    context.progress("check-ins one after the other");
    loads.push(await load(world.workerdPid, requests(world, held.splice(0, each))));
  }
  const operation = "check-in over HTTP";
  const { cpuMs, p50: perSecond } = rateRow(operation, loads, "");
  const wall = loads.flatMap((l) => l.wall);
  const note = "whole request: verify, Durable Object, D1, signed receipt; CPU: all roles and the storage";
  return [{ ...row(operation, wall, cpuMs === undefined ? NO_CPU_ACCOUNTING : note), cpuMs, perSecond }];
}

const median = (of: readonly number[]): number => summary(of).p50;
function rateRow(operation: string, loads: readonly Load[], note: string): Row {
  const cpu = loads.flatMap((l) => (l.cpuMs === undefined ? [] : [l.cpuMs]));
  const rates = loads.map((l) => l.perSecond);
  return {
    operation,
    unit: "1/s",
    p50: median(rates),
    n: loads.length,
    ...(cpu.length > 0 && { cpuMs: median(cpu) }),
    note,
  };
}

async function throughputRows(context: BenchContext): Promise<Row[]> {
  const [rounds, each] = [context.times(2, 5), context.times(32, 96)];
  const first = await context.world();
  context.progress("starting a second region");
  const second = await openWorld(context.progress);
  try {
    const ofFirst = await prepared(context, first, 2 * rounds * each);
    const ofSecond = await prepared(context, second, rounds * each);
    const [one, two]: [Load[], Load[]] = [[], []];
    // The rounds alternate, so a slow phase of the machine slows both.
    for (let round = 0; round < rounds; round++) {
      for (const { practice } of [first, second]) await wakeObjects(practice);
      context.progress(`check-ins over ${CONNECTIONS} connections`);
      one.push(await load(first.workerdPid, requests(first, ofFirst.splice(0, each)), CONNECTIONS));
      context.progress("check-ins with two processes");
      const pair = [
        load(first.workerdPid, requests(first, ofFirst.splice(0, each)), CONNECTIONS),
        load(second.workerdPid, requests(second, ofSecond.splice(0, each)), CONNECTIONS),
      ];
      const [a, b] = (await Promise.all(pair)) as [Load, Load];
      two.push({
        wall: [],
        cpuMs: a.cpuMs === undefined || b.cpuMs === undefined ? undefined : (a.cpuMs + b.cpuMs) / 2,
        perSecond: a.perSecond + b.perSecond,
      });
    }
    return [
      rateRow("check-ins a second", one, `one workerd process, ${CONNECTIONS} connections; n rounds of ${each}`),
      rateRow(
        "check-ins a second, two processes",
        two,
        "one region per process, with its own D1 and objects, as two operators would run; they share only the machine",
      ),
    ];
  } finally {
    await second.practice.stop();
  }
}

export const checkInBenches: readonly Bench[] = [
  { name: "check-in", about: "check-ins over HTTP, and their CPU time", run: checkInRows },
  { name: "throughput", about: "check-ins per second with one workerd process, and with two", run: throughputRows },
];
