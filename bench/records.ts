// Measures how long large FHIR Bundles take, and how much memory: reading and selecting, making pseudonymous, searching for the
// patient's name and writing the records, and joining them into a report. No network and no cryptography takes part, so CPU time
// is the whole time on a machine that does nothing else.
//
// The Bundles are a Synthea sample patient, repeated with fresh ids. Each measurement runs in a process of its own
// (records-process.ts), so that its peak of resident memory is its own. A process of the same modules without a Bundle has some 110 MB.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { samplePatients } from "../local/patients.ts";
import type { Bench, BenchContext, Row } from "./measure.ts";
import type { Joined, Prepared } from "./records-process.ts";

const PROCESS = fileURLToPath(new URL("./records-process.ts", import.meta.url));
const MB = 1_000_000;
const PEAK = "resident memory of the process at its peak";

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
  context.progress(`fhir: Bundle of ${shape.name}`);
  const prepared = await child<Prepared>("prepare", input, records);
  const joined = await child<Joined>("join", records);
  const of = (what: string) => `Bundle of ${shape.name}: ${what}`;
  const cpu = (what: string, p50: number, note: string): Row => ({
    operation: of(what),
    unit: "ms CPU",
    p50,
    n: 1,
    note,
  });
  const peak = (what: string, p50: number): Row => ({ operation: of(what), unit: "MB", p50, n: 1, note: PEAK });
  const size = `${(prepared.bytes / MB).toFixed(1)} MB, ${prepared.entries} entries, ${prepared.visits} visits`;
  return [
    cpu("read and select", prepared.readCpuMs, size),
    cpu("make pseudonymous, search, write", prepared.prepareCpuMs, "all visits together"),
    peak("memory of both steps", prepared.peakMb),
    cpu("join the records and write the report", joined.joinCpuMs, `${joined.entries} entries`),
    peak("memory of the report", joined.peakMb),
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
