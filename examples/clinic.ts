// A visit, as the clinic's software sees it: invite, verify the check-in, file a record. The clinic learns a temporary
// identity and no name.
//
//   SYMBOLON_DEPLOYMENT=deployment.json SYMBOLON_KEYS=clinic.json node clinic.ts
//
// It prints the invitation, which a real desk shows as a QR code, and later the session and the record.

import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Clinic, type ClinicKeys, type ClinicSession, type Deployment, systemTransport } from "symbolon/clinic";

const read = <T>(variable: string): T => JSON.parse(readFileSync(process.env[variable] ?? "", "utf8"));
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const clinic = new Clinic(
  systemTransport(),
  read<Deployment>("SYMBOLON_DEPLOYMENT"),
  read<ClinicKeys>("SYMBOLON_KEYS"),
);

const { card, challenge } = await clinic.invitation();
console.log(JSON.stringify({ card: base64url(card), challenge: base64url(challenge) }));

/** The session of the wallet that answered this challenge. Each one is verified here before it is given. */
async function answered(): Promise<ClinicSession> {
  for (;;) {
    for await (const session of clinic.eachSession())
      if (base64url(session.checkIn.challenge) === base64url(challenge)) return session;
    await pause(500);
  }
}
const session = await answered();

const { recordId } = await clinic.fileVisit(session, [
  {
    fullUrl: "urn:uuid:0b1c0f6e-5bd5-4a2c-8f8e-3a1f8c1e7d10",
    resource: {
      resourceType: "Observation",
      id: "0b1c0f6e-5bd5-4a2c-8f8e-3a1f8c1e7d10",
      status: "final",
      code: { coding: [{ system: "http://loinc.org", code: "8867-4", display: "Heart rate" }] },
      valueQuantity: { value: 72, unit: "/min", system: "http://unitsofmeasure.org", code: "/min" },
    },
  },
]);
if (process.env.CHECK_IN) writeFileSync(process.env.CHECK_IN, session.checkInBytes); // for verify-check-in.ts, requester.ts
console.log(JSON.stringify({ tid: session.tid, shown: session.shown, tagHash: session.tagHash, recordId }));
