// The service role hosts clinics. It verifies presentations, opens sessions, keeps sealed records and queues frames. It
// holds no key that opens a record or a frame. It learns only tags, sizes and dates.
//
//   service/registry        the registered clinics, and the shard of each
//   service/service-list    the public list of all clinics, in parts
//   service/suspension      suspending a clinic, and resuming it
//   service/tokens          a clinic's access tokens;  service/client-assertion: how a client gets one;  service/scopes
//   service/oauth-clients   the further clients of a clinic;  service/jwks: their keys
//   service/smart-configuration  where clients find the token endpoint
//   service/sessions        check-in, and a clinic's list of its sessions
//   service/spoken-invitations  challenges that six spoken words name
//   service/receipts        receipts and refusals of check-ins, and the claims by which wallets find their sessions
//   service/closed-epochs   epochs that an administrator closes after a restore
//   service/index-completion  the session index of an epoch, before the escrow closes it
//   service/records         writing records and statements;  service/manifests: their chain;  service/reading: reading them
//   service/frames          messages between wallet and clinic
//   service/events          a clinic's events over sockets, and what it missed;  service/bells: the object that rings
//   service/webhooks        a clinic's webhooks;  service/webhook-delivery: one delivery
//   service/case-watches    cases whose events a clinic wants
//   service/shared-links    what patients share by SMART Health Links, sealed;
//   service/link-rows  their rows and limits;  service/link-passcodes
//   service/pages          the API as a page, its OpenAPI document, and the problem codes
//   service/sweep           removal of leftovers from faults and erasures
//
// Blobs stream, and every other body is small.

import { MAX_BLOB_BYTES } from "../api/service/records.ts";
import { ClinicBell as Bell } from "../durable-objects/clinic-bell.ts";
import { type ReplayWindowEnv, ReplayWindow as SessionObject } from "../durable-objects/replay-window.ts";
import { registerCaseWatches } from "./service/case-watches.ts";
import { registerClosedEpochs } from "./service/closed-epochs.ts";
import { registerEvents } from "./service/events.ts";
import { registerFrames } from "./service/frames.ts";
import { registerIndexCompletion } from "./service/index-completion.ts";
import { registerOAuthClients } from "./service/oauth-clients.ts";
import { registerPages } from "./service/pages.ts";
import { registerReading } from "./service/reading.ts";
import { registerReceipts } from "./service/receipts.ts";
import { registerStatements, registerUploads } from "./service/records.ts";
import { registerServices } from "./service/registry.ts";
import { registerServiceList } from "./service/service-list.ts";
import { type DeliveryEnv, sessionDelivery } from "./service/session-delivery.ts";
import { registerCheckIns, registerSessions } from "./service/sessions.ts";
import { registerSharedLinks } from "./service/shared-links.ts";
import { registerSmartConfiguration } from "./service/smart-configuration.ts";
import { registerSpokenInvitations } from "./service/spoken-invitations.ts";
import { registerSuspension } from "./service/suspension.ts";
import { registerSweep } from "./service/sweep.ts";
import { registerTokens } from "./service/tokens.ts";
import { webhookDelivery } from "./service/webhook-delivery.ts";
import { registerWebhooks } from "./service/webhooks.ts";
import type { ServiceEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";
import type { OutboundEnv } from "./shared/outbound.ts";

/** The session object with this role's delivery. `wrangler.toml` names the class. */
export class ReplayWindow extends SessionObject<DeliveryEnv & ReplayWindowEnv> {
  constructor(ctx: DurableObjectState, env: DeliveryEnv & ReplayWindowEnv) {
    super(ctx, env, sessionDelivery(env));
  }
}

/** The bell with this role's deliveries. */
export class ClinicBell extends Bell<OutboundEnv> {
  constructor(ctx: DurableObjectState, env: OutboundEnv) {
    super(ctx, env, webhookDelivery(env));
  }
}

/** Uploads of blobs and of links, which stream. A link's manifest has the same path, and its handler reads little (json.ts). */
const UPLOAD_PATHS = /^\/v1\/(?:services\/[^/]+\/records|shared)\/[^/]+$/;

const app = roleApp<ServiceEnv>("service", { large: { paths: UPLOAD_PATHS, bytes: MAX_BLOB_BYTES } });
registerServices(app);
registerServiceList(app);
registerSuspension(app);
registerTokens(app);
registerOAuthClients(app);
registerSmartConfiguration(app);
registerCheckIns(app);
registerSessions(app);
registerSpokenInvitations(app);
registerReceipts(app);
registerClosedEpochs(app);
registerIndexCompletion(app);
registerStatements(app);
registerReading(app);
registerFrames(app);
registerEvents(app);
registerWebhooks(app);
registerCaseWatches(app);
registerSharedLinks(app);
registerSweep(app);
registerUploads(app);
registerPages(app);

export default app;
