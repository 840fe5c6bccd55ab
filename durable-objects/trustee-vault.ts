// What one trustee remembers: a Durable Object named "vault", one a trustee.
//
// Invariant.
//   keys        at most one set of shares at a time; a newer generation replaces it, an equal or older one never does
//   officers    a credential id stands for one public key, origin and RP for ever; its counter never goes back
//   challenges  each is used at most once
//   decisions   one a case id: one order hash, one decision, one document
//   cases       a case id is bound to one binding (order, nonce, S, scope, checkpoint) at first sight, for ever
//   outputs     one a case, round and chunk: whoever comes first decides the bytes, everybody after gets the same ones, until
//               the order has expired; then they are deleted
//   tag bases   by epoch and parameters, as first kept, until newer ones push them out
//   witness     the newest head that this trustee cosigned: replaced only by whoever knows it, so it never goes back
//
// Each method is one synchronous block (check and write, no await between), and its answer leaves only when the write is
// durable (output gate). Cryptography happens in the Worker, before or after.
//
// No secret is ever here in clear, and none crosses to or from here in clear: the Worker seals shares, dealer secrets and
// results under a key from TRUSTEE_SEED (functions/trustee/at-rest.ts) and this object, which has no use for that key,
// keeps ciphertext. So computing with a share runs in the Worker: a link over years is seconds of pairings, and in here it
// would hold up every other case of this trustee. Two Workers that compute one output at once do no harm, since a share's
// values are determined and only the first proof is kept.

import { DurableObject } from "cloudflare:workers";
import { equalBytes } from "../protocol/bytes.ts";
import { bytesOf } from "./blobs.ts";

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
}
export interface WitnessHead {
  size: number;
  root: Uint8Array;
}
export type Decided =
  | { ok: true; approval: Uint8Array }
  | { ok: false; reason: "other-decision" | "unknown-officer" | "counter" };

/** Twice the longest order, MAX_SCOPE_EPOCHS (functions/shared/order-limits.ts). */
const MAX_TAG_BASE_EPOCHS = 240;

