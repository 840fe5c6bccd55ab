// The Workers' engine in Node: what a trustee computes with, and a requester's host may bring along.

import { readFileSync } from "node:fs";
import { mclEngine } from "../engine/mcl.ts";
import { lazy } from "../protocol/suite.ts";

export const fastEngine = lazy(() =>
  mclEngine(new WebAssembly.Module(readFileSync(new URL("../gen/mcl.wasm", import.meta.url)))),
);
