// Routes of cases. Each handler checks who asks, then calls cases.ts (one case), orders.ts (a new order) or rounds.ts.
//
//   POST /v1/cases                     {order, dossiers: [one per trustee; none for an    signed by the requester
//                                      assemble]}
//   GET  /v1/cases?state=&cursor=      a page of cases for a trustee's officers           signed by the trustee
//   GET  /v1/cases/:id                 state, decisions, log indexes                      signed by requester or trustee
//   POST /v1/cases/:id/approvals       octet-stream Signed<Approval>                      needs no other signature
//   GET  /v1/cases/:id/order-proof     OrderProof: the order is in the log                signed by the requester
//   POST /v1/cases/:id/dossiers        {dossiers}: the registrar's, for an assemble       signed by the requester
//   GET  /v1/cases/:id/proofs          CaseProofs: approvals and notice are in the log    signed by the requester
//   POST /v1/cases/:id/advance         runs the next phase, or opens the next chunk       signed by the requester
//   GET  /v1/cases/:id/result?chunk=   → {sealed: [one per member of S]}                  signed by the requester
//   POST /v1/cases/:id/record-shares   {sealed: [one per member of S]} → the same         signed by the requester

import type { Context } from "hono";
import { CASES } from "../../api/escrow/cases.ts";
import { Order, Signed } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { isListed } from "../../schema/case-list.ts";
import { committeeFor } from "../shared/committee.ts";
import { type EscrowEnv, now } from "../shared/env.ts";
import { type RoleApp, readAllBase64url, readBase64url } from "../shared/http.ts";
import { clockTolerance, parametersFor } from "../shared/parameters.ts";
import { type Door, type SignedRequest, signedHead, signedRequest } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";
import { type CaseHandle, mustBeParty, mustBeRequester, mustBeTrustee, openCaseHandle } from "./case-handle.ts";
import { carry, completeDossiers, inboxPage, openCase, resultOf, statusOf, takeDecision } from "./cases.ts";
import { closeDue } from "./closing.ts";
import { countOrder } from "./order-quota.ts";
import { newCase, screenDossiers } from "./orders.ts";
import { caseProofs, orderProof, recordShares } from "./rounds.ts";

type C = Context<{ Bindings: EscrowEnv }>;

const doorOf = async (c: C): Promise<Door> => ({ toleranceSeconds: await clockTolerance(c.env, now(c)) });
const signedByParty = async (c: C): Promise<SignedRequest> => signedRequest(c, await doorOf(c));

const handleOf = (c: C, id: Hex): Promise<CaseHandle> => openCaseHandle(c.env, id, now(c));

/** The case, if `key` is its requester's. @throws Problem not-found, credential-refused */
async function handleOfRequester(c: C, id: Hex, key: Hex): Promise<CaseHandle> {
  const handle = await handleOf(c, id);
  mustBeRequester(handle, key);
  return handle;
}

/** The case, and the body that its requester sent. The body is large, and read only then. */
async function bodyOfRequester(c: C, id: Hex): Promise<{ handle: CaseHandle; body: Uint8Array }> {
  const head = await signedHead(c, await doorOf(c));
  const handle = await handleOfRequester(c, id, head.key);
  return { handle, body: await head.body() };
}

export function registerCases(app: RoleApp<EscrowEnv>): void {
  serve(app, CASES.openCase, async (c) => {
    const { key, body } = await signedByParty(c);
    const value = await readBody(CASES.openCase, body);
    const dossiers = readAllBase64url(value.dossiers, "dossiers");
    const wanted = await newCase(c.env, readBase64url(value.order, "order"), dossiers, key, now(c));
    const { epochFrom, epochTo, emergency } = Order.decode(Signed.decode(wanted.order).document);
    if (!(await isListed(c.env.ESCROW_DB, wanted.caseId)))
      await countOrder(c.env, { requesterKey: key, emergency }, now(c));
    const opened = statusOf(await openCase(c.env, wanted, now(c)));
    if (wanted.kind !== "trace") {
      await closeDue(c.env, epochFrom, epochTo, now(c));
    }
    return c.json(opened, 201);
  });

  serve(app, CASES.listCases, async (c, { query: { state, cursor = "" } }) => {
    const { key } = await signedByParty(c);
    const { document } = await parametersFor(c.env, epochOf(now(c)), now(c));
    mustBeTrustee((await committeeFor(c.env, document.keySetId, now(c))).identityKeys, key);
    return c.json(await inboxPage(c.env, { state, after: cursor, trusteeKey: key, now: now(c) }));
  });

  serve(app, CASES.readCase, async (c, { params: { id } }) => {
    const { key } = await signedByParty(c);
    const handle = await handleOf(c, id);
    mustBeParty(handle, key);
    return c.json(statusOf(handle.view));
  });

  serve(app, CASES.postDecision, async (c, { params: { id } }) => {
    const signed = new Uint8Array(await c.req.arrayBuffer());
    return c.json(statusOf(await takeDecision(await handleOf(c, id), signed)));
  });

  serve(app, CASES.readOrderProof, async (c, { params: { id } }) => {
    const { key } = await signedByParty(c);
    return c.json(await orderProof(await handleOfRequester(c, id, key)));
  });

  serve(app, CASES.readCaseProofs, async (c, { params: { id } }) => {
    const { key } = await signedByParty(c);
    return c.json(await caseProofs(await handleOfRequester(c, id, key)));
  });

  serve(app, CASES.addDossiers, async (c, { params: { id } }) => {
    const { handle, body } = await bodyOfRequester(c, id);
    const dossiers = readAllBase64url((await readBody(CASES.addDossiers, body)).dossiers, "dossiers");
    screenDossiers(dossiers, handle.view.trusteeKeys.length);
    return c.json(statusOf(await completeDossiers(handle, dossiers)));
  });

  serve(app, CASES.advanceCase, async (c, { params: { id } }) => {
    const { key } = await signedByParty(c);
    return c.json(statusOf(await carry(await handleOfRequester(c, id, key))));
  });

  serve(app, CASES.readResult, async (c, { params: { id }, query: { chunk } }) => {
    const { key } = await signedByParty(c);
    const handle = await handleOfRequester(c, id, key);
    return c.json(await resultOf(handle, chunk));
  });

  serve(app, CASES.askRecordShares, async (c, { params: { id } }) => {
    const { handle, body } = await bodyOfRequester(c, id);
    const { sealed } = await readBody(CASES.askRecordShares, body);
    return c.json({ sealed: (await recordShares(handle, sealed)).map(toBase64url) });
  });
}
