// The surroundings of a clinic's events under test: a clinic, its bell with all rows, raw sockets, and receivers of webhooks with
// their name server. The receivers are functions, and everything behind the service's fetch is real.

import { runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import type { Clinic } from "../../client/clinic.ts";
import { jsonOf } from "../../client/transport.ts";
import type { ClinicBell } from "../../durable-objects/clinic-bell.ts";
import { bellOf } from "../../functions/service/bells.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { bindings, freshWorld, NOW, newClinic, outside, SERVICE_URL, transport } from "./service-world.ts";

export const TODAY = dayOf(NOW);
export const PUBLIC = "93.184.215.14";
export const soon = { timeout: 5000, interval: 20 };

/** Whose events are tested. */
export interface Watched {
  clinic: Clinic;
  api: ClinicApi;
  serviceId: Hex;
}
export const watched = (clinic: Clinic): Watched => ({
  clinic,
  api: new ClinicApi(transport, SERVICE_URL, clinic.keys),
  serviceId: bytesToHex(clinic.serviceId),
});

/** names and their addresses */
export const names = new Map<string, string[]>();
/** deliveries that arrived */
export const arrived: { host: string; id: string; body: string; headers: Record<string, string> }[] = [];
/** how each host answers; 204 if it is not here */
export const answers = new Map<string, () => Response | Promise<Response>>();

/** A fresh service with one clinic, and two hosts that take webhooks. */
export async function freshEvents(): Promise<Watched> {
  await freshWorld();
  names.clear();
  for (const host of ["hooks.clinic.example", "second.clinic.example"]) names.set(host, [PUBLIC]);
  arrived.length = 0;
  answers.clear();
  outside.elsewhere = async (request) => {
    const url = new URL(request.url);
    if (url.host === "doh.test") {
      const addresses = url.searchParams.get("type") === "A" ? (names.get(url.searchParams.get("name")!) ?? []) : [];
      return Response.json({ Status: 0, Answer: addresses.map((data) => ({ type: 1, data })) });
    }
    if (!names.has(url.host)) return undefined;
    const headers = Object.fromEntries(request.headers);
    arrived.push({ host: url.host, id: headers["webhook-id"]!, body: await request.text(), headers });
    return (await answers.get(url.host)?.()) ?? new Response(null, { status: 204 });
  };
  return watched(await newClinic());
}

export const bell = ({ serviceId }: Watched) => bellOf(bindings, serviceId);

/** All rows of the bell. */
export const stored = (of: Watched): Promise<Record<string, Record<string, unknown>[]>> =>
  runInDurableObject(bell(of), (_: ClinicBell, state) => {
    const sql = state.storage.sql;
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    return Object.fromEntries(
      tables
        .filter(({ name }) => !name.startsWith("_cf_"))
        .map(({ name }) => [name, sql.exec(`SELECT * FROM ${name}`).toArray() as Record<string, unknown>[]]),
    );
  });
export const change = (of: Watched, statement: string, ...values: unknown[]): Promise<void> =>
  runInDurableObject(bell(of), (_: ClinicBell, state) => {
    state.storage.sql.exec(statement, ...(values as SqlStorageValue[]));
  });

export const ticketOf = async ({ api }: Watched): Promise<string> =>
  (await jsonOf<{ ticket: string }>(await api.own("/events/ticket", { method: "POST" }), "ticket")).ticket;
export const withTicket = (ticket: string): string => `symbolon.events.v1, ticket.${ticket}`;

/** The answer to an upgrade, with the socket if there is one. */
export async function upgrade(
  { serviceId }: Watched,
  protocols: string | undefined,
): Promise<{ status: number; socket: WebSocket | null }> {
  const answer = await transport.fetch(`${SERVICE_URL}/v1/services/${serviceId}/events/socket`, {
    headers: { upgrade: "websocket", ...(protocols && { "sec-websocket-protocol": protocols }) },
  });
  return { status: answer.status, socket: (answer as unknown as { webSocket: WebSocket | null }).webSocket };
}

/** Opens a socket and collects its messages. */
export async function listen(of: Watched): Promise<{ heard: string[]; socket: WebSocket }> {
  const { status, socket } = await upgrade(of, withTicket(await ticketOf(of)));
  expect(status).toBe(101);
  const heard: string[] = [];
  socket!.addEventListener("message", ({ data }) => {
    heard.push(String(data));
  });
  (socket as unknown as { accept(): void }).accept();
  return { heard, socket: socket! };
}
