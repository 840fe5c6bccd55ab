// S4 Single use. One presentation opens one session. It does not matter who sends it, how often, to how many services, or
// whether the machine was switched off in between. A wallet gets J visits per epoch, however it is written.
//
// Controls: a service that names the session's object afresh at each request opens the same tag again and again. A service
// without the bound on slots gives a wallet one visit more. If the disk has lost object and row, the same bytes open again,
// so it was those two that refused. The epoch is then closed by hand, and nothing opens in it any more.

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { api } from "../../client/transport.ts";
import { CheckInError } from "../../client/wallet/sending.ts";
import type { Wallet } from "../../client/wallet.ts";
import { type Host, startHost } from "../../local/host.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { epochStart } from "../../protocol/epoch.ts";
import {
  craftCheckIn,
  HOOK_MILLISECONDS,
  openSessions,
  partsOf,
  plantedPerson,
  postCheckIn,
  REFUSED,
  settled,
  visit,
} from "./visits.ts";

const EPOCH = 678; // 2026-07
const START = epochStart(EPOCH) + 9 * 3600;
const J = 6;

interface Scene {
  practice: Practice;
  clinics: Clinic[];
  enrol(n: number): Promise<Wallet>;
}

async function openScene(options: Parameters<typeof openPractice>[0] = {}): Promise<Scene> {
  const practice = await openPractice({ start: START, epochs: 2, slots: J, ...options });
  return {
    practice,
    clinics: [await practice.openClinic("A"), await practice.openClinic("B")],
    enrol: async (n) => {
      const { entry, selector } = plantedPerson(`S4x${n}`, n);
      return (await practice.enrolPatient(entry, selector, { coverage: "standard" })).wallet;
    },
  };
}

const persist = mkdtempSync(join(tmpdir(), "symbolon-s04-"));
let scene: Scene;
let weak: Scene;
let host: Host | undefined;
beforeAll(async () => {
  scene = await openScene({ persist });
  host = scene.practice.host;
  weak = await openScene({
    weaken: {
      service: [
        {
          swap: "functions/service/session-objects.ts",
          with: "test/attacks/roles/scattered-session-objects.ts",
        },
        { file: "protocol/presentation.ts", find: "|| p.slot >= expected.slots", replace: "" },
      ],
    },
  });
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await host?.stop();
  await weak?.practice.stop();
  rmSync(persist, { recursive: true, force: true });
});

const count = (statuses: { status: number }[], status: number): number =>
  statuses.filter((a) => a.status === status).length;

/** The same bytes, many times at once. */
const flood = (s: Scene, bytes: Uint8Array, times: number) =>
  Promise.all(Array.from({ length: times }, () => postCheckIn(s.practice, bytes)));
const receiptsIn = (answers: { status: number; bytes: Uint8Array }[]): number =>
  new Set(answers.map((a) => `${a.status} ${bytesToHex(a.bytes)}`)).size;

/** One slot of one wallet, presented to both clinics. */
async function twoServices(s: Scene, wallet: Wallet, slot: number): Promise<Uint8Array[]> {
  const made = s.clinics.map((clinic) => craftCheckIn(s.practice, partsOf(wallet), clinic, { slot }));
  return (await Promise.all(made)).map((m) => m.bytes);
}

describe("one presentation", () => {
  let wallet: Wallet;
  beforeAll(async () => {
    wallet = await scene.enrol(1);
  }, HOOK_MILLISECONDS);

  it("sent 100 times at once opens one session, and all are told its one receipt", async () => {
    const { bytes } = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 0 });
    const answers = await flood(scene, bytes, 100);
    expect(count(answers, 201)).toBe(100);
    expect(receiptsIn(answers)).toBe(1);
    expect(await settled(scene.practice)).toEqual({ rows: 1, objects: 1, index: 1 });
  });

  it("handed in by its clinic first, under a key of the clinic's own, is told the same receipt to its wallet", async () => {
    const { bytes } = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 1 });
    const key = (name: string) => ({ headers: { "idempotency-key": `"${name}"` } });
    const first = await postCheckIn(scene.practice, bytes, key("the clinic's own"));
    const answers = [
      first,
      await postCheckIn(scene.practice, bytes),
      await postCheckIn(scene.practice, bytes, key("another")),
    ];
    expect(count(answers, 201)).toBe(3);
    expect(receiptsIn(answers)).toBe(1);
    // Control: one key under which something else was answered does not lend its answer to other bytes.
    const other = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 1 });
    expect(await postCheckIn(scene.practice, other.bytes, key("the clinic's own"))).toMatchObject(REFUSED);
  });

  it("other bytes of the same tag are refused", async () => {
    const other = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 0 });
    expect(await postCheckIn(scene.practice, other.bytes)).toMatchObject(REFUSED);
  });
});

