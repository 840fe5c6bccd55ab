// The tables of a session object (durable-objects/replay-window.ts). They have a file of their own, so that Node can also
// create and fill such a database.

export const SESSION_TABLES = `
  CREATE TABLE IF NOT EXISTS session (
    tag_hash TEXT PRIMARY KEY, service_id TEXT NOT NULL, shard INTEGER NOT NULL, epoch INTEGER NOT NULL,
    day INTEGER NOT NULL, presentation_hash TEXT NOT NULL, receipt BLOB NOT NULL,
    closes_at INTEGER NOT NULL, last_now INTEGER NOT NULL, check_in BLOB, tag BLOB, row_proof BLOB NOT NULL, attempts INTEGER NOT NULL,
    due INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS session_due ON session (due);
  CREATE TABLE IF NOT EXISTS windows (
    tag_hash TEXT NOT NULL, direction INTEGER NOT NULL, state BLOB NOT NULL, PRIMARY KEY (tag_hash, direction)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS frames (
    tag_hash TEXT NOT NULL, direction INTEGER NOT NULL, seq INTEGER NOT NULL, frame BLOB NOT NULL,
    idempotency_key_hash TEXT, PRIMARY KEY (tag_hash, direction, seq)
  ) WITHOUT ROWID;`;
