// A trustee: one Worker in an account of its own, with one share of each key. Its officer approves orders with a passkey;
// its Worker verifies everything it is handed, and computes. Requests, answers and rounds: trustee/api.ts.
//
//   public             GET /v1/card   GET /v1/keyset   GET /v1/witness   POST /v1/cosign
//   administrator      POST /v1/ceremony/:id/{start,open,deal,accept,finish}   POST /v1/officers
//   officer            POST /v1/officers/{challenge,login};  with the login's token GET /v1/cases, POST /v1/cases/review;
//                      POST /v1/cases/decide carries its own assertion
//   whoever holds a    POST /v1/cases/{notice-shares,notice,shares,result,record-shares}
//   valid bundle
//
// One vault (durable-objects/trustee-vault.ts), one board a ceremony (durable-objects/ceremony.ts).

import type { Context } from "hono";
import type * as z from "zod";
import { bytesToHex } from "../protocol/bytes.ts";
import { toBase64url } from "../protocol/encodings.ts";
import { now, type TrusteeEnv } from "./shared/env.ts";
import { Problem, readBase64url, readHex, readJson, roleApp } from "./shared/http.ts";
import { signedBy } from "./shared/request-auth.ts";
import {
  type CardAnswer,
  CeremonyMessages,
  CeremonyStart,
  CosignRequest,
  DecideRequest,
  type KeySetAnswer,
  LoginRequest,
  NoticeRequest,
  NoticeSharesRequest,
  OfficerRequest,
  RecordSharesRequest,
  ResultRequest,
  ReviewRequest,
  SharesRequest,
} from "./shared/trustee-api.ts";
import { acceptRound, dealRound, finishRound, openRound, startCeremony } from "./trustee/ceremony.ts";
import { ownKeys, pinnedKeys, vaultOf } from "./trustee/context.ts";
import { trusteeCard } from "./trustee/keys.ts";
import { waitedFor, workAhead } from "./trustee/link-shares.ts";
import {
  decide,
  inboxFromEscrow,
  login,
  newChallenge,
  registerOfficer,
  requireOfficer,
  review,
} from "./trustee/officers.ts";
import { notice, noticeShares, recordShares, result, shares } from "./trustee/rounds.ts";
import { prepareBases } from "./trustee/tag-bases.ts";
import { cosignHead, witnessedSize } from "./trustee/witness.ts";

export { Ceremony } from "../durable-objects/ceremony.ts";
export { TrusteeVault } from "../durable-objects/trustee-vault.ts";

/** Link shares of the other members, in base64. */
const MAX_BODY_BYTES = 24 << 20;

const app = roleApp<TrusteeEnv>("trustee", { maxBodyBytes: MAX_BODY_BYTES });
type C = Context<{ Bindings: TrusteeEnv }>;

async function adminJson<S extends z.ZodType>(c: C, schema: S): Promise<z.infer<S>> {
  const { body } = await signedBy(c, [c.env.ADMIN_KEY]);
  return readJson(body, schema);
}
const decodeAll = (texts: readonly string[], name: string): Uint8Array[] =>
  texts.map((text, i) => readBase64url(text, `${name}.${i}`));

// ---- cards, keys, witness

app.get("/v1/card", (c) => {
  pinnedKeys(c.env);
  const own = ownKeys(c.env);
  const card: CardAnswer = {
    index: own.index,
    identityKey: bytesToHex(own.identityPublicKey),
    transportKey: toBase64url(own.transport.publicKey),
    witnessVkey: own.witnessVkey,
    card: toBase64url(trusteeCard(own)),
  };
  return c.json(card);
});

async function keySetAnswer(env: TrusteeEnv): Promise<KeySetAnswer> {
  const held = await vaultOf(env).keys();
  if (!held) throw new Problem("not-found", "keys not generated");
  return { keySet: toBase64url(held.keySet), cards: held.cards.map(toBase64url) };
}
app.get("/v1/keyset", async (c) => c.json(await keySetAnswer(c.env)));

