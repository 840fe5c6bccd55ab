// The surroundings of an escrow under test: a registrar's parameters and certificate, a Merkle log with its signed
// heads, three trustees, and officers with passkeys. The trustees cosign, and answer rounds with signed parts. The
// sealed content of the parts is noise, which the escrow cannot read. Every party outside the escrow records the
// requests that it gets, and can be switched off. D1 and the Durable Objects are real.

import { applyD1Migrations, type D1Migration, reset } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { Bundle } from "../../api/trustee/rounds.ts";
import { createRequesterKeys } from "../../client/requester.ts";
import { ApiError, api, apiJson, type Transport } from "../../client/transport.ts";
import type { LinkageEscrow } from "../../durable-objects/linkage-escrow.ts";
import type { EscrowEnv } from "../../functions/shared/env.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { Approval } from "../../protocol/approvals.ts";
import { bytesToHex, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { type ForRequester, signForRequester, signPart } from "../../protocol/case-documents.ts";
import {
  LogEntry,
  Order,
  orderHashOf,
  Parameters,
  RequesterCertificate,
  signDocument,
} from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain } from "../../protocol/key-set-chain.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import {
  emptyFrontier,
  frontierRoot,
  leafHash,
  type Node,
  planInclusion,
  pushLeaf,
  readSpan,
} from "../../protocol/merkle.ts";
import { cosign, formatCheckpoint, formatNote, noteSigner, signNote, WITNESS_KEY } from "../../protocol/note.ts";
import { signRevocations } from "../../protocol/requester-status.ts";
import { encodeG2, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { loggedParameters } from "../support/logged-parameters.ts";
import { testOfficer } from "../support/officers.ts";
import { ceremony, common, keysOf, logSigners, secret, trustees } from "./bindings.ts";

const NOW = 1_796_000_000; // 2026-11-30
export const EPOCH = epochOf(NOW);
export const GRACE_SECONDS = 7 * 86_400;
export const ESCROW_URL = common.ESCROW_URL;
const THRESHOLD = 2;
export const bindings = env as unknown as EscrowEnv;
export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));
export const clock = { now: NOW };

// ---- registrar

const committee = ceremony(THRESHOLD);
const identitySecret = (i: number): Uint8Array => trustees[i - 1]!.identitySecret;
const witnessOf = (i: number) => noteSigner(`symbolon/trustee-${i}`, WITNESS_KEY, identitySecret(i));
const document: Parameters = {
  realm: "test",
  epochFrom: EPOCH - 12,
  epochTo: EPOCH + 3,
  slots: 16,
  challengeWindowSeconds: 300,
  offlineGraceSeconds: GRACE_SECONDS,
  logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
  attributes: [],
  issuerKey: encodeG2(P2.multiply(randomScalar(rng)) as G2),
  ...keysOf(committee),
};

// ---- log

function nodeAt(leaves: Uint8Array[]) {
  return ({ level, index }: Node): Uint8Array =>
    frontierRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level).reduce(pushLeaf, emptyFrontier));
}

// ---- the parties outside, and how they behave

interface Asked {
  trustee: number;
  round: string;
  bundle: Bundle;
  body: Record<string, unknown>;
}
export const outside = {
  log: [] as Uint8Array[],
  asked: [] as Asked[],
  /** hosts, or "host/path", that do not answer */
  down: new Set<string>(),
  /** changes a trustee's answer in a round */
  spoil: undefined as ((trustee: number, round: string, answer: Record<string, unknown>) => unknown) | undefined,
  /** the registrar's list of withdrawn certificates, as it is served now */
  revocations: (): Uint8Array => signRevocations({ number: 0, at: clock.now, revoked: [] }, secret("registrar-sign")),
  /** trustees that sign no head of the log as witnesses */
  silent: new Set<number>(),
};
/** The kinds of all entries, except the cards of officers. */
export const kindsLogged = (): string[] =>
  outside.log.map((e) => LogEntry.decode(e).kind).filter((kind) => kind !== "officer");

const problem = (code: string, status: number): Response => Response.json({ code, status }, { status });

