// Loads the demo's patients: every *.json file of a directory is one FHIR R4 Bundle of one patient.
//
//   passed over   names that begin with a dot (macOS writes "._name" beside each file), files of other kinds, directories
//   skipped       a Bundle without a Patient; Synthea writes its hospitals and practitioners into such Bundles
//   refused       a file that cannot be read as one patient's Bundle, or whose Patient is larger than the registrar takes; it
//                 is named with the reason, and the others go on

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePatient, FhirInputError, type PatientBundle, readBundle } from "../client/index.ts";
import { MAX_IDENTITY_BYTES } from "../protocol/enrolment.ts";

/** Three synthetic patients of the repository; see test/data/README.md. */
export const DEFAULT_PATIENTS_DIRECTORY = fileURLToPath(new URL("../test/data/patients", import.meta.url));

export interface PatientFile {
  /** file name without directory; the report's name starts with it */
  file: string;
  path: string;
  bundle: PatientBundle;
}
export interface RefusedFile {
  file: string;
  reason: string;
}
export interface LoadedPatients {
  patients: PatientFile[];
  /** names of files without a Patient */
  skipped: string[];
  refused: RefusedFile[];
}

export const reportFileName = ({ file }: PatientFile): string => `${file}.report.json`;

/** `patients` may be empty. @throws FhirInputError unreadable: the directory cannot be read, or holds no *.json file */
export function loadPatients(directory: string): LoadedPatients {
  const loaded: LoadedPatients = { patients: [], skipped: [], refused: [] };
  const files = namesIn(directory);
  if (files.length === 0) throw new FhirInputError("unreadable", `${directory}: holds no *.json file`);
  for (const file of files) {
    const path = join(directory, file);
    try {
      loaded.patients.push({ file, path, bundle: onePatient(bytesOf(path), file) });
    } catch (error) {
      if (!(error instanceof FhirInputError)) throw error;
      if (error.code === "no-patient") loaded.skipped.push(file);
      else loaded.refused.push({ file, reason: error.message });
    }
  }
  return loaded;
}

function onePatient(bytes: Uint8Array, source: string): PatientBundle {
  const bundle = readBundle(bytes, { source });
  const size = encodePatient(bundle.patient).length;
  if (size <= MAX_IDENTITY_BYTES) return bundle;
  const most = `the registrar takes at most ${MAX_IDENTITY_BYTES}`;
  throw new FhirInputError("unreadable", `The Patient resource has ${size} bytes, and ${most}. Is a photo in it?`);
}

/** The sample patients of the repository. */
export const samplePatients = (): PatientFile[] => loadPatients(DEFAULT_PATIENTS_DIRECTORY).patients;

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .filter(({ name }) => !name.startsWith(".") && /\.json$/i.test(name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw new FhirInputError("unreadable", `${directory}: ${unreadable(error, "no such directory")}`);
  }
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FhirInputError("unreadable", `${basename(path)} ${unreadable(error, "is gone")}`);
  }
}

function unreadable(error: unknown, missing: string): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return missing;
  if (code === "ENOTDIR") return "is not a directory";
  if (code === "EISDIR") return "is a directory";
  return `cannot be read (${code ?? "unknown error"})`;
}
