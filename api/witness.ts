// The contract of an outside witness of the log.

import { ADD_CHECKPOINT, ADD_CHECKPOINT_ANSWERS } from "./add-checkpoint.ts";
import { contract } from "./contract.ts";
import { HEALTH, HEALTH_ANSWERS } from "./health.ts";

export const WITNESS = contract(
  {
    role: "witness",
    title: "Symbolon witness",
    description: "Cosigns heads of the transparency log that continue each other. It holds no share and knows nobody.",
    version: "1.0.0",
  },
  {
    witness: [ADD_CHECKPOINT, ADD_CHECKPOINT_ANSWERS],
    health: [HEALTH, HEALTH_ANSWERS],
  },
);
