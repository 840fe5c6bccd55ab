// D1 of the registrar. No other Worker is bound to it. The identity of a person is field-encrypted here, and a keyed blind
// index finds it. Nothing here says where or when anybody went. Ids are random, and tables are WITHOUT ROWID (added by hand
// in the migration, because drizzle cannot express it), so the order of rows tells no time.

import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

/** Signed parameters, one document per epoch range. A document is in force once logged; the row before it reserves its epochs. */
export const parameters = sqliteTable("parameters", {
  epochFrom: integer("epoch_from").primaryKey(),
  epochTo: integer("epoch_to").notNull(),
  document: bytes("document").notNull(),
  keySet: bytes("key_set").notNull(),
  logged: integer("logged", { mode: "boolean" }).notNull().default(false),
});

/** Log entries as they were first made, by "<kind> <subject>". A retry appends the same bytes, and the log stores them once. */
export const logEntries = sqliteTable("log_entries", {
  subject: text("subject").primaryKey(),
  entry: bytes("entry").notNull(),
});

/** One KeySetChain per ceremony, by the id that all its key sets share. */
export const keySetChains = sqliteTable("key_set_chains", {
  keySetId: hex("key_set_id").primaryKey(),
  chain: bytes("chain").notNull(),
});

/** The certificates that this registrar signed, by requesterHashOf. */
export const requesters = sqliteTable("requesters", {
  certificate: hex("certificate").primaryKey(),
  notAfter: integer("not_after").notNull(),
  revokedAt: integer("revoked_at"),
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

/** One row per phone: handles R and V (unique over all people), the contract, and the device key that may refresh. */
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
  },
  (t) => [
    primaryKey({ columns: [t.account, t.generation] }),
    uniqueIndex("generations_handle").on(t.handle),
    uniqueIndex("generations_handle_g2").on(t.handleG2),
  ],
);

/** One credential per phone and epoch, field-encrypted. The same request gets the same answer; another one is refused. */
export const issued = sqliteTable(
  "issued",
  {
    account: hex("account").notNull(),
    generation: integer("generation").notNull(),
    epoch: integer("epoch").notNull(),
    requestHash: hex("request_hash").notNull(),
    credential: bytes("credential").notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.generation, t.epoch] })],
);

/** Nonces given out and not yet used. Also the used nonces of the administrator's requests, with the prefix "admin:". */
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

/**
 * The traces and assembles that were answered, for letters. letter: XChaCha20-Poly1305 under FIELD_KEY, bound to the case; the
 * account is in it. printedAt is null until the desk has printed the letter.
 */
export const openings = sqliteTable(
  "openings",
  {
    caseId: hex("case_id").primaryKey(),
    at: integer("at").notNull(),
    letter: bytes("letter").notNull(),
    printedAt: integer("printed_at"),
  },
  (t) => [index("openings_at").on(t.at, t.caseId)],
);

/** The answered cases, so that a case id serves once. */
export const disclosures = sqliteTable("disclosures", {
  caseId: hex("case_id").primaryKey(),
  requestHash: hex("request_hash").notNull(),
  answer: text("answer").notNull(),
  at: integer("at").notNull().default(sql`0`),
});
