// The contract of the service role, which hosts clinics.

import { contract } from "./contract.ts";
import { CHECK_INS, CHECK_INS_ANSWERS } from "./service/check-ins.ts";
import { SESSIONS, SESSIONS_ANSWERS } from "./service/sessions.ts";

export const SERVICE = contract(
  {
    role: "service",
    title: "Symbolon service",
    description: "Hosts clinics: check-in, sessions, sealed records and messages. See docs/API.md for the model.",
    version: "1.0.0",
  },
  {
    "check-ins": [CHECK_INS, CHECK_INS_ANSWERS],
    sessions: [SESSIONS, SESSIONS_ANSWERS],
  },
);
