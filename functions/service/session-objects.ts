// The one way to the Durable Object that holds a session: named by the first digits of the tagHash. How many digits must
// never change while sessions are open, or a spent tag would meet another object; and an object's jurisdiction is fixed
// when it is first named and changes its id: neither may be chosen in a second place. Local workerd knows no
// jurisdictions.
//
// 256 objects: at some check-ins a second they stay awake, and to wake one, or to make one, costs more than to verify a
// signature. Each bears hundreds of requests a second, and 10 GB: a month of 10^9 sessions would need a fiftieth of that.

import type { ReplayWindow } from "../../durable-objects/replay-window.ts";
import type { ServiceEnv } from "../shared/env.ts";

const NAME_DIGITS = 2;

/** @param tagHash lower-case hex */
export const objectNameOf = (tagHash: string): string => tagHash.slice(0, NAME_DIGITS);

/** @param tagHash lower-case hex */
export function replayWindowOf(env: ServiceEnv, tagHash: string): DurableObjectStub<ReplayWindow> {
  const all = env.REPLAY_WINDOW as unknown as DurableObjectNamespace<ReplayWindow>;
  const namespace = env.STAGE === "production" ? all.jurisdiction("eu") : all;
  return namespace.get(namespace.idFromName(objectNameOf(tagHash)));
}
