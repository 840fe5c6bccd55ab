// The requester's SDK. A requester is a clinician or an authority with registered keys who asks for a link, a trace or
// an assemble. It gets exactly what the officers approved, or a RequesterError that says why not and who is at fault.
//
//   order → submit → (officers decide) → advance → link, assemble: openResult → fetchRecords → report
//                                                  trace: trace → the person
//                                      → open → fetchRecords: a link's records, newest epochs first, while older ones
//                                        are still being computed
//
// It believes the pinned keys of registrar and trustees. The escrow, the service Worker and the network only carry
// messages.

import { chunksOfOrder } from "../protocol/case-chunks.ts";
import type { Base64url } from "../protocol/encodings.ts";
import { type Engine, nobleEngine } from "../protocol/engine.ts";
import type { DocumentBundle } from "./fhir/report.ts";
import type { FhirEntry } from "./fhir/resource.ts";
import { type MadeDecision, readProgress } from "./officer/progress.ts";
import type { Deployment } from "./parameters.ts";
import { completeCase, type NamedPerson, nameSubject } from "./requester/assemble.ts";
import {
  advanceCase,
  type CaseStatus,
  caseStatus,
  type OpenedCase,
  type OpenedChunk,
  openChunk,
  openResult,
  submitCase,
} from "./requester/case.ts";
import { RequesterContext, type RequesterKeys } from "./requester/context.ts";
import { RequesterError } from "./requester/errors.ts";
import type { Fetched } from "./requester/fetched.ts";
import { loadOrder, type OrderRequest, type PreparedOrder, prepareOrder } from "./requester/order.ts";
import { type FetchOptions, fetchRecords } from "./requester/records.ts";
import { makeReport, namesOf } from "./requester/report.ts";
import { type TracedPerson, tracePerson } from "./requester/trace.ts";
import type { Transport } from "./transport.ts";

export type { NamedPerson } from "./requester/assemble.ts";
export type { CaseStatus, LinkedSession, OpenedCase, OpenedChunk } from "./requester/case.ts";
export { createRequesterKeys, type RequesterKeys } from "./requester/context.ts";
export { type RequesterCode, RequesterError } from "./requester/errors.ts";
export type { Fetched, FetchedRecord, RecordFault } from "./requester/fetched.ts";
export { type OrderRequest, type PreparedOrder, type Subject, saveOrder } from "./requester/order.ts";
export type { TracedPerson } from "./requester/trace.ts";

/** A promise and the function that resolves it. */
function signal(): { give: () => void; given: Promise<void> } {
  let give = (): void => {};
  const given = new Promise<void>((done) => {
    give = done;
  });
  return { give, given };
}

/**
 * The requester. Every method that asks a role can throw ApiError, after which it may be called again.
 *
 * @example
 * const requester = new Requester(systemTransport(), deployment, keys, certificate);
 * const order = await requester.order({
 *   kind: "link",
 *   purpose: "unconscious patient in the emergency room",
 *   legalGround: "GDPR Article 9(2)(c)",
 *   epochs: { from: epoch - 12, to: epoch },
 *   emergency: true,
 *   subject: { checkIn: session.checkInBytes },
 * });
 * await requester.submit(order); // and keep saveOrder(order)
 * for await (const fetched of requester.fetchRecords(requester.open(order)))
 *   if (fetched.ok) show(fetched);
 *   else warn(fetched.reason);
 */
export class Requester {
  readonly #context: RequesterContext;
  readonly #persons = new Map<string, NamedPerson>();

  /**
   * @param certificate Signed<RequesterCertificate> of the registrar over these keys
   * @param engine for arithmetic on public data, if the host has a faster one
   * @throws RequesterError certificate
   */
  constructor(
    transport: Transport,
    deployment: Deployment,
    keys: RequesterKeys,
    certificate: Uint8Array,
    engine: Engine = nobleEngine,
  ) {
    this.#context = new RequesterContext(transport, deployment, keys, certificate, engine);
  }

