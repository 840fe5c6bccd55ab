// Signed heads of the log, and its tiles.

import * as z from "zod";
import { ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, OCTETS_TYPE, route, TEXT_TYPE } from "../contract.ts";
import { countText } from "../fields.ts";

const callers = [ANYONE];

export const HEADS = {
  readCheckpoint: route({ method: "GET", path: "/checkpoint", callers, produces: [TEXT_TYPE] }),
  readTile: route({
    method: "GET",
    path: "/tile/:rest{.+}",
    callers,
    params: { rest: z.string().max(200) },
    produces: [OCTETS_TYPE],
  }),
  readCosigned: route({
    method: "GET",
    path: "/v1/cosigned",
    callers,
    query: { quorum: countText.default(1), min: countText.optional() },
    produces: [JSON_TYPE],
  }),
};

export const HEADS_ANSWERS = () => {
  const Head = z
    .object({ checkpoint: z.string().describe("note text with signatures"), size: z.int().min(0) })
    .meta({ id: "Head" });
  return {
    readCheckpoint: {
      summary: "Read the newest signed head",
      description: "It has the cosignatures that came so far.",
      ok: { 200: { text: "note text (C2SP tlog-checkpoint)" } },
    },
    readTile: {
      summary: "Read a tile or a bundle of entries",
      description:
        "`rest` is L/N or entries/N, with .p/W if the tile is partial (C2SP tlog-tiles). A tile never changes.",
      ok: { 200: { octets: "the tile", headers: { etag: "Names these bytes." } }, 304: {} },
      problems: ["not-found"],
    },
    readCosigned: {
      summary: "Read the largest head with a quorum of recent cosignatures",
      description:
        "The head has at least `min` entries. If the log has no such head, it asks its witnesses. If they do not suffice, the problem is not-found.",
      ok: { 200: { json: Head } },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof HEADS>;
};

export type Head = JsonOf<ReturnType<typeof HEADS_ANSWERS>["readCosigned"]>;
