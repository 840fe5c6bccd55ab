// S11 Log. If somebody removes, changes or reorders an entry, or shows two people different logs, cosigned checkpoints
// reveal it.
//
// The log's operator is the attacker. It has the log's signing key, and rewrites its whole storage into another history
// that is consistent in itself. Trustee 3's Worker signs whatever it is shown: it is the control for witnesses.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogFailure, MonitorState, SplitView } from "../../client/log/monitor.ts";
import { ApiError, api } from "../../client/transport.ts";
import { trusteeKeys } from "../../functions/trustee/keys.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
import { cosign, formatSignature, parseCheckpoint, parseNote } from "../../protocol/note.ts";
import {
  approvedBy,
  carelessCore,
  cosigned,
  enrolled,
  LINK,
  monitorOf,
  newRequester,
  outcome,
  playedBy,
  START,
  visit,
} from "./cases.ts";

const OPERATOR = [playedBy("log-that-rewrites-history", "functions/log.ts")];
const SIGNS_ANYTHING = [playedBy("witness-that-signs-anything", "functions/trustee/witness.ts")];

let p: Practice;
let truth: Uint8Array[];
/** a reader that has followed the true log, and what it keeps */
let seen: MonitorState;
let trueNote: string;

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: 4,
    epochs: 1,
    weaken: { log: OPERATOR, "trustee-3": SIGNS_ANYTHING },
  });
  for (const name of ["A", "B", "C"]) await p.openClinic(`Clinic ${name}`);
  for (const name of ["Dr. A", "Dr. B"]) await newRequester(p, name);
  trueNote = (await cosigned(p)).note;
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
/** An honest witness is asked to sign the present head, with the log's best proof. */
async function askWitness(trustee: number): Promise<string> {
  const url = p.deployment.trusteeUrls[trustee - 1]!;
  const note = await headNote();
  const { size } = (await (await fetch(`${url}/v1/witness`)).json()) as { size: number };
  const to = parseCheckpoint(parseNote(note)!.text)!.size;
  const query = `/v1/consistency?from=${Math.min(size, to)}&to=${to}`;
  const { proof } =
    size < to && size > 0
      ? ((await (await fetch(p.deployment.logUrl + query)).json()) as { proof: string[] })
      : { proof: [] };
  return outcome(() => api(p.transport, url, "/v1/cosign", { json: { checkpoint: note, proof } }));
}
/** The worst case: the operator has stolen t witness keys, which sign the other history. */
async function signedByStolenKeys(): Promise<string> {
  const note = await headNote();
  for (const i of [1, 2]) {
    const { witness } = trusteeKeys(hexToBytes(p.host.bindings[`trustee-${i}`]!.TRUSTEE_SEED!), i);
    const line = formatSignature(cosign(parseNote(note)!.text, witness, p.clock.now));
    await api(p.transport, p.deployment.logUrl, "/v1/cosignatures", { json: { checkpoint: note, cosignature: line } });
  }
  return headNote();
}

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
      for (const i of [1, 2]) expect(await askWitness(i)).toMatch(/conflict: (older|split-view|no-proof)/);
      expect(await askWitness(3)).toBe("accepted"); // control: a witness that does not compare
      // Without t cosignatures readers do not even look at it.
      expect((await monitorOf(p, seen).compare(await headNote())).ok).toBe(false);
      // With t stolen ones they do, and still hold it against what they saw.
      const forged = await signedByStolenKeys();
      const judged = await told(() => monitorOf(p, seen).compare(forged));
      expect(judged.reason).toMatch(DETECTED);
      expect((await told(() => monitorOf(p, seen).follow())).reason).toMatch(DETECTED);
      if (judged.reason === "split-view") expect(judged.evidence).toEqual({ seen: seen.note, shown: forged }); // two signed heads: the proof
      // Two people shown different logs find out by comparing heads.
      const newcomer = monitorOf(p);
      const first = await newcomer.follow();
      expect(first.ok).toBe(true); // control: a reader without memory believes t lying witnesses
      expect((await told(() => newcomer.compare(trueNote))).reason).toMatch(DETECTED);
      await rewrite(truth);
    });
  }
  it("control: the true log, only grown, is followed and signed", async () => {
    await rewrite([...truth, extra(9)]);
    expect(await askWitness(1)).toBe("accepted");
    expect(await askWitness(2)).toBe("accepted");
    await cosigned(p);
    const monitor = monitorOf(p, seen);
    expect(await monitor.follow()).toMatchObject({ ok: true });
    expect(await monitor.compare(trueNote)).toEqual({ ok: true });
  });
});

describe("a stored entry or tile that was changed under a head already signed", () => {
  it("an entry that is read does not lead to the head's root", async () => {
    await rewrite([...truth, extra(9)]);
    await cosigned(p);
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

it("on a forked log no case goes on: its checkpoint finds no t witnesses", async () => {
  await rewrite([...truth, extra(9)]);
  const clinic = await p.openClinic("Clinic D");
  const alice = await enrolled(p, "Alice");
  const session = await visit(alice.wallet, clinic);
  const { requester } = await newRequester(p, "Dr. C");
  const epochs = { from: session.epoch, to: session.epoch };
  const request = { ...LINK, purpose: "care", epochs, emergency: true, subject: { checkIn: session.checkInBytes } };
  const fine = await approvedBy(p, requester, request, [1, 2]);
  expect((await requester.status(fine)).state).toBe("approved"); // control
  const monitor = monitorOf(p);
  const now = await monitor.follow();
  if (!now.ok) throw new Error(now.reason);
  await rewrite(now.entries.map((e, i) => (i === 1 ? changed(1) : e)));
  const stuck = await approvedBy(p, requester, request, [1, 2]);
  expect((await requester.status(stuck)).state).toBe("ordered");
  expect(await outcome(() => requester.advance(stuck))).toContain("Too few trustees cosigned");
});
