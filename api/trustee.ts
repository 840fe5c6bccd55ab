// The contract of a trustee.

import { ADD_CHECKPOINT, ADD_CHECKPOINT_ANSWERS } from "./add-checkpoint.ts";
import { contract } from "./contract.ts";
import { HEALTH, HEALTH_ANSWERS } from "./health.ts";
import { CARDS, CARDS_ANSWERS } from "./trustee/cards.ts";
import { CEREMONY, CEREMONY_ANSWERS } from "./trustee/ceremony.ts";
import { OFFICERS, OFFICERS_ANSWERS } from "./trustee/officers.ts";
import { RESHARING, RESHARING_ANSWERS } from "./trustee/resharing.ts";
import { ROUNDS, ROUNDS_ANSWERS } from "./trustee/rounds.ts";

export const TRUSTEE = contract(
  {
    role: "trustee",
    title: "Symbolon trustee",
    description:
      "Holds one share of each opening key. Its officers approve or refuse orders, and it computes with its shares.",
    version: "1.0.0",
  },
  {
    cards: [CARDS, CARDS_ANSWERS],
    officers: [OFFICERS, OFFICERS_ANSWERS],
    rounds: [ROUNDS, ROUNDS_ANSWERS],
    ceremony: [CEREMONY, CEREMONY_ANSWERS],
    resharing: [RESHARING, RESHARING_ANSWERS],
    witness: [ADD_CHECKPOINT, ADD_CHECKPOINT_ANSWERS],
    health: [HEALTH, HEALTH_ANSWERS],
  },
);
