// What the gateway answered is at the edge, or in its outbox: with the line cut, after kill -9, and when another writer was faster.

import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../client/index.ts";
import { killAgainAndAgain } from "./kills.ts";
import { ask, observation, openWorld, type World } from "./support.ts";

const KILLS = 20;

let world: World;
let line: Line;
beforeAll(async () => {
  world = await openWorld();
  line = await cutLine();
});
afterAll(async () => {
  line?.close();
  await world?.close();
});

interface Line {
  /** for the environment of a process whose requests go over the line */
  env: Record<string, string>;
  cut(): void;
  mend(): void;
  close(): void;
}
/** A line to the edge that can be cut: a proxy, so that the gateway names the roles by their own URLs. */
async function cutLine(): Promise<Line> {
  const open = new Set<Duplex>();
  let isCut = false;
  const proxy = createServer();
  proxy.on("connect", ({ url }: IncomingMessage, socket: Duplex) => {
    const [host, port] = url!.split(":");
    const beyond = connect(Number(port), host);
    for (const one of [socket, beyond]) {
      open.add(one);
      one.on("error", () => one.destroy());
      one.on("close", () => open.delete(one));
    }
    if (isCut) {
      socket.destroy();
      beyond.destroy();
      return;
    }
    socket.write("HTTP/1.1 200 Connected\r\n\r\n");
    socket.pipe(beyond).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    env: { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, NO_PROXY: "" },
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    close() {
      for (const socket of open) socket.destroy();
      proxy.close();
    },
  };
}

/** The gateway behind the line. */
const behindTheLine = (state = "line") => world.gateway(["--patience", "1"], { state, env: line.env });

const recordsOf = async (tagHash: string) => world.clinic.records({ tagHash });
const waiting = async (base: string) =>
  ((await ask(base, "$outbox")).body.parameter ?? []) as { name: string; part: JsonObject[] }[];

it("keeps a write while the line is cut, shows it, survives kill -9, and goes on when the line is back", async () => {
  const { tid, tagHash } = await world.visit();
  let gateway = await behindTheLine();
  expect((await ask(gateway.base, `Patient/${tid}`)).status).toBe(200);
  line.cut();
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    const made = await ask(gateway.base, "Observation", { body: observation(tid) });
    expect([made.status, made.headers.get("symbolon-state")]).toEqual([201, "queued"]);
    ids.push(made.body.id as string);
  }
  const put = { ...observation(tid), id: ids[0]!, status: "amended" };
  expect((await ask(gateway.base, `Observation/${ids[0]}`, { method: "PUT", body: put })).status).toBe(200);
  expect((await ask(gateway.base, `Observation/${ids[1]}`, { method: "DELETE" })).status).toBe(200);
  expect((await ask(gateway.base, `Observation/${ids[0]}`)).body.status).toBe("amended");
  expect((await waiting(gateway.base)).map(({ name }) => name)).toEqual(["waiting", "waiting", "waiting", "waiting"]);
  expect(await recordsOf(tagHash)).toHaveLength(0);
  await gateway.stop("SIGKILL");

  line.mend();
  gateway = await behindTheLine();
  const states = async () => (await recordsOf(tagHash)).map(({ state }) => state);
  await expect.poll(states, { timeout: 60_000, interval: 500 }).toEqual(["amended", "withdrawn", "current"]);
  await expect.poll(() => waiting(gateway.base), { timeout: 30_000, interval: 500 }).toEqual([]);
  expect((await ask(gateway.base, `Observation/${ids[0]}`)).body.status).toBe("amended");
  expect((await ask(gateway.base, `Observation/${ids[1]}`)).status).toBe(410);
  await gateway.stop();
});

it("tells a conflict: at once while the client waits, and in the outbox if it was answered before", async () => {
  const { tid, tagHash } = await world.visit();
  const session = await world.clinic.session(tagHash);
  let gateway = await behindTheLine("conflict");
  const made = await ask(gateway.base, "Observation", { body: observation(tid) });
  const put = (status: string) =>
    ask(gateway.base, `Observation/${made.body.id}`, {
      method: "PUT",
      body: { ...observation(tid), id: made.body.id!, status },
    });
  // Another desk amends the same record.
  const amendElsewhere = async (status: string) => {
    const current = (await recordsOf(tagHash)).find(({ state }) => state === "current")!;
    const text = new TextDecoder().decode(await world.clinic.open(current));
    const changed = text
      .replace(/"status":"[a-z]+"/, `"status":"${status}"`)
      .replace(/"versionId":"(\d+)"/, (_, n) => `"versionId":"${Number(n) + 1}"`);
    await world.clinic.amend(session, current.recordId, new TextEncoder().encode(changed));
  };
  await amendElsewhere("corrected");
  const refused = await put("amended");
  expect([refused.status, refused.body.resourceType]).toEqual([409, "OperationOutcome"]);
  // The gateway has read the session anew.
  const status = async () => (await ask(gateway.base, `Observation/${made.body.id}`)).body.status;
  await expect.poll(status, { timeout: 20_000 }).toBe("corrected");
  expect((await put("amended")).status).toBe(200);

  line.cut();
  const queued = await put("cancelled");
  expect([queued.status, queued.headers.get("symbolon-state")]).toEqual([200, "queued"]);
  await gateway.stop("SIGKILL");
  await amendElsewhere("corrected");
  line.mend();
  gateway = await behindTheLine("conflict");
  const refusals = async () => (await waiting(gateway.base)).map(({ name }) => name);
  await expect.poll(refusals, { timeout: 60_000, interval: 500 }).toEqual(["refused"]);
  await expect.poll(status, { timeout: 20_000 }).toBe("corrected");
  const [{ part } = { part: [] }] = await waiting(gateway.base);
  const number = part.find(({ name }) => name === "number")!.valueInteger;
  expect((await ask(gateway.base, `$outbox-dismiss?number=${number}`, { method: "POST" })).status).toBe(200);
  expect(await waiting(gateway.base)).toEqual([]);
});

it(`loses nothing that was answered over ${KILLS} kills in mid-transaction, and tears no transaction`, async () => {
  const { answered, lost, torn, doubled } = await killAgainAndAgain(world, KILLS);
  expect({ lost, torn, doubled }).toEqual({ lost: [], torn: [], doubled: [] });
  expect(answered).toBeGreaterThan(0);
});
