// An invitation as text: one URI that a QR code, a link or a clipboard carries from the clinic to the wallet.
//
//   text     "SYMBOLON:" ‖ base32(body ‖ check), of checked-text.ts. In a QR code, upper case needs 5.5 bits per character
//   body     u8 version 1 ‖ blob Signed<Challenge> ‖ optional blob Signed<ServiceCard>
//
// A card has about 3,600 bytes, most of them post-quantum keys, and a QR code that a phone reads from a screen has a tenth of
// them. So a QR code leaves the card out. The challenge names the card by its hash, and the wallet fetches it from the service
// Worker by the service id. That request tells the Worker no more than the check-in, which names the service too. A clinic
// or a wallet without network uses the long text, with the card.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { blob, optional, struct, u8 } from "../../protocol/codec.ts";
import { Challenge, cardHashOf, openSigned } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { spokenNameOf } from "../../protocol/spoken-invitation.ts";
import { textOfCause, translate } from "../errors.ts";
import type { Deployment } from "../parameters.ts";
import { ApiError, apiBytes, type Transport } from "../transport.ts";
import type { Invitation } from "../wallet/check-in.ts";
import { CheckInError } from "./check-in-error.ts";
import { type CheckedText, readCheckedText, writeCheckedText } from "./checked-text.ts";
import { readSpokenWords } from "./spoken-words.ts";

/** An invitation with the longest card that a service Worker takes is shorter than `maxChars`. */
const FORM: CheckedText = { scheme: "SYMBOLON:", version: 1, maxChars: 65_536 };

/** The parts of the text. */
export interface InvitationText {
  /** Signed<Challenge> */
  challenge: Uint8Array;
  /** Signed<ServiceCard>; the challenge names it by its hash if it is absent */
  card?: Uint8Array | undefined;
}

const Body = struct({ version: u8, challenge: blob, card: optional(blob) });

/** The text of an invitation, with the card if there is one. */
export const writeInvitation = ({ challenge, card }: InvitationText): string =>
  writeCheckedText(FORM, Body.encode({ version: FORM.version, challenge, card }));

const unreadable = (cause: unknown): CheckInError => new CheckInError("bad-invitation", textOfCause(cause), { cause });
const bad = (detail: string): CheckInError => new CheckInError("bad-invitation", detail);

/** Reads the text in either case. The documents in it are not verified. @throws CheckInError bad-invitation */
export function readInvitationText(text: string): InvitationText {
  return translate(() => {
    const { challenge, card } = Body.decode(readCheckedText(FORM, text, bad));
    if (writeInvitation({ challenge, card }) !== text.trim().toUpperCase()) throw bad("it is not canonical");
    return { challenge, card };
  }, unreadable);
}

/**
 * The text of the invitation that six words of a desk name (spoken-words.ts). It has no card.
 * @throws CheckInError bad-invitation if these are no such words; no-such-words; ApiError
 */
export async function invitationOfWords(
  t: Transport,
  { serviceUrl }: Pick<Deployment, "serviceUrl">,
  words: string,
): Promise<string> {
  const read = readSpokenWords(words);
  if ("fault" in read) throw bad("these are not six words of a desk");
  let challenge: Uint8Array;
  try {
    challenge = await apiBytes(t, serviceUrl, `/v1/spoken/${read.name}`);
  } catch (cause) {
    if (cause instanceof ApiError && cause.code === "not-found")
      throw new CheckInError("no-such-words", undefined, { cause });
    throw cause;
  }
  // The service may answer with this challenge only, whoever else would like to be visited.
  if (spokenNameOf(challenge) !== read.name)
    throw bad("the service answered with another challenge than the words name");
  return writeInvitation({ challenge });
}

/**
 * The invitation of a text, with the card that it names. Fetches the card if the text has none.
 * @throws CheckInError bad-invitation, old-card; ApiError
 */
export async function invitationOf(
  t: Transport,
  { serviceUrl }: Pick<Deployment, "serviceUrl">,
  text: string,
): Promise<Invitation> {
  const { challenge, card } = readInvitationText(text);
  if (card) return { challenge, card };
  const { serviceId, cardHash } = translate(
    () => openSigned(LABELS.signChallenge, Challenge, challenge).value,
    unreadable,
  );
  const fetched = await apiBytes(t, serviceUrl, `/v1/services/${bytesToHex(serviceId)}`);
  if (!equalBytes(cardHashOf(fetched), cardHash)) throw new CheckInError("old-card");
  return { challenge, card: fetched };
}
