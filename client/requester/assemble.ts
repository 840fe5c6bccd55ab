// Assemble: from a person to their sessions. The officers approve an order that names the person by a selector; then the
// registrar, which has seen the approvals, seals the person's contracts of all generations to each trustee and to the
// requester; then the rounds are those of a link, from F° instead of F.
//
// Checked here, as by every trustee: the registrar's signature, each contract's proof, and that all commit to the one
// identity. A registrar that hands the requester somebody else's contracts hands the trustees the same, and they look at
// the same identity.

import { equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { Contract, Dossier, identityCommitmentOf, isDossierOf } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { verifyContract } from "../../protocol/enrolment.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import type { FhirEntry } from "../fhir/resource.ts";
import { apiJson } from "../transport.ts";
import { approvalsOf, type CaseStatus } from "./case.ts";
import type { RequesterContext } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";

export interface NamedPerson {
  readonly patient: FhirEntry;
  readonly identity: Uint8Array;
  readonly contracts: readonly Contract[];
}

interface Disclosed {
  dossiers: string[];
  sealed: string;
}

/** Asks the registrar; the same answer each time. @throws RequesterError, ApiError */
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

async function readPerson(context: RequesterContext, p: PreparedOrder, sealed: string): Promise<NamedPerson> {
  const wrong = (detail: string): RequesterError => new RequesterError("wrong-identity", detail);
  const { keySet } = await context.trustees();
  let dossier: Dossier;
  let contracts: Contract[];
  try {
    dossier = Dossier.decode(hybridOpen(context.keys.seal.secretKey, p.hash, fromBase64url(sealed)));
    contracts = dossier.generations.map((g) => Contract.decode(g.contract));
  } catch (cause) {
    throw wrong(`the registrar's answer cannot be read (${(cause as Error).message})`);
  }
  const { identity, identitySalts } = dossier;
  if (!("selector" in p.subject) || dossier.selector !== p.subject.selector || !equalBytes(dossier.salt, p.salt))
    throw wrong("a dossier of another order");
  if (!isDossierOf(hexToBytes(context.deployment.registrarKey), dossier, p.hash))
    throw wrong("a dossier that the registrar has not signed");
  if (!identity || contracts.length === 0 || identitySalts.length !== contracts.length)
    throw wrong("a dossier without the opening of its contracts");
  contracts.forEach((contract, i) => {
    if (!equalBytes(contract.identityCommitment, identityCommitmentOf(identitySalts[i]!, identity)))
      throw wrong(`contract ${i + 1} commits to another identity`);
    if (!verifyContract({ linkKey: keySet.keys.link }, contract).ok)
      throw wrong(`contract ${i + 1}: its proof does not verify`);
  });
  return { patient: decodeIdentity(identity), identity, contracts };
}

/** The person, and the dossiers for the trustees, once enough officers have approved. @throws RequesterError, ApiError */
export async function nameSubject(
  context: RequesterContext,
  p: PreparedOrder,
  status: CaseStatus,
): Promise<{ person: NamedPerson; dossiers: string[] }> {
  const { dossiers, sealed } = await disclose(context, p, status);
  return { person: await readPerson(context, p, sealed), dossiers };
}
