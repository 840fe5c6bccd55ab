// Takes the place of functions/log.ts in S15: the same log over bindings that fail by plan (faults.ts). Its object's own SQL
// statements fail too, so that an append or a publication can die between any two rows.

import log, { TransparencyLog as Real } from "../../../functions/log.ts";
import type { LogEnv } from "../../../functions/shared/env.ts";
import { controlFaults, failingEnv, failSql } from "./faults.ts";

export class TransparencyLog extends Real {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof Real>[1]) {
    super(failSql(ctx), failingEnv(env, "object"));
  }
}

export default {
  async fetch(request, env, ctx) {
    return (await controlFaults(request)) ?? log.fetch(request, failingEnv(env), ctx);
  },
} satisfies ExportedHandler<LogEnv>;
