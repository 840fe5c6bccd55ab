// Tests of the wire documents: each value has exactly one byte form, and the decoder reads no other. Samples come from
// the deployment that the vectors describe.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as appBuilds from "../../protocol/app-builds.ts";
import * as approvals from "../../protocol/approvals.ts";
import { concatBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import * as cases from "../../protocol/case-documents.ts";
import * as ceremonies from "../../protocol/ceremony-documents.ts";
import {
  blob,
  bool,
  type Codec,
  CodecError,
  document,
  documentTypes,
  fixed,
  list,
  oneOf,
  optional,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from "../../protocol/codec.ts";
import * as continuities from "../../protocol/continuity.ts";
import * as chains from "../../protocol/contract-chain.ts";
import * as credentials from "../../protocol/credential.ts";
import * as documents from "../../protocol/documents.ts";
import * as identities from "../../protocol/identity-record.ts";
import * as indexTrees from "../../protocol/index-tree.ts";
import * as keySets from "../../protocol/key-set.ts";
import * as keySetChains from "../../protocol/key-set-chain.ts";
import * as officerCards from "../../protocol/officer-card.ts";
import * as openings from "../../protocol/opening.ts";
import * as presentations from "../../protocol/presentation.ts";
import * as recordItems from "../../protocol/record-items.ts";
import * as requesters from "../../protocol/requester-status.ts";
import * as serviceLists from "../../protocol/service-list.ts";
import * as tdh2 from "../../protocol/tdh2.ts";
import { layouts, SPEC, withTables } from "../../scripts/spec-tables.ts";

const byName = new Map<string, Codec<unknown>>();
const modules = [documents, cases, ceremonies, chains, credentials, continuities, identities, keySets, openings];
for (const module of [
  ...modules,
  appBuilds,
  approvals,
  indexTrees,
  keySetChains,
  officerCards,
  presentations,
  recordItems,
  requesters,
  serviceLists,
  tdh2,
])
  for (const value of Object.values(module))
    if (typeof value === "object" && value !== null && "encode" in value && "decode" in value && "name" in value)
      byName.set((value as Codec<unknown>).name, value as Codec<unknown>);
const known = new Map(documentTypes); // before the test's own document below
const codecs = [...byName.values()];

// ---- samples: every document in the vector files, nested ones included

const samples = new Map<string, Uint8Array>();
function keep(bytes: Uint8Array): void {
  const codec = byName.get(known.get(bytes[0] ?? -1) ?? "");
  if (!codec || (samples.has(codec.name) && codec.name !== "Signed")) return;
  try {
    const value = codec.decode(bytes);
    samples.set(codec.name, bytes);
    for (const field of Object.values(value as object)) if (field instanceof Uint8Array) keep(field);
  } catch {
    // bytes that only begin like a document
  }
}
function collect(json: unknown): void {
  if (typeof json === "string" && /^([0-9a-f]{2})+$/.test(json)) keep(Uint8Array.from(Buffer.from(json, "hex")));
  else if (typeof json === "object" && json !== null) Object.values(json).forEach(collect);
}
const VECTORS = join(import.meta.dirname, "../vectors/symbolon");
for (const file of readdirSync(VECTORS).filter((f) => f.endsWith(".json")))
  collect(JSON.parse(readFileSync(join(VECTORS, file), "utf8")));
const b = (length: number, byte = 5): Uint8Array => new Uint8Array(length).fill(byte);
const runs = [
  { block: 1, rows: b(208) },
  { block: 3, rows: b(64 * 208) },
];
samples.set("IndexBlocks", indexTrees.IndexBlocks.encode({ epoch: 680, count: 300, runs, proof: [b(32), b(32, 6)] }));
for (const [codec, value] of [
  [appBuilds.AppBuild, { app: "wallet", version: 1, buildHash: b(32), source: "v1" }],
  [documents.RefusedCheckIn, { presentationHash: b(32), code: "clock-skew", at: 7 }],
  [ceremonies.CeremonyShare, { shares: { trace: 1n, link: 2n, record: 3n }, seed: b(32) }],
  [ceremonies.ReshareShare, { shares: { trace: 1n, link: 2n, record: 3n }, groupHybridSecret: b(32) }],
  [keySetChains.KeySetChain, { genesis: b(40), links: [{ plan: b(9), deals: [b(10), b(11)], keySet: b(12) }] }],
  [serviceLists.ServiceList, { parts: [b(32), b(32, 6)] }],
  [serviceLists.ServicePart, { cards: [b(40), b(41)] }],
  [requesters.RevocationList, { number: 1, at: 2, revoked: [b(32)] }],
  [ceremonies.Complaint, { context: b(32), sender: 1, accused: 2, reason: "share" }],
  [
    ceremonies.DealerSecret,
    { context: b(32), polynomials: { trace: [1n, 2n], link: [3n, 4n], record: [5n, 6n] }, seed: b(32), dealing: b(9) },
  ],
] as const)
  samples.set(codec.name, (codec as Codec<unknown>).encode(value));

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof CodecError) return error.reason;
    throw error;
  }
  return "accepted";
};

