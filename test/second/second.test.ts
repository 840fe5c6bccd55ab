// The second verifier (verify.py) on all vectors of test/vectors/symbolon. It is written in Python from docs/SPEC.md,
// shares no code with the product, and must accept, refuse and compute as the files record. It must also notice one
// changed byte, and a vector of an unknown kind. Without python3 these tests are skipped.

import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const VECTORS = join(import.meta.dirname, "../vectors/symbolon");
const NAMES = readdirSync(VECTORS).flatMap((file) => (file.endsWith(".json") ? file.slice(0, -".json".length) : []));
/** The files of entries that are proved or signed anew around one fault, with controls that are accepted. */
const FAULTS = NAMES.filter((name) => name.endsWith("-faults"));
const PYTHON = spawnSync("python3", ["--version"]).status === 0;
if (!PYTHON) console.warn("python3 is not installed: the tests of the second verifier are skipped.");

/** The verifier's output and exit code for one file of a directory. */
const verify = (directory: string, name: string): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    execFile("python3", [join(import.meta.dirname, "verify.py"), directory, name], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });

/** The verifier on a copy of the vectors in which one file is changed. */
async function verifyChanged(name: string, change: (file: { [key: string]: unknown }) => void) {
  const directory = mkdtempSync(join(tmpdir(), "second-"));
  try {
    cpSync(VECTORS, directory, { recursive: true, filter: (source) => !source.endsWith(".ts") });
    const path = join(directory, `${name}.json`);
    const file = JSON.parse(readFileSync(path, "utf8"));
    change(file);
    writeFileSync(path, JSON.stringify(file));
    return await verify(directory, name);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One hex digit near the end is another one. */
const flipped = (hex: string): string => {
  const at = hex.length - 9;
  return hex.slice(0, at) + (hex[at] === "0" ? "1" : "0") + hex.slice(at + 1);
};

// Each check takes 1 to 3 s of one core; the limit is for a machine that runs much else.
describe.skipIf(!PYTHON)("the second verifier", { timeout: 240_000 }, () => {
  it.concurrent.each(NAMES)("judges %s.json as recorded", async (name) => {
    const { code, output } = await verify(VECTORS, name);
    expect(output).toMatch(new RegExp(`^${name}: \\d+ accepted or refused as recorded\\n`));
    expect(code).toBe(0);
  });

  /** The path to a positive vector of each file. */
  const POSITIVE: [string, ...(string | number)[]][] = [
    ["ceremony", "keySet"],
    ["credential", "contract"],
    ["documents", "signed", 0, "bytes"],
    ["openings", "order"],
    ["presentation", "presentation"],
    ["records", "stanza"],
    ["suite", "proof", "proof"],
    ["wallet", "root"],
  ];
  it("has a positive vector of each file", () => {
    expect(POSITIVE.map(([name]) => name).sort()).toEqual(NAMES.filter((name) => !FAULTS.includes(name)).sort());
  });
  it.concurrent.each(POSITIVE)("notices one changed digit in %s.json", async (name, ...path) => {
    const { code, output } = await verifyChanged(name, (file) => {
      const last = path.pop()!;
      // biome-ignore lint/suspicious/noExplicitAny: the path is one of the file
      const parent = path.reduce<any>((value, key) => value[key], file);
      parent[last] = flipped(parent[last]);
    });
    expect(output).toMatch(new RegExp(`^${name}: \\d+ accepted or refused as recorded, \\d+ not\n`));
    expect(code).toBe(1);
  });

  if (FAULTS.length > 0)
    it.concurrent.each(FAULTS)("notices another verdict in %s.json", async (name) => {
      const { code, output } = await verifyChanged(name, (file) => {
        const [control] = file.entries as { reason: string }[];
        file.entries = [{ ...control, reason: "malformed" }];
      });
      expect(output).toContain("recorded malformed");
      expect(code).toBe(1);
    });

  it("does not pass over a vector of an unknown kind", async () => {
    const { code, output } = await verifyChanged("suite", (file) => {
      Object.assign(file, { refusedElsewhere: [] });
    });
    expect(output).toContain("suite.refusedElsewhere: no check reads this");
    expect(code).toBe(1);
  });
});
