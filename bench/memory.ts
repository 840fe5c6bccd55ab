// Memory while large records stream through the service's Worker: what its isolate holds at the peak (objects, the platform's
// objects behind them, ArrayBuffers; garbage included), above what it held before; of several sizes, since constant means: the
// same for all. What the runtime holds outside of the isolate is the resident memory's, which R2's and D1's stand-ins in
// the same process share; so the same bytes are also given to R2's stand-in by a Worker that does nothing else.
// That no byte waits anywhere on the way to R2: test/flows/streaming.test.ts.

import type { Clinic, ClinicSession } from "../client/clinic.ts";
import { attachTo, heldBytes, type Isolate } from "./inspector.ts";
import { startLoneWorker } from "./lone-worker.ts";
import type { Bench, BenchContext, Row } from "./measure.ts";
import { hasCpuAccounting, NO_CPU_ACCOUNTING, peakMemoryMb } from "./processes.ts";
import { checkIn, newPatient, openClinic, openWorld } from "./world.ts";

const MB = 1_000_000;
const OCTETS = { contentKind: "application/octet-stream" };
const ISOLATE = "memory of the service's Worker";
const RESIDENT = "resident memory of workerd";
const LONE_PUT = `export default { async fetch(request, { BLOBS }) {
  await BLOBS.put("one", request.body);
  return new Response();
} };`;

const mb = (operation: string, p50: number, note: string): Row => ({ operation, unit: "MB", p50, n: 1, note });

/** The most that an isolate holds while `run` runs, above what it held before, in MB. */
async function peakHeldMb(isolate: Isolate, run: () => Promise<unknown>): Promise<number> {
  const before = await heldBytes(isolate);
  let most = before;
  let running = true;
  const watch = async (): Promise<void> => {
    while (running) most = Math.max(most, await heldBytes(isolate));
  };
  const watching = watch();
  await run();
  running = false;
  await watching;
  return (most - before) / MB;
}

/** Each of so many records goes to a session of its own. */
const upload = (clinic: Clinic, sessions: readonly ClinicSession[], records: number, megabytes: number) => {
  const plaintext = new Uint8Array(megabytes * MB);
  const put = (session: ClinicSession) => clinic.putRecord(session, plaintext, OCTETS);
  return (): Promise<string[]> => Promise.all(sessions.slice(0, records).map(put));
};

async function isolateRows(context: BenchContext): Promise<Row[]> {
  const { practice, workerdPid } = await openWorld(context.progress, { inspectorPort: 0, sessionsAnObject: 0 });
  try {
    const isolate = await attachTo(practice.host, "core:user:service");
    const clinic = await openClinic(practice, "Bench clinic");
    const { wallet } = await newPatient(practice);
    const sessions: ClinicSession[] = [];
    const atOnce = context.times(1, 4);
    while (sessions.length < atOnce) sessions.push(await checkIn(wallet, clinic));
    await clinic.open((await upload(clinic, sessions, 1, 0.01)())[0]!); // what is made once is made
    const rows: Row[] = [];
    // In a process that has held no large record before: what it once took from the machine it does not give back.
    context.progress("25 MB up and down");
    let record = "";
    const resident = await peakMemoryMb(workerdPid!, async () => {
      const up = await peakHeldMb(isolate, async () => {
        [record = ""] = await upload(clinic, sessions, 1, 25)();
      });
      rows.push(
        mb(`${ISOLATE}, 25 MB up`, up, "rise of its isolate at the peak: objects and buffers, with the garbage"),
      );
    });
    const small = await peakHeldMb(isolate, upload(clinic, sessions, 1, 5));
    rows.unshift(mb(`${ISOLATE}, 5 MB up`, small, rows[0]!.note!));
    const down = await peakHeldMb(isolate, () => clinic.open(record));
    rows.push(mb(`${ISOLATE}, 25 MB down`, down, rows[0]!.note!));
    if (atOnce > 1) {
      const many = await peakHeldMb(isolate, upload(clinic, sessions, atOnce, 25));
      rows.push(mb(`${ISOLATE}, ${atOnce} x 25 MB up at once`, many, rows[0]!.note!));
    }
    rows.push(mb(`${RESIDENT}, 25 MB up`, resident, "all roles, and the stand-ins of R2 and D1"));
    isolate.close();
    return rows;
  } finally {
    await practice.stop();
  }
}

async function standInRow(): Promise<Row> {
  const { url, pid, stop } = await startLoneWorker(LONE_PUT, { r2Buckets: { BLOBS: "blobs" } });
  const put = async (megabytes: number): Promise<void> => {
    const answer = await fetch(url, { method: "PUT", body: new Uint8Array(megabytes * MB) });
    if (!answer.ok) throw new Error(`R2's stand-in answered ${answer.status}`);
  };
  try {
    await put(0.01);
    const rise = await peakMemoryMb(pid, () => put(25));
    return mb(
      `${RESIDENT}, 25 MB into R2's stand-in alone`,
      rise,
      "by a Worker of one line: what of the row above is not ours",
    );
  } finally {
    await stop();
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  if (!hasCpuAccounting()) return [{ operation: RESIDENT, unit: "MB", n: 0, note: NO_CPU_ACCOUNTING }];
  return [...(await isolateRows(context)), await standInRow()];
}

export const memoryBench: Bench = { name: "memory", about: "memory while 25 MB stream through the service", run };