describe("one slot", () => {
  it("shown to two services at once opens at one of them", async () => {
    const wallet = await scene.enrol(2);
    const before = (await openSessions(scene.practice)).length;
    const answers = await Promise.all(
      (await twoServices(scene, wallet, 0)).map((bytes) => postCheckIn(scene.practice, bytes)),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([201, 403]);
    expect(await openSessions(scene.practice)).toHaveLength(before + 1);
  });

  it("of two phones that share their words: the second phone is refused", async () => {
    const first = await scene.enrol(3);
    const clone = partsOf(first); // words and credential, copied
    const session = await visit(first, scene.clinics[0]!);
    const { slot } = first.sessions.at(-1)!;
    const again = await craftCheckIn(scene.practice, clone, scene.clinics[1]!, { slot });
    expect(await postCheckIn(scene.practice, again.bytes)).toMatchObject(REFUSED);
    expect((await openSessions(scene.practice)).filter((t) => t === session.tagHash)).toHaveLength(1);
  });
});

describe("J visits an epoch", () => {
  it("the wallet stops by itself, and a wallet that does not is refused", async () => {
    const wallet = await scene.enrol(4);
    for (let i = 0; i < J; i++) await visit(wallet, scene.clinics[i % 2]!);
    const invitation = await scene.clinics[0]!.invitation();
    const offer = await wallet.readInvitation(invitation);
    expect(offer.slotsLeft).toBe(0);
    await expect(wallet.checkIn(offer)).rejects.toBeInstanceOf(CheckInError);
    await expect(wallet.checkIn(offer)).rejects.toMatchObject({ code: "no-slot-left" });

    const before = await openSessions(scene.practice);
    for (let slot = 0; slot <= J; slot++) {
      const { bytes } = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot });
      expect(await postCheckIn(scene.practice, bytes)).toMatchObject(REFUSED);
    }
    expect(await openSessions(scene.practice)).toEqual(before);
  });
});

describe("control: weakened services", () => {
  it("an object for every request instead of one a tag: many sessions, at one service and at two", async () => {
    const wallet = await weak.enrol(1);
    const { bytes } = await craftCheckIn(weak.practice, partsOf(wallet), weak.clinics[0]!, { slot: 0 });
    // The moment of opening stands in the receipt, so each session has a receipt of its own.
    const before = (await openSessions(weak.practice)).length;
    expect(count(await flood(weak, bytes, 10), 201)).toBe(10);
    expect((await settled(weak.practice)).objects).toBeGreaterThan(before + 1);
    const two = await twoServices(weak, wallet, 1);
    const answers = await Promise.all(two.map((b) => postCheckIn(weak.practice, b)));
    expect(answers.map((a) => a.status)).toEqual([201, 201]);
  });

  it("no bound on slots: one visit more than J", async () => {
    const wallet = await weak.enrol(2);
    const { bytes } = await craftCheckIn(weak.practice, partsOf(wallet), weak.clinics[0]!, { slot: J });
    expect((await postCheckIn(weak.practice, bytes)).status).toBe(201);
  });
});

// Last: it switches the machine off.
describe("after a restart from the same disk", () => {
  const restart = async (): Promise<Host> => {
    await host!.stop();
    host = await startHost({ persist });
    return host;
  };

  it("the spent tag is refused, and the same bytes are told their receipt", {
    timeout: HOOK_MILLISECONDS,
  }, async () => {
    const wallet = await scene.enrol(5);
    const spent = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 0 });
    const later = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 1 });
    const elsewhere = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[1]!, { slot: 0 });
    // Made before the restart, because the roles have other ports after it.
    const again = await craftCheckIn(scene.practice, partsOf(wallet), scene.clinics[0]!, { slot: 0 });
    const first = await postCheckIn(scene.practice, spent.bytes);
    expect(first.status).toBe(201);

    let serviceUrl = (await restart()).urls.service;
    expect(await postCheckIn(scene.practice, again.bytes, { serviceUrl })).toMatchObject(REFUSED);
    expect(await postCheckIn(scene.practice, elsewhere.bytes, { serviceUrl })).toMatchObject(REFUSED);
    const repeated = await postCheckIn(scene.practice, spent.bytes, { serviceUrl });
    expect([repeated.status, bytesToHex(repeated.bytes)]).toEqual([201, bytesToHex(first.bytes)]);

    // Control: a disk that lost the spent tags, as one restored from an old backup has.
    for (const binding of ["RECORDS_DB_0", "RECORDS_DB_1"])
      await (await host!.miniflare.getD1Database(binding, "service")).exec("DELETE FROM sessions");
    await host!.stop();
    const objects = join(persist, "do", "service-ReplayWindow");
    expect(existsSync(objects)).toBe(true);
    for (const file of readdirSync(objects)) rmSync(join(objects, file), { recursive: true });
    host = await startHost({ persist });
    serviceUrl = host.urls.service;
    expect((await postCheckIn(scene.practice, spent.bytes, { serviceUrl })).status).toBe(201);

    // Therefore a restore closes the open epoch: not even an unspent tag opens in it.
    await api(scene.practice.transport, serviceUrl, `/v1/admin/epochs/${EPOCH}/close`, {
      method: "POST",
      signWith: host.adminSecretKey,
    });
    expect(await postCheckIn(scene.practice, later.bytes, { serviceUrl })).toMatchObject(REFUSED);
  });
});
