// Signed heads of the log, and its tiles (C2SP tlog-tiles).
//
//   GET /checkpoint                              the newest signed head, with the cosignatures it has so far
//   GET /tile/<L>/<N>[.p/<W>]  /tile/entries/... tiles and entry bundles, immutable
//   GET /v1/cosigned?quorum=&min=                the largest head with that many recent cosignatures, and at least `min`
//                                                entries. The log asks its witnesses if it has none

import { parseTilePath } from "../../protocol/tiles.ts";
import { type LogEnv, now } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { logOf, readCount } from "./object.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";

export function registerHeads(app: RoleApp<LogEnv>): void {
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
    const quorum = readCount(c.req.query("quorum") ?? "1", "quorum");
    const min = c.req.query("min");
    const head = await logOf(c.env).cosigned(quorum, min === undefined ? undefined : readCount(min, "min"), now(c));
    if (!head) throw new Problem("not-found", "No head of this size has that many cosignatures.");
    return c.json({ checkpoint: head.note, size: head.size });
  });
}
