// Takes the place of functions/escrow.ts in S15: the same escrow over bindings that fail by plan (faults.ts).

import escrow, { LinkageEscrow as Real } from "../../../functions/escrow.ts";
import type { EscrowEnv } from "../../../functions/shared/env.ts";
import { controlFaults, failingEnv } from "./faults.ts";

export class LinkageEscrow extends Real {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof Real>[1]) {
    super(ctx, failingEnv(env, "object"));
  }
}

export default {
  async fetch(request, env, ctx) {
    return (await controlFaults(request)) ?? escrow.fetch(request, failingEnv(env), ctx);
  },
} satisfies ExportedHandler<EscrowEnv>;
