// The message channel between a wallet and a service, set up inside the presentation: HPKE base mode, the wallet sends.
// The service is authenticated by its HPKE key, the wallet by the presentation that carries enc (its proof covers enc).
//
//   enc, exporter   HPKE.Setup(service public key, info = HPKE-MESSAGES ‖ context), suite of hpke-suite.ts;
//                   context names this one check-in (the challenge); a fresh context every time
//   key 0           Export(HPKE-FRAMES ‖ tagHash, 32)   wallet -> service
//   key 1           Export(HPKE-REPLY ‖ tagHash, 32)    service -> wallet
//
//   header          u8 version 1 ‖ u8 direction, 0 or 1 ‖ u64 seq
//   frame           header ‖ ChaCha20-Poly1305(key of the direction, nonce = 4 zero bytes ‖ u64 seq,
//                   aad = frame(tagHash, header), pad(plaintext))
//
//   state           u8 version 1 ‖ u8 direction sent ‖ tagHash ‖ key sent under ‖ key received under ‖ u64 next seq ‖
//                   replay window (replay-window.ts)
//
// seq counts from 0 in each direction. A receiver follows RFC 4303: window, then tag, then window moves. So a frame is
// taken once; one repeated, altered, reflected, from another session or behind the window is refused and moves nothing.
//
// THE CALLER'S DUTY: a nonce must never serve twice. After send() store serialise() durably before the frame leaves,
// and after receive() before acting on the plaintext; after a restart go on from the stored bytes, never from an older
// copy (not from a backup either: a channel whose latest state is lost is over, the next check-in makes a new one).
// Keys do not ratchet: whoever gets a serialised state reads that session's frames, past ones included.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import * as P from "micro-packed";
import { concatBytes, frame, utf8ToBytes } from "../../protocol/bytes.ts";
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
import { hpkeSuite } from "./hpke-suite.ts";
import { pad, unpad } from "./padding.ts";

export { HPKE_ENC_BYTES, HPKE_PRIVATE_KEY_BYTES, HPKE_PUBLIC_KEY_BYTES } from "./hpke-suite.ts";

const FRAME_VERSION = 1;
const STATE_VERSION = 1;
export const FRAME_HEADER_BYTES = 10;
const AEAD_TAG_BYTES = 16;
const KEY_BYTES = 32;
const TAG_HASH_BYTES = 32;

const WALLET_TO_SERVICE = 0;
const SERVICE_TO_WALLET = 1;
type Direction = typeof WALLET_TO_SERVICE | typeof SERVICE_TO_WALLET;

export class FrameError extends Error {
  override name = "FrameError";
  /** malformed: not a frame for this end; altered: the tag does not verify; the rest is the window's answer */
  readonly reason: "malformed" | "altered" | "replayed" | "too-old" | "limit";
  constructor(reason: FrameError["reason"]) {
    super(`frame refused: ${reason}`);
    this.reason = reason;
  }
}

/** The service's public key does not decode, or enc does not open with its private key. */
export class ChannelSetupError extends Error {
  override name = "ChannelSetupError";
}

export interface FrameHeader {
  readonly direction: Direction;
  readonly seq: bigint;
}

