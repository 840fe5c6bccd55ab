// Tests of protocol/epoch.ts against the calendar of Date, and of the seconds at which arrivals end.

import { expect, it } from "vitest";
import {
  arrivalsEnd,
  dayOf,
  epochName,
  epochOf,
  epochStart,
  isEpochOpen,
  maxArrivalSeconds,
} from "../../protocol/epoch.ts";

/** every month from 1900 to 2410, across leap years, centuries and 400 years */
const MONTHS = Array.from({ length: 510 * 12 }, (_, i) => i - 70 * 12);

it("months begin and end as in the calendar", () => {
  for (const epoch of MONTHS) {
    const [year, month] = [1970 + Math.floor(epoch / 12), ((epoch % 12) + 12) % 12];
    const start = Date.UTC(year, month, 1) / 1000;
    expect([epochOf(start), epochOf(start - 1)]).toEqual([epoch, epoch - 1]);
    if (epoch >= 0) expect(epochStart(epoch)).toBe(start);
    if (epoch >= 0) expect(epochName(epoch)).toBe(new Date(start * 1000).toISOString().slice(0, 7));
  }
});

it("every day lies in its month", () => {
  for (let day = Date.UTC(2096, 0, 1) / 1000; day < Date.UTC(2105, 0, 1) / 1000; day += 86_400) {
    const date = new Date(day * 1000);
    expect(epochOf(day + 86_399)).toBe((date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth());
    expect(dayOf(day + 86_399)).toBe(day / 86_400);
  }
});

it("arrivals end after the month and the longer of both tolerances", () => {
  const [short, long] = [
    { challengeWindowSeconds: 600, offlineGraceSeconds: 60 },
    { challengeWindowSeconds: 60, offlineGraceSeconds: 7000 },
  ];
  expect([short, long].map(maxArrivalSeconds)).toEqual([600, 7000]);
  const end = epochStart(683) + 7000;
  expect(arrivalsEnd(682, long)).toBe(end);
  expect(isEpochOpen(682, long, end - 1)).toBe(true);
  expect(isEpochOpen(682, long, end)).toBe(false);
});
