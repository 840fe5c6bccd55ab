// A visit, as the patient's phone sees it: enrol once, check in, read the own report.
//
//   SYMBOLON_DEPLOYMENT=deployment.json node wallet.ts ACCOUNT ENROLMENT_CODE < invitation.json
//
// A real app keeps the wallet in a WalletStore of its own (the phone's keystore), and asks its owner before it confirms.

import { readFileSync } from "node:fs";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { MemoryDeviceMark, MemoryStore, systemTransport, Wallet } from "symbolon/wallet";

const [account = "", enrolmentCode = ""] = process.argv.slice(2);
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64url"));

const wallet = await Wallet.create({
  transport: systemTransport(),
  deployment: JSON.parse(readFileSync(process.env.SYMBOLON_DEPLOYMENT ?? "", "utf8")),
  store: new MemoryStore(),
  deviceMark: new MemoryDeviceMark(),
});
const person = await wallet.startEnrolment(account, enrolmentCode);
await wallet.confirmEnrolment(person); // after the owner has read name, birth date and selector

const invitation = (await json(process.stdin)) as { card: string; challenge: string };
const offer = await wallet.readInvitation({ card: bytes(invitation.card), challenge: bytes(invitation.challenge) });
const { tid } = await wallet.checkIn(offer); // after the owner has seen who asks, and for what

let own = await wallet.records();
for (; own.records.length === 0; own = await wallet.records()) await pause(500);
const report = await wallet.report(own);
console.log(JSON.stringify({ name: person.name, clinic: offer.service.name, shows: offer.shows, tid, report }));
