// The other parties of a requester, in one process and open to tampering: three trustees (t = 2) with key set and
// shares, a registrar with one enrolled wallet and a second person's, and services with sealed records. Every answer is
// made as the roles make it, with real proofs. A test can change an answer on its way.

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { encodeIdentity } from "../../client/fhir/identity.ts";
import type { FhirEntry } from "../../client/fhir/resource.ts";
import type { Deployment } from "../../client/parameters.ts";
import type { PreparedOrder } from "../../client/requester.ts";
import { createRequesterKeys, Requester } from "../../client/requester.ts";
import { recordLabel, sealRecord } from "../../client/sealing/record.ts";
import type { Transport } from "../../client/transport.ts";
import { writeGroup } from "../../protocol/blob-group.ts";
import { rangeOf, readPart } from "../../protocol/buckets.ts";
import { bytesToHex, compareBytes, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { chunksOfOrder } from "../../protocol/case-chunks.ts";
import {
  type ForRequester,
  forRequesterAad,
  type RecordParts,
  signForRequester,
  TracePart,
  TrusteeCard,
} from "../../protocol/case-documents.ts";
import { decodeIssuerParams, issue, receive } from "../../protocol/credential.ts";
import {
  type CaseContext,
  CaseContext as CaseContextCodec,
  CaseResult,
  Challenge,
  CheckIn,
  Contract,
  caseContextHash,
  checkInContext,
  Dossier,
  dossierHashOf,
  IdentityDisclosure,
  identityCommitmentOf,
  Manifest,
  manifestHashOf,
  Parameters,
  paramsHashOf,
  RequesterCertificate,
  ServiceCard,
  serviceIdOf,
  signDocument,
  signDossier,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridKeyPair, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { proveIndexRow } from "../../protocol/index-row.ts";
import { KeySet, type KeySetCore, keySetId, perKey, signKeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { formatVkey, LOG_KEY, noteSigner } from "../../protocol/note.ts";
import { RecordShare, recordShare, TraceShare, traceShare } from "../../protocol/opening.ts";
import { padToMultiple } from "../../protocol/padding.ts";
import { Presentation, present } from "../../protocol/presentation.ts";
import { openRecordItems, type RecordItems } from "../../protocol/record-items.ts";
import { commitPolynomial, evaluate, evaluateCommitment, sharePolynomial } from "../../protocol/sharing.ts";
import { encodeG1, encodeG2, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { openOuter, Tdh2Ciphertext } from "../../protocol/tdh2.ts";

import { caseProofsOf, type ProvenCase, trusteeWitnesses } from "./case-proofs.ts";
import { loggedParameters } from "./logged-parameters.ts";
import { testOfficer } from "./officers.ts";
import { serviceListAt } from "./service-list.ts";

const NOW = 1_796_000_000;
export const EPOCH = epochOf(NOW);
export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));
const T = 2;
const TRUSTEES = [1, 2, 3];
/** S */
export const SET = [1, 3];

// ---- trustees

const identity = TRUSTEES.map(() => ed25519.keygen(rng(32)));
export const transport_ = TRUSTEES.map(() => hybridKeyPair(rng(32)));
const group = hybridKeyPair(rng(32));
const polynomials = perKey(() => sharePolynomial(randomScalar(rng), T, rng));
const commitments = perKey((name) => commitPolynomial(polynomials[name]));
const core: KeySetCore = {
  threshold: T,
  generation: 0,
  keys: perKey((name) => commitments[name][0]!),
  shareKeys: TRUSTEES.map((i) => perKey((name) => evaluateCommitment(commitments[name], i))),
  identityKeys: identity.map((k) => k.publicKey),
  groupHybridKey: group.publicKey,
  transcript: rng(32),
};
const keySet: KeySet = { ...core, signatures: identity.map((k) => signKeySet(core, k.secretKey)) };
const cards = TRUSTEES.map((index) =>
  signDocument(
    LABELS.signTrustee,
    TrusteeCard,
    { index, transportKey: transport_[index - 1]!.publicKey },
    identity[index - 1]!.secretKey,
  ),
);
export const signAs = (i: number): Uint8Array => identity[i - 1]!.secretKey;

// ---- registrar

const registrar = ed25519.keygen(rng(32));
const serviceWorker = ed25519.keygen(rng(32));
const issuerSecret = randomScalar(rng);
const parameters: Parameters = {
  realm: "test",
  epochFrom: EPOCH - 12,
  epochTo: EPOCH + 3,
  slots: 4,
  challengeWindowSeconds: 300,
  offlineGraceSeconds: 0,
  logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
  attributes: [],
  issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
  keySetId: keySetId(keySet),
  traceKey: encodeG1(keySet.keys.trace),
  linkKey: encodeG1(keySet.keys.link),
  recordKey: encodeG1(keySet.keys.record),
  groupHybridKey: group.publicKey,
  threshold: T,
  assembleThreshold: T,
  trusteeKeys: identity.map((k) => k.publicKey),
};
const issuer = decodeIssuerParams(parameters);
const paramsHash = paramsHashOf(parameters);

export const patientOf = (name: string): FhirEntry => ({
  fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${name.length}`,
  resource: { resourceType: "Patient", id: name, name: [{ family: name }] },
});
/** the selector of a person's record */
const selectorOf = (name: string): string => (name === "Jane" ? "INS-1" : `INS-${name}`);
function enrolled(name: string) {
  const identityBytes = encodeIdentity({ selector: selectorOf(name), patient: patientOf(name) });
  const salt = rng(32);
  const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
  const identityCommitment = identityCommitmentOf(salt, identityBytes);
  const s = randomScalar(rng);
  const contract = requestEnrolment(
    {
      params: issuer,
      identityCommitment,
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
  const about = { params: issuer, epoch: EPOCH - 2, paramsHash };
  const checked = verifyContract(issuer, contract);
  if (!checked.ok) throw new Error("not enrolled");
  const issued = issue({ ...about, issuerSecret, Cm: checked.Cm, attributeValues: [], rng });
  return { identity: identityBytes, salt, secrets, contract, credential: receive({ ...about, issued, secrets, s }) };
}
export const jane = enrolled("Jane");
export const rival = enrolled("Rival");

// ---- services and records

const service = ed25519.keygen(rng(32));
const serviceId = serviceIdOf(service.publicKey);
const ageIdentity = await generateHybridIdentity();
const recipient = await identityToRecipient(ageIdentity);
const sessionRecipient = await identityToRecipient(await generateHybridIdentity());
const card = signDocument(
  LABELS.signServiceCard,
  ServiceCard,
  {
    signKey: service.publicKey,
    version: 1,
    notBefore: 0,
    notAfter: NOW + 86_400,
    name: "Clinic",
    hpkeKey: rng(8),
    ageRecipient: recipient,
    oauthKeyJwk: "{}",
    required: [],
    maxStaleEpochs: 1,
  },
  service.secretKey,
);

/** A visit of Jane, with everything that her wallet sent. */
function checkInOf(): Uint8Array {
  const issuedAt = NOW - 60 * 86_400;
  const challenge: Challenge = {
    serviceId,
    cardHash: rng(32),
    nonce: rng(16),
    issuedAt,
    expiresAt: issuedAt + 300,
    paramsHash,
    required: [],
    maxStaleEpochs: 1,
  };
  const before = {
    challenge: signDocument(LABELS.signChallenge, Challenge, challenge, service.secretKey),
    sessionAuthKey: rng(32),
    sessionRecipient,
    rowProof: proveIndexRow({ serviceId, epoch: epochOf(issuedAt), slot: 1, paramsHash }, jane.secrets.z, rng),
    claim: rng(82),
    hpkeEnc: rng(32),
  };
  const presentation = present(
    {
      params: issuer,
      credential: jane.credential,
      secrets: jane.secrets,
      tagEpoch: epochOf(issuedAt),
      slot: 1,
      tagParamsHash: paramsHash,
      credentialParamsHash: paramsHash,
      shown: [],
      context: checkInContext(before),
    },
    rng,
  );
  return CheckIn.encode({ ...before, presentation: Presentation.encode(presentation) });
}
export const checkIn = checkInOf();

export interface TestSession {
  epoch: number;
  tagHash: Uint8Array;
  manifests: Uint8Array[];
  blobs: Map<string, Uint8Array>;
}
export const newSession = (epoch: number): TestSession => ({
  epoch,
  tagHash: rng(32),
  manifests: [],
  blobs: new Map(),
});
export async function addRecord(session: TestSession, text: string, changes: Partial<Manifest> = {}): Promise<string> {
  const recordId = rng(16);
  const sealed = await sealRecord({
    serviceId,
    tagHash: session.tagHash,
    recordId,
    keySetId: parameters.keySetId,
    plaintext: utf8ToBytes(text),
    serviceRecipient: recipient,
    sessionRecipient,
    threshold: { recordKey: keySet.keys.record, groupHybridKey: group.publicKey },
    rng,
  });
  const { blob, sha256: blobHash, stanzaHash } = sealed;
  addManifest(session, { recordId, blobHash, stanzaHash, size: blob.length, ...changes });
  session.blobs.set(bytesToHex(recordId), sealed.blob);
  return bytesToHex(recordId);
}

/** The manifest of a record that nobody has to open. */
export function addManifest(session: TestSession, changes: Partial<Manifest> = {}): void {
  const last = session.manifests.at(-1);
  const manifest: Manifest = {
    kind: "record",
    serviceId,
    tagHash: session.tagHash,
    recordId: rng(16),
    target: undefined,
    movedTo: undefined,
    blobHash: rng(32),
    stanzaHash: rng(32),
    size: 100,
    day: 20_000,
    contentKind: "application/fhir+json",
    keySetId: parameters.keySetId,
    count: session.manifests.length + 1,
    previous: last ? manifestHashOf(last) : new Uint8Array(32),
    ...changes,
  };
  session.manifests.push(signDocument(LABELS.signManifest, Manifest, manifest, service.secretKey));
}

// ---- a trustee's answers

const shareOf = (i: number, name: "trace" | "record") => evaluate(polynomials[name], i);
const contextOf = (
  p: PreparedOrder,
  kind: CaseContext["kind"],
  subjectHash: Uint8Array,
  trustee: number,
): CaseContext => ({
  kind,
  caseId: p.order.caseId,
  orderHash: p.hash,
  keySetId: p.order.keySetId,
  shareGeneration: 0,
  scope: [],
  requesterKey: keys.signPublicKey,
  subjectHash,
  nonce: new Uint8Array(32),
  set: SET,
  trustee,
  expiresAt: p.order.expiresAt,
  checkpoint: new Uint8Array(32),
});

export function answer(
  p: PreparedOrder,
  kind: ForRequester["kind"],
  from: number,
  plaintext: Uint8Array,
  changes: Partial<ForRequester> = {},
  signedBy = from,
): string {
  const head = { caseId: p.order.caseId, orderHash: p.hash, kind, from, ...changes };
  const sealed = hybridSeal(keys.seal.publicKey, forRequesterAad(head), padToMultiple(plaintext, 4096), rng);
  return toBase64url(signForRequester({ ...head, sealed }, signAs(signedBy)));
}

export const resultOf = (p: PreparedOrder, sessions: readonly TestSession[]): CaseResult => ({
  ...chunkAsked(p),
  caseId: p.order.caseId,
  orderHash: p.hash,
  sessions: sessions
    .map((s, slot) => ({ epoch: s.epoch, slot, serviceId, tagHash: s.tagHash }))
    .filter(({ epoch }) => belongs(p, epoch)),
  unproved: [],
});
const chunkAsked = (p: PreparedOrder) => chunksOfOrder(p.order)[world.chunk]!;
/** Whether a session goes into the chunk that is asked for. A session outside the order goes into the first chunk. */
function belongs(p: PreparedOrder, epoch: number): boolean {
  const chunks = chunksOfOrder(p.order);
  const at = chunks.findIndex((c) => c.epochFrom <= epoch && epoch <= c.epochTo);
  return Math.max(at, 0) === world.chunk;
}
export const signedResult = (result: CaseResult, i: number): Uint8Array =>
  signDocument(LABELS.signResult, CaseResult, result, signAs(i));

export function tracePart(p: PreparedOrder, i: number, changes: Partial<CaseContext> = {}, by = i): Uint8Array {
  const { C1, C2 } = p.session!;
  const context = { ...contextOf(p, "trace", traceSubjectHash(encodeG1(C1), encodeG1(C2)), i), ...changes };
  const at = { ctx: caseContextHash(context), index: i, shareKey: keySet.shareKeys[by - 1]!.trace, C1 };
  const share = TraceShare.encode(traceShare({ ...at, share: shareOf(by, "trace") }, rng));
  return TracePart.encode({ context: CaseContextCodec.encode(context), share });
}

export type Item = RecordItems["items"][number];
/** The records that trustee i is asked for in this request. @throws Error if the request is not this requester's */
export function itemsFor(p: PreparedOrder, i: number, body: Record<string, unknown>): Item[] {
  const sealed = fromBase64url((body.sealed as string[])[SET.indexOf(i)]!);
  const head = { caseId: p.order.caseId, orderHash: p.hash, trustee: i };
  const { key, items } = openRecordItems(head, transport_[i - 1]!.secretKey, sealed);
  if (bytesToHex(key) !== bytesToHex(keys.signPublicKey)) throw new Error("not this requester's");
  return items;
}
export function recordPart(p: PreparedOrder, i: number, item: Item, changes: Partial<CaseContext> = {}, by = i) {
  const { stanza, ...place } = item;
  const context = { ...contextOf(p, "record", sha256(stanza), i), ...changes };
  const encoded = CaseContextCodec.encode(context);
  const label = recordLabel({ ...place, keySetId: p.order.keySetId });
  try {
    const ct = openOuter(group.secretKey, { key: keySet.keys.record, label }, stanza);
    const at = { ctx: caseContextHash(context), index: i, shareKey: keySet.shareKeys[by - 1]!.record, u: ct.u };
    const share = RecordShare.encode(recordShare({ ...at, share: shareOf(by, "record") }, rng));
    return { ...place, context: encoded, ciphertext: Tdh2Ciphertext.encode(ct), share };
  } catch {
    return { ...place, context: encoded, ciphertext: new Uint8Array(), share: new Uint8Array() };
  }
}
export const recordParts = (p: PreparedOrder, i: number, items: Item[]): RecordParts => ({
  items: items.map((item) => recordPart(p, i, item)),
});

// ---- the log, and the officers of S

const signers = {
  log: noteSigner("requester.test/log", LOG_KEY, rng(32)),
  witnesses: trusteeWitnesses(TRUSTEES.map(signAs)),
};
const officers = SET.map((trustee) =>
  testOfficer({ trustee, identitySecret: signAs(trustee), passkey: p256.utils.randomSecretKey(), notBefore: NOW - 60 }),
);
/** The escrow's proofs of a case whose officers approved this dossier. */
export function proofsOf(p: PreparedOrder, dossierHash: Uint8Array = p.hash, changes: Partial<ProvenCase> = {}) {
  const of = { caseId: p.order.caseId, orderHash: p.hash };
  const act = { ...of, dossierHash, decision: "approve" as const, at: NOW };
  const approvals = officers.map((officer) => officer.decide(act));
  return caseProofsOf({ signers, ...of, officers, approvals, noticeBy: SET.map(signAs), at: NOW, ...changes });
}

export const disclosure = (
  p: PreparedOrder,
  who: typeof jane,
  changes: Partial<IdentityDisclosure> = {},
  signedBy: Uint8Array = registrar.secretKey,
): string => {
  const honest = { contracts: [Contract.encode(who.contract)], identity: who.identity, identitySalts: [who.salt] };
  const value = { ...honest, ...changes };
  const signed = signDocument(LABELS.signDisclosure, IdentityDisclosure, value, signedBy);
  return toBase64url(hybridSeal(keys.seal.publicKey, p.hash, signed, rng));
};
/** The requester's copy of a dossier, and the dossier's hash. */
export const fullDossier = (
  p: PreparedOrder,
  changes: Partial<Dossier> = {},
  signedBy: Uint8Array = registrar.secretKey,
  after: Partial<Dossier> = {},
): { sealed: string; hash: Uint8Array } => {
  const value: Dossier = {
    salt: p.salt,
    checkIn: undefined,
    selector: "INS-1",
    generations: [{ contract: Contract.encode(jane.contract), epochFrom: 0, epochTo: EPOCH }],
    identity: jane.identity,
    identitySalts: [jane.salt],
    uncovered: 0,
    registrarSignature: undefined,
    ...changes,
  };
  const bytes = Dossier.encode({ ...signDossier(value, p.hash, signedBy), ...after });
  const sealed = toBase64url(hybridSeal(keys.seal.publicKey, p.hash, bytes, rng));
  return { sealed, hash: dossierHashOf(bytes) };
};

// ---- the requester, and the answers to its requests

const keys = createRequesterKeys(rng);
const certificateValue = {
  signKey: keys.signPublicKey,
  sealKey: keys.seal.publicKey,
  name: "Dr Ward",
  role: "physician",
  notBefore: NOW - 86_400,
  notAfter: NOW + 30 * 86_400,
};
export const certificateBy = (secretKey: Uint8Array): Uint8Array =>
  signDocument(LABELS.signRequester, RequesterCertificate, certificateValue, secretKey);
export const certificate = certificateBy(registrar.secretKey);

const deployment: Deployment = {
  registrarUrl: "http://registrar.test",
  serviceUrl: "http://service.test",
  escrowUrl: "http://escrow.test",
  logUrl: "http://log.test",
  trusteeUrls: TRUSTEES.map((i) => `http://trustee-${i}.test`),
  registrarKey: bytesToHex(registrar.publicKey),
  logVkey: formatVkey(signers.log.key),
  trusteeKeys: identity.map((k) => bytesToHex(k.publicKey)),
  witnessVkeys: [],
  serviceWorkerKey: bytesToHex(serviceWorker.publicKey),
};

type Route = (path: string, body: Record<string, unknown>) => unknown;
export const world = {
  keySet: KeySet.encode(keySet),
  cards,
  sessions: [] as TestSession[],
  /** sessions of other patients at the same service */
  strangers: [] as TestSession[],
  sent: [] as { path: string; body: Record<string, unknown> }[],
  /** the service's list of services, if it is not the true one */
  listOfServices: undefined as Uint8Array | undefined,
  /** the chunk whose result is asked for at the moment */
  chunk: 0,
  /** how many manifests of a list the requester has */
  cursor: 0,
  /** the escrow's and the registrar's answers in this test, by the end of the path */
  routes: {} as Record<string, Route>,
};

function route(path: string, body: Record<string, unknown>): unknown {
  if (path === "/v1/parameters")
    return loggedParameters(
      [
        {
          document: signDocument(LABELS.signParameters, Parameters, parameters, registrar.secretKey),
          keySet: KeySet.encode(keySet),
        },
      ],
      signers,
      NOW,
    );
  if (path === "/v1/keyset") return { keySet: toBase64url(world.keySet), cards: world.cards.map(toBase64url) };
  if (path.startsWith("/v1/services")) {
    const listed = serviceListAt(path, [card], serviceWorker.secretKey);
    if (listed) return world.listOfServices ?? listed;
  }
  const bucket = /\/buckets\/(.*)$/.exec(path)?.[1];
  if (bucket) {
    const { from, below } = rangeOf(readPart(bucket)!);
    const inside = [...world.sessions, ...world.strangers].filter(({ tagHash }) => {
      const hash = bytesToHex(tagHash);
      return from <= hash && hash < below;
    });
    const manifests = inside.sort((a, b) => compareBytes(a.tagHash, b.tagHash)).flatMap((x) => x.manifests);
    const page = manifests.slice(world.cursor, world.cursor + 500);
    return {
      records: page.map((m) => ({ manifest: toBase64url(m), status: "current" })),
      ...(world.cursor + page.length < manifests.length ? { cursor: `${world.cursor + page.length}` } : {}),
    };
  }
  const blobOf = (id: string) =>
    [...world.sessions, ...world.strangers].map((s) => s.blobs.get(id)).find((b) => b !== undefined);
  const [, record, group] = /\/blobs(?:\/([0-9a-f]{32})|\?ids=(.*))$/.exec(path) ?? [];
  if (record) return blobOf(record);
  if (group) return writeGroup(group.split(".").map(blobOf));
  const found = Object.keys(world.routes).find((end) => path.endsWith(end));
  return found === undefined ? undefined : world.routes[found]!(path, body);
}

const transport: Transport = {
  now: () => NOW,
  rng,
  fetch: (async (input: string, init?: RequestInit) => {
    const { pathname, search, searchParams } = new URL(input);
    const path = searchParams.has("ids") ? pathname + search : pathname;
    world.chunk = Number(searchParams.get("chunk") ?? 0);
    world.cursor = Number(searchParams.get("cursor") ?? 0);
    const body = init?.body
      ? (JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) as Record<string, unknown>)
      : {};
    world.sent.push({ path, body });
    const found = await route(path, body);
    if (found === undefined) return Response.json({ code: "not-found" }, { status: 404 });
    return found instanceof Uint8Array ? new Response(found as Uint8Array<ArrayBuffer>) : Response.json(found);
  }) as Transport["fetch"],
};
export const newRequester = (): Requester => new Requester(transport, deployment, keys, certificate);
export const requesterWith = (c: Uint8Array, k = keys): Requester => new Requester(transport, deployment, k, c);
export const goodKeySet = { keySet: KeySet.encode(keySet), cards };
export const C1of = (p: PreparedOrder): Uint8Array => encodeG1(p.session!.C1);
