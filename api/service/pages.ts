// Pages for people: the API with its document, and an explanation of each problem code.

import * as z from "zod";
import { ANYONE, type AnswersOf, HTML_TYPE, JSON_TYPE, route } from "../contract.ts";

const callers = [ANYONE];
const name = z.string().regex(/^[a-z-]{1,40}(?:\.css|\.js)?$/);

export const PAGES = {
  readOpenApi: route({ method: "GET", path: "/openapi.json", callers, produces: [JSON_TYPE] }),
  readDocs: route({ method: "GET", path: "/docs", callers, produces: [HTML_TYPE] }),
  readDocsFile: route({
    method: "GET",
    path: "/docs/:file",
    callers,
    params: { file: name },
    produces: [],
  }),
  readProblem: route({
    method: "GET",
    path: "/problems/:code",
    callers,
    params: { code: name },
    produces: [],
  }),
};

export const PAGES_ANSWERS = () => {
  const etag = { etag: "Names these bytes." };
  return {
    readOpenApi: {
      summary: "Read this document",
      ok: { 200: { json: z.record(z.string(), z.unknown()), headers: etag }, 304: {} },
    },
    readDocs: { summary: "Read the API as a page", ok: { 200: { html: "the page", headers: etag }, 304: {} } },
    readDocsFile: {
      summary: "Read a file of that page",
      ok: { 200: { headers: etag }, 304: {} },
      problems: ["not-found"],
    },
    readProblem: {
      summary: "Read the page of a problem code",
      description: "The `type` of a problem is the address of its page.",
      ok: { 200: { html: "the page", headers: etag }, 304: {} },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof PAGES>;
};
