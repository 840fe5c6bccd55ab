// A witness of the transparency log over HTTP: C2SP tlog-witness, add-checkpoint. Each trustee and each outside witness has
// this one route. It is public, because the log's signature on the head is the authority.
//
//   POST /add-checkpoint   "old <size>", the consistency proof, an empty line, the head   → one cosignature line
//     409  text/x.tlog.size: the size of the newest head that this witness signed, if `old` is another or the root differs
//     404  another log;  403  not signed by the log;  422  the proof does not hold;  400  malformed, or `old` is too large
//
// The memory stores the new head before the signature leaves the Worker. If two requests race, one of them gets 409 and must
// come again.

import type { Hono } from "hono";
import { ADD_CHECKPOINT, MAX_ADD_CHECKPOINT_BYTES } from "../../api/add-checkpoint.ts";
import type { WitnessHead } from "../../durable-objects/witness-memory.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { formatSignature, type NoteKey, type NoteSigner } from "../../protocol/note.ts";
import { parseAddCheckpoint, witness } from "../../protocol/witness.ts";
import { now } from "./env.ts";
import { Problem, refused } from "./problems.ts";
import { serve } from "./serve.ts";

/** The keys of one witness, and its memory of the newest head that it signed. */
export interface WitnessParts {
  logKey: NoteKey;
  signer: NoteSigner;
  head(): Promise<WitnessHead | undefined>;
  /** replaces the head `from` by `to`; false if the memory holds another one */
  advance(from: WitnessHead | undefined, to: WitnessHead): Promise<boolean>;
}

const sizeAnswer = (size: number): Response =>
  new Response(`${size}\n`, { status: 409, headers: { "content-type": "text/x.tlog.size" } });

/** Answers one request. @throws Problem malformed, not-found, credential-refused, not-allowed-now */
export async function addCheckpoint(body: string, parts: WitnessParts, now: number): Promise<Response> {
  const request = body.length > MAX_ADD_CHECKPOINT_BYTES ? undefined : parseAddCheckpoint(body);
  if (!request) throw new Problem("malformed", "This is no request to add a checkpoint.");
  const { logKey, signer } = parts;
  const head = await parts.head();
  const last = head && { origin: logKey.name, ...head };
  const verdict = witness({ ...request, last, logKey, signer, verify: nativeVerify, now });
  if (verdict.ok) {
    const { size, root } = verdict.checkpoint;
    if (!(await parts.advance(head, { size, root }))) return sizeAnswer((await parts.head())?.size ?? 0);
    return new Response(formatSignature(verdict.signature), {
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  }
  switch (verdict.reason) {
    case "other-size":
    case "split-view":
      return sizeAnswer(verdict.size);
    case "unknown-origin":
      throw new Problem("not-found", "This witness does not know the log.");
    case "not-signed-by-log":
      throw refused("checkpoint: not signed by the log");
    case "no-proof":
      throw new Problem("not-allowed-now", "The head is not proven to continue the newest one signed here.");
    case "malformed":
      throw new Problem("malformed", "This is no checkpoint, or its size is below the old size.");
  }
}

export function registerAddCheckpoint<E extends object>(
  app: Hono<{ Bindings: E }>,
  partsOf: (env: E) => WitnessParts,
): void {
  serve(app, ADD_CHECKPOINT.addCheckpoint, async (c) => addCheckpoint(await c.req.text(), partsOf(c.env as E), now(c)));
}
