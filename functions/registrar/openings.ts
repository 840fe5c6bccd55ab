// The openings in which this registrar told a requester who somebody is: one row per case, for a letter to the person. It learns
// nothing by them, because it named the person itself.
//
//   row      written in the request that discloses the identity, before its answer. So the log has the case's notice by then
//   letter   what the letter says and nothing more, sealed for its case. The database alone tells nobody who was opened
//
//   POST /v1/admin/openings           {limit?, cursor?} -> {openings, cursor}, the newest first
//   POST /v1/admin/openings/printed   {caseId, printed} -> {caseId, printedAt}

import { and, desc, eq, inArray, isNull, lt, or } from "drizzle-orm";
import { OPENINGS, type Opening } from "../../api/registrar/openings.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { asHex, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { accounts, openings } from "../../schema/registrar.ts";
import type { Approving } from "../shared/approvals.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import { openField, sealField } from "./fields.ts";
import { admin, db } from "./store.ts";

/** What a letter says, beside the person's own record. */
interface Letter extends Omit<Opening, "caseId" | "at" | "identity" | "printedAt"> {
  account: Hex;
}

const COLUMN = "opening";

/** The approving part of a letter. @param trustees of the committee */
export const approvedIn = ({ set, approvals }: Approving, trustees: number) => ({
  approvedBy: [...set],
  trustees,
  approvedAt: Math.max(...approvals.map(({ at }) => at)),
});

/** Keeps an opening, once per case. The caller has disclosed the identity, or is about to. @param at unix seconds */
export async function noteOpening(env: RegistrarEnv, caseId: Uint8Array, at: number, letter: Letter): Promise<void> {
  const id = bytesToHex(caseId);
  const sealed = sealField(env, COLUMN, id, utf8ToBytes(JSON.stringify(letter)));
  await db(env).insert(openings).values({ caseId: id, at, letter: sealed }).onConflictDoNothing();
}

type Row = typeof openings.$inferSelect;

const cursorOf = ({ at, caseId }: Row): string => `${at}-${caseId}`;

/** The rows that come after a cursor in the list. */
function afterCursor(cursor: string) {
  const [at, caseId] = cursor.split("-") as [string, string];
  return or(lt(openings.at, Number(at)), and(eq(openings.at, Number(at)), lt(openings.caseId, asHex(caseId, 32))));
}

/** The openings of these rows, each with the person's record as it is now. */
async function openingsOf(env: RegistrarEnv, rows: readonly Row[]): Promise<Opening[]> {
  const letters = rows.map(({ caseId, letter }): Letter => {
    return JSON.parse(new TextDecoder().decode(openField(env, COLUMN, caseId, letter)));
  });
  const people = await db(env)
    .select({ account: accounts.account, identity: accounts.identity })
    .from(accounts)
    .where(inArray(accounts.account, [...new Set(letters.map(({ account }) => account))]));
  return rows.map(({ caseId, at, printedAt }, i) => {
    const { account, ...letter } = letters[i]!;
    const { identity } = people.find((person) => person.account === account)!; // no account is ever deleted
    return { caseId, at, printedAt, ...letter, identity: toBase64url(openField(env, "identity", account, identity)) };
  });
}

export function registerOpenings(app: RoleApp<RegistrarEnv>): void {
  serve(app, OPENINGS.listOpenings, async (c) => {
    const { limit, cursor } = await readBody(OPENINGS.listOpenings, (await admin.request(c)).body);
    const rows = await db(c.env)
      .select()
      .from(openings)
      .where(cursor === undefined ? undefined : afterCursor(cursor))
      .orderBy(desc(openings.at), desc(openings.caseId))
      .limit(limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? cursorOf(page.at(-1)!) : null;
    return c.json({ openings: await openingsOf(c.env, page), cursor: last });
  });

  serve(app, OPENINGS.markLetter, async (c) => {
    const { caseId, printed } = await readBody(OPENINGS.markLetter, (await admin.request(c)).body);
    const row = eq(openings.caseId, caseId);
    // A letter that is printed again keeps its first date.
    await db(c.env)
      .update(openings)
      .set({ printedAt: printed ? now(c) : null })
      .where(printed ? and(row, isNull(openings.printedAt)) : row);
    const kept = await db(c.env).select({ printedAt: openings.printedAt }).from(openings).where(row).get();
    if (!kept) throw new Problem("not-found", "The registrar has answered no such case.");
    return c.json({ caseId, printedAt: kept.printedAt });
  });
}
