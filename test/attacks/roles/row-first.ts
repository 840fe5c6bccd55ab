// The control of S15: a service that writes a record's row before its blob. Its bucket answers every upload at once and
// keeps the bytes in memory; after the next batch of rows the blob is really written.

import type { ServiceEnv } from "../../../functions/shared/env.ts";
import { failingEnv } from "./faults.ts";

/** The bindings of one request. */
export function rowFirstEnv(real: ServiceEnv): ServiceEnv {
  let waiting: (() => Promise<unknown>) | undefined;
  const env = failingEnv(real);
  const bucket = env.BLOBS;
  const put = async (key: string, value: ReadableStream) => {
    const bytes = await new Response(value as never).arrayBuffer();
    waiting = () => bucket.put(key, bytes);
  };
  const rowThenBlob = (db: D1Database): D1Database =>
    ({
      prepare: (sql: string) => db.prepare(sql),
      batch: async (statements: D1PreparedStatement[]) => {
        const rows = await db.batch(statements);
        const blob = waiting;
        waiting = undefined;
        await blob?.();
        return rows;
      },
    }) as unknown as D1Database;
  return {
    ...env,
    RECORDS_DB_0: rowThenBlob(env.RECORDS_DB_0 as D1Database),
    RECORDS_DB_1: rowThenBlob(env.RECORDS_DB_1 as D1Database),
    BLOBS: {
      put,
      get: (key: string) => bucket.get(key),
      delete: (keys: string[]) => bucket.delete(keys),
    },
  } as unknown as ServiceEnv;
}
