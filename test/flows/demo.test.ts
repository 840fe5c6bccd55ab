// Tests of the commands as a user types them: the demo on a small directory made here, the demo on bad input, and the
// vectors.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DocumentBundle } from "../../client/fhir/report.ts";
import type { FhirResource } from "../../client/fhir/resource.ts";
import { readBundle } from "../../client/fhir/visits.ts";
import { DEFAULT_PATIENTS_DIRECTORY } from "../../local/patients.ts";
import { run } from "./child.ts";

interface Raw {
  entry: { fullUrl: string; resource: FhirResource & { encounter?: { reference: string } } }[];
}

const temp = mkdtempSync(join(tmpdir(), "symbolon-demo-"));
const VISITS = 3;
const NAME = "one.json";
const small = smallBundle();

/** A patient of test/data, reduced to the first encounters and the resources that refer to them. */
function smallBundle(): Raw {
  const [first] = readdirSync(DEFAULT_PATIENTS_DIRECTORY).sort();
  const bundle = JSON.parse(readFileSync(join(DEFAULT_PATIENTS_DIRECTORY, first!), "utf8")) as Raw;
  const encounters = bundle.entry.filter((e) => e.resource.resourceType === "Encounter").slice(0, VISITS);
  const kept = new Set(encounters.map((e) => e.fullUrl));
  const entry = bundle.entry.filter(({ fullUrl, resource }) => {
    if (resource.resourceType === "Encounter") return kept.has(fullUrl);
    return resource.encounter === undefined || kept.has(resource.encounter.reference);
  });
  return { ...bundle, entry };
}