function logAnswer(path: string, query: URLSearchParams, body: string): Response {
  const leaves = outside.log.map(leafHash);
  const proof = (spans: readonly (readonly Node[])[]) => ({
    proof: spans.map((s) => toBase64url(readSpan(s, nodeAt(leaves)))),
  });
  if (path === "/v1/entries") {
    const { entries } = JSON.parse(body) as { entries: string[] };
    const indexes = entries.map((text) => {
      const at = outside.log.findIndex((e) => toBase64url(e) === text);
      return at >= 0 ? at : outside.log.push(readBase64url(text)) - 1;
    });
    return Response.json({ indexes, size: outside.log.length });
  }
  const leaf = /^\/v1\/leaves\/([0-9a-f]{64})$/.exec(path)?.[1];
  if (leaf !== undefined) {
    const index = leaves.findIndex((l) => bytesToHex(l) === leaf);
    return index < 0 ? problem("not-found", 404) : Response.json({ index });
  }
  if (path === "/v1/cosigned") {
    const root = frontierRoot(leaves.reduce(pushLeaf, emptyFrontier));
    const text = formatCheckpoint({ origin: logSigners.log.key.name, size: leaves.length, root });
    const witnesses = [1, 2, 3].filter((i) => !outside.silent.has(i)).map(witnessOf);
    if (witnesses.length < Number(query.get("quorum"))) return Response.json({ code: "not-found" }, { status: 404 });
    const signatures = [signNote(text, logSigners.log), ...witnesses.map((w) => cosign(text, w, clock.now))];
    return Response.json({ checkpoint: formatNote({ text, signatures }), size: leaves.length });
  }
  if (path === "/v1/inclusion")
    return Response.json(proof(planInclusion(Number(query.get("index")), Number(query.get("size")))));
  throw new TypeError(`the log has no ${path}`);
}

const partOf = (from: number, to: number, round: "notice" | "link", caseId: Uint8Array): string =>
  toBase64url(
    signPart({ caseId, context: new Uint8Array(32), round, from, to, sealed: rng(40) }, identitySecret(from)),
  );
const forRequester = (from: number, kind: ForRequester["kind"], order: Order, hash: Uint8Array): string =>
  toBase64url(
    signForRequester(
      { caseId: order.caseId, orderHash: hash, kind, from, sealed: utf8ToBytes(`${kind} by ${from}`) },
      identitySecret(from),
    ),
  );

function roundAnswer(trustee: number, round: string, bundle: Bundle): Record<string, unknown> {
  const signed = readBase64url(bundle.order);
  const order = Order.decode(signed.subarray(signed.length - orderLength(signed)));
  const hash = orderHashOf(signed);
  const set = bundle.approvals.map((a) => approvalOf(readBase64url(a)).trustee);
  const parts = (kind: "notice" | "link") =>
    set.filter((i) => i !== trustee).map((i) => partOf(trustee, i, kind, order.caseId));
  if (round === "notice-shares") return { parts: parts("notice") };
  if (round === "notice") {
    const entry = {
      kind: "notice" as const,
      at: order.issuedAt,
      subject: hash,
      caseId: order.caseId,
      body: utf8ToBytes("sealed"),
    };
    return {
      entry: toBase64url(LogEntry.encode(entry)),
      signed: toBase64url(signDocument(LABELS.signNotice, LogEntry, entry, identitySecret(trustee))),
    };
  }
  if (round === "shares")
    return order.kind === "trace"
      ? { parts: [], forRequester: forRequester(trustee, "trace", order, hash) }
      : { parts: parts("link") };
  if (round === "result") return { forRequester: forRequester(trustee, "result", order, hash) };
  return { forRequester: forRequester(trustee, "records", order, hash) };
}
/** Signed: type, version, key 32, signature 64, u32 length, document */
const HEAD_BYTES = 2 + 32 + 64 + 4;
const orderLength = (signed: Uint8Array): number => signed.length - HEAD_BYTES;
const approvalOf = (signed: Uint8Array): Approval => Approval.decode(signed.subarray(HEAD_BYTES));

