// The areas of the fault files, each with its judges.

import type { Judge } from "./judges.ts";

export const AREAS = [
  "check-in",
  "approval",
  "opening",
  "key-set",
  "ceremony",
  "codec",
  "signature",
  "container",
  "tree",
  "case",
  "chain",
] as const;
export type Area = (typeof AREAS)[number];

export async function judgesOf(area: Area): Promise<Record<string, Judge>> {
  return (await import(`./judge-${area}.ts`)).judges;
}
