// S12 Notice. The wallet of the patient finds, and can verify, every completed link and trace of that patient. Nobody else's
// wallet does.
//
// Then the attacker, who is escrow and requester together, tries to get shares without a notice in the log, or with another
// notice than the members of S made. For the controls, trustees lack this check if an order is marked "unnoticed".
//
// Last, a thief enrols a phone of its own in a patient's name, so that the notice of an assemble goes to the thief's contract,
// which is the last one. For the control, trustees make the notice for the last contract if an order is marked "last only".
//
// At the end the log's operator shows one wallet an old head or an unreadable entry, and the registrar gives one wallet parameters
// of its own.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bundle, NoticeAnswer, PartsAnswer, SharesAnswer } from "../../api/trustee/rounds.ts";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { SymbolonError } from "../../client/errors.ts";
import type { ParametersError } from "../../client/parameters.ts";
import type { OrderRequest, PreparedOrder, Requester } from "../../client/requester.ts";
import { api, apiJson, type Transport } from "../../client/transport.ts";
import { secretsOf } from "../../client/wallet/inspect.ts";
import { readNotice } from "../../client/wallet/notice-view.ts";
import type { Wallet } from "../../client/wallet.ts";
import { encodeProof, inclusionProof } from "../../functions/escrow/checkpoints.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { appendEntryBytes } from "../../functions/shared/log-writer.ts";
import { enrolWith } from "../../local/enrol.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { LogEntry, Parameters, paramsHashOf, Signed, signDocument } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { epochName, epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import type { ParametersAnswer } from "../../protocol/logged-parameters.ts";
import { NOTICE_ROWS, openNotice } from "../../protocol/notice.ts";
import { walletKappa } from "../../protocol/opening.ts";
import {
  approvalsOf,
  approvedBy,
  askTrustee,
  cosigned,
  enrolled,
  hex,
  indexOf,
  LINK,
  logTrustAt,
  lyingBundle,
  MARKED,
  marked,
  monitorOf,
  newRequester,
  outcome,
  person,
  playedBy,
  START,
  signedParameters,
  TRACE,
  visit,
} from "./cases.ts";

const LAX = [
  MARKED,
  playedBy("notice-for-the-last-contract", "protocol/notice.ts"),
  {
    file: "functions/trustee/rounds.ts",
    find: "  await checkNoticed(",
    replace: `  if (!${marked("unnoticed")}) await checkNoticed(`,
  },
];

let p: Practice;
let requester: Requester;
let clinic: Clinic;
let alice: Awaited<ReturnType<typeof enrolled>>;
let bob: Awaited<ReturnType<typeof enrolled>>;
let carol: Awaited<ReturnType<typeof enrolled>>;
let alices: ClinicSession;
let bobs: ClinicSession;

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: 4,
    epochs: 2,
    weaken: {
      ...Object.fromEntries([1, 2, 3].map((i) => [`trustee-${i}`, LAX])),
      log: [playedBy("log-that-rewrites-history", "functions/log.ts")],
    },
  });
  clinic = await p.openClinic("General practice");
  [alice, bob, carol] = [await enrolled(p, "Alice"), await enrolled(p, "Bob"), await enrolled(p, "Carol")];
  alices = await visit(alice.wallet, clinic);
  bobs = await visit(bob.wallet, clinic);
  await indexOf(p, alices.epoch, 2);
  ({ requester } = await newRequester(p, "Dr. Nosy"));
}, 240_000);
afterAll(() => p?.stop());

const epochs = () => ({ from: alices.epoch, to: alices.epoch });
const link = (purpose: string, session: ClinicSession): OrderRequest => ({
  ...LINK,
  purpose,
  epochs: epochs(),
  emergency: true,
  subject: { checkIn: session.checkInBytes },
});
async function complete(request: OrderRequest): Promise<PreparedOrder> {
  const prepared = await approvedBy(p, requester, request, [1, 2]);
  await requester.advance(prepared);
  return prepared;
}
const read = async (wallet: Wallet): Promise<NoticeContent[]> =>
  (await wallet.notices()).map((n) => NoticeContent.decode(hexToBytes(n.content)));

