// Shared by the attacks on cases: whole people and visits on the running system, stolen secrets, the stores' files read from
// disk, shares taken from a trustee's vault, and bundles made by an escrow that lies. Weakened Workers are declared here too.

import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Inclusion } from "../../api/case-proofs.ts";
import type { CardAnswer } from "../../api/trustee/cards.ts";
import type { Bundle } from "../../api/trustee/rounds.ts";
import { type Clinic, type ClinicSession, SessionError } from "../../client/clinic.ts";
import type { FhirEntry } from "../../client/fhir/resource.ts";
import { LogMonitor, type LogSource, type MonitorState } from "../../client/log/monitor.ts";
import { httpLogSource } from "../../client/log/source.ts";
import { OfficerError } from "../../client/officer/passkeys.ts";
import { logPinsOf, ParametersCache } from "../../client/parameters.ts";
import {
  createRequesterKeys,
  type OrderRequest,
  type PreparedOrder,
  Requester,
  RequesterError,
  type RequesterKeys,
} from "../../client/requester.ts";
import { ApiError, api, apiJson } from "../../client/transport.ts";
import { phoneOf, stateOf } from "../../client/wallet/inspect.ts";
import { credentialBlinding, holderSecrets, sessionKeys, walletRoot } from "../../client/wallet/keys.ts";
import { CheckInError } from "../../client/wallet/sending.ts";
import type { Wallet } from "../../client/wallet.ts";
import { cosignedCheckpoint, encodeProof, inclusionProof } from "../../functions/escrow/checkpoints.ts";
import type { EscrowEnv } from "../../functions/shared/env.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import type { Head } from "../../functions/shared/log-reader.ts";
import { appendEntryBytes } from "../../functions/shared/log-writer.ts";
import { openAtRest } from "../../functions/trustee/at-rest.ts";
import { type TrusteeKeys, trusteeKeys } from "../../functions/trustee/keys.ts";
import { bundleWorker, type ModuleSwap, type Weakening } from "../../local/bundles.ts";
import type { Host } from "../../local/host.ts";
import type { EnrolledPatient, Practice } from "../../local/practice.ts";
import { Approval, approvalHashOf } from "../../protocol/approvals.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { receive } from "../../protocol/credential.ts";
import { Challenge, CheckIn, checkInContext, IssuedCredential, LogEntry, Signed } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { INDEX_ROW_BYTES, proveIndexRow, readIndexRow } from "../../protocol/index-row.ts";
import { KeySet, TrusteeSecret } from "../../protocol/key-set.ts";
import { LOG_FRESHNESS_SECONDS, type LogTrust, logTrustOf } from "../../protocol/log-trust.ts";
import { OfficerCard, officerEntry } from "../../protocol/officer-card.ts";
import { Presentation, present, tagHashOf } from "../../protocol/presentation.ts";
import { type RecordItems, sealRecordItems } from "../../protocol/record-items.ts";

/** Attack tests start in the middle of a month. */
export const START = Date.UTC(2026, 8, 10) / 1000;
export const text = utf8ToBytes;

// ---- people and visits

export const person = (name: string): FhirEntry => ({
  fullUrl: `urn:uuid:${name}`,
  resource: { resourceType: "Patient", id: name, name: [{ family: name }] },
});

export const enrolled = (p: Practice, name: string): Promise<EnrolledPatient> =>
  p.enrolPatient(person(name), `SELECTOR-${name}`, { coverage: "standard", age: "adult" });

/** A visit with a record, as the clinic sees it. */
export async function visit(wallet: Wallet, clinic: Clinic, record = "a record"): Promise<ClinicSession> {
  const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
  const session = await clinic.session(tagHash);
  await clinic.putRecord(session, text(record));
  return session;
}

// ---- outcomes

/** The code and detail of a refusal, or "accepted" if there was none. */
export async function outcome(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return "accepted";
  } catch (error) {
    if (error instanceof ApiError)
      return typeof error.problem.detail === "string" ? `${error.code}: ${error.problem.detail}` : error.code;
    if (
      error instanceof RequesterError ||
      error instanceof OfficerError ||
      error instanceof CheckInError ||
      error instanceof SessionError
    )
      return `${error.code}: ${error.detail}`;
    throw error;
  }
}

// ---- cases

