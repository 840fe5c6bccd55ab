#!/usr/bin/env node
// Runs the CLI from a clone's TypeScript sources. Node keeps the stripped and compiled code, so that only the first run pays for
// it: a start then takes a third of the time. The package runs cli/main.js itself.

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Beside the packages and not in the common temporary directory, where another user could put code.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/symbolon", import.meta.url)));
await import("./main.ts");
