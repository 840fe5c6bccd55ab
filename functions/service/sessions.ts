// Check-in, and the routes with which a clinic reads its own sessions.
//
//   POST /v1/sessions                       CheckIn -> 201 Signed<Receipt>
//   GET  /v1/services/:id/sessions          clinic; cursor, limit: ordered by tagHash, which reveals no time
//   GET  /v1/services/:id/sessions/:tagHash clinic
//
// The steps of a check-in, in order: decode; find the registered service and check its signature; whether the tag is spent;
// freshness; policy; parameters; proof. The proof is by far the dearest, so everything else comes before it. Then the session's object opens the session once. This write is durable and decides. Then come the D1
// row, the answer, and the row of the session index.
// Every failure of the credential gets the same answer. A challenge that is not fresh is refused as "clock-skew", before the
// presentation is looked at: that answer says how old the challenge is, and nothing of the credential. If the check-in was
// already accepted, the same bytes get the same receipt, whoever sends them and even after the challenge expires. So a clinic
// that hands in a check-in first does not shut out the wallet's own.
// A refusal carries Signed<RefusedCheckIn>. A wallet ends a session only for that: any other 4xx may be a proxy's. A request
// with a token gets none, since its refusal may concern the token.
// A spent tag is recorded in the object and in the D1 row. If only the row has it (the object was restored to an earlier
// day), the object discards the session that it has just opened. Every 201 follows a row that stands: a repetition writes
// the row again if it is missing (D1 was restored).
//
// Freshness: |now - issuedAt| <= W, the parameters' tolerance of clocks, and not past expiresAt. A clinic that verified offline sends the check-in later, under
// its own token, within the parameters' offline grace.

import { sha256 } from "@noble/hashes/sha2.js";
import { and, asc, eq, gt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Context } from "hono";
import { CHECK_INS, MAX_CHECK_IN_BYTES } from "../../api/service/check-ins.ts";
import { SESSIONS } from "../../api/service/sessions.ts";
import type { OpenOutcome, RowOutcome, SessionRowToDeliver } from "../../durable-objects/replay-window.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { type ChallengeFault, challengeFault } from "../../protocol/challenge-time.ts";
import { asksAsItsCard, challengeKey, type ReadCheckIn, readCheckIn } from "../../protocol/check-in.ts";
import { checkInJson } from "../../protocol/document-json.ts";
import { cardHashOf, presentationHashOf } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { arrivalsEnd, DELIVERY_MARGIN_SECONDS, dayOf } from "../../protocol/epoch.ts";
import { isHybridRecipient } from "../../protocol/hybrid-recipient.ts";
import { bound } from "../../schema/columns.ts";
import { sessions } from "../../schema/service.ts";
import { octetsOrJson } from "../shared/answers.ts";
import { clockSkew } from "../shared/clock.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { clockTolerance, type EpochParameters, parametersFor } from "../shared/parameters.ts";
import { Problem, refused } from "../shared/problems.ts";
import { countChallenge } from "../shared/rate-limits.ts";
import { serve } from "../shared/serve.ts";
import { afterCheckIn } from "./after-check-in.ts";
import { isClosed } from "./closed-epochs.ts";
import { receiptFor, receiptJson, signedRefusal, standingReceipt } from "./receipts.ts";
import { findService, forgetService, type Service } from "./registry.ts";
import { deliverSessionRow, indexRowOf } from "./session-delivery.ts";
import { replayWindowOf } from "./session-objects.ts";
import { SESSION_COLUMNS, sessionAt } from "./session-rows.ts";
import { requireActive } from "./suspension.ts";
import { clinicOf } from "./tokens.ts";
import { verifyTogether } from "./verification.ts";

const HPKE_ENC_BYTES = 1120;

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

/** @throws Problem malformed, CodecError */
function decode(bytes: Uint8Array): ReadCheckIn {
  if (bytes.length > MAX_CHECK_IN_BYTES) throw new Problem("too-large", `At most ${MAX_CHECK_IN_BYTES} bytes.`);
  const read = readCheckIn(bytes);
  const { sessionRecipient, hpkeEnc } = read.checkIn;
  if (!isHybridRecipient(sessionRecipient))
    throw new Problem("malformed", "sessionRecipient: a post-quantum recipient (age1pq1...) expected");
  if (hpkeEnc.length !== HPKE_ENC_BYTES) throw new Problem("malformed", `hpkeEnc: ${HPKE_ENC_BYTES} bytes expected`);
  return read;
}

