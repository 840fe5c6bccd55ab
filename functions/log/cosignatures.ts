// Cosignatures of the log's witnesses.
//
//   POST /v1/cosignatures   {checkpoint, cosignature}: signature lines of configured witnesses over a signed head
//
// The request needs no key of its own: the signature of a configured witness is the authority.

import * as z from "zod";
import type { Cosigned } from "../../durable-objects/transparency-log.ts";
import type { LogEnv } from "../shared/env.ts";
import { Problem, type RoleApp, readJson, refused } from "../shared/http.ts";
import { logOf } from "./object.ts";

const MAX_NOTE_CHARS = 32_768;

const CosignatureBody = z.object({
  checkpoint: z.string().max(MAX_NOTE_CHARS),
  cosignature: z.string().max(MAX_NOTE_CHARS),
});

export function registerCosignatures(app: RoleApp<LogEnv>): void {
  app.post("/v1/cosignatures", async (c) => {
    const { checkpoint, cosignature } = await readJson(c.req, CosignatureBody);
    const answer = (await logOf(c.env).addCosignatures(checkpoint, cosignature)) as Cosigned;
    if (answer.ok) return c.json({ size: answer.size, cosigners: answer.cosigners });
    if (answer.reason === "malformed") throw new Problem("malformed", "Not a checkpoint with signature lines.");
    if (answer.reason === "unknown-head") throw new Problem("not-found", "The log signed no such checkpoint.");
    throw refused(answer.reason);
  });
}
