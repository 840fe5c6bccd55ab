// S3 Audience. The paper's tokens named no audience: service A could use what a patient showed it to be that patient at B.
// Here the challenge names the service, the service's key signs it, the wallet checks it, and the proof covers it.
//
// Controls: a service whose statement leaves the challenge out accepts A's presentation under B's challenge. A wallet that
// does not compare the challenge's signer with the clinic that it was shown answers a relay.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import { type Clinic, SessionError } from "../../client/clinic.ts";
import { CheckInError } from "../../client/wallet/sending.ts";
import type { Wallet } from "../../client/wallet.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, hexToBytes, labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { Challenge, CheckIn, openSigned, ServiceCard, signDocument } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  craftChallenge,
  craftCheckIn,
  HOOK_MILLISECONDS,
  opened,
  partsOf,
  plantedPerson,
  postCheckIn,
  REFUSED,
  settled,
  visit,
} from "./visits.ts";

const START = epochStart(678) + 9 * 3600;

interface Scene {
  practice: Practice;
  a: Clinic;
  b: Clinic;
  /** taken to pieces by craftCheckIn, which spends slots that the wallet itself knows nothing of */
  wallet: Wallet;
  /** visits as patients do */
  visitor: Wallet;
}

async function openScene(options: Parameters<typeof openPractice>[0] = {}): Promise<Scene> {
  const practice = await openPractice({ start: START, epochs: 2, ...options });
  const [a, b] = [await practice.openClinic("A"), await practice.openClinic("B")];
  const enrol = async (n: number): Promise<Wallet> => {
    const { entry, selector } = plantedPerson(`Relay${n}`, n);
    return (await practice.enrolPatient(entry, selector, { coverage: "standard" })).wallet;
  };
  return { practice, a, b, wallet: await enrol(1), visitor: await enrol(2) };
}

let scene: Scene;
let weak: Scene;
beforeAll(async () => {
  scene = await openScene();
  weak = await openScene({
    weaken: {
      service: [
        { swap: "protocol/documents.ts", with: "test/attacks/roles/unbound-check-in-context.ts" },
        { file: "protocol/check-in.ts", find: "return provesRow(", replace: "return true || provesRow(" },
      ],
    },
  });
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await scene?.practice.stop();
  await weak?.practice.stop();
});

/** A presentation honestly made for A, and the same under a challenge of B. */
async function swapped(s: Scene, slot: number, context?: (c: Omit<CheckIn, "presentation">) => Uint8Array) {
  const made = await craftCheckIn(s.practice, partsOf(s.wallet), s.a, { slot, ...(context ? { context } : {}) });
  return { forA: made.bytes, forB: CheckIn.encode({ ...made.checkIn, challenge: await s.b.challenge() }) };
}

const tokenOf = async ({ practice }: Scene, clinic: Clinic): Promise<string> => {
  const kept: { bearer?: string } = {};
  const transport = {
    ...practice.transport,
    fetch: ((input, init) => {
      const { authorization } = (init?.headers ?? {}) as Record<string, string>;
      if (authorization) kept.bearer = authorization.slice("Bearer ".length);
      return practice.transport.fetch(input, init);
    }) as typeof fetch,
  };
  await new ClinicApi(transport, practice.deployment.serviceUrl, clinic.keys).own("/sessions");
  return kept.bearer!;
};

