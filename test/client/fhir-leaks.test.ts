// The search for identity: every form in which a name, a birth date or a number may stand in a record, and ordinary clinical
// text, in which it must find nothing.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityLeaks } from "../../client/fhir/leaks.ts";
import { toTid } from "../../client/fhir/pseudonymise.ts";
import { ExactNumber, type FhirEntry, type Json, type JsonObject } from "../../client/fhir/resource.ts";
import { samplePatients } from "../../local/patients.ts";

const entryOf = (resource: JsonObject, fullUrl = "urn:uuid:note"): FhirEntry => ({
  fullUrl,
  resource: { resourceType: "Observation", ...resource },
});
const personOf = (resource: JsonObject, fullUrl = "urn:uuid:person"): FhirEntry => ({
  fullUrl,
  resource: { resourceType: "Patient", ...resource },
});
const named = (family: string, ...given: string[]): FhirEntry => personOf({ name: [{ family, given }] });
const base64 = (text: string | Uint8Array): string => Buffer.from(text as string).toString("base64");
const findings = (patient: FhirEntry, resource: JsonObject): string[] =>
  identityLeaks([entryOf(resource)], patient).map(({ kind, path }) => `${kind} ${path}`);
const inText = (patient: FhirEntry, text: string): string[] =>
  identityLeaks([entryOf({ valueString: text })], patient).map(({ kind }) => kind);

const people: Record<string, FhirEntry> = {
  composed: named("Meléndez".normalize("NFC"), "Renée"),
  decomposed: named("Meléndez".normalize("NFD"), "Renée".normalize("NFD")),
  han2: named("王", "伟"),
  han3: named("田中", "太郎"),
  hanText: personOf({ name: [{ text: "陈小明" }] }),
  kana: named("やまだ", "はなこ"),
  halfKana: named("ヤマダ", "ハナコ"),
  korean: named("김", "민준"),
  thai: named("ใจดี", "สมชาย"),
  hebrew: named("לוי", "דוד"),
  arabic: named("الحسن", "محمد"),
  cyrillic: named("Иванова", "Анна"),
  greek: named("Παπαδόπουλος", "Γιώργος"),
  turkish: named("Yılmaz", "Ayşe"),
  two: named("Li", "Bo"),
  twoMarked: named("Ngô", "Bé"),
  irish: named("O'Brien", "Siobhán"),
  double: named("Meyer-Landrut", "Anne-Marie"),
  spaced: named("Meyer Landrut", "Anne Marie"),
  joined: named("Meyerlandrut", "Annemarie"),
  german: named("Müller", "Jörg"),
  plainGerman: named("Mueller", "Joerg"),
  danish: named("Sørensen", "Åse"),
  street: named("Groß", "Änne"),
  dutch: named("van der Berg", "Kees"),
  anna: named("Rossi", "Anna"),
  sample: named("Sample", "Quill"),
};

