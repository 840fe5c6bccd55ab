// Three trustees in one workerd: the same app in three environments, each with its own vault and boards in real Durable
// Objects. Around them are the sources that they fetch from: the registrar's parameters, the escrow's index, and a log.
// The log is a tree in memory with real proofs and real cosignatures. `escrow` is the carrier between the trustees, and
// lies if a test wants it to.

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Inclusion } from "../../api/case-proofs.ts";
import type { Bundle } from "../../api/trustee/rounds.ts";
import { SoftwarePasskey } from "../../client/officer/software-passkey.ts";
import { registerOfficer, runCeremony } from "../../client/operator/ceremony.ts";
import type { Deployment } from "../../client/parameters.ts";
import { ApiError, apiBytes, apiJson, type Transport } from "../../client/transport.ts";
import type { TrusteeEnv } from "../../functions/shared/env.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import app from "../../functions/trustee.ts";
import { Approval, approvalChallenge, approvalHashOf } from "../../protocol/approvals.ts";
import { bytesToHex, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { chunksOfOrder } from "../../protocol/case-chunks.ts";
import { type Credential, decodeIssuerParams, issue, receive, type WalletSecrets } from "../../protocol/credential.ts";
import {
  Challenge,
  CheckIn,
  Contract,
  checkInContext,
  contractHashOf,
  Dossier,
  dossierHashOf,
  identityCommitmentOf,
  LogEntry,
  Order,
  openSigned,
  orderHashOf,
  Parameters,
  paramsHashOf,
  RequesterCertificate,
  requesterHashOf,
  serviceIdOf,
  signDocument,
  signDossier,
  subjectHashOf,
} from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridKeyPair, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { IdentityRecord } from "../../protocol/identity-record.ts";
import { encodeIndexRow, proveIndexRow } from "../../protocol/index-row.ts";
import { KeySet, keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { leafHash, nodeHash, planConsistency, planInclusion, planRoot, readSpan } from "../../protocol/merkle.ts";
import {
  formatCheckpoint,
  formatNote,
  LOG_KEY,
  noteSigner,
  parseCheckpoint,
  parseNote,
  signNote,
} from "../../protocol/note.ts";
import { parseSkey } from "../../protocol/note-keys.ts";
import { OfficerCard, officerEntry } from "../../protocol/officer-card.ts";
import { sessionIndexValue } from "../../protocol/opening.ts";
import { Presentation, present, tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { type RevocationList, signRevocations } from "../../protocol/requester-status.ts";
import { encodeG1, encodeG2, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { type AddCheckpoint, formatAddCheckpoint } from "../../protocol/witness.ts";
import { loggedParameters } from "../support/logged-parameters.ts";
import { testOfficer } from "../support/officers.ts";
import { logKeys, logSigners, publicHex, secret, trustees } from "./bindings.ts";

export const NOW = 1_796_000_000; // 2026-11-30
export const EPOCH = epochOf(NOW);
export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));
export const clock = { now: NOW };
const RP = { rpId: "officers.test", origin: "https://officers.test" };

// ---- three environments

const bindings = env as unknown as TrusteeEnv;
type Namespace = { getByName(name: string): unknown };
const partition = (namespace: unknown, of: string): DurableObjectNamespace =>
  ({ getByName: (name: string) => (namespace as Namespace).getByName(`${of}/${name}`) }) as never;

/** Each world has a registrar of its own, because an isolate believes parameters as long as it lives. */
const environmentsOf = (world: string): TrusteeEnv[] =>
  [1, 2, 3].map((index) => ({
    ...bindings,
    REGISTRAR_URL: `http://registrar.test/${world}`,
    TRUSTEE_INDEX: String(index),
    OWN_URL: `http://trustee-${index}.test`,
    TRUSTEE_SEED: bytesToHex(secret(`trustee-${index}`)),
    CEREMONY: partition(bindings.CEREMONY, `${world}/${index}`),
    TRUSTEE_VAULT: partition(bindings.TRUSTEE_VAULT, `${world}/${index}`),
  }));
export const environments = environmentsOf("first");
/** Three trustees without any state, under the same keys. */
export function freshTrustees(): void {
  environments.splice(0, 3, ...environmentsOf(bytesToHex(rng(8))));
}
export const trusteeUrls = [1, 2, 3].map((i) => `http://trustee-${i}.test`);
export const identityKeys = trustees.map((t) => t.identityPublicKey);

// ---- the sources that the trustees fetch from

export const outside = {
  parameters: [] as Uint8Array[],
  keySet: new Uint8Array() as Uint8Array,
  /** rows per epoch, in hex, in any order */
  index: new Map<number, string[]>(),
  pageRows: 4096,
  /** the registrar's list of withdrawn certificates, as it is served now */
  revocations: (): Uint8Array => revocationList([]),
  inbox: [] as unknown[],
  inboxKey: "",
  /** the escrow's answer about any one case */
  progress: {} as unknown,
  progressKey: "",
  logDown: false,
  logWriter: "",
};

function indexPage(epoch: number, cursor: string | null): Response {
  const rows = (outside.index.get(epoch) ?? []).toSorted().filter((r) => cursor === null || r.slice(0, 64) > cursor);
  const page = rows.slice(0, outside.pageRows);
  const body = Uint8Array.from(page.join("").match(/../g) ?? [], (x) => Number.parseInt(x, 16));
  const headers: Record<string, string> =
    rows.length > page.length ? { "symbolon-cursor": page.at(-1)!.slice(0, 64) } : {};
  return new Response(body, { headers });
}

async function answerOf(request: Request): Promise<Response> {
  const { host, pathname, searchParams } = new URL(request.url);
  const trustee = /^trustee-([123])\.test$/.exec(host)?.[1];
  if (trustee) return app.fetch(request, environments[Number(trustee) - 1]!, createExecutionContext());
  if (host === "registrar.test" && pathname.endsWith("/v1/parameters"))
    return Response.json(
      loggedParameters(
        outside.parameters.map((document) => ({ document, keySet: outside.keySet })),
        logSigners,
        clock.now,
      ),
    );
  if (host === "registrar.test" && pathname.endsWith("/v1/requesters/revoked"))
    return new Response(outside.revocations().slice());
  const epoch = /^\/v1\/index\/(\d+)$/.exec(pathname)?.[1];
  if (host === "escrow.test" && epoch) return indexPage(Number(epoch), searchParams.get("cursor"));
  if (host === "escrow.test" && pathname === "/v1/cases") {
    outside.inboxKey = request.headers.get("symbolon-signature")?.slice(0, 64) ?? "";
    return Response.json({ cases: outside.inbox, cursor: null });
  }
  if (host === "escrow.test" && /^\/v1\/cases\/[0-9a-f]{64}$/.test(pathname)) {
    outside.progressKey = request.headers.get("symbolon-signature")?.slice(0, 64) ?? "";
    return Response.json(outside.progress);
  }
  if (host === "log.test" && pathname === "/v1/entries" && !outside.logDown) {
    outside.logWriter = request.headers.get("symbolon-signature")?.slice(0, 64) ?? "";
    const { entries } = (await request.json()) as { entries: string[] };
    const indexes = entries.map((e) => theLog.indexOf(readBase64url(e)));
    return Response.json({ indexes, size: theLog.entries.length });
  }
  if (host === "escrow.test" && pathname.endsWith("/approvals")) {
    delivered.push(new Uint8Array(await request.arrayBuffer()));
    return Response.json({});
  }
  throw new TypeError(`nothing answers at ${request.url}`);
}
/** Signed<RevocationList> with these certificates. */
const revocationList = (certificates: readonly Uint8Array[], changes: Partial<RevocationList> = {}): Uint8Array =>
  signRevocations(
    { number: certificates.length, at: clock.now, revoked: certificates.map(requesterHashOf), ...changes },
    secret("registrar-sign"),
  );
export const delivered: Uint8Array[] = [];
/** As over a network, a request states the length of its body. */
globalThis.fetch = ((input: RequestInfo, init?: RequestInit) => {
  const request = new Request(input, init);
  const { length } = (init?.body ?? []) as Uint8Array | string;
  if (length > 0) request.headers.set("content-length", String(length));
  return answerOf(request);
}) as typeof fetch;

export const transport: Transport = {
  fetch: globalThis.fetch as unknown as Transport["fetch"],
  now: () => clock.now,
  rng,
  sendClock: true,
};

/** The deployment that the officers' apps pin. */
export const deployment: Deployment = {
  registrarUrl: bindings.REGISTRAR_URL,
  serviceUrl: bindings.SERVICE_URL,
  escrowUrl: bindings.ESCROW_URL,
  logUrl: bindings.LOG_URL,
  trusteeUrls,
  registrarKey: publicHex("registrar-sign"),
  logVkey: logKeys.vkey,
  trusteeKeys: identityKeys.map(bytesToHex),
  witnessVkeys: [],
  serviceWorkerKey: bytesToHex(new Uint8Array(32)),
};

/** The answer, or "code: detail" of the problem document. */
export const outcome = <T>(answer: Promise<T>): Promise<T | string> =>
  answer.catch((e: unknown) => {
    if (!(e instanceof ApiError)) throw e;
    return typeof e.problem.detail === "string" ? `${e.code}: ${e.problem.detail}` : e.code;
  });

export const ask = <T = Record<string, never>>(trustee: number, round: string, json: unknown): Promise<T> =>
  apiJson<T>(transport, trusteeUrls[trustee - 1]!, `/v1/cases/${round}`, { json, signWith: secret("escrow-sign") });

// ---- the log

export class TestLog {
  readonly leaves: Uint8Array[] = [];
  readonly entries: Uint8Array[] = [];
  append(entry: LogEntry): number {
    this.entries.push(LogEntry.encode(entry));
    this.leaves.push(leafHash(this.entries.at(-1)!));
    return this.leaves.length - 1;
  }
  /** The index of these bytes, which are appended if they are new. */
  indexOf(entry: Uint8Array): number {
    const at = this.entries.findIndex((e) => bytesToHex(e) === bytesToHex(entry));
    return at >= 0 ? at : this.append(LogEntry.decode(entry));
  }
  private node = ({ level, index }: { level: number; index: number }): Uint8Array =>
    level === 0
      ? this.leaves[index]!
      : nodeHash(
          this.node({ level: level - 1, index: 2 * index }),
          this.node({ level: level - 1, index: 2 * index + 1 }),
        );
  root(size: number): Uint8Array {
    return readSpan(planRoot(size), this.node);
  }
  note(size = this.leaves.length): string {
    const { name, secretKey } = parseSkey(logKeys.skey);
    const text = formatCheckpoint({ origin: name, size, root: this.root(size) });
    return formatNote({ text, signatures: [signNote(text, noteSigner(name, LOG_KEY, secretKey))] });
  }
  inclusion(index: number, size = this.leaves.length): Inclusion {
    const proof = planInclusion(index, size).map((span) => readSpan(span, this.node));
    return { entry: toBase64url(this.entries[index]!), index, proof: proof.map(toBase64url) };
  }
  consistency(from: number, to = this.leaves.length): string[] {
    return from === 0 || from === to
      ? []
      : planConsistency(from, to).map((span) => toBase64url(readSpan(span, this.node)));
  }
  /** The head with the cosignatures of these trustees. All three make the quorum. */
  async cosigned(by: readonly number[] = [1, 2, 3], size = this.leaves.length): Promise<string> {
    let note = this.note(size);
    for (const i of by) {
      const at = await signedSize(i, note);
      note += await addCheckpoint(i, { oldSize: at, proof: this.consistency(at, size).map(fromBase64url), note });
    }
    return note;
  }
}

/** A trustee's answer as a witness: its signature line, or the status and what follows it. */
export async function addCheckpoint(trustee: number, request: AddCheckpoint): Promise<string> {
  const answer = await fetch(`${trusteeUrls[trustee - 1]!}/add-checkpoint`, {
    method: "POST",
    body: formatAddCheckpoint(request),
    headers: { "symbolon-clock": String(clock.now) },
  });
  const text = await answer.text();
  if (answer.ok) return text;
  return answer.status === 409 ? `409 ${answer.headers.get("content-type")} ${text}` : `${answer.status}`;
}
/** The size of the newest head that a trustee signed, as its refusal of an impossible old size tells it. */
async function signedSize(trustee: number, note: string): Promise<number> {
  const { size } = parseCheckpoint(parseNote(note)!.text)!;
  const refusal = await addCheckpoint(trustee, { oldSize: size, proof: [], note });
  return refusal.startsWith("409") ? Number(refusal.split(" ")[2]) : size;
}
/** the log that the trustees write to */
let theLog = new TestLog();

// ---- keys, parameters, officers

const issuerSecret = randomScalar(rng);
export interface World {
  keySet: KeySet;
  transportKeys: Uint8Array[];
  document: Parameters;
  paramsHash: Uint8Array;
  log: TestLog;
  passkeys: SoftwarePasskey[];
}

/** Fresh trustees, a finished ceremony (2 of 3), parameters for the last three epochs, and one officer per trustee. */
export async function freshWorld(): Promise<World> {
  freshTrustees();
  clock.now = NOW;
  outside.index.clear();
  outside.pageRows = 4096;
  delivered.length = 0;
  outside.logDown = false;
  theLog = new TestLog();
  const { keySet, cards } = await runCeremony(transport, {
    trusteeUrls,
    identityKeys,
    threshold: 2,
    adminSecretKey: secret("admin"),
  });
  const document: Parameters = {
    realm: "test",
    epochFrom: EPOCH - 3,
    epochTo: EPOCH + 3,
    slots: 4,
    challengeWindowSeconds: 300,
    offlineGraceSeconds: 7 * 86_400,
    logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
    attributes: [{ name: "class", values: ["basic", "full"] }],
    issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
    keySetId: keySetId(keySet),
    traceKey: encodeG1(keySet.keys.trace),
    linkKey: encodeG1(keySet.keys.link),
    recordKey: encodeG1(keySet.keys.record),
    groupHybridKey: keySet.groupHybridKey,
    threshold: 2,
    assembleThreshold: 2,
    trusteeKeys: identityKeys,
  };
  outside.parameters = [signDocument(LABELS.signParameters, Parameters, document, secret("registrar-sign"))];
  outside.keySet = KeySet.encode(keySet);
  const passkeys = await Promise.all(
    trusteeUrls.map(async (url) => {
      const passkey = await SoftwarePasskey.create(RP);
      await registerOfficer(transport, url, secret("admin"), passkey.registration);
      return passkey;
    }),
  );
  return {
    keySet,
    transportKeys: cards.map((c) => c.transportKey),
    document,
    paramsHash: paramsHashOf(document),
    log: theLog,
    passkeys,
  };
}

// ---- patients and sessions

export interface Patient {
  secrets: WalletSecrets;
  contract: Uint8Array;
  identity: Uint8Array;
  identitySalt: Uint8Array;
  credential(epoch: number): Credential;
}

const SELECTOR = "A123456789";
/** A new person's identity record. All have one selector, unless a test gives them another one. */
export const newIdentity = (selector = SELECTOR): Uint8Array => IdentityRecord.encode({ selector, patient: rng(16) });
/** @param before the same person's earlier phone @param continues whether this phone has its recovery words */
export function newPatient(
  w: World,
  identity: Uint8Array = newIdentity(),
  before?: Patient,
  continues = true,
): Patient {
  const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
  const params = decodeIssuerParams(w.document);
  const { paramsHash } = w;
  const s = randomScalar(rng);
  const identitySalt = rng(32);
  const identityCommitment = identityCommitmentOf(identitySalt, identity);
  const chain = {
    generation: before ? Contract.decode(before.contract).generation + 1 : 0,
    salt: rng(32),
    previous: before && contractHashOf(before.contract),
    previousK: continues ? before?.secrets.k : undefined,
  };
  const about = { params, identityCommitment, paramsHash, nonce: rng(32), secrets, s };
  const contract = requestEnrolment({ ...chain, ...about }, rng);
  const checked = verifyContract(params, contract);
  if (!checked.ok) throw new Error("enrolment refused");
  const credential = (epoch: number): Credential => {
    const about = { params, epoch, paramsHash };
    const issued = issue({ ...about, issuerSecret, Cm: checked.Cm, attributeValues: ["full"], rng });
    return receive({ ...about, issued, secrets, s });
  };
  return { secrets, contract: Contract.encode(contract), identity, identitySalt, credential };
}

export interface TestSession {
  bytes: Uint8Array;
  tagHash: Uint8Array;
  serviceId: Uint8Array;
  epoch: number;
  slot: number;
}
const serviceKey = (name: string): Uint8Array => secret(`service ${name}`);
const serviceIdNamed = (name: string): Uint8Array => serviceIdOf(ed25519.getPublicKey(serviceKey(name)));

/** A visit that is entered into the index. */
export function visit(
  w: World,
  patient: Patient,
  { at = NOW - 70 * 86_400, slot = 0, service = "a" }: { at?: number; slot?: number; service?: string } = {},
): TestSession {
  const epoch = epochOf(at);
  const params = decodeIssuerParams(w.document);
  const key = serviceKey(service);
  const serviceId = serviceIdNamed(service);
  const challenge = signDocument(
    LABELS.signChallenge,
    Challenge,
    {
      serviceId,
      cardHash: rng(32),
      nonce: rng(16),
      issuedAt: at,
      expiresAt: at + 300,
      paramsHash: w.paramsHash,
      required: [],
      maxStaleEpochs: 1,
    },
    key,
  );
  const rowProof = proveIndexRow({ serviceId, epoch, slot, paramsHash: w.paramsHash }, patient.secrets.z, rng);
  const before = {
    challenge,
    sessionAuthKey: rng(32),
    sessionRecipient: "age1pq1test",
    rowProof,
    claim: rng(82),
    hpkeEnc: rng(32),
  };
  const presentation = present(
    {
      params,
      credential: patient.credential(epoch),
      secrets: patient.secrets,
      tagEpoch: epoch,
      slot,
      tagParamsHash: w.paramsHash,
      credentialParamsHash: w.paramsHash,
      shown: [],
      context: checkInContext(before),
    },
    rng,
  );
  const T = tagOf(patient.secrets.z, w.paramsHash, epoch, slot);
  const tagHash = tagHashOf(encodeG2(T));
  const row = bytesToHex(encodeIndexRow({ value: sessionIndexValue(T), serviceId, tag: encodeG2(T), rowProof }));
  outside.index.set(epoch, [...(outside.index.get(epoch) ?? []), row]);
  const bytes = CheckIn.encode({ ...before, presentation: Presentation.encode(presentation) });
  return { bytes, tagHash, serviceId, epoch, slot };
}

// ---- cases

const requesterSign = secret("requester");
export const requesterSeal = hybridKeyPair(secret("requester-seal"));
export const certificate = (
  signedBy = secret("registrar-sign"),
  signKey = ed25519.getPublicKey(requesterSign),
  dates: Partial<Pick<RequesterCertificate, "notBefore" | "notAfter">> = {},
): Uint8Array =>
  signDocument(
    LABELS.signRequester,
    RequesterCertificate,
    {
      signKey,
      sealKey: requesterSeal.publicKey,
      name: "Dr Ada",
      role: "clinician",
      notBefore: NOW - 86_400,
      notAfter: NOW + 180 * 86_400,
      ...dates,
    },
    signedBy,
  );

export interface TestCase {
  order: Order;
  signed: Uint8Array;
  hash: Uint8Array;
  dossier: Dossier;
}

export function newCase(
  w: World,
  dossier: Dossier,
  changes: Partial<Order> = {},
  signKey: Uint8Array = requesterSign,
): TestCase {
  const subject = dossier.checkIn ?? utf8ToBytes(dossier.selector);
  const order: Order = {
    caseId: rng(32),
    kind: "link",
    certificate: certificate(),
    purpose: "treatment after an accident",
    legalGround: "GDPR 9(2)(c)",
    epochFrom: EPOCH - 3,
    epochTo: EPOCH - 1,
    services: [],
    emergency: false,
    subject: subjectHashOf(dossier.salt, subject),
    keySetId: keySetId(w.keySet),
    shareGeneration: 0,
    issuedAt: clock.now,
    expiresAt: clock.now + 86_400,
    ...changes,
  };
  const signed = signDocument(LABELS.signOrder, Order, order, signKey);
  const hash = orderHashOf(signed);
  if (order.kind === "assemble") dossier = signDossier(dossier, hash, secret("registrar-sign"));
  return { order, signed, hash, dossier };
}

export const dossierOf = (session: TestSession): Dossier => ({
  salt: rng(32),
  checkIn: session.bytes,
  selector: "",
  generations: [],
  identity: undefined,
  identitySalts: [],
  uncovered: 0,
  registrarSignature: undefined,
});
export const dossierOfPerson = (patients: Patient[], selector = SELECTOR): Dossier => ({
  salt: rng(32),
  checkIn: undefined,
  selector,
  generations: patients.map((p) => ({ contract: p.contract, epochFrom: EPOCH - 3, epochTo: EPOCH })),
  identity: patients[0]!.identity,
  identitySalts: patients.map((p) => p.identitySalt),
  uncovered: 0,
  registrarSignature: undefined,
});

export const sealDossier = (w: World, c: TestCase, trustee: number): Base64url =>
  toBase64url(hybridSeal(w.transportKeys[trustee - 1]!, c.hash, Dossier.encode(c.dossier), rng));

export async function decide(
  w: World,
  c: TestCase,
  trustee: number,
  decision: "approve" | "refuse" = "approve",
): Promise<Uint8Array> {
  const dossierHash = dossierHashOf(Dossier.encode(c.dossier));
  const challenge = approvalChallenge({ caseId: c.order.caseId, orderHash: c.hash, dossierHash, trustee, decision });
  return apiBytes(transport, trusteeUrls[trustee - 1]!, "/v1/cases/decide", {
    json: {
      order: toBase64url(c.signed),
      dossier: sealDossier(w, c, trustee),
      decision,
      reason: "seen",
      assertion: await w.passkeys[trustee - 1]!.assert(challenge),
    },
  });
}

/**
 * Approvals of officers whom no trustee's Worker asked: cards and approvals are signed with the trustees' keys. So a test can
 * have a dossier approved that an honest trustee refuses.
 */
export const handApprovals = (c: TestCase, set = [1, 2], dossier = c.dossier): Uint8Array[] =>
  set.map((trustee) => {
    const { identitySecret } = trustees[trustee - 1]!;
    const officer = testOfficer({
      trustee,
      identitySecret,
      passkey: secret(`passkey ${trustee}`),
      notBefore: NOW - 60,
    });
    const head = { caseId: c.order.caseId, orderHash: c.hash, dossierHash: dossierHashOf(Dossier.encode(dossier)) };
    return officer.decide({ ...head, decision: "approve", at: clock.now });
  });

export interface Approved {
  set: number[];
  chunks: number;
  /** the bundle for one member */
  bundle(trustee: number): Bundle;
}

/** Officers of `set` approve, the log stores it, and its witnesses cosign. */
export async function approve(w: World, c: TestCase, set = [1, 2]): Promise<Approved> {
  const approvals: Uint8Array[] = [];
  for (const i of set) approvals.push(await decide(w, c, i));
  return bundled(w, c, set, approvals);
}

export async function bundled(
  w: World,
  c: TestCase,
  set: number[],
  approvals: Uint8Array[],
  witnesses = [1, 2, 3],
): Promise<Approved> {
  const { caseId } = c.order;
  const entry = (kind: "order" | "approval", subject: Uint8Array): LogEntry => ({
    kind,
    at: clock.now,
    subject,
    caseId,
    body: new Uint8Array(),
  });
  const order = w.log.append(entry("order", c.hash));
  const logged = approvals.map((a) => w.log.append(entry("approval", approvalHashOf(a))));
  const cards = approvals.map((a) => {
    const { officerCard } = openSigned(LABELS.signApproval, Approval, a).value;
    const { notBefore } = openSigned(LABELS.signOfficer, OfficerCard, officerCard).value;
    return w.log.indexOf(officerEntry(officerCard, notBefore));
  });
  const checkpoint = await w.log.cosigned(witnesses);
  const orderInclusion = w.log.inclusion(order);
  const approvalInclusions = logged.map((i) => w.log.inclusion(i));
  const officerInclusions = cards.map((i) => w.log.inclusion(i));
  const nonce = toBase64url(rng(32));
  const dossiers = new Map([1, 2, 3].map((i) => [i, sealDossier(w, c, i)]));
  return {
    set,
    get chunks() {
      return chunksOfOrder(c.order).length;
    },
    bundle: (trustee) => ({
      order: toBase64url(c.signed),
      approvals: approvals.map(toBase64url),
      nonce,
      checkpoint,
      orderInclusion,
      approvalInclusions,
      officerInclusions,
      dossier: dossiers.get(trustee)!,
    }),
  };
}

type Parts = { parts: string[] };

/** Runs the notice rounds and logs the entry. */
export async function noticed(w: World, a: Approved) {
  const shares = await Promise.all(a.set.map((i) => ask<Parts>(i, "notice-shares", { bundle: a.bundle(i) })));
  const parts = shares.flatMap((s) => s.parts);
  const entries = await Promise.all(
    a.set.map((i) => ask<{ entry: string; signed: string }>(i, "notice", { bundle: a.bundle(i), parts })),
  );
  const bytes = Uint8Array.from(atob(entries[0]!.entry.replace(/-/g, "+").replace(/_/g, "/")), (x) => x.charCodeAt(0));
  const index = w.log.append(LogEntry.decode(bytes));
  const checkpoint = await w.log.cosigned();
  return { entries, entry: LogEntry.decode(bytes), notice: { checkpoint, inclusion: w.log.inclusion(index) } };
}

const SERVICE_AT = 64;
const TAG_AT = 96;
const PROOF_AT = 288;
/** A row of the index in hex, with these bytes in the place of T. */
export const rowWith = (row: string, tag: string): string => row.slice(0, TAG_AT) + tag + row.slice(PROOF_AT);
export const tagOfRow = (row: string): string => row.slice(TAG_AT, PROOF_AT);
/** A row with the service of another row, and with that row's proof if `proof` is set. */
export const relabelled = (row: string, other: string, proof = false): string =>
  row.slice(0, SERVICE_AT) + other.slice(SERVICE_AT, TAG_AT) + tagOfRow(row) + (proof ? other : row).slice(PROOF_AT);
/** A row with these bytes in the place of its proof. */
export const proofInRow = (row: string, proof: string): string => row.slice(0, PROOF_AT) + proof;

/** Runs all rounds, up to the results sealed to the requester: those of all chunks, newest first. */
export async function opened(w: World, a: Approved): Promise<string[]> {
  const { notice } = await noticed(w, a);
  const all: string[] = [];
  for (let chunk = 0; chunk < a.chunks; chunk++) {
    const shares = await Promise.all(
      a.set.map((i) => ask<Parts & { forRequester?: string }>(i, "shares", { bundle: a.bundle(i), notice, chunk })),
    );
    if (shares.every((s) => s.forRequester !== undefined)) return shares.map((s) => s.forRequester!);
    const parts = shares.flatMap((s) => s.parts);
    const results = await Promise.all(
      a.set.map((i) => ask<{ forRequester: string }>(i, "result", { bundle: a.bundle(i), parts, chunk })),
    );
    all.push(...results.map((r) => r.forRequester));
  }
  return all;
}
