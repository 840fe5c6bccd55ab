// The reader of FHIR dates: which texts it takes, and when each begins and ends.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mustBeDate, readDate } from "../../client/fhir/dates.ts";
import { FhirInputError } from "../../client/fhir/resource.ts";

const startOf = (text: string): string | undefined => {
  const date = readDate(text);
  return date && new Date(date.start).toISOString();
};

describe("a FHIR date", () => {
  it.each([
    ["2015", "2015-01-01T00:00:00.000Z", "year"],
    ["1953-07", "1953-07-01T00:00:00.000Z", "month"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z", "day"],
    ["2000-02-29", "2000-02-29T00:00:00.000Z", "day"],
    ["0001-01-01", "0001-01-01T00:00:00.000Z", "day"],
    ["0099", "0099-01-01T00:00:00.000Z", "year"],
    ["9999-12-31", "9999-12-31T00:00:00.000Z", "day"],
    ["2024-03-31T02:30:00+01:00", "2024-03-31T01:30:00.000Z", "time"],
    ["2020-01-01T00:30:00+02:00", "2019-12-31T22:30:00.000Z", "time"],
    ["2020-01-01T00:30:00-12:00", "2020-01-01T12:30:00.000Z", "time"],
    ["2020-01-01T00:00:00+14:00", "2019-12-31T10:00:00.000Z", "time"],
    ["2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00.000Z", "time"],
    ["2020-01-01T00:00:00.123456789Z", "2020-01-01T00:00:00.123Z", "time"],
    ["2020-01-01T00:00:00.5+05:45", "2019-12-31T18:15:00.500Z", "time"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z", "time"],
    ["2017-01-01T00:59:60.9+01:00", "2016-12-31T23:59:59.999Z", "time"],
  ])("%s begins at %s", (text, start, precision) => {
    expect(startOf(text)).toBe(start);
    expect(readDate(text)!.precision).toBe(precision);
  });

  it.each([
    "",
    " ",
    "soon",
    "2015-02-30",
    "2015-02-29",
    "1900-02-29",
    "2015-04-31T10:00:00Z",
    "03/04/2019",
    "2019-1-7 T",
    "2019-1-7",
    "0000",
    "0000-01-01",
    "2019-00",
    "2019-13",
    "2019-01-00",
    "2019-01-32",
    "19-01-01",
    "20190101",
    "2019-01-01T",
    "2019-01-01T10",
    "2019-01-01T10:00",
    "2019-01-01T10:00Z",
    "2019-01-01T10:00:00",
    "2019-01-01T24:00:00Z",
    "2019-01-01T10:60:00Z",
    "2019-01-01T10:00:61Z",
    "2019-01-01T10:00:00.Z",
    "2019-01-01T10:00:00z",
    "2019-01-01t10:00:00Z",
    "2019-01-01 10:00:00Z",
    "2019-01-01T10:00:00+1:00",
    "2019-01-01T10:00:00+01",
    "2019-01-01T10:00:00+0100",
    "2019-01-01T10:00:00+15:00",
    "2019-01-01T10:00:00+14:01",
    "2019-01-01T10:00:00+01:60",
    "2019-01-01Z",
    "-2019",
    "+2019",
    "12019",
    "2019\n",
    " 2019",
    "2019-W01",
    "２０１９",
    "2019-01-01T10:00:00−01:00",
  ])("%j is refused", (text) => {
    expect(readDate(text)).toBeUndefined();
    expect(() => mustBeDate(text, "urn:uuid:e")).toThrow(FhirInputError);
  });

  it("names the place and not more than 40 characters of the text", () => {
    expect(() => mustBeDate("x".repeat(99), "urn:uuid:e")).toThrow(
      `urn:uuid:e: "${"x".repeat(40)}" is not a FHIR date.`,
    );
  });

  it("counts from its start: a year sorts before its days, and a leap second behind second 59 and before the next minute", () => {
    const order = [
      "2015",
      "2015-01",
      "2015-01-01",
      "2015-01-01T00:00:00Z",
      "2016-12-31T23:59:59Z",
      "2016-12-31T23:59:60Z",
      "2017",
    ];
    const starts = order.map((text) => readDate(text)!.start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[4]).toBeLessThan(starts[5]!);
    expect(starts[5]).toBeLessThan(starts[6]!);
  });

  it("ends where the next one of its precision begins", () => {
    for (const [text, next] of [
      ["2015", "2016"],
      ["2015-12", "2016-01"],
      ["2016-02-28", "2016-02-29"],
      ["2016-12-31", "2017"],
    ] as const)
      expect(readDate(text)!.end).toBe(readDate(next)!.start);
  });

  it("agrees with the platform on every moment that both know", () => {
    const moment = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (date) => {
        expect(readDate(date.toISOString())!.start).toBe(date.getTime());
        expect(readDate(date.toISOString().slice(0, 10))!.start).toBe(
          Math.floor(date.getTime() / 86_400_000) * 86_400_000,
        );
      }),
    );
  });

  it("takes a day if and only if the calendar has it", () => {
    const two = (n: number) => String(n).padStart(2, "0");
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 33 }),
        (y, m, d) => {
          const date = new Date(0);
          date.setUTCFullYear(y, m - 1, d);
          const exists = date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
          expect(readDate(`${String(y).padStart(4, "0")}-${two(m)}-${two(d)}`) !== undefined).toBe(exists);
        },
      ),
    );
  });
});