const asksAsRegistered = ({ challenge }: ReadCheckIn, { card, signedCard }: Service): boolean =>
  equalBytes(challenge.cardHash, cardHashOf(signedCard)) && asksAsItsCard(challenge, card);

/** The registered service that made the challenge. @throws Problem credential-refused */
async function audience(env: ServiceEnv, read: ReadCheckIn): Promise<Service> {
  const serviceId = bytesToHex(read.challenge.serviceId);
  const service = await findService(env, serviceId);
  if (!service) throw refused("no such service");
  const key = challengeKey(read, nativeVerify);
  if (!key || !equalBytes(key, service.card.signKey)) throw refused("challenge signature");
  if (asksAsRegistered(read, service)) return service;
  // The clinic may have registered another card a moment ago, so the card is read again.
  forgetService(env, serviceId);
  const fresh = await findService(env, serviceId);
  if (!fresh || !asksAsRegistered(read, fresh)) throw refused("card is not the registered one");
  return fresh;
}

/** Whether the request carries a token of this service's clinic. @throws Problem token-refused, insufficient-scope */
async function handedInByClinic(c: ServiceContext, service: Service): Promise<boolean> {
  if (c.req.header("authorization") === undefined) return false;
  await clinicOf(c, ["system/Session.c"], service.serviceId);
  return true;
}

const BY_OUR_CLOCK = "It is old, or a clock is wrong.";

function notFresh({ reason, seconds, allowed }: ChallengeFault): Problem {
  if (reason === "ahead")
    return clockSkew(
      `The challenge is dated ${seconds} seconds ahead of this server's clock; at most ${allowed} are allowed.`,
    );
  if (reason === "old")
    return clockSkew(
      `The challenge is ${seconds} seconds old by this server's clock; at most ${allowed} are allowed. ${BY_OUR_CLOCK}`,
    );
  return clockSkew(`The challenge expired ${seconds} seconds ago by this server's clock. ${BY_OUR_CLOCK}`);
}

/**
 * The parameters of the check-in's epoch.
 * @throws Problem credential-refused when no parameters cover the epoch; clock-skew when the challenge is far off besides
 */
async function parametersOfCheckIn(env: ServiceEnv, read: ReadCheckIn, at: number): Promise<EpochParameters> {
  try {
    return await parameters(env, read.epoch, at);
  } catch (cause) {
    const challengeWindowSeconds = await clockTolerance(env, at);
    const fault = challengeFault(read.challenge, { challengeWindowSeconds, offlineGraceSeconds: 0 }, at);
    throw fault && fault.reason !== "expired" ? notFresh(fault) : cause;
  }
}

/** @throws Problem credential-refused when no parameters cover the epoch */
async function parameters(env: ServiceEnv, epoch: number, at: number): Promise<EpochParameters> {
  try {
    return await parametersFor(env, epoch, at);
  } catch (cause) {
    if (cause instanceof Problem && cause.code === "not-allowed-now") throw refused(`no parameters for ${epoch}`);
    throw cause;
  }
}

async function verify(env: ServiceEnv, read: ReadCheckIn, tag: EpochParameters, at: number) {
  const { presentation, challenge, epoch } = read;
  // The bounds are checked first: the wallet alone states the credential's epoch, and it must not make us fetch parameters.
  if (presentation.credentialEpoch > epoch || presentation.credentialEpoch + challenge.maxStaleEpochs < epoch)
    throw refused("stale");
  const credential = await parameters(env, presentation.credentialEpoch, at);
  const verdict = await verifyTogether({
    read,
    tag: { ...tag, issuer: tag },
    credential: { ...credential, issuer: credential },
  });
  if (!verdict.ok) throw refused(verdict.reason);
  return verdict;
}

/** @throws Problem unavailable if D1 does not answer; the object's alarm then writes the row */
async function writeRow(env: ServiceEnv, service: Service, row: SessionRowToDeliver): Promise<RowOutcome> {
  try {
    return await deliverSessionRow(env, service.shard, row);
  } catch (cause) {
    throw new Problem("unavailable", undefined, `session row: ${String(cause)}`);
  }
}

