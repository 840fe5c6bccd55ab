// D1 of the escrow: the session index, and a list of the cases for the officers' inbox.
//
//   session_index   value = H(e(G, T)) -> service, T and row proof, one row per check-in, by epoch. Nobody can compute the value of one
//                   session from another's. So the order of the keys is random, and reveals neither time nor patient
//   index_nodes     of a closed epoch: the inner nodes of its Merkle tree, as proofs read them. Level 0 has one node per
//                   block of rows, with the value of the block's first row (functions/escrow/index-proofs.ts)
//   closed_epochs   an epoch that accepts no more rows. It is frozen first, then counted and hashed. `entry` is its log
//                   entry, stored before it is appended, so that a repetition appends the same bytes
//   complete_epochs epochs for which the service Worker has said that no row is pending
//   late_rows       rows that came after their epoch was closed. They are kept and told, and no case reads them
//   order_counts    the quota of orders of each requester (functions/escrow/order-quota.ts)
//   admin_nonces    of the administrator's requests, each accepted once
//   cases           the state of each case. The case itself is in its Durable Object (LinkageEscrow), and this row follows.
//                   `rank` only grows, so a late writer cannot restore an older state. Case ids are random
//
// All tables are WITHOUT ROWID (added by hand in the migration, because drizzle cannot express it). Ids and hashes are
// lower-case hex, so a prefix is a range.

import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

export const sessionIndex = sqliteTable(
  "session_index",
  {
    epoch: integer("epoch").notNull(),
    value: hex("value").notNull(),
    serviceId: hex("service_id").notNull(),
    tag: hex("tag").notNull(),
    rowProof: hex("row_proof").notNull(),
  },
  (t) => [primaryKey({ columns: [t.epoch, t.value] })],
);

export const indexNodes = sqliteTable(
  "index_nodes",
  {
    epoch: integer("epoch").notNull(),
    level: integer("level").notNull(),
    at: integer("at").notNull(),
    hash: hex("hash").notNull(),
    /** level 0 only */
    first: hex("first"),
  },
  (t) => [primaryKey({ columns: [t.epoch, t.level, t.at] }), index("index_nodes_first").on(t.epoch, t.first)],
);

export const closedEpochs = sqliteTable("closed_epochs", {
  epoch: integer("epoch").primaryKey(),
  count: integer("count"),
  root: hex("root"),
  entry: bytes("entry"),
  logIndex: integer("log_index"),
});

export const completeEpochs = sqliteTable("complete_epochs", { epoch: integer("epoch").primaryKey() });

export const lateRows = sqliteTable(
  "late_rows",
  {
    epoch: integer("epoch").notNull(),
    value: hex("value").notNull(),
    serviceId: hex("service_id").notNull(),
    tag: hex("tag").notNull(),
    rowProof: hex("row_proof").notNull(),
  },
  (t) => [primaryKey({ columns: [t.epoch, t.value] })],
);

/** How many orders a requester placed on its last day; emergencies are counted apart. */
export const orderCounts = sqliteTable(
  "order_counts",
  {
    requesterKey: hex("requester_key").notNull(),
    emergency: integer("emergency", { mode: "boolean" }).notNull(),
    day: integer("day").notNull(),
    n: integer("n").notNull(),
  },
  (t) => [primaryKey({ columns: [t.requesterKey, t.emergency] })],
);

/** `last_second`: the last moment in which the request is good, in unix seconds */
export const adminNonces = sqliteTable(
  "admin_nonces",
  {
    nonce: hex("nonce").primaryKey(),
    lastSecond: integer("last_second").notNull(),
  },
  (t) => [index("admin_nonces_due").on(t.lastSecond)],
);

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
