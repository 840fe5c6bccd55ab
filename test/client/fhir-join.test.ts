// Joining: two clinics number alike, and every reference of a joined record still means what it meant in its own record.
// Readers resolve references in two ways here: by R4's rules (client/fhir/references.ts), and as a careless program does, by
// looking for the text among the fullUrls and then for "Type/id".

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Joined, joinRecords, type RecordToJoin } from "../../client/fhir/join.ts";
import { References } from "../../client/fhir/references.ts";
import { equalJson, type FhirEntry, type Json, type JsonObject, objectsIn } from "../../client/fhir/resource.ts";
import { entriesOf, ofType, reportOf } from "../support/fhir-records.ts";

const newUrl = (recordId: string, fullUrl: string): string => `urn:renamed:${recordId}:${fullUrl}`;
const join = (records: readonly RecordToJoin[], reserved: readonly string[] = []): Joined =>
  joinRecords(records, reserved, newUrl);

/** A reader that knows nothing of bases. */
function careless(entries: readonly FhirEntry[], text: string): FhirEntry | undefined {
  const reference = text.replace(/\/_history\/.*$/, "");
  return (
    entries.find(({ fullUrl }) => fullUrl === reference) ??
    entries.find(({ resource }) => `${resource.resourceType}/${resource.id}` === reference)
  );
}
const literal = (entries: readonly FhirEntry[], from: FhirEntry, text: string): FhirEntry | undefined => {
  const target = new References(entries).literal(from, text);
  return target.kind === "entry" ? target.entry : undefined;
};

const BASES = [
  "https://fhir.invalid",
  "http://localhost:8080/fhir",
  "https://ehr.example/r4",
  "https://10.0.0.7/fhir",
  "urn",
];
const urlAt = (base: string, type: string, id: string): string =>
  base === "urn" ? `urn:uuid:${type.toLowerCase()}-${id}` : `${base}/${type}/${id}`;
const at = (base: string, resourceType: string, id: string, more: JsonObject = {}): FhirEntry => ({
  fullUrl: urlAt(base, resourceType, id),
  resource: { resourceType, id, ...more },
});
const potassium = (base: string, value: number) => at(base, "Observation", "1", { valueQuantity: { value } });
const finding = (base: string, text: string, id = "1") =>
  at(base, "DiagnosticReport", id, { result: [{ reference: text }] });
const recordFrom = (clinic: string, entries: FhirEntry[], recordId = clinic): RecordToJoin => ({
  recordId,
  serviceId: clinic,
  entries,
});

/** The value that each record's finding leads to, for both readers; undefined if it leads nowhere. */
function valuesOf({ entries, records }: Joined): Json[][] {
  const heldBy = (entry: FhirEntry | undefined): Json =>
    (entry?.resource.valueQuantity as JsonObject | undefined)?.value ?? null;
  return records.map(({ fullUrls }) => {
    const from = entries.find((e) => fullUrls.includes(e.fullUrl) && e.resource.resourceType === "DiagnosticReport")!;
    const text = String((from.resource.result as JsonObject[])[0]!.reference);
    return [heldBy(literal(entries, from, text)), heldBy(careless(entries, text))];
  });
}