async function answerOf(request: Request): Promise<Response> {
  const { host, pathname, searchParams } = new URL(request.url);
  if (outside.down.has(host) || outside.down.has(host + pathname)) throw new TypeError(`${host} is down`);
  if (host === "registrar.test" && pathname === "/v1/requesters/revoked")
    return new Response(outside.revocations().slice());
  if (host === "registrar.test" && pathname === "/v1/keysets")
    return Response.json({ chains: [toBase64url(KeySetChain.encode(chainOf(KeySet.encode(committee.keySet))))] });
  if (host === "registrar.test")
    return Response.json(
      loggedParameters(
        [
          {
            document: signDocument(LABELS.signParameters, Parameters, document, secret("registrar-sign")),
            keySet: KeySet.encode(committee.keySet),
          },
        ],
        logSigners,
        clock.now,
      ),
    );
  if (host === "log.test") return logAnswer(pathname, searchParams, await request.text());
  const trustee = Number(/^trustee-(\d)\.test$/.exec(host)?.[1]);
  const round = /^\/v1\/cases\/([a-z-]+)$/.exec(pathname)?.[1];
  if (!round) throw new TypeError(`nothing answers at ${request.url}`);
  const { bundle, ...body } = (await request.json()) as { bundle: Bundle };
  outside.asked.push({ trustee, round, bundle, body });
  const answer = roundAnswer(trustee, round, bundle);
  const spoilt = outside.spoil?.(trustee, round, answer);
  return spoilt instanceof Response ? spoilt : Response.json(spoilt ?? answer);
}
globalThis.fetch = ((input: RequestInfo, init?: RequestInit) => answerOf(new Request(input, init))) as typeof fetch;

// ---- the Worker

const worker = (exports as unknown as { default: { fetch: typeof fetch } }).default;
export const transport: Transport = {
  fetch: ((input: string, init?: RequestInit) => worker.fetch(input, init)) as unknown as Transport["fetch"],
  now: () => clock.now,
  rng,
  sendClock: true,
};
export const caseStub = (caseId: string) =>
  (bindings.LINKAGE_ESCROW as DurableObjectNamespace<LinkageEscrow>).getByName(caseId);

export async function freshWorld(): Promise<void> {
  await reset();
  const { TEST_MIGRATIONS } = env as unknown as { TEST_MIGRATIONS: D1Migration[] };
  await applyD1Migrations(bindings.ESCROW_DB, TEST_MIGRATIONS);
  outside.log.length = 0;
  outside.asked.length = 0;
  outside.down.clear();
  outside.spoil = undefined;
  outside.silent.clear();
  clock.now = NOW;
}

/** "accepted", or the code of the problem document. */
export const code = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "accepted",
    (e: unknown) => (e instanceof ApiError ? e.code : `${e}`),
  );
export const detail = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "accepted",
    (e: unknown) => (e instanceof ApiError ? `${e.code} ${e.problem.detail}` : `${e}`),
  );

// ---- requester and officers

export const keys = createRequesterKeys(rng);
const certificate = signDocument(
  LABELS.signRequester,
  RequesterCertificate,
  {
    signKey: keys.signPublicKey,
    sealKey: keys.seal.publicKey,
    name: "Dr Ward",
    role: "emergency physician",
    notBefore: NOW - 86_400,
    notAfter: NOW + 180 * 86_400,
  },
  secret("registrar-sign"),
);

export const orderWith = (changes: Partial<Order> = {}): Order => ({
  caseId: rng(32),
  kind: "link",
  certificate,
  purpose: "Unconscious after an accident",
  legalGround: "Vital interests",
  epochFrom: EPOCH - 2,
  epochTo: EPOCH - 2,
  services: [],
  emergency: false,
  subject: rng(32),
  keySetId: document.keySetId,
  shareGeneration: 0,
  issuedAt: clock.now,
  expiresAt: clock.now + 3 * 86_400,
  ...changes,
});
export const signOrder = (order: Order, secretKey = keys.signSecretKey): Uint8Array =>
  signDocument(LABELS.signOrder, Order, order, secretKey);
/** Noise of the length of a seal, which the escrow cannot tell from a real one. */
export const dossiers = (n = 3): string[] => Array.from({ length: n }, () => toBase64url(rng(2000)));

