// Shows on the running system that a replay opens nothing, and that the system refuses a presentation for another clinic and
// a revoked wallet.

import { ApiError, apiBytes, CheckInError, type Clinic } from "../client/index.ts";
import type { LivedPatient } from "../local/life.ts";
import type { Practice } from "../local/practice.ts";
import { bytesToHex, hexToBytes } from "../protocol/bytes.ts";
import { CheckIn } from "../protocol/documents.ts";
import { epochOf, epochStart } from "../protocol/epoch.ts";

/** The stable code of the refusal. @throws Error if it was accepted */
async function refusalOf(what: string, act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) return error.code;
    if (error instanceof CheckInError) return error.code;
    throw error;
  }
  throw new Error(`${what} was accepted`);
}

const send = (practice: Practice, checkIn: Uint8Array) =>
  apiBytes(practice.transport, practice.deployment.serviceUrl, "/v1/sessions", { bytes: checkIn });

/** Sends the last check-in again, like somebody who saw it on the network. It gets the first receipt and opens nothing. */
export async function replay(practice: Practice, patient: LivedPatient): Promise<string> {
  const { serviceId } = patient.visits.at(-1)!.clinic;
  const path = `/v1/services/${bytesToHex(serviceId)}/claims`; // one row per session, for anybody to read
  const sessions = () => apiBytes(practice.transport, practice.deployment.serviceUrl, path);
  const before = (await sessions()).length;
  await send(practice, hexToBytes(patient.wallet.sessions.at(-1)!.checkIn!));
  if ((await sessions()).length !== before) throw new Error("a replayed check-in opened another session");
  return "opens nothing";
}

/** Sends a presentation that clinic A received, with a challenge of clinic B. */
export async function wrongAudience(practice: Practice, patient: LivedPatient, other: Clinic): Promise<string> {
  const checkIn = CheckIn.decode(hexToBytes(patient.wallet.sessions.at(-1)!.checkIn!));
  const challenge = await other.challenge();
  return refusalOf("a presentation for another clinic", () =>
    send(practice, CheckIn.encode({ ...checkIn, challenge })),
  );
}

/**
 * Revokes a wallet at the registrar. From the next epoch on it gets no credential, and when its last credential is too old it
 * can make no visit.
 */
export async function revoked(practice: Practice, patient: LivedPatient, clinic: Clinic): Promise<string> {
  await practice.operator.revoke(patient.account);
  const next = epochOf(practice.clock.now) + 1;
  practice.clock.now = epochStart(next) + 86_400;
  const refresh = await refusalOf("a revoked wallet's refresh", () => patient.wallet.refresh(next));
  practice.clock.now = epochStart(next + 1) + 86_400;
  const visit = await refusalOf("a revoked wallet's visit", async () =>
    patient.wallet.checkIn(await patient.wallet.readInvitation(await clinic.invitation())),
  );
  return `${refresh}, then ${visit}`;
}
