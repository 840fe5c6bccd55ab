// How a clinic's card stands in the log (cards.ts). A clinic that lost its HPKE key makes a card with a higher version. From
// then on the wallet refuses the old card, whoever shows it. "Nothing newer is logged" is true only for a while, so the wallet
// reads the log again if it last read it longer than logFreshnessSeconds ago.

import { bytesToHex } from "../../protocol/bytes.ts";
import { cardHashOf, type ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { SymbolonError } from "../errors.ts";
import type { WalletContext } from "./context.ts";
import { findNotices } from "./notices.ts";

/**
 * How a card stands in the log. "unknown": the log could not be read now, and the wallet knows nothing against the card.
 * If the wallet does not know the card, or has not read the log lately, it reads the log once, as for notices.
 */
export type CardStanding = "newest" | "older" | "unlogged" | "unknown";

/** @param signed Signed<ServiceCard>; its signature is verified */
export async function standingOf(w: WalletContext, signed: Uint8Array, card: ServiceCard): Promise<CardStanding> {
  const serviceId = bytesToHex(serviceIdOf(card.signKey));
  const hash = bytesToHex(cardHashOf(signed));
  const judge = (): CardStanding => {
    const logged = w.state.cards.find((c) => c.serviceId === serviceId);
    if (logged?.hash === hash) return "newest";
    return logged && card.version < logged.version ? "older" : "unlogged";
  };
  const known = judge();
  if (known === "older" || (known === "newest" && hasReadLately(w))) return known;
  try {
    await findNotices(w);
  } catch (error) {
    // A phone without a way to the log, or a log that is out of order, must not keep a patient from care.
    if (!(error instanceof SymbolonError)) throw error;
    const now = judge();
    // The scan keeps the cards before it compares the parameters, so it may have read the log and fail all the same.
    return now === "older" || (now === "newest" && hasReadLately(w)) ? now : "unknown";
  }
  return judge();
}

function hasReadLately({ state, transport, parameters }: WalletContext): boolean {
  const now = transport.now();
  const { logFreshnessSeconds } = parameters.known(epochOf(now)).document;
  return state.logReadAt !== undefined && now - state.logReadAt <= logFreshnessSeconds;
}
