// The message channel between a wallet and a service. The presentation sets it up: HPKE base mode, in which the wallet
// sends. The service is authenticated by its HPKE key. The wallet is authenticated by the presentation, whose proof
// covers enc.
//
//   enc, exporter   HPKE.Setup(service public key, info = HPKE-MESSAGES ‖ context), suite of hpke-suite.ts;
//                   context names this one check-in (the challenge); a fresh context every time
//   key 0           Export(HPKE-FRAMES ‖ tagHash, 32)   wallet -> service
//   key 1           Export(HPKE-REPLY ‖ tagHash, 32)    service -> wallet
//
//   mark            labelledHash(HASH-VISIT-MARK, key 0, key 1), its first 16 bytes: both ends draw the same picture from it
//   card key        labelledHash(KDF-VISIT-CARD, key 0, key 1): the key of the visit's card on paper (client/shared/visit-card.ts)
//
//   header          u8 version 1 ‖ u8 direction, 0 or 1 ‖ u64 seq
//   frame           header ‖ ChaCha20-Poly1305(key of the direction, nonce = 4 zero bytes ‖ u64 seq,
//                   aad = frame(tagHash, header), pad(plaintext))
//
//   state           u8 version 1 ‖ u8 direction sent ‖ tagHash ‖ key sent under ‖ key received under ‖ u64 next seq ‖
//                   replay window (replay-window.ts)
//
// seq counts from 0 in each direction. A receiver follows RFC 4303: it asks the window, then verifies the tag, then
// moves the window. So each frame is accepted once. A frame that is repeated, altered, reflected, from another session
// or behind the window is refused, and the window does not move.
//
// THE CALLER'S DUTY: a nonce must never serve twice. After send(), store serialise() durably before the frame leaves.
// After receive(), store it before acting on the plaintext. After a restart go on from the stored bytes, and never from
// an older copy or a backup. If the latest state of a channel is lost, the channel is over: the next check-in makes a
// new one. Keys do not ratchet: anybody who gets a serialised state can read that session's frames, past ones included.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import * as P from "micro-packed";
import { concatBytes, frame, hexToBytes, labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { isHex } from "../../protocol/encodings.ts";
import { LABELS, type Label } from "../../protocol/labels.ts";
import {
  accept,
  check,
  decodeWindow,
  encodeWindow,
  newWindow,
  type ReplayWindow,
  SEQ_LIMIT,
  WINDOW_STATE_BYTES,
} from "../../protocol/replay-window.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";
import { hpkeSuite } from "./hpke-suite.ts";
import { pad, unpad } from "./padding.ts";

export { HPKE_ENC_BYTES } from "./hpke-suite.ts";

const FRAME_VERSION = 1;
const STATE_VERSION = 1;
export const FRAME_HEADER_BYTES = 10;
const AEAD_TAG_BYTES = 16;
const KEY_BYTES = 32;
const TAG_HASH_BYTES = 32;
const MARK_BYTES = 16;

const WALLET_TO_SERVICE = 0;
const SERVICE_TO_WALLET = 1;
type Direction = typeof WALLET_TO_SERVICE | typeof SERVICE_TO_WALLET;

/**
 * frame-malformed: not a frame for this end. frame-altered: the tag does not verify. The other codes are answers of the
 * replay window.
 */
export class FrameError extends SymbolonError<CodeOf<"FrameError">> {
  override name = "FrameError";
}

/** The service's public key does not decode, or enc does not open with its private key. */
export class ChannelSetupError extends SymbolonError<"channel-setup"> {
  override name = "ChannelSetupError";
  constructor(detail: string, cause: unknown) {
    super("channel-setup", detail, { cause });
  }
}

export interface FrameHeader {
  readonly direction: Direction;
  readonly seq: bigint;
}

/**
 * The clear part of a frame, for a role that queues frames without reading them. Only receive() authenticates it.
 * @throws FrameError frame-malformed
 */
export function readFrameHeader(bytes: Uint8Array): FrameHeader {
  if (bytes.length < FRAME_HEADER_BYTES + AEAD_TAG_BYTES || bytes[0] !== FRAME_VERSION)
    throw new FrameError("frame-malformed");
  const sent = bytes[1];
  if (sent !== WALLET_TO_SERVICE && sent !== SERVICE_TO_WALLET) throw new FrameError("frame-malformed");
  return { direction: sent, seq: new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(2) };
}

function encodeHeader({ direction: sent, seq }: FrameHeader): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  header[0] = FRAME_VERSION;
  header[1] = sent;
  new DataView(header.buffer).setBigUint64(2, seq);
  return header;
}

