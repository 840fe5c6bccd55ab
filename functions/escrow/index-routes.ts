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

import { INDEX } from "../../api/escrow/session-index.ts";
import { octets } from "../shared/answers.ts";
import { type EscrowEnv, now } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";
import { admin } from "./admin-nonces.ts";
import { readBlocks } from "./index-proofs.ts";
import { closeEpoch, completeEpoch, putRows, readRows } from "./session-index.ts";

const cursorHeader = (cursor: string | number | undefined): Record<string, string> =>
  cursor === undefined ? {} : { "symbolon-cursor": String(cursor) };

export function registerIndex(app: RoleApp<EscrowEnv>): void {
  serve(app, INDEX.putRows, async (c) => {
    const { body } = await signedBy(c, [c.env.SERVICE_WORKER_KEY]);
    const { rows } = await readBody(INDEX.putRows, body);
    const late = await putRows(c.env, rows);
    return c.json({ rows: rows.length, late });
  });

  serve(app, INDEX.completeEpoch, async (c, { params: { epoch } }) => {
    await signedBy(c, [c.env.SERVICE_WORKER_KEY]);
    await completeEpoch(c.env, epoch, now(c));
    return c.json({ epoch });
  });

  serve(app, INDEX.readRows, async (c, { params: { epoch }, query: { part: parts, cursor, limit } }) => {
    const page = await readRows(c.env, epoch, { cursor, parts, limit });
    return octets(c, page.rows, 200, cursorHeader(page.cursor));
  });

  serve(app, INDEX.readBlocks, async (c, { params: { epoch }, query: { part: parts, cursor } }) => {
    const page = await readBlocks(c.env, epoch, { parts, cursor });
    return octets(c, page.blocks, 200, cursorHeader(page.cursor));
  });

  serve(app, INDEX.closeEpoch, async (c, { params: { epoch } }) => {
    await admin.request(c);
    return c.json(await closeEpoch(c.env, epoch, now(c)));
  });
}
