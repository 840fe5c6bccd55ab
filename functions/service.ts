// The service role: it hosts clinics. Presentations are verified and sessions opened here, sealed records are kept,
// frames are queued. It holds no key that opens any of them, and learns tags, sizes and dates only.
//
//   service/registry   which clinics there are, and in which shard
//   service/tokens     how a clinic authenticates
//   service/sessions   check-in;  service/closed-epochs what an administrator closes after a restore
//   service/records    writing records and statements;  service/manifests their chain;  service/reading  reading them
//   service/frames     messages
//   service/sweep      what faults leave behind
//
// Blobs stream; everything else is small. So uploads have an app of their own with the large limit, and a body without
// a length never gets near it: it would be buffered.

import { type ReplayWindowEnv, ReplayWindow as SessionObject } from "../durable-objects/replay-window.ts";
import { registerClosedEpochs } from "./service/closed-epochs.ts";
import { registerFrames } from "./service/frames.ts";
import { registerReading } from "./service/reading.ts";
import { MAX_BLOB_BYTES, registerStatements, registerUploads } from "./service/records.ts";
import { registerServices } from "./service/registry.ts";
import { type DeliveryEnv, sessionDelivery } from "./service/session-delivery.ts";
import { registerCheckIns, registerSessions } from "./service/sessions.ts";
import { registerSweep } from "./service/sweep.ts";
import { registerTokens } from "./service/tokens.ts";
import type { ServiceEnv } from "./shared/env.ts";
import { problemResponse, roleApp } from "./shared/http.ts";

/** The session object with this role's delivery. `wrangler.toml` names the class. */
export class ReplayWindow extends SessionObject<DeliveryEnv & ReplayWindowEnv> {
  constructor(ctx: DurableObjectState, env: DeliveryEnv & ReplayWindowEnv) {
    super(ctx, env, sessionDelivery(env));
  }
}

const app = roleApp<ServiceEnv>("service");
registerServices(app);
registerTokens(app);
registerCheckIns(app);
registerSessions(app);
registerClosedEpochs(app);
registerStatements(app);
registerReading(app);
registerFrames(app);
registerSweep(app);

const uploadApp = roleApp<ServiceEnv>("service", { maxBodyBytes: MAX_BLOB_BYTES });
registerUploads(uploadApp);

export default {
  async fetch(request, env, ctx) {
    if (request.method !== "PUT") return app.fetch(request, env, ctx);
    if (request.body && !request.headers.has("content-length"))
      return problemResponse("malformed", "Content-Length is required.");
    return uploadApp.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<ServiceEnv>;
