// The contract of the transparency log.

import { contract } from "./contract.ts";
import { HEALTH, HEALTH_ANSWERS } from "./health.ts";
import { ENTRIES, ENTRIES_ANSWERS } from "./log/entries.ts";
import { HEADS, HEADS_ANSWERS } from "./log/heads.ts";
import { PROOFS, PROOFS_ANSWERS } from "./log/proofs.ts";

export const LOG = contract(
  {
    role: "log",
    title: "Symbolon log",
    description: "The transparency log (C2SP tlog-tiles, RFC 9162). Everybody may read it, and checks its proofs.",
    version: "1.0.0",
  },
  {
    heads: [HEADS, HEADS_ANSWERS],
    proofs: [PROOFS, PROOFS_ANSWERS],
    entries: [ENTRIES, ENTRIES_ANSWERS],
    health: [HEALTH, HEALTH_ANSWERS],
  },
);
