// S5 Replay. Frames go between wallet and clinic. A frame is refused if it is repeated, too old, beyond the window, altered,
// reflected, or of another session. Either the edge's window or the receiver's window refuses it. An accepted frame is read
// once, also if the objects were evicted from memory and started from disk in between.
//
// Controls: an edge whose window lets everything pass accepts a repeated frame again once the first was fetched. A receiver
// that keeps no window reads the frame twice.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Clinic, type ClinicSession } from "../../client/clinic.ts";
import { FrameChannel, FrameError } from "../../client/sealing/messages.ts";
import { api } from "../../client/transport.ts";
import { phoneOf, stateOf } from "../../client/wallet/inspect.ts";
import { sessionKeys, walletRoot } from "../../client/wallet/keys.ts";
import type { Wallet } from "../../client/wallet.ts";
import { type Host, startHost } from "../../local/host.ts";
import { deploymentOf, openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { WINDOW } from "../../protocol/replay-window.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import { type Answer, answerOf, HOOK_MILLISECONDS, plantedPerson, REFUSED, utf8, visit } from "./visits.ts";

const START = epochStart(678) + 9 * 3600;
const text = (b: Uint8Array): string => new TextDecoder().decode(b);

interface Scene {
  practice: Practice;
  clinic: Clinic;
  wallet: Wallet;
}

async function openScene(options: Parameters<typeof openPractice>[0] = {}): Promise<Scene> {
  const practice = await openPractice({ start: START, epochs: 2, ...options });
  const clinic = await practice.openClinic("A");
  const { entry, selector } = plantedPerson("Replay", 1);
  return { practice, clinic, wallet: (await practice.enrolPatient(entry, selector, { coverage: "standard" })).wallet };
}

const persist = mkdtempSync(join(tmpdir(), "symbolon-s05-"));
let scene: Scene;
let weak: Scene;
let host: Host | undefined;
beforeAll(async () => {
  scene = await openScene({ persist });
  host = scene.practice.host;
  weak = await openScene({
    weaken: {
      service: [{ swap: "protocol/replay-window.ts", with: "test/attacks/roles/forgetful-replay-window.ts" }],
    },
  });
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await host?.stop();
  await weak?.practice.stop();
  rmSync(persist, { recursive: true, force: true });
});

/** A session whose wallet end of the channel is in the attacker's hands. The attacker can make frames with any number. */
class Line {
  readonly session: ClinicSession;
  readonly scene: Scene;
  readonly #authSecretKey: Uint8Array;
  readonly #state: Uint8Array;
  readonly #path: string;

  private constructor(s: Scene, session: ClinicSession, authSecretKey: Uint8Array, state: Uint8Array) {
    this.scene = s;
    this.session = session;
    this.#authSecretKey = authSecretKey;
    this.#state = state;
    this.#path = `/v1/sessions/${bytesToHex(s.clinic.serviceId)}/${session.tagHash}/frames`;
  }

  static async open(s: Scene): Promise<Line> {
    const session = await visit(s.wallet, s.clinic);
    const { generation, epoch, slot, channel } = stateOf(s.wallet).sessions.find((x) => x.tagHash === session.tagHash)!;
    const { authSecretKey } = await sessionKeys(
      walletRoot(s.wallet.recoveryWords),
      phoneOf(s.wallet, generation),
      epoch,
      slot,
    );
    return new Line(s, session, authSecretKey, hexToBytes(channel!));
  }

  /** The wallet's frame with this number. The state: version, direction, tagHash, two keys, u64 next seq, window. */
  frame(seq: number, message = `message ${seq}`): Uint8Array {
    const state = this.#state.slice();
    new DataView(state.buffer).setBigUint64(2 + 3 * 32, BigInt(seq));
    return FrameChannel.restore(state).send(utf8(message));
  }

  async post(frame: Uint8Array, options: { idempotencyKey?: string; signed?: Uint8Array; url?: string } = {}) {
    const { transport, host: at } = this.scene.practice;
    const parts = { method: "POST", url: (options.url ?? at.urls.service) + this.#path, body: options.signed ?? frame };
    const response = await transport.fetch((options.url ?? at.urls.service) + this.#path, {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        "symbolon-clock": String(transport.now()),
        [SIGNATURE_HEADER]: signRequest(parts, this.#authSecretKey, transport.now(), transport.rng),
        ...(options.idempotencyKey === undefined ? {} : { "idempotency-key": options.idempotencyKey }),
      },
      body: frame as BodyInit,
    });
    return answerOf(response);
  }

  /** Lets the clinic read its messages. It acknowledges them, and they leave the queue. */
  async read(clinic: Clinic = this.scene.clinic): Promise<string[]> {
    return (await clinic.receive(this.session)).map(text);
  }
}

const ACCEPTED = { status: 202 };
const flip = (b: Uint8Array, at: number): Uint8Array => b.map((x, i) => (i === (at + b.length) % b.length ? x ^ 1 : x));

describe("at the edge", () => {
  it("a frame sent again is refused, before and after it was read, and read once", async () => {
    const line = await Line.open(scene);
    const frame = line.frame(0);
    expect(await line.post(frame)).toMatchObject(ACCEPTED);
    expect(await line.post(frame)).toMatchObject(REFUSED);
    expect(await line.post(frame, { idempotencyKey: "ab".repeat(16) })).toMatchObject(REFUSED);
    expect(await line.read()).toEqual(["message 0"]);
    expect(await line.post(frame)).toMatchObject(REFUSED);
    expect(await line.post(line.frame(0, "another text under the same number"))).toMatchObject(REFUSED);
    expect(await line.read()).toEqual([]);
  });

  it("sent twenty times at once it is taken once", async () => {
    const line = await Line.open(scene);
    const frame = line.frame(0);
    const answers: Answer[] = await Promise.all(Array.from({ length: 20 }, () => line.post(frame)));
    expect(answers.filter((a) => a.status === 202)).toHaveLength(1);
    expect(await line.read()).toEqual(["message 0"]);
  });

  it("in any order within the window each is taken once; behind the window none", async () => {
    const line = await Line.open(scene);
    const top = WINDOW + 900;
    for (const seq of [3, 0, top, top - 1, 900, 5000]) expect(await line.post(line.frame(seq))).toMatchObject(ACCEPTED);
    for (const seq of [1, 2, 899]) expect(await line.post(line.frame(seq))).toMatchObject(REFUSED); // never sent before
    for (const seq of [3, 900, 5000, top]) expect(await line.post(line.frame(seq))).toMatchObject(REFUSED);
    expect(await line.post(line.frame(901))).toMatchObject(ACCEPTED);
    // The clinic reads the queue by number; its own window takes what the edge's took.
    expect((await line.read()).sort()).toEqual([3, 0, top, top - 1, 900, 901, 5000].map((n) => `message ${n}`).sort());
  });

  it("altered on the way, from a stranger, or in the other direction: refused, and the true one still passes", async () => {
    const line = await Line.open(scene);
    const other = await Line.open(scene);
    const frame = line.frame(0);
    for (let at = 0; at < frame.length; at += 37)
      expect(await line.post(flip(frame, at), { signed: frame })).toMatchObject(REFUSED);
    const { transport, host: at } = scene.practice;
    const path = `/v1/sessions/${bytesToHex(scene.clinic.serviceId)}/${line.session.tagHash}/frames`;
    const asStranger = api(transport, at.urls.service, path, { bytes: frame, signWith: transport.rng(32) });
    await expect(asStranger).rejects.toMatchObject({ code: "credential-refused" });
    const reflected = frame.slice();
    reflected[1] = 1;
    expect(await line.post(reflected)).toMatchObject({ status: 400, code: "malformed" });
    expect(await other.read()).toEqual([]);
    expect(await line.post(frame)).toMatchObject(ACCEPTED);
    expect(await line.read()).toEqual(["message 0"]);
  });
});

describe("at the receiver, whatever the edge hands out", () => {
  /** A clinic whose operator changes the queue's answers. */
  const lied = (change: (frames: { seq: number; frame: string }[]) => unknown[]): Clinic => {
    const { transport, deployment } = scene.practice;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await transport.fetch(input, init);
      if (!/\/frames/.test(String(input)) || (init?.method ?? "GET") !== "GET") return response;
      const { frames } = (await response.json()) as { frames: { seq: number; frame: string }[] };
      return Response.json({ frames: frames.length === 0 ? [] : change(frames) });
    };
    return new Clinic({ ...transport, fetch }, deployment, scene.clinic.keys);
  };

  it("repeated, altered, of another session, reflected: the clinic reads only what its patient wrote, once", async () => {
    const line = await Line.open(scene);
    const other = await Line.open(scene);
    const clinic = lied((frames) => {
      const [first] = frames as [{ seq: number; frame: string }];
      const raw = Buffer.from(first.frame, "base64url");
      const frame = (b: Uint8Array): { seq: number; frame: string } => ({
        seq: first.seq,
        frame: Buffer.from(b).toString("base64url"),
      });
      const renumbered = flip(raw, 9);
      const reflected = raw.map((x, i) => (i === 1 ? 1 : x));
      return [
        frame(flip(raw, -1)),
        frame(renumbered),
        frame(reflected),
        frame(other.frame(0)),
        first,
        first,
        ...frames,
      ];
    });
    await line.post(line.frame(0));
    expect(await line.read(clinic)).toEqual(["message 0"]);
  });

  it("a frame posted into another session is read in neither", async () => {
    const [line, other] = [await Line.open(scene), await Line.open(scene)];
    expect(await other.post(line.frame(0))).toMatchObject(ACCEPTED); // a number not used there: the edge cannot tell
    expect(await other.read()).toEqual([]);
    expect(await line.post(line.frame(0))).toMatchObject(ACCEPTED);
    expect(await line.read()).toEqual(["message 0"]);
  });
});

