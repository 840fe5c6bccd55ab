// Certificates of requesters, and their withdrawal.
//
//   POST /v1/admin/requesters          {signKey, sealKey, name, role, days?} -> Signed<RequesterCertificate>
//   POST /v1/admin/requesters/revoke   {certificate: its hash in hex} -> withdrawn from now on, for ever
//   GET  /v1/requesters/revoked        Signed<RevocationList>, made anew for each reader; everybody may read it
//
// ADMIN_KEY signs the first two, and each signed request is accepted once. The log holds the hash of each certificate and of
// each withdrawal. The list has only certificates that have not ended, so it stays short.

import { and, count, eq, gt, isNotNull } from "drizzle-orm";
import * as z from "zod";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { MAX_CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { RequesterCertificate, requesterHashOf, signDocument } from "../../protocol/documents.ts";
import { SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { MAX_CERTIFICATE_SECONDS, signRevocations } from "../../protocol/requester-status.ts";
import { requesters } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { hexText } from "../shared/schemas.ts";
import { admin, db, logOnce } from "./store.ts";

const DEFAULT_DAYS = 365;
const octets = { "content-type": "application/octet-stream" };

const requester = z.object({
  signKey: hexText(32),
  sealKey: z.string(),
  name: z.string().min(1).max(200),
  role: z.string().min(1).max(100),
  days: z
    .int()
    .min(1)
    .max((MAX_CERTIFICATE_SECONDS - MAX_CLOCK_TOLERANCE_SECONDS) / SECONDS_PER_DAY)
    .default(DEFAULT_DAYS),
});

export function registerRequesters(app: RoleApp<RegistrarEnv>): void {
  app.post("/v1/admin/requesters", async (c) => {
    const { signKey, sealKey: seal, name, role, days } = await admin.json(c, requester);
    const sealKey = readBase64url(seal, "sealKey");
    // This finds an unusable key now, and not only when a case is open.
    try {
      hybridSeal(sealKey, new Uint8Array(), new Uint8Array(), rng);
    } catch {
      throw new Problem("malformed", "sealKey: not an X-Wing public key");
    }
    // Dated back, because clocks differ: the requester may use it at once.
    const notBefore = now(c) - MAX_CLOCK_TOLERANCE_SECONDS;
    const notAfter = now(c) + days * SECONDS_PER_DAY;
    const certificate = { signKey: hexToBytes(signKey), sealKey, name, role, notBefore, notAfter };
    const signed = signDocument(LABELS.signRequester, RequesterCertificate, certificate, hexToBytes(c.env.SIGNING_KEY));
    const subject = requesterHashOf(signed);
    await db(c.env)
      .insert(requesters)
      .values({ certificate: bytesToHex(subject), notAfter })
      .onConflictDoNothing();
    await logOnce(c.env, now(c), { kind: "requester", subject, body: new Uint8Array() });
    return c.body(signed as Uint8Array<ArrayBuffer>, 201, octets);
  });

  app.post("/v1/admin/requesters/revoke", async (c) => {
    const { certificate } = await admin.json(c, z.object({ certificate: hexText(32) }));
    const row = eq(requesters.certificate, certificate);
    const known = await db(c.env).select().from(requesters).where(row).get();
    if (!known) throw new Problem("not-found", "The registrar has signed no such certificate.");
    const revokedAt = known.revokedAt ?? now(c);
    await db(c.env).update(requesters).set({ revokedAt }).where(row);
    const entry = { kind: "requester-revoked" as const, subject: hexToBytes(certificate), body: new Uint8Array() };
    await logOnce(c.env, now(c), entry);
    return c.json({ certificate, revokedAt });
  });

  app.get("/v1/requesters/revoked", async (c) => {
    const at = now(c);
    const withdrawn = isNotNull(requesters.revokedAt);
    const [rows, [all]] = await db(c.env).batch([
      db(c.env)
        .select({ certificate: requesters.certificate })
        .from(requesters)
        .where(and(withdrawn, gt(requesters.notAfter, at)))
        .orderBy(requesters.certificate),
      db(c.env).select({ n: count() }).from(requesters).where(withdrawn),
    ]);
    const list = { number: all?.n ?? 0, at, revoked: rows.map((r) => hexToBytes(r.certificate)) };
    return c.body(signRevocations(list, hexToBytes(c.env.SIGNING_KEY)) as Uint8Array<ArrayBuffer>, 200, octets);
  });
}
