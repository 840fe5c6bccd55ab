// The worker's methods for "My records". The records and the report over them stay in the worker's memory, and go when the wallet is
// locked. The page gets light lists, one resource at a time, and the text of an export.

import {
  type DocumentBundle,
  type Json,
  type OwnRecords,
  SymbolonError,
  type Wallet,
  writeJson,
} from "../../../client/index.ts";
import type { Series } from "../../shared/fhir/series.ts";
import { tell } from "../../shared/remote.ts";
import { type OneRecord, RecordIndex, type RecordsList } from "../records/record-index.ts";
import { wallet } from "./held.ts";

interface Kept {
  wallet: Wallet;
  own: OwnRecords;
  report: DocumentBundle;
  index: RecordIndex;
}
let kept: Kept | undefined;

/** Of the wallet that is open now. @throws NotOpenError */
function keptNow(): Kept | undefined {
  const open = wallet();
  if (kept?.wallet !== open) kept = undefined;
  return kept;
}

async function load(): Promise<Kept> {
  const open = wallet();
  const own = await open.records((done, of) => tell("progress", { done, of }));
  const report = await open.report(own);
  const mark = (tagHash: string): string | undefined => {
    try {
      return open.visitMark(tagHash);
    } catch (error) {
      // A channel that cannot be read costs the visit its picture, and not the person their records.
      if (error instanceof SymbolonError) return undefined;
      throw error;
    }
  };
  const now = Math.floor(Date.now() / 1000);
  const index = new RecordIndex(own, report, open.overview().sessions, mark, now);
  kept = { wallet: open, own, report, index };
  return kept;
}

/** The own report: as it is in memory, or fetched now. For everything that hands records on. @throws ApiError unreachable */
export const currentReport = async (): Promise<DocumentBundle> => (keptNow() ?? (await load())).report;

export type ExportKind = "bundle" | "summary";

/** The text of an export: the whole report, or its International Patient Summary. */
async function exportText(kind: ExportKind): Promise<string> {
  const report = await currentReport();
  const bundle = kind === "bundle" ? report : await wallet().summary(report);
  return writeJson(bundle as unknown as Json, 2);
}

export const recordsApi = {
  /** Fetches everything from every clinic. Tells "progress" { done, of } per clinic. @throws ApiError unreachable */
  async loadRecords(): Promise<RecordsList> {
    return (await load()).index.list;
  },
  /** What is in memory; undefined before the first load. */
  recordsNow: (): RecordsList | undefined => keptNow()?.index.list,
  record: (id: string): OneRecord | undefined => keptNow()?.index.one(id),
  recordCharts: (): Series[] => keptNow()?.index.charts ?? [],
  /** Ids of the entries that hold every word. The search runs on this device alone. */
  searchRecords: (query: string): string[] => keptNow()?.index.search(query) ?? [],
  exportRecords: exportText,
  /** The wallet is locked: nothing stays in memory. */
  forgetRecords(): void {
    kept = undefined;
  },
};
