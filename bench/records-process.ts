// The process in which records.ts takes one measurement. It prints its figures as JSON.
//
//   prepare INPUT RECORDS   reads the Bundle and prepares each visit for sealing; writes the contents to RECORDS
//   join RECORDS            opens those contents and writes their report

import { readFileSync, writeFileSync } from "node:fs";
import { assembleReport, prepareVisit, pseudonymousPatient, readBundle, writeJson } from "../client/index.ts";

export interface Prepared {
  bytes: number;
  entries: number;
  visits: number;
  readCpuMs: number;
  prepareCpuMs: number;
  peakMb: number;
}
export interface Joined {
  entries: number;
  joinCpuMs: number;
  peakMb: number;
}

interface Content {
  tid: string;
  service: string;
  content: string;
}

/** of all threads of this process, the garbage collector's among them */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const peakMb = (): number => process.resourceUsage().maxRSS / 1000;
const tidOf = (visit: number): string => `T${String(visit).padStart(14, "0")}`;

function prepare(input: string, records: string): Prepared {
  const bytes = readFileSync(input);
  const start = cpuMs();
  const { visits, patient, references, size } = readBundle(bytes);
  const readCpuMs = cpuMs() - start;
  const contents = visits.map(({ entries, organizationRef }, i): Content => {
    const { content } = prepareVisit(entries, tidOf(i), { patient, references, allow: () => true });
    return { tid: tidOf(i), service: organizationRef, content };
  });
  const prepareCpuMs = cpuMs() - start - readCpuMs;
  const figures = {
    bytes: bytes.length,
    entries: size,
    visits: visits.length,
    readCpuMs,
    prepareCpuMs,
    peakMb: peakMb(),
  };
  writeFileSync(records, JSON.stringify(contents));
  return figures;
}

function joinAll(records: string): Joined {
  const contents = JSON.parse(readFileSync(records, "utf8")) as Content[];
  const inputs = contents.map(({ tid, service, content }, i) => ({
    service: { id: service, name: service },
    tid,
    recordId: i.toString(16).padStart(32, "0"),
    plaintext: new TextEncoder().encode(content),
    contentKind: "application/fhir+json",
    manifestHash: "00".repeat(32),
    signature: "00".repeat(64),
    signatureKey: "00".repeat(32),
    openedAt: "2026-06-01",
    kind: "record",
  }));
  contents.length = 0;
  const start = cpuMs();
  const report = assembleReport({
    reportId: "bench",
    patient: pseudonymousPatient((n) => new Uint8Array(n)),
    records: inputs,
    requester: undefined,
    purpose: "bench",
    legalGround: "bench",
    now: 1_790_000_000,
  });
  const text = writeJson(report as never);
  const joinCpuMs = cpuMs() - start;
  if (text.length < 2) throw new Error("the report is empty");
  return { entries: report.entry.length, joinCpuMs, peakMb: peakMb() };
}

const [what, first = "", second = ""] = process.argv.slice(2);
console.log(JSON.stringify(what === "prepare" ? prepare(first, second) : joinAll(first)));
