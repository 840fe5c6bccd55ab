// The requester's SDK: a clinician or authority with registered keys asks for a link, a trace or an assemble, and gets
// exactly what the officers approved, or a RequesterError that says why not and who is at fault.
//
//   order → submit → (officers decide) → advance → link, assemble: openResult → fetchRecords → report
//                                                  trace: trace → the person
//                                      → open → fetchRecords: a link's records, newest epochs first, while older ones are
//                                        still being computed
//
// It believes the registrar's and the trustees' pinned keys; the escrow, the service Worker and the network only carry.

import { chunksOfOrder } from "../protocol/case-chunks.ts";
import { type Engine, nobleEngine } from "../protocol/engine.ts";
import type { DocumentBundle } from "./fhir/report.ts";
import type { FhirEntry } from "./fhir/resource.ts";
import type { Deployment } from "./parameters.ts";
import { type NamedPerson, nameSubject } from "./requester/assemble.ts";
import {
  advanceCase,
  type CaseStatus,
  caseStatus,
  type OpenedCase,
  type OpenedChunk,
  openChunk,
  openResult,
  sendDossiers,
  submitCase,
} from "./requester/case.ts";
import { RequesterContext, type RequesterKeys } from "./requester/context.ts";
import { RequesterError } from "./requester/errors.ts";
import { loadOrder, type OrderRequest, type PreparedOrder, prepareOrder } from "./requester/order.ts";
import { type Fetched, type FetchOptions, fetchRecords } from "./requester/records.ts";
import { makeReport } from "./requester/report.ts";
import { type TracedPerson, tracePerson } from "./requester/trace.ts";
import type { Transport } from "./transport.ts";

export type { NamedPerson } from "./requester/assemble.ts";
export type { CaseStatus, LinkedSession, OpenedCase, OpenedChunk } from "./requester/case.ts";
export { createRequesterKeys, type RequesterKeys } from "./requester/context.ts";
export { REQUESTER_FAILURES, RequesterError, type RequesterFailure } from "./requester/errors.ts";
export { type OrderRequest, type PreparedOrder, type Subject, saveOrder } from "./requester/order.ts";
export type { Fetched, FetchedRecord, RecordFault } from "./requester/records.ts";
export type { TracedPerson } from "./requester/trace.ts";

function signal(): { give: () => void; given: Promise<void> } {
  let give = (): void => {};
  const given = new Promise<void>((done) => {
    give = done;
  });
  return { give, given };
}

export class Requester {
  readonly #context: RequesterContext;
  readonly #persons = new Map<string, NamedPerson>();

  /**
   * `certificate`: Signed<RequesterCertificate> of the registrar over these keys; `engine`: for public data, where the host
   * has a faster one. @throws RequesterError
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

  /** Makes and signs an order, and seals its dossier to each trustee. Nothing is sent yet. */
  order(request: OrderRequest): Promise<PreparedOrder> {
    return prepareOrder(this.#context, request);
  }
  /** An order kept with saveOrder. */
  load(saved: string): Promise<PreparedOrder> {
    return loadOrder(this.#context, saved);
  }

  submit(p: PreparedOrder): Promise<CaseStatus> {
    return submitCase(this.#context, p);
  }
  status(p: PreparedOrder): Promise<CaseStatus> {
    return caseStatus(this.#context, p.caseId);
  }

  /**
   * Carries the case on until it is opened; an assemble gets its dossiers from the registrar on the way.
   * @throws RequesterError "awaiting-approvals", "refused", "expired", "stuck"; ApiError, after which it may be called again
   */
  async advance(p: PreparedOrder, progress: (status: CaseStatus) => void = () => {}): Promise<CaseStatus> {
    let last: CaseStatus | undefined;
    for await (const status of this.#steps(p)) {
      last = status;
      progress(status);
    }
    return last!;
  }

  /** The case as it is and after each step, the last one "opened". */
  async *#steps(p: PreparedOrder): AsyncGenerator<CaseStatus> {
    let status = await this.status(p);
    for (;;) {
      yield status;
      if (status.state === "opened") return;
      if (status.state === "refused") throw new RequesterError("refused", "the officers refused the order");
      if (status.state === "expired") throw new RequesterError("expired", "the case has run out");
      if (!status.set) throw new RequesterError("awaiting-approvals", `${status.threshold} approvals are needed`);
      if (p.order.kind === "assemble" && !status.dossiersComplete) {
        const named = await nameSubject(this.#context, p, status);
        this.#persons.set(p.caseId, named.person);
        await sendDossiers(this.#context, p.caseId, named.dossiers);
      }
      const before = status;
      status = await advanceCase(this.#context, p.caseId);
      if (status.state === before.state && status.chunks.opened <= before.chunks.opened)
        throw new RequesterError("stuck", `the escrow answers "${before.state}" and goes no further`);
    }
  }

  /**
   * Carries a link or assemble on, and gives its chunks as they come, the newest epochs first. Older ones are being computed
   * while a chunk is read, however long that takes; not so while the first is, whose records come before everything else.
   * Whoever stops reading stops the case after the step that is under way.
   * @throws as advance and openResult
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
    carried.catch(() => {}); // told when it is awaited
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

  /** The sessions of an opened link or assemble, with t equal signed results. */
  openResult(p: PreparedOrder): Promise<OpenedCase> {
    return openResult(this.#context, p);
  }

  /** Records newest epoch first, while older ones are still coming. */
  fetchRecords(opened: OpenedCase | AsyncIterable<OpenedCase>, options: FetchOptions = {}): AsyncGenerator<Fetched> {
    return fetchRecords(this.#context, opened, options);
  }

  /** The person behind the session of an opened trace. */
  trace(p: PreparedOrder): Promise<TracedPerson> {
    return tracePerson(this.#context, p);
  }

  /** The person of an assemble, as the registrar named it; verified. */
  async person(p: PreparedOrder): Promise<NamedPerson> {
    const known = this.#persons.get(p.caseId);
    if (known) return known;
    const { person } = await nameSubject(this.#context, p, await this.status(p));
    this.#persons.set(p.caseId, person);
    return person;
  }

  /** One FHIR document of all records; `patient` only where the order gave the identity. */
  report(p: PreparedOrder, fetched: readonly Fetched[], patient?: FhirEntry): Promise<DocumentBundle> {
    return makeReport(this.#context, p, fetched, patient);
  }
}
