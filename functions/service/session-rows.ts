// Look-ups of a session's row in the D1 shard of its service.

import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Hex } from "../../protocol/encodings.ts";
import { asBytes } from "../../schema/columns.ts";
import { sessions } from "../../schema/service.ts";
import type { Service } from "./registry.ts";

type Place = Pick<Service, "db" | "serviceId">;
const isAt = ({ serviceId }: Place, tagHash: Hex) =>
  and(eq(sessions.serviceId, serviceId), eq(sessions.tagHash, tagHash));

/** The columns of a session that its clinic may read. */
export const SESSION_COLUMNS = {
  tagHash: sessions.tagHash,
  epoch: sessions.epoch,
  day: sessions.day,
  checkIn: asBytes(sessions.checkIn),
};
export const sessionAt = (place: Place, tagHash: Hex) =>
  drizzle(place.db).select(SESSION_COLUMNS).from(sessions).where(isAt(place, tagHash)).get();

export async function isSession(place: Place, tagHash: Hex): Promise<boolean> {
  const row = await drizzle(place.db).select({ day: sessions.day }).from(sessions).where(isAt(place, tagHash)).get();
  return row !== undefined;
}
