// Tests that labels keep meanings apart: no two labels are equal, none is a prefix of another, none is unused, and none
// serves two meanings.

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

// A label of a hash, a key or a proof stands at one place of the code: the function that gives it its meaning.
// The exceptions compute one and the same value at several places.
const SAME_VALUE: Record<string, string> = {
  fixedG1: "two fixed bases, told apart by their messages",
  tagG2: "H2(e, j), by the portable code, by an engine, and in a trustee's stored bases",
  noticeG2: "H_n(case id), by the portable code and by an engine",
  approval: "the split into three labels is under way",
};
const withoutComments = sources.map((text) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, ""));
const uses = (pattern: RegExp) => withoutComments.flatMap((text) => [...text.matchAll(pattern)]);
const isSigning = (name: string): boolean => name.startsWith("sign");

it("of hashes, keys and proofs each stand at one place", () => {
  const several = entries
    .filter(([name]) => !isSigning(name) && !(name in SAME_VALUE))
    .filter(([name]) => uses(new RegExp(`LABELS\\.${name}\\b`, "g")).length > 1);
  expect(several.map(([name]) => name)).toEqual([]);
});

it("of signatures each sign one kind of document, and hash nothing", () => {
  // readMessage and post pass the codec of each ceremony message: signCeremony is the one family.
  for (const [name] of entries.filter(([name]) => isSigning(name))) {
    const signed = uses(new RegExp(`LABELS\\.${name}\\)?,\\s*(\\w+)`, "g")).map(([, codec]) => codec);
    expect(new Set(signed).size, `${name}: ${signed.join(", ")}`).toBeLessThanOrEqual(1);
    expect(uses(new RegExp(`labelledHash\\(\\s*LABELS\\.${name}\\b`, "g")), name).toEqual([]);
  }
});

it("of hashes sign nothing", () => {
  const signs = uses(/(?:signDocument|openSigned)(?:<\w+>)?\(\s*LABELS\.(\w+)/g).map(([, name]) => name!);
  expect(signs.filter((name) => !isSigning(name) && !(name in SAME_VALUE))).toEqual([]);
});

it("are spelled out in no other file", () => {
  expect(sources.filter((text) => text.includes('"SYMBOLON-V1-'))).toEqual([]);
});

it("are listed in SPEC.md exactly", () => {
  expect(readFileSync(SPEC, "utf8")).toContain(labelTable());
});
