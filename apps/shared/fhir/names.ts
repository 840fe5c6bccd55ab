// The names of types, fields and codes of FHIR in three languages. A name that is not here is made from the field's own
// (labels.ts), in English, and the page marks it as English.

import { type Language, language } from "../language.ts";
import { spaced, stemOf } from "./labels.ts";

type Names = Readonly<Record<string, readonly [en: string, de: string, ar: string]>>;

const TYPES: Names = {
  AllergyIntolerance: ["Allergy", "Allergie", "حساسية"],
  CarePlan: ["Care plan", "Behandlungsplan", "خطة رعاية"],
  Claim: ["Bill", "Rechnung", "فاتورة"],
  Composition: ["Document", "Dokument", "مستند"],
  Condition: ["Condition", "Krankheit", "مرض"],
  DiagnosticReport: ["Test report", "Befundbericht", "تقرير فحص"],
  DocumentReference: ["Document", "Dokument", "مستند"],
  Encounter: ["Visit", "Besuch", "زيارة"],
  ExplanationOfBenefit: ["Bill", "Abrechnung", "فاتورة"],
  ImagingStudy: ["Imaging", "Bildaufnahme", "تصوير طبي"],
  Immunization: ["Vaccination", "Impfung", "لقاح"],
  Medication: ["Medicine", "Medikament", "دواء"],
  MedicationAdministration: ["Medicine given", "Medikament gegeben", "دواء أُعطي"],
  MedicationDispense: ["Medicine handed out", "Medikament ausgegeben", "دواء صُرف"],
  MedicationRequest: ["Prescription", "Verordnung", "وصفة"],
  MedicationStatement: ["Medicine", "Medikament", "دواء"],
  Observation: ["Result", "Messwert", "نتيجة"],
  Organization: ["Organisation", "Einrichtung", "مؤسسة"],
  Patient: ["Patient", "Patient", "مريض"],
  Practitioner: ["Health worker", "Fachkraft", "مختص صحي"],
  Procedure: ["Treatment", "Behandlung", "علاج"],
  Provenance: ["Origin", "Herkunft", "المصدر"],
  ServiceRequest: ["Order", "Auftrag", "طلب"],
};

const FIELDS: Names = {
  abatement: ["Ended", "Beendet", "انتهى"],
  authoredOn: ["Written on", "Verordnet am", "كُتب في"],
  author: ["Author", "Verfasser", "الكاتب"],
  bodySite: ["Part of the body", "Körperstelle", "موضع الجسم"],
  category: ["Kind", "Art", "النوع"],
  class: ["Kind of visit", "Art des Besuchs", "نوع الزيارة"],
  clinicalStatus: ["State", "Zustand", "الحالة"],
  code: ["Name", "Name", "الاسم"],
  component: ["Parts", "Teile", "الأجزاء"],
  conclusion: ["Conclusion", "Beurteilung", "الخلاصة"],
  criticality: ["Risk", "Risiko", "الخطورة"],
  dataAbsentReason: ["Why there is no value", "Warum kein Wert da ist", "سبب غياب القيمة"],
  date: ["Day", "Tag", "اليوم"],
  dateAsserted: ["Noted on", "Notiert am", "سُجل في"],
  description: ["Description", "Beschreibung", "الوصف"],
  dosage: ["How to take it", "Einnahme", "طريقة الاستعمال"],
  dosageInstruction: ["How to take it", "Einnahme", "طريقة الاستعمال"],
  doseQuantity: ["Dose", "Dosis", "الجرعة"],
  effective: ["Measured", "Gemessen", "وقت القياس"],
  encounter: ["Visit", "Besuch", "الزيارة"],
  identifier: ["Number", "Nummer", "الرقم"],
  intent: ["Intent", "Absicht", "القصد"],
  interpretation: ["Meaning", "Bewertung", "التفسير"],
  issued: ["Issued", "Ausgestellt", "صدر في"],
  lotNumber: ["Batch number", "Chargennummer", "رقم الدفعة"],
  manifestation: ["Reaction", "Reaktion", "رد الفعل"],
  medication: ["Medicine", "Medikament", "الدواء"],
  method: ["Method", "Verfahren", "الطريقة"],
  name: ["Name", "Name", "الاسم"],
  note: ["Note", "Notiz", "ملاحظة"],
  occurrence: ["Given on", "Gegeben am", "أُعطي في"],
  onset: ["Began", "Begonnen", "بدأ"],
  participant: ["Who took part", "Beteiligte", "المشاركون"],
  performed: ["Done", "Durchgeführt", "أُجري في"],
  performer: ["Done by", "Durchgeführt von", "أجراه"],
  period: ["Time", "Zeitraum", "المدة"],
  reaction: ["Reactions", "Reaktionen", "ردود الفعل"],
  reasonCode: ["Reason", "Grund", "السبب"],
  reasonReference: ["Reason", "Grund", "السبب"],
  recordedDate: ["Noted on", "Notiert am", "سُجل في"],
  recorder: ["Noted by", "Notiert von", "سجله"],
  referenceRange: ["Normal range", "Normalbereich", "المعدل الطبيعي"],
  requester: ["Ordered by", "Verordnet von", "طلبه"],
  result: ["Results", "Ergebnisse", "النتائج"],
  route: ["How it is taken", "Art der Gabe", "طريق الإعطاء"],
  section: ["Sections", "Abschnitte", "الأقسام"],
  severity: ["Severity", "Schwere", "الشدة"],
  site: ["Place on the body", "Körperstelle", "الموضع"],
  status: ["State", "Zustand", "الحالة"],
  subject: ["About", "Betrifft", "عن"],
  title: ["Title", "Titel", "العنوان"],
  type: ["Kind", "Art", "النوع"],
  vaccineCode: ["Vaccine", "Impfstoff", "اللقاح"],
  value: ["Value", "Wert", "القيمة"],
  verificationStatus: ["How sure", "Sicherheit", "درجة التأكد"],
};

