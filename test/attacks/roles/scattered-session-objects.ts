// Takes the place of functions/service/session-objects.ts at the careless service of S4: every request gets an object of
// its own instead of the one that the tag's hash names.

import type { ReplayWindow } from "../../../durable-objects/replay-window.ts";
import type * as real from "../../../functions/service/session-objects.ts";

export * from "../../../functions/service/session-objects.ts";

export const replayWindowOf: typeof real.replayWindowOf = (env) => {
  const namespace = env.REPLAY_WINDOW as unknown as DurableObjectNamespace<ReplayWindow>;
  return namespace.get(namespace.newUniqueId());
};
