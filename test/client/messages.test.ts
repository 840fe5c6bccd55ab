// A patient and a clinic talk under a TID. These tests show what a hostile operator in the middle can do to their
// frames, and what it cannot do.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { AEAD_EXPORT_ONLY, CipherSuite, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from "hpke";
import { describe, expect, it } from "vitest";
import { hpkeSuite } from "../../client/sealing/hpke-suite.ts";
import {
  acceptServiceChannel,
  ChannelSetupError,
  FRAME_HEADER_BYTES,
  FrameChannel,
  type FrameError,
  generateServiceHpkeKey,
  HPKE_ENC_BYTES,
  openWalletChannel,
  readFrameHeader,
} from "../../client/sealing/messages.ts";

const bytesToUtf8 = (b: Uint8Array) => new TextDecoder().decode(b);
const service = await generateServiceHpkeKey();
const otherService = await generateServiceHpkeKey();
const context = utf8ToBytes("challenge of one check-in");
const tagHash = new Uint8Array(32).fill(7);

const channels = async () => {
  const { enc, channel: wallet } = await openWalletChannel({ servicePublicKey: service.publicKey, context, tagHash });
  const clinic = await acceptServiceChannel({ servicePrivateKey: service.privateKey, enc, context, tagHash });
  return { enc, wallet, clinic };
};

const refusal = (channel: FrameChannel, frame: Uint8Array): string => {
  const before = channel.serialise();
  try {
    channel.receive(frame);
  } catch (error) {
    expect(channel.serialise()).toEqual(before); // a refused frame does not change the state
    return (error as FrameError).code;
  }
  return "received";
};
const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const out = bytes.slice();
  out[at]! ^= 1;
  return out;
};
const text = utf8ToBytes;

describe("mark", () => {
  it("is the same at both ends, stays through frames and storage, and is new at each check-in", async () => {
    const { wallet, clinic } = await channels();
    const mark = wallet.mark();
    expect(mark).toHaveLength(16);
    expect(clinic.mark()).toEqual(mark);
    clinic.receive(wallet.send(text("hello")));
    expect(clinic.mark()).toEqual(mark);
    expect(FrameChannel.restore(wallet.serialise()).mark()).toEqual(mark);
    expect((await channels()).wallet.mark()).not.toEqual(mark);
  });
});

describe("visitCardKey", () => {
  it("is the same at both ends, stays through storage, and is neither the mark nor another check-in's key", async () => {
    const { wallet, clinic } = await channels();
    const key = wallet.visitCardKey();
    expect(key).toHaveLength(32);
    expect(clinic.visitCardKey()).toEqual(key);
    clinic.receive(wallet.send(text("hello")));
    expect(FrameChannel.restore(clinic.serialise()).visitCardKey()).toEqual(key);
    expect(key.subarray(0, 16)).not.toEqual(wallet.mark());
    expect((await channels()).wallet.visitCardKey()).not.toEqual(key);
  });
});

describe("channel", () => {
  it("carries messages both ways, in any order, over restarts at both ends", async () => {
    let { wallet, clinic } = await channels();
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 10; i++) {
      frames.push(wallet.send(text(`question ${i}`)));
      wallet = FrameChannel.restore(wallet.serialise());
    }
    for (const i of [3, 0, 9, 1, 2, 8, 7, 6, 5, 4]) {
      expect(bytesToUtf8(clinic.receive(frames[i]!))).toBe(`question ${i}`);
      clinic = FrameChannel.restore(clinic.serialise());
    }
    expect(wallet.receive(clinic.send(text("answer")))).toEqual(text("answer"));
    for (const frame of frames) expect(refusal(clinic, frame)).toBe("frame-replayed");
  });

  it("continues the numbers of frames after a restart, and never uses a number twice", async () => {
    const { wallet } = await channels();
    wallet.send(text("a"));
    const restored = FrameChannel.restore(wallet.serialise());
    expect(readFrameHeader(restored.send(text("b")))).toEqual({ direction: 0, seq: 1n });
    expect(readFrameHeader(restored.send(text("b")))).toEqual({ direction: 0, seq: 2n });
  });

  it("hides a message's length up to its bucket, and accepts an empty message", async () => {
    const { wallet, clinic } = await channels();
    const sizes = ["", "yes", "no, and here is why: ".repeat(20)].map((s) => wallet.send(text(s)).length);
    expect(new Set(sizes).size).toBe(1);
    expect(clinic.receive(wallet.send(new Uint8Array())).length).toBe(0);
  });

  it("has fresh keys every time", async () => {
    const [a, b] = [await channels(), await channels()];
    expect(a.enc).toHaveLength(HPKE_ENC_BYTES);
    expect(a.enc).not.toEqual(b.enc);
    expect(refusal(b.clinic, a.wallet.send(text("m")))).toBe("frame-altered");
  });
});

