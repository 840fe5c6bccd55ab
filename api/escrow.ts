// The contract of the escrow.

import { contract } from "./contract.ts";
import { CASES, CASES_ANSWERS } from "./escrow/cases.ts";
import { INDEX, INDEX_ANSWERS } from "./escrow/session-index.ts";
import { HEALTH, HEALTH_ANSWERS } from "./health.ts";

export const ESCROW = contract(
  {
    role: "escrow",
    title: "Symbolon escrow",
    description:
      "Keeps the session index, and carries cases between requesters, officers and trustees. It holds no key of any other party.",
    version: "1.0.0",
  },
  {
    index: [INDEX, INDEX_ANSWERS],
    cases: [CASES, CASES_ANSWERS],
    health: [HEALTH, HEALTH_ANSWERS],
  },
);
