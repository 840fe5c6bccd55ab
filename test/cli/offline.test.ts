// A clinic whose network is gone. It takes check-ins by the command line, several processes share its queue, and one of them is
// killed while it settles. A wallet's copy shows one visit twice. With one slot per month, a copy has no other.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { expect, it } from "vitest";
import { type System, system } from "./system.ts";

const here = system({ slots: 1 });

interface Settled {
  tid: string;
  result: string;
}

/** A registered clinic that has the month's parameters. */
async function clinicOf(s: System, name: string) {
  const env = { SYMBOLON_KEYS: join(s.path, `${name}.json`) };
  await s.json(["clinic", "init", "--name", name], { env });
  await s.json(["clinic", "register"], { env });
  await s.json(["clinic", "challenge"], { env });
  return { env, queue: join(s.path, `${name}.state`, "offline") };
}

/** The deployment file with addresses at which nobody listens. */
function withoutNetwork({ path, env }: System): Record<string, string> {
  const file = join(path, "no-network.json");
  const online = readFileSync(env.SYMBOLON_DEPLOYMENT!, "utf8");
  writeFileSync(file, online.replace(/http:\/\/127\.0\.0\.1:\d+/g, "http://127.0.0.1:9"));
  return { SYMBOLON_DEPLOYMENT: file };
}

/** The same wallet twice, mark and all: as if its owner had cloned the phone. */
function cloned(wallet: string): string {
  const copy = wallet.replace(/\.json$/, "-clone.json");
  for (const end of ["", ".mark"]) copyFileSync(wallet + end, copy + end);
  return copy;
}

it("takes check-ins without network, settles them later, and reports a visit that was used twice", async () => {
  const s = here();
  const [harbour, other] = [await clinicOf(s, "harbour"), await clinicOf(s, "other")];
  const patients = [await s.patient(0), await s.patient(1), await s.patient(2)] as [string, string, string];
  const clones = patients.map(cloned) as [string, string, string];
  const offline = { env: { ...harbour.env, ...withoutNetwork(s) } };
  const handOver = async (wallet: string) => {
    const { stdout: input } = await s.run(["clinic", "challenge", "--with-card"], offline);
    const args = ["patient", "check-in", "--offline", "-", "--wallet", wallet];
    return s.json<{ tid: string; checkIn: string }>(args, { ...offline, input });
  };
  const take = (input: string) => s.run(["clinic", "offline", "take", "-", "--json"], { ...offline, input });

  // Nobody can be asked, and the short challenge of a QR code has no card in it
  expect((await s.run(["clinic", "sessions"], offline)).code).toBe(3);
  const short = await s.run(["clinic", "challenge", "--text"], offline);
  const args = ["patient", "check-in", "--offline", short.stdout.trim(), "--wallet", patients[0]];
  const noCard = await s.run(args, offline);
  expect(noCard).toMatchObject({ code: 1 });
  expect(noCard.stderr).toContain("--with-card");

  // Three visits. The first check-in is taken by two desks at once, and then again in other bytes
  const visits = [];
  for (const wallet of patients) visits.push(await handOver(wallet));
  const [first, second, third] = visits as [(typeof visits)[0], (typeof visits)[0], (typeof visits)[0]];
  const desks = await Promise.all([take(first.checkIn), take(first.checkIn)]);
  expect(desks.map((d) => JSON.parse(d.stdout).outcome).sort()).toEqual(["repeated", "taken"]);
  const again = await handOver(clones[0]);
  expect(again.tid).toBe(first.tid);
  const twice = await take(again.checkIn);
  expect(twice.code).toBe(1);
  expect(JSON.parse(twice.stderr)).toMatchObject({ error: { code: "used-twice" } });
  expect((await take(second.checkIn)).code).toBe(0);
  expect((await take(Buffer.from(third.checkIn, "base64url").toString("latin1"))).code).not.toBe(0); // no octets any more
  expect(
    (await s.run(["clinic", "offline", "take", "-"], { ...offline, input: Buffer.from(third.checkIn, "base64url") }))
      .code,
  ).toBe(0);
  const verified = await s.json<{ tid: string }>(["clinic", "verify", "-"], { ...offline, input: third.checkIn });
  expect(verified.tid).toBe(third.tid);
  // a check-in for this clinic is nothing at another
  expect((await s.run(["clinic", "verify", "-"], { env: other.env, input: third.checkIn })).code).toBe(5);
  type Entry = { tid: string; state: string; usedTwice: boolean };
  const queue = await s.json<Entry[]>(["clinic", "offline", "list"], offline);
  expect(queue.map((e) => [e.tid, e.state, e.usedTwice])).toEqual([
    [first.tid, "waiting", true],
    [second.tid, "waiting", false],
    [third.tid, "waiting", false],
  ]);
  expect((await s.run(["clinic", "offline", "settle"], offline)).code).toBe(3);

  // Meanwhile the second patient's clone checks in at another clinic, with network
  const { stdout: input } = await s.run(["clinic", "challenge"], { env: other.env });
  await s.json(["patient", "check-in", "-", "--wallet", clones[1]], { input });

  // The network is back. The first settling process is killed as soon as one outcome is stored
  const oneIsStored = (async () => {
    const outcomes = (): number =>
      readdirSync(harbour.queue).filter((name) => {
        if (!name.endsWith(".json")) return false;
        return readFileSync(join(harbour.queue, name), "utf8").includes('"outcome"');
      }).length;
    while (outcomes() === 0) await later(2);
  })();
  await s.run(["clinic", "offline", "settle"], { env: harbour.env, killWhen: oneIsStored });
  const rest = await s.run(["clinic", "offline", "settle", "--json"], { env: harbour.env });
  const left = (JSON.parse(rest.stdout) as Settled[]).map((r) => r.result);
  expect(left.length).toBeLessThan(3);
  const outcomes = await s.json<Entry[]>(["clinic", "offline", "list"], { env: harbour.env });
  expect(outcomes.map((e) => [e.tid, e.state])).toEqual([
    [first.tid, "settled"],
    [second.tid, "used-elsewhere"],
    [third.tid, "settled"],
  ]);
  expect(rest.code).toBe(left.includes("used-elsewhere") ? 1 : 0);
  const sessions = await s.json<{ tid: string }[]>(["clinic", "sessions"], { env: harbour.env });
  expect(sessions.map((x) => x.tid).sort()).toEqual([first.tid, third.tid].sort());

  // A session that was settled late is like any other: its record stands in the patient's report
  const letter = join(s.path, "letter.txt");
  writeFileSync(letter, "late");
  await s.json(["clinic", "file", third.tid, letter], { env: harbour.env });
  const report = await s.run(["patient", "report", "--wallet", patients[2]]);
  expect(report.code).toBe(0);
  expect(report.stdout).toContain("text/plain");
});
