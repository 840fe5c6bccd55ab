// npm run demo -- [--patients DIR] [--out DIR] [--json FILE] [--months N] [--trustees N --threshold T]
// Shows the whole system at work. Patients from FHIR Bundles visit clinics over some months, on real local Workers. The closing
// tables give the counts and times, and list for each role the data that it learned.

import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type DocumentBundle, FhirInputError, writeJson } from "../client/index.ts";
import { enrolAll, liveThrough, openClinics, selectorOf } from "../local/life.ts";
import {
  DEFAULT_PATIENTS_DIRECTORY,
  type LoadedPatients,
  loadPatients,
  type PatientFile,
  type RefusedFile,
  reportFileName,
} from "../local/patients.ts";
import { progressLine } from "../local/progress.ts";
import { Stopwatch } from "../local/stopwatch.ts";
import { TimetableError, timetable } from "../local/timetable.ts";
import { epochName, epochOf, epochStart } from "../protocol/epoch.ts";
import { type Joined, joinRecords, tracePatient } from "./cases.ts";
import { checkReport, IncompleteReportError, namesIn } from "./check.ts";
import { replay, revoked, wrongAudience } from "./refusals.ts";
import { printTable, roleTable } from "./table.ts";

const USAGE = `npm run demo -- [options]
Starts every role on this machine, lets whole patients visit clinics, and writes their assembled reports.

  --patients DIR   directory of FHIR R4 Bundles, one patient per file  (default: the set in test/data)
  --out DIR        directory for the assembled reports                 (default: out)
  --json FILE      also write the figures as JSON
  --months N       calendar months that the visits are spread over     (default: 6, more if the visits need them)
  --trustees N     number of trustees, 2 to 16                         (default: 3)
  --threshold T    approvals needed, more than half of the trustees    (default: the least)
  --help           print this text`;

class UsageError extends Error {}

