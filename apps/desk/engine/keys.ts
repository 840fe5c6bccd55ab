// The worker's methods for the clinic's keys: made here, sealed in the locker, exported under a passphrase, imported at a second
// desk. The card goes to the operator, who registers the clinic.

import {
  ApiError,
  apiBytes,
  type ClinicKeys,
  type ClinicPolicy,
  createClinicKeys,
  DEFAULT_POLICY,
  epochOf,
  ParametersCache,
  packClinicKeys,
  systemTransport,
  toBase64url,
  unpackClinicKeys,
} from "../../../client/index.ts";
import { deployment as askDeployment } from "../../shared/deployment.ts";
import { Locker, type LockerState, type Opener } from "../../shared/locker.ts";
import { holdApp, yieldToOthers } from "../../shared/one-tab.ts";
import { isSealedText, openText, sealText } from "../../shared/sealed-text.ts";
import { clinic, deployment, holdClinic, isHeld, keepParameters, letGo, locker } from "./held.ts";
import { stopEvents } from "./reception.ts";

const PREFIX = "SYMBOLON-DESK:";

export interface DeskState {
  /** another tab has the desk */
  elsewhere: boolean;
  isOpen: boolean;
  locker: LockerState;
}

/** What people read of the clinic. */
export interface ClinicFacts {
  name: string;
  serviceId: string;
  cardVersion: number;
  policy: ClinicPolicy;
}

export interface Attribute {
  name: string;
  values: string[];
}

/** The text or file holds no clinic's keys. */
class NoKeysError extends Error {
  override name = "NoKeysError";
  readonly code = "no-keys";
}

const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

let watching = false;

async function state({ take = false } = {}): Promise<DeskState> {
  const elsewhere = isHeld() ? false : !(await holdApp({ take }));
  if (!elsewhere && !watching) {
    watching = true;
    yieldToOthers(() => {
      watching = false;
      lock();
    });
  }
  return { elsewhere, isOpen: isHeld(), locker: await Locker.state() };
}

function lock(): void {
  stopEvents();
  letGo();
}

/** Keys made elsewhere may name no policy that this desk knows; the SDK checks them when it makes their card. */
async function keepKeys(keys: ClinicKeys, opener: Opener): Promise<void> {
  packClinicKeys(keys);
  const opened = await Locker.create(opener);
  await opened.put("clinic", keys);
  await holdClinic(opened, keys);
}

/** Plain JSON as the command line makes it, or a text that `exportKeys` made. @throws NoKeysError, WrongOpenerError */
async function readKeys(text: string, passphrase: string): Promise<ClinicKeys> {
  if (isSealedText(PREFIX, text)) return unpackClinicKeys(await openText(PREFIX, passphrase, text));
  try {
    const keys = JSON.parse(text) as ClinicKeys;
    packClinicKeys(keys);
    return keys;
  } catch {
    throw new NoKeysError("these are no keys of a clinic");
  }
}

export const keysApi = {
  state,
  lock,

  /** "sealed" asks for a passphrase, "plain" for a warning. */
  kindOfKeys: (text: string): "sealed" | "plain" | "none" =>
    isSealedText(PREFIX, text) ? "sealed" : /^\s*\{/.test(text) && text.includes('"signSecretKey"') ? "plain" : "none",

  /** What this month's parameters let a clinic ask for. Empty without network. */
  async attributes(): Promise<Attribute[]> {
    const parameters = new ParametersCache(systemTransport(), await askDeployment());
    const { document } = await parameters.of(epochOf(Date.now() / 1000));
    return document.attributes.map(({ name, values }) => ({ name, values: [...values] }));
  },

  async createClinic(name: string, policy: Partial<ClinicPolicy>, opener: Opener): Promise<void> {
    await keepKeys(await createClinicKeys(name.trim(), { ...DEFAULT_POLICY, ...policy }), opener);
  },

  async importClinic(text: string, passphrase: string, opener: Opener): Promise<void> {
    await keepKeys(await readKeys(text, passphrase), opener);
  },

  /** Whether this text is a clinic's keys under this passphrase. @throws NoKeysError, WrongOpenerError */
  async checkKeys(text: string, passphrase: string): Promise<string> {
    return (await readKeys(text, passphrase)).name;
  },

  async open(opener: Opener): Promise<void> {
    const opened = await Locker.open(opener);
    const keys = await opened.get<ClinicKeys>("clinic");
    if (!keys) throw new NoKeysError("the locker has no clinic's keys");
    await holdClinic(opened, keys);
  },

  facts(): ClinicFacts {
    const { keys, serviceId } = clinic();
    return { name: keys.name, policy: keys.policy, cardVersion: keys.cardVersion, serviceId: hex(serviceId) };
  },

  /** Signed<ServiceCard> for the operator. */
  card: (): string => toBase64url(clinic().card()),

  /** Whether the service has this very card. @throws ApiError unless the service knows nothing of the clinic */
  async isRegistered(): Promise<boolean> {
    try {
      const path = `/v1/services/${hex(clinic().serviceId)}`;
      const registered = await apiBytes(systemTransport(), deployment().serviceUrl, path);
      const is = toBase64url(registered) === toBase64url(clinic().card());
      if (is) {
        await clinic().challenge();
        await keepParameters();
      }
      return is;
    } catch (error) {
      if (error instanceof ApiError && error.code === "not-found") return false;
      throw error;
    }
  },

  /** The keys as text under a passphrase: a file, or a QR code for the second desk. */
  exportKeys: (passphrase: string): Promise<string> => sealText(PREFIX, passphrase, packClinicKeys(clinic().keys)),

  /** Forgets the clinic on this machine. */
  async forget(): Promise<void> {
    locker();
    lock();
    await Locker.destroy();
  },
};