describe("names are found", () => {
  it.each<[string, string]>([
    ["composed", "Frau Meléndez".normalize("NFD")],
    ["decomposed", "Frau Meléndez".normalize("NFC")],
    ["composed", "frau melendez"],
    ["composed", "MELÉNDEZ"],
    ["han2", "患者王伟今天来诊"],
    ["han2", "伟王"],
    ["han2", "王 伟"],
    ["han3", "今日田中さんは"],
    ["han3", "太郎君"],
    ["hanText", "病人陈小明先生"],
    ["kana", "きのうやまださんがはなした"],
    ["kana", "はなこは"],
    ["halfKana", "ﾔﾏﾀﾞさん"],
    ["korean", "환자 김민준이 내원"],
    ["korean", "민준은"],
    ["korean", "김민준".normalize("NFD")],
    ["thai", "คุณสมชายมาตรวจ"],
    ["hebrew", "נאמר לדוד היום"],
    ["arabic", "وصل محمد ومحمد اليوم"],
    ["cyrillic", "пациентки Ивановой"],
    ["cyrillic", "сказала Анне"],
    ["greek", "ΓΙΩΡΓΟΣ"],
    ["turkish", "Ayşe'nin sonucu"],
    ["turkish", "AYŞE YILMAZ"],
    ["two", "Mr Li came"],
    ["two", "LI, BO"],
    ["two", "seen: li bo"],
    ["two", "L\u200bi came"],
    ["twoMarked", "Bé".normalize("NFD")],
    ["irish", "O’Brien"],
    ["irish", "O&rsquo;Brien"],
    ["irish", "O&#39;Brien"],
    ["irish", "OBrien"],
    ["irish", "O Brien"],
    ["irish", "o`brien"],
    ["irish", "O´Brien"],
    ["double", "Meyer Landrut"],
    ["double", "MeyerLandrut"],
    ["double", "Meyer\u2011Landrut"],
    ["double", "Meyer–Landrut"],
    ["double", "Frau Landrut"],
    ["spaced", "Meyer-Landrut"],
    ["spaced", "Annemarie"],
    ["joined", "Anne-Marie"],
    ["joined", "Anne Marie"],
    ["german", "Mueller"],
    ["german", "MUELLER"],
    ["german", "Muller"],
    ["german", "M&uuml;ller"],
    ["german", "M&#252;ller"],
    ["german", "M&#xFC;ller"],
    ["german", "M&amp;uuml;ller"],
    ["german", "M\u00adüller"],
    ["german", "Mül\u00adler"],
    ["german", "Mül-\nler"],
    ["german", "M%C3%BCller"],
    ["german", '{"name":"M\\u00fcller"}'],
    ["plainGerman", "Müller"],
    ["plainGerman", "Jörg"],
    ["danish", "Soerensen"],
    ["danish", "Sorensen"],
    ["danish", "Aase"],
    ["street", "GROSS"],
    ["street", "Aenne"],
    ["dutch", "Mevrouw Van der Berg"],
    ["dutch", "VANDERBERG"],
    ["anna", "la figlia d'Anna"],
    ["anna", "dell’Anna"],
    ["sample", "Quill's blood"],
    ["sample", "Quills Mutter"],
    ["sample", "Quill’s"],
    ["sample", "SAMPLE, QUILL"],
    ["sample", "Qu\u200bill"],
    ["sample", "Q\u2060u\u200di\u200cll"],
    ["sample", "Ｑｕｉｌｌ"],
    ["sample", "Qu&shy;ill"],
    ["sample", "Qu&#8203;ill"],
    ["sample", "scan_Quill_2021.pdf"],
    ["sample", "scanQuill2021.pdf"],
    ["sample", "see the file scanQuill2021.pdf, page 2"],
    ["sample", "(Quill)"],
    ["sample", "https://files.example/a?name=Quill%20Sample"],
    ["sample", `data:text/plain;base64,${base64("Quill was here")}`],
    ["sample", "data:text/plain,Quill%20was%20here"],
  ])("%s: %s", (who, text) => {
    expect(inText(people[who]!, text)).toContain("name");
  });

  it("in narrative, with a tag inside the name or between its words", () => {
    const div = (html: string) => ({
      text: { status: "generated", div: `<div xmlns="http://www.w3.org/1999/xhtml">${html}</div>` },
    });
    for (const html of ["<b>Qu</b>ill", "<td>Quill</td><td>Sample</td>", "Qu<!-- x -->ill", '<a title="Quill">x</a>'])
      expect(findings(people.sample!, div(html)), html).toContain("name text.div");
    expect(findings(people.two!, div("<td>li</td><td>bo</td>"))).toContain("name text.div");
    expect(findings(people.sample!, div("<td>quilt</td><td>samples taken: 3</td>"))).toEqual(["name text.div"]); // "samples"
    expect(findings(people.composed!, div("<td>quilt</td>"))).toEqual([]);
  });

  it("inside attachments of text, in their charset, and in Binaries", () => {
    const attachment = (contentType: string | undefined, data: string) => ({
      content: [{ attachment: { ...(contentType === undefined ? {} : { contentType }), data } }],
    });
    const place = "name content[0].attachment.data";
    const { german } = people;
    for (const type of [
      "text/plain",
      "text/html",
      "TEXT/PLAIN; charset=utf-8",
      "application/xml",
      "application/fhir+json",
      "application/hl7-v2+er7",
      "text/rtf",
      undefined,
    ])
      expect(findings(german!, attachment(type, base64("Frau Müller"))), String(type)).toEqual([place]);
    expect(
      findings(german!, attachment("text/plain; charset=iso-8859-1", base64(Buffer.from("Müller", "latin1")))),
    ).toEqual([place]);
    expect(findings(german!, attachment("text/plain", base64(Buffer.from("Müller", "latin1"))))).toEqual([place]);
    expect(findings(german!, attachment("text/plain", base64(Buffer.from("\uFEFFMüller", "utf16le"))))).toEqual([
      place,
    ]);
    expect(
      findings(
        german!,
        attachment(
          "text/plain",
          base64("Frau Müller")
            .replace(/=+$/, "")
            .replace(/(.{4})/g, "$1\n"),
        ),
      ),
    ).toEqual([place]);
    expect(findings(german!, attachment("application/octet-stream", base64("Frau Müller")))).toEqual([place]);
    expect(findings(german!, { contentType: "text/plain", data: base64("Mueller") })).toEqual(["name data"]);
    expect(findings(german!, { valueBase64Binary: base64("Frau Mueller") })).toEqual(["name valueBase64Binary"]);
    // Controls: an image is not text, and base64 that cannot be decoded stays text.
    expect(findings(german!, attachment("image/png", base64("Frau Müller")))).toEqual([]);
    expect(findings(german!, attachment("text/plain", "***Müller"))).toEqual([place]);
  });

  it("of contacts, under their own kind", () => {
    const patient = personOf({
      contact: [{ name: { family: "Okonkwo", given: ["Ada"] }, telecom: [{ value: "555-0199-22" }] }],
    });
    expect(inText(patient, "call Ada")).toEqual(["contact"]);
    expect(inText(patient, "call 555 019922")).toEqual(["telecom"]);
  });

  it("in places that are no text elements: fullUrl, ids, numbers, display, keys of extensions", () => {
    expect(identityLeaks([entryOf({}, "https://ehr.example/quill-sample/Observation/1")], people.sample!)).toEqual([
      { fullUrl: "https://ehr.example/quill-sample/Observation/1", path: "fullUrl", kind: "name" },
    ]);
    expect(findings(people.sample!, { id: "obs-quill", note: [{ text: "x" }, { text: "Quill" }] })).toEqual([
      "name id",
      "name note[1].text",
    ]);
    const numbered = personOf({ identifier: [{ value: "7744110" }] });
    expect(findings(numbered, { valueInteger: 7744110, valueDecimal: new ExactNumber("7744110.0") })).toContain(
      "identifier valueInteger",
    );
  });
});

