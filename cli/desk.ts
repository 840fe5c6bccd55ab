// A clinic at work: its keys, its deployment, and the parameters that it believed at its last run. With these it makes challenges
// and verifies check-ins without network.
//
//   STATE/parameters.json   the signed parameters; they are verified again at each start
//   STATE/offline/          the queue of check-ins without network (offline-files.ts)
//   STATE/log.json          the newest head of the log that this clinic accepted

import { join } from "node:path";
import type { Clinic, ClinicSession } from "../client/clinic.ts";
import type { ServedParameters } from "../client/parameters.ts";
import { CliError, EXIT, type Input, usageError } from "./command.ts";
import { exists, makeDirectory, parseFile, readBytes, replaceFile } from "./files.ts";
import { readDeployment, readKeys, stateDirectory, transport } from "./settings.ts";

const isServed = (value: unknown): boolean =>
  Array.isArray(value) && value.every((p) => typeof p?.document === "string" && typeof p?.keySet === "string");

async function readParameters(path: string | undefined): Promise<ServedParameters[]> {
  if (path === undefined || !(await exists(path))) return [];
  return parseFile(path, new TextDecoder().decode(await readBytes(path)), isServed, "a file of parameters; remove it");
}

/** Runs a command as the clinic. Keeps the parameters that it learned, also if the command fails. */
export async function atDesk<T>(input: Input, act: (clinic: Clinic) => Promise<T>): Promise<T> {
  const [deployment, keys] = [await readDeployment(input), await readKeys(input)];
  const state = stateDirectory(input);
  const file = state === undefined ? undefined : join(state, "parameters.json");
  const known = await readParameters(file);
  const { Clinic } = await import("../client/clinic.ts");
  const clinic = new Clinic(await transport(), deployment, keys, undefined, known);
  try {
    return await act(clinic);
  } finally {
    const learned = clinic.parameters;
    // Nothing was believed anew if the clinic only used what it knew, or never looked.
    if (state !== undefined && file !== undefined && learned.length > known.length) {
      await makeDirectory(state);
      await replaceFile(file, JSON.stringify(learned));
    }
  }
}

/** The state directory, which this command needs. @throws CliError usage */
export function needState(input: Input): string {
  const state = stateDirectory(input);
  if (state === undefined) throw usageError("The state directory is missing. Give --state DIR, or set SYMBOLON_STATE.");
  return state;
}

const TAG_HASH = /^[0-9a-f]{64}$/;

/** The session that a person names: by its tag hash, or by its TID as it stands on a label. @throws CliError */
export async function sessionOf(clinic: Clinic, name: string): Promise<ClinicSession> {
  if (TAG_HASH.test(name)) return clinic.session(name);
  const { parseTid, TidError } = await import("../protocol/tid.ts");
  let tid: string;
  try {
    tid = parseTid(name);
  } catch (error) {
    if (!(error instanceof TidError)) throw error;
    throw usageError(`${JSON.stringify(name)} is no TID and no tag hash: ${error.message}.`);
  }
  const found: ClinicSession[] = [];
  for await (const session of clinic.eachSession()) if (session.tid === tid) found.push(session);
  const [session, ...others] = found;
  if (!session)
    throw new CliError(
      EXIT.failed,
      "no-such-session",
      `This clinic has no session ${name}. See: symbolon clinic sessions`,
    );
  if (others.length > 0)
    throw new CliError(
      EXIT.failed,
      "several-sessions",
      `Several sessions have the TID ${name}. Give the tag hash instead.`,
    );
  return session;
}
