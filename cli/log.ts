// symbolon log: the transparency log, read as anybody may read it.

import { join } from "node:path";
import type { Followed, MonitorState } from "../client/log/monitor.ts";
import { CliError, type Command, EXIT, type Group, type Input } from "./command.ts";
import { exists, makeDirectory, readBytes, replaceFile } from "./files.ts";
import { builds } from "./log-builds.ts";
import { note, result } from "./output.ts";
import { DEPLOYMENT_OPTION, readDeployment, STATE_OPTION, stateDirectory, transport } from "./settings.ts";

type Refused = Extract<Followed, { ok: false }>;

const MEANINGS: Readonly<Record<Refused["reason"], string>> = {
  "bad-checkpoint": "The log's head is not signed by the keys of the deployment file.",
  inconsistent: "The log does not continue the one that was seen before, or its entries do not lead to its head.",
  "split-view": "The log shows two histories. Keep both heads and publish them.",
  older: "The log shows an older head than before. Try again later, or from another network.",
  stale: "Too few witnesses signed the head lately, so newer entries may be hidden. Try again later.",
  "not-included": "The log does not prove an entry.",
};

/** MonitorState as JSON: hashes in hex. */
interface Kept {
  note: string;
  size: number;
  peaks: string[];
}

async function readKept(path: string): Promise<MonitorState | undefined> {
  if (!(await exists(path))) return undefined;
  const { parseCheckpoint, parseNote } = await import("../protocol/note.ts");
  try {
    const { note: text, size, peaks } = JSON.parse(new TextDecoder().decode(await readBytes(path))) as Kept;
    const head = parseCheckpoint(parseNote(text)!.text)!;
    return { note: text, head, read: { size, peaks: peaks.map((peak) => Uint8Array.from(Buffer.from(peak, "hex"))) } };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      EXIT.file,
      "bad-file",
      `${path} is not a head of the log. If you did not change it, keep it as evidence.`,
    );
  }
}

const keptOf = ({ note: text, read }: MonitorState): Kept => ({
  note: text,
  size: read.size,
  peaks: read.peaks.map((peak) => Buffer.from(peak).toString("hex")),
});

function refuse({ reason, ...more }: Refused): never {
  const exit = reason === "stale" || reason === "older" ? EXIT.unreachable : EXIT.unproven;
  if ("evidence" in more) note(`seen:\n${more.evidence.seen}\nshown:\n${more.evidence.shown}`);
  throw new CliError(exit, `log-${reason}`, MEANINGS[reason]);
}

async function monitorFor(input: Input, state: MonitorState | undefined) {
  const deployment = await readDeployment(input);
  const t = await transport();
  const { logPinsOf, ParametersCache } = await import("../client/parameters.ts");
  const { LogMonitor } = await import("../client/log/monitor.ts");
  const { httpLogSource } = await import("../client/log/source.ts");
  const { logTrustOf } = await import("../protocol/log-trust.ts");
  const { epochOf } = await import("../protocol/epoch.ts");
  const { document } = await new ParametersCache(t, deployment).of(epochOf(t.now()));
  const trust = logTrustOf(logPinsOf(deployment), document);
  return { monitor: new LogMonitor(trust, httpLogSource(t, deployment.logUrl, trust.quorum), t.now, state), trust };
}

const verify: Command = {
  path: "log verify",
  summary: "Reads the log to its head and verifies it.",
  about: [
    "The head must be signed by the log and lately by enough witnesses. The entries must lead to exactly that head. With a state",
    "directory, the log must also continue the one of the last run: so nobody can rewrite it, or show you another one.",
  ],
  options: { ...DEPLOYMENT_OPTION, ...STATE_OPTION },
  examples: [
    ["log verify --state monitor", "verify, and remember the head for the next run"],
    ["log verify --json", "verify once, for a program"],
  ],
  async run(input) {
    const directory = stateDirectory(input);
    const path = directory === undefined ? undefined : join(directory, "log.json");
    const before = path === undefined ? undefined : await readKept(path);
    const { monitor, trust } = await monitorFor(input, before);
    const followed = await monitor.follow();
    if (!followed.ok) refuse(followed);
    const { LogEntry } = await import("../protocol/documents.ts");
    const counts: Record<string, number> = {};
    for (const bytes of followed.entries) {
      const kind = kindOf(() => LogEntry.decode(bytes).kind);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    if (directory !== undefined && path !== undefined) {
      await makeDirectory(directory);
      await replaceFile(path, JSON.stringify(keptOf(monitor.state!)));
    }
    const { origin, size, root } = followed.head;
    const rootHash = Buffer.from(root).toString("hex");
    return result(input, { origin, size, rootHash, quorum: trust.quorum, from: followed.from, news: counts }, () => [
      `verified  ${origin}`,
      `entries   ${size}, of which ${size - followed.from} are new to this reader`,
      `root      ${rootHash}`,
      `witnesses at least ${trust.quorum} signed this head lately`,
      ...Object.entries(counts).map(([kind, n]) => `  ${String(n).padStart(5)}  ${kind}`),
    ]);
  },
};

/** An entry that a later version wrote has a kind that this one cannot name. */
function kindOf(read: () => string): string {
  try {
    return read();
  } catch {
    return "unknown to this version";
  }
}

export const group: Group = { path: "log", summary: "Verifies the transparency log.", commands: [verify, builds] };
