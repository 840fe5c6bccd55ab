// The wallet when calls run at the same time, and when its servers are not honest.

import { describe, expect, it } from "vitest";
import type { ClinicApi } from "../../client/clinic/api.ts";
import { serviceIdOfKeys } from "../../client/clinic/keys.ts";
import { MemoryChannelStore, receiveMessages, sendMessage } from "../../client/clinic/messages.ts";
import type { ClinicSession } from "../../client/clinic/session.ts";
import { ParametersError, type ServedParameters } from "../../client/parameters.ts";
import { readFrameHeader } from "../../client/sealing/messages.ts";
import { secretsOf, stateOf } from "../../client/wallet/inspect.ts";
import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { verifyChain } from "../../protocol/contract-chain.ts";
import { CheckIn } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { serviceListAt } from "../support/service-list.ts";
import {
  ACCOUNT,
  deployment,
  EPOCH,
  invitation,
  keySet,
  newClinic,
  parameters,
  receipts,
  SLOTS,
  signedBy,
  World,
} from "../support/wallet-world.ts";

it("gives concurrent check-ins a slot each, and loses none", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  world.answer = (path) => serviceListAt(path, [], receipts.secretKey);
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

it("loses no message if the acknowledgement fails, and ends if the service hands out one page for ever", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  const { tagHash } = await wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  const toClinic: Uint8Array[] = [];
  const toWallet: Uint8Array[] = [];
  const listed = (frames: Uint8Array[]) => ({ frames: frames.map((f, seq) => ({ seq, frame: toBase64url(f) })) });
  world.answer = (path, body) => {
    if (path.includes("ack")) return Response.json({ code: "unavailable" }, { status: 503 });
    if (body.length === 0) return listed(toWallet);
    toClinic.push(body);
    return {};
  };
  let asked = 0;
  let onAck: () => Response = () => Response.json(listed(toClinic)); // the same page again
  const api = {
    authorised: async (path: string, request?: { bytes: Uint8Array }) => {
      if (++asked > 20) throw new Error("the frames are read for ever");
      if (request) toWallet.push(request.bytes);
      return path.includes("ack") ? onAck() : Response.json(listed(toClinic));
    },
  } as unknown as ClinicApi;
  const session = { tagHash, checkIn: CheckIn.decode(hexToBytes(wallet.sessions[0]!.checkIn!)) } as ClinicSession;
  const channels = new MemoryChannelStore();
  const ends = { api, channels, serviceId: serviceIdOfKeys(keys), hpkeSecretKey: keys.hpkeSecretKey };

  await wallet.send(tagHash, utf8ToBytes("one"));
  expect(await receiveMessages(ends, session)).toEqual([utf8ToBytes("one")]);
  await wallet.send(tagHash, utf8ToBytes("two"));
  onAck = () => new Response("not JSON");
  expect(await receiveMessages(ends, session)).toEqual([utf8ToBytes("two")]);
  await expect(receiveMessages(ends, session)).rejects.toMatchObject({ code: "unreadable-answer" }); // nothing to lose

  await sendMessage(ends, session, utf8ToBytes("three"), "three");
  expect(await wallet.receive(tagHash)).toEqual([utf8ToBytes("three")]);
  expect(await wallet.receive(tagHash)).toEqual([]);
  world.answer = () => ({ frames: [{ seq: 1 }] });
  await expect(wallet.receive(tagHash)).rejects.toMatchObject({ code: "bad-answer" });
  world.answer = () => ({});
  await expect(wallet.receive(tagHash)).rejects.toMatchObject({ code: "bad-answer" });
});

