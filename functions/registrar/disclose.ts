// The registrar's answers to an approved order. It tells nothing else about anybody.
//   POST /v1/trace     (C1, C2), t trace shares, approvals, order hash → the contracts of the person with handle R, signed
//                      and sealed to the requester. The order itself, and so the session and the service, stay unknown here.
//   POST /v1/assemble  the order and its selector → the contracts of that person, sealed to the approving trustees and to
//                      the requester.
// The registrar verifies the approvals and every share itself. It answers a case id once. The same request gets the same
// answer again.

import { sha256 } from "@noble/hashes/sha2.js";
import { eq } from "drizzle-orm";
import * as z from "zod";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { TrusteeCard } from "../../protocol/case-documents.ts";
import {
  CaseContext,
  caseContextHash,
  Dossier,
  IdentityDisclosure,
  Order,
  openSigned,
  orderHashOf,
  RequesterCertificate,
  signDocument,
  signDossier,
  subjectHashOf,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import type { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { combineTrace, findCheaters, TraceShare, verifyTraceShare } from "../../protocol/opening.ts";
import { isInForce } from "../../protocol/requester-status.ts";
import { decodeG1, encodeG1 } from "../../protocol/suite.ts";
import { disclosures, generations } from "../../schema/registrar.ts";
import { verifyApprovals } from "../shared/approvals.ts";
import { callJson } from "../shared/calls.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { Problem, type RoleApp, readBase64url, readJson, refused } from "../shared/http.ts";
import { signedRequest } from "../shared/request-auth.ts";
import { rng } from "../shared/rng.ts";
import { identitySalt, openField, selectorIndex, selectorText } from "./fields.ts";
import { currentKeySet } from "./key-sets.ts";
import { accountBySelector, accountOf, clockTolerance, db, generationsOf, isRevoked } from "./store.ts";

/**
 * The requester's certificate, if its key signed this request, and if it is in force.
 * @throws CodecError, Problem credential-refused
 */
async function certified(env: RegistrarEnv, signed: Uint8Array, requestKey: string, at: number) {
  const { key, value } = openSigned(LABELS.signRequester, RequesterCertificate, signed);
  if (bytesToHex(key) !== env.REGISTRAR_KEY || bytesToHex(value.signKey) !== requestKey) throw refused("requester");
  if (!isInForce(value, at) || (await isRevoked(env, signed))) throw refused("requester: certificate not in force");
  return value;
}

/**
 * The newest key set with this id. Resharing keeps the id. Only the newest generation counts, because the trustees should
 * have erased the shares of an older one.
 */
async function trusteesOf(
  env: RegistrarEnv,
  wanted: { keySetId: Uint8Array; shareGeneration: number },
): Promise<KeySet> {
  const newest = await currentKeySet(env, wanted.keySetId);
  if (newest?.generation !== wanted.shareGeneration) throw refused("key set, or its generation");
  return newest;
}

/** The transport keys of the trustees in `set`, from the cards that they sign. @throws Problem unavailable */
async function transportKeys(env: RegistrarEnv, keySet: KeySet, set: readonly number[], at: number) {
  const urls = JSON.parse(env.TRUSTEE_URLS) as string[];
  const keys = new Map<number, Uint8Array>();
  await Promise.all(
    set.map(async (i) => {
      const { card } = await callJson<{ card: string }>({
        baseUrl: urls[i - 1]!,
        method: "GET",
        path: "/v1/card",
        now: at,
      });
      try {
        const { key, value } = openSigned(LABELS.signTrustee, TrusteeCard, readBase64url(card));
        if (equalBytes(key, keySet.identityKeys[i - 1]!) && value.index === i) keys.set(i, value.transportKey);
      } catch {
        // Reported below, like a card that another key signed.
      }
      if (!keys.has(i)) throw new Problem("unavailable", `trustee ${i}: its card is not signed by its pinned key`);
    }),
  );
  return keys;
}

/** Answers a case once. The same request gets the first answer again. @throws Problem conflict for another request */
async function once(
  env: RegistrarEnv,
  caseId: Uint8Array,
  request: Uint8Array,
  at: number,
  answer: () => Promise<object>,
) {
  const id = bytesToHex(caseId);
  const requestHash = bytesToHex(sha256(request));
  const read = () => db(env).select().from(disclosures).where(eq(disclosures.caseId, id)).get();
  const before = await read();
  if (!before) {
    const made = JSON.stringify(await answer());
    await db(env).insert(disclosures).values({ caseId: id, requestHash, answer: made, at }).onConflictDoNothing();
  }
  const kept = before ?? (await read());
  if (kept?.requestHash !== requestHash) throw new Problem("conflict", "This case was answered for another request.");
  return JSON.parse(kept.answer) as object;
}

const base64 = z.string().max(90_000);
const traceRequest = z.object({
  certificate: base64,
  approvals: z.array(base64).min(1).max(16),
  C1: z.string().max(64),
  C2: z.string().max(64),
  parts: z
    .array(z.object({ context: base64, share: base64 }))
    .min(1)
    .max(16),
});

const assembleRequest = z.object({
  order: base64,
  selector: selectorText,
  selectorSalt: z.string().max(64),
  approvals: z.array(base64).min(1).max(16),
});

export function registerDisclosure(app: RoleApp<RegistrarEnv>): void {
  app.post("/v1/trace", async (c) => {
    const { key, body } = await signedRequest(c, await clockTolerance(c.env, now(c)));
    const r = await readJson(body, traceRequest);
    const certificate = await certified(c.env, readBase64url(r.certificate), key, now(c));
    const parts = r.parts.map((p) => ({
      context: CaseContext.decode(readBase64url(p.context)),
      share: TraceShare.decode(readBase64url(p.share)),
    }));
    const context = parts[0]!.context;
    // All shares belong to one case: their contexts are equal except for the trustee.
    const general = (x: CaseContext) => caseContextHash({ ...x, trustee: 0 });
    if (parts.some((p) => !equalBytes(general(p.context), general(context))))
      throw refused("shares of different cases");
    if (context.kind !== "trace" || !equalBytes(context.requesterKey, certificate.signKey))
      throw refused("not this trace");
    if (context.expiresAt < now(c)) throw new Problem("expired", "The order has expired.");
    const keySet = await trusteesOf(c.env, context);
    const { set } = verifyApprovals({
      orderHash: context.orderHash,
      caseId: context.caseId,
      approvals: r.approvals.map((a) => readBase64url(a)),
      trusteeKeys: keySet.identityKeys,
      threshold: keySet.threshold,
    });
    if (set.join() !== context.set.join() || set.length !== keySet.threshold) throw refused("approving set");
    const givers = parts.map((p) => p.share.index).sort((a, b) => a - b);
    if (givers.join() !== set.join()) throw refused("one share of each of the approving set");

    const C1 = decodeG1(readBase64url(r.C1));
    const C2 = decodeG1(readBase64url(r.C2));
    if (!equalBytes(context.subjectHash, traceSubjectHash(encodeG1(C1), encodeG1(C2)))) throw refused("another handle");
    const contextOf = new Map(parts.map((p) => [p.share.index, p.context]));
    const wrong = findCheaters(
      parts.map((p) => p.share),
      (share) => {
        const own = contextOf.get(share.index)!;
        const shareKey = keySet.shareKeys[share.index - 1]?.trace;
        if (!shareKey || own.trustee !== share.index) return false;
        return verifyTraceShare({ ctx: caseContextHash(own), index: share.index, shareKey, C1 }, share);
      },
    );
    if (wrong.length > 0) throw new Problem("not-allowed-now", `trustee ${wrong.join(", ")}: wrong share`);
    const R = combineTrace({ C2, set, shares: parts.map((p) => p.share) });

    const answer = await once(c.env, context.caseId, body, now(c), async () => {
      const handle = bytesToHex(encodeG1(R));
      const row = await db(c.env).select().from(generations).where(eq(generations.handle, handle)).get();
      if (!row) throw new Problem("not-found", "No registered person has this handle.");
      const account = await accountOf(c.env, row.account);
      const phones = (await generationsOf(c.env, row.account)).filter((g) => g.generation <= row.generation).reverse();
      const value = {
        contracts: phones.map((g) => Uint8Array.from(g.contract)),
        identity: openField(c.env, "identity", row.account, account.identity),
        identitySalts: phones.map((g) => identitySalt(c.env, row.account, g.generation)),
      };
      // The signature makes a chain that contradicts an earlier Registrations evidence against the registrar.
      const signingKey = hexToBytes(c.env.SIGNING_KEY);
      const disclosure = signDocument(LABELS.signDisclosure, IdentityDisclosure, value, signingKey);
      return { sealed: toBase64url(hybridSeal(certificate.sealKey, context.orderHash, disclosure, rng)) };
    });
    return c.json(answer);
  });

  app.post("/v1/assemble", async (c) => {
    const { key, body } = await signedRequest(c, await clockTolerance(c.env, now(c)));
    const r = await readJson(body, assembleRequest);
    const orderBytes = readBase64url(r.order);
    const { key: orderKey, value: order } = openSigned(LABELS.signOrder, Order, orderBytes);
    const orderHash = orderHashOf(orderBytes);
    const certificate = await certified(c.env, order.certificate, key, now(c));
    if (order.kind !== "assemble" || bytesToHex(orderKey) !== key) throw refused("not this requester's assemble order");
    if (order.expiresAt < now(c)) throw new Problem("expired", "The order has expired.");
    const salt = readBase64url(r.selectorSalt);
    if (salt.length !== 32) throw new Problem("malformed", "selectorSalt: 32 bytes");
    if (!equalBytes(order.subject, subjectHashOf(salt, new TextEncoder().encode(r.selector)))) throw refused("subject");
    const keySet = await trusteesOf(c.env, order);
    const { set } = verifyApprovals({
      orderHash,
      caseId: order.caseId,
      approvals: r.approvals.map((a) => readBase64url(a)),
      trusteeKeys: keySet.identityKeys,
      threshold: keySet.threshold,
    });
    const answer = await once(c.env, order.caseId, body, now(c), async () => {
      const account = await accountBySelector(c.env, selectorIndex(c.env, r.selector));
      // The order does not cover a phone that began after its epochs.
      const all = account ? (await generationsOf(c.env, account.account)).reverse() : [];
      const phones = all.filter((g) => g.epochFrom <= order.epochTo);
      if (!account || phones.length === 0)
        throw new Problem("not-found", "Nobody was registered under this selector in these epochs.");
      const unsigned: Dossier = {
        salt,
        checkIn: undefined,
        selector: r.selector,
        generations: phones.map((g) => ({
          contract: g.contract,
          epochFrom: g.epochFrom,
          // Up to the order's end, because each service decides how long it accepts the last credential of a replaced phone.
          epochTo: order.epochTo,
        })),
        identity: openField(c.env, "identity", account.account, account.identity),
        identitySalts: phones.map((g) => identitySalt(c.env, account.account, g.generation)),
        registrarSignature: undefined,
      };
      // The signature keeps the requester and the escrow from replacing these contracts.
      const dossier = Dossier.encode(signDossier(unsigned, orderHash, hexToBytes(c.env.SIGNING_KEY)));
      const keys = await transportKeys(c.env, keySet, set, now(c));
      const sealTo = (publicKey: Uint8Array, what = dossier) =>
        toBase64url(hybridSeal(publicKey, orderHash, what, rng));
      // A trustee that did not approve learns nothing and need not answer. Its dossier is a seal of empty bytes.
      const nothing = () => sealTo(keySet.groupHybridKey, new Uint8Array());
      const dossiers = keySet.identityKeys.map((_, i) => {
        const key = keys.get(i + 1);
        return key ? sealTo(key) : nothing();
      });
      return { dossiers, sealed: sealTo(certificate.sealKey) };
    });
    return c.json(answer);
  });
}
