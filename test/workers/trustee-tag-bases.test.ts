// Tests of the bases of slots that a trustee stores. They are the points that the suite hashes, stored sealed. A
// trustee believes only those that it sealed itself for that epoch, and computes them in advance when an officer reads
// an order.

import { beforeAll, describe, expect, it, vi } from "vitest";
import { Officer } from "../../client/officer.ts";
import { publicEngine } from "../../engine/worker.ts";
import type { TrusteeEnv } from "../../functions/shared/env.ts";
import { openAtRest } from "../../functions/trustee/at-rest.ts";
import type { Scope } from "../../functions/trustee/case-order.ts";
import { ownKeys, vaultOf } from "../../functions/trustee/context.ts";
import { slotsOf } from "../../functions/trustee/tag-bases.ts";
import { concatBytes, u32be } from "../../protocol/bytes.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { tagBase } from "../../protocol/suite.ts";
import {
  deployment,
  dossierOf,
  environments,
  freshWorld,
  newCase,
  newPatient,
  rng,
  sealDossier,
  transport,
  visit,
  type World,
} from "./trustee-world.ts";

let w: World;
beforeAll(async () => {
  w = await freshWorld();
});

const SLOTS = 2;
/** Epochs that no trustee has used yet. */
const newScope = (epochs = 2): Scope => {
  const paramsHash = rng(32);
  return Array.from({ length: epochs }, (_, i) => ({ epoch: 700 + i, slots: SLOTS, paramsHash }));
};
const nameOf = ({ epoch, paramsHash }: Scope[number]): Uint8Array => concatBytes(u32be(epoch), paramsHash);
const vault = (i = 0) => vaultOf(environments[i]!);
const keptOf = async (scope: Scope, i = 0): Promise<Uint8Array[]> =>
  (await vault(i).tagBases(scope.map(nameOf))).map((sealed) => sealed!);

/** An isolate with empty memory. `hashes` counts the hashes that it computes. */
function newIsolate(i = 0) {
  const { TRUSTEE_VAULT: vault, ...rest } = environments[i]!;
  const env: TrusteeEnv = { ...rest, TRUSTEE_VAULT: Object.create(vault as object) as typeof vault };
  const hashes = vi.spyOn(publicEngine(), "hashToG2").mockClear();
  const slots = async (scope: Scope) =>
    (await slotsOf(env, scope)).map(({ epoch, slot, base }) => `${epoch}/${slot} ${base.toHex()}`);
  return { slots, hashes };
}
const expected = (scope: Scope): string[] =>
  [...scope]
    .reverse()
    .flatMap(({ epoch, slots, paramsHash }) =>
      Array.from({ length: slots }, (_, slot) => `${epoch}/${slot} ${tagBase(paramsHash, epoch, slot).toHex()}`),
    );

describe("bases of slots", () => {
  it("are the points that the suite hashes, newest epoch first, each hashed once", async () => {
    const scope = newScope();
    const one = newIsolate();
    expect(await one.slots(scope)).toEqual(expected(scope));
    expect(await one.slots(scope.slice(1))).toEqual(expected(scope.slice(1)));
    expect(one.hashes).toHaveBeenCalledTimes(2 * SLOTS);
    const other = newIsolate();
    expect(await other.slots(scope)).toEqual(expected(scope));
    expect(other.hashes).not.toHaveBeenCalled();
  });

  it("are stored sealed, each epoch under its own name", async () => {
    const scope = newScope();
    await newIsolate().slots(scope);
    const [first] = await keptOf(scope);
    const { vaultKey } = ownKeys(environments[0]!);
    expect(openAtRest(vaultKey, "tag-bases", nameOf(scope[0]!), first!)).toHaveLength(SLOTS * 192);
    expect(() => openAtRest(vaultKey, "tag-bases", nameOf(scope[1]!), first!)).toThrow();
  });

  it("are hashed again if they are from another epoch, damaged, or from another trustee", async () => {
    const scope = newScope();
    await newIsolate().slots(scope);
    await newIsolate(1).slots(scope);
    const [first, second] = await keptOf(scope);
    const bent = first!.slice();
    bent[bent.length - 1]! ^= 1;
    const foreign = (await keptOf(scope, 1))[0]!;
    for (const sealed of [second!, bent, foreign, new Uint8Array()]) {
      await vault().keepTagBases([{ name: nameOf(scope[0]!), sealed }]);
      const isolate = newIsolate();
      expect(await isolate.slots(scope)).toEqual(expected(scope));
      expect(isolate.hashes).toHaveBeenCalledTimes(SLOTS);
    }
  });

  it("differ for other parameters and for more slots", async () => {
    const scope = newScope(1);
    const isolate = newIsolate();
    await isolate.slots(scope);
    const more = [{ ...scope[0]!, slots: SLOTS + 1 }];
    expect(await isolate.slots(more)).toEqual(expected(more));
    const others = [{ ...scope[0]!, paramsHash: rng(32) }];
    expect(await isolate.slots(others)).toEqual(expected(others));
  });

  it("are deleted once bases of twice the longest order have been stored after them", async () => {
    const scope = newScope(242);
    const [oldest, second, third] = scope;
    await vault().keepTagBases(scope.map((of) => ({ name: nameOf(of), sealed: rng(8) })));
    expect(await vault().tagBases([oldest!, second!, third!, scope.at(-1)!].map(nameOf))).toEqual([
      undefined,
      undefined,
      expect.any(Uint8Array),
      expect.any(Uint8Array),
    ]);
  });

  it("of an order are stored after its officer has read it", async () => {
    const session = visit(w, newPatient(w));
    const c = newCase(w, dossierOf(session), { epochFrom: session.epoch, epochTo: session.epoch });
    const scope = [{ epoch: session.epoch, slots: w.document.slots, paramsHash: w.paramsHash }];
    expect(await vault().tagBases(scope.map(nameOf))).toEqual([undefined]);
    const officer = new Officer({ transport, deployment, trustee: 1, authenticator: w.passkeys[0]! });
    await officer.review({ order: toBase64url(c.signed), dossier: sealDossier(w, c, 1) });
    await vi.waitFor(async () => {
      expect(await vault().tagBases(scope.map(nameOf))).toEqual([expect.any(Uint8Array)]);
    });
  });
});
