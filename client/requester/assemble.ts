// Assemble: from a person to their sessions. The officers approve an order that names the person by a selector. The
// registrar sees the approvals and seals the person's contracts of all generations to each trustee and to the
// requester. The rounds are then those of a link, but start from F° instead of F.
//
// The requester checks here the same as every trustee: the registrar's signature, the chain of contracts with each one's
// proof, and that all contracts commit to one identity. If the registrar hands the requester somebody else's contracts, it hands the
// trustees the same, and they look at the same identity.

import { equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { Dossier, isDossierOf } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { isRecordOf } from "../../protocol/identity-record.ts";
import { textOfCause, translate } from "../errors.ts";
import { apiJson } from "../transport.ts";
import { approvalsOf, type CaseStatus } from "./case.ts";
import type { RequesterContext } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";
import { type Person, readContracts } from "./person.ts";

/** The person of an assemble, as the registrar named it and the requester verified it. */
export type NamedPerson = Person;

interface Disclosed {
  dossiers: Base64url[];
  sealed: Base64url;
}

/** Asks the registrar, which gives the same answer each time. @throws RequesterError, ApiError */
async function disclose(context: RequesterContext, p: PreparedOrder, status: CaseStatus): Promise<Disclosed> {
  if (!("selector" in p.subject)) throw new RequesterError("subject", "not an assemble order");
  const { transport, deployment, keys } = context;
  return apiJson<Disclosed>(transport, deployment.registrarUrl, "/v1/assemble", {
    signWith: keys.signSecretKey,
    json: {
      order: toBase64url(p.signed),
      selector: p.subject.selector,
      selectorSalt: toBase64url(p.salt),
      approvals: approvalsOf(status),
    },
  });
}

async function readPerson(context: RequesterContext, p: PreparedOrder, sealed: Base64url): Promise<NamedPerson> {
  const wrong = (detail: string, cause?: unknown): RequesterError =>
    new RequesterError("wrong-identity", detail, [], cause);
  const { keySet } = await context.trustees();
  const dossier = translate(
    () => Dossier.decode(hybridOpen(context.keys.seal.secretKey, p.hash, fromBase64url(sealed))),
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
  return person;
}

/**
 * The person, and the dossiers for the trustees. Enough officers must have approved.
 * @throws RequesterError, ApiError
 */
export async function nameSubject(
  context: RequesterContext,
  p: PreparedOrder,
  status: CaseStatus,
): Promise<{ person: NamedPerson; dossiers: Base64url[] }> {
  const { dossiers, sealed } = await disclose(context, p, status);
  return { person: await readPerson(context, p, sealed), dossiers };
}
