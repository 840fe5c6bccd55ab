// Prints the bench's table and the machine that it ran on.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import type { Row } from "./measure.ts";

export interface Machine {
  cpu: string;
  cores: number;
  /** runnable processes over the last minute, at the start; on a busy machine the figures include other work */
  load: number;
  node: string;
  workerd: string;
  date: string;
}

function workerdVersion(): string {
  try {
    // workerd is a dependency of miniflare, so Node resolves it from there.
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

const HEAD = ["operation", "p50", "p95", "unit", "n", "CPU ms", "1/s", "ours/peer", "note"];
const NUMERIC = new Set([1, 2, 4, 5, 6, 7]);

const cellsOf = (rows: readonly Row[]): string[][] =>
  rows.map((r) => [
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

const footOf = (on: Machine): string =>
  `${on.cpu}, ${on.cores} cores, load ${on.load.toFixed(1)} at the start; Node ${on.node}, workerd ${on.workerd}; ${on.date}`;

export function tableOf(rows: readonly Row[], on: Machine): string {
  const lines = cellsOf(rows);
  const widths = HEAD.map((_, c) => Math.max(...[HEAD, ...lines].map((cells) => cells[c]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => (NUMERIC.has(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join("  ")
      .trimEnd();
  return [line(HEAD), line(widths.map((w) => "-".repeat(w))), ...lines.map(line), "", footOf(on)].join("\n");
}

export function markdownOf(rows: readonly Row[], on: Machine): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = HEAD.map((_, c) => (NUMERIC.has(c) ? "--:" : "---"));
  return [line(HEAD), line(rule), ...cellsOf(rows).map(line), "", footOf(on)].join("\n");
}

/** Writes figures into a page, between `<!-- figures: COMMAND -->` and `<!-- end of figures -->`. */
export function intoPage(page: string, command: string, figures: string): void {
  const text = readFileSync(page, "utf8");
  const start = `<!-- figures: ${command} -->`;
  const [from, to] = [text.indexOf(start), text.indexOf("<!-- end of figures -->")];
  if (from < 0 || to < from) throw new Error(`${page}: the marks around the figures are missing`);
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${figures}\n\n${text.slice(to)}`);
}
