// Makes case-faults.json: orders at and beyond their limits, and the log's proofs of a case with one thing broken. Log and
// witnesses sign anew around it.

import { approvalHashOf } from "../../../protocol/approvals.ts";
import { LogEntry, Order, signDocument } from "../../../protocol/documents.ts";
import { nobleSigner } from "../../../protocol/ed25519.ts";
import { fromBase64url } from "../../../protocol/encodings.ts";
import { epochStart } from "../../../protocol/epoch.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { cosignatureQuorum } from "../../../protocol/log-trust.ts";
import { LOG_KEY, noteSigner } from "../../../protocol/note.ts";
import { officerEntry, officerRemovedEntry } from "../../../protocol/officer-card.ts";
import { MAX_ORDER_SECONDS, MAX_SCOPE_EPOCHS, MAX_SCOPE_SLOTS } from "../../../protocol/order-limits.ts";
import { ProofLog, trusteeWitnesses } from "../../support/case-proofs.ts";
import { hex, hexes, type Json, longer } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

type Named = { [key: string]: Json };

/** Orders at a moment, and the parameters of their epochs. */
function orders(w: World): Json[] {
  const DAY = 86_400;
  const tolerance = 300;
  const at = w.order.issuedAt;
  const order = (reason: string, name: string, change: Partial<Order> = {}, now = at) => ({
    kind: "order",
    class: name,
    reason,
    order: hex(Order.encode({ ...w.order, ...change })),
    now,
    toleranceSeconds: tolerance,
  });
  const scope = (
    reason: string,
    name: string,
    change: Partial<Order>,
    epochs: { slots?: number; keySetId?: Uint8Array; challengeWindowSeconds?: number; offlineGraceSeconds?: number }[],
    now: number,
  ) => ({
    kind: "scope",
    class: name,
    reason,
    order: hex(Order.encode({ ...w.order, epochTo: w.order.epochFrom + epochs.length - 1, ...change })),
    epochs: epochs.map(({ slots = 16, keySetId = w.order.keySetId, ...tolerances }) => ({
      ...{ slots, keySetId: hex(keySetId), challengeWindowSeconds: 300, offlineGraceSeconds: DAY },
      ...tolerances,
    })),
    now,
  });
  const { epoch } = w;
  const long = (n: number) => ({ epochFrom: epoch - n + 1 });
  const next = epochStart(epoch + 1);
  const calm = { emergency: false };
  const other = new Uint8Array(32);
  return [
    order("accepted", "honest"),
    order("accepted", "as far ahead as allowed", { issuedAt: at + tolerance }),
    order("accepted", "last second", { expiresAt: at + 1 }),
    order("accepted", "as long as allowed", { expiresAt: at + MAX_ORDER_SECONDS }),
    order("accepted", "as many epochs as allowed", long(MAX_SCOPE_EPOCHS)),
    order("accepted", "a trace of more epochs", { kind: "trace", ...long(MAX_SCOPE_EPOCHS + 1) }),
    order("ahead", "one second too far ahead", { issuedAt: at + tolerance + 1 }),
    order("ahead", "ahead and expired", { issuedAt: at + tolerance + 1, expiresAt: at }),
    order("expired", "ends now", { issuedAt: at - 1, expiresAt: at }),
    order("expired", "ended long ago", {}, w.order.expiresAt + 400 * DAY),
    order("too-long", "one second too long", { expiresAt: at + MAX_ORDER_SECONDS + 1 }),
    order("epoch-order", "ends before it begins", { epochTo: epoch - 1 }),
    order("epoch-order", "a trace that ends before it begins", { kind: "trace", epochTo: epoch - 1 }),
    ...(["link", "trace", "assemble"] as const).map((kind) =>
      order("not-begun", `${kind} of the next month`, { kind, epochTo: epoch + 1 }),
    ),
    ...(["link", "assemble"] as const).map((kind) =>
      order("too-many-epochs", `${kind} of one epoch too many`, { kind, ...long(MAX_SCOPE_EPOCHS + 1) }),
    ),

    scope("accepted", "an emergency in the running month", {}, [{}], at),
    scope("accepted", "no check-in can arrive any more", calm, [{}], next + DAY),
    scope("accepted", "the longer tolerance is the window", calm, [{ offlineGraceSeconds: 0 }], next + 300),
    scope("accepted", "as many slots as allowed", {}, [{ slots: MAX_SCOPE_SLOTS - 16 }, {}], next),
    scope("other-key-set", "first epoch under another key set", {}, [{ keySetId: other }, {}], next),
    scope("other-key-set", "last epoch under another key set", {}, [{}, { keySetId: other }], next),
    scope("epoch-open", "the running month", calm, [{}], at),
    scope("epoch-open", "last second of the grace", calm, [{}], next + DAY - 1),
    scope("epoch-open", "last second of the window", calm, [{ offlineGraceSeconds: 0 }], next + 299),
    scope("epoch-open", "last epoch still open", calm, [{}, {}], next + DAY),
    scope("too-many-slots", "one slot too many", {}, [{ slots: MAX_SCOPE_SLOTS - 15 }, {}], next),
  ];
}

