// Frames between a wallet and a service. The edge queues them and cannot read them. It knows the header of a frame and the
// party that sent it:
//   wallet   signed request by the session's key (CheckIn.sessionAuthKey); sends direction 0, reads direction 1
//   clinic   Bearer token of the service;                                  sends direction 1, reads direction 0
// A frame of a wallet rings at its clinic (bells.ts), after the answer.
//   header   u8 version 1 ‖ u8 direction ‖ u64 seq (client/sealing/messages.ts); the rest is sealed
//
//   POST /v1/sessions/:serviceId/:tagHash/frames            one frame -> 202 {seq}. Each seq is accepted once. If the
//                                                           request has an Idempotency-Key, the same request gets the
//                                                           same answer for as long as the frame waits
//   GET  /v1/sessions/:serviceId/:tagHash/frames?after=&ack=   -> {frames: [{seq, frame}]}; ack=3,4 deletes these two

import { sha256 } from "@noble/hashes/sha2.js";
import type { Context } from "hono";
import { MESSAGES } from "../../api/service/messages.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { CheckIn } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { SIGNATURE_HEADER } from "../../protocol/request-signature.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { clockTolerance } from "../shared/parameters.ts";
import { Problem, refused } from "../shared/problems.ts";
import { signedRequest } from "../shared/request-auth.ts";
import { serve } from "../shared/serve.ts";
import { bellOf, ring } from "./bells.ts";
import { findService, type Service } from "./registry.ts";
import type { Scope } from "./scopes.ts";
import { replayWindowOf } from "./session-objects.ts";
import { isSession, sessionAt } from "./session-rows.ts";
import { clinicOf } from "./tokens.ts";

const FRAME_VERSION = 1;
const HEADER_BYTES = 10;
const AEAD_TAG_BYTES = 16;
const MAX_FRAME_BYTES = 65_536;
const TO_SERVICE = 0;
const TO_WALLET = 1;
type Direction = typeof TO_SERVICE | typeof TO_WALLET;

function readHeader(frame: Uint8Array): { direction: number; seq: number } {
  if (frame.length > MAX_FRAME_BYTES) throw new Problem("too-large", `A frame has at most ${MAX_FRAME_BYTES} bytes.`);
  if (frame.length < HEADER_BYTES + AEAD_TAG_BYTES) throw new Problem("malformed", "frame: too short");
  if (frame[0] !== FRAME_VERSION) throw new Problem("unknown-version", `frame: version ${frame[0]}`);
  const seq = new DataView(frame.buffer, frame.byteOffset).getBigUint64(2);
  // JavaScript numbers, and so JSON and our SQLite rows, are exact up to 2^53 - 1. No channel lives that long.
  if (seq > BigInt(Number.MAX_SAFE_INTEGER)) throw new Problem("malformed", "frame: seq beyond 2^53 - 1");
  return { direction: frame[1]!, seq: Number(seq) };
}

interface Place {
  serviceId: Hex;
  tagHash: Hex;
}
interface Party {
  service: Service;
  tagHash: Hex;
  sends: Direction;
  body: Uint8Array;
}

/**
 * The party that sent the request: the session's wallet, by its signature, or the service's clinic, by a token with one of these
 * scopes.
 * @throws Problem clock-skew, credential-refused, token-refused, insufficient-scope, not-found
 */
async function partyOf(
  c: Context<{ Bindings: ServiceEnv }>,
  { serviceId, tagHash }: Place,
  scopes: readonly Scope[],
): Promise<Party> {
  if (c.req.header(SIGNATURE_HEADER) === undefined) {
    const service = await clinicOf(c, scopes, serviceId);
    if (!(await isSession(service, tagHash))) throw new Problem("not-found", "No such session.");
    return { service, tagHash, sends: TO_WALLET, body: new Uint8Array(await c.req.arrayBuffer()) };
  }
  const { key, body } = await signedRequest(c, { toleranceSeconds: await clockTolerance(c.env, now(c)) });
  const service = await findService(c.env, serviceId);
  const session = service && (await sessionAt(service, tagHash));
  if (!session || bytesToHex(CheckIn.decode(session.checkIn).sessionAuthKey) !== key) throw refused("session key");
  return { service, tagHash, sends: TO_SERVICE, body };
}

const RING_TRIES = 3;
const RING_AGAIN_MS = 1000;
/** The frame stands already. If no attempt reaches the bell, the clinic learns of it when it next looks at the session. */
async function ringForMessage(
  env: ServiceEnv,
  { serviceId }: Service,
  message: { tagHash: Hex; seq: number; day: number },
): Promise<void> {
  for (let attempt = 1; attempt <= RING_TRIES; attempt++) {
    try {
      return await ring(env, [{ serviceId, event: { type: "message", ...message } }]);
    } catch {
      await scheduler.wait(RING_AGAIN_MS * attempt);
    }
  }
}

const closed = (): Problem => new Problem("expired", "The session's channel has ended with its epoch.");

export function registerFrames(app: RoleApp<ServiceEnv>): void {
  serve(app, MESSAGES.sendFrame, async (c, { params, headers: { "idempotency-key": key }, scopes }) => {
    const { service, tagHash, sends, body: frame } = await partyOf(c, params, scopes);
    const { direction, seq } = readHeader(frame);
    if (direction !== sends) throw new Problem("malformed", `frame: direction ${direction} is not the sender's`);
    // Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). Only its hash is kept.
    const idempotencyKeyHash = key === undefined ? undefined : bytesToHex(sha256(utf8ToBytes(key)));
    const taken = { direction, seq, frame, idempotencyKeyHash };
    switch (await replayWindowOf(c.env, tagHash).accept(tagHash, taken, now(c))) {
      case "accepted":
      case "repeated":
        if (sends === TO_SERVICE && service.bell)
          c.executionCtx.waitUntil(ringForMessage(c.env, service, { tagHash, seq, day: dayOf(now(c)) }));
        return c.json({ seq }, 202);
      case "closed":
        throw closed();
      case "full":
        throw new Problem("too-many", "Too many frames wait to be fetched.");
      default:
        throw refused("frame replayed, too old or past the limit");
    }
  });

  serve(app, MESSAGES.readFrames, async (c, { params, query: { after, ack: acknowledged }, scopes }) => {
    const { service, tagHash, sends } = await partyOf(c, params, scopes);
    const reads = sends === TO_SERVICE ? TO_WALLET : TO_SERVICE;
    const queued = await replayWindowOf(c.env, tagHash).frames(tagHash, reads, after, acknowledged);
    if (queued === "closed") throw closed();
    if (reads === TO_SERVICE && service.bell && acknowledged.length > 0 && queued.length === 0)
      c.executionCtx.waitUntil(bellOf(c.env, service.serviceId).fetched(tagHash, Math.max(...acknowledged)));
    return c.json({ frames: queued.map(({ seq, frame }) => ({ seq, frame: toBase64url(frame) })) });
  });
}
