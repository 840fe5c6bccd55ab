// The registrar's answer to an approved trace. It tells nothing else about anybody.
//
//   POST /v1/trace   (C1, C2), one trace share of each member of S, CaseProofs → the contracts of the person with handle R,
//                    signed and sealed to the requester. The order itself, and so the session and the service, stay unknown
//                    here.
//
// The registrar verifies the proofs of the case (disclosures.ts) and every share itself. It answers a case id once. The same
// request gets the same answer again. It keeps the opening for a letter to the person (openings.ts).

import { eq } from "drizzle-orm";
import { DISCLOSURES } from "../../api/registrar/disclosures.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import {
  CaseContext,
  caseContextHash,
  IdentityDisclosure,
  signDocument,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { combineTrace, findCheaters, TraceShare, verifyTraceShare } from "../../protocol/opening.ts";
import { MAX_ORDER_SECONDS } from "../../protocol/order-limits.ts";
import { decodeG1, encodeG1 } from "../../protocol/suite.ts";
import { generations } from "../../schema/registrar.ts";
import { timesOf } from "../shared/approvals.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { readBody, serve } from "../shared/serve.ts";
import { certified, checkProofs, once, trusteesOf } from "./disclosures.ts";
import { identitySalt, openField } from "./fields.ts";
import { approvedIn, noteOpening } from "./openings.ts";
import { accountOf, db, generationsOf, signedByParty } from "./store.ts";

export function registerDisclosure(app: RoleApp<RegistrarEnv>): void {
  serve(app, DISCLOSURES.trace, async (c) => {
    const { key, body } = await signedByParty(c);
    const r = await readBody(DISCLOSURES.trace, body);
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
    const { keySet, document } = await trusteesOf(c.env, context, now(c));
    // An order's time is not known here. A decision lies within the longest time that an order may have.
    const times = timesOf({ issuedAt: context.expiresAt - MAX_ORDER_SECONDS, expiresAt: context.expiresAt });
    const { identityKeys: trusteeKeys, threshold: needed } = keySet;
    const approving = checkProofs(
      c.env,
      { proofs: r.proofs, case: context, needed, trusteeKeys, document, ...times },
      now(c),
    );
    const { set } = approving;
    if (set.join() !== context.set.join()) throw refused("approving set");
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

    const handle = bytesToHex(encodeG1(R));
    const row = await db(c.env).select().from(generations).where(eq(generations.handle, handle)).get();
    if (!row) throw new Problem("not-found", "No registered person has this handle.");
    const answer = await once(c.env, context.caseId, body, now(c), async () => {
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
    await noteOpening(c.env, context.caseId, now(c), {
      account: row.account,
      kind: "trace",
      requesterName: certificate.name,
      requesterRole: certificate.role,
      ...approvedIn(approving, trusteeKeys.length),
      order: null,
    });
    return c.json(answer);
  });
}
