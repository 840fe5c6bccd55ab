// Recovery of sessions from the recovery words. The wallet computes the tags of every slot of every epoch since
// enrolment, for all its phones, and compares them with the tags that each service holds. It reads the manifests of
// whole services, so that nobody learns which ones it looks for. It keeps the manifests of its own tags, and checks
// only their signatures.

import { EVERYTHING } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { listServices } from "../shared/service-list.ts";
import { isGenuine, type Listed, pages } from "./buckets.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import type { WalletSession } from "./state.ts";

type Slot = Pick<WalletSession, "generation" | "epoch" | "slot">;

/** The tag hash of every slot in which this wallet may have checked in. */
function ownTags(w: WalletContext, epochTo: number, progress: (epoch: number) => void): Map<Hex, Slot> {
  const tags = new Map<Hex, Slot>();
  for (const phone of w.state.generations) {
    const { generation, epochFrom } = phone;
    const { z } = holderSecrets(w.root, phone);
    // A lost phone may still be used for as long as a clinic accepts its last credential.
    for (let epoch = epochFrom; epoch <= epochTo; epoch++) {
      progress(epoch);
      const { document, hash } = w.parameters.known(epoch);
      for (let slot = 0; slot < document.slots; slot++)
        tags.set(bytesToHex(tagHashOf(encodeG2(tagOf(z, hash, epoch, slot)))), { generation, epoch, slot });
    }
  }
  return tags;
}

/**
 * @returns how many sessions were found that the wallet did not know.
 * @throws ApiError, ParametersError; SymbolonError bad-answer
 */
export async function recoverSessions(
  w: WalletContext,
  epochTo: number,
  progress: (epoch: number) => void = () => {},
): Promise<number> {
  const tags = ownTags(w, epochTo, progress);
  const found = new Map<Hex, WalletSession>();
  for (const { id, card } of await listServices(w.transport, w.deployment.serviceUrl)) {
    const own: Listed[] = [];
    for await (const page of pages(w, id, EVERYTHING)) own.push(...page.filter((l) => tags.has(l.tagHash)));
    for (const { tagHash } of own.filter((l) => isGenuine(id, l)))
      found.set(tagHash, {
        ...tags.get(tagHash)!,
        serviceId: id,
        serviceName: card.name,
        tagHash,
        state: "recovered",
        shown: [],
      });
  }
  let added: WalletSession[] = [];
  await w.update((s) => {
    // Skip sessions that the wallet knew, or that a check-in stored since the search began.
    added = [...found.values()].filter((f) => !s.sessions.some((x) => x.tagHash === f.tagHash));
    s.sessions.push(...added);
  });
  return added.length;
}
