// Tests that labels keep meanings apart: no two labels are equal, none is a prefix of another, and none is unused.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LABELS } from "../../protocol/labels.ts";
import { labelTable, SPEC } from "../../scripts/spec-tables.ts";

const ROOT = join(import.meta.dirname, "../..");
const entries = Object.entries(LABELS);

const sourcesOf = (dir: string): string[] =>
  readdirSync(join(ROOT, dir), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith(".ts") && e.name !== "labels.ts")
    .map((e) => readFileSync(join(e.parentPath, e.name), "utf8"));
const sources = ["protocol", "client", "functions", "durable-objects"].flatMap(sourcesOf);

it("are printable ASCII, begin with the version's prefix and end with a full stop", () => {
  for (const [name, label] of entries) expect(label, name).toMatch(/^SYMBOLON-V1-[A-Z0-9-]+\.$/);
});

it("are unique and prefix-free", () => {
  for (const [a, label] of entries)
    for (const [b, other] of entries) if (a !== b) expect(other.startsWith(label), `${a} begins ${b}`).toBe(false);
});

it("are each used somewhere in the code", () => {
  // LABELS[kind] takes its names from a union of string literals in the same file.
  const isUsed = (name: string): boolean =>
    sources.some(
      (text) =>
        new RegExp(`LABELS\\.${name}\\b`).test(text) || (text.includes("LABELS[") && text.includes(`"${name}"`)),
    );
  expect(entries.map(([name]) => name).filter((name) => !isUsed(name))).toEqual([]);
});

it("are spelled out in no other file", () => {
  expect(sources.filter((text) => text.includes('"SYMBOLON-V1-'))).toEqual([]);
});

it("are listed in SPEC.md exactly", () => {
  expect(readFileSync(SPEC, "utf8")).toContain(labelTable());
});
