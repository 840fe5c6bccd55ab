// The transparency log at the edge. Reading is for everybody and needs no trust in this Worker: static files of C2SP
// tlog-tiles, or proofs ready made. Appending is for the roles whose request keys are in LOG_WRITERS.
//
//   GET  /checkpoint                              the newest signed head, with the cosignatures it has so far
//   GET  /tile/<L>/<N>[.p/<W>]  /tile/entries/... tiles and entry bundles, immutable
//   GET  /v1/cosigned?quorum=1                    the largest head with that many cosignatures
//   GET  /v1/inclusion?index=&size=               RFC 9162 proofs
//   GET  /v1/consistency?from=&to=
//   GET  /v1/entries?from=&limit=                 at most 256 entries, and how many there are
//   POST /v1/entries                              {entries: [LogEntry]} signed by a writer; repeating it is harmless
//   POST /v1/cosignatures                         {checkpoint, cosignature}: lines of configured witnesses
// A cosignature carries its own authority, so that call needs no key.

import * as z from "zod";
import {
  type Cosigned,
  MAX_ENTRIES_READ,
  type Proof,
  type TransparencyLog,
} from "../durable-objects/transparency-log.ts";
import { LogEntry } from "../protocol/documents.ts";
import { toBase64url } from "../protocol/encodings.ts";
import { MAX_ENTRY_BYTES, parseTilePath } from "../protocol/tiles.ts";
import type { LogEnv } from "./shared/env.ts";
import { Problem, readBase64url, readJson, refused, roleApp } from "./shared/http.ts";
import { signedBy } from "./shared/request-auth.ts";

export { TransparencyLog } from "../durable-objects/transparency-log.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";
const MAX_ENTRIES_APPENDED = 256;
const MAX_NOTE_CHARS = 32_768;

const app = roleApp<LogEnv>("log");

const logOf = (env: LogEnv) => (env.TRANSPARENCY_LOG as DurableObjectNamespace<TransparencyLog>).getByName("log");

/** A decimal number in the query, in its one form. */
function count(value: string | undefined, name: string): number {
  if (value === undefined || !/^(0|[1-9]\d{0,14})$/.test(value))
    throw new Problem("malformed", `${name}: a whole number expected`);
  return Number(value);
}

app.get("/checkpoint", async (c) =>
  c.body(await logOf(c.env).checkpoint(), 200, { "content-type": "text/plain; charset=utf-8" }),
);

app.get("/tile/*", async (c) => {
  const path = new URL(c.req.url).pathname.slice(1);
  const file = parseTilePath(path) && (await c.env.TILES.get(path));
  if (!file) throw new Problem("not-found");
  return c.body(file.body, 200, {
    "content-type": "application/octet-stream",
    "cache-control": IMMUTABLE,
    etag: file.httpEtag,
  });
});

app.get("/v1/cosigned", async (c) => {
  const quorum = count(c.req.query("quorum") ?? "1", "quorum");
  const head = await logOf(c.env).cosigned(quorum);
  if (!head) throw new Problem("not-found", "No head has that many cosignatures yet.");
  return c.json({ checkpoint: head.note, size: head.size });
});

function proofAnswer(answer: Proof): { proof: string[] } {
  if (!answer.ok) throw new Problem("not-found", "The log is not that large.");
  return { proof: answer.proof.map(toBase64url) };
}

app.get("/v1/inclusion", async (c) =>
  c.json(
    proofAnswer(await logOf(c.env).inclusion(count(c.req.query("index"), "index"), count(c.req.query("size"), "size"))),
  ),
);

app.get("/v1/consistency", async (c) =>
  c.json(
    proofAnswer(await logOf(c.env).consistency(count(c.req.query("from"), "from"), count(c.req.query("to"), "to"))),
  ),
);

app.get("/v1/entries", async (c) => {
  const from = count(c.req.query("from"), "from");
  const limit = Math.min(count(c.req.query("limit") ?? String(MAX_ENTRIES_READ), "limit"), MAX_ENTRIES_READ);
  const { entries, size } = await logOf(c.env).entries(from, from + limit);
  return c.json({ entries: entries.map(toBase64url), size });
});

const AppendBody = z.object({ entries: z.array(z.string()).min(1).max(MAX_ENTRIES_APPENDED) });

app.post("/v1/entries", async (c) => {
  const { body } = await signedBy(c, JSON.parse(c.env.LOG_WRITERS) as string[]);
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

const CosignatureBody = z.object({
  checkpoint: z.string().max(MAX_NOTE_CHARS),
  cosignature: z.string().max(MAX_NOTE_CHARS),
});

app.post("/v1/cosignatures", async (c) => {
  const { checkpoint, cosignature } = await readJson(c.req, CosignatureBody);
  const answer = (await logOf(c.env).addCosignatures(checkpoint, cosignature)) as Cosigned;
  if (answer.ok) return c.json({ size: answer.size, cosigners: answer.cosigners });
  if (answer.reason === "malformed") throw new Problem("malformed", "Not a checkpoint with signature lines.");
  if (answer.reason === "unknown-head") throw new Problem("not-found", "The log signed no such checkpoint.");
  throw refused(answer.reason);
});

export default app;