export class TrusteeVault extends DurableObject {
  private readonly sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS keys (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL,
        key_set BLOB NOT NULL, sealed_secret BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS cards (trustee INTEGER PRIMARY KEY, card BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS officers (credential_id TEXT PRIMARY KEY, public_key BLOB NOT NULL, rp_id TEXT NOT NULL,
        origin TEXT NOT NULL, counter INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS challenges (challenge BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tokens (hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS decisions (case_id BLOB PRIMARY KEY, order_hash BLOB NOT NULL, decision TEXT NOT NULL,
        approval BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cases (case_id BLOB PRIMARY KEY, binding BLOB NOT NULL, expires INTEGER NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS outputs (case_id BLOB, round TEXT, chunk INTEGER, bytes BLOB NOT NULL,
        PRIMARY KEY (case_id, round, chunk));
      CREATE TABLE IF NOT EXISTS tag_bases (name BLOB PRIMARY KEY, sealed BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS witness (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL,
        root BLOB NOT NULL);
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

  installKeys(keys: VaultKeys): "installed" | "same" | "conflict" {
    return this.ctx.storage.transactionSync(() => {
      const held = this.keys();
      if (held && equalBytes(held.keySet, keys.keySet)) return "same";
      if (held && held.generation >= keys.generation) return "conflict";
      this.sql.exec("INSERT OR REPLACE INTO keys VALUES (1, ?, ?, ?)", keys.generation, keys.keySet, keys.sealedSecret);
      this.sql.exec("DELETE FROM cards");
      keys.cards.forEach((card, i) => {
        this.sql.exec("INSERT INTO cards VALUES (?, ?)", i + 1, card);
      });
      return "installed";
    });
  }

  // ---- officers

  addOfficer(o: Officer): "added" | "same" | "conflict" {
    const held = this.officer(o.credentialId);
    if (held)
      return equalBytes(held.publicKey, o.publicKey) && held.rpId === o.rpId && held.origin === o.origin
        ? "same"
        : "conflict";
    this.sql.exec("INSERT INTO officers VALUES (?, ?, ?, ?, 0)", o.credentialId, o.publicKey, o.rpId, o.origin);
    return "added";
  }

  officer(credentialId: string): (Officer & { counter: number }) | undefined {
    const row = this.row("SELECT * FROM officers WHERE credential_id = ?", credentialId);
    return (
      row && {
        credentialId,
        publicKey: bytesOf(row.public_key),
        rpId: row.rp_id as string,
        origin: row.origin as string,
        counter: row.counter as number,
      }
    );
  }

  /** WebAuthn Level 3, section 7.2, step 22: greater than before, unless the authenticator does not count at all. */
  private advanceCounter(credentialId: string, counter: number): "ok" | "unknown-officer" | "counter" {
    const held = this.officer(credentialId);
    if (!held) return "unknown-officer";
    if ((counter > 0 || held.counter > 0) && counter <= held.counter) return "counter";
    this.sql.exec("UPDATE officers SET counter = ? WHERE credential_id = ?", counter, credentialId);
    return "ok";
  }

  addChallenge(challenge: Uint8Array, expires: number, now: number): void {
    this.sql.exec("DELETE FROM challenges WHERE expires <= ?", now);
    this.sql.exec("DELETE FROM tokens WHERE expires <= ?", now);
    this.sql.exec("INSERT INTO challenges VALUES (?, ?)", challenge, expires);
  }

  /** Uses up the challenge and stores the token's hash; the assertion has been verified by the Worker. */
  login(input: {
    challenge: Uint8Array;
    credentialId: string;
    counter: number;
    tokenHash: Uint8Array;
    tokenExpires: number;
    now: number;
  }): "ok" | "challenge" | "unknown-officer" | "counter" {
    return this.ctx.storage.transactionSync(() => {
      const { rowsWritten } = this.sql.exec(
        "DELETE FROM challenges WHERE challenge = ? AND expires > ?",
        input.challenge,
        input.now,
      );
      if (rowsWritten === 0) return "challenge";
      const advanced = this.advanceCounter(input.credentialId, input.counter);
      if (advanced === "ok") this.sql.exec("INSERT INTO tokens VALUES (?, ?)", input.tokenHash, input.tokenExpires);
      return advanced;
    });
  }

  isToken(hash: Uint8Array, now: number): boolean {
    return this.row("SELECT 1 FROM tokens WHERE hash = ? AND expires > ?", hash, now) !== undefined;
  }

  decision(caseId: Uint8Array): { orderHash: Uint8Array; decision: string; approval: Uint8Array } | undefined {
    const row = this.row("SELECT * FROM decisions WHERE case_id = ?", caseId);
    return (
      row && {
        orderHash: bytesOf(row.order_hash),
        decision: row.decision as string,
        approval: bytesOf(row.approval),
      }
    );
  }

  decide(input: {
    caseId: Uint8Array;
    orderHash: Uint8Array;
    decision: string;
    credentialId: string;
    counter: number;
    approval: Uint8Array;
  }): Decided {
    return this.ctx.storage.transactionSync((): Decided => {
      const held = this.decision(input.caseId);
      if (held)
        return equalBytes(held.orderHash, input.orderHash) && held.decision === input.decision
          ? { ok: true, approval: held.approval }
          : { ok: false, reason: "other-decision" };
      const advanced = this.advanceCounter(input.credentialId, input.counter);
      if (advanced !== "ok") return { ok: false, reason: advanced };
      this.sql.exec(
        "INSERT INTO decisions VALUES (?, ?, ?, ?)",
        input.caseId,
        input.orderHash,
        input.decision,
        input.approval,
      );
      return { ok: true, approval: input.approval };
    });
  }

  // ---- cases

  /** Binds the id, or compares. What expired cases have left is swept on the way: no round of theirs comes any more. */
  claimCase(caseId: Uint8Array, binding: Uint8Array, expires: number, now: number): "claimed" | "same" | "conflict" {
    return this.ctx.storage.transactionSync(() => {
      const held = this.row("SELECT binding FROM cases WHERE case_id = ?", caseId);
      if (held) return equalBytes(bytesOf(held.binding), binding) ? "same" : "conflict";
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

  /** Of all chunks so far. */
  outputs(caseId: Uint8Array, round: string): Uint8Array[] {
    const rows = this.sql.exec(
      "SELECT bytes FROM outputs WHERE case_id = ? AND round = ? ORDER BY chunk",
      caseId,
      round,
    );
    return rows.toArray().map((row) => bytesOf(row.bytes));
  }

  /** All of them, or, if the first is there already, none. Answers what now stands under the first name. */
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

  /** Sealed, in the order asked for. */
  tagBases(names: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return names.map((name) => {
      const row = this.row("SELECT sealed FROM tag_bases WHERE name = ?", name);
      return row && bytesOf(row.sealed);
    });
  }

  /** The ones kept longest ago are forgotten. */
  keepTagBases(entries: readonly { name: Uint8Array; sealed: Uint8Array }[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { name, sealed } of entries)
        this.sql.exec("INSERT OR REPLACE INTO tag_bases (name, sealed) VALUES (?, ?)", name, sealed);
      this.sql.exec("DELETE FROM tag_bases WHERE rowid <= (SELECT max(rowid) FROM tag_bases) - ?", MAX_TAG_BASE_EPOCHS);
    });
  }

  // ---- log witness

  witnessHead(): WitnessHead | undefined {
    const row = this.row("SELECT size, root FROM witness");
    return row && { size: row.size as number, root: bytesOf(row.root) };
  }

  /** Replaces `from` (undefined: none yet) by `to`, which the Worker found consistent with it. */
  advanceWitness(from: WitnessHead | undefined, to: WitnessHead): boolean {
    const held = this.witnessHead();
    const unchanged = held && from ? held.size === from.size && equalBytes(held.root, from.root) : !held && !from;
    if (!unchanged || (held && to.size < held.size)) return false;
    this.sql.exec("INSERT OR REPLACE INTO witness VALUES (1, ?, ?)", to.size, to.root);
    return true;
  }
}
