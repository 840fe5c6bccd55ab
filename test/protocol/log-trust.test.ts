import { describe, expect, it } from "vitest";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { LogEntry } from "../../protocol/documents.ts";
import {
  atAnyAge,
  cosignatureQuorum,
  LOG_FRESHNESS_SECONDS,
  logTrustOf,
  verifyHead,
  verifyLogged,
} from "../../protocol/log-trust.ts";
import { leafHash, nodeHash } from "../../protocol/merkle.ts";
import {
  cosign,
  formatCheckpoint,
  formatNote,
  LOG_KEY,
  noteSigner,
  parseCheckpoint,
  parseNote,
  signNote,
  WITNESS_KEY,
} from "../../protocol/note.ts";
import { makeLogKeys, makeWitnessKeys } from "../../protocol/note-keys.ts";

const NOW = 1_800_000_000;
const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const trustees = [1, 2, 3].map((i) => noteSigner(`symbolon/trustee-${i}`, WITNESS_KEY, seed(i)));
const outside = [4, 5].map((i) => noteSigner(`outside.test/${i}`, WITNESS_KEY, seed(i)));
const log = noteSigner("symbolon.test/log", LOG_KEY, seed(9));
const trust = logTrustOf(
  {
    logVkey: makeLogKeys(seed(9), "symbolon.test/log").vkey,
    trusteeKeys: trustees.map((t) => t.key.publicKey),
    witnessVkeys: [4, 5].map((i) => makeWitnessKeys(seed(i), `outside.test/${i}`).vkey),
  },
  { threshold: 2, logFreshnessSeconds: LOG_FRESHNESS_SECONDS },
);

const entryOf = (n: number): Uint8Array =>
  LogEntry.encode({ kind: "order", at: NOW, subject: seed(n), caseId: undefined, body: new Uint8Array(0) });
const [first, second] = [entryOf(1), entryOf(2)];
const root = nodeHash(leafHash(first), leafHash(second));
const text = formatCheckpoint({ origin: "symbolon.test/log", size: 2, root });
const note = (times: readonly (number | undefined)[]): string =>
  formatNote({
    text,
    signatures: [
      signNote(text, log),
      ...[...trustees, ...outside].flatMap((w, i) => (times[i] === undefined ? [] : [cosign(text, w, times[i])])),
    ],
  });
const judged = (times: readonly (number | undefined)[], by = trust): string => {
  const head = verifyHead(note(times), by, NOW);
  return head.ok ? "ok" : head.reason;
};

describe("trust in the log", () => {
  it("two quorums share t witnesses or more, for every number of witnesses and every threshold", () => {
    for (let n = 2; n <= 20; n++)
      for (let t = 1; t <= n; t++) {
        const q = cosignatureQuorum(n, t);
        expect(2 * q - n, `${n} witnesses, t = ${t}`).toBeGreaterThanOrEqual(t);
        expect(2 * (q - 1) - n, `${n} witnesses, t = ${t}: one fewer is too few`).toBeLessThan(t);
      }
    expect([cosignatureQuorum(3, 2), cosignatureQuorum(5, 2)]).toEqual([3, 4]);
  });

  it("four fresh cosignatures of five make a head, whoever is silent", () => {
    expect(trust.quorum).toBe(4);
    for (let silent = 0; silent < 5; silent++)
      expect(judged([NOW, NOW, NOW, NOW, NOW].map((time, i) => (i === silent ? undefined : time)))).toBe("ok");
    expect(judged([NOW, NOW, NOW, undefined, undefined])).toBe("no-quorum");
  });

  it("a cosignature counts from the greatest age to the tolerance of clocks, and no second longer", () => {
    const oldest = NOW - LOG_FRESHNESS_SECONDS;
    const latest = NOW + CLOCK_TOLERANCE_SECONDS;
    expect(judged([oldest, oldest, latest, latest, undefined])).toBe("ok");
    expect(judged([oldest - 1, NOW, NOW, NOW, undefined])).toBe("stale");
    expect(judged([latest + 1, NOW, NOW, NOW, undefined])).toBe("stale");
    expect(judged([oldest - 1, NOW, NOW, NOW, NOW])).toBe("ok");
    expect(judged([0, 0, 0, 0, undefined])).toBe("stale");
    expect(judged([0, 0, 0, 0, undefined], atAnyAge(trust))).toBe("ok");
  });

  it("an entry counts only under its own path, and only if it can be read", () => {
    const checkpoint = parseCheckpoint(parseNote(note([]))!.text)!;
    const logged = { entry: second, index: 1, proof: [leafHash(first)] };
    expect(bytesToHex(verifyLogged(logged, checkpoint)!.subject)).toBe(bytesToHex(seed(2)));
    expect(verifyLogged({ ...logged, index: 0 }, checkpoint)).toBeUndefined();
    expect(verifyLogged({ ...logged, entry: first }, checkpoint)).toBeUndefined();
    const unreadable = { entry: Uint8Array.of(7), index: 0, proof: [] };
    const alone = { ...checkpoint, size: 1, root: leafHash(unreadable.entry) };
    expect(verifyLogged(unreadable, alone)).toBeUndefined();
  });

  it("a head is as old as the oldest of its newest cosignatures that make the quorum", () => {
    const cosignedAt = (times: readonly (number | undefined)[]) => {
      const head = verifyHead(note(times), trust, NOW);
      return head.ok ? head.cosignedAt : head.reason;
    };
    const times = [NOW - 50, NOW - 10, NOW - 40, NOW - 30, NOW - 20];
    expect(trust.quorum).toBe(4);
    expect(cosignedAt(times)).toBe(NOW - 40);
    expect(cosignedAt(times.toReversed())).toBe(NOW - 40);
    expect(cosignedAt([undefined, ...times.slice(1)])).toBe(NOW - 40);
    expect(cosignedAt([NOW - LOG_FRESHNESS_SECONDS - 1, ...times.slice(1)])).toBe(NOW - 40);
    const alone = verifyHead(note([]), { ...trust, quorum: 0 }, NOW);
    expect(alone.ok && alone.cosignedAt).toBe(0);
    const old = note(times.map(() => 5));
    expect(verifyHead(old, trust, NOW).ok).toBe(false);
    expect(verifyHead(old, atAnyAge(trust), NOW).ok).toBe(true);
  });
});
