// One small deployment, made from seed strings alone: trustees with their key ceremony (2 of 3), a registrar, a clinic,
// a patient with two visits, a requester and its order. The vectors are parts of it.
//
// Every party draws from a stream of its own name, in the order of this code. docs/SPEC.md repeats that order.

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { XWing } from "@noble/post-quantum/hybrid.js";
import { claimKey, credentialBlinding, holderSecrets, sessionKeys, walletRoot } from "../../../client/wallet/keys.ts";
import { approvalHashOf } from "../../../protocol/approvals.ts";
import { bytesToHex, hexToBytes, labelledHash, utf8ToBytes } from "../../../protocol/bytes.ts";
import { checkpointHashOf, trusteeWitnessKey } from "../../../protocol/case-documents.ts";
import { accept, commit, deal, finish, open, openCeremony, type Seat } from "../../../protocol/ceremony.ts";
import { sealClaim } from "../../../protocol/claim.ts";
import { decodeIssuerParams, issue, receive } from "../../../protocol/credential.ts";
import {
  type CaseContext,
  Challenge,
  CheckIn,
  type Contract,
  cardHashOf,
  checkInContext,
  Dossier,
  dossierHashOf,
  identityCommitmentOf,
  LogEntry,
  Manifest,
  Order,
  orderHashOf,
  type Parameters,
  paramsHashOf,
  presentationHashOf,
  RequesterCertificate,
  ServiceCard,
  serviceIdOf,
  signDocument,
  subjectHashOf,
  traceSubjectHash,
} from "../../../protocol/documents.ts";
import { nobleSigner } from "../../../protocol/ed25519.ts";
import { requestEnrolment, requestRefresh, verifyContract, verifyRefresh } from "../../../protocol/enrolment.ts";
import { epochOf } from "../../../protocol/epoch.ts";
import { hybridKeyPair } from "../../../protocol/hybrid-seal.ts";
import { IdentityRecord } from "../../../protocol/identity-record.ts";
import { proveIndexRow } from "../../../protocol/index-row.ts";
import { keySetId } from "../../../protocol/key-set.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../../protocol/log-trust.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../../protocol/merkle.ts";
import { cosign, formatCheckpoint, formatNote, LOG_KEY, noteSigner, signNote } from "../../../protocol/note.ts";
import { Presentation, present, tagHashOf, tagOf } from "../../../protocol/presentation.ts";
import { encodeG1, encodeG2, P2, randomScalar } from "../../../protocol/suite.ts";
import { testOfficer } from "../../support/officers.ts";
import { rngOf } from "./rng.ts";

const id = (name: string, bytes: number): Uint8Array => rngOf(name)(bytes);

// ---- trustees

const THRESHOLD = 2;
const committee = [1, 2, 3].map((i) => {
  const rng = rngOf(`trustee ${i} keys`);
  const identitySecret = rng(32);
  const transport = hybridKeyPair(rng(32));
  return { identitySecret, transport, identityKey: ed25519.getPublicKey(identitySecret) };
});
const identityKeys = committee.map((t) => t.identityKey);

function runCeremony() {
  const plan = {
    ceremonyId: id("ceremony id", 32),
    threshold: THRESHOLD,
    trustees: committee.map((t) => ({ identityKey: t.identityKey, transportKey: t.transport.publicKey })),
  };
  const ceremony = openCeremony(plan);
  const seats = committee.map(
    (t, i): Seat => ({
      ceremony,
      index: i + 1,
      identitySecret: t.identitySecret,
      transportSecret: t.transport.secretKey,
    }),
  );
  const streams = seats.map((s) => rngOf(`ceremony ${s.index}`));
  const first = seats.map((seat, i) => commit(seat, streams[i]!));
  const commits = first.map((r) => r.message);
  const openings = seats.map((seat, i) => open(seat, first[i]!.secret, { commits }));
  const deals = seats.map((seat, i) => deal(seat, first[i]!.secret, { commits, openings }, streams[i]!));
  const outcomes = seats.map((seat, i) => accept(seat, first[i]!.secret, { commits, openings, deals }));
  const acceptances = outcomes.map((o) => o.message);
  const secrets = outcomes.map((o) => {
    if (!o.accepted) throw new Error("complaint");
    return o.secret;
  });
  return {
    plan,
    ceremony,
    seats,
    commits,
    openings,
    deals,
    acceptances,
    secrets,
    keySet: finish(ceremony, acceptances),
    dealerSecrets: first.map((r) => r.secret),
  };
}

