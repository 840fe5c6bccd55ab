// The worker's methods for the records of a visit: list, open, file, amend, withdraw. Resources from a form or a file pass the
// search for the patient's identity; a finding comes back as a place in the text, for a person to decide.

import {
  type FhirEntry,
  type FhirResource,
  IdentityFoundError,
  type Json,
  type JsonObject,
  parseJson,
  prepareVisit,
  type RecordState,
  readContent,
  readRecord,
  type VisitOptions,
} from "../../../client/index.ts";
import { type FormKind, type FormValues, resourceOf, valuesOf } from "../forms.ts";
import { clinic } from "./held.ts";
import { sessionOf } from "./reception.ts";

export interface RecordView {
  recordId: string;
  state: RecordState;
  contentKind: string;
  /** days since 1970-01-01 */
  day: number;
  amends: string | undefined;
}

/** An opened record. FHIR as plain JSON; any other content as bytes. */
export type OpenedView =
  | { kind: "fhir"; resources: FhirResource[]; form: { kind: FormKind; values: FormValues } | undefined }
  | { kind: "file"; contentKind: string; bytes: Uint8Array<ArrayBuffer> }
  | { kind: "unreadable"; reason: string };

/** A place that may name the patient. */
export interface Finding {
  id: string;
  kind: string;
  path: string;
  /** the text that stands there */
  text: string;
}
export type Filed = { recordId: string; findings?: undefined } | { findings: Finding[]; recordId?: undefined };

export interface FileOptions {
  /** the name of the patient, if the clinic knows it: the text is searched for it, and it is not kept */
  name?: string;
  /** ids of findings that may stay */
  allow?: string[];
  /** the record that this one amends */
  amends?: string;
}

/** The text at a FHIRPath-like place, such as "note[0].text". */
function textAt(resource: Json, path: string): string {
  let at: Json | undefined = resource;
  for (const part of path.match(/[^.[\]]+/g) ?? [])
    at = Array.isArray(at)
      ? at[Number(part)]
      : typeof at === "object" && at !== null
        ? (at as JsonObject)[part]
        : undefined;
  return typeof at === "string" ? at : "";
}

/** A Patient that says who the resources are about, and whose name to search for. It is not filed. */
function patientOf(fullUrl: string, name: string): FhirEntry {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const resource: FhirResource = { resourceType: "Patient" };
  if (words.length > 0) resource.name = [{ family: words.at(-1)!, given: words.slice(0, -1) }];
  return { fullUrl, resource };
}

/** Files entries, or tells where they name the patient. */
async function fileEntries(
  tagHash: string,
  entries: readonly FhirEntry[],
  patient: FhirEntry | undefined,
  { allow = [], amends }: FileOptions,
): Promise<Filed> {
  const session = await sessionOf(tagHash);
  const options: VisitOptions = { allow, ...(patient && { patient }) };
  try {
    if (amends === undefined) return { recordId: (await clinic().fileVisit(session, entries, options)).recordId };
    const { content } = prepareVisit(entries, session.tid, options);
    return { recordId: await clinic().amend(session, amends, new TextEncoder().encode(content)) };
  } catch (error) {
    if (!(error instanceof IdentityFoundError)) throw error;
    const resourceAt = (fullUrl: string) => entries.find((entry) => entry.fullUrl === fullUrl)?.resource ?? null;
    return {
      findings: error.findings.map(({ id, kind, path, fullUrl }) => ({
        id,
        kind,
        path,
        text: textAt(resourceAt(fullUrl), path),
      })),
    };
  }
}

export const recordsApi = {
  async records(tagHash: string): Promise<RecordView[]> {
    const entries = await clinic().records({ tagHash });
    return entries.map(({ recordId, state, contentKind, day, amends }) => ({
      recordId,
      state,
      contentKind,
      day,
      amends,
    }));
  },

  async openRecord(tagHash: string, recordId: string): Promise<OpenedView> {
    const entry = (await clinic().records({ tagHash })).find((one) => one.recordId === recordId);
    const bytes = await clinic().open(entry ?? recordId);
    const contentKind = entry?.contentKind ?? "application/fhir+json";
    const content = readContent(bytes, contentKind);
    if (content.readable) {
      const resources = content.entries.map(({ resource }) => resource);
      const first = resources.length === 1 ? valuesOf(resources[0]!) : undefined;
      return { kind: "fhir", resources, form: first };
    }
    if (content.wrong) return { kind: "unreadable", reason: content.reason };
    return { kind: "file", contentKind, bytes: new Uint8Array(bytes) };
  },

  /** A record from a form. */
  async fileForm(tagHash: string, kind: FormKind, values: FormValues, options: FileOptions = {}): Promise<Filed> {
    const subject = `urn:uuid:${crypto.randomUUID()}`;
    const fullUrl = `urn:uuid:${crypto.randomUUID()}`;
    const resource = resourceOf(kind, values, { subject, at: new Date() });
    return fileEntries(tagHash, [{ fullUrl, resource }], patientOf(subject, options.name ?? ""), options);
  },

  /** FHIR JSON: a Bundle or one resource. @throws FhirInputError */
  async fileFhir(tagHash: string, text: string, options: FileOptions = {}): Promise<Filed> {
    parseJson(text);
    const entries = readRecord(text);
    return fileEntries(tagHash, entries, undefined, options);
  },

  /** Any other file, as it is. Nobody has searched it for names. */
  async fileBytes(tagHash: string, contentKind: string, bytes: Uint8Array): Promise<Filed> {
    return { recordId: await clinic().putRecord(await sessionOf(tagHash), bytes, { contentKind }) };
  },

  async withdraw(tagHash: string, recordId: string): Promise<void> {
    await clinic().withdraw({ tagHash }, recordId);
  },
};
