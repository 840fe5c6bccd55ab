// Proofs about the log's Merkle tree, as RFC 9162 defines them.
//
//   GET /v1/inclusion?index=&size=     the entry `index` lies in the tree of `size` entries
//   POST /v1/inclusions  {size, indexes}   the same for up to 256 entries: {proofs}, in the order of `indexes`
//   GET /v1/consistency?from=&to=      the tree of `from` entries is a prefix of the tree of `to` entries

import * as z from "zod";
import type { Proof } from "../../durable-objects/transparency-log.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import type { LogEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { Problem } from "../shared/problems.ts";
import { logOf, readCount } from "./object.ts";

const MAX_PROOFS = 256;
const count = z.int().min(0);
const InclusionsBody = z.object({ size: count, indexes: z.array(count).min(1).max(MAX_PROOFS) });

function proofAnswer(answer: Proof): { proof: string[] } {
  if (!answer.ok) throw new Problem("not-found", "The log is not that large.");
  return { proof: answer.proof.map(toBase64url) };
}

export function registerProofs(app: RoleApp<LogEnv>): void {
  app.get("/v1/inclusion", async (c) =>
    c.json(
      proofAnswer(
        await logOf(c.env).inclusion(readCount(c.req.query("index"), "index"), readCount(c.req.query("size"), "size")),
      ),
    ),
  );

  app.post("/v1/inclusions", async (c) => {
    const { size, indexes } = await readJson(c.req, InclusionsBody);
    const answers = (await logOf(c.env).inclusions(indexes, size)) as Proof[];
    return c.json({ proofs: answers.map((answer) => proofAnswer(answer).proof) });
  });

  app.get("/v1/consistency", async (c) =>
    c.json(
      proofAnswer(
        await logOf(c.env).consistency(readCount(c.req.query("from"), "from"), readCount(c.req.query("to"), "to")),
      ),
    ),
  );
}
