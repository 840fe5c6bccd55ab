// Measures how long large FHIR Bundles take, and how much memory: reading and selecting, making pseudonymous, searching for the
// patient's name and writing the records, and joining them into a report. No network and no cryptography takes part, so CPU time
// is the whole time on a machine that does nothing else.
//
// The Bundles are a Synthea sample patient, repeated with fresh ids. Each measurement runs in a process of its own
// (records-process.ts), so that its peak of resident memory is its own. An empty process of the same modules has some 90 MB.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { samplePatients } from "../local/patients.ts";
import { type Bench, type BenchContext, type Row, row } from "./measure.ts";
import type { Joined, Prepared } from "./records-process.ts";

const PROCESS = fileURLToPath(new URL("./records-process.ts", import.meta.url));
const MB = 1_000_000;

interface Shape {
  name: string;
  /** as Synthea writes its files; else without white space */
  indented: boolean;
  /** whether a Bundle is large enough */
  isEnough(bytes: number, entries: number): boolean;
}

const SHAPES: readonly [quick: Shape[], full: Shape[]] = [
  [{ name: "4 MB", indented: true, isEnough: (bytes) => bytes >= 4 * MB }],
  [
    { name: "40 MB", indented: true, isEnough: (bytes) => bytes >= 40 * MB },
    { name: "10,000 entries", indented: false, isEnough: (_, entries) => entries >= 10_000 },
    { name: "20,000 entries", indented: false, isEnough: (_, entries) => entries >= 20_000 },
  ],
];

const UUID = /[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/g;
/** One patient, and that patient's entries again and again under fresh ids. Organisations and practitioners stand once. */
function largeBundle({ indented, isEnough }: Shape): string {
  interface Entry {
    fullUrl: string;
    resource: { resourceType: string; id: string };
  }
  const { entry: all } = JSON.parse(readFileSync(samplePatients().at(-1)!.path, "utf8")) as { entry: Entry[] };
  const isShared = ({ resource }: Entry) => /^(?:Patient|Organization|Practitioner)$/.test(resource.resourceType);
  const write = (entries: unknown[]) =>
    entries.map((one) => JSON.stringify(one, undefined, indented ? 2 : undefined)).join(",\n");
  const kept = new Set(all.filter(isShared).flatMap((one) => JSON.stringify(one).match(UUID) ?? []));
  const own = all.filter((one) => !isShared(one));
  const text = write(own);
  const parts = [write(all.filter(isShared))];
  let bytes = 0;
  for (let copy = 0; !isEnough(bytes, copy * own.length); copy++) {
    const shift = (copy * 0x9e3779b1) >>> 0;
    const fresh = (head: string) => (((Number.parseInt(head, 16) ^ shift) >>> 0) + 2 ** 32).toString(16).slice(1);
    parts.push(text.replace(UUID, (head) => (kept.has(head) ? head : fresh(head))));
    bytes += text.length;
  }
  return `{"resourceType":"Bundle","type":"collection","entry":[${parts.join(",\n")}]}`;
}

async function child<T>(...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, ...args]);
  return JSON.parse(stdout) as T;
}

async function rowsOf(shape: Shape, directory: string, context: BenchContext): Promise<Row[]> {
  const input = join(directory, "bundle.json");
  const records = join(directory, "records.json");
  writeFileSync(input, largeBundle(shape));
  const prepared: Prepared[] = [];
  const joined: Joined[] = [];
  for (let turn = 0; turn < context.times(1, 3); turn++) {
    context.progress(`records: Bundle of ${shape.name}, turn ${turn + 1}`);
    prepared.push(await child<Prepared>("prepare", input, records));
    joined.push(await child<Joined>("join", records));
  }
  const { bytes, entries, visits } = prepared[0]!;
  const size = `${(bytes / MB).toFixed(1)} MB, ${entries} entries, ${visits} visits`;
  const of = (what: string) => `Bundle of ${shape.name}: ${what}`;
  const peak = (list: readonly { peakMb: number }[]) => list.map(({ peakMb }) => peakMb);
  const whole = "resident memory of the process at its peak";
  return [
    row(
      of("read and select"),
      prepared.map(({ readCpuMs }) => readCpuMs),
      size,
      "ms CPU",
    ),
    row(
      of("make pseudonymous, search, write"),
      prepared.map(({ prepareCpuMs }) => prepareCpuMs),
      "all visits together",
      "ms CPU",
    ),
    row(of("memory of both steps"), peak(prepared), whole, "MB"),
    row(
      of("join the records and write the report"),
      joined.map(({ joinCpuMs }) => joinCpuMs),
      `${joined[0]!.entries} entries`,
      "ms CPU",
    ),
    row(of("memory of the report"), peak(joined), whole, "MB"),
  ];
}

async function run(context: BenchContext): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), "symbolon-records-"));
  const rows: Row[] = [];
  try {
    for (const shape of context.times(0, 1) === 0 ? SHAPES[0] : SHAPES[1])
      rows.push(...(await rowsOf(shape, directory, context)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return rows;
}

export const recordsBench: Bench = { name: "fhir", about: "time and memory of large FHIR Bundles", run };
