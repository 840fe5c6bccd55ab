// What the display of FHIR reads out of resources: titles, days, values with their digits, ranges, marks, series, filters, and the
// text of narratives. The components over it are tested in the browser (wallet-records.test.ts).

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  dayOfResource,
  detailOf,
  fileOf,
  flagOf,
  kindOf,
  rangeOf,
  rangeTexts,
  titleOf,
  valueText,
} from "../../apps/shared/fhir/about.ts";
import { layoutOf, ticksOf } from "../../apps/shared/fhir/chart.ts";
import { elementText } from "../../apps/shared/fhir/element.ts";
import { grouped, matching, NO_FILTERS, type TimelineEntry } from "../../apps/shared/fhir/filters.ts";
import { extensionName, spaced, stemOf } from "../../apps/shared/fhir/labels.ts";
import { fieldName, typeName } from "../../apps/shared/fhir/names.ts";
import { seriesOf } from "../../apps/shared/fhir/series.ts";
import {
  jsonText,
  narrativeText,
  numberText,
  quantityText,
  type Resource,
  shortNumber,
  shortQuantity,
} from "../../apps/shared/fhir/value.ts";
import { parseJson } from "../../client/index.ts";

const resource = (text: string): Resource => parseJson(text) as unknown as Resource;
/** As the page gets it from the worker. */
const posted = (value: Resource): Resource => structuredClone(value);

const potassium = (value: string, more = "", day = "2024-02-03T10:00:00Z"): Resource =>
  posted(
    resource(`{"resourceType":"Observation","status":"final","effectiveDateTime":"${day}",
      "code":{"coding":[{"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},
      "valueQuantity":{"value":${value},"unit":"mmol/L"},
      "referenceRange":[{"low":{"value":3.50,"unit":"mmol/L"},"high":{"value":5.10,"unit":"mmol/L"}}]${more}}`),
  );

describe("numbers", () => {
  it("keep their digits, also after postMessage", () => {
    expect(valueText(potassium("4.10"))).toBe("4.10 mmol/L");
    expect(rangeTexts(potassium("4.10"))).toEqual(["3.50 – 5.10 mmol/L"]);
    expect(numberText({ digits: "1.2E+2" })).toBe("1.2E+2");
    expect(numberText({ digits: "<b>" })).toBeUndefined();
    const written = '{\n  "a": 4.10,\n  "b": [\n    1.0\n  ],\n  "c": {}\n}';
    expect(jsonText(posted(resource(written)))).toBe(written);
  });

  it("are rounded in lists only if they have very many digits, and say so", () => {
    expect(["4.10", "190.13024171553792", "37.38758901667994", "0.0000001234", "12345678901"].map(shortNumber)).toEqual(
      ["4.10", "≈ 190.1", "≈ 37.4", "0.0000001234", "12345678901"],
    );
    expect(shortQuantity({ value: 190.13024171553792, unit: "cm" })).toBe("≈ 190.1 cm");
    expect(shortQuantity({ value: { digits: "4.10" }, comparator: "<", unit: "g" })).toBe("< 4.10 g");
    expect(quantityText({ value: 142, unit: "mm[Hg]", code: "mm[Hg]" })).toBe("142 mmHg");
    expect(quantityText({ value: 3, code: "{score}" })).toBe("3");
    expect(quantityText({ value: 2, unit: "{made up} per day" })).toBe("2 {made up} per day");
  });
});

describe("the mark of a value", () => {
  it.each([
    ["3.49", "low"],
    ["3.50", "range"],
    ["5.10", "range"],
    ["5.11", "high"],
  ])("%s is %s by its own range", (value, flag) => expect(flagOf(potassium(value))).toBe(flag));

  it("is what the clinic said, if it said something", () => {
    const said = ',"interpretation":[{"coding":[{"code":"HH"}]}]';
    expect(flagOf(potassium("4.10", said))).toBe("veryHigh");
  });

  it("is not guessed: of another unit, a comparator, or several ranges", () => {
    const text = (more: string): Resource =>
      resource(`{"resourceType":"Observation","valueQuantity":{"value":9,"unit":"mg"${more}}`);
    expect(flagOf(text('},"referenceRange":[{"high":{"value":5,"unit":"g"}}]'))).toBeUndefined();
    expect(flagOf(text(',"comparator":"<"},"referenceRange":[{"high":{"value":5,"unit":"mg"}}]'))).toBeUndefined();
    expect(
      rangeOf(text('},"referenceRange":[{"high":{"value":5}},{"high":{"value":7},"appliesTo":[{"text":"men"}]}]')),
    ).toBeUndefined();
    expect(
      flagOf(text('},"referenceRange":[{"high":{"value":5},"type":{"coding":[{"code":"critical"}]}}]')),
    ).toBeUndefined();
    expect(flagOf(text("}"))).toBeUndefined();
  });
});

