// The wallet when calls run at the same time, and when its servers are not honest.

import { expect, it } from "vitest";
import type { ClinicApi } from "../../client/clinic/api.ts";
import { serviceIdOfKeys } from "../../client/clinic/keys.ts";
import { MemoryChannelStore, receiveMessages, sendMessage } from "../../client/clinic/messages.ts";
import type { ClinicSession } from "../../client/clinic/session.ts";
import { ParametersError, type ServedParameters } from "../../client/parameters.ts";
import { readFrameHeader } from "../../client/sealing/messages.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { CheckIn } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { KeySet } from "../../protocol/key-set.ts";
import {
  ACCOUNT,
  deployment,
  EPOCH,
  invitation,
  keySet,
  newClinic,
  parameters,
  SLOTS,
  signedBy,
  World,
} from "../support/wallet-world.ts";

it("gives concurrent check-ins a slot each, and loses none", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  world.answer = () => ({ cards: [] });
  const visit = async () => wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  const visits = await Promise.all([visit(), visit(), visit(), wallet.recover()]);
  expect(wallet.sessions.map((s) => s.state)).toEqual(["open", "open", "open"]);
  expect(new Set(wallet.sessions.map((s) => s.slot)).size).toBe(3);
  expect(visits.flatMap((v) => (typeof v === "number" ? [] : v.tagHash)).sort()).toEqual(
    wallet.sessions.map((s) => s.tagHash).sort(),
  );

  const last = await Promise.allSettled([visit(), visit(), visit()]);
  expect(last.map((r) => r.status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(wallet.sessions.length).toBe(SLOTS);
});

const TEXTS = ["one", "two", "three", "four", "five"];

it("gives concurrent messages a number each, on both sides", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  const { tagHash } = await wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  const toClinic: Uint8Array[] = [];
  const toWallet: Uint8Array[] = [];
  const numbers = (frames: Uint8Array[]) => frames.map((f) => Number(readFrameHeader(f).seq)).sort();
  const listed = (frames: Uint8Array[]) => ({ frames: frames.map((f, seq) => ({ seq, frame: toBase64url(f) })) });
  world.answer = (path, body) => {
    if (path.includes("ack")) return { frames: [] };
    if (body.length === 0) return listed(toWallet);
    toClinic.push(body);
    return {};
  };
  await Promise.all(TEXTS.map((t) => wallet.send(tagHash, utf8ToBytes(t))));
  expect(numbers(toClinic)).toEqual([0, 1, 2, 3, 4]);

  const checkIn = CheckIn.decode(hexToBytes(wallet.sessions[0]!.checkIn!));
  const session = { tagHash, checkIn } as ClinicSession;
  const api = {
    authorised: async (path: string, request?: { bytes: Uint8Array }) => {
      if (request) toWallet.push(request.bytes);
      return Response.json(request || path.includes("ack") ? { frames: [] } : listed(toClinic));
    },
  } as unknown as ClinicApi;
  const serviceId = serviceIdOfKeys(keys);
  const ends = { api, channels: new MemoryChannelStore(), serviceId, hpkeSecretKey: keys.hpkeSecretKey };
  const texts = (parts: Uint8Array[][]) => parts.flat().map((b) => new TextDecoder().decode(b));
  const [read] = await Promise.all([
    receiveMessages(ends, session),
    ...TEXTS.map((t) => sendMessage(ends, session, utf8ToBytes(t), t)),
  ]);
  expect(numbers(toWallet)).toEqual([0, 1, 2, 3, 4]);
  expect(texts([read as Uint8Array[]]).sort()).toEqual([...TEXTS].sort());
  expect(await receiveMessages(ends, session)).toEqual([]);
  // Two concurrent calls read each message once. Receiving does not set back the counter of sending.
  const [some, , others] = await Promise.all([
    wallet.receive(tagHash),
    wallet.send(tagHash, utf8ToBytes("six")),
    wallet.receive(tagHash),
  ]);
  expect(texts([some, others]).sort()).toEqual([...TEXTS].sort());
  await wallet.send(tagHash, utf8ToBytes("seven"));
  expect(numbers(toClinic)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it("reads the whole log again on a new phone, and accepts no generation that is older than the phone", async () => {
  const world = new World();
  const store = new MemoryStore();
  const blank = await world.wallet();
  await store.save({ ...stateOf(blank), noticesSeenUpTo: 9 });
  const wallet = (await Wallet.open({ transport: world.transport, deployment, store }))!;
  world.generation = { generation: 1, epochFrom: EPOCH - 1, epochTo: null };
  await expect(wallet.enrol(ACCOUNT, "code")).rejects.toMatchObject({ code: "old-generation" });
  expect(stateOf(wallet).generations).toEqual([]);
  expect(stateOf(wallet).noticesSeenUpTo).toBe(9);
  // If the answer was lost and comes in the next month, that is no reason to refuse.
  world.generation = { generation: 1, epochFrom: EPOCH, epochTo: null };
  world.now = epochStart(EPOCH + 1);
  expect(await wallet.enrol(ACCOUNT, "code")).toMatchObject({ generation: 1 });
  expect(stateOf(wallet).noticesSeenUpTo).toBe(0);
});

it("asks the registrar for parameters when it enrols, and nobody when it checks in or the app starts", async () => {
  const world = new World();
  const [enrolled, keys] = [await world.enrolledWallet(), await newClinic()];
  const store = new MemoryStore();
  await store.save(stateOf(enrolled));
  world.asked.splice(0);
  const wallet = (await Wallet.open({ transport: world.transport, deployment, store }))!;
  await wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  await wallet.refresh();
  expect(world.asked).toEqual(["service.test/v1/sessions"]);

  // Stored parameters are verified like served ones.
  const [{ document }] = stateOf(enrolled).parameters as [ServedParameters];
  await store.save({ ...stateOf(enrolled), parameters: [{ document, keySet: toBase64url(new Uint8Array()) }] });
  const tampered = (await Wallet.open({ transport: world.transport, deployment, store }))!;
  await expect(tampered.readInvitation(invitation(keys))).rejects.toBeInstanceOf(ParametersError);
});

it("learns the parameters of later epochs when it refreshes", async () => {
  const world = new World();
  const wallet = await world.enrolledWallet();
  const later = { ...parameters, epochFrom: EPOCH + 4, epochTo: EPOCH + 9 };
  world.published.push({ document: signedBy(later), keySet: KeySet.encode(keySet) });
  world.asked.splice(0);
  await wallet.refresh(EPOCH + 1);
  expect(world.asked).not.toContain("registrar.test/v1/parameters");
  expect(stateOf(wallet).parameters.length).toBe(1);
  await wallet.refresh(EPOCH + 4).catch(() => {}); // the registrar of this test issues under the first document only
  expect(world.asked).toContain("registrar.test/v1/parameters");
  expect(stateOf(wallet).parameters.length).toBe(2);
});