/** All parties, keys and documents from which the vectors are taken. */
export async function makeWorld() {
  const ceremony = runCeremony();
  const { keySet } = ceremony;

  // ---- registrar
  const registrarRng = rngOf("registrar");
  const issuerSecret = randomScalar(registrarRng);
  const registrarSign = registrarRng(32);
  const issuedAt = 1_795_000_000;
  const epoch = epochOf(issuedAt);
  const parameters: Parameters = {
    realm: "vectors",
    epochFrom: epoch - 1,
    epochTo: epoch + 1,
    slots: 2,
    challengeWindowSeconds: 300,
    offlineGraceSeconds: 86_400,
    logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
    attributes: [
      { name: "cover", values: ["basic", "full"] },
      { name: "age", values: ["child", "adult"] },
    ],
    issuerKey: encodeG2(P2.multiply(issuerSecret)),
    keySetId: keySetId(keySet),
    traceKey: encodeG1(keySet.keys.trace),
    linkKey: encodeG1(keySet.keys.link),
    recordKey: encodeG1(keySet.keys.record),
    groupHybridKey: keySet.groupHybridKey,
    threshold: keySet.threshold,
    assembleThreshold: keySet.threshold,
    trusteeKeys: [...keySet.identityKeys],
  };
  const paramsHash = paramsHashOf(parameters);
  const params = decodeIssuerParams(parameters);

  // ---- wallet: enrolment, refresh, credential
  const words = `${"abandon ".repeat(23)}art`;
  const root = walletRoot(words);
  const phone = { generation: 0, salt: bytesToHex(id("phone salt", 32)) };
  const secrets = holderSecrets(root, phone);
  const walletRng = rngOf("wallet");
  const deviceSecret = walletRng(32);
  const identity = IdentityRecord.encode({
    selector: "A123456780",
    patient: utf8ToBytes('{"fullUrl":"urn:uuid:vector","resource":{"resourceType":"Patient","id":"vector"}}'),
  });
  const identitySalt = id("identity salt", 32);
  const s = credentialBlinding(root, phone, epoch);
  const contract: Contract = requestEnrolment(
    {
      generation: 0,
      salt: hexToBytes(phone.salt),
      previous: undefined,
      params,
      identityCommitment: identityCommitmentOf(identitySalt, identity),
      paramsHash,
      nonce: id("enrolment nonce", 32),
      secrets,
      s,
    },
    walletRng,
  );
  const enrolled = verifyContract(params, contract);
  if (!enrolled.ok) throw new Error("contract refused");
  const refreshContext = {
    nonce: id("refresh nonce", 32),
    epoch,
    deviceKey: ed25519.getPublicKey(deviceSecret),
    paramsHash,
  };
  const refresh = {
    account: id("account", 16),
    nonce: refreshContext.nonce,
    epoch,
    deviceKey: refreshContext.deviceKey,
    ...requestRefresh({ ...refreshContext, secrets, s }, walletRng),
  };
  const refreshed = verifyRefresh({ ...refreshContext, R: enrolled.R, V: enrolled.V }, refresh);
  if (!refreshed.ok) throw new Error("refresh refused");
  const issued = issue({
    params,
    issuerSecret,
    Cm: refreshed.Cm,
    epoch,
    attributeValues: ["full", ""],
    paramsHash,
    rng: rngOf("issuer"),
  });
  const credential = receive({ params, issued, epoch, paramsHash, secrets, s });

  // ---- clinic
  const clinicRng = rngOf("clinic");
  const clinicSecret = clinicRng(32);
  const clinicHpke = XWing.keygen(clinicRng(32));
  const required = [{ attribute: "cover", accepted: ["full"] }];
  const card: ServiceCard = {
    signKey: ed25519.getPublicKey(clinicSecret),
    version: 1,
    notBefore: issuedAt - 86_400,
    notAfter: issuedAt + 400 * 86_400,
    name: "Clinic of the vectors",
    hpkeKey: clinicHpke.publicKey,
    ageRecipient: "age1pq1vectors",
    oauthKeyJwk: "{}",
    required,
    maxStaleEpochs: 1,
  };
  const serviceId = serviceIdOf(card.signKey);
  const signedCard = signDocument(LABELS.signServiceCard, ServiceCard, card, clinicSecret);

  // ---- two visits, in slots 1 and 0
  const visit = async (slot: number) => {
    const keys = await sessionKeys(root, phone, epoch, slot);
    const challenge = signDocument(
      LABELS.signChallenge,
      Challenge,
      {
        serviceId,
        cardHash: cardHashOf(signedCard),
        nonce: clinicRng(16),
        issuedAt: issuedAt + slot * 3600,
        expiresAt: issuedAt + slot * 3600 + 300,
        paramsHash,
        required,
        maxStaleEpochs: 1,
      },
      clinicSecret,
    );
    const { cipherText: hpkeEnc } = XWing.encapsulate(clinicHpke.publicKey, walletRng(64));
    const place = { serviceId, epoch, slot, paramsHash };
    const tagHash = tagHashOf(encodeG2(tagOf(secrets.z, paramsHash, epoch, slot)));
    const told = { generation: 0, salt: new Uint8Array(32), epoch, slot };
    const open = {
      challenge,
      sessionAuthKey: keys.authPublicKey,
      sessionRecipient: keys.ageRecipient,
      rowProof: proveIndexRow(place, secrets.z, rngOf(`row proof ${slot}`)),
      claim: sealClaim(claimKey(root), { serviceId, tagHash }, told, rngOf(`claim ${slot}`)),
      hpkeEnc,
    };
    const context = checkInContext(open);
    const presentation = present(
      {
        params,
        credential,
        secrets,
        tagEpoch: epoch,
        slot,
        tagParamsHash: paramsHash,
        credentialParamsHash: paramsHash,
        shown: ["cover"],
        context,
      },
      walletRng,
    );
    const checkIn = CheckIn.encode({ ...open, presentation: Presentation.encode(presentation) });
    return { slot, keys, challenge, context, presentation, checkIn, tagHash: tagHashOf(presentation.T) };
  };
  const visits = [await visit(1), await visit(0)];

  // ---- a link order, approved, in the log
  const requesterRng = rngOf("requester");
  const requesterSecret = requesterRng(32);
  const requesterSeal = hybridKeyPair(requesterRng(32));
  const certificate = signDocument(
    LABELS.signRequester,
    RequesterCertificate,
    {
      signKey: ed25519.getPublicKey(requesterSecret),
      sealKey: requesterSeal.publicKey,
      name: "Dr. Vector",
      role: "physician",
      notBefore: issuedAt,
      notAfter: issuedAt + 365 * 86_400,
    },
    registrarSign,
  );
  const salt = id("dossier salt", 32);
  const order: Order = {
    caseId: id("case id", 32),
    kind: "link",
    certificate,
    purpose: "treatment",
    legalGround: "vital interests",
    epochFrom: epoch,
    epochTo: epoch,
    services: [],
    emergency: true,
    subject: subjectHashOf(salt, visits[0]!.checkIn),
    keySetId: parameters.keySetId,
    shareGeneration: 0,
    issuedAt: issuedAt + 7200,
    expiresAt: issuedAt + 7200 + 86_400,
  };
  const signedOrder = signDocument(LABELS.signOrder, Order, order, requesterSecret);
  const orderHash = orderHashOf(signedOrder);
  const set = [1, 2];
  const officers = set.map((trustee) =>
    testOfficer({
      trustee,
      identitySecret: committee[trustee - 1]!.identitySecret,
      passkey: p256.keygen(rngOf(`officer ${trustee}`)(48)).secretKey,
      notBefore: issuedAt,
    }),
  );
  const dossier = Dossier.encode({
    salt,
    checkIn: visits[0]!.checkIn,
    selector: "",
    generations: [],
    identity: undefined,
    identitySalts: [],
    uncovered: 0,
    registrarSignature: undefined,
  });
  const dossierHash = dossierHashOf(dossier);
  const approvals = officers.map((officer) =>
    officer.decide({
      caseId: order.caseId,
      orderHash,
      dossierHash,
      decision: "approve",
      at: order.issuedAt + 60 * officer.trustee,
    }),
  );
  const none = new Uint8Array();
  const entries = [
    LogEntry.encode({ kind: "order", at: order.issuedAt, subject: orderHash, caseId: order.caseId, body: none }),
    ...approvals.map((a, i) =>
      LogEntry.encode({
        kind: "approval",
        at: order.issuedAt + 60 * (i + 1),
        subject: approvalHashOf(a),
        caseId: order.caseId,
        body: none,
      }),
    ),
    ...officers.map((officer) => officer.entry),
  ];
  const logSigner = noteSigner("log.vectors.example", LOG_KEY, id("log key", 32));
  const root32 = frontierRoot(entries.reduce((f, e) => pushLeaf(f, leafHash(e)), emptyFrontier));
  const text = formatCheckpoint({ origin: logSigner.key.name, size: entries.length, root: root32 });
  const witnesses = identityKeys.map((key, i) => trusteeWitnessKey(i + 1, key));
  const checkpoint = formatNote({
    text,
    signatures: [
      signNote(text, logSigner),
      ...set.map((i) =>
        cosign(
          text,
          { key: witnesses[i - 1]!, signer: nobleSigner(committee[i - 1]!.identitySecret) },
          order.issuedAt + 300,
        ),
      ),
    ],
  });
  const handle = traceSubjectHash(visits[0]!.presentation.C1, visits[0]!.presentation.C2);
  const contextOf = (kind: CaseContext["kind"], trustee: number, subjectHash?: Uint8Array): CaseContext => ({
    kind,
    caseId: order.caseId,
    orderHash,
    keySetId: order.keySetId,
    shareGeneration: 0,
    scope: kind === "trace" ? [] : [{ epoch, slots: parameters.slots, paramsHash }],
    requesterKey: ed25519.getPublicKey(requesterSecret),
    subjectHash: subjectHash ?? (kind === "trace" ? handle : presentationHashOf(visits[0]!.checkIn)),
    nonce: id("case nonce", 32),
    set,
    trustee,
    expiresAt: order.expiresAt,
    checkpoint: checkpointHashOf(text),
  });

  // ---- a record of the first visit
  const place = { serviceId, tagHash: visits[0]!.tagHash, recordId: id("record", 16), keySetId: parameters.keySetId };
  const manifest = signDocument(
    LABELS.signManifest,
    Manifest,
    {
      kind: "record",
      serviceId,
      tagHash: place.tagHash,
      recordId: place.recordId,
      target: undefined,
      movedTo: undefined,
      blobHash: id("blob hash", 32),
      stanzaHash: id("stanza hash", 32),
      size: 4096,
      day: Math.floor(issuedAt / 86_400),
      contentKind: "fhir-bundle",
      keySetId: place.keySetId,
      count: 1,
      previous: new Uint8Array(32),
    },
    clinicSecret,
  );

  return {
    committee,
    ceremony,
    keySet,
    shares: ceremony.secrets,
    issuerSecret,
    registrarSign,
    parameters,
    paramsHash,
    params,
    epoch,
    issuedAt,
    words,
    root,
    secrets,
    deviceSecret,
    phone,
    identity,
    identitySalt,
    s,
    contract,
    refreshContext,
    refresh,
    refreshed,
    enrolled,
    issued,
    credential,
    clinicSecret,
    clinicHpke,
    card,
    serviceId,
    visits,
    requesterSecret,
    requesterSeal,
    certificate,
    salt,
    order,
    signedOrder,
    orderHash,
    set,
    dossier,
    officers,
    approvals,
    entries,
    checkpoint,
    checkpointText: text,
    logVkey: logSigner.key,
    witnesses,
    contextOf,
    place,
    manifest,
    label: labelledHash(LABELS.stanza, serviceId, place.tagHash, place.recordId, place.keySetId),
  };
}
export type World = Awaited<ReturnType<typeof makeWorld>>;
