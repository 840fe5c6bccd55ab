// The report under hostile and broken records: one record harms no other, no name of the report is taken, no markup of a clinic
// reaches the narrative, and a reader sees values with units and ranges.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, writeJson } from "../../client/fhir/json.ts";
import { MAX_CELL, table, xml } from "../../client/fhir/narrative.ts";
import { pseudonymousOf, pseudonymousPatient } from "../../client/fhir/pseudonymise.ts";
import type { DocumentBundle, ReportRecord } from "../../client/fhir/report.ts";
import { ExactNumber, type FhirEntry, isObject, type Json, type JsonObject } from "../../client/fhir/resource.ts";
import { parseNarrative, problems, sectionsOf } from "../support/fhir-document.ts";
import { entriesOf, jane, ofType, readFile, record, recordsOf, reportOf, subjectOf } from "../support/fhir-records.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const observation = (id: string, more: JsonObject = {}): FhirEntry => ({
  fullUrl: `https://fhir.invalid/Observation/${id}`,
  resource: { resourceType: "Observation", id, status: "final", code: { text: `Test ${id}` }, ...more },
});
const good = (recordId: string, more?: Partial<ReportRecord>): ReportRecord =>
  entriesOf([observation(recordId, { subject: subjectOf(recordId) })], recordId, more);
const divOf = (holder: JsonObject): string => String((holder.text as JsonObject).div);
const narrativeOf = (report: DocumentBundle): string => {
  const all = (section: JsonObject): string[] => [
    divOf(section),
    ...((section.section ?? []) as JsonObject[]).flatMap(all),
  ];
  return [divOf(report.entry[0]!.resource), ...sectionsOf(report).flatMap(all)].join("\n");
};

