// The host of SMART Health Links (HL7 1.0.0), by which patients share records with people who have no wallet.
//
//   PUT    /v1/shared/:id         wallet: the sealed file of a new link
//   GET    /v1/shared/:id         reader of a link without passcode (flag U)
//   POST   /v1/shared/:id         reader of a link with passcode (flag P) -> {files: [{contentType, location | embedded}]}
//   GET    /v1/shared/:id/file    reader with the ticket of that answer
//   GET    /v1/shared/:id/uses    wallet
//   DELETE /v1/shared/:id         wallet
//
// The host does not learn who shares. The wallet draws the id and a secret for each link, and no other key of the wallet appears
// here. The row has the hashes of both, an end on a full hour, the passcode's salted hash, and a count. The key stands in the
// fragment of the link, and so this host cannot read the file.
//
// Anybody may make a link, because a proof of who is a patient would tell which link is a patient's. The limits are: the size of a
// link, its life, the makings from one address in a minute, and the number and bytes of a day, of all
// strangers together (link-rows.ts).
//
// Every link that cannot be read has the same answer, 404. An ended link keeps its row until it expires: an upload that comes late
// finds the row, and deletes its own file.

import { sha256 } from "@noble/hashes/sha2.js";
import type { Context } from "hono";
import {
  EXPIRES_HEADER,
  LINK_END_STEP_SECONDS,
  LINK_ID_BYTES,
  MAX_LINK_BYTES,
  MAX_LINK_SECONDS,
  PASSCODE_HEADER,
} from "../../api/service/link-limits.ts";
import { type LinkManifest, type LinkUses, SHARED_LINKS } from "../../api/service/shared-links.ts";
import { type Base64url, bytesToHex, fromBase64url, type Hex } from "../../protocol/encodings.ts";
import { sharedLinkKey } from "../../schema/r2-keys.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { countLink } from "../shared/rate-limits.ts";
import { readBody, serve } from "../shared/serve.ts";
import { fileTicket, isTicketGood, tryPasscode } from "./link-passcodes.ts";
import { countUse, endLink, insertLink, type LinkRow, type NewLink, rowOf } from "./link-rows.ts";

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

const MAX_MANIFEST_REQUEST_BYTES = 4096;
const JOSE_TYPE = "application/jose";

const hashOf = (random: Uint8Array): Hex => bytesToHex(sha256(random));
const linkHashOf = (id: Base64url): Hex => hashOf(readBase64url(id, "id"));
const noLink = (): Problem => new Problem("not-found", "There is no such link, or it has ended.");

/** The hash of the secret that came with the request. @throws Problem token-refused */
function ownerHashOf(c: ServiceContext): Hex {
  const [scheme, token = ""] = (c.req.header("authorization") ?? "").split(" ");
  const headers = { "www-authenticate": 'Bearer realm="symbolon"' };
  const refuse = (inside: string) => new Problem("token-refused", undefined, inside, {}, headers);
  if (scheme?.toLowerCase() !== "bearer" || !/^[\w-]{43}$/.test(token)) throw refuse("no bearer secret");
  try {
    const secret = fromBase64url(token);
    if (secret.length === LINK_ID_BYTES) return hashOf(secret);
  } catch {} // not canonical
  throw refuse("bearer secret: 32 bytes in base64url expected");
}

/** The row of the caller's own link. @throws Problem token-refused, not-found */
async function ownRow(c: ServiceContext, linkHash: Hex): Promise<LinkRow> {
  const ownerHash = ownerHashOf(c);
  const row = await rowOf(c.env, linkHash);
  if (row?.ownerHash !== ownerHash) throw noLink();
  return row;
}

// ---- making a link

/** @throws Problem malformed */
function checkEnd(expiresAt: number, at: number): void {
  if (expiresAt % LINK_END_STEP_SECONDS !== 0)
    throw new Problem("malformed", `${EXPIRES_HEADER}: a full hour expected`);
  if (expiresAt <= at) throw new Problem("malformed", `${EXPIRES_HEADER}: a time to come expected`);
  if (expiresAt > at + MAX_LINK_SECONDS) throw new Problem("malformed", `${EXPIRES_HEADER}: at most a year ahead`);
}

/** @throws Problem malformed, too-large */
function lengthOf(c: ServiceContext): number {
  const length = Number(c.req.header("content-length") ?? Number.NaN);
  if (!Number.isInteger(length)) throw new Problem("malformed", "Content-Length is required.");
  if (length > MAX_LINK_BYTES) throw new Problem("too-large", `At most ${MAX_LINK_BYTES} bytes.`);
  if (length === 0) throw new Problem("malformed", "The body is empty.");
  return length;
}

/** The row is written before the file, so the sweep finds every file by its row. @throws Problem conflict, not-found */
async function store(env: ServiceEnv, link: NewLink, body: ReadableStream<Uint8Array>): Promise<void> {
  const key = sharedLinkKey(link.linkHash);
  await env.BLOBS.put(key, body as never);
  const row = await rowOf(env, link.linkHash);
  if (row && !row.ended) return;
  await env.BLOBS.delete(key);
  throw noLink();
}

