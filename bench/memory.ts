// Measures memory while large records stream through the service's Worker.
//
// The first figure is the peak that its isolate holds, above the level before: objects, the platform's objects behind them and
// ArrayBuffers, garbage included. It is measured for several sizes, because memory is constant only if all sizes need the
// same. The second figure is resident memory, which also has the runtime's memory outside of the isolate. Miniflare's stand-ins
// for R2 and D1 share that process. So a Worker that does nothing else also puts the same bytes into R2's stand-in.
// test/flows/streaming.test.ts shows that no byte is held back on the way to R2.

import type { Clinic, ClinicSession } from "../client/index.ts";
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

/** Peak of the bytes that an isolate holds while `run` runs, above the level before it, in MB. */
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

/** Stores `records` records at once, each in its own session. */
const upload = (clinic: Clinic, sessions: readonly ClinicSession[], records: number, megabytes: number) => {
  const plaintext = new Uint8Array(megabytes * MB);
  const put = (session: ClinicSession) => clinic.putRecord(session, plaintext, OCTETS);
  return (): Promise<string[]> => Promise.all(sessions.slice(0, records).map(put));
};

async function isolateRows(context: BenchContext): Promise<Row[]> {
  const { practice, workerdPid } = await openWorld(context.progress, { inspectorPort: 0, sessionsPerObject: 0 });
  try {
    const isolate = await attachTo(practice.host, "core:user:service");
    const clinic = await openClinic(practice, "Bench clinic");
    const { wallet } = await newPatient(practice);
    const sessions: ClinicSession[] = [];
    const atOnce = context.times(1, 4);
    while (sessions.length < atOnce) sessions.push(await checkIn(wallet, clinic));
    await clinic.open((await upload(clinic, sessions, 1, 0.01)())[0]!); // from here on, everything that is made only once exists
    const rows: Row[] = [];
    // This process has held no large record yet. A process does not return memory to the machine, so this comes first.
    context.progress("25 MB up and down");
    let record = "";
    const resident = await peakMemoryMb(workerdPid!, async () => {
      const up = await peakHeldMb(isolate, async () => {
        [record = ""] = await upload(clinic, sessions, 1, 25)();
      });
      rows.push(
        mb(
          `${ISOLATE}, 25 MB up`,
          up,
          "peak of its isolate above the level before: objects and buffers, garbage included",
        ),
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
    rows.push(mb(`${RESIDENT}, 25 MB up`, resident, "all roles, and the stand-ins for R2 and D1"));
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
      "put by a Worker of one line; this part of the row above is not ours",
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
