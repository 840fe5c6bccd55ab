// Takes the place of functions/service.ts: the same service with a switch for its weakness (switch.ts).

import service from "../../../functions/service.ts";
import type { ServiceEnv } from "../../../functions/shared/env.ts";
import { turnSwitch } from "./switch.ts";

export { ReplayWindow } from "../../../functions/service.ts";

export default {
  async fetch(request, env, ctx) {
    return (await turnSwitch(request)) ?? service.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<ServiceEnv>;
