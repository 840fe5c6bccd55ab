// The device mark in whole wallets: a copied or restored store reads on, and checks in only after a new enrolment.
// device-mark-histories.test.ts searches for a history in which a slot leaves twice.

import { expect, it } from "vitest";
import { stateOf } from "../../client/wallet/inspect.ts";
import { MemoryDeviceMark, MemoryStore, type WalletState } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { rng } from "../support/trustees.ts";
import { ACCOUNT, deployment, EPOCH, invitation, newClinic, World } from "../support/wallet-world.ts";

const CRASH = new Error("the app stopped");

interface Device {
  store: MemoryStore;
  deviceMark: MemoryDeviceMark;
}
const newDevice = (): Device => ({ store: new MemoryStore(), deviceMark: new MemoryDeviceMark() });
const optionsOn = (world: World, device: Device) => ({ transport: world.transport, deployment, ...device });
const opened = async (world: World, device: Device): Promise<Wallet> => (await Wallet.open(optionsOn(world, device)))!;
const enrol = async (wallet: Wallet) => wallet.confirmEnrolment(await wallet.startEnrolment(ACCOUNT, "code"));
async function enrolledOn(world: World, device: Device): Promise<Wallet> {
  const wallet = await Wallet.create(optionsOn(world, device));
  await enrol(wallet);
  return wallet;
}
const visit = async (wallet: Wallet, keys: Awaited<ReturnType<typeof newClinic>>) =>
  wallet.checkIn(await wallet.readInvitation(invitation(keys)));
/** The store of this device, as a backup brings it to another place. */
async function restoredTo(place: Device, state: WalletState): Promise<Device> {
  const store = new MemoryStore();
  await store.save(state, 0);
  return { ...place, store };
}
const COPIED = { code: "copied-store" };

it("a copy on another phone only reads, until it is enrolled anew", async () => {
  const world = new World();
  const device = newDevice();
  const [wallet, keys] = [await enrolledOn(world, device), await newClinic()];
  const { tagHash } = await visit(wallet, keys);
  const offer = await wallet.readInvitation(invitation(keys));
  const copy = await opened(world, await restoredTo(newDevice(), (await device.store.load())!));

  const { enrolled, copied, warnings, sessions, credentials } = copy.overview();
  expect({ enrolled, copied, credentials }).toEqual({ enrolled: false, copied: true, credentials: [] });
  expect(warnings).toContainEqual(expect.stringContaining("Enrol this phone again"));
  expect(sessions.map((s) => s.tagHash)).toEqual([tagHash]);
  world.answer = () => ({ frames: [], records: [] });
  expect(await copy.receive(tagHash)).toEqual([]);
  expect(await copy.records()).toMatchObject({ records: [], faults: [] });

  await expect(copy.readInvitation(invitation(keys))).rejects.toMatchObject(COPIED);
  await expect(copy.checkIn(offer)).rejects.toMatchObject(COPIED);
  await expect(copy.retryCheckIn(tagHash)).rejects.toMatchObject(COPIED);
  await expect(copy.send(tagHash, rng(3))).rejects.toMatchObject(COPIED);
  await expect(copy.introduce(tagHash)).rejects.toMatchObject(COPIED);
  await expect(copy.refresh(EPOCH)).rejects.toMatchObject(COPIED);
  await copy.keepFresh();
  expect(stateOf(copy)).toMatchObject({ withheld: undefined, deviceSecretKey: undefined, restored: true });

  // The original goes on as before.
  await visit(wallet, keys);
  await wallet.send(tagHash, rng(3));
  const [old] = stateOf(wallet).generations;
  const { deviceSecretKey } = stateOf(wallet);
  const fresh = await enrol(copy);
  expect(fresh).toMatchObject({ generation: 1 });
  expect(fresh.salt).not.toBe(old!.salt);
  expect(stateOf(copy).deviceSecretKey).not.toBe(deviceSecretKey);
  expect(copy.overview()).toMatchObject({ enrolled: true, copied: false, pass: { epoch: EPOCH } });
  await visit(copy, keys);
  expect(stateOf(copy).sessions.at(-1)).toMatchObject({ generation: 1, salt: fresh.salt, state: "open" });
  await expect(copy.send(tagHash, rng(3))).rejects.toMatchObject(COPIED); // for ever
  const [, own] = copy.sessions;
  await copy.send(own!.tagHash, rng(3));
});

