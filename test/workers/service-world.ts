// The surroundings of a service Worker under test: a registrar's signed parameters, patients with credentials, a clinic
// with the real SDK, and the HTTP of the other roles (parameters, log, index). Those roles record the requests that
// they get, and can be switched off. The service's own D1, R2 and Durable Objects are real.

import { applyD1Migrations, type D1Migration, reset } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { Clinic, type ClinicKeys, type ClinicPolicy, createClinicKeys } from "../../client/clinic.ts";
import type { Deployment } from "../../client/parameters.ts";
import { type FrameChannel, openWalletChannel } from "../../client/sealing/messages.ts";
import { ApiError, api, type Transport } from "../../client/transport.ts";
import type { ServiceEnv } from "../../functions/shared/env.ts";
import { bytesToHex, type Rng } from "../../protocol/bytes.ts";
import { type Credential, decodeIssuerParams, issue, receive, type WalletSecrets } from "../../protocol/credential.ts";
import {
  Challenge,
  CheckIn,
  channelContext,
  checkInContext,
  Parameters,
  paramsHashOf,
  Signed,
  signDocument,
} from "../../protocol/documents.ts";
import { asHex, type Hex } from "../../protocol/encodings.ts";
import { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { proveIndexRow, type RowPlace } from "../../protocol/index-row.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { Presentation, present, tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { loggedParameters } from "../support/logged-parameters.ts";
import { ceremony, common, keysOf, logSigners, publicHex, secret } from "./bindings.ts";

export const NOW = 1_796_000_000; // 2026-11-30
export const EPOCH = epochOf(NOW);
export const WINDOW_SECONDS = 300;
export const GRACE_SECONDS = 7 * 86_400;
export const SERVICE_URL = common.SERVICE_URL;
export const bindings = env as unknown as ServiceEnv;
export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));

// ---- registrar

const trustees = ceremony();
const issuerSecret = randomScalar(rng);
export const document: Parameters = {
  realm: "test",
  epochFrom: EPOCH - 3,
  epochTo: EPOCH + 3,
  slots: 16,
  challengeWindowSeconds: WINDOW_SECONDS,
  offlineGraceSeconds: GRACE_SECONDS,
  logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
  attributes: [{ name: "class", values: ["basic", "full"] }],
  issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
  ...keysOf(trustees),
};
const params = decodeIssuerParams(document);
const paramsHash = paramsHashOf(document);
export const signParameters = (p: Parameters): Uint8Array =>
  signDocument(LABELS.signParameters, Parameters, p, secret("registrar-sign"));

// ---- the other roles, as the service sees them

export const outside = {
  parameters: [signParameters(document)],
  keySet: KeySet.encode(trustees.keySet),
  /** they cosign the head of the parameters' log */
  witnesses: logSigners.witnesses,
  logged: [] as string[],
  indexed: [] as Record<string, unknown>[],
  /** epochs for which the escrow has the service's word that no row is pending */
  completed: [] as number[],
  /** tags that the escrow has for another session */
  contradicted: new Set<string>(),
  /** states of cases at the escrow */
  cases: new Map<string, string>(),
  /** what answers at other addresses, for instance a clinic's webhook receiver */
  elsewhere: undefined as ((request: Request) => Response | undefined | Promise<Response | undefined>) | undefined,
  /** hosts that do not answer */
  down: new Set<string>(),
};