describe.each(BASES)("two clinics that number alike under %s", (base) => {
  const forms = [urlAt(base, "Observation", "1"), "Observation/1", `${urlAt(base, "Observation", "1")}/_history/2`];

  it.each(base === "urn" ? forms.slice(0, 2) : forms)("keep their own findings when they write %s", (text) => {
    const joined = join([
      recordFrom("a", [potassium(base, 3.9), finding(base, text)]),
      recordFrom("b", [potassium(base, 7.1), finding(base, text)]),
    ]);
    expect(valuesOf(joined)).toEqual([
      [3.9, 3.9],
      [7.1, 7.1],
    ]);
    expect(joined.entries).toHaveLength(4);
    expect(joined.records[1]!.renamed).toHaveLength(2); // the finding too, although its content is equal
  });

  it.each(forms)("never reach each other's resource when %s leads nowhere in the own record", (text) => {
    const joined = join([
      recordFrom("a", [potassium(base, 3.9), at(base, "Encounter", "1", { status: "finished" })]),
      recordFrom("b", [finding(base, text), at(base, "Encounter", "1", { status: "planned" })]),
      recordFrom("c", [finding("urn", text, "9")]),
    ]);
    const entries = joined.entries;
    const from = entries.filter(({ resource }) => resource.resourceType === "DiagnosticReport");
    expect(from).toHaveLength(2);
    for (const entry of from) {
      const written = String((entry.resource.result as JsonObject[])[0]!.reference);
      expect(literal(entries, entry, written)).toBeUndefined();
      expect(careless(entries, written)).toBeUndefined();
      expect(decodeURIComponent(written)).toContain(text);
    }
  });
});

