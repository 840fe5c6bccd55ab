// Access to the one Durable Object that writes the log, and the query numbers that its routes read.

import type { TransparencyLog } from "../../durable-objects/transparency-log.ts";
import type { LogEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";

export const logOf = (env: LogEnv): DurableObjectStub<TransparencyLog> =>
  (env.TRANSPARENCY_LOG as unknown as DurableObjectNamespace<TransparencyLog>).getByName("log");

/** A decimal number of the query, without sign and leading zeros. @throws Problem malformed */
export function readCount(value: string | undefined, name: string): number {
  if (value === undefined || !/^(0|[1-9]\d{0,14})$/.test(value))
    throw new Problem("malformed", `${name}: a whole number expected`);
  return Number(value);
}
