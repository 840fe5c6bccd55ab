// `npm start` in its own state directory. It seeds a practice, answers at every role and stops on a signal; the next start
// has the same clinics, patients and records. Busy ports, a second start and an interrupted seeding do no harm.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { START_PORTS } from "../../local/apps.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { Signed } from "../../protocol/documents.ts";
import { openServicePart, ServiceList } from "../../protocol/service-list.ts";
import { freeRange, isFree } from "../support/ports.ts";
import { command, type Running, run } from "./child.ts";

const CLI = "npm run --silent symbolon --";
const temp = mkdtempSync(join(tmpdir(), "symbolon-start-"));
const state = join(temp, "state");
/** one per role, witness and app */
const PORTS = START_PORTS;
let running: Running | undefined;

afterAll(async () => {
  // Not SIGKILL: only a process that may clean up stops its workerd.
  if (running?.child.exitCode === null) running.child.kill("SIGTERM");
  await running?.ended;
  rmSync(temp, { recursive: true, force: true });
});

/** Resolves when the command has printed a text. @throws Error if it ends before */
async function printed({ child, stdout, stderr, ended }: Running, text: string): Promise<void> {
  const seen = new Promise<void>((done) => {
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", () => {
        if (`${stdout()}${stderr()}`.includes(text)) done();
      });
  });
  await Promise.race([
    seen,
    ended.then((code) => {
      throw new Error(`ended with ${code}: ${stderr()}`);
    }),
  ]);
}

const startArguments = (port: number, directory = state): string[] => ["--port", String(port), "--state", directory];

/** Resolves when the system is up. */
async function start(port: number, directory = state): Promise<Running> {
  running = command("local/start.ts", startArguments(port, directory));
  await printed(running, "Ctrl-C stops the system");
  return running;
}

/** Runs lines that a user copies into a shell, with the Node that runs the tests. */
async function shell(lines: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
  const child = spawn("sh", ["-c", lines], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PATH } });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
    });
  return new Promise((done) => child.once("close", (code) => done({ code, ...printed })));
}

const get = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;

const octets = async (url: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(url)).arrayBuffer());

/** The service's public data: its clinics' cards, and the manifests of each clinic. */
async function holdings(port: number, clinics: readonly { id: string }[]) {
  const service = `http://127.0.0.1:${port + 1}/v1/services`;
  const { parts } = ServiceList.decode(Signed.decode(await octets(service)).document);
  const lists = parts.map(async (hash) => openServicePart(await octets(`${service}/parts/${bytesToHex(hash)}`), hash));
  const cards = (await Promise.all(lists)).flat().map(bytesToHex);
  const buckets = await Promise.all(
    clinics.map(({ id }) => get<{ records: { manifest: string }[] }>(`${service}/${id}/buckets/0.1`)),
  );
  return { cards: cards.sort(), manifests: buckets.flatMap((b) => b.records.map((r) => r.manifest)).sort() };
}

async function stop(): Promise<number | null> {
  running!.child.kill("SIGTERM");
  return running!.ended;
}

