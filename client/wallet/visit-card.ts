// The card of a visit, as the wallet makes it. It asks nobody: the wallet has the clinic's challenge and the channel's keys.

import { hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { SymbolonError, textOfCause, translate } from "../errors.ts";
import { restoreChannel } from "../sealing/messages.ts";
import { type VisitCard, VisitCardError, visitCardEnd, writeVisitCard } from "../shared/visit-card.ts";
import type { WalletSession } from "./state.ts";

/**
 * Only an open visit has a card: a check-in that the service has not confirmed may be nobody's yet. A recovered visit has no
 * channel, and so no key for a card.
 * @param now unix seconds
 * @throws VisitCardError card-not-open, card-expired; SymbolonError bad-state
 */
export function visitCard({ state, tagHash, checkIn, channel }: WalletSession, now: number): VisitCard {
  if (state !== "open" || checkIn === undefined || channel === undefined)
    throw new VisitCardError("card-not-open", state);
  const { challenge } = translate(
    () => readCheckIn(hexToBytes(checkIn)),
    (cause) => new SymbolonError("bad-state", `check-in ${tagHash} (${textOfCause(cause)})`, { cause }),
  );
  const notAfter = visitCardEnd(challenge.issuedAt);
  if (now > notAfter) throw new VisitCardError("card-expired");
  return writeVisitCard(restoreChannel(channel).visitCardKey(), hexToBytes(tagHash), notAfter);
}