/** @throws Problem credential-refused, clock-skew and others */
async function answerCheckIn(c: ServiceContext, bytes: Uint8Array, at: number): Promise<Uint8Array> {
  const read = decode(bytes);
  const service = await audience(c.env, read);
  const tagHash = bytesToHex(read.tagHash);
  const presentationHash = bytesToHex(read.presentationHash);
  const object = replayWindowOf(c.env, tagHash);

  const day = dayOf(read.challenge.issuedAt);
  const tag = await parametersOfCheckIn(c.env, read, at);
  const offline = await handedInByClinic(c, service);
  const row = await sessionAt(service, tagHash);
  const closed = async () => ((await isClosed(service, read.epoch)) ? refused("epoch is closed") : undefined);
  const fault = challengeFault(read.challenge, tag.document, at, offline);
  const tooLate = fault ? notFresh(fault) : await closed();
  if (tooLate !== undefined) {
    const receipt = await standingReceipt(c.env, row, { tagHash, presentationHash });
    if (receipt === undefined) throw tooLate;
    return receipt;
  }
  requireActive(service);
  if (row !== undefined) {
    if (bytesToHex(presentationHashOf(row.checkIn)) !== presentationHash) throw refused("tag already spent");
    const before = await object.recall({ tagHash, presentationHash });
    if (before.outcome === "repeated" && !before.pending) return before.receipt;
  }
  await countChallenge(c, sha256(read.checkIn.challenge));
  const T = (await verify(c.env, read, tag, at)).tag;
  const outcome: OpenOutcome = await object.open(
    {
      tagHash,
      presentationHash,
      serviceId: service.serviceId,
      shard: service.shard,
      epoch: read.epoch,
      day,
      checkIn: bytes,
      tag: read.presentation.T,
      rowProof: read.checkIn.rowProof,
      receipt: receiptFor(c.env, read, at),
      // After the last second in which this check-in is fresh, so that closing never races with it.
      closesAt: arrivalsEnd(read.epoch, tag.document) + DELIVERY_MARGIN_SECONDS,
    },
    at,
  );
  if (outcome.outcome === "refused") throw refused("tag already spent");
  const about = { serviceId: service.serviceId, epoch: read.epoch };
  const standing = await writeRow(c.env, service, { ...about, tagHash, day, checkIn: bytes });
  if (standing !== "stands") {
    await object.giveUp(tagHash, presentationHash);
    throw refused(standing === "closed" ? "epoch is closed" : "tag already spent, says its row");
  }
  if (outcome.pending) {
    const { rowProof } = read.checkIn;
    const afterwards = async () =>
      afterCheckIn(
        c.env,
        {
          tagHash,
          day,
          indexRow: indexRowOf({ ...about, tag: read.presentation.T, rowProof }, T),
          rings: service.bell,
        },
        at,
      );
    c.executionCtx.waitUntil(afterwards());
  }
  return outcome.receipt;
}

export function registerCheckIns(app: RoleApp<ServiceEnv>): void {
  serve(app, CHECK_INS.checkIn, async (c, { accepted }) => {
    const at = now(c);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    try {
      return octetsOrJson(c, accepted, await answerCheckIn(c, bytes, at), receiptJson, 201);
    } catch (cause) {
      throw c.req.header("authorization") === undefined ? signedRefusal(c.env, cause, bytes, at) : cause;
    }
  });
}

type SessionRow = NonNullable<Awaited<ReturnType<typeof sessionAt>>>;
const asJson = ({ tagHash, epoch, day, checkIn }: SessionRow, decoded?: unknown) => ({
  tagHash: toBase64url(hexToBytes(tagHash)),
  epoch,
  day,
  checkIn: toBase64url(checkIn),
  ...(decoded === undefined ? {} : { decoded: checkInJson(checkIn) }),
});

export function registerSessions(app: RoleApp<ServiceEnv>): void {
  serve(app, SESSIONS.listSessions, async (c, { query: { cursor = "", limit, decoded }, scopes }) => {
    const { db, serviceId } = await clinicOf(c, scopes);
    const rows = await drizzle(db)
      .select(SESSION_COLUMNS)
      .from(sessions)
      .where(and(eq(sessions.serviceId, serviceId), gt(sessions.tagHash, bound(cursor))))
      .orderBy(asc(sessions.tagHash))
      .limit(limit);
    const more = rows.length === limit ? { cursor: rows.at(-1)!.tagHash } : {};
    return c.json({ sessions: rows.map((row) => asJson(row, decoded)), ...more });
  });

  serve(app, SESSIONS.readSession, async (c, { params: { tagHash }, query: { decoded }, scopes }) => {
    const row = await sessionAt(await clinicOf(c, scopes), tagHash);
    if (!row) throw new Problem("not-found", "No such session.");
    return c.json(asJson(row, decoded));
  });
}
