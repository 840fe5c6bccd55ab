// S23: a visit card stands for one open visit at its own clinic, once, and tells nothing to a finder. Attacks: another clinic and
// the service Worker make a card of this visit; the service makes up a check-in whose key it knows; a card is shown again, also at
// the same moment and after a restart; a finder looks the card up in the public lists.
//
// Controls: the wallet's own card is taken; a clinic that does not verify the service's row takes the made-up one; a store that
// forgets takes a card twice; with the TID on the card, a finder learns the clinic.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryTakenVisitCards, type TakenVisitCardStore } from "../../client/clinic/visit-cards.ts";
import { Clinic, type ClinicSession } from "../../client/clinic.ts";
import { type FrameChannel, openWalletChannel } from "../../client/sealing/messages.ts";
import { VISIT_CARD_SECONDS, writeVisitCard } from "../../client/shared/visit-card.ts";
import { apiJson, type Transport } from "../../client/transport.ts";
import type { Wallet } from "../../client/wallet.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { CheckIn, channelContext, Manifest, openSigned, ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { tidOf } from "../../protocol/tid.ts";
import { carelessCore } from "./cases.ts";
import { HOOK_MILLISECONDS, plantedPerson, utf8, visit } from "./visits.ts";

const START = epochStart(678) + 9 * 3600;
const UNKNOWN = { code: "unknown-card", message: "No visit of this clinic has this card." };

let p: Practice;
let clinic: Clinic;
let neighbour: Clinic;
let wallet: Wallet;
let session: ClinicSession;
let other: ClinicSession;
beforeAll(async () => {
  p = await openPractice({ start: START, epochs: 2 });
  [clinic, neighbour] = [await p.openClinic("Harbour Clinic"), await p.openClinic("Hill Clinic")];
  const { entry, selector } = plantedPerson("Card", 1);
  ({ wallet } = await p.enrolPatient(entry, selector, { coverage: "standard" }));
  [session, other] = [await visit(wallet, clinic), await visit(wallet, neighbour)];
}, HOOK_MILLISECONDS);
afterAll(() => p?.stop());

const cards = (of = clinic, store: TakenVisitCardStore = new MemoryTakenVisitCards()) => of.visitCards(store);
const notAfter = () => session.challengedAt + VISIT_CARD_SECONDS;

/** A channel that an attacker sets up to the clinic's public key, for a check-in that the attacker made. */
async function ownChannel(checkIn: CheckIn): Promise<{ forged: CheckIn; channel: FrameChannel }> {
  const { hpkeKey } = openSigned(LABELS.signServiceCard, ServiceCard, clinic.card()).value;
  const { enc, channel } = await openWalletChannel({
    servicePublicKey: hpkeKey,
    context: channelContext(checkIn),
    tagHash: hexToBytes(session.tagHash),
  });
  return { forged: { ...checkIn, hpkeEnc: enc }, channel };
}

describe("who can make a card", () => {
  it("control: the visit's wallet can", async () => {
    const taken = await cards().take(wallet.visitCard(session.tagHash).text);
    expect([taken.outcome, taken.session.tagHash]).toEqual(["arrived", session.tagHash]);
  });

  it("another clinic cannot, with the keys of its own visit of the same patient", async () => {
    const foreign = wallet.visitCard(other.tagHash).text;
    await expect(cards().take(foreign)).rejects.toMatchObject(UNKNOWN);
    expect((await cards(neighbour).take(foreign)).session.tagHash).toBe(other.tagHash);
    // It has everything that the public lists have of this visit too.
    for (const key of [hexToBytes(session.tagHash), hexToBytes(other.tagHash), clinic.serviceId])
      await expect(
        cards().take(writeVisitCard(key, hexToBytes(session.tagHash), notAfter()).text),
      ).rejects.toMatchObject(UNKNOWN);
  });

  /** A clinic whose service hands out a check-in with the attacker's enc in place of the visit's own. */
  async function deceived(Of: typeof Clinic): Promise<{ card: string; victim: Clinic; lies: () => number }> {
    const { forged, channel } = await ownChannel(session.checkIn);
    let lies = 0;
    const lying: Transport = {
      ...p.transport,
      fetch: async (input, init) => {
        const answer = await p.transport.fetch(input, init);
        if (!String(input).endsWith(`/sessions/${session.tagHash}`)) return answer;
        lies++;
        const row = (await answer.json()) as { checkIn: Base64url };
        return Response.json({ ...row, checkIn: toBase64url(CheckIn.encode(forged)) });
      },
    };
    const card = writeVisitCard(channel.visitCardKey(), hexToBytes(session.tagHash), notAfter()).text;
    return { card, victim: new Of(lying, p.deployment, clinic.keys), lies: () => lies };
  }

  it("the service Worker cannot, even if it makes up the check-in whose key it knows", async () => {
    const { card, victim, lies } = await deceived(Clinic);
    await expect(cards(victim).take(card)).rejects.toMatchObject(UNKNOWN);
    expect(lies()).toBeGreaterThan(0);
    await expect(cards().take(card)).rejects.toMatchObject(UNKNOWN);
  });

  it("control: a clinic that believes the service's row takes the made-up card", async () => {
    const core = await carelessCore([
      {
        file: "client/clinic/visit-cards.ts",
        find: "const session = await skipping(() => this.#desk.session(candidate.tagHash));",
        replace: "const session = candidate as ClinicSession;",
      },
    ]);
    const { card, victim } = await deceived(core.Clinic as unknown as typeof Clinic);
    expect((await cards(victim).take(card)).session.tagHash).toBe(session.tagHash);
  });

  it("nobody can prolong one, and its own wallet cannot make one for longer", async () => {
    const { text } = wallet.visitCard(session.tagHash);
    await p.at(notAfter() + 1, async () => {
      await expect(cards().take(text)).rejects.toMatchObject({ code: "card-expired" });
    });
    await p.at(notAfter(), async () => expect((await cards().take(text)).outcome).toBe("arrived"));
  });
});

