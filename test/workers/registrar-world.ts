// The surroundings of the registrar under test: a settable clock, a log and three trustees that answer its calls,
// people at the proofing desk, their wallets, and officers with passkeys.

import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, vi } from "vitest";
import { credentialBlinding, type HolderSecrets, holderSecrets, type Phone } from "../../client/wallet/keys.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { TrusteeCard } from "../../protocol/case-documents.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { type Credential, decodeIssuerParams, receive } from "../../protocol/credential.ts";
import {
  Contract,
  contractHashOf,
  IssuedCredential,
  identityCommitmentOf,
  openSigned,
  Parameters,
  paramsHashOf,
  RefreshRequest,
  signDocument,
} from "../../protocol/documents.ts";
import { fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { type ContractHead, requestEnrolment, requestRefresh } from "../../protocol/enrolment.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { type HybridKeyPair, hybridKeyPair } from "../../protocol/hybrid-seal.ts";
import { canonicalSelector, IdentityRecord } from "../../protocol/identity-record.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { leafHash } from "../../protocol/merkle.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import { caseProofsOf, orderProofOf, ProofLog, type ProvenCase } from "../support/case-proofs.ts";
import { testOfficer } from "../support/officers.ts";
import type { Trustees } from "../support/trustees.ts";
import { ceremony, logSigners, secret } from "./bindings.ts";

export const EPOCH = 682; // November 2026
export const NOW = epochStart(EPOCH) + 20 * 86_400;
export const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
const bindings = env as unknown as { REGISTRAR_DB: D1Database; TEST_MIGRATIONS: D1Migration[] };
const worker = (exports as unknown as { default: { fetch: typeof fetch } }).default;
export const ADMIN = secret("admin");
export const ORIGIN = "http://registrar.test";

interface Sent {
  json?: unknown;
  bytes?: Uint8Array;
  signWith?: Uint8Array | undefined;
  /** a signature made before, to use instead */
  header?: string;
  at?: number;
}
export async function send(path: string, { json, bytes, signWith, header, at = NOW }: Sent = {}): Promise<Response> {
  const body = bytes ?? (json === undefined ? undefined : utf8ToBytes(JSON.stringify(json)));
  const headers: Record<string, string> = { "symbolon-clock": String(at) };
  const method = body ? "POST" : "GET";
  if (signWith) headers[SIGNATURE_HEADER] = signRequest({ method, url: ORIGIN + path, body: body! }, signWith, at, rng);
  if (header) headers[SIGNATURE_HEADER] = header;
  return worker.fetch(ORIGIN + path, { method, headers, body: (body ?? null) as BodyInit });
}
// biome-ignore lint/suspicious/noExplicitAny: answers of many handlers, which the tests inspect
export async function ok(answer: Promise<Response>): Promise<any> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}
export const admin = (path: string, json: unknown, at = NOW): Promise<Response> =>
  send(`/v1/admin/${path}`, { json, signWith: ADMIN, at });

// ---- refusals

const REFUSED = {
  status: 403,
  body: JSON.stringify({
    type: "http://service.test/problems/credential-refused",
    code: "credential-refused",
    status: 403,
    title: "The credential was not accepted.",
  }),
};
/** The one answer for every kind of bad credential, byte for byte but for the random name of the answer. */
export async function expectRefused(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const body = text.replace(/,"instance":"urn:uuid:[0-9a-f-]{36}"/, "");
  expect({ status: response.status, body }).toEqual(REFUSED);
}
export async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  if (response.ok) return "accepted";
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  return ((await response.json()) as { code: string }).code;
}

