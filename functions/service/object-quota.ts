// How many records a clinic may file in a day, so that stolen keys of one clinic cannot fill the database and the bucket that
// all clinics share. A clinic of a hundred doctors files some thousands.

import { countOne, quotaSpent } from "../shared/daily-quota.ts";
import type { Problem } from "../shared/problems.ts";
import type { Service } from "./registry.ts";

export const OBJECTS_PER_DAY = 20_000;
const QUOTA = { table: "filed", key: ["service_id"], most: OBJECTS_PER_DAY, what: "records" };

/** The next statement of the batch sees as changes() = 0 that the clinic has filed its number. */
export const countObject = ({ db, serviceId }: Service, at: number): D1PreparedStatement =>
  countOne(db, QUOTA, [serviceId], at);

export const tooManyObjects = (at: number): Problem => quotaSpent(QUOTA, at);
