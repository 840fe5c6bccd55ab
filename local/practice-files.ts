// Files in the state directory of `npm start`, with which the CLI and the gateway act as one of its clinics, its administrator
// or one of its people.
//
//   deployment.json         the addresses and pinned keys of all roles; public. Written at each start: the ports may change
//   clinics/<slug>.json     a clinic's keys (ClinicKeys); secret
//   admin.key               the administrator's Ed25519 key, 32 bytes in hex; secret
//   enrolment-codes.json    people who have no phone yet, each with a code for `symbolon patient enrol`; secret
//
// A secret file has the mode 600: the CLI refuses one that others can read.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClinicKeys, Deployment } from "../client/index.ts";
import type { SparePerson } from "./spare-people.ts";

const CLINICS = "clinics";
const CODES_FILE = "enrolment-codes.json";

export const deploymentFile = (state: string): string => join(state, "deployment.json");
export const adminKeyFile = (state: string): string => join(state, "admin.key");
export const codesFile = (state: string): string => join(state, CODES_FILE);
export const clinicFile = (state: string, slug: string): string => join(state, CLINICS, `${slug}.json`);

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const secret = { mode: 0o600 };

/** A short name for each clinic, for its file: of the letters and digits of its name. No two are the same. */
export function slugsOf(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "");
    let slug = plain || "clinic";
    for (let n = 2; taken.has(slug); n++) slug = `${plain || "clinic"}-${n}`;
    taken.add(slug);
    return slug;
  });
}

export function writeDeployment(state: string, deployment: Deployment): void {
  writeFileSync(deploymentFile(state), json(deployment));
}

export function writeClinicKeys(state: string, slug: string, keys: ClinicKeys): void {
  mkdirSync(join(state, CLINICS), { recursive: true, mode: 0o700 });
  writeFileSync(clinicFile(state, slug), json(keys), secret);
}

export function writeAdminKey(state: string, hex: string): void {
  writeFileSync(adminKeyFile(state), `${hex}\n`, secret);
}

export function writeCodes(state: string, people: readonly SparePerson[]): void {
  writeFileSync(codesFile(state), json(people), secret);
}

/** The people of the last start, or none if the file is gone. */
export function readCodes(state: string): SparePerson[] {
  try {
    return JSON.parse(readFileSync(codesFile(state), "utf8")) as SparePerson[];
  } catch {
    return [];
  }
}
