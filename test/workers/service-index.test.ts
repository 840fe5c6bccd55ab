// Tests of the completion of a month's index at the service. Its steps deliver the rows of the outboxes, and then every
// session's row of D1 once more. Only the last step gives the escrow the word that nothing is pending.

import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { apiJson } from "../../client/transport.ts";
import { replayWindowOf } from "../../functions/service/session-objects.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { arrivalsEnd, DELIVERY_MARGIN_SECONDS } from "../../protocol/epoch.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { secret } from "./bindings.ts";
import {
  bindings,
  clock,
  code,
  document,
  EPOCH,
  freshWorld,
  newClinic,
  newPatient,
  outside,
  type Prepared,
  prepare,
  SERVICE_URL,
  send,
  transport,
} from "./service-world.ts";

interface Answer {
  rows: number;
  conflicts: number;
  cursor?: string;
}
const OVER = arrivalsEnd(EPOCH, document) + DELIVERY_MARGIN_SECONDS;

let clinic: Clinic;
beforeEach(async () => {
  await freshWorld();
  clinic = await newClinic();
});

const step = (cursor?: string, signWith = secret("admin")) =>
  apiJson<Answer>(
    transport,
    SERVICE_URL,
    `/v1/admin/epochs/${EPOCH}/index${cursor === undefined ? "" : `?cursor=${cursor}`}`,
    { json: {}, signWith },
  );
async function completed(): Promise<{ rows: number; conflicts: number }> {
  const total = { rows: 0, conflicts: 0 };
  for (let cursor: string | undefined, last = false; !last; ) {
    expect(outside.completed).toEqual([]); // no word before the last step
    const answer = await step(cursor);
    total.rows += answer.rows;
    total.conflicts += answer.conflicts;
    cursor = answer.cursor;
    last = cursor === undefined;
  }
  return total;
}
const tagOfVisit = ({ checkIn }: Prepared): string => toBase64url(Presentation.decode(checkIn.presentation).T);
/** A session whose index row did not reach the escrow. */
async function undelivered(patient = newPatient()): Promise<Prepared> {
  const prepared = await prepare(patient, clinic);
  outside.down.add("escrow.test");
  await send(prepared.bytes);
  await new Promise((done) => setTimeout(done, 400));
  outside.down.clear();
  return prepared;
}

describe("completing the index of an epoch", () => {
  it("waits until no check-in can arrive, and obeys the administrator only", async () => {
    clock.now = OVER - 1;
    expect(await code(step())).toBe("not-allowed-now");
    clock.now = OVER;
    expect(await code(step(undefined, secret("stranger")))).toBe("credential-refused");
    for (const cursor of ["objects", "rows-7--", "rows-0-xy-", "objects-1-2"])
      expect(await code(step(cursor))).toBe("malformed");
    expect(outside.completed).toEqual([]);
    expect(await completed()).toEqual({ rows: 0, conflicts: 0 });
    expect(outside.completed).toEqual([EPOCH]);
  });

  it("delivers the outboxes, and the row of an object that forgot its outbox", async () => {
    const [kept, forgotten] = [await undelivered(), await undelivered()];
    await runInDurableObject(replayWindowOf(bindings, forgotten.tagHash), (_, { storage }) =>
      storage.sql.exec("DELETE FROM session WHERE tag_hash = ?", forgotten.tagHash),
    );
    expect(outside.indexed).toEqual([]);
    clock.now = OVER;
    expect(await completed()).toEqual({ rows: 2, conflicts: 0 });
    const tags = outside.indexed.map((row) => row.tag);
    expect(tags).toEqual(expect.arrayContaining([tagOfVisit(kept), tagOfVisit(forgotten)]));
    expect(outside.completed).toEqual([EPOCH]);
  });

  it("counts a session whose tag another session has, and delivers the others", async () => {
    const [good, second] = [await undelivered(), await undelivered()];
    outside.contradicted.add(tagOfVisit(second));
    clock.now = OVER;
    expect(await completed()).toEqual({ rows: 2, conflicts: 1 });
    expect(outside.indexed.map((row) => row.tag)).toContain(tagOfVisit(good));
  });

  it("ends with an error while the escrow does not answer, and gives no word", async () => {
    await undelivered();
    clock.now = OVER;
    outside.down.add("escrow.test");
    expect(await code(completed())).toBe("unavailable"); // an object cannot deliver its rows
    expect(await code(step("rows-0--"))).toBe("unavailable");
    expect(outside.completed).toEqual([]);
    outside.down.clear();
    expect(await completed()).toEqual({ rows: 1, conflicts: 0 });
  });
});
