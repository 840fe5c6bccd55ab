// D1 of the escrow: the session index, and a list of the cases for the officers' inbox.
//
//   session_index   value = H(e(G, T)) -> service and T, one row a check-in, by epoch. The value is a hash nobody can work
//                   out from another session's; so the key's order is random, and tells neither time nor patient
//   closed_epochs   an epoch that takes no more rows. Frozen first, then counted and hashed; `entry` is the log entry about
//                   it, kept before it is appended, so that a repetition appends the same bytes
//   cases           where a case stands; the case itself lives in its Durable Object (LinkageEscrow), this row follows it.
//                   `rank` only grows, so a late writer cannot put an older state back. Case ids are random
//
// All tables are WITHOUT ROWID (added by hand in the migration, drizzle cannot say it). Ids and hashes are lower-case hex:
// a prefix is a range.

import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

export const sessionIndex = sqliteTable(
  "session_index",
  {
    epoch: integer("epoch").notNull(),
    value: hex("value").notNull(),
    serviceId: hex("service_id").notNull(),
    tag: hex("tag").notNull(),
  },
  (t) => [primaryKey({ columns: [t.epoch, t.value] })],
);

export const closedEpochs = sqliteTable("closed_epochs", {
  epoch: integer("epoch").primaryKey(),
  count: integer("count"),
  root: hex("root"),
  entry: bytes("entry"),
  logIndex: integer("log_index"),
});

export const CASE_STATES = ["ordered", "approved", "noticed", "opened", "refused", "expired"] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const cases = sqliteTable(
  "cases",
  {
    caseId: hex("case_id").primaryKey(),
    state: text("state", { enum: CASE_STATES }).notNull(),
    rank: integer("rank").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("cases_state").on(t.state, t.caseId)],
);
