// The rows of shared links, and the limits that all strangers together have. shared-links.ts says how a link is made and read.

import { LINK_ATTEMPTS } from "../../api/service/link-limits.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { dayOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { sharedLinkKey } from "../../schema/r2-keys.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { tooMany } from "../shared/problems.ts";

export const LINKS_PER_DAY = 20_000;
export const LINK_BYTES_PER_DAY = 10_000_000_000;
const LINKS_PER_SWEEP = 200;

/** The SQL for "it can be read". @param at placeholder of the time in unix seconds */
export const linkIsLive = (at: string): string => `ended = 0 AND attempts > 0 AND expires_at > ${at}`;

export interface LinkRow {
  ownerHash: Hex;
  expiresAt: number;
  verifier: Hex | null;
  attempts: number;
  uses: number;
  lastDay: number | null;
  ended: number;
}

export const rowOf = ({ RECORDS_DB_0: db }: ServiceEnv, linkHash: Hex): Promise<LinkRow | null> =>
  db
    .prepare(
      `SELECT owner_hash AS ownerHash, expires_at AS expiresAt, verifier, attempts, uses, last_day AS lastDay, ended
       FROM shared_links WHERE link_hash = ?`,
    )
    .bind(linkHash)
    .first<LinkRow>();

export interface NewLink {
  linkHash: Hex;
  ownerHash: Hex;
  expiresAt: number;
  verifier: Hex | null;
  length: number;
}

/** Writes the row if the day has room for it. False if there is a row already. @throws Problem too-many */
export async function insertLink({ RECORDS_DB_0: db }: ServiceEnv, link: NewLink, at: number): Promise<boolean> {
  const [counted, inserted] = await db.batch([
    db
      .prepare(
        `INSERT INTO shared_link_days (day, links, bytes) VALUES (?1, 1, ?2)
         ON CONFLICT (day) DO UPDATE SET links = links + 1, bytes = bytes + ?2
         WHERE links < ${LINKS_PER_DAY} AND bytes + ?2 <= ${LINK_BYTES_PER_DAY}`,
      )
      .bind(dayOf(at), link.length),
    db
      .prepare(
        `INSERT INTO shared_links (link_hash, owner_hash, expires_at, verifier, attempts)
         SELECT ?, ?, ?, ?, ${LINK_ATTEMPTS} WHERE changes() > 0 ON CONFLICT DO NOTHING`,
      )
      .bind(link.linkHash, link.ownerHash, link.expiresAt, link.verifier),
  ]);
  if (counted!.meta.changes === 0)
    throw tooMany("No more can be shared today.", (dayOf(at) + 1) * SECONDS_PER_DAY - at);
  return inserted!.meta.changes === 1;
}

/** Counts a use. False if the link cannot be read. */
export async function countUse(
  { RECORDS_DB_0: db }: ServiceEnv,
  linkHash: Hex,
  hasPasscode: boolean,
  at: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE shared_links SET uses = uses + 1, last_day = ?3
       WHERE link_hash = ?1 AND verifier IS ${hasPasscode ? "NOT NULL" : "NULL"} AND ${linkIsLive("?2")}`,
    )
    .bind(linkHash, at, dayOf(at))
    .run();
  return meta.changes === 1;
}

export async function endLink({ RECORDS_DB_0: db, BLOBS }: ServiceEnv, linkHash: Hex): Promise<void> {
  await db.prepare("UPDATE shared_links SET ended = 1 WHERE link_hash = ?").bind(linkHash).run();
  await BLOBS.delete(sharedLinkKey(linkHash));
}

/** Removes expired links of up to one page. The file goes first, so a row that remains finds it again. */
export async function sweepLinks({ RECORDS_DB_0: db, BLOBS }: ServiceEnv, at: number): Promise<number> {
  const { results } = await db
    .prepare("SELECT link_hash AS linkHash FROM shared_links WHERE expires_at <= ? LIMIT ?")
    .bind(at, LINKS_PER_SWEEP)
    .all<{ linkHash: Hex }>();
  await db.prepare("DELETE FROM shared_link_days WHERE day < ?").bind(dayOf(at)).run();
  if (results.length === 0) return 0;
  const hashes = results.map(({ linkHash }) => linkHash);
  await BLOBS.delete(hashes.map(sharedLinkKey));
  await db
    .prepare("DELETE FROM shared_links WHERE link_hash IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(hashes))
    .run();
  return hashes.length;
}
