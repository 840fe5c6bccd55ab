// FHIR JSON comes back as it was written: digits, order of members, code points. All else is refused with its reason.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MAX_DEPTH, parseJson, writeJson } from "../../client/fhir/json.ts";
import { readRecord, writeRecord } from "../../client/fhir/record.ts";
import { ExactNumber, FhirInputError, type Json } from "../../client/fhir/resource.ts";
import { readBundle } from "../../client/fhir/select.ts";

const caseBytes = (name: string): Uint8Array =>
  readFileSync(new URL(`../data/fhir-cases/${name}/a.json`, import.meta.url));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FhirInputError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("numbers", () => {
  it.each([
    "0",
    "-0",
    "-0.0",
    "0.700",
    "1.2E+2",
    "5.0",
    "0.12345678901234567891",
    "9007199254740993",
    "1e400",
    "-1e400",
    "1E-400",
    "1.0e-7",
    "1e21",
    "1E5",
    "12345678901234567890",
    "-12345678901234567890.10",
    "0e0",
    "100",
    "0.1",
    "1e-7",
    "0.0000001",
    "1.10",
  ])("%s keeps its digits through a record", (digits) => {
    expect(writeJson(parseJson(digits))).toBe(digits);
    const resource = `{"resourceType":"Observation","valueQuantity":{"value":${digits}}}`;
    const entries = readRecord(`{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":${resource}}]}`);
    expect(writeRecord(readRecord(writeRecord(entries)))).toContain(resource);
  });

  it("of case 01 stand in the record of the visit", () => {
    const { visits } = readBundle(caseBytes("01-decimals"));
    const record = writeRecord(visits[0]!.entries);
    for (const digits of ["0.700", "1.2E+2", "0.12345678901234567891", "9007199254740993", "5.0"])
      expect(record).toContain(`"value":${digits}`);
  });

  it("are plain where JavaScript writes them alike, so that code can calculate with them", () => {
    expect(parseJson("[1,2.5,-3]")).toEqual([1, 2.5, -3]);
    const exact = parseJson("0.700");
    expect(exact).toBeInstanceOf(ExactNumber);
    expect(Number(exact)).toBe(0.7);
    expect(String(exact)).toBe("0.700");
    expect(JSON.stringify({ exact })).toBe('{"exact":0.7}');
  });

  it.each(["01", "1.", ".5", "+1", "-", "1e", "0x10", "NaN", "Infinity", "1_000", "١"])("%s is no JSON", (digits) => {
    expect(codeOf(() => parseJson(`[${digits}]`))).toBe("not-json");
  });
});

