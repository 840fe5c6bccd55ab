// Wallet and registrar: enrolment (once per phone) and refresh (one credential per epoch).
//
//   start     the desk's code → the person's record and the person's earlier contracts   the wallet sends nothing of its own
//   confirm   after the person has read the record: the wallet draws a salt, proves Cm, R, V, F° over the record and the
//             contract before, stores everything, and sends it
//   decline   the record is not this person's: the code becomes void
//   refresh   nonce → RefreshRequest signed by the device key → (A, e), checked before it is kept
//
// A trace names the record that the contract commits to. So the wallet commits to nothing that its owner has not read.
// An earlier contract counts as this wallet's own only if its R is k·Ĝ for the k that the wallet derives from the contract's
// salt. Then the new contract proves that k too (contract-chain.ts).
//
// The registrar learns when a wallet fetches a credential, but never when the wallet uses it. So fetch on a schedule,
// and not before a visit.

import { ed25519 } from "@noble/curves/ed25519.js";
import type { EnrolmentStart, RefreshNonce } from "../../api/registrar/enrolment.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { type ChainLink, identityRecordHash, Registrations, verifyChain } from "../../protocol/contract-chain.ts";
import { receive } from "../../protocol/credential.ts";
import {
  Contract,
  contractHashOf,
  IssuedCredential,
  identityCommitmentOf,
  openSigned,
  RefreshRequest,
} from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { handleOf, requestEnrolment, requestRefresh, verifyContract } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { encodeG1 } from "../../protocol/suite.ts";
import { type CodeOf, decodeAnswer, SymbolonError, textOfCause, translate, translateAsync } from "../errors.ts";
import type { Identity } from "../fhir/identity.ts";
import { displayName } from "../fhir/resource.ts";
import { ApiError, apiBytes, apiJson } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import { assertNotBarred } from "./device-mark.ts";
import { credentialBlinding, holderSecrets } from "./keys.ts";
import { jitterOf, planFetch, planRetry } from "./schedule.ts";
import { nothingRead, type PendingEnrolment, type WalletGeneration } from "./state.ts";
import { look } from "./watch.ts";

/** The registrar's answer to an enrolment or a refresh cannot be used, or the wallet is not enrolled. */
export class RegistrationError extends SymbolonError<CodeOf<"RegistrationError">> {
  override name = "RegistrationError";
}

/** The registrar's record of a person, as the person should read it before the wallet commits to it. */
export interface EnrolmentOffer extends Identity {
  account: string;
  enrolmentCode: string;
  /** of the Patient, for a screen */
  name: string | undefined;
  birthDate: string | undefined;
  /** IdentityRecord; the contract commits to exactly these bytes */
  identity: Uint8Array;
  /** every contract of this person so far, oldest first */
  contracts: readonly Uint8Array[];
  /** those of them that these recovery words made */
  ownPhones: readonly WalletGeneration[];
  /** sentences for the person */
  warnings: string[];
  /** whether the person confirmed this already, and only the registrar's answer is missing */
  confirmed: boolean;
}

export interface ConfirmOptions {
  /** Enrol a restored wallet although the registrar shows no earlier phone of it. Earlier visits then stay lost. */
  withoutEarlierPhone?: boolean;
}

const badEnrolment = (cause: unknown): RegistrationError =>
  new RegistrationError("bad-enrolment", textOfCause(cause), { cause });

function askStart({ transport, deployment }: WalletContext, account: string, code: string): Promise<EnrolmentStart> {
  const json = { account, enrolmentCode: code };
  return apiJson<EnrolmentStart>(transport, deployment.registrarUrl, "/v1/enrol/start", { json });
}

/** The chain of the person's contracts, checked. @throws RegistrationError bad-enrolment */
function linksOf(contracts: readonly Uint8Array[]): readonly ChainLink[] {
  if (contracts.length === 0) return [];
  const chain = verifyChain(contracts);
  if (!chain.ok) throw new RegistrationError("bad-enrolment", `contract ${chain.generation}: ${chain.reason}`);
  return chain.links;
}

