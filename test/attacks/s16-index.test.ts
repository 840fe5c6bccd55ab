// S16 Whole index: an escrow cannot hide a session of a closed month unseen. A clinic finds its own sessions in the month's
// index, under the one root in the log. The trustees compare the same root with the rows that they read.
//
// Alice visits clinic A once in each month, and Ben visits clinic B. The operator completes and closes each month (MONTHS). The
// escrow lies in one way in each month but the first.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Clinic, type ClinicSession, type IndexFinding } from "../../client/clinic.ts";
import type { Fetched, OpenedCase, Requester } from "../../client/requester.ts";
import type { Transport } from "../../client/transport.ts";
import { appendEntryBytes } from "../../functions/shared/log-writer.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { concatBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { cutRows, type IndexRoot, indexRootEntry } from "../../protocol/index-tree.ts";
import { leafHash } from "../../protocol/merkle.ts";
import { rootOfLeaves } from "../../protocol/merkle-range.ts";
import { approvedBy, cosigned, enrolled, escrowEnv, hex, LINK, newRequester, START, visit } from "./cases.ts";

const DAY = 86_400;
const FIRST = epochOf(START);
/** The months, named by the lie of the escrow in each. */
const MONTHS = {
  honest: FIRST,
  droppedBefore: FIRST + 1,
  droppedAfter: FIRST + 2,
  relabelled: FIRST + 3,
  revalued: FIRST + 4,
  neverClosed: FIRST + 5,
} as const;
type Month = keyof typeof MONTHS;
const NAMES = Object.keys(MONTHS) as Month[];

let p: Practice;
let a: Clinic;
let b: Clinic;
let requester: Requester;
let opened: OpenedCase;
let fetched: Fetched[];
const alice = {} as Record<Month, ClinicSession>;

/** The escrow changes its row of Alice's session. `?1` in the statement is the month, `?2` the tag. */
async function escrowRuns(month: Month, sql: string): Promise<void> {
  const db = await p.host.miniflare.getD1Database("ESCROW_DB", "escrow");
  const tag = hex(readCheckIn(alice[month].checkInBytes).presentation.T);
  const { meta } = await db.prepare(sql).bind(MONTHS[month], tag).run();
  expect(meta.changes).toBe(1);
}
const DROP = "DELETE FROM session_index WHERE epoch = ?1 AND tag = ?2";

/** The escrow's lies before it closes the month. */
const before: Partial<Record<Month, () => Promise<void>>> = {
  droppedBefore: () => escrowRuns("droppedBefore", DROP),
  relabelled: () =>
    escrowRuns(
      "relabelled",
      `UPDATE session_index SET service_id = '${hex(b.serviceId)}' WHERE epoch = ?1 AND tag = ?2`,
    ),
  revalued: () =>
    escrowRuns("revalued", `UPDATE session_index SET value = '${"5a".repeat(32)}' WHERE epoch = ?1 AND tag = ?2`),
};

beforeAll(async () => {
  p = await openPractice({ start: epochStart(FIRST) + DAY, slots: 2, epochs: NAMES.length + 2 });
  a = await p.openClinic("Clinic A");
  b = await p.openClinic("Clinic B");
  const { wallet } = await enrolled(p, "Alice");
  const ben = await enrolled(p, "Ben");
  for (const name of NAMES) {
    p.clock.now = epochStart(MONTHS[name]) + DAY;
    for (const each of [wallet, ben.wallet]) await each.refresh(MONTHS[name]);
    alice[name] = await visit(wallet, a);
    await visit(ben.wallet, b);
  }
  p.clock.now = epochStart(MONTHS.neverClosed + 1) + 9 * DAY;
  for (const name of NAMES.filter((n) => n !== "neverClosed")) {
    await p.operator.completeIndex(MONTHS[name]);
    await before[name]?.();
    await p.operator.closeIndex(MONTHS[name]);
  }
  await escrowRuns("droppedAfter", DROP);

  ({ requester } = await newRequester(p, "Dr. Emery"));
  const prepared = await approvedBy(
    p,
    requester,
    {
      ...LINK,
      purpose: "a whole history",
      subject: { checkIn: alice.honest.checkInBytes },
      epochs: { from: FIRST, to: MONTHS.neverClosed },
    },
    [1, 2],
  );
  await requester.advance(prepared);
  opened = await requester.openResult(prepared);
  fetched = [];
  for await (const record of requester.fetchRecords(opened)) fetched.push(record);
}, 240_000);
afterAll(() => p?.stop());

const findingsOf = async (clinic: Clinic, month: Month): Promise<readonly IndexFinding[]> =>
  (await clinic.auditIndex(MONTHS[month])).findings;
const of = (month: Month) => ({ tagHash: alice[month].tagHash });

describe("a clinic's audit", () => {
  it("control: finds nothing in a month that the escrow left alone", async () => {
    for (const clinic of [a, b])
      expect(await clinic.auditIndex(MONTHS.honest)).toEqual({ epoch: MONTHS.honest, rows: 2, own: 1, findings: [] });
  });
  it("finds a session whose row was dropped before the month was closed", async () =>
    expect(await findingsOf(a, "droppedBefore")).toEqual([{ kind: "missing-session", ...of("droppedBefore") }]));
  it("finds that the rows changed after the month was closed", async () => {
    const missing = { kind: "missing-session", ...of("droppedAfter") };
    expect(await findingsOf(a, "droppedAfter")).toEqual([{ kind: "other-root" }, missing]);
    expect(await findingsOf(b, "droppedAfter")).toEqual([{ kind: "other-root" }]);
  });
  it("finds a row under another clinic's name", async () =>
    expect(await findingsOf(a, "relabelled")).toEqual([{ kind: "wrong-row", ...of("relabelled") }]));
  it("finds a row under a value that no case looks for", async () =>
    expect(await findingsOf(a, "revalued")).toEqual([{ kind: "wrong-row", ...of("revalued") }]));
  it("finds a month without a root", async () =>
    expect(await findingsOf(a, "neverClosed")).toEqual([{ kind: "no-root" }]));
});

