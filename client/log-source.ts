// The log over HTTP, for a LogMonitor. Every answer is checked there; a malformed one only has to fail.

import { base64urlnopad } from "@scure/base";
import type { LogSource } from "./log-monitor.ts";
import { apiJson, type Transport } from "./transport.ts";

export function httpLogSource(t: Transport, logUrl: string, quorum: number): LogSource {
  const list = (encoded: string[]): Uint8Array[] => encoded.map((s) => base64urlnopad.decode(s));
  const proof = async (path: string): Promise<Uint8Array[]> =>
    list((await apiJson<{ proof: string[] }>(t, logUrl, path)).proof);
  return {
    checkpoint: async () =>
      (await apiJson<{ checkpoint: string }>(t, logUrl, `/v1/cosigned?quorum=${quorum}`)).checkpoint,
    consistency: (from, to) => proof(`/v1/consistency?from=${from}&to=${to}`),
    inclusion: (index, size) => proof(`/v1/inclusion?index=${index}&size=${size}`),
    entries: async (from, limit) =>
      list((await apiJson<{ entries: string[] }>(t, logUrl, `/v1/entries?from=${from}&limit=${limit}`)).entries),
  };
}
