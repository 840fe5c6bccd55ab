// What the tour shows after a step: the story so far, and the rows that the step left on the disks.

/** The steps, in order. Each has its words in words.ts, and its act in story.ts. */
export const STEPS = [
  "begin",
  "register",
  "enrol",
  "invite",
  "checkIn",
  "file",
  "read",
  "second",
  "order",
  "approveFirst",
  "approveSecond",
  "notice",
] as const;
export type Step = (typeof STEPS)[number];

export type Holder = "registrar" | "service" | "escrow" | "trustee" | "log";
export interface SeenTable {
  holder: Holder;
  table: string;
  columns: string[];
  rows: string[][];
  count: number;
}
/** A table with the rows that this step left, some of the steps before, and the number of all others. */
export interface FreshTable extends Omit<SeenTable, "count"> {
  earlier: string[][];
  others: number;
}

export interface SceneVisit {
  clinic: string;
  /** text of the QR code */
  invitation: string;
  tid?: string;
  /** hex of 16 bytes: both ends draw their half of the disc from it */
  mark?: string;
  /** what the clinic saw: values of the person's pass */
  shown?: string[];
  /** the code of the finding that was filed */
  filed?: string;
}

export interface Scene {
  person?: { name: string; birthDate: string; code: string };
  enrolled: boolean;
  visits: SceneVisit[];
  /** what the phone has opened: clinic and finding */
  read: { clinic: string; finding: string }[];
  order?: { requester: string; purpose: string; legalGround: string; months: string };
  /** the trustees whose officer has approved */
  approvedBy: number[];
  /** what the order opened: the name of the day and the finding */
  opened: { tid: string; finding: string }[];
  /** place in the public log, and unix seconds */
  notice?: { entry: number; at: number };
  tables: FreshTable[];
}
export const emptyScene = (): Scene => ({
  enrolled: false,
  visits: [],
  read: [],
  approvedBy: [],
  opened: [],
  tables: [],
});