describe("documents", () => {
  it("have distinct type bytes, each listed in SPEC.md", () => {
    const all = layouts();
    expect(new Set(all.map((l) => l.type)).size).toBe(all.length);
    expect(new Set(all.map((l) => l.name)).size).toBe(all.length);
    expect(all.map((l) => [l.type, l.name])).toEqual([...known].sort(([a], [c]) => a - c));
    const spec = readFileSync(SPEC, "utf8");
    expect(withTables(spec)).toBe(spec); // if this fails: node scripts/spec-tables.ts
    for (const [type, name] of known)
      expect(spec).toContain(`0x${type.toString(16).padStart(2, "0")} ${name}, version`);
  });

  it("each have a sample in the vector files", () => {
    expect(codecs.map((c) => c.name).filter((name) => !samples.has(name))).toEqual([]);
    expect(byName.size).toBe(known.size);
  });

  it.each(codecs)("$name: decodes to the same value, from exactly its own bytes", (codec) => {
    const bytes = samples.get(codec.name)!;
    expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
    expect(reasonOf(() => codec.decode(concatBytes(bytes, Uint8Array.of(0))))).toBe("malformed");
    for (const type of [bytes[0]! ^ 1, 0xff])
      expect(reasonOf(() => codec.decode(concatBytes(Uint8Array.of(type), bytes.subarray(1))))).toBe("wrong-type");
    for (const version of [0, bytes[1]! + 1, 255])
      expect(
        reasonOf(() => codec.decode(concatBytes(bytes.subarray(0, 1), Uint8Array.of(version), bytes.subarray(2)))),
      ).toBe("unknown-version");
  });

  it.each(codecs)("$name: is refused when cut short anywhere", (codec) => {
    const bytes = samples.get(codec.name)!;
    // A short document is cut at every length; a long one at all lengths near both ends, and at about forty between.
    const stride = Math.max(1, Math.floor(bytes.length / 40));
    for (let n = 2; n < bytes.length; n += n < 40 || n > bytes.length - 8 ? 1 : stride)
      expect(
        reasonOf(() => codec.decode(bytes.subarray(0, n))),
        `${n} of ${bytes.length}`,
      ).toBe("malformed");
    expect(reasonOf(() => codec.decode(bytes.subarray(0, 1)))).toBe("unknown-version");
    expect(reasonOf(() => codec.decode(new Uint8Array()))).toBe("wrong-type");
  });

  it("are refused when altered anywhere, unless the bytes are the one form of another value", () => {
    const light = [...samples].filter(([, bytes]) => bytes.length < 1200);
    fc.assert(
      fc.property(fc.constantFrom(...light), fc.nat(), fc.integer({ min: 1, max: 255 }), ([name, bytes], at, mask) => {
        const altered = bytes.slice();
        altered[at % bytes.length]! ^= mask;
        const codec = byName.get(name)!;
        let value: unknown;
        if (reasonOf(() => (value = codec.decode(altered))) === "accepted")
          expect(codec.encode(value)).toEqual(altered);
      }),
      { numRuns: 600 },
    );
  });
});

