// Tests of protocol/service-list.ts: a list and its parts are the service Worker's own, whole and unchanged.

import { expect, it } from "vitest";
import { CodecError } from "../../protocol/codec.ts";
import { nobleSigner } from "../../protocol/ed25519.ts";
import {
  openServiceList,
  openServicePart,
  partHashOf,
  partOfService,
  ServiceList,
  ServicePart,
  signServiceList,
} from "../../protocol/service-list.ts";

const [own, other] = [1, 2].map((n) => nobleSigner(new Uint8Array(32).fill(n))) as [
  ReturnType<typeof nobleSigner>,
  ReturnType<typeof nobleSigner>,
];
const hashes = (n: number) => Array.from({ length: n }, (_, i) => new Uint8Array(32).fill(i));

const reasonOf = (act: () => unknown): string => {
  try {
    act();
    return "accepted";
  } catch (error) {
    return error instanceof CodecError ? error.reason : `threw ${error}`;
  }
};

it("every fault is malformed, and names its document", () => {
  const list = (n: number, by = own) => reasonOf(() => openServiceList(signServiceList(hashes(n), by), own.publicKey));
  expect([list(1), list(1, other), list(17)]).toEqual(["accepted", "malformed", "malformed"]);
  const part = ServicePart.encode({ cards: [] });
  expect(reasonOf(() => openServicePart(part, hashes(1)[0]!))).toBe("malformed");
  expect([ServiceList.name, ServicePart.name]).toEqual(["ServiceList", "ServicePart"]);
});

it("a list is signed by the service Worker, and has 16 parts at most", () => {
  for (const n of [0, 1, 16])
    expect(openServiceList(signServiceList(hashes(n), own), own.publicKey)).toEqual(hashes(n));
  expect(() => openServiceList(signServiceList(hashes(1), other), own.publicKey)).toThrow("signed by another key");
  expect(() => openServiceList(signServiceList(hashes(17), own), own.publicKey)).toThrow("too many parts");
});

it("a part has the hash of the list", () => {
  const part = ServicePart.encode({ cards: [Uint8Array.of(1), Uint8Array.of(2, 3)] });
  expect(openServicePart(part, partHashOf(part))).toEqual([Uint8Array.of(1), Uint8Array.of(2, 3)]);
  const changed = ServicePart.encode({ cards: [Uint8Array.of(1), Uint8Array.of(2, 4)] });
  expect(() => openServicePart(changed, partHashOf(part))).toThrow("another hash");
  expect(() => openServicePart(part.slice(1), partHashOf(part.slice(1)))).toThrow(CodecError);
});

it("a service stands in the part of its first digit", () => {
  expect(["0f", "1a", "a0", "f1"].map((start) => partOfService(start.padEnd(32, "0")))).toEqual([0, 1, 10, 15]);
});
