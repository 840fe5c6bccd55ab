// Wallet and registrar: enrolment (once per phone) and refresh (one credential per epoch).
//
//   enrol    start → (nonce, identity, salt)   wallet recomputes the commitment, proves Cm, R, V, F°   → generation
//   refresh  nonce → RefreshRequest signed by the device key → (A, e), checked before it is kept
//
// The registrar learns when a wallet fetches a credential, but never when the wallet uses it. So fetch on a schedule,
// and not before a visit.

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { receive } from "../../protocol/credential.ts";
import { Contract, IssuedCredential, identityCommitmentOf, RefreshRequest } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { requestEnrolment, requestRefresh } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { type CodeOf, decodeAnswer, SymbolonError, textOfCause, translate } from "../errors.ts";
import { apiBytes, apiJson } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import { credentialBlinding, holderSecrets } from "./keys.ts";
import type { PendingEnrolment, WalletGeneration } from "./state.ts";

/** The registrar's answer to an enrolment or a refresh cannot be used, or the wallet is not enrolled. */
export class RegistrationError extends SymbolonError<CodeOf<"RegistrationError">> {
  override name = "RegistrationError";
}

interface EnrolStart {
  nonce: Base64url;
  identity: Base64url;
  salt: Base64url;
  generation: number;
}

/**
 * Makes the contract of this phone and stores it before it is sent. The code serves once, so a lost answer must not
 * cost it.
 */
async function prepareEnrolment(w: WalletContext, account: string, code: string): Promise<PendingEnrolment> {
  const { transport: t, deployment } = w;
  const epoch = epochOf(t.now());
  const parameters = await w.learnParameters(epoch);
  const start = await apiJson<EnrolStart>(t, deployment.registrarUrl, "/v1/enrol/start", {
    json: { account, enrolmentCode: code },
  });
  const { generation } = start;
  const { identity, contract } = translate(
    () => {
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
      return { identity, contract: toBase64url(Contract.encode(contract)) };
    },
    (cause) => new RegistrationError("bad-enrolment", textOfCause(cause), { cause }),
  );
  const pending = { account, enrolmentCode: code, generation, epoch, contract };
  await w.update((s) => {
    s.account = account;
    s.deviceSecretKey ??= bytesToHex(t.rng(32));
    s.identity = bytesToHex(identity);
    s.pendingEnrolment = pending;
  });
  return pending;
}

/**
 * Enrols this phone as the person's next generation. `code` is the one-time enrolment code from the registrar's desk.
 * @throws RegistrationError not-recorded, old-generation, bad-enrolment; ParametersError, ApiError
 */
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
  if (!mine) throw new RegistrationError("not-recorded");
  // If this phone got an older generation again, it would repeat the tags of visits that it cannot know of.
  if (generation > 0 && w.state.sessions.length === 0 && mine.epochFrom < pending.epoch)
    throw new RegistrationError("old-generation");
  await w.update((s) => {
    s.generations = generations;
    s.pendingEnrolment = undefined;
    // Cases that touched an older generation may be in the part of the log that this phone has already looked through.
    s.noticesSeenUpTo = 0;
  });
  return mine;
}

/**
 * Fetches the credential of an epoch, unless the wallet has it. If the registrar refuses, the account was revoked or
 * another phone took over.
 * @throws RegistrationError not-enrolled, bad-credential; ParametersError, ApiError
 */
export async function refresh(w: WalletContext, epoch: number): Promise<void> {
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
  const answer = await apiJson<{ nonce: Base64url }>(t, deployment.registrarUrl, "/v1/refresh/nonce", {
    json: { account: state.account },
    signWith: device,
  });
  const nonce = decodeAnswer("a nonce", () => fromBase64url(answer.nonce));
  const secrets = holderSecrets(w.root, generation.generation);
  const s = credentialBlinding(w.root, generation.generation, epoch);
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
    st.credentials.push({ generation: generation.generation, epoch, values: issued.values, issued: bytesToHex(bytes) });
  });
}
