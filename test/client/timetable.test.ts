// The demo's timetable: order, slots, window and opening hours, for every number of visits that fits.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimetableError, timetable } from "../../local/timetable.ts";
import { epochOf } from "../../protocol/epoch.ts";

describe("the demo's timetable", () => {
  const inputs = fc.record({
    visits: fc.array(fc.nat(96), { maxLength: 6 }),
    months: fc.integer({ min: 6, max: 30 }),
    now: fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 }),
    slotsPerEpoch: fc.constant(16),
  });

  it("keeps order, slots and window for every number of visits that fits", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = timetable(input);
        expect(plan).toEqual(timetable(input));
        expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((a, b) => a - b));
        for (const [patientIndex, count] of input.visits.entries()) {
          const own = plan.filter((appointment) => appointment.patientIndex === patientIndex);
          expect(own.map(({ visitIndex }) => visitIndex)).toEqual(Array.from({ length: count }, (_, i) => i));
          const perEpoch = new Map<number, number>();
          for (const { at } of own) perEpoch.set(epochOf(at), (perEpoch.get(epochOf(at)) ?? 0) + 1);
          const counts = [...perEpoch.values()];
          expect(Math.max(0, ...counts)).toBeLessThanOrEqual(Math.ceil(count / input.months));
          if (count >= input.months) expect(perEpoch.size).toBe(input.months);
        }
        for (const { at } of plan) {
          expect(Number.isInteger(at) && at <= input.now).toBe(true);
          expect(epochOf(at)).toBeGreaterThan(epochOf(input.now) - input.months);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("keeps opening hours, in a past month", () => {
    const now = Date.UTC(2026, 10, 30, 23) / 1000;
    for (const { at } of timetable({ visits: [96, 40], months: 6, now, slotsPerEpoch: 16 })) {
      const date = new Date(at * 1000);
      expect([0, 6]).not.toContain(date.getUTCDay());
      expect(date.getUTCHours() * 3600 + date.getUTCMinutes() * 60 + date.getUTCSeconds()).toBeGreaterThanOrEqual(
        8 * 3600,
      );
      expect(date.getUTCHours() * 60 + date.getUTCMinutes()).toBeLessThanOrEqual(18 * 60);
    }
  });

  it("works in the first second of a month", () => {
    const now = Date.UTC(2026, 10, 1) / 1000; // a Sunday
    const plan = timetable({ visits: [6], months: 3, now, slotsPerEpoch: 2 });
    expect(plan.slice(-2).map(({ at }) => at)).toEqual([now, now]);
  });

  it("says how many months too many visits need", () => {
    const run = () => timetable({ visits: [16, 97], months: 6, now: 1_790_000_000, slotsPerEpoch: 16 });
    expect(run).toThrow(TimetableError);
    expect(run).toThrow(/patient 2 has 97 visits.*at least 7 months/);
    expect(() => timetable({ visits: [1], months: 0, now: 1, slotsPerEpoch: 16 })).toThrow(RangeError);
  });
});
