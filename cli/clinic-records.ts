// symbolon clinic file, records, open: the records of a session.

import { extname } from "node:path";
import type { Clinic, RecordEntry } from "../client/clinic.ts";
import type { FhirEntry } from "../client/fhir/resource.ts";
import { CliError, type Command, EXIT, type Input, usageError } from "./command.ts";
import { atDesk, sessionOf } from "./desk.ts";
import { readFrom, writeNew } from "./files.ts";
import { columns, dateOf, progressBar, result } from "./output.ts";
import { CLINIC_OPTIONS } from "./settings.ts";

const FHIR_JSON = "application/fhir+json";
const KINDS: Readonly<Record<string, string>> = {
  ".json": FHIR_JSON,
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".dcm": "application/dicom",
  ".xml": "application/xml",
  ".txt": "text/plain",
};

function kindOf(input: Input, path: string): string {
  const kind = input.text("kind") ?? KINDS[extname(path).toLowerCase()];
  if (kind === undefined)
    throw usageError(`Nothing says what ${path} is. Give --kind, for example --kind ${FHIR_JSON}.`);
  return kind;
}

async function patientIn(path: string): Promise<FhirEntry> {
  const { readRecord } = await import("../client/fhir/record.ts");
  const patients = readRecord(await readFrom(path)).filter(({ resource }) => resource.resourceType === "Patient");
  if (patients.length !== 1)
    throw new CliError(EXIT.file, "bad-file", `${path} holds ${patients.length} Patients, and one is needed.`);
  return patients[0]!;
}

/** Prints the places that name the patient, as the SDK found them. */
function showFindings(error: unknown): never {
  const findings = (error as { findings?: { id: string; kind: string; fullUrl: string; path: string }[] }).findings;
  if ((error as { code?: string }).code !== "identity-found" || !findings) throw error;
  throw new CliError(
    EXIT.failed,
    "identity-found",
    `${findings.length} ${findings.length === 1 ? "place still names" : "places still name"} the patient, and nothing was sealed. Take them out, or repeat the command with --allow.`,
    findings.map(({ kind, fullUrl, path }) => `${kind}: ${fullUrl} at ${path}`),
  );
}

const file: Command = {
  path: "clinic file",
  summary: "Seals a file and files it in a session: FHIR, or a PDF, an image, a text.",
  about: [
    "In FHIR R4 JSON (a resource or a Bundle) the TID takes the patient's place, and the rest is searched for the patient's name",
    "and numbers. Nothing is sealed while such a place stands that --allow does not cover. Other files are sealed as they are.",
    "The content is sealed here, to the clinic, the patient and the trustees; the service stores what it cannot read.",
  ],
  operands: ["session", "file"],
  options: {
    kind: { type: "string", value: "TYPE", about: "media type, if the file's name does not tell" },
    patient: { type: "string", value: "FILE", about: "the visit's Patient, if the file does not hold it" },
    allow: { type: "boolean", about: "seal although places still name the patient" },
    "as-is": { type: "boolean", about: "seal FHIR unchanged and unsearched" },
    amend: {
      type: "string",
      value: "RECORD",
      about: "file it as a new version of this record, unchanged and unsearched",
    },
    ...CLINIC_OPTIONS,
  },
  examples: [
    ["clinic file K7MPQ-2XW9T-4HJRC visit.json", "a Bundle with its Patient"],
    ["clinic file K7MPQ-2XW9T-4HJRC result.json --patient patient.json", "one resource"],
    ["clinic file K7MPQ-2XW9T-4HJRC letter.pdf", "a letter"],
  ],
  async run(input) {
    const [name, path] = input.operands as [string, string];
    const kind = kindOf(input, path);
    const content = await readFrom(path);
    const patient = input.text("patient") === undefined ? undefined : await patientIn(input.text("patient")!);
    return atDesk(input, async (clinic) => {
      const session = await sessionOf(clinic, name);
      const target = input.text("amend");
      const about = { tid: session.tid, tagHash: session.tagHash, kind };
      if (target !== undefined || kind !== FHIR_JSON || input.has("as-is")) {
        const recordId =
          target === undefined
            ? await clinic.putRecord(session, content, { contentKind: kind })
            : await clinic.amend(session, target, content, kind);
        return result(input, { recordId, ...about, bytes: content.length, findings: [] }, () => `filed  ${recordId}`);
      }
      const { readRecord } = await import("../client/fhir/record.ts");
      const options = { ...(patient && { patient }), ...(input.has("allow") && { allow: () => true }) };
      const filed = await clinic.fileVisit(session, readRecord(content), options).catch(showFindings);
      const { recordId, findings, otherPeople, bytes } = filed;
      const n = otherPeople.length;
      const remarks =
        n === 0 ? [] : [`${n} other ${n === 1 ? "person is" : "people are"} named in it, and sealed as they are.`];
      return result(input, { recordId, ...about, bytes, findings, otherPeople }, () => `filed  ${recordId}`, remarks);
    });
  },
};