function aead(key: Uint8Array, tagHash: Uint8Array, header: Uint8Array) {
  const nonce = concatBytes(new Uint8Array(4), header.subarray(2, FRAME_HEADER_BYTES));
  return chacha20poly1305(key, nonce, frame(tagHash, header));
}

interface ChannelState {
  readonly sends: Direction;
  readonly tagHash: Uint8Array;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  readonly nextSeq: bigint;
  readonly window: ReplayWindow;
}

const direction = P.validate(P.U8, (d) => {
  if (d !== WALLET_TO_SERVICE && d !== SERVICE_TO_WALLET) throw new Error(`unknown direction ${d}`);
  return d;
}) as P.CoderType<Direction>;

const stateCodec = P.struct({
  version: P.magic(P.U8, STATE_VERSION),
  sends: direction,
  tagHash: P.bytes(TAG_HASH_BYTES),
  sendKey: P.bytes(KEY_BYTES),
  receiveKey: P.bytes(KEY_BYTES),
  nextSeq: P.U64BE,
  window: P.apply(P.bytes(WINDOW_STATE_BYTES), { encode: decodeWindow, decode: encodeWindow }),
});

/** One end of a channel. It is synchronous, so that a caller can open, check, store and act in one block. */
export class FrameChannel {
  #state: ChannelState;

  constructor(state: ChannelState) {
    this.#state = state;
  }

  /** Seals the next frame. Store serialise() before the frame leaves. @throws FrameError frame-limit */
  send(plaintext: Uint8Array): Uint8Array {
    const { sends, tagHash, sendKey, nextSeq } = this.#state;
    if (nextSeq >= SEQ_LIMIT) throw new FrameError("frame-limit");
    const header = encodeHeader({ direction: sends, seq: nextSeq });
    this.#state = { ...this.#state, nextSeq: nextSeq + 1n };
    return concatBytes(header, aead(sendKey, tagHash, header).encrypt(pad(plaintext)));
  }

  /**
   * Opens a frame. Store serialise() before acting on the plaintext.
   * @throws FrameError; then the state has not changed
   */
  receive(bytes: Uint8Array): Uint8Array {
    const { sends, tagHash, receiveKey, window } = this.#state;
    const { direction: sent, seq } = readFrameHeader(bytes);
    if (sent === sends) throw new FrameError("frame-malformed");
    const decision = check(window, seq);
    if (decision !== "ok") throw new FrameError(`frame-${decision}`);
    let plaintext: Uint8Array;
    try {
      const header = bytes.subarray(0, FRAME_HEADER_BYTES);
      plaintext = unpad(aead(receiveKey, tagHash, header).decrypt(bytes.subarray(FRAME_HEADER_BYTES)));
    } catch {
      throw new FrameError("frame-altered");
    }
    this.#state = { ...this.#state, window: accept(window, seq) };
    return plaintext;
  }

