// The sliding anti-replay window of RFC 4303 section 3.4.3, kept as the ring of blocks of RFC 6479.
//
//   seq       u64, from 0; a sender never repeats one. A seq of SEQ_LIMIT or above is refused ("limit"), so that the
//             arithmetic below never wraps: the channel has ended, and the parties set up a fresh one.
//   accepted  seq > highest, or highest - seq <= WINDOW and not seen before
//   ring      256 blocks of 32 bits: 8192 bits, of which WINDOW = 8128 and the highest are in use. When the window moves
//             up, it clears the blocks that it passes, and never more than the whole ring, however far it jumps.
//
// RFC 4303 fixes the order: check first, then verify the frame's authenticity, and only then accept. So an attacker
// without the key cannot move the window. accept() returns a new state. The old state stays unchanged until the caller
// has stored the new one, so a fault in between loses nothing and repeats nothing.
//
// encoded   u8 version 1 ‖ u64 highest ‖ 1024 bytes ring, block 0 first, each block u32 big-endian. Bit (seq mod 32)
//           of block (seq / 32 mod 256) means: seen. Bits above highest, within its block and in blocks not yet
//           reached, are zero. The bit of highest is set, except in a new window. A decoder refuses anything else.
//
// The parameters are those of WireGuard (wireguard-go replay/replay.go), and its self-test provides our vectors.

/** how far a seq may lie below the highest one */
export const WINDOW = 8128;
/** the first seq that is always refused */
export const SEQ_LIMIT: bigint = 2n ** 64n - 2n ** 13n - 1n;
/** length of an encoded window */
export const WINDOW_STATE_BYTES = 1 + 8 + 1024;

const VERSION = 1;
const BLOCKS = 256;
const RING_BITS = BLOCKS * 32;

/** "replayed": seen before. "too-old": below the window. "limit": the channel has ended. */
export type Decision = "ok" | "replayed" | "too-old" | "limit";

/** The state of one window: the highest accepted seq, and a bit per seq. */
export interface ReplayWindow {
  readonly highest: bigint;
  readonly ring: Uint32Array;
}

/** A window that has accepted nothing. */
export const newWindow = (): ReplayWindow => ({ highest: 0n, ring: new Uint32Array(BLOCKS) });

const ringBit = (seq: bigint): number => Number(seq & BigInt(RING_BITS - 1));
const isSet = (ring: Uint32Array, bit: number): boolean => ((ring[bit >>> 5]! >>> (bit & 31)) & 1) === 1;

function toSeq(seq: bigint | number): bigint {
  if (typeof seq === "number" && !Number.isSafeInteger(seq)) throw new RangeError(`seq is not a safe integer: ${seq}`);
  const s = BigInt(seq);
  if (s < 0n) throw new RangeError(`seq is negative: ${s}`);
  return s;
}

/**
 * The decision about a seq. It changes nothing.
 * @throws RangeError for a negative seq, or for a number that is not a safe integer
 */
export function check(window: ReplayWindow, seq: bigint | number): Decision {
  const s = toSeq(seq);
  if (s >= SEQ_LIMIT) return "limit";
  if (s > window.highest) return "ok";
  if (window.highest - s > BigInt(WINDOW)) return "too-old";
  return isSet(window.ring, ringBit(s)) ? "replayed" : "ok";
}

/**
 * The window after `seq` was accepted. `seq` must check as "ok", and the caller must have verified the authenticity of
 * its frame.
 * @throws Error if seq does not check as "ok"
 */
export function accept(window: ReplayWindow, seq: bigint | number): ReplayWindow {
  const decision = check(window, seq);
  if (decision !== "ok") throw new Error(`accept: the seq is ${decision}`);
  const s = toSeq(seq);
  const ring = window.ring.slice();
  let highest = window.highest;
  if (s > highest) {
    const from = highest >> 5n;
    const passed = (s >> 5n) - from;
    if (passed >= BigInt(BLOCKS)) ring.fill(0);
    else for (let i = 1n; i <= passed; i++) ring[Number((from + i) & BigInt(BLOCKS - 1))] = 0;
    highest = s;
  }
  const bit = ringBit(s);
  ring[bit >>> 5]! |= 1 << (bit & 31);
  return { highest, ring };
}

/** The encoding of the header, WINDOW_STATE_BYTES long. */
export function encodeWindow(window: ReplayWindow): Uint8Array {
  const out = new Uint8Array(WINDOW_STATE_BYTES);
  const view = new DataView(out.buffer);
  view.setUint8(0, VERSION);
  view.setBigUint64(1, window.highest);
  window.ring.forEach((block, i) => {
    view.setUint32(9 + 4 * i, block);
  });
  return out;
}

/** @throws RangeError if the bytes are not the encoding of a window */
export function decodeWindow(bytes: Uint8Array): ReplayWindow {
  if (bytes.length !== WINDOW_STATE_BYTES)
    throw new RangeError(`window: ${bytes.length} bytes, expected ${WINDOW_STATE_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== VERSION) throw new RangeError(`window: unknown version ${view.getUint8(0)}`);
  const highest = view.getBigUint64(1);
  if (highest >= SEQ_LIMIT) throw new RangeError("window: highest is past the limit");
  const ring = Uint32Array.from({ length: BLOCKS }, (_, i) => view.getUint32(9 + 4 * i));
  const unreached = highest < BigInt(RING_BITS) ? RING_BITS - 1 - Number(highest) : 31 - Number(highest & 31n);
  for (let i = 1n; i <= BigInt(unreached); i++)
    if (isSet(ring, ringBit(highest + i))) throw new RangeError("window: a seq above the highest is marked as seen");
  if (!isSet(ring, ringBit(highest)) && highest !== 0n)
    throw new RangeError("window: the highest is not marked as seen");
  return { highest, ring };
}
