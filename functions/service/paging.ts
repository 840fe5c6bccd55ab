// Paging of lists: `limit` up to a bound, and an opaque `cursor` that the page before returned.

import type { Context } from "hono";
import { Problem } from "../shared/problems.ts";

/** The page size: the query's `limit`, at most `most`. @throws Problem malformed */
export function pageOf(c: Context, most: number): { limit: number } {
  const asked = c.req.query("limit");
  if (asked === undefined) return { limit: most };
  if (!/^[1-9]\d{0,4}$/.test(asked)) throw new Problem("malformed", "limit: a positive number expected");
  return { limit: Math.min(Number(asked), most) };
}
