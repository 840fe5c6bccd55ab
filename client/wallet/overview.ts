// A wallet's state as a screen may show it: no recovery words, no device key, no channel keys.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { Registrations } from "../../protocol/contract-chain.ts";
import { Signed } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { epochName, epochOf } from "../../protocol/epoch.ts";
import { tidOf } from "../../protocol/tid.ts";
import { ERROR_SENTENCES } from "../errors.ts";
import { isBarred } from "./device-mark.ts";
import type { WalletGeneration, WalletNotice, WalletSession, WalletState } from "./state.ts";

/** A session without its channel's keys. */
export type SessionView = Omit<WalletSession, "channel" | "earlier" | "preparedAt" | "bucket"> & {
  /** the temporary identity of this visit */
  tid: string;
};

export interface WalletOverview {
  /** whether the registrar has recorded this phone, and this is its own store */
  enrolled: boolean;
  /** whether the store is a copy or was restored from a backup: enrol this phone again */
  copied: boolean;
  /** undefined before the first enrolment was begun */
  account: string | undefined;
  /** whether an enrolment was confirmed and not answered; start and confirm it with the same code to finish it */
  enrolmentPending: boolean;
  /** newest last; empty before the enrolment */
  generations: readonly WalletGeneration[];
  /** the newest pass; `stale` if it is not of this month */
  pass: { epoch: number | undefined; stale: boolean };
  /** sentences for the person: an old pass, a registrar that gives none, a phone that is not this person's */
  warnings: readonly string[];
  /** one per epoch that the wallet holds a credential for */
  credentials: readonly { generation: number; epoch: number; values: readonly string[] }[];
  sessions: readonly SessionView[];
  /** cases found so far; `Wallet.notices()` looks for new ones */
  notices: readonly WalletNotice[];
  /** entries of the log that this version of the wallet could not read; a notice among them would be missing */
  unreadableEntries: number;
  /** Signed<Registrations>: the registrar's newest list of this person's contracts. It is evidence if a trace contradicts it */
  registrations: Hex | undefined;
}

export function sessionView({ channel, earlier, preparedAt, bucket, ...session }: WalletSession): SessionView {
  return { ...session, tid: tidOf(hexToBytes(session.tagHash)) };
}

function isCopied(state: Readonly<WalletState>): boolean {
  const phone = state.generations.at(-1);
  return phone !== undefined && isBarred(state, phone);
}

const dayOf = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().slice(0, 10);

/** A phone may be offline for so long before the person hears that it did not reach the log. */
const SILENCE_SECONDS = 2 * 86_400;

function warningsOf(state: Readonly<WalletState>, staleEpoch: number | undefined, now: number): string[] {
  const { withheld, logTrouble, registrations, chain } = state;
  const warnings: string[] = [];
  if (isCopied(state)) warnings.push(ERROR_SENTENCES["copied-store"]);
  if (staleEpoch !== undefined)
    warnings.push(`Your pass is from ${epochName(staleEpoch)}. A clinic would see that it is older than others.`);
  if (withheld)
    warnings.push(
      `The registrar has given this phone no pass since ${dayOf(withheld.since)} (${withheld.reason}). If it goes on, ask at the desk.`,
    );
  if (logTrouble && (logTrouble.isWrong || now - logTrouble.since > SILENCE_SECONDS))
    warnings.push(
      `This phone has had no good answer from the public log since ${dayOf(logTrouble.since)} (${logTrouble.reason}).`,
    );
  if (registrations !== undefined) {
    const listed = Registrations.decode(Signed.decode(hexToBytes(registrations)).document).contracts.map(bytesToHex);
    if (listed.some((c) => !chain.includes(c)))
      warnings.push(
        "The registrar lists a phone in your name that this app does not know. Ask at the desk who enrolled it.",
      );
    if (chain.some((c) => !listed.includes(c)))
      warnings.push("The registrar's list of your phones lacks one that it had recorded. Ask at the desk.");
  }
  return warnings;
}

/** @param now unix seconds */
export function overviewOf(state: Readonly<WalletState>, now: number): WalletOverview {
  const { generation } = state.generations.at(-1) ?? {};
  const epochs = state.credentials.filter((c) => c.generation === generation).map((c) => c.epoch);
  const epoch = epochs.length > 0 ? Math.max(...epochs) : undefined;
  const stale = epoch !== undefined && epoch < epochOf(now);
  return structuredClone({
    pass: { epoch, stale },
    warnings: warningsOf(state, stale ? epoch : undefined, now),
    enrolled: state.generations.length > 0 && !isCopied(state),
    copied: isCopied(state),
    account: state.account,
    enrolmentPending: state.pendingEnrolment !== undefined,
    generations: state.generations,
    credentials: state.credentials.map(({ generation, epoch, values }) => ({ generation, epoch, values })),
    sessions: state.sessions.map(sessionView),
    notices: state.notices,
    unreadableEntries: state.logReading.unreadable,
    registrations: state.registrations,
  });
}
