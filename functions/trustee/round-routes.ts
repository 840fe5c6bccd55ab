// Routes of the rounds of a case (rounds.ts). Only the escrow's Worker may call them: their bodies are large, and costly to read
// and to verify. A trustee believes nothing that the escrow says (case-bundle.ts), and the answers are sealed to their readers. functions/shared/trustee-api.ts describes the rounds.
//
//   POST /v1/cases/{notice-shares,notice,shares,result,record-shares}
//
// While one of these requests is open, this isolate does not work on shares that nobody has asked for (link-shares.ts).

import type { Context } from "hono";
import type * as z from "zod";
import { now, type TrusteeEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { signedBy } from "../shared/request-auth.ts";
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

/** audit paths of all roots of a chunk */
const MAX_VALUES = 20_000;

/** The checked JSON of a request that the escrow signed. @throws Problem clock-skew, credential-refused, malformed */
async function carried<S extends z.ZodType>(c: Context<{ Bindings: TrusteeEnv }>, schema: S): Promise<z.infer<S>> {
  return readJson((await signedBy(c, [c.env.ESCROW_KEY])).body, schema, MAX_VALUES);
}

export function registerRounds(app: RoleApp<TrusteeEnv>): void {
  app.use("/v1/cases/*", (_, next) => waitedFor(next));

  app.post("/v1/cases/notice-shares", async (c) =>
    c.json(await noticeShares(c.env, await carried(c, NoticeSharesRequest), now(c))),
  );

  app.post("/v1/cases/notice", async (c) => c.json(await notice(c.env, await carried(c, NoticeRequest), now(c))));

  app.post("/v1/cases/shares", async (c) => c.json(await shares(c.env, await carried(c, SharesRequest), now(c))));

  app.post("/v1/cases/result", async (c) => {
    const request = await carried(c, ResultRequest);
    const answer = await result(c.env, request, now(c));
    // If this fails, the next chunk's shares are computed when the escrow asks for them.
    c.executionCtx.waitUntil(workAhead(c.env, request, now(c)).catch(() => {}));
    return c.json(answer);
  });

  app.post("/v1/cases/record-shares", async (c) =>
    c.json(await recordShares(c.env, await carried(c, RecordSharesRequest), now(c))),
  );
}
