// Reads the header of an age v1 file (C2SP age.md) strictly and without a key, and checks the one stanza set that a
// record may have. The SDK uses it before a record leaves, the edge uses it in the upload check, and every reader uses
// it. One more stanza would mean one more reader, to whom nobody agreed. Only the beginning of the blob is needed;
// MAX_RECORD_HEADER_BYTES of it are enough.
//
//   header  "age-encryption.org/v1\n" ‖ stanza* ‖ "--- " ‖ base64(MAC, 32) ‖ "\n"
//   stanza  "-> " ‖ arguments, one space between ‖ "\n" ‖ base64(body) in lines of 64, the last shorter, maybe empty
//   base64  without padding, canonical
//
// The set of a record, in this order:
//   1  mlkem768x25519, base64(enc, 1120)          body 32     the service
//   2  mlkem768x25519, base64(enc, 1120)          body 32     the patient's session
//   3  symbolon-threshold, base64(key-set id, 32) body 1 .. MAX_THRESHOLD_BODY_BYTES     the trustees (tdh2.ts)
//
// It cannot tell for whom a hybrid stanza is, because X-Wing ciphertexts name nobody. If a service seals to a stranger
// in the place of the patient, the patient notices: the record does not open.

import { equalBytes } from "./bytes.ts";
import { fromBase64Unpadded } from "./encodings.ts";

const HYBRID_STANZA = "mlkem768x25519";
export const THRESHOLD_STANZA = "symbolon-threshold";
/** longest header of a record that is read */
export const MAX_RECORD_HEADER_BYTES = 16_384;
const MAX_THRESHOLD_BODY_BYTES = 4096;
const HYBRID_ENC_BYTES = 1120;
const WRAPPED_FILE_KEY_BYTES = 32;
const KEY_SET_ID_BYTES = 32;
const MAC_BYTES = 32;
const BODY_LINE_CHARS = 64;
const INTRO = "age-encryption.org/v1";

/** "malformed": not a strict age header. "stanza-set": not the stanzas of a record. */
export class AgeHeaderError extends Error {
  override name = "AgeHeaderError";
  readonly reason: "malformed" | "stanza-set";
  constructor(reason: AgeHeaderError["reason"], detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** One stanza, with its base64 body decoded. */
export interface AgeStanza {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

export interface AgeHeader {
  readonly stanzas: readonly AgeStanza[];
  readonly mac: Uint8Array;
  /** length of the header in bytes; the payload follows */
  readonly bytes: number;
}

/** The three stanzas of a record. */
export interface RecordStanzas {
  readonly service: AgeStanza;
  readonly session: AgeStanza;
  readonly threshold: AgeStanza;
  /** 32 bytes, from the threshold stanza's argument */
  readonly keySetId: Uint8Array;
}

const malformed = (detail: string): AgeHeaderError => new AgeHeaderError("malformed", detail);
const unexpected = (detail: string): AgeHeaderError => new AgeHeaderError("stanza-set", detail);

function decodeBase64(text: string): Uint8Array {
  try {
    return fromBase64Unpadded(text);
  } catch {
    throw malformed("base64 is not canonical");
  }
}

/** Reads lines of printable ASCII, each ended by one line feed. */
class Lines {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(blob: Uint8Array) {
    this.#bytes = blob.subarray(0, MAX_RECORD_HEADER_BYTES);
  }

  get read(): number {
    return this.#at;
  }

  next(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw malformed(`header does not end within ${this.#bytes.length} bytes`);
    const line = this.#bytes.subarray(this.#at, end);
    if (line.some((c) => c < 0x20 || c > 0x7e)) throw malformed("header is not printable ASCII");
    this.#at = end + 1;
    return String.fromCharCode(...line);
  }
}

function readBody(lines: Lines): Uint8Array {
  let text = "";
  for (;;) {
    const line = lines.next();
    if (line.length > BODY_LINE_CHARS) throw malformed(`body line of ${line.length} characters`);
    text += line;
    if (line.length < BODY_LINE_CHARS) return decodeBase64(text);
  }
}

/** @param blob the file, or at least its first MAX_RECORD_HEADER_BYTES @throws AgeHeaderError "malformed" */
export function readAgeHeader(blob: Uint8Array): AgeHeader {
  const lines = new Lines(blob);
  if (lines.next() !== INTRO) throw malformed("not an age v1 file");
  const stanzas: AgeStanza[] = [];
  for (;;) {
    const line = lines.next();
    if (line.startsWith("--- ")) {
      const mac = decodeBase64(line.slice(4));
      if (mac.length !== MAC_BYTES) throw malformed(`MAC of ${mac.length} bytes, expected ${MAC_BYTES}`);
      return { stanzas, mac, bytes: lines.read };
    }
    const [arrow, ...args] = line.split(" ");
    if (arrow !== "->" || args.length === 0 || args.includes("")) throw malformed("not a stanza");
    stanzas.push({ args, body: readBody(lines) });
  }
}

/** The encapsulated key of a hybrid stanza, 1120 bytes. */
function hybridEnc({ args, body }: AgeStanza): Uint8Array {
  if (args.length !== 2 || args[0] !== HYBRID_STANZA) throw unexpected(`${args[0]} where ${HYBRID_STANZA} belongs`);
  const enc = decodeBase64(args[1]!);
  if (enc.length !== HYBRID_ENC_BYTES) throw unexpected(`hybrid stanza with ${enc.length} bytes of enc`);
  if (body.length !== WRAPPED_FILE_KEY_BYTES) throw unexpected(`hybrid stanza with a body of ${body.length} bytes`);
  return enc;
}

/** Reads a record's stanzas. The header must have exactly the set of a record. @throws AgeHeaderError */
export function assertStanzaSet(blob: Uint8Array): RecordStanzas {
  const { stanzas } = readAgeHeader(blob);
  if (stanzas.length !== 3) throw unexpected(`${stanzas.length} stanzas, expected 3`);
  const [service, session, threshold] = stanzas as [AgeStanza, AgeStanza, AgeStanza];
  if (equalBytes(hybridEnc(service), hybridEnc(session))) throw unexpected("one hybrid stanza twice");
  if (threshold.args.length !== 2 || threshold.args[0] !== THRESHOLD_STANZA)
    throw unexpected(`${threshold.args[0]} where ${THRESHOLD_STANZA} belongs`);
  const keySetId = decodeBase64(threshold.args[1]!);
  if (keySetId.length !== KEY_SET_ID_BYTES) throw unexpected(`key-set id of ${keySetId.length} bytes`);
  if (threshold.body.length === 0 || threshold.body.length > MAX_THRESHOLD_BODY_BYTES)
    throw unexpected(`threshold stanza with a body of ${threshold.body.length} bytes`);
  return { service, session, threshold, keySetId };
}

/** The body of the threshold stanza, which the trustees are asked to open. @throws AgeHeaderError */
export const extractThresholdStanza = (blob: Uint8Array): Uint8Array => assertStanzaSet(blob).threshold.body;
