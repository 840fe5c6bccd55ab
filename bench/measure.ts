// Timing for the bench: monotonic wall clock, medians, and CPU time as the kernel accounts it.
//
// Machines are noisy and get warm: every measurement runs its warm-up first, what is compared runs in turns (A B A B), and
// only quantiles are told, never means. Worker code cannot time itself (its clock stands still between I/O), so CPU is read
// from /proc: nanoseconds on CPU of every thread of the workerd process. That file system is Linux's.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { World } from "./world.ts";

export type Unit = "ms" | "ms CPU" | "1/s" | "kB" | "MB";

export interface Row {
  /** what was done */
  operation: string;
  unit: Unit;
  /** absent where nothing was measured; the note says why */
  p50?: number;
  p95?: number;
  n: number;
  /** CPU a request, of the workerd process: everything it hosts, also what follows the answer */
  cpuMs?: number;
  /** requests, one after the other */
  perSecond?: number;
  /** our p50 / this row's p50, where it is a peer's */
  oursToPeer?: number;
  note?: string;
}

export interface BenchContext {
  quick: boolean;
  /** repetitions: the first number in a quick run, the second in a full one */
  times(quick: number, full: number): number;
  progress(what: string): void;
  /** the running system: opened by the first bench that asks, one for all of them */
  world(): Promise<World>;
}

export interface Bench {
  /** for --only */
  name: string;
  about: string;
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

/** Milliseconds one call takes, until what it promises is there. */
export async function timed(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** `run` is told the number of its turn, warm-up included, for a fresh input each time. */
export async function samples(n: number, run: (turn: number) => unknown, warmUp = 1): Promise<number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < warmUp + n; turn++) {
    const ms = await timed(() => run(turn));
    if (turn >= warmUp) taken.push(ms);
  }
  return taken;
}

export interface Load {
  /** ms a request */
  wall: number[];
  /** a request, while so many were under way; see Row */
  cpuMs: number | undefined;
  perSecond: number;
}

/** n requests over so many connections; what they need is in their queue already. */
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

/** `run` n times, one after the other, after a warm-up, as a row. */
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

/** Each in turn, n times after a warm-up: what slows the machine for a while slows all of them. */
export async function inTurns(n: number, runs: readonly (() => unknown)[], warmUp = 1): Promise<number[][]> {
  const taken = runs.map((): number[] => []);
  for (let turn = 0; turn < warmUp + n; turn++)
    for (const [i, run] of runs.entries()) {
      const ms = await timed(run);
      if (turn >= warmUp) taken[i]!.push(ms);
    }
  return taken;
}

// ---- CPU

export const NO_CPU_ACCOUNTING = "needs Linux: /proc";
export const hasCpuAccounting = (): boolean => existsSync("/proc/self/task");

const fieldsOf = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return []; // it has ended meanwhile
  }
};

/** This process's children that run workerd; none where there is no /proc. */
export function workerdPids(): number[] {
  if (!hasCpuAccounting()) return [];
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && fieldsOf(pid)[1] === String(process.pid))
    .filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"))
    .map(Number);
}

/** Milliseconds on CPU of all threads of a process, since its start. */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // the thread has ended meanwhile
    }
  }
  return nanoseconds / 1e6;
}

const QUIET_MS_CPU = 1;
const QUIET_INTERVAL_MS = 40;
const QUIET_TRIES = 125;

/** Waits until a process has little left to do, as work after an answer (waitUntil, alarms), and tells its CPU time. */
export async function settledCpuMs(pid: number): Promise<number> {
  let last = cpuMs(pid);
  for (let i = 0; i < QUIET_TRIES; i++) {
    await new Promise((done) => setTimeout(done, QUIET_INTERVAL_MS));
    const now = cpuMs(pid);
    if (now - last < QUIET_MS_CPU) return now;
    last = now;
  }
  return last;
}

// ---- memory

/** How far a process's resident memory rises above what it held before, in MB. Linux resets the peak for whoever asks. */
export async function peakMemoryMb(pid: number, run: () => Promise<unknown>): Promise<number> {
  const held = (what: "VmRSS" | "VmHWM"): number =>
    Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1000;
  const before = held("VmRSS");
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await run();
  return held("VmHWM") - before;
}
