// Tests of protocol/notice.ts and claim.ts: a notice opens for its wallets and hides how many they are; a claim opens for its
// wallet, at its place.

import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Rng } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { openClaim, sealClaim } from "../../protocol/claim.ts";
import { CLAIM_BYTES } from "../../protocol/documents.ts";
import { groupGT } from "../../protocol/group.ts";
import { NOTICE_ROWS, openNotice, sealNotice } from "../../protocol/notice.ts";
import { G, type GT, P2, pairing } from "../../protocol/suite.ts";

const rng: Rng = (n) => new Uint8Array(randomBytes(n));
const base = pairing(G, P2);
const kappas = Array.from({ length: NOTICE_ROWS + 1 }, (_, i) => groupGT.multiplyPublic(base, BigInt(i + 2)) as GT);
const caseId = rng(32);
const HEAD = NOTICE_ROWS * 80;

describe("a notice", () => {
  const about = {
    kind: "link" as const,
    caseId,
    orderHash: rng(32),
    requesterName: "Dr Ada",
    requesterRole: "clinician",
  };
  const scope = { epochFrom: 680, epochTo: 682, services: [], emergency: false };
  const content = (purpose = "treatment"): NoticeContent => ({
    ...{ ...about, ...scope, purpose, legalGround: "GDPR 9(2)(c)" },
    ...{ approvedBy: [1, 3], approvedAt: 1_796_000_000 },
  });

  it("opens for each of its subjects, up to 16, and for nobody else", () => {
    for (const n of [1, 2, 16]) {
      const body = sealNotice(kappas.slice(0, n), content());
      for (const [i, kappa] of kappas.entries())
        expect(openNotice(kappa, caseId, body)?.purpose).toBe(i < n ? "treatment" : undefined);
      expect(body.length).toBe(HEAD + 1024 + 16);
      expect(openNotice(kappas[0]!, rng(32), body)).toBeUndefined();
    }
    expect(() => sealNotice([], content())).toThrow("0 subjects");
    expect(() => sealNotice(kappas, content())).toThrow("17 subjects");
  });

  it("does not depend on the order of its subjects, nor on how often one is named", () => {
    const [a, b, c] = kappas as [GT, GT, GT];
    const body = sealNotice([a, b, c], content());
    expect(sealNotice([c, a, b], content())).toEqual(body);
    expect(sealNotice([b, b, c, a, a], content())).toEqual(body);
    const rows = Array.from({ length: NOTICE_ROWS }, (_, i) =>
      Buffer.from(body.subarray(i * 80, i * 80 + 80)).toString("hex"),
    );
    expect(rows).toEqual([...rows].sort());
    expect(new Set(rows).size).toBe(NOTICE_ROWS);
  });

  it("doubles its length until the content fits", () => {
    const overhead = NoticeContent.encode(content("")).length;
    for (const [length, size] of [
      [1020, 1024],
      [1021, 2048],
      [2045, 4096],
    ] as const) {
      const body = sealNotice(kappas.slice(0, 1), content("x".repeat(length - overhead)));
      expect(body.length).toBe(HEAD + size + 16);
      expect(openNotice(kappas[0]!, caseId, body)?.purpose.length).toBe(length - overhead);
    }
  });

  it("is refused after any change", () => {
    const body = sealNotice(kappas.slice(0, 1), content());
    for (const at of [HEAD, body.length - 1])
      expect(
        openNotice(
          kappas[0]!,
          caseId,
          body.map((x, i) => (i === at ? x ^ 1 : x)),
        ),
      ).toBeUndefined();
    expect(openNotice(kappas[0]!, caseId, body.subarray(0, -1))).toBeUndefined();
    expect(openNotice(kappas[0]!, caseId, body)).toEqual(content());
  });
});

describe("a claim", () => {
  const key = rng(32);
  const place = { serviceId: rng(16), tagHash: rng(32) };
  const told = { generation: 2, salt: rng(32), epoch: 680, slot: 7 };
  const claim = sealClaim(key, place, told, rng);

  it("opens for its wallet at its place", () => {
    expect(claim.length).toBe(CLAIM_BYTES);
    expect(openClaim(key, place, claim)).toEqual(told);
    expect(openClaim(rng(32), place, claim)).toBeUndefined();
    expect(openClaim(key, { ...place, serviceId: rng(16) }, claim)).toBeUndefined();
    expect(openClaim(key, { ...place, tagHash: rng(32) }, claim)).toBeUndefined();
    for (const at of [0, 24, 81])
      expect(
        openClaim(
          key,
          place,
          claim.map((x, i) => (i === at ? x ^ 1 : x)),
        ),
      ).toBeUndefined();
    for (const bad of [claim.slice(1), Uint8Array.of(...claim, 0), new Uint8Array(0)])
      expect(openClaim(key, place, bad)).toBeUndefined();
  });
  it("is for a service id of 16 bytes and a tag hash of 32, since their border is not marked", () => {
    const moved = [
      { serviceId: rng(15), tagHash: rng(33) },
      { serviceId: rng(16), tagHash: rng(31) },
      { serviceId: rng(17), tagHash: rng(32) },
    ];
    for (const wrong of moved) expect(() => sealClaim(key, wrong, told, rng)).toThrow(RangeError);
    const border = {
      serviceId: place.serviceId.slice(0, 15),
      tagHash: Uint8Array.of(place.serviceId[15]!, ...place.tagHash),
    };
    expect(openClaim(key, border, claim)).toBeUndefined();
  });
});
