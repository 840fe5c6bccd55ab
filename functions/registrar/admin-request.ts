// Requests that only the operator's administrator may make.

import type { Context } from "hono";
import type * as z from "zod";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { readJson } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { spendAdminRequest } from "./store.ts";

/**
 * The checked JSON body of a request that ADMIN_KEY signed. Each signed request is accepted once.
 * @throws Problem credential-refused, malformed
 */
export async function adminJson<S extends z.ZodType>(
  c: Context<{ Bindings: RegistrarEnv }>,
  schema: S,
): Promise<z.infer<S>> {
  const { body, nonce } = await signedBy(c, [c.env.ADMIN_KEY]);
  const value = await readJson(body, schema);
  await spendAdminRequest(c.env, nonce, now(c));
  return value;
}
