// S11 Log. If somebody removes, changes or reorders an entry, shows two people different logs, or shows somebody an old log
// for ever, cosigned checkpoints reveal it.
//
// The log's operator is the attacker. It has the log's signing key, and rewrites its whole storage into another history
// that is consistent in itself. Trustee 3's Worker signs whatever it is shown: it is the control for witnesses. The outside
// witness 2 never answers, in all of this file.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuildVerdict, checkBuild } from "../../client/log/app-builds.ts";
import type { LogFailure, MonitorState, SplitView } from "../../client/log/monitor.ts";
import { untilWitnessed } from "../../client/operator/witnessed.ts";
import { ApiError, api } from "../../client/transport.ts";
import { trusteeKeys } from "../../functions/trustee/keys.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { type AppBuild, appBuildEntry } from "../../protocol/app-builds.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { LogEntry, type LogKind } from "../../protocol/documents.ts";
import { fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { cosignatureQuorum, LOG_FRESHNESS_SECONDS, verifyHead } from "../../protocol/log-trust.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
import {
  type Checkpoint,
  cosign,
  formatSignature,
  type NoteSigner,
  noteSigner,
  parseCheckpoint,
  parseNote,
  WITNESS_KEY,
} from "../../protocol/note.ts";
import { parseSkey } from "../../protocol/note-keys.ts";
import { formatAddCheckpoint, witness } from "../../protocol/witness.ts";
import {
  approvedBy,
  carelessCore,
  cosigned,
  enrolled,
  LINK,
  logTrustAt,
  monitorOf,
  newRequester,
  outcome,
  playedBy,
  START,
  turn,
  visit,
} from "./cases.ts";

const WITNESS_DOOR = "functions/shared/witness.ts";
const OPERATOR = [
  playedBy("log-that-rewrites-history", "functions/log.ts"),
  {
    file: "functions/log/writers.ts",
    find: "if (!kinds.includes(entry.kind))",
    replace: "if (!kinds.includes(entry.kind) && !(globalThis as any).careless())",
  },
  {
    file: "functions/log/writers.ts",
    find: 'if (entry.kind === "app-build") readAppBuild(entry, hexToBytes(writer));',
    replace:
      'if (entry.kind === "app-build" && !(globalThis as any).careless()) readAppBuild(entry, hexToBytes(writer));',
  },
];

let p: Practice;
let truth: Uint8Array[];
/** a reader that has followed the true log, and what it keeps */
let seen: MonitorState;
let trueNote: string;

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: 4,
    epochs: 2,
    weaken: {
      log: OPERATOR,
      "trustee-3": [playedBy("witness-that-signs-anything", WITNESS_DOOR)],
      "witness-2": [playedBy("witness-that-is-silent", WITNESS_DOOR)],
    },
  });
  for (const name of ["A", "B", "C"]) await p.openClinic(`Clinic ${name}`);
  for (const name of ["Dr. A", "Dr. B"]) await newRequester(p, name);
  trueNote = (await cosigned(p, 1)).note;
  const monitor = monitorOf(p);
  const followed = await monitor.follow();
  if (!followed.ok) throw new Error(followed.reason);
  truth = followed.entries;
  seen = monitor.state!;
}, 240_000);
afterAll(() => p?.stop());

const setHistory = (json: object) => api(p.transport, p.deployment.logUrl, "/history", { json });
const rewrite = (entries: readonly Uint8Array[]) => setHistory({ entries: entries.map(toBase64url) });
const at = (i: number) => LogEntry.decode(truth[i]!);
const extra = (n: number): Uint8Array => LogEntry.encode({ ...at(0), at: START + n });
const changed = (i: number): Uint8Array => LogEntry.encode({ ...at(i), subject: new Uint8Array(32).fill(7) });

const headNote = async (): Promise<string> => (await api(p.transport, p.deployment.logUrl, "/checkpoint")).text();
const sizeOf = (note: string): number => parseCheckpoint(parseNote(note)!.text)!.size;

