// The patient's own report: all own records of every service in one FHIR document. No trustee is involved.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { tidOf } from "../../protocol/tid.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import { pseudonymousPatient } from "../fhir/pseudonymise.ts";
import { assembleReport, type DocumentBundle } from "../fhir/report.ts";
import { dateOfDay } from "../shared/dates.ts";
import type { WalletContext } from "./context.ts";
import type { OwnRecords } from "./records.ts";

/**
 * The own report as a FHIR R4 document Bundle. Each record is read by itself: one that is no FHIR stands in it as a document,
 * and one that the service did not hand out as signed stands in it by name. Without an identity record, which only a
 * wallet before its enrolment lacks, the report has a made-up patient.
 */
export function ownReport(w: WalletContext, { records, faults }: OwnRecords): DocumentBundle {
  const { identity } = w.state;
  return assembleReport({
    reportId: bytesToHex(w.transport.rng(16)),
    patient:
      identity === undefined ? pseudonymousPatient(w.transport.rng) : decodeIdentity(hexToBytes(identity)).patient,
    records: records
      .filter((r) => r.manifest.kind === "record" || r.manifest.kind === "amendment")
      .map((r) => ({
        service: { id: r.session.serviceId, name: r.session.serviceName },
        tid: tidOf(r.manifest.tagHash),
        recordId: r.recordId,
        plaintext: r.status === "current" ? r.plaintext : undefined,
        contentKind: r.manifest.contentKind,
        manifestHash: r.manifestHash,
        signature: r.signature,
        signatureKey: r.signatureKey,
        openedAt: dateOfDay(r.manifest.day),
        kind: r.manifest.kind,
        status: r.status,
      })),
    faults: faults.map(({ serviceId, serviceName, recordId, reason, manifest }) => ({
      service: { id: serviceId, name: serviceName },
      recordId,
      reason,
      ...(manifest && { contentKind: manifest.contentKind, size: manifest.size, openedAt: dateOfDay(manifest.day) }),
    })),
    requester: undefined,
    purpose: "The patient's own report",
    legalGround: "Right of access (GDPR Article 15)",
    now: w.transport.now(),
  });
}
