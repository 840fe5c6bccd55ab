// Over HTTP, on the real system: every role as a Worker of its own in one workerd process with D1, R2 and Durable Objects,
// asked over loopback by the SDKs in this process. Both share the machine, as the figures do.

import type { Clinic, ClinicSession } from "../client/clinic.ts";
import type { Wallet } from "../client/wallet.ts";
import type { Practice } from "../demo/practice.ts";
import {
  type Bench,
  type BenchContext,
  NO_CPU_ACCOUNTING,
  type Row,
  row,
  samples,
  settledCpuMs,
  timed,
} from "./measure.ts";
import { checkIn, heldCheckIns, newPatient, openClinic, SLOTS, sendHeld } from "./world.ts";

interface Setting {
  practice: Practice;
  clinic: Clinic;
}
async function newClinic(context: BenchContext): Promise<Setting & { workerdPid: number | undefined }> {
  const { practice, workerdPid } = await context.world();
  return { practice, workerdPid, clinic: await openClinic(practice, "Bench clinic") };
}

// ---- check-in

const CPU_CHUNK = 8;
const WARM_UP = 4;
const CONNECTIONS = 8;

async function checkInRows(context: BenchContext): Promise<Row[]> {
  const { practice, clinic, workerdPid } = await newClinic(context);
  const rounds = context.times(2, 12);
  context.progress("preparing check-ins");
  const held = await heldCheckIns(practice, clinic, WARM_UP + rounds * CPU_CHUNK);
  for (const one of held.splice(0, WARM_UP)) await sendHeld(practice, one);
  const cpu = workerdPid === undefined ? undefined : () => settledCpuMs(workerdPid);

  context.progress("check-ins one after the other");
  const wall: number[] = [];
  const onCpu: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await cpu?.();
    for (const one of held.splice(0, CPU_CHUNK)) wall.push(await timed(() => sendHeld(practice, one)));
    if (cpu) onCpu.push(((await cpu()) - before!) / CPU_CHUNK);
  }
  const about = "proof, Durable Object and D1; all roles and the storage on one process";
  return [
    row("check-in over HTTP", wall, "whole request: verify, Durable Object, D1, signed receipt"),
    cpu
      ? row("CPU per check-in", onCpu, `${about}; n rounds of ${CPU_CHUNK}`, "ms CPU")
      : { operation: "CPU per check-in", unit: "ms CPU", n: 0, note: NO_CPU_ACCOUNTING },
  ];
}

async function throughputRows(context: BenchContext): Promise<Row[]> {
  const { practice, clinic } = await newClinic(context);
  const rounds = context.times(2, 5);
  const each = context.times(16, 64);
  context.progress("preparing check-ins");
  const held = await heldCheckIns(practice, clinic, WARM_UP + rounds * each);
  for (const one of held.splice(0, WARM_UP)) await sendHeld(practice, one);
  context.progress(`check-ins over ${CONNECTIONS} connections`);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const queue = held.splice(0, each);
    const connection = async (): Promise<void> => {
      for (let one = queue.pop(); one; one = queue.pop()) await sendHeld(practice, one);
    };
    const ms = await timed(() => Promise.all(Array.from({ length: CONNECTIONS }, connection)));
    rates.push((each / ms) * 1000);
  }
  const note = `one workerd process, ${CONNECTIONS} connections; n rounds of ${each}`;
  const { p50, n } = row("", rates);
  return [{ operation: "check-ins a second", unit: "1/s", ...(p50 === undefined ? {} : { p50 }), n, note }];
}

// ---- records and messages: each turn in the next of a patient's sessions, so that no chain grows long

interface Sessions {
  wallet: Wallet;
  next(): ClinicSession;
}
async function openSessions({ practice, clinic }: Setting, count: number): Promise<Sessions> {
  const { wallet } = await newPatient(practice);
  const sessions: ClinicSession[] = [];
  while (sessions.length < Math.min(count, SLOTS)) sessions.push(await checkIn(wallet, clinic));
  let turn = 0;
  return { wallet, next: () => sessions[turn++ % sessions.length]! };
}

const SIZES = [
  ["10 kB", 10_000],
  ["1 MB", 1_000_000],
] as const;

async function recordRows(context: BenchContext): Promise<Row[]> {
  const setting = await newClinic(context);
  const { clinic, practice } = setting;
  const n = context.times(5, 40);
  const { next } = await openSessions(setting, n);
  const rows: Row[] = [];
  let last = "";
  let where = next();
  for (const [size, bytes] of SIZES) {
    context.progress(`storing records of ${size}`);
    const plaintext = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += 10_000) plaintext.set(practice.transport.rng(10_000), at);
    const taken = await samples(n, async () => {
      where = next();
      last = await clinic.putRecord(where, plaintext, { contentKind: "application/octet-stream" });
    });
    rows.push(row(`store a record over HTTP, ${size}`, taken, "sealed, manifest signed and chained, R2 and D1"));
    if (bytes !== SIZES[0][1]) continue;
    const entry = (await clinic.records(where)).find((r) => r.recordId === last)!;
    const read = await samples(n, async () => {
      if ((await clinic.open(entry)).length !== bytes) throw new Error("another record was read");
    });
    rows.push(row(`read a record, ${size}`, read, "fetched, hash checked, opened by the clinic"));
  }
  return rows;
}

async function messageRows(context: BenchContext): Promise<Row[]> {
  const setting = await newClinic(context);
  const { clinic } = setting;
  const n = context.times(5, 40);
  const { wallet, next } = await openSessions(setting, n);
  const text = new TextEncoder().encode("The results are here: please call.");
  const one = (received: Uint8Array[]): void => {
    if (received.length !== 1) throw new Error(`${received.length} messages arrived instead of one`);
  };
  context.progress("messages");
  const taken = await samples(n, async () => {
    const session = next();
    await wallet.send(session.tagHash, text);
    one(await clinic.receive(session));
    await clinic.send(session, text);
    one(await wallet.receive(session.tagHash));
  });
  return [row("message round trip", taken, "patient to clinic and back: 2 sent, 2 fetched")];
}

export const httpBenches: readonly Bench[] = [
  { name: "check-in", about: "check-ins over HTTP, and their CPU", run: checkInRows },
  { name: "throughput", about: "check-ins a second on one workerd process", run: throughputRows },
  { name: "records", about: "records stored and read over HTTP", run: recordRows },
  { name: "messages", about: "a message and its answer", run: messageRows },
];
