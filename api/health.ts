// A route that every role has.

import * as z from "zod";
import { ANYONE, type AnswersOf, JSON_TYPE, route } from "./contract.ts";

export const HEALTH = {
  health: route({ method: "GET", path: "/health", callers: [ANYONE], produces: [JSON_TYPE] }),
};

export const HEALTH_ANSWERS = () =>
  ({
    health: {
      summary: "Ask whether the role answers",
      ok: { 200: { json: z.object({ role: z.string(), ok: z.literal(true) }) } },
    },
  }) satisfies AnswersOf<typeof HEALTH>;
