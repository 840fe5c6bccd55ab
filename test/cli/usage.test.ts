// The CLI without a system: usage errors, files, exit codes and help. Every error is one plain line, with the way out.

import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXIT, type Group, parse } from "../../cli/command.ts";
import { failureOf } from "../../cli/failures.ts";
import { GROUPS } from "../../cli/groups.ts";
import { commandHelp } from "../../cli/help.ts";
import { distance, nearest } from "../../cli/nearest.ts";
import { ERROR_SENTENCES, SymbolonError } from "../../client/errors.ts";
import { cliPage } from "../../scripts/cli-docs.ts";
import { type Ended, symbolon, temporary } from "./child.ts";

const temp = temporary();
const at = (name: string): string => join(temp, name);
const NOWHERE = "http://127.0.0.1:9";
const HEX = "00".repeat(32);
const deployment = {
  registrarUrl: NOWHERE,
  serviceUrl: NOWHERE,
  escrowUrl: NOWHERE,
  logUrl: NOWHERE,
  trusteeUrls: [],
  trusteeKeys: [],
  witnessVkeys: [],
  registrarKey: HEX,
  logVkey: "log+0+AA==",
  serviceWorkerKey: HEX,
};
const SYMBOLON_DEPLOYMENT = JSON.stringify(deployment);

async function groups(): Promise<Group[]> {
  const all = Object.values(GROUPS).flatMap((entry) => ("load" in entry ? [entry.load()] : []));
  return (await Promise.all(all)).map(({ group }) => group);
}

/** One plain line on standard error, and nothing on standard output. */
function expectRefusal({ code, stdout, stderr }: Ended, exit: number, text: string): void {
  expect(stderr).toContain(text);
  expect(code).toBe(exit);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(/^symbolon: /);
  expect(stderr).not.toMatch(/\n\s+at |\.ts:\d/);
}

it("prints version and help, and ends with 2 if nothing was asked", async () => {
  const [version, help, nothing, group, empty, part, command] = await Promise.all(
    [
      ["--version"],
      ["--help"],
      [],
      ["clinic", "--help"],
      ["clinic"],
      ["clinic", "offline", "--help"],
      ["clinic", "file", "--help"],
    ].map((args) => symbolon(args)),
  );
  const { version: expected } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(version).toEqual({ code: 0, stdout: `${expected}\n`, stderr: "" });
  expect(help!.code).toBe(0);
  for (const [code, meaning] of [
    [0, "done"],
    [2, "command line"],
    [3, "try again"],
  ] as const)
    expect(help!.stdout).toMatch(new RegExp(`^ +${code}  .*${meaning}`, "m"));
  expect(nothing).toEqual({ ...help, code: 2 });
  expect(group!.stdout).toContain("challenge");
  expect(empty).toEqual({ ...group, code: 2 });
  expect(part!.stdout).toContain("settle");
  expect(command!.stdout).toContain("symbolon clinic file SESSION FILE [options]");
});

it("has a summary, an example that parses, and a help text for every command", async () => {
  const commands = (await groups()).flatMap((g) => g.commands);
  expect(commands.length).toBeGreaterThan(20);
  expect(new Set(commands.map((c) => c.path)).size).toBe(commands.length);
  for (const command of commands) {
    expect(command.summary, command.path).toMatch(/^[A-Z].*\.$/);
    expect(command.examples.length, command.path).toBeGreaterThan(0);
    for (const [line] of command.examples) {
      const own = line
        .split(" | ")
        .map((part) => part.replace(/^symbolon /, ""))
        .find((part) => part.startsWith(command.path));
      const words = own!.match(/"[^"]*"|\S+/g)!.map((word) => word.replace(/^"|"$/g, ""));
      expect(() => parse(command, words.slice(command.path.split(" ").length)), line).not.toThrow();
    }
    for (const text of commandHelp(command).split("\n")) expect(text.length, text).toBeLessThanOrEqual(150);
  }
});

it.each([
  [["clnic"], "Did you mean: symbolon clinic"],
  [["banana"], "See: symbolon --help"],
  [["clinic", "chalenge"], "Did you mean: symbolon clinic challenge"],
  [["clinic", "offline", "setle"], "Did you mean: symbolon clinic offline settle"],
  [["clinic", "challenge", "--jsn"], "Did you mean --json?"],
  [["clinic", "challenge", "now"], '"now" is one argument too many'],
  [["clinic", "file", "TID"], "FILE is missing"],
  [["clinic", "sessions", "--month", "november"], "YYYY-MM"],
  [["clinic", "init", "--keys", "x.json"], "name is missing"],
  [["clinic", "init", "--name", "A", "--require", "coverage"], "ATTRIBUTE=VALUE"],
  [["clinic", "init", "--name", "A", "--max-stale", "soon"], "from 0 to 255"],
  [["clinic", "init", "--name"], "--name needs a value"],
  [["clinic", "challenge"], "The deployment file is missing"],
  [["clinic", "challenge", "--json=yes"], "--json takes no value"],
  [["patient", "enrol", "--wallet", "w", "--code", "half"], "--code ACCOUNT.CODE"],
  [["patient", "show"], "SYMBOLON_WALLET"],
] as const)("refuses %j as a usage error", async (args, text) => {
  expectRefusal(await symbolon(args), EXIT.usage, text);
});