/** Submits an order; the officers of these trustees approve. */
export async function approvedBy(
  p: Practice,
  requester: Requester,
  request: OrderRequest,
  trustees: readonly number[],
): Promise<PreparedOrder> {
  const prepared = await requester.order(request);
  await requester.submit(prepared);
  await approve(p, prepared, trustees);
  return prepared;
}

export async function approve(p: Practice, prepared: PreparedOrder, trustees: readonly number[]): Promise<void> {
  for (const i of trustees) {
    const officer = p.officers[i - 1]!;
    await officer.approve(await officer.review(await waitingAt(p, prepared, i)));
  }
}

/** The case as it waits at this trustee. The dossiers of an assemble are the registrar's, and only the escrow has them. */
export async function waitingAt(p: Practice, prepared: PreparedOrder, trustee: number) {
  const own = prepared.dossiers[trustee - 1];
  if (own) return { order: toBase64url(prepared.signed), dossier: toBase64url(own) };
  return (await p.officers[trustee - 1]!.inbox()).find((c) => c.caseId === prepared.caseId)!;
}

export const LINK = { kind: "link", legalGround: "GDPR Article 9(2)(c)" } as const;
export const TRACE = { kind: "trace", legalGround: "GDPR Article 9(2)(i)" } as const;

/** Signed approvals of a submitted case, by trustee. */
export async function approvalsOf(requester: Requester, prepared: PreparedOrder): Promise<Map<number, Uint8Array>> {
  const { decisions } = await requester.status(prepared);
  return new Map(decisions.map((d) => [d.trustee, Buffer.from(d.approval, "base64url")]));
}

/** A requester whose keys the test knows too. */
export async function newRequester(p: Practice, name: string): Promise<{ requester: Requester; keys: RequesterKeys }> {
  const keys = createRequesterKeys(p.transport.rng);
  const certificate = await p.operator.certifyRequester({
    signKey: bytesToHex(keys.signPublicKey),
    sealKey: keys.seal.publicKey,
    name,
    role: "clinician",
  });
  return { requester: new Requester(p.transport, p.deployment, keys, certificate), keys };
}

/** The requester's own request to each member of S for shares of these records. */
export async function recordItemsFor(
  p: Practice,
  { signSecretKey }: RequesterKeys,
  prepared: PreparedOrder,
  set: readonly number[],
  items: RecordItems["items"],
): Promise<{ sealed: string[] }> {
  const sealed = set.map(async (trustee) => {
    const card = await apiJson<CardAnswer>(p.transport, p.deployment.trusteeUrls[trustee - 1]!, "/v1/card");
    const value = { caseId: prepared.order.caseId, orderHash: prepared.hash, trustee, items };
    return toBase64url(sealRecordItems(value, readBase64url(card.transportKey), signSecretKey, p.transport.rng));
  });
  return { sealed: await Promise.all(sealed) };
}

// ---- stores

