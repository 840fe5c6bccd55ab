// The proof in a row of the session index: it holds for one tag at one service, epoch and slot, and for nothing else.

import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nobleEngine } from "../../protocol/engine.ts";
import {
  encodeIndexRow,
  INDEX_ROW_BYTES,
  proveIndexRow,
  ROW_PROOF_BYTES,
  type RowPlace,
  readIndexRow,
  verifyIndexRow,
} from "../../protocol/index-row.ts";
import { sessionIndexValue } from "../../protocol/opening.ts";
import { tagOf } from "../../protocol/presentation.ts";
import { encodeG2, R_ORDER, randomScalar } from "../../protocol/suite.ts";

const rng = (n: number): Uint8Array => Uint8Array.from(randomBytes(n));
const place: RowPlace = { serviceId: rng(16), epoch: 680, slot: 3, paramsHash: rng(32) };
const z = randomScalar(rng);
const tag = tagOf(z, place.paramsHash, place.epoch, place.slot);
const T = nobleEngine.fromG2(tag);
const rowProof = proveIndexRow(place, z, rng);

describe("row proof", () => {
  it("holds for its place, with any randomness", () => {
    expect(rowProof.length).toBe(ROW_PROOF_BYTES);
    expect(verifyIndexRow(place, T, rowProof)).toBe(true);
    expect(verifyIndexRow(place, T, proveIndexRow(place, z, rng))).toBe(true);
  });

  it.each<[string, Partial<RowPlace>]>([
    ["service", { serviceId: rng(16) }],
    ["epoch", { epoch: 681 }],
    ["slot", { slot: 4 }],
    ["parameters", { paramsHash: rng(32) }],
  ])("does not hold for another %s", (_name, other) => {
    expect(verifyIndexRow({ ...place, ...other }, T, rowProof)).toBe(false);
    // nor with the base of its true place, so the tag of the proof alone binds the place
    const base = nobleEngine.fromG2(tagOf(1n as typeof z, place.paramsHash, place.epoch, place.slot));
    expect(verifyIndexRow({ ...place, ...other }, T, rowProof, nobleEngine, base)).toBe(false);
  });

  it("does not hold for another tag, and nobody makes it with another z", () => {
    const other = randomScalar(rng);
    const foreign = nobleEngine.fromG2(tagOf(other, place.paramsHash, place.epoch, place.slot));
    expect(verifyIndexRow(place, foreign, rowProof)).toBe(false);
    expect(verifyIndexRow(place, T, proveIndexRow(place, other, rng))).toBe(false);
  });

  it("refuses other encodings of the same scalars, and other lengths", () => {
    for (const at of [0, 32]) {
      const high = Uint8Array.from(rowProof);
      const shifted = BigInt(`0x${Buffer.from(rowProof.subarray(at, at + 32)).toString("hex")}`) + R_ORDER;
      if (shifted >= 1n << 256n) continue;
      high.set(Buffer.from(shifted.toString(16).padStart(64, "0"), "hex"), at);
      expect(verifyIndexRow(place, T, high)).toBe(false);
    }
    expect(verifyIndexRow(place, T, rowProof.subarray(1))).toBe(false);
    expect(verifyIndexRow(place, T, Uint8Array.of(...rowProof, 0))).toBe(false);
    expect(verifyIndexRow(place, T, new Uint8Array(64))).toBe(false);
  });
});

it("a row has the fields that it was made from", () => {
  const row = { value: sessionIndexValue(tag), serviceId: place.serviceId, tag: encodeG2(tag), rowProof };
  const bytes = encodeIndexRow(row);
  expect(bytes.length).toBe(INDEX_ROW_BYTES);
  expect(readIndexRow(bytes)).toEqual(row);
});
