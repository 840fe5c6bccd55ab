// The page's end of the officer's worker. The worker asks for the passkey here.

import { connect } from "../shared/remote.ts";
import { scriptUrl } from "../shared/trusted.ts";
import type { AssertionRequest } from "./engine/authenticator.ts";
import type { Engine } from "./engine.ts";
import engineUrl from "./engine.ts?worker&url";
import { assert } from "./passkeys.ts";

export const { remote: engine, on: onEngine } = connect<Engine>(
  new Worker(scriptUrl(engineUrl), { type: "module", name: "officer" }),
);

onEngine("assert", async ({ id, challenge }: AssertionRequest) => {
  try {
    const assertion = await assert(challenge);
    await engine.asserted(id, assertion);
  } catch (cause) {
    const { name, message } = cause as Error;
    await engine.notAsserted(id, name, message);
  }
});
