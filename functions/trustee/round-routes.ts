// Routes of the rounds of a case (rounds.ts). Only the escrow's Worker may call them: their bodies are large, and costly to read
// and to verify. A trustee believes nothing that the escrow says (case-bundle.ts), and the answers are sealed to their readers.
// api/trustee/rounds.ts describes the rounds.
//
//   POST /v1/cases/{notice-shares,notice,shares,result,record-shares}
//
// While one of these requests is open, this isolate does not work on shares that nobody has asked for (link-shares.ts).

import type { Context } from "hono";
import type { BodyOf } from "../../api/contract.ts";
import { ROUNDS } from "../../api/trustee/rounds.ts";
import { now, type TrusteeEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";
import { waitedFor, workAhead } from "./link-shares.ts";
import { recordShares } from "./record-shares.ts";
import { notice, noticeShares, result, shares } from "./rounds.ts";

/** The checked JSON of a request that the escrow signed. @throws Problem clock-skew, credential-refused, malformed */
async function carried<R extends (typeof ROUNDS)[keyof typeof ROUNDS]>(
  c: Context<{ Bindings: TrusteeEnv }>,
  route: R,
): Promise<BodyOf<R>> {
  return readBody(route, (await signedBy(c, [c.env.ESCROW_KEY])).body);
}

export function registerRounds(app: RoleApp<TrusteeEnv>): void {
  app.use("/v1/cases/*", (_, next) => waitedFor(next));

  serve(app, ROUNDS.noticeShares, async (c) =>
    c.json(await noticeShares(c.env, await carried(c, ROUNDS.noticeShares), now(c))),
  );

  serve(app, ROUNDS.notice, async (c) => c.json(await notice(c.env, await carried(c, ROUNDS.notice), now(c))));

  serve(app, ROUNDS.shares, async (c) => c.json(await shares(c.env, await carried(c, ROUNDS.shares), now(c))));

  serve(app, ROUNDS.result, async (c) => {
    const request = await carried(c, ROUNDS.result);
    const answer = await result(c.env, request, now(c));
    // If this fails, the next chunk's shares are computed when the escrow asks for them.
    c.executionCtx.waitUntil(workAhead(c.env, request, now(c)).catch(() => {}));
    return c.json(answer);
  });

  serve(app, ROUNDS.recordShares, async (c) =>
    c.json(await recordShares(c.env, await carried(c, ROUNDS.recordShares), now(c))),
  );
}
