// Signed notes, checkpoints and cosignatures: C2SP signed-note, tlog-checkpoint, tlog-cosignature (Ed25519 types only).
//
//   note            text "\n" then one line per signature:  "— <name> base64(keyId ‖ signature)\n"
//                   the text ends in a newline; UTF-8; no control character except newline
//   keyId           SHA-256(name ‖ 0x0a ‖ type ‖ public key)[0:4]
//   vkey            <name>+<hex keyId>+base64(type ‖ public key)
//   type 0x01       log:      Ed25519 over the text
//   type 0x04       witness:  u64 big-endian time ‖ Ed25519 over "cosignature/v1\ntime <time>\n" ‖ text
//   checkpoint text <origin>\n<size>\n<base64 root>\n  and perhaps opaque extension lines
//
// The log signs its head. A witness (each trustee) signs a head only if it is consistent with every head that the
// witness signed before. A reader accepts a checkpoint with the log's signature and the signatures of a quorum of
// *different* witness keys. So a quorum of liars is needed to show two people different logs.
// A v1 cosignature does not name its signer. If one public key had two witness names, it would count twice; so that is
// refused.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, equalBytes, utf8ToBytes } from "./bytes.ts";
import { asSigner, nobleVerify, type Signer, type VerifySignature } from "./ed25519.ts";
import { fromBase64, toBase64 } from "./encodings.ts";
import { HASH_BYTES } from "./merkle.ts";

/** signed-note recommends a limit, of at least 16 */
const MAX_SIGNATURES = 64;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const TIME_BYTES = 8;

/** 0x01 for a log, 0x04 for a witness */
export type NoteKeyType = 0x01 | 0x04;
export const LOG_KEY: NoteKeyType = 0x01;
export const WITNESS_KEY: NoteKeyType = 0x04;

/** A trusted public key under its name. Only `noteKey` and `parseVkey` make one. */
export interface NoteKey {
  readonly name: string;
  readonly type: NoteKeyType;
  /** 4 bytes */
  readonly keyId: Uint8Array;
  /** Ed25519, 32 bytes */
  readonly publicKey: Uint8Array;
}

/** A key together with the signer for it. */
export interface NoteSigner {
  readonly key: NoteKey;
  readonly signer: Signer;
}

/** One signature line. The key id is 4 bytes. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}
/** A parsed note. No signature in it is verified yet. */
export interface Note {
  /** including its final newline */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The head of a log: its size and its Merkle root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes */
  readonly root: Uint8Array;
}

// ---- keys ----

/** @throws RangeError if the name is not a key name, or the key is not 32 bytes or of small order */
export function noteKey(name: string, type: NoteKeyType, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name)) throw new RangeError(`not a key name: ${JSON.stringify(name)}`);
  if (publicKey.length !== 32) throw new RangeError(`Ed25519 key: ${publicKey.length} bytes, expected 32`);
  // Decoding of RFC 8032 section 5.1.3. With a key of small order, anybody could sign.
  if (ed25519.Point.fromBytes(publicKey, false).isSmallOrder()) throw new RangeError("Ed25519 key of small order");
  const keyId = sha256(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(type), publicKey)).slice(0, KEY_ID_BYTES);
  return { name, type, keyId, publicKey };
}

/** <name>+<hex keyId>+base64(type ‖ public key) */
export function formatVkey(key: NoteKey): string {
  return `${key.name}+${bytesToHex(key.keyId)}+${toBase64(concatBytes(Uint8Array.of(key.type), key.publicKey))}`;
}

/** @throws if the string is not the canonical form of a key of this type */
export function parseVkey(vkey: string, type: NoteKeyType): NoteKey {
  // A name and hex hold no plus sign; base64 can.
  const [name, , ...rest] = vkey.split("+");
  const bytes = fromBase64(rest.join("+"));
  if (bytes[0] !== type) throw new RangeError(`key of type ${bytes[0]}, expected ${type}`);
  const key = noteKey(name as string, type, bytes.slice(1));
  if (formatVkey(key) !== vkey) throw new RangeError("key id does not belong to the key");
  return key;
}

