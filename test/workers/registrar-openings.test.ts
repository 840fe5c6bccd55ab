// The openings that the registrar keeps for letters: one row per trace and assemble that it answered, and none for one that it
// refused. The administrator lists them and marks the letters.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import {
  EXPIRES,
  identityFor,
  traceCaseOf,
  traceRequestOf,
  trace as traceWith,
  visitOf,
  withDossiersOf,
} from "./registrar-cases.ts";
import {
  admin,
  codeOf,
  dump,
  EPOCH,
  expectRefused,
  expectUnchanged,
  freshRegistrar,
  identityOf,
  type Known,
  NOW,
  ok,
  postParameters,
  proof,
  type Requester,
  registerRequester,
  rng,
  send,
  TestWallet,
  trustees,
} from "./registrar-world.ts";

const { REGISTRAR_DB: database } = env as unknown as { REGISTRAR_DB: D1Database };
const SELECTOR = "A 123-456";
const NAME = "Weerasinghe-Planted";

let known: Known;
let requester: Requester;
let wallet: TestWallet;
let account: string;

beforeEach(async () => {
  await freshRegistrar();
  known = await postParameters();
  requester = await registerRequester("Dr Ada");
  wallet = new TestWallet(known);
  const person = await proof(SELECTOR);
  account = person.account;
  await wallet.enrol(person);
});

const list = async (json: object = {}, at = NOW) => ok(admin("openings", json, at));
const mark = (caseId: string, printed: boolean, at = NOW) => admin("openings/printed", { caseId, printed }, at);
const rowsOf = async (): Promise<unknown[]> => (await dump()).openings!;

/** A trace whose proofs are good, with the request for it. */
async function goodTrace() {
  const c = traceCaseOf(requester, await visitOf(wallet, account, known));
  return { c, caseId: bytesToHex(c.context.caseId), request: traceRequestOf(requester, c) };
}
const trace = (request: object, at = NOW) => traceWith(request, requester.secret, at);
const withDossiers = (changes: Parameters<typeof withDossiersOf>[2] = {}) =>
  withDossiersOf(requester, SELECTOR, changes);
const identity = (request: object, at = NOW) => identityFor(request, requester.secret, at);

describe("an opening is kept", () => {
  it("of a trace: who was named to whom and who approved, without the order that the registrar does not see", async () => {
    const { caseId, request } = await goodTrace();
    expect(await list()).toEqual({ openings: [], cursor: null });
    await ok(trace(request, NOW + 5));
    expect((await list()).openings).toEqual([
      {
        caseId,
        kind: "trace",
        at: NOW + 5,
        identity: toBase64url(identityOf(NAME, SELECTOR)),
        requesterName: "Dr Ada",
        requesterRole: "emergency physician",
        approvedBy: [1, 3],
        trustees: 3,
        approvedAt: NOW,
        order: null,
        printedAt: null,
      },
    ]);
  });

  it("of an assemble, with the order's reason, law and months, but not when only the dossiers were made", async () => {
    const services = [rng(16), rng(16)];
    const { of, request } = await withDossiers({ services });
    expect(await rowsOf()).toEqual([]); // nobody was told anything yet, and the log has no notice
    await ok(identity(request(), NOW + 5));
    const [opening] = (await list()).openings;
    expect(opening).toMatchObject({
      caseId: bytesToHex(of.caseId),
      kind: "assemble",
      at: NOW + 5,
      identity: toBase64url(identityOf(NAME, SELECTOR)),
      requesterName: "Dr Ada",
      approvedBy: [1, 3],
      order: {
        purpose: "treatment of an unconscious patient",
        legalGround: "GDPR 9(2)(c)",
        epochFrom: EPOCH - 2,
        epochTo: EPOCH,
        clinics: 2,
        emergency: true,
      },
    });
    for (const id of services) expect(JSON.stringify(opening)).not.toContain(bytesToHex(id));
  });

  it("sealed: the database alone tells neither the person nor the account, the requester or the reason", async () => {
    await ok(trace((await goodTrace()).request));
    const { request } = await withDossiers();
    await ok(identity(request()));
    const rows = await rowsOf();
    expect(rows).toHaveLength(2);
    const text = rows
      .map((row) => Object.values(row as object).map((value) => (Array.isArray(value) ? bytesToText(value) : value)))
      .join();
    for (const secret of [account, NAME, "Dr Ada", "unconscious", "assemble"]) expect(text).not.toContain(secret);
    const answers = JSON.stringify((await dump()).disclosures);
    expect(answers).not.toContain(account);
  });
  const bytesToText = (bytes: number[]): string => String.fromCharCode(...bytes);

  it("only after a good disclosure: a refused one leaves nothing, not even if the notice alone is missing", async () => {
    const { c, request } = await goodTrace();
    const made = await withDossiers();
    const without = (kind: "order" | "approval" | "officer" | "notice") => made.request([1, 3], { without: [kind] });
    await expectUnchanged(async () => {
      const { proofs } = request;
      await expectRefused(trace({ ...request, proofs: { ...proofs, approvals: proofs.approvals.slice(1) } }));
      await expectRefused(trace({ ...request, parts: request.parts.slice(1) }));
      expect(await codeOf(trace(request, EXPIRES + 1))).toBe("expired");
      for (const kind of ["order", "approval", "officer", "notice"] as const)
        await expectRefused(identity(without(kind)));
      await expectRefused(identity(made.request([1])));
    });
    expect(await rowsOf()).toEqual([]);
    // the control: the same two cases, unchanged
    await ok(trace(request));
    await ok(identity(made.request()));
    expect((await list()).openings.map((one: { kind: string }) => one.kind).sort()).toEqual(["assemble", "trace"]);
    const conflicting = traceRequestOf(requester, traceCaseOf(requester, c, { caseId: c.context.caseId }));
    await expectUnchanged(async () => expect(await codeOf(trace(conflicting))).toBe("conflict"));
  });

  it("once per case: a repetition changes nothing, nor takes a mark away", async () => {
    const { caseId, request } = await goodTrace();
    const { request: assemble } = await withDossiers();
    await ok(trace(request));
    await ok(identity(assemble()));
    await ok(mark(caseId, true, NOW + 10));
    await expectUnchanged(async () => {
      await ok(trace(request, NOW + 60));
      await ok(identity(assemble([2, 3]), NOW + 60));
    });
    expect((await list()).openings.find((one: { caseId: string }) => one.caseId === caseId).printedAt).toBe(NOW + 10);
  });

  it("also if the first request broke off between the answer's row and the letter's", async () => {
    const { caseId, request } = await goodTrace();
    await ok(trace(request));
    await database.prepare("DELETE FROM openings").run();
    expect((await list()).openings).toEqual([]);
    await ok(trace(request, NOW + 60));
    expect((await list()).openings).toMatchObject([{ caseId, at: NOW + 60 }]);
  });
});

