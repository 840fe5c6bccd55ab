// The dearest anonymous request of every route of every role, in ms CPU of the whole workerd process and in bytes of the answer,
// at two sizes of the stores. The aim: none above 25 ms or 2 MB, and none that grows with the number of rows.

import { samplePatients } from "../local/patients.ts";
import { openPractice, type Practice } from "../local/practice.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { readCheckIn } from "../protocol/check-in.ts";
import type { Hex } from "../protocol/encodings.ts";
import { epochOf } from "../protocol/epoch.ts";
import { closeMonth, fill, fillClinics } from "./dear/fill.ts";
import { type Asked, type Known, requestsOf } from "./dear/requests.ts";
import { allRoutes, type Role, type Route } from "./dear/routes.ts";
import { type Bench, type BenchContext, quantile, type Row } from "./measure.ts";
import { hasCpuAccounting, NO_CPU_ACCOUNTING, settledCpuMs, workerdPids } from "./processes.ts";
import { ENTITLEMENTS } from "./world.ts";

const AIM_MS_CPU = 25;
const AIM_BYTES = 2_000_000;
/** Requests in one measurement; the median of several measurements counts. */
const REQUESTS = 4;
const TURNS = 2;

interface Cost {
  what: string;
  cpuMs: number;
  bytes: number;
}

async function costOf(pid: number, { what, url, init }: Asked): Promise<Cost> {
  let bytes = 0;
  const once = async (): Promise<void> => {
    bytes = (await (await fetch(url, init)).arrayBuffer()).byteLength;
  };
  await once();
  const taken: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const before = await settledCpuMs(pid);
    for (let i = 0; i < REQUESTS; i++) await once();
    taken.push(((await settledCpuMs(pid)) - before) / REQUESTS);
  }
  return { what, cpuMs: quantile(taken, 0.5), bytes };
}

/** The dearest request of each route, by route. */
async function dearest(
  context: BenchContext,
  pid: number,
  known: (role: Role) => Known,
): Promise<Map<Route, Cost & { largest: number }>> {
  const found = new Map<Route, Cost & { largest: number }>();
  for (const route of allRoutes()) {
    context.progress(`asking ${route.role}: ${route.method} ${route.pattern}`);
    const costs: Cost[] = [];
    for (const asked of requestsOf(route, known(route.role))) costs.push(await costOf(pid, asked));
    costs.sort((a, b) => b.cpuMs - a.cpuMs);
    found.set(route, { ...costs[0]!, largest: Math.max(...costs.map((c) => c.bytes)) });
  }
  return found;
}

/** A check-in whose proof is false, under a challenge that any visitor gets, and one that was accepted. */
async function checkIns(p: Practice) {
  const clinic = await p.openClinic("Bench");
  const file = samplePatients()[0]!.bundle;
  const { wallet } = await p.enrolPatient(file.patient, "dear-1", ENTITLEMENTS);
  const sent: Uint8Array[] = [];
  const { fetch: real } = p.transport;
  p.transport.fetch = ((url: string, init: RequestInit) => {
    if (!String(url).endsWith("/v1/sessions")) return real(url, init);
    sent.push(init.body as Uint8Array);
    return sent.length === 2 ? Promise.reject(new TypeError("cut")) : real(url, init);
  }) as typeof fetch;
  const invited = async () => wallet.readInvitation(await clinic.invitation());
  const { tagHash } = await wallet.checkIn(await invited());
  const session = await clinic.session(tagHash);
  const { recordId } = await clinic.fileVisit(session, file.visits[0]!.entries, { patient: file.patient });
  await wallet.checkIn(await invited()).catch(() => undefined);
  p.transport.fetch = real;
  const [accepted, unsent] = sent as [Uint8Array, Uint8Array];
  const { presentation } = readCheckIn(unsent).checkIn;
  const at = Buffer.from(unsent).indexOf(Buffer.from(presentation)) + presentation.length - 1;
  const forged = unsent.slice();
  forged[at]! ^= 1;
  return { serviceId: bytesToHex(clinic.serviceId) as Hex, tagHash, recordId, accepted, forged };
}

