// Tests of the commands as a user types them: the demo on a directory of many kinds of files, the demo on bad input, and the
// vectors.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseJson } from "../../client/fhir/json.ts";
import type { LeftOut } from "../../client/fhir/read.ts";
import type { DocumentBundle } from "../../client/fhir/report.ts";
import type { FhirResource } from "../../client/fhir/resource.ts";
import { readBundle } from "../../client/fhir/select.ts";
import { checkReport, IncompleteReportError } from "../../demo/check.ts";
import { DEFAULT_PATIENTS_DIRECTORY, loadPatients } from "../../local/patients.ts";
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

describe("npm run demo on a directory with good files, bad files, and files of other kinds", () => {
  const out = join(temp, "out");
  const json = join(temp, "figures.json");
  const DATA = "test/data";
  /** files of test/data that make a report */
  const GOOD = {
    "decimals.json": "fhir-cases/01-decimals/a.json",
    "dropped.json": "fhir-cases/08-dropped-resources/a.json",
    "versions.json": "fhir-cases/14-two-versions/a.json",
    "ips.json": "ips/IPS_IG_bundle-minimal.json",
  };
  const BAD: Record<string, [source: string, reason: RegExp]> = {
    "latin1.json": ["fhir-cases/12-latin1/a.json", /not UTF-8/],
    "nested.json": ["fhir-cases/16-nested-bundle/a.json", /a Bundle inside the Bundle/],
    "twice.json": ["fhir-cases/25-duplicate-member/a.json", /stands twice in one object/],
    "date.json": ["fhir-cases/26-one-bad-date/b.json", /is not a FHIR date/],
  };
  const reported = [NAME, ...Object.keys(GOOD)].sort();
  let patients: string;
  let ended: Awaited<ReturnType<typeof run>>;

  const reportOf = (file: string): string => readFileSync(join(out, `${file}.report.json`), "utf8");
  const figuresOf = (): Figures => JSON.parse(readFileSync(json, "utf8")) as Figures;
  interface Figures {
    files: { file: string; entries: number; filed: number; carried: number; leftOut: LeftOut[] }[];
    refusedFiles: { file: string; reason: string }[];
    [name: string]: unknown;
  }

  beforeAll(async () => {
    const ofType = (type: string) => small.entry.filter((e) => e.resource.resourceType === type);
    patients = directory({
      [NAME]: small,
      "hospitals.json": { ...small, entry: ofType("Organization") },
      "several.json": {
        ...small,
        entry: [...ofType("Patient"), { resource: { resourceType: "Patient", id: "other" } }],
      },
      "cut.json": "{",
      [`._${NAME}`]: "written by macOS",
      ".hidden.json": "{",
      LICENSE: "no input",
    });
    mkdirSync(join(patients, "folder.json"));
    for (const [name, source] of [...Object.entries(GOOD), ...Object.entries(BAD).map(([n, [s]]) => [n, s] as const)])
      copyFileSync(join(DATA, source), join(patients, name));
    ended = await run("demo/main.ts", "--patients", patients, "--out", out, "--json", json, "--months", "2");
  });

  it("names each bad file with the reason, takes the others through, and fails at the end", () => {
    const refused = [
      ...Object.entries(BAD).map(([file, [, reason]]) => [file, reason] as const),
      ["several.json", /holds 2 Patients/] as const,
      ["cut.json", /not JSON/] as const,
    ];
    for (const [file, reason] of refused) {
      const lines = ended.stderr.split("\n").filter((line) => line.startsWith(`refused: ${file}: `));
      expect(lines).toEqual([expect.stringMatching(reason)]);
    }
    expect(figuresOf().refusedFiles.map(({ file }) => file)).toEqual(refused.map(([file]) => file).sort());
    expect(ended.stderr).not.toMatch(/^\s+at |node:internal|\.ts:\d+/m);
    expect(ended.stdout).toContain("5 patients, ");
    expect(ended.code).toBe(1);
  });

  it("names the file without a Patient, and passes over dot files, folders and other kinds in silence", () => {
    expect(ended.stdout.split("\n").filter((l) => l.includes("hospitals.json"))).toEqual([
      "skipped, no Patient in it: hospitals.json",
    ]);
    for (const silent of ["._", ".hidden", "LICENSE", "folder.json"])
      expect(ended.stdout + ended.stderr).not.toContain(silent);
  });

  it("writes one report per patient, and accounts for every entry of each input", () => {
    expect(readdirSync(out).sort()).toEqual(reported.map((file) => `${file}.report.json`));
    const { files } = figuresOf();
    expect(files.map(({ file }) => file)).toEqual(reported);
    for (const { file, entries, filed, carried, leftOut } of files) {
      // counted directly from the input, not by the reader that the demo uses
      const input = (parseJson(readFileSync(join(patients, file))) as unknown as Raw).entry;
      expect(entries, file).toBe(input.length);
      expect(filed + carried + leftOut.length, file).toBe(entries);
      const got = (JSON.parse(reportOf(file)) as DocumentBundle).entry.map(({ fullUrl }) => fullUrl);
      for (const { fullUrl } of input)
        expect(got.includes(fullUrl) || leftOut.some((left) => left.fullUrl === fullUrl), `${file} ${fullUrl}`).toBe(
          true,
        );
    }
    const left = Object.fromEntries(files.map(({ file, leftOut }) => [file, leftOut]));
    expect(left[NAME]).toEqual([]);
    expect(left["versions.json"]).toEqual([
      { fullUrl: expect.stringMatching(/\/Observation\//), reason: expect.stringMatching(/older version/) },
    ]);
  });

  it("writes a report in which every resource of the Synthea patient is unchanged", () => {
    const report = JSON.parse(reportOf(NAME)) as DocumentBundle;
    expect(report.type).toBe("document");
    const got = new Map(report.entry.map((e) => [e.fullUrl, e.resource]));
    expect(small.entry.length).toBeGreaterThan(VISITS);
    for (const { fullUrl, resource } of small.entry) expect(got.get(fullUrl)).toEqual(resource);
  });

  it("keeps the digits of numbers", () => {
    const report = reportOf("decimals.json");
    const digits = readFileSync(join(DATA, GOOD["decimals.json"]), "utf8").match(/(?<="value": )-?\d[\d.eE+-]*/g)!;
    expect(digits).toContain("0.700");
    for (const number of digits) expect(report).toContain(`"value": ${number}`);
  });

  it("says that the linked report has no name in it, since it found none", () => {
    expect(ended.stderr).toContain(`link from one TID: ${VISITS} sessions, ${VISITS} records, and no name`);
    expect(figuresOf().namesInLinkedReport).toBe(0);
  });

  it("writes figures that agree with the input", () => {
    const figures = figuresOf();
    const { organizations } = readBundle(JSON.stringify(small));
    const visits = loadPatients(patients).patients.flatMap(({ bundle }) => bundle.visits).length;
    expect(visits).toBe(VISITS + 4);
    expect(figures).toMatchObject({
      patients: 5,
      visits,
      records: visits,
      months: 2,
      trustees: 3,
      threshold: 2,
      linkedSessions: VISITS,
      incompleteReports: [],
      reports: reported.map((file) => join(out, `${file}.report.json`)),
    });
    expect(figures.services).toBeGreaterThanOrEqual(organizations.length + 2);
    // the patient was told of one link, one trace and one assemble
    expect(figures.notices).toMatchObject({ touched: 3 });
    const refused = figures.refused as Record<string, string>;
    expect(Object.keys(refused)).toHaveLength(3);
    for (const answer of Object.values(refused)) expect(answer).toMatch(/refused|stale|credential|opens nothing/);
    expect(figures.steps).toMatchObject({ "check-in": { n: visits } });
    expect(figures.seconds).toBeGreaterThan(0);
    expect(figures.plaintextBytes).toBeGreaterThan(1000);
  });

  it("would notice a report that is incomplete, changed, or holds another person's resource", () => {
    const { patients: files } = loadPatients(patients);
    const file = files.find((f) => f.file === "decimals.json")!;
    const report = (): DocumentBundle => parseJson(reportOf("decimals.json")) as unknown as DocumentBundle;
    const holds = checkReport(report(), file);
    expect(holds).toBe(file.bundle.size - 1);
    const entriesOf = (type: string, { entry }: DocumentBundle) =>
      entry.filter((e) => e.resource.resourceType === type);
    const spoil: Record<string, (report: DocumentBundle) => void> = {
      "is missing": (r) => r.entry.splice(r.entry.indexOf(entriesOf("Observation", r)[0]!), 1),
      "was changed": (r) => Object.assign(entriesOf("Observation", r)[0]!.resource, { status: "amended" }),
      "does not belong": (r) =>
        r.entry.push({ fullUrl: "urn:x", resource: { resourceType: "Observation", status: "final" } }),
    };
    for (const [message, change] of Object.entries(spoil)) {
      const spoiled = report();
      change(spoiled);
      expect(() => checkReport(spoiled, file), message).toThrow(IncompleteReportError);
      expect(() => checkReport(spoiled, file), message).toThrow(message);
    }
    // A digit counts: 0.700 is not 0.7.
    const rounded = parseJson(reportOf("decimals.json").replaceAll("0.700", "0.7")) as unknown as DocumentBundle;
    expect(() => checkReport(rounded, file)).toThrow("was changed");
    // So does an entry that is said to be left out, and is there.
    const untrue = {
      ...file,
      bundle: { ...file.bundle, filed: file.bundle.filed - 1, leftOut: [LEFT_OUT(file.bundle.visits[0]!.fullUrl)] },
    };
    expect(() => checkReport(report(), untrue)).toThrow("is named as left out");
  });
  const LEFT_OUT = (fullUrl: string): LeftOut => ({ fullUrl, reason: "untrue" });
});

describe("npm run demo on unusable input prints one clear message, exits with 1 and starts nothing:", () => {
  const good = () => directory({ [NAME]: small });
  const many = (extra: number) =>
    directory({
      [NAME]: { ...small, entry: [...small.entry, ...Array.from({ length: extra }, (_, i) => extraEncounter(i))] },
    });
  const withPhoto = () => {
    const photo = [{ contentType: "image/jpeg", data: "A".repeat(80_000) }];
    const entry = small.entry.map(({ fullUrl, resource }) => ({
      fullUrl,
      resource: resource.resourceType === "Patient" ? { ...resource, photo } : resource,
    }));
    return directory({ [NAME]: { ...small, entry } });
  };
  const extraEncounter = (i: number) => {
    const encounter = small.entry.find((e) => e.resource.resourceType === "Encounter")!;
    return { fullUrl: `urn:uuid:extra-${i}`, resource: { ...encounter.resource, id: `extra-${i}` } };
  };
  const cases: [string, () => string[], RegExp][] = [
    ["a missing directory", () => ["--patients", join(temp, "nowhere")], /nowhere: no such directory/],
    ["an empty directory", () => ["--patients", directory({})], /holds no \*\.json file/],
    [
      "only bad files",
      () => ["--patients", directory({ "one.json": "{", "two.json": { a: 1 } })],
      /refused: one\.json: .*not JSON.*\nrefused: two\.json: .*not a FHIR Bundle.*\n.*: nothing to show, since all 2 files with records are refused\n$/,
    ],
    [
      "a Patient that is too large for the registrar",
      () => ["--patients", withPhoto()],
      /8\d{4} bytes, .* at most 65536.*\n.*the one file with records is refused\n$/,
    ],
    [
      "a patient without visits",
      () => ["--patients", directory({ [NAME]: { ...small, entry: small.entry.slice(0, 1) } })],
      /no patient has a visit/,
    ],
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
      () => ["--patients", many(40), "--months", "2"],
      /one\.json: patient 1 has 43 visits, but 2 months hold only 32 .*at least 3 months are needed\. Give --months 3\./,
    ],
    [
      "more visits than the most months hold, which the demo takes by itself",
      () => ["--patients", many(1920)],
      /one\.json: patient 1 has 1923 visits, but 120 months hold only 1920 .*Take the file out\./,
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
