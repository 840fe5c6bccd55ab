// The tables of a clinic's bell (durable-objects/clinic-bell.ts). All are WITHOUT ROWID under random or hashed keys, so that the
// order of rows does not tell the order of events.

export const BELL_TABLES = `
  CREATE TABLE IF NOT EXISTS ticket (hash TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS waiting (tag_hash TEXT PRIMARY KEY, day INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS watched (
    case_id TEXT PRIMARY KEY, state TEXT, day INTEGER NOT NULL, until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS webhook (
    id TEXT PRIMARY KEY, service_id TEXT NOT NULL, url TEXT NOT NULL UNIQUE, types TEXT NOT NULL, secret BLOB NOT NULL,
    disabled TEXT, failing_since INTEGER, missed INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS old_secret (
    webhook TEXT NOT NULL, secret BLOB NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (webhook, secret)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, webhook TEXT NOT NULL, type TEXT NOT NULL, about TEXT NOT NULL, state TEXT, day INTEGER NOT NULL,
    attempts INTEGER NOT NULL, due INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS outbox_due ON outbox (webhook, due);
  CREATE TABLE IF NOT EXISTS dead (
    id TEXT PRIMARY KEY, webhook TEXT NOT NULL, type TEXT NOT NULL, about TEXT NOT NULL, state TEXT, day INTEGER NOT NULL,
    reason TEXT NOT NULL, until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS dead_of ON dead (webhook, id);`;
