// The registrar's answers to an assemble, which names a person by a selector. There are two, at different times:
//
//   POST /v1/assemble/dossiers   the order, its selector, and the proof that the log has the order → one dossier for each
//                                trustee, sealed to it: the person's contracts, and the identity that they commit to. The
//                                officers see the person before they decide. Nothing is for the requester
//   POST /v1/assemble/identity   the order and CaseProofs: approvals of exactly this dossier, and the notice, all logged →
//                                the same dossier, sealed to the requester
//
// The contracts of a case are chosen once, at the first request. The same request gets the same answer again. So nobody can
// have one person approved and another one opened. The second answer is kept for a letter to the person (openings.ts).

import { DISCLOSURES } from "../../api/registrar/disclosures.ts";
import { approvalsNeeded } from "../../protocol/approvals.ts";
import { bytesToHex, concatBytes, equalBytes, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { readTrusteeCards } from "../../protocol/case-documents.ts";
import { isOrderLogged } from "../../protocol/case-proofs.ts";
import {
  Contract,
  Dossier,
  dossierHashOf,
  Order,
  openSigned,
  orderHashOf,
  Parameters,
  type RequesterCertificate,
  Signed,
  signDossier,
  subjectHashOf,
} from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { countUncovered } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import type { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { loggedOf, provenHead, timesOf } from "../shared/approvals.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readAllBase64url, readBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { readBody, serve } from "../shared/serve.ts";
import { answered, certified, checkProofs, once, trusteesOf } from "./disclosures.ts";
import { identitySalt, openField, sealField, selectorIndex } from "./fields.ts";
import { approvedIn, noteOpening } from "./openings.ts";
import { accountBySelector, generationsOf, parametersRow, signedByParty } from "./store.ts";

/** the column name under which a kept answer's account is sealed */
const SUBJECT = "assemble subject";

/** The answer that a case keeps. The copy for the requester is handed out only by the second route. */
interface Kept {
  dossiers: Base64url[];
  /** hybridSeal to the requester, aad = order hash */
  copy: Base64url;
  /** dossierHashOf of the one dossier in all seals */
  dossierHash: Hex;
  /** sealField of the person's account, for the letter. A case whose dossiers are older than letters has none */
  account?: Base64url;
}

interface AssembleOrder {
  order: Order;
  bytes: Uint8Array;
  hash: Uint8Array;
  certificate: RequesterCertificate;
  keySet: KeySet;
  /** this month's parameters */
  document: Parameters;
}

/** Verifies an assemble order of the requester who signed the request. @throws CodecError, Problem */
async function assembleOrder(env: RegistrarEnv, text: string, requestKey: Hex, at: number): Promise<AssembleOrder> {
  const bytes = readBase64url(text, "order");
  const { key, value: order } = openSigned(LABELS.signOrder, Order, bytes);
  const certificate = await certified(env, order.certificate, requestKey, at);
  if (order.kind !== "assemble" || bytesToHex(key) !== requestKey) throw refused("not this requester's assemble order");
  if (order.expiresAt < at) throw new Problem("expired", "The order has expired.");
  return { order, bytes, hash: orderHashOf(bytes), certificate, ...(await trusteesOf(env, order, at)) };
}

/** |S|, by the parameters of the month in which the order was issued. @throws Problem credential-refused */
async function neededFor(env: RegistrarEnv, { order, keySet: { threshold } }: AssembleOrder): Promise<number> {
  const row = await parametersRow(env, epochOf(order.issuedAt));
  if (!row) throw refused("order: issued in a month without parameters");
  const { assembleThreshold } = Parameters.decode(Signed.decode(row.document).document);
  return approvalsNeeded(order.kind, { threshold, assembleThreshold });
}

/** The person's contracts and identity, signed for this order. @throws Problem not-found */
async function dossierOf(
  env: RegistrarEnv,
  { order, hash, keySet }: AssembleOrder,
  selector: string,
  salt: Uint8Array,
): Promise<{ dossier: Uint8Array; account: Hex }> {
  const account = await accountBySelector(env, selectorIndex(env, selector));
  // The order does not cover a phone that began after its epochs.
  const all = account ? (await generationsOf(env, account.account)).reverse() : [];
  const phones = all.filter((g) => g.epochFrom <= order.epochTo);
  if (!account || phones.length === 0)
    throw new Problem("not-found", "Nobody was registered under this selector in these epochs.");
  const contracts = phones.map((g) => Contract.decode(g.contract));
  const uncovered = countUncovered({ linkKey: keySet.keys.link }, contracts);
  if (uncovered === phones.length)
    throw new Problem("not-allowed-now", "All phones of this person were enrolled under an earlier link key.");
  const unsigned: Dossier = {
    salt,
    checkIn: undefined,
    selector,
    generations: phones.map((g) => ({
      contract: g.contract,
      epochFrom: g.epochFrom,
      // Up to the order's end, because each service decides how long it accepts the last credential of a replaced phone.
      epochTo: order.epochTo,
    })),
    identity: openField(env, "identity", account.account, account.identity),
    identitySalts: phones.map((g) => identitySalt(env, account.account, g.generation)),
    uncovered,
    registrarSignature: undefined,
  };
  // The signature keeps the requester and the escrow from replacing these contracts.
  const dossier = Dossier.encode(signDossier(unsigned, hash, hexToBytes(env.SIGNING_KEY)));
  return { dossier, account: account.account };
}

/** The transport keys of the trustees, from the cards that they signed. @throws Problem malformed */
function transportKeys(cards: readonly string[], { identityKeys }: KeySet): Uint8Array[] {
  try {
    return readTrusteeCards(readAllBase64url(cards, "cards"), identityKeys).map((card) => card.transportKey);
  } catch (cause) {
    throw new Problem("malformed", "cards: one signed card of each trustee expected", String(cause));
  }
}

export function registerAssemble(app: RoleApp<RegistrarEnv>): void {
  serve(app, DISCLOSURES.assembleDossiers, async (c) => {
    const { key, body } = await signedByParty(c);
    const r = await readBody(DISCLOSURES.assembleDossiers, body);
    const asked = await assembleOrder(c.env, r.order, key, now(c));
    const { order, hash, keySet } = asked;
    const salt = readBase64url(r.selectorSalt);
    if (!equalBytes(order.subject, subjectHashOf(salt, utf8ToBytes(r.selector)))) throw refused("subject");
    const head = provenHead(c.env, asked.document, r.proof.checkpoint, now(c));
    if (!isOrderLogged(loggedOf(r.proof.orderInclusion), head, { orderHash: hash, caseId: order.caseId }))
      throw refused("not in the log: order");
    const receivers = transportKeys(r.cards, keySet);
    const request = concatBytes(asked.bytes, salt, utf8ToBytes(r.selector));
    const kept = await once<Kept>(c.env, order.caseId, request, now(c), async () => {
      const { dossier, account } = await dossierOf(c.env, asked, r.selector, salt);
      const sealTo = (publicKey: Uint8Array) => toBase64url(hybridSeal(publicKey, hash, dossier, rng));
      return {
        dossiers: receivers.map(sealTo),
        copy: sealTo(asked.certificate.sealKey),
        dossierHash: bytesToHex(dossierHashOf(dossier)),
        account: toBase64url(sealField(c.env, SUBJECT, bytesToHex(order.caseId), hexToBytes(account))),
      };
    });
    return c.json({ dossiers: kept.dossiers });
  });

  serve(app, DISCLOSURES.assembleIdentity, async (c) => {
    const { key, body } = await signedByParty(c);
    const r = await readBody(DISCLOSURES.assembleIdentity, body);
    const asked = await assembleOrder(c.env, r.order, key, now(c));
    const { order, hash: orderHash, document, certificate } = asked;
    const approving = checkProofs(
      c.env,
      {
        proofs: r.proofs,
        case: { orderHash, caseId: order.caseId },
        needed: await neededFor(c.env, asked),
        trusteeKeys: asked.keySet.identityKeys,
        document,
        ...timesOf(order),
      },
      now(c),
    );
    const kept = await answered<Kept>(c.env, order.caseId);
    if (!kept) throw new Problem("not-allowed-now", "The requester must first fetch the dossiers of this order.");
    if (bytesToHex(approving.approvals[0]!.dossierHash) !== kept.dossierHash)
      throw refused("approvals: of another dossier");
    if (kept.account !== undefined)
      await noteOpening(c.env, order.caseId, now(c), {
        account: bytesToHex(openField(c.env, SUBJECT, bytesToHex(order.caseId), fromBase64url(kept.account))),
        kind: "assemble",
        requesterName: certificate.name,
        requesterRole: certificate.role,
        ...approvedIn(approving, asked.keySet.identityKeys.length),
        order: {
          purpose: order.purpose,
          legalGround: order.legalGround,
          epochFrom: order.epochFrom,
          epochTo: order.epochTo,
          clinics: order.services.length,
          emergency: order.emergency,
        },
      });
    return c.json({ sealed: kept.copy });
  });
}
