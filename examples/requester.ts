// An emergency: a clinician asks for the records of a patient of whom only a check-in is known. A quorum of officers must
// approve; the log tells the patient of it.
//
//   SYMBOLON_DEPLOYMENT=deployment.json SYMBOLON_REQUESTER=requester.json node requester.ts check-in.bin
//
// requester.json holds the keys (hex) and the registrar's certificate over them (base64url).

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { epochOf, readCheckIn } from "symbolon/protocol";
import { type Deployment, Requester, type RequesterKeys, systemTransport } from "symbolon/requester";

const [file = "check-in.bin"] = process.argv.slice(2);
const read = <T>(variable: string): T => JSON.parse(readFileSync(process.env[variable] ?? "", "utf8"));
const bytes = (text: string, encoding: "hex" | "base64url" = "hex") => Uint8Array.from(Buffer.from(text, encoding));

type Kept = Record<"signSecretKey" | "signPublicKey" | "sealSecretKey" | "sealPublicKey" | "certificate", string>;
const kept = read<Kept>("SYMBOLON_REQUESTER");
const keys: RequesterKeys = {
  signSecretKey: bytes(kept.signSecretKey),
  signPublicKey: bytes(kept.signPublicKey),
  seal: { secretKey: bytes(kept.sealSecretKey), publicKey: bytes(kept.sealPublicKey) },
};
const certificate = bytes(kept.certificate, "base64url");
const transport = systemTransport();
const requester = new Requester(transport, read<Deployment>("SYMBOLON_DEPLOYMENT"), keys, certificate);

const checkIn = new Uint8Array(readFileSync(file));
const { epoch } = readCheckIn(checkIn);
const order = await requester.order({
  kind: "link",
  purpose: "unconscious patient in the emergency room",
  legalGround: "GDPR Article 9(2)(c)",
  epochs: { from: epoch, to: epochOf(transport.now()) },
  emergency: true,
  subject: { checkIn },
});
let status = await requester.submit(order); // a real program keeps saveOrder(order)
console.log(JSON.stringify({ needed: status.needed }));
for (; !status.set; status = await requester.status(order)) await pause(500);

for await (const fetched of requester.fetchRecords(requester.open(order))) {
  if (!fetched.ok) throw new Error(fetched.reason);
  console.log(JSON.stringify({ recordId: fetched.recordId, bytes: fetched.plaintext?.length }));
}