/** @param by a 32-byte Ed25519 seed, or a signer */
export function noteSigner(name: string, type: NoteKeyType, by: Uint8Array | Signer): NoteSigner {
  const signer = asSigner(by);
  return { key: noteKey(name, type, signer.publicKey), signer };
}

function isKeyName(name: string): boolean {
  return name !== "" && !/[\p{White_Space}\p{Cc}\p{Surrogate}+]/u.test(name);
}

const isKey = (key: NoteKey, s: NoteSignature): boolean => key.name === s.name && equalBytes(key.keyId, s.keyId);

// ---- notes ----

/** Parses a note; undefined if it is none. Believe nothing in it before a signature is verified. */
export function parseNote(note: string): Note | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression must refuse control characters
  if (/[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u.test(note)) return undefined;
  const blank = note.lastIndexOf("\n\n");
  if (blank < 0) return undefined;
  const signatures = parseSignatures(note.slice(blank + 2));
  return signatures && { text: note.slice(0, blank + 1), signatures };
}

/** Parses one or more signature lines. Undefined if a line is malformed. */
export function parseSignatures(lines: string): NoteSignature[] | undefined {
  if (!lines.endsWith("\n")) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines.slice(0, -1).split("\n")) {
    const [dash, name, encoded, ...rest] = line.split(" ");
    if (dash !== "\u2014" || name === undefined || encoded === undefined || rest.length > 0) return undefined;
    const bytes = decodeBase64(encoded);
    if (!isKeyName(name) || !bytes || bytes.length <= KEY_ID_BYTES) return undefined;
    signatures.push({ name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) });
    if (signatures.length > MAX_SIGNATURES) return undefined;
  }
  return signatures;
}

/** One signature line of a note, with its newline. */
export const formatSignature = (s: NoteSignature): string =>
  `\u2014 ${s.name} ${toBase64(concatBytes(s.keyId, s.signature))}\n`;

/** The text of a note with its signature lines. */
export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignature).join("")}`;
}

/** Makes the log's signature over a text (type 0x01). @throws RangeError for a witness key */
export function signNote(text: string, { key, signer }: NoteSigner): NoteSignature {
  if (key.type !== LOG_KEY) throw new RangeError("a witness key cannot sign a note");
  return { name: key.name, keyId: key.keyId, signature: signer.sign(utf8ToBytes(text)) };
}

/**
 * Makes a witness's timestamped signature over a text (type 0x04). The caller has checked that the head is consistent.
 * @param time unix seconds
 * @throws RangeError for a log key or a bad time
 */
export function cosign(text: string, { key, signer }: NoteSigner, time: number): NoteSignature {
  if (key.type !== WITNESS_KEY) throw new RangeError("a log key cannot cosign");
  if (!Number.isSafeInteger(time) || time < 0) throw new RangeError(`not a time: ${time}`);
  const stamp = new Uint8Array(TIME_BYTES);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  const signature = concatBytes(stamp, signer.sign(cosignedMessage(text, BigInt(time))));
  return { name: key.name, keyId: key.keyId, signature };
}

const cosignedMessage = (text: string, time: bigint): Uint8Array =>
  utf8ToBytes(`cosignature/v1\ntime ${time}\n${text}`);

/** Whether `s` is the log's signature over the text (RFC 8032 verification, canonical encodings only). */
export function verifySignature(text: string, s: NoteSignature, key: NoteKey, verify = nobleVerify): boolean {
  if (key.type !== LOG_KEY || !isKey(key, s) || s.signature.length !== SIGNATURE_BYTES) return false;
  return verify(s.signature, utf8ToBytes(text), key.publicKey);
}

/** The unix seconds at which the witness signed the text. Undefined if `s` is not its signature. */
export function verifyCosignature(
  text: string,
  s: NoteSignature,
  key: NoteKey,
  verify = nobleVerify,
): number | undefined {
  if (key.type !== WITNESS_KEY || !isKey(key, s)) return undefined;
  if (s.signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const stamp = s.signature.slice(0, TIME_BYTES);
  const time = new DataView(stamp.buffer).getBigUint64(0);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const message = cosignedMessage(text, time);
  return verify(s.signature.slice(TIME_BYTES), message, key.publicKey) ? Number(time) : undefined;
}

// ---- checkpoints ----

/** The text of a checkpoint. @throws RangeError if the fields do not make one */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const text = `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
  if (!parseCheckpoint(text)) throw new RangeError(`not a checkpoint: ${JSON.stringify(text)}`);
  return text;
}

