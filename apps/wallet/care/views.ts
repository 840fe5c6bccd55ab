// What the screens of care show, as the worker gives it. No secret is in it.

import type { LogStanding, NoticeView } from "../../../client/index.ts";
import type { Ask, AskState, Message } from "./book.ts";

/** A clinic in the words of its card. */
export interface Named {
  id: string;
  /** undefined if this phone never visited it */
  name: string | undefined;
}

export interface Look extends Omit<NoticeView, "services" | "approvedBy"> {
  /** empty: every clinic */
  clinics: Named[];
  /** the organisations whose officers agreed */
  approvedBy: { number: number; host: string }[];
}

export interface WhoLooked {
  /** newest first */
  looks: Look[];
  /** undefined before the log was read for the first time */
  standing: LogStanding | undefined;
  /** how many organisations there are, of which a few together can open records */
  organisations: number;
}

/** A visit, as a list of visits shows it. */
export interface Visit {
  tagHash: string;
  tid: string;
  clinic: Named;
  /** "2026-11" */
  month: string;
  /** unix seconds; undefined for a visit that was found again on a new phone */
  openedAt: number | undefined;
  /** what both halves of the visit's disc are drawn from */
  mark: string | undefined;
  /** whether this phone can write in it: not in a visit that was found again */
  canWrite: boolean;
}

export interface ThreadView extends Visit {
  messages: Message[];
  /** newest first */
  asks: (Ask & { state: AskState })[];
}

export interface ClinicView extends Named {
  /** newest first */
  visits: (Visit & { introducedAt: number | undefined })[];
  /** since when the patient wants to be known at the next visits; undefined: not */
  knownSince: number | undefined;
}
