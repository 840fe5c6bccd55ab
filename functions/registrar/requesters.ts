// Certificates of requesters, and their withdrawal.
//
//   POST /v1/admin/requesters          {signKey, sealKey, name, role, days?} -> Signed<RequesterCertificate>
//   POST /v1/admin/requesters/revoke   {certificate: its hash in hex} -> withdrawn from now on, for ever
//   GET  /v1/requesters/revoked        Signed<RevocationList>, made anew for each reader; everybody may read it
//
// ADMIN_KEY signs the first two, and each signed request is accepted once. The log holds the hash of each certificate and of
// each withdrawal. The list has only certificates that have not ended, so it stays short.

import { and, count, eq, gt, isNotNull } from "drizzle-orm";
import { OCTETS_TYPE } from "../../api/contract.ts";
import { REQUESTERS } from "../../api/registrar/requesters.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { MAX_CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { RequesterCertificate, requesterHashOf, signDocument } from "../../protocol/documents.ts";
import { SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { signRevocations } from "../../protocol/requester-status.ts";
import { requesters } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { readBody, serve } from "../shared/serve.ts";
import { admin, db, logOnce } from "./store.ts";

const octets = { "content-type": OCTETS_TYPE };

export function registerRequesters(app: RoleApp<RegistrarEnv>): void {
  serve(app, REQUESTERS.certifyRequester, async (c) => {
    const { body } = await admin.request(c);
    const { signKey, sealKey: seal, name, role, days } = await readBody(REQUESTERS.certifyRequester, body);
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

  serve(app, REQUESTERS.revokeRequester, async (c) => {
    const { certificate } = await readBody(REQUESTERS.revokeRequester, (await admin.request(c)).body);
    const row = eq(requesters.certificate, certificate);
    const known = await db(c.env).select().from(requesters).where(row).get();
    if (!known) throw new Problem("not-found", "The registrar has signed no such certificate.");
    const revokedAt = known.revokedAt ?? now(c);
    await db(c.env).update(requesters).set({ revokedAt }).where(row);
    const entry = { kind: "requester-revoked" as const, subject: hexToBytes(certificate), body: new Uint8Array() };
    await logOnce(c.env, now(c), entry);
    return c.json({ certificate, revokedAt });
  });

  serve(app, REQUESTERS.readRevoked, async (c) => {
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
