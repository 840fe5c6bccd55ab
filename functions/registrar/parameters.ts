// The signed parameters of an epoch range. The administrator issues them, and everybody may read them.
//
//   GET  /v1/parameters         the logged documents, the key sets that they name, and the proof that the log has them
//   POST /v1/admin/parameters   by ADMIN_KEY: signs, stores and logs the one document of an epoch range

import { and, eq, gte, lte, sql } from "drizzle-orm";
import { PARAMETERS } from "../../api/registrar/parameters.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { Parameters, paramsHashOf, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { encodeG1, encodeG2 } from "../../protocol/suite.ts";
import { parameters } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import { issuerKeys } from "./issuer.ts";
import { checkKeySet, keepKeySet } from "./key-sets.ts";
import { provenParameters } from "./logged-parameters.ts";
import { admin, db, logOnce } from "./store.ts";

export function registerParameters(app: RoleApp<RegistrarEnv>): void {
  serve(app, PARAMETERS.readParameters, async (c) => c.json(await provenParameters(c.env, now(c))));

  // The document is signed, stored, logged, and only then in force. The row is written before the log entry. So if two
  // requests come at once, one of them gets the epochs, and the log never sees the other document. The same request again
  // changes nothing.
  serve(app, PARAMETERS.issueParameters, async (c) => {
    const p = await readBody(PARAMETERS.issueParameters, (await admin.request(c)).body);
    if (p.epochTo < p.epochFrom) throw new Problem("malformed", "epochTo: before epochFrom");
    const keySetBytes = readBase64url(p.keySet, "keySet");
    const keySet = await checkKeySet(c.env, keySetBytes);
    const { identityKeys } = keySet;
    if (p.trusteeKeys.join() !== identityKeys.map(bytesToHex).join())
      throw new Problem("malformed", "trusteeKeys: not the holders of the key set");
    const assembleThreshold = p.assembleThreshold ?? keySet.threshold;
    if (assembleThreshold < keySet.threshold || assembleThreshold > identityKeys.length)
      throw new Problem("malformed", "assembleThreshold: from the key set's threshold to the number of trustees");
    const document: Parameters = {
      realm: p.realm,
      epochFrom: p.epochFrom,
      epochTo: p.epochTo,
      slots: p.slots,
      challengeWindowSeconds: p.challengeWindowSeconds,
      offlineGraceSeconds: p.offlineGraceSeconds,
      logFreshnessSeconds: p.logFreshnessSeconds,
      attributes: p.attributes,
      issuerKey: encodeG2(issuerKeys(c.env).publicKey),
      keySetId: keySetId(keySet),
      traceKey: encodeG1(keySet.keys.trace),
      linkKey: encodeG1(keySet.keys.link),
      recordKey: encodeG1(keySet.keys.record),
      groupHybridKey: keySet.groupHybridKey,
      threshold: keySet.threshold,
      assembleThreshold,
      trusteeKeys: identityKeys,
    };
    const signed = signDocument(LABELS.signParameters, Parameters, document, hexToBytes(c.env.SIGNING_KEY));
    const overlapping = await db(c.env)
      .select()
      .from(parameters)
      .where(and(lte(parameters.epochFrom, p.epochTo), gte(parameters.epochTo, p.epochFrom)));
    const same = overlapping.find((row) => toBase64url(row.document) === toBase64url(signed));
    if (overlapping.length > 0 && !same)
      throw new Problem(
        "conflict",
        "An epoch has exactly one parameters document, and one of these epochs already has one.",
      );
    if (!same) {
      // An epoch keeps the parameters with which it began. Only the very first document may start in the running epoch.
      const any = await db(c.env).select().from(parameters).limit(1);
      if (any.length > 0 && p.epochFrom <= epochOf(now(c)))
        throw new Problem("not-allowed-now", "Parameters are logged before their first epoch starts.");
      await keepKeySet(c.env, keySetBytes);
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
  });
}
