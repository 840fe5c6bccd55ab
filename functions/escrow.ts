// The escrow: keeps the session index, and carries cases between requesters, officers and trustees. It holds no key of
// anybody's, believes signatures only, and is believed by nobody: what it hands over is verified where it arrives.
//
//   POST /v1/index                          {rows: [{epoch, value, serviceId, tag}]}       signed by the service Worker
//   GET  /v1/index/:epoch?part=&cursor=&limit=   octet-stream rows of 144 bytes, sorted; header symbolon-cursor where more
//                                           follow; part: "n.m" of the values, several of one m with commas between
//   POST /v1/admin/index/:epoch/close       count and root, logged                         signed by the administrator
//   POST /v1/cases                          {order, dossiers: [one a trustee]}             signed by the requester
//   GET  /v1/cases?state=&cursor=           for a trustee's officers                       signed by the trustee
//   GET  /v1/cases/:id                      state, decisions, log indexes                  signed by requester or trustee
//   POST /v1/cases/:id/approvals            octet-stream Signed<Approval>: its own authority
//   POST /v1/cases/:id/dossiers             {dossiers}: the registrar's, for an assemble   signed by the requester
//   POST /v1/cases/:id/advance              runs the next phase, or opens the next chunk   signed by the requester
//   GET  /v1/cases/:id/result?chunk=        {sealed: [one a member of S]}                  signed by the requester
//   POST /v1/cases/:id/record-shares        {items} -> {sealed: [one a member of S]}       signed by the requester
//
// Everything may be repeated: a request that came through already is answered as it stands.

import type { Context } from "hono";
import * as z from "zod";
import { MAX_PARTS, type Part, readPart } from "../protocol/buckets.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { fromBase64url, toBase64url } from "../protocol/encodings.ts";
import { epochOf } from "../protocol/epoch.ts";
import { CASE_STATES } from "../schema/case-list.ts";
import {
  carry,
  completeDossiers,
  inboxPage,
  mustBeParty,
  mustBeRequester,
  openCase,
  openCaseHandle,
  resultOf,
  statusOf,
  takeDecision,
} from "./escrow/cases.ts";
import { newCase, screenDossiers } from "./escrow/orders.ts";
import { askMember, readForRequester } from "./escrow/rounds.ts";
import {
  closeEpoch,
  MAX_EPOCH,
  MAX_PARTS_ASKED,
  MAX_ROWS_PUT,
  putRows,
  ROWS_PER_PAGE,
  readRows,
} from "./escrow/session-index.ts";
import { type EscrowEnv, now } from "./shared/env.ts";
import { Problem, readBase64url, readHex, readJson, roleApp } from "./shared/http.ts";
import { parametersFor } from "./shared/parameters.ts";
import { signedBy, signedRequest } from "./shared/request-auth.ts";
import { ForRequesterAnswer, MAX_RECORD_ITEMS, RecordItem } from "./shared/trustee-api.ts";

export { LinkageEscrow } from "../durable-objects/linkage-escrow.ts";

/** 16 dossiers of an assemble at their largest */
const MAX_BODY_BYTES = 12 << 20;

const app = roleApp<EscrowEnv>("escrow", { maxBodyBytes: MAX_BODY_BYTES });
type C = Context<{ Bindings: EscrowEnv }>;

async function jsonSigned<S extends z.ZodType>(c: C, schema: S): Promise<{ key: string; value: z.infer<S> }> {
  const { key, body } = await signedRequest(c);
  return { key, value: await readJson(body, schema) };
}

// ---- the session index

const bytesOf = (length: number) =>
  z.string().transform((text, issues) => {
    try {
      const bytes = fromBase64url(text);
      if (bytes.length === length) return bytesToHex(bytes);
    } catch {
      // told below
    }
    issues.addIssue({ code: "custom", message: `${length} bytes in base64url` });
    return z.NEVER;
  });
