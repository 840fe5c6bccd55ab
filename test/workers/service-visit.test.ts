// Tests one visit from end to end with the real Worker, stores and SDK: check-in, record, reading by session and by
// bucket.

import { beforeEach, describe, expect, it } from "vitest";
import { openRecord } from "../../client/sealing/record.ts";
import { apiBytes, apiJson } from "../../client/transport.ts";
import { partOf } from "../../protocol/buckets.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { openSigned, presentationHashOf, Receipt } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  EPOCH,
  freshWorld,
  NOW,
  newClinic,
  newPatient,
  prepare,
  SERVICE_URL,
  send,
  transport,
} from "./service-world.ts";

beforeEach(freshWorld);

const note = utf8ToBytes(JSON.stringify({ resourceType: "Bundle", type: "collection", entry: [] }));

describe("a visit", () => {
  it("opens a session and stores a record, which patient and clinic can both read", async () => {
    const clinic = await newClinic();
    const patient = newPatient();
    const prepared = await prepare(patient, clinic, { shown: ["class"] });
    const { value: receipt } = openSigned(LABELS.signReceipt, Receipt, await send(prepared.bytes));
    expect(receipt).toMatchObject({
      epoch: EPOCH,
      openedAt: NOW,
      presentationHash: presentationHashOf(prepared.bytes),
    });
    expect(bytesToHex(receipt.tagHash)).toBe(prepared.tagHash);

    const session = await clinic.session(prepared.tagHash);
    expect(session).toMatchObject({ tagHash: prepared.tagHash, epoch: EPOCH, shown: { class: "full" } });
    const recordId = await clinic.putRecord(session, note);
    const [entry] = await clinic.records(session);
    expect(entry).toMatchObject({ recordId, state: "current", count: 1, contentKind: "application/fhir+json" });
    expect(await clinic.open(entry!)).toEqual(note);

    const base = `/v1/services/${bytesToHex(clinic.serviceId)}`;
    const blob = await apiBytes(transport, SERVICE_URL, `${base}/blobs/${recordId}`);
    expect(await openRecord(blob, prepared.ageIdentity)).toEqual(note);
    const bucket = async (path: string) => {
      const { records } = await apiJson<{ records: { status: string }[] }>(
        transport,
        SERVICE_URL,
        `${base}/buckets/${path}`,
      );
      return records.map((r) => r.status);
    };
    for (const of of [2, 3, 7, 100, 65_536]) {
      const { n } = partOf(prepared.tagHash, of);
      expect(await bucket(`${n}.${of}`)).toEqual(["current"]);
      expect(await bucket(`${(n + 1) % of}.${of}`)).toEqual([]);
    }
    for (const to of [EPOCH, EPOCH + 1]) expect(await bucket(`0.1?to=${to}`)).toEqual(["current"]);
    expect(await bucket(`0.1?to=${EPOCH - 1}`)).toEqual([]);
    expect(await bucket("0.1")).toEqual(["current"]);
  });
});
