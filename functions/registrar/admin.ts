// The registrar's desk and its operator: parameters, identity proofing outcomes, entitlements, revocation, requesters.
// All of it only for ADMIN_KEY, and each signed request once.

import { and, eq, gte, lte, sql } from "drizzle-orm";
import type { Context } from "hono";
import * as z from "zod";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import {
  Parameters,
  paramsHashOf,
  RequesterCertificate,
  requesterHashOf,
  Signed,
  signDocument,
} from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { KeySet, keySetId, verifyKeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { encodeG1, encodeG2 } from "../../protocol/suite.ts";
import { accounts, parameters } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { Problem, readBase64url, readJson } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { rng } from "../shared/rng.ts";
import { codeHash, sealField, selectorIndex, selectorText } from "./fields.ts";
import { issuerKeys } from "./issuer.ts";
import { accountBySelector, bytesOf, db, logOnce, parametersRow, spendAdminRequest } from "./store.ts";

type C = Context<{ Bindings: RegistrarEnv }>;

const CODE_SECONDS = 7 * 86_400;

async function adminJson<S extends z.ZodType>(c: C, schema: S): Promise<z.infer<S>> {
  const { body, nonce } = await signedBy(c, [c.env.ADMIN_KEY]);
  const value = await readJson(body, schema);
  await spendAdminRequest(c.env, nonce, now(c));
  return value;
}

const parametersRequest = z.object({
  keySet: z.string(),
  trusteeKeys: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(2)
    .max(16),
  realm: z.string().min(1).max(200),
  epochFrom: z
    .int()
    .min(0)
    .max(12 * 300),
  epochTo: z
    .int()
    .min(0)
    .max(12 * 300),
  slots: z.int().min(1).max(64).default(16),
  challengeWindowSeconds: z.int().min(30).max(86_400).default(600),
  offlineGraceSeconds: z
    .int()
    .min(0)
    .max(14 * 86_400)
    .default(2 * 86_400),
  attributes: z
    .array(z.object({ name: z.string().min(1).max(64), values: z.array(z.string().min(1).max(64)).min(1).max(64) }))
    .max(16)
    .refine((all) => new Set(all.map((a) => a.name)).size === all.length, "two attributes of one name"),
});

/**
 * Issues the one document of an epoch range: signed, stored, logged, and only then in force. The row comes first, so that
 * of two requests at once one gets the epochs and the log never sees the other. The same request again changes nothing.
 */
export async function postParameters(c: C): Promise<Response> {
  const p = await adminJson(c, parametersRequest);
  if (p.epochTo < p.epochFrom) throw new Problem("malformed", "epochTo: before epochFrom");
  if (p.trusteeKeys.join() !== (JSON.parse(c.env.TRUSTEE_KEYS) as string[]).join())
    throw new Problem("malformed", "trusteeKeys: not the pinned ones");
  const keySetBytes = readBase64url(p.keySet, "keySet");
  const keySet = KeySet.decode(keySetBytes);
  const identityKeys = p.trusteeKeys.map(hexToBytes);
  try {
    verifyKeySet(keySet, identityKeys);
  } catch (cause) {
    throw new Problem("malformed", `keySet: ${(cause as Error).message}`);
  }
  const document: Parameters = {
    realm: p.realm,
    epochFrom: p.epochFrom,
    epochTo: p.epochTo,
    slots: p.slots,
    challengeWindowSeconds: p.challengeWindowSeconds,
    offlineGraceSeconds: p.offlineGraceSeconds,
    attributes: p.attributes,
    issuerKey: encodeG2(issuerKeys(c.env).publicKey),
    keySetId: keySetId(keySet),
    traceKey: encodeG1(keySet.keys.trace),
    linkKey: encodeG1(keySet.keys.link),
    recordKey: encodeG1(keySet.keys.record),
    groupHybridKey: keySet.groupHybridKey,
    threshold: keySet.threshold,
    trusteeKeys: identityKeys,
  };
  const signed = signDocument(LABELS.signParameters, Parameters, document, hexToBytes(c.env.SIGNING_KEY));
  const overlapping = await db(c.env)
    .select()
    .from(parameters)
    .where(and(lte(parameters.epochFrom, p.epochTo), gte(parameters.epochTo, p.epochFrom)));
  const same = overlapping.find((row) => toBase64url(bytesOf(row.document)) === toBase64url(signed));
  if (overlapping.length > 0 && !same)
    throw new Problem(
      "conflict",
      "An epoch has exactly one parameters document, and one of these epochs has it already.",
    );
  if (!same) {
    // An epoch that has begun keeps what it began with; only the very first document may start in the running epoch.
    const any = await db(c.env).select().from(parameters).limit(1);
    if (any.length > 0 && p.epochFrom <= epochOf(now(c)))
      throw new Problem("not-allowed-now", "Parameters are logged before their first epoch starts.");
    const stored = await db(c.env).run(sql`
      INSERT INTO parameters (epoch_from, epoch_to, document, key_set)
      SELECT ${p.epochFrom}, ${p.epochTo}, ${signed}, ${keySetBytes}
      WHERE NOT EXISTS (SELECT 1 FROM parameters WHERE epoch_from <= ${p.epochTo} AND epoch_to >= ${p.epochFrom})`);
    if (stored.meta.changes === 0) throw new Problem("conflict", "Another request for these epochs was faster.");
  }
  if (!same?.logged) {
    await logOnce(c.env, now(c), { kind: "parameters", subject: paramsHashOf(document), body: signed });
    await db(c.env).update(parameters).set({ logged: true }).where(eq(parameters.epochFrom, p.epochFrom));
  }
  const status = same?.logged ? 200 : 201;
  return c.json({ document: toBase64url(signed), paramsHash: bytesToHex(paramsHashOf(document)) }, status);
}

const proofing = z.object({
  identity: z.string(),
  selector: selectorText,
  entitlements: z.record(z.string(), z.string()),
});

async function checkEntitlements(c: C, entitlements: Record<string, string>): Promise<Uint8Array> {
  const row = await parametersRow(c.env, epochOf(now(c)));
  if (!row) throw new Problem("not-allowed-now", "There are no parameters for the current epoch yet.");
  const { attributes } = Parameters.decode(Signed.decode(bytesOf(row.document)).document);
  for (const [name, value] of Object.entries(entitlements)) {
    const attribute = attributes.find((a) => a.name === name);
    if (!attribute) throw new Problem("malformed", `entitlements.${name}: no such attribute`);
    if (!attribute.values.includes(value))
      throw new Problem("malformed", `entitlements.${name}: not in its value list`);
  }
  return new TextEncoder().encode(JSON.stringify(entitlements));
}

/** The outcome of identity proofing: a new account, or a known person at the desk again (a new phone). */
export async function postProofing(c: C): Promise<Response> {
  const p = await adminJson(c, proofing);
  const identity = readBase64url(p.identity, "identity");
  if (identity.length === 0 || identity.length > 65_536) throw new Problem("malformed", "identity: 1 to 65536 bytes");
  const entitlements = await checkEntitlements(c, p.entitlements);
  const selector = selectorIndex(c.env, p.selector);
  const fresh = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
  const code = crypto.getRandomValues(new Uint8Array(32));
  const expires = now(c) + CODE_SECONDS;
  const values = (account: string) => ({
    entitlements: sealField(c.env, "entitlements", account, entitlements),
    codeHash: codeHash(c.env, code),
    codeExpires: expires,
  });
  // Whoever comes second, even in the same moment, meets the account that is there.
  await db(c.env)
    .insert(accounts)
    .values({
      account: fresh,
      selectorIndex: selector,
      identity: sealField(c.env, "identity", fresh, identity),
      ...values(fresh),
    })
    .onConflictDoNothing();
  const { account, revoked } = (await accountBySelector(c.env, selector))!;
  if (revoked) throw new Problem("not-allowed-now", "This registration was revoked.");
  const known = account !== fresh;
  // The identity of a known person stays: their contracts commit to it.
  if (known) await db(c.env).update(accounts).set(values(account)).where(eq(accounts.account, account));
  return c.json({ account, enrolmentCode: toBase64url(code), expires, known }, known ? 200 : 201);
}

const accountHex = z.string().regex(/^[0-9a-f]{32}$/);

async function update(c: C, account: string, values: Partial<typeof accounts.$inferInsert>): Promise<void> {
  const { meta } = await db(c.env).update(accounts).set(values).where(eq(accounts.account, account));
  if (meta.changes === 0) throw new Problem("not-found");
}

/** From now on no credential is issued to this account: that is the revocation. */
export async function postRevoke(c: C): Promise<Response> {
  const { account } = await adminJson(c, z.object({ account: accountHex }));
  await update(c, account, { revoked: true, codeHash: null });
  return c.json({ account, revoked: true });
}

/** Entitlements of the credentials issued from now on. */
export async function postEntitlements(c: C): Promise<Response> {
  const { account, entitlements } = await adminJson(
    c,
    z.object({ account: accountHex, entitlements: z.record(z.string(), z.string()) }),
  );
  const bytes = await checkEntitlements(c, entitlements);
  await update(c, account, { entitlements: sealField(c.env, "entitlements", account, bytes) });
  return c.json({ account });
}

const requester = z.object({
  signKey: z.string().regex(/^[0-9a-f]{64}$/),
  sealKey: z.string(),
  name: z.string().min(1).max(200),
  role: z.string().min(1).max(100),
});

/** Certifies a clinician's or authority's key; the log holds its hash. */
export async function postRequester(c: C): Promise<Response> {
  const r = await adminJson(c, requester);
  const sealKey = readBase64url(r.sealKey, "sealKey");
  // A key that nothing can be sealed to is found out now, not when a case is open.
  try {
    hybridSeal(sealKey, new Uint8Array(), new Uint8Array(), rng);
  } catch {
    throw new Problem("malformed", "sealKey: not an X-Wing public key");
  }
  const certificate = { signKey: hexToBytes(r.signKey), sealKey, name: r.name, role: r.role };
  const signed = signDocument(LABELS.signRequester, RequesterCertificate, certificate, hexToBytes(c.env.SIGNING_KEY));
  await logOnce(c.env, now(c), { kind: "requester", subject: requesterHashOf(signed), body: new Uint8Array() });
  return c.body(signed as Uint8Array<ArrayBuffer>, 201, { "content-type": "application/octet-stream" });
}
