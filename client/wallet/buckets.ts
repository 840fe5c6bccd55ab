// A wallet's buckets (client/shared/buckets.ts).
//
//   told     the wallet tells a service one bucket per session, once. Then `to` is the newest month, and the number of parts
//            comes from the service's size. The wallet asks for the session by this bucket ever after, because the service
//            could intersect another bucket with it. Records that came after the first question cannot be what it was about.
//            So the cost of a report stays as it was at first, however the service grows

import { EVERYTHING, partOf, writePart } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { CrowdSample, type Listed, pages, SAMPLE_TAGS, type ServiceReads } from "../shared/buckets.ts";
import type { WalletContext } from "./context.ts";
import type { WalletSession } from "./state.ts";

export const readsOf = ({ transport, deployment }: WalletContext): ServiceReads => ({
  transport,
  serviceUrl: deployment.serviceUrl,
});

/** The number of parts to tell the service. @throws ApiError; SymbolonError bad-answer */
async function partsToTell(w: WalletContext, serviceId: Hex): Promise<number> {
  const sample = new CrowdSample(serviceId);
  for await (const { listed } of pages(readsOf(w), serviceId, EVERYTHING, { limit: SAMPLE_TAGS }))
    if (sample.add(listed)) break;
  return sample.parts();
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
    for await (const page of pages(readsOf(w), serviceId, part, { to }))
      for (const l of page.listed) listed.set(bytesToHex(l.signed), l);
  return [...listed.values()];
}
