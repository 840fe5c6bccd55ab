// The log over HTTP, as the source of a LogMonitor. The monitor checks every answer, so here a malformed one only has
// to fail.

import type { EntriesPage } from "../../api/log/entries.ts";
import type { Head } from "../../api/log/heads.ts";
import type { Proof } from "../../api/log/proofs.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { decodeAnswer } from "../errors.ts";
import { ApiError, apiJson, type Transport } from "../transport.ts";
import type { LogSource } from "./monitor.ts";

/**
 * @param quorum how many cosignatures the fetched head must have The methods throw ApiError, or SymbolonError
 * bad-answer.
 */
export function httpLogSource(t: Transport, logUrl: string, quorum: number): LogSource {
  const list = (encoded: string[]): Uint8Array[] => decodeAnswer("the log", () => encoded.map((s) => fromBase64url(s)));
  // If the log refuses a proof, there is none. The monitor then reports both signed heads as evidence.
  const proof = async (path: string): Promise<Uint8Array[]> => {
    try {
      return list((await apiJson<Proof>(t, logUrl, path)).proof);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return [];
      throw error;
    }
  };
  return {
    checkpoint: async () => (await apiJson<Head>(t, logUrl, `/v1/cosigned?quorum=${quorum}`)).checkpoint,
    consistency: (from, to) => proof(`/v1/consistency?from=${from}&to=${to}`),
    inclusion: (index, size) => proof(`/v1/inclusion?index=${index}&size=${size}`),
    entries: async (from, limit) =>
      list((await apiJson<EntriesPage>(t, logUrl, `/v1/entries?from=${from}&limit=${limit}`)).entries),
  };
}
