// npm start -- [--port N] [--state DIR] [--fresh]
// Runs the whole system until Ctrl-C, so that anybody can try it: one port per role and per web app, with clinics, patients and
// records already in it. The tour plays every party in one window. The state stays in .symbolon/ (or DIR), so the next start continues with the same clinics and patients. It
// holds the clinics' keys and codes of people without a phone, so that `symbolon` acts as one of them at once.

import { parseArgs } from "node:util";
import { Operator, systemTransport } from "../client/index.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { epochName, epochOf, epochStart } from "../protocol/epoch.ts";
import { type AppUrls, START_PORTS, startApps } from "./apps.ts";
import { DEFAULT_PORTS, type Host, PortInUseError, requireFreePorts, startHost } from "./host.ts";
import { enrolAll, liveThrough, openClinics } from "./life.ts";
import { samplePatients } from "./patients.ts";
import { deploymentOf, openPractice } from "./practice.ts";
import {
  clinicFile,
  codesFile,
  deploymentFile,
  readCodes,
  slugsOf,
  writeAdminKey,
  writeClinicKeys,
  writeCodes,
  writeDeployment,
} from "./practice-files.ts";
import { progressLine } from "./progress.ts";
import { publishLocalBuilds } from "./published-builds.ts";
import { type SparePerson, sparePeople } from "./spare-people.ts";
import { type Seeded, StateDirectory, StateError } from "./state-directory.ts";
import { Stopwatch } from "./stopwatch.ts";
import { timetable } from "./timetable.ts";
import { tourStage } from "./tour.ts";

const DEFAULT_STATE = ".symbolon";
const DEFAULT_PORT = 8700;
const VISITS_PER_PATIENT = 3;
const MONTHS = 3;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const USAGE = `npm start -- [options]
Starts every role and every app on this machine, with sample patients, and runs until Ctrl-C.

  --port N     the first of ${START_PORTS} consecutive ports (default ${DEFAULT_PORT})
  --state DIR  directory that keeps the state (default ${DEFAULT_STATE})
  --fresh      delete the state in that directory and seed it again
  --help       print this text`;

