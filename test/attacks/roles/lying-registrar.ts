// Takes the place of functions/registrar.ts in S8. The registrar works as it should, and then replaces its own answers by
// lies. It has its database and its signing key, so every lie is signed and sealed as an honest answer would be.
//
// A trace is answered with a lie if the requester's certified name says so:
//   "another contract"                            the contract and identity of another person
//   "another contract with the traced handle"     the same, with the traced R written into that contract
//   "another identity"                            the right contract, beside the identity of another person
//
// An assemble gives the trustees other dossiers if the order's purpose says so:
//   "swapped F"        F° of the person whose account the purpose names, in the true contract
//   "mauled F"         F2 + F1 in the place of F2
//   "another person"   the whole contract and identity of the person whose account the purpose names, under the selector of
//                      the order

import { identitySalt, openField, selectorIndex } from "../../../functions/registrar/fields.ts";
import { accountBySelector, accountOf, db, generationsOf } from "../../../functions/registrar/store.ts";
import registrar from "../../../functions/registrar.ts";
import type { RegistrarEnv } from "../../../functions/shared/env.ts";
import { rng } from "../../../functions/shared/rng.ts";
import { bytesToHex, hexToBytes } from "../../../protocol/bytes.ts";
import { TrusteeCard } from "../../../protocol/case-documents.ts";
import {
  CaseContext,
  Contract,
  Dossier,
  IdentityDisclosure,
  Order,
  orderHashOf,
  RequesterCertificate,
  Signed,
  signDocument,
  signDossier,
} from "../../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../../protocol/encodings.ts";
import { hybridSeal } from "../../../protocol/hybrid-seal.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { combineTrace, TraceShare } from "../../../protocol/opening.ts";
import { decodeG1, encodeG1 } from "../../../protocol/suite.ts";
import { generations } from "../../../schema/registrar.ts";
import { turnSwitch } from "./switch.ts";

interface TraceBody {
  certificate: string;
  C2: string;
  parts: { context: string; share: string }[];
}
interface AssembleBody {
  order: string;
  selector: string;
  selectorSalt: string;
  cards: string[];
}
interface AssembleAnswer {
  dossiers: string[];
}

/** The body of a document whose signature somebody else has verified already. */
const documentIn = (signed: string): Uint8Array => Signed.decode(fromBase64url(signed)).document;

async function traceLie(env: RegistrarEnv, body: TraceBody): Promise<object | undefined> {
  const certificate = RequesterCertificate.decode(documentIn(body.certificate));
  const { orderHash, set } = CaseContext.decode(fromBase64url(body.parts[0]!.context));
  const shares = body.parts.map((p) => TraceShare.decode(fromBase64url(p.share)));
  const R = encodeG1(combineTrace({ C2: decodeG1(fromBase64url(body.C2)), set, shares }));
  const people = await db(env).select().from(generations);
  const traced = people.find((g) => g.handle === bytesToHex(R))!;
  const other = people.find((g) => g.account !== traced.account)!;
  const opening = {
    identity: openField(env, "identity", other.account, (await accountOf(env, other.account)).identity),
    identitySalts: [identitySalt(env, other.account, other.generation)],
  };
  const forged = Contract.encode({ ...Contract.decode(other.contract), R });
  const lies: Record<string, IdentityDisclosure> = {
    "another contract": { contracts: [Uint8Array.from(other.contract)], ...opening },
    "another contract with the traced handle": { contracts: [forged], ...opening },
    "another identity": { contracts: [Uint8Array.from(traced.contract)], ...opening },
  };
  const lie = lies[certificate.name];
  if (!lie) return undefined;
  const signed = signDocument(LABELS.signDisclosure, IdentityDisclosure, lie, hexToBytes(env.SIGNING_KEY));
  return { sealed: toBase64url(hybridSeal(certificate.sealKey, orderHash, signed, rng)) };
}

async function assembleLie(env: RegistrarEnv, body: AssembleBody): Promise<AssembleAnswer | undefined> {
  const order = Order.decode(documentIn(body.order));
  const orderHash = orderHashOf(fromBase64url(body.order));
  const people = await db(env).select().from(generations);
  const named = people.find((g) => order.purpose.includes(g.account));

  let maul: (own: Contract) => Contract = (own) => own;
  if (order.purpose.includes("swapped F")) {
    const { F1, F2 } = Contract.decode(named!.contract);
    maul = (own) => ({ ...own, F1, F2 });
  } else if (order.purpose.includes("mauled F"))
    maul = (own) => ({ ...own, F2: encodeG1(decodeG1(own.F2).add(decodeG1(own.F1)) as never) });
  else if (!order.purpose.includes("another person")) return undefined;

  const account = order.purpose.includes("another person")
    ? await accountOf(env, named!.account)
    : (await accountBySelector(env, selectorIndex(env, body.selector)))!;
  const phones = (await generationsOf(env, account.account)).reverse();
  const unsigned: Dossier = {
    salt: fromBase64url(body.selectorSalt),
    checkIn: undefined,
    selector: body.selector,
    generations: phones.map((g) => ({
      contract: Contract.encode(maul(Contract.decode(g.contract))),
      epochFrom: g.epochFrom,
      epochTo: order.epochTo,
    })),
    identity: openField(env, "identity", account.account, account.identity),
    identitySalts: phones.map((g) => identitySalt(env, account.account, g.generation)),
    uncovered: 0,
    registrarSignature: undefined,
  };
  const dossier = Dossier.encode(signDossier(unsigned, orderHash, hexToBytes(env.SIGNING_KEY)));
  const cards = body.cards.map((card) => TrusteeCard.decode(documentIn(card)));
  return {
    dossiers: cards.map(({ transportKey }) => toBase64url(hybridSeal(transportKey, orderHash, dossier, rng))),
  };
}

export default {
  async fetch(request, env, ctx) {
    const switched = await turnSwitch(request);
    if (switched) return switched;
    const { pathname } = new URL(request.url);
    if (pathname !== "/v1/trace" && pathname !== "/v1/assemble/dossiers") return registrar.fetch(request, env, ctx);
    const body = await request.clone().json();
    const honest = await registrar.fetch(request, env, ctx);
    if (!honest.ok) return honest;
    const lie =
      pathname === "/v1/trace" ? await traceLie(env, body as TraceBody) : await assembleLie(env, body as AssembleBody);
    return lie ? Response.json(lie) : honest;
  },
} satisfies ExportedHandler<RegistrarEnv>;
