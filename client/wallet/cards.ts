// The clinics' cards as the log has them. The wallet collects them whenever it reads the log for notices, so it asks nobody
// about one clinic. Of each clinic it keeps the newest card.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { cardHashOf, type LogEntry, openSigned, ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { LoggedCard } from "./state.ts";

/** The newest card of each clinic. @param entries of the log, in order; undefined for one that cannot be read */
export function newestCards(
  entries: readonly (LogEntry | undefined)[],
  known: readonly LoggedCard[] = [],
): LoggedCard[] {
  const newest = new Map(known.map((card) => [card.serviceId, card]));
  for (const entry of entries) {
    const card = entry?.kind === "service" ? readCard(entry) : undefined;
    if (card && card.version > (newest.get(card.serviceId)?.version ?? -1)) newest.set(card.serviceId, card);
  }
  return [...newest.values()];
}

function readCard({ body, subject }: LogEntry): LoggedCard | undefined {
  try {
    const { key, value } = openSigned(LABELS.signServiceCard, ServiceCard, body);
    if (!equalBytes(key, value.signKey) || !equalBytes(subject, cardHashOf(body))) return undefined;
    return { serviceId: bytesToHex(serviceIdOf(key)), version: value.version, hash: bytesToHex(subject) };
  } catch {
    return undefined;
  }
}