/** A witness is asked to sign the present head, with the log's best proof from the head that it signed before. */
async function askWitness(url: string): Promise<string> {
  const note = await headNote();
  const to = sizeOf(note);
  const ask = async (oldSize: number, proof: Uint8Array[] = []) =>
    fetch(`${url}/add-checkpoint`, { method: "POST", body: formatAddCheckpoint({ oldSize, proof, note }) });
  let answer = await ask(0);
  if (answer.status === 409) {
    const signed = Number(await answer.text());
    const path = `${p.deployment.logUrl}/v1/consistency?from=${signed}&to=${to}`;
    const { proof = [] } = (await (await fetch(path)).json()) as { proof?: string[] };
    answer = await ask(Math.min(signed, to), proof.map(fromBase64url));
  }
  return answer.ok ? "signed" : `${answer.status}`;
}
const HONEST = ["trustee 1", "trustee 2", "witness 1"] as const;
const urlOf = (name: (typeof HONEST)[number] | "trustee 3"): string => {
  const [role, i] = name.split(" ") as ["trustee" | "witness", string];
  return p.host.urls[role === "trustee" ? "trustees" : "witnesses"][Number(i) - 1]!;
};

/** The keys of all five witnesses: the three trustees, then the two outside ones. */
const witnessKeys = (): NoteSigner[] => [
  ...[1, 2, 3].map((i) => trusteeKeys(hexToBytes(p.host.bindings[`trustee-${i}`]!.TRUSTEE_SEED! as Hex), i).witness),
  ...[1, 2].map((i) => {
    const { name, secretKey } = parseSkey(p.host.bindings[`witness-${i}`]!.WITNESS_SIGNING_KEY!);
    return noteSigner(name, WITNESS_KEY, secretKey);
  }),
];
/** The worst case: the operator has stolen witness keys, which sign the present history. */
async function signedByStolenKeys(count: number): Promise<string> {
  const note = await headNote();
  const { text, signatures } = parseNote(note)!;
  const missing = witnessKeys().filter((w) => !signatures.some((s) => s.name === w.key.name));
  return (
    note +
    missing
      .slice(0, count)
      .map((w) => formatSignature(cosign(text, w, p.clock.now)))
      .join("")
  );
}
const shown = (note: string) => ({ checkpoint: async () => note });

/** A log that has shrunk has no proof to give and says so. The reader then stops with an error of the API. */
const DETECTED = /^(split-view|inconsistent|not-found)$/;
async function told(act: () => Promise<{ ok: true } | LogFailure>): Promise<{ reason: string; evidence?: SplitView }> {
  try {
    const judged = await act();
    if (judged.ok) return { reason: "ok" };
    return { reason: judged.reason, ...("evidence" in judged ? { evidence: judged.evidence } : {}) };
  } catch (error) {
    if (error instanceof ApiError) return { reason: error.code };
    throw error;
  }
}

/** Histories as the operator would like them. */
const histories: Record<string, () => Uint8Array[]> = {
  "an entry removed from the middle": () => truth.filter((_, i) => i !== 2),
  "the last entry removed, and others added": () => [...truth.slice(0, -1), extra(1), extra(2)],
  "an entry removed, as many added": () => [...truth.filter((_, i) => i !== 2), extra(1)],
  "an entry changed": () => truth.map((e, i) => (i === 1 ? changed(1) : e)),
  "two entries in another order": () => truth.map((_, i) => truth[i === 2 ? 3 : i === 3 ? 2 : i]!),
  "an entry changed, and the log grown": () => [...truth.map((e, i) => (i === 1 ? changed(1) : e)), extra(1)],
  "an entry put in between": () => [...truth.slice(0, 2), extra(1), ...truth.slice(2)],
};

