// Sending a prepared check-in, and settling those whose outcome the wallet does not know.
//
//   receipt   signed by the service Worker's pinned key: the session is open
//   refusal   Signed<RefusedCheckIn> by the same key: this check-in is refused
//   neither   a proxy's 429, a captive portal, an error of any kind: the check-in stays prepared
//
// A prepared or refused check-in may still open its session: the answer was lost, or the clinic handed it in later. So the
// wallet recalls them whenever it reads records, by the hash of the very bytes. A recall tells the service which
// check-ins came from one address at one time, and nothing else that it does not have.

import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { openSigned, presentationHashOf, type Receipt, RefusedCheckIn } from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { SymbolonError } from "../errors.ts";
import { CheckInError } from "../shared/check-in-error.ts";
import { readReceipt } from "../shared/receipts.ts";
import { ApiError, apiBytes } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import type { Attempt, WalletSession } from "./state.ts";

export { CheckInError };

/** An unsettled check-in is recalled for this long. An offline check-in is handed in within weeks, or never. */
const RECALL_SECONDS = 62 * 86_400;

export const isUnsettled = ({ state, checkIn }: WalletSession): boolean =>
  checkIn !== undefined && (state === "prepared" || state === "refused");

/** Verifies a receipt for this check-in. @throws CheckInError bad-receipt */
const receiptOf = (w: WalletContext, { tagHash, serviceId }: WalletSession, checkIn: Uint8Array, answer: Uint8Array) =>
  readReceipt(w.deployment.serviceWorkerKey, { tagHash, serviceId, checkIn }, answer);

/** Whether the service's Worker itself signed that it refuses this check-in. */
function isRefusal(w: WalletContext, { problem }: ApiError, checkIn: Uint8Array): boolean {
  if (typeof problem.refusal !== "string") return false;
  try {
    const { key, value } = openSigned(LABELS.signRefusedCheckIn, RefusedCheckIn, fromBase64url(problem.refusal));
    return (
      bytesToHex(key) === w.deployment.serviceWorkerKey &&
      equalBytes(value.presentationHash, presentationHashOf(checkIn))
    );
  } catch {
    return false;
  }
}

/**
 * Sends a prepared check-in. If the answer was lost, sending the same bytes again gives the same receipt.
 * @throws CheckInError check-in-refused, bad-receipt; ApiError for every other answer: the check-in stays prepared
 */
export async function sendCheckIn(w: WalletContext, session: WalletSession): Promise<Receipt> {
  const checkIn = hexToBytes(session.checkIn!);
  w.sending.add(session.tagHash);
  try {
    const answer = await apiBytes(w.transport, w.deployment.serviceUrl, "/v1/sessions", { bytes: checkIn });
    const receipt = receiptOf(w, session, checkIn, answer);
    await keepOpen(w, session, session.checkIn!, receipt);
    return receipt;
  } catch (error) {
    if (!(error instanceof ApiError) || !isRefusal(w, error, checkIn)) throw error;
    await w.update((state) => {
      const kept = state.sessions.find((s) => s.tagHash === session.tagHash);
      if (kept?.state === "prepared" && kept.checkIn === session.checkIn) kept.state = "refused";
    });
    const reason = error.detail === undefined ? error.code : `${error.code}, ${error.detail}`;
    throw new CheckInError("check-in-refused", reason, { cause: error });
  } finally {
    w.sending.delete(session.tagHash);
  }
}

/** Marks a session as open under the attempt that opened it. Other attempts of its tag are of no use any more. */
const keepOpen = (
  w: WalletContext,
  { tagHash }: WalletSession,
  checkIn: string,
  { openedAt }: Receipt,
): Promise<void> =>
  w.update((state) => {
    const kept = state.sessions.find((s) => s.tagHash === tagHash);
    if (!kept || kept.state === "open") return;
    const attempt = attemptsOf(kept).find((a) => a.checkIn === checkIn);
    if (!attempt) return;
    Object.assign(kept, attempt, { state: "open", openedAt });
    delete kept.earlier;
  });

/** All attempts under the session's tag, the newest first. */
export const attemptsOf = ({ checkIn, channel, shown, earlier = [] }: WalletSession): Attempt[] =>
  checkIn === undefined || channel === undefined ? earlier : [{ checkIn, channel, shown }, ...earlier];

/**
 * Asks the service whether an attempt of this session opened it after all, and marks the session as open then.
 * @returns whether it is open
 * @throws ApiError; CheckInError bad-receipt
 */
export async function settle(w: WalletContext, session: WalletSession): Promise<boolean> {
  for (const { checkIn } of attemptsOf(session)) {
    const bytes = hexToBytes(checkIn);
    const hash = bytesToHex(presentationHashOf(bytes));
    const path = `/v1/services/${session.serviceId}/receipts/${session.tagHash}/${hash}`;
    let answer: Uint8Array;
    try {
      answer = await apiBytes(w.transport, w.deployment.serviceUrl, path);
    } catch (error) {
      if (error instanceof ApiError && error.code === "not-found") continue;
      throw error;
    }
    await keepOpen(w, session, checkIn, receiptOf(w, session, bytes, answer));
    return true;
  }
  return false;
}

/** Settles all check-ins of late whose outcome is not known. One that cannot be settled now is asked for next time. */
export async function settleAll(w: WalletContext): Promise<void> {
  const since = w.transport.now() - RECALL_SECONDS;
  const unsettled = w.state.sessions.filter(
    (s) => isUnsettled(s) && (s.preparedAt ?? 0) >= since && !w.sending.has(s.tagHash),
  );
  for (const session of unsettled)
    await settle(w, session).catch((error: unknown) => {
      if (!(error instanceof SymbolonError)) throw error;
    });
}
