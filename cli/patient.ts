// symbolon patient: a wallet without a screen. A vendor's tests check a fake patient in with it, and read the patient's report.
// It asks nobody whether to show an attribute or to confirm a record, so it is no wallet for people.

import type { Json } from "../client/fhir/resource.ts";
import type { Wallet } from "../client/wallet.ts";
import {
  CliError,
  type Command,
  EXIT,
  type ExitCode,
  type Group,
  type Input,
  type Options,
  usageError,
} from "./command.ts";
import { readFrom, writeNew } from "./files.ts";
import { columns, isoOf, note, print, progressBar, result } from "./output.ts";
import { DEPLOYMENT_OPTION, readDeployment, setting, transport } from "./settings.ts";

const WALLET_OPTIONS: Options = {
  wallet: { type: "string", value: "FILE", about: "the wallet's file (or SYMBOLON_WALLET)" },
  ...DEPLOYMENT_OPTION,
};

/** Opens the wallet of the file while no other process uses it. @param make whether a new wallet may be made */
async function withWallet<T>(input: Input, make: boolean, act: (wallet: Wallet) => Promise<T>): Promise<T> {
  const path = setting(input, "wallet", "SYMBOLON_WALLET");
  if (path === undefined) throw usageError("The wallet's file is missing. Give --wallet FILE, or set SYMBOLON_WALLET.");
  const deployment = await readDeployment(input);
  const { alone, MarkFile, WalletFile } = await import("./wallet-files.ts");
  const { Wallet } = await import("../client/wallet.ts");
  const store = new WalletFile(path);
  if (!make && (await store.load()) === undefined)
    throw new CliError(EXIT.file, "no-file", `There is no wallet ${path}. Run: symbolon patient enrol --code CODE`);
  const options = { transport: await transport(), deployment, store, deviceMark: new MarkFile(`${path}.mark`) };
  return alone(path, async () => act((await Wallet.open(options)) ?? (await Wallet.create(options))));
}

const enrol: Command = {
  path: "patient enrol",
  summary: "Makes a test wallet and enrols it with a code of the registrar's desk.",
  about: [
    "The code has the form ACCOUNT.CODE; npm start writes some to .symbolon/enrolment-codes.json. It serves once. The record is",
    "confirmed unread. FOR TESTS ONLY: the file holds the wallet's secrets, sealed by nothing but its mode 600.",
  ],
  options: {
    code: { type: "string", value: "CODE", about: "account and one-time code, with a dot between" },
    ...WALLET_OPTIONS,
  },
  examples: [["patient enrol --wallet ada.json --code 0f1e2d3c4b5a69788796a5b4c3d2e1f0.Zm9v", "a new fake patient"]],
  async run(input) {
    const [account, code, ...more] = (input.text("code") ?? "").split(".");
    if (!account || !code || more.length > 0)
      throw usageError("The code is missing. Give --code ACCOUNT.CODE, as the desk printed it.");
    return withWallet(input, true, async (wallet) => {
      const record = await wallet.startEnrolment(account, code);
      const { generation } = await wallet.confirmEnrolment(record);
      const { name, birthDate, warnings } = record;
      return result(
        input,
        { account, name, birthDate, phone: generation, warnings },
        () => `enrolled  ${name ?? ""}, born ${birthDate ?? "?"}`,
        warnings,
      );
    });
  },
};

const refresh: Command = {
  path: "patient refresh",
  summary: "Fetches this month's pass.",
  about: [
    "A test wallet also does so by itself when it checks in. A real wallet never does, because the registrar would see the visit.",
  ],
  options: WALLET_OPTIONS,
  examples: [["patient refresh", "at the start of a month"]],
  run: (input) =>
    withWallet(input, false, async (wallet) => {
      await wallet.refresh();
      const { pass } = wallet.overview();
      return result(input, pass, () => "The pass is of this month.");
    }),
};

/** The text of the invitation: the operand itself, or standard input for "-". */
async function invitationText(operand: string): Promise<string> {
  return operand === "-" ? new TextDecoder().decode(await readFrom("-")).trim() : operand;
}

const checkIn: Command = {
  path: "patient check-in",
  summary: "Checks in at a clinic: answers its challenge and opens a session.",
  about: [
    "CHALLENGE is the text of symbolon clinic challenge, or - for standard input. The wallet shows whatever the clinic asks for.",
    "With --offline it sends nothing and prints the check-in, for symbolon clinic offline take. Then the challenge must hold the",
    "clinic's card: symbolon clinic challenge --with-card",
  ],
  operands: ["challenge"],
  options: { offline: { type: "boolean", about: "print the check-in, and ask nobody" }, ...WALLET_OPTIONS },
  examples: [
    ["patient check-in SYMBOLON:AEAAAA...", "the text of a QR code"],
    [
      "clinic challenge --with-card | symbolon patient check-in --offline - | symbolon clinic offline take -",
      "a visit without network",
    ],
  ],
  async run(input) {
    const text = await invitationText(input.operands[0]!);
    const { formatTid } = await import("../protocol/tid.ts");
    return withWallet(input, false, async (wallet) => {
      const offline = input.has("offline");
      if (offline) await needCard(text);
      else if (wallet.overview().pass.stale) await wallet.refresh();
      const offer = await wallet.readInvitation(text);
      const shown = {
        service: offer.service.name,
        shows: offer.shows,
        warnings: offer.warnings,
        slotsLeft: offer.slotsLeft - 1,
      };
      if (offline) {
        const { tid, tagHash, checkIn: bytes } = await wallet.handOver(offer);
        const encoded = Buffer.from(bytes).toString("base64url");
        return result(input, { tid, tagHash, ...shown, checkIn: encoded }, () => encoded);
      }
      const { tid, tagHash, receipt } = await wallet.checkIn(offer);
      return result(input, { tid, tagHash, ...shown, openedAt: isoOf(receipt.openedAt) }, () => [
        `checked in  ${formatTid(tid)}  at ${offer.service.name}`,
        ...offer.shows.map(({ attribute, value }) => `shown       ${attribute}: ${value}`),
        `tag hash    ${tagHash}`,
      ]);
    });
  },
};

