// The clinic's end of its sessions' message channels. The new state of a channel is stored before a frame leaves, and
// before received messages are handed on. Concurrent calls take turns. Two processes must not share one store.

import type { WaitingFrames } from "../../api/service/messages.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { channelContext } from "../../protocol/documents.ts";
import { fromBase64url, type Hex } from "../../protocol/encodings.ts";
import { decodeAnswer, SymbolonError } from "../errors.ts";
import { acceptServiceChannel, type FrameChannel, FrameError, restoreChannel } from "../sealing/messages.ts";
import { Turns } from "../shared/turns.ts";
import { jsonOf } from "../transport.ts";
import type { ClinicApi } from "./api.ts";
import type { ClinicSession } from "./session.ts";

/** Keeps the state of channels between calls. A state is opaque text; it holds keys, so it is secret. */
export interface ChannelStore {
  load(tagHash: string): Promise<string | undefined>;
  /** Resolves when the state is durable: otherwise a nonce might serve twice. */
  save(tagHash: string, channel: string): Promise<void>;
}

/** A store for tests and demos. It forgets everything when the process ends. */
export class MemoryChannelStore implements ChannelStore {
  readonly #channels = new Map<string, string>();
  async load(tagHash: string): Promise<string | undefined> {
    return this.#channels.get(tagHash);
  }
  async save(tagHash: string, channel: string): Promise<void> {
    this.#channels.set(tagHash, channel);
  }
}

interface Ends {
  readonly api: ClinicApi;
  readonly channels: ChannelStore;
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  /** 32 bytes */
  readonly hpkeSecretKey: Hex;
}

async function channelOf(
  { channels, hpkeSecretKey }: Ends,
  session: Pick<ClinicSession, "tagHash" | "checkIn">,
): Promise<FrameChannel> {
  const stored = await channels.load(session.tagHash);
  if (stored !== undefined) return restoreChannel(stored);
  return acceptServiceChannel({
    servicePrivateKey: hexToBytes(hpkeSecretKey),
    enc: session.checkIn.hpkeEnc,
    context: channelContext(session.checkIn),
    tagHash: hexToBytes(session.tagHash),
  });
}

const turnsOf = new WeakMap<ChannelStore, Turns>();

/**
 * Loads, uses and saves a channel in one turn, so that no two calls start from the same counters. Resolves after the
 * save.
 */
function withChannel<T>(ends: Ends, session: ClinicSession, use: (channel: FrameChannel) => T): Promise<T> {
  const turns = turnsOf.get(ends.channels) ?? new Turns();
  turnsOf.set(ends.channels, turns);
  return turns.take(session.tagHash, async () => {
    const channel = await channelOf(ends, session);
    const result = use(channel);
    await ends.channels.save(session.tagHash, bytesToHex(channel.serialise()));
    return result;
  });
}

/** The visit's mark (FrameChannel.mark). Reads the stored channel and changes nothing. @throws as acceptServiceChannel */
export const markOf = async (ends: Ends, session: ClinicSession): Promise<Uint8Array> =>
  (await channelOf(ends, session)).mark();

/** The key of the visit's card (FrameChannel.visitCardKey). Secret. Changes nothing. @throws as acceptServiceChannel */
export const cardKeyOf = async (ends: Ends, session: Pick<ClinicSession, "tagHash" | "checkIn">): Promise<Uint8Array> =>
  (await channelOf(ends, session)).visitCardKey();

const pathOf = (ends: Ends, session: ClinicSession): string =>
  `/v1/sessions/${bytesToHex(ends.serviceId)}/${session.tagHash}/frames`;

/** One call reads at most this many pages. The next call goes on. */
const MAX_PAGES_PER_CALL = 256;

/**
 * The patient's new messages. Frames that are repeated or altered are dropped. A page without a new frame ends the call: the
 * service could hand it out for ever. If a request fails after messages were opened, the call gives these messages, because
 * the stored channel opens no frame twice.
 * @throws ApiError; ChannelSetupError; SymbolonError bad-answer, bad-state
 */
export async function receiveMessages(ends: Ends, session: ClinicSession): Promise<Uint8Array[]> {
  const plaintexts: Uint8Array[] = [];
  const seen = new Set<number>();
  let ack = "";
  for (let page = 1; page <= MAX_PAGES_PER_CALL; page++) {
    const path = pathOf(ends, session) + ack;
    let sealed: Uint8Array[];
    let numbers: number[];
    try {
      const { frames } = await jsonOf<WaitingFrames>(await ends.api.authorised(path), `GET ${path}`);
      [numbers, sealed] = decodeAnswer("the frames of a session", () => [
        frames.map((f) => f.seq),
        frames.map((f) => fromBase64url(f.frame)),
      ]);
    } catch (error) {
      if (plaintexts.length > 0 && error instanceof SymbolonError) break;
      throw error;
    }
    if (numbers.every((n) => seen.has(n))) break;
    for (const n of numbers) seen.add(n);
    const read = await withChannel(ends, session, (channel) => {
      const opened: Uint8Array[] = [];
      for (const frame of sealed) {
        try {
          opened.push(channel.receive(frame));
        } catch (error) {
          if (!(error instanceof FrameError)) throw error;
        }
      }
      return opened;
    });
    plaintexts.push(...read);
    ack = `?ack=${numbers.join(",")}`;
  }
  return plaintexts;
}

/** @throws ApiError; ChannelSetupError; FrameError frame-limit; SymbolonError bad-state */
export async function sendMessage(
  ends: Ends,
  session: ClinicSession,
  plaintext: Uint8Array,
  idempotencyKey: string,
): Promise<void> {
  const frame = await withChannel(ends, session, (channel) => channel.send(plaintext));
  await ends.api.authorised(pathOf(ends, session), { bytes: frame, headers: { "idempotency-key": idempotencyKey } });
}
