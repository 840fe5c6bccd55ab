// The stores that the clinic's SDK asks for, in the locker.

import type { ChannelStore, OfflineCheckIn, OfflineQueueStore } from "../../../client/index.ts";
import type { Locker } from "../../shared/locker.ts";

export class LockerChannels implements ChannelStore {
  readonly #locker: Locker;
  constructor(locker: Locker) {
    this.#locker = locker;
  }
  load(tagHash: string): Promise<string | undefined> {
    return this.#locker.get<string>(`channel:${tagHash}`);
  }
  save(tagHash: string, channel: string): Promise<void> {
    return this.#locker.put(`channel:${tagHash}`, channel);
  }
}

const QUEUE = "offline";

/** The queue is one value. One tab holds the locker, and the methods take turns, so each one is one step. */
export class LockerQueue implements OfflineQueueStore {
  readonly #locker: Locker;
  #last: Promise<unknown> = Promise.resolve();

  constructor(locker: Locker) {
    this.#locker = locker;
  }

  #turn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(act);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #read(): Promise<OfflineCheckIn[]> {
    return (await this.#locker.get<OfflineCheckIn[]>(QUEUE)) ?? [];
  }

  list(): Promise<OfflineCheckIn[]> {
    return this.#turn(() => this.#read());
  }

  add(entry: OfflineCheckIn): Promise<OfflineCheckIn | undefined> {
    return this.#turn(async () => {
      const all = await this.#read();
      const standing = all.find(({ tagHash }) => tagHash === entry.tagHash);
      if (!standing) await this.#locker.put(QUEUE, [...all, entry]);
      return standing;
    });
  }

  replace(entry: OfflineCheckIn): Promise<void> {
    return this.#turn(async () =>
      this.#locker.put(
        QUEUE,
        (await this.#read()).map((one) => (one.tagHash === entry.tagHash ? entry : one)),
      ),
    );
  }

  remove(tagHash: string): Promise<void> {
    return this.#turn(async () =>
      this.#locker.put(
        QUEUE,
        (await this.#read()).filter((one) => one.tagHash !== tagHash),
      ),
    );
  }
}
