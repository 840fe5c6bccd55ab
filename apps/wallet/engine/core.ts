// The worker's methods for opening the wallet, for enrolment and for the recovery words. The check-in is in check-in.ts.

import {
  checkRecoveryWords,
  type EnrolmentOffer,
  readEnrolmentCode,
  systemTransport,
  Wallet,
  type WalletOptions,
  type WalletOverview,
} from "../../../client/doors/wallet.ts";
import { deployment } from "../../shared/deployment.ts";
import { Locker, type LockerState, type Opener } from "../../shared/locker.ts";
import { holdApp, yieldToOthers } from "../../shared/one-tab.ts";
import { tell } from "../../shared/remote.ts";
import { checkInApi } from "./check-in.ts";
import { hold, isHeld, locker, wallet } from "./held.ts";
import { keepUp, stopKeepingUp } from "./keep-up.ts";
import { BrowserDeviceMark, LockerStore } from "./stores.ts";

/** What the app itself remembers beside the wallet. */
interface Notes {
  /** the recovery words were typed in on this phone, and its earlier visits were not looked for yet */
  restoring?: boolean;
  /** the owner showed that the words were written down */
  wordsKept?: boolean;
}
const NOTES = "notes";

let store: LockerStore | undefined;
let notes: Notes = {};
let offer: EnrolmentOffer | undefined;

async function putAway(): Promise<void> {
  stopKeepingUp();
  hold(undefined);
  offer = undefined;
  await store?.close();
  store = undefined;
}
yieldToOthers(putAway);

async function noteDown(more: Notes): Promise<void> {
  notes = { ...notes, ...more };
  await locker().put(NOTES, notes);
}

async function open(box: Locker, words?: string): Promise<void> {
  store = new LockerStore(box);
  const options: WalletOptions = {
    transport: systemTransport(),
    deployment: await deployment(),
    store,
    deviceMark: new BrowserDeviceMark(),
  };
  const opened =
    (await Wallet.open(options)) ??
    (await (words === undefined ? Wallet.create(options) : Wallet.restore(options, words)));
  hold({ locker: box, wallet: opened });
  notes = (await box.get<Notes>(NOTES)) ?? {};
  if (opened.overview().enrolled) keepUp();
}

/** The registrar's record, for the person to read. */
export interface PersonView {
  name: string | undefined;
  birthDate: string | undefined;
  selector: string;
  /** what the registrar's list of phones says that the person should know */
  caution: "no-earlier-phone" | "other-words" | "another-since" | undefined;
}

function cautionOf({ contracts, ownPhones }: EnrolmentOffer): PersonView["caution"] {
  if (notes.restoring && ownPhones.length === 0) return "no-earlier-phone";
  if (contracts.length === 0) return undefined;
  if (ownPhones.length === 0) return "other-words";
  return ownPhones.at(-1)!.generation < contracts.length - 1 ? "another-since" : undefined;
}

/** @throws Error if no record was asked for */
function offered(): EnrolmentOffer {
  if (!offer) throw new Error("no record was asked for");
  return offer;
}

export interface WalletView extends WalletOverview {
  restoring: boolean;
  wordsKept: boolean;
}
const viewOf = (): WalletView => ({
  ...wallet().overview(),
  restoring: notes.restoring ?? false,
  wordsKept: notes.wordsKept ?? false,
});

export const coreApi = {
  ...checkInApi,

  /** Whether this tab has the app now, and what it keeps. @param take another tab must let go */
  async begin(take: boolean): Promise<LockerState | undefined> {
    return (await holdApp({ take })) ? Locker.state() : undefined;
  },

  /** A new wallet, under a lock of the person's choice. @param words of an earlier phone */
  async create(opener: Opener, words?: string): Promise<void> {
    if (words !== undefined) checkRecoveryWords(words);
    await BrowserDeviceMark.forget();
    const box = await Locker.create(opener);
    try {
      await open(box, words);
    } catch (error) {
      await putAway();
      await Locker.destroy();
      throw error;
    }
    if (words !== undefined) await noteDown({ restoring: true, wordsKept: true });
  },

  async unlock(opener: Opener): Promise<void> {
    if (!isHeld()) await open(await Locker.open(opener));
  },

  /** Removes everything that this phone keeps. The recovery words bring the records back, and nothing else does. */
  async forgetEverything(): Promise<void> {
    await putAway();
    await Locker.destroy();
    await BrowserDeviceMark.forget();
  },

  overview: viewOf,

  /** Finds a wrong letter before anything is made of the code. @throws DeskError bad-code */
  checkCode(code: string): void {
    readEnrolmentCode(code);
  },

  /** @param code of the registrar's desk, in any of its forms @throws DeskError bad-code if a letter is wrong */
  async askRecord(code: string): Promise<PersonView> {
    const { account, enrolmentCode } = readEnrolmentCode(code);
    offer = await wallet().startEnrolment(account, enrolmentCode);
    const { name, birthDate, selector } = offer;
    return { name, birthDate, selector, caution: cautionOf(offer) };
  },

  /** "Yes, this is me." @param anyway enrol although the registrar shows no earlier phone of the recovery words */
  async confirmRecord(anyway: boolean): Promise<WalletView> {
    await wallet().confirmEnrolment(offered(), anyway ? { withoutEarlierPhone: true } : {});
    offer = undefined;
    keepUp();
    return viewOf();
  },

  async declineRecord(): Promise<void> {
    await wallet().declineEnrolment(offered());
    offer = undefined;
  },

  /** Looks for the visits of an earlier phone. @returns how many there were */
  async recover(): Promise<number> {
    const found = await wallet().recover((done, of) => tell("progress", { done, of }));
    await noteDown({ restoring: false });
    return found;
  },

  recoveryWords: (): string => wallet().recoveryWords,
  /** The owner named words of the list. @param given by position, from 0 on @returns whether all are right */
  async checkWords(given: Record<number, string>): Promise<boolean> {
    const words = wallet().recoveryWords.split(" ");
    const right = Object.entries(given).every(([i, word]) => words[Number(i)] === word.trim().toLowerCase());
    if (right) await noteDown({ wordsKept: true });
    return right;
  },
  /** @throws RecoveryWordsError */
  readWords: (typed: string): string => checkRecoveryWords(typed),
};
