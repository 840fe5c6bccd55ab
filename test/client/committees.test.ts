// The committee that a client believes: the newest of the longest chain that it ever saw.

import { describe, expect, it, vi } from "vitest";
import { Committees } from "../../client/shared/committees.ts";
import { committeeFor } from "../../functions/shared/committee.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { ResharePlan } from "../../protocol/ceremony-documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { KeySet, keySetId } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain } from "../../protocol/key-set-chain.ts";
import { reshareAccept, reshareDeal, reshareFinish } from "../../protocol/resharing.ts";
import { people, planResharing, rng, runCeremony } from "../support/trustees.ts";

describe("committees of a client", () => {
  const old = runCeremony(2, 3);
  const { plan, resharing, receivers, dealerSeats } = planResharing(old, [1, 3], 2, people(3));
  const deals = dealerSeats.map((seat) => reshareDeal(seat, rng));
  const acceptances = receivers.map((seat) => reshareAccept(seat, deals).message);
  const next = reshareFinish(resharing, acceptances);
  const genesis = KeySet.encode(old.keySet);
  const link = { plan: ResharePlan.encode(plan), deals, keySet: KeySet.encode(next) };
  const early = toBase64url(KeySetChain.encode(chainOf(genesis)));
  const whole = toBase64url(KeySetChain.encode({ genesis, links: [link] }));
  const pinned = old.keySet.identityKeys.map(bytesToHex);
  const id = keySetId(old.keySet);

  it("are the pinned one at first, and never an older one than was seen", () => {
    const client = new Committees(pinned, [early]);
    expect(client.newest(id)?.generation).toBe(0);
    expect(() => client.holdersOf(next)).toThrow(/no chain/);
    client.add(whole);
    expect(client.holdersOf(next)).toEqual(next.identityKeys);
    client.add(early);
    expect(client.newest(id)?.generation).toBe(1);
    expect(client.served).toEqual([whole]);
    // Control: a client that never saw the longer chain believes the older committee (docs/SECURITY.md states this).
    expect(new Committees(pinned, [early]).newest(id)?.generation).toBe(0);
  });

  it("of a Worker are not the older ones that a registrar serves beside the newer ones", async () => {
    const worker = { REGISTRAR_URL: "https://registrar.test", TRUSTEE_KEYS: JSON.stringify(pinned) };
    for (const [n, chains] of [[whole], [early, whole], [whole, early]].entries()) {
      vi.stubGlobal("fetch", async () => Response.json({ chains }));
      // Each list has a Worker of its own, which keeps what it was told before.
      const source = { ...worker, REGISTRAR_URL: `${worker.REGISTRAR_URL}/${n}` };
      expect((await committeeFor(source, id, 0)).generation).toBe(1);
    }
    vi.unstubAllGlobals();
  });
});