async function answerOf(request: Request): Promise<Response> {
  const { host, pathname } = new URL(request.url);
  if (outside.down.has(host)) throw new TypeError(`${host} is down`);
  if (host === "registrar.test" && pathname === "/v1/parameters")
    return Response.json(
      loggedParameters(
        outside.parameters.map((document) => ({ document, keySet: outside.keySet })),
        { ...logSigners, witnesses: outside.witnesses },
        clock.now,
      ),
    );
  if (host === "log.test" && pathname === "/v1/entries") {
    const { entries } = (await request.json()) as { entries: string[] };
    for (const entry of entries) if (!outside.logged.includes(entry)) outside.logged.push(entry);
    return Response.json({ indexes: entries.map((e) => outside.logged.indexOf(e)), size: outside.logged.length });
  }
  if (host === "escrow.test" && pathname === "/v1/index") {
    const { rows } = (await request.json()) as { rows: Record<string, unknown>[] };
    if (rows.some((row) => outside.contradicted.has(String(row.tag))))
      return Response.json({ code: "conflict", title: "conflict", status: 409 }, { status: 409 });
    outside.indexed.push(...rows);
    return Response.json({});
  }
  const completed = /^\/v1\/index\/(\d+)\/complete$/.exec(pathname);
  if (host === "escrow.test" && completed) {
    outside.completed.push(Number(completed[1]));
    return Response.json({});
  }
  if (host === "escrow.test" && pathname === "/v1/cases/states") {
    const { caseIds } = (await request.json()) as { caseIds: string[] };
    const known = caseIds.filter((caseId) => outside.cases.has(caseId));
    return Response.json({ cases: known.map((caseId) => ({ caseId, state: outside.cases.get(caseId) })) });
  }
  const other = await outside.elsewhere?.(request);
  if (other) return other;
  throw new TypeError(`nothing answers at ${request.url}`);
}
globalThis.fetch = ((input: RequestInfo, init?: RequestInit) => answerOf(new Request(input, init))) as typeof fetch;

// ---- the Worker

const worker = (exports as unknown as { default: { fetch: typeof fetch } }).default;
export const clock = { now: NOW };
export const transport: Transport = {
  fetch: ((input: string, init?: RequestInit) =>
    String(input).startsWith(SERVICE_URL)
      ? worker.fetch(input, init)
      : globalThis.fetch(input, init)) as unknown as Transport["fetch"],
  now: () => clock.now,
  rng,
  sendClock: true,
};
export const deployment: Deployment = {
  registrarUrl: common.REGISTRAR_URL,
  serviceUrl: SERVICE_URL,
  escrowUrl: common.ESCROW_URL,
  logUrl: common.LOG_URL,
  trusteeUrls: [],
  registrarKey: asHex(common.REGISTRAR_KEY),
  logVkey: common.LOG_VKEY,
  trusteeKeys: JSON.parse(common.TRUSTEE_KEYS),
  witnessVkeys: [],
  serviceWorkerKey: publicHex("service-sign"),
};

/** "accepted", or the code of the problem document. */
export const code = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "accepted",
    (e: unknown) => (e instanceof ApiError ? e.code : `${e}`),
  );

export async function freshWorld(): Promise<void> {
  await reset();
  const { TEST_MIGRATIONS } = env as unknown as { TEST_MIGRATIONS: D1Migration[] };
  for (const db of [bindings.RECORDS_DB_0, bindings.RECORDS_DB_1]) await applyD1Migrations(db, TEST_MIGRATIONS);
  outside.logged.length = 0;
  outside.indexed.length = 0;
  outside.completed.length = 0;
  outside.contradicted.clear();
  outside.down.clear();
  outside.cases.clear();
  outside.elsewhere = undefined;
  clock.now = NOW;
}

export const register = (clinic: Clinic): Promise<Response> =>
  api(transport, SERVICE_URL, "/v1/admin/services", { bytes: clinic.card(), signWith: secret("admin") });

export const clinicWith = (keys: ClinicKeys): Clinic => new Clinic(transport, deployment, keys);

export async function newClinic(name = "Clinic", policy?: ClinicPolicy): Promise<Clinic> {
  const clinic = clinicWith(await createClinicKeys(name, policy, NOW));
  await register(clinic);
  return clinic;
}

// ---- wallets

export interface Patient {
  readonly secrets: WalletSecrets;
  readonly credential: Credential;
}

