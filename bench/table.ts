// The bench's one table, and what it ran on.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import type { Row } from "./measure.ts";

export interface Machine {
  cpu: string;
  cores: number;
  /** runnable processes over the last minute, at the start: a busy machine measures others' work too */
  load: number;
  node: string;
  workerd: string;
  date: string;
}

function workerdVersion(): string {
  try {
    // workerd is miniflare's dependency: it is looked for from there
    const require = createRequire(createRequire(import.meta.url).resolve("miniflare"));
    return (JSON.parse(readFileSync(require.resolve("workerd/package.json"), "utf8")) as { version: string }).version;
  } catch {
    return "unknown";
  }
}

export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    load: loadavg()[0]!,
    node: process.versions.node,
    workerd: workerdVersion(),
    date: new Date().toISOString(),
  };
}

const figure = (x: number | undefined): string =>
  x === undefined ? "-" : x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);

export function tableOf(rows: readonly Row[], on: Machine): string {
  const head = ["operation", "p50", "p95", "unit", "n", "CPU ms", "1/s", "ours/peer", "note"];
  const lines = rows.map((r) => [
    r.operation,
    figure(r.p50),
    figure(r.p95),
    r.unit,
    String(r.n),
    r.cpuMs === undefined ? "" : figure(r.cpuMs),
    r.perSecond === undefined ? "" : figure(r.perSecond),
    r.oursToPeer === undefined ? "" : `${r.oursToPeer.toFixed(2)}x`,
    r.note ?? "",
  ]);
  const widths = head.map((_, c) => Math.max(...[head, ...lines].map((cells) => cells[c]!.length)));
  const numeric = new Set([1, 2, 4, 5, 6, 7]);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => (numeric.has(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join("  ")
      .trimEnd();
  return [
    line(head),
    line(widths.map((w) => "-".repeat(w))),
    ...lines.map(line),
    "",
    `${on.cpu}, ${on.cores} cores, load ${on.load.toFixed(1)} at the start; Node ${on.node}, workerd ${on.workerd}; ${on.date}`,
  ].join("\n");
}
