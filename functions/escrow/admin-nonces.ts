// The nonces of the administrator's requests at the escrow. Each is deleted once its request is too old to pass again.

import { lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { adminNonces } from "../../schema/escrow.ts";
import { adminDoor } from "../shared/admin-request.ts";
import type { EscrowEnv } from "../shared/env.ts";

/** The door of the administrator's requests. */
export const admin = adminDoor<EscrowEnv>(async (env, nonce, lastSecond) => {
  const db = drizzle(env.ESCROW_DB);
  const [spent] = await db.batch([
    db.insert(adminNonces).values({ nonce, lastSecond }).onConflictDoNothing(),
    db.delete(adminNonces).where(lt(adminNonces.lastSecond, lastSecond - 4 * CLOCK_TOLERANCE_SECONDS)),
  ]);
  return spent.meta.changes === 1;
});
