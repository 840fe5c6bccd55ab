// The one reader of FHIR R4 dates (datatypes.html#dateTime), used wherever dates are sorted or compared.
//
//   date       YYYY | YYYY-MM | YYYY-MM-DD
//   dateTime   a date, or YYYY-MM-DDThh:mm:ss[.s+](Z | ±hh:mm)
//   instant    the last form only
//
// A day that the calendar does not have is refused. ":60" is a leap second and counts as the end of second 59. "24:00" and
// a time without a zone are refused, as R4 has it. A date that names only a year or month counts from its start, in UTC.

import { FhirInputError } from "./resource.ts";

const DATE_TIME = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$/;

export interface FhirDate {
  /** milliseconds since 1970 of its first moment */
  readonly start: number;
  /** milliseconds since 1970 of the moment after its last one */
  readonly end: number;
  readonly precision: "year" | "month" | "day" | "time";
}

const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(2000, month, 0)).getUTCDate() - leapless(year, month);
/** 1 for the February of a year without a leap day, since `daysIn` counts in the leap year 2000. */
const leapless = (year: number, month: number): number =>
  month === 2 && !(year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) ? 1 : 0;

/** Date.UTC, also for the years 0 to 99, which it takes for 1900 to 1999. */
function utc(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  return date.getTime();
}

/** What `text` says, or undefined if it is no FHIR date, dateTime or instant. */
export function readDate(text: string): FhirDate | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (year === 0) return undefined;
  if (month === undefined) return { start: utc(year!, 1, 1), end: utc(year! + 1, 1, 1), precision: "year" };
  if (month < 1 || month > 12) return undefined;
  if (day === undefined) return { start: utc(year!, month, 1), end: utc(year!, month + 1, 1), precision: "month" };
  if (day < 1 || day > daysIn(year!, month)) return undefined;
  if (hour === undefined) return { start: utc(year!, month, day), end: utc(year!, month, day + 1), precision: "day" };
  if (hour > 23 || minute! > 59 || second! > 60) return undefined;
  const offset = zoneMinutes(match[8]!);
  if (offset === undefined) return undefined;
  // A leap second sorts behind every moment of second 59, and before the next minute.
  const fraction = second === 60 ? 999 : Math.floor(Number(`0${match[7] ?? ""}`) * 1000);
  const start = utc(year!, month, day, hour, minute, Math.min(second!, 59)) + fraction - offset * 60_000;
  return { start, end: start + 1, precision: "time" };
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))];
  if (hours > 14 || minutes > 59 || (hours === 14 && minutes > 0)) return undefined;
  return (zone[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

/** @throws FhirInputError bad-date; `where` is the fullUrl or element that holds it */
export function mustBeDate(text: string, where: string): FhirDate {
  const date = readDate(text);
  if (!date) throw new FhirInputError("bad-date", `${where}: "${text.slice(0, 40)}" is not a FHIR date.`);
  return date;
}