interface Logged extends Named {
  entry: string;
  index: number;
  proof: string[];
}
interface Approved {
  /** entries in the log, in its order */
  log: Uint8Array[];
  /** places in `log` from which the proofs are made */
  order: number;
  approvals: number[];
  officers: number[];
  head: (log: ProofLog) => string;
  alter: (proofs: { order: Logged; approvals: Logged[]; officers: Logged[] }) => Named;
}

export function caseFaults(w: World): Json {
  const { order, orderHash, approvals, officers, set } = w;
  const { caseId } = order;
  const at = order.issuedAt + 300;
  const witnesses = trusteeWitnesses(w.committee.map((t) => t.identitySecret));
  const log = noteSigner("log.vectors.example", LOG_KEY, rngOf("log key")(32));
  const signers = { log, witnesses };
  const quorum = cosignatureQuorum(witnesses.length, w.keySet.threshold);
  const other = rngOf("case faults: other")(32);

  const entryOf = (change: Partial<LogEntry>): Uint8Array =>
    LogEntry.encode({ kind: "order", at, subject: orderHash, caseId, body: new Uint8Array(), ...change });
  const orderEntry = entryOf({});
  const approvalEntry = (i: number, change: Partial<LogEntry> = {}): Uint8Array =>
    entryOf({ kind: "approval", subject: approvalHashOf(approvals[i]!), ...change });
  const decoy = entryOf({ kind: "parameters", caseId: undefined, subject: other });
  const honest = [decoy, officers[0]!.entry, officers[1]!.entry, orderEntry, approvalEntry(0), approvalEntry(1), decoy];
  const replaced = (place: number, entry: Uint8Array): Uint8Array[] => honest.map((e, i) => (i === place ? entry : e));
  const logOf = (entries: readonly Uint8Array[], by = signers): ProofLog => {
    const made = new ProofLog(by);
    for (const e of entries) made.append(e);
    return made;
  };
  const proofOf = (made: ProofLog, place: number): Logged => {
    const { entry, index, proof } = made.inclusion(place);
    return { entry: hex(fromBase64url(entry)), index, proof: hexes(proof.map(fromBase64url)) };
  };

  function approved(reason: string, name: string, change: Partial<Approved> = {}) {
    const r: Approved = {
      ...{ log: honest, order: 3, approvals: [4, 5], officers: [1, 2] },
      ...{ head: (made) => made.head(at), alter: (proofs) => proofs, ...change },
    };
    const made = logOf(r.log);
    const proofs = {
      order: proofOf(made, r.order),
      approvals: r.approvals.map((i) => proofOf(made, i)),
      officers: r.officers.map((i) => proofOf(made, i)),
    };
    return { kind: "approved", class: name, reason, note: r.head(made), ...r.alter(proofs) };
  }
  const inLog = (place: number, entry: Uint8Array): Partial<Approved> => ({ log: replaced(place, entry) });
  const first = (list: Logged[], change: Partial<Logged>): Logged[] => [{ ...list[0]!, ...change } as Logged, list[1]!];
  const card = officers[0]!;
  const { notBefore } = { notBefore: w.issuedAt };
  const headBy =
    (by: typeof signers): Approved["head"] =>
    () =>
      logOf(honest, by).head(at);
  const missing = "missing order";

  // ---- the notice
  const noticeEntry = entryOf({ kind: "notice", body: rngOf("notice body")(64) });
  const secretOf = (trustee: number): Uint8Array => w.committee[trustee - 1]!.identitySecret;
  const signNotice = (trustee: number, entry = noticeEntry, label: keyof typeof LABELS = "signNotice"): Uint8Array =>
    signDocument(LABELS[label] as typeof LABELS.signNotice, LogEntry, LogEntry.decode(entry), secretOf(trustee));
  function noticed(
    reason: string,
    name: string,
    {
      entry = noticeEntry,
      signed = set.map((i) => signNotice(i, entry)),
      head = (made: ProofLog) => made.head(at),
      alter = (logged: Logged): Named => logged,
    } = {},
  ) {
    const made = logOf([...honest, entry, decoy]);
    const logged = alter(proofOf(made, honest.length));
    return { kind: "noticed", class: name, reason, note: head(made), logged, signed: hexes(signed) };
  }
  const notice = (reason: string, name: string, change: Partial<LogEntry>) =>
    noticed(reason, name, { entry: entryOf({ kind: "notice", ...change }) });
  const later = entryOf({ kind: "notice", at: at + 1, body: rngOf("notice body")(64) });

  return {
    caseId: hex(caseId),
    orderHash: hex(orderHash),
    set,
    approvals: hexes(approvals),
    trusteeKeys: hexes(w.committee.map((t) => t.identityKey)),
    from: order.issuedAt,
    to: order.expiresAt,
    logKey: hex(log.key.publicKey),
    quorum,
    entries: [
      ...orders(w),

      approved("accepted", "honest"),
      approved("accepted", "approvals logged before their order", {
        log: [decoy, card.entry, officers[1]!.entry, approvalEntry(0), approvalEntry(1), orderEntry, decoy],
        ...{ order: 5, approvals: [3, 4] },
      }),
      approved("accepted", "a head of long ago", { head: (made) => made.head(at - 400 * 86_400) }),
      approved("accepted", "order entry of another time", inLog(3, entryOf({ at: at + 1 }))),
      approved("no-quorum", "one cosignature too few", {
        head: (made) => made.head(at, witnesses.slice(0, quorum - 1)),
      }),
      approved("no-quorum", "one witness cosigned twice", {
        head: (made) => made.head(at, [...witnesses.slice(0, quorum - 1), witnesses[0]!]),
      }),
      approved("not-signed-by-log", "head by another log's key", {
        head: headBy({ log: noteSigner("log.vectors.example", LOG_KEY, other), witnesses }),
      }),
      approved("wrong-origin", "head of a log of another name", {
        head: headBy({ log: noteSigner("other.example", LOG_KEY, rngOf("log key")(32)), witnesses }),
      }),
      approved("bad-signature", "cosigned by another key in a witness's name", {
        head: (made) => made.head(at, [witnesses[0]!, { ...witnesses[1]!, signer: nobleSigner(other) }, witnesses[2]!]),
      }),
      approved(missing, "head of another tree", { head: () => logOf(replaced(6, noticeEntry)).head(at) }),
      approved(missing, "head of the tree before the order", { head: () => logOf(honest.slice(0, 3)).head(at) }),
      approved(missing, "another index", { alter: (p) => ({ ...p, order: { ...p.order, index: 2 } }) }),
      approved(missing, "another entry's path", {
        alter: (p) => ({ ...p, order: { ...p.order, proof: p.approvals[0]!.proof } }),
      }),
      approved(missing, "one hash too few in the path", {
        alter: (p) => ({ ...p, order: { ...p.order, proof: p.order.proof.slice(1) } }),
      }),
      approved(missing, "an entry that the log does not have", {
        log: replaced(3, decoy),
        alter: (p) => ({ ...p, order: { ...p.order, entry: hex(orderEntry) } }),
      }),
      approved(missing, "another order", inLog(3, entryOf({ subject: other }))),
      approved(missing, "another case", inLog(3, entryOf({ caseId: other }))),
      approved(missing, "no case", inLog(3, entryOf({ caseId: undefined }))),
      approved(missing, "entry of another kind", inLog(3, entryOf({ kind: "opening" }))),
      approved(missing, "entry that nobody can decode", inLog(3, longer(orderEntry))),

      approved(
        "missing approval of trustee 1",
        "approval of another order's hash",
        inLog(4, approvalEntry(0, { subject: other })),
      ),
      approved("missing approval of trustee 2", "one approval's entry twice", { approvals: [4, 4] }),
      approved("missing approval of trustee 1", "approvals in another order", { approvals: [5, 4] }),
      approved(
        "missing approval of trustee 1",
        "approval in another case",
        inLog(4, approvalEntry(0, { caseId: other })),
      ),
      approved(
        "missing approval of trustee 1",
        "approval without a case",
        inLog(4, approvalEntry(0, { caseId: undefined })),
      ),
      approved("missing approval of trustee 1", "logged as a refusal", inLog(4, approvalEntry(0, { kind: "refusal" }))),
      approved("missing approval of trustee 1", "approval's index is another", {
        alter: (p) => ({ ...p, approvals: first(p.approvals, { index: 5 }) }),
      }),
      approved("missing not one entry per approval", "one approval's entry missing", { approvals: [4] }),
      approved("missing not one entry per approval", "one approval's entry too many", { approvals: [4, 5, 5] }),
      approved("missing not one entry per approval", "one officer's entry missing", { officers: [1] }),
      approved("missing not one entry per approval", "one officer's entry too many", { officers: [1, 2, 2] }),

      approved("missing officer of trustee 1", "another officer's card", { officers: [2, 2] }),
      approved(
        "missing officer of trustee 1",
        "card logged as removed",
        inLog(1, officerRemovedEntry(card.card, notBefore)),
      ),
      approved(
        "missing officer of trustee 1",
        "card logged with another time",
        inLog(1, officerEntry(card.card, notBefore + 1)),
      ),
      approved(
        "missing officer of trustee 1",
        "card logged with a case",
        inLog(1, LogEntry.encode({ ...LogEntry.decode(card.entry), caseId })),
      ),
      approved("missing officer of trustee 1", "card that the log does not have", {
        log: replaced(1, decoy),
        alter: (p) => ({ ...p, officers: first(p.officers, { entry: hex(card.entry) }) }),
      }),
      approved("missing officer of trustee 1", "officer's index is another", {
        alter: (p) => ({ ...p, officers: first(p.officers, { index: 2 }) }),
      }),

      noticed("accepted", "honest"),
      noticed("accepted", "signed in another order", { signed: [signNotice(2), signNotice(1)] }),
      noticed("accepted", "signed by one more", { signed: [1, 2, 3].map((i) => signNotice(i)) }),
      noticed("accepted", "another notice beside", { signed: [signNotice(1, later), signNotice(1), signNotice(2)] }),
      noticed("no-quorum", "one cosignature too few", {
        head: (made) => made.head(at, witnesses.slice(0, quorum - 1)),
      }),
      noticed("refused", "head of the tree before the notice", { head: () => logOf(honest).head(at) }),
      noticed("refused", "another index", { alter: (p) => ({ ...p, index: 6 }) }),
      noticed("refused", "a notice that the log does not have", {
        signed: set.map((i) => signNotice(i, later)),
        alter: (p) => ({ ...p, entry: hex(later) }),
      }),
      notice("refused", "another order", { subject: other }),
      notice("refused", "another case", { caseId: other }),
      notice("refused", "no case", { caseId: undefined }),
      notice("refused", "entry of another kind", { kind: "opening" }),
      noticed("refused", "one of S did not sign", { signed: [signNotice(1)] }),
      noticed("refused", "nobody signed", { signed: [] }),
      noticed("refused", "one of S signed twice", { signed: [signNotice(1), signNotice(1)] }),
      noticed("refused", "signed from outside S", { signed: [signNotice(1), signNotice(3)] }),
      noticed("refused", "one of S signed another notice", { signed: [signNotice(1), signNotice(2, later)] }),
      noticed("malformed", "signed under another label", {
        signed: [signNotice(1), signNotice(2, noticeEntry, "signApproval")],
      }),
    ],
  };
}
