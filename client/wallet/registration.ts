// Wallet and registrar: enrolment (once a phone) and refresh (one credential an epoch).
//
//   enrol    start → (nonce, identity, salt)   wallet recomputes the commitment, proves Cm, R, V, F°   → generation
//   refresh  nonce → RefreshRequest signed by the device key → (A, e), checked before it is kept
//
// The registrar learns when a wallet fetches, never when it uses: fetch on a schedule, not before a visit.

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { receive } from "../../protocol/credential.ts";
import { Contract, IssuedCredential, identityCommitmentOf, RefreshRequest } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { requestEnrolment, requestRefresh } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { apiBytes, apiJson } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import { credentialBlinding, holderSecrets } from "./keys.ts";
import type { PendingEnrolment, WalletGeneration } from "./state.ts";

export class RegistrationError extends Error {
  override name = "RegistrationError";
}

interface EnrolStart {
  nonce: string;
  identity: string;
  salt: string;
  generation: number;
}

/** Makes the contract of this phone and keeps it before it is sent: the code serves once, a lost answer must not cost it. */
async function prepareEnrolment(w: WalletContext, account: string, code: string): Promise<PendingEnrolment> {
  const { transport: t, deployment } = w;
  const epoch = epochOf(t.now());
  const parameters = await w.learnParameters(epoch);
  const start = await apiJson<EnrolStart>(t, deployment.registrarUrl, "/v1/enrol/start", {
    json: { account, enrolmentCode: code },
  });
  const { generation } = start;
  const identity = fromBase64url(start.identity);
  const contract = requestEnrolment(
    {
      params: parameters.issuer,
      identityCommitment: identityCommitmentOf(fromBase64url(start.salt), identity),
      paramsHash: parameters.hash,
      nonce: fromBase64url(start.nonce),
      secrets: holderSecrets(w.root, generation),
      s: credentialBlinding(w.root, generation, 0),
    },
    t.rng,
  );
  const pending = { account, enrolmentCode: code, generation, epoch, contract: toBase64url(Contract.encode(contract)) };
  await w.update((s) => {
    s.account = account;
    s.deviceSecretKey ??= bytesToHex(t.rng(32));
    s.identity = bytesToHex(identity);
    s.pendingEnrolment = pending;
  });
  return pending;
}

/** Enrols this phone as the person's next generation. `code` is the one-time enrolment code of the registrar's desk. */
export async function enrol(w: WalletContext, account: string, code: string): Promise<WalletGeneration> {
  const { pendingEnrolment } = w.state;
  const sentBefore = pendingEnrolment?.account === account && pendingEnrolment.enrolmentCode === code;
  const pending = sentBefore ? pendingEnrolment : await prepareEnrolment(w, account, code);
  const device = hexToBytes(w.state.deviceSecretKey!);
  const { contract, generation } = pending;
  const json = { account, enrolmentCode: code, contract, deviceKey: bytesToHex(ed25519.getPublicKey(device)) };
  const answer = await apiJson<{ generations: { generation: number; epochFrom: number; epochTo: number | null }[] }>(
    w.transport,
    w.deployment.registrarUrl,
    "/v1/enrol",
    { json, signWith: device },
  );
  const generations = answer.generations.map((g) => ({ ...g, epochTo: g.epochTo ?? undefined }));
  const mine = generations.find((g) => g.generation === generation);
  if (!mine) throw new RegistrationError("the registrar did not record this phone");
  // An old number anew would repeat the tags of visits that this phone cannot know of.
  if (generation > 0 && w.state.sessions.length === 0 && mine.epochFrom < pending.epoch)
    throw new RegistrationError("the registrar gave this phone the secrets of an older one");
  await w.update((s) => {
    s.generations = generations;
    s.pendingEnrolment = undefined;
    // cases that touched an older generation stand before what this phone has looked through
    s.noticesSeenUpTo = 0;
  });
  return mine;
}

/** Fetches the credential of an epoch, unless the wallet has it. Refused means: revoked, or another phone took over. */
export async function refresh(w: WalletContext, epoch: number): Promise<void> {
  const { transport: t, deployment } = w;
  const parameters = await w.learnParameters(epoch); // also where no credential is given any more: the log is read on
  const { state } = w;
  const generation = w.generationOf(epoch);
  if (!generation || !state.account || !state.deviceSecretKey)
    throw new RegistrationError("this wallet is not enrolled for that month yet");
  if (state.credentials.some((c) => c.epoch === epoch && c.generation === generation.generation)) return;
  const device = hexToBytes(state.deviceSecretKey);
  const deviceKey = ed25519.getPublicKey(device);
  const { nonce } = await apiJson<{ nonce: string }>(t, deployment.registrarUrl, "/v1/refresh/nonce", {
    json: { account: state.account },
    signWith: device,
  });
  const secrets = holderSecrets(w.root, generation.generation);
  const s = credentialBlinding(w.root, generation.generation, epoch);
  const request = requestRefresh(
    {
      nonce: fromBase64url(nonce),
      epoch,
      deviceKey,
      paramsHash: parameters.hash,
      secrets,
      s,
    },
    t.rng,
  );
  const bytes = await apiBytes(t, deployment.registrarUrl, "/v1/refresh", {
    bytes: RefreshRequest.encode({
      account: hexToBytes(state.account),
      nonce: fromBase64url(nonce),
      epoch,
      deviceKey,
      ...request,
    }),
    signWith: device,
  });
  const issued = IssuedCredential.decode(bytes);
  // A signature that does not verify, for another epoch or over other values than these, is not kept.
  receive({ params: parameters.issuer, paramsHash: parameters.hash, epoch, secrets, s, issued });
  await w.update((st) => {
    st.credentials.push({ generation: generation.generation, epoch, values: issued.values, issued: bytesToHex(bytes) });
  });
}
