// Signed heads of the log, and its tiles (C2SP tlog-tiles).
//
//   GET /checkpoint                              the newest signed head, with the cosignatures it has so far
//   GET /tile/<L>/<N>[.p/<W>]  /tile/entries/... tiles and entry bundles, immutable
//   GET /v1/cosigned?quorum=&min=                the largest head with that many recent cosignatures, and at least `min`
//                                                entries. The log asks its witnesses if it has none

import { OCTETS_TYPE } from "../../api/contract.ts";
import { HEADS } from "../../api/log/heads.ts";
import { parseTilePath } from "../../protocol/tiles.ts";
import { unlessKnown } from "../shared/answers.ts";
import { type LogEnv, now } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { logOf } from "./object.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";

export function registerHeads(app: RoleApp<LogEnv>): void {
  serve(app, HEADS.readCheckpoint, async (c) =>
    c.body(await logOf(c.env).checkpoint(), 200, { "content-type": "text/plain; charset=utf-8" }),
  );

  serve(app, HEADS.readTile, async (c) => {
    const path = new URL(c.req.url).pathname.slice(1);
    const file = parseTilePath(path) && (await c.env.TILES.get(path));
    if (!file) throw new Problem("not-found");
    const headers = { "content-type": OCTETS_TYPE, "cache-control": IMMUTABLE };
    return unlessKnown(c, file.httpEtag, headers, (all) => c.body(file.body, 200, all));
  });

  serve(app, HEADS.readCosigned, async (c, { query: { quorum, min } }) => {
    const head = await logOf(c.env).cosigned(quorum, min, now(c));
    if (!head) throw new Problem("not-found", "No head of this size has that many cosignatures.");
    return c.json({ checkpoint: head.note, size: head.size });
  });
}
