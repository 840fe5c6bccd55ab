// symbolon clinic offline: check-ins without network, kept in the clinic's state directory until they can be handed in.

import { join } from "node:path";
import type { OfflineCheckIn, OfflineOutcome, OfflineQueue } from "../client/clinic/offline.ts";
import { checkInOf } from "./clinic-visits.ts";
import { CliError, type Command, EXIT, type Input } from "./command.ts";
import { atDesk, needState } from "./desk.ts";
import { readFrom } from "./files.ts";
import { OfflineFiles } from "./offline-files.ts";
import { columns, isoOf, progressBar, result } from "./output.ts";
import { CLINIC_OPTIONS } from "./settings.ts";

const MEANINGS: Readonly<Record<OfflineOutcome, string>> = {
  settled: "settled: the session is open",
  "used-here": "used twice: another check-in under its tag opened a session here",
  "used-elsewhere": "used twice: its tag was spent at another service",
  "too-late": "too late: the time for offline check-ins is over",
  "old-card": "refused: the clinic has registered another card since",
  refused: "refused by the service",
};

const withQueue = <T>(input: Input, act: (queue: OfflineQueue) => Promise<T>): Promise<T> => {
  const directory = join(needState(input), "offline");
  return atDesk(input, (clinic) => act(clinic.offline(new OfflineFiles(directory))));
};

const take: Command = {
  path: "clinic offline take",
  summary: "Verifies a check-in without network and queues it durably.",
  about: [
    "The patient's wallet hands the check-in over itself (on a test wallet: symbolon patient check-in --offline). When this",
    "command ends with 0, the check-in is on the disk. It ends with 1 if its tag is in the queue already under other bytes:",
    "then a wallet used one visit twice. Whether the tag was used elsewhere shows only at: symbolon clinic offline settle",
  ],
  operands: ["check-in file"],
  options: CLINIC_OPTIONS,
  examples: [
    ["clinic offline take check-in.txt", "a check-in in a file, in base64url or octets"],
    ["clinic offline take -", "from standard input, for example a scanner"],
  ],
  async run(input) {
    const bytes = checkInOf(await readFrom(input.operands[0]!));
    const { formatTid } = await import("../protocol/tid.ts");
    return withQueue(input, async (queue) => {
      const { outcome, session, entry } = await queue.take(bytes);
      const { tid, tagHash, shown } = session;
      if (outcome === "used-twice")
        throw new CliError(
          EXIT.failed,
          "used-twice",
          `The visit ${formatTid(tid)} was taken at ${isoOf(entry.takenAt)} already, with another check-in. Both are kept; admit nobody on this one.`,
        );
      return result(input, { outcome, tid, tagHash, shown, takenAt: isoOf(entry.takenAt) }, () => [
        `${outcome === "repeated" ? "taken before" : "taken"}  ${formatTid(tid)}`,
        ...Object.entries(shown).map(([attribute, value]) => `shows  ${attribute}: ${value}`),
      ]);
    });
  },
};

const entryJson = ({ tid, tagHash, takenAt, again, outcome }: OfflineCheckIn) => ({
  tid,
  tagHash,
  takenAt: isoOf(takenAt),
  state: outcome?.result ?? "waiting",
  usedTwice: (again?.length ?? 0) > 0,
});

const list: Command = {
  path: "clinic offline list",
  summary: "Lists the queue.",
  about: ["An entry with an outcome stays until its month is over, so that its tag is recognised if it comes again."],
  options: { waiting: { type: "boolean", about: "only those that wait to be settled" }, ...CLINIC_OPTIONS },
  examples: [["clinic offline list --waiting", "what is still to be handed in"]],
  async run(input) {
    const { formatTid } = await import("../protocol/tid.ts");
    return withQueue(input, async (queue) => {
      const all = (await queue.list()).filter((entry) => !input.has("waiting") || !entry.outcome).map(entryJson);
      const words = (e: (typeof all)[number]): string =>
        e.usedTwice ? `${e.state}, shown again with other bytes` : e.state;
      const lines = (): string[] => columns(all.map((e) => [formatTid(e.tid), e.takenAt, words(e)]));
      return result(input, all, lines, all.length === 0 ? ["The queue is empty."] : []);
    });
  },
};

const settle: Command = {
  path: "clinic offline settle",
  summary: "Hands in every check-in that waits, and tells the outcome of each.",
  about: [
    "It may be stopped and run again at any time: nothing is lost, and nothing counts twice. It ends with 0 if all are settled,",
    "with 1 if one was refused or used before, and with 3 if some still wait.",
  ],
  options: CLINIC_OPTIONS,
  examples: [["clinic offline settle", "when the network is back"]],
  async run(input) {
    const { formatTid } = await import("../protocol/tid.ts");
    return withQueue(input, async (queue) => {
      const bar = progressBar(input, "handing in");
      const all = await queue.settle(bar.update).finally(bar.end);
      const rows = all.map(({ entry, result: outcome, detail }) => ({
        tid: entry.tid,
        tagHash: entry.tagHash,
        result: outcome ?? ("waiting" as const),
        ...(detail === undefined ? {} : { detail }),
      }));
      const lines = (): string[] =>
        columns(
          rows.map(({ tid, result: outcome, detail }) => [
            formatTid(tid),
            outcome === "waiting" ? `waits: ${detail}` : MEANINGS[outcome],
          ]),
        );
      result(input, rows, lines, rows.length === 0 ? ["Nothing waits."] : []);
      if (rows.some((row) => row.result !== "settled" && row.result !== "waiting")) return EXIT.failed;
      return rows.some((row) => row.result === "waiting") ? EXIT.unreachable : EXIT.ok;
    });
  },
};

export const OFFLINE_COMMANDS: readonly Command[] = [take, list, settle];
