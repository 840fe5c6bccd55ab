// Entries of the log. Everybody reads; only the keys in LOG_WRITERS append, each its own kinds (writers.ts).
//
//   GET  /v1/entries?from=&limit=   at most MAX_ENTRIES_READ entries, and how many entries the log has
//   GET  /v1/leaves/:hash           {index} of the entry with this RFC 9162 leaf hash (hex)
//   POST /v1/entries                {entries: [LogEntry]} signed by a writer. Repeating the request changes nothing

import { ENTRIES } from "../../api/log/entries.ts";
import { MAX_ENTRIES_READ } from "../../durable-objects/transparency-log.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { leafHash } from "../../protocol/merkle.ts";
import { MAX_ENTRY_BYTES } from "../../protocol/tiles.ts";
import { type LogEnv, now } from "../shared/env.ts";
import { type RoleApp, readAllBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { signedBy } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";
import { logOf } from "./object.ts";
import { checkEntry, checkSignedEntry, writersOf } from "./writers.ts";

export function registerEntries(app: RoleApp<LogEnv>): void {
  serve(app, ENTRIES.readEntries, async (c, { query: { from, limit } }) => {
    const { entries, size } = await logOf(c.env).entries(from, from + Math.min(limit, MAX_ENTRIES_READ));
    return c.json({ entries: entries.map(toBase64url), size });
  });

  serve(app, ENTRIES.findLeaf, async (c, { params: { hash } }) => {
    const [index] = await logOf(c.env).indexesOf([hexToBytes(hash)]);
    if (index === undefined) throw new Problem("not-found", "The log has no such entry.");
    return c.json({ index });
  });

  serve(app, ENTRIES.appendEntries, async (c) => {
    const writers = writersOf(c.env);
    const { body, key } = await signedBy(c, [...writers.keys()] as Hex[]);
    const { entries } = await readBody(ENTRIES.appendEntries, body);
    const bytes = readAllBase64url(entries, "entries");
    const known = await logOf(c.env).indexesOf(bytes.map(leafHash));
    bytes.forEach((entry, i) => {
      if (entry.length > MAX_ENTRY_BYTES)
        throw new Problem("too-large", `An entry has at most ${MAX_ENTRY_BYTES} bytes.`);
      const value = LogEntry.decode(entry);
      // Bytes that are in the log already keep their index, however late they come again.
      if (known[i] === undefined) {
        checkEntry(value, writers.get(key)!, now(c));
        checkSignedEntry(value, key);
      }
    });
    const { indexes, size } = await logOf(c.env).append(bytes);
    return c.json({ indexes, size });
  });
}
