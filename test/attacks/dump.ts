// Reads everything that a deployment has written, from its disk, as a thief of the disk would: every table of every D1
// database and Durable Object, every R2 object, and the raw files with their write-ahead logs and freed pages.
//
// Local workerd keeps SQLite files: d1/*/<hash>.sqlite and do/<worker>-<class>/<object id>.sqlite. For R2 it keeps
// r2/*/<hash>.sqlite (keys) beside r2/<bucket>/blobs/<blob id>. The files are copied first, and read from the copy.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Cell = string | bigint | Uint8Array | null;

export interface DumpedRow {
  /** file it stands in, from the root of the persisted state */
  file: string;
  table: string;
  cells: Record<string, Cell>;
}

export interface Dump {
  rows: DumpedRow[];
  /** of all tables: `file` -> table -> SQL */
  schemas: Map<string, Map<string, string>>;
  /** R2 objects by key */
  objects: Map<string, Uint8Array>;
  /** every file, raw */
  files: { file: string; bytes: Uint8Array }[];
}

/** Whose side a file is on: the identities and the shares stand apart from what the clinics' operator has. */
export type Side = "registrar" | "trustee" | "operator";
export function sideOf(dump: Dump, file: string): Side {
  const base = file.replace(/-(wal|shm)$/, "");
  if (/^do\/trustee-/.test(base)) return "trustee";
  return dump.schemas.get(base)?.has("accounts") ? "registrar" : "operator";
}

function filesUnder(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name));
}

/** The roles run while their files are copied. If one of them removes a file meanwhile, the copy starts again. */
function copyStores(persist: string, copy: string, tries = 5): void {
  try {
    cpSync(persist, copy, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries === 1) throw error;
    rmSync(copy, { recursive: true, force: true });
    copyStores(persist, copy, tries - 1);
  }
}

export function dumpStores(persist: string): Dump {
  const copy = mkdtempSync(join(tmpdir(), "symbolon-dump-"));
  try {
    copyStores(persist, copy);
    const paths = filesUnder(copy).filter((f) => !f.endsWith("local-seed.hex") && !f.includes("/cache/"));
    const dump: Dump = { rows: [], schemas: new Map(), objects: new Map(), files: [] };
    for (const path of paths) dump.files.push({ file: relative(copy, path), bytes: readFileSync(path) });
    for (const path of paths.filter((f) => f.endsWith(".sqlite"))) readDatabase(path, relative(copy, path), dump);
    collectObjects(dump);
    return dump;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function readDatabase(path: string, file: string, dump: Dump): void {
  const db = new DatabaseSync(path);
  try {
    const tables = new Map<string, string>();
    for (const { name, sql } of db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()) {
      tables.set(name as string, (sql as string | null) ?? "");
      const select = db.prepare(`SELECT * FROM "${name}"`);
      select.setReadBigInts(true);
      for (const cells of select.all())
        dump.rows.push({ file, table: name as string, cells: cells as DumpedRow["cells"] });
    }
    dump.schemas.set(file, tables);
  } finally {
    db.close();
  }
}

function collectObjects(dump: Dump): void {
  const blobs = new Map(
    dump.files.filter((f) => f.file.includes("/blobs/")).map((f) => [f.file.split("/").at(-1)!, f.bytes] as const),
  );
  for (const row of dump.rows) {
    if (row.table !== "_mf_objects") continue;
    const bytes = blobs.get(String(row.cells.blob_id));
    if (bytes) dump.objects.set(String(row.cells.key), bytes);
  }
}

/** Rows of tables with this name, wherever they are. */
export const rowsOf = (dump: Dump, table: string | RegExp): DumpedRow[] =>
  dump.rows.filter((r) => (typeof table === "string" ? r.table === table : table.test(r.table)));
