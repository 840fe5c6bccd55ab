// The form of every command of the CLI: its help, its options and its code. Nothing here loads the SDK, so --help is fast. A
// command loads what it needs when it runs.

import { parseArgs } from "node:util";
import { nearest } from "./nearest.ts";

/** Exit codes. Scripts decide by them, so none changes its meaning. */
export const EXIT = {
  ok: 0,
  /** a role or the SDK refused, or nothing was found */
  failed: 1,
  /** the command line is wrong */
  usage: 2,
  /** a role did not answer, or cannot answer now: try again later */
  unreachable: 3,
  /** a file of this machine: missing, damaged, there already, or readable by others */
  file: 4,
  /** a signature, a proof or a chain does not hold */
  unproven: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.failed, "refused or failed; the message says by whom and why"],
  [EXIT.usage, "the command line is wrong"],
  [EXIT.unreachable, "a role did not answer, or cannot answer now: try again later"],
  [EXIT.file, "a file is missing, damaged, there already, or others can read it"],
  [EXIT.unproven, "a signature, a proof or a chain does not hold"],
];

/** Ends the command. The message is one plain sentence for the person who typed it, with the way out. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exit: ExitCode;
  readonly code: string;
  /** lines beside the message, such as places in a file */
  readonly details: readonly string[];
  constructor(exit: ExitCode, code: string, message: string, details: readonly string[] = []) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.details = details;
  }
}
export const usageError = (message: string): CliError => new CliError(EXIT.usage, "usage", message);

export interface Option {
  readonly type: "string" | "boolean";
  /** the value's name in the help, for a string */
  readonly value?: string;
  readonly about: string;
  /** may be given several times */
  readonly multiple?: boolean;
}
export type Options = Readonly<Record<string, Option>>;

/** The arguments of a command, parsed. */
export interface Input {
  readonly operands: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  has(name: string): boolean;
}

export interface Command {
  /** the words after `symbolon`, for example "clinic challenge" */
  readonly path: string;
  /** one line */
  readonly summary: string;
  /** more lines for the command's own help */
  readonly about?: readonly string[];
  /** names of operands, in order; "[name]" may be left out */
  readonly operands?: readonly string[];
  readonly options: Options;
  /** command lines without "symbolon", each with its purpose */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  run(input: Input): Promise<ExitCode>;
}

/** Commands that share their first words. */
export interface Group {
  readonly path: string;
  readonly summary: string;
  readonly about?: readonly string[];
  /** summaries of parts whose commands have one more word in common, such as "clinic offline" */
  readonly parts?: Readonly<Record<string, string>>;
  readonly commands: readonly Command[];
}

const JSON_OPTION: Options = { json: { type: "boolean", about: "print JSON for programs, errors too" } };
const HELP_OPTION: Options = { help: { type: "boolean", about: "print this text" } };
/** All options of a command, in the order of its help. */
export const optionsOf = (command: Command): Options => ({ ...command.options, ...JSON_OPTION, ...HELP_OPTION });

/** The number of operands that must be there, and that may be. */
function operandBounds({ operands = [] }: Command): { least: number; most: number } {
  return { least: operands.filter((name) => !name.startsWith("[")).length, most: operands.length };
}

const see = ({ path }: Command): string => `See: symbolon ${path} --help`;

/** @throws CliError usage */
export function parse(command: Command, args: readonly string[]): Input {
  const options = optionsOf(command);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
      ),
      allowPositionals: true,
    }) as typeof parsed;
  } catch (error) {
    throw usageError(`${wordingOf(error as NodeJS.ErrnoException, args, options)} ${see(command)}`);
  }
  const { values, positionals } = parsed;
  const { least, most } = operandBounds(command);
  if (!values.help && positionals.length < least)
    throw usageError(`${command.operands![positionals.length]!.toUpperCase()} is missing. ${see(command)}`);
  if (positionals.length > most)
    throw usageError(`${quote(positionals[most]!)} is one argument too many. ${see(command)}`);
  return {
    operands: positionals,
    text: (name) => values[name] as string | undefined,
    texts: (name) => (values[name] as string[] | undefined) ?? [],
    has: (name) => values[name] === true,
  };
}

const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);

/** parseArgs writes for programmers; this says the same in one sentence. */
function wordingOf(error: NodeJS.ErrnoException, args: readonly string[], options: Options): string {
  const name = /'(-{1,2}[^' =]+)/.exec(error.message)?.[1] ?? "";
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const guess = nearest(
      name,
      Object.keys(options).map((option) => `--${option}`),
    );
    return `There is no option ${name}.${guess === undefined ? "" : ` Did you mean ${guess}?`}`;
  }
  const option = options[name.replace(/^-+/, "")];
  if (option?.type === "boolean") return `${name} takes no value.`;
  if (option) return `${name} needs a value: ${name} ${option.value ?? "VALUE"}.`;
  return `The arguments ${quote(args.join(" "))} cannot be read.`;
}
