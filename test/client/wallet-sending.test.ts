// The wallet when answers to its check-ins are lost, forged, or from a proxy, and when two windows share its store.

import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, it } from "vitest";
import { stateOf } from "../../client/wallet/inspect.ts";
import { MemoryStore, StoreConflictError } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { enrolWith } from "../../local/enrol.ts";
import { presentationHashOf } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { rng } from "../support/trustees.ts";
import { deployment, invitation, newClinic, receiptFor, refusalBy, SLOTS, World } from "../support/wallet-world.ts";

const visit = async (wallet: Wallet, keys: Awaited<ReturnType<typeof newClinic>>) =>
  wallet.checkIn(await wallet.readInvitation(invitation(keys)));

it("keeps a check-in prepared for any answer but a refusal that the service's Worker signed", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  const refused = (code: string, more: object = {}) => Response.json({ code, ...more }, { status: 403 });
  const forged = ed25519.keygen(rng(32)).secretKey;
  const other = toBase64url(refusalBy(undefined, rng(40)));
  const answers: ((body: Uint8Array) => Response)[] = [
    () => new Response("slow down", { status: 429 }),
    () => Response.json({ code: "too-many" }, { status: 429 }),
    () => new Response("<html>please log in</html>"),
    () => refused("credential-refused"),
    (body) => refused("credential-refused", { refusal: toBase64url(refusalBy(forged, body)) }),
    () => refused("credential-refused", { refusal: other }),
    () => refused("clock-skew", { refusal: "noise" }),
  ];
  for (const answer of answers) {
    world.onCheckIn = answer;
    await expect(visit(wallet, keys)).rejects.toThrow();
    expect(wallet.sessions.map((s) => s.state)).toEqual(["prepared"]);
  }
  // Control: the Worker's own signature ends it.
  world.onCheckIn = (body) => refused("credential-refused", { refusal: toBase64url(refusalBy(undefined, body)) });
  await expect(visit(wallet, keys)).rejects.toMatchObject({ code: "check-in-refused" });
  expect(wallet.sessions.map((s) => s.state)).toEqual(["refused"]);
});

it("believes a receipt only under the service Worker's pinned key", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  world.onCheckIn = (body) => new Response(receiptFor(body, rng(32)) as BodyInit);
  await expect(visit(wallet, keys)).rejects.toMatchObject({ code: "bad-receipt" });
  expect(wallet.sessions.map((s) => s.state)).toEqual(["prepared"]);
  world.onCheckIn = undefined; // control: the pinned key
  await visit(wallet, keys);
  expect(wallet.sessions.map((s) => s.state)).toEqual(["open"]);
});

it("spends one slot for sixteen refusals of one clinic in a day, and never shows it elsewhere", async () => {
  const world = new World();
  const [wallet, keys, other] = [await world.enrolledWallet(), await newClinic(), await newClinic("Other")];
  world.onCheckIn = (body) =>
    Response.json({ code: "credential-refused", refusal: toBase64url(refusalBy(undefined, body)) }, { status: 403 });
  for (let i = 0; i < 16; i++) await expect(visit(wallet, keys)).rejects.toMatchObject({ code: "check-in-refused" });
  expect(wallet.sessions).toHaveLength(1);
  expect(stateOf(wallet).sessions[0]!.earlier).toHaveLength(15);
  const [burnt] = wallet.sessions;
  world.onCheckIn = undefined;
  for (let i = 1; i < SLOTS; i++) await visit(wallet, other);
  const elsewhere = wallet.sessions.slice(1);
  expect(elsewhere.map((s) => s.slot)).not.toContain(burnt!.slot);
  await expect(visit(wallet, other)).rejects.toMatchObject({ code: "no-slot-left" });
  // At the clinic that refused, the slot is still good for a visit.
  await visit(wallet, keys);
  expect(wallet.sessions.find((s) => s.tagHash === burnt!.tagHash)).toMatchObject({ state: "open" });
});

