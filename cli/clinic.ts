// symbolon clinic: everything that a clinic does from a terminal.

import { OFFLINE_COMMANDS } from "./clinic-offline.ts";
import { RECORD_COMMANDS } from "./clinic-records.ts";
import { SETUP_COMMANDS } from "./clinic-setup.ts";
import { VISIT_COMMANDS } from "./clinic-visits.ts";
import type { Group } from "./command.ts";

export const group: Group = {
  path: "clinic",
  summary: "Acts as one clinic, with its own keys.",
  about: [
    "The keys are made and kept here, and no role of the system ever sees them. A session is named by its TID or by its",
    "tag hash.",
  ],
  parts: { offline: "Takes check-ins without network, and settles them later." },
  commands: [...SETUP_COMMANDS, ...VISIT_COMMANDS, ...RECORD_COMMANDS, ...OFFLINE_COMMANDS],
};
