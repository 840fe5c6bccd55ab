// npm start -- [--port N] [--state DIR] [--fresh]
// The whole system, left running: every role on its own port, a seeded practice (clinics, patients, records), state kept in
// .symbolon/ (or DIR) so that it is there again the next time.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { epochOf, epochStart } from "../protocol/epoch.ts";
import { SEED_FILE, startHost } from "./host.ts";
import { enrolAll, liveThrough, openClinics } from "./life.ts";
import { DEFAULT_PATIENTS_DIRECTORY, loadPatients } from "./patients.ts";
import { openPractice } from "./practice.ts";
import { progressLine } from "./progress.ts";
import { Stopwatch } from "./stopwatch.ts";
import { timetable } from "./timetable.ts";

const DEFAULT_STATE = ".symbolon";
const VISITS_A_PATIENT = 3;
const MONTHS = 3;

const USAGE = `npm start -- [options]
  --port N     first of seven ports (default 8700)
  --state DIR  where state is kept (default ${DEFAULT_STATE})
  --fresh      forget that state and seed anew
  --help       this text`;

interface Seeded {
  clinics: { name: string; id: string }[];
  patients: { selector: string; recoveryWords: string; visits: number }[];
}

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
    const port = Number(values.port ?? 8700);
    if (!Number.isInteger(port) || port < 1024 || port > 65_000) throw new Error("--port: a number from 1024 to 65000");
    return { port, state: values.state ?? DEFAULT_STATE, fresh: values.fresh === true };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

async function seed() {
  const line = progressLine();
  const now = Math.floor(Date.now() / 1000);
  const first = epochOf(now) - (MONTHS - 1);
  const practice = await openPractice({ persist: state, port, start: epochStart(first), progress: line.step });
  const files = loadPatients(DEFAULT_PATIENTS_DIRECTORY);
  const counts = files.map((f) => Math.min(VISITS_A_PATIENT, f.bundle.visits.length));
  const clinics = await openClinics(practice, files);
  const patients = await enrolAll(practice, files, new Stopwatch());
  const appointments = timetable({ visits: counts, months: MONTHS, now, slotsPerEpoch: 16 });
  await liveThrough(practice, patients, clinics, appointments, new Stopwatch(), (done, total) =>
    line.update(`visit ${done} of ${total}`),
  );
  line.end();
  const seeded: Seeded = {
    clinics: [...clinics.values()].map((c) => ({ name: c.keys.name, id: Buffer.from(c.serviceId).toString("hex") })),
    patients: patients.map((p) => ({
      selector: p.selector,
      recoveryWords: p.wallet.recoveryWords,
      visits: p.visits.length,
    })),
  };
  writeFileSync(seededFile, `${JSON.stringify(seeded, null, 2)}\n`, { mode: 0o600 });
  return practice.host;
}

const { port, state, fresh } = options();
const seededFile = join(state, "seeded.json");
if (existsSync(state) && !existsSync(join(state, SEED_FILE)) && readdirSync(state).length > 0) {
  console.error(`--state: ${state}/ holds something else`);
  process.exit(1);
}
if (fresh) rmSync(state, { recursive: true, force: true });
if (existsSync(join(state, SEED_FILE)) && !existsSync(seededFile)) {
  console.error(`${state}/ holds a seeding that was broken off: run npm start with --fresh`);
  process.exit(1);
}
const host = existsSync(seededFile) ? await startHost({ persist: state, port }) : await seed();
const { clinics, patients } = JSON.parse(readFileSync(seededFile, "utf8")) as Seeded;

console.log("\nSymbolon is running. Everything is local; the clock may be set by a request header.\n");
for (const [role, url] of Object.entries({
  registrar: host.urls.registrar,
  service: host.urls.service,
  escrow: host.urls.escrow,
  log: host.urls.log,
}))
  console.log(`  ${role.padEnd(10)} ${url}`);
host.urls.trustees.forEach((url, i) => {
  console.log(`  trustee ${i + 1}  ${url}`);
});
console.log(`\n  clinics    ${clinics.map((c) => c.name).join(", ")}`);
console.log(`  patients   ${patients.map((p) => `${p.selector} (${p.visits} visits)`).join(", ")}`);
console.log(`\nTry:  curl ${host.urls.service}/v1/services`);
console.log(`      curl ${host.urls.log}/checkpoint`);
console.log(`Recovery words of the patients: ${seededFile}.  Ctrl-C stops it; npm start goes on where it was.\n`);

const stop = async (): Promise<void> => {
  await host.stop();
  process.exit(0);
};
// Miniflare's own handlers would end this process before its Workers are stopped in order.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeAllListeners(signal).once(signal, stop);
