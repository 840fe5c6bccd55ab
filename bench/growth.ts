// npm run bench:growth -- [--quick] [--max N] [--only OPERATION]... [--json FILE] [--svg FILE]
// Measures how the time of each operation grows with the size of a region: check-in, record put, list, own report, link and
// enrolment. The sizes are 10^3 to 10^6 sessions with as many registered patients, then tables of 10 to 1,000 services.
// All sizes run side by side and their measurements alternate, so a slow phase of the machine slows all of them. Each figure
// is compared with the smallest size.
//
// A full run also replaces the table in docs/GROWTH.md, between its marks.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OPERATIONS, type Operation } from "./growth/operations.ts";
import { plotOf } from "./growth/plot.ts";
import { openRegions, type Region, type Size } from "./growth/region.ts";
import { progress, quantile, timed } from "./measure.ts";
import { settledCpuMs } from "./processes.ts";
import { intoPage, type Machine, machine } from "./table.ts";

const AIM = 1.2;
const REPETITIONS = 9;
const QUICK_REPETITIONS = 4;
const SERVICES = [10, 100, 1000];
/** sessions in the regions that compare numbers of services */
const SESSIONS_WITH_SERVICES = 10_000;
const docs = (name: string): string => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));

type By = "sessions" | "services";
interface Figure {
  by: By;
  size: number;
  operation: string;
  n: number;
  wallMs: number;
  /** CPU of all roles and the storage; absent if the kernel does not report it */
  cpuMs?: number;
  /** this time divided by the time at the smallest size */
  wall: number;
  cpu?: number;
  note?: string;
}

const power = (n: number): string => (n >= 1000 ? `10^${Math.round(Math.log10(n))}` : String(n));
const digits = (x: number): string => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));

const NAMES = OPERATIONS.map((o) => o.name);
const USAGE = `npm run bench:growth -- [options]
Measures how the time of each operation grows with the size of a region.

  --quick           only 10^3 and 10^4 sessions, with few repetitions
  --max N           largest number of sessions, from 1e4 to 1e6 (default 1e6, or 1e4 with --quick)
  --only OPERATION  one of ${NAMES.join(", ")}; may be repeated
  --json FILE       also write the figures as JSON
  --svg FILE        write the plot; a full run replaces docs/growth.svg and the table in docs/GROWTH.md
  --help            print this text`;

class UsageError extends Error {}

