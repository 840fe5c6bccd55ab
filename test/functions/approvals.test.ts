// Tests of functions/shared/approvals.ts and protocol/case-proofs.ts: the decisions of officers, and the log's proofs of a
// case. In each case one thing is missing or of another case, and the log's heads are good.

import { describe, expect, it } from "vitest";
import {
  checkLogged,
  checkNotice,
  provenHead,
  timesOf,
  verifyApprovals,
  verifyDecision,
} from "../../functions/shared/approvals.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { isOrderLogged } from "../../protocol/case-proofs.ts";
import { LogEntry, signDocument } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { LABELS, type Label } from "../../protocol/labels.ts";
import { LOG_KEY, noteSigner } from "../../protocol/note.ts";
import { makeLogKeys } from "../../protocol/note-keys.ts";
import { caseProofsOf, orderProofOf, type ProvenCase, trusteeWitnesses } from "../support/case-proofs.ts";
import { testOfficer } from "../support/officers.ts";
import { NOW, problemOf, publicHex, rng, secret } from "./door.ts";

const names = ["trustee 1", "trustee 2", "trustee 3"];
const trusteeKeys = names.map((name) => hexToBytes(publicHex(name)));
const signers = {
  log: noteSigner("symbolon.test/log", LOG_KEY, secret("log")),
  witnesses: trusteeWitnesses(names.map(secret)),
};
const env = {
  LOG_URL: "http://log.test",
  LOG_VKEY: makeLogKeys(secret("log"), "symbolon.test/log").vkey,
  TRUSTEE_KEYS: JSON.stringify(names.map(publicHex)),
  LOG_WITNESSES: "[]",
};
const terms = { threshold: 2, logFreshnessSeconds: 86_400 };
const officers = names.map((name, i) =>
  testOfficer({ trustee: i + 1, identitySecret: secret(name), passkey: secret(`passkey ${i}`), notBefore: NOW - 1000 }),
);
const of = { orderHash: rng(32), caseId: rng(32) };
const act = { ...of, dossierHash: rng(32), decision: "approve" as const, at: NOW };
const scope = { ...of, trusteeKeys, from: NOW - 10, to: NOW + 10 };
const signed = [officers[0]!.decide(act), officers[2]!.decide(act)];
const approved = () => verifyApprovals({ ...scope, approvals: signed, needed: 2 });
const provenCase: ProvenCase = {
  signers,
  ...of,
  officers: [officers[0]!, officers[2]!],
  approvals: signed,
  noticeBy: [secret("trustee 1"), secret("trustee 3")],
  at: NOW,
};
const proofsOf = (changes: Partial<ProvenCase> = {}) => caseProofsOf({ ...provenCase, ...changes });

describe("decisions", () => {
  it("count between the order's times, with the tolerance of clocks before", () => {
    expect(timesOf({ issuedAt: NOW, expiresAt: NOW + 50 })).toEqual({ from: NOW - 600, to: NOW + 50 });
  });
  it("are read one by one, or refused with the one answer", async () => {
    expect(verifyDecision(signed[0]!, scope)).toMatchObject({ trustee: 1, decision: "approve" });
    expect(await problemOf(() => verifyDecision(signed[0]!, { ...scope, to: NOW - 1 }))).toBe(
      "credential-refused: approval: outside the order's time",
    );
  });
  it("approve together, exactly as many as are needed", async () => {
    const { set, approvals } = approved();
    expect(set).toEqual([1, 3]);
    expect(approvals.map((a) => a.trustee)).toEqual([1, 3]);
    const refusal = (approvals: Uint8Array[], needed: number) =>
      problemOf(() => verifyApprovals({ ...scope, approvals, needed }));
    expect(await refusal(signed, 2)).toBe("accepted");
    expect(await refusal(signed, 3)).toBe("credential-refused: approvals: 2, and 3 are needed");
    expect(await refusal([signed[1]!, signed[0]!], 2)).toBe("credential-refused: approvals: not ascending by trustee");
  });
});

