// The chain of one person's contracts, one per phone, oldest first.
//
//   contract 0      generation 0, no `previous`, no continuation
//   contract i > 0  generation i, `previous` = contractHash of contract i − 1, and perhaps a continuation:
//                   a proof of the k of contract i − 1, bound to the whole contract i
//
// A contract with a continuation was made with the recovery words of the phone before. One without says only that the
// registrar registered a phone for the same person: the words were lost, or somebody else enrolled it.
// All honest chains of one person are prefixes of each other, because a contract fixes everything before it.
//
// The registrar checks the chain when it records a contract, trustees and requester check it when they get it. verifyChain
// needs no link key. verifyContract (enrolment.ts) checks each contract's own proof.

import { equalBytes, labelledHash } from "./bytes.ts";
import { CodecError, document, fixed, list, type Of, u64 } from "./codec.ts";
import { Contract, contractHashOf } from "./documents.ts";
import { verifyContinuation } from "./enrolment.ts";
import { LABELS } from "./labels.ts";
import { NOTICE_ROWS } from "./notice.ts";

/** The most phones that one person may enrol: a case's notice has a row for each. The registrar refuses the next one. */
export const MAX_GENERATIONS = NOTICE_ROWS;

export interface ChainLink {
  readonly contract: Contract;
  /** contractHash, 32 bytes */
  readonly hash: Uint8Array;
  /** whether this phone proved that it continues the one before; always false for generation 0 */
  readonly continues: boolean;
}

/**
 * "encoding": a contract does not decode. "number": there are none or too many, or a generation is not its place.
 * "previous": a contract does not name the one before. "continuation": a continuation does not verify.
 */
export type ChainFault = "encoding" | "number" | "previous" | "continuation";
export type CheckedChain =
  | { readonly ok: true; readonly links: readonly ChainLink[] }
  | { readonly ok: false; readonly reason: ChainFault /** of the wrong contract */; readonly generation: number };

/** Checks the contracts of one person from generation 0 on, oldest first. */
export function verifyChain(contracts: readonly Uint8Array[]): CheckedChain {
  if (contracts.length === 0 || contracts.length > MAX_GENERATIONS)
    return { ok: false, reason: "number", generation: contracts.length };
  const links: ChainLink[] = [];
  for (const [generation, bytes] of contracts.entries()) {
    let contract: Contract;
    try {
      contract = Contract.decode(bytes);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      return { ok: false, reason: "encoding", generation };
    }
    const reason = faultOf(contract, generation, links.at(-1));
    if (reason) return { ok: false, reason, generation };
    links.push({ contract, hash: contractHashOf(bytes), continues: contract.continuation !== undefined });
  }
  return { ok: true, links };
}

function faultOf(contract: Contract, generation: number, before: ChainLink | undefined): ChainFault | undefined {
  if (contract.generation !== generation) return "number";
  const { previous, continuation } = contract;
  if (!before) {
    if (previous !== undefined) return "previous";
    return continuation === undefined ? undefined : "continuation";
  }
  if (!previous || !equalBytes(previous, before.hash)) return "previous";
  if (continuation !== undefined && !verifyContinuation(before.contract.R, contract)) return "continuation";
  return undefined;
}

/** The hash of an IdentityRecord, 32 bytes: it names the person in a list of registrations. */
export const identityRecordHash = (record: Uint8Array): Uint8Array => labelledHash(LABELS.identityRecord, record);

/**
 * Signed by the registrar: at this time exactly these contracts stand over this identity record, oldest first. The
 * wallet keeps it. If the registrar later discloses another chain over that record, its two signatures contradict each
 * other.
 */
export const Registrations = document("Registrations", 0x17, 1, {
  record: fixed(32), // identityRecordHash
  at: u64,
  contracts: list(fixed(32)), // contractHash of each
});
export type Registrations = Of<typeof Registrations>;
