// Access to the one Durable Object that writes the log.

import type { TransparencyLog } from "../../durable-objects/transparency-log.ts";
import type { LogEnv } from "../shared/env.ts";

export const logOf = (env: LogEnv): DurableObjectStub<TransparencyLog> =>
  (env.TRANSPARENCY_LOG as unknown as DurableObjectNamespace<TransparencyLog>).getByName("log");