/** The phones in this chain whose k this wallet derives, oldest first. */
function ownPhonesIn(w: WalletContext, links: readonly ChainLink[]): WalletGeneration[] {
  return links.flatMap(({ contract }) => {
    const phone = { generation: contract.generation, salt: bytesToHex(contract.salt) };
    if (!equalBytes(encodeG1(handleOf(holderSecrets(w.root, phone).k)), contract.R)) return [];
    const parameters = w.parameters.named(contract.paramsHash);
    if (!parameters || !verifyContract(parameters.issuer, contract).ok) return [];
    return [{ ...phone, epochFrom: parameters.document.epochFrom }];
  });
}

function warningsOf(restored: boolean, contracts: number, own: readonly WalletGeneration[]): string[] {
  if (restored && own.length === 0)
    return ["The registrar shows no earlier phone of these recovery words. Your earlier visits would stay lost."];
  if (contracts === 0) return [];
  if (own.length === 0)
    return [
      "You have had a phone before, under other recovery words. Its visits will not appear in this wallet. If you still have those words, restore from them instead.",
    ];
  return own.at(-1)!.generation < contracts - 1
    ? [
        "After your last phone, another one was registered for you, under other recovery words. Ask at the desk who did it.",
      ]
    : [];
}

/**
 * Asks for the person's record and commits to nothing. If the person confirmed it before and the answer was lost, the
 * same offer comes back without a request.
 * @throws RegistrationError bad-enrolment, other-registration; ParametersError, ApiError
 */
export async function startEnrolment(w: WalletContext, account: string, code: string): Promise<EnrolmentOffer> {
  const { state } = w;
  if (state.account !== undefined && state.account !== account) throw new RegistrationError("other-registration");
  const pending = pendingOf(w, account, code);
  if (pending) return { ...(await offerOf(w, account, code, hexToBytes(pending.identity), [])), confirmed: true };
  await w.learnParameters(epochOf(w.transport.now()));
  const start = await askStart(w, account, code);
  return translateAsync(
    () => offerOf(w, account, code, fromBase64url(start.identity), start.contracts.map(fromBase64url)),
    badEnrolment,
  );
}

const pendingOf = ({ state }: WalletContext, account: string, code: string): PendingEnrolment | undefined => {
  const { pendingEnrolment: p } = state;
  return p?.account === account && p.enrolmentCode === code ? p : undefined;
};

async function offerOf(
  w: WalletContext,
  account: string,
  enrolmentCode: string,
  identity: Uint8Array,
  contracts: readonly Uint8Array[],
): Promise<EnrolmentOffer> {
  const { decodeIdentity } = await import("../fhir/identity.ts"); // a check-in reads no FHIR
  const person = decodeIdentity(identity);
  const { birthDate } = person.patient.resource;
  const ownPhones = ownPhonesIn(w, linksOf(contracts));
  return {
    ...person,
    account,
    enrolmentCode,
    name: displayName(person.patient.resource),
    birthDate: typeof birthDate === "string" ? birthDate : undefined,
    identity,
    contracts,
    ownPhones,
    warnings: warningsOf(w.state.restored, contracts.length, ownPhones),
    confirmed: false,
  };
}

/**
 * Makes the contract of this phone and stores it before it is sent. The code serves once, so a lost answer must not
 * cost it. The salt is new, so no secret of an earlier phone comes again.
 */
async function prepareEnrolment(
  w: WalletContext,
  offer: EnrolmentOffer,
  { withoutEarlierPhone = false }: ConfirmOptions,
): Promise<PendingEnrolment> {
  const { account, enrolmentCode, identity, contracts, ownPhones } = offer;
  const { transport: t } = w;
  if (w.state.restored && ownPhones.length === 0 && !withoutEarlierPhone)
    throw new RegistrationError("no-earlier-phone");
  const epoch = epochOf(t.now());
  const parameters = await w.learnParameters(epoch);
  // A nonce is good for minutes, and a person may take longer to read.
  const start = await askStart(w, account, enrolmentCode);
  const pending = translate(() => {
    const same =
      start.contracts.length === contracts.length && contracts.every((c, i) => toBase64url(c) === start.contracts[i]);
    if (start.identity !== toBase64url(identity) || !same) throw new RegistrationError("record-changed");
    const links = linksOf(contracts);
    const before = ownPhones.find((g) => g.generation === links.length - 1);
    const phone = { generation: links.length, salt: bytesToHex(t.rng(32)) };
    const contract = requestEnrolment(
      {
        ...phone,
        salt: hexToBytes(phone.salt),
        previous: links.at(-1)?.hash,
        previousK: before && holderSecrets(w.root, before).k,
        params: parameters.issuer,
        identityCommitment: identityCommitmentOf(fromBase64url(start.salt), identity),
        paramsHash: parameters.hash,
        nonce: fromBase64url(start.nonce),
        secrets: holderSecrets(w.root, phone),
        s: credentialBlinding(w.root, phone, 0),
      },
      t.rng,
    );
    const bytes = Contract.encode(contract);
    return {
      account,
      enrolmentCode,
      identity: bytesToHex(identity),
      contract: toBase64url(bytes),
      chain: [...links.map((l) => l.hash), contractHashOf(bytes)].map(bytesToHex),
      generations: [...ownPhones, { ...phone, epochFrom: epoch }],
    };
  }, badEnrolment);
  await w.update((s) => {
    s.account = account;
    s.deviceSecretKey ??= bytesToHex(t.rng(32));
    s.pendingEnrolment = pending;
  });
  return pending;
}

