// Fills and wakes the Durable Objects that hold the open month's sessions (functions/service/session-objects.ts), so that
// the benches find them as they are on a normal day.
//
// The bench writes their SQLite files directly, with the object's own schema, because a million calls would take an hour.
// Each session is in the state that open() and delivered() leave, with random bytes. It lies in the object whose name is the
// start of its tagHash. workerd reads a file when its object gets the first request, so filling comes before any check-in.
//
// One session of each object belongs to a clinic. The clinic wakes the object by asking for messages, as any clinic does.
// (Miniflare's own access to an object leaves an RPC stub behind at every call.)

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ClinicApi } from "../client/clinic/api.ts";
import type { Practice } from "../local/practice.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { epochOf } from "../protocol/epoch.ts";
import { SESSION_TABLES } from "../schema/session-tables.ts";
import { databaseOf } from "./databases.ts";

const OBJECT_NAMES = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
export const SESSION_OBJECTS = OBJECT_NAMES.length;
const RECEIPT_BYTES = 196;
const DAY = 20_000;
/** a time after the end of the month and its grace period */
const CLOSES_AFTER_SECONDS = 40 * 86_400;
/** time until the object next looks at a delivered session; no measurement lasts that long */
const DUE_AFTER_MS = 86_400_000;
const WAKING_CONNECTIONS = 16;

const UNSAFE_AND_FAST = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF";
const AS_WORKERD_KEEPS_IT = "PRAGMA journal_mode = WAL";

const hex = (bytes: number): string => `lower(hex(randomblob(${bytes})))`;
/** Inserts ?1 sessions. Their keys are uniform and in ascending order, so SQLite appends rows instead of scattering them. */
const FILL = `WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < ?1 - 1)
  INSERT INTO session SELECT ?2 || printf('%08x', n * 4294967296 / ?1) || ${hex(27)}, ?3, 0, ?4, ${DAY},
    ${hex(32)}, randomblob(${RECEIPT_BYTES}), ?5, ?6, NULL, NULL, x'', 0, ?7 FROM i RETURNING tag_hash`;

interface Waking {
  api: ClinicApi;
  paths: string[];
}
const waking = new WeakMap<Practice, Waking>();

/** @param sessions number of sessions in each object */
export async function fillObjects(practice: Practice, sessions: number): Promise<void> {
  const { host, clock, transport, deployment } = practice;
  const clinic = await practice.openClinic("Clinic of the filler sessions");
  const serviceId = bytesToHex(clinic.serviceId);
  const epoch = epochOf(clock.now);
  const closesAt = clock.now + CLOSES_AFTER_SECONDS;
  const objects = await host.miniflare.getDurableObjectNamespace("REPLAY_WINDOW", "service");
  const directory = join(host.persist, "do/service-ReplayWindow");
  mkdirSync(directory, { recursive: true });
  const tags = OBJECT_NAMES.map((name) => {
    const file = new DatabaseSync(join(directory, `${objects.idFromName(name)}.sqlite`));
    file.exec(`${UNSAFE_AND_FAST}; BEGIN; ${SESSION_TABLES}`);
    const due = Date.now() + DUE_AFTER_MS;
    const filled = file.prepare(FILL).get(sessions, name, serviceId, epoch, closesAt, clock.now, due);
    file.exec(`COMMIT; ${AS_WORKERD_KEEPS_IT}`);
    file.close();
    return String(filled!.tag_hash);
  });
  await (await databaseOf(host, serviceId))
    .prepare(
      `INSERT INTO sessions (service_id, tag_hash, epoch, day, check_in, claim)
       SELECT ?1, value, ?2, ${DAY}, zeroblob(1), zeroblob(82) FROM json_each(?3)`,
    )
    .bind(serviceId, epoch, JSON.stringify(tags))
    .run();
  waking.set(practice, {
    api: new ClinicApi(transport, deployment.serviceUrl, clinic.keys),
    paths: tags.map((tag) => `/v1/sessions/${serviceId}/${tag}/frames`),
  });
}

/** Wakes every object. An object sleeps after 10 s without a request. */
export async function wakeObjects(practice: Practice): Promise<void> {
  const { api, paths } = waking.get(practice)!;
  const left = [...paths];
  const connection = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await (await api.authorised(path)).arrayBuffer();
  };
  await Promise.all(Array.from({ length: WAKING_CONNECTIONS }, connection));
}
