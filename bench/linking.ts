// Measures whole link and trace cases over HTTP, and the wallet's own report. A link is timed from the last officer's passkey
// to the records in clear. Each trustee runs in its own process. link-arithmetic.ts measures one trustee's computation.

import type { Clinic, ClinicSession, OrderRequest, Requester, Wallet } from "../client/index.ts";
import type { Practice } from "../local/practice.ts";
import { epochOf } from "../protocol/epoch.ts";
import { fastEngine } from "./fast-engine.ts";
import { type Bench, type BenchContext, type Row, row, samples, timed } from "./measure.ts";
import { newPatient, nextMonth, openClinic, samplePatient, visit } from "./world.ts";

const REPORT_SESSIONS = 20;
const NEWEST_RECORDS = 2;
/**
 * The closed months that a link may cover, in blocks, newest block last. A block has `months` months, and the patient has
 * `visits` visits in its first month.
 */
const HISTORY = {
  /** 108 months, 90 records; only in a full run */
  long: Array.from({ length: 9 }, () => ({ visits: 10, months: 12 })),
  /** 11 months, 8 records */
  year: [
    { visits: 4, months: 6 },
    { visits: 4, months: 5 },
  ],
  newest: [{ visits: NEWEST_RECORDS, months: 1 }],
};
/** months that a full run goes back, in addition to the 18 months of every world */
export const LONG_HISTORY_MONTHS = 108;

interface Lived {
  practice: Practice;
  requester: Requester;
  /** a visit in the last closed month, of the patient in the cases */
  session: ClinicSession;
  /** the last closed month */
  closed: number;
  /** the measured links: number of months, and number of records found */
  scopes: { epochs: number; records: number }[];
}

const histories = new WeakMap<Practice, Promise<Lived>>();

/** A patient with visits in several months, all closed now. All benches share this patient. */
async function history(context: BenchContext): Promise<Lived> {
  const { practice } = await context.world();
  const known = histories.get(practice) ?? live(practice, context);
  histories.set(practice, known);
  return known;
}

async function live(practice: Practice, { quick, progress }: BenchContext): Promise<Lived> {
  const clinics = [await openClinic(practice, "North clinic"), await openClinic(practice, "South clinic")];
  const file = samplePatient();
  const { wallet } = await newPatient(practice, file);
  let session: ClinicSession | undefined;
  const blocks = [...(quick ? [] : HISTORY.long), ...HISTORY.year, ...HISTORY.newest];
  for (const [i, { visits, months }] of blocks.entries()) {
    progress(`visits of earlier years, ${blocks.length - i} blocks left`);
    session = await visitsOf(wallet, clinics, file, practice, visits);
    nextMonth(practice, months);
  }
  const requester = await practice.newRequester("Bench requester", "emergency physician", fastEngine());
  const scopes = [
    { epochs: 1, records: NEWEST_RECORDS },
    { epochs: 12, records: 10 },
    ...(quick ? [] : [{ epochs: 120, records: 100 }]),
  ];
  return { practice, requester, session: session!, closed: epochOf(practice.clock.now) - 1, scopes };
}

async function visitsOf(
  wallet: Wallet,
  clinics: readonly Clinic[],
  file: ReturnType<typeof samplePatient>,
  practice: Practice,
  count: number,
): Promise<ClinicSession> {
  await wallet.refresh(epochOf(practice.clock.now));
  let last: ClinicSession | undefined;
  for (let i = 0; i < count; i++) last = await visit(wallet, clinics[i % clinics.length]!, file, i);
  return last!;
}

/** Submits an order and lets all needed officers approve it except the last, who approves in `lastApproval`. */
async function approvedButOne({ practice, requester }: Lived, request: OrderRequest) {
  const prepared = await requester.order(request);
  await requester.submit(prepared);
  const [last, ...first] = practice.officers.slice(0, practice.threshold).reverse();
  const waitingFor = async (officer: (typeof practice.officers)[number]) => {
    const waiting = (await officer.inbox()).find((c) => c.caseId === prepared.caseId);
    if (!waiting) throw new Error("the order did not reach the officer");
    return waiting;
  };
  for (const officer of first) await officer.approve(await officer.review(await waitingFor(officer)));
  const reviewed = await last!.review(await waitingFor(last!));
  return { prepared, lastApproval: () => last!.approve(reviewed) };
}