function options(): { port: number; state: string; fresh: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string" },
        state: { type: "string" },
        fresh: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const port = Number(values.port ?? DEFAULT_PORT);
    if (!Number.isInteger(port) || port < 1024 || port > 65_000)
      throw new Error("--port: must be a number from 1024 to 65000");
    return { port, state: values.state ?? DEFAULT_STATE, fresh: values.fresh === true };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

/** Starts an empty system and lets the sample patients visit its clinics. */
async function seed({ path }: StateDirectory, port: number): Promise<{ host: Host; seeded: Seeded }> {
  const line = progressLine();
  const now = Math.floor(Date.now() / 1000);
  const first = epochOf(now) - (MONTHS - 1);
  const practice = await openPractice({ persist: path, port, start: epochStart(first), progress: line.step, tries: 5 });
  const files = samplePatients();
  const counts = files.map((f) => Math.min(VISITS_PER_PATIENT, f.bundle.visits.length));
  const clinics = await openClinics(practice, files);
  const patients = await enrolAll(practice, files, new Stopwatch());
  const appointments = timetable({ visits: counts, months: MONTHS, now, slotsPerEpoch: 16 });
  await liveThrough(practice, patients, clinics, appointments, new Stopwatch(), (done, total) =>
    line.update(`visit ${done} of ${total}`),
  );
  practice.clock.now = Math.max(practice.clock.now, now);
  const closed = await practice.closeMonths();
  line.step(`months of the session index closed, with their roots in the log: ${closed.map(epochName).join(", ")}`);
  line.end();
  const all = [...clinics.values()];
  const slugs = slugsOf(all.map((c) => c.keys.name));
  for (const [i, { keys }] of all.entries()) writeClinicKeys(path, slugs[i]!, keys);
  const seeded: Seeded = {
    clinics: all.map((c, i) => ({ name: c.keys.name, id: bytesToHex(c.serviceId), slug: slugs[i]! })),
    patients: patients.map((p) => ({
      selector: p.selector,
      recoveryWords: p.wallet.recoveryWords,
      visits: p.visits.length,
    })),
  };
  return { host: practice.host, seeded };
}

/** Ends the process if a signal comes while the system is being seeded. Miniflare's exit hook stops the Workers. */
function stopSeeding(): void {
  console.error("\nStopped while seeding. The next npm start seeds again from the beginning.");
  process.exit(130);
}

async function start(state: StateDirectory, port: number, fresh: boolean): Promise<{ host: Host; seeded: Seeded }> {
  const kept = fresh ? undefined : state.seeded;
  if (kept) return { host: await startHost({ persist: state.path, port }), seeded: kept };
  if (state.isHalfSeeded && !fresh) console.error("The last seeding did not finish. Seeding again from the beginning.");
  for (const signal of SIGNALS) process.once(signal, stopSeeding);
  state.beginSeeding();
  const made = await seed(state, port);
  state.endSeeding(made.seeded);
  return made;
}

/** Writes the files of this start for the CLI and the gateway. @returns the people who have no phone yet */
async function writeFiles(state: string, host: Host): Promise<SparePerson[]> {
  const deployment = deploymentOf(host);
  writeDeployment(state, deployment);
  writeAdminKey(state, bytesToHex(host.adminSecretKey));
  const operator = new Operator(systemTransport(), deployment, host.adminSecretKey);
  const people = await sparePeople(operator, Math.floor(Date.now() / 1000), readCodes(state));
  writeCodes(state, people);
  return people;
}

const CLI = "npm run --silent symbolon --";

function printCommands(state: string, { clinics }: Seeded, [person]: readonly SparePerson[]): void {
  const wallet = `${state}/patient.json`;
  const { name, slug } = clinics[0]!;
  console.log(`\nIn another terminal, act as ${name} and as a patient:\n`);
  console.log(`  export SYMBOLON_DEPLOYMENT=${deploymentFile(state)} SYMBOLON_KEYS=${clinicFile(state, slug)}`);
  console.log(`  ${CLI} patient enrol --wallet ${wallet} --code ${person!.code}`);
  console.log(`  ${CLI} clinic challenge --text | ${CLI} patient check-in --wallet ${wallet} -`);
  console.log(`  ${CLI} clinic sessions`);
  console.log(`\n${CLI} --help names every command. Other people's codes are in ${codesFile(state)}.`);
}

function printApps({ tourUrl, walletUrl, deskUrl, registrarDeskUrl, officerUrls }: AppUrls): void {
  console.log(`\nOpen ${tourUrl}\n`);
  console.log("There you play patient, clinic, officer and registrar, and see what each of them can see.\n");
  console.log(`  wallet          ${walletUrl}`);
  console.log(`  clinic's desk   ${deskUrl}`);
  console.log(`  registrar       ${registrarDeskUrl}`);
  officerUrls.forEach((url, i) => {
    console.log(`  officers of ${i + 1}   ${url}`);
  });
}

function print({ urls }: Host, { clinics, patients }: Seeded, seededFile: string): void {
  console.log("\nSymbolon is running on this machine only. A request header may set its clock.\n");
  const { registrar, service, escrow, log, trustees } = urls;
  for (const [role, url] of Object.entries({ registrar, service, escrow, log }))
    console.log(`  ${role.padEnd(10)} ${url}`);
  trustees.forEach((url, i) => {
    console.log(`  trustee ${i + 1}  ${url}`);
  });
  console.log(`\n  clinics    ${clinics.map((c) => c.name).join(", ")}`);
  console.log(`  patients   ${patients.map((p) => `${p.selector} (${p.visits} visits)`).join(", ")}`);
  console.log(`\nOpen  ${service}/docs    the service's API`);
  console.log(`Try:  curl ${service}/v1/services/${clinics[0]!.id}/buckets/0.1`);
  console.log(`      curl ${log}/checkpoint`);
  console.log(`\nThe patients' recovery words are in ${seededFile}.`);
}

function printEnd(): void {
  console.log("Ctrl-C stops the system. The next npm start continues with the same state.\n");
}

async function main(): Promise<void> {
  const { port, state: path, fresh } = options();
  const state = new StateDirectory(path);
  try {
    await requireFreePorts(port, START_PORTS);
  } catch (error) {
    state.giveUp();
    throw error;
  }
  if (!fresh && state.isFromElsewhere)
    throw new StateError(`${path}/ holds state without a finished seeding: run npm start with --fresh to replace it`);
  if (!fresh && state.isWithoutKeys)
    throw new StateError(
      `${path}/ is of an older version, without the clinics' keys: run npm start with --fresh to replace it`,
    );
  const { host, seeded } = await start(state, port, fresh);
  const people = await writeFiles(path, host);
  const deployment = deploymentOf(host);
  await publishLocalBuilds(systemTransport(), deployment, host.adminSecretKey);
  const apps = await startApps(deployment, port + DEFAULT_PORTS, tourStage(deployment, host));
  printApps(apps.urls);
  print(host, seeded, state.seededFile);
  printCommands(path, seeded, people);
  printEnd();
  const stop = async (): Promise<void> => {
    await apps.stop();
    await host.stop();
    process.exit(0);
  };
  // Miniflare's own handlers would end this process before its Workers have stopped.
  for (const signal of SIGNALS) process.removeAllListeners(signal).once(signal, stop);
}

try {
  await main();
} catch (error) {
  if (error instanceof PortInUseError)
    console.error(`${error.message}: stop the program that uses it, or choose other ports with --port.`);
  else if (error instanceof StateError) console.error(error.message);
  else console.error(error);
  process.exit(1);
}
