// Runs the demo's cases. An order is submitted, t officers approve it with their passkeys, and only then the case is opened.

import type {
  DocumentBundle,
  Fetched,
  FhirEntry,
  LinkedSession,
  OpenedCase,
  OrderRequest,
  PreparedOrder,
  Requester,
} from "../client/index.ts";
import type { Practice } from "../local/practice.ts";
import type { Stopwatch } from "../local/stopwatch.ts";

/** Submits an order and lets the first t officers approve it. */
export async function approvedOrder(
  practice: Practice,
  requester: Requester,
  request: OrderRequest,
): Promise<PreparedOrder> {
  const prepared = await requester.order(request);
  await requester.submit(prepared);
  for (const officer of practice.officers.slice(0, practice.threshold)) {
    const waiting = (await officer.inbox()).find((c) => c.caseId === prepared.caseId);
    if (!waiting) throw new Error("the order did not reach the officer");
    await officer.approve(await officer.review(waiting), "checked: purpose and legal ground fit");
  }
  return prepared;
}

export interface Joined {
  prepared: PreparedOrder;
  sessions: readonly LinkedSession[];
  /** months of the scope whose index is not proven to be whole */
  unproved: OpenedCase["unproved"];
  fetched: Fetched[];
  report: DocumentBundle;
  patient: FhirEntry | undefined;
}

/** Runs a link or an assemble case, from the order to the report. */
export async function joinRecords(
  practice: Practice,
  requester: Requester,
  request: OrderRequest,
  watch: Stopwatch,
): Promise<Joined> {
  const prepared = await watch.time(`${request.kind}: order and approvals`, () =>
    approvedOrder(practice, requester, request),
  );
  return watch.time(`${request.kind}: opening and records`, async () => {
    await requester.advance(prepared);
    const opened = await requester.openResult(prepared);
    const fetched: Fetched[] = [];
    for await (const record of requester.fetchRecords(opened)) fetched.push(record);
    const faults = fetched.filter((f) => !f.ok);
    if (faults.length > 0) throw new Error(`${faults.length} records did not open: ${JSON.stringify(faults[0])}`);
    const patient = request.kind === "assemble" ? (await requester.person(prepared)).patient : undefined;
    return {
      prepared,
      sessions: opened.sessions,
      unproved: opened.unproved,
      fetched,
      report: await requester.report(prepared, fetched, patient),
      patient,
    };
  });
}

/** Runs a trace case, from one check-in to the person. */
export async function tracePatient(
  practice: Practice,
  requester: Requester,
  checkIn: Uint8Array,
  watch: Stopwatch,
): Promise<FhirEntry> {
  const request: OrderRequest = {
    kind: "trace",
    purpose: "Contact after exposure to a dangerous infection",
    legalGround: "GDPR Article 9(2)(i), public health",
    subject: { checkIn },
  };
  const prepared = await watch.time("trace: order and approvals", () => approvedOrder(practice, requester, request));
  return watch.time("trace: opening", async () => {
    await requester.advance(prepared);
    return (await requester.trace(prepared)).patient;
  });
}
