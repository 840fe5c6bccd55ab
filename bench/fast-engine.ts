// The Workers' engine, loaded in Node. Trustees compute with it, and the host of a requester may use it too.

import { readFileSync } from "node:fs";
import { mclEngine } from "../engine/mcl.ts";
import { lazy } from "../protocol/suite.ts";

export const fastEngine = lazy(() =>
  mclEngine(new WebAssembly.Module(readFileSync(new URL("../gen/mcl.wasm", import.meta.url)))),
);
