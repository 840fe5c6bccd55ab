// Takes the place of functions/registrar.ts in S15: the same registrar over bindings that fail by plan (faults.ts).

import registrar from "../../../functions/registrar.ts";
import type { RegistrarEnv } from "../../../functions/shared/env.ts";
import { controlFaults, failingEnv } from "./faults.ts";

export default {
  async fetch(request, env, ctx) {
    return (await controlFaults(request)) ?? registrar.fetch(request, failingEnv(env), ctx);
  },
} satisfies ExportedHandler<RegistrarEnv>;