describe("a head that somebody brings", () => {
  const note = proofsOf().checkpoint;
  it("is good at any age, if the log and enough witnesses signed it", async () => {
    expect(provenHead(env, terms, note, NOW).size).toBe(5);
    expect(provenHead(env, terms, note, NOW + 400 * 86_400).size).toBe(5);
    const lonely = proofsOf({ witnesses: signers.witnesses.slice(0, 2) }).checkpoint;
    expect(await problemOf(() => provenHead(env, terms, lonely, NOW))).toMatch(/^credential-refused: checkpoint: /);
    expect(await problemOf(() => provenHead(env, terms, "x", NOW))).toMatch(/^credential-refused: checkpoint: /);
  });
  it("is judged by the keys of the bindings", async () => {
    expect(await problemOf(() => provenHead({ ...env, LOG_VKEY: "x" }, terms, note, NOW))).toMatch(
      /^misconfigured: keys of the log/,
    );
    const others = { ...env, TRUSTEE_KEYS: JSON.stringify(["a", "b", "c"].map(publicHex)) };
    expect(await problemOf(() => provenHead(others, terms, note, NOW))).toMatch(/^credential-refused: checkpoint/);
  });
});

describe("the log's proofs of a case", () => {
  const judged = (
    changes: Partial<ProvenCase> = {},
    edit: (proofs: ReturnType<typeof proofsOf>) => object = () => ({}),
    by = of,
  ) => {
    const proofs = proofsOf(changes);
    const checkpoint = provenHead(env, terms, proofs.checkpoint, NOW);
    const { set, approvals } = approved();
    expect(set).toEqual([1, 3]);
    return problemOf(() => checkLogged({ ...proofs, ...edit(proofs) }, checkpoint, by, signed, approvals));
  };
  const missing = (what: string) => `credential-refused: not in the log: ${what}`;

  it("are complete", async () => {
    expect(await judged()).toBe("accepted");
  });
  it("have the order of this case", async () => {
    expect(await judged({ without: ["order"] })).toBe(missing("order"));
    expect(await judged({ orderHash: rng(32) })).toBe(missing("order"));
    expect(await judged({}, undefined, { ...of, caseId: rng(32) })).toBe(missing("order"));
    expect(await judged({}, undefined, { ...of, orderHash: rng(32) })).toBe(missing("order"));
    expect(await judged({}, (p) => ({ orderInclusion: { ...p.orderInclusion, index: 0 } }))).toBe(missing("order"));
    expect(await judged({}, (p) => ({ orderInclusion: { ...p.orderInclusion, proof: [] } }))).toBe(missing("order"));
    expect(await judged({}, (p) => ({ orderInclusion: p.approvalInclusions[0] }))).toBe(missing("order"));
  });
  it("have each approval", async () => {
    expect(await judged({ without: ["approval"] })).toBe(missing("approval of trustee 1"));
    expect(await judged({ approvals: [signed[0]!, signed[0]!] })).toBe(missing("approval of trustee 3"));
    const half = missing("not one entry per approval");
    expect(await judged({}, (p) => ({ approvalInclusions: p.approvalInclusions.slice(1) }))).toBe(half);
    expect(await judged({}, (p) => ({ officerInclusions: p.officerInclusions.slice(1) }))).toBe(half);
    expect(await judged({}, (p) => ({ approvalInclusions: [...p.approvalInclusions, p.orderInclusion] }))).toBe(half);
  });
  it("have each officer's card", async () => {
    expect(await judged({ without: ["officer"] })).toBe(missing("officer of trustee 1"));
    expect(await judged({ officers: [officers[0]!, officers[1]!] })).toBe(missing("officer of trustee 3"));
    const broken = (p: ReturnType<typeof proofsOf>) => p.officerInclusions.map((o) => ({ ...o, proof: [] }));
    expect(await judged({}, (p) => ({ officerInclusions: broken(p) }))).toBe(missing("officer of trustee 1"));
  });
  it("travel as base64url", async () => {
    expect(await judged({}, (p) => ({ orderInclusion: { ...p.orderInclusion, entry: "!" } }))).toBe(
      "malformed: entry: not base64url",
    );
    expect(await judged({}, (p) => ({ orderInclusion: { ...p.orderInclusion, proof: ["AA", "!"] } }))).toBe(
      "malformed: proof.1: not base64url",
    );
  });
  it("of an order alone are judged too", () => {
    const { checkpoint, orderInclusion } = orderProofOf(provenCase);
    const head = provenHead(env, terms, checkpoint, NOW);
    const logged = {
      ...orderInclusion,
      entry: fromBase64url(orderInclusion.entry),
      proof: orderInclusion.proof.map(fromBase64url),
    };
    expect(isOrderLogged(logged, head, of)).toBe(true);
    expect(isOrderLogged(logged, head, { ...of, caseId: rng(32) })).toBe(false);
    const noCase = LogEntry.encode({ ...LogEntry.decode(logged.entry), caseId: undefined });
    expect(isOrderLogged({ ...logged, entry: noCase }, head, of)).toBe(false);
  });
});