it("seeds, serves, stops, and continues with the same state", async () => {
  const port = await freeRange(PORTS);
  const first = await start(port);
  expect(first.stderr()).toContain("key ceremony");

  const roles = ["registrar", "service", "escrow", "log", "trustee", "trustee", "trustee"];
  for (const [i, role] of roles.entries()) {
    const url = `http://127.0.0.1:${port + i}`;
    expect(first.stdout()).toContain(url);
    expect(await get(`${url}/health`)).toEqual({ role, ok: true });
    // A browser may send requests from any origin, but without cookies.
    const preflight = await fetch(`${url}/health`, {
      method: "OPTIONS",
      headers: { origin: "https://wallet.example", "access-control-request-method": "PUT" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET,POST,PUT,DELETE");
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
  }
  // The first address that it prints is the tour, and the apps answer.
  expect(first.stdout().trimStart()).toMatch(new RegExp(`^Open http://tour\\.localhost:${port + 9}\\n`));
  for (let i = 9; i < PORTS; i++) expect((await fetch(`http://127.0.0.1:${port + i}/`)).status).toBe(200);
  // The tour's keys are for its own page only.
  expect((await fetch(`http://127.0.0.1:${port + 9}/stage/keys`)).status).toBe(403);

  const seeded = JSON.parse(readFileSync(join(state, "seeded.json"), "utf8")) as {
    clinics: { name: string; id: string; slug: string }[];
    patients: { visits: number }[];
  };
  const secrets = ["admin.key", "enrolment-codes.json", ...seeded.clinics.map(({ slug }) => `clinics/${slug}.json`)];
  for (const name of secrets) expect(statSync(join(state, name)).mode & 0o777, name).toBe(0o600);
  expect(new Set(seeded.clinics.map(({ slug }) => slug)).size).toBe(seeded.clinics.length);
  const files = ["deployment.json", ...secrets].map((name) => readFileSync(join(state, name), "utf8"));
  const codes = JSON.parse(files[2]!) as { code: string; name: string }[];
  expect(codes.length).toBeGreaterThan(2);
  // The printed commands work as they stand: a person without a phone enrols and checks in at the first clinic.
  const printed = first.stdout().match(/^ {2}(?:export|npm run) .*$/gm)!;
  expect(printed).toHaveLength(4);
  const acted = await shell(printed.join(" && "));
  expect(acted.stdout).toContain(`enrolled  ${codes[0]!.name}`);
  expect(acted.stdout).toMatch(/^checked in {2}\S+ {2}at /m);
  expect(acted.code, acted.stderr).toBe(0);
  // The apps that it serves are those that it published.
  const compared = await shell(`${printed[0]} && ${CLI} log builds http://wallet.localhost:${port + 10}`);
  expect(compared.stdout).toContain("app        wallet, version 1, published ");
  const visits = seeded.patients.reduce((n, p) => n + p.visits, 0);
  const before = await holdings(port, seeded.clinics);
  expect(before.cards).toHaveLength(seeded.clinics.length);
  expect(before.manifests).toHaveLength(visits);
  expect(await stop()).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();

  const second = await start(port);
  expect(["deployment.json", ...secrets].map((name) => readFileSync(join(state, name), "utf8"))).toEqual(files);
  expect(second.stderr()).not.toContain("key ceremony");
  for (const { name } of seeded.clinics) expect(second.stdout()).toContain(name);
  expect(await holdings(port, seeded.clinics)).toEqual(before);
  expect(await (await fetch(`http://127.0.0.1:${port + 3}/checkpoint`)).text()).toMatch(/^symbolon\.local\/log\n\d+\n/);

  // A start on the same directory is refused while the first runs, even on other ports and with --fresh.
  for (const more of [[], ["--fresh"]]) {
    const refused = await run("local/start.ts", ...startArguments(await freeRange(PORTS)), ...more);
    expect(refused.code).toBe(1);
    expect(refused.stderr.trim().split("\n")).toEqual([
      `${state}/ is in use by another npm start (process ${second.child.pid}): stop it, or choose another --state`,
    ]);
  }
  expect(await holdings(port, seeded.clinics)).toEqual(before);
  expect(await stop()).toBe(0);
});

it("names a busy port in one line and leaves no directory", async () => {
  const port = await freeRange(PORTS);
  const busy = port + PORTS - 1;
  const server = createServer().listen(busy, "127.0.0.1");
  const directory = join(temp, "busy");
  try {
    const ended = await run("local/start.ts", ...startArguments(port, directory));
    expect(ended.code).toBe(1);
    expect(ended.stderr.trim()).toBe(
      `port ${busy} is in use: stop the program that uses it, or choose other ports with --port.`,
    );
    expect(ended.stdout).toBe("");
    expect(existsSync(directory)).toBe(false);
  } finally {
    await new Promise((done) => server.close(done));
  }
});

it("seeds again by itself after Ctrl-C while seeding", async () => {
  const port = await freeRange(PORTS);
  const directory = join(temp, "stopped");
  running = command("local/start.ts", startArguments(port, directory));
  await printed(running, "parameters");
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  expect(running.stderr()).toContain("The next npm start seeds again from the beginning.");
  expect(existsSync(join(directory, "seeded.json"))).toBe(false);
  for (let i = 0; i < PORTS; i++) expect(await isFree(port + i), `port ${port + i}`).toBe(true);

  const again = await start(port, directory);
  expect(again.stderr()).toContain("Seeding again from the beginning.");
  expect(existsSync(join(directory, "seeded.json"))).toBe(true);
  expect(await stop()).toBe(0);
});

it("neither uses nor empties a directory with other files", async () => {
  const other = mkdtempSync(join(temp, "other-"));
  writeFileSync(join(other, "thesis.txt"), "five years of work");
  for (const more of [[], ["--fresh"]]) {
    const ended = await run("local/start.ts", "--state", other, ...more);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/holds other files/);
    expect(readdirSync(other)).toEqual(["thesis.txt"]);
  }
});

it("replaces state of unknown origin only with --fresh", async () => {
  const broken = mkdtempSync(join(temp, "broken-"));
  writeFileSync(join(broken, "local-seed.hex"), "00".repeat(32));
  const ended = await run("local/start.ts", "--state", broken);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/without a finished seeding: run npm start with --fresh/);
  expect(existsSync(join(broken, "seeded.json"))).toBe(false);
});

it("replaces state of a version without the clinics' keys only with --fresh", async () => {
  const old = mkdtempSync(join(temp, "old-"));
  writeFileSync(join(old, "local-seed.hex"), "00".repeat(32));
  writeFileSync(join(old, "seeded.json"), JSON.stringify({ clinics: [{ name: "A", id: "00" }], patients: [] }));
  const ended = await run("local/start.ts", "--state", old);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/without the clinics' keys: run npm start with --fresh/);
});

it("refuses a port below 1024 and prints the usage", async () => {
  const ended = await run("local/start.ts", "--port", "80", "--state", join(temp, "none"));
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/--port: must be a number from 1024/);
  expect(existsSync(join(temp, "none"))).toBe(false);
});