describe("dates and numbers are found", () => {
  const patient = personOf({ birthDate: "1984-02-09", name: [{ family: "Sample" }] });
  it.each([
    "1984-02-09",
    "born 09.02.1984",
    "9.2.1984",
    "9. 2. 84",
    "02/09/1984",
    "2/9/84",
    "09/02/84",
    "1984/02/09",
    "19840209",
    "09021984",
    "02091984",
    "840209-1234",
    "090284",
    "9 February 1984",
    "February 9th, 1984",
    "Feb 9 1984",
    "09-FEB-1984",
    "9FEB84",
    "9. Februar 1984",
    "9 février 1984",
    "9 de febrero de 1984",
    "9 febbraio 1984",
    "9 februari 1984",
    "9 lutego 1984",
    "1984年2月9日",
    "1984 2 9",
    "1984–02–09",
    "１９８４-０２-０９",
    "٠٩/٠٢/١٩٨٤",
    "<b>09</b>.02.1984",
    "1984-02-09T10:00:00Z",
  ])("birth date: %s", (text) => {
    expect(inText(patient, text)).toContain("birth-date");
  });
  it.each(["1984-02-10", "11984-02-09", "1984-02-091", "2.9.19840", "9 March 1984", "1984-12-09"])(
    "no birth date: %s",
    (text) => {
      expect(inText(patient, text)).toEqual([]);
    },
  );
  it("has nothing to look for in a birth date without a day", () => {
    expect(inText(personOf({ birthDate: "1984-02" }), "1984-02-09, 1984-02, 2/84")).toEqual([]);
  });

  const known = personOf(
    {
      id: "p1",
      identifier: [
        { value: "MRN-774411" },
        { value: "999-11-8522" },
        { value: "urn:oid:1.2.840.55512" },
        { value: 7 },
        {},
      ],
      telecom: [{ value: "+1 (555) 446-7938" }, { value: "quill@mail.example" }, { value: "tel:+49-30-123456 ext. 7" }],
      address: [{ line: ["194 Hermiston Club", "Apt 3"], city: "Boston" }, { text: "Lindenstraße 4" }],
    },
    "https://ehr.example/fhir/Patient/p1",
  );
  it.each([
    ["identifier", "MRN 774411"],
    ["identifier", "mrn774411"],
    ["identifier", "Pat.-Nr. 774411"],
    ["identifier", "999118522"],
    ["identifier", "999 11 8522"],
    ["identifier", "999.11.8522"],
    ["identifier", "9 9 9 1 1 8 5 2 2"],
    ["identifier", "1.2.840.55512"],
    ["identifier", "999\u201111\u20118522"],
    ["telecom", "555 446 7938"],
    ["telecom", "(555)4467938"],
    ["telecom", "0555/446-7938"],
    ["telecom", "QUILL@mail.example"],
    ["telecom", "030 123456"],
    ["address", "lives at 194  Hermiston Club, Boston"],
    ["address", "Lindenstrasse 4"],
    ["id", "see Patient/p1"],
    ["id", '<a href="Patient/p1">'],
    ["id", "Patient?_id=p1"],
  ])("%s: %s", (kind, text) => {
    expect(inText(known, text)).toContain(kind);
  });
  it.each(["MRN-77441", "99911852", "p1", "Practitioner/p1", "Patient/p12", "555 446 793", "Apt 3", "Boston"])(
    "nothing: %s",
    (text) => {
      expect(inText(known, text)).toEqual([]);
    },
  );
});

