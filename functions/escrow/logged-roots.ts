// The roots of closed epochs, as the escrow hands them to the trustees with a chunk: the log entries "index-root", with audit
// paths under the head that already proves the case's notice. A root that was logged after the notice is not under that head,
// and is left out. So all members of S get the same roots, whenever they ask.

import { and, between, isNotNull, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Proofs } from "../../api/log/proofs.ts";
import type { LoggedRoots } from "../../api/trustee/rounds.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import type { Chunk } from "../../protocol/case-chunks.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { LOG_KEY, parseVkey, verifyCheckpoint } from "../../protocol/note.ts";
import { closedEpochs } from "../../schema/escrow.ts";
import { callJson } from "../shared/calls.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";

/**
 * The roots of the closed epochs of a chunk, newest first.
 * @param note the cosigned head of the notice
 * @throws Problem unavailable
 */
export async function loggedRoots(
  env: EscrowEnv,
  { epochFrom, epochTo }: Chunk,
  note: string,
  now: number,
): Promise<LoggedRoots> {
  const logKey = parseVkey(env.LOG_VKEY, LOG_KEY);
  const head = verifyCheckpoint({ note, logKey, witnesses: [], quorum: 0, verify: nativeVerify });
  if (!head.ok) throw new Problem("internal", undefined, `the recorded head: ${head.reason}`);
  const { size } = head.checkpoint;
  const closed = await drizzle(env.ESCROW_DB)
    .select()
    .from(closedEpochs)
    .where(
      and(
        between(closedEpochs.epoch, epochFrom, epochTo),
        isNotNull(closedEpochs.entry),
        lt(closedEpochs.logIndex, size),
      ),
    );
  if (closed.length === 0) return { checkpoint: note, inclusions: [] };
  const entries = closed.sort((a, b) => b.epoch - a.epoch);
  const { proofs } = await callJson<Proofs>({
    baseUrl: env.LOG_URL,
    method: "POST",
    path: "/v1/inclusions",
    json: { size, indexes: entries.map((e) => e.logIndex) },
    now,
  });
  const inclusions = entries.map(({ entry, logIndex }, i) => ({
    entry: toBase64url(entry!),
    index: logIndex!,
    proof: proofs[i]!,
  }));
  return { checkpoint: note, inclusions };
}
