// The wallet's worker: the SDK, the keys and the store. Each part has its methods in engine/. The parts beside core load at the
// first call of one of their methods, so that a check-in does not wait for them.

import { serve } from "../shared/remote.ts";
import type { buildApi } from "./engine/build.ts";
import type { cardApi } from "./engine/card.ts";
import type { careApi } from "./engine/care.ts";
import { coreApi } from "./engine/core.ts";
import type { locksApi } from "./engine/locks.ts";
import type { recordsApi } from "./engine/records.ts";
import type { shareApi } from "./engine/share.ts";
import type { spokenApi } from "./engine/spoken.ts";

export type Engine = typeof coreApi &
  typeof recordsApi &
  typeof careApi &
  typeof cardApi &
  typeof shareApi &
  typeof buildApi &
  typeof spokenApi &
  typeof locksApi;

// biome-ignore lint/suspicious/noExplicitAny: methods of any type are served
type Methods = Record<string, (...args: any[]) => unknown>;

let others: Promise<Methods> | undefined;
async function load(): Promise<Methods> {
  const parts = await Promise.all([
    import("./engine/records.ts").then(({ recordsApi }) => recordsApi),
    import("./engine/care.ts").then(({ careApi }) => careApi),
    import("./engine/card.ts").then(({ cardApi }) => cardApi),
    import("./engine/share.ts").then(({ shareApi }) => shareApi),
    import("./engine/build.ts").then(({ buildApi }) => buildApi),
    import("./engine/spoken.ts").then(({ spokenApi }) => spokenApi),
    import("./engine/locks.ts").then(({ locksApi }) => locksApi),
  ]);
  return Object.assign({}, ...parts) as Methods;
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