describe("the receiver refuses", () => {
  it("any altered byte of a frame", async () => {
    const { wallet, clinic } = await channels();
    const frame = wallet.send(text("m"));
    for (let i = 0; i < frame.length; i++) expect(refusal(clinic, flipped(frame, i))).toMatch(/altered|malformed/);
    expect(bytesToUtf8(clinic.receive(frame))).toBe("m");
  });

  it("a frame that was cut, lengthened, or given another frame's number", async () => {
    const { wallet, clinic } = await channels();
    const [first, second] = [wallet.send(text("first")), wallet.send(text("second"))];
    for (const n of [0, 9, FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + 15])
      expect(refusal(clinic, first.subarray(0, n))).toBe("frame-malformed");
    expect(refusal(clinic, first.subarray(0, first.length - 1))).toBe("frame-altered");
    expect(refusal(clinic, Uint8Array.of(...first, 0))).toBe("frame-altered");
    const swapped = Uint8Array.of(...second.subarray(0, FRAME_HEADER_BYTES), ...first.subarray(FRAME_HEADER_BYTES));
    expect(refusal(clinic, swapped)).toBe("frame-altered");
  });

  it("a frame that is sent back to its sender, unchanged or with the other direction", async () => {
    const { wallet, clinic } = await channels();
    const frame = wallet.send(text("m"));
    expect(refusal(wallet, frame)).toBe("frame-malformed");
    expect(refusal(wallet, flipped(frame, 1))).toBe("frame-altered");
    expect(refusal(clinic, flipped(frame, 1))).toBe("frame-malformed");
  });

  it("a replay, also after a restart, and a frame behind the window", async () => {
    const { wallet, clinic } = await channels();
    const frames = Array.from({ length: 8131 }, () => wallet.send(text("")));
    clinic.receive(frames[1]!);
    expect(refusal(FrameChannel.restore(clinic.serialise()), frames[1]!)).toBe("frame-replayed");
    clinic.receive(frames[8130]!);
    expect(refusal(clinic, frames[0]!)).toBe("frame-too-old");
    expect(refusal(clinic, frames[1]!)).toBe("frame-too-old");
    expect(refusal(clinic, frames[2]!)).toBe("received");
  });

  it("a forged number far ahead, which must not push honest frames out of the window", async () => {
    const { wallet, clinic } = await channels();
    const honest = wallet.send(text("m"));
    const forged = honest.slice();
    forged.fill(0xff, 2, 3);
    expect(refusal(clinic, forged)).toBe("frame-altered");
    forged.fill(0xff, 2, FRAME_HEADER_BYTES);
    expect(refusal(clinic, forged)).toBe("frame-limit");
    expect(refusal(clinic, honest)).toBe("received");
  });

  it.each([
    ["another session", { tagHash: new Uint8Array(32).fill(8) }],
    ["another check-in", { context: utf8ToBytes("another challenge") }],
    ["another service", { servicePrivateKey: otherService.privateKey }],
  ])("every frame at the end of %s", async (_, difference) => {
    const { enc, channel } = await openWalletChannel({ servicePublicKey: service.publicKey, context, tagHash });
    const honest = { servicePrivateKey: service.privateKey, enc, context, tagHash };
    const other = await acceptServiceChannel({ ...honest, ...difference });
    expect(refusal(other, channel.send(text("m")))).toBe("frame-altered");
    expect(refusal(channel, other.send(text("m")))).toBe("frame-altered");
  });

  it("keys and encapsulations that do not decode, and an enc that was changed on the way", async () => {
    const { enc, channel } = await openWalletChannel({ servicePublicKey: service.publicKey, context, tagHash });
    const servicePrivateKey = service.privateKey;
    const accepting = (e: Uint8Array) => acceptServiceChannel({ servicePrivateKey, enc: e, context, tagHash });
    await expect(accepting(enc.subarray(1))).rejects.toThrow(ChannelSetupError);
    await expect(accepting(Uint8Array.of(...enc, 0))).rejects.toThrow(ChannelSetupError);
    for (const at of [0, 1087, 1088, 1119])
      expect(refusal(await accepting(flipped(enc, at)), channel.send(text("m")))).toBe("frame-altered");
    const short = service.publicKey.subarray(1);
    await expect(openWalletChannel({ servicePublicKey: short, context, tagHash })).rejects.toThrow(ChannelSetupError);
    const lowOrder = Uint8Array.of(...service.publicKey.subarray(0, 1184), ...new Uint8Array(32));
    const opening = openWalletChannel({ servicePublicKey: lowOrder, context, tagHash });
    await expect(opening).rejects.toThrow(ChannelSetupError);
    const tag = tagHash.subarray(1);
    await expect(openWalletChannel({ servicePublicKey: service.publicKey, context, tagHash: tag })).rejects.toThrow(
      RangeError,
    );
  });

  it("a stored state that is not a channel's", async () => {
    const state = (await channels()).wallet.serialise();
    expect(() => FrameChannel.restore(state.subarray(1))).toThrow();
    expect(() => FrameChannel.restore(Uint8Array.of(...state, 0))).toThrow();
    for (const at of [0, 1]) {
      const other = state.slice();
      other[at] = 9;
      expect(() => FrameChannel.restore(other)).toThrow();
    }
  });
});

