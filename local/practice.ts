// Sets up a small health region on the local host, for the demo, `npm start`, the bench, and the flow and attack tests. It runs
// the trustees' key ceremony, registers officers with passkeys and issues parameters. It opens clinics and enrols patients and
// requesters on request.

import { AsyncLocalStorage } from "node:async_hooks";
import { ed25519 } from "@noble/curves/ed25519.js";
import {
  Clinic,
  type ClinicPolicy,
  createClinicKeys,
  createRequesterKeys,
  type Deployment,
  type EnrolmentOffer,
  type FhirEntry,
  MemoryDeviceMark,
  MemoryStore,
  Officer,
  Operator,
  ParametersCache,
  Requester,
  registerOfficer,
  runCeremony,
  SoftwarePasskey,
  systemTransport,
  type Transport,
  Wallet,
} from "../client/index.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import type { Engine } from "../protocol/engine.ts";
import { epochOf } from "../protocol/epoch.ts";
import { indexClosesAt } from "../protocol/index-tree.ts";
import { type Host, type HostOptions, startHost } from "./host.ts";

const ATTRIBUTES = [
  { name: "coverage", values: ["standard", "extended"] },
  { name: "age", values: ["child", "adult", "senior"] },
];

export interface PracticeOptions extends HostOptions {
  threshold?: number;
  /** approvals that an assemble needs; `threshold` by default */
  assembleThreshold?: number;
  slots?: number;
  /** time at the start, in unix seconds; default now */
  start?: number;
  /** epochs the parameters cover, counted from the epoch of `start` */
  epochs?: number;
  progress?: (what: string) => void;
  /** how often a request is sent that is answered 503; once by default, so that a test sees the first answer */
  tries?: number;
}

export interface Practice {
  host: Host;
  deployment: Deployment;
  /** the settable clock that every participant uses, in unix seconds */
  clock: { now: number };
  transport: Transport;
  /** Runs `act` at another time than `clock`. So visits of different days can run at the same time. */
  at<T>(unixSeconds: number, act: () => Promise<T>): Promise<T>;
  operator: Operator;
  officers: Officer[];
  threshold: number;
  openClinic(name: string, policy?: ClinicPolicy): Promise<Clinic>;
  /** Registers a person and enrols a wallet. */
  enrolPatient(patient: FhirEntry, selector: string, entitlements: Record<string, string>): Promise<EnrolledPatient>;
  newRequester(name: string, role: string, engine?: Engine): Promise<Requester>;
  /**
   * Completes and closes every month of the session index that is over, as an operator does each month.
   * @returns all epochs closed so far, oldest first
   */
  closeMonths(): Promise<readonly number[]>;
  /** An empty wallet, or one restored from recovery words, on the practice's clock. */
  wallet(words?: string): Promise<Wallet>;
  stop(): Promise<void>;
}

export interface EnrolledPatient {
  wallet: Wallet;
  account: string;
  selector: string;
  /** the registrar's record, as the patient read and confirmed it */
  record: EnrolmentOffer;
}

export function deploymentOf(host: Host): Deployment {
  return {
    registrarUrl: host.urls.registrar,
    serviceUrl: host.urls.service,
    escrowUrl: host.urls.escrow,
    logUrl: host.urls.log,
    trusteeUrls: host.urls.trustees.slice(0, host.trusteeIdentityKeys.length),
    registrarKey: bytesToHex(host.registrarKey),
    logVkey: host.logVkey,
    trusteeKeys: host.trusteeIdentityKeys.map(bytesToHex),
    witnessVkeys: host.witnessVkeys,
    serviceWorkerKey: bytesToHex(host.serviceWorkerKey),
    adminKey: bytesToHex(ed25519.getPublicKey(host.adminSecretKey)),
  };
}

/** Starts every role and runs the key ceremony. */
export async function openPractice(options: PracticeOptions = {}): Promise<Practice> {
  const { threshold = 2, slots = 16, epochs = 36, progress = () => {} } = options;
  progress("starting every role on local workerd");
  const host = await startHost(options);
  try {
    return await furnish(host, { ...options, threshold, slots, epochs, progress });
  } catch (error) {
    await host.stop();
    throw error;
  }
}

