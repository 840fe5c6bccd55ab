// Measures how fast a clinic's record system files through the gateway: transactions of one visit's resources, each into a session
// of its own, two at a time. The gateway is a process of its own, as a clinic runs it. It is measured twice, with few and with many
// sessions, because the time must not grow with them.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { samplePatients } from "../local/patients.ts";
import { openPractice, type Practice } from "../local/practice.ts";
import { type Bench, type BenchContext, type Row, summary } from "./measure.ts";

const MAIN = fileURLToPath(new URL("../gateway/main.ts", import.meta.url));
const LANES = 2;
/** resources in a transaction, about those of a visit of the sample patients */
const RESOURCES = 20;
/** visits that one wallet may make in a month */
const SLOTS = 64;

export const gatewayBench: Bench = {
  name: "gateway",
  about: "resources filed through the FHIR gateway, with few and with many sessions",
  async run(context: BenchContext): Promise<Row[]> {
    context.progress("gateway: starting a practice");
    const practice = await openPractice({ slots: SLOTS });
    const directory = mkdtempSync(join(tmpdir(), "symbolon-bench-"));
    try {
      return await measure(context, practice, directory);
    } finally {
      await practice.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(context: BenchContext, practice: Practice, directory: string): Promise<Row[]> {
  const clinic = await practice.openClinic("Harbour Clinic");
  const path = (name: string) => join(directory, name);
  writeFileSync(path("deployment.json"), JSON.stringify(practice.deployment));
  writeFileSync(path("keys.json"), JSON.stringify(clinic.keys), { mode: 0o600 });
  const [file] = samplePatients();
  let people = 0;
  let left = 0;
  let wallet: Awaited<ReturnType<Practice["enrolPatient"]>>["wallet"];
  const newSession = async (): Promise<string> => {
    practice.clock.now = Math.floor(Date.now() / 1000); // the gateway has no other clock
    if (left-- <= 0) {
      ({ wallet } = await practice.enrolPatient(file!.bundle.patient, `bench-${people++}`, {
        coverage: "standard",
        age: "adult",
      }));
      left = SLOTS - 1;
    }
    const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
    return (await clinic.session(tagHash)).tid;
  };
  const gateway = await start(path("deployment.json"), path("keys.json"), path("state"));
  const rows: Row[] = [];
  try {
    const times = context.times(10, 60);
    let sessions = 0;
    for (const target of [times, context.times(60, 500)]) {
      const tids: string[] = [];
      for (; sessions < target; sessions++) {
        context.progress(`gateway: check-in ${sessions + 1} of ${target}`);
        tids.push(await newSession());
      }
      const measured = tids.slice(-times);
      // Every session holds records, not only those that are measured.
      for (const tid of tids.slice(0, -times)) await file20(gateway.base, tid);
      await file20(gateway.base, measured[0]!);
      const samples: number[] = [];
      const begun = performance.now();
      const queue = [...measured];
      const lane = async (): Promise<void> => {
        for (let tid = queue.shift(); tid !== undefined; tid = queue.shift())
          samples.push(await file20(gateway.base, tid));
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      const perMinute = Math.round((samples.length * RESOURCES * 60_000) / (performance.now() - begun));
      rows.push({
        operation: `file ${RESOURCES} resources through the gateway, ${target} sessions`,
        unit: "ms",
        ...summary(samples),
        note: `${perMinute} resources a minute, ${LANES} transactions at a time: validated, sealed, at the edge`,
      });
    }
  } finally {
    gateway.stop();
  }
  return rows;
}

/** @returns milliseconds */
async function file20(base: string, tid: string): Promise<number> {
  const entry = Array.from({ length: RESOURCES }, (_, i) => ({
    resource: {
      resourceType: "Observation",
      status: "final",
      category: [
        { coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs" }] },
      ],
      code: { coding: [{ system: "http://loinc.org", code: "8867-4", display: "Heart rate" }], text: "Heart rate" },
      subject: { reference: `Patient/${tid}` },
      encounter: { reference: `Encounter/${tid}` },
      effectiveDateTime: "2026-06-01T10:00:00Z",
      valueQuantity: { value: 60 + i, unit: "/min", system: "http://unitsofmeasure.org", code: "/min" },
    },
    request: { method: "POST", url: "Observation" },
  }));
  const begun = performance.now();
  const answer = await fetch(base, {
    method: "POST",
    headers: { "content-type": "application/fhir+json" },
    body: JSON.stringify({ resourceType: "Bundle", type: "transaction", entry }),
  });
  const text = await answer.text();
  if (answer.status !== 200 || answer.headers.has("symbolon-state")) throw new Error(`the gateway answered ${text}`);
  return performance.now() - begun;
}

async function start(deployment: string, keys: string, state: string): Promise<{ base: string; stop(): void }> {
  const args = [MAIN, "--deployment", deployment, "--keys", keys, "--state", state, "--port", "0", "--patience", "600"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  const base = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const url = /: (https?:\/\/\S+)/.exec(out)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  return { base, stop: () => child.kill("SIGKILL") };
}
