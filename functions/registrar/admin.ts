// The registrar's desk and its operator: parameters, identity proofing outcomes, entitlements, revocation, requesters.
// All of it only for ADMIN_KEY, and each signed request once.

import { eq } from "drizzle-orm";
import type { Context } from "hono";
import * as z from "zod";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { Parameters, RequesterCertificate, requesterHashOf, Signed, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { accounts } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { Problem, type RoleApp, readBase64url } from "../shared/http.ts";
import { rng } from "../shared/rng.ts";
import { adminJson } from "./admin-request.ts";
import { codeHash, sealField, selectorIndex, selectorText } from "./fields.ts";
import { accountBySelector, bytesOf, db, logOnce, parametersRow } from "./store.ts";

type C = Context<{ Bindings: RegistrarEnv }>;

const CODE_SECONDS = 7 * 86_400;

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

const accountHex = z.string().regex(/^[0-9a-f]{32}$/);

async function update(c: C, account: string, values: Partial<typeof accounts.$inferInsert>): Promise<void> {
  const { meta } = await db(c.env).update(accounts).set(values).where(eq(accounts.account, account));
  if (meta.changes === 0) throw new Problem("not-found");
}

const requester = z.object({
  signKey: z.string().regex(/^[0-9a-f]{64}$/),
  sealKey: z.string(),
  name: z.string().min(1).max(200),
  role: z.string().min(1).max(100),
});

export function registerAdmin(app: RoleApp<RegistrarEnv>): void {
  /** The outcome of identity proofing: a new account, or a known person at the desk again (a new phone). */
  app.post("/v1/admin/proofings", async (c) => {
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
  });

  /** Entitlements of the credentials issued from now on. */
  app.post("/v1/admin/entitlements", async (c) => {
    const { account, entitlements } = await adminJson(
      c,
      z.object({ account: accountHex, entitlements: z.record(z.string(), z.string()) }),
    );
    const bytes = await checkEntitlements(c, entitlements);
    await update(c, account, { entitlements: sealField(c.env, "entitlements", account, bytes) });
    return c.json({ account });
  });

  /** From now on no credential is issued to this account: that is the revocation. */
  app.post("/v1/admin/revoke", async (c) => {
    const { account } = await adminJson(c, z.object({ account: accountHex }));
    await update(c, account, { revoked: true, codeHash: null });
    return c.json({ account, revoked: true });
  });

  /** Certifies a clinician's or authority's key; the log holds its hash. */
  app.post("/v1/admin/requesters", async (c) => {
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
  });
}
