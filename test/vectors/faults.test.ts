// Runs the fault files of test/vectors/symbolon. Each entry breaks one thing and is proved or signed anew around it, so that
// only one check can notice. The entries with reason "accepted" are the control: the same recipe, with nothing broken.

import { describe, expect, it } from "vitest";
import { AREAS, judgesOf } from "./areas.ts";
import { type Any, faultsOf } from "./judges.ts";

describe.each(AREAS)("%s", (area) => {
  const file = faultsOf(area);
  it.each<Any>(file.entries)("$kind: $class gives $reason", async (entry) => {
    const judge = (await judgesOf(area))[entry.kind];
    expect(judge, entry.kind).toBeDefined();
    expect(judge?.(entry, file)).toBe(entry.reason);
  });
  it("has a control that is accepted for every kind", () => {
    const kinds = new Set(file.entries.map((e: Any) => e.kind));
    const controlled = new Set(
      file.entries.filter((e: Any) => /^(accepted|ok,ok,ok$)/.test(e.reason)).map((e: Any) => e.kind),
    );
    expect([...controlled].sort()).toEqual([...kinds].sort());
  });
});
