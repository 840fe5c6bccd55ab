// An officer of a trustee decides about the orders that wait. This one has a passkey in software, for a vendor's CI: nobody
// is asked. A real officer's page uses browserAuthenticator, shows `reviewed` to a person, and approves after that.
//
//   SYMBOLON_DEPLOYMENT=deployment.json SYMBOLON_ADMIN_KEY=admin.key node officer.ts TRUSTEE

import { readFileSync } from "node:fs";
import { type Deployment, Officer, SoftwarePasskey, systemTransport } from "symbolon/officer";
import { registerOfficer } from "symbolon/operator";

const read = (variable: string): string => readFileSync(process.env[variable] ?? "", "utf8").trim();

const transport = systemTransport();
const deployment: Deployment = JSON.parse(read("SYMBOLON_DEPLOYMENT"));
const trustee = Number(process.argv[2] ?? "1");
const trusteeUrl = deployment.trusteeUrls[trustee - 1] ?? "";

const { hostname, origin } = new URL(trusteeUrl);
const authenticator = await SoftwarePasskey.create({ rpId: hostname, origin });
const adminKey = Uint8Array.from(Buffer.from(read("SYMBOLON_ADMIN_KEY"), "hex"));
await registerOfficer(transport, trusteeUrl, adminKey, authenticator.registration);

const officer = new Officer({ transport, deployment, trustee, authenticator });
for (const waiting of await officer.inbox()) {
  const reviewed = await officer.review(waiting);
  console.log(JSON.stringify({ kind: reviewed.kind, purpose: reviewed.purpose, legalGround: reviewed.legalGround }));
  if (!waiting.decided) await officer.approve(reviewed, "life is in danger");
}
