// The first program of a vendor: it uses every door of the installed package. The tests compile it against the package's
// types, and run it in Node 20, 22 and 24, in a browser's bundle and in a Worker. It needs no network.

import {
  ApiError,
  Clinic,
  type ClinicKeys,
  clinicCard,
  createClinicKeys,
  prepareVisit,
  SymbolonError,
  systemTransport,
} from "symbolon/clinic";
import { OfficerError, SoftwarePasskey } from "symbolon/officer";
import { type Deployment, Operator } from "symbolon/operator";
import {
  type CheckInVerdict,
  decodeIssuerParams,
  hexToBytes,
  LABELS,
  openSigned,
  Parameters,
  paramsHashOf,
  readCheckIn,
  ServiceCard,
  tidOf,
  verifyCheckIn,
} from "symbolon/protocol";
import { createRequesterKeys, type RequesterKeys } from "symbolon/requester";
import { MemoryStore, RECOVERY_WORDS, Wallet, type ApiError as WalletApiError } from "symbolon/wallet";

/** Hex of the frozen vectors: parameters, a check-in under them, and one with a changed byte. */
export interface Vectors {
  parameters: string;
  checkIn: string;
  altered: string;
}

/** What the program found, as plain JSON. */
export interface Found {
  card: string;
  tid: string;
  shown: Record<string, string>;
  altered: string;
  filed: boolean;
  nameFound: boolean;
  offline: string;
  words: number;
  keys: number[];
  signedIn: boolean;
  sameError: boolean;
}

const NOWHERE = "http://127.0.0.1:1";
const deployment: Deployment = {
  registrarUrl: NOWHERE,
  serviceUrl: NOWHERE,
  escrowUrl: NOWHERE,
  logUrl: NOWHERE,
  trusteeUrls: [NOWHERE],
  registrarKey: "00" as Deployment["registrarKey"],
  logVkey: "",
  trusteeKeys: [],
  witnessVkeys: [],
  serviceWorkerKey: "00" as Deployment["registrarKey"],
};

export async function program(vectors: Vectors): Promise<Found> {
  const transport = { ...systemTransport(), tries: 1 };

  // the protocol: a check-in of the frozen vectors, verified with nothing but its parameters
  const document = Parameters.decode(hexToBytes(vectors.parameters));
  const epoch = { document, hash: paramsHashOf(document), issuer: decodeIssuerParams(document) };
  const verdictOn = (hex: string): CheckInVerdict =>
    verifyCheckIn(readCheckIn(hexToBytes(hex)), { tag: epoch, credential: epoch });
  const good = verdictOn(vectors.checkIn);
  const bad = verdictOn(vectors.altered);
  if (!good.ok) throw new Error(`refused: ${good.reason}`);

  // the clinic: keys of its own, a signed card, and a record without a name
  const keys: ClinicKeys = await createClinicKeys("Harbour Clinic");
  const clinic = new Clinic(transport, deployment, keys);
  const card = openSigned(LABELS.signServiceCard, ServiceCard, clinicCard(keys));
  const observation = (text: string) => ({
    fullUrl: "urn:uuid:0b1c0f6e-5bd5-4a2c-8f8e-3a1f8c1e7d10",
    resource: { resourceType: "Observation", status: "final", code: { text }, note: [{ text }] },
  });
  const patient = {
    fullUrl: "urn:uuid:1",
    resource: { resourceType: "Patient", name: [{ family: "Lovelace", given: ["Ada"] }] },
  };
  const tid = tidOf(good.tagHash);
  const visit = prepareVisit([observation("pulse")], tid, { patient });
  const named = prepareVisit([observation("Ada Lovelace")], tid, { patient, allow: () => true });

  // the wallet, without a network
  const wallet = await Wallet.create({ transport, deployment, store: new MemoryStore() });
  const offline = await wallet.startEnrolment("account", "code").then(
    () => "online",
    (error: WalletApiError) => error.code,
  );

  // requester, officer, operator
  const requester: RequesterKeys = createRequesterKeys(transport.rng);
  const passkey = await SoftwarePasskey.create({ rpId: "trustee.example", origin: "https://trustee.example" });
  const assertion = await passkey.assert(transport.rng(32));
  const operator = new Operator(transport, deployment, transport.rng(32));
  const failed = await operator.revoke("account").catch((error: unknown) => error);

  return {
    card: `${card.value.name}, version ${card.value.version}`,
    tid,
    shown: { ...good.shown },
    altered: bad.ok ? "accepted" : bad.reason,
    filed: visit.content.includes("pulse") && clinic.serviceId.length === 16,
    nameFound: visit.findings.length === 0 && named.findings.length > 0,
    offline,
    words: wallet.recoveryWords.split(" ").length - RECOVERY_WORDS,
    keys: [requester.signPublicKey.length, requester.seal.publicKey.length],
    signedIn: Object.values(assertion).every((part) => part !== ""),
    // each door gives the same class, so that `instanceof` holds across doors
    sameError: failed instanceof ApiError && new OfficerError("no-dossier") instanceof SymbolonError,
  };
}
