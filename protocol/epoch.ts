// Epochs are calendar months in UTC, numbered (year - 1970) * 12 + month, with 0 for January.
// The conversion follows H. Hinnant, "chrono-compatible low-level date algorithms" (civil-from-days), because the core
// has no clock and no Date.

export const SECONDS_PER_DAY = 86_400;

/** The epoch that contains a moment. @param unixSeconds seconds since 1970-01-01T00:00:00Z */
export function epochOf(unixSeconds: number): number {
  const z = Math.floor(unixSeconds / SECONDS_PER_DAY) + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 2 : mp - 10; // 0-based
  const year = yoe + era * 400 + (month <= 1 ? 1 : 0);
  return (year - 1970) * 12 + month;
}

/** The first second of an epoch, in unix seconds. */
export function epochStart(epoch: number): number {
  const year = 1970 + Math.floor(epoch / 12);
  const month = (epoch % 12) + 1;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5);
  const doe = yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy;
  return (era * 146_097 + doe - 719_468) * SECONDS_PER_DAY;
}

/** The epoch as year and month, for example "2026-11". */
export function epochName(epoch: number): string {
  return `${1970 + Math.floor(epoch / 12)}-${String((epoch % 12) + 1).padStart(2, "0")}`;
}

/** Two tolerances of the parameters, in seconds. */
export interface Tolerances {
  readonly challengeWindowSeconds: number;
  readonly offlineGraceSeconds: number;
}
/** The greatest age of a challenge whose check-in may still be handed in: by the wallet, or by a clinic that was offline. */
export const maxArrivalSeconds = ({ challengeWindowSeconds, offlineGraceSeconds }: Tolerances): number =>
  Math.max(challengeWindowSeconds, offlineGraceSeconds);
/** The first second in which no check-in of this epoch can arrive any more. Every role decides by this one function. */
export const arrivalsEnd = (epoch: number, tolerances: Tolerances): number =>
  epochStart(epoch + 1) + maxArrivalSeconds(tolerances);
/** Whether check-ins of this epoch can still arrive. Only an emergency order may open such an epoch. */
export const isEpochOpen = (epoch: number, tolerances: Tolerances, now: number): boolean =>
  now < arrivalsEnd(epoch, tolerances);
/** After arrivalsEnd, session objects stay, and the session index stays open, for at least this long. */
export const DELIVERY_MARGIN_SECONDS = 3600;

/** Days since 1970-01-01, the coarse date of manifests. */
export const dayOf = (unixSeconds: number): number => Math.floor(unixSeconds / SECONDS_PER_DAY);
