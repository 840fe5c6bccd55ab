// The chains of key sets that this registrar publishes: one per ceremony, from the pinned committee to the newest.
//
//   POST /v1/admin/keysets   {chain} by ADMIN_KEY: a longer chain of a known ceremony, after a resharing
//   GET  /v1/keysets         {chains}; each reader verifies them from its own pins
//
// The registrar verifies each chain and can change none. It could keep a longer one back. The trustees serve their chain too.

import { eq } from "drizzle-orm";
import { PARAMETERS } from "../../api/registrar/parameters.ts";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { KeySet, keySetId } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain, walkChain } from "../../protocol/key-set-chain.ts";
import { keySetChains } from "../../schema/registrar.ts";
import type { RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import { admin, db } from "./store.ts";

const pinnedKeys = (env: RegistrarEnv): Uint8Array[] => (JSON.parse(env.TRUSTEE_KEYS) as Hex[]).map(hexToBytes);

/** Every chain as it is stored, walked. */
async function storedChains(env: RegistrarEnv): Promise<{ chain: KeySetChain; keySets: KeySet[] }[]> {
  const rows = await db(env).select().from(keySetChains).orderBy(keySetChains.keySetId);
  return rows.map((row) => {
    const chain = KeySetChain.decode(row.chain);
    // It was walked when it was stored.
    return { chain, keySets: [chain.genesis, ...chain.links.map((l) => l.keySet)].map((k) => KeySet.decode(k)) };
  });
}

/** The newest key set with this id. Resharing keeps the id. */
export async function currentKeySet(env: RegistrarEnv, id: Uint8Array): Promise<KeySet | undefined> {
  const row = await db(env)
    .select()
    .from(keySetChains)
    .where(eq(keySetChains.keySetId, bytesToHex(id)))
    .get();
  if (!row) return undefined;
  const { genesis, links } = KeySetChain.decode(row.chain);
  return KeySet.decode(links.at(-1)?.keySet ?? genesis);
}

/** Checks a key set that parameters are to name: the newest of a stored chain, or the first of a new one. @throws Problem malformed */
export async function checkKeySet(env: RegistrarEnv, bytes: Uint8Array): Promise<KeySet> {
  try {
    const keySet = KeySet.decode(bytes);
    const known = await currentKeySet(env, keySetId(keySet));
    if (known && equalBytes(KeySet.encode(known), bytes)) return keySet;
    if (known) throw new RangeError("not the newest key set of its chain");
    walkChain(chainOf(bytes), pinnedKeys(env));
    return keySet;
  } catch (cause) {
    throw new Problem("malformed", `keySet: ${(cause as Error).message}`);
  }
}

/** Stores a checked key set as the first of its chain, unless it has a chain. */
export async function keepKeySet(env: RegistrarEnv, bytes: Uint8Array): Promise<void> {
  await db(env)
    .insert(keySetChains)
    .values({ keySetId: bytesToHex(keySetId(KeySet.decode(bytes))), chain: KeySetChain.encode(chainOf(bytes)) })
    .onConflictDoNothing();
}

export function registerKeySets(app: RoleApp<RegistrarEnv>): void {
  serve(app, PARAMETERS.readKeySets, async (c) => {
    const stored = await storedChains(c.env);
    return c.json({ chains: stored.map(({ chain }) => toBase64url(KeySetChain.encode(chain))) });
  });

  serve(app, PARAMETERS.continueKeySets, async (c) => {
    const body = await readBody(PARAMETERS.continueKeySets, (await admin.request(c)).body);
    const bytes = readBase64url(body.chain, "chain");
    const chain = KeySetChain.decode(bytes);
    let keySets: KeySet[];
    try {
      keySets = walkChain(chain, pinnedKeys(c.env));
    } catch (cause) {
      throw new Problem("malformed", `chain: ${(cause as Error).message}`);
    }
    const id = bytesToHex(keySetId(keySets[0]!));
    const known = (await storedChains(c.env)).find((s) => bytesToHex(keySetId(s.keySets[0]!)) === id);
    if (!known) throw new Problem("not-found", "No parameters name this key set yet.");
    const continues = known.keySets.every((k, i) => {
      const same = keySets[i];
      return same !== undefined && equalBytes(KeySet.encode(same), KeySet.encode(k));
    });
    if (!continues) throw new Problem("conflict", "chain: it does not continue the stored one");
    await db(c.env).update(keySetChains).set({ chain: bytes }).where(eq(keySetChains.keySetId, id));
    return c.json({ keySetId: id, generation: keySets.length - 1 });
  });
}