describe("a case over the same months", () => {
  const found = (sessions: readonly { epoch: number }[]) => sessions.map((s) => s.epoch).sort((x, y) => x - y);
  const faults = () => fetched.flatMap((f) => (f.ok ? [] : [{ epoch: f.session.epoch, reason: f.reason }]));

  it("control: finds the sessions of months in which the row still stands", () =>
    expect(found(opened.sessions)).toEqual([MONTHS.honest, MONTHS.neverClosed]));
  it("tells a month whose rows changed after it was closed, and one that was not closed", () =>
    expect(opened.unproved).toEqual([
      { epoch: MONTHS.neverClosed, reason: "no-root" },
      { epoch: MONTHS.droppedAfter, reason: "false-root" },
    ]));
  it("finds a false row where the escrow wrote another clinic's name", () =>
    expect(found(opened.hidden)).toEqual([MONTHS.relabelled]));
  it("gives the requester a fault for each", () => {
    expect(faults()).toHaveLength(3);
    expect(faults()).toContainEqual({
      epoch: MONTHS.neverClosed,
      reason: expect.stringContaining("has no root in the log"),
    });
    expect(faults()).toContainEqual({ epoch: MONTHS.relabelled, reason: expect.stringContaining("a false row") });
    expect(faults()).toContainEqual({
      epoch: MONTHS.droppedAfter,
      reason: expect.stringContaining("does not have the root in the log"),
    });
  });
  it("control: a month that cannot be closed yet is no fault, and is still named", async () => {
    const early = { ...opened, unproved: [{ epoch: MONTHS.neverClosed, reason: "open" } as const] };
    const reasons: string[] = [];
    for await (const f of requester.fetchRecords(early)) if (!f.ok) reasons.push(f.reason);
    expect(reasons.join()).not.toContain("has no root");
  });
});

/** The escrow logs a root of its choice, and witnesses cosign a head with it. */
async function logRoot(root: IndexRoot): Promise<number> {
  const entry = LogEntry.encode({ at: p.clock.now, caseId: undefined, ...indexRootEntry(root) });
  const index = await appendEntryBytes(escrowEnv(p.host), p.clock.now, entry);
  await cosigned(p, index + 1);
  return index;
}
/** Clinic A, with an answer changed on its way. */
const clinicSeeing = (change: (url: URL, answer: Response) => Promise<Response> | Response): Clinic => {
  const fetch: Transport["fetch"] = async (input, init) =>
    change(new URL(String(input)), await p.transport.fetch(input, init));
  return new Clinic({ ...p.transport, fetch }, p.deployment, a.keys);
};

describe("an escrow that lies to some readers", () => {
  it("cannot show a clinic rows that it does not show the log", async () => {
    const honest = await (await fetch(`${p.deployment.escrowUrl}/v1/index/${MONTHS.honest}`)).arrayBuffer();
    const alone = clinicSeeing((url, answer) =>
      url.pathname.endsWith(`/index/${MONTHS.honest}`) ? new Response(honest.slice(0, honest.byteLength / 2)) : answer,
    );
    expect(await findingsOf(alone, "honest")).toContainEqual({ kind: "other-root" });
  });
  it("cannot log rows in an order that hides some from readers of parts unseen", async () => {
    const url = `${p.deployment.escrowUrl}/v1/index/${MONTHS.neverClosed}`;
    const rows = cutRows(new Uint8Array(await (await fetch(url)).arrayBuffer())).reverse();
    await logRoot({ epoch: MONTHS.neverClosed, count: rows.length, root: rootOfLeaves(rows.map(leafHash)) });
    const shown = concatBytes(...rows);
    const shownReversed = clinicSeeing(({ pathname }, answer) =>
      pathname.endsWith(`/index/${MONTHS.neverClosed}`) ? new Response(shown as BodyInit) : answer,
    );
    expect(await findingsOf(shownReversed, "neverClosed")).toEqual([{ kind: "false-order" }]);
  });
  it("cannot log a second root unseen", async () => {
    const second = await logRoot({ epoch: MONTHS.honest, count: 1, root: new Uint8Array(32).fill(7) });
    const [finding] = await findingsOf(a, "honest");
    expect(finding).toEqual({ kind: "second-root", logIndexes: [expect.any(Number), second] });
  });
  it("cannot hide a second root behind an old head of the log", async () => {
    let old: string | undefined;
    const frozen = clinicSeeing(async ({ pathname }, answer) => {
      if (pathname !== "/v1/cosigned") return answer;
      old ??= await answer.text();
      return new Response(old);
    });
    expect((await findingsOf(frozen, "revalued")).map((f) => f.kind)).toEqual(["wrong-row"]); // control: fresh
    const later = () => p.at(p.clock.now + 4 * DAY, () => frozen.auditIndex(MONTHS.revalued));
    await expect(later()).rejects.toMatchObject({ name: "LogError", code: "log-stale" });
  });
});