// ---- reading a link

/** @throws Problem not-found */
async function fileAnswer(c: ServiceContext, linkHash: Hex): Promise<Response> {
  const file = await c.env.BLOBS.get(sharedLinkKey(linkHash));
  if (!file) throw noLink();
  const headers = { "content-type": JOSE_TYPE, "content-length": String(file.size) };
  return new Response(file.body as unknown as ReadableStream, { headers });
}

/** The file stands in the manifest if the reader asked for that and it fits. */
async function manifestOf(
  { env }: ServiceContext,
  id: string,
  linkHash: Hex,
  embeddedLengthMax: number,
  at: number,
): Promise<LinkManifest> {
  const contentType = "application/fhir+json";
  const key = sharedLinkKey(linkHash);
  const size = embeddedLengthMax > 0 ? (await env.BLOBS.head(key))?.size : undefined;
  const embedded =
    size !== undefined && size <= embeddedLengthMax ? await (await env.BLOBS.get(key))?.text() : undefined;
  if (embedded !== undefined) return { files: [{ contentType, embedded }] };
  const ticket = await fileTicket(env, linkHash, at);
  return { files: [{ contentType, location: `${env.SERVICE_URL}/v1/shared/${id}/file?ticket=${ticket}` }] };
}

export function registerSharedLinks(app: RoleApp<ServiceEnv>): void {
  serve(app, SHARED_LINKS.putLink, async (c, { params: { id }, headers }) => {
    const at = now(c);
    const [expiresAt, passcode] = [headers[EXPIRES_HEADER], headers[PASSCODE_HEADER]];
    checkEnd(expiresAt, at);
    const verifier = passcode === undefined ? null : bytesToHex(readBase64url(passcode, PASSCODE_HEADER));
    const link = { linkHash: linkHashOf(id), ownerHash: ownerHashOf(c), expiresAt, verifier, length: lengthOf(c) };
    if (!c.req.raw.body) throw new Problem("malformed", "The body is empty.");
    await countLink(c);
    const before = await rowOf(c.env, link.linkHash);
    const isNew = !before && (await insertLink(c.env, link, at));
    const row = isNew ? undefined : (before ?? (await rowOf(c.env, link.linkHash)));
    if (row?.ended) throw noLink();
    if (row && (row.ownerHash !== link.ownerHash || row.expiresAt !== expiresAt || row.verifier !== verifier))
      throw new Problem("conflict", "There is another link of this id.");
    await store(c.env, link, c.req.raw.body);
    return c.body(null, isNew ? 201 : 200);
  });

  serve(app, SHARED_LINKS.readLink, async (c, { params: { id } }) => {
    const linkHash = linkHashOf(id);
    if (!(await countUse(c.env, linkHash, false, now(c)))) throw noLink();
    return fileAnswer(c, linkHash);
  });

  serve(app, SHARED_LINKS.readLinkManifest, async (c, { params: { id } }) => {
    if (!(Number(c.req.header("content-length")) <= MAX_MANIFEST_REQUEST_BYTES)) throw new Problem("too-large");
    const { passcode, embeddedLengthMax = 0 } = await readBody(SHARED_LINKS.readLinkManifest, c.req);
    const [linkHash, at] = [linkHashOf(id), now(c)];
    const answer = await tryPasscode(c.env, linkHash, passcode, at);
    if (answer === 0) await endLink(c.env, linkHash);
    if (typeof answer === "number") return c.json({ remainingAttempts: answer }, 401);
    if (answer === "gone" || !(await countUse(c.env, linkHash, true, at))) throw noLink();
    return c.json(await manifestOf(c, id, linkHash, embeddedLengthMax, at));
  });

  serve(app, SHARED_LINKS.readLinkFile, async (c, { params: { id }, query: { ticket } }) => {
    const [linkHash, at] = [linkHashOf(id), now(c)];
    if (!(await isTicketGood(c.env, linkHash, ticket, at))) throw noLink();
    const row = await rowOf(c.env, linkHash);
    if (!row || row.ended || row.expiresAt <= at) throw noLink();
    return fileAnswer(c, linkHash);
  });

  serve(app, SHARED_LINKS.readLinkUses, async (c, { params: { id } }) => {
    const { uses, lastDay, expiresAt, verifier, attempts, ended } = await ownRow(c, linkHashOf(id));
    return c.json({
      uses,
      lastDay,
      expires: expiresAt,
      remainingAttempts: verifier === null ? null : attempts,
      ended: ended !== 0 || attempts === 0 || expiresAt <= now(c),
    } satisfies LinkUses);
  });

  serve(app, SHARED_LINKS.endLink, async (c, { params: { id } }) => {
    const linkHash = linkHashOf(id);
    await ownRow(c, linkHash);
    await endLink(c.env, linkHash);
    return c.body(null, 204);
  });
}
