// Requests that only this trustee's administrator may make.

import type { Context } from "hono";
import type * as z from "zod";
import type { TrusteeEnv } from "../shared/env.ts";
import { readJson } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";

/**
 * The checked JSON body of a request that ADMIN_KEY signed. A signed request may be repeated within its time window, since the
 * ceremony and the registration of officers give the same answer again. @throws Problem credential-refused, malformed
 */
export async function repeatableAdminJson<S extends z.ZodType>(
  c: Context<{ Bindings: TrusteeEnv }>,
  schema: S,
): Promise<z.infer<S>> {
  const { body } = await signedBy(c, [c.env.ADMIN_KEY]);
  return readJson(body, schema);
}
