// Plays the visits of many patients, for the demo and `npm start`. Every Organization becomes a clinic. Every Encounter becomes
// an anonymous check-in with a fresh TID, and the clinic seals and stores its resources. Patients do not wait for each other,
// but each patient's visits keep their order.

import { type Clinic, type IdentityFinding, mergeOrganizations, type OpenSession } from "../client/index.ts";
import { epochOf, epochStart } from "../protocol/epoch.ts";
import type { PatientFile } from "./patients.ts";
import type { EnrolledPatient, Practice } from "./practice.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { Appointment } from "./timetable.ts";

const LANES = 3;

export interface LivedVisit {
  clinic: Clinic;
  session: OpenSession;
  /** of the record before it was sealed */
  bytes: number;
  /** places in free text that name the patient; the clinic knew them and filed the record */
  findings: readonly IdentityFinding[];
}

export interface LivedPatient extends EnrolledPatient {
  file: PatientFile;
  visits: LivedVisit[];
}

/** Opens one clinic per Organization. The keys of the map are the Organizations' keys. */
export async function openClinics(practice: Practice, files: readonly PatientFile[]): Promise<Map<string, Clinic>> {
  const clinics = new Map<string, Clinic>();
  const policy = { required: [{ attribute: "coverage", accepted: ["standard", "extended"] }], maxStaleEpochs: 1 };
  for (const organization of mergeOrganizations(files.map((f) => f.bundle)))
    clinics.set(organization.key, await practice.openClinic(organization.name, policy));
  return clinics;
}

/** The selector of a person: the number by which authorities name a patient of the demo. */
export const selectorOf = (index: number): string => `SYM-${String(index + 1).padStart(6, "0")}`;

export async function enrolAll(
  practice: Practice,
  files: readonly PatientFile[],
  watch: Stopwatch,
): Promise<LivedPatient[]> {
  const patients: LivedPatient[] = [];
  for (const [i, file] of files.entries()) {
    const enrolled = await watch.time("enrol", () =>
      practice.enrolPatient(file.bundle.patient, selectorOf(i), { coverage: "standard", age: "adult" }),
    );
    patients.push({ ...enrolled, file, visits: [] });
  }
  return patients;
}

/** One visit: the anonymous check-in, the clinic's own verification, the record. */
async function visit(patient: LivedPatient, clinic: Clinic, visitIndex: number, watch: Stopwatch) {
  const invitation = await clinic.invitation();
  const session = await watch.time("check-in", async () =>
    patient.wallet.checkIn(await patient.wallet.readInvitation(invitation)),
  );
  // From here on the clinic acts. It knows only the TID.
  const seen = await watch.time("clinic verifies", () => clinic.session(session.tagHash));
  const { visits, patient: person, references } = patient.file.bundle;
  // The clinics of the demo keep the names that stand in narrative and letters.
  const options = { patient: person, references, allow: () => true };
  const { bytes, findings } = await watch.time("store record", () =>
    clinic.fileVisit(seen, visits[visitIndex]!.entries, options),
  );
  patient.visits.push({ clinic, session, bytes, findings });
}

/** Plays the timetable month by month. Within a month, patients act at the same time. */
export async function liveThrough(
  practice: Practice,
  patients: readonly LivedPatient[],
  clinics: Map<string, Clinic>,
  appointments: readonly Appointment[],
  watch: Stopwatch,
  progress: (done: number, total: number) => void,
): Promise<void> {
  let done = 0;
  const months = Map.groupBy(appointments, (a) => epochOf(a.at));
  for (const [month, inMonth] of months) {
    // All wallets fetch their credentials at the month's start. So the time of a fetch reveals nothing about a visit.
    practice.clock.now = Math.max(practice.clock.now, epochStart(month));
    await practice.closeMonths();
    for (const patient of patients) await watch.time("refresh", () => patient.wallet.refresh(month));
    const queues = [...Map.groupBy(inMonth, (a) => a.patientIndex).values()];
    const lane = async (): Promise<void> => {
      for (let queue = queues.shift(); queue; queue = queues.shift()) {
        for (const { patientIndex, visitIndex, at } of queue) {
          const patient = patients[patientIndex]!;
          const { organizationRef } = patient.file.bundle.visits[visitIndex]!;
          const clinic = clinics.get(organizationRef)!;
          await practice.at(at, () => visit(patient, clinic, visitIndex, watch));
          practice.clock.now = Math.max(practice.clock.now, at);
          progress(++done, appointments.length);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
}
