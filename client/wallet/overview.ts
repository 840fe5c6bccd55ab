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

/** Something that the person should know. An app says it in the person's language; `warnings` says it in English. */
export type WalletAlert =
  | { kind: "copied" | "unknown-phone" | "missing-phone" }
  | { kind: "stale-pass"; epoch: number }
  /** `reason` is an error's code, `since` in unix seconds */
  | { kind: "no-pass" | "no-log" | "wrong-log"; since: number; reason: string };

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
  /** the same, for an app that has words of its own */
  alerts: readonly WalletAlert[];
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

function alertsOf(state: Readonly<WalletState>, staleEpoch: number | undefined, now: number): WalletAlert[] {
  const { withheld, logTrouble, registrations, chain } = state;
  const alerts: WalletAlert[] = [];
  if (isCopied(state)) alerts.push({ kind: "copied" });
  if (staleEpoch !== undefined) alerts.push({ kind: "stale-pass", epoch: staleEpoch });
  if (withheld) alerts.push({ kind: "no-pass", ...withheld });
  if (logTrouble) {
    const { since, reason, isWrong } = logTrouble;
    if (isWrong || now - since > SILENCE_SECONDS)
      alerts.push({ kind: isWrong ? "wrong-log" : "no-log", since, reason });
  }
  if (registrations !== undefined) {
    const listed = Registrations.decode(Signed.decode(hexToBytes(registrations)).document).contracts.map(bytesToHex);
    if (listed.some((c) => !chain.includes(c))) alerts.push({ kind: "unknown-phone" });
    if (chain.some((c) => !listed.includes(c))) alerts.push({ kind: "missing-phone" });
  }
  return alerts;
}

function sentenceOf(alert: WalletAlert): string {
  switch (alert.kind) {
    case "copied":
      return ERROR_SENTENCES["copied-store"];
    case "stale-pass":
      return `Your pass is from ${epochName(alert.epoch)}. A clinic would see that it is older than others.`;
    case "no-pass":
      return `The registrar has given this phone no pass since ${dayOf(alert.since)} (${alert.reason}). If it goes on, ask at the desk.`;
    case "no-log":
    case "wrong-log":
      return `This phone has had no good answer from the public log since ${dayOf(alert.since)} (${alert.reason}).`;
    case "unknown-phone":
      return "The registrar lists a phone in your name that this app does not know. Ask at the desk who enrolled it.";
    case "missing-phone":
      return "The registrar's list of your phones lacks one that it had recorded. Ask at the desk.";
  }
}

/** @param now unix seconds */
export function overviewOf(state: Readonly<WalletState>, now: number): WalletOverview {
  const { generation } = state.generations.at(-1) ?? {};
  const epochs = state.credentials.filter((c) => c.generation === generation).map((c) => c.epoch);
  const epoch = epochs.length > 0 ? Math.max(...epochs) : undefined;
  const stale = epoch !== undefined && epoch < epochOf(now);
  const alerts = alertsOf(state, stale ? epoch : undefined, now);
  return structuredClone({
    pass: { epoch, stale },
    warnings: alerts.map(sentenceOf),
    alerts,
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
