// The groups of commands, each loaded only when it is named.

import type { Group } from "./command.ts";

/** A group of this folder, or a command of another one that reads its own arguments. */
type Entry = { readonly summary: string } & (
  | { load(): Promise<{ group: Group }> }
  | { run(args: string[]): Promise<number> }
);

export const GROUPS: Readonly<Record<string, Entry>> = {
  clinic: {
    summary: "a clinic: keys, challenges, sessions, records, check-ins without network",
    load: () => import("./clinic.ts"),
  },
  patient: { summary: "a wallet without a screen, for tests only", load: () => import("./patient.ts") },
  log: { summary: "the transparency log", load: () => import("./log.ts") },
  operator: { summary: "the people who run a deployment", load: () => import("./operator.ts") },
  gateway: {
    summary: "a FHIR R4 server in the clinic, for its record system",
    run: async (args) => (await import("../gateway/command.ts")).gatewayCommand(args),
  },
};
