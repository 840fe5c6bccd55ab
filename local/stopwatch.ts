// Measures wall-clock times of named steps.

export interface StepTimes {
  n: number;
  p50: number;
  p95: number;
  total: number;
}

export class Stopwatch {
  readonly #times = new Map<string, number[]>();

  async time<T>(step: string, act: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const value = await act();
    const times = this.#times.get(step) ?? [];
    times.push(performance.now() - start);
    this.#times.set(step, times);
    return value;
  }

  /** Times in milliseconds per step, in the order of first use. */
  summary(): Record<string, StepTimes> {
    const out: Record<string, StepTimes> = {};
    for (const [step, times] of this.#times) {
      const sorted = [...times].sort((a, b) => a - b);
      const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
      const total = times.reduce((a, b) => a + b, 0);
      out[step] = { n: times.length, p50: round(at(0.5)), p95: round(at(0.95)), total: round(total) };
    }
    return out;
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
