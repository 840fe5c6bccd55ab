// A log in memory with real proofs and real cosignatures, and the proofs of a case under its heads, as an escrow delivers them.

import { approvalHashOf } from "../../protocol/approvals.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { LogEntry, signDocument } from "../../protocol/documents.ts";
import { nobleSigner } from "../../protocol/ed25519.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { leafHash, type Node, nodeHash, planInclusion, planRoot, readSpan } from "../../protocol/merkle.ts";
import { cosign, formatCheckpoint, formatNote, type NoteSigner, signNote } from "../../protocol/note.ts";
import type { TestOfficer } from "./officers.ts";

export interface LogSigners {
  /** signs the heads; its key's name is the log's origin */
  log: NoteSigner;
  witnesses: readonly NoteSigner[];
}

/** The witnesses of trustees with these identity secrets, in index order. */
export const trusteeWitnesses = (identitySecrets: readonly Uint8Array[]): NoteSigner[] =>
  identitySecrets.map((secret, i) => {
    const signer = nobleSigner(secret);
    return { key: trusteeWitnessKey(i + 1, signer.publicKey), signer };
  });

export class ProofLog {
  readonly #signers: LogSigners;
  readonly #entries: Uint8Array[] = [];
  readonly #leaves: Uint8Array[] = [];

  constructor(signers: LogSigners) {
    this.#signers = signers;
  }

  append(entry: Uint8Array): number {
    this.#leaves.push(leafHash(entry));
    return this.#entries.push(entry) - 1;
  }

  readonly #node = ({ level, index }: Node): Uint8Array => {
    if (level === 0) return this.#leaves[index]!;
    const child = (i: number) => this.#node({ level: level - 1, index: i });
    return nodeHash(child(2 * index), child(2 * index + 1));
  };

  /** The head, cosigned by these witnesses at `time`. */
  head(time: number, witnesses = this.#signers.witnesses): string {
    const { log } = this.#signers;
    const size = this.#leaves.length;
    const text = formatCheckpoint({ origin: log.key.name, size, root: readSpan(planRoot(size), this.#node) });
    return formatNote({ text, signatures: [signNote(text, log), ...witnesses.map((w) => cosign(text, w, time))] });
  }

  inclusion(index: number) {
    const proof = planInclusion(index, this.#leaves.length).map((span) => readSpan(span, this.#node));
    return { entry: toBase64url(this.#entries[index]!), index, proof: proof.map(toBase64url) };
  }
}

export interface ProvenCase {
  signers: LogSigners;
  orderHash: Uint8Array;
  caseId: Uint8Array;
  /** those of S, ascending */
  officers: readonly TestOfficer[];
  /** Signed<Approval>, one per officer */
  approvals: readonly Uint8Array[];
  /** identity secrets of the trustees that sign the notice */
  noticeBy: readonly Uint8Array[];
  at: number;
  /** the kinds of entries that the log does not get; another entry stands in their place */
  without?: readonly LogEntry["kind"][];
  /** the witnesses that cosign the heads, if not all */
  witnesses?: readonly NoteSigner[];
}

/** The proof that the log has an order (OrderProof). */
export function orderProofOf(of: Pick<ProvenCase, "signers" | "orderHash" | "caseId" | "at" | "without">) {
  const log = new ProofLog(of.signers);
  log.append(Uint8Array.of(1));
  const index = log.append(entryOf(of, "order", of.orderHash));
  return { checkpoint: log.head(of.at), orderInclusion: log.inclusion(index) };
}

function entryOf(
  { caseId, at, without = [] }: Pick<ProvenCase, "caseId" | "at" | "without">,
  kind: "order" | "approval" | "notice",
  subject: Uint8Array,
): Uint8Array {
  const body = new Uint8Array();
  return LogEntry.encode({ kind: without.includes(kind) ? "opening" : kind, at, subject, caseId, body });
}

/** The proofs of an approved and noticed case (CaseProofs). */
export function caseProofsOf(of: ProvenCase) {
  const { signers, orderHash, officers, approvals, noticeBy, at, without = [], witnesses } = of;
  const log = new ProofLog(signers);
  const other = Uint8Array.of(7);
  const cards = officers.map((o) => log.append(without.includes("officer") ? other : o.entry));
  const order = log.append(entryOf(of, "order", orderHash));
  const logged = approvals.map((a) => log.append(entryOf(of, "approval", approvalHashOf(a))));
  const checkpoint = log.head(at, witnesses);
  const proven = {
    orderInclusion: log.inclusion(order),
    approvalInclusions: logged.map((i) => log.inclusion(i)),
    officerInclusions: cards.map((i) => log.inclusion(i)),
  };
  const entry = entryOf(of, "notice", orderHash);
  const notice = log.append(entry);
  const signed = noticeBy.map((secret) => signDocument(LABELS.signNotice, LogEntry, LogEntry.decode(entry), secret));
  return {
    approvals: approvals.map(toBase64url),
    checkpoint,
    ...proven,
    notice: {
      checkpoint: log.head(at, witnesses),
      inclusion: log.inclusion(notice),
      signed: signed.map(toBase64url),
    },
  };
}
