// "Who opened my records?" The wallet reads the transparency log and finds every case that touched it, without telling
// anybody who it is. For each notice it computes κ = e(G, z·H_n(case id)) and checks whether the entry's MAC is its
// own.
//
// It reads the log through a LogMonitor (log/follow.ts): freshly cosigned heads only, each continuing the last one seen,
// and all entries between. It also compares its parameters with the log (logged-parameters.ts), and keeps the newest card
// of each clinic (cards.ts). An entry that this version cannot read is counted and skipped, so it hides no other entry.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
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

async function scan(w: WalletContext): Promise<readonly WalletNotice[]> {
  const { transport, state } = w;
  if (state.generations.length === 0) return state.notices; // no case can have touched this wallet
  const { document } = w.parameters.known(epochOf(transport.now()));
  const { entries, note } = await readLog(w, document, state.lastCheckpoint);
  const found: WalletNotice[] = [];
  const phones = knownPhones(state);
  entries.forEach((entry, logIndex) => {
    if (logIndex < state.noticesSeenUpTo || entry?.kind !== "notice" || !entry.caseId) return;
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
    s.noticesSeenUpTo = entries.length;
    s.cards = newestCards(entries, s.cards);
    s.unreadableEntries = entries.filter((entry) => !entry).length;
    s.lastCheckpoint = note;
  });
  // The notices are kept before this check, since a fault of the registrar must hide none of them.
  checkLoggedParameters(entries, w.parameters.believed, hexToBytes(w.deployment.registrarKey));
  return w.state.notices;
}