describe("one record harms no other", () => {
  const deep = (levels: number) => bytes(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
  const service = { id: "b", name: "Clinic Bad" };
  const cases: [string, Uint8Array, string, RegExp][] = [
    ["a PDF", bytes("%PDF-1.7"), "application/pdf", /PDF document/],
    ["an image", Uint8Array.of(0xff, 0xd8, 0xff), "image/jpeg", /an image/],
    ["a text", bytes("Dear colleague"), "text/plain", /a text/],
    ["a C-CDA document", bytes("<ClinicalDocument/>"), "application/hl7-v3+xml", /an XML document/],
    ["FHIR in XML", bytes("<Bundle/>"), "application/fhir+xml", /an XML document/],
    ["FHIR under another content type", bytes('{"resourceType":"Basic"}'), "application/octet-stream", /octet-stream/],
    ["a PDF that says it is FHIR", bytes("%PDF-1.7"), "application/fhir+json", /not JSON/],
    ["nothing", new Uint8Array(0), "application/fhir+json", /not JSON/],
    ["JSON that was cut off", bytes('{"resourceType":"Bundle","entry":[{"res'), "application/fhir+json", /not JSON/],
    ["another encoding", Uint8Array.of(0x7b, 0x22, 0xe9, 0x22, 0x7d), "application/fhir+json", /not UTF-8/],
    ["100,000 levels", deep(100_000), "application/json", /nested deeper/],
    ["100,000 arrays that do not end", bytes("[".repeat(100_000)), "application/json", /nested deeper/],
    ["a member twice", bytes('{"resourceType":"Basic","id":"1","id":"2"}'), "application/fhir+json", /stands twice/],
    ["a number", bytes("7"), "application/fhir+json", /not a FHIR Bundle/],
    [
      "a Bundle inside a Bundle",
      bytes('{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Bundle"}}]}'),
      "application/fhir+json",
      /Bundle inside/,
    ],
    ["an entry that is none", bytes('{"resourceType":"Bundle","entry":[7]}'), "application/fhir+json", /Entry 0/],
  ];
  it.each(cases)("shows %s as a document, and the others as they are", (_name, content, contentKind, reason) => {
    const bad = record("bad", content, { service, contentKind, openedAt: "2026-06-07" });
    for (const records of [
      [good("1"), bad, good("2")],
      [bad, good("2"), good("1")],
    ]) {
      const report = reportOf(records);
      expect(problems(report)).toEqual([]);
      expect(ofType(report, "Observation").map(({ id }) => id)).toEqual(["1", "2"]);
      const [document, ...more] = ofType(report, "DocumentReference");
      expect(more).toEqual([]);
      expect(document!.description).toMatch(reason);
      expect(document!.date).toBe("2026-06-07T00:00:00Z");
      const [{ attachment }] = document!.content as [{ attachment: JsonObject }];
      expect(attachment).toMatchObject({
        contentType: contentKind,
        size: content.length,
        title: "Clinic Bad, 2026-06-07",
      });
      expect(Buffer.from(String(attachment.data ?? ""), "base64")).toEqual(Buffer.from(content));
      expect(narrativeOf(report)).toMatch(/Clinic Bad/);
      expect(narrativeOf(report)).toMatch(reason);
      expect(ofType(report, "Provenance")).toHaveLength(3);
    }
  });

  describe("a record that the report's Patient would blow up", () => {
    const TID = "urn:symbolon:tid:TID-bad";
    const pseudonym: JsonObject = {
      resourceType: "Patient",
      identifier: [{ system: "urn:symbolon:tid", value: "TID-bad" }],
    };
    const nested = (value: Json, levels: number): Json => (levels === 0 ? value : nested({ a: value }, levels - 1));
    const bad = (resource: JsonObject) => record("bad", { resourceType: "Bundle", entry: [{ resource }] });
    const longName = {
      ...jane,
      resource: { ...jane.resource, name: Array(100).fill({ family: "Roe", given: ["J"] }) },
    };
    const longUrl = { ...jane, fullUrl: `https://a.example/Patient/${"x".repeat(3000)}` };
    const wide = (n: number, value: Json): JsonObject => ({ resourceType: "Basic", x: Array(n).fill(value) });
    const hostile: [string, JsonObject, FhirEntry, RegExp][] = [
      ["by depth", { resourceType: "Basic", x: nested(pseudonym, 193) }, jane, /nested deeper/],
      ["by contained Patients", wide(5000, pseudonym), longName, /too often/],
      ["by references", wide(5000, { reference: TID }), longUrl, /too often/],
      ["by long URIs", wide(100, TID.repeat(100)), longUrl, /too often/],
    ];
    it.each(hostile)("stands in it as a document: %s", (_name, resource, patient, reason) => {
      const report = reportOf([good("1"), bad(resource), good("2")], { patient });
      expect(problems(report)).toEqual([]);
      expect(ofType(report, "Observation").map(({ id }) => id)).toEqual(["1", "2"]);
      expect(ofType(report, "DocumentReference")[0]!.description).toMatch(reason);
      expect(writeJson(report as unknown as Json).length).toBeLessThan(2_000_000);
    });

    it("is read as it is if it names the patient no more often than its size allows", () => {
      const honest = wide(2000, { reference: TID, display: "TID-bad" });
      const report = reportOf([bad({ ...honest, contained: [pseudonym], y: nested(1, 190) })]);
      expect(ofType(report, "DocumentReference")).toEqual([]);
      const [basic] = ofType(report, "Basic");
      expect(basic!.contained).toEqual([
        { resourceType: "Patient", name: jane.resource.name, birthDate: jane.resource.birthDate },
      ]);
      expect((basic!.x as Json[])[1999]).toEqual({ reference: jane.fullUrl, display: "Jane Roe" });
    });
  });

  it("lets no clinic speak in the name of another one", () => {
    const victim = { identifier: [{ system: "urn:symbolon:service", value: "a" }], name: "Clinic A" };
    const uuid = (n: number) => `urn:uuid:10000000-0000-4000-8000-00000000000${n}`;
    const provenance = {
      resourceType: "Provenance",
      recorded: "2026-06-05T00:00:00Z",
      target: [{ reference: uuid(1) }],
    };
    const entries: FhirEntry[] = [
      { ...observation("forged"), fullUrl: uuid(1) },
      { fullUrl: uuid(2), resource: { resourceType: "Organization", ...victim } },
      { fullUrl: uuid(3), resource: { ...provenance, agent: [{ who: { reference: uuid(2) } }] } },
      {
        fullUrl: uuid(4),
        resource: { ...provenance, agent: [{ who: { identifier: victim.identifier[0]! } }] },
      },
      { fullUrl: uuid(5), resource: { resourceType: "Organization", name: "A laboratory" } },
    ];
    const report = reportOf([good("1"), entriesOf(entries, "bad", { service: { id: "b", name: "Clinic Bad" } })]);
    expect(problems(report)).toEqual([]);
    const named = (system: string, value: string) =>
      report.entry.filter(({ resource: { resourceType, identifier } }) =>
        resourceType === "Organization" && Array.isArray(identifier)
          ? identifier.some((one) => isObject(one) && one.system === system && one.value === value)
          : false,
      );
    const [clinicA, ...doubles] = named("urn:symbolon:service", "a");
    expect(doubles).toEqual([]);
    const agentsOf = (fullUrl: string) =>
      ofType(report, "Provenance")
        .filter(({ target }) => (target as JsonObject[]).some(({ reference }) => reference === fullUrl))
        .flatMap(({ agent }) => (agent as { who: JsonObject }[]).map(({ who }) => who));
    const [clinicBad] = named("urn:symbolon:service", "b");
    // Of the Provenance that names an Organization by reference, that reference leads nowhere now.
    const meant = agentsOf(uuid(1)).filter(({ reference }) =>
      report.entry.some(({ fullUrl }) => fullUrl === reference),
    );
    expect(meant).toEqual([{ reference: clinicBad!.fullUrl }]);
    expect(agentsOf(uuid(1)).some(({ identifier }) => identifier !== undefined)).toBe(false);
    expect(clinicA!.resource.name).toBe("Clinic A");
    expect(ofType(report, "Organization").some(({ name }) => name === "A laboratory")).toBe(true);
    expect(narrativeOf(report)).toContain(`Not included: ${uuid(2)}, it speaks in the name of a clinic`);
  });

  it("writes no long name once for each of many references to it", () => {
    const base = `https://a.example/${"x".repeat(1_000_000)}`;
    const at = (fullUrl: string, more: JsonObject = {}): FhirEntry => ({ ...observation("1", more), fullUrl });
    const hasMember = Array(500).fill({ reference: "Observation/1" });
    const twin = entriesOf([at("https://b.example/Observation/1", { note: [{ text: "twin" }] })], "twin");
    const bad = entriesOf([at(`${base}/Observation/1`), { ...at(`${base}/Observation/2`, { hasMember }) }], "bad");
    const report = reportOf([twin, bad]);
    expect(problems(report)).toEqual([]);
    expect(writeJson(report as unknown as Json).length).toBeLessThan(1_000_000);
    // Each reference still means the entry of its own record.
    const members = ofType(report, "Observation").find((one) => one.hasMember)!.hasMember as JsonObject[];
    const meant = report.entry.find(({ fullUrl }) => fullUrl === members[499]!.reference)!;
    expect(meant.resource.note).toBeUndefined();
    expect(meant.fullUrl).toMatch(/^urn:uuid:/);
  });

  it("takes the newest of two versions, and says which entry it left out", () => {
    const versions = ["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"].map((lastUpdated, i) =>
      observation("v", { meta: { lastUpdated, versionId: `${i + 1}` } }),
    );
    const report = reportOf([good("1"), entriesOf([versions[1]!, versions[0]!], "bad")]);
    expect(ofType(report, "Observation").map(({ meta }) => isObject(meta) && meta.versionId)).toEqual([false, "2"]);
    expect(narrativeOf(report)).toContain("Not included: https://fhir.invalid/Observation/v, an older version");
  });

  it("names a record that could not be opened, with everything that its manifest says", () => {
    const faults = [
      { service, recordId: "f1", reason: "The service does not hand out the blob.", contentKind: "image/png", size: 9 },
      { service, recordId: undefined, reason: "The chain has a gap." },
    ];
    const report = reportOf([good("1")], { faults });
    const [document] = ofType(report, "DocumentReference");
    expect(document).toMatchObject({
      identifier: [{ value: "f1" }],
      description: faults[0]!.reason,
      content: [{ attachment: { contentType: "image/png", size: 9 } }],
    });
    for (const text of ["Clinic Bad", "does not hand out the blob", "The chain has a gap"])
      expect(narrativeOf(report)).toContain(text);
    expect(ofType(report, "Observation")).toHaveLength(1);
  });

  it("holds all records of clinics that copy each other's record ids", () => {
    const records = [
      good("1"),
      { ...entriesOf([observation("x")], "1"), service },
      record("1", bytes("%PDF"), { contentKind: "application/pdf", service }),
      record("1", bytes("%PDF-2"), { contentKind: "application/pdf", service }),
    ];
    const report = reportOf(records);
    expect(problems(report)).toEqual([]);
    expect(
      ofType(report, "Observation")
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["1", "x"]);
    expect(ofType(report, "DocumentReference")).toHaveLength(2);
  });
});

describe("names of the report", () => {
  const { entry } = reportOf([good("1"), record("p", bytes("%PDF"), { contentKind: "application/pdf" })]);
  const madeHere = entry.filter(({ fullUrl }) => fullUrl.startsWith("urn:uuid:"));

  it.each(madeHere.map(({ fullUrl, resource }) => [resource.resourceType, fullUrl]))(
    "are not taken by an entry: the %s's fullUrl %s",
    (type, fullUrl) => {
      for (const url of [fullUrl, fullUrl.replace("urn:uuid", "URN:UUID").toUpperCase()]) {
        const hostile = entriesOf(
          [{ fullUrl: url, resource: { resourceType: "Basic", code: { text: "hostile" } } }],
          "h",
        );
        const report = reportOf([good("1"), hostile, record("p", bytes("%PDF"), { contentKind: "application/pdf" })]);
        expect(problems(report)).toEqual([]);
        expect(report.entry.find((entry) => entry.fullUrl === fullUrl)!.resource.resourceType).toBe(type);
        expect(ofType(report, "Basic")).toHaveLength(1);
        expect(ofType(report, "Patient")).toEqual([jane.resource]);
      }
    },
  );

  it("are not the TID's, and a resource that takes it is kept under another", () => {
    const { fullUrl } = pseudonymousOf("TID-h");
    const hostile = entriesOf(
      [{ fullUrl, resource: { resourceType: "Basic", code: {}, subject: subjectOf("h") } }],
      "h",
    );
    const report = reportOf([hostile], { patient: pseudonymousPatient((n) => new Uint8Array(n)) });
    expect(JSON.stringify(report)).not.toContain("TID-h");
    expect(ofType(report, "Basic")).toHaveLength(1);
  });

  it("keep the report's subject when a raw record holds a Patient with a name", () => {
    const other: FhirEntry = {
      fullUrl: "https://fhir.invalid/Patient/1",
      resource: { resourceType: "Patient", id: "1", name: [{ family: "Doe" }] },
    };
    const about = observation("1", { subject: { reference: "Patient/1" } });
    const report = reportOf([entriesOf([other, about], "r")]);
    expect(problems(report)).toEqual([]);
    expect(report.entry[0]!.resource.subject).toEqual({ reference: jane.fullUrl });
    expect(ofType(report, "Patient")).toEqual([jane.resource, other.resource]);
    expect(ofType(report, "Observation")[0]!.subject).toEqual({ reference: "Patient/1" });

    const same = entriesOf(
      [{ ...other, fullUrl: jane.fullUrl }, observation("2", { subject: { reference: jane.fullUrl } })],
      "s",
    );
    const own = reportOf([same], { requester: undefined });
    expect(problems(own)).toEqual([]);
    expect(ofType(own, "Patient")).toEqual([jane.resource]);
    expect(narrativeOf(own)).toContain("the report's own Patient resource stands in its place".replace("'", "&#39;"));
  });

  it("may be __proto__ or constructor, as may elements and types", () => {
    const text = `{"resourceType":"Bundle","entry":[
      {"fullUrl":"__proto__","resource":{"resourceType":"__proto__","id":"__proto__","__proto__":{"polluted":true}}},
      {"fullUrl":"constructor","resource":{"resourceType":"constructor","toString":"x","hasOwnProperty":1}}]}`;
    const report = reportOf([record("p", bytes(text)), good("1")]);
    expect(ofType(report, "Observation")).toHaveLength(1);
    expect(ofType(report, "__proto__").map((resource) => Object.keys(resource))).toEqual([
      ["resourceType", "id", "__proto__"],
    ]);
    expect(ofType(report, "constructor")).toHaveLength(1);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(writeJson(report as unknown as Json)).toContain('"__proto__":{"polluted":true}');
  });
});

/** What XML 1.0 forbids, and what turns the direction of text. */
function isForbidden(character: string): boolean {
  const c = character.codePointAt(0)!;
  const control = c < 0x20 && ![0x09, 0x0a, 0x0d].includes(c);
  const surrogate = c >= 0xd800 && c < 0xe000;
  const direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || surrogate || direction || c === 0xfffe || c === 0xffff;
}

describe("the narrative", () => {
  const HOSTILE = [
    "<script>alert(1)</script>",
    `"><img src=x onerror='1'>`,
    "]]><!-- <?xml & &amp; &nbsp; &#0;",
    "\u0000\u0001\u000b\u001f\ufffe\uffff",
    "\ud800 lone \udfff",
    "7\u202e1.0\u2066",
    "</td></tr></table></div>",
    "x".repeat(1_000_000),
    "\u{1f600}".repeat(100_000),
  ];
  it.each(HOSTILE.map((text) => [text.slice(0, 30), text]))("is well-formed and safe with %j", (_short, text) => {
    const hostile = (id: string): FhirEntry =>
      observation(id, {
        status: text,
        code: { text },
        effectiveDateTime: text,
        valueQuantity: { value: 1, unit: text, comparator: text },
        referenceRange: [{ text }],
        component: [{ code: { text }, valueString: text }],
      });
    const service = { id: "b", name: text };
    const records = [
      entriesOf([hostile("1"), { fullUrl: text, resource: { resourceType: text, title: text } }], "1", { service }),
      record("2", bytes("x"), { service, contentKind: text }),
      record("3", new Uint8Array(0), { service, plaintext: undefined, status: "withdrawn" }),
    ];
    const faults = [
      { service, recordId: text, reason: text },
      { service, recordId: undefined, reason: text },
    ];
    const report = reportOf(records, { faults, purpose: text, legalGround: text, requester: { id: "r", name: text } });
    const divs = narrativeOf(report).split(/\n(?=<div xmlns)/);
    expect(divs.length).toBeGreaterThan(10);
    for (const div of divs) expect(() => parseNarrative(div)).not.toThrow();
    const all = divs.join("");
    expect(all).not.toMatch(/<(?:script|img|!|\?)/);
    expect(all.isWellFormed()).toBe(true);
    expect([...all].filter(isForbidden)).toEqual([]);
    expect(ofType(report, "Observation")[0]!.code).toEqual({ text }); // the resource itself is untouched
  });

  it("comes back from an XML parser as it was written, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const escaped = xml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(() => parseNarrative(`<div xmlns="http://www.w3.org/1999/xhtml"><p>${escaped}</p></div>`)).not.toThrow();
        const back = escaped.replace(
          /&(#39|amp|lt|gt|quot);/g,
          (_, name: string) => ({ "#39": "'", amp: "&", lt: "<", gt: ">", quot: '"' })[name]!,
        );
        const allowed = [...text].map((c) => (isForbidden(c) ? "\ufffd" : c)).join("");
        expect(back).toBe(allowed);
      }),
      { numRuns: 2000 },
    );
  });

  it("cuts a text that is too long for a table, and says so", () => {
    const cell = (text: string) => /<td>(.*)<\/td>/.exec(table(["a"], [[text]]))![1]!;
    expect(cell("x".repeat(MAX_CELL))).toBe("x".repeat(MAX_CELL));
    expect(cell("x".repeat(MAX_CELL + 1))).toBe(`${"x".repeat(MAX_CELL)} … (shortened: ${MAX_CELL + 1} characters)`);
  });

  const rowsOf = (section: JsonObject): string[][] =>
    [...divOf(section).matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
      [...row!.matchAll(/<t[hd]>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell!),
    );

  it("shows values with units, digits as written, interpretation and reference range", () => {
    const content =
      bytes(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","id":"1","status":"final",
      "code":{"text":"Potassium"},"effectiveDateTime":"2020-01-02","valueQuantity":{"value":7.10,"unit":"mmol/L","comparator":">"},
      "interpretation":[{"coding":[{"display":"High"}]}],
      "referenceRange":[{"low":{"value":3.50,"unit":"mmol/L"},"high":{"value":5.0,"unit":"mmol/L"}}]}}]}`);
    const [headings, row] = rowsOf(sectionsOf(reportOf([record("1", content)]))[4]!);
    expect(headings).toEqual(["Date", "Name", "Value or details", "Reference range", "Status", "Clinic"]);
    expect(row).toEqual([
      "2020-01-02",
      "Potassium",
      "&gt;7.10 mmol/L (High)",
      "3.50 mmol/L to 5.0 mmol/L",
      "final",
      "Clinic A",
    ]);
  });

  it("shows reactions, doses and the name of a Medication that is an entry of its own", () => {
    const at = (type: string, id: string, more: JsonObject): FhirEntry => ({
      fullUrl: `https://fhir.invalid/${type}/${id}`,
      resource: { resourceType: type, id, ...more },
    });
    const active = { coding: [{ code: "active" }] };
    const report = reportOf([
      entriesOf(
        [
          at("AllergyIntolerance", "old", {
            code: { text: "Latex" },
            clinicalStatus: { coding: [{ code: "resolved" }] },
          }),
          at("AllergyIntolerance", "a", {
            code: { text: "Penicillin" },
            clinicalStatus: active,
            criticality: "high",
            reaction: [{ manifestation: [{ text: "Anaphylaxis" }], severity: "severe" }],
          }),
          at("Medication", "m", { code: { text: "Amlodipine 5 mg" } }),
          at("MedicationStatement", "s", {
            status: "active",
            medicationReference: { reference: "Medication/m" },
            dosage: [
              {
                timing: { repeat: { frequency: 2, period: 1, periodUnit: "d" } },
                route: { text: "oral" },
                doseAndRate: [{ doseQuantity: { value: 1, unit: "tablet" } }],
              },
            ],
          }),
        ],
        "1",
      ),
    ]);
    const [allergies, medications] = sectionsOf(report).map(rowsOf);
    expect(allergies!.map(([name]) => name)).toEqual(["Name", "Penicillin", "Latex"]);
    expect(allergies![1]).toEqual(["Penicillin", "Anaphylaxis, severe", "active, high criticality", "Clinic A"]);
    expect(medications![1]).toEqual(["Amlodipine 5 mg", "1 tablet, 2 per 1 d, oral", "active", "Clinic A"]);
  });
});