/** Without the card in the text, the wallet would ask the service for it. @throws CliError */
async function needCard(text: string): Promise<void> {
  const { readInvitationText } = await import("../client/shared/invitation.ts");
  if (!readInvitationText(text).card)
    throw new CliError(
      EXIT.failed,
      "no-card",
      "This challenge holds no card, and a wallet without network cannot fetch it. Use: symbolon clinic challenge --with-card",
    );
}

const report: Command = {
  path: "patient report",
  summary: "Writes the patient's own report: all records of all clinics as one FHIR document.",
  about: ["It ends with 5 if a service handed out something that does not verify; the report then names it."],
  options: { out: { type: "string", value: "FILE", about: "write it to this new file" }, ...WALLET_OPTIONS },
  examples: [
    ["patient report --out report.json", "write the report to a file"],
    ["patient report | grep Observation", "look for a resource"],
  ],
  run: (input): Promise<ExitCode> =>
    withWallet(input, false, async (wallet) => {
      const bar = progressBar(input, "reading clinics");
      const own = await wallet.records(bar.update).finally(bar.end);
      const { writeJson } = await import("../client/fhir/json.ts");
      const bundle = writeJson((await wallet.report(own)) as unknown as Json);
      const out = input.text("out");
      if (out !== undefined) await writeNew(out, `${bundle}\n`);
      const faults = own.faults.map(({ serviceName, recordId, reason }) => ({ serviceName, recordId, reason }));
      if (out === undefined) print(bundle);
      else
        result(
          input,
          { out, records: own.records.length, faults },
          () => `${own.records.length} records written to ${out}`,
        );
      for (const { serviceName, reason } of faults) note(`${serviceName}: ${reason}`);
      return faults.length === 0 ? EXIT.ok : EXIT.unproven;
    }),
};

const show: Command = {
  path: "patient show",
  summary: "Shows the wallet's visits, its pass and its warnings.",
  options: WALLET_OPTIONS,
  examples: [["patient show --json", "everything that a screen may show; no secret"]],
  async run(input) {
    const { formatTid } = await import("../protocol/tid.ts");
    return withWallet(input, false, async (wallet) => {
      const overview = wallet.overview();
      const { enrolled, account, pass, warnings, sessions, copied } = overview;
      const visits = sessions.map(({ tid, tagHash, serviceName, state, epoch, shown }) => ({
        tid,
        tagHash,
        serviceName,
        state,
        epoch,
        shown,
      }));
      return result(input, { enrolled, copied, account, pass, warnings, visits }, () => [
        enrolled ? `enrolled as account ${account}` : "not enrolled",
        ...columns(visits.map((v) => [formatTid(v.tid), v.state, v.serviceName])),
        ...warnings,
      ]);
    });
  },
};

/** A session of the wallet, by TID or tag hash. @throws CliError */
async function visitOf(wallet: Wallet, name: string): Promise<string> {
  const { parseTid } = await import("../protocol/tid.ts");
  const typed = name.replace(/[\s-]/g, "").toUpperCase();
  const session = wallet.sessions.find(({ tid, tagHash }) => tagHash === name || parseTid(tid) === typed);
  if (!session)
    throw new CliError(EXIT.failed, "no-such-session", `This wallet has no visit ${name}. See: symbolon patient show`);
  return session.tagHash;
}

const send: Command = {
  path: "patient send",
  summary: "Sends the clinic a message in a visit's sealed channel.",
  operands: ["session", "text"],
  options: WALLET_OPTIONS,
  examples: [['patient send K7MPQ-2XW9T-4HJRC "I am in the waiting room"', "a message to the clinic"]],
  run: (input) =>
    withWallet(input, false, async (wallet) => {
      const tagHash = await visitOf(wallet, input.operands[0]!);
      await wallet.send(tagHash, new TextEncoder().encode(input.operands[1]!));
      return result(input, { tagHash, sent: true }, () => "sent");
    }),
};

const receive: Command = {
  path: "patient receive",
  summary: "Prints the clinic's new messages of a visit.",
  operands: ["session"],
  options: WALLET_OPTIONS,
  examples: [["patient receive K7MPQ-2XW9T-4HJRC", "one message per line"]],
  run: (input) =>
    withWallet(input, false, async (wallet) => {
      const messages = await wallet.receive(await visitOf(wallet, input.operands[0]!));
      const texts = messages.map((message) => new TextDecoder().decode(message));
      return result(input, texts, () => texts);
    }),
};

export const group: Group = {
  path: "patient",
  summary: "A wallet without a screen, FOR TESTS ONLY.",
  about: [
    "It shows whatever a clinic asks for and confirms every record unread. Its file holds the wallet's secrets, sealed by nothing",
    "but its mode 600. Keep the file together with its .mark file.",
  ],
  commands: [enrol, refresh, checkIn, report, show, send, receive],
};
