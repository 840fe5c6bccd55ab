// The only access to the Durable Object that holds a session. The object's name is the first digits of the tagHash. The
// number of digits must never change while sessions are open, or a spent tag would reach another object. An object's
// jurisdiction is fixed when the object is first named, and it changes the object's id. So both are chosen in this file
// only. Local workerd knows no jurisdictions.
//
// There are 256 objects, and many sessions share one. At some check-ins per second the objects then stay awake. To wake or
// create an object costs more than to verify a signature. Each object can serve hundreds of requests per second and hold
// 10 GB. A month of 10^9 sessions would need a fiftieth of that.

import type { ReplayWindow } from "../../durable-objects/replay-window.ts";
import type { Hex } from "../../protocol/encodings.ts";
import type { ServiceEnv } from "../shared/env.ts";

const NAME_DIGITS = 2;

/** The names of all objects, in order. */
export const NAMES_OF_OBJECTS: readonly string[] = Array.from({ length: 16 ** NAME_DIGITS }, (_, i) =>
  i.toString(16).padStart(NAME_DIGITS, "0"),
);
export const objectNameOf = (tagHash: Hex): string => tagHash.slice(0, NAME_DIGITS);

export const replayWindowOf = (env: ServiceEnv, tagHash: Hex): DurableObjectStub<ReplayWindow> =>
  replayWindowNamed(env, objectNameOf(tagHash));

export function replayWindowNamed(env: ServiceEnv, name: string): DurableObjectStub<ReplayWindow> {
  const all = env.REPLAY_WINDOW as unknown as DurableObjectNamespace<ReplayWindow>;
  const namespace = env.STAGE === "production" ? all.jurisdiction("eu") : all;
  return namespace.get(namespace.idFromName(name));
}
