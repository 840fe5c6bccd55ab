// Visits for tests of the records: a person enrols the wallet in the page, checks in at clinics in Node, and these file what a
// sample patient had, values with ranges, a PDF, a picture, and a resource of a kind that nobody knows.

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import {
  type Clinic,
  type ClinicSession,
  type FhirEntry,
  parseJson,
  readBundle,
  writeInvitation,
} from "../../client/index.ts";

const patients = new URL("../data/patients/", import.meta.url);
export const sofia = readBundle(
  readFileSync(new URL("Sofia_Koepp_bfdb7857-8339-498a-a86d-07a06d5eb443.json", patients)),
);

/** Enrols with the desk's code, locks with the passkey. */
export async function enrolInPage(page: Page, walletUrl: string, code: string): Promise<void> {
  await page.goto(`${walletUrl}/#e=${code}`);
  await page.locator(".button.primary").first().click();
  await page.locator("p.huge").waitFor();
  await page.locator(".reach .button.primary").click();
  await page.locator("nav.tabs").waitFor();
}

/** Checks in at the clinic. @returns the clinic's session */
export async function checkInPage(page: Page, walletUrl: string, clinic: Clinic): Promise<ClinicSession> {
  const known = new Set<string>();
  for await (const { tagHash } of clinic.eachSession()) known.add(tagHash);
  await page.goto("about:blank"); // so that the address is loaded, and not only its fragment changed
  await page.goto(`${walletUrl}/#v=${writeInvitation(await clinic.invitation())}`);
  const open = page.locator(".reach .button.primary");
  await open.click(); // opens with the passkey
  await page.locator("section.seen").waitFor();
  await open.click();
  await page.locator("svg.disc").first().waitFor();
  for await (const session of clinic.eachSession()) if (!known.has(session.tagHash)) return session;
  throw new Error("the clinic saw no check-in");
}

export const PDF = new TextEncoder().encode(
  "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n",
);
/** a picture of 8 by 8 points */
export const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"),
  (c) => c.charCodeAt(0),
);

const potassium = (id: string, day: string, value: string, more = ""): FhirEntry => ({
  fullUrl: `urn:uuid:${id}`,
  resource: parseJson(`{"resourceType":"Observation","id":"${id}","status":"final",
    "code":{"coding":[{"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},
    "effectiveDateTime":"${day}","valueQuantity":{"value":${value},"unit":"mmol/L"},
    "referenceRange":[{"low":{"value":3.5,"unit":"mmol/L"},"high":{"value":5.10,"unit":"mmol/L"}}]${more}}`) as never,
});
/** Three values of one kind: in the range, above it, and as written by another laboratory. */
export const POTASSIUM = [
  potassium("5d1b2d2e-0000-4000-8000-000000000001", "2024-02-03", "4.10"),
  potassium("5d1b2d2e-0000-4000-8000-000000000002", "2024-08-20", "5.60"),
  potassium("5d1b2d2e-0000-4000-8000-000000000003", "2025-03-11", "3.2"),
];
export const UNKNOWN: FhirEntry = {
  fullUrl: "urn:uuid:5d1b2d2e-0000-4000-8000-000000000004",
  resource: {
    resourceType: "BodyScanPlan",
    id: "5d1b2d2e-0000-4000-8000-000000000004",
    scanDepth: { value: 12, unit: "mm" },
    operatorHint: "Keep still <b>please</b>",
    innerParts: [{ partName: "knee", leftSide: true }],
  },
};
export const NOTE: FhirEntry = {
  fullUrl: "urn:uuid:5d1b2d2e-0000-4000-8000-000000000005",
  resource: {
    resourceType: "AllergyIntolerance",
    id: "5d1b2d2e-0000-4000-8000-000000000005",
    clinicalStatus: {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", code: "active" }],
    },
    criticality: "high",
    code: { text: "Penicillin" },
    patient: { reference: sofia.patient.fullUrl },
    recordedDate: "2024-02-03",
    reaction: [{ manifestation: [{ text: "Rash on both arms" }], severity: "moderate" }],
    note: [{ text: "Asked twice." }],
  },
};

/** Files the visits of the sample patient with these numbers, and these entries beside the first of them. */
export async function fileVisits(
  clinic: Clinic,
  session: ClinicSession,
  numbers: readonly number[],
  more: readonly FhirEntry[] = [],
): Promise<void> {
  const { patient, references, visits } = sofia;
  const options = { patient, references, allow: () => true };
  for (const [i, n] of numbers.entries())
    await clinic.fileVisit(session, [...visits[n]!.entries, ...(i === 0 ? more : [])], options);
}
