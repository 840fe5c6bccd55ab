// A check-in that the wallet makes while the person reads: nothing of it is stored or sent before they agree, and it is used once.

import { expect, it } from "vitest";
import { stateOf } from "../../client/wallet/inspect.ts";
import { invitation, newClinic, SLOTS, World } from "../support/wallet-world.ts";

it("stores and sends nothing before the person agrees", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  const before = JSON.stringify(stateOf(wallet));
  const asked = world.asked.length;
  const offer = await wallet.readInvitation(invitation(keys));
  await wallet.prepareCheckIn(offer);
  expect(JSON.stringify(stateOf(wallet))).toBe(before);
  expect(world.asked).toHaveLength(asked);
  await wallet.checkIn(offer);
  expect(wallet.sessions.map((s) => s.state)).toEqual(["open"]);
});

it("sends what it made, and makes anew what was sent", async () => {
  const world = new World();
  let drawn = 0;
  const wallet = await world.enrolledWallet();
  const { transport } = world;
  const honest = transport.rng;
  transport.rng = (n) => {
    drawn += n;
    return honest(n);
  };
  const keys = await newClinic();
  const offer = await wallet.readInvitation(invitation(keys));
  await wallet.prepareCheckIn(offer);
  drawn = 0;
  await wallet.checkIn(offer);
  expect(drawn).toBe(0);
  await wallet.checkIn(offer); // control: the same offer once more
  expect(drawn).toBeGreaterThan(100);
  expect(new Set(wallet.sessions.map((s) => s.slot)).size).toBe(2);
});

it("takes every slot once, if many check-ins were made ahead at the same time", async () => {
  const world = new World();
  const [wallet, keys, other] = [await world.enrolledWallet(), await newClinic(), await newClinic("Other")];
  const offers = await Promise.all(
    Array.from({ length: SLOTS }, (_, i) => wallet.readInvitation(invitation(i % 2 === 0 ? keys : other))),
  );
  await Promise.all(offers.map((offer) => wallet.prepareCheckIn(offer)));
  for (const offer of offers) await wallet.checkIn(offer);
  expect(wallet.sessions.map((s) => s.slot).toSorted()).toEqual([0, 1, 2, 3]);
});

it("hands the clinic what it made ahead, and tells why it cannot make one", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  const offer = await wallet.readInvitation(invitation(keys));
  await wallet.prepareCheckIn(offer);
  const { tagHash } = await wallet.handOver(offer);
  expect(wallet.sessions).toMatchObject([{ tagHash, state: "prepared", handedOver: true }]);
  for (let i = 1; i < SLOTS; i++) await wallet.handOver(await wallet.readInvitation(invitation(keys)));
  const late = await wallet.readInvitation(invitation(keys));
  await expect(wallet.prepareCheckIn(late)).rejects.toMatchObject({ code: "no-slot-left" });
  await expect(wallet.checkIn(late)).rejects.toMatchObject({ code: "no-slot-left" });
});
