// A wallet's state as a screen may show it: no recovery words, no device key, no channel keys.

import { hexToBytes } from "../../protocol/bytes.ts";
import { tidOf } from "../../protocol/tid.ts";
import type { WalletGeneration, WalletNotice, WalletSession, WalletState } from "./state.ts";

/** A session without its channel's keys. */
export type SessionView = Omit<WalletSession, "channel" | "earlier" | "preparedAt" | "bucket"> & {
  /** the temporary identity of this visit */
  tid: string;
};

export interface WalletOverview {
  /** whether the registrar has recorded this phone */
  enrolled: boolean;
  /** undefined before the first enrolment was begun */
  account: string | undefined;
  /** whether an enrolment was confirmed and not answered; start and confirm it with the same code to finish it */
  enrolmentPending: boolean;
  /** newest last; empty before the enrolment */
  generations: readonly WalletGeneration[];
  /** one per epoch that the wallet holds a credential for */
  credentials: readonly { generation: number; epoch: number; values: readonly string[] }[];
  sessions: readonly SessionView[];
  /** cases found so far; `Wallet.notices()` looks for new ones */
  notices: readonly WalletNotice[];
  /** entries of the log that this version of the wallet could not read; a notice among them would be missing */
  unreadableEntries: number;
}

export function sessionView({ channel, earlier, preparedAt, bucket, ...session }: WalletSession): SessionView {
  return { ...session, tid: tidOf(hexToBytes(session.tagHash)) };
}

export function overviewOf(state: Readonly<WalletState>): WalletOverview {
  return structuredClone({
    enrolled: state.generations.length > 0,
    account: state.account,
    enrolmentPending: state.pendingEnrolment !== undefined,
    generations: state.generations,
    credentials: state.credentials.map(({ generation, epoch, values }) => ({ generation, epoch, values })),
    sessions: state.sessions.map(sessionView),
    notices: state.notices,
    unreadableEntries: state.unreadableEntries,
  });
}
