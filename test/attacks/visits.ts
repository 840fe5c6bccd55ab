// Shared by the attacks on visits: people with planted values that must turn up nowhere, a recording of every request, and
// visits. It also takes a wallet to pieces (craftCheckIn), as an attacker does who writes a wallet of its own.

import { AsyncLocalStorage } from "node:async_hooks";
import type { Clinic } from "../../client/clinic.ts";
import type { FhirEntry } from "../../client/fhir/resource.ts";
import { ParametersCache } from "../../client/parameters.ts";
import { openWalletChannel } from "../../client/sealing/messages.ts";
import { phoneOf, stateOf } from "../../client/wallet/inspect.ts";
import { credentialBlinding, holderSecrets, type Phone, sessionKeys, walletRoot } from "../../client/wallet/keys.ts";
import type { Wallet } from "../../client/wallet.ts";
import type { Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { type Credential, type IssuerParams, receive, type WalletSecrets } from "../../protocol/credential.ts";
import {
  Challenge,
  CheckIn,
  channelContext,
  checkInContext,
  IssuedCredential,
  openSigned,
  ServiceCard,
  signDocument,
} from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { proveIndexRow, type RowPlace } from "../../protocol/index-row.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation, present, tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { dumpStores, rowsOf } from "./dump.ts";

export const HOOK_MILLISECONDS = 240_000;
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

// ---- people

export interface PlantedPerson {
  entry: FhirEntry;
  selector: string;
  /** values that must stand nowhere but in the registrar's sealed fields and in sealed records */
  planted: string[];
}

export function plantedPerson(name: string, n: number): PlantedPerson {
  const family = `${name}quist-Ottobohm`;
  const given = `Wilhelmina${name}`;
  const birthDate = `19${40 + n}-07-${10 + n}`;
  const insurance = `KVNR-${name.toUpperCase()}-${73_519_000 + n}`;
  const street = `${n}7 Quittenweg ${name}hain`;
  return {
    entry: {
      fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${n}`,
      resource: {
        resourceType: "Patient",
        id: `planted-${name}-${n}`,
        identifier: [{ system: "urn:oid:2.16.840.1", value: insurance }],
        name: [{ family, given: [given] }],
        birthDate,
        address: [{ line: [street] }],
      },
    },
    selector: insurance,
    planted: [family, given, birthDate, insurance, street, `planted-${name}-${n}`],
  };
}

// ---- requests

export interface Exchange {
  /** The visit that this request was part of. Ground truth: the operator does not see it. */
  visit: string | undefined;
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array;
  status: number;
  answer: Uint8Array;
}

const current = new AsyncLocalStorage<string>();
/** Every request made inside `act` belongs to this visit. */
export const during = <T>(visit: string, act: () => Promise<T>): Promise<T> => current.run(visit, act);

/** Keeps every request of every participant from now on. */
export function recordTraffic(practice: Practice): Exchange[] {
  const exchanges: Exchange[] = [];
  const { fetch } = practice.transport;
  practice.transport.fetch = async (input, init) => {
    const response = await fetch(input, init);
    const body = init?.body;
    exchanges.push({
      visit: current.getStore(),
      url: new URL(String(input)),
      method: init?.method ?? "GET",
      headers: { ...(init?.headers as Record<string, string>) },
      body: body instanceof Uint8Array ? Uint8Array.from(body) : new Uint8Array(),
      status: response.status,
      answer: new Uint8Array(await response.clone().arrayBuffer()),
    });
    return response;
  };
  return exchanges;
}

/** Decodes the runs of hex and base64url in a text. The rest stays as it is. */
export function decodedText(text: string): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let rest = "";
  for (const part of text.split(/([A-Za-z0-9_-]{16,})/)) {
    if (/^(?:[0-9a-f]{2}){8,}$/.test(part)) parts.push(hexToBytes(part));
    else if (/^[A-Za-z0-9_-]{16,}$/.test(part)) parts.push(...decodedBase64(part));
    else rest += part;
  }
  return [...parts, utf8(rest)];
}
function decodedBase64(text: string): Uint8Array[] {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64url(text);
  } catch {
    return [utf8(text)];
  }
  const inner = new TextDecoder().decode(bytes);
  return /^[\x20-\x7e]+$/.test(inner) ? decodedText(inner) : [bytes]; // JSON of a token
}

export interface Answer {
  status: number;
  code: string | undefined;
  bytes: Uint8Array;
}

/** POST /v1/sessions, as anybody can. */
export async function postCheckIn(
  practice: Practice,
  checkIn: Uint8Array,
  options: { bearer?: string; serviceUrl?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { transport } = practice;
  const response = await transport.fetch(`${options.serviceUrl ?? practice.host.urls.service}/v1/sessions`, {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      "symbolon-clock": String(transport.now()),
      ...(options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }),
      ...options.headers,
    },
    body: checkIn as BodyInit,
  });
  return answerOf(response);
}

/** A problem's `bytes` are those without its random name, so that two refusals can be compared byte for byte. */
export async function answerOf(response: Response): Promise<Answer> {
  let bytes = new Uint8Array(await response.arrayBuffer());
  let code: string | undefined;
  try {
    const text = new TextDecoder().decode(bytes);
    code = (JSON.parse(text) as { code?: string }).code;
    bytes = new TextEncoder().encode(text.replace(/,"instance":"urn:uuid:[0-9a-f-]{36}"/, ""));
  } catch {
    // not a problem document
  }
  return { status: response.status, code, bytes };
}

/** Check-in and the clinic's own verification. */
export async function visit(wallet: Wallet, clinic: Clinic) {
  const opened = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
  return clinic.session(opened.tagHash);
}

/** tagHashes of the sessions that stand in the service's databases. */
export async function openSessions(practice: Practice): Promise<string[]> {
  const found: string[] = [];
  for (const binding of ["RECORDS_DB_0", "RECORDS_DB_1"]) {
    const db = await practice.host.miniflare.getD1Database(binding, "service");
    const { results } = await db.prepare("SELECT tag_hash FROM sessions").all<{ tag_hash: string }>();
    found.push(...results.map((r) => r.tag_hash));
  }
  return found.sort();
}

// ---- a wallet taken to pieces

export interface WalletParts {
  root: Uint8Array;
  phone: Phone;
  secrets: WalletSecrets;
  issued: IssuedCredential;
  s: bigint;
}

/** Secrets and newest credential (or that of `epoch`) of an enrolled wallet. */
export function partsOf(wallet: Wallet, epoch?: number): WalletParts {
  const root = walletRoot(wallet.recoveryWords);
  const held = stateOf(wallet)
    .credentials.filter((c) => epoch === undefined || c.epoch === epoch)
    .at(-1)!;
  const phone = phoneOf(wallet, held.generation);
  return {
    root,
    phone,
    secrets: holderSecrets(root, phone),
    issued: IssuedCredential.decode(hexToBytes(held.issued)),
    s: credentialBlinding(root, phone, held.epoch),
  };
}

export interface Craft {
  /** Signed<Challenge>; the clinic's fresh one by default */
  challenge?: Uint8Array;
  credential?: Credential;
  secrets?: WalletSecrets;
  slot?: number;
  tagEpoch?: number;
  shown?: string[];
  /** of both epochs; the true ones by default */
  params?: IssuerParams;
  paramsHash?: Uint8Array;
  /** of the tag's epoch alone */
  tagParamsHash?: Uint8Array;
  /** another place than the visit's own, for the row proof */
  rowPlace?: Partial<RowPlace>;
  context?: (c: Omit<CheckIn, "presentation">) => Uint8Array;
}

export interface Crafted {
  bytes: Uint8Array;
  checkIn: CheckIn;
  presentation: Presentation;
}

export async function craftCheckIn(
  practice: Practice,
  parts: WalletParts,
  clinic: Clinic,
  craft: Craft = {},
): Promise<Crafted> {
  const { rng } = practice.transport;
  const parameters = new ParametersCache(practice.transport, practice.deployment);
  const challenge = craft.challenge ?? (await clinic.challenge());
  const card = openSigned(LABELS.signServiceCard, ServiceCard, clinic.card()).value;
  const { issuedAt, serviceId } = openSigned(LABELS.signChallenge, Challenge, challenge).value;
  const tagEpoch = craft.tagEpoch ?? epochOf(Number(issuedAt));
  const credentialEpoch = craft.credential?.epoch ?? parts.issued.epoch;
  const tag = await parameters.of(tagEpoch);
  const held = await parameters.of(credentialEpoch);
  const secrets = craft.secrets ?? parts.secrets;
  const slot = craft.slot ?? 0;
  const keys = await sessionKeys(parts.root, parts.phone, tagEpoch, slot);
  const tagParamsHash = craft.tagParamsHash ?? craft.paramsHash ?? tag.hash;
  const credentialParamsHash = craft.paramsHash ?? held.hash;
  const place = { serviceId, epoch: tagEpoch, slot, paramsHash: tagParamsHash };
  const before = {
    challenge,
    sessionAuthKey: keys.authPublicKey,
    sessionRecipient: keys.ageRecipient,
    rowProof: proveIndexRow({ ...place, ...craft.rowPlace }, secrets.z, rng),
    claim: rng(82),
  };
  const { enc } = await openWalletChannel({
    servicePublicKey: card.hpkeKey,
    context: channelContext(before),
    tagHash: tagHashOf(encodeG2(tagOf(secrets.z, tagParamsHash, tagEpoch, slot))),
  });
  const credential =
    craft.credential ??
    receive({
      params: held.issuer,
      paramsHash: held.hash,
      epoch: credentialEpoch,
      secrets,
      s: parts.s,
      issued: parts.issued,
    });
  const presentation = present(
    {
      params: craft.params ?? tag.issuer,
      credentialParams: craft.params ?? held.issuer,
      credential,
      secrets,
      tagEpoch,
      slot,
      tagParamsHash,
      credentialParamsHash,
      shown: craft.shown ?? card.required.map((r) => r.attribute),
      context: (craft.context ?? checkInContext)({ ...before, hpkeEnc: enc }),
    },
    rng,
  );
  const checkIn: CheckIn = { ...before, presentation: Presentation.encode(presentation), hpkeEnc: enc };
  return { bytes: CheckIn.encode(checkIn), checkIn, presentation };
}

/** A challenge the clinic signs with other contents than its honest one. */
export async function craftChallenge(clinic: Clinic, change: Partial<Challenge>): Promise<Uint8Array> {
  const { value } = openSigned(LABELS.signChallenge, Challenge, await clinic.challenge());
  return signDocument(LABELS.signChallenge, Challenge, { ...value, ...change }, hexToBytes(clinic.keys.signSecretKey));
}

// ---- refusals

/** The one wire answer to every bad credential. Its body does not say which check failed. */
export const REFUSED = { status: 403, code: "credential-refused" };

/** Counts sessions in D1, sessions in objects, and index rows. An attack that opens nothing leaves all three unchanged. */
export async function opened(practice: Practice): Promise<{ rows: number; objects: number; index: number }> {
  const rows = (await openSessions(practice)).length;
  const dump = dumpStores(practice.host.persist);
  return { rows, objects: rowsOf(dump, "session").length, index: rowsOf(dump, "session_index").length };
}

/** Waits until every open session has its index row, because index rows are delivered after the answer. */
export async function settled(practice: Practice): Promise<{ rows: number; objects: number; index: number }> {
  for (let i = 0; ; i++) {
    const now = await opened(practice);
    if (now.index === now.rows || i === 100) return now;
    await new Promise((done) => setTimeout(done, 100));
  }
}
