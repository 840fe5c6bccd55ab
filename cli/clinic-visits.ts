// symbolon clinic challenge, watch, sessions, verify: the clinic's side of a check-in.

import type { ClinicEvent } from "../client/clinic/events.ts";
import type { ClinicSession } from "../client/clinic.ts";
import { type Command, EXIT, usageError } from "./command.ts";
import { atDesk } from "./desk.ts";
import { readFrom } from "./files.ts";
import { columns, isoOf, print, result } from "./output.ts";
import { CLINIC_OPTIONS } from "./settings.ts";

const challenge: Command = {
  path: "clinic challenge",
  summary: "Makes a challenge, as a QR code for the patient's wallet.",
  about: [
    "On a terminal it shows a QR code. If the output goes to a program, it is the text of that code. Works without network",
    "once the clinic has the month's parameters. A patient without network needs the text with --with-card.",
  ],
  options: {
    text: { type: "boolean", about: "print the text of the QR code, also on a terminal" },
    "with-card": { type: "boolean", about: "put the clinic's card into the text; it is then too long for a QR code" },
    ...CLINIC_OPTIONS,
  },
  examples: [
    ["clinic challenge", "show a QR code at the desk"],
    ["clinic challenge --text | symbolon patient check-in -", "check a test patient in"],
    ["clinic challenge --json", "the challenge for a program, with its times"],
  ],
  async run(input) {
    return atDesk(input, async (clinic) => {
      const { writeInvitation } = await import("../client/shared/invitation.ts");
      const { Challenge, Signed } = await import("../protocol/documents.ts");
      const { card, challenge } = await clinic.invitation();
      const withCard = input.has("with-card");
      const invitation = writeInvitation(withCard ? { challenge, card } : { challenge });
      const { issuedAt, expiresAt } = Challenge.decode(Signed.decode(challenge).document);
      const times = { issuedAt: isoOf(issuedAt), expiresAt: isoOf(expiresAt) };
      const bytes = {
        challenge: Buffer.from(challenge).toString("base64url"),
        card: Buffer.from(card).toString("base64url"),
      };
      const plain = input.has("text") || withCard || process.stdout.isTTY !== true;
      if (plain || input.has("json")) return result(input, { invitation, ...times, ...bytes }, () => invitation);
      const { qrInTerminal } = await import("./qr.ts");
      print(await qrInTerminal(invitation));
      print(`${clinic.keys.name}\nGood until ${times.expiresAt}`);
      return EXIT.ok;
    });
  },
};

/** A session for people. */
const sessionRow = (
  { tid, challengedAt, shown, tagHash }: ClinicSession,
  formatTid: (tid: string) => string,
): string[] => [
  formatTid(tid),
  isoOf(challengedAt).slice(0, 10),
  Object.entries(shown)
    .map(([attribute, value]) => `${attribute}: ${value}`)
    .join(", "),
  tagHash,
];
const sessionJson = (
  { tid, tagHash, epoch, challengedAt, shown, credentialEpoch }: ClinicSession,
  name: (e: number) => string,
) => ({
  tid,
  tagHash,
  month: name(epoch),
  challengedAt: isoOf(challengedAt),
  passMonth: name(credentialEpoch),
  shown,
});

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
function epochOfMonth(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, year, month] = MONTH.exec(text) ?? [];
  if (year === undefined) throw usageError(`--month ${JSON.stringify(text)} is not of the form YYYY-MM.`);
  return (Number(year) - 1970) * 12 + Number(month) - 1;
}

const sessions: Command = {
  path: "clinic sessions",
  summary: "Lists the clinic's sessions, each verified here.",
  about: ["The order says nothing about time: the service keeps none."],
  options: {
    month: { type: "string", value: "YYYY-MM", about: "only the sessions of this month" },
    ...CLINIC_OPTIONS,
  },
  examples: [
    ["clinic sessions", "every session: TID, day of the visit, attributes shown, tag hash"],
    ["clinic sessions --month 2026-11 --json", "one JSON array for a program"],
  ],
  async run(input) {
    const epoch = epochOfMonth(input.text("month"));
    const { formatTid } = await import("../protocol/tid.ts");
    const { epochName } = await import("../protocol/epoch.ts");
    return atDesk(input, async (clinic) => {
      const all: ClinicSession[] = [];
      for await (const session of clinic.eachSession(epoch)) all.push(session);
      return result(
        input,
        all.map((s) => sessionJson(s, epochName)),
        () => columns(all.map((s) => sessionRow(s, formatTid))),
        all.length === 0 ? ["There is no session yet."] : [],
      );
    });
  },
};

const eventLine = (event: ClinicEvent): string =>
  event.type === "case"
    ? `${event.day}  case      ${event.caseId}  ${event.state}`
    : `${event.day}  ${event.type.padEnd(8)}  ${event.tagHash}`;

const watch: Command = {
  path: "clinic watch",
  summary: "Prints check-ins, messages and cases as they happen.",
  about: [
    "One line per event, until Ctrl-C. With --json each line is one JSON object with a cursor; give the last cursor to --after",
    "and nothing is missed. Every event comes at least once.",
  ],
  options: {
    after: { type: "string", value: "CURSOR", about: "begin after this event" },
    once: { type: "boolean", about: "end after the first event" },
    ...CLINIC_OPTIONS,
  },
  examples: [
    ["clinic watch", "watch the desk"],
    ["clinic watch --json --after 20785", "go on where a program stopped"],
  ],
  async run(input) {
    const stop = new AbortController();
    process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
    const after = input.text("after");
    return atDesk(input, async (clinic) => {
      for await (const event of clinic.events({ ...(after !== undefined && { after }), signal: stop.signal })) {
        print(input.has("json") ? JSON.stringify(event) : eventLine(event));
        if (input.has("once")) break;
      }
      return EXIT.ok;
    });
  },
};

const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** The bytes of a CheckIn: as they are, or as base64url text. */
export function checkInOf(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content).toString("latin1").trim();
  return BASE64URL.test(text) ? Buffer.from(text, "base64url") : content;
}

const verify: Command = {
  path: "clinic verify",
  summary: "Verifies a check-in without asking the service.",
  about: [
    "Reads a check-in in base64url or in octets, and says whether it answers a challenge of this clinic and whom it admits.",
    "It cannot say whether the check-in was used before: symbolon clinic offline take does, for this clinic. It asks the",
    "network only if this clinic has never seen the parameters of that month.",
  ],
  operands: ["check-in file"],
  options: CLINIC_OPTIONS,
  examples: [
    ["clinic verify check-in.txt", "a check-in that a patient handed over"],
    ["patient check-in --offline - | symbolon clinic verify -", "the same from a pipe"],
  ],
  async run(input) {
    const bytes = checkInOf(await readFrom(input.operands[0]!));
    const { formatTid } = await import("../protocol/tid.ts");
    const { epochName } = await import("../protocol/epoch.ts");
    return atDesk(input, async (clinic) => {
      const session = await clinic.verify(bytes);
      return result(input, { verified: true, ...sessionJson(session, epochName) }, () => [
        `verified    ${formatTid(session.tid)}`,
        `challenge   ${isoOf(session.challengedAt)}`,
        ...Object.entries(session.shown).map(([attribute, value]) => `shows       ${attribute}: ${value}`),
        `tag hash    ${session.tagHash}`,
      ]);
    });
  },
};

export const VISIT_COMMANDS: readonly Command[] = [challenge, watch, sessions, verify];