export interface Status {
  state: string;
  set: number[] | null;
  nonce: string | null;
  dossiersComplete: boolean;
  chunks: { opened: number; of: number };
  decisions: { trustee: number; decision: string }[];
  log: { name: string; index: number | null }[];
}
export interface TestCase {
  id: string;
  order: Order;
  signed: Uint8Array;
}
export const caseOf = (changes: Partial<Order> = {}): TestCase => {
  const order = orderWith(changes);
  return { id: bytesToHex(order.caseId), order, signed: signOrder(order) };
};
export const submit = (c: TestCase, sealed = dossiers(c.order.kind === "assemble" ? 0 : 3)): Promise<Status> =>
  apiJson(transport, ESCROW_URL, "/v1/cases", {
    json: { order: toBase64url(c.signed), dossiers: sealed },
    signWith: keys.signSecretKey,
  });
export const asRequester = <T = unknown>(
  c: TestCase,
  path: string,
  method: "GET" | "POST",
  json?: unknown,
): Promise<T> =>
  apiJson<T>(transport, ESCROW_URL, `/v1/cases/${c.id}${path}`, {
    method,
    signWith: keys.signSecretKey,
    ...(json === undefined ? {} : { json }),
  });
export const status = (c: TestCase): Promise<Status> => asRequester(c, "", "GET") as Promise<Status>;
export const advance = (c: TestCase): Promise<Status> => asRequester(c, "/advance", "POST") as Promise<Status>;
export const complete = (c: TestCase, sealed = dossiers()): Promise<Status> =>
  asRequester(c, "/dossiers", "POST", { dossiers: sealed }) as Promise<Status>;
export const result = (c: TestCase, query = ""): Promise<{ sealed: string[] }> =>
  asRequester(c, `/result${query}`, "GET") as Promise<{ sealed: string[] }>;
export const recordShares = (c: TestCase, sealed: string[]): Promise<{ sealed: string[] }> =>
  asRequester(c, "/record-shares", "POST", { sealed }) as Promise<{ sealed: string[] }>;

/** The officer of each trustee. Its card is in the log before its first decision. */
const officers = [1, 2, 3].map((trustee) =>
  testOfficer({
    trustee,
    identitySecret: identitySecret(trustee),
    passkey: secret(`passkey ${trustee}`),
    notBefore: NOW - 86_400,
  }),
);
/** The hash that all officers find in this case, since the escrow cannot open the dossiers. */
const DOSSIER_HASH = secret("dossier hash");

export async function decision(
  c: TestCase,
  trustee: number,
  kind: Approval["decision"] = "approve",
  changes: Partial<Approval> = {},
  signedBy = trustee,
  officer = officers[trustee - 1]!,
): Promise<Uint8Array> {
  const head = { caseId: c.order.caseId, orderHash: orderHashOf(c.signed), dossierHash: DOSSIER_HASH };
  const act = { ...head, decision: kind, at: clock.now };
  if (!outside.log.includes(officer.entry)) outside.log.push(officer.entry);
  return officer.decide(act, changes, { signedBy: identitySecret(signedBy) });
}
export const bring = (c: TestCase, approval: Uint8Array): Promise<Status> =>
  apiJson(transport, ESCROW_URL, `/v1/cases/${c.id}/approvals`, { bytes: approval });
export const decide = async (c: TestCase, trustee: number, kind: Approval["decision"] = "approve"): Promise<Status> =>
  bring(c, await decision(c, trustee, kind));

export const asTrustee = (i: number): { signWith: Uint8Array } => ({ signWith: identitySecret(i) });
export const inboxOf = (i: number, query = "?state=ordered") =>
  apiJson<{
    cases: { caseId: string; order: string; dossier: string | null; decided: boolean }[];
    cursor: string | null;
  }>(transport, ESCROW_URL, `/v1/cases${query}`, asTrustee(i));
export { api };

/** Past months are closed, so that an order has none to close. Their roots were logged after any case's notice. */
export async function monthsClosed(): Promise<void> {
  for (let epoch = EPOCH - 12; epoch < EPOCH - 1; epoch++)
    await bindings.ESCROW_DB.prepare(
      "INSERT OR REPLACE INTO closed_epochs (epoch, count, root, entry, log_index) VALUES (?, 0, '', x'00', 1000000)",
    )
      .bind(epoch)
      .run();
}
