// Buckets: the unit in which a wallet asks a service for records. It asks for whole buckets, so that its own records
// are hidden among those of others.
//
//   bucket   the sessions of all months up to `to` that lie in one part with the own session (protocol/buckets.ts). The
//            wallet asks for manifests and blobs by the same bucket, and for all of them, of any patient. So the request
//            for blobs tells the service nothing new
//   told     the wallet tells the service one bucket per session, once. Then `to` is the newest month, and there are as
//            many parts as leave CROWD_SESSIONS together. The wallet asks for the session by this bucket ever after,
//            because the service could intersect another bucket with it. Records that came after the first question
//            cannot be what it was about. So the cost of a report stays as it was at first, however the service grows
//
// The wallet does not believe the service's word on how many sessions it has: the service could make up a crowd. Tags
// are hashes, and spread evenly. The wallet takes the SAMPLE_TAGS lowest tags that the clinic has signed for. The part
// of the key space that they take up gives the total, to an eighth. If an operator leaves some out, it has only widened
// the bucket.

import { EVERYTHING, MAX_PARTS, type Part, partOf, writePart } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Manifest, openSigned, Signed, serviceIdOf } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { decodeAnswer } from "../errors.ts";
import { apiJson } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import type { WalletSession } from "./state.ts";

/** average number of sessions in a bucket, if the service has so many */
const CROWD_SESSIONS = 96;
const SAMPLE_TAGS = 64;
/** The number of parts has this many significant binary digits, then zeros. So few wallets differ by it. */
const SIGNIFICANT_BITS = 4;
const SAMPLE_DIGITS = 8;

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

/**
 * Pages of a bucket's manifests. Each manifest comes once, however often the service hands it out.
 * @throws ApiError; SymbolonError bad-answer
 */
export async function* pages(
  w: WalletContext,
  serviceId: Hex,
  part: Part,
  query: Partial<Record<"to" | "limit", number>> = {},
): AsyncGenerator<Listed[]> {
  const seen = new Set<Base64url>();
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams(Object.entries(query).map(([name, n]) => [name, String(n)]));
    if (cursor !== undefined) asked.set("cursor", cursor);
    const path = `/v1/services/${serviceId}/buckets/${writePart(part)}`;
    const page: { records: { manifest: Base64url }[]; cursor?: string | null } = await apiJson(
      w.transport,
      w.deployment.serviceUrl,
      asked.size === 0 ? path : `${path}?${asked}`,
    );
    const fresh = page.records.map((r) => r.manifest).filter((m) => !seen.has(m));
    for (const m of fresh) seen.add(m);
    yield decodeAnswer("a manifest", () => fresh.flatMap((m) => readListed(fromBase64url(m)) ?? []));
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}

/** The number of parts into which the key space may be cut, so that about CROWD_SESSIONS share one part. */
async function partsToTell(w: WalletContext, serviceId: Hex): Promise<number> {
  const tags = new Set<Hex>();
  for await (const page of pages(w, serviceId, EVERYTHING, { limit: SAMPLE_TAGS })) {
    for (const l of page) if (!tags.has(l.tagHash) && isGenuine(serviceId, l)) tags.add(l.tagHash);
    if (tags.size >= SAMPLE_TAGS) break;
  }
  if (tags.size < SAMPLE_TAGS) return 1;
  const highest = [...tags].sort().at(-1)!.slice(0, SAMPLE_DIGITS);
  const share = (Number.parseInt(highest, 16) + 1) / 16 ** SAMPLE_DIGITS;
  const sessions = (tags.size - 1) / share; // of n even points, the k-th lowest is expected at k / (n + 1)
  const parts = Math.max(1, Math.floor(sessions / CROWD_SESSIONS));
  const step = 2 ** Math.max(0, Math.floor(Math.log2(parts)) + 1 - SIGNIFICANT_BITS);
  return Math.min(MAX_PARTS, Math.floor(parts / step) * step);
}

/**
 * Everything that the service lists in the buckets of these sessions. Each bucket is stored before the service is first
 * told of it.
 * @throws ApiError; SymbolonError bad-answer
 */
export async function readBuckets(w: WalletContext, serviceId: Hex, mine: readonly WalletSession[]): Promise<Listed[]> {
  const buckets = new Map(mine.map((s) => [s.tagHash, s.bucket]));
  const untold = mine.filter((s) => s.bucket === undefined);
  if (untold.length > 0) {
    const parts = await partsToTell(w, serviceId);
    const to = Math.max(epochOf(w.transport.now()), ...untold.map((s) => s.epoch));
    await w.update((state) => {
      for (const s of state.sessions) {
        if (!buckets.has(s.tagHash)) continue;
        s.bucket ??= { to, parts };
        buckets.set(s.tagHash, s.bucket);
      }
    });
  }
  const asked = new Map(
    [...buckets].map(([tagHash, bucket]) => {
      const { to, parts } = bucket!;
      const part = partOf(tagHash, parts);
      return [`${writePart(part)} ${to}`, { part, to }];
    }),
  );
  const listed = new Map<Hex, Listed>();
  for (const { part, to } of asked.values())
    for await (const page of pages(w, serviceId, part, { to }))
      for (const l of page) listed.set(bytesToHex(l.signed), l);
  return [...listed.values()];
}