describe("control", () => {
  it("an edge without the window takes a repeated frame again once the first was read", async () => {
    const line = await Line.open(weak);
    const frame = line.frame(0);
    expect(await line.post(frame)).toMatchObject(ACCEPTED);
    expect(await line.read()).toEqual(["message 0"]);
    expect(await line.post(frame)).toMatchObject(ACCEPTED);
    // the clinic's own window stands behind it; a clinic that forgot its channel reads the message twice
    expect(await line.read()).toEqual([]);
    expect(await line.post(frame)).toMatchObject(ACCEPTED);
    const forgetful = new Clinic(weak.practice.transport, weak.practice.deployment, weak.clinic.keys);
    expect(await line.read(forgetful)).toEqual(["message 0"]);
  });

  it("a receiver that does not keep its window reads a frame twice; one that does, once", async () => {
    const line = await Line.open(scene);
    const frame = line.frame(0);
    const sent: string[] = [];
    const kept = new Map<string, string>();
    const store = { load: async (t: string) => kept.get(t), save: async (t: string, c: string) => void kept.set(t, c) };
    const clinic = new Clinic(scene.practice.transport, scene.practice.deployment, scene.clinic.keys, store);
    await line.post(line.frame(1));
    sent.push(...(await line.read(clinic)));
    const before = hexToBytes(kept.get(line.session.tagHash)!);
    const receiver = FrameChannel.restore(before);
    expect(text(receiver.receive(frame))).toBe("message 0");
    expect(() => receiver.receive(frame)).toThrow(FrameError);
    expect(text(FrameChannel.restore(before).receive(frame))).toBe("message 0");
    expect(sent).toEqual(["message 1"]);
  });
});

