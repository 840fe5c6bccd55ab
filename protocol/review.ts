// An order as its officer reads it, from the verified documents alone. The trustee's Worker sends this description, and the
// officer's client makes it again from the bytes and compares every field. So the Worker cannot show another order.

import { bytesToHex } from "./bytes.ts";
import { readCheckIn } from "./check-in.ts";
import type { Dossier, Order, RequesterCertificate } from "./documents.ts";
import type { Hex } from "./encodings.ts";
import { epochName, epochOf } from "./epoch.ts";
import { tidOf } from "./tid.ts";

export interface OrderDescription {
  caseId: Hex;
  orderHash: Hex;
  kind: Order["kind"];
  requester: { name: string; role: string; key: Hex };
  purpose: string;
  legalGround: string;
  /** epoch names, for example "2026-11" */
  epochs: { from: string; to: string };
  /** service ids; empty means all services */
  services: Hex[];
  emergency: boolean;
  /** unix seconds */
  issuedAt: number;
  expiresAt: number;
  /** the session of a link or trace; or of an assemble the selector, and how many contracts it opens and does not open */
  subject:
    | { tid: string; tagHash: Hex; serviceId: Hex; epoch: string; at: number }
    | { selector: string; contracts: number; uncovered: number };
  /** for the officer to read */
  warnings: string[];
}

/** Orders of more months than these come with a warning. */
const MANY_MONTHS = 12;

/** Describes verified documents. @throws CodecError, DecodeError if the dossier has a check-in that cannot be decoded */
export function describeOrder(
  order: Order,
  orderHash: Uint8Array,
  requester: RequesterCertificate,
  dossier: Dossier,
): OrderDescription {
  return {
    caseId: bytesToHex(order.caseId),
    orderHash: bytesToHex(orderHash),
    kind: order.kind,
    requester: { name: requester.name, role: requester.role, key: bytesToHex(requester.signKey) },
    purpose: order.purpose,
    legalGround: order.legalGround,
    epochs: { from: epochName(order.epochFrom), to: epochName(order.epochTo) },
    services: order.services.map(bytesToHex),
    emergency: order.emergency,
    issuedAt: order.issuedAt,
    expiresAt: order.expiresAt,
    subject: dossier.checkIn
      ? sessionOf(dossier.checkIn)
      : {
          selector: dossier.selector,
          contracts: dossier.generations.length - dossier.uncovered,
          uncovered: dossier.uncovered,
        },
    warnings: warningsOf(order, requester, dossier),
  };
}

function sessionOf(checkIn: Uint8Array) {
  const { tagHash, challenge, epoch } = readCheckIn(checkIn);
  return {
    tid: tidOf(tagHash),
    tagHash: bytesToHex(tagHash),
    serviceId: bytesToHex(challenge.serviceId),
    epoch: epochName(epoch),
    at: challenge.issuedAt,
  };
}

function warningsOf(order: Order, requester: RequesterCertificate, dossier: Dossier): string[] {
  const warnings: string[] = [];
  const months = order.epochTo - order.epochFrom + 1;
  if (order.emergency) warnings.push("Emergency order: the notice in the log says so, and the patient will read it.");
  if (order.emergency && order.kind !== "trace" && order.epochTo >= epochOf(order.issuedAt))
    warnings.push(
      "Opens the current epoch: the approving trustees could recognise the patient's later visits in this epoch.",
    );
  if (order.kind === "trace") warnings.push("Reveals who the patient is.");
  if (order.kind === "assemble") warnings.push("Opens every visit of a named person in these epochs.");
  if (dossier.uncovered > 0)
    warnings.push(
      `Does not open the person's ${dossier.uncovered} oldest phones: they were enrolled under an earlier link key.`,
    );
  if (order.kind !== "trace" && order.services.length === 0) warnings.push("Covers all services.");
  if (order.kind !== "trace" && months > MANY_MONTHS) warnings.push(`Covers ${months} months.`);
  if (order.purpose.trim() === "" || order.legalGround.trim() === "")
    warnings.push("States no purpose or no legal ground.");
  if (requester.role.trim() === "") warnings.push("The requester has no registered role.");
  return warnings;
}
