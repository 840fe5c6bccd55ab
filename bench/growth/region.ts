// Makes one region of a given size. Every role runs on local workerd. A patient has a real visit at each of two clinics in a
// closed month; all other rows are filler. The Durable Objects hold as many sessions as the databases do, as if all sessions
// were of the open month. That is twelve times as many as in a real region of this size.
//
// The two measured clinics hold a tenth of the sessions each; the other services hold the rest.

import { ClinicApi } from "../../client/clinic/api.ts";
import {
  type Clinic,
  type ClinicSession,
  clinicCard,
  createClinicKeys,
  type Requester,
  type Wallet,
} from "../../client/index.ts";
import type { Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { fastEngine } from "../fast-engine.ts";
import { SESSION_OBJECTS } from "../session-objects.ts";
import { checkIn, newPatient, nextMonth, openClinic, openWorld, samplePatient, visit, type World } from "../world.ts";
import { fillIndex, fillPeople, fillServices, signManifests } from "./fill.ts";

export interface Size {
  sessions: number;
  services: number;
  patients: number;
}

export interface Region {
  size: Size;
  practice: Practice;
  workerdPid: number | undefined;
  clinic: Clinic;
  /** fetches the measured clinic's own lists */
  clinicApi: ClinicApi;
  wallet: Wallet;
  requester: Requester;
  /** a visit of the wallet's patient in the last closed month */
  session: ClinicSession;
  closed: number;
  /** another patient's open sessions at the clinic, for storing records */
  writing: ClinicSession[];
  /** number of blobs that the last own report downloaded */
  downloaded: number;
  filledInSeconds: number;
}

/** months over which the filler sessions are spread; the last one is the open month */
const EPOCHS = 12;
/** sessions of the measured patient, all in the last closed month */
export const REPORT_SESSIONS = 2;
const WRITING_SESSIONS = 4;
const REGISTRATIONS_AT_ONCE = 4;

/** Opens the regions one after the other. So each finds its own workerd, and has the machine to itself while it is filled. */
export async function openRegions(
  sizes: readonly Size[],
  progress: (what: string) => void,
): Promise<{ regions: Region[]; stop(): Promise<void> }> {
  const worlds: World[] = [];
  const regions: Region[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(worlds.map((w) => w.practice.stop()));
  };
  try {
    for (const size of sizes) {
      const world = await openWorld(progress, { sessionsPerObject: Math.ceil(size.sessions / SESSION_OBJECTS) });
      worlds.push(world);
      regions.push(await furnish(size, world, progress));
    }
    return { regions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function registerServices(practice: Practice, count: number): Promise<string[]> {
  const ids: string[] = [];
  const work = async (): Promise<void> => {
    while (ids.length < count) {
      const at = ids.push("") - 1;
      const keys = await createClinicKeys(`Practice ${at}`);
      ids[at] = await practice.operator.registerService(clinicCard(keys));
    }
  };
  await Promise.all(Array.from({ length: REGISTRATIONS_AT_ONCE }, work));
  return ids;
}

async function furnish(size: Size, { practice, workerdPid }: World, progress: (what: string) => void): Promise<Region> {
  const clinics = [await openClinic(practice, "North clinic"), await openClinic(practice, "South clinic")];
  progress(`${size.services} services`);
  const others = await registerServices(practice, size.services - clinics.length - 1); // openWorld has made one more, for the session objects
  progress("the measured patient's visits");
  const file = samplePatient();
  const { wallet } = await newPatient(practice, file);
  let session: ClinicSession | undefined;
  for (let i = 0; i < REPORT_SESSIONS; i++) session = await visit(wallet, clinics[i % clinics.length]!, file, i);
  nextMonth(practice);
  const { wallet: other } = await newPatient(practice, file);
  const writing: ClinicSession[] = [];
  for (let i = 0; i < WRITING_SESSIONS; i++) writing.push(await checkIn(other, clinics[0]!));

  progress(`${size.sessions} sessions, ${size.patients} patients`);
  const start = performance.now();
  const open = epochOf(practice.clock.now);
  const epochs = Array.from({ length: EPOCHS }, (_, i) => open - EPOCHS + 1 + i);
  const ids = clinics.map((c) => bytesToHex(c.serviceId));
  // The measured two clinics hold a tenth each, however many services there are. The others share the rest.
  const share = Math.floor(size.sessions / 10);
  const rest = Math.floor((size.sessions - share * ids.length) / others.length);
  await Promise.all([
    fillServices(
      practice.host,
      [
        ...ids.map((serviceId) => ({ serviceId, sessions: share })),
        ...others.map((serviceId) => ({ serviceId, sessions: rest })),
      ],
      ids[0]!,
      epochs,
    ),
    fillIndex(practice.host, size.sessions, epochs),
    fillPeople(practice.host, size.patients),
  ]);
  for (const clinic of clinics) {
    const own = wallet.sessions.filter((s) => s.serviceId === bytesToHex(clinic.serviceId)).map((s) => s.tagHash);
    await signManifests(practice.host, clinic, own);
  }
  return {
    size,
    practice,
    workerdPid,
    clinic: clinics[0]!,
    clinicApi: new ClinicApi(practice.transport, practice.deployment.serviceUrl, clinics[0]!.keys),
    wallet,
    requester: await practice.newRequester("Growth requester", "emergency physician", fastEngine()),
    session: session!,
    closed: open - 1,
    writing,
    downloaded: 0,
    filledInSeconds: (performance.now() - start) / 1000,
  };
}