/**
 * Enrols this phone, after the person has confirmed the record of the offer. If the answer is lost, call it again with
 * the same offer, or with that of another startEnrolment with the same code.
 * @throws RegistrationError not-recorded, no-earlier-phone, record-changed, bad-enrolment; ParametersError, ApiError
 */
export async function confirmEnrolment(
  w: WalletContext,
  offer: EnrolmentOffer,
  options: ConfirmOptions = {},
): Promise<WalletGeneration> {
  const { account, enrolmentCode } = offer;
  const pending = pendingOf(w, account, enrolmentCode) ?? (await prepareEnrolment(w, offer, options));
  const mine = pending.generations.at(-1)!;
  const device = hexToBytes(w.state.deviceSecretKey!);
  const deviceKey = bytesToHex(ed25519.getPublicKey(device));
  const json = { account, enrolmentCode, contract: pending.contract, deviceKey };
  const request = { json, signWith: device };
  let answer: { generations: { generation: number }[] };
  try {
    answer = await apiJson(w.transport, w.deployment.registrarUrl, "/v1/enrol", request);
  } catch (error) {
    // A recorded contract gets its answer again. So this one is not recorded, and the person may start anew.
    if (error instanceof ApiError && error.code === "credential-refused") await forget(w, pending);
    throw error;
  }
  if (!answer.generations.some((g) => g.generation === mine.generation)) throw new RegistrationError("not-recorded");
  await w.update((s) => {
    s.identity = pending.identity;
    s.chain = pending.chain;
    s.generations = pending.generations;
    s.restored = false;
    s.pendingEnrolment = undefined;
    // Cases that touched an older phone may be in the part of the log that this phone has already looked through.
    s.logReading = nothingRead();
  });
  await look(w); // at the desk, where it follows from no visit
  return mine;
}

const forget = (w: WalletContext, pending: PendingEnrolment): Promise<void> =>
  w.update((s) => {
    if (s.pendingEnrolment?.contract === pending.contract) s.pendingEnrolment = undefined;
  });

/**
 * Tells the registrar that the record is not this person's. The code then serves nobody.
 * @throws ApiError credential-refused if the code has served already
 */
export async function declineEnrolment(w: WalletContext, offer: EnrolmentOffer): Promise<void> {
  const { account, enrolmentCode } = offer;
  await apiJson(w.transport, w.deployment.registrarUrl, "/v1/enrol/decline", { json: { account, enrolmentCode } });
  const pending = pendingOf(w, account, enrolmentCode);
  if (pending) await forget(w, pending);
}

/**
 * Fetches the credential of an epoch, unless the wallet has it. If the registrar refuses, the account was revoked or
 * another phone took over; the wallet keeps since when it was refused.
 * @throws RegistrationError not-enrolled, bad-credential, bad-registrations; ParametersError, CopiedStoreError, ApiError
 */
export async function refresh(w: WalletContext, epoch: number): Promise<void> {
  const phone = w.generationOf(epoch);
  if (phone) assertNotBarred(w.state, phone);
  try {
    await fetchCredential(w, epoch);
  } catch (error) {
    if (error instanceof SymbolonError && w.state.generations.length > 0) {
      const { code } = error;
      await w.update((s) => {
        s.withheld = { since: s.withheld?.since ?? w.transport.now(), reason: code };
      });
    }
    throw error;
  }
}

