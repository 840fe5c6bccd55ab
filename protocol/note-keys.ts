// Keys of the log and of its witnesses, made from a 32-byte seed.
// A secret binding holds the name and then the seed in hex: "<name>+<seed hex>".
// The public side is the C2SP vkey string of note.ts.

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "./bytes.ts";
import { formatVkey, LOG_KEY, type NoteKeyType, noteKey, WITNESS_KEY } from "./note.ts";

/** The two text forms of a key. */
export interface NoteKeyPair {
  /** "<name>+<seed hex>" */
  skey: string;
  vkey: string;
}

function makeKeys(seed: Uint8Array, name: string, type: NoteKeyType): NoteKeyPair {
  return {
    skey: `${name}+${bytesToHex(seed)}`,
    vkey: formatVkey(noteKey(name, type, ed25519.getPublicKey(seed))),
  };
}
/** Keys of a log (type 0x01). @param seed 32 bytes */
export const makeLogKeys = (seed: Uint8Array, origin: string): NoteKeyPair => makeKeys(seed, origin, LOG_KEY);
/** Keys of a witness (type 0x04). @param seed 32 bytes */
export const makeWitnessKeys = (seed: Uint8Array, name: string): NoteKeyPair => makeKeys(seed, name, WITNESS_KEY);

/** Reads "<name>+<seed hex>". @throws RangeError for another form */
export function parseSkey(skey: string): { name: string; secretKey: Uint8Array } {
  const m = /^([^\s+]+)\+([0-9a-f]{64})$/.exec(skey);
  if (!m) throw new RangeError("note secret key: <name>+<32 bytes in hex> expected");
  return { name: m[1]!, secretKey: hexToBytes(m[2]!) };
}