describe("joining", () => {
  it("lets a public server's reference lead into another clinic's record, if nobody uses that server otherwise", () => {
    const base = "https://ehr.example/r4";
    const text = `${base}/Observation/1`;
    const [a, b] = [recordFrom("a", [potassium(base, 3.9)]), recordFrom("b", [finding(base, text)])];
    expect(join([a, b]).entries[1]!.resource).toEqual(finding(base, text).resource);
    const local = "http://localhost/fhir";
    const [c, d] = [potassium(local, 3.9), finding(local, "Observation/1")];
    expect(join([recordFrom("a", [c]), recordFrom("b", [d])]).entries[1]!.resource).not.toEqual(d.resource);
    // Two visits at one clinic share its numbering.
    expect(join([recordFrom("a", [c], "1"), recordFrom("a", [d], "2")]).entries[1]!.resource).toEqual(d.resource);
  });

  it("takes a UUID for unique, and no other text behind urn:uuid:", () => {
    const uuid = "urn:uuid:5f1c0e0b-9a7d-4c3e-8f2a-6b1d9c8e7f60";
    const leads = (url: string): boolean => {
      const held = { ...potassium("urn", 3.9), fullUrl: url };
      const { entries } = join([recordFrom("a", [held]), recordFrom("b", [finding("urn", url)])]);
      return (entries[1]!.resource.result as JsonObject[])[0]!.reference === url;
    };
    expect([uuid, uuid.toUpperCase().replace("URN:UUID", "urn:uuid"), "urn:oid:1.2.3"].map(leads)).toEqual([
      true,
      true,
      true,
    ]);
    expect(["urn:uuid:1", "urn:uuid:00000000-0000-0000-0000-000000000001"].map(leads)).toEqual([false, false]);
  });

  it("holds once what several visits carry, also what another clinic made them rename", () => {
    const base = "https://fhir.invalid";
    const carried = (name: string) => [
      at(base, "PractitionerRole", "1", { practitioner: { reference: "Practitioner/1" } }),
      at(base, "Practitioner", "1", { name }),
    ];
    const visit = (i: number) => at(base, "Encounter", `${i}`, { participant: [{ reference: "PractitionerRole/1" }] });
    const joined = join([
      recordFrom("a", [visit(0), ...carried("Dr A")], "0"),
      ...[1, 2, 3, 4].map((i) => recordFrom("b", [visit(i), ...carried("Dr B")], `${i}`)),
      recordFrom("a", [visit(5), ...carried("Dr A")], "5"),
    ]);
    expect(joined.entries).toHaveLength(6 + 2 + 2);
    const nameVia = (recordIndex: number): Json => {
      const [encounter] = joined.records[recordIndex]!.fullUrls.map(
        (url) => joined.entries.find((e) => e.fullUrl === url)!,
      );
      const [participant] = encounter!.resource.participant as JsonObject[];
      const role = literal(joined.entries, encounter!, String(participant!.reference))!;
      const practitioner = (role.resource.practitioner as JsonObject).reference;
      return literal(joined.entries, role, String(practitioner))!.resource.name!;
    };
    expect([0, 1, 2, 3, 4, 5].map(nameVia)).toEqual(["Dr A", "Dr B", "Dr B", "Dr B", "Dr B", "Dr A"]);
  });

  it("takes an equal resource for another one if what it leads to differs, over any number of steps", () => {
    const base = "https://fhir.invalid";
    const chain = (end: number) => [
      ...Array.from({ length: 400 }, (_, i) => at(base, "Basic", `${i}`, { subject: { reference: `Basic/${i + 1}` } })),
      at(base, "Basic", "400", { end }),
    ];
    expect(join([recordFrom("a", chain(1)), recordFrom("b", chain(1))]).entries).toHaveLength(401);
    expect(join([recordFrom("a", chain(1)), recordFrom("b", chain(2))]).entries).toHaveLength(802);
  });

  it("follows Attachments, references in contained resources and extensions, and references by identifier", () => {
    const base = "https://fhir.invalid";
    const identifier = { system: "urn:lab", value: "1" };
    const entries = (data: string) => [
      at(base, "Binary", "1", { data }),
      at(base, "Observation", "1", { identifier: [identifier], data }),
      at(base, "DocumentReference", "1", {
        content: [{ attachment: { contentType: "image/png", url: "Binary/1" } }, { attachment: { url: "Binary/1" } }],
        contained: [{ resourceType: "Basic", id: "c", subject: { reference: "Observation/1" } }],
        extension: [
          { url: "urn:x", valueReference: { reference: "Observation/1" } },
          { url: "urn:y", valueReference: { identifier, type: "Observation" } },
          { url: "urn:z", valueReference: { reference: "#c" } },
          { url: "urn:w", valueReference: { reference: "Observation?identifier=urn:lab|1" } },
        ],
      }),
    ];
    const joined = join([recordFrom("a", entries("AAAA")), recordFrom("b", entries("BBBB"))]);
    for (const [recordIndex, data] of ["AAAA", "BBBB"].entries()) {
      const own = joined.records[recordIndex]!.fullUrls.map((url) => joined.entries.find((e) => e.fullUrl === url)!);
      const { content, contained, extension } = own[2]!.resource;
      const texts = [
        ...(content as { attachment: JsonObject }[]).map(({ attachment }) => attachment.url),
        (contained as { subject: JsonObject }[])[0]!.subject.reference,
        ...(extension as { valueReference: JsonObject }[]).map(({ valueReference }) => valueReference.reference),
      ].filter((text) => text !== undefined && text !== "#c");
      expect(texts.length).toBeGreaterThanOrEqual(5);
      const reached = texts.map((text) => literal(joined.entries, own[2]!, String(text))?.resource.data);
      expect(new Set(reached)).toEqual(new Set([data]));
    }
    const logical = (joined.entries[5]!.resource.extension as { valueReference: JsonObject }[])[1]!.valueReference;
    expect(logical).toEqual({ reference: joined.records[1]!.fullUrls[1], identifier, type: "Observation" });
  });

  it("writes a reference out if an earlier record brings an entry of the same Type/id to the front", () => {
    const [ehr, local] = ["https://ehr.example/r4", "https://fhir.invalid"];
    const shared = at(ehr, "Observation", "3", { value: 1 });
    const joined = join([
      recordFrom("a", [shared], "0"),
      recordFrom(
        "a",
        [at(local, "Observation", "3", { link: [{ reference: "Observation/3/_history/1" }] }), shared],
        "1",
      ),
    ]);
    expect(joined.entries).toHaveLength(2);
    const own = joined.entries[1]!;
    const text = String((own.resource.link as JsonObject[])[0]!.reference);
    expect([literal(joined.entries, own, text), careless(joined.entries, text)]).toEqual([own, own]);
  });

  it("leads a reference without a target to no other service's entry, also if an equal one is held with it", () => {
    const asking = at("https://fhir.invalid", "Observation", "1", { link: [{ reference: "DiagnosticReport/3" }] });
    const target = at("https://fhir.invalid", "DiagnosticReport", "3");
    const reached = (third: RecordToJoin[]): (string | undefined)[] => {
      const { entries } = join([recordFrom("a", [asking], "0"), recordFrom("a", [target], "1"), ...third]);
      const text = String((entries[0]!.resource.link as JsonObject[])[0]!.reference);
      return [literal(entries, entries[0]!, text)?.fullUrl, careless(entries, text)?.fullUrl];
    };
    expect(reached([])).toEqual([target.fullUrl, target.fullUrl]); // another record of the same service
    expect(reached([recordFrom("c", [asking], "2")])).toEqual([undefined, undefined]);
  });

  it("lets no entry take a name of the report, and gives none away twice", () => {
    const basic = (fullUrl: string, n: number): FhirEntry => ({ fullUrl, resource: { resourceType: "Basic", n } });
    const uuid = "urn:uuid:5f1c0e0b-9a7d-4c3e-8f2a-6b1d9c8e7f60";
    const taken = newUrl("a", uuid);
    const entries = [basic(uuid.toUpperCase(), 1), basic(newUrl("a", uuid.toUpperCase()), 2), basic("__proto__", 3)];
    const joined = join([recordFrom("a", entries), recordFrom("b", [basic(taken, 4), basic("__proto__", 5)])], [uuid]);
    const urls = joined.entries.map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(5);
    expect(urls.map((url) => url.toLowerCase())).not.toContain(uuid);
    expect(joined.entries.map(({ resource }) => resource.n)).toEqual([1, 2, 3, 4, 5]);
  });

  it("stays fast when a hostile record lets everything depend on its last entry, or on one", () => {
    const base = "https://fhir.invalid";
    const chain = (n: number, end: number) =>
      Array.from({ length: n }, (_, i) =>
        at(base, "Basic", `${i}`, i === n - 1 ? { end } : { subject: { reference: `Basic/${i + 1}` } }),
      );
    const star = (n: number, end: number) =>
      Array.from({ length: n }, (_, i) =>
        at(base, "Basic", `${i}`, i === 0 ? { end } : { subject: { reference: "Basic/0" } }),
      );
    const start = performance.now();
    const chains = [recordFrom("a", chain(3_000, 1)), recordFrom("b", chain(3_000, 2).toReversed())];
    expect(join(chains).entries).toHaveLength(6_000);
    // More entries than a call may have arguments.
    const stars = [recordFrom("a", star(1, 1)), recordFrom("b", star(130_000, 2))];
    expect(join(stars).entries).toHaveLength(130_001);
    expect(performance.now() - start).toBeLessThan(40_000);
  });
});

