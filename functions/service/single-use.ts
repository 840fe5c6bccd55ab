// Values that the service accepts once: the jti of client assertions, and the nonces of the administrator's requests.
// Each is kept for as long as the message that carries it could pass a second time, whatever tolerance of clocks the
// parameters of that moment have. Then the sweep deletes it.

import { sha256 } from "@noble/hashes/sha2.js";
import { drizzle } from "drizzle-orm/d1";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { MAX_CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { clientAssertions } from "../../schema/service.ts";
import { adminDoor } from "../shared/admin-request.ts";
import type { ServiceEnv } from "../shared/env.ts";

/**
 * True the first time, false for every repetition.
 * @param lastSecond the last moment in which the message is good by its own times, in unix seconds
 */
export async function spend(env: ServiceEnv, name: string, lastSecond: number): Promise<boolean> {
  const { meta } = await drizzle(env.RECORDS_DB_0)
    .insert(clientAssertions)
    .values({
      jtiHash: bytesToHex(sha256(utf8ToBytes(name))),
      expiresAt: lastSecond + MAX_CLOCK_TOLERANCE_SECONDS + 1,
    })
    .onConflictDoNothing();
  return meta.changes === 1;
}

/** The door of the administrator's requests. */
export const admin = adminDoor<ServiceEnv>((env, nonce, lastSecond) => spend(env, `admin ${nonce}`, lastSecond));
