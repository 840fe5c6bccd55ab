// The memory of an outside witness of the log: a Durable Object named "memory".
//
// Invariant. It holds the newest head that this witness cosigned. Only a caller that names the kept head replaces it, so it
// never goes back: two requests that race cannot both advance the same head. The table is `witness` in the vault of a trustee
// too (trustee-vault.ts), whose methods call the same functions.

import { DurableObject } from "cloudflare:workers";
import { equalBytes } from "../protocol/bytes.ts";
import { bytesOf } from "./blobs.ts";

export interface WitnessHead {
  size: number;
  /** 32 bytes */
  root: Uint8Array;
}

export const WITNESS_TABLE =
  "CREATE TABLE IF NOT EXISTS witness (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL);";

/** The newest head that was cosigned; undefined at first. */
export function readWitnessHead(sql: SqlStorage): WitnessHead | undefined {
  const row = sql.exec("SELECT size, root FROM witness").toArray()[0];
  return row && { size: row.size as number, root: bytesOf(row.root) };
}

/**
 * Replaces the head `from` (undefined if there is none yet) by `to`. The Worker has checked that `to` is consistent with
 * `from`. False if the kept head is another one than `from`, or larger than `to`.
 */
export function advanceWitnessHead(sql: SqlStorage, from: WitnessHead | undefined, to: WitnessHead): boolean {
  const held = readWitnessHead(sql);
  const unchanged = held && from ? held.size === from.size && equalBytes(held.root, from.root) : !held && !from;
  if (!unchanged || (held && to.size < held.size)) return false;
  sql.exec("INSERT OR REPLACE INTO witness VALUES (1, ?, ?)", to.size, to.root);
  return true;
}

export class WitnessMemory extends DurableObject {
  private readonly sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.sql = ctx.storage.sql;
    this.sql.exec(WITNESS_TABLE);
  }

  head(): WitnessHead | undefined {
    return readWitnessHead(this.sql);
  }

  advance(from: WitnessHead | undefined, to: WitnessHead): boolean {
    return advanceWitnessHead(this.sql, from, to);
  }
}
