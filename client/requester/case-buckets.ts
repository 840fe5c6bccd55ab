// The buckets of a case (client/shared/buckets.ts): for each session that the trustees found, the requester reads the whole
// bucket at its service, manifests and blobs, of any patient.
//
//   to       the order's last epoch. So the bucket of a session follows from the order and from the clinic's sessions up to
//            then, and a second reading of the case asks for the same bucket
//   parts    from the clinic's list up to `to`. If one page holds the whole list, no further list is asked for
//   whole    nothing of a bucket is given before all of it is here. So the requests for key shares, which follow, do not come
//            after one blob rather than another
//   again    blobs of a bucket stay here, sealed as they are, until the case is read or KEPT_BYTES of newer ones came. So a
//            bucket with sessions in several chunks is asked for once, and its services do not learn in which chunks
//
// Only blobs of sessions that the trustees found leave this file.

import { EVERYTHING, type Part, partOf, rangeOf, writePart } from "../../protocol/buckets.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { blobsListed, CrowdSample, type Listed, pages, SAMPLE_TAGS, type ServiceReads } from "../shared/buckets.ts";
import { download } from "../shared/downloads.ts";

const KEPT_BYTES = 64 << 20;

/** From one service: manifests and blobs. */
export interface Holding {
  readonly listed: readonly Listed[];
  /** by record id */
  readonly blobs: ReadonlyMap<Hex, Uint8Array>;
}
interface Survey {
  readonly parts: number;
  /** the service's whole list up to `to`, if one page held it */
  readonly all: readonly Listed[] | undefined;
}

export class CaseBuckets {
  readonly #at: ServiceReads;
  readonly #to: number;
  readonly #told: Map<Hex, number>;
  readonly #parallel: number;
  readonly #surveys = new Map<Hex, Promise<Survey>>();
  readonly #buckets = new Map<string, Promise<Holding>>();

  /**
   * @param to the order's last epoch
   * @param told by service, the number of parts in an earlier reading of this case; new ones are added
   * @param parallel downloads at a time
   */
  constructor(at: ServiceReads, to: number, told: Map<Hex, number>, parallel: number) {
    this.#at = at;
    this.#to = to;
    this.#told = told;
    this.#parallel = parallel;
  }

  /** Reads the whole buckets of these sessions of one service. @throws ApiError; SymbolonError bad-answer */
  async read(serviceId: Hex, tagHashes: readonly Hex[]): Promise<Holding> {
    const survey = await once(this.#surveys, serviceId, () => this.#survey(serviceId));
    const numbers = new Set(tagHashes.map((tagHash) => partOf(tagHash, survey.parts).n));
    const own = new Set(tagHashes);
    const listed: Listed[] = [];
    const blobs = new Map<Hex, Uint8Array>();
    for (const n of [...numbers].sort((a, b) => a - b)) {
      const part = { n, of: survey.parts };
      const name = `${serviceId} ${writePart(part)}`;
      const bucket = await once(this.#buckets, name, () => this.#bucket(serviceId, part, survey));
      for (const l of bucket.listed.filter(({ tagHash }) => own.has(tagHash))) {
        listed.push(l);
        const blob = bucket.blobs.get(l.recordId);
        if (blob) blobs.set(l.recordId, blob);
      }
      await this.#forgetOld();
    }
    return { listed, blobs };
  }

  async #survey(serviceId: Hex): Promise<Survey> {
    const known = this.#told.get(serviceId);
    if (known !== undefined) return { parts: known, all: undefined };
    const sample = new CrowdSample(serviceId);
    let first = true;
    let all: readonly Listed[] | undefined;
    for await (const { listed, last } of pages(this.#at, serviceId, EVERYTHING, { to: this.#to })) {
      if (first && last) all = listed;
      const isSmall = all !== undefined && new Set(listed.map((l) => l.tagHash)).size < SAMPLE_TAGS;
      if (isSmall || sample.add(listed)) break;
      first = false;
    }
    const parts = sample.parts();
    this.#told.set(serviceId, parts);
    return { parts, all };
  }

  async #bucket(serviceId: Hex, part: Part, { all }: Survey): Promise<Holding> {
    const { from, below } = rangeOf(part);
    const listed = all?.filter(({ tagHash }) => from <= tagHash && tagHash < below) ?? [];
    if (!all) for await (const page of pages(this.#at, serviceId, part, { to: this.#to })) listed.push(...page.listed);
    const blobs = new Map<Hex, Uint8Array>();
    const take = ({ recordId }: Listed, blob: Uint8Array) => blobs.set(recordId, blob);
    const options = { parallel: this.#parallel, skipUnreachable: true };
    await download(this.#at, serviceId, blobsListed(listed), take, options);
    return { listed, blobs };
  }

  /** Drops the oldest buckets, so that those that stay have at most KEPT_BYTES. */
  async #forgetOld(): Promise<void> {
    let bytes = 0;
    for (const [name, bucket] of [...this.#buckets].reverse()) {
      for (const blob of (await bucket).blobs.values()) bytes += blob.length;
      if (bytes > KEPT_BYTES) this.#buckets.delete(name);
    }
  }
}

/** The value of this name, made at the first call. A failure is not kept. */
function once<T>(values: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const known = values.get(name);
  if (known) return known;
  const made = make();
  values.set(name, made);
  made.catch(() => values.delete(name));
  return made;
}
