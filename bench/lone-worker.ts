// One Worker alone in a workerd of its own, so that what the kernel accounts to the process is that Worker's.

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { wasmModules } from "../local/bundles.ts";
import { workerdPids } from "./processes.ts";

interface LoneWorker {
  url: URL;
  pid: number;
  stop(): Promise<void>;
}

/** @param options Miniflare's for a Worker: bindings, databases, flags. Needs Linux: /proc. */
export async function startLoneWorker(script: string, options: object = {}): Promise<LoneWorker> {
  const others = new Set(workerdPids());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      port: 0,
      workers: [
        {
          name: "lone",
          compatibilityDate: "2026-08-01",
          modules: [{ type: "ESModule" as const, path: "lone.mjs", contents: script }, ...wasmModules()],
          ...options,
        },
      ],
    } as never),
  );
  const stop = () => miniflare.dispose();
  try {
    const url = await miniflare.ready;
    const pid = workerdPids().find((p) => !others.has(p));
    if (pid === undefined) throw new Error("no workerd process was found");
    return { url, pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