export function newPatient(epoch = EPOCH, values = ["full"]): Patient {
  const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
  const s = randomScalar(rng);
  const contract = requestEnrolment(
    {
      params,
      identityCommitment: rng(32),
      paramsHash,
      nonce: rng(32),
      secrets,
      s,
      generation: 0,
      salt: rng(32),
      previous: undefined,
    },
    rng,
  );
  const checked = verifyContract(params, contract);
  if (!checked.ok) throw new Error("enrolment refused");
  const about = { params, epoch, paramsHash };
  const issued = issue({ ...about, issuerSecret, Cm: checked.Cm, attributeValues: values, rng });
  return { secrets, credential: receive({ ...about, issued, secrets, s }) };
}

export interface Prepared {
  readonly bytes: Uint8Array;
  readonly checkIn: CheckIn;
  readonly tagHash: Hex;
  readonly ageIdentity: string;
  readonly authSecretKey: Uint8Array;
  readonly channel: FrameChannel;
}

type PresentInput = Partial<globalThis.Parameters<typeof present>[0]>;

/** The check-in that a wallet sends, or would send with `changes`. */
export async function prepare(
  patient: Patient,
  clinic: Clinic,
  options: {
    slot?: number;
    shown?: string[];
    challenge?: Uint8Array;
    present?: PresentInput;
    rowPlace?: Partial<RowPlace>;
    sessionRecipient?: string;
  } = {},
): Promise<Prepared> {
  const { slot = 0, shown = [] } = options;
  const signed = options.challenge ?? (await clinic.challenge());
  const challenge = Challenge.decode(Signed.decode(signed).document);
  const epoch = epochOf(challenge.issuedAt);
  const ageIdentity = await generateHybridIdentity();
  const auth = ed25519.keygen(rng(32));
  const before = {
    challenge: signed,
    sessionAuthKey: auth.publicKey,
    sessionRecipient: options.sessionRecipient ?? (await identityToRecipient(ageIdentity)),
    rowProof: proveIndexRow(
      { serviceId: challenge.serviceId, epoch, slot, paramsHash, ...options.rowPlace },
      patient.secrets.z,
      rng,
    ),
    claim: rng(82),
  };
  const tagHash = tagHashOf(encodeG2(tagOf(patient.secrets.z, paramsHash, epoch, slot)));
  const { enc, channel } = await openWalletChannel({
    servicePublicKey: clinicHpkeKey(clinic),
    context: channelContext(before),
    tagHash,
  });
  const presentation = present(
    {
      params,
      credential: patient.credential,
      secrets: patient.secrets,
      tagEpoch: epoch,
      slot,
      tagParamsHash: paramsHash,
      credentialParamsHash: paramsHash,
      shown,
      context: checkInContext({ ...before, hpkeEnc: enc }),
      ...options.present,
    },
    rng,
  );
  const checkIn: CheckIn = { ...before, hpkeEnc: enc, presentation: Presentation.encode(presentation) };
  return {
    bytes: CheckIn.encode(checkIn),
    checkIn,
    tagHash: bytesToHex(tagHash),
    ageIdentity,
    authSecretKey: auth.secretKey,
    channel,
  };
}
const clinicHpkeKey = (clinic: Clinic): Uint8Array =>
  Uint8Array.from(clinic.keys.hpkePublicKey.match(/../g)!, (x) => Number.parseInt(x, 16));

export const newKey = (): string => bytesToHex(rng(16));

export async function send(bytes: Uint8Array): Promise<Uint8Array> {
  const response = await api(transport, SERVICE_URL, "/v1/sessions", { bytes });
  return new Uint8Array(await response.arrayBuffer());
}

/** A patient checks in, and the clinic looks the session up. */
export async function visit(clinic: Clinic, patient = newPatient(), slot = 0) {
  const prepared = await prepare(patient, clinic, { slot });
  await send(prepared.bytes);
  return { ...prepared, patient, session: await clinic.session(prepared.tagHash) };
}
