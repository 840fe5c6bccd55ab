// This trustee's shares of a link or assemble, chunk by chunk (protocol/case-chunks.ts): the slots of a chunk, their bases,
// and the pairings. While the requester reads a chunk, the shares of the next one are worked out: they stay in this isolate's
// memory until the escrow asks for them with the notice's place in the log, as it does for every chunk.

import type * as z from "zod";
import { bytesToHex } from "../../protocol/bytes.ts";
import { type Chunk, chunksOfOrder } from "../../protocol/case-chunks.ts";
import { chunkBinding, LinkParts } from "../../protocol/case-documents.ts";
import { LinkShare, linkShare } from "../../protocol/opening.ts";
import { tagBaseIn } from "../../protocol/presentation-statement.ts";
import type { G2 } from "../../protocol/suite.ts";
import type { Scope, Subject } from "../case-order.ts";
import { publicEngine } from "../engine/worker.ts";
import type { TrusteeEnv } from "../env.ts";
import { Problem } from "../http.ts";
import type { ResultRequest } from "./api.ts";
import { rng, vaultOf } from "./context.ts";
import type { Place } from "./parts.ts";
import { type Sitting, secretOf, shareAt, sit } from "./sitting.ts";

const MAX_TAG_BASES = 2048;
const tagBases = new Map<string, G2>();
/** H2(e, j) of a scope, newest epoch first, kept for the isolate's life: cases ask for the same recent epochs. */
export function slotsOf(scope: Scope): { epoch: number; slot: number; base: G2 }[] {
  const engine = publicEngine();
  return [...scope].reverse().flatMap(({ epoch, slots, paramsHash }) =>
    Array.from({ length: slots }, (_, slot) => {
      const name = `${epoch}/${slot}/${bytesToHex(paramsHash)}`;
      let base = tagBases.get(name);
      if (!base) {
        if (tagBases.size >= MAX_TAG_BASES) tagBases.clear();
        base = engine.toG2(tagBaseIn(engine, paramsHash, epoch, slot));
        tagBases.set(name, base);
      }
      return { epoch, slot, base };
    }),
  );
}
export const basesOf = (subject: Subject): G2[] => slotsOf(subject.scope).map((x) => x.base);

/** One chunk of a case: its epochs, the subjects as far as they have slots in them, and where its parts belong. */
export interface ChunkOfCase extends Chunk {
  readonly subjects: readonly Subject[];
  readonly place: Place;
}

/** @throws Problem malformed */
export function chunkAt({ open }: Sitting, chunk: number): ChunkOfCase {
  const range = chunksOfOrder(open.order)[chunk];
  if (!range) throw new Problem("malformed", "chunk: the order has fewer");
  const within = (scope: Scope): Scope => scope.filter((x) => range.epochFrom <= x.epoch && x.epoch <= range.epochTo);
  const subjects = open.subjects
    .map((subject) => ({ ...subject, scope: within(subject.scope) }))
    .filter((subject) => subject.scope.length > 0);
  const context = chunkBinding(open.context("notice", open.notice, 0), within(open.scope));
  return { ...range, subjects, place: { round: "link", context } };
}

function linkParts(s: Sitting, { subjects }: ChunkOfCase): Uint8Array {
  const share = secretOf(s).shares.link;
  return LinkParts.encode({
    shares: subjects.map((subject) =>
      LinkShare.encode(
        linkShare({ ...shareAt(s, "link", subject, s.own.index), slots: basesOf(subject), share }, rng, publicEngine()),
      ),
    ),
  });
}

const MAX_AHEAD = 4;
const ahead = new Map<string, Uint8Array>();
const aheadName = ({ own, open }: Sitting, chunk: number): string =>
  `${own.index}/${bytesToHex(open.binding)}/${chunk}`;

/**
 * Works out the shares of a chunk that is still to be asked for. The first chunk's records come before everything else, so
 * nothing runs beside them.
 */
export async function workAhead(
  env: TrusteeEnv,
  { bundle, chunk }: z.infer<typeof ResultRequest>,
  now: number,
): Promise<void> {
  const s = await sit(env, bundle, now);
  const next = chunk + 1;
  if (chunk === 0 || next >= chunksOfOrder(s.open.order).length) return;
  if (await vaultOf(env).output(s.open.order.caseId, "shares", next)) return;
  await new Promise((done) => setTimeout(done, 0)); // the answer goes out first
  if (ahead.size >= MAX_AHEAD) ahead.clear();
  ahead.set(aheadName(s, next), linkParts(s, chunkAt(s, next)));
}

/** Shares of all subjects of a chunk: those worked out ahead, or new ones. */
export function linkPartsOf(s: Sitting, part: ChunkOfCase, chunk: number): Uint8Array {
  const name = aheadName(s, chunk);
  const value = ahead.get(name) ?? linkParts(s, part);
  ahead.delete(name);
  return value;
}
