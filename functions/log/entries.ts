// Entries of the log. Everybody reads; only the roles whose request keys are in LOG_WRITERS append.
//
//   GET  /v1/entries?from=&limit=   at most MAX_ENTRIES_READ entries, and how many entries the log has
//   POST /v1/entries                {entries: [LogEntry]} signed by a writer. Repeating the request changes nothing

import * as z from "zod";
import { MAX_ENTRIES_READ } from "../../durable-objects/transparency-log.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { MAX_ENTRY_BYTES } from "../../protocol/tiles.ts";
import type { LogEnv } from "../shared/env.ts";
import { Problem, type RoleApp, readBase64url, readJson } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { logOf, readCount } from "./object.ts";

const MAX_ENTRIES_APPENDED = 256;

const AppendBody = z.object({ entries: z.array(z.string()).min(1).max(MAX_ENTRIES_APPENDED) });

export function registerEntries(app: RoleApp<LogEnv>): void {
  app.get("/v1/entries", async (c) => {
    const from = readCount(c.req.query("from"), "from");
    const limit = Math.min(readCount(c.req.query("limit") ?? String(MAX_ENTRIES_READ), "limit"), MAX_ENTRIES_READ);
    const { entries, size } = await logOf(c.env).entries(from, from + limit);
    return c.json({ entries: entries.map(toBase64url), size });
  });

  app.post("/v1/entries", async (c) => {
    const { body } = await signedBy(c, JSON.parse(c.env.LOG_WRITERS) as Hex[]);
    const { entries } = await readJson(body, AppendBody);
    const bytes = entries.map((entry, i) => readBase64url(entry, `entries.${i}`));
    for (const entry of bytes) {
      if (entry.length > MAX_ENTRY_BYTES)
        throw new Problem("too-large", `An entry has at most ${MAX_ENTRY_BYTES} bytes.`);
      LogEntry.decode(entry);
    }
    const { indexes, size } = await logOf(c.env).append(bytes);
    return c.json({ indexes, size });
  });
}
