// D1 of the registrar, bound to no other Worker. Who a person is stands here field-encrypted, found by a keyed blind
// index; nothing here says where or when anybody went. Ids are random, and tables are
// WITHOUT ROWID (added by hand in the migration, drizzle cannot say it): no row order tells time.

import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

/** Signed parameters, one document an epoch range. In force once logged: the row comes first and keeps its epochs. */
export const parameters = sqliteTable("parameters", {
  epochFrom: integer("epoch_from").primaryKey(),
  epochTo: integer("epoch_to").notNull(),
  document: bytes("document").notNull(),
  keySet: bytes("key_set").notNull(),
  logged: integer("logged", { mode: "boolean" }).notNull().default(false),
});

/** Log entries as they were first made, by subject: a retry appends the same bytes, which the log has only once. */
export const logEntries = sqliteTable("log_entries", {
  subject: hex("subject").primaryKey(),
  entry: bytes("entry").notNull(),
});

/** A registered person. identity and entitlements: XChaCha20-Poly1305 under FIELD_KEY; selector: HMAC under INDEX_KEY. */
export const accounts = sqliteTable(
  "accounts",
  {
    account: hex("account").primaryKey(),
    selectorIndex: hex("selector_index").notNull(),
    identity: bytes("identity").notNull(),
    entitlements: bytes("entitlements").notNull(),
    codeHash: hex("code_hash"),
    codeExpires: integer("code_expires"),
    revoked: integer("revoked", { mode: "boolean" }).notNull().default(false),
  },
  (t) => [uniqueIndex("accounts_selector").on(t.selectorIndex)],
);

/** One a phone: handles R and V (unique over all people), the contract, the device that may refresh. */
export const generations = sqliteTable(
  "generations",
  {
    account: hex("account")
      .notNull()
      .references(() => accounts.account),
    generation: integer("generation").notNull(),
    contract: bytes("contract").notNull(),
    handle: hex("handle").notNull(),
    handleG2: hex("handle_g2").notNull(),
    deviceKey: hex("device_key").notNull(),
    epochFrom: integer("epoch_from").notNull(),
    epochTo: integer("epoch_to"),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.generation] }),
    uniqueIndex("generations_handle").on(t.handle),
    uniqueIndex("generations_handle_g2").on(t.handleG2),
  ],
);

/** One credential an epoch and account, field-encrypted: the same request is answered alike, another one is refused. */
export const issued = sqliteTable(
  "issued",
  {
    account: hex("account").notNull(),
    epoch: integer("epoch").notNull(),
    requestHash: hex("request_hash").notNull(),
    credential: bytes("credential").notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.epoch] })],
);

/** Nonces given out and not yet used; and those of the administrator's requests, used ("admin:" before them). */
export const nonces = sqliteTable(
  "nonces",
  {
    nonce: text("nonce").primaryKey(),
    account: text("account").notNull(),
    purpose: text("purpose", { enum: ["enrol", "refresh", "admin"] }).notNull(),
    expires: integer("expires").notNull(),
  },
  (t) => [index("nonces_expires").on(t.expires)],
);

/** Cases answered, so that a case id serves once. */
export const disclosures = sqliteTable("disclosures", {
  caseId: hex("case_id").primaryKey(),
  requestHash: hex("request_hash").notNull(),
  answer: text("answer").notNull(),
  at: integer("at").notNull().default(sql`0`),
});