it("takes another slot when an earlier attempt opened the session, and keeps both sessions", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  let first: Uint8Array | undefined;
  world.onCheckIn = (body) => {
    first = body;
    return Response.json({ code: "too-many" }, { status: 429 }); // a proxy's; the clinic hands the check-in in later
  };
  await expect(visit(wallet, keys)).rejects.toThrow();
  const hash = Buffer.from(presentationHashOf(first!)).toString("hex");
  world.onCheckIn = (body) =>
    stateOf(wallet).sessions.length === 1 && stateOf(wallet).sessions[0]!.state === "prepared"
      ? Response.json({ code: "credential-refused", refusal: toBase64url(refusalBy(undefined, body)) }, { status: 403 })
      : new Response(receiptFor(body) as BodyInit);
  world.answer = (path) => (path.endsWith(hash) ? receiptFor(first!) : undefined);
  const { tagHash } = await visit(wallet, keys);
  expect(wallet.sessions.map((s) => s.state)).toEqual(["open", "open"]);
  expect(stateOf(wallet).sessions[0]!.checkIn).toBe(Buffer.from(first!).toString("hex"));
  expect(wallet.sessions[1]!.tagHash).toBe(tagHash);
});

it("finds in its records a visit whose answer was lost", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  let sent: Uint8Array | undefined;
  world.onCheckIn = (body) => {
    sent = body;
    return Response.json({ code: "too-many" }, { status: 429 });
  };
  await expect(visit(wallet, keys)).rejects.toThrow();
  world.answer = (path) => (path.includes("/receipts/") ? undefined : { records: [] });
  await wallet.records();
  expect(wallet.sessions.map((s) => s.state)).toEqual(["prepared"]); // control: the service has no such session
  world.answer = (path) => (path.includes("/receipts/") ? receiptFor(sent!) : { records: [] });
  await wallet.records();
  expect(wallet.sessions.map((s) => s.state)).toEqual(["open"]);
});

it("never spends one slot twice from two windows on one store", async () => {
  const world = new World();
  const store = new MemoryStore();
  const options = { transport: world.transport, deployment, store };
  const enrolled = await world.enrolledWallet();
  await store.save(stateOf(enrolled), 0);
  const tabs = [(await Wallet.open(options))!, (await Wallet.open(options))!];
  const keys = await newClinic();
  await Promise.all(tabs.map((tab) => visit(tab, keys)));
  await Promise.all(tabs.map((tab) => visit(tab, keys)));
  const slots = (await store.load())!.sessions.map((s) => s.slot);
  expect(slots).toHaveLength(4);
  expect(new Set(slots).size).toBe(4);

  // Control: a store that does not compare lets both windows spend the same slots.
  const careless = new MemoryStore();
  const lax = {
    load: () => careless.load(),
    save: async (state: Parameters<MemoryStore["save"]>[0]) =>
      careless.save(state, (await careless.load())?.revision ?? 0),
  };
  await lax.save(stateOf(enrolled));
  const loose = [
    (await Wallet.open({ ...options, store: lax }))!,
    (await Wallet.open({ ...options, store: lax }))!,
  ] as const;
  const taken = async (wallet: Wallet) => {
    for (let i = 0; i < 3; i++) await visit(wallet, keys);
    return wallet.sessions.map((s) => s.slot);
  };
  const [a, b] = [await taken(loose[0]), await taken(loose[1])];
  expect(a.some((slot) => b.includes(slot))).toBe(true); // 3 + 3 of 4 slots
});

it("tells a person when the store holds another wallet, and creates none over it", async () => {
  const world = new World();
  const store = new MemoryStore();
  const options = { transport: world.transport, deployment, store };
  const wallet = await Wallet.create(options);
  await expect(Wallet.create(options)).rejects.toBeInstanceOf(StoreConflictError);
  const { revision } = (await store.load())!;
  await store.save({ ...stateOf(await world.wallet()), revision: revision + 1 }, revision);
  await expect(enrolWith(wallet, { account: "11".repeat(16), enrolmentCode: "code" })).rejects.toMatchObject({
    code: "other-window",
  });
});
