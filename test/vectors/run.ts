// node test/vectors/run.ts [DIR]    runs every BBS and Blind BBS fixture below DIR (default: this folder)
//
// It recognises a fixture by its shape and skips files of other shapes. The last line is "N passed, N failed". The exit
// code is 0 only if all fixtures passed and there was at least one.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { messageLists, recognise } from "./bbs-fixtures.ts";

export interface Outcome {
  readonly passed: string[];
  readonly failed: { readonly file: string; readonly reason: string }[];
}

const HERE = import.meta.dirname;

function jsonFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

export function runFixtures(dir: string): Outcome {
  const files = jsonFiles(dir).map((path) => ({ file: relative(dir, path), content: parse(path) }));
  const known = parse(join(HERE, "blind-bbs", "messages.json"));
  const pool = [
    ...new Map(
      [known, ...files.map((f) => f.content)].flatMap(messageLists).map((m) => [JSON.stringify(m), m]),
    ).values(),
  ];
  const outcome: Outcome = { passed: [], failed: [] };
  for (const { file, content } of files) {
    const check = recognise(content);
    if (check === undefined) continue;
    try {
      check(pool);
      outcome.passed.push(file);
    } catch (error) {
      outcome.failed.push({ file, reason: (error as Error).message });
    }
  }
  return outcome;
}

const USAGE = `npm run vectors -- [DIR]
Checks every BBS and Blind BBS fixture below DIR (default: test/vectors) and prints how many passed.`;

if (import.meta.main) {
  if (process.argv.includes("--help")) {
    console.log(USAGE);
    process.exit(0);
  }
  const dir = process.argv[2] ?? HERE;
  const { passed, failed } = existsSync(dir) ? runFixtures(dir) : { passed: [], failed: [] };
  for (const { file, reason } of failed) console.log(`FAILED ${file}: ${reason}`);
  if (passed.length + failed.length === 0) console.log(`no BBS or Blind BBS fixture found below ${dir}`);
  console.log(`${passed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length > 0 || passed.length === 0 ? 1 : 0;
}
