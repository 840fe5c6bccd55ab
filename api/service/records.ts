// Sealed records: writing them, and reading them. Only the service's clinic writes. Anybody may read buckets and blobs, since
// only the recipients can open a blob.

import * as z from "zod";
import { GROUP_BLOBS } from "../../protocol/blob-group.ts";
import { MAX_PARTS, readPart } from "../../protocol/buckets.ts";
import {
  ANYONE,
  type AnswersOf,
  clinic,
  JSON_TYPE,
  type JsonOf,
  json,
  OCTETS_TYPE,
  octets,
  route,
} from "../contract.ts";
import { anyBase64url, epochText, hexText, limitUpTo, recordId, serviceId, tagHash } from "../fields.ts";
import { documentJson } from "./decoded.ts";

export const MAX_BLOB_BYTES = 100_000_000;
const RECORDS_PER_PAGE = 250;

const page = {
  cursor: z
    .string()
    .regex(/^[0-9a-f]{64}\.[1-9]\d{0,9}$/, "not a cursor of this list")
    .optional(),
  limit: limitUpTo(RECORDS_PER_PAGE),
};
const decoded = z
  .string()
  .regex(/^true$/)
  .optional();
const id = serviceId;

export const RECORDS = {
  putRecord: route({
    method: "PUT",
    path: "/v1/services/:id/records/:recordId",
    callers: [clinic("system/Record.c"), clinic("system/Record.u")],
    params: { id, recordId },
    headers: { "symbolon-manifest": anyBase64url },
    body: octets("sealed record", MAX_BLOB_BYTES),
    produces: [JSON_TYPE],
  }),
  postStatement: route({
    method: "POST",
    path: "/v1/services/:id/statements",
    callers: [clinic("system/Record.u"), clinic("system/Record.d")],
    params: { id },
    body: json(z.object({ manifest: anyBase64url })),
    produces: [JSON_TYPE],
  }),
  listRecords: route({
    method: "GET",
    path: "/v1/services/:id/records",
    callers: [clinic("system/Record.s")],
    params: { id },
    query: { ...page, decoded },
    produces: [JSON_TYPE],
  }),
  listSessionRecords: route({
    method: "GET",
    path: "/v1/services/:id/tags/:tagHash/records",
    callers: [clinic("system/Record.r")],
    params: { id, tagHash },
    query: { ...page, decoded },
    produces: [JSON_TYPE],
  }),
  listBucket: route({
    method: "GET",
    path: "/v1/services/:id/buckets/:part",
    callers: [ANYONE],
    params: {
      id,
      part: z
        .string()
        .regex(/^\d{1,5}\.\d{1,5}$/)
        .transform((text) => readPart(text)!)
        .refine((part) => part !== undefined, `n.m expected, n < m <= ${MAX_PARTS}`),
    },
    query: { ...page, to: epochText.optional() },
    produces: [JSON_TYPE],
  }),
  readBlobs: route({
    method: "GET",
    path: "/v1/services/:id/blobs",
    callers: [ANYONE],
    params: { id },
    query: {
      ids: z
        .string()
        .regex(/^[0-9a-f]{32}(?:\.[0-9a-f]{32})*$/, "record ids in hex expected, joined by dots")
        .transform((text) => text.split(".") as z.output<typeof recordId>[])
        .refine((ids) => ids.length <= GROUP_BLOBS, `at most ${GROUP_BLOBS}`),
    },
    produces: [OCTETS_TYPE],
  }),
  readBlob: route({
    method: "GET",
    path: "/v1/services/:id/blobs/:recordId",
    callers: [ANYONE],
    params: { id, recordId },
    produces: [OCTETS_TYPE],
  }),
};

export const RECORDS_ANSWERS = () => {
  const Filed = z
    .object({ recordId, manifestHash: hexText(32), count: z.int().min(1).describe("place in the session's chain") })
    .meta({ id: "Filed" });
  const Listed = z
    .object({
      manifest: anyBase64url.describe("Signed<Manifest>"),
      status: z.enum(["current", "amended", "withdrawn", "moved", "erased", "statement"]),
      decoded: documentJson().optional().describe("the manifest as JSON, if asked for by decoded=true"),
    })
    .meta({ id: "ListedRecord" });
  const Records = z
    .object({ records: z.array(Listed), cursor: z.string().optional().describe("absent on the last page") })
    .meta({ id: "Records" });
  const written = {
    ok: { 200: { json: Filed }, 201: { json: Filed } },
    problems: ["unknown-version", "not-found", "conflict", "not-allowed-now", "clock-skew"],
  } as const;
  return {
    putRecord: {
      summary: "File a sealed record or an amendment",
      description:
        "The body is the sealed blob, streamed, with Content-Length. A record needs Record.c, an amendment Record.u. The header has the Signed<Manifest> in base64url. The same manifest again gets the same answer with status 200: the record id serves as the idempotency key. If the session's chain has another head by now, the problem conflict carries `head`.",
      ...written,
    },
    postStatement: {
      summary: "Withdraw, move or erase a record",
      description:
        "The manifest states the act. A move needs Record.u, the other acts Record.d. The same manifest again gets the same answer with status 200.",
      ...written,
    },
    listRecords: { summary: "List all manifests of the clinic's service", ok: { 200: { json: Records } } },
    listSessionRecords: { summary: "List one session's chain of manifests, in order", ok: { 200: { json: Records } } },
    listBucket: {
      summary: "List the manifests of one part of the key space",
      description:
        "The n-th of m equal parts, over all months up to `to`. A page visits `limit` rows at most, so it may be short or empty and still have a cursor. Wallets and requesters ask for buckets, so that the service does not learn which sessions belong together.",
      ok: { 200: { json: Records } },
      problems: ["not-found"],
    },
    readBlobs: {
      summary: "Read several small sealed records in one answer",
      description:
        "For each id, in this order: u32 length | sealed blob. Length 0 if the service does not hand it out.",
      ok: { 200: { octets: "per id: u32 length | sealed blob" } },
      problems: ["not-found"],
    },
    readBlob: {
      summary: "Read one sealed record",
      description: "A blob never changes. It may be asked for by ranges of bytes.",
      ok: {
        200: { octets: "sealed record", headers: { etag: "Names these bytes." } },
        206: {
          octets: "a range of the sealed record",
          headers: { "content-range": "Which bytes these are, of how many." },
        },
        304: {},
      },
      problems: ["not-found", "expired", "range-not-satisfiable"],
    },
  } satisfies AnswersOf<typeof RECORDS>;
};

type Answered = ReturnType<typeof RECORDS_ANSWERS>;
export type RecordsPage = JsonOf<Answered["listRecords"]>;
export type RecordRow = RecordsPage["records"][number];
