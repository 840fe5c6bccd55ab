// The worker's methods for the messages of a visit. The locker keeps what was read and sent, since the service forgets it.

import { clinic, locker } from "./held.ts";
import { sessionOf } from "./reception.ts";

export interface MessageView {
  from: "patient" | "clinic";
  text: string;
  /** unix seconds, of this desk's clock */
  at: number;
  /** the lasting name that the patient chose to have here, if the message introduces it */
  pseudonym?: string;
}

const nameOf = (tagHash: string): string => `messages:${tagHash}`;
const kept = async (tagHash: string): Promise<MessageView[]> =>
  (await locker().get<MessageView[]>(nameOf(tagHash))) ?? [];
const now = (): number => Math.floor(Date.now() / 1000);

export const messagesApi = {
  messages: kept,

  /** Fetches what is new, and answers all. */
  async receive(tagHash: string): Promise<MessageView[]> {
    const session = await sessionOf(tagHash);
    const all = await kept(tagHash);
    const received = await clinic().receive(session);
    for (const bytes of received) {
      const pseudonym = await clinic().recognise(session, bytes);
      const text = pseudonym === undefined ? new TextDecoder().decode(bytes) : "";
      all.push({ from: "patient", text, at: now(), ...(pseudonym !== undefined && { pseudonym }) });
    }
    if (received.length > 0) await locker().put(nameOf(tagHash), all);
    return all;
  },

  async sendMessage(tagHash: string, text: string): Promise<MessageView[]> {
    await clinic().send(await sessionOf(tagHash), new TextEncoder().encode(text));
    const all = [...(await kept(tagHash)), { from: "clinic" as const, text, at: now() }];
    await locker().put(nameOf(tagHash), all);
    return all;
  },
};