app.get("/v1/witness", async (c) => c.json({ size: await witnessedSize(c.env), vkey: ownKeys(c.env).witnessVkey }));
app.post("/v1/cosign", async (c) => {
  const { checkpoint, proof } = await readJson(c.req, CosignRequest);
  return c.json({ cosignature: await cosignHead(c.env, checkpoint, decodeAll(proof, "proof"), now(c)) });
});

// ---- key ceremony

const ceremonyId = (c: C): string => bytesToHex(readHex(c.req.param("id"), 32, "ceremony id"));

app.post("/v1/ceremony/:id/start", async (c) => {
  const { threshold, cards } = await adminJson(c, CeremonyStart);
  return c.json({
    message: toBase64url(await startCeremony(c.env, ceremonyId(c), threshold, decodeAll(cards, "cards"))),
  });
});
for (const [name, round] of [
  ["open", openRound],
  ["deal", dealRound],
  ["accept", acceptRound],
] as const)
  app.post(`/v1/ceremony/:id/${name}`, async (c) => {
    const { messages } = await adminJson(c, CeremonyMessages);
    return c.json({ message: toBase64url(await round(c.env, ceremonyId(c), decodeAll(messages, "messages"))) });
  });
app.post("/v1/ceremony/:id/finish", async (c) => {
  const { messages } = await adminJson(c, CeremonyMessages);
  await finishRound(c.env, ceremonyId(c), decodeAll(messages, "messages"));
  return c.json(await keySetAnswer(c.env));
});

// ---- officers

app.post("/v1/officers", async (c) => {
  await registerOfficer(c.env, await adminJson(c, OfficerRequest));
  return c.json({ trustee: ownKeys(c.env).index }, 201);
});
app.post("/v1/officers/challenge", async (c) => c.json(await newChallenge(c.env, now(c))));
app.post("/v1/officers/login", async (c) => {
  const { challenge, assertion } = await readJson(c.req, LoginRequest);
  return c.json(await login(c.env, challenge, assertion, now(c)));
});
app.get("/v1/cases", async (c) => {
  await requireOfficer(c, now(c));
  return c.json(
    await inboxFromEscrow(c.env, { state: c.req.query("state") ?? "ordered", cursor: c.req.query("cursor") }, now(c)),
  );
});
app.post("/v1/cases/review", async (c) => {
  await requireOfficer(c, now(c));
  const { answer, scope } = await review(c.env, await readJson(c.req, ReviewRequest), now(c));
  c.executionCtx.waitUntil(prepareBases(c.env, scope).catch(() => {})); // else they are hashed when they are needed
  return c.json(answer);
});
app.post("/v1/cases/decide", async (c) => {
  const approval = await decide(c.env, await readJson(c.req, DecideRequest), now(c));
  return c.body(approval as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/octet-stream" });
});

// ---- the rounds of a case

app.use("/v1/cases/*", (_, next) => waitedFor(next));
app.post("/v1/cases/notice-shares", async (c) =>
  c.json(await noticeShares(c.env, await readJson(c.req, NoticeSharesRequest), now(c))),
);
app.post("/v1/cases/notice", async (c) => c.json(await notice(c.env, await readJson(c.req, NoticeRequest), now(c))));
app.post("/v1/cases/shares", async (c) => c.json(await shares(c.env, await readJson(c.req, SharesRequest), now(c))));
app.post("/v1/cases/result", async (c) => {
  const request = await readJson(c.req, ResultRequest);
  const answer = await result(c.env, request, now(c));
  c.executionCtx.waitUntil(workAhead(c.env, request, now(c)).catch(() => {})); // else it is worked out when asked for
  return c.json(answer);
});
app.post("/v1/cases/record-shares", async (c) =>
  c.json(await recordShares(c.env, await readJson(c.req, RecordSharesRequest), now(c))),
);

export default app;