/** Rows of a query over every Durable Object of a class, read from copies of its files. */
export function objectRows(host: Host, objectClass: string, query: string): Record<string, unknown>[] {
  const dir = join(host.persist, "do", objectClass);
  const copy = mkdtempSync(join(tmpdir(), "stolen-"));
  try {
    cpSync(dir, copy, { recursive: true });
    return readdirSync(copy)
      .filter((f) => /^[0-9a-f]{64}\.sqlite$/.test(f))
      .flatMap((f) => {
        const db = new DatabaseSync(join(copy, f));
        try {
          return db.prepare(query).all();
        } catch (error) {
          if (String(error).includes("no such table")) return [];
          throw error;
        } finally {
          db.close();
        }
      });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

export interface OwnedTrustee {
  keys: TrusteeKeys;
  keySet: KeySet;
  /** with the real shares */
  secret: TrusteeSecret;
}
/** Opens the vault of a trustee whose seed was stolen, from the file on disk. */
export function ownTrustee(host: Host, index: number): OwnedTrustee {
  const keys = trusteeKeys(hexToBytes(host.bindings[`trustee-${index}`]!.TRUSTEE_SEED!), index);
  const [row] = objectRows(host, `trustee-${index}-TrusteeVault`, "SELECT key_set, sealed_secret FROM keys");
  const keySetBytes = Uint8Array.from(row!.key_set as Uint8Array);
  const sealed = Uint8Array.from(row!.sealed_secret as Uint8Array);
  const secret = TrusteeSecret.decode(openAtRest(keys.vaultKey, "trustee-secret", keySetBytes, sealed));
  return { keys, keySet: KeySet.decode(keySetBytes), secret };
}

// ---- a lying escrow

export const escrowEnv = (host: Host): EscrowEnv => host.bindings.escrow as unknown as EscrowEnv;

/** LogEntry "officer" of an approval's card. */
function cardEntry(signed: Uint8Array): Uint8Array {
  const { officerCard } = Approval.decode(Signed.decode(signed).document);
  return officerEntry(officerCard, OfficerCard.decode(Signed.decode(officerCard).document).notBefore);
}

/** A bundle of the lying escrow's choice. The escrow may write to the log and gets heads cosigned. */
export async function lyingBundle(
  p: Practice,
  given: { prepared: PreparedOrder; order?: Uint8Array; approvals: Uint8Array[]; trustee: number; nonce?: Uint8Array },
): Promise<Bundle> {
  const env = escrowEnv(p.host);
  const now = p.clock.now;
  const { prepared, approvals, trustee } = given;
  const { caseId } = prepared.order;
  const head = { at: now, caseId, body: new Uint8Array() };
  const entries = [
    LogEntry.encode({ kind: "order", subject: prepared.hash, ...head }),
    ...approvals.map((a) => LogEntry.encode({ kind: "approval", subject: approvalHashOf(a), ...head })),
    ...approvals.map(cardEntry),
  ];
  const indexes: number[] = [];
  for (const entry of entries) indexes.push(await appendEntryBytes(env, now, entry));
  const checkpoint = await cosignedCheckpoint(env, { threshold: p.threshold }, Math.max(...indexes) + 1, now);
  const inclusions: Inclusion[] = [];
  for (const [i, entry] of entries.entries()) {
    const index = indexes[i]!;
    const proof = await inclusionProof(env, checkpoint, { entry, index }, now);
    inclusions.push({ entry: toBase64url(entry), index, proof: encodeProof(proof) });
  }
  return {
    order: toBase64url(given.order ?? prepared.signed),
    approvals: approvals.map(toBase64url),
    nonce: toBase64url(given.nonce ?? p.transport.rng(32)),
    checkpoint: checkpoint.note,
    orderInclusion: inclusions[0]!,
    approvalInclusions: inclusions.slice(1, 1 + approvals.length),
    officerInclusions: inclusions.slice(1 + approvals.length),
    dossier: toBase64url(prepared.dossiers[trustee - 1]!),
  };
}

/** One round of a case, asked of a trustee directly. */
export const askTrustee = <T>(p: Practice, trustee: number, round: string, json: object): Promise<T> =>
  apiJson<T>(p.transport, p.deployment.trusteeUrls[trustee - 1]!, `/v1/cases/${round}`, {
    json,
    signWith: hexToBytes(p.host.bindings.escrow!.SIGNING_KEY!),
  });

// ---- weakened Workers

/** A role file of test/attacks/roles takes the place of a module. */
export const playedBy = (role: string, module: string): ModuleSwap => ({
  swap: module,
  with: `test/attacks/roles/${role}.ts`,
});

/** A trustee that knows the mark of the case at hand: marks switch its other weaknesses on (roles/marks.ts). */
export const MARKED = playedBy("marked-trustee", "functions/trustee.ts");
/** Source text for a text patch: true while the case at hand has this mark. */
export const marked = (mark: string): string => `marked(${JSON.stringify(mark)})`;

export const hex = bytesToHex;

/** Rows of an epoch's index, hex by value; waits until the outbox has brought so many. */
export async function indexOf(p: Practice, epoch: number, rows: number): Promise<Map<string, { tagHash: string }>> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${p.deployment.escrowUrl}/v1/index/${epoch}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const found = Array.from({ length: bytes.length / INDEX_ROW_BYTES }, (_, i) =>
      bytes.subarray(INDEX_ROW_BYTES * i, INDEX_ROW_BYTES * (i + 1)),
    );
    if (found.length >= rows)
      return new Map(found.map((r) => [hex(r.subarray(0, 32)), { tagHash: hex(tagHashOf(readIndexRow(r).tag)) }]));
    if (attempt > 100) throw new Error(`index of ${epoch}: ${found.length} rows, ${rows} expected`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** The core with passages changed, as test/attacks/careless-core.ts exports it. */
export async function carelessCore(changes: Weakening[]): Promise<typeof import("./careless-core.ts")> {
  const dir = mkdtempSync(join(tmpdir(), "careless-"));
  const file = join(dir, "core.mjs");
  writeFileSync(file, await bundleWorker("test/attacks/careless-core.ts", changes));
  const core = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as typeof import("./careless-core.ts");
  rmSync(dir, { recursive: true, force: true });
  return core;
}

/** Turns the weakness of a Worker on or off (roles/switch.ts). */
export async function turn(url: string, on: boolean): Promise<void> {
  await fetch(`${url}/careless`, { method: "POST", body: JSON.stringify({ on }) });
}

/** A check-in from a wallet's secrets and one of its credentials, past all checks of the wallet's SDK. */
export async function presented(
  p: Practice,
  clinic: Clinic,
  wallet: Wallet,
  at: { credentialEpoch: number; slot: number; core?: typeof import("./careless-core.ts") },
): Promise<Uint8Array> {
  const parameters = await new ParametersCache(p.transport, p.deployment).of(at.credentialEpoch);
  const held = stateOf(wallet).credentials.find((c) => c.epoch === at.credentialEpoch)!;
  const root = walletRoot(wallet.recoveryWords);
  const phone = phoneOf(wallet, held.generation);
  const secrets = holderSecrets(root, phone);
  const challenge = await clinic.challenge();
  const read = Challenge.decode(Signed.decode(challenge).document);
  const keys = await sessionKeys(root, phone, epochOf(p.clock.now), at.slot);
  const before = {
    challenge,
    sessionAuthKey: keys.authPublicKey,
    sessionRecipient: keys.ageRecipient,
    rowProof: proveIndexRow(
      { serviceId: read.serviceId, epoch: epochOf(p.clock.now), slot: at.slot, paramsHash: parameters.hash },
      secrets.z,
      p.transport.rng,
    ),
    claim: p.transport.rng(82),
    hpkeEnc: new Uint8Array(1120),
  };
  const credential = receive({
    params: parameters.issuer,
    paramsHash: parameters.hash,
    epoch: at.credentialEpoch,
    secrets,
    s: credentialBlinding(root, phone, at.credentialEpoch),
    issued: IssuedCredential.decode(hexToBytes(held.issued)),
  });
  const made = present(
    {
      params: parameters.issuer,
      credential,
      secrets,
      tagEpoch: epochOf(p.clock.now),
      slot: at.slot,
      tagParamsHash: parameters.hash,
      credentialParamsHash: parameters.hash,
      shown: read.required.map((r) => r.attribute),
      context: checkInContext(before),
    },
    p.transport.rng,
  );
  return CheckIn.encode({ ...before, presentation: Presentation.encode(made) });
}

export const sendCheckIn = (p: Practice, checkIn: Uint8Array): Promise<string> =>
  outcome(() => api(p.transport, p.deployment.serviceUrl, "/v1/sessions", { bytes: checkIn }));

/** The signed parameters, as anybody gets them. */
export async function signedParameters(p: Practice): Promise<Uint8Array> {
  const path = "/v1/parameters";
  const { documents } = await apiJson<{ documents: string[] }>(p.transport, p.deployment.registrarUrl, path);
  return Buffer.from(documents[0]!, "base64url");
}

/** The pinned keys of the practice's log, and the quorum that follows from its threshold. */
export const logTrustAt = (p: Practice): LogTrust =>
  logTrustOf(logPinsOf(p.deployment), { threshold: p.threshold, logFreshnessSeconds: LOG_FRESHNESS_SECONDS });

/** A reader of the log that trusts pinned keys only. */
export function monitorOf(p: Practice, state?: MonitorState, source?: Partial<LogSource>): LogMonitor {
  const trust = logTrustAt(p);
  const http = httpLogSource(p.transport, p.deployment.logUrl, trust.quorum);
  return new LogMonitor(trust, { ...http, ...source }, p.transport.now, state);
}

/** how many entries the log has now */
const logSize = async ({ transport, deployment }: Practice): Promise<number> =>
  (await apiJson<{ size: number }>(transport, deployment.logUrl, "/v1/entries?from=0&limit=1")).size;

/** A cosigned head with at least `size` entries, or with all that the log has, as the escrow gets it for each case. */
export const cosigned = async (p: Practice, size?: number): Promise<Head> =>
  cosignedCheckpoint(escrowEnv(p.host), { threshold: p.threshold }, size ?? (await logSize(p)), p.clock.now);
