// Runs one Worker alone in its own workerd process, so that the kernel's figures for the process belong to that Worker.

import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { wasmModules } from "../local/bundles.ts";
import { workerdPids } from "./processes.ts";

interface LoneWorker {
  url: URL;
  pid: number;
  stop(): Promise<void>;
}

/** @param options Miniflare's options of a Worker: bindings, databases, flags. @throws Error if the system has no /proc */
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
