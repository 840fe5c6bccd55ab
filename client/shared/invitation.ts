// An invitation as text: one URI that a QR code, a link or a clipboard carries from the clinic to the wallet.
//
//   text     "SYMBOLON:" ‖ base32(u8 version 1 ‖ blob Signed<Challenge> ‖ optional blob Signed<ServiceCard> ‖ check)
//   base32   RFC 4648 section 6 without padding, in upper case: a QR code then needs 5.5 bits per character
//   check    the first 4 bytes of SHA-256 over the bytes before it. It finds a text that was cut or mistyped
//
// A card has about 3,600 bytes, most of them post-quantum keys, and a QR code that a phone reads from a screen has a tenth of
// them. So a QR code leaves the card out. The challenge names the card by its hash, and the wallet fetches it from the service
// Worker by the service id. That request tells the Worker no more than the check-in, which names the service too. A clinic
// or a wallet without network uses the long text, with the card.

import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad } from "@scure/base";
import { bytesToHex, concatBytes, equalBytes } from "../../protocol/bytes.ts";
import { blob, optional, struct, u8 } from "../../protocol/codec.ts";
import { Challenge, cardHashOf, openSigned } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { spokenNameOf } from "../../protocol/spoken-invitation.ts";
import { textOfCause, translate } from "../errors.ts";
import type { Deployment } from "../parameters.ts";
import { ApiError, apiBytes, type Transport } from "../transport.ts";
import type { Invitation } from "../wallet/check-in.ts";
import { CheckInError } from "./check-in-error.ts";
import { readSpokenWords } from "./spoken-words.ts";

const SCHEME = "SYMBOLON:";
const VERSION = 1;
const CHECK_BYTES = 4;
/** An invitation with the longest card that a service Worker takes is shorter. */
const MAX_TEXT_CHARS = 65_536;

/** The parts of the text. */
export interface InvitationText {
  /** Signed<Challenge> */
  challenge: Uint8Array;
  /** Signed<ServiceCard>; the challenge names it by its hash if it is absent */
  card?: Uint8Array | undefined;
}

const Body = struct({ version: u8, challenge: blob, card: optional(blob) });
const checkOf = (body: Uint8Array): Uint8Array => sha256(body).subarray(0, CHECK_BYTES);

/** The text of an invitation, with the card if there is one. */
export function writeInvitation({ challenge, card }: InvitationText): string {
  const body = Body.encode({ version: VERSION, challenge, card });
  return SCHEME + base32nopad.encode(concatBytes(body, checkOf(body)));
}

const unreadable = (cause: unknown): CheckInError => new CheckInError("bad-invitation", textOfCause(cause), { cause });
const bad = (detail: string): CheckInError => new CheckInError("bad-invitation", detail);

/** Reads the text in either case. The documents in it are not verified. @throws CheckInError bad-invitation */
export function readInvitationText(text: string): InvitationText {
  const typed = text.trim();
  if (typed.length > MAX_TEXT_CHARS) throw bad(`it has more than ${MAX_TEXT_CHARS} characters`);
  const upper = typed.toUpperCase();
  if (!upper.startsWith(SCHEME)) throw bad(`it does not begin with ${SCHEME}`);
  return translate(() => {
    const bytes = base32nopad.decode(upper.slice(SCHEME.length));
    if (bytes[0] !== VERSION) throw bad(`it has the version ${bytes[0]}, and this app reads version ${VERSION}`);
    const body = bytes.subarray(0, -CHECK_BYTES);
    if (!equalBytes(bytes.subarray(-CHECK_BYTES), checkOf(body))) throw bad("it was cut or mistyped");
    const { challenge, card } = Body.decode(body);
    if (writeInvitation({ challenge, card }) !== upper) throw bad("it is not canonical");
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
