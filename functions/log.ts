// The transparency log at the edge. Everybody may read it without trust in this Worker: its answers are static files of
// C2SP tlog-tiles, or proofs that the reader checks. Only the roles whose request keys are in LOG_WRITERS may append.
//
//   log/heads          signed heads and tiles
//   log/proofs         inclusion and consistency
//   log/entries        reading and appending entries

import { registerEntries } from "./log/entries.ts";
import { registerHeads } from "./log/heads.ts";
import { registerProofs } from "./log/proofs.ts";
import type { LogEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";

export { TransparencyLog } from "../durable-objects/transparency-log.ts";

const app = roleApp<LogEnv>("log");
registerHeads(app);
registerProofs(app);
registerEntries(app);

export default app;
