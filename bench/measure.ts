// Timing for the bench, and the interface of every bench.
//
// Machines are noisy and get warm. So every measurement runs a warm-up first, things that are compared run in alternation
// (A B A B), and results are quantiles, never means. Worker code cannot time itself, because its clock stands still between
// I/O. So CPU time is read from the kernel (processes.ts).

import { settledCpuMs } from "./processes.ts";
import type { World } from "./world.ts";

export type Unit = "ms" | "ms CPU" | "1/s" | "kB" | "MB";

export interface Row {
  /** the measured action, as the table names it */
  operation: string;
  unit: Unit;
  /** absent if nothing was measured; the note says why */
  p50?: number;
  p95?: number;
  n: number;
  /** CPU per request in ms, of the whole workerd process: all Workers it hosts, and the work after the answer */
  cpuMs?: number;
  /** requests per second, one after the other */
  perSecond?: number;
  /** our p50 / this row's p50; only in the row of another implementation */
  oursToPeer?: number;
  note?: string;
}

export interface BenchContext {
  quick: boolean;
  /** repetitions: the first number in a quick run, the second in a full one */
  times(quick: number, full: number): number;
  progress(what: string): void;
  /** the running system; the first call opens it, and all benches share it */
  world(): Promise<World>;
}

export interface Bench {
  /** for --only */
  name: string;
  about: string;
  /** runs only if it is asked for by name */
  onlyByName?: boolean;
  run(context: BenchContext): Promise<Row[]>;
}

/** Quantile by linear interpolation between the two nearest samples. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

export const summary = (samples: readonly number[]) => ({
  p50: quantile(samples, 0.5),
  p95: quantile(samples, 0.95),
  n: samples.length,
});

export const row = (operation: string, samples: readonly number[], note?: string, unit: Unit = "ms"): Row => ({
  operation,
  unit,
  ...summary(samples),
  ...(note === undefined ? {} : { note }),
});

/** Shows the current step on a line that the next step replaces. Without a terminal it prints nothing. */
export function progress(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${step}`);
}

/** Milliseconds until the call has returned and its promise has resolved. */
export async function timed(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Times of `n` calls in ms, after the warm-up. `run` gets the number of its turn, warm-up included, to choose a fresh input. */
export async function samples(n: number, run: (turn: number) => unknown, warmUp = 1): Promise<number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < warmUp + n; turn++) {
    const ms = await timed(() => run(turn));
    if (turn >= warmUp) taken.push(ms);
  }
  return taken;
}

export interface Load {
  /** ms per request */
  wall: number[];
  /** ms per request, while all connections were busy; see Row */
  cpuMs: number | undefined;
  perSecond: number;
}

/** Sends all requests of the queue over some connections. Everything that a request needs was prepared before. */
export async function load(
  pid: number | undefined,
  queue: readonly (() => Promise<unknown>)[],
  connections = 1,
): Promise<Load> {
  const waiting = [...queue];
  const wall: number[] = [];
  const connection = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) wall.push(await timed(run));
  };
  const before = pid === undefined ? 0 : await settledCpuMs(pid);
  const ms = await timed(() => Promise.all(Array.from({ length: connections }, connection)));
  const cpu = pid === undefined ? undefined : ((await settledCpuMs(pid)) - before) / queue.length;
  return { wall, cpuMs: cpu, perSecond: (queue.length / ms) * 1000 };
}

/** The row of `n` calls, one after the other, after one warm-up call. */
export async function requestRow(
  pid: number | undefined,
  operation: string,
  n: number,
  run: (turn: number) => Promise<unknown>,
  note?: string,
): Promise<Row> {
  await run(0);
  const { wall, cpuMs, perSecond } = await load(
    pid,
    Array.from({ length: n }, (_, i) => () => run(i + 1)),
  );
  return { ...row(operation, wall, note), perSecond, ...(cpuMs === undefined ? {} : { cpuMs }) };
}

/** Times of all runs, which alternate `n` times after a warm-up. So a slow phase of the machine slows all of them alike. */
export async function inTurns(n: number, runs: readonly (() => unknown)[], warmUp = 1): Promise<number[][]> {
  const taken = runs.map((): number[] => []);
  for (let turn = 0; turn < warmUp + n; turn++)
    for (const [i, run] of runs.entries()) {
      const ms = await timed(run);
      if (turn >= warmUp) taken[i]!.push(ms);
    }
  return taken;
}