describe("a platform that tells no digits", () => {
  it("gives the same through the library", async () => {
    const native = JSON.parse;
    vi.spyOn(JSON, "parse").mockImplementation((text, reviver) =>
      native(text, reviver && ((name, value) => reviver(name, value))),
    );
    vi.resetModules();
    const older = await import("../../client/fhir/json.ts");
    vi.restoreAllMocks();
    for (const text of [
      '{"b":[0.700,1.2E+2,-0,1e400,1,2.5],"a":{"__proto__":{"c":5.0}},"d":"\\ud800"}',
      new TextDecoder().decode(caseBytes("01-decimals")),
    ]) {
      expect(older.writeJson(older.parseJson(text))).toBe(writeJson(parseJson(text)));
      expect(older.writeJson(older.parseJson(text))).toContain("1.2E+2");
    }
    for (const text of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', "[1,]", "[01]", "", '{"1":1}'])
      expect(() => older.parseJson(text), text).toThrow(
        expect.objectContaining({ code: codeOf(() => parseJson(text)) }),
      );
  });
});

describe("members", () => {
  it.each([
    ["with other values", '{"a":1,"a":2}'],
    ["with equal values", '{"a":1,"a":1}'],
    ["with equal objects", '{"x":[{"a":{},"a":{}}]}'],
    ["with the name escaped", '{"a":1,"\\u0061":1}'],
    ["with the name escaped and other values", '{"\\u0061":1,"a":2}'],
    ["far apart", '{"a":1,"b":{"a":1},"c":":","a":1}'],
    ["named __proto__", '{"__proto__":1,"__proto__":1}'],
    ["numbers of equal value", '{"a":1.0,"a":1.0}'],
  ])("that stand twice are refused: %s", (_, text) => {
    expect(codeOf(() => parseJson(text))).toBe("duplicate-member");
  });

  it("of case 25 are refused, and the message names the member and no content", () => {
    expect(() => readBundle(caseBytes("25-duplicate-member"))).toThrow(
      'The member "valueString" stands twice in one object.',
    );
  });

  it.each([
    '{"__proto__":{"a":1},"b":2}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3,"valueOf":4,"toJSON":5}',
    '{"":1}',
    '{"z":1,"a":2,"m":{"y":1,"b":2}}',
    '{"isLosslessNumber":true,"value":"5"}',
    '{"a:b":"c:d","e\\\\":"\\""}',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
  ])("of any name come back in their order: %s", (text) => {
    const value = parseJson(text);
    expect(writeJson(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it("whose name begins with a digit are refused in both directions, since JavaScript would reorder them", () => {
    expect(codeOf(() => parseJson('{"b":1,"1":2}'))).toBe("bad-member");
    expect(codeOf(() => writeJson({ b: 1, 1: 2 }))).toBe("bad-member");
  });
});

describe("text", () => {
  it("comes back by its code points, without normalisation", () => {
    for (const text of [
      "é".normalize("NFD"),
      "é",
      "\u0000",
      "😀",
      "\u2028",
      "\uFEFFx",
      "\uFFFD",
      "\u202Eabc",
      "\ud800",
      "x\udc00",
    ]) {
      expect(parseJson(writeJson([text]))).toEqual([text]);
      // Sealed as UTF-8; a lone surrogate is written as an escape.
      expect(parseJson(new TextEncoder().encode(writeJson([text])))).toEqual([text]);
    }
    expect(writeJson(parseJson('["\\ud800"]'))).toBe('["\\ud800"]');
  });

  it("must be UTF-8: Latin-1, UTF-16, overlong and cut-off forms are refused", () => {
    expect(codeOf(() => readBundle(caseBytes("12-latin1")))).toBe("wrong-encoding");
    const wrong = [
      Buffer.from('["Müller"]', "latin1"),
      Buffer.from('\uFEFF["x"]', "utf16le"),
      Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
      Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      Buffer.from([0x22, 0xe2, 0x82]),
    ];
    for (const bytes of wrong) expect(codeOf(() => parseJson(new Uint8Array(bytes)))).toBe("wrong-encoding");
    expect(codeOf(() => parseJson(new Uint8Array(Buffer.from('["x"]', "utf16le"))))).toBe("not-json");
  });

  it("may begin with a byte-order mark", () => {
    expect(parseJson(Buffer.from('\uFEFF{"a":"ü"}'))).toEqual({ a: "ü" });
    expect(parseJson('\uFEFF{"a":1}')).toEqual({ a: 1 });
  });
});

describe("depth", () => {
  const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);
  it("is limited before anything recurses, in both directions", () => {
    const depth = (levels: number) => `${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`;
    expect(writeJson(parseJson(depth(MAX_DEPTH)))).toBe(depth(MAX_DEPTH));
    expect(codeOf(() => parseJson(depth(MAX_DEPTH + 2)))).toBe("too-deep");
    expect(codeOf(() => parseJson(nested(1_000_000, "[", "]")))).toBe("too-deep");
    expect(codeOf(() => parseJson(nested(1_000_000, '{"a":', "}")))).toBe("too-deep");
    expect(codeOf(() => parseJson(`["]]]]${nested(300, "[", "]")}"]`))).toBe("accepted"); // brackets inside text
    let value: Json = [];
    for (let i = 0; i < 100_000; i++) value = [value];
    expect(codeOf(() => writeJson(value))).toBe("too-deep");
    const resource = { resourceType: "Basic", value };
    expect(codeOf(() => writeRecord([{ fullUrl: "urn:uuid:1", resource }]))).toBe("too-deep");
    expect(codeOf(() => readBundle({ resourceType: "Bundle", entry: [{ resource }] }))).toBe("too-deep");
  });
});

describe("any input", () => {
  it("is taken if and only if the platform takes it and no member stands twice, and comes back", () => {
    const key = fc.oneof(
      fc.constantFrom("a", "b", "__proto__", "resourceType"),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.bigInt().map((n) => new ExactNumber(`${n}.0`) as Json),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc
          .array(fc.tuple(key, tie("tree")), { maxLength: 4 })
          .map((pairs) => Object.fromEntries(pairs.filter(([name]) => !/^\d/.test(name))) as Json),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = writeJson(value);
        expect(writeJson(parseJson(text))).toBe(text);
        expect(writeJson(parseJson(writeJson(value, 2)))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it("of random characters throws FhirInputError or agrees with the platform", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      '"a"',
      '"b"',
      "1",
      "-0",
      "1.50",
      "null",
      "true",
      "\\",
      " ",
      "\\u0061",
      "é",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join("");
        const code = codeOf(() => parseJson(text));
        let platform = true;
        try {
          JSON.parse(text);
        } catch {
          platform = false;
        }
        if (!platform) expect(code).not.toBe("accepted");
        else expect(["accepted", "duplicate-member"]).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });

  it("of random bytes throws nothing but FhirInputError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(codeOf(() => readBundle(bytes))).not.toBe("accepted");
        codeOf(() => readRecord(bytes));
      }),
      { numRuns: 500 },
    );
  });
});
