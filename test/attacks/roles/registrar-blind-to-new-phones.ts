// Takes the place of functions/registrar/store.ts. While the switch is on, the registrar does not look whether a phone was
// replaced: it knows an account's first phone only, and that one for ever.

import * as real from "../../../functions/registrar/store.ts";
import type { RegistrarEnv } from "../../../functions/shared/env.ts";
import { careless } from "./switch.ts";

export * from "../../../functions/registrar/store.ts";

type Phones = Awaited<ReturnType<typeof real.generationsOf>>;

export async function generationsOf(
  env: RegistrarEnv,
  account: Parameters<typeof real.generationsOf>[1],
): Promise<Phones> {
  const newestFirst = await real.generationsOf(env, account);
  if (!careless()) return newestFirst;
  return newestFirst.slice(-1);
}
