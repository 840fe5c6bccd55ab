// The log over HTTP, for a LogMonitor. Every answer is checked there; a malformed one only has to fail.

import { fromBase64url } from "../../protocol/encodings.ts";
import { ApiError, apiJson, type Transport } from "../transport.ts";
import type { LogSource } from "./monitor.ts";

export function httpLogSource(t: Transport, logUrl: string, quorum: number): LogSource {
  const list = (encoded: string[]): Uint8Array[] => encoded.map((s) => fromBase64url(s));
  // A log that refuses a proof gives none: the monitor then holds both signed heads against it.
  const proof = async (path: string): Promise<Uint8Array[]> => {
    try {
      return list((await apiJson<{ proof: string[] }>(t, logUrl, path)).proof);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return [];
      throw error;
    }
  };
  return {
    checkpoint: async () =>
      (await apiJson<{ checkpoint: string }>(t, logUrl, `/v1/cosigned?quorum=${quorum}`)).checkpoint,
    consistency: (from, to) => proof(`/v1/consistency?from=${from}&to=${to}`),
    inclusion: (index, size) => proof(`/v1/inclusion?index=${index}&size=${size}`),
    entries: async (from, limit) =>
      list((await apiJson<{ entries: string[] }>(t, logUrl, `/v1/entries?from=${from}&limit=${limit}`)).entries),
  };
}
