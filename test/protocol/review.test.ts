// Tests of protocol/review.ts: what an officer reads of an order, and the warnings.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { bytesToHex } from "../../protocol/encodings.ts";
import { epochName, epochStart } from "../../protocol/epoch.ts";
import { describeOrder } from "../../protocol/review.ts";
import { tidOf } from "../../protocol/tid.ts";

const VECTORS = new URL("../vectors/symbolon/presentation.json", import.meta.url);
const checkIn = hexToBytes(JSON.parse(readFileSync(VECTORS, "utf8")).checkIn);
const bytes = (fill: number, n = 32): Uint8Array => new Uint8Array(n).fill(fill);
const order = {
  caseId: bytes(1),
  kind: "link",
  purpose: "treatment",
  legalGround: "GDPR 9(2)(c)",
  epochFrom: 671,
  epochTo: 682,
  services: [bytes(2, 16)],
  emergency: false,
  issuedAt: epochStart(683),
  expiresAt: epochStart(684),
};
const requester = { name: "Dr Ada", role: "clinician", signKey: bytes(3) };
const session = { checkIn, selector: "", generations: [], uncovered: 0 };
const person = { checkIn: undefined, selector: "A1", generations: [{}, {}, {}], uncovered: 0 };
const described = (of: object = {}, dossier: object = session, by: object = {}) =>
  describeOrder({ ...order, ...of } as never, bytes(9), { ...requester, ...by } as never, dossier as never);
const warnings = (...of: Parameters<typeof described>): string[] => described(...of).warnings;

describe("an order as its officer reads it", () => {
  it("has every field of the documents", () => {
    const { tagHash, challenge, epoch } = readCheckIn(checkIn);
    expect(described()).toEqual({
      caseId: "01".repeat(32),
      orderHash: "09".repeat(32),
      kind: "link",
      requester: { name: "Dr Ada", role: "clinician", key: "03".repeat(32) },
      purpose: "treatment",
      legalGround: "GDPR 9(2)(c)",
      epochs: { from: "2025-12", to: "2026-11" },
      services: ["02".repeat(16)],
      emergency: false,
      issuedAt: order.issuedAt,
      expiresAt: order.expiresAt,
      subject: {
        tid: tidOf(tagHash),
        tagHash: bytesToHex(tagHash),
        serviceId: bytesToHex(challenge.serviceId),
        epoch: epochName(epoch),
        at: challenge.issuedAt,
      },
      warnings: [],
    });
    expect(described({}, { ...person, uncovered: 1 }).subject).toEqual({ selector: "A1", contracts: 2, uncovered: 1 });
  });

  it("warns of an emergency, and of one that opens the current month", () => {
    const said = "Emergency order: the notice in the log says so, and the patient will read it.";
    expect(warnings({ emergency: true })).toEqual([said]);
    const now = { emergency: true, issuedAt: epochStart(682) };
    expect(warnings(now)).toEqual([said, expect.stringMatching(/^Opens the current epoch: /)]);
    expect(warnings({ ...now, issuedAt: epochStart(683) - 1 })).toHaveLength(2);
    expect(warnings({ ...now, kind: "trace" })).toEqual([said, "Reveals who the patient is."]);
    expect(warnings({ ...now, emergency: false })).toEqual([]);
  });

  it("warns of its kind, and of phones that stay closed", () => {
    expect(warnings({ kind: "trace" })).toEqual(["Reveals who the patient is."]);
    expect(warnings({ kind: "assemble" }, person)).toEqual(["Opens every visit of a named person in these epochs."]);
    expect(warnings({ kind: "assemble" }, { ...person, uncovered: 1 })[1]).toMatch(
      /^Does not open the person's 1 oldest/,
    );
  });

  it("warns of a wide scope, unless it is a trace", () => {
    expect(warnings({ services: [] })).toEqual(["Covers all services."]);
    expect(warnings({ epochFrom: 670 })).toEqual(["Covers 13 months."]);
    expect(warnings({ kind: "trace", services: [], epochFrom: 600 })).toEqual(["Reveals who the patient is."]);
  });

  it("warns of an empty purpose, legal ground or role", () => {
    const none = ["States no purpose or no legal ground."];
    expect(warnings({ purpose: " " })).toEqual(none);
    expect(warnings({ legalGround: " " })).toEqual(none);
    expect(warnings({}, session, { role: " " })).toEqual(["The requester has no registered role."]);
  });
});
