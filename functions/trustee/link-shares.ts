// Computes this trustee's shares of a link or assemble, chunk by chunk (protocol/case-chunks.ts): the slots of a chunk and
// their pairings. The pairings are nearly the whole cost of a link.
//
// While the requester reads a chunk, or another member of S is behind, this trustee already computes the shares of the next
// chunks. They stay in this isolate's memory. A share leaves the trustee only when the escrow asks for its chunk and proves
// the notice's place in the log, as it does for every chunk.
//
// A computation belongs to no single request. Each request that needs its result runs the next step, and lets other requests
// run between the steps. So the records and results of a chunk do not wait for the shares of older chunks.

import type { ResultRequest } from "../../api/trustee/rounds.ts";
import { publicEngine } from "../../engine/worker.ts";
import { type Chunk, chunksOfOrder } from "../../protocol/case-chunks.ts";
import { chunkBinding, LinkParts } from "../../protocol/case-documents.ts";
import { bytesToHex } from "../../protocol/encodings.ts";
import { linkShareInSteps, UntestedLinkShare } from "../../protocol/opening.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import type { Scope, Subject } from "./case-order.ts";
import { vaultOf, yieldToRequests } from "./context.ts";
import type { Place } from "./parts.ts";
import { type RoundContext, roundContext, secretOf, shareAt } from "./round-context.ts";
import { type SlotBase, slotsOf } from "./tag-bases.ts";

/** One chunk of a case: its epochs, the subjects with the part of their scope in these epochs, and the place of its parts. */
export interface ChunkOfCase extends Chunk {
  readonly subjects: readonly Subject[];
  readonly place: Place;
}

/** The chunk of this number. @throws Problem malformed if the order has fewer chunks */
export function chunkAt({ open }: RoundContext, chunk: number): ChunkOfCase {
  const range = chunksOfOrder(open.order)[chunk];
  if (!range) throw new Problem("malformed", "chunk: the order has fewer chunks");
  const within = (scope: Scope): Scope => scope.filter((x) => range.epochFrom <= x.epoch && x.epoch <= range.epochTo);
  const subjects = open.subjects
    .map((subject) => ({ ...subject, scope: within(subject.scope) }))
    .filter((subject) => subject.scope.length > 0);
  const context = chunkBinding(open.context("notice", { hash: open.subjectHash }, 0), within(open.scope));
  return { ...range, subjects, place: { round: "link", context } };
}

/** The slots of each subject of a chunk, in the order of the subjects. */
export async function slotsOfSubjects({ env }: RoundContext, { subjects }: ChunkOfCase): Promise<SlotBase[][]> {
  const slots: SlotBase[][] = [];
  for (const subject of subjects) slots.push(await slotsOf(env, subject.scope));
  return slots;
}

/** Computes a LinkParts document with one share per subject. It yields between steps of the arithmetic. */
function* linkParts(
  round: RoundContext,
  { subjects }: ChunkOfCase,
  slots: readonly (readonly SlotBase[])[],
): Generator<void, Uint8Array> {
  const share = secretOf(round).shares.link;
  const shares: Uint8Array[] = [];
  for (const [i, subject] of subjects.entries()) {
    const bases = slots[i]!.map((x) => x.base);
    const at = { ...shareAt(round, "link", subject, round.own.index), slots: bases, share };
    shares.push(UntestedLinkShare.encode(yield* linkShareInSteps(at, rng, publicEngine())));
  }
  return LinkParts.encode({ shares });
}

/** long enough for another request to make some calls to the vault */
const PAUSE_MS = 4;
/** If a request gets no answer for so long, its client has given up and nobody waits for it. */
const GIVEN_UP_MS = 5000;
/** start time (ms) of every request that somebody waits for */
const asked = new Map<symbol, number>();
/** Runs a request that somebody waits for. While it runs, this isolate computes no shares ahead. */
export async function waitedFor<T>(answer: () => Promise<T>): Promise<T> {
  const request = Symbol("request");
  asked.set(request, Date.now());
  try {
    return await answer();
  } finally {
    asked.delete(request);
  }
}
type GiveWay = () => Promise<void>;
/** For shares that a request waits for: gives way to other requests that somebody waits for. */
const toOthers: GiveWay = () => yieldToRequests(asked.size > 1 ? PAUSE_MS : 0);
/** For shares that nobody waits for yet: gives way until no request is waiting. */
const toAll: GiveWay = async () => {
  do {
    await yieldToRequests(PAUSE_MS);
    for (const [request, since] of asked) if (Date.now() - since > GIVEN_UP_MS) asked.delete(request);
  } while (asked.size > 0);
};

/** The computation of one chunk's shares. It runs once, even if several requests work on it. */
class Making {
  readonly #steps: Generator<void, Uint8Array>;
  #value: Uint8Array | undefined;

  constructor(steps: Generator<void, Uint8Array>) {
    this.#steps = steps;
  }

  async finish(giveWay: GiveWay): Promise<Uint8Array> {
    while (this.#value === undefined) {
      const step = this.#steps.next();
      if (!step.done) await giveWay();
      else if (step.value) this.#value = step.value;
      else throw new Problem("unavailable", undefined, "the computation of the shares failed in another request");
    }
    return this.#value;
  }
}

const MAX_MAKINGS = 8;
const makings = new Map<string, Making>();
const makingName = ({ own, open }: RoundContext, chunk: number): string =>
  `${own.index}/${bytesToHex(open.binding)}/${chunk}`;

/**
 * The LinkParts of all subjects of a chunk. It joins a computation that is under way or finished, or starts one.
 * @throws Problem unavailable, and the errors of the arithmetic; the next call then starts again
 */
export async function linkPartsOf(
  round: RoundContext,
  part: ChunkOfCase,
  chunk: number,
  giveWay = toOthers,
): Promise<Uint8Array> {
  const name = makingName(round, chunk);
  let making = makings.get(name);
  if (!making) {
    const slots = await slotsOfSubjects(round, part);
    making = makings.get(name) ?? new Making(linkParts(round, part, slots));
    makings.set(name, making);
    if (makings.size > MAX_MAKINGS) makings.delete(makings.keys().next().value!); // the oldest
  }
  try {
    return await making.finish(giveWay);
  } catch (error) {
    makings.delete(name); // the next call starts again
    throw error;
  }
}

const CHUNKS_AHEAD = 2;
/**
 * Computes the shares of the next CHUNKS_AHEAD chunks after this chunk's result. After chunk 0 it does nothing, so that nothing
 * competes with the first chunk's records.
 */
export async function workAhead(env: TrusteeEnv, { bundle, chunk }: ResultRequest, now: number): Promise<void> {
  const round = await roundContext(env, bundle, now);
  const { length } = chunksOfOrder(round.open.order);
  if (chunk === 0) return;
  for (let next = chunk + 1; next <= chunk + CHUNKS_AHEAD && next < length; next++) {
    if (await vaultOf(env).output(round.open.order.caseId, "shares", next)) continue;
    await toAll(); // lets the answer of the current request leave first
    await linkPartsOf(round, chunkAt(round, next), next, toAll);
  }
}
