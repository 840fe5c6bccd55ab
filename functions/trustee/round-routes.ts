// Routes of the rounds of a case (rounds.ts). They need no login: any client that holds a valid bundle may call them, and the
// answers are sealed to their readers. functions/shared/trustee-api.ts describes the rounds.
//
//   POST /v1/cases/{notice-shares,notice,shares,result,record-shares}
//
// While one of these requests is open, this isolate does not work on shares that nobody has asked for (link-shares.ts).

import { now, type TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readJson } from "../shared/http.ts";
import {
  NoticeRequest,
  NoticeSharesRequest,
  RecordSharesRequest,
  ResultRequest,
  SharesRequest,
} from "../shared/trustee-api.ts";
import { waitedFor, workAhead } from "./link-shares.ts";
import { recordShares } from "./record-shares.ts";
import { notice, noticeShares, result, shares } from "./rounds.ts";

export function registerRounds(app: RoleApp<TrusteeEnv>): void {
  app.use("/v1/cases/*", (_, next) => waitedFor(next));

  app.post("/v1/cases/notice-shares", async (c) =>
    c.json(await noticeShares(c.env, await readJson(c.req, NoticeSharesRequest), now(c))),
  );

  app.post("/v1/cases/notice", async (c) => c.json(await notice(c.env, await readJson(c.req, NoticeRequest), now(c))));

  app.post("/v1/cases/shares", async (c) => c.json(await shares(c.env, await readJson(c.req, SharesRequest), now(c))));

  app.post("/v1/cases/result", async (c) => {
    const request = await readJson(c.req, ResultRequest);
    const answer = await result(c.env, request, now(c));
    // If this fails, the next chunk's shares are computed when the escrow asks for them.
    c.executionCtx.waitUntil(workAhead(c.env, request, now(c)).catch(() => {}));
    return c.json(answer);
  });

  app.post("/v1/cases/record-shares", async (c) =>
    c.json(await recordShares(c.env, await readJson(c.req, RecordSharesRequest), now(c))),
  );
}