describe("enrolment", () => {
  it("shows the person's record first, and commits to nothing before it is confirmed", async () => {
    const world = new World();
    const wallet = await world.wallet();
    const offer = await wallet.startEnrolment(ACCOUNT, "code");
    expect(offer).toMatchObject({
      name: "Jane Roe",
      birthDate: "1970-01-31",
      selector: "A123456780",
      warnings: [],
      confirmed: false,
    });
    expect(offer.patient.resource.resourceType).toBe("Patient");
    expect(stateOf(wallet)).toMatchObject({ account: undefined, pendingEnrolment: undefined, generations: [] });
    expect(world.contracts).toEqual([]);
    await wallet.declineEnrolment(offer);
    expect(world.asked.at(-1)).toBe("registrar.test/v1/enrol/decline");
    expect(world.contracts).toEqual([]);
  });

  it("can be repeated with the same bytes when the answer was lost, also after the app starts anew", async () => {
    const world = new World();
    const store = new MemoryStore();
    const first = await Wallet.create({ transport: world.transport, deployment, store });
    const offer = await first.startEnrolment(ACCOUNT, "code");
    world.lose = "/v1/enrol";
    await expect(first.confirmEnrolment(offer)).rejects.toThrow();
    const again = (await Wallet.open({ transport: world.transport, deployment, store }))!;
    expect(again.overview().enrolmentPending).toBe(true);
    const same = await again.startEnrolment(ACCOUNT, "code");
    expect(same).toMatchObject({ confirmed: true, identity: offer.identity });
    expect(await again.confirmEnrolment(same)).toMatchObject({ generation: 0 });
    expect(world.contracts.length).toBe(2);
    expect(world.contracts[1]).toEqual(world.contracts[0]);
  });

  it("refuses to confirm when the registrar's answer has changed since the person read it", async () => {
    const world = new World();
    const wallet = await world.wallet();
    const offer = await wallet.startEnrolment(ACCOUNT, "code");
    await world.enrolledWallet();
    await expect(wallet.confirmEnrolment(offer)).rejects.toMatchObject({ code: "record-changed" });
    expect(world.contracts.length).toBe(1);
  });

  it("draws a new salt for each phone, continues the one before, and reads the whole log again", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    const fresh = await world.wallet(old.recoveryWords);
    const offer = await fresh.startEnrolment(ACCOUNT, "code");
    expect(offer.ownPhones).toMatchObject([{ generation: 0, salt: stateOf(old).generations[0]!.salt }]);
    expect(await fresh.confirmEnrolment(offer)).toMatchObject({ generation: 1, epochFrom: EPOCH });
    const chain = verifyChain(world.contracts);
    expect(chain).toMatchObject({ ok: true, links: [{ continues: false }, { continues: true }] });
    expect(stateOf(fresh)).toMatchObject({ logReading: { seen: 0 }, restored: false });
    expect(stateOf(fresh).generations.map((g) => g.generation)).toEqual([0, 1]);
    expect(secretsOf(fresh, 0)).toEqual(secretsOf(old, 0));
    expect(secretsOf(fresh, 1).z).not.toBe(secretsOf(old, 0).z);
  });

  it("never repeats secrets, whatever generation the registrar claims, and tells a restored wallet", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    world.contracts.splice(0); // the registrar hides the earlier phone
    const fresh = await world.wallet(old.recoveryWords);
    const offer = await fresh.startEnrolment(ACCOUNT, "code");
    expect(offer.warnings[0]).toContain("no earlier phone");
    await expect(fresh.confirmEnrolment(offer)).rejects.toMatchObject({ code: "no-earlier-phone" });
    expect(world.contracts).toEqual([]);
    expect(await fresh.confirmEnrolment(offer, { withoutEarlierPhone: true })).toMatchObject({ generation: 0 });
    expect(secretsOf(fresh, 0).k).not.toBe(secretsOf(old, 0).k);
    expect(secretsOf(fresh, 0).z).not.toBe(secretsOf(old, 0).z);
  });

  it("believes no contract that it did not make, and says so", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    const stranger = await world.wallet();
    const foreign = await stranger.startEnrolment(ACCOUNT, "code");
    expect(foreign.ownPhones).toEqual([]);
    expect(foreign.warnings[0]).toContain("under other recovery words");
    await stranger.confirmEnrolment(foreign);
    const fresh = await world.wallet(old.recoveryWords);
    const offer = await fresh.startEnrolment(ACCOUNT, "code");
    expect(offer.ownPhones.map((g) => g.generation)).toEqual([0]);
    expect(offer.warnings[0]).toContain("another one was registered for you");
    await fresh.confirmEnrolment(offer);
    const none = { continues: false };
    expect(verifyChain(world.contracts)).toMatchObject({ ok: true, links: [none, none, none] });
    expect(stateOf(fresh).generations.map((g) => g.generation)).toEqual([0, 2]);
    // A broken chain is refused: contracts in another order, or one left out.
    world.contracts.splice(1, 1);
    const third = await world.wallet(old.recoveryWords);
    await expect(third.startEnrolment(ACCOUNT, "code")).rejects.toMatchObject({ code: "bad-enrolment" });
  });

  it("keeps a wallet to one registration", async () => {
    const wallet = await new World().enrolledWallet();
    await expect(wallet.startEnrolment("22".repeat(16), "code")).rejects.toMatchObject({ code: "other-registration" });
  });
});

it("asks the registrar for parameters when it enrols, and only the service when it checks in", async () => {
  const world = new World();
  const [enrolled, keys] = [await world.enrolledWallet(), await newClinic()];
  const store = new MemoryStore();
  await store.save(stateOf(enrolled), 0);
  world.asked.splice(0);
  const wallet = (await Wallet.open({ transport: world.transport, deployment, store }))!;
  await wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  await wallet.refresh();
  expect(world.asked).toEqual(["service.test/v1/sessions"]);

  // Stored parameters are verified like served ones.
  const [{ document }] = stateOf(enrolled).parameters as [ServedParameters];
  const { revision } = (await store.load())!;
  await store.save(
    { ...stateOf(enrolled), revision, parameters: [{ document, keySet: toBase64url(new Uint8Array()) }] },
    revision,
  );
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