describe("every completed case", () => {
  let cases: PreparedOrder[];
  beforeAll(async () => {
    cases = [
      await complete(link("an emergency", alices)),
      await complete({ ...TRACE, purpose: "an infection", subject: { checkIn: alices.checkInBytes } }),
      await complete({
        kind: "assemble",
        purpose: "a report",
        legalGround: "GDPR Article 9(2)(h)",
        epochs: epochs(),
        emergency: true,
        subject: { selector: alice.selector },
      }),
      await complete(link("Bob's own", bobs)),
    ];
  }, 240_000);

  it("is found by the wallet of the patient it touched, with who, what and why", async () => {
    const found = await read(alice.wallet);
    expect(found.map((n) => [n.kind, n.purpose, n.requesterName, hex(n.caseId)])).toEqual([
      ["link", "an emergency", "Dr. Nosy", cases[0]!.caseId],
      ["trace", "an infection", "Dr. Nosy", cases[1]!.caseId],
      ["assemble", "a report", "Dr. Nosy", cases[2]!.caseId],
    ]);
    for (const [i, notice] of found.entries()) {
      expect(notice.orderHash).toEqual(cases[i]!.hash);
      expect(notice.approvedBy).toEqual([1, 2]);
      expect(notice.emergency).toBe(cases[i]!.order.emergency);
    }
  });
  it("by nobody else's", async () => {
    expect((await read(bob.wallet)).map((n) => n.purpose)).toEqual(["Bob's own"]);
    expect(await read(carol.wallet)).toEqual([]);
  });
  it("verifiably: the entry stands in the cosigned log, and the order, its approvals and its opening too", async () => {
    const monitor = monitorOf(p);
    await cosigned(p);
    const followed = await monitor.follow();
    if (!followed.ok) throw new Error(followed.reason);
    const entries = followed.entries.map((bytes, index) => ({ bytes, index, ...LogEntry.decode(bytes) }));
    for (const { caseId } of cases) {
      const own = entries.filter((e) => e.caseId && hex(e.caseId) === caseId);
      expect(own.map((e) => e.kind)).toEqual(["order", "approval", "approval", "notice", "opening"]);
      for (const e of own) expect(await monitor.includes(e.index, e.bytes)).toEqual({ ok: true });
    }
    const notice = (await alice.wallet.notices())[0]!;
    expect(entries[notice.logIndex]!.kind).toBe("notice");
    const { epoch } = alices;
    expect(readNotice(notice)).toMatchObject({
      caseId: cases[0]!.caseId,
      kind: "link",
      requesterName: "Dr. Nosy",
      from: epochName(epoch),
      services: [],
      approvedBy: [1, 2],
    });
    const { size, root } = followed.head;
    const standing = alice.wallet.logStanding()!;
    expect(standing).toMatchObject({ entries: size, root: hex(root), unreadable: 0, trouble: undefined });
    expect(standing.witnesses).toBeGreaterThanOrEqual(standing.quorum);
    expect(standing.witnesses).toBeLessThanOrEqual(standing.ofWitnesses);
  });
  it("and two of one patient are told apart from two of different ones by nobody who lacks z", async () => {
    const followed = await monitorOf(p).follow();
    if (!followed.ok) throw new Error(followed.reason);
    const notices = followed.entries.map((e) => LogEntry.decode(e)).filter((e) => e.kind === "notice");
    expect(notices.length).toBe(4);
    expect(new Set(notices.map((n) => n.body.length)).size).toBe(1); // padded
    const pieces = notices.flatMap((n) =>
      Array.from({ length: n.body.length - 15 }, (_, i) => hex(n.body.subarray(i, i + 16))),
    );
    expect(new Set(pieces).size).toBe(pieces.length); // nothing recurs
    const kappaOf = (wallet: Wallet, caseId: Uint8Array) => walletKappa(secretsOf(wallet, 0).z, caseId);
    const opens = (wallet: Wallet) =>
      notices.map((n) => openNotice(kappaOf(wallet, n.caseId!), n.caseId!, n.body) !== undefined);
    expect(opens(alice.wallet)).toEqual([true, true, true, false]); // control: her z opens hers
    expect(opens(bob.wallet)).toEqual([false, false, false, true]);
    // κ of one case does not open another one of the same patient
    const first = kappaOf(alice.wallet, notices[0]!.caseId!);
    expect(openNotice(first, notices[1]!.caseId!, notices[1]!.body)).toBeUndefined();
  });
});

