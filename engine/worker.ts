// The engine of a Worker's isolate: mcl, from the compiled module in the Worker's bundle.
// It is made at the first request that verifies something, never at start.

import wasm from "../gen/mcl.wasm";
import type { Engine } from "../protocol/engine.ts";
import { lazy } from "../protocol/suite.ts";
import { mclEngine } from "./mcl.ts";

/** The isolate's engine for public data. */
export const publicEngine: () => Engine = lazy(() => mclEngine(wasm));
