#!/usr/bin/env node
// symbolon GROUP COMMAND [options]
// The door of the CLI: finds the command, parses its arguments, runs it, and turns every error into one sentence and an exit
// code. A group is loaded when it is named, and the SDK when a command needs it, so that --help and --version are fast.

import { readFileSync } from "node:fs";
import { type Command, EXIT, type ExitCode, type Group, parse, usageError } from "./command.ts";
import { failureOf } from "./failures.ts";
import { GROUPS } from "./groups.ts";
import { commandHelp, groupHelp, mainHelp } from "./help.ts";
import { nearest } from "./nearest.ts";
import { print } from "./output.ts";

/** The package.json beside this folder, in a clone and in the package. */
const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

const isHelp = (word: string | undefined): boolean => word === "--help" || word === "-h" || word === "help";
const didYouMean = (typed: string, known: readonly string[], prefix: string): string => {
  const guess = nearest(typed, known);
  return guess === undefined ? `See: symbolon ${prefix}--help` : `Did you mean: symbolon ${prefix}${guess}`;
};

/** The command that the words name, and the arguments behind it. @throws CliError usage */
function find(group: Group, words: readonly string[]): { command: Command; args: readonly string[] } {
  const fits = group.commands
    .map((command) => ({ command, names: command.path.split(" ").slice(1) }))
    .filter(({ names }) => names.every((name, i) => words[i] === name))
    .sort((a, b) => b.names.length - a.names.length)[0];
  if (fits) return { command: fits.command, args: words.slice(fits.names.length) };
  const deeper = words.length > 1 && group.commands.some((c) => c.path.startsWith(`${group.path} ${words[0]} `));
  const typed = deeper ? `${words[0]} ${words[1]}` : words[0]!;
  const known = group.commands.map((c) => c.path.slice(group.path.length + 1));
  throw usageError(
    `symbolon ${group.path} has no command ${JSON.stringify(typed)}. ${didYouMean(typed, known, `${group.path} `)}`,
  );
}

/** A part of a group whose commands have one more word in common, such as "clinic offline". */
function subgroup(group: Group, word: string): Group | undefined {
  const path = `${group.path} ${word}`;
  const commands = group.commands.filter((c) => c.path.startsWith(`${path} `));
  return commands.length === 0 ? undefined : { path, summary: group.parts?.[word] ?? group.summary, commands };
}

async function run(args: readonly string[]): Promise<ExitCode> {
  const [name, ...words] = args;
  if (name === "--version" || name === "-v") {
    print(version());
    return EXIT.ok;
  }
  if (name === undefined || isHelp(name)) {
    print(mainHelp(Object.entries(GROUPS).map(([group, { summary }]) => [group, summary])));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  const entry = Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined;
  if (!entry)
    throw usageError(`There is no group ${JSON.stringify(name)}. ${didYouMean(name, Object.keys(GROUPS), "")}`);
  if ("run" in entry) return (await entry.run(words)) as ExitCode;
  const { group } = await entry.load();
  const [first, second] = words;
  if (first === undefined || isHelp(first)) {
    print(groupHelp(group));
    return first === undefined ? EXIT.usage : EXIT.ok;
  }
  const part = subgroup(group, first);
  if (part && (second === undefined || isHelp(second))) {
    print(groupHelp(part));
    return second === undefined ? EXIT.usage : EXIT.ok;
  }
  const { command, args: own } = find(group, words);
  const input = parse(command, own);
  if (input.has("help")) {
    print(commandHelp(command));
    return EXIT.ok;
  }
  return command.run(input);
}

/** Whoever reads the output may stop early, for example `head`. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

const args = process.argv.slice(2);
try {
  process.exitCode = await run(args);
} catch (error) {
  const { exit, ...told } = failureOf(error);
  const { message, details = [] } = told;
  process.stderr.write(
    args.includes("--json")
      ? `${JSON.stringify({ error: { ...told, exit } })}\n`
      : [`symbolon: ${message}`, ...details, ""].join("\n"),
  );
  if (process.env.SYMBOLON_DEBUG) process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = exit;
}