function options() {
  let values: Record<string, string | boolean | undefined>;
  try {
    const string = { type: "string" as const };
    ({ values } = parseArgs({
      options: {
        patients: string,
        out: string,
        json: string,
        months: string,
        trustees: string,
        threshold: string,
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const whole = (name: string, byDefault: number, min: number, max: number): number => {
    const n = Number(values[name] ?? byDefault);
    if (!Number.isInteger(n) || n < min || n > max)
      throw new UsageError(`--${name}: must be a whole number from ${min} to ${max}`);
    return n;
  };
  const trustees = whole("trustees", 3, 2, 16);
  const threshold = whole("threshold", Math.floor(trustees / 2) + 1, Math.floor(trustees / 2) + 1, trustees);
  return {
    patients: (values.patients as string | undefined) ?? DEFAULT_PATIENTS_DIRECTORY,
    out: (values.out as string | undefined) ?? "out",
    json: values.json as string | undefined,
    months: values.months === undefined ? undefined : whole("months", DEFAULT_MONTHS, 1, MOST_MONTHS),
    trustees,
    threshold,
  };
}

const SLOTS = 16;
const DEFAULT_MONTHS = 6;
const MOST_MONTHS = 120;

/** Spreads the visits over the months. @throws FhirInputError unreadable: one patient has too many */
function planVisits(files: readonly PatientFile[], given: number | undefined, now: number) {
  const visits = files.map((f) => f.bundle.visits.length);
  const needed = Math.ceil(Math.max(...visits) / SLOTS);
  const months = given ?? Math.min(Math.max(DEFAULT_MONTHS, needed), MOST_MONTHS);
  try {
    return { months, appointments: timetable({ visits, months, now, slotsPerEpoch: SLOTS }) };
  } catch (error) {
    if (!(error instanceof TimetableError)) throw error;
    const advice = error.monthsNeeded > MOST_MONTHS ? "Take the file out" : `Give --months ${error.monthsNeeded}`;
    throw new FhirInputError("unreadable", `${files[error.patientIndex]!.file}: ${error.message}. ${advice}.`);
  }
}

/** Checks the places for output before the run, so that no run is lost at its end. Call it when the input is known to be good. */
function prepareOutput({ out, json }: { out: string; json: string | undefined }): void {
  if (existsSync(out) && !statSync(out).isDirectory()) throw new UsageError(`--out: ${out} is not a directory`);
  if (json !== undefined && (!existsSync(dirname(json)) || (existsSync(json) && statSync(json).isDirectory())))
    throw new UsageError(`--json: ${json} cannot be written`);
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw new UsageError(`--out: ${out} cannot be created (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Names the files that play no part, and the entries that no visit holds. */
function tellFiles({ patients, skipped, refused }: LoadedPatients): void {
  for (const { file, reason } of refused) console.error(`refused: ${file}: ${reason}`);
  if (skipped.length > 0) console.log(`skipped, no Patient in it: ${skipped.join(", ")}`);
  for (const { file, bundle } of patients) {
    if (bundle.leftOut.length === 0) continue;
    console.log(`${file}: ${bundle.leftOut.length} of ${bundle.size} entries left out`);
    for (const { fullUrl, reason } of bundle.leftOut.slice(0, MOST_LEFT_OUT_SHOWN))
      console.log(`  ${fullUrl}: ${reason}`);
    if (bundle.leftOut.length > MOST_LEFT_OUT_SHOWN) console.log("  ... (all of them in --json)");
  }
}
const MOST_LEFT_OUT_SHOWN = 5;

function whyNobody(directory: string, { refused }: LoadedPatients): string {
  if (refused.length === 0) return `${directory}: no Bundle in it holds a Patient`;
  const all = refused.length === 1 ? "the one file with records is" : `all ${refused.length} files with records are`;
  return `${directory}: nothing to show, since ${all} refused`;
}

/** Number of input entries that the report holds. If it is not complete, the reason goes to `wrong`, and the run goes on. */
function checked(report: DocumentBundle, file: PatientFile, wrong: RefusedFile[]): number {
  try {
    return checkReport(report, file);
  } catch (error) {
    if (!(error instanceof IncompleteReportError)) throw error;
    wrong.push({ file: file.file, reason: error.message });
    return 0;
  }
}
const completeness = (wrong: readonly RefusedFile[]): string =>
  wrong.length === 0 ? "complete" : `NOT complete: ${wrong.map(({ file, reason }) => `${file}: ${reason}`).join("; ")}`;

/** A month that the escrow had to close must have been compared with its root in the log. */
function requireClosed({ unproved }: Joined): void {
  const fault = unproved.find(({ reason }) => reason !== "open");
  if (fault) throw new Error(`the index of ${epochName(fault.epoch)} is not proven: ${fault.reason}`);
}

async function main(): Promise<void> {
  const o = options();
  const loaded = loadPatients(o.patients);
  const files = loaded.patients;
  tellFiles(loaded);
  if (files.length === 0) throw new FhirInputError("no-patient", whyNobody(o.patients, loaded));
  const visits = files.reduce((n, f) => n + f.bundle.visits.length, 0);
  if (visits === 0) throw new FhirInputError("no-patient", `${o.patients}: no patient has a visit`);
  const today = Math.floor(Date.now() / 1000);
  const { months, appointments } = planVisits(files, o.months, today);
  prepareOutput(o);
  const firstEpoch = epochOf(today) - (months - 1);
  console.log(`${files.length} patients, ${visits} encounters, ${months} months from ${epochName(firstEpoch)}`);

  const watch = new Stopwatch();
  const line = progressLine();
  const started = performance.now();
  // Loaded only now, because the host loads all of Miniflare and a wrong option should be reported at once.
  const { openPractice } = await import("../local/practice.ts");
  const practice = await openPractice({
    trustees: o.trustees,
    threshold: o.threshold,
    slots: SLOTS,
    start: epochStart(firstEpoch),
    epochs: months + 24,
    progress: line.step,
  });
  try {
    line.step("registering clinics");
    const clinics = await openClinics(practice, files);
    line.step("enrolling patients");
    const patients = await enrolAll(practice, files, watch);
    const record = patients[0]?.record;
    if (record)
      line.step(`each patient read and confirmed the registrar's record: ${record.name}, ${record.birthDate}, ...`);
    await liveThrough(practice, patients, clinics, appointments, watch, (done, total) =>
      line.update(`visit ${done} of ${total} (${epochName(epochOf(practice.clock.now))})`),
    );
    line.step(`${visits} visits made, each under its own TID`);
    // Now, while the check-in's time is still right. Later the clock alone would be a reason to refuse it.
    const replayed = await replay(practice, patients[appointments.at(-1)!.patientIndex]!);
    practice.clock.now = Math.max(practice.clock.now, today);
    const closed = await practice.closeMonths();
    line.step(`${closed.length} past months of the session index completed and closed, with their roots in the log`);

    const wrong: RefusedFile[] = [];
    let ownResources = 0;
    for (const [i, patient] of patients.entries()) {
      line.update(`own report ${i + 1} of ${patients.length}`);
      const report = await watch.time("own report", () => patient.wallet.report());
      ownResources += checked(report, patient.file, wrong);
    }
    line.step(`own reports: ${ownResources} resources, ${completeness(wrong)}, with no trustee involved`);

    const byVisits = [...patients].sort((a, b) => b.visits.length - a.visits.length);
    const inNeed = byVisits[0]!;
    const last = inNeed.visits.at(-1)!;
    const clinician = await practice.newRequester("Dr. Ada Emery, emergency department", "clinician");
    const scope = { from: firstEpoch, to: epochOf(today) };
    const session = await last.clinic.session(last.session.tagHash);
    line.update(`link from ${session.tid}: order, approvals, opening`);
    const linked = await joinRecords(
      practice,
      clinician,
      {
        kind: "link",
        purpose: "Patient unconscious in the emergency room",
        legalGround: "GDPR Article 9(2)(c), vital interests",
        epochs: scope,
        emergency: true,
        subject: { checkIn: session.checkInBytes },
      },
      watch,
    );
    requireClosed(linked);
    const named = namesIn(linked.report, inNeed.file);
    const nameless = named === 0 ? "and no name" : `and the name in ${named} places of free text that the clinics kept`;
    line.step(`link from one TID: ${linked.sessions.length} sessions, ${linked.fetched.length} records, ${nameless}`);

    line.update("trace: order, approvals, opening");
    const authority = await practice.newRequester("Public health authority", "authority");
    const traced = await tracePatient(practice, authority, session.checkInBytes, watch);
    if (traced.fullUrl !== inNeed.file.bundle.patient.fullUrl) throw new Error("the trace names somebody else");
    line.step("trace of one TID: the registrar's contract names the right person");

    // The last month is closed after its grace period, so an order may cover it without being an emergency.
    practice.clock.now = epochStart(epochOf(practice.clock.now) + 1) + 5 * 86_400;
    await practice.closeMonths();
    let assembled = 0;
    for (const [i, patient] of patients.entries()) {
      line.update(`assembling report ${i + 1} of ${patients.length}`);
      const joined = await joinRecords(
        practice,
        authority,
        {
          kind: "assemble",
          purpose: "Continuity of care at the patient's request",
          legalGround: "GDPR Article 9(2)(h), provision of care",
          epochs: scope,
          subject: { selector: selectorOf(i) },
        },
        watch,
      );
      requireClosed(joined);
      assembled += checked(joined.report, patient.file, wrong);
      writeFileSync(join(o.out, reportFileName(patient.file)), `${writeJson(joined.report as never, 2)}\n`);
    }
    line.step(`assembled reports: ${assembled} resources, ${completeness(wrong)}, written to ${o.out}/`);

    const audit = await last.clinic.auditIndex(session.epoch);
    if (audit.findings.length > 0) throw new Error(`the index of a closed month: ${audit.findings[0]!.kind}`);
    line.step(
      `one clinic audited ${epochName(audit.epoch)}: ${audit.own} own of ${audit.rows} rows, under the logged root`,
    );

    const notices = await watch.time("find notices", () => inNeed.wallet.notices());
    line.step(`the patient's wallet found ${notices.length} cases that touched it in the log`);
    const otherNotices = byVisits[1] ? (await byVisits[1].wallet.notices()).length : undefined;

    const other = [...clinics.values()].find((c) => c !== last.clinic) ?? (await practice.openClinic("Another clinic"));
    const refused = {
      "replayed check-in": replayed,
      "presentation for another clinic": await wrongAudience(practice, inNeed, other),
      "revoked wallet": await revoked(practice, byVisits.at(-1)!, other),
    };
    line.step("replay: opens nothing; wrong audience and a revoked wallet: refused");
    line.end();

    const figures = {
      patients: patients.length,
      services: clinics.size,
      visits,
      records: patients.reduce((n, p) => n + p.visits.length, 0),
      plaintextBytes: patients.reduce((n, p) => n + p.visits.reduce((m, v) => m + v.bytes, 0), 0),
      resources: assembled,
      months,
      trustees: o.trustees,
      threshold: o.threshold,
      linkedSessions: linked.sessions.length,
      namesInLinkedReport: named,
      notices: { touched: notices.length, ...(otherNotices === undefined ? {} : { another: otherNotices }) },
      refused,
      seconds: Math.round((performance.now() - started) / 100) / 10,
      steps: watch.summary(),
      reports: files.map((f) => join(o.out, reportFileName(f))),
      files: files.map(({ file, bundle: { size, filed, carried, leftOut } }) => ({
        file,
        entries: size,
        filed,
        carried,
        leftOut,
      })),
      skippedFiles: loaded.skipped,
      refusedFiles: loaded.refused,
      incompleteReports: wrong,
    };
    printTable(figures);
    console.log(roleTable(figures));
    if (o.json !== undefined) writeFileSync(o.json, `${JSON.stringify(figures, null, 2)}\n`);
    if (loaded.refused.length > 0) {
      const names = loaded.refused.map(({ file }) => file).join(", ");
      console.error(`The other patients are done. Refused, with the reason above: ${names}`);
    }
    if (loaded.refused.length > 0 || wrong.length > 0) process.exitCode = 1;
  } finally {
    line.end();
    await practice.stop();
  }
}

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`);
  else if (error instanceof FhirInputError) console.error(error.message);
  else console.error(error);
  process.exitCode = 1;
}