describe("for any records", () => {
  const TYPES = ["Observation", "DiagnosticReport", "Practitioner"];
  const type = fc.constantFrom(...TYPES);
  const id = fc.constantFrom("1", "2", "3");
  const base = fc.constantFrom(...BASES);
  const text = fc.tuple(type, id, base, fc.nat(3)).map(([t, i, b, form]) => {
    if (form === 0) return `${t}/${i}/_history/1`;
    return form === 1 ? `${t}/${i}` : urlAt(b, t, i);
  });
  const entry = fc
    .tuple(base, type, id, fc.nat(1), fc.array(text, { maxLength: 3 }))
    .map(([b, t, i, value, texts]) => at(b, t, i, { value, link: texts.map((reference) => ({ reference })) }));
  const record = fc.record({
    serviceId: fc.constantFrom("a", "b", "c"),
    entries: fc.uniqueArray(entry, { maxLength: 6, selector: ({ fullUrl }) => fullUrl }),
  });
  const records = fc
    .array(record, { minLength: 2, maxLength: 5 })
    .map((all) => all.map((one, i): RecordToJoin => ({ ...one, recordId: `r${i}` })));

  const textsIn = (e: FhirEntry): string[] =>
    [...objectsIn(e.resource)].flatMap(({ reference }) => (typeof reference === "string" ? [reference] : []));
  const withoutTexts = (e: FhirEntry): Json =>
    JSON.parse(JSON.stringify(e.resource, (key, value) => (key === "reference" ? "" : value))) as Json;

  it("every reference leads where it led in its own record, for both readers, or nowhere", () => {
    let [led, dangled] = [0, 0];
    fc.assert(
      fc.property(records, (input) => {
        const joined = join(input);
        const byUrl = new Map(joined.entries.map((e) => [e.fullUrl, e]));
        expect(byUrl.size).toBe(joined.entries.length);
        for (const [i, { entries, serviceId }] of input.entries()) {
          const urls = joined.records[i]!.fullUrls;
          expect(urls).toHaveLength(entries.length);
          for (const [k, before] of entries.entries()) {
            const after = byUrl.get(urls[k]!)!;
            expect(equalJson(withoutTexts(after), withoutTexts(before))).toBe(true);
            for (const [n, written] of textsIn(before).entries()) {
              const own = literal(entries, before, written);
              const now = textsIn(after)[n]!;
              const reached = [literal(joined.entries, after, now), careless(joined.entries, now)];
              if (own) {
                led++;
                const target = byUrl.get(urls[entries.indexOf(own)]!);
                expect(reached[0]).toBe(target);
                if (careless(entries, written) === own) expect(reached[1]).toBe(target);
              } else {
                dangled++;
                for (const one of reached)
                  if (one) {
                    const holders = input.filter((_, r) => joined.records[r]!.fullUrls.includes(one.fullUrl));
                    const same = holders.some((holder) => holder.serviceId === serviceId);
                    expect(same || one.fullUrl.startsWith("https://ehr.example/")).toBe(true);
                  }
              }
            }
          }
        }
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(led, dangled)).toBeGreaterThan(500);
  });

  it("holds equal records once, whatever their order", () => {
    fc.assert(
      fc.property(record, ({ entries }) => {
        const twice = join([recordFrom("a", entries, "1"), recordFrom("a", entries.toReversed(), "2")]);
        expect(twice.entries).toEqual(join([recordFrom("a", entries, "1")]).entries);
        expect(twice.records[1]!.fullUrls).toEqual(twice.records[0]!.fullUrls.toReversed());
      }),
    );
  });
});

it("case 29: in the report each clinic's finding and Provenance lead to its own potassium", () => {
  const base = "https://fhir.invalid";
  const visit = (value: number) => [
    at(base, "Encounter", "1", { status: "finished", period: { start: `2020-01-0${Math.floor(value)}` } }),
    potassium(base, value),
    finding(base, "Observation/1"),
  ];
  const report = reportOf([
    entriesOf(visit(3.9), "r1", { service: { id: "a", name: "Clinic A" } }),
    entriesOf(visit(7.1), "r2", { service: { id: "b", name: "Clinic B" } }),
  ]);
  const references = new References(report.entry);
  const values = ofType(report, "DiagnosticReport").map(({ result }) => {
    const [first] = result as JsonObject[];
    return (references.at(String(first!.reference))!.resource.valueQuantity as JsonObject).value;
  });
  expect(values).toEqual([3.9, 7.1]);
  const clinics = ofType(report, "Provenance").map(({ target, agent }) => {
    const who = ((agent as JsonObject[])[0]!.who as JsonObject).reference;
    const held = (target as JsonObject[]).map(({ reference }) => references.at(String(reference))!.resource);
    const [observation] = held.filter(({ resourceType }) => resourceType === "Observation");
    return [references.at(String(who))!.resource.name, (observation!.valueQuantity as JsonObject).value];
  });
  expect(clinics).toEqual([
    ["Clinic A", 3.9],
    ["Clinic B", 7.1],
  ]);
});
