// Parts between the members of S, and answers to the requester. Each is sealed to one reader and signed by its author.
//
// The author signs the sealed bytes, so every failure has one culprit. If the signature does not verify, somebody made or
// changed the part on the way: the answer is credential-refused. If a signed part does not open, decode or verify, its author
// is at fault: the answer is not-allowed-now with "trustee N: wrong share", and the signed bytes are the evidence.

import { nativeVerify } from "../../engine/ed25519.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import {
  type ForRequester,
  forRequesterAad,
  partAad,
  SealedPart,
  signForRequester,
  signPart,
} from "../../protocol/case-documents.ts";
import { openSigned } from "../../protocol/documents.ts";
import { hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import type { OpenCase } from "./case-bundle.ts";
import type { TrusteeKeys } from "./keys.ts";

/** Names the members of S whose signed parts are wrong. */
export const wrongShare = (trustees: readonly number[]): Problem =>
  new Problem("not-allowed-now", `trustee ${trustees.join(", ")}: wrong share`);

/** Round and context of a part. `context` is caseBinding of the case, or chunkBinding of one chunk. */
export type Place = Pick<SealedPart, "round" | "context">;

/** Signed<SealedPart>: `plaintext` sealed to member `to`, signed by this trustee. */
export function sealPart(
  open: OpenCase,
  own: TrusteeKeys,
  to: { index: number; transportKey: Uint8Array },
  { round, context }: Place,
  plaintext: Uint8Array,
): Uint8Array {
  const head = { caseId: open.order.caseId, context, round, from: own.index, to: to.index };
  return signPart({ ...head, sealed: hybridSeal(to.transportKey, partAad(head), plaintext, rng) }, own.signer);
}

/**
 * The plaintexts of the other members of S, one per member, in ascending order. Parts that are addressed to other trustees are
 * ignored. @throws CodecError, Problem credential-refused, not-allowed-now naming the member that is wrong or missing
 */
export function openParts(
  open: OpenCase,
  own: TrusteeKeys,
  identityKeys: readonly Uint8Array[],
  { round, context }: Place,
  parts: readonly Uint8Array[],
): { from: number; plaintext: Uint8Array }[] {
  const received = new Map<number, Uint8Array>();
  for (const bytes of parts) {
    const { key, value: part } = openSigned(LABELS.signPart, SealedPart, bytes, nativeVerify);
    if (part.to !== own.index) continue;
    const author = identityKeys[part.from - 1];
    if (!author || !equalBytes(author, key) || !open.set.includes(part.from))
      throw refused("part: not by a member of S");
    if (part.round !== round || !equalBytes(part.context, context) || !equalBytes(part.caseId, open.order.caseId))
      throw refused("part: of another case, chunk or round");
    try {
      received.set(part.from, hybridOpen(own.transport.secretKey, partAad(part), part.sealed));
    } catch {
      throw wrongShare([part.from]);
    }
  }
  return open.set
    .filter((i) => i !== own.index)
    .map((from) => {
      const plaintext = received.get(from);
      if (!plaintext) throw new Problem("not-allowed-now", `trustee ${from}: part missing`);
      return { from, plaintext };
    });
}

/** Runs `decode` on a part of member `from`. If it throws, that member is at fault. @throws Problem not-allowed-now */
export function decodePart<T>(from: number, decode: () => T): T {
  try {
    return decode();
  } catch {
    throw wrongShare([from]);
  }
}

/** Signed<ForRequester>: the padded `plaintext` sealed to the requester, signed by this trustee. */
export function sealForRequester(
  open: OpenCase,
  own: TrusteeKeys,
  kind: ForRequester["kind"],
  plaintext: Uint8Array,
): Uint8Array {
  const head = { caseId: open.order.caseId, orderHash: open.orderHash, kind, from: own.index };
  const sealed = hybridSeal(open.requester.sealKey, forRequesterAad(head), plaintext, rng);
  return signForRequester({ ...head, sealed }, own.signer);
}
