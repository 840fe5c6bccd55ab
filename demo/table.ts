// Prints the demo's closing tables.

import type { StepTimes } from "../local/stopwatch.ts";

export interface Figures {
  patients: number;
  services: number;
  visits: number;
  records: number;
  plaintextBytes: number;
  resources: number;
  months: number;
  trustees: number;
  threshold: number;
  linkedSessions: number;
  notices: { touched: number; another?: number };
  refused: Record<string, string>;
  seconds: number;
  steps: Record<string, StepTimes>;
}

const row = (cells: (string | number)[], widths: number[]): string =>
  cells.map((c, i) => (i === 0 ? String(c).padEnd(widths[i]!) : String(c).padStart(widths[i]!))).join("  ");

export function printTable(f: Figures): void {
  const widths = [34, 7, 9, 9, 10];
  console.log();
  console.log(row(["", "", "", "", ""], widths).trim());
  for (const [name, value] of [
    ["patients", f.patients],
    ["clinics (services)", f.services],
    ["visits, each with a fresh TID", f.visits],
    ["sealed records", f.records],
    ["plaintext bytes", f.plaintextBytes.toLocaleString("en")],
    ["resources in assembled reports", f.resources],
    ["seconds in all", f.seconds],
  ] as const)
    console.log(`${name.padEnd(36)}${String(value).padStart(14)}`);
  console.log();
  console.log(row(["step (ms)", "n", "p50", "p95", "total"], widths));
  for (const [step, t] of Object.entries(f.steps))
    console.log(row([step, t.n, t.p50, t.p95, Math.round(t.total)], widths));
  console.log();
  for (const [what, answer] of Object.entries(f.refused)) console.log(`refused: ${what.padEnd(34)} ${answer}`);
  console.log();
}

/** One line per role: the data that it learned in this run. */
export function roleTable(f: Figures): string {
  const perPatient = (f.visits / f.patients).toFixed(1);
  const lines: [string, string][] = [
    [
      "wallet",
      `everything about its own patient: ${perPatient} visits each on average; found ${f.notices.touched} openings`,
    ],
    ["registrar", `${f.patients} identities and handles; no visit, no clinic, no TID`],
    ["clinics", `${f.visits} visits under ${f.visits} unrelated TIDs; no name`],
    ["operator", `${f.records} sealed blobs, their sizes and times; no content, no link`],
    ["escrow", "the cases and their approvals; the results that pass through it are sealed"],
    ["each trustee", `the orders it approved; alone it can open nothing (${f.threshold} of ${f.trustees} needed)`],
    ["clinician (link)", `${f.linkedSessions} sessions of one patient, their records, no name`],
    ["authority", "the traced person, and the assembled reports it was granted"],
    ["log", "that all this happened, and nothing about any person"],
  ];
  return lines.map(([role, text]) => `${role.padEnd(18)}${text}`).join("\n");
}
