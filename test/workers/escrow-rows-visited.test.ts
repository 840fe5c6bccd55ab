// A page of the session index visits about as many rows as it answers, wherever its cursor is and however large the index.

import { createExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import app from "../../functions/escrow.ts";
import { bindings, EPOCH, ESCROW_URL, freshWorld } from "./escrow-world.ts";
import { type Counted, countVisits } from "./rows-visited.ts";

const ROWS = 30_000;
const PAGE = 1024;
/** rows of a part that the page has to skip to, and those that say what the answer may hold */
const ROOM = 80;

let counted: Counted;

beforeAll(async () => {
  await freshWorld();
  counted = countVisits(bindings.ESCROW_DB);
  await bindings.ESCROW_DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO session_index SELECT ?, lower(hex(randomblob(32))), lower(hex(randomblob(16))), lower(hex(randomblob(96))),
     lower(hex(randomblob(64))) FROM n`,
  )
    .bind(ROWS, EPOCH)
    .run();
});

const allParts = Array.from({ length: 64 }, (_, n) => `${(n * 37) % 64}.64`).join();
const cursor = (digit: string): string => `cursor=${digit.repeat(64)}`;

describe("rows visited by a page of the index", () => {
  for (const query of [
    "",
    cursor("0"),
    cursor("8"),
    cursor("f"),
    `part=0.2&${cursor("7")}`,
    `part=1.2&${cursor("1")}`,
    `part=${allParts}`,
    `part=${allParts}&${cursor("8")}`,
    `part=${allParts}&${cursor("e")}`,
  ])
    it(query.slice(0, 40) || "from the start", async () => {
      const request = new Request(`${ESCROW_URL}/v1/index/${EPOCH}?${query}`);
      const env = { ...bindings, ESCROW_DB: counted.db };
      const answer = await app.fetch(request, env, createExecutionContext());
      expect(answer.status).toBe(200);
      // a row is counted where it is found, and again where the page is put together
      expect(counted.visited()).toBeLessThan(3 * (PAGE + ROOM));
    });

  it("is what the database reports: a query of the whole epoch visits all", async () => {
    await counted.db.prepare("SELECT value FROM session_index WHERE epoch = ?").bind(EPOCH).all();
    expect(counted.visited()).toBeGreaterThanOrEqual(ROWS);
  });
});
