// Runs docs/QUICKSTART.md as a reader does: every command of the page, in its order, in as many terminals as it names. Only the
// directory of the state and the ports differ, so that it does not meet the reader's own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { START_PORTS } from "../../local/apps.ts";
import { freeRange } from "../support/ports.ts";

const ROOT = join(import.meta.dirname, "../..");
const READY_MS = 180_000;

interface Block {
  /** of a process that stays; undefined for the reader's own shell */
  terminal: string | undefined;
  /** what such a process prints when it is ready */
  until: string | undefined;
  commands: string;
}

const blocksOf = (page: string): Block[] =>
  [...page.matchAll(/^```sh([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info, commands]) => ({
    terminal: /terminal=(\w+)/.exec(info!)?.[1],
    until: /until="([^"]+)"/.exec(info!)?.[1],
    commands: commands!,
  }));

const state = mkdtempSync(join(tmpdir(), "symbolon-quickstart-"));
const running: { child: ChildProcess; output: () => string }[] = [];

/** Starts a shell of its own process group. */
function terminal(
  commands: string,
  stdin: "ignore" | "pipe" = "ignore",
): { child: ChildProcess; output: () => string } {
  const child = spawn("bash", ["-c", commands], { cwd: ROOT, detached: true, stdio: [stdin, "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream!.on("data", (data) => {
      text += data;
    });
  const made = { child, output: () => text };
  running.push(made);
  return made;
}

async function until(ready: () => boolean, what: string, output: () => string): Promise<void> {
  const end = Date.now() + READY_MS;
  while (!ready()) {
    if (Date.now() > end) throw new Error(`${what} did not come:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

afterAll(async () => {
  for (const { child } of running.reverse()) {
    if (child.exitCode !== null) continue;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid!, "SIGINT");
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 15_000);
    await gone;
    clearTimeout(timer);
  }
  rmSync(state, { recursive: true, force: true });
});

it("goes from npm start to a report with the filed record", async () => {
  const port = await freeRange(START_PORTS + 2);
  const [receiver, gateway] = [port + START_PORTS, port + START_PORTS + 1];
  const own = (text: string): string =>
    text
      .replaceAll(".symbolon/", `${state}/`)
      .replace("npm start", `npm start -- --port ${port} --state ${state}`)
      .replaceAll("8790", String(receiver))
      .replaceAll("127.0.0.1:8787", `127.0.0.1:${gateway}`)
      .replace("symbolon -- gateway ", `symbolon -- gateway --port ${gateway} `);
  const blocks = blocksOf(readFileSync(join(ROOT, "docs/QUICKSTART.md"), "utf8")).map((b) => ({
    ...b,
    commands: own(b.commands),
  }));
  expect(blocks.filter((b) => b.terminal).map((b) => b.terminal)).toEqual(["system", "receiver", "gateway"]);

  // The reader's shell stays from block to block, and stops at the first command that fails.
  const reader = terminal("exec bash -eu", "pipe");
  const outputs = new Map<string, () => string>();
  let done = 0;
  for (const { terminal: name, until: ready, commands } of blocks) {
    if (name) {
      const { output } = terminal(commands);
      outputs.set(name, output);
      await until(() => output().includes(ready!), `${name}: "${ready}"`, output);
      continue;
    }
    const marker = `block ${++done} is done`;
    reader.child.stdin!.write(`{\n${commands}\n} < /dev/null\necho '${marker}'\n`);
    const ended = () => reader.child.exitCode !== null || reader.output().includes(marker);
    await until(ended, marker, reader.output);
    expect(reader.output().includes(marker), `${commands}\n${reader.output().slice(-2000)}`).toBe(true);
  }
  const lines = reader.output().trim().split("\n");
  expect(lines.at(-2)).toMatch(/^[1-9]\d*$/); // lines of the report that name the record
  await until(() => outputs.get("receiver")!().includes('"check-in"'), "a webhook", outputs.get("receiver")!);
}, 420_000);