/**
 * Parses a checkpoint's text; undefined if it is none. A size beyond 2^53 - 1 is refused, because no log here can reach
 * it.
 */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  if (!text.endsWith("\n")) return undefined;
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, root] = lines;
  if (!origin || size === undefined || root === undefined || lines.includes("")) return undefined;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return undefined;
  const rootBytes = decodeBase64(root);
  if (rootBytes?.length !== HASH_BYTES) return undefined;
  return { origin, size: Number(size), root: rootBytes };
}

/** A note, and the keys that its reader trusts. */
export interface CheckpointTrust {
  note: string;
  /** type 0x01; its name is the checkpoint's origin */
  logKey: NoteKey;
  /** type 0x04 */
  witnesses: readonly NoteKey[];
  /** the number of different witnesses that must have signed; 0 trusts the log alone */
  quorum: number;
  verify?: VerifySignature;
}
/** The result of verifyCheckpoint. `time` is in unix seconds. */
export type VerifiedCheckpoint =
  | { ok: true; checkpoint: Checkpoint; text: string; cosigners: { name: string; time: number }[] }
  | { ok: false; reason: "malformed" | "wrong-origin" | "not-signed-by-log" | "bad-signature" | "no-quorum" };

/**
 * Verifies a checkpoint's note. It ignores signatures of unknown keys. A wrong signature under a known key makes the
 * note invalid (signed-note).
 * @throws RangeError if two witnesses share a name or a key
 */
export function verifyCheckpoint({ note, logKey, witnesses, quorum, verify }: CheckpointTrust): VerifiedCheckpoint {
  checkWitnesses(witnesses);
  const parsed = parseNote(note);
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (!parsed || !checkpoint) return { ok: false, reason: "malformed" };
  if (checkpoint.origin !== logKey.name) return { ok: false, reason: "wrong-origin" };
  const cosigners = new Map<string, number>();
  let signedByLog = false;
  for (const s of parsed.signatures) {
    if (isKey(logKey, s)) {
      if (!verifySignature(parsed.text, s, logKey, verify)) return { ok: false, reason: "bad-signature" };
      signedByLog = true;
      continue;
    }
    const witness = witnesses.find((w) => isKey(w, s));
    if (!witness) continue;
    const time = verifyCosignature(parsed.text, s, witness, verify);
    if (time === undefined) return { ok: false, reason: "bad-signature" };
    cosigners.set(witness.name, Math.max(time, cosigners.get(witness.name) ?? 0));
  }
  if (!signedByLog) return { ok: false, reason: "not-signed-by-log" };
  if (cosigners.size < quorum) return { ok: false, reason: "no-quorum" };
  return { ok: true, checkpoint, text: parsed.text, cosigners: [...cosigners].map(([name, time]) => ({ name, time })) };
}

function checkWitnesses(witnesses: readonly NoteKey[]): void {
  const names = new Set(witnesses.map((w) => w.name));
  const keys = new Set(witnesses.map((w) => bytesToHex(w.publicKey)));
  if (names.size !== witnesses.length || keys.size !== witnesses.length)
    throw new RangeError("two witnesses share a name or a key");
}

function decodeBase64(encoded: string): Uint8Array | undefined {
  try {
    return fromBase64(encoded);
  } catch {
    return undefined;
  }
}