/** All rows of all tables, to show that nothing was written. */
export async function dump(): Promise<Record<string, unknown[]>> {
  const { results: tables } = await bindings.REGISTRAR_DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'd1\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const rows = await Promise.all(tables.map((t) => bindings.REGISTRAR_DB.prepare(`SELECT * FROM ${t.name}`).all()));
  return Object.fromEntries(tables.map((t, i) => [t.name, rows[i]!.results]));
}
export async function expectUnchanged(run: () => Promise<unknown>): Promise<void> {
  // except the administrator's requests, which are used up in any case
  const rows = async () => {
    const all = await dump();
    return JSON.stringify({
      ...all,
      nonces: all.nonces!.filter((n) => (n as { purpose: string }).purpose !== "admin"),
    });
  };
  const before = await rows();
  await run();
  expect(await rows()).toBe(before);
}

// ---- the log and the trustees, as the registrar calls them

export const log = { entries: [] as string[], down: false };
export const trustees: Trustees = ceremony();
/** Signed<TrusteeCard> of trustee i. */
export function cardOf(index: number, signer = trustees.committee[index - 1]!.identitySecret): Uint8Array {
  const { transportKey } = trustees.committee[index - 1]!.keys;
  return signDocument(LABELS.signTrustee, TrusteeCard, { index, transportKey }, signer);
}

/** The log's proofs over its entries, as they are now. */
function proofAnswer(url: URL, body: string, now: number): Response {
  const tree = new ProofLog(logSigners);
  const hashes = log.entries.map((e) => bytesToHex(leafHash(fromBase64url(e))) as string);
  for (const e of log.entries) tree.append(fromBase64url(e));
  if (url.pathname === "/v1/cosigned") return Response.json({ checkpoint: tree.head(now) });
  if (url.pathname === "/v1/inclusions") {
    const { indexes } = JSON.parse(body) as { indexes: number[] };
    return Response.json({ proofs: indexes.map((index) => tree.inclusion(index).proof) });
  }
  return Response.json({ index: hashes.indexOf(url.pathname.split("/").at(-1)!) });
}

function answer(url: URL, body: string, now: number): Response {
  if (url.hostname === "log.test" && url.pathname === "/v1/entries" && !log.down) {
    const indexes = (JSON.parse(body) as { entries: string[] }).entries.map((e) => {
      if (!log.entries.includes(e)) log.entries.push(e);
      return log.entries.indexOf(e);
    });
    return Response.json({ indexes, size: log.entries.length });
  }
  if (url.hostname === "log.test" && !log.down) return proofAnswer(url, body, now);
  return Response.json({}, { status: 500 });
}

export async function freshRegistrar(): Promise<void> {
  const { REGISTRAR_DB: db, TEST_MIGRATIONS } = bindings;
  await applyD1Migrations(db, TEST_MIGRATIONS);
  // Emptied by hand: after reset(), the first test of a second file has been seen to find rows of the file before.
  const tables = Object.keys(await dump());
  const clear = tables.map((name) => db.prepare(`DELETE FROM ${name}`));
  await db.batch([db.prepare("PRAGMA defer_foreign_keys = true"), ...clear]);
  log.entries.length = 0;
  log.down = false;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) =>
    answer(
      new URL(url),
      new TextDecoder().decode((init.body ?? new Uint8Array()) as Uint8Array),
      Number(new Headers(init.headers).get(CLOCK_HEADER)),
    ),
  );
}

// ---- parameters

export const ATTRIBUTES = [
  { name: "entitlement", values: ["statutory", "private"] },
  { name: "over18", values: ["yes"] },
];
export const parametersRequest = (changes: Record<string, unknown> = {}) => ({
  keySet: toBase64url(KeySet.encode(trustees.keySet)),
  trusteeKeys: trustees.committee.map((p) => bytesToHex(p.keys.identityKey)),
  realm: "symbolon.test",
  epochFrom: EPOCH,
  epochTo: EPOCH + 11,
  attributes: ATTRIBUTES,
  ...changes,
});

