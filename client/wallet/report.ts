// The patient's own report: all own records of every service in one FHIR document. No trustee is involved.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { tidOf } from "../../protocol/tid.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import { pseudonymousPatient } from "../fhir/pseudonymise.ts";
import { readRecord } from "../fhir/record.ts";
import { assembleReport, type DocumentBundle } from "../fhir/report.ts";
import type { WalletContext } from "./context.ts";
import type { OwnRecords } from "./records.ts";

const DAY_MS = 86_400_000;

/**
 * The own report as a FHIR R4 document Bundle. Without an identity record, which only a wallet before its enrolment
 * lacks, the report has a made-up patient.
 * @throws FhirInputError if a record is not FHIR
 */
export function ownReport(w: WalletContext, { records }: OwnRecords): DocumentBundle {
  const { identity } = w.state;
  return assembleReport({
    reportId: bytesToHex(w.transport.rng(16)),
    patient: identity === undefined ? pseudonymousPatient(w.transport.rng) : decodeIdentity(hexToBytes(identity)),
    records: records
      .filter((r) => r.manifest.kind === "record" || r.manifest.kind === "amendment")
      .map((r) => ({
        service: { id: r.session.serviceId, name: r.session.serviceName },
        tid: tidOf(r.manifest.tagHash),
        recordId: r.recordId,
        entries:
          r.plaintext === undefined || r.status !== "current" ? [] : readRecord(new TextDecoder().decode(r.plaintext)),
        manifestHash: r.manifestHash,
        signature: r.signature,
        signatureKey: r.signatureKey,
        openedAt: new Date(r.manifest.day * DAY_MS).toISOString().slice(0, 10),
        kind: r.manifest.kind,
        status: r.status,
      })),
    requester: undefined,
    purpose: "The patient's own report",
    legalGround: "Right of access (GDPR Article 15)",
    now: w.transport.now(),
  });
}
