// Which parameters a client believes: those whose key set the pinned trustees signed. What it believed once never
// changes.

import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, it } from "vitest";
import { ParametersCache, ParametersError } from "../../client/parameters.ts";
import type { Parameters } from "../../protocol/documents.ts";
import { KeySet, keySetId } from "../../protocol/key-set.ts";
import { encodeG1 } from "../../protocol/suite.ts";
import { rng, runCeremony } from "../support/trustees.ts";
import { deployment, EPOCH, keySet, parameters, signedBy, World } from "../support/wallet-world.ts";

const foreign = runCeremony(2, 3);
const cacheOf = (world: World) => new ParametersCache(world.transport, deployment);
const served = (changes: Partial<Parameters> = {}, keys: KeySet = keySet) => ({
  document: signedBy({ ...parameters, ...changes }),
  keySet: KeySet.encode(keys),
});

it("believes the registrar's parameters if they name the trustees' keys", async () => {
  const world = new World();
  world.published.push(served({ epochFrom: EPOCH + 4, epochTo: EPOCH + 5 }));
  const cache = cacheOf(world);
  expect((await cache.of(EPOCH)).document).toEqual(parameters);
  expect((await cache.of(EPOCH + 5)).document.epochTo).toBe(EPOCH + 5);
  await expect(cache.of(EPOCH + 6)).rejects.toThrow("no parameters cover");
});

const foreignKeys: Partial<Parameters> = {
  keySetId: keySetId(foreign.keySet),
  traceKey: encodeG1(foreign.keySet.keys.trace),
  linkKey: encodeG1(foreign.keySet.keys.link),
  recordKey: encodeG1(foreign.keySet.keys.record),
  groupHybridKey: foreign.keySet.groupHybridKey,
};
it.each([
  ["a trace key of the registrar's own", served({ traceKey: foreignKeys.traceKey! }), "traceKey"],
  [
    "keys and trustees of its own, whose key set holds in itself",
    served({ ...foreignKeys, trusteeKeys: foreign.keySet.identityKeys }, foreign.keySet),
    "holders differ",
  ],
  [
    "a key set with its own keys under the trustees' names",
    served(foreignKeys, { ...foreign.keySet, identityKeys: keySet.identityKeys }),
    "does not verify",
  ],
  ["no key set", { document: signedBy(parameters), keySet: new Uint8Array() }, ""],
  ["another's signature", { ...served(), document: signedBy(parameters, ed25519.keygen(rng(32)).secretKey) }, "trusts"],
])("refuses %s", async (_, bad, message) => {
  const world = new World();
  world.published = [bad];
  const refusal = await cacheOf(world)
    .of(EPOCH)
    .catch((e: unknown) => e);
  expect(refusal).toBeInstanceOf(ParametersError);
  expect((refusal as Error).message).toContain(message);
});

it("refuses two documents for one epoch, whether they come together or one after the other", async () => {
  const world = new World();
  world.published = [served(), served({ slots: 5 })];
  await expect(cacheOf(world).of(EPOCH)).rejects.toThrow("two parameters documents");

  const later = new World();
  const cache = cacheOf(later);
  await cache.of(EPOCH);
  later.published = [served({ slots: 5, epochTo: EPOCH + 9 })];
  await expect(cache.of(EPOCH + 9)).rejects.toThrow("than those known");
  expect((await cache.of(EPOCH)).document.slots).toBe(parameters.slots);
});
