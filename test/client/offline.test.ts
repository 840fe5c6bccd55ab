// A clinic without network: it verifies check-ins, queues them, and settles them when the service answers again. Each outcome
// of a settlement stands here once; test/cli/offline.test.ts does the same with real roles and processes.

import { expect, it } from "vitest";
import { renewCard } from "../../client/clinic/keys.ts";
import { MemoryOfflineStore } from "../../client/clinic/offline.ts";
import { Clinic } from "../../client/clinic.ts";
import type { Wallet } from "../../client/wallet.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { arrivalsEnd } from "../../protocol/epoch.ts";
import { rng } from "../support/trustees.ts";
import {
  deployment,
  EPOCH,
  invitation,
  NOW,
  newClinic,
  parameters,
  receiptFor,
  World,
} from "../support/wallet-world.ts";

const TOKEN = { access_token: "token", expires_in: 300 };
const refusal = (code: string): Response => Response.json({ code }, { status: 403 });

/** A clinic that knows the parameters, and an enrolled patient. */
async function visitors(wallets = 1) {
  const world = new World();
  world.answer = (path) => (path === "/v1/token" ? TOKEN : undefined);
  const keys = await newClinic();
  const clinic = new Clinic(world.transport, deployment, keys);
  await clinic.challenge(); // with network
  const patients: Wallet[] = [];
  for (let i = 0; i < wallets; i++) patients.push(await world.enrolledWallet());
  const store = new MemoryOfflineStore();
  const handOver = async (i = 0) => {
    const offer = await patients[i]!.readInvitation(await clinic.invitationText({ withCard: true }));
    return patients[i]!.handOver(offer);
  };
  return { world, keys, clinic, store, queue: clinic.offline(store), wallet: patients[0]!, handOver };
}

it("takes a check-in without a request, and settles it later", async () => {
  const { world, queue, wallet, handOver, clinic } = await visitors();
  const asked = world.asked.length;
  const { checkIn, tagHash, tid } = await handOver();
  const taken = await queue.take(checkIn);
  expect(taken).toMatchObject({ outcome: "taken", session: { tagHash, tid }, entry: { takenAt: NOW } });
  expect(await queue.take(checkIn)).toMatchObject({ outcome: "repeated" });
  expect(world.asked.length).toBe(asked);
  expect(wallet.sessions).toMatchObject([{ state: "prepared", handedOver: true }]);

  const settled = await queue.settle();
  expect(settled).toMatchObject([{ result: "settled", entry: { tagHash } }]);
  expect(await queue.settle()).toEqual([]);
  expect(await queue.list()).toMatchObject([{ tagHash, outcome: { result: "settled", at: NOW } }]);
  expect(clinic.parameters).toHaveLength(1);
});

it("never shows the slot of a handed over check-in again", async () => {
  const { handOver } = await visitors();
  const tags = new Set<string>();
  for (let i = 0; i < parameters.slots; i++) tags.add((await handOver()).tagHash);
  expect(tags.size).toBe(parameters.slots);
  await expect(handOver()).rejects.toMatchObject({ code: "no-slot-left" });
});

it("starts without network with the parameters that it kept, and not without them", async () => {
  const { world, keys, clinic, handOver } = await visitors();
  const kept = JSON.parse(JSON.stringify(clinic.parameters));
  const { checkIn } = await handOver();
  world.refuse = "/v1/parameters";
  const asked = world.asked.length;
  const restarted = new Clinic(world.transport, deployment, keys, undefined, kept);
  expect(await restarted.offline(new MemoryOfflineStore()).take(checkIn)).toMatchObject({ outcome: "taken" });
  expect(world.asked.length).toBe(asked);
  const empty = new Clinic(world.transport, deployment, keys);
  await expect(empty.offline(new MemoryOfflineStore()).take(checkIn)).rejects.toMatchObject({ code: "no-parameters" });
  const forged = new Clinic(
    world.transport,
    { ...deployment, registrarKey: "00".repeat(32) as never },
    keys,
    undefined,
    kept,
  );
  await expect(forged.offline(new MemoryOfflineStore()).take(checkIn)).rejects.toMatchObject({
    code: "untrusted-parameters",
  });
});

it("refuses a check-in that is old, foreign, altered or no check-in", async () => {
  const { world, queue, handOver, clinic, wallet } = await visitors();
  const { checkIn } = await handOver();
  world.now = NOW + parameters.challengeWindowSeconds + 1;
  await expect(queue.take(checkIn)).rejects.toMatchObject({ code: "stale-check-in" });
  world.now = NOW - parameters.challengeWindowSeconds - 1;
  await expect(queue.take(checkIn)).rejects.toMatchObject({ code: "stale-check-in" });
  world.now = NOW;
  const other = await newClinic("Other");
  const offer = await wallet.readInvitation(invitation(other));
  const foreign = await wallet.handOver(offer);
  await expect(queue.take(foreign.checkIn)).rejects.toMatchObject({ code: "foreign-challenge" });
  await expect(queue.take(checkIn.subarray(1))).rejects.toMatchObject({ code: "bad-check-in" });
  const altered = checkIn.slice();
  altered[altered.length - 90]! ^= 1; // the claim: only the presentation's context covers it
  await expect(queue.take(altered)).rejects.toThrow();
  expect(await queue.list()).toEqual([]);
  expect(await queue.take(checkIn)).toMatchObject({ outcome: "taken" }); // control
  expect(clinic.serviceId).toHaveLength(16);
});

