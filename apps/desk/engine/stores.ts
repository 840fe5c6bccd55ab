// The stores that the clinic's SDK asks for, in the locker.

import type {
  ChannelStore,
  OfflineCheckIn,
  OfflineQueueStore,
  TakenVisitCard,
  TakenVisitCardStore,
} from "../../../client/index.ts";
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

/** A list that is one value of the locker. One tab holds the locker, and the changes take turns, so each one is one step. */
class KeptList<T> {
  readonly #locker: Locker;
  readonly #name: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(locker: Locker, name: string) {
    this.#locker = locker;
    this.#name = name;
  }

  /** @param change gives the new list, or undefined if it stays. Resolves with the list before, when the new one is durable */
  change(change: (all: T[]) => T[] | undefined = () => undefined): Promise<T[]> {
    const mine = this.#last.then(async () => {
      const all = (await this.#locker.get<T[]>(this.#name)) ?? [];
      const next = change(all);
      if (next) await this.#locker.put(this.#name, next);
      return all;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

export class LockerQueue implements OfflineQueueStore {
  readonly #kept: KeptList<OfflineCheckIn>;
  constructor(locker: Locker) {
    this.#kept = new KeptList(locker, "offline");
  }

  list(): Promise<OfflineCheckIn[]> {
    return this.#kept.change();
  }

  async add(entry: OfflineCheckIn): Promise<OfflineCheckIn | undefined> {
    const ofTag = ({ tagHash }: OfflineCheckIn): boolean => tagHash === entry.tagHash;
    const before = await this.#kept.change((all) => (all.some(ofTag) ? undefined : [...all, entry]));
    return before.find(ofTag);
  }

  async replace(entry: OfflineCheckIn): Promise<void> {
    await this.#kept.change((all) => all.map((one) => (one.tagHash === entry.tagHash ? entry : one)));
  }

  async remove(tagHash: string): Promise<void> {
    await this.#kept.change((all) => all.filter((one) => one.tagHash !== tagHash));
  }
}

const DAY = 86_400;

/** The visit cards that this desk took. An entry goes a day after the last card of its visit has ended. */
export class LockerCards implements TakenVisitCardStore {
  readonly #kept: KeptList<TakenVisitCard>;
  constructor(locker: Locker) {
    this.#kept = new KeptList(locker, "visit-cards");
  }

  list(): Promise<TakenVisitCard[]> {
    return this.#kept.change();
  }

  async add(entry: TakenVisitCard): Promise<TakenVisitCard | undefined> {
    const ofTag = ({ tagHash }: TakenVisitCard): boolean => tagHash === entry.tagHash;
    const before = await this.#kept.change((all) =>
      all.some(ofTag) ? undefined : [...all.filter(({ until }) => until + DAY > entry.at), entry],
    );
    return before.find(ofTag);
  }
}
