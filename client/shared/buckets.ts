// Buckets: the unit in which wallets and requesters ask a service for records. They ask for whole buckets, so that the
// sessions that they look for are hidden among those of others.
//
//   bucket   the sessions of all months up to `to` that lie in one part with the session (protocol/buckets.ts). The asker
//            fetches manifests and blobs by the same bucket, and all of them, of any patient. So the requests for blobs
//            tell the service nothing new. Their order is that of the service's list
//   crowd    there are as many parts as leave CROWD_SESSIONS together
//
// The asker does not believe the service's word on how many sessions it has: the service could make up a crowd. Tags are
// hashes, and spread evenly. The asker takes the SAMPLE_TAGS lowest tags that the clinic has signed for. The part of the key
// space that they take up gives the total, to an eighth. If an operator leaves some out, it has only widened the bucket.

import type { RecordsPage } from "../../api/service/records.ts";
import { MAX_PARTS, type Part, writePart } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Manifest, openSigned, Signed, serviceIdOf } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { decodeAnswer } from "../errors.ts";
import { apiJson, type Transport } from "../transport.ts";
import { eachPage, MAX_LISTED_MANIFESTS } from "./paging.ts";

/** average number of sessions in a bucket, if the service has so many */
const CROWD_SESSIONS = 96;
export const SAMPLE_TAGS = 64;
/** The number of parts has this many significant binary digits, then zeros. So few askers differ by it. */
const SIGNIFICANT_BITS = 4;
const SAMPLE_DIGITS = 8;
/** With `to`, a service leaves out the later months page by page, so whole pages can have nothing. */
const MAX_EMPTY_PAGES = 64;

/** Where the service Worker is, and by what to reach it. */
export interface ServiceReads {
  readonly transport: Transport;
  readonly serviceUrl: string;
}

/** A manifest as the service handed it out: of any patient, and not verified. */
export interface Listed {
  /** Signed<Manifest> */
  signed: Uint8Array;
  /** the key it names as its signer's */
  key: Uint8Array;
  manifest: Manifest;
  tagHash: Hex;
  recordId: Hex;
}

/** Undefined if the bytes are not a signed manifest at all. */
function readListed(signed: Uint8Array): Listed | undefined {
  try {
    const { key, document } = Signed.decode(signed);
    const manifest = Manifest.decode(document);
    return { signed, key, manifest, tagHash: bytesToHex(manifest.tagHash), recordId: bytesToHex(manifest.recordId) };
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** Whether the manifest is signed by the service at which it is filed. */
export function isGenuine(serviceId: Hex, { signed }: Listed): boolean {
  try {
    const { key, value } = openSigned(LABELS.signManifest, Manifest, signed);
    return bytesToHex(serviceIdOf(key)) === serviceId && bytesToHex(value.serviceId) === serviceId;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

/** A page of a bucket's manifests. */
export interface Page {
  readonly listed: readonly Listed[];
  /** whether the service says that no page follows */
  readonly last: boolean;
}

/**
 * Pages of a bucket's manifests, by the rules of paging.ts: otherwise a service could hold up the reader, and the records of
 * all other services, for ever.
 * @throws ApiError; SymbolonError bad-answer
 */
export async function* pages(
  at: ServiceReads,
  serviceId: Hex,
  part: Part,
  query: Partial<Record<"to" | "limit", number>> = {},
): AsyncGenerator<Page> {
  const ask = async (cursor: string | undefined) => {
    const asked = new URLSearchParams(Object.entries(query).map(([name, n]) => [name, String(n)]));
    if (cursor !== undefined) asked.set("cursor", cursor);
    const path = `/v1/services/${serviceId}/buckets/${writePart(part)}`;
    return apiJson<RecordsPage>(at.transport, at.serviceUrl, asked.size === 0 ? path : `${path}?${asked}`);
  };
  const list = {
    name: "manifests of a bucket",
    most: MAX_LISTED_MANIFESTS,
    emptyPages: query.to === undefined ? 0 : MAX_EMPTY_PAGES,
    ask,
    itemsOf: (page: RecordsPage) => page.records.map((r) => r.manifest),
    keyOf: (manifest: Base64url) => manifest,
  };
  for await (const { items, last } of eachPage(list)) {
    const listed = decodeAnswer("a manifest", () => items.flatMap((m) => readListed(fromBase64url(m)) ?? []));
    yield { listed, last };
  }
}

/** A service's lowest tags, and the number of parts that follows: about CROWD_SESSIONS are to share one part. */
export class CrowdSample {
  readonly #serviceId: Hex;
  readonly #tags = new Set<Hex>();

  constructor(serviceId: Hex) {
    this.#serviceId = serviceId;
  }

  /** Takes the lowest tags of a page. Returns whether the sample is complete. */
  add(listed: readonly Listed[]): boolean {
    for (const l of [...listed].sort((a, b) => (a.tagHash < b.tagHash ? -1 : 1))) {
      if (this.#tags.size >= SAMPLE_TAGS) break;
      if (!this.#tags.has(l.tagHash) && isGenuine(this.#serviceId, l)) this.#tags.add(l.tagHash);
    }
    return this.#tags.size >= SAMPLE_TAGS;
  }

  parts(): number {
    const tags = this.#tags;
    if (tags.size < SAMPLE_TAGS) return 1;
    const highest = [...tags].sort().at(-1)!.slice(0, SAMPLE_DIGITS);
    const share = (Number.parseInt(highest, 16) + 1) / 16 ** SAMPLE_DIGITS;
    const sessions = (tags.size - 1) / share; // of n even points, the k-th lowest is expected at k / (n + 1)
    const parts = Math.max(1, Math.floor(sessions / CROWD_SESSIONS));
    const step = 2 ** Math.max(0, Math.floor(Math.log2(parts)) + 1 - SIGNIFICANT_BITS);
    return Math.min(MAX_PARTS, Math.floor(parts / step) * step);
  }
}

/** Every blob that is listed and not erased, of any patient, in the order of the list. */
export function blobsListed(listed: readonly Listed[]): Listed[] {
  const erased = new Set(
    listed.flatMap(({ manifest: { kind, target } }) => (kind === "erasure" && target ? bytesToHex(target) : [])),
  );
  return listed.filter((l) => l.manifest.size > 0 && !erased.has(l.recordId));
}
