// A clinic's first step: it makes its own keys, and gives its card to the operator. No one else ever has the keys.
//
//   SYMBOLON_KEYS=clinic.json node clinic-keys.ts "Harbour Clinic" > card.txt

import { writeFileSync } from "node:fs";
import { clinicCard, createClinicKeys } from "symbolon/clinic";

const [name = "Harbour Clinic"] = process.argv.slice(2);
const keys = await createClinicKeys(name, {
  required: [{ attribute: "coverage", accepted: ["standard", "extended"] }],
  maxStaleEpochs: 1,
});
writeFileSync(process.env.SYMBOLON_KEYS ?? "clinic.json", JSON.stringify(keys), { mode: 0o600, flag: "wx" });
console.log(Buffer.from(clinicCard(keys)).toString("base64url"));
