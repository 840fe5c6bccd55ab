// Trace: from a session to the person, at the requester.
//
//   trustees   each member of S sealed (context, D_i = y_i·C1, DLEQ) to the requester alone
//   here       every DLEQ verified;  R = C2 − Σ λ_i·D_i
//   registrar  gets certificate, the proofs of the case (proofs.ts), C1, C2 and the shares: it repeats the sum, and does not
//              learn the session
//   here       contract.R = R, the chain of contracts before it, each contract's own proof, the openings of the identity
//              commitments
//
// So the registrar cannot point from an honest wallet's session at somebody else. A contract with this R is a proof of
// knowledge of the traced wallet's own secret k. It commits to the record that the wallet's owner confirmed when it
// enrolled. But a registrar can enrol a wallet of its own over anybody's record: see person.ts.

import type { SealedDisclosure } from "../../api/registrar/disclosures.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { TracePart } from "../../protocol/case-documents.ts";
import {
  CaseContext,
  type Contract,
  caseContextHash,
  IdentityDisclosure,
  openSigned,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { fromBase64url, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { combineTrace, findCheaters, TraceShare, verifyTraceShare } from "../../protocol/opening.ts";
import { encodeG1, type G1 } from "../../protocol/suite.ts";
import { decodeAnswer, textOfCause, translate } from "../errors.ts";
import { apiJson } from "../transport.ts";
import { caseProofs, checkContext, openAnswers, readAnswer, sealedResults } from "./case.ts";
import type { RequesterContext } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";
import { type Person, readContracts } from "./person.ts";
import { verifyProofs } from "./proofs.ts";

/** The person behind a session, verified. */
export interface TracedPerson extends Person {
  /** of the phone that made the session; the last of `contracts` */
  readonly contract: Contract;
  /** Signed<IdentityDisclosure> of the registrar. It is evidence if it contradicts the list of a wallet (Registrations) */
  readonly disclosure: Uint8Array;
}

/** The case must be opened. @throws RequesterError, ApiError; SymbolonError bad-answer */
export async function tracePerson(context: RequesterContext, p: PreparedOrder): Promise<TracedPerson> {
  const { session } = p;
  if (p.order.kind !== "trace" || !session) throw new RequesterError("subject", "not a trace order");
  const trustees = await context.trustees();
  const { keySet } = trustees;
  const committee = { needed: keySet.threshold, identityKeys: keySet.identityKeys };
  const answers = openAnswers(context, p, "trace", committee, await sealedResults(context, p.caseId));
  const set = answers.map((a) => a.from);
  const expected = {
    kind: "trace" as const,
    subjectHash: traceSubjectHash(encodeG1(session.C1), encodeG1(session.C2)),
    requesterKey: context.keys.signPublicKey,
    set,
  };
  const parts = answers.map((answer) =>
    readAnswer(answer, (bytes) => {
      const part = TracePart.decode(bytes);
      const own = CaseContext.decode(part.context);
      checkContext(p, trustees, expected, { from: answer.from, context: own });
      const share = TraceShare.decode(part.share);
      if (share.index !== answer.from)
        throw new RequesterError("wrong-answer", `trustee ${answer.from}: another trustee's share`, [answer.from]);
      return { part, share, ctx: caseContextHash(own) };
    }),
  );
  const ctxOf = new Map(parts.map(({ share, ctx }) => [share.index, ctx]));
  const shares = parts.map((x) => x.share);
  const cheaters = findCheaters(shares, (share) => {
    const shareKey = keySet.shareKeys[share.index - 1]!.trace;
    return verifyTraceShare({ ctx: ctxOf.get(share.index)!, index: share.index, shareKey, C1: session.C1 }, share);
  });
  if (cheaters.length > 0) throw new RequesterError("wrong-share", `trustee ${cheaters.join(", ")}`, cheaters);
  const R = combineTrace({ C2: session.C2, set, shares });

  const proofs = await caseProofs(context, p.caseId);
  const decided = await verifyProofs(context, p, proofs);
  if (decided.map((d) => d.trustee).join() !== set.join())
    throw new RequesterError("wrong-proofs", "they are of another approving set than the shares");
  const { sealed } = await apiJson<SealedDisclosure>(context.transport, context.deployment.registrarUrl, "/v1/trace", {
    signWith: context.keys.signSecretKey,
    json: {
      certificate: toBase64url(context.certificate),
      proofs,
      C1: toBase64url(encodeG1(session.C1)),
      C2: toBase64url(encodeG1(session.C2)),
      parts: parts.map(({ part }) => ({ context: toBase64url(part.context), share: toBase64url(part.share) })),
    },
  });
  const disclosure = decodeAnswer("the registrar's disclosure", () => fromBase64url(sealed));
  return readDisclosure(context, p, keySet.keys.link, encodeG1(R), disclosure);
}

function readDisclosure(
  context: RequesterContext,
  p: PreparedOrder,
  linkKey: G1,
  R: Uint8Array,
  sealed: Uint8Array,
): TracedPerson {
  const wrong = (detail: string, cause?: unknown): RequesterError =>
    new RequesterError("wrong-identity", detail, [], cause);
  const { contracts, identity, identitySalts, disclosure } = translate(
    () => {
      const disclosure = hybridOpen(context.keys.seal.secretKey, p.hash, sealed);
      const { key, value } = openSigned(LABELS.signDisclosure, IdentityDisclosure, disclosure);
      if (!equalBytes(key, hexToBytes(context.deployment.registrarKey)))
        throw wrong("the registrar has not signed the disclosure");
      return { ...value, disclosure };
    },
    (cause) => wrong(`the registrar's answer cannot be read (${textOfCause(cause)})`, cause),
  );
  const person = readContracts({ contracts, identity, identitySalts, linkKey }, wrong);
  const contract = person.contracts.at(-1)!;
  if (!equalBytes(contract.R, R)) throw wrong("the contract has another handle than the traced one");
  return { ...person, contract, disclosure };
}
