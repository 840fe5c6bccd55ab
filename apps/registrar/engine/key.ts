// The worker's methods for the administrator's key: brought once, sealed, used, and never shown again.

import { ApiError } from "../../../client/index.ts";
import { deployment } from "../../shared/deployment.ts";
import { Locker, type LockerState, type Opener } from "../../shared/locker.ts";
import { holdApp, yieldToOthers } from "../../shared/one-tab.ts";
import { adminKeyOf, keep, openWith, operatorOf, publicKeyText, putAway } from "./held.ts";

yieldToOthers(putAway);

export interface KeyCheck {
  /** the public half, to compare */
  publicKey: string;
  /** whether the registrar takes this key; a trustee's administrator has a key of their own */
  isRegistrars: boolean;
}

/** Nobody has this number. A day that the search takes is all that is needed. */
const nobody = (): string => `key check ${crypto.randomUUID()}`;

export const keyApi = {
  /** What this machine keeps. Undefined if another tab has the app. @param take the other tab must let go */
  async begin(take: boolean): Promise<LockerState | undefined> {
    return (await holdApp({ take })) ? Locker.state() : undefined;
  },

  /** Tries a key with a search that finds nobody. @throws BadKeyError, ApiError if the registrar does not answer */
  async checkKey(text: string): Promise<KeyCheck> {
    const secretKey = adminKeyOf(text);
    const publicKey = publicKeyText(secretKey);
    try {
      await operatorOf(secretKey, await deployment()).findPerson(nobody(), "1900-01-01");
      return { publicKey, isRegistrars: true };
    } catch (cause) {
      if (cause instanceof ApiError && cause.code === "credential-refused") return { publicKey, isRegistrars: false };
      throw cause;
    }
  },

  /** Seals the key on this machine and opens the desk. @throws BadKeyError */
  async bring(text: string, opener: Opener): Promise<void> {
    const secretKey = adminKeyOf(text);
    const locker = await Locker.create(opener);
    try {
      await keep(locker, secretKey);
      await openWith(locker);
    } catch (cause) {
      await Locker.destroy();
      throw cause;
    }
  },

  /** @throws WrongOpenerError */
  async unlock(opener: Opener): Promise<void> {
    await openWith(await Locker.open(opener));
  },

  lock: putAway,

  /** Removes the key and the desk's own lists from this machine. */
  async forget(): Promise<void> {
    putAway();
    await Locker.destroy();
  },
};
