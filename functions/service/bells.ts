// The only access to the bell of a clinic (durable-objects/clinic-bell.ts). As in session-objects.ts, name and jurisdiction of
// the object are chosen in this file only. Local workerd knows no jurisdictions.
//
// A clinic has a bell once it has asked for a ticket, a webhook or a case. The placement map says so (`services.bell`), and
// check-ins of other clinics ring nothing. Isolates keep the placement map for ten seconds, so the first events after that may
// reach a webhook of a new bell late or not at all. A socket misses none, because it catches up after it has opened.
//
// Nothing that answers a wallet waits for a bell. Each caller here runs in waitUntil or in an alarm.

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { BellEvent, ClinicBell } from "../../durable-objects/clinic-bell.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { services } from "../../schema/service.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { forgetService, type Service } from "./registry.ts";

type BellEnv = Pick<ServiceEnv, "STAGE" | "CLINIC_BELL">;

export function bellOf(env: BellEnv, serviceId: Hex): DurableObjectStub<ClinicBell> {
  const all = env.CLINIC_BELL as unknown as DurableObjectNamespace<ClinicBell>;
  const namespace = env.STAGE === "production" ? all.jurisdiction("eu") : all;
  return namespace.get(namespace.idFromName(serviceId));
}

/** The bell of a clinic that asks for events. From now on its check-ins ring. */
export async function ownBell(env: ServiceEnv, service: Service): Promise<DurableObjectStub<ClinicBell>> {
  if (!service.bell) {
    await drizzle(env.RECORDS_DB_0)
      .update(services)
      .set({ bell: true })
      .where(eq(services.serviceId, service.serviceId));
    forgetService(env, service.serviceId);
  }
  return bellOf(env, service.serviceId);
}

/** Rings each clinic's bell once. @throws Error if a bell does not answer */
export async function ring(env: BellEnv, events: readonly { serviceId: Hex; event: BellEvent }[]): Promise<void> {
  const byClinic = new Map<Hex, BellEvent[]>();
  for (const { serviceId, event } of events) byClinic.set(serviceId, [...(byClinic.get(serviceId) ?? []), event]);
  await Promise.all([...byClinic].map(([serviceId, those]) => bellOf(env, serviceId).ring(those)));
}
