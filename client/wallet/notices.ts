// Who opened my records? The wallet walks the transparency log and finds, without telling anybody who it is, every case
// that touched it: for each notice it computes κ = e(G, z·H_n(case id)) and looks whether the entry's MAC is its own.
//
// It reads the log through a LogMonitor: cosigned heads only, each continuing the last one seen, all entries between.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent, trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { emptyFrontier } from "../../protocol/merkle.ts";
import { LOG_KEY, parseCheckpoint, parseNote, parseVkey } from "../../protocol/note.ts";
import { openNotice } from "../../protocol/notice.ts";
import { walletKappa } from "../../protocol/opening.ts";
import { LogMonitor, type MonitorState } from "../log/monitor.ts";
import { httpLogSource } from "../log/source.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import type { WalletNotice } from "./state.ts";

/** The log contradicts itself or what this wallet saw before: evidence for the public, not for this phone alone. */
export class LogError extends Error {
  override name = "LogError";
}

function monitorState(note: string | undefined): MonitorState | undefined {
  const head = note === undefined ? undefined : parseCheckpoint(parseNote(note)?.text ?? "");
  return head && { note: note!, head, read: emptyFrontier };
}

/** One scan after the other. @throws LogError, ApiError */
export function findNotices(w: WalletContext): Promise<readonly WalletNotice[]> {
  return w.turns.take("notices", () => scan(w));
}

async function scan(w: WalletContext): Promise<readonly WalletNotice[]> {
  const { deployment, transport, state } = w;
  if (state.generations.length === 0) return state.notices; // nothing can have touched this wallet
  const quorum = w.parameters.known(epochOf(transport.now())).document.threshold;
  const monitor = new LogMonitor(
    {
      logKey: parseVkey(deployment.logVkey, LOG_KEY),
      witnesses: deployment.trusteeKeys.map((key, i) => trusteeWitnessKey(i + 1, hexToBytes(key))),
      quorum,
    },
    httpLogSource(transport, deployment.logUrl, quorum),
    monitorState(state.lastCheckpoint),
  );
  const followed = await monitor.follow();
  if (!followed.ok) throw new LogError(`the log cannot be followed: ${followed.reason}`);
  const found: WalletNotice[] = [];
  followed.entries.forEach((bytes, i) => {
    const logIndex = followed.from + i;
    if (logIndex < state.noticesSeenUpTo) return;
    const entry = LogEntry.decode(bytes);
    if (entry.kind !== "notice" || !entry.caseId) return;
    for (const { generation } of state.generations) {
      const kappa = walletKappa(holderSecrets(w.root, generation).z, entry.caseId);
      const content = openNotice(kappa, entry.caseId, entry.body);
      if (content)
        found.push({ logIndex, at: entry.at, generation, content: bytesToHex(NoticeContent.encode(content)) });
    }
  });
  await w.update((s) => {
    const known = (n: WalletNotice) =>
      s.notices.some((x) => x.logIndex === n.logIndex && x.generation === n.generation);
    s.notices.push(...found.filter((n) => !known(n)));
    s.noticesSeenUpTo = followed.head.size;
    s.lastCheckpoint = monitor.state!.note;
  });
  return w.state.notices;
}