describe("a card that is shown again", () => {
  it("is taken once: of ten at one moment, and after a restart of the desk", async () => {
    const store = new MemoryTakenVisitCards();
    const { text } = wallet.visitCard(session.tagHash);
    const desk = cards(clinic, store);
    const all = await Promise.all(Array.from({ length: 10 }, () => desk.take(text)));
    expect(all.filter(({ outcome }) => outcome === "arrived")).toHaveLength(1);
    const restarted = new Clinic(p.transport, p.deployment, clinic.keys);
    expect(await cards(restarted, store).take(text)).toMatchObject({ outcome: "used", at: START });
  });

  it("control: a store that forgets takes it twice. So does a second desk with a store of its own: the stated limit", async () => {
    const { text } = wallet.visitCard(session.tagHash);
    const forgetful: TakenVisitCardStore = { add: async () => undefined };
    for (const store of [forgetful, forgetful, new MemoryTakenVisitCards(), new MemoryTakenVisitCards()])
      expect((await cards(clinic, store).take(text)).outcome).toBe("arrived");
  });
});

describe("a finder", () => {
  /** Every visit that the public lists name, with its clinic. */
  async function listed(): Promise<{ clinic: string; tagHash: Uint8Array; tid: string }[]> {
    const found = [];
    for (const at of [clinic, neighbour]) {
      const path = `/v1/services/${bytesToHex(at.serviceId)}/buckets/0.1`;
      const { records } = await apiJson<{ records: { manifest: Base64url }[] }>(
        p.transport,
        p.deployment.serviceUrl,
        path,
      );
      for (const { manifest } of records) {
        const { key, value } = openSigned(LABELS.signManifest, Manifest, fromBase64url(manifest));
        const { tagHash } = value;
        expect(equalBytes(serviceIdOf(key), at.serviceId)).toBe(true);
        found.push({ clinic: at.keys.name, tagHash, tid: tidOf(tagHash) });
      }
    }
    return found;
  }
  const bytesIn = (text: string): string => {
    let bits = "";
    for (const c of text.slice(text.indexOf(":") + 1))
      bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0");
    return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, "0")).join("");
  };

  it("learns no clinic from the card; control: the TID beside it would name the clinic", async () => {
    await clinic.putRecord(session, utf8("a record"));
    await neighbour.putRecord(other, utf8("a record"));
    const lists = await listed();
    expect(lists.map((one) => one.clinic).sort()).toEqual(["Harbour Clinic", "Hill Clinic"]);
    expect(lists.filter(({ tid }) => tid === session.tid).map((one) => one.clinic)).toEqual(["Harbour Clinic"]);

    const { text } = wallet.visitCard(session.tagHash);
    const hex = bytesIn(text);
    expect(hex).toHaveLength(2 * 29);
    const publicValues = [...lists.flatMap(({ tagHash }) => [tagHash]), clinic.serviceId, neighbour.serviceId];
    for (const value of publicValues)
      for (let at = 0; at + 4 <= value.length; at++) expect(hex).not.toContain(bytesToHex(value.subarray(at, at + 4)));
    for (const { tagHash, tid } of lists) {
      expect(text).not.toContain(tid.slice(0, 5));
      // The finder can try every public value as the key of the mac.
      for (const key of [tagHash, clinic.serviceId, neighbour.serviceId, new Uint8Array(32)])
        expect(writeVisitCard(key, tagHash, notAfter()).text).not.toBe(text);
    }
  });
});
