// The clinic's end of its sessions' message channels. A channel's state is stored before a frame leaves, and before what
// was received is handed on. Calls at the same time take turns; two processes must not share one store.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { channelContext } from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { acceptServiceChannel, FrameChannel, FrameError } from "../sealing/messages.ts";
import { Turns } from "../turns.ts";
import type { ClinicApi } from "./api.ts";
import type { ClinicSession } from "./session.ts";

/** Keeps channels between calls, secret: durable when it resolves, or a nonce might serve twice. */
export interface ChannelStore {
  load(tagHash: string): Promise<string | undefined>;
  save(tagHash: string, channel: string): Promise<void>;
}

/** For tests and demos. */
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
  readonly serviceId: Uint8Array;
  /** hex */
  readonly hpkeSecretKey: string;
}

async function channelOf({ channels, hpkeSecretKey }: Ends, session: ClinicSession): Promise<FrameChannel> {
  const stored = await channels.load(session.tagHash);
  if (stored !== undefined) return FrameChannel.restore(hexToBytes(stored));
  return acceptServiceChannel({
    servicePrivateKey: hexToBytes(hpkeSecretKey),
    enc: session.checkIn.hpkeEnc,
    context: channelContext(session.checkIn),
    tagHash: hexToBytes(session.tagHash),
  });
}

const turnsOf = new WeakMap<ChannelStore, Turns>();

/** Load, use, save in one turn, so that no two calls start from the same counters; what it gives is saved already. */
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

const pathOf = (ends: Ends, session: ClinicSession): string =>
  `/v1/sessions/${bytesToHex(ends.serviceId)}/${session.tagHash}/frames`;

/** What the patient has written since. Frames that are repeated or altered are dropped. */
export async function receiveMessages(ends: Ends, session: ClinicSession): Promise<Uint8Array[]> {
  const plaintexts: Uint8Array[] = [];
  let ack = "";
  for (;;) {
    const response = await ends.api.authorised(pathOf(ends, session) + ack);
    const { frames } = (await response.json()) as { frames: { seq: number; frame: string }[] };
    if (frames.length === 0) return plaintexts;
    const read = await withChannel(ends, session, (channel) => {
      const opened: Uint8Array[] = [];
      for (const { frame } of frames) {
        try {
          opened.push(channel.receive(fromBase64url(frame)));
        } catch (error) {
          if (!(error instanceof FrameError)) throw error;
        }
      }
      return opened;
    });
    plaintexts.push(...read);
    ack = `?ack=${frames.map((f) => f.seq).join(",")}`;
  }
}

export async function sendMessage(
  ends: Ends,
  session: ClinicSession,
  plaintext: Uint8Array,
  idempotencyKey: string,
): Promise<void> {
  const frame = await withChannel(ends, session, (channel) => channel.send(plaintext));
  await ends.api.authorised(pathOf(ends, session), { bytes: frame, headers: { "idempotency-key": idempotencyKey } });
}
