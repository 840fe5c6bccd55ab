// The five forms of the desk as FHIR R4, and back. Values are texts as a person types them. Codes are LOINC and UCUM. A text that
// the person chose freely stands in `text` of a CodeableConcept, without a code.

import type { FhirResource, Json, JsonObject } from "../../client/index.ts";

export const FORM_KINDS = ["note", "vitals", "lab", "prescription", "allergy"] as const;
export type FormKind = (typeof FORM_KINDS)[number];
export type FormValues = Readonly<Record<string, string>>;

const LOINC = "http://loinc.org";
const UCUM = "http://unitsofmeasure.org";
const CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category";

interface Vital {
  /** name of the form's field */
  field: string;
  code: string;
  display: string;
  unit: string;
  /** beyond this a person has most likely mistyped */
  min: number;
  max: number;
}
export const VITALS: readonly Vital[] = [
  { field: "systolic", code: "8480-6", display: "Systolic blood pressure", unit: "mm[Hg]", min: 40, max: 300 },
  { field: "diastolic", code: "8462-4", display: "Diastolic blood pressure", unit: "mm[Hg]", min: 20, max: 200 },
  { field: "pulse", code: "8867-4", display: "Heart rate", unit: "/min", min: 20, max: 300 },
  { field: "temperature", code: "8310-5", display: "Body temperature", unit: "Cel", min: 25, max: 45 },
  { field: "saturation", code: "59408-5", display: "Oxygen saturation", unit: "%", min: 30, max: 100 },
  { field: "breaths", code: "9279-1", display: "Respiratory rate", unit: "/min", min: 4, max: 80 },
  { field: "weight", code: "29463-7", display: "Body weight", unit: "kg", min: 0.3, max: 400 },
];

interface Test {
  name: string;
  code: string;
  unit: string;
  low?: string;
  high?: string;
}
/** The tests that the laboratory form proposes. Any other name may be typed. */
export const TESTS: readonly Test[] = [
  { name: "Haemoglobin", code: "718-7", unit: "g/dL", low: "12", high: "17" },
  { name: "Leukocytes", code: "6690-2", unit: "10*3/uL", low: "4", high: "10" },
  { name: "Platelets", code: "777-3", unit: "10*3/uL", low: "150", high: "400" },
  { name: "CRP", code: "1988-5", unit: "mg/L", high: "5" },
  { name: "Creatinine", code: "2160-0", unit: "mg/dL", low: "0.5", high: "1.2" },
  { name: "Glucose", code: "2345-7", unit: "mg/dL", low: "70", high: "140" },
  { name: "HbA1c", code: "4548-4", unit: "%", low: "4", high: "6" },
  { name: "Sodium", code: "2951-2", unit: "mmol/L", low: "135", high: "145" },
  { name: "Potassium", code: "2823-3", unit: "mmol/L", low: "3.5", high: "5.1" },
  { name: "TSH", code: "3016-3", unit: "m[IU]/L", low: "0.4", high: "4" },
  { name: "Troponin I", code: "10839-9", unit: "ng/mL", high: "0.04" },
];

export interface FormContext {
  /** fullUrl of the Patient; the TID takes its place when the record is filed */
  subject: string;
  at: Date;
}

