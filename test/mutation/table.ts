// The result of `npm run mutation` in docs/MUTATION.md: one row per file between two marks, and the totals below them.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { MutantResult } from "@stryker-mutator/api/core";

const PAGE = "docs/MUTATION.md";
const BEGIN = "<!-- npm run mutation writes from here -->\n";
const END = "<!-- to here -->\n";

/** A row of the table, without the file's name. */
export interface Row {
  mutants: number;
  killed: number;
  timedOut: number;
  survived: number;
  uncovered: number;
  /** the first 8 digits of the file's SHA-256, to show when the file has changed since */
  hash: string;
}

const hashOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 8);
export const scoreOf = ({ mutants, killed, timedOut }: Omit<Row, "hash">): number =>
  ((killed + timedOut) / mutants) * 100;
const percent = (row: Omit<Row, "hash">): string => (row.mutants === 0 ? "–" : `${scoreOf(row).toFixed(1)} %`);

export function rowOf(file: string, results: readonly MutantResult[]): Row {
  const count = (status: MutantResult["status"]): number => results.filter((m) => m.status === status).length;
  const [killed, timedOut, survived, uncovered] = [
    count("Killed"),
    count("Timeout"),
    count("Survived"),
    count("NoCoverage"),
  ];
  const mutants = killed + timedOut + survived + uncovered;
  const others = results.length - mutants - count("Ignored");
  if (others > 0) throw new Error(`${file}: ${others} mutants have no verdict`);
  return { mutants, killed, timedOut, survived, uncovered, hash: hashOf(file) };
}

/** The rows that the page holds. */
export function readRows(): Map<string, Row> {
  const rows = new Map<string, Row>();
  const number = " (\\d+) \\|";
  const line = new RegExp(`^\\| \`(\\S+)\` \\|${number.repeat(5)}[^|]*\\| ([0-9a-f]{8})`, "gm");
  for (const [, file, ...cells] of readFileSync(PAGE, "utf8").matchAll(line)) {
    const [mutants, killed, timedOut, survived, uncovered] = cells.slice(0, 5).map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    rows.set(file!, { mutants, killed, timedOut, survived, uncovered, hash: cells[5]! });
  }
  return rows;
}

function total(rows: readonly Row[]): Omit<Row, "hash"> {
  const sum = (key: Exclude<keyof Row, "hash">): number => rows.reduce((n, row) => n + row[key], 0);
  return {
    mutants: sum("mutants"),
    killed: sum("killed"),
    timedOut: sum("timedOut"),
    survived: sum("survived"),
    uncovered: sum("uncovered"),
  };
}

const cellsOf = (row: Omit<Row, "hash">): string =>
  `${[row.mutants, row.killed, row.timedOut, row.survived, row.uncovered, percent(row)].join(" | ")} |`;

/** Writes the rows of `files`, in this order, and the totals of both folders. */
export function writeRows(files: Iterable<string>, rows: ReadonlyMap<string, Row>): void {
  const all = [...files];
  const table = (folder: string): string => {
    const own = all.filter((file) => file.startsWith(folder));
    const run = own.filter((file) => rows.has(file));
    const missing = own.filter((file) => !rows.has(file));
    const lines = run.map((file) => {
      const row = rows.get(file)!;
      return `| \`${file}\` | ${cellsOf(row)} ${row.hash}${row.hash === hashOf(file) ? "" : " (changed since)"} |`;
    });
    return [
      `## \`${folder}\``,
      "",
      "| file | mutants | killed | timed out | survived | no test reaches it | score | SHA-256 of the file |",
      "|---|---|---|---|---|---|---|---|",
      ...lines,
      `| **all of these** | ${cellsOf(total(run.map((file) => rows.get(file)!)))} |`,
      "",
      ...(missing.length > 0 ? [`Not yet run: ${missing.map((file) => `\`${file}\``).join(", ")}.`, ""] : []),
    ].join("\n");
  };
  const page = readFileSync(PAGE, "utf8");
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has lost its marks`);
  writeFileSync(PAGE, `${before}${BEGIN}\n${table("protocol/")}\n${table("functions/")}\n${END}${after}`);
}