function parsed() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        max: { type: "string" },
        only: { type: "string", multiple: true },
        json: { type: "string" },
        svg: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function options() {
  const values = parsed();
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const unknown = values.only?.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: there is no such operation`);
  const operations = OPERATIONS.filter((o) => values.only?.includes(o.name) ?? true);
  const max = Number(values.max ?? (values.quick ? 1e4 : 1e6));
  if (!(max >= 1e4 && max <= 1e6)) throw new UsageError(`--max ${values.max}: must be from 1e4 to 1e6`);
  const sizes: Size[] = [1e3, 1e4, 1e5, 1e6]
    .filter((n) => n <= max)
    .map((n) => ({ sessions: n, patients: n, services: SERVICES[0]! }));
  if (!values.quick)
    for (const services of SERVICES.slice(1))
      sizes.push({ sessions: SESSIONS_WITH_SERVICES, patients: SESSIONS_WITH_SERVICES, services });
  const whole = !values.quick && max === 1e6 && values.only === undefined;
  const svg = values.svg ?? (whole ? docs("growth.svg") : undefined);
  return { quick: values.quick, whole, sizes, operations, json: values.json, svg };
}

// ---- measuring

const cpuOf = async ({ workerdPid }: Region): Promise<number> =>
  workerdPid === undefined ? Number.NaN : settledCpuMs(workerdPid);

/** wall: one value per call. cpu: one value per turn, the mean of its calls, because one call is too short to measure. */
type Samples = { wall: number[]; cpu: number[] };

async function measure(
  regions: readonly Region[],
  operations: readonly Operation[],
  repetitions: number,
): Promise<Map<Region, Map<string, Samples>>> {
  const taken = new Map(
    regions.map((r) => [r, new Map(operations.map((o): [string, Samples] => [o.name, { wall: [], cpu: [] }]))]),
  );
  const turns = repetitions + 1; // the first turn is the warm-up
  for (let turn = 0; turn < turns; turn++)
    for (const { name, calls, arm } of operations)
      for (const region of regions) {
        progress(`turn ${turn} of ${repetitions}: ${name}, ${power(region.size.sessions)} sessions`);
        const acts: (() => Promise<void>)[] = [];
        for (let i = 0; i < calls; i++) acts.push(await arm(region, turns * calls));
        const before = await cpuOf(region);
        const wall: number[] = [];
        for (const act of acts) wall.push(await timed(act));
        const after = await cpuOf(region);
        if (turn === 0) continue;
        taken
          .get(region)!
          .get(name)!
          .wall.push(...wall);
        taken
          .get(region)!
          .get(name)!
          .cpu.push((after - before) / calls);
      }
  return taken;
}

function figuresOf(by: By, regions: readonly Region[], taken: Map<Region, Map<string, Samples>>): Figure[] {
  const names = [...taken.get(regions[0]!)!.keys()];
  return names.flatMap((name) => {
    const of = (r: Region) => {
      const { wall, cpu } = taken.get(r)!.get(name)!;
      return { wall: quantile(wall, 0.5), cpu: quantile(cpu, 0.5), n: wall.length };
    };
    const least = of(regions[0]!);
    return regions.map((region): Figure => {
      const { wall, cpu, n } = of(region);
      return {
        by,
        size: region.size[by],
        operation: name,
        n,
        wallMs: wall,
        wall: wall / least.wall,
        ...(Number.isNaN(cpu) ? {} : { cpuMs: cpu, cpu: cpu / least.cpu }),
        ...(name === "own report" ? { note: `${region.downloaded} blobs` } : {}),
      };
    });
  });
}

// ---- reporting

function tableOf(figures: readonly Figure[], on: Machine): string {
  const lines = [
    "| by | operation | size | wall, ms | times | CPU, ms | times | |",
    "|---|---|--:|--:|--:|--:|--:|---|",
  ];
  for (const f of figures) {
    const over = f.wall > AIM ? ["over the aim"] : [];
    const cpu = f.cpuMs === undefined ? "- | -" : `${digits(f.cpuMs)} | ${f.cpu!.toFixed(2)}`;
    const notes = [...over, ...(f.note === undefined ? [] : [f.note])].join("; ");
    lines.push(
      `| ${f.by} | ${f.operation} | ${power(f.size)} | ${digits(f.wallMs)} | ${f.wall.toFixed(2)} | ${cpu} | ${notes} |`,
    );
  }
  const calls = figures.map((f) => f.n);
  const about = `p50 of ${Math.min(...calls)} to ${Math.max(...calls)} calls, which alternate; ${on.cpu}, ${on.cores} cores, load ${on.load.toFixed(1)} at the start; Node ${on.node}, workerd ${on.workerd}; ${on.date.slice(0, 10)}`;
  return `${lines.join("\n")}\n\n${about}`;
}

function plot(figures: readonly Figure[]): string {
  const lines = (by: By) =>
    [...new Set(figures.map((f) => f.operation))].map((name) => ({
      name,
      points: figures
        .filter((f) => f.by === by && f.operation === name)
        .map((f) => ({ size: f.size, relative: f.wall })),
    }));
  const panels = [{ title: "stored sessions, and as many registered patients", lines: lines("sessions") }];
  if (figures.some((f) => f.by === "services")) panels.push({ title: "services' tables", lines: lines("services") });
  return plotOf("Time of an operation over its time in the smallest region", panels);
}

async function main(): Promise<void> {
  const { quick, whole, sizes, operations, json, svg } = options();
  const on = machine();
  const { regions, stop } = await openRegions(sizes, progress);
  try {
    const loads = regions.map((r) => `${power(r.size.sessions)}: ${r.filledInSeconds.toFixed(0)} s`).join(", ");
    const taken = await measure(regions, operations, quick ? QUICK_REPETITIONS : REPETITIONS);
    progress("");
    const bySessions = regions.filter((r) => r.size.services === SERVICES[0]);
    const byServices = regions.filter((r) => r.size.sessions === SESSIONS_WITH_SERVICES);
    const figures = figuresOf("sessions", bySessions, taken);
    if (byServices.length > 1) figures.push(...figuresOf("services", byServices, taken));
    const table = tableOf(figures, on);
    console.log(`${table}\n\nfilled, ${loads}; ${(performance.now() / 1000).toFixed(0)} s in all`);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: on, figures }, null, 2)}\n`);
    if (svg !== undefined) writeFileSync(svg, plot(figures));
    if (whole) intoPage(docs("GROWTH.md"), "npm run bench:growth", table);
  } finally {
    await stop();
  }
}

try {
  await main();
  process.exit(0); // closed connections can keep the process alive
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