describe("without a notice", () => {
  const ask = <T>(i: number, round: string, json: object) => askTrustee<T>(p, i, round, json);

  /** An escrow of the attacker's: both approvals, the notice shares asked for; and what the others made of it. */
  async function begun(purpose: string) {
    const prepared = await approvedBy(p, requester, link(purpose, alices), [1, 2]);
    const approvals = [...(await approvalsOf(requester, prepared)).values()];
    const first = await lyingBundle(p, { prepared, approvals, trustee: 1 });
    const bundles: [Bundle, Bundle] = [first, { ...first, dossier: toBase64url(prepared.dossiers[1]!) }];
    const parts: string[] = [];
    for (const i of [1, 2])
      parts.push(...(await ask<PartsAnswer>(i, "notice-shares", { bundle: bundles[i - 1] })).parts);
    return { prepared, bundles, parts };
  }
  /** Any entry, with a place in the log. */
  async function logged(entry: Uint8Array) {
    const env = p.host.bindings.escrow as never;
    const index = await appendEntryBytes(env, p.clock.now, entry);
    const checkpoint = await cosigned(p, index + 1);
    const proof = await inclusionProof(env, checkpoint, { entry, index }, p.clock.now);
    return { checkpoint: checkpoint.note, inclusion: { entry: toBase64url(entry), index, proof: encodeProof(proof) } };
  }
  const shares = (bundle: Bundle, notice: object) =>
    outcome(async () => {
      const { parts } = await ask<SharesAnswer>(1, "shares", { bundle, notice });
      expect(parts.length).toBe(1);
    });

  it("no share comes: the round before was left out", async () => {
    const { bundles } = await begun("left out");
    const notice = { checkpoint: bundles[0].checkpoint, inclusion: bundles[0].orderInclusion };
    expect(await shares(bundles[0], notice)).toBe("not-allowed-now: notice first");
  });
  it("no share comes: it was made, and not logged", async () => {
    const { bundles, parts } = await begun("kept back");
    const made = await ask<NoticeAnswer>(1, "notice", { bundle: bundles[0], parts });
    const notice = { checkpoint: bundles[0].checkpoint, inclusion: bundles[0].orderInclusion };
    expect(await shares(bundles[0], notice)).toBe("credential-refused");
    const claimed = { ...bundles[0].orderInclusion, entry: made.entry };
    expect(await shares(bundles[0], { ...notice, inclusion: claimed })).toBe("credential-refused");
  });
  it("no share comes: another notice was logged in its place", async () => {
    const { bundles, parts } = await begun("replaced");
    const made = await ask<NoticeAnswer>(1, "notice", { bundle: bundles[0], parts });
    const entry = LogEntry.decode(readBase64url(made.entry));
    const other = LogEntry.encode({ ...entry, body: entry.body.map((b) => b ^ 1) });
    expect(await shares(bundles[0], await logged(other))).toBe("credential-refused");
    expect(await shares(bundles[0], await logged(readBase64url(made.entry)))).toBe("accepted"); // control
  });
  it("no share comes: the notice stands only in a head that t witnesses did not sign", async () => {
    const { bundles, parts } = await begun("uncosigned");
    const made = await ask<NoticeAnswer>(1, "notice", { bundle: bundles[0], parts });
    const good = await logged(readBase64url(made.entry));
    const [text, lines] = good.checkpoint.split("\n\n") as [string, string];
    const alone = `${text}\n\n${lines.split("\n")[0]}\n`; // the log's own signature
    expect(await shares(bundles[0], { ...good, checkpoint: alone })).toBe("credential-refused");
  });
  it("all members make the same notice, so that another one shows", async () => {
    const { bundles, parts } = await begun("compared");
    const made = [];
    for (const i of [1, 2]) made.push((await ask<NoticeAnswer>(i, "notice", { bundle: bundles[i - 1], parts })).entry);
    expect(made[0]).toBe(made[1]);
  });

  it("control: trustees that do not look give their shares, and the wallet never hears of it", async () => {
    const before = (await read(alice.wallet)).length;
    const { bundles } = await begun("unnoticed");
    const notice = { checkpoint: bundles[0].checkpoint, inclusion: bundles[0].orderInclusion };
    expect(await shares(bundles[0], notice)).toBe("accepted");
    await cosigned(p);
    expect((await read(alice.wallet)).slice(before).map((n) => n.purpose)).not.toContain("unnoticed");
  });
});

