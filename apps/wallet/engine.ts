// The wallet's worker: the SDK, the keys and the store. Each part has its methods in engine/. The parts beside core load at the
// first call of one of their methods, so that a check-in does not wait for them.

import { serve } from "../shared/remote.ts";
import type { careApi } from "./engine/care.ts";
import { coreApi } from "./engine/core.ts";
import type { recordsApi } from "./engine/records.ts";
import type { shareApi } from "./engine/share.ts";
import type { spokenApi } from "./engine/spoken.ts";

export type Engine = typeof coreApi & typeof recordsApi & typeof careApi & typeof shareApi & typeof spokenApi;

// biome-ignore lint/suspicious/noExplicitAny: methods of any type are served
type Methods = Record<string, (...args: any[]) => unknown>;

let others: Promise<Methods> | undefined;
async function load(): Promise<Methods> {
  const [records, care, share, spoken] = await Promise.all([
    import("./engine/records.ts"),
    import("./engine/care.ts"),
    import("./engine/share.ts"),
    import("./engine/spoken.ts"),
  ]);
  return { ...records.recordsApi, ...care.careApi, ...share.shareApi, ...spoken.spokenApi };
}

const core: Methods = coreApi;
serve(
  new Proxy(core, {
    get: (_, method: string) =>
      core[method] ??
      (async (...args: unknown[]) => {
        others ??= load();
        return (await others)[method]!(...args);
      }),
  }),
);