describe("another history under the log's own key", () => {
  for (const [name, history] of Object.entries(histories)) {
    it(`${name}: no honest witness signs, readers see it`, async () => {
      await rewrite(history());
      for (const honest of HONEST) expect(await askWitness(urlOf(honest)), honest).toMatch(/^(409|422|400)$/);
      expect(await askWitness(urlOf("trustee 3"))).toBe("signed"); // control: a witness that does not compare
      // Without a quorum of cosignatures readers do not even look at it: not with t stolen keys, nor with three.
      expect((await monitorOf(p, seen).compare(await signedByStolenKeys(2))).ok).toBe(false);
      expect((await monitorOf(p).compare(await signedByStolenKeys(3))).ok).toBe(false);
      // With a whole quorum of stolen ones they do, and still hold it against what they saw.
      const forged = await signedByStolenKeys(4);
      const judged = await told(() => monitorOf(p, seen).compare(forged));
      expect(judged.reason).toMatch(DETECTED);
      expect((await told(() => monitorOf(p, seen, shown(forged)).follow())).reason).toMatch(DETECTED);
      if (judged.reason === "split-view") expect(judged.evidence).toEqual({ seen: seen.note, shown: forged }); // two signed heads: the proof
      // Two people shown different logs find out by comparing heads.
      const newcomer = monitorOf(p, undefined, shown(forged));
      const first = await newcomer.follow();
      expect(first.ok).toBe(true); // control: a reader without memory believes a lying quorum
      expect((await told(() => newcomer.compare(trueNote))).reason).toMatch(DETECTED);
      await rewrite(truth);
    });
  }
  it("control: the true log, only grown, is followed and signed", async () => {
    await rewrite([...truth, extra(9)]);
    for (const honest of HONEST) expect(await askWitness(urlOf(honest)), honest).toBe("signed");
    const monitor = monitorOf(p, seen);
    expect(await monitor.follow()).toMatchObject({ ok: true });
    expect(await monitor.compare(trueNote)).toEqual({ ok: true });
  });
});

describe("honest witnesses divided between two forks, with one corrupt trustee of three (t = 2)", () => {
  /** Every way to show each honest witness one of two heads; the corrupt trustee signs both. */
  async function divided(outside: number) {
    const all = witnessKeys();
    const keys = [...all.slice(0, 3), ...all.slice(3, 3 + outside)];
    const corrupt = keys[2]!;
    const honest = keys.filter((k) => k !== corrupt);
    const trust = { ...logTrustAt(p), witnesses: keys.map((k) => k.key) };
    const forks: string[] = [];
    for (const n of [1, 2]) {
      await rewrite([...truth, extra(20 + n)]);
      forks.push(await headNote());
    }
    const heads = forks.map((note) => parseCheckpoint(parseNote(note)!.text)!);
    /** the line of an honest witness over a head, after it signed `last` */
    const line = (signer: NoteSigner, note: string, last: Checkpoint | undefined): string => {
      const request = {
        note,
        proof: [],
        oldSize: last?.size ?? 0,
        last,
        signer,
        logKey: trust.logKey,
        now: p.clock.now,
      };
      const answer = witness(request);
      return answer.ok ? formatSignature(answer.signature) : "";
    };
    const believed = (quorum: number) => {
      let most = 0;
      for (let side = 0; side < 2 ** honest.length; side++) {
        const accepted = forks.filter((note, f) => {
          const lines = honest.map((w, i) => line(w, note, ((side >> i) & 1) === f ? undefined : heads[1 - f]));
          const signed = note + lines.join("") + line(corrupt, note, undefined);
          return verifyHead(signed, { ...trust, quorum }, p.clock.now).ok;
        });
        most = Math.max(most, accepted.length);
      }
      return most;
    };
    await rewrite(truth);
    return { n: keys.length, believed };
  }

  for (const outside of [0, 2])
    it(`${outside} outside witnesses: readers believe one fork at most`, async () => {
      const { n, believed } = await divided(outside);
      expect(believed(cosignatureQuorum(n, 2))).toBe(1);
      expect(believed(2)).toBe(2); // control: with t cosignatures, readers of both forks are content
    });
});

