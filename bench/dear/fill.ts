// Fills a running system with rows: sessions and records of one clinic, the index of one month, people, cases, log entries, and a
// thousand clinics.

import { api } from "../../client/transport.ts";
import { call } from "../../functions/shared/calls.ts";
import type { Practice } from "../../local/practice.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { fillIndex, fillPeople, fillServices } from "../growth/fill.ts";

const ENTRIES_AT_ONCE = 256;
const CLINICS = 990;

const random = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

/** @param epoch month of the index rows @param serviceId of a clinic that has real rows */
export async function fill(p: Practice, rows: number, epoch: number, serviceId: Hex): Promise<void> {
  await fillServices(p.host, [{ serviceId, sessions: rows }], serviceId, [epoch - 1, epoch]);
  await fillIndex(p.host, rows, [epoch]);
  await fillPeople(p.host, rows);
  await fillCases(p, rows);
  await fillLog(p, rows);
}

async function fillCases({ host, clock }: Practice, rows: number): Promise<void> {
  const db = await host.miniflare.getD1Database("ESCROW_DB", "escrow");
  await db
    .prepare(
      `WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
       INSERT INTO cases (case_id, state, rank, expires_at) SELECT lower(hex(randomblob(32))), 'ordered', 0, ?2 FROM i`,
    )
    .bind(rows, clock.now + 86_400)
    .run();
}

async function fillLog({ host, clock }: Practice, rows: number): Promise<void> {
  const signingKey = host.bindings.escrow!.SIGNING_KEY as Hex;
  for (let from = 0; from < rows; from += ENTRIES_AT_ONCE) {
    const entries = Array.from({ length: Math.min(ENTRIES_AT_ONCE, rows - from) }, () =>
      toBase64url(
        LogEntry.encode({
          kind: "order",
          at: clock.now,
          subject: random(32),
          caseId: random(32),
          body: new Uint8Array(),
        }),
      ),
    );
    const to = { baseUrl: host.urls.log, method: "POST", path: "/v1/entries" } as const;
    await call({ ...to, json: { entries }, signingKey, now: clock.now });
  }
}

/** A full deployment's clinics, with cards as long as a real one. */
export async function fillClinics({ host, transport }: Practice): Promise<void> {
  const db = await host.miniflare.getD1Database("RECORDS_DB_0", "service");
  await db
    .prepare(
      `WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
       INSERT INTO services (service_id, shard, records_version, card)
       SELECT lower(hex(randomblob(16))), n % 2, 1, (SELECT card FROM services LIMIT 1) FROM i`,
    )
    .bind(CLINICS)
    .run();
  await db
    .prepare(
      `WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 15)
       INSERT INTO service_parts (part, revision) SELECT n, 1 FROM i WHERE true
       ON CONFLICT (part) DO UPDATE SET revision = revision + 1`,
    )
    .run();
  await api(transport, host.urls.service, "/v1/admin/sweep", { json: {}, signWith: host.adminSecretKey });
}

/** Closes a month of the index, so that its proofs can be read. */
export async function closeMonth({ host, clock }: Practice, epoch: number): Promise<void> {
  const later = clock.now + 70 * 86_400;
  const to = { baseUrl: host.urls.escrow, method: "POST", json: {}, now: later } as const;
  await call({ ...to, path: `/v1/index/${epoch}/complete`, signingKey: bytesToHex(secretOf(host)) as Hex });
  await call({ ...to, path: `/v1/admin/index/${epoch}/close`, signingKey: bytesToHex(host.adminSecretKey) as Hex });
}
const secretOf = ({ bindings }: Practice["host"]): Uint8Array => hexToBytes(bindings.service!.SIGNING_KEY!);
