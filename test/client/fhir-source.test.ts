// One input may be filed as visits at several clinics. If its entries have no names of their own, its records carry a mark, so
// that a reference still leads from one visit to another. Two inputs that number alike stay apart.

import { expect, it } from "vitest";
import { joinRecords } from "../../client/fhir/join.ts";
import { prepareVisit } from "../../client/fhir/prepare.ts";
import { readContent } from "../../client/fhir/record.ts";
import { readBundle } from "../../client/fhir/select.ts";
import { sourceMark } from "../../client/fhir/source.ts";

const visitAt = (id: string, start: string) => ({
  resource: {
    resourceType: "Encounter",
    id,
    subject: { reference: "Patient/1" },
    period: { start },
    serviceProvider: { reference: `Organization/${id}` },
  },
});
/** A problem found at the first clinic is the reason for a prescription at the second one. */
const input = (problem: string): string =>
  JSON.stringify({
    resourceType: "Bundle",
    type: "collection",
    entry: [
      { resource: { resourceType: "Patient", id: "1", name: [{ family: "Sample" }] } },
      { resource: { resourceType: "Organization", id: "1", name: "First" } },
      { resource: { resourceType: "Organization", id: "2", name: "Second" } },
      visitAt("1", "2021-01-01"),
      {
        resource: {
          resourceType: "Condition",
          id: "c",
          encounter: { reference: "Encounter/1" },
          code: { text: problem },
        },
      },
      visitAt("2", "2022-01-01"),
      {
        resource: {
          resourceType: "MedicationRequest",
          id: "m",
          encounter: { reference: "Encounter/2" },
          reasonReference: [{ reference: "Condition/c" }],
        },
      },
    ],
  });

function recordsOf(problem: string, clinics: readonly [string, string]) {
  const { visits, patient, references } = readBundle(input(problem));
  return visits.map(({ entries }, i) => {
    const { content } = prepareVisit(entries, `TID${i}`, { patient, references });
    const read = readContent(new TextEncoder().encode(content), "application/fhir+json");
    if (!read.readable) throw new Error(read.reason);
    const serviceId = clinics[i]!;
    return { recordId: `${problem}-${i}`, serviceId, source: read.source, entries: read.entries };
  });
}
const reasonIn = ({ entries }: ReturnType<typeof joinRecords>) =>
  entries.find(({ resource }) => resource.resourceType === "MedicationRequest")!.resource.reasonReference;
const newUrl = (recordId: string, fullUrl: string) => `urn:renamed:${recordId}:${fullUrl}`;

it("keeps a reference from one clinic's visit to another's, if both come from one input", () => {
  const records = recordsOf("asthma", ["A", "B"]);
  expect(records[0]!.source).toMatch(/^[0-9a-f]{32}$/);
  expect(records[1]!.source).toBe(records[0]!.source);
  expect(reasonIn(joinRecords(records, [], newUrl))).toEqual([{ reference: "Condition/c" }]);
});

it("cuts it if the other record comes from another input that numbers alike", () => {
  const problem = recordsOf("gout", ["A", "B"])[0]!;
  const prescription = recordsOf("asthma", ["C", "D"])[1]!;
  expect(problem.source).not.toBe(prescription.source);
  const [reason] = reasonIn(joinRecords([problem, prescription], [], newUrl)) as { reference: string }[];
  expect(reason!.reference).toMatch(/^https:\/\/fhir\.invalid\/record\/asthma-1\?/);
});

it("marks no input whose names are unique everywhere", () => {
  const named = (fullUrl: string) => ({ fullUrl, resource: { resourceType: "Condition" } });
  const uuid = named("urn:uuid:0a4d7a1e-5d3c-4b6f-9a51-7f1f0f7d2b11");
  expect(sourceMark([uuid, named("https://ehr.example/fhir/Condition/1")])).toBeUndefined();
  expect(sourceMark([uuid, named("http://localhost:8080/fhir/Condition/1")])).toMatch(/^[0-9a-f]{32}$/);
});
