// "Who opened my records?" The wallet reads the transparency log and finds every case that touched it, without telling
// anybody who it is. For each notice it computes κ = e(G, z·H_n(case id)) and checks whether the entry's MAC is its
// own.
//
// It reads the log through a LogMonitor (log/follow.ts): freshly cosigned heads only, each continuing the last one seen,
// and all entries since the last tile that it read to its end. It also compares its parameters with the log (logged-parameters.ts), and keeps the newest card
// of each clinic (cards.ts). An entry that this version cannot read is counted and skipped, so it hides no other entry.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { openNotice } from "../../protocol/notice.ts";
import { walletKappa } from "../../protocol/opening.ts";
import { readLog } from "../log/follow.ts";
import { newestCards } from "./cards.ts";
import { knownPhones } from "./claims.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import { checkLoggedParameters } from "./logged-parameters.ts";
import type { WalletNotice } from "./state.ts";

/**
 * Concurrent calls scan one after the other.
 * @throws LogError, ApiError; ParametersError also if the log and this wallet have different parameters. The notices found are
 * kept even then, and are in the overview
 */
export function findNotices(w: WalletContext): Promise<readonly WalletNotice[]> {
  return w.turns.take("notices", () => scan(w));
}

const hexOf = (entry: LogEntry): Hex => bytesToHex(LogEntry.encode(entry));

async function scan(w: WalletContext): Promise<readonly WalletNotice[]> {
  const { transport, state } = w;
  if (state.generations.length === 0) return state.notices; // no case can have touched this wallet
  const readAt = transport.now();
  const { document } = w.parameters.known(epochOf(readAt));
  const { logReading: before, lastCheckpoint } = state;
  const tilesBefore = { size: before.tiles.size, peaks: before.tiles.peaks.map(hexToBytes) };
  const soFar = lastCheckpoint === undefined ? undefined : { note: lastCheckpoint, tiles: tilesBefore };
  const phones = knownPhones(state);
  const { from, entries, note, tiles } = await readLog(w, document, soFar);
  const skipped = Math.max(0, before.seen - from); // of a tile that the reading before did not read to its end
  const fresh = entries.slice(skipped);
  const found: WalletNotice[] = [];
  fresh.forEach((entry, i) => {
    if (entry?.kind !== "notice" || !entry.caseId) return;
    const logIndex = from + skipped + i;
    // An assemble has a notice for each phone of the person. All have the same content, so the first that opens is enough.
    for (const phone of phones) {
      const { generation } = phone;
      const kappa = walletKappa(holderSecrets(w.root, phone).z, entry.caseId);
      const content = openNotice(kappa, entry.caseId, entry.body);
      if (!content) continue;
      found.push({ logIndex, at: entry.at, generation, content: bytesToHex(NoticeContent.encode(content)) });
      return;
    }
  });
  await w.update((s) => {
    const known = (n: WalletNotice) => s.notices.some((x) => x.logIndex === n.logIndex);
    s.notices.push(...found.filter((n) => !known(n)));
    s.cards = newestCards(fresh, s.cards);
    s.logReadAt = readAt;
    // If another window read meanwhile, or a phone became known, the next reading begins where this one did.
    if (s.logReading.seen !== before.seen || knownPhones(s).length !== phones.length) return;
    s.lastCheckpoint = note;
    s.logReading = {
      tiles: { size: tiles.size, peaks: tiles.peaks.map(bytesToHex) },
      seen: from + entries.length,
      unreadable: before.unreadable + fresh.filter((entry) => !entry).length,
      parameters: [...before.parameters, ...fresh.flatMap((e) => (e?.kind === "parameters" ? [hexOf(e)] : []))],
    };
  });
  const logged = w.state.logReading.parameters.map((entry) => LogEntry.decode(hexToBytes(entry)));
  // The notices are kept before this check, since a fault of the registrar must hide none of them.
  checkLoggedParameters(logged, w.parameters.believed, hexToBytes(w.deployment.registrarKey));
  return w.state.notices;
}