  /**
   * 16 bytes that only the two ends know: each draws its half of the visit's disc from them. They tell nothing of the keys and
   * nothing of the tag.
   */
  mark(): Uint8Array {
    return labelledHash(LABELS.visitMark, ...this.#keys()).subarray(0, MARK_BYTES);
  }

  /**
   * The key under which the wallet makes the visit's card and the clinic checks it, 32 bytes. Secret: only the two ends know it.
   * The stored keys give it, as they give the mark, so a channel that was set up before there were cards has it too.
   */
  visitCardKey(): Uint8Array {
    return labelledHash(LABELS.visitCardKey, ...this.#keys());
  }

  /** Key 0 and key 1. */
  #keys(): [toService: Uint8Array, toWallet: Uint8Array] {
    const { sends, sendKey, receiveKey } = this.#state;
    return sends === WALLET_TO_SERVICE ? [sendKey, receiveKey] : [receiveKey, sendKey];
  }

  /** The state, with the keys: as secret as they are. */
  serialise(): Uint8Array {
    return stateCodec.encode(this.#state);
  }

  /** @throws SymbolonError bad-state if serialise did not make these bytes */
  static restore(bytes: Uint8Array): FrameChannel {
    return translate(
      () => new FrameChannel(stateCodec.decode(bytes)),
      (cause) => new SymbolonError("bad-state", `message channel (${textOfCause(cause)})`, { cause }),
    );
  }
}

/** A channel from its stored state, as hex. @throws SymbolonError bad-state */
export const restoreChannel = (stored: string): FrameChannel =>
  FrameChannel.restore(isHex(stored) ? hexToBytes(stored) : new Uint8Array());

interface Exporter {
  Export(context: Uint8Array, length: number): Promise<Uint8Array>;
}

async function channelOver(exporter: Exporter, sends: Direction, tagHash: Uint8Array): Promise<FrameChannel> {
  if (tagHash.length !== TAG_HASH_BYTES) throw new RangeError(`tagHash: ${tagHash.length} bytes, expected 32`);
  const key = (label: Label) => exporter.Export(concatBytes(utf8ToBytes(label), tagHash), KEY_BYTES);
  const [toService, toWallet] = [await key(LABELS.messageKey), await key(LABELS.replyKey)];
  const [sendKey, receiveKey] = sends === WALLET_TO_SERVICE ? [toService, toWallet] : [toWallet, toService];
  return new FrameChannel({ sends, tagHash: tagHash.slice(), sendKey, receiveKey, nextSeq: 0n, window: newWindow() });
}

const infoOf = (context: Uint8Array): Uint8Array => concatBytes(utf8ToBytes(LABELS.messageInfo), context);

export interface WalletChannelParameters {
  /** 1216 bytes, from the service's signed card */
  readonly servicePublicKey: Uint8Array;
  /** channelContext of the check-in */
  readonly context: Uint8Array;
  /** 32 bytes */
  readonly tagHash: Uint8Array;
}

/** Sets up the wallet's end. `enc` (1120 bytes) goes into the presentation. @throws ChannelSetupError */
export async function openWalletChannel(
  parameters: WalletChannelParameters,
): Promise<{ enc: Uint8Array; channel: FrameChannel }> {
  const setup = await (async () => {
    const publicKey = await hpkeSuite.DeserializePublicKey(parameters.servicePublicKey);
    return hpkeSuite.SetupSender(publicKey, { info: infoOf(parameters.context) });
  })().catch((cause: unknown) => {
    throw new ChannelSetupError("the service's key cannot be used", cause);
  });
  const channel = await channelOver(setup.ctx, WALLET_TO_SERVICE, parameters.tagHash);
  return { enc: setup.encapsulatedSecret, channel };
}

export interface ServiceChannelParameters {
  /** 32 bytes */
  readonly servicePrivateKey: Uint8Array;
  /** 1120 bytes, from the check-in */
  readonly enc: Uint8Array;
  readonly context: Uint8Array;
  readonly tagHash: Uint8Array;
}

/**
 * Sets up the service's end. ML-KEM rejects implicitly: an enc made for another key, context or session sets up a
 * channel in which every frame is refused as frame-altered.
 * @throws ChannelSetupError if enc or key do not decode
 */
export async function acceptServiceChannel(parameters: ServiceChannelParameters): Promise<FrameChannel> {
  const context = await (async () => {
    const privateKey = await hpkeSuite.DeserializePrivateKey(parameters.servicePrivateKey);
    return hpkeSuite.SetupRecipient(privateKey, parameters.enc, { info: infoOf(parameters.context) });
  })().catch((cause: unknown) => {
    throw new ChannelSetupError("enc cannot be opened", cause);
  });
  return channelOver(context, SERVICE_TO_WALLET, parameters.tagHash);
}

export interface ServiceHpkeKey {
  /** 1216 bytes; the service's card publishes it */
  readonly publicKey: Uint8Array;
  /** 32 bytes; it stays in the clinic */
  readonly privateKey: Uint8Array;
}

export async function generateServiceHpkeKey(): Promise<ServiceHpkeKey> {
  const { publicKey, privateKey } = await hpkeSuite.GenerateKeyPair(true);
  return {
    publicKey: await hpkeSuite.SerializePublicKey(publicKey),
    privateKey: await hpkeSuite.SerializePrivateKey(privateKey),
  };
}
