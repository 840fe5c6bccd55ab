// The memory of one trustee: a Durable Object named "vault", one per trustee.
//
// Invariant.
//   keys        at most one set of shares at a time. A newer generation replaces it; an equal or older one never does, and
//               no generation up to that at which this trustee left comes back
//   chain       the key sets from the first ceremony to the newest that this trustee saw finished
//   handed on   per generation at most one plan of a resharing, and only after an officer approved that plan
//   officers    a credential id stands for one public key, origin and RP for ever. Its counter never goes back. It logs in and
//               decides only while it has a card that is logged and in its dates, and never again once it was removed
//   tokens      a token dies with its officer
//   nonces      each nonce of a login or of an administrator's request is used at most once
//   decisions   one per case id: one challenge (order, dossier, decision), one document
//   cases       at first sight, a case id is bound for ever to one binding (order, nonce, S, scope, checkpoint)
//   outputs     one per case, round and chunk. The first request decides the bytes, and every later request gets the same
//               bytes. After the order has expired, they are deleted
//   tag bases   by epoch and parameters, the latest MAX_TAG_BASE_EPOCHS of them; newer ones push the oldest out
//   witness     the newest head that this trustee cosigned. Only a caller that names the kept head replaces it, so it never
//               goes back
//
// Each method is one synchronous block: it checks and writes, with no await between. Its answer leaves only when the write
// is durable (output gate). Cryptography happens in the Worker, before or after.
//
// No secret is ever in clear here, and none travels to or from here in clear. The Worker seals shares, dealer secrets and
// results under a key from TRUSTEE_SEED (functions/trustee/at-rest.ts). This object has no use for that key and keeps
// ciphertext. So the Worker computes with the share: a link over years takes seconds of pairings, and in here it would hold
// up every other case of this trustee. Two Workers may compute one output at once without harm, because the values of a
// share are determined and only the first proof is kept.

import { DurableObject } from "cloudflare:workers";
import { equalBytes } from "../protocol/bytes.ts";
import { bytesOf } from "./blobs.ts";
import { advanceWitnessHead, readWitnessHead, WITNESS_TABLE, type WitnessHead } from "./witness-memory.ts";

export interface VaultKeys {
  generation: number;
  /** KeySet document */
  keySet: Uint8Array;
  /** TrusteeSecret, sealed at rest */
  sealedSecret: Uint8Array;
  /** Signed<TrusteeCard> of every trustee, in index order */
  cards: Uint8Array[];
}
export interface Officer {
  credentialId: string;
  publicKey: Uint8Array;
  rpId: string;
  origin: string;
  /** Signed<OfficerCard> */
  card: Uint8Array;
  /** dates of the card, unix seconds */
  notBefore: number;
  notAfter: number;
}
export interface HeldOfficer extends Officer {
  counter: number;
  /** the log has the card */
  logged: boolean;
  /** unix seconds; undefined unless the officer was removed */
  removedAt: number | undefined;
}
export type Decided =
  | { ok: true; approval: Uint8Array }
  | { ok: false; reason: "other-decision" | "unknown-officer" | "counter" };

/** Twice the epochs of the longest order: 2 · MAX_SCOPE_EPOCHS (protocol/order-limits.ts). */
const MAX_TAG_BASE_EPOCHS = 240;

