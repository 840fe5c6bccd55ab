// The worker's methods for clinics, requesters and officers. Each is read and shown before the administrator's key signs anything.
// The roles have no lists of requesters and officers for the desk, so the desk keeps its own, sealed, of what it did here.

import { bytesToHex } from "@noble/hashes/utils.js";
import { base64urlnopad } from "@scure/base";
import {
  asHex,
  type Base64url,
  type ClinicCardReview,
  listServices,
  type PasskeyRegistration,
  readClinicCard,
  readOfficerPasskey,
  readRequesterCertificate,
  readRequesterKeys,
  registerOfficer,
  removeOfficer,
} from "../../../client/index.ts";
import { desk, uncached } from "./held.ts";

export interface ListedClinic {
  serviceId: string;
  name: string;
  version: number;
  /** as far as this desk knows: it stopped the clinic itself */
  isStopped: boolean;
}

/** A clinic's card, as it is shown before it is registered. */
export type CardView = Omit<ClinicCardReview, "card">;

export interface KeysView {
  name: string;
  role: string;
  fingerprint: string;
}

export interface KeptRequester extends KeysView {
  /** hex of 32 bytes */
  hash: string;
  /** base64url of Signed<RequesterCertificate>, for the requester */
  certificate: string;
  /** unix seconds */
  notAfter: number;
  withdrawn: boolean;
}

export interface PasskeyView {
  name: string;
  credentialId: Base64url;
  origin: string;
  /** the trustee whose app has this origin, from 1 on; undefined if none has */
  trustee: number | undefined;
}

export interface KeptOfficer extends Omit<PasskeyView, "trustee"> {
  trustee: number;
  /** unix seconds of the registration */
  at: number;
  removed: boolean;
}

const STOPPED = "stopped clinics";
const REQUESTERS = "requesters";
const OFFICERS = "officers";

const keptList = async <T>(name: string): Promise<T[]> => (await desk().locker.get<T[]>(name)) ?? [];
async function changeList<T>(name: string, change: (list: T[]) => T[]): Promise<void> {
  await desk().locker.put(name, change(await keptList<T>(name)));
}

function passkeyViewOf(text: string): { view: PasskeyView; registration: PasskeyRegistration } {
  const { name = "", ...registration } = readOfficerPasskey(text);
  const { credentialId, origin } = registration;
  const at = desk().deployment.officerUrls.indexOf(origin);
  return { registration, view: { name, credentialId, origin, trustee: at < 0 ? undefined : at + 1 } };
}

const trusteeUrl = (trustee: number): string => desk().deployment.trusteeUrls[trustee - 1]!;

export const partiesApi = {
  async clinics(): Promise<ListedClinic[]> {
    const stopped = await keptList<string>(STOPPED);
    // the desk must see the clinic that it registered a moment ago
    const services = await listServices(uncached(desk().transport), desk().deployment);
    return services
      .map(({ id, card }) => ({
        serviceId: id,
        name: card.name,
        version: card.version,
        isStopped: stopped.includes(id),
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  },

  /** @throws DeskError bad-clinic-card */
  readCard(file: Uint8Array): CardView {
    const { card: _, ...view } = readClinicCard(file);
    return view;
  },

  async registerClinic(file: Uint8Array): Promise<void> {
    await desk().operator.registerService(readClinicCard(file).card);
  },

  async stopClinic(serviceId: string): Promise<void> {
    await desk().operator.suspendService(asHex(serviceId, 16));
    await changeList<string>(STOPPED, (list) => [...new Set([...list, serviceId])]);
  },

  async resumeClinic(serviceId: string): Promise<void> {
    await desk().operator.resumeService(asHex(serviceId, 16));
    await changeList<string>(STOPPED, (list) => list.filter((id) => id !== serviceId));
  },

  requesters: (): Promise<KeptRequester[]> => keptList<KeptRequester>(REQUESTERS),

  /** @throws DeskError bad-requester-keys */
  readKeys(text: string): KeysView {
    const { name, role, fingerprint } = readRequesterKeys(text);
    return { name, role, fingerprint };
  },

  async certify(text: string, about: { name: string; role: string; days: number }): Promise<KeptRequester> {
    const { signKey, sealKey } = readRequesterKeys(text);
    const certificate = await desk().operator.certifyRequester({
      ...about,
      signKey: asHex(bytesToHex(signKey)),
      sealKey,
    });
    const { hash, name, role, notAfter, fingerprint } = readRequesterCertificate(certificate);
    const kept = {
      hash,
      name,
      role,
      notAfter,
      fingerprint,
      certificate: base64urlnopad.encode(certificate),
      withdrawn: false,
    };
    await changeList<KeptRequester>(REQUESTERS, (list) => [kept, ...list]);
    return kept;
  },

  /** For ever. */
  async withdraw({ hash, certificate }: KeptRequester): Promise<void> {
    await desk().operator.revokeRequester(base64urlnopad.decode(certificate));
    await changeList<KeptRequester>(REQUESTERS, (list) =>
      list.map((kept) => (kept.hash === hash ? { ...kept, withdrawn: true } : kept)),
    );
  },

  officers: (): Promise<KeptOfficer[]> => keptList<KeptOfficer>(OFFICERS),

  trustees: (): number => desk().deployment.trusteeUrls.length,

  /** @throws DeskError bad-passkey */
  readPasskey: (text: string): PasskeyView => passkeyViewOf(text).view,

  async registerOfficer(text: string, about: { name: string; trustee: number }): Promise<void> {
    const { transport, adminSecretKey } = desk();
    const { registration, view } = passkeyViewOf(text);
    await registerOfficer(transport, trusteeUrl(about.trustee), adminSecretKey, registration);
    const kept: KeptOfficer = { ...view, ...about, at: transport.now(), removed: false };
    await changeList<KeptOfficer>(OFFICERS, (list) => [
      kept,
      ...list.filter((other) => other.credentialId !== kept.credentialId || other.trustee !== kept.trustee),
    ]);
  },

  /** For ever. */
  async removeOfficer({ trustee, credentialId }: KeptOfficer): Promise<void> {
    const { transport, adminSecretKey } = desk();
    await removeOfficer(transport, trusteeUrl(trustee), adminSecretKey, credentialId);
    await changeList<KeptOfficer>(OFFICERS, (list) =>
      list.map((kept) =>
        kept.credentialId === credentialId && kept.trustee === trustee ? { ...kept, removed: true } : kept,
      ),
    );
  },
};