describe("the visits", () => {
  it("come by the time of their Encounters, whatever the precision and the order of the records", () => {
    const starts = ["2019", "2020-01-01T00:30:00+02:00", "2020-01-01", "2020-01-01T12:00:00Z", "2020-02"];
    const records = starts.map((start, i) =>
      entriesOf(
        [{ fullUrl: `urn:uuid:e${i}`, resource: { resourceType: "Encounter", id: `${i}`, period: { start } } }],
        `${i}`,
      ),
    );
    for (const order of [records, records.toReversed()]) {
      const visits = sectionsOf(reportOf(order)).find(({ title }) => title === "Visits")!;
      const titles = (visits.section as JsonObject[]).map(({ title }) => String(title).split(",")[0]);
      expect(titles).toEqual(starts.map((start) => start.slice(0, 10)));
    }
  });

  it("are the same report, byte for byte, from the same records in another order", () => {
    const records = recordsOf(readFile("patients/Brett_Gottlieb_0d2177ba-f67b-4f29-addb-91040de55388.json"));
    const write = (some: readonly ReportRecord[]) => writeJson(reportOf(some) as unknown as Json);
    expect(write(records.toReversed())).toBe(write(records));
  });
});

it("keeps the digits of every number, as another reader of the JSON text finds them", () => {
  const number = fc
    .tuple(
      fc.constantFrom("", "-"),
      fc.bigInt(0n, 10n ** 30n),
      fc.option(fc.bigInt(0n, 10n ** 12n)),
      fc.option(fc.integer({ min: -30, max: 30 })),
    )
    .map(
      ([sign, whole, part, exponent]) =>
        `${sign}${whole}${part === null ? "" : `.${part}0`}${exponent === null ? "" : `e${exponent}`}`,
    );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 5 }), (digits) => {
      const content = bytes(`{"resourceType":"Basic","id":"1","code":{},"n":[${digits.join(",")}]}`);
      const written = writeJson(reportOf([record("1", content)]) as unknown as Json);
      // The oracle: the engine's own parser hands out the text that each number was read from.
      const sources: string[] = [];
      JSON.parse(written, function (this: unknown, key: string, value: unknown, context?: { source?: string }) {
        if (typeof value === "number" && Array.isArray(this) && context?.source && /^\d+$/.test(key))
          sources.push(context.source);
        return value;
      } as Parameters<typeof JSON.parse>[1]);
      expect(sources).toEqual(digits);
      const [back] = ofType(parseJson(written) as unknown as DocumentBundle, "Basic");
      expect((back!.n as Json[]).map((n) => (n instanceof ExactNumber ? n.digits : String(n)))).toEqual(digits);
    }),
  );
});
