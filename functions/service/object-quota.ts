// How many records a clinic may file in a day (UTC), so that stolen keys of one clinic cannot fill the database and the bucket
// that all clinics share. A clinic of a hundred doctors files some thousands.

import { dayOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { Problem } from "../shared/problems.ts";
import type { Service } from "./registry.ts";

export const OBJECTS_PER_DAY = 20_000;

/**
 * The statement that counts one more object. It changes no row if the clinic has filed its number; the next statement of the
 * batch sees that as changes() = 0.
 */
export const countObject = ({ db, serviceId }: Service, at: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO filed (service_id, day, n) VALUES (?1, ?2, 1)
       ON CONFLICT (service_id)
       DO UPDATE SET n = CASE day WHEN ?2 THEN n + 1 ELSE 1 END, day = ?2 WHERE day <> ?2 OR n < ?3`,
    )
    .bind(serviceId, dayOf(at), OBJECTS_PER_DAY);

export function tooManyObjects(at: number): Problem {
  const seconds = String((dayOf(at) + 1) * SECONDS_PER_DAY - at);
  const detail = `At most ${OBJECTS_PER_DAY} records a day.`;
  return new Problem("too-many", detail, undefined, {}, { "retry-after": seconds });
}
