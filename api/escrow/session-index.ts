// The session index: one row per session. The service Worker puts the rows, and anybody reads them, in large parts.

import * as z from "zod";
import { MAX_PARTS, type Part, readPart } from "../../protocol/buckets.ts";
import { bytesToHex, fromBase64url, type Hex } from "../../protocol/encodings.ts";
import {
  ADMINISTRATOR,
  ANYONE,
  type AnswersOf,
  JSON_TYPE,
  type JsonOf,
  json,
  OCTETS_TYPE,
  route,
  signatureOf,
} from "../contract.ts";
import { base64urlOf, hexText, serviceId } from "../fields.ts";

/** rows per request */
const MAX_ROWS_PUT = 500;
/** the fields of a row and the row itself, with room */
const VALUES_PER_ROW = 8;
/** 213 kB per page, which D1 returns as one text of twice that. A page costs about 17 ms of CPU. */
export const ROWS_PER_PAGE = 1024;
/** parts per query: enough for the slots of an epoch, with room to spare */
const MAX_PARTS_ASKED = 64;
const MAX_EPOCH = 0xffff;

/** Base64url of exactly `length` bytes; parses to hex, the form in which the index stores it. */
const hexFromBase64url = (length: number) =>
  base64urlOf(length).transform((text, issues): Hex => {
    try {
      const bytes = fromBase64url(text);
      if (bytes.length === length) return bytesToHex(bytes);
    } catch {
      // the issue below reports it
    }
    issues.addIssue({ code: "custom", message: `${length} bytes in base64url` });
    return z.NEVER;
  });

const epoch = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,4})$/, "a number expected")
  .transform(Number)
  .refine((n) => n <= MAX_EPOCH, `at most ${MAX_EPOCH}`)
  .meta({ type: "integer", minimum: 0, maximum: MAX_EPOCH });

/** Parts of one m, separated by commas, each once. */
const parts = z
  .string()
  .regex(/^\d{1,5}\.\d{1,5}(?:,\d{1,5}\.\d{1,5})*$/, `"n.m" with 0 <= n < m <= ${MAX_PARTS} expected`)
  .transform((text, issues): Part[] => {
    const texts = text.split(",");
    const read = texts.map(readPart);
    const fault = read.includes(undefined)
      ? `"n.m" with 0 <= n < m <= ${MAX_PARTS} expected`
      : read.some((part) => part!.of !== read[0]!.of) || new Set(texts).size !== texts.length
        ? "all parts must have the same m, and no part may appear twice"
        : texts.length > MAX_PARTS_ASKED
          ? `at most ${MAX_PARTS_ASKED}`
          : undefined;
    if (fault === undefined) return read as Part[];
    issues.addIssue({ code: "custom", message: fault });
    return z.NEVER;
  })
  .optional();

const limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, `1 to ${ROWS_PER_PAGE}`)
  .transform(Number)
  .refine((n) => n <= ROWS_PER_PAGE, `1 to ${ROWS_PER_PAGE}`)
  .meta({ type: "integer", minimum: 1, maximum: ROWS_PER_PAGE })
  .optional();

const blockNumber = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,8})$/, "the number of a block")
  .transform(Number)
  .meta({ type: "integer", minimum: 0, maximum: 999_999_999 })
  .optional();

const params = { epoch };
const byServiceWorker = [signatureOf("the service Worker")];

export const INDEX = {
  putRows: route({
    method: "POST",
    path: "/v1/index",
    callers: byServiceWorker,
    body: json(
      z.object({
        rows: z
          .array(
            z.object({
              epoch: z.int().min(0).max(MAX_EPOCH),
              value: hexFromBase64url(32),
              serviceId,
              tag: hexFromBase64url(96),
              rowProof: hexFromBase64url(64),
            }),
          )
          .min(1)
          .max(MAX_ROWS_PUT),
      }),
      MAX_ROWS_PUT * VALUES_PER_ROW,
    ),
    produces: [JSON_TYPE],
  }),
  readRows: route({
    method: "GET",
    path: "/v1/index/:epoch",
    callers: [ANYONE],
    params,
    query: { part: parts, cursor: hexText(32).optional(), limit },
    produces: [OCTETS_TYPE],
  }),
  readBlocks: route({
    method: "GET",
    path: "/v1/index/:epoch/blocks",
    callers: [ANYONE],
    params,
    query: { part: parts, cursor: blockNumber },
    produces: [OCTETS_TYPE],
  }),
  completeEpoch: route({
    method: "POST",
    path: "/v1/index/:epoch/complete",
    callers: byServiceWorker,
    params,
    produces: [JSON_TYPE],
  }),
  closeEpoch: route({
    method: "POST",
    path: "/v1/admin/index/:epoch/close",
    callers: [ADMINISTRATOR],
    params,
    produces: [JSON_TYPE],
  }),
};

export const INDEX_ANSWERS = () => {
  const number = z.int().min(0);
  const headers = { "symbolon-cursor": "Ask for the next page with it. Absent on the last page." };
  return {
    putRows: {
      summary: "Put rows of new sessions",
      description: "All rows are stored, or none. The same row again changes nothing.",
      ok: {
        200: { json: z.object({ rows: number, late: number.describe("rows of epochs that are closed") }) },
      },
      problems: ["conflict"],
    },
    readRows: {
      summary: "Read rows of an epoch, sorted by value",
      description:
        '`part` is "n.m", by value; several parts of one m are separated by commas. The reader matches at home, so the escrow does not learn which row it looked for.',
      ok: { 200: { octets: "rows: value 32 | serviceId 16 | T 96 | rowProof 64", headers } },
    },
    readBlocks: {
      summary: "Read blocks of a closed epoch, with their proof",
      description: "The cursor is the number of a block.",
      ok: { 200: { octets: "IndexBlocks", headers } },
      problems: ["not-found"],
    },
    completeEpoch: {
      summary: "Say that no row of an epoch is pending",
      ok: { 200: { json: z.object({ epoch: number }) } },
      problems: ["not-allowed-now"],
    },
    closeEpoch: {
      summary: "Close an epoch, and log the count and root of its rows",
      ok: {
        200: {
          json: z.object({
            epoch: number,
            count: number,
            root: hexText(32),
            logIndex: number,
            late: number.describe("rows that came after the epoch was closed; no case reads them"),
          }),
        },
      },
      problems: ["not-allowed-now"],
    },
  } satisfies AnswersOf<typeof INDEX>;
};

export type ClosedEpoch = JsonOf<ReturnType<typeof INDEX_ANSWERS>["closeEpoch"]>;
