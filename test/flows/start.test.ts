// `npm start` in a directory of its own: seeds a practice, answers at every role, stops when it is told to, and the next
// start goes on with the same clinics, patients and records.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { command, type Running, run } from "./child.ts";

const temp = mkdtempSync(join(tmpdir(), "symbolon-start-"));
const state = join(temp, "state");
const ROLES = 7;
let running: Running | undefined;

afterAll(async () => {
  running?.child.kill("SIGKILL");
  await running?.ended;
  rmSync(temp, { recursive: true, force: true });
});

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
      .once("error", () => done(false))
      .listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });

/** The first of seven free ports in a row, below the range that systems give out by themselves. */
async function freeRange(): Promise<number> {
  for (let base = 20_000 + (process.pid % 1000) * 10; base < 32_000; base += ROLES) {
    const free = await Promise.all(Array.from({ length: ROLES }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw new Error("no seven free ports in a row");
}

async function start(port: number): Promise<Running> {
  const started = command("local/start.ts", ["--port", String(port), "--state", state]);
  running = started;
  const up = new Promise<void>((done) => {
    started.child.stdout!.on("data", () => {
      if (started.stdout().includes("Ctrl-C stops it")) done();
    });
  });
  await Promise.race([
    up,
    started.ended.then((code) => {
      throw new Error(`ended with ${code}: ${started.stderr()}`);
    }),
  ]);
  return started;
}

const get = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;

/** What the service has to tell of itself: its clinics' cards, and how much each holds. */
async function holdings(port: number, clinics: readonly { id: string }[]) {
  const service = `http://127.0.0.1:${port + 1}/v1/services`;
  const { cards } = await get<{ cards: string[] }>(service);
  const buckets = await Promise.all(
    clinics.map(({ id }) => get<{ records: { manifest: string }[] }>(`${service}/${id}/buckets/0.1`)),
  );
  return { cards: cards.sort(), manifests: buckets.flatMap((b) => b.records.map((r) => r.manifest)).sort() };
}

async function stop(): Promise<number | null> {
  running!.child.kill("SIGTERM");
  return running!.ended;
}

it("seeds, serves, stops, and goes on where it was", async () => {
  const port = await freeRange();
  const first = await start(port);
  expect(first.stderr()).toContain("key ceremony");

  const roles = ["registrar", "service", "escrow", "log", "trustee", "trustee", "trustee"];
  for (const [i, role] of roles.entries()) {
    const url = `http://127.0.0.1:${port + i}`;
    expect(first.stdout()).toContain(url);
    expect(await get(`${url}/health`)).toEqual({ role, ok: true });
    // a browser may ask from any origin, but brings no cookie along
    const preflight = await fetch(`${url}/health`, {
      method: "OPTIONS",
      headers: { origin: "https://wallet.example", "access-control-request-method": "PUT" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET,POST,PUT");
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
  }
  const seeded = JSON.parse(readFileSync(join(state, "seeded.json"), "utf8")) as {
    clinics: { name: string; id: string }[];
    patients: { visits: number }[];
  };
  const visits = seeded.patients.reduce((n, p) => n + p.visits, 0);
  const before = await holdings(port, seeded.clinics);
  expect(before.cards).toHaveLength(seeded.clinics.length);
  expect(before.manifests).toHaveLength(visits);
  expect(await stop()).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();

  // Another day.
  const second = await start(port);
  expect(second.stderr()).not.toContain("key ceremony");
  for (const { name } of seeded.clinics) expect(second.stdout()).toContain(name);
  expect(await holdings(port, seeded.clinics)).toEqual(before);
  expect(await (await fetch(`http://127.0.0.1:${port + 3}/checkpoint`)).text()).toMatch(/^symbolon\.local\/log\n\d+\n/);
  expect(await stop()).toBe(0);
});

it("does not take a directory that is not its own, nor empties it", async () => {
  const other = mkdtempSync(join(temp, "other-"));
  writeFileSync(join(other, "thesis.txt"), "five years of work");
  for (const more of [[], ["--fresh"]]) {
    const ended = await run("local/start.ts", "--state", other, ...more);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/holds something else/);
    expect(readdirSync(other)).toEqual(["thesis.txt"]);
  }
});

it("says so where a seeding was broken off, and what to do", async () => {
  const broken = mkdtempSync(join(temp, "broken-"));
  writeFileSync(join(broken, "local-seed.hex"), "00".repeat(32));
  const ended = await run("local/start.ts", "--state", broken);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/broken off: run npm start with --fresh/);
  expect(existsSync(join(broken, "seeded.json"))).toBe(false);
});

it("refuses a port that leaves no room, with the usage", async () => {
  const ended = await run("local/start.ts", "--port", "80", "--state", join(temp, "none"));
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/--port: a number from 1024/);
  expect(existsSync(join(temp, "none"))).toBe(false);
});
