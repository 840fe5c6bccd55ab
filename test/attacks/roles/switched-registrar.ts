// Takes the place of functions/registrar.ts: the same registrar with a switch for its weakness (switch.ts).

import registrar from "../../../functions/registrar.ts";
import type { RegistrarEnv } from "../../../functions/shared/env.ts";
import { turnSwitch } from "./switch.ts";

export default {
  async fetch(request, env, ctx) {
    return (await turnSwitch(request)) ?? registrar.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<RegistrarEnv>;
