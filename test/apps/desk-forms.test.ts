// The desk's forms as FHIR and back, the places of findings, and the clinic's keys in few bytes.

import { describe, expect, it } from "vitest";
import {
  FORM_KINDS,
  FormError,
  type FormKind,
  type FormValues,
  numberOf,
  resourceOf,
  valuesOf,
} from "../../apps/desk/forms.ts";
import { markedParts } from "../../apps/desk/visit/marked.ts";
import { isSealedText, openText, sealText } from "../../apps/shared/sealed-text.ts";
import { clinicCard, createClinicKeys, packClinicKeys, unpackClinicKeys } from "../../client/index.ts";

const context = { subject: "urn:uuid:00000000-0000-4000-8000-000000000001", at: new Date("2026-03-01T10:00:00Z") };
const FILLED: Record<FormKind, FormValues> = {
  note: { text: "Sore throat since Monday." },
  vitals: { systolic: "142", diastolic: "88", pulse: "77", temperature: "37.8" },
  lab: { test: "CRP", value: "48", unit: "mg/L", low: "", high: "5" },
  prescription: { medicine: "Amoxicillin 500 mg", dose: "1 tablet", often: "3", days: "7", why: "tonsillitis" },
  allergy: { substance: "Penicillin", reaction: "rash", severity: "severe", sure: "confirmed" },
};

describe("the desk's forms", () => {
  it.each(FORM_KINDS)("%s: makes a resource about the patient, and reads it back", (kind) => {
    const resource = resourceOf(kind, FILLED[kind], context);
    const about = kind === "allergy" ? resource.patient : resource.subject;
    expect(about).toEqual({ reference: context.subject });
    expect(valuesOf(resource)).toEqual({ kind, values: FILLED[kind] });
  });

  it("names the field that is missing or no number", () => {
    const fieldOf = (kind: FormKind, values: FormValues): string => {
      try {
        resourceOf(kind, values, context);
      } catch (error) {
        if (error instanceof FormError) return error.field;
        throw error;
      }
      return "";
    };
    expect(fieldOf("note", { text: "  " })).toBe("text");
    expect(fieldOf("vitals", {})).toBe("systolic");
    expect(fieldOf("vitals", { pulse: "seven" })).toBe("pulse");
    expect(fieldOf("vitals", { temperature: "378" })).toBe("temperature");
    expect(fieldOf("lab", { test: "CRP", value: "" })).toBe("value");
    expect(fieldOf("prescription", { medicine: "x", dose: "1", often: "" })).toBe("often");
    expect(fieldOf("allergy", { substance: "", severity: "mild" })).toBe("substance");
  });

  it("marks a result outside its range, keeps a result that is no number, and gives no code to a unit it does not know", () => {
    const high = resourceOf("lab", FILLED.lab, context);
    expect(high.interpretation).toMatchObject([{ coding: [{ code: "H" }] }]);
    const low = resourceOf(
      "lab",
      { test: "Potassium", value: "2,9", unit: "mmol/L", low: "3.5", high: "5.1" },
      context,
    );
    expect(low.interpretation).toMatchObject([{ coding: [{ code: "L" }] }]);
    expect(low.valueQuantity).toMatchObject({ value: 2.9, code: "mmol/L" });
    const words = resourceOf("lab", { test: "Strep test", value: "positive", unit: "", low: "", high: "" }, context);
    expect(words).toMatchObject({ code: { text: "Strep test" }, valueString: "positive" });
    const odd = resourceOf("lab", { test: "Odd", value: "3", unit: "drops", low: "", high: "" }, context);
    expect(odd.valueQuantity).toEqual({ value: 3, unit: "drops" });
  });

  it("reads numbers with a comma or a point, and nothing else", () => {
    expect([numberOf("37,8"), numberOf(" 37.8 "), numberOf("-1"), numberOf("1.2.3"), numberOf("")]).toEqual([
      37.8,
      37.8,
      -1,
      undefined,
      undefined,
    ]);
  });

  it("does not take another clinic's resource for one of its forms", () => {
    expect(valuesOf({ resourceType: "Condition" })).toBeUndefined();
    expect(valuesOf({ resourceType: "Observation", code: { text: "x" } })).toBeUndefined();
  });

  it("marks the words of the watched name, in any case and with an ending", () => {
    const parts = markedParts("Mrs LINDS cough; blind since birth", "Ada Lind");
    expect(parts.filter(({ marked }) => marked).map(({ text }) => text)).toEqual(["LINDS"]);
    expect(parts.map(({ text }) => text).join("")).toBe("Mrs LINDS cough; blind since birth");
    expect(markedParts("a (b", "( x")).toEqual([{ text: "a (b", marked: false }]);
  });
});

describe("the clinic's keys on their way to a second desk", () => {
  it("give the same card after they were packed, and fit a QR code under a passphrase", async () => {
    const keys = await createClinicKeys("Harbour Clinic", {
      required: [{ attribute: "coverage", accepted: ["standard", "extended"] }],
      maxStaleEpochs: 1,
    });
    const packed = packClinicKeys(keys);
    const again = await unpackClinicKeys(packed);
    expect(again).toEqual(keys);
    expect(clinicCard(again)).toEqual(clinicCard(keys));
    const sealed = await sealText("SYMBOLON-DESK:", "four good words here", packed);
    expect(sealed.length).toBeLessThan(1200);
    expect(isSealedText("SYMBOLON-DESK:", sealed)).toBe(true);
    expect(await openText("SYMBOLON-DESK:", "four good words here", `${sealed}\n`)).toEqual(packed);
    await expect(openText("SYMBOLON-DESK:", "four good words", sealed)).rejects.toThrow("does not open");
    await expect(openText("SYMBOLON-DESK:", "four good words here", sealed.slice(0, -4))).rejects.toThrow();
  });

  it("are refused if they are cut or of another version", async () => {
    const packed = packClinicKeys(await createClinicKeys("Harbour Clinic"));
    await expect(unpackClinicKeys(packed.slice(0, -2))).rejects.toMatchObject({ code: "bad-keys" });
    const other = new TextEncoder().encode(new TextDecoder().decode(packed).replace('"v":1', '"v":2'));
    await expect(unpackClinicKeys(other)).rejects.toMatchObject({ code: "bad-keys" });
  });
});
