// S11, S6: a log that forks and enough witnesses that help it cannot make an honest trustee serve a case on the fork.
//
// The log's operator rewrites its history. Trustees 2 and 3 and both outside witnesses sign whatever they are shown. So the
// fork's head has its whole quorum of four, without trustee 1. Trustee 1 has signed the true history before: its own line is
// another one. The escrow lies too. It logs order, approvals and cards on the fork, and asks trustee 1.
//
// The controls: a trustee that does not look at its own line answers on the fork. The honest one also serves heads of the
// true log that lack its cosignature, if the log proves that they continue its own head or that its own continues them.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bundle } from "../../api/trustee/rounds.ts";
import type { PreparedOrder } from "../../client/requester.ts";
import { api } from "../../client/transport.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { verifyHead } from "../../protocol/log-trust.ts";
import { parseCheckpoint, parseNote } from "../../protocol/note.ts";
import {
  approvalsOf,
  approvedBy,
  askTrustee,
  cosigned,
  enrolled,
  LINK,
  logTrustAt,
  lyingBundle,
  MARKED,
  marked,
  monitorOf,
  newRequester,
  objectRows,
  outcome,
  playedBy,
  START,
  turn,
  visit,
} from "./cases.ts";

/** The log's operator. While the switch is on, it does not ask trustee 1 for cosignatures. */
const OPERATOR = [
  playedBy("log-that-rewrites-history", "functions/log.ts"),
  {
    file: "durable-objects/cosigning.ts",
    find: "let oldSize = Math.min(signed, head.size);",
    replace: `if ((globalThis as any).careless() && witness.key.name === "symbolon/trustee-1") return undefined;
  let oldSize = Math.min(signed, head.size);`,
  },
];
const HELPER = [playedBy("witness-that-signs-anything", "functions/shared/witness.ts")];
/** Trustee 1 does not look at its own line if the order's purpose says "careless". */
const CARELESS = [
  MARKED,
  {
    file: "functions/trustee/own-line.ts",
    find: "if (signatures.some(",
    replace: `if (${marked("careless")} || signatures.some(`,
  },
];
const OWN_NAME = "symbolon/trustee-1";

let p: Practice;
let ask: (purpose: string) => Promise<{ prepared: PreparedOrder; approvals: Uint8Array[] }>;

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: 4,
    epochs: 2,
    weaken: {
      log: OPERATOR,
      "trustee-1": CARELESS,
      ...Object.fromEntries(["trustee-2", "trustee-3", "witness-1", "witness-2"].map((role) => [role, HELPER])),
    },
  });
  const clinic = await p.openClinic("General practice");
  const session = await visit((await enrolled(p, "Alice")).wallet, clinic);
  const { requester } = await newRequester(p, "Dr. Fork");
  const epochs = { from: session.epoch, to: session.epoch };
  ask = async (purpose) => {
    const request = { ...LINK, purpose, epochs, emergency: true, subject: { checkIn: session.checkInBytes } };
    const prepared = await approvedBy(p, requester, request, [1, 2]);
    return { prepared, approvals: [...(await approvalsOf(requester, prepared)).values()] };
  };
}, 240_000);
afterAll(() => p?.stop());

const bundleOf = async (purpose: string): Promise<Bundle> => lyingBundle(p, { ...(await ask(purpose)), trustee: 1 });
const round = (bundle: Bundle): Promise<string> => outcome(() => askTrustee(p, 1, "notice-shares", { bundle }));
const sizeOf = (note: string): number => parseCheckpoint(parseNote(note)!.text)!.size;
const hasOwn = (note: string): boolean => parseNote(note)!.signatures.some(({ name }) => name === OWN_NAME);
const isBelieved = (note: string): boolean => verifyHead(note, logTrustAt(p), p.clock.now).ok;
/** The size of the newest head on trustee 1's own line, from its vault. */
const ownSize = (): number => Number(objectRows(p.host, "trustee-1-TrusteeVault", "SELECT size FROM witness")[0]!.size);

