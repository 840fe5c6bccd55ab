// The help texts, made from the commands themselves. docs/CLI.md is made from the same texts (scripts/cli-docs.ts).

import { type Command, EXIT_MEANINGS, type Group, type Options, optionsOf } from "./command.ts";

const table = (rows: readonly (readonly [string, string])[], indent = "  "): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
};

const optionRows = (options: Options): [string, string][] =>
  Object.entries(options).map(([name, { type, value = "VALUE", about, multiple }]) => [
    type === "string" ? `--${name} ${value}` : `--${name}`,
    multiple ? `${about}; may be repeated` : about,
  ]);

const usageOf = ({ path, operands = [] }: Command): string =>
  ["symbolon", path, ...operands.map((name) => name.toUpperCase()), "[options]"].join(" ");

export function commandHelp(command: Command): string {
  const { summary, about = [], examples } = command;
  return [
    usageOf(command),
    "",
    summary,
    ...(about.length > 0 ? ["", ...about] : []),
    "",
    "Options",
    table(optionRows(optionsOf(command))),
    "",
    "Examples",
    ...examples.map(([line, purpose]) => `  # ${purpose}\n  symbolon ${line}`),
  ].join("\n");
}

export function groupHelp({ path, summary, about = [], commands }: Group): string {
  return [
    `symbolon ${path} COMMAND [options]`,
    "",
    summary,
    ...(about.length > 0 ? ["", ...about] : []),
    "",
    "Commands",
    table(commands.map((c) => [c.path.slice(path.length + 1), c.summary])),
    "",
    `symbolon ${path} COMMAND --help tells more of one.`,
  ].join("\n");
}

/** @param groups name and summary of each group */
export const mainHelp = (groups: readonly (readonly [string, string])[]): string =>
  [
    "symbolon GROUP COMMAND [options]",
    "",
    "Acts as a clinic, or as a patient for tests, against a deployment of Symbolon.",
    "",
    "Groups",
    table(groups),
    "",
    "Environment",
    table([
      ["SYMBOLON_DEPLOYMENT", "deployment file, or its JSON; --deployment FILE comes first"],
      ["SYMBOLON_KEYS", "the clinic's key file, or its JSON; --keys FILE comes first"],
      ["SYMBOLON_STATE", "the clinic's state directory; --state DIR comes first"],
      ["SYMBOLON_WALLET", "the test wallet's file; --wallet FILE comes first"],
      ["SYMBOLON_ADMIN_KEY", "the administrator's key file, or its hex; --admin-key FILE comes first"],
    ]),
    "",
    "Exit codes",
    table(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
    "",
    "symbolon GROUP --help names the commands of a group. symbolon --version prints the version.",
  ].join("\n");
