// Entries of the log. Everybody reads. Only the roles whose request keys are in LOG_WRITERS append, each its own kinds.

import * as z from "zod";
import { ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, json, route, signatureOf } from "../contract.ts";
import { anyBase64url, countText, hexText } from "../fields.ts";

/** The log's object hands out no more either (durable-objects/transparency-log.ts). */
const MAX_ENTRIES_READ = 256;
const MAX_ENTRIES_APPENDED = 256;

const produces = [JSON_TYPE];

export const ENTRIES = {
  readEntries: route({
    method: "GET",
    path: "/v1/entries",
    callers: [ANYONE],
    query: { from: countText, limit: countText.default(MAX_ENTRIES_READ) },
    produces,
  }),
  findLeaf: route({
    method: "GET",
    path: "/v1/leaves/:hash",
    callers: [ANYONE],
    params: { hash: hexText(32) },
    produces,
  }),
  appendEntries: route({
    method: "POST",
    path: "/v1/entries",
    callers: [signatureOf("a writer of the log")],
    body: json(z.object({ entries: z.array(anyBase64url).min(1).max(MAX_ENTRIES_APPENDED) })),
    produces,
  }),
};

export const ENTRIES_ANSWERS = () => {
  const number = z.int().min(0);
  const size = number.describe("how many entries the log has");
  return {
    readEntries: {
      summary: "Read entries from an index on",
      description: `At most ${MAX_ENTRIES_READ} entries come at once. A larger \`limit\` is no fault.`,
      ok: { 200: { json: z.object({ entries: z.array(anyBase64url.describe("LogEntry")), size }) } },
    },
    findLeaf: {
      summary: "Find the index of the entry with a leaf hash",
      description: "The hash is the leaf hash of RFC 9162.",
      ok: { 200: { json: z.object({ index: number }) } },
      problems: ["not-found"],
    },
    appendEntries: {
      summary: "Append entries to the log",
      description: "Each writer may append its own kinds. An entry that the log has already keeps its index.",
      ok: { 200: { json: z.object({ indexes: z.array(number), size }) } },
      problems: ["unknown-version", "forbidden", "not-allowed-now"],
    },
  } satisfies AnswersOf<typeof ENTRIES>;
};

type Answers = ReturnType<typeof ENTRIES_ANSWERS>;
export type EntriesPage = JsonOf<Answers["readEntries"]>;
export type Leaf = JsonOf<Answers["findLeaf"]>;
export type Appended = JsonOf<Answers["appendEntries"]>;