describe("an old head that is shown for ever", () => {
  it("is stale after three days, and not the news that there is none", async () => {
    await rewrite([...truth, extra(9)]);
    const frozen = (await cosigned(p, truth.length + 1)).note;
    const reader = monitorOf(p, undefined, shown(frozen));
    expect((await reader.follow()).ok).toBe(true);
    const state = reader.state!;
    const before = p.clock.now;
    try {
      await rewrite([...truth, extra(9), extra(10)]); // the notice that the operator hides
      p.clock.now += LOG_FRESHNESS_SECONDS + 1;
      expect(await monitorOf(p, state, shown(frozen)).follow()).toEqual({ ok: false, reason: "stale" });
      p.clock.now += 90 * 86_400;
      expect(await monitorOf(p, state, shown(frozen)).follow()).toEqual({ ok: false, reason: "stale" });
      const core = await carelessCore([
        {
          file: "protocol/log-trust.ts",
          find: "maxAgeSeconds === Number.POSITIVE_INFINITY ||",
          replace: "true || maxAgeSeconds === 0 ||",
        },
      ]);
      const careless = await core.logMonitor(p, shown(frozen)).follow();
      expect(careless).toMatchObject({ ok: true, head: { size: truth.length + 1 } }); // control: "nothing new", for months
      // The witnesses sign the present head again, since somebody asks. So the reader of the true log finds the entry.
      const fresh = await monitorOf(p, state).follow();
      expect(fresh.ok && fresh.entries.length).toBe(1);
    } finally {
      p.clock.now = before;
      await rewrite([...truth, extra(9), extra(10)]);
    }
  });
});

describe("a stored entry or tile that was changed under a head already signed", () => {
  it("an entry that is read does not lead to the head's root", async () => {
    await headNote(); // the tiles are in R2 before the change
    await setHistory({ patch: { index: 1, entry: toBase64url(changed(1)) } });
    const fresh = await monitorOf(p).follow();
    expect(fresh.ok ? "ok" : fresh.reason).toBe("inconsistent");
    const included = monitorOf(p);
    expect((await included.update()).ok).toBe(true);
    expect(await included.includes(1, changed(1))).toEqual({ ok: false, reason: "not-included" });
    expect(await included.includes(1, truth[1]!)).toEqual({ ok: true }); // control
    const core = await carelessCore([
      {
        file: "client/log/monitor.ts",
        find: "if (!equalBytes(frontierRoot(read), state.head.root))",
        replace: "if (false as boolean)",
      },
    ]);
    expect((await core.logMonitor(p).follow()).ok).toBe(true); // control: a reader that does not recompute the root accepts the log
    await setHistory({ patch: { index: 1, entry: toBase64url(truth[1]!) } });
  });

  it("a tile changed in R2 does not lead to the head's root", async () => {
    const head = parseCheckpoint(parseNote(await headNote())!.text)!;
    const bucket = await p.host.miniflare.getR2Bucket("TILES", "log");
    const path = `tile/entries/000.p/${head.size}`;
    const rootOf = async (): Promise<Uint8Array> => {
      const bundle = Buffer.from(await (await fetch(`${p.deployment.logUrl}/${path}`)).arrayBuffer());
      let frontier = emptyFrontier;
      for (let i = 0; i < bundle.length; i += 2 + bundle.readUInt16BE(i))
        frontier = pushLeaf(frontier, leafHash(bundle.subarray(i + 2, i + 2 + bundle.readUInt16BE(i))));
      return frontierRoot(frontier);
    };
    expect(await rootOf()).toEqual(head.root); // control: the true tile
    const bytes = Buffer.from(await (await bucket.get(path))!.arrayBuffer());
    bytes[40] = bytes[40]! ^ 1;
    await bucket.put(path, bytes);
    expect(await rootOf()).not.toEqual(head.root);
  });
});

describe("a writer that appends another role's kind", () => {
  it("is refused, whichever role it is", async () => {
    const append = (role: string, kind: LogKind) => {
      const signWith = hexToBytes(p.host.bindings[role]!.SIGNING_KEY! as Hex);
      const subject = new Uint8Array(32).fill(truth.length);
      const entry = LogEntry.encode({ kind, at: p.clock.now, subject, caseId: undefined, body: new Uint8Array(0) });
      const json = { entries: [toBase64url(entry)] };
      return outcome(() => api(p.transport, p.deployment.logUrl, "/v1/entries", { json, signWith }));
    };
    const forbidden: [role: string, kind: LogKind][] = [
      ["escrow", "officer"],
      ["escrow", "parameters"],
      ["registrar", "officer"],
      ["registrar", "notice"],
      ["service", "requester-revoked"],
    ];
    for (const [role, kind] of forbidden) expect(await append(role, kind), `${role}: ${kind}`).toContain("forbidden");
    await turn(p.deployment.logUrl, true);
    expect(await append("escrow", "officer")).toBe("accepted"); // control: a log that does not ask who writes
    await turn(p.deployment.logUrl, false);
  });
});