export interface Known {
  document: Parameters;
  hash: Uint8Array;
  issuer: ReturnType<typeof decodeIssuerParams>;
}
export async function postParameters(changes: Record<string, unknown> = {}, at = NOW): Promise<Known> {
  const { document } = await ok(admin("parameters", parametersRequest(changes), at));
  const { value } = openSigned(LABELS.signParameters, Parameters, fromBase64url(document));
  return { document: value, hash: paramsHashOf(value), issuer: decodeIssuerParams(value) };
}

// ---- people and wallets

export const patientOf = (name: string): Uint8Array =>
  utf8ToBytes(JSON.stringify({ resourceType: "Patient", name: [{ family: name }] }));
/** The record that the registrar makes of this person. */
export const identityOf = (name: string, selector: string): Uint8Array =>
  IdentityRecord.encode({ selector: canonicalSelector(selector), patient: patientOf(name) });

export interface Proofed {
  account: string;
  enrolmentCode: string;
  expires: number;
  known: boolean;
}
export const proof = (selector: string, changes: Record<string, unknown> = {}, at = NOW): Promise<Proofed> =>
  ok(
    admin(
      "proofings",
      {
        patient: toBase64url(patientOf("Weerasinghe-Planted")),
        selector,
        entitlements: { entitlement: "statutory", over18: "yes" },
        ...changes,
      },
      at,
    ),
  );

/** The registrar's answer to the start of an enrolment. */
export interface EnrolStart {
  nonce: string;
  identity: string;
  salt: string;
  contracts: string[];
}

/** The wallet's side of enrolment and refresh, one request at a time, so that a test can change each request. */
export class TestWallet {
  readonly root = rng(32);
  device = rng(32);
  readonly known: Known;
  constructor(known: Known) {
    this.known = known;
  }
  get deviceKey(): string {
    return bytesToHex(ed25519.getPublicKey(this.device));
  }

  /** the salts of this wallet's phones, by generation */
  readonly salts: Hex[] = [];
  /** The phone of a generation, with a salt that this wallet draws once. */
  phone(generation: number): Phone {
    this.salts[generation] ??= bytesToHex(rng(32));
    return { generation, salt: this.salts[generation]! };
  }
  secrets(generation: number): HolderSecrets {
    return holderSecrets(this.root, this.phone(generation));
  }

  start(p: Proofed, at = NOW): Promise<EnrolStart> {
    return ok(send("/v1/enrol/start", { json: { account: p.account, enrolmentCode: p.enrolmentCode }, at }));
  }

  contract(
    start: EnrolStart,
    changes: Partial<ContractHead> & { previousK?: bigint | undefined } = {},
    secrets = this.secrets(start.contracts.length),
  ): Contract {
    const generation = start.contracts.length;
    const before = start.contracts.at(-1);
    const input = {
      generation,
      salt: hexToBytes(this.phone(generation).salt),
      previous: before === undefined ? undefined : contractHashOf(fromBase64url(before)),
      // if this wallet made the contract before
      previousK: this.salts[generation - 1] === undefined ? undefined : this.secrets(generation - 1).k,
      params: this.known.issuer,
      identityCommitment: identityCommitmentOf(fromBase64url(start.salt), fromBase64url(start.identity)),
      paramsHash: this.known.hash,
      nonce: fromBase64url(start.nonce),
      ...changes,
    };
    return requestEnrolment({ ...input, secrets, s: credentialBlinding(this.root, this.phone(generation), 0) }, rng);
  }

  send(
    p: Proofed,
    contract: Contract | Uint8Array,
    at = NOW,
    changes: Record<string, unknown> = {},
  ): Promise<Response> {
    const bytes = contract instanceof Uint8Array ? contract : Contract.encode(contract);
    const json = {
      account: p.account,
      enrolmentCode: p.enrolmentCode,
      contract: toBase64url(bytes),
      deviceKey: this.deviceKey,
      ...changes,
    };
    return send("/v1/enrol", { json, signWith: this.device, at });
  }

