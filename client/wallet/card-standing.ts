// How a clinic's card stands in the log (cards.ts), as far as this phone has read it. A clinic that lost its HPKE key makes a
// card with a higher version. From then on the wallet refuses the old card, whoever shows it.
//
// The wallet never reads the log at a visit. A reading tells the log where the one before ended, and so the log could tell
// that two visits are of one phone. It reads on a schedule of its own (watch.ts).

import { bytesToHex } from "../../protocol/bytes.ts";
import { cardHashOf, type ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import type { WalletContext } from "./context.ts";

/**
 * "newest": the log had no newer card at the last reading, at most logFreshnessSeconds ago. "older": the log has a newer
 * card, or another one of this version. "unknown": the wallet knows nothing against the card.
 */
export type CardStanding = "newest" | "older" | "unknown";

/** @param signed Signed<ServiceCard>; its signature is verified */
export function standingOf(w: WalletContext, signed: Uint8Array, card: ServiceCard): CardStanding {
  const serviceId = bytesToHex(serviceIdOf(card.signKey));
  const logged = w.state.cards.find((c) => c.serviceId === serviceId);
  if (!logged || card.version > logged.version) return "unknown";
  if (logged.hash !== bytesToHex(cardHashOf(signed))) return "older";
  return hasReadLately(w) ? "newest" : "unknown";
}

function hasReadLately({ state, transport, parameters }: WalletContext): boolean {
  const now = transport.now();
  const { logFreshnessSeconds } = parameters.known(epochOf(now)).document;
  return state.logReadAt !== undefined && now - state.logReadAt <= logFreshnessSeconds;
}