describe("the suite is the registered one", () => {
  const node = new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY); // WebCrypto's ML-KEM, in Node
  const info = text("info");
  const exported = (ctx: { Export(context: Uint8Array, n: number): Promise<Uint8Array> }) => ctx.Export(info, 32);

  it("agrees with the KEM of WebCrypto, as sender and as recipient", async () => {
    for (const [a, b] of [
      [hpkeSuite, node],
      [node, hpkeSuite],
    ] as [CipherSuite, CipherSuite][]) {
      const publicKey = await a.DeserializePublicKey(service.publicKey);
      const privateKey = await b.DeserializePrivateKey(service.privateKey);
      const { encapsulatedSecret, ctx } = await a.SetupSender(publicKey, { info });
      const received = await b.SetupRecipient(privateKey, encapsulatedSecret, { info });
      expect(await exported(ctx)).toEqual(await exported(received));
    }
  });

  it("lets an implementation from the specification alone open a frame", async () => {
    const { enc, wallet } = await channels();
    wallet.send(text("first"));
    const frame = wallet.send(text("second"));
    const privateKey = await node.DeserializePrivateKey(service.privateKey);
    const ctx = await node.SetupRecipient(privateKey, enc, {
      info: concatBytes(text("SYMBOLON-V1-HPKE-MESSAGES."), context),
    });
    const key = await ctx.Export(concatBytes(text("SYMBOLON-V1-HPKE-FRAMES."), tagHash), 32);
    const header = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const nonce = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const aad = concatBytes(Uint8Array.of(0, 0, 0, 32), tagHash, Uint8Array.of(0, 0, 0, 10), header);
    expect(frame.subarray(0, FRAME_HEADER_BYTES)).toEqual(header);
    const padded = chacha20poly1305(key, nonce, aad).decrypt(frame.subarray(FRAME_HEADER_BYTES));
    expect(padded).toHaveLength(512);
    expect(padded.subarray(0, 11)).toEqual(concatBytes(Uint8Array.of(1, 0, 0, 0, 6), text("second")));
  });
});