  async enrol(p: Proofed, at = NOW) {
    const start = await this.start(p, at);
    const contract = this.contract(start);
    const { generations } = await ok(this.send(p, contract, at));
    return { start, contract, generations };
  }

  async nonce(account: string, at = NOW): Promise<Uint8Array> {
    const answer = await ok(send("/v1/refresh/nonce", { json: { account }, signWith: this.device, at }));
    return fromBase64url(answer.nonce);
  }

  request(account: string, nonce: Uint8Array, epoch: number, generation = 0, blindedAs = epoch): RefreshRequest {
    const deviceKey = ed25519.getPublicKey(this.device);
    const secrets = this.secrets(generation);
    const s = credentialBlinding(this.root, this.phone(generation), blindedAs);
    const made = requestRefresh({ nonce, epoch, deviceKey, paramsHash: this.known.hash, secrets, s }, rng);
    return { account: hexToBytes(account), nonce, epoch, deviceKey, ...made };
  }

  sendRefresh(request: RefreshRequest | Uint8Array, at = NOW): Promise<Response> {
    const bytes = request instanceof Uint8Array ? request : RefreshRequest.encode(request);
    return send("/v1/refresh", { bytes, signWith: this.device, at });
  }

  async refresh(account: string, epoch: number, generation = 0, at = NOW): Promise<Response> {
    return this.sendRefresh(this.request(account, await this.nonce(account, at), epoch, generation), at);
  }

  /** The wallet's own check of its credential. */
  receive(bytes: Uint8Array, epoch: number, generation = 0): Credential {
    return receive({
      params: this.known.issuer,
      paramsHash: this.known.hash,
      epoch,
      secrets: this.secrets(generation),
      s: credentialBlinding(this.root, this.phone(generation), epoch),
      issued: IssuedCredential.decode(bytes),
    });
  }
}
export const bytesOf = async (answer: Promise<Response>): Promise<Uint8Array> => {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
};

// ---- requesters and officers

export interface Requester {
  secret: Uint8Array;
  seal: HybridKeyPair;
  certificate: Uint8Array;
}
export async function registerRequester(name: string): Promise<Requester> {
  const secretKey = rng(32);
  const seal = hybridKeyPair(rng(32));
  const certificate = await bytesOf(
    admin("requesters", {
      signKey: bytesToHex(ed25519.getPublicKey(secretKey)),
      sealKey: toBase64url(seal.publicKey),
      name,
      role: "emergency physician",
    }),
  );
  return { secret: secretKey, seal, certificate };
}

/** The officer of each trustee. */
const officers = trustees.committee.map(({ identitySecret }, i) =>
  testOfficer({ trustee: i + 1, identitySecret, passkey: secret(`passkey ${i + 1}`), notBefore: NOW - 60 }),
);

export interface Approved {
  caseId: Uint8Array;
  orderHash: Uint8Array;
  dossierHash: Uint8Array;
}
/** Signed<Approval> of trustee i: a WebAuthn assertion of its officer's passkey. */
export const approve = (trustee: number, of: Approved, decision: "approve" | "refuse" = "approve"): Uint8Array =>
  officers[trustee - 1]!.decide({ ...of, decision, at: NOW });

/** The escrow's proof that the log has an order. */
export const proofOfOrder = (of: Pick<Approved, "caseId" | "orderHash">, changes: Partial<ProvenCase> = {}) =>
  orderProofOf({ signers: logSigners, at: NOW, ...of, ...changes });
/** The escrow's proofs of a case that the officers of `set` approved. */
export const proofsOf = (of: Approved, set: readonly number[], changes: Partial<ProvenCase> = {}) =>
  caseProofsOf({
    signers: logSigners,
    ...of,
    officers: set.map((i) => officers[i - 1]!),
    approvals: set.map((i) => approve(i, of)),
    noticeBy: set.map((i) => trustees.committee[i - 1]!.identitySecret),
    at: NOW,
    ...changes,
  });