it("the same phone with an older state is claimed; with its own state it goes on", async () => {
  const world = new World();
  const device = newDevice();
  const [wallet, keys] = [await enrolledOn(world, device), await newClinic()];
  const beforeVisit = (await device.store.load())!;
  const { tagHash } = await visit(wallet, keys);
  const beforeFrame = (await device.store.load())!;
  world.answer = () => ({ frames: [], records: [] });
  await wallet.send(tagHash, rng(3));
  for (const state of [beforeVisit, beforeFrame]) {
    const older = await restoredTo({ ...device, deviceMark: await markLike(device) }, state);
    expect((await opened(world, older)).overview().copied).toBe(true);
  }
  const untouched = (await device.store.load())!;
  await wallet.records(); // writes the state, but uses neither slot nor frame
  await wallet.refresh(EPOCH + 1);
  const again = await opened(world, await restoredTo(device, untouched));
  expect(again.overview()).toMatchObject({ enrolled: true, copied: false });
  await visit(again, keys);
});

/** A second mark store with the same content. */
async function markLike({ deviceMark }: Device): Promise<MemoryDeviceMark> {
  const twin = new MemoryDeviceMark();
  await twin.save((await deviceMark.load())!, undefined);
  return twin;
}

it("an app that stops between both writes has sent nothing, and goes on without a new enrolment", async () => {
  const world = new World();
  const device = newDevice();
  const [wallet, keys] = [await enrolledOn(world, device), await newClinic()];
  const { save } = device.deviceMark;
  device.deviceMark.save = async () => {
    throw CRASH;
  };
  const asked = world.asked.length;
  await expect(visit(wallet, keys)).rejects.toBe(CRASH);
  const [session] = wallet.sessions;
  expect(session).toMatchObject({ state: "prepared" });
  await expect(wallet.retryCheckIn(session!.tagHash)).rejects.toBe(CRASH);
  expect(world.asked.length).toBe(asked);
  device.deviceMark.save = save;
  const again = await opened(world, device);
  expect(again.overview().copied).toBe(false);
  await again.retryCheckIn(session!.tagHash);
  expect(again.sessions).toMatchObject([{ state: "open" }]);
});

it("a copied enrolment that was not answered is dropped, so that no two phones have one salt", async () => {
  const world = new World();
  const device = newDevice();
  const wallet = await Wallet.create(optionsOn(world, device));
  world.lose = "/v1/enrol";
  await expect(enrol(wallet)).rejects.toThrow();
  const state = (await device.store.load())!;
  const copy = await opened(world, await restoredTo(newDevice(), state));
  expect(copy.overview()).toMatchObject({ enrolled: false, enrolmentPending: false, copied: false });
  const theirs = await enrol(copy);
  const mine = await enrol(wallet); // the registrar answers the recorded contract again
  expect(mine.salt).not.toBe(theirs.salt);
  // Control: without a mark both phones send the same contract.
  const { store } = await restoredTo(newDevice(), { ...state, mark: undefined });
  const careless = (await Wallet.open({ transport: world.transport, deployment, store }))!;
  expect(await enrol(careless)).toEqual(mine);
});

it("a state whose mark cannot be compared is a copy; a new wallet over an occupied store leaves the mark alone", async () => {
  const world = new World();
  const device = newDevice();
  await enrolledOn(world, device);
  await expect(Wallet.create(optionsOn(world, device))).rejects.toMatchObject({ code: "other-window" });
  expect((await opened(world, device)).overview().copied).toBe(false);
  // The application gives no mark store, or gives one for the first time after the enrolment.
  const { store } = await restoredTo(newDevice(), (await device.store.load())!);
  expect((await Wallet.open({ transport: world.transport, deployment, store }))!.overview().copied).toBe(true);
  const unmarked = await world.enrolledWallet();
  const late = await opened(world, await restoredTo(newDevice(), stateOf(unmarked)));
  expect(late.overview().copied).toBe(true);
});

it("costs one write of the mark per check-in and per message sent, and none for the rest", async () => {
  const world = new World();
  const device = newDevice();
  const [wallet, keys] = [await enrolledOn(world, device), await newClinic()];
  let writes = 0;
  const save = device.deviceMark.save.bind(device.deviceMark);
  device.deviceMark.save = (...mark) => {
    writes++;
    return save(...mark);
  };
  const { tagHash } = await visit(wallet, keys);
  expect(writes).toBe(1);
  world.answer = () => ({ frames: [], records: [] });
  await wallet.send(tagHash, rng(3));
  expect(writes).toBe(2);
  await wallet.receive(tagHash);
  await wallet.records();
  await wallet.refresh(EPOCH + 1);
  await wallet.keepFresh();
  await opened(world, device);
  expect(writes).toBe(2);
});

it("two windows on one store and one mark take turns, and neither is taken for a copy", async () => {
  const world = new World();
  const device = newDevice();
  await enrolledOn(world, device);
  const windows = [await opened(world, device), await opened(world, device)];
  const keys = await newClinic();
  for (let i = 0; i < 2; i++) await Promise.all(windows.map((window) => visit(window, keys)));
  const { sessions, barred } = (await device.store.load())!;
  expect(new Set(sessions.map((s) => s.slot)).size).toBe(4);
  expect(barred).toEqual([]);
});
