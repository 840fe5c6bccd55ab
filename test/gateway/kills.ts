// Kills the gateway with SIGKILL in the middle of transactions, again and again, and counts what is lost: nothing that was
// answered may be missing, and no transaction may be there in part.
//
//   npm run gateway:kills -- [N]     N kills, 100 by default; prints what it found, exits with 1 if something was lost

import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../client/index.ts";
import { ask, observation, openWorld, type World } from "./support.ts";

const LANES = 2;
const MARK = "urn:test:transaction";
const PER_TRANSACTION = 3;

export interface Kills {
  kills: number;
  /** transactions that were answered with success */
  answered: number;
  /** transactions that were sent and got no answer */
  unanswered: number;
  /** answered, and not there afterwards */
  lost: string[];
  /** there in part */
  torn: string[];
  /** there more than once */
  doubled: string[];
}

const transaction = (tid: string, mark: string): JsonObject => ({
  resourceType: "Bundle",
  type: "transaction",
  entry: Array.from({ length: PER_TRANSACTION }, () => ({
    resource: observation(tid, { identifier: [{ system: MARK, value: mark }] }),
    request: { method: "POST", url: "Observation" },
  })),
});

/** The status of the answer. With node:http, because a fetch that breaks off leaves a rejection that nobody handles. */
const post = (base: string, body: JsonObject): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/fhir+json" };
    const sent = request(base, { method: "POST", headers }, (answer) => {
      answer.on("error", reject).on("end", () => resolve(answer.statusCode!));
      answer.resume();
    });
    sent.on("error", reject).end(JSON.stringify(body));
  });

/** @param say is told of each kill */
export async function killAgainAndAgain(
  world: World,
  kills: number,
  say: (what: string) => void = () => {},
): Promise<Kills> {
  const visits = [];
  for (let lane = 0; lane < LANES; lane++) visits.push(await world.visit());
  const [answered, unanswered] = [new Set<string>(), new Set<string>()];
  let number = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const gateway = await world.gateway();
    let isRunning = true;
    let first!: () => void;
    const begun = new Promise<void>((resolve) => {
      first = resolve;
    });
    const lane = async (tid: string): Promise<void> => {
      while (isRunning) {
        const mark = `t${++number}`;
        unanswered.add(mark);
        if (kill % 2 === 0) first(); // every other kill may come before the first answer
        try {
          if ((await post(gateway.base, transaction(tid, mark))) !== 200) continue;
          unanswered.delete(mark);
          answered.add(mark);
          first();
        } catch {
          return; // the gateway is gone
        }
      }
    };
    const lanes = visits.map(({ tid }) => lane(tid));
    await begun;
    await sleep(Math.random() * 400);
    await gateway.stop("SIGKILL");
    isRunning = false;
    await Promise.all(lanes);
    say(`kill ${kill}: ${answered.size} answered, ${unanswered.size} not`);
  }
  const gateway = await world.gateway();
  const found = new Map<string, number>();
  for (const { tid } of visits)
    for (let path: string | undefined = `Observation?patient=Patient/${tid}&_count=1000`; path !== undefined; ) {
      const { body } = await ask(gateway.base, path);
      for (const { resource } of (body.entry ?? []) as { resource: { identifier: { value: string }[] } }[]) {
        const mark = resource.identifier[0]!.value;
        found.set(mark, (found.get(mark) ?? 0) + 1);
      }
      const next = (body.link as { relation: string; url: string }[]).find(({ relation }) => relation === "next");
      path = next?.url.slice(gateway.base.length + 1);
    }
  return {
    kills,
    answered: answered.size,
    unanswered: unanswered.size,
    lost: [...answered].filter((mark) => !found.has(mark)),
    torn: [...found].flatMap(([mark, n]) => (n % PER_TRANSACTION === 0 ? [] : [mark])),
    doubled: [...found].flatMap(([mark, n]) => (n > PER_TRANSACTION ? [mark] : [])),
  };
}

if (import.meta.main) {
  const world = await openWorld();
  try {
    const { lost, torn, doubled, ...counts } = await killAgainAndAgain(
      world,
      Number(process.argv[2] ?? "100"),
      console.log,
    );
    console.log({ ...counts, lost, torn, doubled });
    process.exitCode = lost.length + torn.length + doubled.length === 0 ? 0 : 1;
  } finally {
    await world.close();
  }
}
