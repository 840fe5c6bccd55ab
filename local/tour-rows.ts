// Reads a choice of tables from a running local system, as a thief of its disks would, for the inspector of the tour. Only the
// tour's stage calls it (tour.ts). It writes nothing, and cuts long values.
//
//   registrar   accounts, generations, issued
//   service     sessions, records_<service>, and the blobs of records in R2
//   escrow      session_index, cases
//   trustee     cases, decisions
//   log         entries; public

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Whose disk a table is on. */
export type Holder = "registrar" | "service" | "escrow" | "trustee" | "log";
export interface SeenTable {
  holder: Holder;
  table: string;
  columns: string[];
  /** the first MAX_ROWS rows, each value as text */
  rows: string[][];
  /** all rows */
  count: number;
}

const MAX_ROWS = 300;
const MAX_TEXT = 32;
const MAX_BYTES = 14;
const BLOB_KEYS = "records/%";

const CHOICE: readonly { files: string; holder: Holder; has: string; tables: RegExp }[] = [
  { files: "d1/*/*.sqlite", holder: "registrar", has: "accounts", tables: /^(accounts|generations|issued)$/ },
  { files: "d1/*/*.sqlite", holder: "service", has: "sessions", tables: /^(sessions|records_\w+)$/ },
  { files: "d1/*/*.sqlite", holder: "escrow", has: "session_index", tables: /^(session_index|cases)$/ },
  { files: "do/trustee-1-TrusteeVault/*.sqlite", holder: "trustee", has: "cases", tables: /^(cases|decisions)$/ },
  { files: "do/log-TransparencyLog/*.sqlite", holder: "log", has: "entries", tables: /^entries$/ },
];

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const cut = (bytes: Uint8Array): string =>
  bytes.length <= MAX_BYTES ? hexOf(bytes) : `${hexOf(bytes.subarray(0, MAX_BYTES))}… (${bytes.length})`;
const textOf = (cell: unknown): string => {
  if (cell instanceof Uint8Array) return cut(cell);
  const text = String(cell ?? "");
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length})`;
};

/** Runs `read` with the tables of a database. SQLite lets others write meanwhile. */
function reading(path: string, read: (db: DatabaseSync, tables: string[]) => void): void {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const found = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    read(
      db,
      found.map(({ name }) => String(name)),
    );
  } finally {
    db.close();
  }
}

function tableOf(db: DatabaseSync, holder: Holder, table: string): SeenTable {
  const columns = db.prepare(`PRAGMA table_info("${table}")`).all();
  const rows = db.prepare(`SELECT * FROM "${table}" LIMIT ${MAX_ROWS}`).all();
  const { n } = db.prepare(`SELECT count(*) AS n FROM "${table}"`).get() as { n: number };
  return {
    holder,
    table,
    columns: columns.map(({ name }) => String(name)),
    rows: rows.map((row) => Object.values(row).map(textOf)),
    count: n,
  };
}

/** The sealed records as they lie in R2: key, size, and the first bytes. */
function blobsIn(persist: string): SeenTable {
  const table: SeenTable = {
    holder: "service",
    table: "blobs",
    columns: ["key", "bytes", "content"],
    rows: [],
    count: 0,
  };
  for (const path of globSync("r2/*/*.sqlite", { cwd: persist }))
    reading(join(persist, path), (db, tables) => {
      if (!tables.includes("_mf_objects")) return;
      const objects = db.prepare("SELECT key, size, blob_id FROM _mf_objects WHERE key LIKE ?").all(BLOB_KEYS);
      for (const { key, size, blob_id: id } of objects) {
        const [file] = globSync(`r2/*/blobs/${String(id)}`, { cwd: persist });
        const content = file === undefined ? "" : cut(readFileSync(join(persist, file)));
        table.rows.push([textOf(key), textOf(size), content]);
      }
    });
  table.count = table.rows.length;
  return table;
}

/** @param persist directory of the state of a host that runs */
export function seenRows(persist: string): SeenTable[] {
  const seen: SeenTable[] = [];
  for (const { files, holder, has, tables } of CHOICE)
    for (const path of globSync(files, { cwd: persist }).filter((file) => dirname(file) !== "."))
      reading(join(persist, path), (db, names) => {
        if (!names.includes(has)) return;
        for (const name of names.filter((n) => tables.test(n))) seen.push(tableOf(db, holder, name));
      });
  return [...seen.filter(({ count }) => count > 0), blobsIn(persist)].filter(({ count }) => count > 0);
}
