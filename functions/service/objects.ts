// The one way to a session's Durable Object. Its jurisdiction is fixed when it is first named and changes its id, so it
// must never be chosen in a second place. Local workerd knows no jurisdictions.

import type { ReplayWindow } from "../../durable-objects/replay-window.ts";
import type { ServiceEnv } from "../env.ts";

/** @param tagHash lower-case hex */
export function replayWindowOf(env: ServiceEnv, tagHash: string): DurableObjectStub<ReplayWindow> {
  const all = env.REPLAY_WINDOW as unknown as DurableObjectNamespace<ReplayWindow>;
  const namespace = env.STAGE === "production" ? all.jurisdiction("eu") : all;
  return namespace.get(namespace.idFromName(tagHash));
}