describe("the log's proof of the notice", () => {
  const judged = async (
    changes: Partial<ProvenCase> = {},
    edit: (notice: ReturnType<typeof proofsOf>["notice"]) => object = () => ({}),
    by = of,
  ) => {
    const { notice } = proofsOf(changes);
    const checkpoint = provenHead(env, terms, notice.checkpoint, NOW);
    return problemOf(() => checkNotice({ ...notice, ...edit(notice) }, checkpoint, by, [1, 3], trusteeKeys));
  };
  const missing = "credential-refused: not in the log: notice of the approving set";

  it("is signed by every member of the set, in any order", async () => {
    expect(await judged()).toBe("accepted");
    expect(await judged({}, ({ signed }) => ({ signed: signed.toReversed() }))).toBe("accepted");
    expect(await judged({ noticeBy: names.map(secret) })).toBe("accepted");
    expect(await judged({ noticeBy: [secret("trustee 1")] })).toBe(missing);
    expect(await judged({ noticeBy: [secret("trustee 1"), secret("trustee 2")] })).toBe(missing);
    expect(await judged({ noticeBy: [] })).toBe(missing);
    expect(await judged({}, () => ({ signed: ["!"] }))).toBe("malformed: signed.0: not base64url");
  });
  it("is of this case, and in the log", async () => {
    expect(await judged({ without: ["notice"] })).toBe(missing);
    expect(await judged({}, undefined, { ...of, caseId: rng(32) })).toBe(missing);
    expect(await judged({}, undefined, { ...of, orderHash: rng(32) })).toBe(missing);
    expect(await judged({}, ({ inclusion }) => ({ inclusion: { ...inclusion, proof: [] } }))).toBe(missing);
  });
  it("has the very entry that the trustees signed, under the label of notices", async () => {
    const signedOf = (entry: LogEntry, label: Label = LABELS.signNotice) =>
      ["trustee 1", "trustee 3"].map((name) => toBase64url(signDocument(label, LogEntry, entry, secret(name))));
    const entryOf = ({ inclusion }: { inclusion: { entry: string } }) =>
      LogEntry.decode(fromBase64url(inclusion.entry as never));
    expect(await judged({}, (n) => ({ signed: signedOf(entryOf(n)) }))).toBe("accepted");
    expect(await judged({}, (n) => ({ signed: signedOf({ ...entryOf(n), body: Uint8Array.of(1) }) }))).toBe(missing);
    expect(await judged({}, (n) => ({ signed: signedOf(entryOf(n), LABELS.signOrder) }))).toMatch(/^threw CodecError/);
  });
});