export class TrusteeVault extends DurableObject {
  private readonly sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS keys (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL,
        key_set BLOB NOT NULL, sealed_secret BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS left_at (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS cards (trustee INTEGER PRIMARY KEY, card BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS chain (one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS reshare_approvals (plan BLOB PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS handed_on (generation INTEGER PRIMARY KEY, plan BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS officers (credential_id TEXT PRIMARY KEY, public_key BLOB NOT NULL, rp_id TEXT NOT NULL,
        origin TEXT NOT NULL, counter INTEGER NOT NULL, card BLOB NOT NULL, not_before INTEGER NOT NULL,
        not_after INTEGER NOT NULL, logged INTEGER NOT NULL, removed_at INTEGER) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS nonces (nonce BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tokens (hash BLOB PRIMARY KEY, expires INTEGER NOT NULL, credential_id TEXT NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS decisions (case_id BLOB PRIMARY KEY, challenge BLOB NOT NULL, decision TEXT NOT NULL,
        approval BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cases (case_id BLOB PRIMARY KEY, binding BLOB NOT NULL, expires INTEGER NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS outputs (case_id BLOB, round TEXT, chunk INTEGER, bytes BLOB NOT NULL,
        PRIMARY KEY (case_id, round, chunk));
      CREATE TABLE IF NOT EXISTS tag_bases (name BLOB PRIMARY KEY, sealed BLOB NOT NULL);
      ${WITNESS_TABLE}
    `);
  }

  private row(query: string, ...values: unknown[]): Record<string, SqlStorageValue> | undefined {
    return this.sql.exec(query, ...values).toArray()[0];
  }

  // ---- keys

  keys(): VaultKeys | undefined {
    const row = this.row("SELECT generation, key_set, sealed_secret FROM keys");
    if (!row) return undefined;
    const cards = this.sql.exec("SELECT card FROM cards ORDER BY trustee").toArray();
    return {
      generation: row.generation as number,
      keySet: bytesOf(row.key_set),
      sealedSecret: bytesOf(row.sealed_secret),
      cards: cards.map((c) => bytesOf(c.card)),
    };
  }

  /** @param chain KeySetChain that ends with this key set */
  installKeys(keys: VaultKeys, chain: Uint8Array): "installed" | "same" | "conflict" {
    return this.ctx.storage.transactionSync(() => {
      const held = this.keys();
      if (held && equalBytes(held.keySet, keys.keySet)) return "same";
      const newest = held?.generation ?? this.leftAt();
      if (newest !== undefined && keys.generation <= newest) return "conflict";
      this.sql.exec("INSERT OR REPLACE INTO chain VALUES (1, ?)", chain);
      this.sql.exec("INSERT OR REPLACE INTO keys VALUES (1, ?, ?, ?)", keys.generation, keys.keySet, keys.sealedSecret);
      this.sql.exec("DELETE FROM cards");
      keys.cards.forEach((card, i) => {
        this.sql.exec("INSERT INTO cards VALUES (?, ?)", i + 1, card);
      });
      return "installed";
    });
  }

  chain(): Uint8Array | undefined {
    const row = this.row("SELECT bytes FROM chain");
    return row && bytesOf(row.bytes);
  }

  /** Keeps an officer's approval of a resharing's plan. The Worker has verified the assertion before. */
  approveResharing(input: { plan: Uint8Array; credentialId: string; counter: number; now: number }) {
    return this.ctx.storage.transactionSync(() => {
      const advanced = this.advanceCounter(input.credentialId, input.counter, input.now);
      if (advanced === "ok") this.sql.exec("INSERT OR IGNORE INTO reshare_approvals VALUES (?)", input.plan);
      return advanced;
    });
  }

  /** Commits the shares of a generation to one plan for ever. `plan`: hash of the plan, 32 bytes. */
  handOn(generation: number, plan: Uint8Array): "ok" | "not-approved" | "other-plan" {
    return this.ctx.storage.transactionSync(() => {
      if (!this.row("SELECT 1 FROM reshare_approvals WHERE plan = ?", plan)) return "not-approved";
      this.sql.exec("INSERT OR IGNORE INTO handed_on VALUES (?, ?)", generation, plan);
      const row = this.row("SELECT plan FROM handed_on WHERE generation = ?", generation);
      return equalBytes(bytesOf(row!.plan), plan) ? "ok" : "other-plan";
    });
  }

  private leftAt(): number | undefined {
    return this.row("SELECT generation FROM left_at")?.generation as number | undefined;
  }

  /**
   * Deletes the shares of this generation, because this trustee is not in the next committee. If it holds or has left a newer
   * one, an old resharing was replayed, and nothing changes.
   */
  leave(generation: number, chain: Uint8Array): void {
    this.ctx.storage.transactionSync(() => {
      const newest = this.keys()?.generation ?? this.leftAt();
      if (newest !== undefined && generation < newest) return;
      this.sql.exec("DELETE FROM keys WHERE generation <= ?", generation);
      this.sql.exec("INSERT OR REPLACE INTO left_at VALUES (1, ?)", generation);
      this.sql.exec("INSERT OR REPLACE INTO chain VALUES (1, ?)", chain);
    });
  }

  // ---- officers

  /**
   * Adds an officer with its card, or gives it the card in place of an older one. A card that is not logged yet stays until
   * it is, so a repetition logs the same bytes. Another key, RP or origin, or the key of another officer, is a conflict.
   * @param keep a logged card that ends after `renewFrom` is kept, and an unlogged one that begins after `unloggedFrom`
   */
  addOfficer(
    o: Officer,
    keep: { renewFrom: number; unloggedFrom: number },
  ): { ok: true; officer: HeldOfficer } | { ok: false } {
    return this.ctx.storage.transactionSync(() => {
      const held = this.officer(o.credentialId);
      const named = this.row("SELECT credential_id FROM officers WHERE public_key = ?", o.publicKey)?.credential_id;
      if (named !== undefined && named !== o.credentialId) return { ok: false };
      if (held) {
        const same = equalBytes(held.publicKey, o.publicKey) && held.rpId === o.rpId && held.origin === o.origin;
        if (!same || held.removedAt !== undefined) return { ok: false };
        if (held.logged ? held.notAfter > keep.renewFrom : held.notBefore > keep.unloggedFrom)
          return { ok: true, officer: held };
      }
      this.sql.exec(
        "INSERT OR REPLACE INTO officers VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)",
        ...[o.credentialId, o.publicKey, o.rpId, o.origin, held?.counter ?? 0, o.card, o.notBefore, o.notAfter],
      );
      return { ok: true, officer: this.officer(o.credentialId)! };
    });
  }

  /** The log has the card. From now on the officer counts. */
  officerLogged(credentialId: string, card: Uint8Array): void {
    this.sql.exec("UPDATE officers SET logged = 1 WHERE credential_id = ? AND card = ?", credentialId, card);
  }

  /** Ends an officer and all its tokens for ever. The first time counts. Undefined if there is no such officer. */
  removeOfficer(credentialId: string, now: number): HeldOfficer | undefined {
    return this.ctx.storage.transactionSync(() => {
      this.sql.exec(
        "UPDATE officers SET removed_at = coalesce(removed_at, ?) WHERE credential_id = ?",
        now,
        credentialId,
      );
      this.sql.exec("DELETE FROM tokens WHERE credential_id = ?", credentialId);
      return this.officer(credentialId);
    });
  }

  officer(credentialId: string): HeldOfficer | undefined {
    const row = this.row("SELECT * FROM officers WHERE credential_id = ?", credentialId);
    return (
      row && {
        credentialId,
        publicKey: bytesOf(row.public_key),
        rpId: row.rp_id as string,
        origin: row.origin as string,
        counter: row.counter as number,
        card: bytesOf(row.card),
        notBefore: row.not_before as number,
        notAfter: row.not_after as number,
        logged: row.logged === 1,
        removedAt: (row.removed_at as number | null) ?? undefined,
      }
    );
  }

  /** The officer, if it may act now. */
  activeOfficer(credentialId: string, now: number): HeldOfficer | undefined {
    const held = this.officer(credentialId);
    return held?.logged && held.removedAt === undefined && held.notBefore <= now && now < held.notAfter
      ? held
      : undefined;
  }

  /** WebAuthn Level 3, section 7.2, step 22: the counter must grow, unless the authenticator does not count at all. */
  private advanceCounter(credentialId: string, counter: number, now: number): "ok" | "unknown-officer" | "counter" {
    const held = this.activeOfficer(credentialId, now);
    if (!held) return "unknown-officer";
    if ((counter > 0 || held.counter > 0) && counter <= held.counter) return "counter";
    this.sql.exec("UPDATE officers SET counter = ? WHERE credential_id = ?", counter, credentialId);
    return "ok";
  }

  /** Uses up the nonce and stores the token's hash. The Worker has verified nonce and assertion before. */
  login(input: {
    nonce: Uint8Array;
    /** the nonce's last second */
    nonceEnds: number;
    credentialId: string;
    counter: number;
    tokenHash: Uint8Array;
    tokenExpires: number;
    now: number;
  }): "ok" | "nonce" | "unknown-officer" | "counter" {
    return this.ctx.storage.transactionSync(() => {
      if (!this.spendNonce(input.nonce, input.nonceEnds, input.now)) return "nonce";
      this.sql.exec("DELETE FROM tokens WHERE expires <= ?", input.now);
      const advanced = this.advanceCounter(input.credentialId, input.counter, input.now);
      if (advanced === "ok")
        this.sql.exec("INSERT INTO tokens VALUES (?, ?, ?)", input.tokenHash, input.tokenExpires, input.credentialId);
      return advanced;
    });
  }

  /** True the first time, false for every repetition. @param lastSecond after it, the nonce is forgotten */
  spendNonce(nonce: Uint8Array, lastSecond: number, now: number): boolean {
    this.sql.exec("DELETE FROM nonces WHERE expires < ?", now);
    return this.sql.exec("INSERT OR IGNORE INTO nonces VALUES (?, ?)", nonce, lastSecond).rowsWritten > 0;
  }

  /** Whether the token is valid, and its officer still is. */
  isToken(hash: Uint8Array, now: number): boolean {
    const row = this.row("SELECT credential_id FROM tokens WHERE hash = ? AND expires > ?", hash, now);
    return row !== undefined && this.activeOfficer(row.credential_id as string, now) !== undefined;
  }

  decision(caseId: Uint8Array): { challenge: Uint8Array; decision: string; approval: Uint8Array } | undefined {
    const row = this.row("SELECT * FROM decisions WHERE case_id = ?", caseId);
    return (
      row && {
        challenge: bytesOf(row.challenge),
        decision: row.decision as string,
        approval: bytesOf(row.approval),
      }
    );
  }

  /** Decisions about case ids greater than `after`, in the order of the ids. */
  decisions(after: Uint8Array, limit: number): { caseId: Uint8Array; approval: Uint8Array }[] {
    return this.sql
      .exec("SELECT case_id, approval FROM decisions WHERE case_id > ? ORDER BY case_id LIMIT ?", after, limit)
      .toArray()
      .map((row) => ({ caseId: bytesOf(row.case_id), approval: bytesOf(row.approval) }));
  }

  decide(input: {
    caseId: Uint8Array;
    /** approvalChallenge, 32 bytes */
    challenge: Uint8Array;
    decision: string;
    credentialId: string;
    counter: number;
    approval: Uint8Array;
    now: number;
  }): Decided {
    return this.ctx.storage.transactionSync((): Decided => {
      const held = this.decision(input.caseId);
      if (held)
        return equalBytes(held.challenge, input.challenge)
          ? { ok: true, approval: held.approval }
          : { ok: false, reason: "other-decision" };
      const advanced = this.advanceCounter(input.credentialId, input.counter, input.now);
      if (advanced !== "ok") return { ok: false, reason: advanced };
      this.sql.exec(
        "INSERT INTO decisions VALUES (?, ?, ?, ?)",
        input.caseId,
        input.challenge,
        input.decision,
        input.approval,
      );
      return { ok: true, approval: input.approval };
    });
  }

  // ---- cases

  /**
   * Binds the case id, or compares with its binding. A new binding also deletes the outputs of expired cases, since no
   * round of those can come any more. `fresh`: whether the head of the bundle is fresh now. Only a new binding needs it.
   */
  claimCase(
    caseId: Uint8Array,
    binding: Uint8Array,
    expires: number,
    now: number,
    fresh: boolean,
  ): "claimed" | "same" | "conflict" | "stale" {
    return this.ctx.storage.transactionSync(() => {
      const held = this.row("SELECT binding FROM cases WHERE case_id = ?", caseId);
      if (held) return equalBytes(bytesOf(held.binding), binding) ? "same" : "conflict";
      if (!fresh) return "stale";
      this.sql.exec("DELETE FROM outputs WHERE case_id IN (SELECT case_id FROM cases WHERE expires <= ?)", now);
      this.sql.exec("INSERT INTO cases VALUES (?, ?, ?)", caseId, binding, expires);
      return "claimed";
    });
  }

  output(caseId: Uint8Array, round: string, chunk = 0): Uint8Array | undefined {
    const row = this.row(
      "SELECT bytes FROM outputs WHERE case_id = ? AND round = ? AND chunk = ?",
      caseId,
      round,
      chunk,
    );
    return row && bytesOf(row.bytes);
  }

  /** The outputs of all chunks so far, in the order of the chunks. */
  outputs(caseId: Uint8Array, round: string): Uint8Array[] {
    const rows = this.sql.exec(
      "SELECT bytes FROM outputs WHERE case_id = ? AND round = ? ORDER BY chunk",
      caseId,
      round,
    );
    return rows.toArray().map((row) => bytesOf(row.bytes));
  }

  /** Keeps all outputs. If the first one was kept before, it keeps none. Returns the first output as it is kept now. */
  keepOutputs(caseId: Uint8Array, outputs: { round: string; bytes: Uint8Array }[], chunk = 0): Uint8Array {
    return this.ctx.storage.transactionSync(() => {
      const first = outputs[0] as { round: string; bytes: Uint8Array };
      const held = this.output(caseId, first.round, chunk);
      if (held) return held;
      for (const o of outputs)
        this.sql.exec("INSERT INTO outputs VALUES (?, ?, ?, ?)", caseId, o.round, chunk, o.bytes);
      return first.bytes;
    });
  }

  // ---- tag bases (functions/trustee/tag-bases.ts)

  /** The sealed tag bases in the order of `names`. An entry is undefined if it is not kept. */
  tagBases(names: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return names.map((name) => {
      const row = this.row("SELECT sealed FROM tag_bases WHERE name = ?", name);
      return row && bytesOf(row.sealed);
    });
  }

  /** Keeps tag bases, and deletes the oldest ones beyond MAX_TAG_BASE_EPOCHS. */
  keepTagBases(entries: readonly { name: Uint8Array; sealed: Uint8Array }[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { name, sealed } of entries)
        this.sql.exec("INSERT OR REPLACE INTO tag_bases (name, sealed) VALUES (?, ?)", name, sealed);
      this.sql.exec("DELETE FROM tag_bases WHERE rowid <= (SELECT max(rowid) FROM tag_bases) - ?", MAX_TAG_BASE_EPOCHS);
    });
  }

  // ---- log witness

  witnessHead(): WitnessHead | undefined {
    return readWitnessHead(this.sql);
  }

  advanceWitness(from: WitnessHead | undefined, to: WitnessHead): boolean {
    return advanceWitnessHead(this.sql, from, to);
  }
}
