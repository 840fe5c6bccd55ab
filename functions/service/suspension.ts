// Suspension of a clinic, for instance while a theft of its keys is looked into.
//
//   POST /v1/admin/services/:id/suspend   no session is opened, and no record or statement is filed there from now on
//   POST /v1/admin/services/:id/resume    ends this
//
// The administrator signs both. Reading goes on. Statements (withdrawal, move, erasure) wait as records do: with stolen keys a thief
// could hide or destroy every record of the clinic by them, and nobody can take a statement back. Each act stands in the log. Other
// isolates of this Worker learn of it within KEPT_MS (registry.ts).

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ADMINISTRATION } from "../../api/service/administration.ts";
import { labelledHash } from "../../protocol/bytes.ts";
import { hexToBytes } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { services } from "../../schema/service.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { flushOutbox, outboxEntry } from "./outbox.ts";
import { forgetService, type Service, serviceOfPath } from "./registry.ts";
import { admin } from "./single-use.ts";

/** @throws Problem not-allowed-now if the service is suspended */
export function requireActive({ suspended }: Service): void {
  if (suspended)
    throw new Problem("not-allowed-now", "This clinic is suspended: it takes no check-ins, records and statements.");
}

const ACTS = [
  [ADMINISTRATION.suspendService, true, "service-suspended"],
  [ADMINISTRATION.resumeService, false, "service-resumed"],
] as const;

export function registerSuspension(app: RoleApp<ServiceEnv>): void {
  for (const [route, suspended, kind] of ACTS)
    serve(app, route, async (c, { params }) => {
      const { nonce } = await admin.request(c);
      const { serviceId } = await serviceOfPath(c.env, params.id);
      const id = hexToBytes(serviceId);
      const db = drizzle(c.env.RECORDS_DB_0);
      const entry = outboxEntry(now(c), {
        kind,
        subject: labelledHash(LABELS.serviceStatus, id, hexToBytes(nonce)),
        body: id,
      });
      await db.batch([
        db.update(services).set({ suspended }).where(eq(services.serviceId, serviceId)),
        db.insert(entry.table).values(entry.row).onConflictDoNothing(),
      ]);
      forgetService(c.env, serviceId);
      await flushOutbox(c.env, c.env.RECORDS_DB_0, now(c));
      return c.json({ serviceId, suspended });
    });
}
