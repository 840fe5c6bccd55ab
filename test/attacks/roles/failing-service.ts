// Takes the place of functions/service.ts in S15: the same service over bindings that fail by plan (faults.ts).

import service, { ReplayWindow as Real } from "../../../functions/service.ts";
import type { ServiceEnv } from "../../../functions/shared/env.ts";
import { controlFaults, failingEnv, isRowFirst } from "./faults.ts";
import { rowFirstEnv } from "./row-first.ts";

export class ReplayWindow extends Real {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof Real>[1]) {
    super(ctx, failingEnv(env, "object"));
  }
}

export default {
  async fetch(request, env, ctx) {
    const bindings = isRowFirst() ? rowFirstEnv(env) : failingEnv(env);
    return (await controlFaults(request)) ?? service.fetch(request, bindings, ctx);
  },
} satisfies ExportedHandler<ServiceEnv>;
