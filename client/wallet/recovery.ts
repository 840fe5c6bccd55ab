// Sessions of all generations found again from the recovery words: the tags of every slot of every epoch since enrolment
// against the tags each service holds. The wallet reads the manifests of whole services, so that nobody learns which are
// looked for; it keeps those of its own tags, and asks only of these whether the clinic has signed them.

import { EVERYTHING } from "../../protocol/buckets.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { listServices } from "../services.ts";
import { isGenuine, type Listed, pages } from "./buckets.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import type { WalletSession } from "./state.ts";

type Slot = Pick<WalletSession, "generation" | "epoch" | "slot">;

/** tagHash of every slot in which this wallet may have checked in. */
function ownTags(w: WalletContext, epochTo: number, progress: (epoch: number) => void): Map<string, Slot> {
  const tags = new Map<string, Slot>();
  for (const { generation, epochFrom, epochTo: last } of w.state.generations) {
    const { z } = holderSecrets(w.root, generation);
    // a stale credential may be presented after its generation's last epoch
    for (let epoch = epochFrom; epoch <= Math.min(epochTo, (last ?? epochTo) + 1); epoch++) {
      progress(epoch);
      const { document, hash } = w.parameters.known(epoch);
      for (let slot = 0; slot < document.slots; slot++)
        tags.set(bytesToHex(tagHashOf(encodeG2(tagOf(z, hash, epoch, slot)))), { generation, epoch, slot });
    }
  }
  return tags;
}

/** @returns how many sessions were found that the wallet did not know of */
export async function recoverSessions(
  w: WalletContext,
  epochTo: number,
  progress: (epoch: number) => void = () => {},
): Promise<number> {
  const tags = ownTags(w, epochTo, progress);
  const found = new Map<string, WalletSession>();
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
    // what the wallet knows already, or a check-in has written since the search began, is not found again
    added = [...found.values()].filter((f) => !s.sessions.some((x) => x.tagHash === f.tagHash));
    s.sessions.push(...added);
  });
  return added.length;
}
