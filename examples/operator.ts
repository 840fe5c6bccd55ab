// The operator's desk: registers a clinic by its card, and a person whose identity was checked.
//
//   SYMBOLON_DEPLOYMENT=deployment.json SYMBOLON_ADMIN_KEY=admin.key node operator.ts < card.txt
//
// It prints the person's account and the code with which their wallet enrols once.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { type Deployment, Operator, systemTransport } from "symbolon/operator";

const read = (variable: string): string => readFileSync(process.env[variable] ?? "", "utf8").trim();

const deployment: Deployment = JSON.parse(read("SYMBOLON_DEPLOYMENT"));
const adminKey = Uint8Array.from(Buffer.from(read("SYMBOLON_ADMIN_KEY"), "hex"));
const operator = new Operator(systemTransport(), deployment, adminKey);

const card = Uint8Array.from(Buffer.from((await text(process.stdin)).trim(), "base64url"));
const serviceId = await operator.registerService(card);

const ada = {
  fullUrl: "urn:uuid:5b0d2f53-6f0c-4a53-9bd0-2d3c0ee0c1a1",
  resource: {
    resourceType: "Patient",
    id: "5b0d2f53-6f0c-4a53-9bd0-2d3c0ee0c1a1",
    name: [{ family: "Lovelace", given: ["Ada"] }],
    birthDate: "1985-12-10",
  },
};
const { account, enrolmentCode } = await operator.registerPerson(ada, "INS-0042", {
  coverage: "standard",
  age: "adult",
});
console.log(JSON.stringify({ serviceId, account, enrolmentCode }));