/** A value of the form is missing or no number. `field` is the field at fault. */
export class FormError extends Error {
  override name = "FormError";
  readonly code = "form";
  readonly field: string;
  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/** A number as people write it, with a comma or a point. */
export function numberOf(text: string): number | undefined {
  const plain = text.trim().replace(",", ".");
  return /^[+-]?\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

const concept = (system: string, code: string, display: string): JsonObject => ({
  coding: [{ system, code, display }],
});
const quantity = (value: number, unit: string): JsonObject => ({ value, unit, system: UCUM, code: unit });
/** A unit that somebody typed may be no UCUM code. */
const typedQuantity = (value: number, unit: string): JsonObject =>
  unit === "" ? { value } : TESTS.some((test) => test.unit === unit) ? quantity(value, unit) : { value, unit };
const present = (values: FormValues, field: string): string => (values[field] ?? "").trim();

function required(values: FormValues, field: string): string {
  const text = present(values, field);
  if (text === "") throw new FormError(field);
  return text;
}
function optionalNumber(values: FormValues, field: string): number | undefined {
  const text = present(values, field);
  if (text === "") return undefined;
  const value = numberOf(text);
  if (value === undefined) throw new FormError(field);
  return value;
}
function numberIn(values: FormValues, field: string): number {
  const value = optionalNumber(values, field);
  if (value === undefined) throw new FormError(field);
  return value;
}

const observation = (category: string, { subject, at }: FormContext, code: JsonObject): FhirResource => ({
  resourceType: "Observation",
  status: "final",
  category: [{ coding: [{ system: CATEGORY, code: category }] }],
  code,
  subject: { reference: subject },
  effectiveDateTime: at.toISOString(),
});

function note(values: FormValues, context: FormContext): FhirResource {
  const code = concept(LOINC, "34109-9", "Note");
  return { ...observation("exam", context, code), valueString: required(values, "text") };
}

/** One vital sign alone is an Observation of its own; several are a panel. */
function vitals(values: FormValues, context: FormContext): FhirResource {
  const measured = VITALS.flatMap((vital) => {
    const value = optionalNumber(values, vital.field);
    if (value === undefined) return [];
    if (value < vital.min || value > vital.max) throw new FormError(vital.field);
    return [{ code: concept(LOINC, vital.code, vital.display), valueQuantity: quantity(value, vital.unit) }];
  });
  const [first, ...others] = measured;
  if (!first) throw new FormError(VITALS[0]!.field);
  if (others.length === 0)
    return { ...observation("vital-signs", context, first.code), valueQuantity: first.valueQuantity };
  const panel = concept(LOINC, "85353-1", "Vital signs panel");
  return { ...observation("vital-signs", context, panel), component: measured };
}

function lab(values: FormValues, context: FormContext): FhirResource {
  const name = required(values, "test");
  const test = TESTS.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const code = test ? { ...concept(LOINC, test.code, test.name), text: test.name } : { text: name };
  const typed = required(values, "value");
  const unit = present(values, "unit");
  const low = optionalNumber(values, "low");
  const high = optionalNumber(values, "high");
  const value = numberOf(typed);
  const bound = (limit: number): JsonObject => typedQuantity(limit, unit);
  const isOut = value !== undefined && ((low !== undefined && value < low) || (high !== undefined && value > high));
  const mark = value !== undefined && low !== undefined && value < low ? ["L", "Low"] : ["H", "High"];
  return {
    ...observation("laboratory", context, code),
    ...(value === undefined ? { valueString: typed } : { valueQuantity: typedQuantity(value, unit) }),
    ...((low !== undefined || high !== undefined) && {
      referenceRange: [
        { ...(low !== undefined && { low: bound(low) }), ...(high !== undefined && { high: bound(high) }) },
      ],
    }),
    ...(isOut && {
      interpretation: [
        concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", mark[0]!, mark[1]!),
      ],
    }),
  };
}

function prescription(values: FormValues, { subject, at }: FormContext): FhirResource {
  const days = optionalNumber(values, "days");
  const often = numberIn(values, "often");
  return {
    resourceType: "MedicationRequest",
    status: "active",
    intent: "order",
    medicationCodeableConcept: { text: required(values, "medicine") },
    subject: { reference: subject },
    authoredOn: at.toISOString(),
    dosageInstruction: [
      {
        text: required(values, "dose"),
        timing: {
          repeat: {
            ...(days !== undefined && { boundsDuration: quantity(days, "d") }),
            frequency: often,
            period: 1,
            periodUnit: "d",
          },
        },
      },
    ],
    ...(present(values, "why") !== "" && { reasonCode: [{ text: present(values, "why") }] }),
  };
}

function allergy(values: FormValues, { subject, at }: FormContext): FhirResource {
  const severity = required(values, "severity");
  const status = (name: string, code: string): JsonObject => ({
    coding: [{ system: `http://terminology.hl7.org/CodeSystem/allergyintolerance-${name}`, code }],
  });
  const reaction = present(values, "reaction");
  return {
    resourceType: "AllergyIntolerance",
    clinicalStatus: status("clinical", "active"),
    verificationStatus: status("verification", present(values, "sure") || "confirmed"),
    criticality: severity === "severe" ? "high" : "low",
    code: { text: required(values, "substance") },
    patient: { reference: subject },
    recordedDate: at.toISOString(),
    ...(reaction !== "" && { reaction: [{ manifestation: [{ text: reaction }], severity }] }),
  };
}

const MAKERS: Record<FormKind, (values: FormValues, context: FormContext) => FhirResource> = {
  note,
  vitals,
  lab,
  prescription,
  allergy,
};

/** @throws FormError */
export const resourceOf = (kind: FormKind, values: FormValues, context: FormContext): FhirResource =>
  MAKERS[kind](values, context);

// ---- back to the form, for an amendment

const object = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const first = (value: Json | undefined): JsonObject => object(Array.isArray(value) ? value[0] : undefined);
const string = (value: Json | undefined): string => (value === undefined || value === null ? "" : String(value));
const codeOf = (value: Json | undefined): string => string(first(object(value).coding).code);

function observationValues(resource: FhirResource): { kind: FormKind; values: FormValues } | undefined {
  const category = string(first(first(resource.category).coding).code);
  const value = object(resource.valueQuantity);
  if (codeOf(resource.code) === "34109-9") return { kind: "note", values: { text: string(resource.valueString) } };
  if (category === "vital-signs") {
    const parts = Array.isArray(resource.component) ? resource.component.map(object) : [resource];
    const values = VITALS.flatMap(({ field, code }) => {
      const part = parts.find((one) => codeOf(one.code) === code);
      return part ? [[field, string(object(part.valueQuantity).value)] as const] : [];
    });
    return values.length === parts.length ? { kind: "vitals", values: Object.fromEntries(values) } : undefined;
  }
  if (category !== "laboratory") return undefined;
  const range = first(resource.referenceRange);
  return {
    kind: "lab",
    values: {
      test: string(object(resource.code).text),
      value: string(value.value ?? resource.valueString),
      unit: string(value.unit),
      low: string(object(range.low).value),
      high: string(object(range.high).value),
    },
  };
}

/** The form that this resource came from, filled in; undefined if it came from none of them. */
export function valuesOf(resource: FhirResource): { kind: FormKind; values: FormValues } | undefined {
  if (resource.resourceType === "Observation") return observationValues(resource);
  if (resource.resourceType === "MedicationRequest") {
    const dosage = first(resource.dosageInstruction);
    const repeat = object(object(dosage.timing).repeat);
    return {
      kind: "prescription",
      values: {
        medicine: string(object(resource.medicationCodeableConcept).text),
        dose: string(dosage.text),
        often: string(repeat.frequency),
        days: string(object(repeat.boundsDuration).value),
        why: string(first(resource.reasonCode).text),
      },
    };
  }
  if (resource.resourceType !== "AllergyIntolerance") return undefined;
  const reaction = first(resource.reaction);
  return {
    kind: "allergy",
    values: {
      substance: string(object(resource.code).text),
      reaction: string(first(reaction.manifestation).text),
      severity: string(reaction.severity) || (resource.criticality === "high" ? "severe" : "mild"),
      sure: codeOf(resource.verificationStatus),
    },
  };
}
