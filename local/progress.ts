// Shows progress on a terminal: one line per finished step, and one line for the current step that changes in place. Without a
// terminal it prints the current step at most every five seconds.

export interface ProgressLine {
  /** prints a line that stays */
  step(text: string): void;
  /** replaces the line of the current step */
  update(text: string): void;
  end(): void;
}

const QUIET_MS = 5_000;

export function progressLine(out: NodeJS.WriteStream = process.stderr): ProgressLine {
  const start = performance.now();
  const stamp = (): string => `${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  `;
  let open = false;
  let lastQuiet = -QUIET_MS;
  const clear = (): void => {
    if (open) out.write("\r\x1b[K");
    open = false;
  };
  return {
    step(text) {
      clear();
      out.write(`${stamp()}${text}\n`);
    },
    update(text) {
      if (out.isTTY) {
        out.write(`\r\x1b[K${stamp()}${text}`);
        open = true;
      } else if (performance.now() - lastQuiet > QUIET_MS) {
        lastQuiet = performance.now();
        out.write(`${stamp()}${text}\n`);
      }
    },
    end: clear,
  };
}
