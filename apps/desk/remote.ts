// The page's end of the desk's worker.

import { connect } from "../shared/remote.ts";
import { scriptUrl } from "../shared/trusted.ts";
import type { Engine } from "./engine.ts";
import engineUrl from "./engine.ts?worker&url";

export const { remote: engine, on: onEngine } = connect<Engine>(
  new Worker(scriptUrl(engineUrl), { type: "module", name: "desk" }),
);
