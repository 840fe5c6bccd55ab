// Decides when the visits of a practice happen. The real visits of many years are played again in a few months of a settable
// clock.
//
// The window is exactly `months` calendar months (UTC, the protocol's epochs), and ends in the month of `now`. A patient's
// visits keep their real order and are spread evenly over the months. So no month takes more than ceil(n / months) of them,
// which is at most slotsPerEpoch. Inside a month they are spread evenly over opening hours (8 to 18 UTC, Monday to Friday),
// with a small offset per patient. No visit happens after `now`: in the month of `now`, only the opening hours before `now`
// count. If there are none yet, all time of the month up to `now` counts.

import { epochOf, epochStart } from "../protocol/epoch.ts";

export interface TimetableInput {
  /** number of visits of each patient */
  visits: readonly number[];
  months: number;
  /** unix seconds */
  now: number;
  slotsPerEpoch: number;
}

export interface Appointment {
  patientIndex: number;
  /** index among the patient's visits, in the order of their real dates */
  visitIndex: number;
  /** unix seconds */
  at: number;
}

export class TimetableError extends Error {
  override readonly name = "TimetableError";
  readonly patientIndex: number;
  readonly monthsNeeded: number;
  constructor(patientIndex: number, visits: number, { months, slotsPerEpoch }: TimetableInput) {
    const monthsNeeded = Math.ceil(visits / slotsPerEpoch);
    super(
      `patient ${patientIndex + 1} has ${visits} visits, but ${months} months hold only ${months * slotsPerEpoch} ` +
        `(${slotsPerEpoch} per month): at least ${monthsNeeded} months are needed`,
    );
    this.patientIndex = patientIndex;
    this.monthsNeeded = monthsNeeded;
  }
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const OPENS_SECONDS = 8 * HOUR_SECONDS;
const CLOSES_SECONDS = 18 * HOUR_SECONDS;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

type Span = readonly [from: number, to: number];

export function timetable(input: TimetableInput): Appointment[] {
  const { visits, months, now, slotsPerEpoch } = input;
  for (const [name, value] of Object.entries({ months, slotsPerEpoch }))
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number from 1: ${value}`);
  const spans = Array.from({ length: months }, (_, month) =>
    openSpans(monthSpan(epochOf(now) - (months - 1) + month, now)),
  );

  const appointments = visits.flatMap((count, patientIndex) => {
    if (count > months * slotsPerEpoch) throw new TimetableError(patientIndex, count, input);
    const phase = ((patientIndex + 1) * GOLDEN) % 1;
    return spans.flatMap((open, month) => {
      const first = Math.floor((month * count) / months);
      const quota = Math.floor(((month + 1) * count) / months) - first;
      return Array.from({ length: quota }, (_, i) => ({
        patientIndex,
        visitIndex: first + i,
        at: pointOf(open, (i + phase) / quota),
      }));
    });
  });
  return appointments.sort((a, b) => a.at - b.at || a.patientIndex - b.patientIndex || a.visitIndex - b.visitIndex);
}

/** A month, cut off at `now`. Both ends belong to the span. */
const monthSpan = (epoch: number, now: number): Span => [epochStart(epoch), Math.min(epochStart(epoch + 1) - 1, now)];

function openSpans([from, to]: Span): Span[] {
  const spans: Span[] = [];
  for (let day = from; day <= to; day += DAY_SECONDS) {
    const weekday = new Date(day * 1000).getUTCDay();
    const closes = Math.min(day + CLOSES_SECONDS, to);
    if (weekday !== 0 && weekday !== 6 && closes > day + OPENS_SECONDS) spans.push([day + OPENS_SECONDS, closes]);
  }
  return spans.length > 0 ? spans : [[from, to]];
}

/** The second at `fraction` (0 to 1) of the total time of all spans. */
function pointOf(spans: readonly Span[], fraction: number): number {
  let left = Math.floor(fraction * spans.reduce((sum, [from, to]) => sum + (to - from), 0));
  for (const [from, to] of spans) {
    if (left <= to - from) return from + left;
    left -= to - from;
  }
  return spans.at(-1)![1];
}