describe("a thief's phone in Dora's name, enrolled with a stolen code", () => {
  let dora: Awaited<ReturnType<typeof enrolled>>;
  let thief: Wallet;
  let month: number;
  beforeAll(async () => {
    dora = await enrolled(p, "Dora");
    const session = await visit(dora.wallet, clinic);
    await indexOf(p, session.epoch, 3);
    const stolen = await p.operator.registerPerson(person("Dora"), dora.selector, {
      coverage: "standard",
      age: "adult",
    });
    expect(stolen.account).toBe(dora.account);
    thief = await p.wallet(); // other recovery words than Dora's
    const { epochFrom } = await enrolWith(thief, stolen);
    month = session.epoch;
    expect(epochFrom).toBe(month); // the thief's contract covers an epoch of the order
    p.clock.now = epochStart(month + 1) + 3 * 86_400;
  }, 120_000);

  const assemble = (purpose: string): Promise<PreparedOrder> =>
    complete({
      kind: "assemble",
      purpose,
      legalGround: "GDPR Article 9(2)(h)",
      epochs: { from: month, to: month + 1 },
      emergency: true,
      subject: { selector: dora.selector },
    });
  const purposes = async (wallet: Wallet) => (await read(wallet)).map((n) => n.purpose);

  it("does not take the notice of an assemble from Dora's wallet", async () => {
    await assemble("both phones");
    expect(await purposes(dora.wallet)).toEqual(["both phones"]);
    expect(await purposes(thief)).toEqual(["both phones"]);
  }, 120_000);
  it("shows in no log entry: each notice has the same rows, and those of one κ tell nothing about the others", async () => {
    await cosigned(p);
    const followed = await monitorOf(p).follow();
    if (!followed.ok) throw new Error(followed.reason);
    const notices = followed.entries.map((e) => LogEntry.decode(e)).filter((e) => e.kind === "notice");
    expect(new Set(notices.map((n) => n.body.length)).size).toBe(1);
    for (const { body } of notices.slice(-1)) {
      const rows = Array.from({ length: NOTICE_ROWS }, (_, i) => hex(body.subarray(80 * i, 80 * (i + 1))));
      expect(rows).toEqual([...new Set(rows)].sort());
    }
  });
  it("control: takes it, if the trustees make a notice for the last contract alone", async () => {
    await assemble("last only");
    expect(await purposes(dora.wallet)).toEqual(["both phones"]);
    expect(await purposes(thief)).toEqual(["both phones", "last only"]);
  }, 120_000);
});

/** Runs `act` while every request for `path` gets this answer. */
async function withAnswer<T>(path: string, answer: string, act: () => Promise<T>): Promise<T> {
  const transport = p.transport as { fetch: Transport["fetch"] };
  const honest = transport.fetch;
  transport.fetch = (async (input: string, init?: RequestInit) =>
    new URL(String(input)).pathname === path ? new Response(answer) : honest(input, init)) as Transport["fetch"];
  try {
    return await act();
  } finally {
    transport.fetch = honest;
  }
}
const codeOf = (act: () => Promise<unknown>): Promise<string> =>
  act().then(
    () => "read",
    (e: SymbolonError) => e.code,
  );
const purposes = async (wallet: Wallet) => (await read(wallet)).map((n) => n.purpose);

