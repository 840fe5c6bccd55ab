// The exit code of an error, and the sentence that a person reads. Errors of the SDK are known by their name and code, so that
// this file does not load the SDK. A bug is told in one line too; SYMBOLON_DEBUG=1 shows its stack.

import { CliError, EXIT, type ExitCode } from "./command.ts";

export interface Failure {
  exit: ExitCode;
  code: string;
  message: string;
  details?: readonly string[];
}

/** Codes after which a repetition can succeed. */
const LATER = new Set(["unreachable", "unavailable", "too-many", "in-progress", "log-stale", "stale-parameters"]);
/** Errors that say: a signature, a proof or a chain does not hold. */
const UNPROVEN = new Set(["SessionError", "ChainError", "LogError", "ParametersError", "RecordError", "AppBuildError"]);

/** What to do next, by the error's code. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  unreachable: "Check that the system runs and that the deployment file has its addresses.",
  unavailable: "",
  "credential-refused": "Is this clinic registered at this deployment? See: symbolon clinic register --help",
  "clock-skew": "Set this machine's clock, or ask for a new challenge.",
  "no-parameters": "Run this command once with network: symbolon clinic challenge",
  "bad-invitation": "Copy the whole text of: symbolon clinic challenge --text",
  "stale-challenge": "Ask for a new one: symbolon clinic challenge",
  "stale-check-in": "The patient must check in again, on a new challenge.",
  "no-credential": "Run: symbolon patient refresh",
  "not-enrolled": "Run: symbolon patient enrol --code CODE",
  "no-slot-left": "Enrol another test patient, or wait for the next month.",
  "copied-store": "Use the wallet file together with its .mark file, or enrol again with a new code.",
  "other-registration": "Name another file with --wallet, or a code of the same person.",
  "identity-found": "Take the places out of the file. If they may stay, repeat the command with --allow.",
  "no-patient": "Name the Patient's file with --patient, or give --as-is if nothing in the file names the patient.",
  "several-patients": "Name the visit's own Patient with --patient.",
  "no-such-record": "List the records: symbolon clinic records",
  "no-admin-key": "Ask the operator for a deployment file with adminKey.",
  "bad-build": "Is this the address of an app? If it is, do not use it.",
  "bad-keys": "Name a file that symbolon clinic init wrote.",
};

const isSdkError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && typeof (error as { code?: unknown }).code === "string" && /Error$/.test(error.name);

export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) {
    const { exit, code, message, details } = error;
    return { exit, code, message, ...(details.length > 0 && { details }) };
  }
  if (!isSdkError(error) || error.name === "Error" || error.name === "TypeError")
    return { exit: EXIT.failed, code: "internal", message: `Something unexpected went wrong: ${firstLine(error)}` };
  const { name, code, message } = error;
  const exit = LATER.has(code)
    ? EXIT.unreachable
    : UNPROVEN.has(name) && code !== "no-parameters"
      ? EXIT.unproven
      : EXIT.failed;
  const way = WAYS_OUT[code];
  return { exit, code, message: [firstLine(message), way].filter(Boolean).join(" ") };
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split("\n", 1)[0]!;