  /**
   * Makes and signs an order, and seals its dossier to each trustee. Nothing is sent to the escrow yet.
   * @throws RequesterError subject, scope, trustees; SymbolonError bad-id; ParametersError
   */
  order(request: OrderRequest): Promise<PreparedOrder> {
    return prepareOrder(this.#context, request);
  }

  /** An order that saveOrder wrote. @throws RequesterError saved-order, subject; ParametersError */
  load(saved: string): Promise<PreparedOrder> {
    return loadOrder(this.#context, saved);
  }

  /**
   * Brings the order to the escrow, and an assemble's dossiers from the registrar. Doing it again changes nothing.
   * @throws RequesterError trustees; ApiError not-found if nobody is registered under the selector of an assemble
   */
  async submit(p: PreparedOrder): Promise<CaseStatus> {
    const status = await submitCase(this.#context, p);
    return p.order.kind === "assemble" && !status.dossiersComplete ? completeCase(this.#context, p) : status;
  }

  /** The case as the escrow reports it. */
  status(p: PreparedOrder): Promise<CaseStatus> {
    return caseStatus(this.#context, p.caseId);
  }

  /**
   * The decisions in a status, each verified here: which trustee decided, and the reason that its officer gave.
   * @throws OfficerError wrong-progress
   */
  decisions(p: PreparedOrder, { state, needed, decisions }: CaseStatus): readonly MadeDecision[] {
    const { transport, deployment } = this.#context;
    const answer = { state, needed, decisions: decisions.map(({ approval }) => approval as Base64url), order: null };
    return readProgress(answer, p, deployment, transport.now()).decisions;
  }

  /**
   * Carries the case on until it is opened.
   * @throws RequesterError awaiting-approvals, order-refused, order-expired, stuck
   */
  async advance(p: PreparedOrder, progress: (status: CaseStatus) => void = () => {}): Promise<CaseStatus> {
    let last: CaseStatus | undefined;
    for await (const status of this.#steps(p)) {
      last = status;
      progress(status);
    }
    return last!;
  }

  /** The status of the case now and after each step. The last one has the state "opened". */
  async *#steps(p: PreparedOrder): AsyncGenerator<CaseStatus> {
    let status = await this.status(p);
    for (;;) {
      yield status;
      if (status.state === "opened") return;
      if (status.state === "refused") throw new RequesterError("order-refused");
      if (status.state === "expired") throw new RequesterError("order-expired");
      if (!status.set) throw new RequesterError("awaiting-approvals", `${status.needed} approvals are needed`);
      const before = status;
      status = await advanceCase(this.#context, p.caseId);
      if (status.state === before.state && status.chunks.opened <= before.chunks.opened)
        throw new RequesterError("stuck", `the state stays "${before.state}"`);
    }
  }

  /**
   * Carries a link or assemble on, and gives its chunks as they come, the newest epochs first. While the reader works
   * on a chunk, older ones are computed. The first chunk is the exception: its records come before everything else, so
   * nothing is computed until the reader asks for the second. If the reader stops, the case stops after the current
   * step.
   * @throws as `advance` and `openResult`
   */
  async *open(p: PreparedOrder): AsyncGenerator<OpenedChunk> {
    const { length } = chunksOfOrder(p.order);
    const first = signal();
    let changed = signal();
    let opened = 0;
    let stopped = false;
    const carry = async (): Promise<void> => {
      for await (const { state, chunks } of this.#steps(p)) {
        opened = state === "opened" ? length : Math.min(chunks.opened, length);
        changed.give();
        if (opened > 0) await first.given;
        if (stopped) return;
      }
    };
    const carried = carry();
    carried.catch(() => {}); // the error is thrown when `carried` is awaited
    try {
      for (let chunk = 0; chunk < length; chunk++) {
        if (chunk > 0) first.give();
        while (chunk >= opened) {
          changed = signal();
          await Promise.race([changed.given, carried]);
        }
        yield await openChunk(this.#context, p, chunk);
      }
      first.give();
      await carried;
    } finally {
      stopped = true;
      first.give();
    }
  }

  /**
   * The sessions of an opened link or assemble, from equal signed results of all of S.
   * @throws RequesterError wrong-answer, results-differ, trustees
   */
  openResult(p: PreparedOrder): Promise<OpenedCase> {
    return openResult(this.#context, p);
  }

  /**
   * The records, newest epoch first. If `opened` is the result of `open`, they come while older chunks are still
   * computed. A record that does not verify comes as a fault (`ok: false`).
   * @throws RequesterError wrong-answer, trustees
   */
  fetchRecords(opened: OpenedCase | AsyncIterable<OpenedCase>, options: FetchOptions = {}): AsyncGenerator<Fetched> {
    return fetchRecords(this.#context, opened, options);
  }

  /**
   * The person behind the session of an opened trace.
   * @throws RequesterError subject, wrong-answer, wrong-share, wrong-identity
   */
  trace(p: PreparedOrder): Promise<TracedPerson> {
    return tracePerson(this.#context, p);
  }

  /**
   * The person of an assemble, as the officers approved it, once the log has the notice; verified.
   * @throws RequesterError wrong-proofs, wrong-identity
   */
  async person(p: PreparedOrder): Promise<NamedPerson> {
    const known = this.#persons.get(p.caseId);
    if (known) return known;
    const person = await nameSubject(this.#context, p);
    this.#persons.set(p.caseId, person);
    return person;
  }

  /** Names of the registered services by their ids, for people. Empty if the list cannot be read. */
  serviceNames(): Promise<ReadonlyMap<string, string>> {
    return namesOf(this.#context.transport, this.#context.deployment);
  }

  /**
   * All records in one FHIR document. Pass `patient` only if the order gave the identity.
   * @throws SymbolonError bad-answer
   */
  report(p: PreparedOrder, fetched: readonly Fetched[], patient?: FhirEntry): Promise<DocumentBundle> {
    return makeReport(this.#context, p, fetched, patient);
  }
}