/** A new directory with these files. */
let made = 0;
function directory(files: Record<string, unknown>): string {
  const path = join(temp, `input-${++made}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

afterAll(() => rmSync(temp, { recursive: true, force: true }));

describe("npm run demo on one patient with three visits, beside a file of hospitals", () => {
  const out = join(temp, "out");
  const json = join(temp, "figures.json");
  let ended: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    const hospitals = { ...small, entry: small.entry.filter((e) => e.resource.resourceType === "Organization") };
    const patients = directory({ [NAME]: small, "hospitals.json": hospitals, LICENSE: "no input" });
    ended = await run("demo/main.ts", "--patients", patients, "--out", out, "--json", json, "--months", "2");
  });

  it("succeeds, and names the skipped file", () => {
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout.split("\n").filter((l) => l.includes("hospitals.json"))).toEqual([
      "skipped, no Patient in it: hospitals.json",
    ]);
    expect(ended.stdout).toContain(`1 patients, ${VISITS} encounters, 2 months`);
  });

  it("writes one report, in which every resource of the visits is unchanged", () => {
    expect(readdirSync(out)).toEqual([`${NAME}.report.json`]);
    const report = JSON.parse(readFileSync(join(out, `${NAME}.report.json`), "utf8")) as DocumentBundle;
    expect(report.type).toBe("document");
    const got = new Map(report.entry.map((e) => [e.fullUrl, e.resource]));
    // counted directly from the input, not by the reader that the demo uses
    const expected = small.entry.filter((e) => e.resource.resourceType === "Encounter" || e.resource.encounter);
    expect(expected.length).toBeGreaterThan(VISITS);
    for (const { fullUrl, resource } of expected) expect(got.get(fullUrl)).toEqual(resource);
    const patient = small.entry.find((e) => e.resource.resourceType === "Patient")!;
    expect(got.get(patient.fullUrl)).toEqual(patient.resource);
  });

  it("writes figures that agree with the input", () => {
    const figures = JSON.parse(readFileSync(json, "utf8"));
    const { visits, organizations } = readBundle(JSON.stringify(small));
    expect(figures).toMatchObject({
      patients: 1,
      services: organizations.length,
      visits: VISITS,
      records: VISITS,
      resources: visits.flatMap((v) => v.entries).length,
      months: 2,
      trustees: 3,
      threshold: 2,
      linkedSessions: VISITS,
      reports: [join(out, `${NAME}.report.json`)],
    });
    // the patient was told of one link, one trace and one assemble
    expect(figures.notices.touched).toBe(3);
    expect(Object.keys(figures.refused)).toHaveLength(3);
    for (const refused of Object.values(figures.refused)) expect(refused).toMatch(/refused|stale|credential/);
    expect(figures.steps["check-in"]).toMatchObject({ n: VISITS });
    expect(figures.seconds).toBeGreaterThan(0);
    expect(figures.plaintextBytes).toBeGreaterThan(1000);
  });
});

describe("npm run demo on unusable input prints one clear message, exits with 1 and starts nothing:", () => {
  const good = () => directory({ [NAME]: small });
  const many = () =>
    directory({
      [NAME]: { ...small, entry: [...small.entry, ...Array.from({ length: 40 }, (_, i) => extraEncounter(i))] },
    });
  const extraEncounter = (i: number) => {
    const encounter = small.entry.find((e) => e.resource.resourceType === "Encounter")!;
    return { fullUrl: `urn:uuid:extra-${i}`, resource: { ...encounter.resource, id: `extra-${i}` } };
  };
  const cases: [string, () => string[], RegExp][] = [
    ["a missing directory", () => ["--patients", join(temp, "nowhere")], /nowhere: no such directory/],
    ["an empty directory", () => ["--patients", directory({})], /holds no \*\.json file/],
    ["broken JSON", () => ["--patients", directory({ [NAME]: small, "two.json": "{" })], /two\.json: not JSON/],
    ["JSON that is no Bundle", () => ["--patients", directory({ "x.json": { a: 1 } })], /x\.json: .*not a FHIR Bundle/],
    [
      "Bundles without any Patient",
      () => ["--patients", directory({ "x.json": { resourceType: "Bundle", entry: [] } })],
      /no Bundle in it holds a Patient/,
    ],
    ["an unknown flag", () => ["--patients", good(), "--monhts", "3"], /Unknown option '--monhts'/],
    ["no months", () => ["--patients", good(), "--months", "0"], /--months: must be a whole number from 1/],
    ["months that are no number", () => ["--patients", good(), "--months", "two"], /--months: must be a whole number/],
    [
      "a threshold of half",
      () => ["--patients", good(), "--trustees", "4", "--threshold", "2"],
      /--threshold: must be a whole number from 3 to 4/,
    ],
    [
      "more visits than the months hold",
      () => ["--patients", many(), "--months", "2"],
      /patient 1 has 43 visits, but 2 months hold only 32 .*at least 3 months are needed/,
    ],
    [
      "nowhere to write the figures",
      () => ["--patients", good(), "--json", join(temp, "nowhere", "figures.json")],
      /--json: .* cannot be written/,
    ],
  ];
  it.each(cases)("%s", async (name, args, message) => {
    const out = join(temp, `out-${name.replaceAll(/\W/g, "-")}`);
    const ended = await run("demo/main.ts", ...args(), "--out", out);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/^\s+at |node:internal|\.ts:\d+/m);
    expect(ended.stdout).not.toContain("encounters,");
    expect(existsSync(out)).toBe(false);
  });
});

describe("npm run vectors", () => {
  it("runs every fixture below the folder and prints how many passed", async () => {
    const { code, stdout } = await run("test/vectors/run.ts", "test/vectors");
    expect(stdout.trim().split("\n").at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
    expect(code).toBe(0);
  });

  it("fails with a message if it finds no fixture", async () => {
    for (const dir of [directory({}), join(temp, "nowhere")]) {
      const { code, stdout } = await run("test/vectors/run.ts", dir);
      expect(code).toBe(1);
      expect(stdout).toContain(`no BBS or Blind BBS fixture found below ${dir}`);
      expect(stdout).toContain("0 passed, 0 failed");
    }
  });

  it("fails and names the file if a fixture has one wrong byte", async () => {
    const name = readdirSync(join("test/vectors/bbs"), { recursive: true })
      .map(String)
      .find((f) => /signature001\.json$/.test(f))!;
    const text = readFileSync(join("test/vectors/bbs", name), "utf8");
    const wrong = text.replace(/("signature"\s*:\s*")(..)/, (_, head, byte) => `${head}${byte === "00" ? "01" : "00"}`);
    expect(wrong).not.toBe(text);
    const { code, stdout } = await run("test/vectors/run.ts", directory({ "changed.json": wrong }));
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED changed\.json/);
    expect(stdout).toContain("0 passed, 1 failed");
  });
});
