// The stage that the local host gives the tour (local/tour.ts): keys of every party, and what the disks hold. A deployed system
// has none.

import type { ClinicKeys } from "../../client/index.ts";
import type { FreshTable, SeenTable } from "./scene.ts";

export interface StageKeys {
  adminKey: string;
  clinics: ClinicKeys[];
  officers: { trustee: number; rpId: string; origin: string; pkcs8: string }[];
}

/** There is no stage: this is not a local system. */
class NoStageError extends Error {
  override name = "NoStageError";
  readonly code = "no-stage";
}

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(path);
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  if (answer.status === 404 || answer.status === 403 || !isJson) throw new NoStageError(path);
  if (!answer.ok) throw new TypeError(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

export const stageKeys = (): Promise<StageKeys> => ask("/stage/keys");

const MAX_FRESH = 6;
const MAX_EARLIER = 3;
const keyOf = (row: readonly string[]): string => row.join("\u0000");

/** Tells after each step which rows are new since the step before, beside those of the steps before it. */
export class Disks {
  readonly #known = new Map<string, Set<string>>();
  /** rows that this story left, by table */
  readonly #story = new Map<string, string[][]>();

  /** What was there before the story is not its own. */
  async begin(): Promise<void> {
    await this.look();
    this.#story.clear();
  }

  /** The tables with new rows. */
  async look(): Promise<FreshTable[]> {
    const tables: FreshTable[] = [];
    for (const { holder, table, columns, rows, count } of await ask<SeenTable[]>("/stage/rows")) {
      const name = `${holder}/${table}`;
      const known = this.#known.get(name) ?? new Set();
      const added = rows.filter((row) => !known.has(keyOf(row)));
      for (const row of added) known.add(keyOf(row));
      this.#known.set(name, known);
      const earlier = this.#story.get(name) ?? [];
      this.#story.set(name, [...earlier, ...added]);
      if (added.length === 0) continue;
      const shown = { rows: added.slice(0, MAX_FRESH), earlier: earlier.slice(-MAX_EARLIER) };
      tables.push({ holder, table, columns, ...shown, others: count - shown.rows.length - shown.earlier.length });
    }
    return tables;
  }
}