/** Milliseconds from the last approval until the newest month's records are readable, and until all records are. */
async function timedLink(lived: Lived, request: OrderRequest, records: number): Promise<[number, number]> {
  const { closed, requester } = lived;
  const { prepared, lastApproval } = await approvedButOne(lived, request);
  const start = performance.now();
  await lastApproval();
  let newest = 0;
  let left = records;
  let leftOfNewest = NEWEST_RECORDS;
  for await (const record of requester.fetchRecords(requester.open(prepared))) {
    if (!record.ok || !record.plaintext) throw new Error("a record did not become readable");
    left--;
    if (record.session.epoch === closed && --leftOfNewest === 0) newest = performance.now() - start;
  }
  if (left !== 0 || leftOfNewest !== 0) throw new Error(`${left} of ${records} records were not found`);
  return [newest, performance.now() - start];
}

async function linkRows(context: BenchContext): Promise<Row[]> {
  const lived = await history(context);
  const rows: Row[] = [];
  for (const { epochs, records } of lived.scopes) {
    const request: OrderRequest = {
      kind: "link",
      purpose: "Treatment in an emergency",
      legalGround: "GDPR Article 9(2)(c), vital interests",
      epochs: { from: lived.closed - epochs + 1, to: lived.closed },
      subject: { checkIn: lived.session.checkInBytes },
    };
    const scope = `${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
    context.progress(`link cases, ${scope}`);
    const turns = epochs === 1 ? context.times(3, 10) : epochs === 12 ? context.times(2, 5) : 2;
    const first = await timedLink(lived, request, records);
    const taken: [number, number][] = [];
    for (let turn = 0; turn < turns; turn++) taken.push(await timedLink(lived, request, records));
    const note = `from the last approval; ${records} records, 2 of 3 trustees, each in its own process`;
    const rowsOf = (which: string, times: [number, number][], about: string): Row[] => [
      row(
        `link over HTTP, ${scope}: newest readable${which}`,
        times.map(([newest]) => newest),
        about,
      ),
      row(
        `link over HTTP, ${scope}: complete${which}`,
        times.map(([, complete]) => complete),
        about,
      ),
    ];
    rows.push(
      ...rowsOf("", taken, note),
      ...rowsOf(", first case", [first], "over months that no case covered before; no officer has read the order yet"),
    );
  }
  return rows;
}

async function traceRows(context: BenchContext): Promise<Row[]> {
  const lived = await history(context);
  const request: OrderRequest = {
    kind: "trace",
    purpose: "Contact after exposure to a dangerous infection",
    legalGround: "GDPR Article 9(2)(i), public health",
    subject: { checkIn: lived.session.checkInBytes },
  };
  context.progress("trace cases");
  const taken: number[] = [];
  for (let turn = 0; turn < context.times(2, 10); turn++) {
    const { prepared, lastApproval } = await approvedButOne(lived, request);
    taken.push(
      await timed(async () => {
        await lastApproval();
        await lived.requester.advance(prepared);
        const { patient } = await lived.requester.trace(prepared);
        if (patient.resource.resourceType !== "Patient") throw new Error("no person was named");
      }),
    );
  }
  return [row("trace over HTTP", taken, "last approval to the person's name")];
}

/** 20 sessions are more than the slots of one epoch, so half of them lie in the month before. */
async function reportRows(context: BenchContext): Promise<Row[]> {
  const { practice } = await context.world();
  const clinics: Clinic[] = [];
  for (const name of ["North", "East", "South", "West"]) clinics.push(await openClinic(practice, `${name} clinic`));
  const file = samplePatient();
  const { wallet } = await newPatient(practice, file);
  context.progress(`${REPORT_SESSIONS} visits`);
  await visitsOf(wallet, clinics, file, practice, REPORT_SESSIONS / 2);
  nextMonth(practice);
  await visitsOf(wallet, clinics, file, practice, REPORT_SESSIONS / 2);
  context.progress("the wallet's own report");
  const taken = await samples(context.times(3, 20), async () => {
    const records = await wallet.records();
    if (records.records.length !== REPORT_SESSIONS || records.faults.length > 0)
      throw new Error(`${records.records.length} records, ${records.faults.length} faults`);
    await wallet.report(records);
  });
  const note = `${REPORT_SESSIONS} sessions at ${clinics.length} clinics: fetched in buckets, opened, assembled`;
  return [row("wallet's own report", taken, note)];
}

export const linkingBenches: readonly Bench[] = [
  { name: "link", about: "whole link cases over HTTP", run: linkRows },
  { name: "trace", about: "whole trace cases over HTTP", run: traceRows },
  { name: "report", about: "the wallet's own report over HTTP", run: reportRows },
];
