// Parts between the members of S, and answers for the requester: sealed to one reader, signed by the author.
//
// The author's signature is over the seal, so whatever goes wrong has one culprit: a part without a valid signature was
// made or changed on the way (credential-refused); a signed part that does not open, decode or verify is its author's
// (not-allowed-now, "trustee N: wrong share"), and the signed bytes are the evidence.

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
import { Problem, refused } from "../shared/http.ts";
import { rng } from "../shared/rng.ts";
import type { OpenCase } from "./case-bundle.ts";
import type { TrusteeKeys } from "./keys.ts";

export const wrongShare = (trustees: readonly number[]): Problem =>
  new Problem("not-allowed-now", `trustee ${trustees.join(", ")}: wrong share`);

/** Round and context of a part: of the case, or of one chunk. */
export type Place = Pick<SealedPart, "round" | "context">;

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
 * The plaintexts of the other members of S, one each, in the order of the set; parts for others are passed over.
 * @throws Problem
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
    if (!author || !equalBytes(author, key) || !open.set.includes(part.from)) throw refused("part: of no member of S");
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

/** Decodes what a member sent; what cannot be read is that member's fault. */
export function decodePart<T>(from: number, decode: () => T): T {
  try {
    return decode();
  } catch {
    throw wrongShare([from]);
  }
}

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