describe("on the true log", () => {
  it("control: a head that trustee 1 cosigned is served", async () => {
    const bundle = await bundleOf("care");
    const note = async (): Promise<string> => (await cosigned(p, sizeOf(bundle.checkpoint))).note;
    await expect.poll(async () => hasOwn(await note())).toBe(true);
    expect(await round({ ...bundle, checkpoint: await note() })).toBe("accepted");
  });
  it("control: so is one that it did not sign, if the log proves that it continues trustee 1's own", async () => {
    await turn(p.deployment.logUrl, true);
    const bundle = await bundleOf("care");
    expect(hasOwn(bundle.checkpoint)).toBe(false);
    expect(isBelieved(bundle.checkpoint)).toBe(true);
    expect(ownSize()).toBeLessThan(sizeOf(bundle.checkpoint));
    expect(await round(bundle)).toBe("accepted");
    expect(ownSize()).toBe(sizeOf(bundle.checkpoint)); // from now on, trustee 1 signs nothing that contradicts it
  });
  it("control: and one that is older than its own, if the log proves that too", async () => {
    const older = await bundleOf("care");
    expect(await round(await bundleOf("care"))).toBe("accepted");
    expect(hasOwn(older.checkpoint)).toBe(false);
    expect(ownSize()).toBeGreaterThan(sizeOf(older.checkpoint));
    expect(await round(older)).toBe("accepted");
  });
});

describe("on a fork with a quorum that lacks trustee 1", () => {
  let truth: Uint8Array[];
  let honest: Awaited<ReturnType<typeof ask>>;
  let careless: Awaited<ReturnType<typeof ask>>;

  const kindOf = (entry: Uint8Array): string => LogEntry.decode(entry).kind;
  const extra = (): Uint8Array => LogEntry.encode({ ...LogEntry.decode(truth.at(-1)!), subject: p.transport.rng(32) });
  /** The truth with another certificate in the place of the requester's. */
  const changed = (): Uint8Array[] => truth.map((entry) => (kindOf(entry) === "requester" ? extra() : entry));
  const rewrite = (entries: readonly Uint8Array[]) =>
    api(p.transport, p.deployment.logUrl, "/history", { json: { entries: entries.map(toBase64url) } });

  it("before the fork, trustee 1 has signed the whole truth", async () => {
    [honest, careless] = [await ask("care"), await ask("careless")];
    await turn(p.deployment.logUrl, false);
    await p.openClinic("Another practice"); // a new entry, for which the log asks all witnesses
    const read = await monitorOf(p).follow();
    if (!read.ok) throw new Error(read.reason);
    truth = read.entries;
    await expect.poll(ownSize, { timeout: 10_000 }).toBe(truth.length);
  });
  it.each([
    ["as long as trustee 1's own line", changed],
    ["longer", () => [...changed(), extra(), extra()]],
    ["shorter, with the officers' cards only", () => truth.filter((entry) => kindOf(entry) === "officer")],
  ])("%s: the head is believed by readers, and trustee 1 serves nothing under it", async (_, fork) => {
    await rewrite(fork());
    const bundle = await lyingBundle(p, { ...honest, trustee: 1 });
    expect(isBelieved(bundle.checkpoint)).toBe(true);
    expect(hasOwn(bundle.checkpoint)).toBe(false);
    const before = ownSize();
    expect(await round(bundle)).toBe("credential-refused"); // only the trustee itself knows why; see the control
    expect(ownSize()).toBe(before);
  });
  it("control: a trustee that does not look at its own line serves the case there", async () => {
    await rewrite(changed());
    expect(await round(await lyingBundle(p, { ...careless, trustee: 1 }))).toBe("accepted");
  });
  it("back on the true log, the refused case is served: nothing bound it to the fork", async () => {
    await rewrite(truth);
    expect(await round(await lyingBundle(p, { ...honest, trustee: 1 }))).toBe("accepted");
  });
});