/** Codes of FHIR itself that stand in these records; a clinic's own codes are shown by their display. */
const CODES: Names = {
  active: ["active", "aktiv", "نشط"],
  amended: ["changed later", "später geändert", "عُدل لاحقًا"],
  cancelled: ["cancelled", "abgesagt", "ملغى"],
  completed: ["finished", "abgeschlossen", "منتهٍ"],
  confirmed: ["sure", "gesichert", "مؤكد"],
  corrected: ["corrected", "berichtigt", "مصحح"],
  current: ["valid", "gültig", "ساري"],
  draft: ["draft", "Entwurf", "مسودة"],
  "entered-in-error": ["entered in error", "irrtümlich eingetragen", "أُدخل خطأً"],
  final: ["final", "endgültig", "نهائي"],
  finished: ["finished", "beendet", "منتهٍ"],
  high: ["high", "hoch", "مرتفع"],
  inactive: ["not active", "nicht aktiv", "غير نشط"],
  "in-progress": ["going on", "läuft", "جارٍ"],
  low: ["low", "niedrig", "منخفض"],
  mild: ["mild", "leicht", "خفيف"],
  moderate: ["moderate", "mittel", "متوسط"],
  "not-done": ["not done", "nicht durchgeführt", "لم يُجرَ"],
  "on-hold": ["paused", "ausgesetzt", "متوقف مؤقتًا"],
  order: ["order", "Verordnung", "طلب"],
  planned: ["planned", "geplant", "مخطط"],
  preliminary: ["not final", "vorläufig", "أولي"],
  provisional: ["not yet sure", "vorläufig", "مبدئي"],
  recurrence: ["came back", "wieder aufgetreten", "عاد"],
  refuted: ["ruled out", "ausgeschlossen", "مستبعد"],
  registered: ["registered", "angemeldet", "مسجل"],
  remission: ["eased", "zurückgegangen", "تراجع"],
  resolved: ["over", "überstanden", "انتهى"],
  severe: ["severe", "schwer", "شديد"],
  stopped: ["stopped", "abgesetzt", "أُوقف"],
  unconfirmed: ["not sure", "nicht gesichert", "غير مؤكد"],
  unknown: ["not known", "nicht bekannt", "غير معروف"],
  AMB: ["outpatient", "ambulant", "عيادة خارجية"],
  EMER: ["emergency", "Notfall", "طوارئ"],
  HH: ["at home", "zu Hause", "في المنزل"],
  IMP: ["in hospital", "stationär", "في المستشفى"],
  VR: ["by phone or video", "Telefon oder Video", "هاتف أو فيديو"],
};

const INDEX: Readonly<Record<Language, 0 | 1 | 2>> = { en: 0, de: 1, ar: 2 };
const at = (names: Names, name: string): string | undefined =>
  Object.hasOwn(names, name) ? names[name]![INDEX[language.value]] : undefined;

const FILES: Names = {
  pdf: ["PDF document", "PDF-Dokument", "مستند PDF"],
  image: ["Picture", "Bild", "صورة"],
  text: ["Text", "Text", "نص"],
  unread: ["Record that could not be read", "Nicht lesbarer Eintrag", "سجل تعذرت قراءته"],
  other: ["File", "Datei", "ملف"],
};

/** The title of a resource that has none of its own. @param file of `fileOf` */
export function fallbackTitle(type: string, file: string | undefined): string {
  if (file === undefined) return typeName(type).text;
  const kind = /pdf/i.test(file) ? "pdf" : /^image\//i.test(file) ? "image" : /^text\//i.test(file) ? "text" : file;
  return at(FILES, kind) ?? at(FILES, "other")!;
}

export interface Name {
  text: string;
  /** it is made from the English name of the field */
  isEnglish: boolean;
}
const named = (names: Names, name: string): Name => {
  const known = at(names, name);
  return { text: known ?? spaced(name), isEnglish: known === undefined };
};

/** Of a resource type. */
export const typeName = (type: string): Name => named(TYPES, type);
/** Of a field; its data type at the end is left away. */
export const fieldName = (name: string): Name =>
  Object.hasOwn(FIELDS, name) ? named(FIELDS, name) : named(FIELDS, stemOf(name));
/** Of one of FHIR's own codes; undefined if it is not known. */
export const codeName = (code: string): string | undefined => at(CODES, code);
