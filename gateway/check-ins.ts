// Check-ins that this gateway asked for. Each challenge has a nonce; the session whose challenge has the same nonce answers it.
//
//   POST $check-in          a fresh challenge, with a QR image to show; its id is the nonce
//   GET  $check-in-status   waiting, checked-in with the session's Patient and Encounter, or expired; `wait` waits for the answer

import qrcode from "qrcode";
import type { Clinic } from "../client/index.ts";
import { writeInvitation } from "../client/shared/invitation.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { Challenge, Signed } from "../protocol/documents.ts";
import type { Place } from "./content.ts";
import { refuse } from "./outcome.ts";
import type { Sessions } from "./sessions.ts";

const MAX_OPEN = 1000;
const POLL_MS = 1000;
export const MAX_WAIT_SECONDS = 60;
/** A check-in may arrive this long after its challenge has expired. */
const LATE_SECONDS = 120;

export interface Asked {
  readonly id: string;
  /** the text of the QR code (client/shared/invitation.ts) */
  readonly invitation: string;
  /** unix seconds */
  readonly expiresAt: number;
  /** data URL */
  readonly qr: string;
}
export type Standing =
  | { readonly state: "waiting" | "expired" }
  | { readonly state: "checked-in"; readonly place: Place };

interface Open {
  expiresAt: number;
  place: Place | undefined;
}

/** @param challenge Signed<Challenge>, of this clinic */
const idOf = (challenge: Uint8Array): string => bytesToHex(Challenge.decode(Signed.decode(challenge).document).nonce);

export class CheckIns {
  readonly #clinic: Clinic;
  readonly #sessions: Sessions;
  readonly #open = new Map<string, Open>();
  /** sessions that were looked at */
  readonly #seen = new Set<string>();
  #looking: Promise<void> | undefined;
  /** of the events */
  #cursor: string | undefined;

  constructor(clinic: Clinic, sessions: Sessions) {
    this.#clinic = clinic;
    this.#sessions = sessions;
  }

  async ask(): Promise<Asked> {
    if (this.#open.size === 0)
      await this.#eachCheckIn((tagHash) => {
        this.#seen.add(tagHash);
      });
    const challenge = await this.#clinic.challenge();
    const id = idOf(challenge);
    const { expiresAt } = Challenge.decode(Signed.decode(challenge).document);
    if (this.#open.size >= MAX_OPEN) this.#open.delete(this.#open.keys().next().value!);
    this.#open.set(id, { expiresAt, place: undefined });
    const invitation = writeInvitation({ challenge });
    return { id, invitation, expiresAt, qr: await qrcode.toDataURL(invitation, { errorCorrectionLevel: "L" }) };
  }

  /** @throws FhirError 404 */
  async status(id: string, waitSeconds: number): Promise<Standing> {
    const until = Date.now() + waitSeconds * 1000;
    for (;;) {
      const open = this.#open.get(id);
      if (!open) throw refuse(404, "This gateway asked for no such check-in.");
      if (open.place === undefined) await this.#look();
      if (open.place !== undefined) return { state: "checked-in", place: open.place };
      if (Date.now() / 1000 > open.expiresAt + LATE_SECONDS) return { state: "expired" };
      if (Date.now() + POLL_MS > until) return { state: "waiting" };
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Looks through the sessions that are new since the last look. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #lookNow(): Promise<void> {
    return this.#eachCheckIn(async (tagHash) => {
      if (this.#seen.has(tagHash)) return;
      const session = await this.#clinic.session(tagHash);
      this.#seen.add(tagHash);
      const open = this.#open.get(idOf(session.checkIn.challenge));
      if (open) open.place = await this.#sessions.add(tagHash);
    });
  }

  /** The check-ins of the last days: a challenge does not live longer. */
  async #eachCheckIn(act: (tagHash: string) => void | Promise<void>): Promise<void> {
    const events = this.#clinic.missedEvents(this.#cursor);
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        this.#cursor = value;
        return;
      }
      if (value.type === "check-in") await act(value.tagHash);
    }
  }
}