describe("the list", () => {
  it("has the newest first, in pages that miss none and repeat none", async () => {
    const sealed = await visitOf(wallet, account, known);
    const ids: string[] = [];
    for (const at of [NOW, NOW + 1, NOW + 1, NOW + 2, NOW + 3]) {
      const c = traceCaseOf(requester, sealed);
      await ok(trace(traceRequestOf(requester, c), at));
      ids.push(bytesToHex(c.context.caseId));
    }
    const whole = (await list()).openings as { caseId: string; at: number }[];
    expect(whole.map(({ at }) => at)).toEqual([NOW + 3, NOW + 2, NOW + 1, NOW + 1, NOW]);
    expect(whole.map(({ caseId }) => caseId).sort()).toEqual(ids.sort());
    const paged: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page: { openings: { caseId: string }[]; cursor: string | null } = await list({ limit: 2, cursor });
      expect(page.openings.length).toBeLessThanOrEqual(2);
      paged.push(...page.openings.map(({ caseId }) => caseId));
      cursor = page.cursor ?? undefined;
      pages++;
    } while (cursor !== undefined);
    expect(pages).toBe(3);
    expect(paged).toEqual(whole.map(({ caseId }) => caseId));
  });

  it("names each person by the record as it is now, and never mixes two", async () => {
    const patient = toBase64url(utf8ToBytes(JSON.stringify({ resourceType: "Patient", name: [{ family: "Other" }] })));
    await new TestWallet(known).enrol(await proof("B9999", { patient }));
    const other = await withDossiersOf(requester, "B9999");
    await ok(identity(other.request()));
    await ok(trace((await goodTrace()).request, NOW + 1));
    const openings = (await list()).openings as { identity: string }[];
    expect(openings.map((one) => one.identity)).toEqual([
      toBase64url(identityOf(NAME, SELECTOR)),
      toBase64url(identityOf("Other", "B9999")),
    ]);
  });

  it("is the administrator's alone, and refuses what it cannot read", async () => {
    await ok(trace((await goodTrace()).request));
    await expectRefused(send("/v1/admin/openings", { json: {}, signWith: requester.secret }));
    await expectRefused(send("/v1/admin/openings", { json: {}, signWith: trustees.committee[0]!.identitySecret }));
    const cursor = `5-${"0".repeat(64)}`;
    for (const json of [
      { limit: 0 },
      { limit: 51 },
      { limit: 1.5 },
      { cursor: "x" },
      { cursor: "" },
      { cursor: `0${cursor}` },
      { cursor: `${"9".repeat(16)}-${"0".repeat(64)}` },
      [],
      "5",
    ])
      expect(await codeOf(admin("openings", json)), JSON.stringify(json)).toBe("malformed");
    expect(await list({ cursor })).toEqual({ openings: [], cursor: null });
  });
});

describe("the mark of a letter", () => {
  it("is set once, keeps its first time, and can be taken back", async () => {
    const { caseId, request } = await goodTrace();
    await ok(trace(request));
    expect(await ok(mark(caseId, true, NOW + 10))).toEqual({ caseId, printedAt: NOW + 10 });
    expect(await ok(mark(caseId, true, NOW + 20))).toEqual({ caseId, printedAt: NOW + 10 });
    expect(await ok(mark(caseId, false, NOW + 30))).toEqual({ caseId, printedAt: null });
    expect(await ok(mark(caseId, false, NOW + 30))).toEqual({ caseId, printedAt: null });
    expect(await ok(mark(caseId, true, NOW + 40))).toEqual({ caseId, printedAt: NOW + 40 });
  });

  it("is the administrator's alone, and of a known case", async () => {
    const { caseId, request } = await goodTrace();
    await ok(trace(request));
    const json = { caseId, printed: true };
    await expectUnchanged(async () => {
      await expectRefused(send("/v1/admin/openings/printed", { json, signWith: requester.secret }));
      expect(await codeOf(mark("00".repeat(32), true))).toBe("not-found");
      expect(await codeOf(mark(caseId.slice(2), true))).toBe("malformed");
      expect(await codeOf(admin("openings/printed", { caseId }))).toBe("malformed");
    });
  });
});
