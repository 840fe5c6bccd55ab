// Where the points, the band and the lines of a chart of values stand. Pure: chart-view.tsx draws it.

import type { Flag, Range } from "./about.ts";
import type { Point } from "./series.ts";

export const CHART = { width: 400, height: 230, left: 52, right: 8, top: 12, bottom: 32 } as const;

/** of the first and last point from the edges */
const INSET = 14;

export interface Mark {
  x: number;
  y: number;
  shape: "circle" | "up" | "down" | "diamond";
  point: Point;
}
export interface ChartLayout {
  marks: readonly Mark[];
  /** y of the upper and the lower edge; undefined without a range */
  band: { top: number; bottom: number } | undefined;
  /** lines to read values from */
  ticks: readonly { y: number; text: string }[];
}

const SHAPES: Readonly<Record<Flag, Mark["shape"]>> = {
  high: "up",
  veryHigh: "up",
  low: "down",
  veryLow: "down",
  abnormal: "diamond",
  range: "circle",
};
export const shapeOf = (flag: Flag | undefined): Mark["shape"] => (flag === undefined ? "circle" : SHAPES[flag]);

/** Steps of 1, 2 or 5 times a power of ten, at most five of them. */
export function ticksOf(low: number, high: number): { value: number; text: string }[] {
  const span = high - low || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => span / s <= 4) ?? 10 * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: value.toFixed(Math.min(digits, 20)) };
  });
}

/** @param points oldest first, each with a number and a date */
export function layoutOf(points: readonly Point[], range: Range | undefined): ChartLayout {
  const { width, height, left, right, top, bottom } = CHART;
  const values = points.map(({ value }) => Number(value));
  const ends = [range?.low, range?.high].flatMap((end) => (end === undefined ? [] : [Number(end)]));
  const ticks = ticksOf(Math.min(...values, ...ends), Math.max(...values, ...ends));
  const [least, most] = [ticks[0]!.value, ticks.at(-1)!.value];
  const times = points.map(({ time }) => Date.parse(time));
  const [start, end] = [Math.min(...times), Math.max(...times)];
  const xOf = (time: number): number =>
    end === start
      ? (left + width - right) / 2
      : left + INSET + ((time - start) / (end - start)) * (width - left - right - 2 * INSET);
  const yOf = (value: number): number =>
    most === least
      ? (top + height - bottom) / 2
      : height - bottom - ((value - least) / (most - least)) * (height - top - bottom);
  return {
    marks: points.map((point, i) => ({ x: xOf(times[i]!), y: yOf(values[i]!), shape: shapeOf(point.flag), point })),
    band:
      range === undefined
        ? undefined
        : {
            top: range.high === undefined ? top : yOf(Number(range.high)),
            bottom: range.low === undefined ? height - bottom : yOf(Number(range.low)),
          },
    ticks: ticks.map(({ value, text }) => ({ y: yOf(value), text })),
  };
}
