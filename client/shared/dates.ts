const DAY_MS = 86_400_000;

/** 9999-12-31, the last day that a FHIR date can name. */
const LAST_DAY = 2_932_896;

/**
 * YYYY-MM-DD of a day counted from 1970-01-01, as manifests have it (protocol/epoch.ts dayOf). A clinic can sign a later day
 * than LAST_DAY: it counts as that one, since one wrong manifest must not stop a report.
 */
export const dateOfDay = (day: number): string => new Date(Math.min(day, LAST_DAY) * DAY_MS).toISOString().slice(0, 10);
