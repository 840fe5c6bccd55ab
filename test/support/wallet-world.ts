// A wallet and clinics over a registrar and a service that this file plays. A test sets their answers, false ones too,
// and can see what they were asked. Ceremony, credentials, check-ins, records and channels are real.

import { ed25519 } from "@noble/curves/ed25519.js";
import { type ClinicKeys, clinicCard, createClinicKeys, serviceIdOfKeys } from "../../client/clinic/keys.ts";
import { encodeIdentity } from "../../client/fhir/identity.ts";
import type { Deployment } from "../../client/parameters.ts";
import type { Transport } from "../../client/transport.ts";
import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { identityRecordHash, Registrations } from "../../protocol/contract-chain.ts";
import { decodeIssuerParams, issue } from "../../protocol/credential.ts";
import {
  Challenge,
  Contract,
  cardHashOf,
  contractHashOf,
  IssuedCredential,
  type LogEntry,
  Parameters,
  paramsHashOf,
  presentationHashOf,
  Receipt,
  RefreshRequest,
  RefusedCheckIn,
  signDocument,
} from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { verifyContract, verifyRefresh } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { KeySet, keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { formatVkey, LOG_KEY, noteSigner } from "../../protocol/note.ts";
import { decodeG1, decodeG2, encodeG1, encodeG2, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { trusteeWitnesses } from "./case-proofs.ts";
import { loggedParameters } from "./logged-parameters.ts";
import { rng, runCeremony } from "./trustees.ts";

export const NOW = 1_796_000_000;
export const EPOCH = epochOf(NOW);
export const SLOTS = 4;
export const IDENTITY = encodeIdentity({
  selector: "A123456780",
  patient: {
    fullUrl: "urn:uuid:00000000-0000-4000-8000-00000000000a",
    resource: { resourceType: "Patient", name: [{ family: "Roe", given: ["Jane"] }], birthDate: "1970-01-31" },
  },
});
export const ACCOUNT = "11".repeat(16);

const { keySet, committee } = runCeremony(2, 3);

export { keySet };

const registrar = ed25519.keygen(rng(32));
export const receipts = ed25519.keygen(rng(32));
const issuerSecret = randomScalar(rng);
export const parameters: Parameters = {
  realm: "test",
  epochFrom: EPOCH,
  epochTo: EPOCH + 3,
  slots: SLOTS,
  challengeWindowSeconds: 300,
  offlineGraceSeconds: 0,
  logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
  attributes: [],
  issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
  keySetId: keySetId(keySet),
  traceKey: encodeG1(keySet.keys.trace),
  linkKey: encodeG1(keySet.keys.link),
  recordKey: encodeG1(keySet.keys.record),
  groupHybridKey: keySet.groupHybridKey,
  threshold: keySet.threshold,
  assembleThreshold: keySet.threshold,
  trusteeKeys: keySet.identityKeys,
};
export const issuer = decodeIssuerParams(parameters);
export const paramsHash = paramsHashOf(parameters);
export const signedBy = (value: Parameters, secretKey = registrar.secretKey): Uint8Array =>
  signDocument(LABELS.signParameters, Parameters, value, secretKey);

const signers = {
  log: noteSigner("wallet.test/log", LOG_KEY, rng(32)),
  witnesses: trusteeWitnesses(committee.map((p) => p.identitySecret)),
};
export const deployment: Deployment = {
  registrarUrl: "https://registrar.test",
  serviceUrl: "https://service.test",
  escrowUrl: "https://escrow.test",
  logUrl: "https://log.test",
  trusteeUrls: [],
  registrarKey: bytesToHex(registrar.publicKey),
  logVkey: formatVkey(signers.log.key),
  trusteeKeys: committee.map((p) => bytesToHex(p.keys.identityKey)),
  witnessVkeys: [],
  serviceWorkerKey: bytesToHex(receipts.publicKey),
};

/** The service Worker's receipt of a check-in. @param key of the signer; the Worker's by default */
export function receiptFor(body: Uint8Array, key: Uint8Array = receipts.secretKey): Uint8Array {
  const { challenge, tagHash, presentationHash, epoch } = readCheckIn(body);
  const receipt: Receipt = { tagHash, serviceId: challenge.serviceId, presentationHash, epoch, openedAt: NOW };
  return signDocument(LABELS.signReceipt, Receipt, receipt, key);
}
/** Signed<RefusedCheckIn> over these bytes. @param key of the signer; the Worker's by default */
export const refusalBy = (key: Uint8Array = receipts.secretKey, body: Uint8Array): Uint8Array =>
  signDocument(
    LABELS.signRefusedCheckIn,
    RefusedCheckIn,
    { presentationHash: presentationHashOf(body), code: "credential-refused", at: NOW },
    key,
  );

type Asked = { path: string; body: Uint8Array };
export class World {
  now = NOW;
  /** every request so far: host, path and query */
  readonly asked: string[] = [];
  /** the registrar records, and this path's next answer is lost */
  lose: string | undefined;
  /** the registrar refuses every request to this path */
  refuse: string | undefined;
  /** the registrar lies in its list of contracts: other contracts, or another person's record */
  listed: readonly Uint8Array[] | undefined;
  record = IDENTITY;
  /** the record that the registrar shows, and the salt of its commitment */
  identity = IDENTITY;
  readonly salt = rng(32);
  /** the log's entry of a document, if it is not the honest one */
  entry: ((document: Uint8Array) => LogEntry) | undefined;
  /** the time of the registrar's list of contracts, if it is not now */
  listedAt: number | undefined;
  /** the time of the cosignatures, if it is not now */
  cosignedAt: number | undefined;
  published = [{ document: signedBy(parameters), keySet: KeySet.encode(keySet) }];
  /** contracts so far, oldest first */
  readonly contracts: Uint8Array[] = [];
  /** the service's answer to everything but a check-in, by path */
  answer: (path: string, body: Uint8Array) => unknown = () => undefined;
  /** the answer to a check-in; by default an honest receipt */
  onCheckIn: ((body: Uint8Array) => Response) | undefined;

  readonly transport: Transport = {
    now: () => this.now,
    rng,
    fetch: (async (input: string | URL, init?: RequestInit) => {
      const { host, pathname, search } = new URL(String(input));
      this.asked.push(host + pathname + search);
      await new Promise((later) => setTimeout(later)); // other calls go on meanwhile, as on a network
      const request = { path: pathname + search, body: (init?.body ?? new Uint8Array()) as Uint8Array };
      if (host === "log.test") return Response.json({ code: "not-found" }, { status: 404 });
      const answer = host === "registrar.test" ? this.#registrar(request) : this.#service(request);
      if (this.refuse === pathname) return Response.json({ code: "credential-refused" }, { status: 403 });
      if (this.lose === pathname) {
        this.lose = undefined;
        throw new TypeError("fetch failed");
      }
      if (answer instanceof Response) return answer;
      if (answer === undefined) return Response.json({ code: "not-found" }, { status: 404 });
      return answer instanceof Uint8Array ? new Response(answer as BodyInit) : Response.json(answer);
    }) as typeof fetch,
  };

  #registrar({ path, body }: Asked): unknown {
    if (path === "/v1/parameters")
      return loggedParameters(this.published, signers, this.cosignedAt ?? this.now, this.entry);
    const random = toBase64url(rng(32));
    if (path === "/v1/enrol/start") {
      const contracts = this.contracts.map(toBase64url);
      return { nonce: random, identity: toBase64url(this.identity), salt: toBase64url(this.salt), contracts };
    }
    if (path === "/v1/enrol/decline") return { declined: true };
    if (path === "/v1/refresh/nonce") return { nonce: random, registrations: toBase64url(this.registrations()) };
    if (path === "/v1/enrol") {
      const { contract } = JSON.parse(new TextDecoder().decode(body)) as { contract: Base64url };
      this.contracts.push(fromBase64url(contract));
      return { generations: this.contracts.map((_, generation) => ({ generation, epochFrom: EPOCH })) };
    }
    if (path !== "/v1/refresh") return undefined;
    const request = RefreshRequest.decode(body);
    const contract = Contract.decode(this.contracts.at(-1)!);
    const { R, V } = contract;
    const checked = verifyRefresh({ ...request, paramsHash, R: decodeG1(R), V: decodeG2(V) }, request);
    if (!checked.ok || !verifyContract(issuer, contract).ok) throw new Error("the registrar refuses");
    const about = { params: issuer, epoch: request.epoch, paramsHash, attributeValues: [] };
    return IssuedCredential.encode(issue({ ...about, issuerSecret, Cm: checked.Cm, rng }));
  }

  /** The registrar's signed list of contracts over this person's identity. */
  registrations(): Uint8Array {
    const contracts = [...(this.listed ?? this.contracts.map(contractHashOf))];
    const value = { record: identityRecordHash(this.record), at: this.listedAt ?? this.now, contracts };
    return signDocument(LABELS.signRegistrations, Registrations, value, registrar.secretKey);
  }

  #service({ path, body }: Asked): unknown {
    if (path !== "/v1/sessions") return this.answer(path, body);
    return this.onCheckIn?.(body) ?? receiptFor(body);
  }

  async wallet(words?: string): Promise<Wallet> {
    const options = { transport: this.transport, deployment, store: new MemoryStore() };
    return words === undefined ? Wallet.create(options) : Wallet.restore(options, words);
  }
  async enrolledWallet(): Promise<Wallet> {
    const wallet = await this.wallet();
    await wallet.confirmEnrolment(await wallet.startEnrolment(ACCOUNT, "code"));
    return wallet;
  }
}

export const newClinic = (name = "Clinic"): Promise<ClinicKeys> =>
  createClinicKeys(name, { required: [], maxStaleEpochs: 0 }, NOW);

export function invitation(keys: ClinicKeys, now = NOW): { card: Uint8Array; challenge: Uint8Array } {
  const card = clinicCard(keys);
  const challenge: Challenge = {
    serviceId: serviceIdOfKeys(keys),
    cardHash: cardHashOf(card),
    nonce: rng(16),
    issuedAt: now,
    expiresAt: now + 300,
    paramsHash,
    ...keys.policy,
  };
  return {
    card,
    challenge: signDocument(LABELS.signChallenge, Challenge, challenge, hexToBytes(keys.signSecretKey)),
  };
}
