// What a wallet asks a service for when it wants its own records: whole buckets, so that its own are hidden among others'.
//
//   bucket   the sessions of all months up to `to` whose tagHash begins with the same `bits` bits. Manifests and blobs are
//            asked for by the same bucket, all of them, whoever they belong to: the second tells nothing new
//   told     once, for each session: `to` is then the newest month, and `bits` as many as leave CROWD_SESSIONS together.
//            After that it is asked for by these and no others. A narrower bucket would tell more; a wider one would
//            be wasted: what came later than the first question cannot be what it was about. So what a report costs stays what it
//            was at the first, however the service grows
//
// How many sessions a service has is not believed on its word, or it would make up a crowd. Tags are hashes, and spread
// evenly: the SAMPLE_TAGS lowest that the clinic has signed for, in the part of the key space that they take up, tell how many
// there are in all, to an eighth. An operator can leave some out, and has then widened the bucket.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Manifest, openSigned, Signed, serviceIdOf } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { fromBase64 } from "../encoding.ts";
import { apiJson } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import type { WalletSession } from "./state.ts";

/** on average, where the service has so many; fewer than twice as many */
const CROWD_SESSIONS = 64;
const SAMPLE_TAGS = 64;
const MAX_BITS = 16;
const KEY_SPACE_DIGITS = 8;

export interface Bucket {
  /** the last epoch that belongs to it */
  to: number;
  /** how many bits of the tagHash are told */
  bits: number;
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

/** Pages of a bucket's manifests, each manifest once, however often it is handed out; "" for the whole service. */
export async function* pages(
  w: WalletContext,
  serviceId: string,
  bits: string,
  query: Partial<Record<"to" | "limit", number>> = {},
): AsyncGenerator<Listed[]> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams(Object.entries(query).map(([name, n]) => [name, String(n)]));
    if (cursor !== undefined) asked.set("cursor", cursor);
    const path = `/v1/services/${serviceId}/buckets/${bits === "" ? "-" : bits}`;
    const page: { records: { manifest: string }[]; cursor?: string | null } = await apiJson(
      w.transport,
      w.deployment.serviceUrl,
      asked.size === 0 ? path : `${path}?${asked}`,
    );
    const fresh = page.records.map((r) => r.manifest).filter((m) => !seen.has(m));
    for (const m of fresh) seen.add(m);
    yield fresh.flatMap((m) => readListed(fromBase64(m)) ?? []);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}

const bitsOf = (tagHash: string, bits: number): string =>
  [...hexToBytes(tagHash)]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(0, bits);

/** How many bits of a tag may be told, so that about CROWD_SESSIONS others' are told with it. */
async function bitsToTell(w: WalletContext, serviceId: string): Promise<number> {
  const tags = new Set<string>();
  for await (const page of pages(w, serviceId, "", { limit: SAMPLE_TAGS })) {
    for (const l of page) if (!tags.has(l.tagHash) && isGenuine(serviceId, l)) tags.add(l.tagHash);
    if (tags.size >= SAMPLE_TAGS) break;
  }
  if (tags.size < SAMPLE_TAGS) return 0;
  const highest = [...tags].sort().at(-1)!.slice(0, KEY_SPACE_DIGITS);
  const part = (Number.parseInt(highest, 16) + 1) / 16 ** KEY_SPACE_DIGITS;
  const sessions = (tags.size - 1) / part; // of k points the highest is at k / (n + 1)
  return Math.max(0, Math.min(MAX_BITS, Math.floor(Math.log2(sessions / CROWD_SESSIONS))));
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
    const bits = await bitsToTell(w, serviceId);
    const to = Math.max(epochOf(w.transport.now()), ...untold.map((s) => s.epoch));
    await w.update((state) => {
      for (const s of state.sessions) {
        if (!buckets.has(s.tagHash)) continue;
        s.bucket ??= { to, bits };
        buckets.set(s.tagHash, s.bucket);
      }
    });
  }
  const asked = new Map([...buckets].map(([tagHash, b]) => [`${bitsOf(tagHash, b!.bits)} ${b!.to}`, b!.to]));
  const listed = new Map<string, Listed>();
  for (const [bucket, to] of asked)
    for await (const page of pages(w, serviceId, bucket.split(" ")[0]!, { to }))
      for (const l of page) listed.set(bytesToHex(l.signed), l);
  return [...listed.values()];
}
