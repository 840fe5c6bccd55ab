// Entries of the log. Everybody reads; only the keys in LOG_WRITERS append, each its own kinds (writers.ts).
//
//   GET  /v1/entries?from=&limit=   at most MAX_ENTRIES_READ entries, and how many entries the log has
//   GET  /v1/leaves/:hash           {index} of the entry with this RFC 9162 leaf hash (hex)
//   POST /v1/entries                {entries: [LogEntry]} signed by a writer. Repeating the request changes nothing

import * as z from "zod";
import { MAX_ENTRIES_READ } from "../../durable-objects/transparency-log.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { HASH_BYTES, leafHash } from "../../protocol/merkle.ts";
import { MAX_ENTRY_BYTES } from "../../protocol/tiles.ts";
import { type LogEnv, now } from "../shared/env.ts";
import { checkHex, type RoleApp, readBase64url } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { Problem } from "../shared/problems.ts";
import { signedBy } from "../shared/request-auth.ts";
import { logOf, readCount } from "./object.ts";
import { checkEntry, writersOf } from "./writers.ts";

const MAX_ENTRIES_APPENDED = 256;

const AppendBody = z.object({ entries: z.array(z.string()).min(1).max(MAX_ENTRIES_APPENDED) });

export function registerEntries(app: RoleApp<LogEnv>): void {
  app.get("/v1/entries", async (c) => {
    const from = readCount(c.req.query("from"), "from");
    const limit = Math.min(readCount(c.req.query("limit") ?? String(MAX_ENTRIES_READ), "limit"), MAX_ENTRIES_READ);
    const { entries, size } = await logOf(c.env).entries(from, from + limit);
    return c.json({ entries: entries.map(toBase64url), size });
  });

  app.get("/v1/leaves/:hash", async (c) => {
    const hash = hexToBytes(checkHex(c.req.param("hash"), HASH_BYTES, "hash"));
    const [index] = await logOf(c.env).indexesOf([hash]);
    if (index === undefined) throw new Problem("not-found", "The log has no such entry.");
    return c.json({ index });
  });

  app.post("/v1/entries", async (c) => {
    const writers = writersOf(c.env);
    const { body, key } = await signedBy(c, [...writers.keys()] as Hex[]);
    const { entries } = await readJson(body, AppendBody);
    const bytes = entries.map((entry, i) => readBase64url(entry, `entries.${i}`));
    const known = await logOf(c.env).indexesOf(bytes.map(leafHash));
    bytes.forEach((entry, i) => {
      if (entry.length > MAX_ENTRY_BYTES)
        throw new Problem("too-large", `An entry has at most ${MAX_ENTRY_BYTES} bytes.`);
      const value = LogEntry.decode(entry);
      // Bytes that are in the log already keep their index, however late they come again.
      if (known[i] === undefined) checkEntry(value, writers.get(key)!, now(c));
    });
    const { indexes, size } = await logOf(c.env).append(bytes);
    return c.json({ indexes, size });
  });
}