/** The clear part of a frame, for whoever queues frames without reading them. It is not authentic before receive(). */
export function readFrameHeader(bytes: Uint8Array): FrameHeader {
  if (bytes.length < FRAME_HEADER_BYTES + AEAD_TAG_BYTES || bytes[0] !== FRAME_VERSION)
    throw new FrameError("malformed");
  const sent = bytes[1];
  if (sent !== WALLET_TO_SERVICE && sent !== SERVICE_TO_WALLET) throw new FrameError("malformed");
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

/** One end of a channel. Synchronous, so that a caller can open, check, store and act in one block. */
export class FrameChannel {
  #state: ChannelState;

  constructor(state: ChannelState) {
    this.#state = state;
  }

  /** Store serialise() before this frame leaves. */
  send(plaintext: Uint8Array): Uint8Array {
    const { sends, tagHash, sendKey, nextSeq } = this.#state;
    if (nextSeq >= SEQ_LIMIT) throw new FrameError("limit");
    const header = encodeHeader({ direction: sends, seq: nextSeq });
    this.#state = { ...this.#state, nextSeq: nextSeq + 1n };
    return concatBytes(header, aead(sendKey, tagHash, header).encrypt(pad(plaintext)));
  }

  /** @throws FrameError, and then nothing has changed */
  receive(bytes: Uint8Array): Uint8Array {
    const { sends, tagHash, receiveKey, window } = this.#state;
    const { direction: sent, seq } = readFrameHeader(bytes);
    if (sent === sends) throw new FrameError("malformed");
    const decision = check(window, seq);
    if (decision !== "ok") throw new FrameError(decision);
    let plaintext: Uint8Array;
    try {
      const header = bytes.subarray(0, FRAME_HEADER_BYTES);
      plaintext = unpad(aead(receiveKey, tagHash, header).decrypt(bytes.subarray(FRAME_HEADER_BYTES)));
    } catch {
      throw new FrameError("altered");
    }
    this.#state = { ...this.#state, window: accept(window, seq) };
    return plaintext;
  }

  /** Holds keys: keep it as secret as they are. */
  serialise(): Uint8Array {
    return stateCodec.encode(this.#state);
  }

  /** @throws for anything that serialise did not make */
  static restore(bytes: Uint8Array): FrameChannel {
    return new FrameChannel(stateCodec.decode(bytes));
  }
}

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
  /** from the service's signed card, 1216 bytes */
  readonly servicePublicKey: Uint8Array;
  readonly context: Uint8Array;
  readonly tagHash: Uint8Array;
}

/** The wallet's end; enc (1120 bytes) goes into the presentation. @throws ChannelSetupError */
export async function openWalletChannel(
  parameters: WalletChannelParameters,
): Promise<{ enc: Uint8Array; channel: FrameChannel }> {
  const setup = await (async () => {
    const publicKey = await hpkeSuite.DeserializePublicKey(parameters.servicePublicKey);
    return hpkeSuite.SetupSender(publicKey, { info: infoOf(parameters.context) });
  })().catch((cause: unknown) => {
    throw new ChannelSetupError("the service's key cannot be used", { cause });
  });
  const channel = await channelOver(setup.ctx, WALLET_TO_SERVICE, parameters.tagHash);
  return { enc: setup.encapsulatedSecret, channel };
}

export interface ServiceChannelParameters {
  /** 32 bytes */
  readonly servicePrivateKey: Uint8Array;
  readonly enc: Uint8Array;
  readonly context: Uint8Array;
  readonly tagHash: Uint8Array;
}

/**
 * The service's end. ML-KEM rejects implicitly: an enc made for another key, context or session sets up a channel whose
 * every frame is "altered". @throws ChannelSetupError for an enc or key that does not decode
 */
export async function acceptServiceChannel(parameters: ServiceChannelParameters): Promise<FrameChannel> {
  const context = await (async () => {
    const privateKey = await hpkeSuite.DeserializePrivateKey(parameters.servicePrivateKey);
    return hpkeSuite.SetupRecipient(privateKey, parameters.enc, { info: infoOf(parameters.context) });
  })().catch((cause: unknown) => {
    throw new ChannelSetupError("enc cannot be opened", { cause });
  });
  return channelOver(context, SERVICE_TO_WALLET, parameters.tagHash);
}

export interface ServiceHpkeKey {
  /** 1216 bytes, published in the service's card */
  readonly publicKey: Uint8Array;
  /** 32 bytes, stays in the clinic */
  readonly privateKey: Uint8Array;
}

export async function generateServiceHpkeKey(): Promise<ServiceHpkeKey> {
  const { publicKey, privateKey } = await hpkeSuite.GenerateKeyPair(true);
  return {
    publicKey: await hpkeSuite.SerializePublicKey(publicKey),
    privateKey: await hpkeSuite.SerializePrivateKey(privateKey),
  };
}