// Last: it switches the machine off.
describe("over a restart of the objects", () => {
  it("nothing accepted is lost, nothing refused before passes after", { timeout: HOOK_MILLISECONDS }, async () => {
    const line = await Line.open(scene);
    const numbers = [0, 2, 1, 40, 7];
    for (const seq of numbers) expect(await line.post(line.frame(seq))).toMatchObject(ACCEPTED);
    const repeated = line.frame(41);
    expect(await line.post(repeated, { idempotencyKey: "cd".repeat(16) })).toMatchObject(ACCEPTED);
    await host!.stop();
    host = await startHost({ persist });
    const url = host.urls.service;

    for (const seq of numbers) expect(await line.post(line.frame(seq), { url })).toMatchObject(REFUSED);
    expect(await line.post(repeated, { url, idempotencyKey: "cd".repeat(16) })).toMatchObject(ACCEPTED); // told again
    expect(await line.post(line.frame(3), { url })).toMatchObject(ACCEPTED);
    const clinic = new Clinic(scene.practice.transport, deploymentOf(host), scene.clinic.keys);
    expect((await line.read(clinic)).sort()).toEqual([...numbers, 41, 3].map((n) => `message ${n}`).sort());
    expect(await line.read(clinic)).toEqual([]);
    for (const seq of [...numbers, 41, 3]) expect(await line.post(line.frame(seq), { url })).toMatchObject(REFUSED);
  });
});
