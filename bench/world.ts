// The running system that the HTTP benches share: one practice on local workerd, and patients with the visits of the sample
// patients. Its clock stands still; only `nextMonth` moves it.

import type { Clinic, ClinicSession, Wallet } from "../client/index.ts";
import { type PatientFile, samplePatients } from "../local/patients.ts";
import { openPractice, type Practice } from "../local/practice.ts";
import { epochOf, epochStart } from "../protocol/epoch.ts";
import { workerdPids } from "./processes.ts";
import { fillObjects } from "./session-objects.ts";

export const SLOTS = 16;
export const ENTITLEMENTS = { coverage: "extended", age: "adult" };
const POLICY = { required: [{ attribute: "coverage", accepted: ["standard", "extended"] }], maxStaleEpochs: 1 };
const INTO_THE_MONTH_SECONDS = 14 * 86_400;
const START_MONTHS_AGO = 18;
/** months that the parameters cover; all benches together need fewer */
const MONTHS = 36;

export interface World {
  practice: Practice;
  /** the process of all roles, or of all roles except the trustees with `trusteesApart`; undefined without /proc */
  workerdPid: number | undefined;
}

export interface WorldOptions {
  /** gives each trustee its own process */
  trusteesApart?: boolean;
  /** months before the start of the usual 18 months of history */
  earlierMonths?: number;
  /** port of workerd's inspector, for a profiler */
  inspectorPort?: number;
  /** sessions of the open month that each Durable Object already holds (default 1); with 0 no object is made */
  sessionsPerObject?: number;
}

export async function openWorld(
  progress: (what: string) => void,
  { trusteesApart = false, earlierMonths = 0, inspectorPort, sessionsPerObject = 1 }: WorldOptions = {},
): Promise<World> {
  const month = epochOf(Math.floor(Date.now() / 1000)) - START_MONTHS_AGO - earlierMonths;
  const others = workerdPids();
  const start = epochStart(month) + INTO_THE_MONTH_SECONDS;
  const practice = await openPractice({
    ...(inspectorPort !== undefined && { inspectorPort }),
    slots: SLOTS,
    start,
    epochs: MONTHS + earlierMonths,
    trusteesApart,
    progress,
  });
  progress("filling the session objects");
  if (sessionsPerObject > 0) await fillObjects(practice, sessionsPerObject);
  return { practice, workerdPid: workerdPids().find((pid) => !others.includes(pid)) };
}

/** Moves the clock forward to the middle of a later month. The months before are closed then, their grace period included. */
export function nextMonth({ clock }: Practice, months = 1): void {
  clock.now = epochStart(epochOf(clock.now) + months) + INTO_THE_MONTH_SECONDS;
}

export const openClinic = (practice: Practice, name: string): Promise<Clinic> => practice.openClinic(name, POLICY);

let people = 0;
/** Registers a person who has no phone yet. */
export const newPerson = ({ operator }: Practice) =>
  operator.registerPerson(samplePatients()[0]!.bundle.patient, `bench-${people++}`, ENTITLEMENTS);
export const newPatient = (practice: Practice, file = samplePatients()[0]!) =>
  practice.enrolPatient(file.bundle.patient, `bench-${people++}`, ENTITLEMENTS);

export async function checkIn(wallet: Wallet, clinic: Clinic): Promise<ClinicSession> {
  const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
  return clinic.session(tagHash);
}

/** Lets a sample patient visit a clinic, from the check-in to the stored record. */
export async function visit(wallet: Wallet, clinic: Clinic, file: PatientFile, index: number): Promise<ClinicSession> {
  const session = await checkIn(wallet, clinic);
  const { entries } = file.bundle.visits[index % file.bundle.visits.length]!;
  const { patient, references } = file.bundle;
  await clinic.fileVisit(session, entries, { patient, references });
  return session;
}

export const samplePatient = (): PatientFile => {
  const [first, ...rest] = samplePatients();
  return rest.reduce((most, f) => (f.bundle.visits.length > most.bundle.visits.length ? f : most), first!);
};