describe("a build of an app that the administrator did not publish", () => {
  const wallet = (version: number, fill: number): AppBuild => ({
    app: "wallet",
    version,
    buildHash: new Uint8Array(32).fill(fill),
    source: `v${version}`,
  });
  const append = (entry: LogEntry, signWith: Uint8Array) => {
    const json = { entries: [toBase64url(LogEntry.encode(entry))] };
    return outcome(() => api(p.transport, p.deployment.logUrl, "/v1/entries", { json, signWith }));
  };
  const verdictOn = async (fill: number): Promise<BuildVerdict> => {
    await untilWitnessed(p.transport, p.deployment);
    const reader = { transport: p.transport, deployment: p.deployment };
    return (await checkBuild(reader, { app: "wallet", buildHash: new Uint8Array(32).fill(fill) })).verdict;
  };

  it("is not logged, and is not believed from a log that takes it; an old one does not come back", async () => {
    const admin = p.host.adminSecretKey;
    const escrow = hexToBytes(p.host.bindings.escrow!.SIGNING_KEY! as Hex);
    const now = p.clock.now;
    expect(await verdictOn(1)).toBe("none");
    expect(await append(appBuildEntry(wallet(1, 1), admin, now), admin)).toBe("accepted");
    expect(await append(appBuildEntry(wallet(2, 2), admin, now), admin)).toBe("accepted");
    expect([await verdictOn(1), await verdictOn(2)]).toEqual(["older", "current"]); // control: what was published counts

    // Another role's key, another signer, and the administrator's own old build under a new date
    const forged = appBuildEntry(wallet(3, 3), escrow, now);
    expect(await append(forged, escrow)).toContain("forbidden");
    expect(await append(forged, admin)).toContain("malformed");
    expect(await append(appBuildEntry(wallet(1, 1), admin, now + 1), admin)).toBe("accepted");
    expect([await verdictOn(3), await verdictOn(1), await verdictOn(2)]).toEqual(["other", "older", "current"]);

    // The log's operator takes the forged build, and asks nobody's key.
    await turn(p.deployment.logUrl, true);
    expect(await append(forged, escrow)).toBe("accepted");
    await turn(p.deployment.logUrl, false);
    expect([await verdictOn(3), await verdictOn(2)]).toEqual(["other", "current"]);
  });
});

it("one silent witness of five holds up no case; on a forked log no case goes on", async () => {
  const clinic = await p.openClinic("Clinic D");
  const alice = await enrolled(p, "Alice");
  const session = await visit(alice.wallet, clinic);
  const { requester } = await newRequester(p, "Dr. C");
  const epochs = { from: session.epoch, to: session.epoch };
  const request = { ...LINK, purpose: "care", epochs, emergency: true, subject: { checkIn: session.checkInBytes } };
  const before = Date.now();
  const fine = await approvedBy(p, requester, request, [1, 2]);
  expect((await requester.status(fine)).state).toBe("approved");
  expect((await requester.advance(fine)).state).toBe("opened");
  expect(Date.now() - before).toBeLessThan(60_000); // the silent witness would take ten minutes
  const stuck = await approvedBy(p, requester, request, [1, 2]);
  await cosigned(p);
  const now = await monitorOf(p).follow();
  if (!now.ok) throw new Error(now.reason);
  await rewrite(now.entries.map((e, i) => (i === 1 ? changed(1) : e)));
  expect(await outcome(() => requester.advance(stuck))).toContain("Too few witnesses cosigned");
  expect((await requester.status(stuck)).state).not.toBe("opened");
  // Nobody can show that an officer's passkey is in this log.
  expect(await outcome(() => approvedBy(p, requester, request, [1, 2]))).toContain("credential-refused");
});
