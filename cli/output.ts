// Output: results on standard output, everything else on standard error. With --json a result is one line of JSON, and no
// progress is shown.

import { EXIT, type ExitCode, type Input } from "./command.ts";

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
/** A remark beside the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Prints a result as JSON or as lines. A command that ends with it has succeeded.
 * @param remarks for people, on standard error; a program finds the same facts in `value`
 */
export function result(
  input: Input,
  value: unknown,
  lines: () => string | readonly string[],
  remarks: readonly string[] = [],
): ExitCode {
  const text = input.has("json") ? JSON.stringify(value) : lines();
  for (const line of typeof text === "string" ? [text] : text) print(line);
  for (const remark of input.has("json") ? [] : remarks) note(remark);
  return EXIT.ok;
}

/** Columns of equal width. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}

const BAR_CHARS = 20;

/** A bar on a terminal, and nothing elsewhere. `end` removes it. */
export function progressBar(input: Input, what: string) {
  const out = process.stderr;
  const shown = out.isTTY === true && !input.has("json");
  return {
    update(done: number, all: number): void {
      if (!shown || all === 0) return;
      const full = Math.round((BAR_CHARS * done) / all);
      out.write(`\r\x1b[K${what} ${"█".repeat(full)}${"░".repeat(BAR_CHARS - full)} ${done} of ${all}`);
    },
    end(): void {
      if (shown) out.write("\r\x1b[K");
    },
  };
}

export const isoOf = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().replace(".000Z", "Z");
/** The day with this number since 1970-01-01. */
export const dateOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);