const hexOf = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length * 2}}$`), `${length} bytes in hex`);

const IndexBody = z.object({
  rows: z
    .array(
      z.object({
        epoch: z.int().min(0).max(MAX_EPOCH),
        value: bytesOf(32),
        serviceId: hexOf(16),
        tag: bytesOf(96),
      }),
    )
    .min(1)
    .max(MAX_ROWS_PUT),
});

app.post("/v1/index", async (c) => {
  const { body } = await signedBy(c, [c.env.SERVICE_WORKER_KEY]);
  const { rows } = await readJson(body, IndexBody);
  await putRows(c.env, rows);
  return c.json({ rows: rows.length });
});

function epochParameter(c: C): number {
  const text = c.req.param("epoch") ?? "";
  if (!/^(0|[1-9]\d{0,4})$/.test(text) || Number(text) > MAX_EPOCH) throw new Problem("malformed", "epoch: a number");
  return Number(text);
}

/** @throws Problem malformed */
function partsAsked(c: C): Part[] | undefined {
  const texts = c.req.query("part")?.split(",");
  const parts = texts?.map((text) => {
    const part = readPart(text);
    if (!part) throw new Problem("malformed", `part: "n.m" with 0 <= n < m <= ${MAX_PARTS} expected`);
    return part;
  });
  if (parts?.some(({ of }) => of !== parts[0]!.of) || new Set(texts).size !== (texts?.length ?? 0))
    throw new Problem("malformed", "part: of one m, none twice");
  if ((parts?.length ?? 0) > MAX_PARTS_ASKED) throw new Problem("malformed", `part: at most ${MAX_PARTS_ASKED}`);
  return parts;
}
/** @throws Problem malformed */
function limitAsked(c: C): number | undefined {
  const text = c.req.query("limit");
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > ROWS_PER_PAGE)
    throw new Problem("malformed", `limit: 1 to ${ROWS_PER_PAGE}`);
  return Number(text);
}

app.get("/v1/index/:epoch", async (c) => {
  const epoch = epochParameter(c);
  const cursor = c.req.query("cursor");
  if (cursor !== undefined) readHex(cursor, 32, "cursor");
  const page = await readRows(c.env, epoch, { parts: partsAsked(c), cursor, limit: limitAsked(c) });
  if (page.cursor !== undefined) c.header("symbolon-cursor", page.cursor);
  c.header("content-type", "application/octet-stream");
  return c.body(page.rows);
});

app.post("/v1/admin/index/:epoch/close", async (c) => {
  await signedBy(c, [c.env.ADMIN_KEY]);
  return c.json(await closeEpoch(c.env, epochParameter(c), now(c)));
});

// ---- cases

const Dossiers = z.array(z.string()).min(1).max(16);
const CaseBody = z.object({ order: z.string(), dossiers: Dossiers });

const decodeAll = (texts: readonly string[], name: string): Uint8Array[] =>
  texts.map((text, i) => readBase64url(text, `${name}.${i}`));
const handleOf = (c: C) => openCaseHandle(c.env, bytesToHex(readHex(c.req.param("id"), 32, "case id")), now(c));

app.post("/v1/cases", async (c) => {
  const { key, value } = await jsonSigned(c, CaseBody);
  const dossiers = decodeAll(value.dossiers, "dossiers");
  const wanted = await newCase(c.env, readBase64url(value.order, "order"), dossiers, key, now(c));
  return c.json(statusOf(await openCase(c.env, wanted, now(c))), 201);
});

app.get("/v1/cases", async (c) => {
  const { key } = await signedRequest(c);
  const { document } = await parametersFor(c.env, epochOf(now(c)), now(c));
  if (!document.trusteeKeys.some((k) => bytesToHex(k) === key)) throw new Problem("forbidden");
  const state = z.enum(CASE_STATES).parse(c.req.query("state") ?? "ordered");
  const after = c.req.query("cursor") ?? "";
  if (after !== "") readHex(after, 32, "cursor");
  return c.json(await inboxPage(c.env, { state, after, trusteeKey: key, now: now(c) }));
});

app.get("/v1/cases/:id", async (c) => {
  const { key } = await signedRequest(c);
  const handle = await handleOf(c);
  mustBeParty(handle, key);
  return c.json(statusOf(handle.view));
});

app.post("/v1/cases/:id/approvals", async (c) => {
  const signed = new Uint8Array(await c.req.arrayBuffer());
  return c.json(statusOf(await takeDecision(await handleOf(c), signed)));
});

app.post("/v1/cases/:id/dossiers", async (c) => {
  const { key, value } = await jsonSigned(c, z.object({ dossiers: Dossiers }));
  const handle = await handleOf(c);
  mustBeRequester(handle, key);
  const dossiers = decodeAll(value.dossiers, "dossiers");
  screenDossiers(dossiers, handle.view.trusteeKeys.length);
  return c.json(statusOf(await completeDossiers(handle, dossiers)));
});

app.post("/v1/cases/:id/advance", async (c) => {
  const { key } = await signedRequest(c);
  const handle = await handleOf(c);
  mustBeRequester(handle, key);
  return c.json(statusOf(await carry(handle)));
});

app.get("/v1/cases/:id/result", async (c) => {
  const { key } = await signedRequest(c);
  const handle = await handleOf(c);
  mustBeRequester(handle, key);
  const chunk = c.req.query("chunk") ?? "0";
  if (!/^\d{1,3}$/.test(chunk)) throw new Problem("malformed", "chunk: a number");
  return c.json(await resultOf(handle, Number(chunk)));
});

const RecordSharesBody = z.object({ items: z.array(RecordItem).min(1).max(MAX_RECORD_ITEMS) });

app.post("/v1/cases/:id/record-shares", async (c) => {
  const { key, value } = await jsonSigned(c, RecordSharesBody);
  const handle = await handleOf(c);
  mustBeRequester(handle, key);
  const { view } = handle;
  if (view.cleared) throw new Problem("expired", "The case has run out.");
  if (view.chunksOpened === 0 || view.kind === "trace")
    throw new Problem("not-allowed-now", "No records are granted by this case, or not yet.");
  const sealed = await Promise.all(
    view.set!.map(async (trustee) => {
      const answer = await askMember(handle, trustee, "record-shares", { items: value.items }, ForRequesterAnswer);
      return toBase64url(readForRequester(view, trustee, "records", answer.forRequester));
    }),
  );
  return c.json({ sealed });
});

export default app;
