const DAY_MS = 86_400_000;

/** YYYY-MM-DD of a day counted from 1970-01-01, as manifests have it (protocol/epoch.ts dayOf). */
export const dateOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