describe("ordinary text gives no finding", () => {
  it("not even for a patient whose id is a short number", () => {
    const patient = personOf({ id: "1234" }, "https://ehr.example/fhir/Patient/1234");
    expect(
      findings(patient, { id: "1234", valueQuantity: { value: 1234 }, subject: { reference: "Patient/1234" } }),
    ).toEqual(["id subject.reference"]);
  });

  const notes = [
    "Patient presents with chest pain radiating to the left arm for 2 days. BP 132/84, HR 76, SpO2 98 % on room air.",
    "An ECG was done. No acute ST changes. So far he feels well; she will call tomorrow. Do not give NSAIDs.",
    "HbA1c 6.9 %, LDL 2.41 mmol/L, Na 139, K 4.1, Li 0.7 mmol/L, pH 7.41, pCO2 5.1 kPa; RA and MA excluded.",
    "Laut Anamnese keine Allergien. Der Patient wird von der Klinik an den Hausarzt überwiesen. Kontrolle am 12.03.2021.",
    "De patiënt van de afdeling heeft last van de linkerarm. El paciente y la familia del niño. Le patient va bien.",
    "Plan: metformin 500 mg b.i.d., follow-up 2021-03-04T09:00:00+01:00, call 112 in an emergency.",
    "오늘 환자가 내원하였다. 今日の血圧は正常です。病人今天血压正常。วันนี้ผู้ป่วยสบายดี",
  ];
  const ordinary: FhirEntry[] = [
    people.sample!,
    people.composed!,
    people.irish!,
    people.double!,
    people.spaced!,
    people.joined!,
    people.german!,
    people.danish!,
    people.dutch!,
    people.korean!,
    people.han3!,
    people.kana!,
    people.thai!,
    people.cyrillic!,
    people.turkish!,
    named("Rae", "Sue"),
    named("이", "서준"),
    named("de la Cruz", "Noe"),
    named("El Amin", "Zoe"),
    ...samplePatients().map(({ bundle }) => bundle.patient),
  ];
  it.each(ordinary.map((patient, i) => [i, JSON.stringify(patient.resource.name).slice(0, 60), patient] as const))(
    "patient %i %s",
    (_, __, patient) => {
      for (const text of notes) expect(inText(patient, text), text).toEqual([]);
    },
  );

  it("and none in the sample patients' visits once they are pseudonymous", () => {
    for (const { bundle } of samplePatients())
      for (const { entries } of bundle.visits) {
        const { patient, references } = bundle;
        const made = toTid(entries, { patient, tid: "TID-1", known: references });
        expect(identityLeaks(made.entries, patient)).toEqual([]);
        expect(identityLeaks(entries, patient).length).toBeGreaterThan(0); // control
      }
  });
});

