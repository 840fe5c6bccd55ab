// Assemble: from a person to their sessions. The order names the person by a selector.
//
//   order logged → the registrar seals one dossier to each trustee: the person's contracts and identity. The requester carries
//                  them to the escrow and cannot read them. The officers see the person and approve exactly this dossier
//   notice logged → the registrar gives the requester its copy of the same dossier
//
// The rounds are those of a link, but start from F° instead of F. The requester checks the same as every trustee: the
// registrar's signature, the chain of contracts with each one's proof, that all contracts commit to one identity, and that the
// identity has the order's selector. It refuses another dossier than the approved one.

import type { SealedDisclosure, SealedDossiers } from "../../api/registrar/disclosures.ts";
import { equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { Dossier, dossierHashOf, isDossierOf } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { isRecordOf } from "../../protocol/identity-record.ts";
import { textOfCause, translate } from "../errors.ts";
import { apiJson } from "../transport.ts";
import { type CaseStatus, caseProofs, orderProof, sendDossiers } from "./case.ts";
import type { RequesterContext } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";
import { type Person, readContracts } from "./person.ts";
import { verifyProofs } from "./proofs.ts";

/** The person of an assemble, as the registrar named it and the requester verified it. */
export interface NamedPerson extends Person {
  /** Dossier, signed by the registrar over the order. It is evidence if it contradicts the list of a wallet (Registrations) */
  readonly dossier: Uint8Array;
}

/**
 * Brings the registrar's dossiers to the escrow. The log has the order already. Doing it again changes nothing.
 * @throws RequesterError subject, trustees; ApiError
 */
export async function completeCase(context: RequesterContext, p: PreparedOrder): Promise<CaseStatus> {
  if (!("selector" in p.subject)) throw new RequesterError("subject", "not an assemble order");
  const { transport, deployment, keys } = context;
  const { signedCards } = await context.trustees();
  const { dossiers } = await apiJson<SealedDossiers>(transport, deployment.registrarUrl, "/v1/assemble/dossiers", {
    signWith: keys.signSecretKey,
    json: {
      order: toBase64url(p.signed),
      selector: p.subject.selector,
      selectorSalt: toBase64url(p.salt),
      proof: await orderProof(context, p.caseId),
      cards: signedCards.map(toBase64url),
    },
  });
  return sendDossiers(context, p.caseId, dossiers);
}

async function readPerson(
  context: RequesterContext,
  p: PreparedOrder,
  sealed: Base64url,
  approvedHash: Uint8Array,
): Promise<NamedPerson> {
  const wrong = (detail: string, cause?: unknown): RequesterError =>
    new RequesterError("wrong-identity", detail, [], cause);
  const { keySet } = await context.trustees();
  const bytes = translate(
    () => hybridOpen(context.keys.seal.secretKey, p.hash, fromBase64url(sealed)),
    (cause) => wrong(`the registrar's answer cannot be read (${textOfCause(cause)})`, cause),
  );
  if (!equalBytes(dossierHashOf(bytes), approvedHash)) throw wrong("the officers approved another dossier");
  const dossier = translate(
    () => Dossier.decode(bytes),
    (cause) => wrong(`the registrar's answer cannot be read (${textOfCause(cause)})`, cause),
  );
  const { identity, identitySalts, generations } = dossier;
  if (!("selector" in p.subject) || dossier.selector !== p.subject.selector || !equalBytes(dossier.salt, p.salt))
    throw wrong("the dossier is of another order");
  if (!isDossierOf(hexToBytes(context.deployment.registrarKey), dossier, p.hash))
    throw wrong("the registrar has not signed the dossier");
  if (!identity) throw wrong("the dossier has no identity");
  const contracts = generations.map((g) => g.contract);
  const person = readContracts({ contracts, identity, identitySalts, linkKey: keySet.keys.link }, wrong);
  if (!isRecordOf(person, p.subject.selector)) throw wrong("the record is of a person with another selector");
  if (person.phones.filter((phone) => !phone.covered).length !== dossier.uncovered)
    throw wrong("the dossier miscounts the contracts under an earlier link key");
  return { ...person, dossier: bytes };
}

/**
 * The person, once the log has the notice.
 * @throws RequesterError wrong-proofs, wrong-identity; ApiError not-allowed-now before the notice
 */
export async function nameSubject(context: RequesterContext, p: PreparedOrder): Promise<NamedPerson> {
  if (!("selector" in p.subject)) throw new RequesterError("subject", "not an assemble order");
  const { transport, deployment, keys } = context;
  const proofs = await caseProofs(context, p.caseId);
  const [decided] = await verifyProofs(context, p, proofs);
  const { sealed } = await apiJson<SealedDisclosure>(transport, deployment.registrarUrl, "/v1/assemble/identity", {
    signWith: keys.signSecretKey,
    json: { order: toBase64url(p.signed), proofs },
  });
  return readPerson(context, p, sealed, decided!.dossierHash);
}
