// What a wallet asks a service for when it wants its own records: whole buckets, so that its own are hidden among others'.
//
//   bucket   the sessions of all months up to `to` that lie in one part with the own one (protocol/buckets.ts). Manifests
//            and blobs are asked for by the same bucket, all of them, whoever they belong to: the second tells nothing new
//   told     once, for each session: `to` is then the newest month, and there are as many parts as leave CROWD_SESSIONS
//            together. After that it is asked for by these and no others. Another bucket later would be intersected with
//            it. And what came after the first question cannot be what it was about: so what a report costs stays what
//            it was at first, however the service grows
//
// How many sessions a service has is not believed on its word, or it would make up a crowd. Tags are hashes, and spread
// evenly: the SAMPLE_TAGS lowest that the clinic has signed for, in the part of the key space that they take up, tell how many
// there are in all, to an eighth. An operator can leave some out, and has then widened the bucket.

import { EVERYTHING, MAX_PARTS, type Part, partOf, writePart } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Manifest, openSigned, Signed, serviceIdOf } from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { apiJson } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import type { WalletSession } from "./state.ts";

/** on average, where the service has so many */
const CROWD_SESSIONS = 96;
const SAMPLE_TAGS = 64;
/** Parts are as many as a number of so many binary digits, and zeros, says: few wallets differ by them. */
const SIGNIFICANT_BITS = 4;
const SAMPLE_DIGITS = 8;

export interface Bucket {
  /** the last epoch that belongs to it */
  to: number;
  /** into how many parts the key space was cut */
  parts: number;
}

/** A manifest as it was handed out: anybody's, and not checked. */
export interface Listed {
  signed: Uint8Array;
  key: Uint8Array;
  manifest: Manifest;
  tagHash: string;
  recordId: string;
}

/** Undefined for what is no signed manifest at all. */
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

/** Is it signed by the service it is filed at? */
export function isGenuine(serviceId: string, { signed }: Listed): boolean {
  try {
    const { key, value } = openSigned(LABELS.signManifest, Manifest, signed);
    return bytesToHex(serviceIdOf(key)) === serviceId && bytesToHex(value.serviceId) === serviceId;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

/** Pages of a bucket's manifests, each manifest once, however often it is handed out. */
export async function* pages(
  w: WalletContext,
  serviceId: string,
  part: Part,
  query: Partial<Record<"to" | "limit", number>> = {},
): AsyncGenerator<Listed[]> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams(Object.entries(query).map(([name, n]) => [name, String(n)]));
    if (cursor !== undefined) asked.set("cursor", cursor);
    const path = `/v1/services/${serviceId}/buckets/${writePart(part)}`;
    const page: { records: { manifest: string }[]; cursor?: string | null } = await apiJson(
      w.transport,
      w.deployment.serviceUrl,
      asked.size === 0 ? path : `${path}?${asked}`,
    );
    const fresh = page.records.map((r) => r.manifest).filter((m) => !seen.has(m));
    for (const m of fresh) seen.add(m);
    yield fresh.flatMap((m) => readListed(fromBase64url(m)) ?? []);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}

/** Into how many parts the key space may be cut, so that about CROWD_SESSIONS share one. */
async function partsToTell(w: WalletContext, serviceId: string): Promise<number> {
  const tags = new Set<string>();
  for await (const page of pages(w, serviceId, EVERYTHING, { limit: SAMPLE_TAGS })) {
    for (const l of page) if (!tags.has(l.tagHash) && isGenuine(serviceId, l)) tags.add(l.tagHash);
    if (tags.size >= SAMPLE_TAGS) break;
  }
  if (tags.size < SAMPLE_TAGS) return 1;
  const highest = [...tags].sort().at(-1)!.slice(0, SAMPLE_DIGITS);
  const share = (Number.parseInt(highest, 16) + 1) / 16 ** SAMPLE_DIGITS;
  const sessions = (tags.size - 1) / share; // of k points the highest is at k / (n + 1)
  const parts = Math.max(1, Math.floor(sessions / CROWD_SESSIONS));
  const step = 2 ** Math.max(0, Math.floor(Math.log2(parts)) + 1 - SIGNIFICANT_BITS);
  return Math.min(MAX_PARTS, Math.floor(parts / step) * step);
}

/**
 * The buckets of these sessions, each written down before it is first told; and everything in them, as the service
 * says.
 */
export async function readBuckets(
  w: WalletContext,
  serviceId: string,
  mine: readonly WalletSession[],
): Promise<Listed[]> {
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
  const listed = new Map<string, Listed>();
  for (const { part, to } of asked.values())
    for await (const page of pages(w, serviceId, part, { to }))
      for (const l of page) listed.set(bytesToHex(l.signed), l);
  return [...listed.values()];
}
