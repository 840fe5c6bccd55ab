// What the page keeps of the records: the light lists, the filters and the search. It goes when the wallet is locked.

import { effect, signal } from "@preact/signals";
import { loading } from "../../shared/doing.ts";
import { type Filters, NO_FILTERS } from "../../shared/fhir/filters.ts";
import { engine } from "../remote.ts";
import { phase } from "../start/phase.ts";
import type { RecordsList } from "./record-index.ts";

export const list = signal<RecordsList | undefined>(undefined);
export const filters = signal<Filters>(NO_FILTERS);
export const query = signal("");
/** whether this page tried to fetch; a failed try is repeated by the person, and not by itself */
let hasTried = false;

/** @param words for the wait */
export async function fetchRecords(words: string): Promise<void> {
  hasTried = true;
  const fetched = await loading(words, () => engine.loadRecords());
  if (fetched !== undefined) list.value = fetched;
}

/** Shows what the worker has, and fetches once if it has nothing. */
export async function showRecords(words: string): Promise<void> {
  if (list.value !== undefined) return;
  list.value = await engine.recordsNow();
  if (list.value === undefined && !hasTried) await fetchRecords(words);
}

function forgetRecords(): void {
  list.value = undefined;
  filters.value = NO_FILTERS;
  query.value = "";
  hasTried = false;
  void engine.forgetRecords();
}

effect(() => {
  if (phase.value !== "open") forgetRecords();
});