async function run(context: BenchContext): Promise<Row[]> {
  if (!hasCpuAccounting())
    return [{ operation: "dearest anonymous request", unit: "ms CPU", n: 0, note: NO_CPU_ACCOUNTING }];
  const rows = context.times(10_000, 100_000);
  const others = workerdPids();
  const p = await openPractice({ slots: 4, epochs: 3, progress: context.progress });
  try {
    const pid = workerdPids().find((x) => !others.includes(x))!;
    const made = await checkIns(p);
    const epoch = epochOf(p.clock.now);
    await fillClinics(p);
    context.progress(`filling ${rows / 10} rows`);
    await fill(p, rows / 10, epoch, made.serviceId);
    const few = await dearest(context, pid, (role) => knownAt(p, role, made, epoch));
    context.progress(`filling ${rows} rows`);
    await fill(p, rows - rows / 10, epoch, made.serviceId);
    await closeMonth(p, epoch);
    const many = await dearest(context, pid, (role) => knownAt(p, role, made, epoch));
    return rowsOf(few, many, rows);
  } finally {
    await p.stop();
  }
}

/** @param epoch the month whose index is filled */
function knownAt(p: Practice, role: Role, made: Awaited<ReturnType<typeof checkIns>>, epoch: number): Known {
  const { urls, bindings } = p.host;
  const { serviceId, recordId, accepted, forged } = made;
  const tagHash = bytesToHex(readCheckIn(accepted).tagHash);
  const zeros = "00".repeat(32);
  return {
    url: role === "trustee" ? urls.trustees[0]! : role === "witness" ? urls.witnesses[0]! : urls[role],
    adminKey: bindings.registrar!.ADMIN_KEY!,
    now: p.clock.now,
    params: {
      id: role === "service" ? serviceId : zeros,
      serviceId,
      tagHash,
      recordId,
      presentationHash: zeros,
      epoch: String(epoch),
      hash: zeros,
      name: "00".repeat(7),
      part: "0.1",
      rest: "entries/000",
      file: "swagger-ui-bundle.js",
      code: "malformed",
    },
    bodies: { "POST /v1/sessions": [forged, accepted] },
    queries: {
      "GET /v1/services/:id/buckets/:part": ["?to=0", `?to=${epoch}`, `?to=0&cursor=${zeros}.1`],
      "GET /v1/services/:id/claims": [`?cursor=${"8".repeat(64)}`],
      "GET /v1/services/:id/blobs": [`?ids=${Array(24).fill(recordId).join(".")}`],
      "GET /v1/index/:epoch": ["?part=0.2,1.2", `?part=${PARTS}`, `?cursor=${"8".repeat(64)}`],
      "GET /v1/index/:epoch/blocks": ["?part=0.2,1.2", `?part=${PARTS}`, "?cursor=10"],
      "GET /v1/cosigned": ["?quorum=999", "?quorum=5", "?quorum=0&min=0", "?quorum=5&min=1"],
      "GET /v1/entries": ["?from=0", "?from=0&limit=256", "?from=9000"],
      "GET /v1/inclusion": ["?index=0&size=900", "?index=899&size=900"],
      "GET /v1/consistency": ["?from=1&to=900", "?from=777&to=899"],
      "GET /v1/parameters": [`?epoch=${epoch}`],
    },
  };
}
/** every 64th of the index, in no order */
const PARTS = Array.from({ length: 32 }, (_, i) => `${(i * 37) % 64}.64`).join(",");

function rowsOf(
  few: ReadonlyMap<Route, Cost & { largest: number }>,
  many: ReadonlyMap<Route, Cost & { largest: number }>,
  rows: number,
): Row[] {
  const before = new Map([...few].map(([r, cost]) => [nameOf(r), cost]));
  const list = [...many].map(([route, cost]): Row => {
    const { what, cpuMs, largest } = cost;
    const earlier = before.get(nameOf(route))!.cpuMs;
    const over = cpuMs > AIM_MS_CPU || largest > AIM_BYTES ? "; over the aim" : "";
    const note = `${what.length > 60 ? `${what.slice(0, 60)} …` : what}; ${(largest / 1000).toFixed(1)} kB; at ${rows / 10} rows ${earlier.toFixed(1)} ms${over}`;
    return { operation: nameOf(route), unit: "ms CPU", p50: cpuMs, p95: cpuMs, n: REQUESTS * TURNS, note };
  });
  return list.sort((a, b) => b.p50! - a.p50!);
}
const nameOf = ({ role, method, pattern }: Route): string => `${role} ${method} ${pattern}`;

export const dearRequestsBench: Bench = {
  name: "dear-requests",
  about: "the dearest anonymous request of every route, at 100,000 rows; only if it is named",
  onlyByName: true,
  run,
};
