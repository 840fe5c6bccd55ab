// Loads the demo's patients: every *.json file of a directory is one FHIR R4 Bundle of one patient. A Bundle without a Patient
// is skipped, and `tell` receives its name; Synthea writes its hospitals and practitioners into such Bundles. If a file cannot
// be read as a Bundle, loading stops with an error that names the file. Other files, such as a LICENSE, are not input.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FhirInputError, type PatientBundle, readBundle } from "../client/index.ts";

/** Three synthetic patients of the repository; see test/data/README.md. */
export const DEFAULT_PATIENTS_DIRECTORY = fileURLToPath(new URL("../test/data/patients", import.meta.url));

export interface PatientFile {
  /** file name without directory; the report's name starts with it */
  file: string;
  bundle: PatientBundle;
}

export const reportFileName = ({ file }: PatientFile): string => `${file}.report.json`;

/** @throws FhirInputError naming the directory or file */
export function loadPatients(directory: string, tell: (line: string) => void = console.error): PatientFile[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    throw new FhirInputError("unreadable", `${directory}: ${unreadable(error, "no such directory")}`);
  }
  const files = names.filter((name) => /\.json$/i.test(name)).sort();
  if (files.length === 0) throw new FhirInputError("unreadable", `${directory}: holds no *.json file`);
  const loaded = files.map((file) => ({ file, patient: loadPatient(join(directory, file)) }));
  const patients = loaded.flatMap(({ patient }) => patient ?? []);
  if (patients.length === 0) throw new FhirInputError("no-patient", `${directory}: no Bundle in it holds a Patient`);
  const skipped = loaded.filter(({ patient }) => patient === undefined).map(({ file }) => file);
  if (skipped.length > 0) tell(`skipped, no Patient in it: ${skipped.join(", ")}`);
  return patients;
}

function loadPatient(path: string): PatientFile | undefined {
  let json: string;
  try {
    json = readFileSync(path, "utf8");
  } catch (error) {
    throw new FhirInputError("unreadable", `${path}: ${unreadable(error, "no such file")}`);
  }
  try {
    return { file: basename(path), bundle: readBundle(json) };
  } catch (error) {
    if (error instanceof FhirInputError && error.code === "no-patient") return undefined;
    if (error instanceof FhirInputError) throw new FhirInputError(error.code, `${path}: ${error.message}`);
    throw error;
  }
}

function unreadable(error: unknown, missing: string): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return missing;
  if (code === "ENOTDIR") return "is not a directory";
  return `cannot be read (${code ?? "unknown error"})`;
}