describe("a log that shows one wallet less than there is", () => {
  it("an old head for ever: the wallet says that the log is stale, and not that nothing happened", async () => {
    const quorum = logTrustAt(p).quorum;
    const frozen = await (await api(p.transport, p.deployment.logUrl, `/v1/cosigned?quorum=${quorum}`)).text();
    await alice.wallet.notices();
    await complete(link("hidden by an old head", alices));
    const ask = () => withAnswer("/v1/cosigned", frozen, () => read(bob.wallet));
    await cosigned(p);
    expect(await codeOf(ask)).toBe("read"); // for three days an old head is good
    p.clock.now += LOG_FRESHNESS_SECONDS + 1;
    expect(await codeOf(ask)).toBe("log-stale");
    expect(await purposes(alice.wallet)).toContain("hidden by an old head"); // control: the true head
  });

  it("an entry that nobody can read: the wallet counts it, and finds the notice after it", async () => {
    const followed = await monitorOf(p).follow();
    if (!followed.ok) throw new Error(followed.reason);
    const junk = new Uint8Array(40).fill(0xff);
    expect(() => LogEntry.decode(junk)).toThrow(); // control: a wallet that had to read each entry would stop here
    const json = { entries: [...followed.entries, junk].map(toBase64url) };
    await api(p.transport, p.deployment.logUrl, "/history", { json });
    await complete(link("after the unreadable entry", alices));
    expect(await purposes(alice.wallet)).toContain("after the unreadable entry");
    expect(alice.wallet.overview().unreadableEntries).toBe(1);
  });

  it("a long log is read once: later readings begin with the last tile", async () => {
    const signWith = hexToBytes(p.host.bindings.service!.SIGNING_KEY! as Hex);
    const entry = { kind: "erasure", at: p.clock.now, caseId: undefined, body: new Uint8Array() } as const;
    for (let batch = 0; batch < 10; batch++) {
      const subjects = Array.from({ length: 30 }, () => p.transport.rng(32));
      const entries = subjects.map((subject) => toBase64url(LogEntry.encode({ ...entry, subject })));
      await api(p.transport, p.deployment.logUrl, "/v1/entries", { json: { entries }, signWith });
    }
    await cosigned(p);
    const asked: number[] = [];
    const { fetch } = p.transport;
    p.transport.fetch = (input, init) => {
      const { pathname, searchParams } = new URL(String(input));
      if (pathname === "/v1/entries") asked.push(Number(searchParams.get("from")));
      return fetch(input, init);
    };
    const reading = async () => {
      asked.length = 0;
      return purposes(alice.wallet);
    };
    try {
      const known = await reading();
      expect(asked).toEqual([0, 256]);
      await complete(link("in the last tile", alices));
      await cosigned(p);
      for (const _ of ["new", "nothing new"]) {
        expect(await reading()).toEqual([...known, "in the last tile"]);
        expect(asked).toEqual([256]);
      }
      expect(alice.wallet.overview().unreadableEntries).toBe(1);
    } finally {
      p.transport.fetch = fetch;
    }
  });
});

describe("parameters of its own for one wallet", () => {
  const stolen = () => hexToBytes(p.host.bindings.registrar!.SIGNING_KEY! as Hex);
  const variant = async (changes: Partial<Parameters>): Promise<Uint8Array> => {
    const document = Parameters.decode(Signed.decode(await signedParameters(p)).document);
    return signDocument(LABELS.signParameters, Parameters, { ...document, ...changes }, stolen());
  };

  it("not in the log: the wallet refuses them, and keeps those that it has", async () => {
    const next = alices.epoch + 40;
    const own = await variant({ epochFrom: next, epochTo: next, realm: "for Carol alone" });
    const path = "/v1/parameters";
    const honest = await apiJson<ParametersAnswer>(p.transport, p.deployment.registrarUrl, path);
    const answer = JSON.stringify({
      documents: [...honest.documents, toBase64url(own)],
      keySets: [...honest.keySets, honest.keySets[0]],
      logged: [...honest.logged, honest.logged[0]],
      checkpoint: honest.checkpoint,
    });
    const ask = () => codeOf(() => carol.wallet.refresh(next));
    expect(await withAnswer(path, answer, ask)).toBe("unlogged-parameters");
    expect(await ask()).toBe("no-parameters"); // control: the honest answer, which has none for that month
    expect(await codeOf(() => carol.wallet.notices())).toBe("read");
  });

  it("a second document for the same month in the log: every wallet reports both, and keeps its notices", async () => {
    const before = alice.wallet.overview().notices.length;
    const second = await variant({ realm: "for somebody" });
    const value = Parameters.decode(Signed.decode(second).document);
    const entry = { kind: "parameters", at: p.clock.now, subject: paramsHashOf(value), caseId: undefined } as const;
    const env = { LOG_URL: p.deployment.logUrl, SIGNING_KEY: bytesToHex(stolen()) };
    const index = await appendEntryBytes(env, p.clock.now, LogEntry.encode({ ...entry, body: second }));
    await cosigned(p, index + 1);
    const error = (await alice.wallet.notices().catch((e: unknown) => e)) as ParametersError;
    expect(error.code).toBe("two-parameters");
    expect(error.evidence.map(hex)).toEqual([hex(await signedParameters(p)), hex(second)]);
    expect(alice.wallet.overview().notices.length).toBe(before);
  });
});
