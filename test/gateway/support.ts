// A practice with one clinic, and the clinic's gateway as a user starts it: a process of its own, from files.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clinic, FhirResource, JsonObject } from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";

const MAIN = fileURLToPath(new URL("../../gateway/main.ts", import.meta.url));

export interface World {
  practice: Practice;
  clinic: Clinic;
  patient: EnrolledPatient;
  directory: string;
  /** A patient checks in; the answer is the new session's TID and tag hash. */
  visit(): Promise<{ tid: string; tagHash: string }>;
  gateway(flags?: readonly string[], options?: GatewayOptions): Promise<RunningGateway>;
  close(): Promise<void>;
}
interface GatewayOptions {
  clinic?: Clinic;
  /** name of the state directory */
  state?: string;
  env?: Record<string, string>;
}
export interface RunningGateway {
  base: string;
  process: ChildProcess;
  /** what it wrote to stderr */
  log(): string;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** @param slots visits that a patient may make in a month */
export async function openWorld({ slots = 64 }: { slots?: number } = {}): Promise<World> {
  const practice = await openPractice({ slots });
  const clinic = await practice.openClinic("Harbour Clinic");
  const [file] = samplePatients();
  const patient = await practice.enrolPatient(file!.bundle.patient, "SYM-000001", {
    coverage: "standard",
    age: "adult",
  });
  const directory = mkdtempSync(join(tmpdir(), "symbolon-gateway-"));
  writeFileSync(join(directory, "deployment.json"), JSON.stringify(practice.deployment));
  const running: RunningGateway[] = [];
  return {
    practice,
    clinic,
    patient,
    directory,
    async visit() {
      practice.clock.now = Math.floor(Date.now() / 1000); // the gateway has no other clock
      const invitation = await clinic.invitation();
      const { tagHash } = await patient.wallet.checkIn(await patient.wallet.readInvitation(invitation));
      return { tagHash, tid: (await clinic.session(tagHash)).tid };
    },
    async gateway(flags = [], options = {}) {
      const gateway = await startGateway(directory, options.clinic ?? clinic, flags, options);
      running.push(gateway);
      return gateway;
    },
    async close() {
      await Promise.all(running.map((gateway) => gateway.stop("SIGKILL")));
      await practice.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startGateway(
  directory: string,
  clinic: Clinic,
  flags: readonly string[],
  { state = "state", env = {} }: GatewayOptions,
): Promise<RunningGateway> {
  const keys = join(directory, "keys.json");
  writeFileSync(keys, JSON.stringify(clinic.keys), { mode: 0o600 });
  const args = ["--deployment", join(directory, "deployment.json"), "--keys", keys, "--state", join(directory, state)];
  // A flag that is given twice counts as the second time.
  const child = spawn(process.execPath, [MAIN, ...args, "--port", "0", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let [out, err] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const base = await Promise.race([
    ended.then((code) => {
      throw new Error(`the gateway ended with ${code}: ${err}`);
    }),
    new Promise<string>((resolve) => {
      child.stdout!.on("data", () => {
        const url = /: (https?:\/\/\S+)/.exec(out)?.[1];
        if (url !== undefined) resolve(url);
      });
    }),
  ]);
  return {
    base,
    process: child,
    log: () => err,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

/** Plain fetch of FHIR JSON. */
export async function ask(
  base: string,
  path: string,
  { method, body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; body: JsonObject; text: string }> {
  const response = await fetch(path === "" ? base : `${base}/${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...(body === undefined ? {} : { "content-type": "application/fhir+json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let read: JsonObject = {};
  try {
    read = JSON.parse(text) as JsonObject;
  } catch {}
  return { status: response.status, headers: response.headers, body: read, text };
}

export const observation = (tid: string, more: JsonObject = {}): FhirResource => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "2823-3" }], text: "Potassium" },
  subject: { reference: `Patient/${tid}` },
  effectiveDateTime: "2026-06-01",
  ...more,
});
