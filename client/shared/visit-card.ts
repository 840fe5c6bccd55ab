// The visit card: a visit that is open already, on paper. Its bearer shows it at the reception in place of the phone. The wallet
// makes it, and the visit's clinic checks it. Nobody else can do either.
//
//   text      "SYMBOLON-CARD:" ‖ base32(body ‖ check), of checked-text.ts
//   body      u8 version 1 ‖ u64 notAfter ‖ mac            25 bytes; notAfter in unix seconds, included
//   mac       HMAC-SHA256(card key, u8 version ‖ tagHash ‖ u64 notAfter), its first 16 bytes
//   card key  FrameChannel.visitCardKey: both ends of the visit's message channel have it, and nobody else
//   notAfter  at most VISIT_CARD_SECONDS after the clinic's challenge, so a later print does not prolong it. The wallet writes the full
//             hour before, since the second of a challenge would tell the service whose card was found
//
// A found card must name neither patient nor clinic. The tagHash and the TID are public values, which the service lists by clinic. So
// the card has neither, and no other value that could be looked up: without the card key its mac is random. The clinic finds the visit by
// trying those that are young enough (client/clinic/visit-cards.ts). The mac is 16 bytes, so that a person can type the whole text.

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fixed, struct, u8, u64 } from "../../protocol/codec.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";
import { type CheckedText, readCheckedText, writeCheckedText } from "./checked-text.ts";

const FORM: CheckedText = { scheme: "SYMBOLON-CARD:", version: 1, maxChars: 200 };
const MAC_BYTES = 16;

/** A card is good for three days after the clinic's challenge. So a person who calls on Friday can come on Monday. */
export const VISIT_CARD_SECONDS = 3 * 86_400;
const HOUR = 3600;

/** A visit card cannot be made, cannot be read, or is none of this clinic's. */
export class VisitCardError extends SymbolonError<CodeOf<"VisitCardError">> {
  override name = "VisitCardError";
}

/** A card as the wallet prints it. */
export interface VisitCard {
  text: string;
  /** unix seconds, included */
  notAfter: number;
}

/** The parts of a card's text. They are not verified. */
export interface VisitCardParts {
  /** unix seconds, included */
  notAfter: number;
  /** 16 bytes */
  mac: Uint8Array;
}

const Body = struct({ version: u8, notAfter: u64, mac: fixed(MAC_BYTES) });
const Statement = struct({ version: u8, tagHash: fixed(32), notAfter: u64 });

const textOf = ({ notAfter, mac }: VisitCardParts): string =>
  writeCheckedText(FORM, Body.encode({ version: FORM.version, notAfter, mac }));

const macOf = (cardKey: Uint8Array, tagHash: Uint8Array, notAfter: number): Uint8Array =>
  hmac(sha256, cardKey, Statement.encode({ version: FORM.version, tagHash, notAfter })).subarray(0, MAC_BYTES);

/**
 * The card of a visit.
 * @param cardKey FrameChannel.visitCardKey, 32 bytes
 * @param tagHash 32 bytes
 */
export const writeVisitCard = (cardKey: Uint8Array, tagHash: Uint8Array, notAfter: number): VisitCard => ({
  text: textOf({ notAfter, mac: macOf(cardKey, tagHash, notAfter) }),
  notAfter,
});

/** The end of a visit's card: a full hour. @param challengedAt issuedAt of the clinic's challenge, in unix seconds */
export const visitCardEnd = (challengedAt: number): number =>
  Math.floor((challengedAt + VISIT_CARD_SECONDS) / HOUR) * HOUR;

const bad = (detail: string): VisitCardError => new VisitCardError("bad-card", detail);

/** Reads the text in either case, with space around it. @throws VisitCardError bad-card */
export function readVisitCardText(text: string): VisitCardParts {
  return translate(
    () => {
      const { notAfter, mac } = Body.decode(readCheckedText(FORM, text, bad));
      if (textOf({ notAfter, mac }) !== text.trim().toUpperCase()) throw bad("it is not canonical");
      return { notAfter, mac };
    },
    (cause) => new VisitCardError("bad-card", textOfCause(cause), { cause }),
  );
}

/** Compares secret bytes of one length. It always looks at all of them. */
function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  let different = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}

/** Whether the wallet of this visit made the card. @param cardKey of the visit, 32 bytes @param tagHash of the visit, 32 bytes */
export const isCardOf = (cardKey: Uint8Array, tagHash: Uint8Array, { notAfter, mac }: VisitCardParts): boolean =>
  equalSecrets(macOf(cardKey, tagHash, notAfter), mac);