describe("the search never throws", () => {
  it("on members of any type, in the Patient and in the resources", () => {
    const odd: Json[] = [
      null,
      true,
      0,
      new ExactNumber("1e400"),
      "",
      "x",
      [],
      [null],
      [[]],
      {},
      { name: 1 },
      [1, "a", { value: [] }],
    ];
    for (const one of odd)
      for (const member of [
        "name",
        "identifier",
        "telecom",
        "address",
        "contact",
        "birthDate",
        "id",
        "link",
        "photo",
      ]) {
        expect(() =>
          findings(personOf({ [member]: one }), { [member]: one, data: one, valueString: "x" }),
        ).not.toThrow();
        for (const inner of ["family", "given", "text", "prefix", "suffix", "line", "value", "name", "telecom"])
          expect(() => findings(personOf({ [member]: [{ [inner]: one }] }), { note: one })).not.toThrow();
      }
  });

  it("on any JSON at all, and always finds the family name beside it", () => {
    const json = fc.jsonValue({ stringUnit: "binary" }).map((value) => value as Json);
    fc.assert(
      fc.property(json, json, fc.string({ unit: "binary" }), (inPatient, inResource, text) => {
        const patient = personOf({
          name: [{ family: "Okonkwo", given: [text] }, inPatient],
          identifier: [{ value: text }],
          contact: [inPatient],
          telecom: inPatient,
        });
        const found = findings(patient, { a: inResource, note: [{ text: `${text} Okonkwo ${text}` }], data: text });
        const bounded = !/[\p{L}\p{N}\p{M}'<&%\\]/u.test(text);
        return !bounded || found.includes("name note[0].text");
      }),
      { numRuns: 300 },
    );
  });

  it("in reasonable time on long texts", () => {
    const started = performance.now();
    const long = [
      "a".repeat(200_000),
      "<a".repeat(100_000),
      "&amp;".repeat(50_000),
      "1 ".repeat(100_000),
      "O'".repeat(100_000),
      // a long run beside a space, such as base64 that ends with a new line
      `${"aB1/".repeat(50_000)}\n`,
      `${"1".repeat(200_000)} x`,
    ];
    for (const text of long)
      inText(personOf({ ...people.sample!.resource, ...samplePatients()[0]!.bundle.patient.resource }), text);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