it("writes keys that only this user reads, once, and refuses a file that others can read", async () => {
  const keys = at("harbour.json");
  const init = ["clinic", "init", "--name", "Harbour", "--keys", keys];
  const made = await symbolon([...init, "--json"]);
  expect(made.code).toBe(0);
  expect(statSync(keys).mode & 0o777).toBe(0o600);
  const { serviceId, card } = JSON.parse(made.stdout) as { serviceId: string; card: string };
  expect(serviceId).toMatch(/^[0-9a-f]{32}$/);
  const before = readFileSync(keys, "utf8");
  expectRefusal(await symbolon(init), EXIT.file, "there already");
  expect(readFileSync(keys, "utf8")).toBe(before);

  const showCard = ["clinic", "register", "--card", "--keys", keys];
  expect((await symbolon(showCard)).stdout.trim()).toBe(card); // control
  chmodSync(keys, 0o640);
  expectRefusal(await symbolon(showCard), EXIT.file, `chmod 600 ${keys}`);
  chmodSync(keys, 0o600);
  // the environment may hold the keys themselves
  const inline = await symbolon(["clinic", "register", "--card"], { env: { SYMBOLON_KEYS: before } });
  expect(inline.stdout.trim()).toBe(card);
  expectRefusal(await symbolon(init.slice(0, 4), { env: { SYMBOLON_KEYS: before } }), EXIT.usage, "holds keys already");
});

it("names the file that is missing, wrong or a directory", async () => {
  const keys = at("keys.json");
  await symbolon(["clinic", "init", "--name", "K", "--keys", keys]);
  writeFileSync(at("wrong.json"), "{}", { mode: 0o600 });
  writeFileSync(at("admin.key"), "zz\n", { mode: 0o600 });
  const env = { SYMBOLON_DEPLOYMENT, SYMBOLON_KEYS: keys };
  const [missing, wrong, directory, badDeployment, badAdmin, noWallet] = await Promise.all([
    symbolon(["clinic", "token", "--keys", at("none.json")], { env }),
    symbolon(["clinic", "token", "--keys", at("wrong.json")], { env }),
    symbolon(["clinic", "verify", temp], { env }),
    symbolon(["clinic", "token", "--deployment", at("wrong.json")], { env }),
    symbolon(["clinic", "register", "--admin-key", at("admin.key")], { env }),
    symbolon(["patient", "show", "--wallet", at("nobody.json")], { env }),
  ]);
  expectRefusal(missing!, EXIT.file, "does not exist");
  expectRefusal(wrong!, EXIT.file, "is not a clinic's key file");
  expectRefusal(directory!, EXIT.file, "is a directory");
  expectRefusal(badDeployment!, EXIT.file, "is not a deployment file");
  expectRefusal(badAdmin!, EXIT.file, "not 32 bytes in hex");
  expectRefusal(noWallet!, EXIT.file, "symbolon patient enrol");
  expect(readdirSync(temp).filter((name) => name.includes("nobody"))).toEqual([]);
});

it("ends with 3 if no role answers, and tells programs in JSON", async () => {
  const keys = at("lonely.json");
  await symbolon(["clinic", "init", "--name", "L", "--keys", keys]);
  const env = { SYMBOLON_DEPLOYMENT, SYMBOLON_KEYS: keys };
  const [text, json, challenge] = await Promise.all([
    symbolon(["clinic", "token"], { env }),
    symbolon(["clinic", "token", "--json"], { env }),
    symbolon(["clinic", "challenge"], { env }),
  ]);
  expectRefusal(text!, EXIT.unreachable, "Check that the system runs");
  expectRefusal(challenge!, EXIT.unreachable, "could not be reached");
  expect(json!.code).toBe(EXIT.unreachable);
  expect(JSON.parse(json!.stderr)).toMatchObject({ error: { code: "unreachable", exit: 3 } });
  expect(existsSync(at("lonely.state"))).toBe(false);
});

it("gives every error of the SDK one line, and an exit code by its kind", () => {
  for (const code of Object.keys(ERROR_SENTENCES)) {
    const { message, exit } = failureOf(new SymbolonError(code as keyof typeof ERROR_SENTENCES, "a\nb"));
    expect(message).not.toContain("\n");
    expect(message.length).toBeGreaterThan(20);
    expect([EXIT.failed, EXIT.unreachable, EXIT.unproven]).toContain(exit);
  }
  expect(failureOf(new TypeError("x is not a function"))).toMatchObject({ exit: EXIT.failed, code: "internal" });
  expect(failureOf("thrown text")).toMatchObject({ exit: EXIT.failed });
});

it("has a page for every command, made from the help texts", async () => {
  expect(readFileSync("docs/CLI.md", "utf8")).toBe(await cliPage()); // if not: node scripts/cli-docs.ts
});

it("guesses the word that was meant, and nothing far-fetched", () => {
  expect(distance("chalenge", "challenge")).toBe(1);
  expect(distance("recrods", "records")).toBe(1);
  expect(distance("", "log")).toBe(3);
  expect(nearest("sesions", ["sessions", "settle"])).toBe("sessions");
  expect(nearest("chall", ["challenge", "file"])).toBe("challenge");
  expect(nearest("xyzzy", ["sessions", "settle", "file"])).toBeUndefined();
});
