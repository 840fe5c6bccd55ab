// Tests of functions/shared/json.ts: what is looked over before JSON is parsed, and where the limits are.

import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readJson } from "../../functions/shared/json.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { problemOf } from "./door.ts";

const read = (text: string | Uint8Array, maxValues?: number) =>
  readJson(typeof text === "string" ? utf8ToBytes(text) : text, z.any(), maxValues);
const faultOf = (text: string | Uint8Array, maxValues?: number) => problemOf(() => read(text, maxValues));
const body = (reason: string): string => `malformed: The body cannot be read: ${reason}.`;
const NOT_JSON = "malformed: The body is not JSON.";
const BAD_TEXT = body("a text is not well-formed");

describe("a body of JSON", () => {
  it.each([
    ["null", null],
    [' { "a" : [ 1, "x", {} ] } ', { a: [1, "x", {}] }],
    ['"\\\\"', "\\"],
    ['["\\"", "\\\\\\""]', ['"', '\\"']],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\uD83D\\uDE00 and \\u00e9"', "😀 and é"],
    ['"\\ud7ff\\ue000"', "\ud7ff\ue000"],
    ['"{[,"', "{[,"],
    ['{"a\\u0020b":"\\t"}', { "a b": "\t" }],
  ])("is read: %s", async (text, value) => {
    expect(await read(text)).toEqual(value);
  });

  it("is read from a request too, and checked by its schema", async () => {
    const request = new Request("http://a.test", { method: "POST", body: '{"n":1}' });
    expect(await readJson(request, z.object({ n: z.int() }))).toEqual({ n: 1 });
    expect(await problemOf(() => readJson(utf8ToBytes('{"n":"1"}'), z.object({ n: z.int() })))).toContain(
      "expected number, received string",
    );
  });

  it.each([
    ["", NOT_JSON],
    ["{", NOT_JSON],
    ["[1,]", NOT_JSON],
    ['{"a":1}}', NOT_JSON],
    ['"\\x"', NOT_JSON],
    ['"\\u12"', NOT_JSON],
    ["\ufeff1", "accepted"],
    ['"abc', BAD_TEXT],
    ['"abc\\"', BAD_TEXT],
    ['"\\ud83d"', BAD_TEXT],
    ['"\\ud83d\\ud83d"', BAD_TEXT],
    ['"\\ude00"', BAD_TEXT],
    ['"\\ude00\\ud83d"', BAD_TEXT],
    ['"\\ud83dx\\ude00"', BAD_TEXT],
    ['"\\ud83d\\n\\ude00"', BAD_TEXT],
    ['"\\ud83d\\u0041"', BAD_TEXT],
    ['["ok","\\udfff"]', BAD_TEXT],
    ['"\\ud800"', BAD_TEXT],
    ['"\\udc00"', BAD_TEXT],
    ['"\\udbff\\udc00"', "accepted"],
    ['"\\udbff\\ue000"', BAD_TEXT],
  ])("is judged: %s gives %s", async (text, fault) => {
    expect(await faultOf(text)).toBe(fault);
  });

  it("is refused if it is not UTF-8", async () => {
    expect(await faultOf(Uint8Array.of(0x22, 0xff, 0x22))).toBe(NOT_JSON);
  });

  it("may be nested 12 deep, in lists and objects, and no deeper", async () => {
    const lists = (n: number) => "[".repeat(n) + "]".repeat(n);
    const objects = (n: number) => ['{"a":'.repeat(n - 1), "{}", "}".repeat(n - 1)].join("");
    for (const make of [lists, objects]) {
      expect(await faultOf(make(12))).toBe("accepted");
      expect(await faultOf(make(13))).toBe(body("it is nested deeper than 12"));
    }
    expect(await faultOf(`[${Array(20).fill("[]").join()}]`)).toBe("accepted");
    expect(await faultOf(`[${Array(20).fill("{}").join()}]`)).toBe("accepted");
  });

  it("holds as many values as the route allows, lists and objects included, and no more", async () => {
    const list = (n: number) => `[${Array(n).fill("0").join()}]`;
    expect(await faultOf(list(1999))).toBe("accepted");
    expect(await faultOf(list(2000))).toBe(body("it has more than 2000 values"));
    expect(await faultOf("[1,[2],{}]", 6)).toBe("accepted");
    expect(await faultOf("[1,[2],{}]", 5)).toBe(body("it has more than 5 values"));
    expect(await faultOf('["1,2,3,4,5,6"]', 2)).toBe("accepted");
  });

  it("of many quotes and backslashes is passed once", async () => {
    const long = JSON.stringify(Array(500).fill('\\"'));
    expect(await read(long)).toEqual(Array(500).fill('\\"'));
    expect(await faultOf(`${long.slice(0, -2)}\\ud800"]`)).toBe(BAD_TEXT);
  });
});
