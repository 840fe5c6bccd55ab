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
export class NoStageError extends Error {
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
const keyOf = (row: readonly string[]): string => row.join("\u0000");

/** Tells after each step which rows are new since the step before. */
export class Disks {
  readonly #known = new Map<string, Set<string>>();

  /** The tables with new rows. */
  async look(): Promise<FreshTable[]> {
    const fresh: FreshTable[] = [];
    for (const { holder, table, columns, rows, count } of await ask<SeenTable[]>("/stage/rows")) {
      const name = `${holder}/${table}`;
      const known = this.#known.get(name) ?? new Set();
      const added = rows.filter((row) => !known.has(keyOf(row)));
      for (const row of added) known.add(keyOf(row));
      this.#known.set(name, known);
      if (added.length > 0)
        fresh.push({ holder, table, columns, rows: added.slice(0, MAX_FRESH), others: count - added.length });
    }
    return fresh;
  }
}