const recordJson = ({ recordId, tagHash, state, contentKind, day, manifest, amends, movedTo }: RecordEntry) => ({
  recordId,
  tagHash,
  state,
  kind: contentKind,
  day: dateOf(day),
  sealedBytes: manifest.size,
  ...(amends === undefined ? {} : { amends }),
  ...(movedTo === undefined ? {} : { movedTo }),
});

const recordsOf = async (clinic: Clinic, session: string | undefined): Promise<RecordEntry[]> =>
  session === undefined ? clinic.list() : clinic.records(await sessionOf(clinic, session));

const records: Command = {
  path: "clinic records",
  summary: "Lists the records of a session, or of the whole clinic.",
  about: ["Each session's chain of signed statements is checked here: a record that the service left out would show."],
  operands: ["[session]"],
  options: CLINIC_OPTIONS,
  examples: [
    ["clinic records K7MPQ-2XW9T-4HJRC", "one session"],
    ["clinic records --json", "all sessions, for a program"],
  ],
  async run(input) {
    return atDesk(input, async (clinic) => {
      const all = await recordsOf(clinic, input.operands[0]);
      const rows = all.map(recordJson);
      const lines = (): string[] => columns(rows.map((r) => [r.recordId, r.state, r.day, r.kind]));
      return result(input, rows, lines, rows.length === 0 ? ["There is no record yet."] : []);
    });
  },
};

const open: Command = {
  path: "clinic open",
  summary: "Opens a record of this clinic.",
  about: [
    "Prints the content, or writes it to a new file with the mode 600. The blob must be the one that this clinic signed.",
  ],
  operands: ["record"],
  options: {
    out: { type: "string", value: "FILE", about: "write the content to this new file" },
    session: { type: "string", value: "SESSION", about: "the record's session; then only its list is read" },
    ...CLINIC_OPTIONS,
  },
  examples: [
    ["clinic open 5f0c0d6a2b7e4f1c9a8b3d2e1f0a9b8c", "print a FHIR record"],
    ["clinic open 5f0c0d6a2b7e4f1c9a8b3d2e1f0a9b8c --out letter.pdf", "write a PDF to a file"],
  ],
  async run(input) {
    return atDesk(input, async (clinic) => {
      const bar = progressBar(input, "opening");
      bar.update(0, 2);
      const id = input.operands[0]!;
      const entry = (await recordsOf(clinic, input.text("session"))).find((r) => r.recordId === id);
      bar.update(1, 2);
      const content = await clinic.open(entry ?? id).finally(() => bar.end());
      const out = input.text("out");
      if (out !== undefined) await writeNew(out, content);
      const about = { recordId: id, kind: entry?.contentKind, bytes: content.length };
      if (out !== undefined)
        return result(input, { ...about, out }, () => [], [`${content.length} bytes written to ${out}`]);
      if (input.has("json"))
        return result(input, { ...about, content: Buffer.from(content).toString("base64") }, () => []);
      process.stdout.write(content);
      return EXIT.ok;
    });
  },
};

export const RECORD_COMMANDS: readonly Command[] = [file, records, open];