/**
 * Fetches the next credential when its time has come (schedule.ts). A registrar that gives none is asked again later, and
 * the overview tells the person.
 * @returns when to call again, in unix seconds
 */
export async function keepFresh(w: WalletContext): Promise<number> {
  const { transport: t } = w;
  const jitter = (): number => jitterOf(t.rng);
  const holds = (epoch: number): boolean => {
    const generation = w.generationOf(epoch)?.generation;
    return w.state.credentials.some((c) => c.epoch === epoch && c.generation === generation);
  };
  const kept = w.state.nextFetch;
  let planned = kept && kept.epoch >= epochOf(t.now()) && !holds(kept.epoch) ? kept : undefined;
  if (planned && planned.at <= t.now()) {
    const { epoch } = planned;
    try {
      await refresh(w, epoch);
      planned = undefined;
    } catch (error) {
      if (!(error instanceof SymbolonError)) throw error;
      planned = planRetry(t.now(), epoch, jitter());
    }
  }
  const next = planned ?? planFetch(t.now(), holds, jitter());
  await w.update((s) => {
    s.nextFetch = next;
  });
  return next.at;
}

/**
 * Checks that the registrar's list of contracts is signed, of this person, and made now. An older list would contradict no
 * contract that the registrar made since.
 * @throws RegistrationError bad-registrations
 */
function checkRegistrations(w: WalletContext, signed: Uint8Array, toleranceSeconds: number): void {
  const { key, value } = translate(
    () => openSigned(LABELS.signRegistrations, Registrations, signed),
    (cause) => new RegistrationError("bad-registrations", textOfCause(cause), { cause }),
  );
  const own = identityRecordHash(hexToBytes(w.state.identity!));
  if (!equalBytes(key, hexToBytes(w.deployment.registrarKey)) || !equalBytes(value.record, own))
    throw new RegistrationError("bad-registrations");
  const age = w.transport.now() - value.at;
  if (Math.abs(age) > toleranceSeconds)
    throw new RegistrationError("bad-registrations", `it is ${age} seconds old by this phone's clock`);
}

async function fetchCredential(w: WalletContext, epoch: number): Promise<void> {
  const { transport: t, deployment } = w;
  // Learn the parameters even if the registrar gives no credential any more: the wallet still needs them to read the
  // log.
  const parameters = await w.learnParameters(epoch);
  const { state } = w;
  const generation = w.generationOf(epoch);
  if (!generation || !state.account || !state.deviceSecretKey) throw new RegistrationError("not-enrolled");
  if (state.credentials.some((c) => c.epoch === epoch && c.generation === generation.generation)) return;
  const device = hexToBytes(state.deviceSecretKey);
  const deviceKey = ed25519.getPublicKey(device);
  const answer = await apiJson<RefreshNonce>(t, deployment.registrarUrl, "/v1/refresh/nonce", {
    json: { account: state.account },
    signWith: device,
  });
  const registrations = decodeAnswer("the list of registrations", () => fromBase64url(answer.registrations));
  checkRegistrations(w, registrations, parameters.document.challengeWindowSeconds);
  const nonce = decodeAnswer("a nonce", () => fromBase64url(answer.nonce));
  const secrets = holderSecrets(w.root, generation);
  const s = credentialBlinding(w.root, generation, epoch);
  const request = requestRefresh({ nonce, epoch, deviceKey, paramsHash: parameters.hash, secrets, s }, t.rng);
  const bytes = await apiBytes(t, deployment.registrarUrl, "/v1/refresh", {
    bytes: RefreshRequest.encode({ account: hexToBytes(state.account), nonce, epoch, deviceKey, ...request }),
    signWith: device,
  });
  const issued = translate(
    () => {
      const credential = IssuedCredential.decode(bytes);
      // `receive` verifies the signature. One for another epoch or over other values is not kept.
      receive({ params: parameters.issuer, paramsHash: parameters.hash, epoch, secrets, s, issued: credential });
      return credential;
    },
    (cause) => new RegistrationError("bad-credential", textOfCause(cause), { cause }),
  );
  await w.update((st) => {
    st.withheld = undefined;
    st.registrations = bytesToHex(registrations);
    st.credentials.push({ generation: generation.generation, epoch, values: issued.values, issued: bytesToHex(bytes) });
  });
}
