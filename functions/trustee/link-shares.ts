// This trustee's shares of a link or assemble, chunk by chunk (protocol/case-chunks.ts): the slots of a chunk, and the
// pairings, which are nearly all of what a link costs.
//
// While the requester reads a chunk, and while another member of S is behind, the shares of the next chunks are worked out:
// they stay in this isolate's memory until the escrow asks for them with the notice's place in the log, as it does for
// every chunk. A share in the making belongs to no request: whichever needs it takes the next step, and lets others in
// between the steps, so that a chunk's records and results do not wait for older chunks' shares.

import type * as z from "zod";
import { publicEngine } from "../../engine/worker.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { type Chunk, chunksOfOrder } from "../../protocol/case-chunks.ts";
import { chunkBinding, LinkParts } from "../../protocol/case-documents.ts";
import { linkShareInSteps, UntestedLinkShare } from "../../protocol/opening.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem } from "../shared/http.ts";
import { rng } from "../shared/rng.ts";
import type { ResultRequest } from "../shared/trustee-api.ts";
import type { Scope, Subject } from "./case-order.ts";
import { vaultOf, yieldToRequests } from "./context.ts";
import type { Place } from "./parts.ts";
import { type RoundContext, roundContext, secretOf, shareAt } from "./round-context.ts";
import { type SlotBase, slotsOf } from "./tag-bases.ts";

/** One chunk of a case: its epochs, the subjects as far as they have slots in them, and where its parts belong. */
export interface ChunkOfCase extends Chunk {
  readonly subjects: readonly Subject[];
  readonly place: Place;
}

/** @throws Problem malformed */
export function chunkAt({ open }: RoundContext, chunk: number): ChunkOfCase {
  const range = chunksOfOrder(open.order)[chunk];
  if (!range) throw new Problem("malformed", "chunk: the order has fewer");
  const within = (scope: Scope): Scope => scope.filter((x) => range.epochFrom <= x.epoch && x.epoch <= range.epochTo);
  const subjects = open.subjects
    .map((subject) => ({ ...subject, scope: within(subject.scope) }))
    .filter((subject) => subject.scope.length > 0);
  const context = chunkBinding(open.context("notice", open.notice, 0), within(open.scope));
  return { ...range, subjects, place: { round: "link", context } };
}

/** Of each subject of a chunk, in their order. */
export async function slotsOfSubjects({ env }: RoundContext, { subjects }: ChunkOfCase): Promise<SlotBase[][]> {
  const slots: SlotBase[][] = [];
  for (const subject of subjects) slots.push(await slotsOf(env, subject.scope));
  return slots;
}

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

/** In which a request goes through some calls to the vault. */
const PAUSE_MS = 4;
/** An answer that does not come for so long is waited for by nobody any more: its request was given up. */
const GIVEN_UP_MS = 5000;
const asked = new Map<symbol, number>();
/** A request that somebody waits for: nothing is worked out ahead in this isolate while it goes on. */
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
/** Shares that are asked for: others that are waited for as well get on meanwhile. */
const toOthers: GiveWay = () => yieldToRequests(asked.size > 1 ? PAUSE_MS : 0);
/** Shares that are not. */
const toAll: GiveWay = async () => {
  do {
    await yieldToRequests(PAUSE_MS);
    for (const [request, since] of asked) if (Date.now() - since > GIVEN_UP_MS) asked.delete(request);
  } while (asked.size > 0);
};

/** A chunk's shares, made once however many requests work on them. */
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
      else throw new Problem("unavailable", undefined, "the shares failed at another request's hands");
    }
    return this.#value;
  }
}

const MAX_MAKINGS = 8;
const makings = new Map<string, Making>();
const makingName = ({ own, open }: RoundContext, chunk: number): string =>
  `${own.index}/${bytesToHex(open.binding)}/${chunk}`;

/** Shares of all subjects of a chunk: those that are under way or ready, or new ones. @throws as the arithmetic does */
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
    makings.delete(name); // the next call begins anew
    throw error;
  }
}

const CHUNKS_AHEAD = 2;
/**
 * Works out the shares of the chunks that are still to be asked for. The first chunk's records come before everything
 * else, so nothing runs beside them.
 */
export async function workAhead(
  env: TrusteeEnv,
  { bundle, chunk }: z.infer<typeof ResultRequest>,
  now: number,
): Promise<void> {
  const round = await roundContext(env, bundle, now);
  const { length } = chunksOfOrder(round.open.order);
  if (chunk === 0) return;
  for (let next = chunk + 1; next <= chunk + CHUNKS_AHEAD && next < length; next++) {
    if (await vaultOf(env).output(round.open.order.caseId, "shares", next)) continue;
    await toAll(); // the answer goes out first
    await linkPartsOf(round, chunkAt(round, next), next, toAll);
  }
}