describe("titles, days, kinds", () => {
  it("find a medicine inside the resource, and in another one", () => {
    const contained = resource(
      '{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":{"text":"Ibuprofen"}}],"medicationReference":{"reference":"#m"}}',
    );
    expect(titleOf(contained)).toBe("Ibuprofen");
    const other = resource('{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1"}}');
    expect(titleOf(other)).toBeUndefined();
    const code = { text: "Aspirin" };
    expect(titleOf(other, (at) => (at === "Medication/1" ? { resourceType: "Medication", code } : undefined))).toBe(
      "Aspirin",
    );
  });

  it("take the day that the thing happened, not the day of writing, and no more than was written", () => {
    expect(
      dayOfResource(resource('{"resourceType":"Observation","issued":"2024-05-05","effectiveDateTime":"2024-05"}')),
    ).toBe("2024-05");
    expect(dayOfResource(resource('{"resourceType":"Encounter","period":{"start":"2020-01-02T10:00:00Z"}}'))).toBe(
      "2020-01-02",
    );
    expect(dayOfResource(resource('{"resourceType":"Basic"}'))).toBeUndefined();
  });

  it("name the file of a record that is no FHIR, and leave the SDK's English sentence away", () => {
    const made = (data: string): Resource =>
      resource(`{"resourceType":"DocumentReference","identifier":[{"system":"urn:symbolon:record","value":"1"}],
        "description":"The record is a PDF document.","content":[{"attachment":{"contentType":"application/pdf"${data}}}]}`);
    expect([titleOf(made("")), fileOf(made(',"data":"JVBERg=="')), fileOf(made(""))]).toEqual([
      undefined,
      "application/pdf",
      "unread",
    ]);
  });

  it("give every resource of the sample patients a kind, and every one about health a title", () => {
    const folder = new URL("../data/patients/", import.meta.url);
    for (const file of readdirSync(folder)) {
      const { entry } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { entry: { resource: Resource }[] };
      for (const { resource: one } of entry)
        if (!["beside", "other"].includes(kindOf(one)))
          expect(titleOf(one), JSON.stringify(one).slice(0, 200)).toBeTruthy();
    }
  });

  it("say in a list what a reader needs: value, parts, reaction, dose", () => {
    const pressure = resource(`{"resourceType":"Observation","component":[{"valueQuantity":{"value":120,"unit":"mmHg"}},
      {"valueQuantity":{"value":80,"unit":"mmHg"}}]}`);
    expect(detailOf(pressure)).toBe("120 mmHg / 80 mmHg");
    expect(
      detailOf(resource('{"resourceType":"AllergyIntolerance","reaction":[{"manifestation":[{"text":"Rash"}]}]}')),
    ).toBe("Rash");
    expect(detailOf(resource('{"resourceType":"MedicationRequest","dosageInstruction":[{"text":"1-0-1"}]}'))).toBe(
      "1-0-1",
    );
    expect(kindOf(resource('{"resourceType":"Observation","category":[{"coding":[{"code":"vital-signs"}]}]}'))).toBe(
      "vital",
    );
    expect(kindOf(resource('{"resourceType":"BodyScanPlan"}'))).toBe("other");
  });
});

describe("labels", () => {
  it("make words of names", () => {
    expect(["reasonReference", "onsetAge", "URL", "medicationURLList", "x-ray_plan"].map(spaced)).toEqual([
      "Reason reference",
      "Onset age",
      "URL",
      "Medication URL list",
      "X ray plan",
    ]);
    expect(["onsetDateTime", "valueQuantity", "valueSet", "effectivePeriod"].map(stemOf)).toEqual([
      "onset",
      "value",
      "valueSet",
      "effective",
    ]);
    expect(extensionName("http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex")).toBe("Us core birthsex");
    expect([fieldName("onsetDateTime"), fieldName("scanDepth")]).toEqual([
      { text: "Began", isEnglish: false },
      { text: "Scan depth", isEnglish: true },
    ]);
    expect(typeName("constructor").isEnglish).toBe(true);
  });

  it("write each data type as one text, or none", () => {
    const text = (name: string, json: string): string | undefined => elementText(name, resource(json));
    expect(
      text(
        "dosageInstruction",
        '{"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":1.50,"unit":"mg"}}]}',
      ),
    ).toBe("1.50 mg, 2 × / 1 d");
    expect(
      text(
        "status",
        '{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]}',
      ),
    ).toBe("over");
    expect(text("code", '{"coding":[{"system":"urn:own","code":"active"}]}')).toBe("active");
    expect(text("period", '{"start":"2024-02-03","end":"2024-02-05"}')).toBe("February 3, 2024 – February 5, 2024");
    expect(text("name", '{"family":"Koepp","given":["Sofia","M."]}')).toBe("Sofia M. Koepp");
    expect(text("note", '{"text":"Asked twice."}')).toBe("Asked twice.");
    expect(text("innerParts", '{"partName":"knee","leftSide":true}')).toBeUndefined();
    expect(elementText("active", true)).toBe("Yes");
  });
});

