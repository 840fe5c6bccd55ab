// Makes docs/openapi/<role>.json from the contracts in api/.
//
//   npm run openapi                  writes the documents
//   npm run openapi -- --check       fails if a document is stale, if redocly finds a fault, or if a document breaks callers of
//                                    the released one (docs/openapi/released/) and its major version is still the same
//   npm run openapi -- --release     copies the documents to docs/openapi/released/; do it with each release

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apiCompare } from "api-smart-diff";
import { CONTRACTS } from "../api/roles.ts";
import { openApiDocument } from "./openapi/document.ts";
import type { JsonSchema } from "./openapi/schemas.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "docs/openapi");
const fileOf = (role: string): string => join(folder, `${role}.json`);
const releasedFileOf = (role: string): string => join(folder, "released", `${role}.json`);

/** The committed form of a document. */
export const printed = (document: JsonSchema): string => `${JSON.stringify(document, undefined, 2)}\n`;

const majorOf = (document: JsonSchema): number =>
  Number((document.info as { version: string }).version.split(".")[0] ?? "0");

/** One line per change that breaks a caller of `before`. */
export function breakingChanges(before: JsonSchema, after: JsonSchema): string[] {
  return apiCompare(before, after)
    .diffs.filter(({ type, path }) => type === "breaking" && path[0] !== "components")
    .map(({ action, path, description }) => `${path.join(" / ")}: ${description ?? action}`);
}

/** The reasons why callers of the released document would break without notice. */
export const unannounced = (released: JsonSchema, now: JsonSchema): string[] =>
  majorOf(now) > majorOf(released) ? [] : breakingChanges(released, now);

function lint(files: readonly string[]): boolean {
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/redocly"),
    ["lint", "--format=stylish", ...files],
    {
      cwd: root,
      env,
      encoding: "utf8",
    },
  );
  if (status !== 0) console.error(stdout ?? "", stderr ?? "");
  return status === 0;
}

function check(role: string, text: string): string[] {
  if (!existsSync(fileOf(role)) || readFileSync(fileOf(role), "utf8") !== text)
    return [`docs/openapi/${role}.json is stale: npm run openapi`];
  if (!existsSync(releasedFileOf(role))) return [];
  const released = JSON.parse(readFileSync(releasedFileOf(role), "utf8")) as JsonSchema;
  return unannounced(released, JSON.parse(text) as JsonSchema).map((fault) => `${role}: breaks callers: ${fault}`);
}

function main(flag: string | undefined): void {
  const documents = CONTRACTS.map((contract) => [contract.role, printed(openApiDocument(contract))] as const);
  if (flag === "--check") {
    const faults = documents.flatMap(([role, text]) => check(role, text));
    for (const fault of faults) console.error(fault);
    const isClean = lint(documents.map(([role]) => `docs/openapi/${role}.json`));
    if (faults.length > 0 || !isClean) process.exitCode = 1;
    else console.log(`openapi: ${documents.length} documents`);
    return;
  }
  mkdirSync(join(folder, "released"), { recursive: true });
  for (const [role, text] of documents) writeFileSync(flag === "--release" ? releasedFileOf(role) : fileOf(role), text);
}

if (import.meta.main) main(process.argv[2]);
