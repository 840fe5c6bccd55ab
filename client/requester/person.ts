// A person's contracts, as the registrar opens them in a trace or an assemble. Every check is here once.
//
//   chain       generation 0 first, each contract names the one before (contract-chain.ts)
//   proof       each contract's own proof verifies under the link key. Only the oldest ones may fail, which were made under an
//               earlier link key; the last contract never may
//   identity    each contract commits to one and the same record
//
// What the chain tells: a phone that continues the one before was enrolled with that phone's recovery words. A phone that
// does not continue it was enrolled on the registrar's word alone. So was the first phone of everybody: nothing in a first
// contract comes from the person. A registrar that lies can therefore enrol a phone of its own over anybody's record. It then
// signs a chain that contradicts the lists which it signed for the person's own wallet (Registrations).

import { equalBytes } from "../../protocol/bytes.ts";
import { verifyChain } from "../../protocol/contract-chain.ts";
import { type Contract, identityCommitmentOf } from "../../protocol/documents.ts";
import { countUncovered, verifyContract } from "../../protocol/enrolment.ts";
import type { G1 } from "../../protocol/suite.ts";
import { textOfCause, translate } from "../errors.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import type { FhirEntry } from "../fhir/resource.ts";
import type { RequesterError } from "./errors.ts";

/** One phone in a person's chain of contracts. */
export interface PersonsPhone {
  /** from 0 */
  readonly generation: number;
  /** contractHash, 32 bytes */
  readonly contractHash: Uint8Array;
  /** whether it was enrolled with the recovery words of the phone before; false for the first */
  readonly continues: boolean;
  /** false if its contract is under an earlier link key; a case finds none of its sessions then */
  readonly covered: boolean;
}

/** A person as the registrar named them, after every check of person.ts. */
export interface Person {
  /** FHIR Patient with its fullUrl */
  readonly patient: FhirEntry;
  /** the name by which authorities know the person, in the record's canonical form */
  readonly selector: string;
  /** exactly the bytes that the contracts commit to */
  readonly identity: Uint8Array;
  /** one per generation, oldest first */
  readonly contracts: readonly Contract[];
  /** one per contract */
  readonly phones: readonly PersonsPhone[];
  /** sentences for the requester: on whose word alone this person was named */
  readonly warnings: readonly string[];
}

export interface OpenedContracts {
  contracts: readonly Uint8Array[];
  /** IdentityRecord */
  identity: Uint8Array;
  /** one per contract */
  identitySalts: readonly Uint8Array[];
  linkKey: G1;
}

/** @throws the error that `wrong` makes */
export function readContracts(
  { contracts: bytes, identity, identitySalts, linkKey }: OpenedContracts,
  wrong: (detail: string, cause?: unknown) => RequesterError,
): Person {
  if (bytes.length === 0 || identitySalts.length !== bytes.length)
    throw wrong("the answer does not open its contracts");
  const chain = verifyChain(bytes);
  if (!chain.ok) throw wrong(`contract ${chain.generation + 1} does not fit the chain: ${chain.reason}`);
  const contracts = chain.links.map((l) => l.contract);
  const uncovered = countUncovered({ linkKey }, contracts);
  if (uncovered === contracts.length) throw wrong(`the proof of contract ${uncovered} does not verify`);
  contracts.forEach((contract, i) => {
    if (!equalBytes(contract.identityCommitment, identityCommitmentOf(identitySalts[i]!, identity)))
      throw wrong(`contract ${i + 1} commits to another identity`);
    if (i > uncovered && !verifyContract({ linkKey }, contract).ok)
      throw wrong(`the proof of contract ${i + 1} does not verify`);
  });
  const person = translate(
    () => decodeIdentity(identity),
    (cause) => wrong(textOfCause(cause), cause),
  );
  const phones = chain.links.map(({ contract, hash, continues }, i) => ({
    generation: contract.generation,
    contractHash: hash,
    continues,
    covered: i >= uncovered,
  }));
  return { ...person, identity, contracts, phones, warnings: warningsOf(phones) };
}

const warningsOf = (phones: readonly PersonsPhone[]): string[] =>
  phones.flatMap(({ generation: n, continues, covered }) => [
    ...(n > 0 && !continues
      ? [
          `Phone ${n + 1} was not enrolled with the recovery words of phone ${n}. Only the registrar says that it belongs to the same person.`,
        ]
      : []),
    ...(covered ? [] : [`Phone ${n + 1} was enrolled under an earlier link key. A case finds none of its sessions.`]),
  ]);