describe("a narrative", () => {
  it("becomes text, whatever a clinic wrote", () => {
    expect(
      narrativeText(
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>One &amp; <b>two</b></p><script>alert(1)</script><ul><li>a</li><li>b</li></ul><table><tr><td>x</td> <td>1&#160;g</td></tr></table>&lt;img&gt;</div>',
      ),
    ).toBe("One & two\n• a\n• b\nx · 1\u00a0g\n<img>");
  });
});

describe("charts", () => {
  it("collect values by code and unit, oldest first, with the newest range", () => {
    const all = [potassium("5.60", "", "2024-08-20"), potassium("4.10"), resource('{"resourceType":"Condition"}')];
    const [series, ...rest] = seriesOf(all);
    expect(rest).toEqual([]);
    expect(series).toMatchObject({ title: "Potassium", unit: "mmol/L", range: { low: "3.50", high: "5.10" } });
    expect(series!.points.map(({ value, flag }) => [value, flag])).toEqual([
      ["4.10", "range"],
      ["5.60", "high"],
    ]);
    expect(seriesOf([{ ...potassium("4.10"), status: "entered-in-error" }])).toEqual([]);
  });

  it("keep another unit apart", () => {
    const grams = resource(JSON.stringify(potassium("4.10")).replaceAll("mmol/L", "mg/dL"));
    expect(seriesOf([potassium("4.10"), grams]).map(({ unit }) => unit)).toEqual(["mmol/L", "mg/dL"]);
  });

  it("lay points by time and value, mark by shape, and show the whole range", () => {
    const { points, range } = seriesOf([
      potassium("4.10"),
      potassium("5.60", "", "2025-08-20"),
      potassium("3.1", "", "2026-01-01"),
    ])[0]!;
    const { marks, band, ticks } = layoutOf(points, range);
    expect(marks.map(({ shape }) => shape)).toEqual(["circle", "up", "down"]);
    expect(marks[0]!.x).toBeLessThan(marks[1]!.x);
    expect(marks[1]!.y).toBeLessThan(band!.top);
    expect(marks[2]!.y).toBeGreaterThan(band!.bottom);
    expect(ticks.length).toBeLessThanOrEqual(6);
  });

  it("draw one value, and equal ones", () => {
    for (const values of [["4.0"], ["4.0", "4.0"], ["0", "0"]]) {
      const { points } = seriesOf(values.map((value, i) => potassium(value, "", `2024-01-0${i + 1}`)))[0]!;
      for (const { x, y } of layoutOf(points, undefined).marks) expect([x, y].every(Number.isFinite)).toBe(true);
    }
    expect(ticksOf(3.2, 5.6).map(({ text }) => text)).toEqual(["3", "4", "5", "6"]);
    expect(ticksOf(0.001, 0.0012).every(({ text }) => Number.isFinite(Number(text)))).toBe(true);
  });
});

describe("the timeline", () => {
  const entry = (id: string, more: Partial<TimelineEntry> = {}): TimelineEntry => ({
    id,
    day: "2024-01-01",
    kind: "result",
    title: id,
    ...more,
  });
  const entries = [
    entry("a"),
    entry("b", { kind: "beside" }),
    entry("c", { clinic: "Harbour", day: "2015" }),
    entry("d", { visit: "v", day: "2001-01-01", clinic: "Harbour" }),
    entry("e", { day: undefined, kind: "condition" }),
  ];
  const ids = (found: readonly TimelineEntry[]): string => found.map(({ id }) => id).join("");

  it("filters by kind, clinic and time, and hides bills until they are asked for", () => {
    expect(ids(matching(entries, NO_FILTERS, "2024-06-01"))).toBe("acde");
    expect(ids(matching(entries, { ...NO_FILTERS, kind: "beside" }, "2024-06-01"))).toBe("b");
    expect(ids(matching(entries, { ...NO_FILTERS, clinic: "Harbour" }, "2024-06-01"))).toBe("cd");
    expect(ids(matching(entries, { ...NO_FILTERS, since: "year" }, "2024-06-01"))).toBe("a");
    expect(ids(matching(entries, { ...NO_FILTERS, since: "five" }, "2020-06-01"))).toBe("ac");
  });

  it("groups by visit, newest first, with the visit's own day", () => {
    const groups = grouped(entries, [{ key: "v", day: "2025-05-05", clinic: "Harbour" }]);
    expect(groups.map(({ visit, day }) => [visit, day])).toEqual([
      ["v", "2025-05-05"],
      [undefined, "2024-01-01"],
      [undefined, "2015"],
      [undefined, undefined],
    ]);
  });
});
