// Gives the benches the service's D1 databases, so that they can write rows directly.

import type { Host } from "../local/host.ts";

export type Database = Awaited<ReturnType<Host["miniflare"]["getD1Database"]>>;

/** The databases in the order of their shards. */
export const shardsOf = ({ miniflare }: Host): Promise<Database[]> =>
  Promise.all([0, 1].map((shard) => miniflare.getD1Database(`RECORDS_DB_${shard}`, "service")));

/** The database with a registered service's rows. @param serviceId hex */
export async function databaseOf(host: Host, serviceId: string): Promise<Database> {
  const shards = await shardsOf(host);
  const placed = shards[0]!.prepare("SELECT shard FROM services WHERE service_id = ?").bind(serviceId);
  return shards[(await placed.first<number>("shard"))!]!;
}