describe("a presentation for A at B", () => {
  it("under B's challenge: refused, and nothing is opened anywhere", async () => {
    const { forA, forB } = await swapped(scene, 0);
    const before = await settled(scene.practice);
    expect(await postCheckIn(scene.practice, forB)).toMatchObject(REFUSED);
    expect(await postCheckIn(scene.practice, forB, { bearer: await tokenOf(scene, scene.b) })).toMatchObject(REFUSED);
    expect(await opened(scene.practice)).toEqual(before);
    expect((await postCheckIn(scene.practice, forA)).status).toBe(201);
  });

  it("with A's challenge signed by B, or naming B under A's key: refused", async () => {
    const before = await settled(scene.practice);
    const { checkIn } = await craftCheckIn(scene.practice, partsOf(scene.wallet), scene.a, { slot: 1 });
    const { value } = openSigned(LABELS.signChallenge, Challenge, checkIn.challenge);
    const signedByB = signDocument(LABELS.signChallenge, Challenge, value, hexToBytes(scene.b.keys.signSecretKey));
    const namingB = await craftChallenge(scene.a, { serviceId: scene.b.serviceId });
    for (const challenge of [signedByB, namingB]) {
      const forged = await craftCheckIn(scene.practice, partsOf(scene.wallet), scene.a, { slot: 1, challenge });
      expect(await postCheckIn(scene.practice, CheckIn.encode({ ...checkIn, challenge }))).toMatchObject(REFUSED);
      expect(await postCheckIn(scene.practice, forged.bytes)).toMatchObject(REFUSED);
    }
    expect(await opened(scene.practice)).toEqual(before);
  });

  it("handed in by B with its own token: A's session is not B's to open", async () => {
    const { bytes } = await craftCheckIn(scene.practice, partsOf(scene.wallet), scene.a, { slot: 2 });
    const before = await settled(scene.practice);
    expect(await postCheckIn(scene.practice, bytes, { bearer: await tokenOf(scene, scene.b) })).toMatchObject({
      status: 401,
      code: "token-refused",
    });
    expect(await opened(scene.practice)).toEqual(before);
  });

  it("shown to B itself: B's own verification says no, and A's says yes", async () => {
    const session = await visit(scene.visitor, scene.a);
    await expect(scene.b.verify(session.checkInBytes)).rejects.toBeInstanceOf(SessionError);
    expect((await scene.a.verify(session.checkInBytes)).tagHash).toBe(session.tagHash);
  });

  it("B reads and writes nothing of A's session", async () => {
    const session = await visit(scene.visitor, scene.a);
    const { transport, deployment } = scene.practice;
    const api = new ClinicApi(transport, deployment.serviceUrl, scene.b.keys);
    const ofA = `/v1/services/${bytesToHex(scene.a.serviceId)}`;
    for (const path of [`${ofA}/sessions`, `${ofA}/sessions/${session.tagHash}`, `${ofA}/records`])
      await expect(api.authorised(path)).rejects.toMatchObject({ code: "token-refused" });
    const frames = `/v1/sessions/${bytesToHex(scene.a.serviceId)}/${session.tagHash}/frames`;
    await expect(api.authorised(frames)).rejects.toMatchObject({ code: "token-refused" });
    const ownFrames = `/v1/sessions/${bytesToHex(scene.b.serviceId)}/${session.tagHash}/frames`;
    await expect(api.authorised(ownFrames)).rejects.toMatchObject({ code: "not-found" });
    await expect(api.own(`/sessions/${session.tagHash}`)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a relay: B asks the wallet with A's challenge", () => {
  const relayed = async (s: Scene) => ({ card: s.b.card(), challenge: await s.a.challenge() });

  it("the wallet refuses before it makes anything", async () => {
    const used = scene.wallet.sessions.length;
    const refusal = scene.wallet.readInvitation(await relayed(scene));
    await expect(refusal).rejects.toBeInstanceOf(CheckInError);
    await expect(refusal).rejects.toMatchObject({ code: "wrong-service" });
    expect(scene.wallet.sessions).toHaveLength(used);
  });

  it("also with a card in which B puts A's key beside its own name", async () => {
    const { value: card } = openSigned(LABELS.signServiceCard, ServiceCard, scene.a.card());
    const lying = signDocument(
      LABELS.signServiceCard,
      ServiceCard,
      { ...card, name: "B" },
      hexToBytes(scene.b.keys.signSecretKey),
    );
    const refusal = scene.wallet.readInvitation({ card: lying, challenge: await scene.a.challenge() });
    await expect(refusal).rejects.toMatchObject({ code: "wrong-service" });
  });

  it("a challenge with foreign parameters or out of its time: refused by the wallet too", async () => {
    const foreign = await craftChallenge(scene.a, { paramsHash: scene.practice.transport.rng(32) });
    await expect(scene.wallet.readInvitation({ card: scene.a.card(), challenge: foreign })).rejects.toMatchObject({
      code: "foreign-parameters",
    });
    const old = await scene.practice.at(START - 3600, () => scene.a.challenge());
    await expect(scene.wallet.readInvitation({ card: scene.a.card(), challenge: old })).rejects.toMatchObject({
      code: "stale-challenge",
    });
  });
});

describe("a clinic that asks one patient for more than its card says", () => {
  const required = [{ attribute: "coverage", accepted: ["standard", "extended"] }];

  it("gets nothing from the wallet, and no slot is used up", async () => {
    const used = scene.wallet.sessions.length;
    for (const more of [
      { required },
      { maxStaleEpochs: 9 },
      { required: [{ attribute: "no such attribute", accepted: [""] }] },
    ])
      await expect(
        scene.wallet.readInvitation({ card: scene.a.card(), challenge: await craftChallenge(scene.a, more) }),
      ).rejects.toMatchObject({ code: "other-policy" });
    expect(scene.wallet.sessions).toHaveLength(used);
  });

  it("control: a wallet that does not compare them shows it, and the operator has read it when it refuses", async () => {
    const challenge = await craftChallenge(scene.a, { required });
    const shown = required.map(({ attribute }) => attribute);
    const craft = { slot: 14, challenge, shown };
    const { bytes, presentation } = await craftCheckIn(scene.practice, partsOf(scene.wallet), scene.a, craft);
    expect(presentation.shown).toHaveLength(1);
    expect(await postCheckIn(scene.practice, bytes)).toMatchObject(REFUSED);
  });
});

describe("control", () => {
  it("a service whose statement leaves the challenge out opens B's session with A's presentation", async () => {
    const unbound = (c: Omit<CheckIn, "presentation">): Uint8Array =>
      labelledHash(LABELS.challenge, c.sessionAuthKey, utf8ToBytes(c.sessionRecipient), c.rowProof, c.claim, c.hpkeEnc);
    const { forB } = await swapped(weak, 0, unbound);
    const before = await settled(weak.practice);
    expect((await postCheckIn(weak.practice, forB)).status).toBe(201);
    expect((await settled(weak.practice)).rows).toBe(before.rows + 1);
  });

  it("a wallet that does not compare card and challenge answers the relay, and is A's patient in B's hands", async () => {
    // craftCheckIn reads the card for its keys only: the check of readInvitation is what is missing
    const challenge = await scene.a.challenge();
    const { bytes } = await craftCheckIn(scene.practice, partsOf(scene.wallet), scene.b, { slot: 15, challenge });
    const before = await settled(scene.practice);
    expect((await postCheckIn(scene.practice, bytes)).status).toBe(201);
    expect((await settled(scene.practice)).rows).toBe(before.rows + 1);
  });
});