// ---- the parts that layouts consist of

const Sample = document("Sample", 0xf0, 1, {
  a: u8,
  b: u16,
  c: u32,
  d: u64,
  flag: bool,
  id: fixed(3),
  data: blob,
  words: text,
  many: list(struct({ n: u16, t: text })),
  maybe: optional(fixed(2)),
  kind: oneOf("one", "two"),
});
const wellFormed = fc.string({ unit: "grapheme", maxLength: 20 }).filter((s) => s.isWellFormed());
const bytes = (length: { minLength?: number; maxLength: number }) => fc.uint8Array(length);
const values = fc.record({
  a: fc.integer({ min: 0, max: 0xff }),
  b: fc.integer({ min: 0, max: 0xffff }),
  c: fc.integer({ min: 0, max: 0xffffffff }),
  d: fc.maxSafeNat(),
  flag: fc.boolean(),
  id: bytes({ minLength: 3, maxLength: 3 }),
  data: bytes({ maxLength: 40 }),
  words: wellFormed,
  many: fc.array(fc.record({ n: fc.integer({ min: 0, max: 0xffff }), t: wellFormed }), { maxLength: 4 }),
  maybe: fc.option(bytes({ minLength: 2, maxLength: 2 }), { nil: undefined }),
  kind: fc.constantFrom("one" as const, "two" as const),
});

describe("parts", () => {
  it("round-trip with one form per value, and are refused if cut or lengthened", () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const encoded = Sample.encode(value);
        expect(Sample.decode(encoded)).toEqual(value);
        expect(reasonOf(() => Sample.decode(encoded.subarray(0, 2 + (at % (encoded.length - 2)))))).toBe("malformed");
        expect(reasonOf(() => Sample.decode(concatBytes(encoded, Uint8Array.of(at & 255))))).toBe("malformed");
      }),
      { numRuns: 200 },
    );
  });

  const Text = document("Text", 0xf1, 1, { t: text });
  const raw = (...body: number[]): Uint8Array => Uint8Array.of(0xf1, 1, 0, body.length, ...body);
  it.each([
    ["a lone continuation byte", [0x80]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a sequence cut short", [0xe2, 0x82]],
    ["0xff", [0xff]],
  ])("text refuses %s", (_, body) => {
    expect(reasonOf(() => Text.decode(raw(...body)))).toBe("malformed");
  });
  it("text accepts every well-formed string, including a byte order mark and composed letters", () => {
    for (const t of ["", "é", "e\u0301", "\ufeffx", "\u{1f600}"]) {
      const b = utf8ToBytes(t);
      expect(Text.decode(raw(...b))).toEqual({ t });
    }
  });

  const Number64 = document("Number64", 0xf2, 1, { n: u64, flag: bool, kind: oneOf("one", "two"), o: optional(u8) });
  const number = (n: number[], flag = 1, kind = 0, rest = [0]): Uint8Array =>
    Uint8Array.of(0xf2, 1, ...n, flag, kind, ...rest);
  const zero = [0, 0, 0, 0, 0, 0, 0, 0];
  it("numbers, booleans, names and options have no second form", () => {
    expect(reasonOf(() => Number64.decode(number(zero)))).toBe("accepted");
    expect(reasonOf(() => Number64.decode(number([0, 0x1f, 255, 255, 255, 255, 255, 255])))).toBe("accepted");
    expect(reasonOf(() => Number64.decode(number([0, 0x20, 0, 0, 0, 0, 0, 0])))).toBe("malformed");
    expect(reasonOf(() => Number64.decode(number(zero, 2)))).toBe("malformed");
    expect(reasonOf(() => Number64.decode(number(zero, 1, 2)))).toBe("malformed");
    expect(reasonOf(() => Number64.decode(number(zero, 1, 0, [2, 7])))).toBe("malformed");
    expect(reasonOf(() => Number64.decode(number(zero, 1, 0, [1])))).toBe("malformed");
  });
});