async function furnish(
  host: Host,
  options: Required<Pick<PracticeOptions, "threshold" | "slots" | "epochs" | "progress">> & PracticeOptions,
): Promise<Practice> {
  const clock = { now: options.start ?? Math.floor(Date.now() / 1000) };
  const moment = new AsyncLocalStorage<number>();
  const transport: Transport = {
    ...systemTransport(),
    tries: options.tries ?? 1,
    now: () => moment.getStore() ?? clock.now,
    sendClock: true,
  };
  const deployment = deploymentOf(host);
  const operator = new Operator(transport, deployment, host.adminSecretKey);

  options.progress(`trustees' key ceremony, ${options.threshold} of ${deployment.trusteeUrls.length}`);
  const { keySetBytes: keySet } = await runCeremony(transport, {
    trusteeUrls: deployment.trusteeUrls,
    identityKeys: host.trusteeIdentityKeys,
    threshold: options.threshold,
    adminSecretKey: host.adminSecretKey,
  });
  const officers: Officer[] = [];
  for (const [i, trusteeUrl] of deployment.trusteeUrls.entries()) {
    const { hostname, origin } = new URL(trusteeUrl);
    const authenticator = await SoftwarePasskey.create({ rpId: hostname, origin });
    await registerOfficer(transport, trusteeUrl, host.adminSecretKey, authenticator.registration);
    officers.push(new Officer({ transport, deployment, trustee: i + 1, authenticator }));
  }
  options.progress("parameters signed and logged");
  const first = epochOf(clock.now);
  await operator.issueParameters({
    keySet,
    realm: "symbolon.local",
    epochFrom: first,
    epochTo: first + options.epochs - 1,
    slots: options.slots,
    attributes: ATTRIBUTES,
    ...(options.assembleThreshold === undefined ? {} : { assembleThreshold: options.assembleThreshold }),
  });

  const parameters = new ParametersCache(transport, deployment);
  const closed: number[] = [];
  const isOver = async (epoch: number): Promise<boolean> =>
    epoch < first + options.epochs && transport.now() >= indexClosesAt(epoch, (await parameters.of(epoch)).document);

  const newWallet = (words?: string): Promise<Wallet> => {
    const parts = { transport, deployment, store: new MemoryStore(), deviceMark: new MemoryDeviceMark() };
    return words === undefined ? Wallet.create(parts) : Wallet.restore(parts, words);
  };
  return {
    host,
    deployment,
    clock,
    transport,
    at: (unixSeconds, act) => moment.run(unixSeconds, act),
    operator,
    officers,
    threshold: options.threshold,
    async openClinic(name, policy) {
      const clinic = new Clinic(transport, deployment, await createClinicKeys(name, policy, clock.now));
      await operator.registerService(clinic.card());
      await clinic.challenge(); // so it reads the parameters while all clocks agree
      return clinic;
    },
    async enrolPatient(patient, selector, entitlements) {
      const { account, enrolmentCode } = await operator.registerPerson(patient, selector, entitlements);
      const wallet = await newWallet();
      const record = await wallet.startEnrolment(account, enrolmentCode);
      await wallet.confirmEnrolment(record); // its owner has read it
      return { wallet, account, selector, record };
    },
    async newRequester(name, role, engine) {
      const keys = createRequesterKeys(transport.rng);
      const certificate = await operator.certifyRequester({
        signKey: bytesToHex(keys.signPublicKey),
        sealKey: keys.seal.publicKey,
        name,
        role,
      });
      return new Requester(transport, deployment, keys, certificate, engine);
    },
    async closeMonths() {
      for (let epoch = first + closed.length; await isOver(epoch); epoch++) {
        await operator.completeIndex(epoch);
        await operator.closeIndex(epoch);
        closed.push(epoch);
      }
      return closed;
    },
    wallet: newWallet,
    stop: () => host.stop(),
  };
}