it("keeps both check-ins of a tag that was used twice, and admits nobody on the second", async () => {
  const { world, queue, wallet, clinic } = await visitors();
  // Not handed over: the answer of the service is lost, so the wallet may show the slot again at this clinic.
  const checkIns: Uint8Array[] = [];
  world.onCheckIn = (body) => {
    checkIns.push(body.slice());
    return new Response("<html>please log in</html>");
  };
  for (let i = 0; i < 2; i++) {
    const offer = await wallet.readInvitation({ card: clinic.card(), challenge: await clinic.challenge() });
    await expect(wallet.checkIn(offer)).rejects.toThrow();
  }
  const [first, second] = checkIns as [Uint8Array, Uint8Array];
  expect(await queue.take(first)).toMatchObject({ outcome: "taken" });
  expect(await queue.take(second)).toMatchObject({ outcome: "used-twice", entry: { checkIn: toBase64url(first) } });
  expect(await queue.take(second)).toMatchObject({ outcome: "used-twice" });
  expect(await queue.list()).toMatchObject([{ again: [{ checkIn: toBase64url(second) }] }]);
});

it.each([
  ["used-elsewhere", "credential-refused", undefined],
  ["used-here", "credential-refused", "other"],
  ["too-late", "clock-skew", undefined],
  ["refused", "malformed", undefined],
] as const)("tells %s from the service's answers", async (result, code, session) => {
  const { world, queue, handOver, wallet, clinic } = await visitors();
  let other: Uint8Array | undefined;
  if (session) {
    // the same tag in other bytes, as the service would hand them out
    world.onCheckIn = (body) => {
      other = body.slice();
      return new Response("");
    };
    const offer = () =>
      clinic.challenge().then((challenge) => wallet.readInvitation({ card: clinic.card(), challenge }));
    await expect(wallet.checkIn(await offer())).rejects.toThrow();
    const first = other!;
    await expect(wallet.checkIn(await offer())).rejects.toThrow();
    await queue.take(first);
  } else await queue.take((await handOver()).checkIn);
  world.onCheckIn = () => refusal(code);
  const { tagHash } = (await queue.list())[0]!;
  world.answer = (path) => {
    if (path === "/v1/token") return TOKEN;
    if (other && path.endsWith(`/sessions/${tagHash}`))
      return { tagHash: toBase64url(Buffer.from(tagHash, "hex")), checkIn: toBase64url(other) };
    return undefined;
  };
  expect(await queue.settle()).toMatchObject([{ result }]);
  expect(await queue.list()).toMatchObject([{ outcome: { result } }]);
});

it("says old-card if the clinic has registered another card since", async () => {
  const { world, keys, clinic, store, queue, handOver } = await visitors();
  await queue.take((await handOver()).checkIn);
  world.onCheckIn = () => refusal("credential-refused");
  const renewed = new Clinic(world.transport, deployment, renewCard(keys, {}, NOW), undefined, clinic.parameters);
  expect(await renewed.offline(store).settle()).toMatchObject([{ result: "old-card" }]);
});

it("keeps everything waiting if the service is down, silent, or lies, or if the clinic's own key is refused", async () => {
  const { world, queue, handOver } = await visitors();
  for (let i = 0; i < 2; i++) await queue.take((await handOver()).checkIn);
  world.onCheckIn = () => {
    throw new TypeError("fetch failed");
  };
  const down = await queue.settle();
  expect(down.map((s) => s.result)).toEqual([undefined, undefined]);
  world.onCheckIn = () => refusal("not-allowed-now"); // suspended
  expect((await queue.settle()).map((s) => s.result)).toEqual([undefined, undefined]);
  world.onCheckIn = (body) => new Response(receiptFor(body, rng(32)) as BodyInit); // another key's receipt
  expect((await queue.settle()).map((s) => s.result)).toEqual([undefined, undefined]);
  world.onCheckIn = () => refusal("token-refused");
  await expect(queue.settle()).rejects.toMatchObject({ code: "token-refused" });
  world.answer = (path) => (path === "/v1/token" ? refusal("credential-refused") : undefined);
  await expect(queue.settle()).rejects.toMatchObject({ code: "credential-refused" });
  expect((await queue.list()).every((e) => e.outcome === undefined)).toBe(true);
  world.onCheckIn = undefined; // control: the service is back
  world.answer = (path) => (path === "/v1/token" ? TOKEN : undefined);
  expect((await queue.settle()).map((s) => s.result)).toEqual(["settled", "settled"]);
}, 30_000);

it("hands in the same bytes again if it died before the outcome was stored", async () => {
  const { world, queue, store, handOver, clinic } = await visitors();
  await queue.take((await handOver()).checkIn);
  const seen: string[] = [];
  world.onCheckIn = (body) => {
    seen.push(toBase64url(body));
    return new Response(receiptFor(body) as BodyInit);
  };
  store.replace = () => Promise.reject(new Error("power cut"));
  await expect(queue.settle()).rejects.toThrow("power cut");
  Reflect.deleteProperty(store, "replace");
  expect(await clinic.offline(store).settle()).toMatchObject([{ result: "settled" }]);
  expect(seen).toHaveLength(2);
  expect(seen[0]).toBe(seen[1]);
});

it("forgets an entry with an outcome when its month is over, and no waiting one", async () => {
  const { world, queue, handOver } = await visitors();
  await queue.take((await handOver()).checkIn);
  await queue.settle();
  await queue.take((await handOver()).checkIn);
  world.onCheckIn = () => refusal("not-allowed-now");
  world.now = arrivalsEnd(EPOCH, parameters);
  await queue.settle();
  expect(await queue.list()).toMatchObject([{ takenAt: NOW }]);
  expect((await queue.list())[0]!.outcome).toBeUndefined();
});
