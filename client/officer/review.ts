// An order as the officer's client renders it, from the signed order and the dossier alone.
//
//   order     signed by the requester; its certificate is signed by the pinned registrar and is in force
//   dossier   the bytes that the trustee's Worker opened. They must fit the order's subject. An assemble's dossier is signed
//             by the registrar for this order, its contracts commit to its identity, and the identity has the order's selector
//   person    name and birth date of that identity
//
// The Worker's own description must be the same in every field. A Worker that shows another purpose, other epochs or another
// person is told apart by this, and the passkey signs the hash of exactly these dossier bytes.

import { equalBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  Contract,
  Dossier,
  dossierHashOf,
  identityCommitmentOf,
  isDossierOf,
  Order,
  openSigned,
  orderHashOf,
  RequesterCertificate,
  subjectHashOf,
} from "../../protocol/documents.ts";
import { fromBase64url, hexToBytes } from "../../protocol/encodings.ts";
import { isRecordOf } from "../../protocol/identity-record.ts";
import { LABELS } from "../../protocol/labels.ts";
import { isInForce } from "../../protocol/requester-status.ts";
import { describeOrder, type OrderDescription } from "../../protocol/review.ts";
import { textOfCause, translate } from "../errors.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import { arrayOf, type FhirEntry, isObject, type JsonObject, textOf } from "../fhir/resource.ts";
import type { Deployment } from "../parameters.ts";
import { OfficerError } from "./passkeys.ts";

/** The person whom an assemble opens, by the identity that the person's contracts commit to. */
export interface ReviewedPerson {
  /** all names of the record, as text */
  readonly names: readonly string[];
  readonly birthDate: string | undefined;
  /** FHIR Patient with its fullUrl */
  readonly patient: FhirEntry;
}

export interface VerifiedOrder {
  readonly order: Order;
  readonly hash: Uint8Array;
  readonly requester: RequesterCertificate;
}

/** Verifies a signed order under the pinned registrar. @throws OfficerError bad-order */
export function readOrder(text: string, { registrarKey }: Deployment, now: number): VerifiedOrder {
  const bad = (detail: string, cause?: unknown): OfficerError => new OfficerError("bad-order", detail, { cause });
  return translate(
    () => {
      const bytes = fromBase64url(text);
      const { key, value: order } = openSigned(LABELS.signOrder, Order, bytes);
      const certificate = openSigned(LABELS.signRequester, RequesterCertificate, order.certificate);
      if (!equalBytes(certificate.key, hexToBytes(registrarKey)) || !equalBytes(certificate.value.signKey, key))
        throw bad("the registrar did not certify the requester");
      if (!isInForce(certificate.value, now)) throw bad("the requester's certificate is not in force");
      return { order, hash: orderHashOf(bytes), requester: certificate.value };
    },
    (cause) => bad(textOfCause(cause), cause),
  );
}

/** Reads a dossier that must be of this order. @throws OfficerError other-dossier */
export function readDossier(
  bytes: Uint8Array,
  { order, hash }: VerifiedOrder,
  { registrarKey }: Deployment,
): { dossier: Dossier; hash: Uint8Array; person: ReviewedPerson | undefined } {
  const other = (detail: string, cause?: unknown): OfficerError => new OfficerError("other-dossier", detail, { cause });
  const read = (): { dossier: Dossier; person: ReviewedPerson | undefined } => {
    const dossier = Dossier.decode(bytes);
    const assemble = order.kind === "assemble";
    if (assemble === (dossier.checkIn !== undefined)) throw other("it does not fit the kind of order");
    const subject = dossier.checkIn ?? utf8ToBytes(dossier.selector);
    if (!equalBytes(order.subject, subjectHashOf(dossier.salt, subject))) throw other("it has another subject");
    if (!assemble) return { dossier, person: undefined };
    if (!isDossierOf(hexToBytes(registrarKey), dossier, hash)) throw other("the registrar has not signed it");
    return { dossier, person: personOf(dossier, other) };
  };
  return {
    ...translate(read, (cause) => other(textOfCause(cause), cause)),
    hash: dossierHashOf(bytes),
  };
}

function personOf(dossier: Dossier, other: (detail: string) => OfficerError): ReviewedPerson {
  const { identity, identitySalts, generations, selector } = dossier;
  if (!identity || generations.length === 0 || identitySalts.length !== generations.length)
    throw other("it names nobody");
  const commits = generations.every(({ contract }, i) => {
    const { identityCommitment } = Contract.decode(contract);
    return equalBytes(identityCommitment, identityCommitmentOf(identitySalts[i]!, identity));
  });
  if (dossier.uncovered >= generations.length) throw other("it opens no contract");
  if (!commits) throw other("a contract commits to another identity");
  const record = decodeIdentity(identity);
  if (!isRecordOf(record, selector)) throw other("it names a person with another selector");
  const { resource } = record.patient;
  return {
    names: arrayOf(resource.name).filter(isObject).map(nameOf),
    birthDate: textOf(resource.birthDate),
    patient: record.patient,
  };
}

const nameOf = (name: JsonObject): string =>
  textOf(name.text) ??
  [...arrayOf(name.prefix), ...arrayOf(name.given), name.family, ...arrayOf(name.suffix)]
    .filter((part) => typeof part === "string")
    .join(" ");

/** Describes the order, and compares it with the Worker's description. @throws OfficerError other-review, naming the field */
export function compareReview(verified: VerifiedOrder, dossier: Dossier, shown: OrderDescription): OrderDescription {
  const own = describeOrder(verified.order, verified.hash, verified.requester, dossier);
  for (const field of Object.keys(own) as (keyof OrderDescription)[])
    if (JSON.stringify(shown[field]) !== JSON.stringify(own[field]))
      throw new OfficerError("other-review", `the field "${field}"`);
  return own;
}
