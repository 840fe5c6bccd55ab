// Routes of the session index (session-index.ts).
//
//   POST /v1/index                               {rows: [{epoch, value, serviceId, tag, rowProof}]}   signed by the service Worker
//   GET  /v1/index/:epoch?part=&cursor=&limit=   octet-stream: rows of 208 bytes, sorted by value
//   GET  /v1/index/:epoch/blocks?part=&cursor=   octet-stream: IndexBlocks of a closed epoch, with their proof; cursor is the
//                                                number of a block
//   POST /v1/index/:epoch/complete               no row of the epoch is pending                       signed by the service Worker
//   POST /v1/admin/index/:epoch/close            → count and root, logged, and late rows              signed by the administrator
//
// `part` is "n.m" (protocol/buckets.ts), by value. Several parts of one m are separated by commas. If more rows follow, the
// answer has the header `symbolon-cursor`; the next request sends its value as `cursor`.

import type { Context } from "hono";
import * as z from "zod";
import { MAX_PARTS, type Part, readPart } from "../../protocol/buckets.ts";
import { bytesToHex, fromBase64url } from "../../protocol/encodings.ts";
import { type EscrowEnv, now } from "../shared/env.ts";
import { checkHex, type RoleApp } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { Problem } from "../shared/problems.ts";
import { signedBy } from "../shared/request-auth.ts";
import { hexText } from "../shared/schemas.ts";
import { admin } from "./admin-nonces.ts";
import { readBlocks } from "./index-proofs.ts";
import {
  closeEpoch,
  completeEpoch,
  MAX_EPOCH,
  MAX_PARTS_ASKED,
  MAX_ROWS_PUT,
  putRows,
  ROWS_PER_PAGE,
  readRows,
} from "./session-index.ts";

type C = Context<{ Bindings: EscrowEnv }>;

/** Base64url of exactly `length` bytes; parses to hex, the form in which the index stores it. */
const hexFromBase64url = (length: number) =>
  z.string().transform((text, issues) => {
    try {
      const bytes = fromBase64url(text);
      if (bytes.length === length) return bytesToHex(bytes);
    } catch {
      // the issue below reports it
    }
    issues.addIssue({ code: "custom", message: `${length} bytes in base64url` });
    return z.NEVER;
  });

const IndexBody = z.object({
  rows: z
    .array(
      z.object({
        epoch: z.int().min(0).max(MAX_EPOCH),
        value: hexFromBase64url(32),
        serviceId: hexText(16),
        tag: hexFromBase64url(96),
        rowProof: hexFromBase64url(64),
      }),
    )
    .min(1)
    .max(MAX_ROWS_PUT),
});

/** the fields of a row and the row itself, with room */
const VALUES_PER_ROW = 8;

/** @throws Problem malformed */
function epochParameter(c: C): number {
  const text = c.req.param("epoch") ?? "";
  if (!/^(0|[1-9]\d{0,4})$/.test(text) || Number(text) > MAX_EPOCH)
    throw new Problem("malformed", `epoch: a number from 0 to ${MAX_EPOCH} expected`);
  return Number(text);
}

/** @throws Problem malformed */
function partsAsked(c: C): Part[] | undefined {
  const texts = c.req.query("part")?.split(",");
  const parts = texts?.map((text) => {
    const part = readPart(text);
    if (!part) throw new Problem("malformed", `part: "n.m" with 0 <= n < m <= ${MAX_PARTS} expected`);
    return part;
  });
  if (parts?.some(({ of }) => of !== parts[0]!.of) || new Set(texts).size !== (texts?.length ?? 0))
    throw new Problem("malformed", "part: all parts must have the same m, and no part may appear twice");
  if ((parts?.length ?? 0) > MAX_PARTS_ASKED) throw new Problem("malformed", `part: at most ${MAX_PARTS_ASKED}`);
  return parts;
}

/** @throws Problem malformed */
function limitAsked(c: C): number | undefined {
  const text = c.req.query("limit");
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > ROWS_PER_PAGE)
    throw new Problem("malformed", `limit: 1 to ${ROWS_PER_PAGE}`);
  return Number(text);
}

/** @throws Problem malformed */
function cursorAsked(c: C) {
  const text = c.req.query("cursor");
  return text === undefined ? undefined : checkHex(text, 32, "cursor");
}

/** @throws Problem malformed */
function blockCursor(c: C): number | undefined {
  const text = c.req.query("cursor");
  if (text === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,8})$/.test(text)) throw new Problem("malformed", "cursor: the number of a block");
  return Number(text);
}

export function registerIndex(app: RoleApp<EscrowEnv>): void {
  app.post("/v1/index", async (c) => {
    const { body } = await signedBy(c, [c.env.SERVICE_WORKER_KEY]);
    const { rows } = await readJson(body, IndexBody, MAX_ROWS_PUT * VALUES_PER_ROW);
    const late = await putRows(c.env, rows);
    return c.json({ rows: rows.length, late });
  });

  app.post("/v1/index/:epoch/complete", async (c) => {
    await signedBy(c, [c.env.SERVICE_WORKER_KEY]);
    const epoch = epochParameter(c);
    await completeEpoch(c.env, epoch, now(c));
    return c.json({ epoch });
  });

  app.get("/v1/index/:epoch", async (c) => {
    const epoch = epochParameter(c);
    const page = await readRows(c.env, epoch, { cursor: cursorAsked(c), parts: partsAsked(c), limit: limitAsked(c) });
    if (page.cursor !== undefined) c.header("symbolon-cursor", page.cursor);
    c.header("content-type", "application/octet-stream");
    return c.body(page.rows);
  });

  app.get("/v1/index/:epoch/blocks", async (c) => {
    const page = await readBlocks(c.env, epochParameter(c), { parts: partsAsked(c), cursor: blockCursor(c) });
    if (page.cursor !== undefined) c.header("symbolon-cursor", String(page.cursor));
    c.header("content-type", "application/octet-stream");
    return c.body(page.blocks.slice().buffer);
  });

  app.post("/v1/admin/index/:epoch/close", async (c) => {
    await admin.request(c);
    return c.json(await closeEpoch(c.env, epochParameter(c), now(c)));
  });
}
