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
import * as z from "zod";
import { Order, Signed } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { CASE_STATES, isListed } from "../../schema/case-list.ts";
import { committeeFor } from "../shared/committee.ts";
import { type EscrowEnv, now } from "../shared/env.ts";
import { checkHex, type RoleApp, readAllBase64url, readBase64url } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { clockTolerance, parametersFor } from "../shared/parameters.ts";
import { Problem } from "../shared/problems.ts";
import { type Door, type SignedRequest, signedHead, signedRequest } from "../shared/request-auth.ts";
import { RecordSharesRequest } from "../shared/trustee-api.ts";
import { type CaseHandle, mustBeParty, mustBeRequester, mustBeTrustee, openCaseHandle } from "./case-handle.ts";
import { carry, completeDossiers, inboxPage, openCase, resultOf, statusOf, takeDecision } from "./cases.ts";
import { closeDue } from "./closing.ts";
import { countOrder } from "./order-quota.ts";
import { newCase, screenDossiers } from "./orders.ts";
import { caseProofs, orderProof, recordShares } from "./rounds.ts";

type C = Context<{ Bindings: EscrowEnv }>;

const Dossiers = z.array(z.string()).max(16);
const CaseBody = z.object({ order: z.string(), dossiers: Dossiers });
const DossiersBody = z.object({ dossiers: Dossiers });
const RecordSharesBody = z.object({ sealed: z.array(RecordSharesRequest.shape.sealed).min(1).max(16) });

const doorOf = async (c: C): Promise<Door> => ({ toleranceSeconds: await clockTolerance(c.env, now(c)) });
const signedByParty = async (c: C): Promise<SignedRequest> => signedRequest(c, await doorOf(c));

async function signedJson<S extends z.ZodType>(c: C, schema: S): Promise<{ key: Hex; value: z.infer<S> }> {
  const { key, body } = await signedByParty(c);
  return { key, value: await readJson(body, schema) };
}

const handleOf = (c: C): Promise<CaseHandle> =>
  openCaseHandle(c.env, checkHex(c.req.param("id"), 32, "case id"), now(c));

/** The case of the path, if `key` is its requester's. @throws Problem not-found, credential-refused */
async function handleOfRequester(c: C, key: Hex): Promise<CaseHandle> {
  const handle = await handleOf(c);
  mustBeRequester(handle, key);
  return handle;
}

/** The case of the path, and the JSON that its requester sent. The body is large, and read only then. */
async function jsonOfRequester<S extends z.ZodType>(
  c: C,
  schema: S,
): Promise<{ handle: CaseHandle; value: z.infer<S> }> {
  const head = await signedHead(c, await doorOf(c));
  const handle = await handleOfRequester(c, head.key);
  return { handle, value: await readJson(await head.body(), schema) };
}

export function registerCases(app: RoleApp<EscrowEnv>): void {
  app.post("/v1/cases", async (c) => {
    const { key, value } = await signedJson(c, CaseBody);
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

  app.get("/v1/cases", async (c) => {
    const { key } = await signedByParty(c);
    const { document } = await parametersFor(c.env, epochOf(now(c)), now(c));
    mustBeTrustee((await committeeFor(c.env, document.keySetId, now(c))).identityKeys, key);
    const state = z.enum(CASE_STATES).parse(c.req.query("state") ?? "ordered");
    const after = c.req.query("cursor") ?? "";
    if (after !== "") checkHex(after, 32, "cursor");
    return c.json(await inboxPage(c.env, { state, after, trusteeKey: key, now: now(c) }));
  });

  app.get("/v1/cases/:id", async (c) => {
    const { key } = await signedByParty(c);
    const handle = await handleOf(c);
    mustBeParty(handle, key);
    return c.json(statusOf(handle.view));
  });

  app.post("/v1/cases/:id/approvals", async (c) => {
    const signed = new Uint8Array(await c.req.arrayBuffer());
    return c.json(statusOf(await takeDecision(await handleOf(c), signed)));
  });

  app.get("/v1/cases/:id/order-proof", async (c) => {
    const { key } = await signedByParty(c);
    return c.json(await orderProof(await handleOfRequester(c, key)));
  });

  app.get("/v1/cases/:id/proofs", async (c) => {
    const { key } = await signedByParty(c);
    return c.json(await caseProofs(await handleOfRequester(c, key)));
  });

  app.post("/v1/cases/:id/dossiers", async (c) => {
    const { handle, value } = await jsonOfRequester(c, DossiersBody);
    const dossiers = readAllBase64url(value.dossiers, "dossiers");
    screenDossiers(dossiers, handle.view.trusteeKeys.length);
    return c.json(statusOf(await completeDossiers(handle, dossiers)));
  });

  app.post("/v1/cases/:id/advance", async (c) => {
    const { key } = await signedByParty(c);
    return c.json(statusOf(await carry(await handleOfRequester(c, key))));
  });

  app.get("/v1/cases/:id/result", async (c) => {
    const { key } = await signedByParty(c);
    const handle = await handleOfRequester(c, key);
    const chunk = c.req.query("chunk") ?? "0";
    if (!/^\d{1,3}$/.test(chunk)) throw new Problem("malformed", "chunk: a number");
    return c.json(await resultOf(handle, Number(chunk)));
  });

  app.post("/v1/cases/:id/record-shares", async (c) => {
    const { handle, value } = await jsonOfRequester(c, RecordSharesBody);
    return c.json({ sealed: (await recordShares(handle, value.sealed)).map(toBase64url) });
  });
}
