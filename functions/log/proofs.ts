// Proofs about the log's Merkle tree, as RFC 9162 defines them.
//
//   GET /v1/inclusion?index=&size=     the entry `index` lies in the tree of `size` entries
//   POST /v1/inclusions  {size, indexes}   the same for up to 256 entries: {proofs}, in the order of `indexes`
//   GET /v1/consistency?from=&to=      the tree of `from` entries is a prefix of the tree of `to` entries

import { PROOFS } from "../../api/log/proofs.ts";
import type { Proof } from "../../durable-objects/transparency-log.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import type { LogEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import { logOf } from "./object.ts";

function proofAnswer(answer: Proof): { proof: string[] } {
  if (!answer.ok) throw new Problem("not-found", "The log is not that large.");
  return { proof: answer.proof.map(toBase64url) };
}

export function registerProofs(app: RoleApp<LogEnv>): void {
  serve(app, PROOFS.proveInclusion, async (c, { query: { index, size } }) =>
    c.json(proofAnswer(await logOf(c.env).inclusion(index, size))),
  );

  serve(app, PROOFS.proveInclusions, async (c) => {
    const { size, indexes } = await readBody(PROOFS.proveInclusions, c.req);
    const answers = (await logOf(c.env).inclusions(indexes, size)) as Proof[];
    return c.json({ proofs: answers.map((answer) => proofAnswer(answer).proof) });
  });

  serve(app, PROOFS.proveConsistency, async (c, { query: { from, to } }) =>
    c.json(proofAnswer(await logOf(c.env).consistency(from, to))),
  );
}
