// CPU time and memory of workerd processes, as the kernel accounts them.
//
// CPU time comes from /proc: the nanoseconds on CPU of every thread of a process. Only Linux has that file system.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

export const NO_CPU_ACCOUNTING = "needs Linux: /proc";
export const hasCpuAccounting = (): boolean => existsSync("/proc/self/task");

const fieldsOf = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return []; // the process has ended meanwhile
  }
};

/** Process ids of this process's children that run workerd. Empty if there is no /proc. */
export function workerdPids(): number[] {
  if (!hasCpuAccounting()) return [];
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && fieldsOf(pid)[1] === String(process.pid))
    .filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"))
    .map(Number);
}

/** Milliseconds on CPU of all threads of a process, since each thread started. */
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

/** CPU time in ms, once the process is nearly idle. So work after an answer (waitUntil, alarms) is counted. */
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

/** Rise of the resident memory while `run` runs, from before it to its peak, in MB. Linux resets the peak on request. */
export async function peakMemoryMb(pid: number, run: () => Promise<unknown>): Promise<number> {
  const held = (what: "VmRSS" | "VmHWM"): number =>
    Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1000;
  const before = held("VmRSS");
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  await run();
  return held("VmHWM") - before;
}
