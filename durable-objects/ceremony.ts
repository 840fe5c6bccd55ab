// The bulletin board of one key ceremony or one resharing, as one trustee sees it. The object's name is the ceremony's id, or
// "reshare " and the resharing's id (hex).
//
// Invariant.
//   plan       fixed for ever when the ceremony starts here
//   board      for each round and sender, the first message that was shown, never another. A different second message is
//              kept out and reported. So a sender that says two things is caught here, or by the views in the next round
//   own        this trustee's message of each round, made once. A repeated request gets the same bytes. So a dealing is
//              never opened into two boards, whatever the coordinator repeats
//   secret     the Worker seals it at rest. The acceptance that follows from the dealer's secret deletes that secret
//
// Each method is one synchronous block. The Worker signs and checks the messages (protocol/ceremony.ts).

import { DurableObject } from "cloudflare:workers";
import { equalBytes } from "../protocol/bytes.ts";
import { bytesOf } from "./blobs.ts";

export const CEREMONY_ROUNDS = ["commit", "open", "deal", "accept"] as const;
export type CeremonyRound = (typeof CEREMONY_ROUNDS)[number];

export interface BoardMessage {
  sender: number;
  bytes: Uint8Array;
}
export interface Board {
  plan: Uint8Array;
  cards: Uint8Array[];
  /** of a resharing: the KeySetChain up to the old key set */
  chain: Uint8Array | undefined;
  dealerSecret: Uint8Array | undefined;
  trusteeSecret: Uint8Array | undefined;
  messages: { round: CeremonyRound; bytes: Uint8Array }[];
  own: { round: CeremonyRound; bytes: Uint8Array }[];
}
export type Shown = { ok: true } | { ok: false; equivocated: number };

export class Ceremony extends DurableObject {
  private readonly sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cards (trustee INTEGER PRIMARY KEY, card BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS board (round TEXT, sender INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (round, sender));
      CREATE TABLE IF NOT EXISTS own (round TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
    `);
  }

  private state(name: string): Uint8Array | undefined {
    const row = this.sql.exec("SELECT bytes FROM state WHERE name = ?", name).toArray()[0];
    return row && bytesOf(row.bytes);
  }

  /**
   * Fixes the plan, with this trustee's secret and its first message. If the same plan was fixed before, it returns the
   * commit of that time. If another plan was fixed, it returns undefined.
   */
  start(input: {
    plan: Uint8Array;
    cards: Uint8Array[];
    dealerSecret: Uint8Array;
    commit: Uint8Array;
  }): Uint8Array | undefined {
    return this.ctx.storage.transactionSync(() => {
      const plan = this.state("plan");
      if (plan) return equalBytes(plan, input.plan) ? this.own("commit") : undefined;
      this.sql.exec("INSERT INTO state VALUES ('plan', ?), ('dealer-secret', ?)", input.plan, input.dealerSecret);
      input.cards.forEach((card, i) => {
        this.sql.exec("INSERT INTO cards VALUES (?, ?)", i + 1, card);
      });
      this.sql.exec("INSERT INTO own VALUES ('commit', ?)", input.commit);
      return input.commit;
    });
  }

  /** Fixes the plan of a resharing. False if another plan was fixed before. */
  startResharing(input: { plan: Uint8Array; cards: Uint8Array[]; chain: Uint8Array }): boolean {
    return this.ctx.storage.transactionSync(() => {
      const plan = this.state("plan");
      if (plan) return equalBytes(plan, input.plan);
      this.sql.exec("INSERT INTO state VALUES ('plan', ?), ('chain', ?)", input.plan, input.chain);
      input.cards.forEach((card, i) => {
        this.sql.exec("INSERT INTO cards VALUES (?, ?)", i + 1, card);
      });
      return true;
    });
  }

  read(): Board | undefined {
    const plan = this.state("plan");
    if (!plan) return undefined;
    const messagesOf = (table: "board" | "own") =>
      this.sql
        .exec(`SELECT round, bytes FROM ${table}`)
        .toArray()
        .map((m) => ({ round: m.round as CeremonyRound, bytes: bytesOf(m.bytes) }));
    return {
      plan,
      cards: this.sql
        .exec("SELECT card FROM cards ORDER BY trustee")
        .toArray()
        .map((c) => bytesOf(c.card)),
      chain: this.state("chain"),
      dealerSecret: this.state("dealer-secret"),
      trusteeSecret: this.state("trustee-secret"),
      messages: messagesOf("board"),
      own: messagesOf("own"),
    };
  }

  /** Puts a round's messages on the board: all of them, or none if one contradicts an earlier message. */
  show(round: CeremonyRound, messages: BoardMessage[]): Shown {
    return this.ctx.storage.transactionSync((): Shown => {
      const held = new Map(
        this.sql
          .exec("SELECT sender, bytes FROM board WHERE round = ?", round)
          .toArray()
          .map((m) => [m.sender as number, bytesOf(m.bytes)]),
      );
      for (const { sender, bytes: message } of messages) {
        const earlier = held.get(sender);
        if (earlier && !equalBytes(earlier, message)) return { ok: false, equivocated: sender };
        held.set(sender, message);
      }
      for (const [sender, message] of held)
        this.sql.exec("INSERT OR IGNORE INTO board VALUES (?, ?, ?)", round, sender, message);
      return { ok: true };
    });
  }

  private own(round: CeremonyRound): Uint8Array | undefined {
    const row = this.sql.exec("SELECT bytes FROM own WHERE round = ?", round).toArray()[0];
    return row && bytesOf(row.bytes);
  }

  /** Keeps this trustee's message of a round, and returns the one that was kept first. */
  keepOwn(round: CeremonyRound, message: Uint8Array): Uint8Array {
    return this.ctx.storage.transactionSync(() => {
      const held = this.own(round);
      if (held) return held;
      this.sql.exec("INSERT INTO own VALUES (?, ?)", round, message);
      return message;
    });
  }

  /** Keeps the last message and the secret that results from the ceremony, and deletes the dealer's secret. */
  keepAcceptance(message: Uint8Array, trusteeSecret: Uint8Array | undefined): Uint8Array {
    return this.ctx.storage.transactionSync(() => {
      const held = this.own("accept");
      if (held) return held;
      this.sql.exec("INSERT INTO own VALUES ('accept', ?)", message);
      if (trusteeSecret) this.sql.exec("INSERT INTO state VALUES ('trustee-secret', ?)", trusteeSecret);
      this.sql.exec("DELETE FROM state WHERE name = 'dealer-secret'");
      return message;
    });
  }

  /** Deletes both secrets, once the share is in the vault. */
  forget(): void {
    this.sql.exec("DELETE FROM state WHERE name IN ('dealer-secret', 'trustee-secret')");
  }
}
