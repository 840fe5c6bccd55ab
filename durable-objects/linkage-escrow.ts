// One case: an order, the officers' decisions, and the answers of the trustees. The object's name is the case id in hex.
//
//   ordered ── approvals: S and nonce fixed ── checkpoint ──> approved ── notice logged ──> noticed ── results ──> opened
//                                     noticed: the results come chunk by chunk (protocol/case-chunks.ts), newest epochs first
//      └── so many refusals that enough approvals cannot come ──> refused
//   ordered, approved, noticed ── time ──> expired
//
// Invariant. Each value that a trustee or the log receives is first written here as a row, and that row never changes:
// order, dossiers, S, nonce, log entries (with their time), checkpoints with proofs, parts. So after a crash everything can
// be sent again with the same bytes. If two Workers carry one phase at once, the first to record a value sets it for both.
// Each method checks and writes in one synchronous block. Only the alarm does I/O in here (its D1 row). Workers send and
// collect; the object records. A case moves only forwards, and it never leaves refused, opened or expired.
//
// S is the first `needed` approvers of one dossier. The last of them fixes S, and the nonce is drawn in the same block. Trustees
// refuse a set whose approvals name different dossiers, so an approval of another dossier must not get into S. A passkey
// decides once, whatever number of trustees it is registered at. If S does not answer, the case expires. A case id serves once, so
// another S needs another order.
//
// An assemble is created without dossiers. The registrar's dossiers come after the order is logged, once, and before any
// decision: the officers decide about these.
//
// At expiry the object deletes the sealed material (dossiers, parts). The order, the decisions and the log entries stay, as
// the counterpart of the log. Time is `now` as the caller gives it, and it never goes back. The alarm is scheduled in real
// time. If the clock is settable, the alarm decides with the last `now` that was given.

import { DurableObject } from "cloudflare:workers";
import type { Hex } from "../protocol/encodings.ts";
import { type CaseState, followCase, isFinal } from "../schema/case-list.ts";
import { bytesOf } from "./blobs.ts";

export interface LinkageEscrowEnv {
  CLOCK: "system" | "settable";
  ESCROW_DB: D1Database;
}

/** A case as its order states it. */
export interface NewCase {
  caseId: Hex;
  kind: "link" | "trace" | "assemble";
  orderHash: Hex;
  /** Signed<Order> */
  order: Uint8Array;
  requesterKey: Hex;
  /** The pinned identity keys; trustee i is at [i - 1]. */
  trusteeKeys: Hex[];
  /** t, of the witnesses' quorum */
  threshold: number;
  /** |S|: how many approvals open the case */
  needed: number;
  expiresAt: number;
  /** The number of chunks in which the case is opened. */
  chunks: number;
  /** LogEntry "order" */
  entry: Uint8Array;
  /** One dossier per trustee: the one at [i - 1] is sealed to trustee i. None for an assemble. */
  dossiers: Uint8Array[];
}

export interface Decision {
  trustee: number;
  decision: "approve" | "refuse";
  /** Signed<Approval> */
  approval: Uint8Array;
}
export interface NewDecision extends Decision {
  /** the hash of the dossier that the officer saw */
  dossier: Hex;
  /** names the officer's passkey */
  passkey: Hex;
}
/** A log entry, and its index in the log once it is appended. */
export interface Entry {
  entry: Uint8Array;
  index: number | undefined;
}
/** A cosigned checkpoint, and the audit paths of some entries in its tree. */
export interface Placed {
  checkpoint: string;
  /** Keyed by the name of the entry. */
  proofs: Record<string, Uint8Array[]>;
}
export const PART_ROUNDS = ["notice-shares", "notice", "shares", "result"] as const;
export type PartRound = (typeof PART_ROUNDS)[number];
/** An answer of a member of S. `to` is the receiving trustee, or 0 for the requester (notice: its signed notice entry). */
export interface Part {
  from: number;
  to: number;
  bytes: Uint8Array;
}

export interface CaseView extends Omit<NewCase, "entry" | "dossiers"> {
  state: CaseState;
  /** The sealed material is deleted. */
  cleared: boolean;
  /**
   * The number of chunks that the requester may read. A chunk counts if all of S have answered it, if all chunks before it
   * count, and if the log has the entry "opening".
   */
  chunksOpened: number;
  /** S in ascending order, once enough trustees have approved. */
  set: number[] | undefined;
  nonce: Uint8Array | undefined;
  decisions: Decision[];
  /** "order", "decision-<trustee>", "officer-<trustee>", "notice", "opening" */
  entries: Record<string, Entry>;
  /** The place of the order, the approvals and their officers in the log. */
  approved: Placed | undefined;
  /** The place of the notice in the log. */
  noticed: Placed | undefined;
  /** assemble: the registrar's dossiers are here. */
  dossiersComplete: boolean;
}

export type Refusal = {
  ok: false;
  reason: "unknown" | "expired" | "contradiction" | "passkey-used" | "not-in-this-state";
};
export type Recorded = { ok: true; view: CaseView } | Refusal;

export const decisionName = (trustee: number): string => `decision-${trustee}`;
export const officerName = (trustee: number): string => `officer-${trustee}`;

type CaseRow = {
  case_id: Hex;
  kind: NewCase["kind"];
  order_hash: Hex;
  order_bytes: ArrayBuffer;
  requester_key: Hex;
  trustee_keys: string;
  threshold: number;
  needed: number;
  expires_at: number;
  chunks: number;
  state: CaseState;
  last_now: number;
  approving_set: string | null;
  nonce: ArrayBuffer | null;
  dossiers_complete: number;
  cleared: number;
};

const TABLES = `
  CREATE TABLE IF NOT EXISTS linkage (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    case_id TEXT NOT NULL, kind TEXT NOT NULL, order_hash TEXT NOT NULL, order_bytes BLOB NOT NULL,
    requester_key TEXT NOT NULL, trustee_keys TEXT NOT NULL, threshold INTEGER NOT NULL, needed INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, chunks INTEGER NOT NULL, state TEXT NOT NULL, last_now INTEGER NOT NULL, approving_set TEXT, nonce BLOB,
    dossiers_complete INTEGER NOT NULL, cleared INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS dossiers (trustee INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS decisions (trustee INTEGER PRIMARY KEY, decision TEXT NOT NULL, approval BLOB NOT NULL,
    dossier TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS passkeys (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, entry BLOB NOT NULL, log_index INTEGER);
  CREATE TABLE IF NOT EXISTS placed (phase TEXT PRIMARY KEY, checkpoint TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS proofs (phase TEXT, name TEXT, seq INTEGER, hash BLOB NOT NULL, PRIMARY KEY (phase, name, seq));
  CREATE TABLE IF NOT EXISTS parts (round TEXT, chunk INTEGER, sender INTEGER, receiver INTEGER, bytes BLOB NOT NULL,
    PRIMARY KEY (round, chunk, sender, receiver));`;

const refuse = (reason: Refusal["reason"]): Refusal => ({ ok: false, reason });

export class LinkageEscrow extends DurableObject<LinkageEscrowEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: LinkageEscrowEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
  }

  /** Accepts the order, once. The same order again changes nothing, even if its dossiers are sealed anew. */
  async create(c: NewCase, now: number): Promise<Recorded> {
    const held = this.#row(now);
    if (held) return held.order_hash === c.orderHash ? this.#answer() : refuse("contradiction");
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec(TABLES);
      this.#sql.exec(
        "INSERT INTO linkage VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'ordered', ?, NULL, NULL, 0, 0)",
        ...[c.caseId, c.kind, c.orderHash, c.order, c.requesterKey, JSON.stringify(c.trusteeKeys), c.threshold],
        ...[c.needed, c.expiresAt, c.chunks, now],
      );
      this.#putDossiers(c.dossiers);
      this.#putEntry("order", c.entry);
    });
    // The alarm is set in the same turn as the rows. So both are durable, or neither is.
    await this.ctx.storage.setAlarm(Date.now() + (c.expiresAt - now) * 1000);
    return this.#answer();
  }

  view(now: number): Recorded {
    return this.#row(now) ? this.#answer() : refuse("unknown");
  }

  /**
   * Records one decision per trustee and per passkey. The same decision again changes nothing; the opposite one is a
   * contradiction. `officer` is the LogEntry of the officer's card, which the log has.
   */
  decide(d: NewDecision, entry: Uint8Array, officer: { entry: Uint8Array; index: number }, now: number): Recorded {
    return this.#while(["ordered", "approved", "noticed", "opened", "refused"], now, (row) => {
      const before = this.#decisions().find((x) => x.trustee === d.trustee);
      if (before) return before.decision === d.decision ? undefined : refuse("contradiction");
      if (isFinal(row.state) || (row.kind === "assemble" && row.dossiers_complete === 0))
        return refuse("not-in-this-state");
      const used = this.#sql.exec("SELECT 1 FROM passkeys WHERE name = ?", d.passkey).toArray();
      if (used.length > 0) return refuse("passkey-used");
      this.#sql.exec("INSERT INTO passkeys VALUES (?)", d.passkey);
      this.#sql.exec("INSERT INTO decisions VALUES (?, ?, ?, ?)", d.trustee, d.decision, d.approval, d.dossier);
      this.#putEntry(decisionName(d.trustee), entry);
      this.#putEntry(officerName(d.trustee), officer.entry, officer.index);
      if (row.approving_set !== null) return undefined; // S is fixed, so this decision is recorded but no longer counts
      const groups = this.#approvers();
      const approvers = groups.find((group) => group.length === row.needed);
      const trustees = (JSON.parse(row.trustee_keys) as string[]).length;
      const undecided = trustees - this.#decisions().length;
      if (approvers) {
        const nonce = crypto.getRandomValues(new Uint8Array(32));
        this.#sql.exec("UPDATE linkage SET approving_set = ?, nonce = ?", JSON.stringify(approvers), nonce);
      } else if (Math.max(0, ...groups.map((group) => group.length)) + undecided < row.needed) {
        this.#sql.exec("UPDATE linkage SET state = 'refused'");
      }
      return undefined;
    });
  }

  /** Records the index of an entry that the log has appended. The first index counts. */
  logged(name: string, index: number, now: number): Recorded {
    return this.#while(["ordered", "approved", "noticed", "opened", "refused", "expired"], now, () => {
      this.#sql.exec("UPDATE entries SET log_index = coalesce(log_index, ?) WHERE name = ?", index, name);
      return undefined;
    });
  }

  /** Adds the registrar's dossiers to an assemble, once. No decision counts before that. */
  complete(dossiers: Uint8Array[], now: number): Recorded {
    return this.#while(["ordered", "approved"], now, (row) => {
      if (row.kind !== "assemble") return refuse("not-in-this-state");
      if (row.dossiers_complete === 1) return undefined;
      this.#putDossiers(dossiers);
      this.#sql.exec("UPDATE linkage SET dossiers_complete = 1");
      return undefined;
    });
  }

  /** ordered → approved: the log has the order, the approvals of S and their officers, under a cosigned checkpoint. */
  approve(placed: Placed, now: number): Recorded {
    return this.#advance("ordered", "approved", now, (row) => {
      const set = setOf(row);
      if (!set || !this.#allLogged(["order", ...set.flatMap((i) => [decisionName(i), officerName(i)])])) return false;
      this.#putPlaced("approved", placed);
      return true;
    });
  }

  /** Records the answer of a member of S in a round. The first answer counts. */
  keep(round: PartRound, from: number, parts: Part[], now: number, chunk = 0): Recorded {
    const during: CaseState = round === "notice-shares" || round === "notice" ? "approved" : "noticed";
    return this.#while([during, "noticed", "opened"], now, (row) => {
      if (this.answered(round, now, chunk).includes(from)) return undefined;
      if (row.state !== during || !setOf(row)?.includes(from) || chunk >= row.chunks)
        return refuse("not-in-this-state");
      for (const p of parts)
        this.#sql.exec("INSERT INTO parts VALUES (?, ?, ?, ?, ?)", round, chunk, from, p.to, p.bytes);
      return undefined;
    });
  }

  /** Records a log entry before it is appended. The first entry of each name counts. */
  intend(name: "notice" | "opening", entry: Uint8Array, now: number): Recorded {
    const during: CaseState = name === "notice" ? "approved" : "noticed";
    return this.#while([during, "noticed", "opened"], now, (row) => {
      if (this.#entry(name)) return undefined;
      if (row.state !== during) return refuse("not-in-this-state");
      this.#putEntry(name, entry);
      return undefined;
    });
  }

  /** approved → noticed: the log has the notice, under a newer cosigned checkpoint. */
  notice(placed: Placed, now: number): Recorded {
    return this.#advance("approved", "noticed", now, () => {
      if (!this.#allLogged(["notice"])) return false;
      this.#putPlaced("noticed", placed);
      return true;
    });
  }

  /** noticed → opened: every member of S has answered for the requester in every chunk, and the log has the opening. */
  open(now: number): Recorded {
    return this.#advance("noticed", "opened", now, (row) => {
      return this.#chunksOpened(row) === row.chunks;
    });
  }

  /** The members of S whose answer in a round is recorded. */
  answered(round: PartRound, now: number, chunk = 0): number[] {
    if (!this.#row(now)) return [];
    const rows = this.#sql.exec<{ sender: number }>(
      "SELECT DISTINCT sender FROM parts WHERE round = ? AND chunk = ?",
      round,
      chunk,
    );
    return rows.toArray().map((r) => r.sender);
  }

  /** The parts for one reader, by sender. Per reader, because all parts of a large case exceed one RPC message. */
  partsTo(round: PartRound, receiver: number, now: number, chunk = 0): Part[] {
    if (!this.#row(now)) return [];
    return this.#sql
      .exec<{ sender: number; bytes: ArrayBuffer }>(
        "SELECT sender, bytes FROM parts WHERE round = ? AND chunk = ? AND receiver = ? ORDER BY sender",
        round,
        chunk,
        receiver,
      )
      .toArray()
      .map((p) => ({ from: p.sender, to: receiver, bytes: bytesOf(p.bytes) }));
  }

  dossier(trustee: number, now: number): Uint8Array | undefined {
    if (!this.#row(now)) return undefined;
    const row = this.#sql
      .exec<{ sealed: ArrayBuffer }>("SELECT sealed FROM dossiers WHERE trustee = ?", trustee)
      .toArray()[0];
    return row && bytesOf(row.sealed);
  }

  override async alarm(): Promise<void> {
    const before = this.#row(0);
    if (!before) return;
    const now = this.env.CLOCK === "settable" ? before.last_now : Math.floor(Date.now() / 1000);
    const row = this.#row(now)!;
    if (row.cleared === 0) {
      await this.ctx.storage.setAlarm(Date.now() + Math.max(60, row.expires_at - now) * 1000);
      return;
    }
    await followCase(this.env.ESCROW_DB, { caseId: row.case_id, state: row.state, expiresAt: row.expires_at });
  }

  /** The case; if its time is over, it expires here. Undefined if no case was created, and then nothing is written. */
  #row(now: number): CaseRow | undefined {
    const made = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'linkage'").toArray().length > 0;
    if (!made) return undefined;
    const row = this.#sql.exec<CaseRow>("SELECT * FROM linkage").one();
    if (now > row.last_now) this.#sql.exec("UPDATE linkage SET last_now = ?", now);
    if (Math.max(now, row.last_now) < row.expires_at || row.cleared === 1) return row;
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM dossiers");
      this.#sql.exec("DELETE FROM parts");
      this.#sql.exec("UPDATE linkage SET cleared = 1, state = ?", isFinal(row.state) ? row.state : "expired");
    });
    return this.#sql.exec<CaseRow>("SELECT * FROM linkage").one();
  }

  /** Runs `act` in one synchronous block. `act` checks and writes, or it refuses and has written nothing. */
  #while(states: CaseState[], now: number, act: (row: CaseRow) => Refusal | undefined): Recorded {
    const row = this.#row(now);
    if (!row) return refuse("unknown");
    if (!states.includes(row.state)) return refuse(row.state === "expired" ? "expired" : "not-in-this-state");
    return this.ctx.storage.transactionSync(() => act(row)) ?? this.#answer();
  }

  /** Makes a transition. If it was made before, nothing changes. */
  #advance(from: CaseState, to: CaseState, now: number, act: (row: CaseRow) => boolean): Recorded {
    const later: CaseState[] = ["approved", "noticed", "opened"];
    return this.#while([from, ...later.slice(later.indexOf(to))], now, (row) => {
      if (row.state !== from) return undefined;
      if (!act(row)) return refuse("not-in-this-state");
      this.#sql.exec("UPDATE linkage SET state = ?", to);
      return undefined;
    });
  }

  #putDossiers(dossiers: Uint8Array[]): void {
    dossiers.forEach((sealed, i) => {
      this.#sql.exec("INSERT OR REPLACE INTO dossiers VALUES (?, ?)", i + 1, sealed);
    });
  }

  #putEntry(name: string, entry: Uint8Array, index: number | null = null): void {
    this.#sql.exec("INSERT INTO entries VALUES (?, ?, ?)", name, entry, index);
  }

  #putPlaced(phase: "approved" | "noticed", { checkpoint, proofs }: Placed): void {
    this.#sql.exec("INSERT INTO placed VALUES (?, ?)", phase, checkpoint);
    for (const [name, proof] of Object.entries(proofs))
      proof.forEach((hash, seq) => {
        this.#sql.exec("INSERT INTO proofs VALUES (?, ?, ?, ?)", phase, name, seq, hash);
      });
  }

  #placed(phase: "approved" | "noticed"): Placed | undefined {
    const row = this.#sql
      .exec<{ checkpoint: string }>("SELECT checkpoint FROM placed WHERE phase = ?", phase)
      .toArray()[0];
    if (!row) return undefined;
    const proofs: Placed["proofs"] = {};
    for (const name of Object.keys(this.#entries())) proofs[name] = [];
    for (const p of this.#sql.exec<{ name: string; hash: ArrayBuffer }>(
      "SELECT name, hash FROM proofs WHERE phase = ? ORDER BY name, seq",
      phase,
    ))
      proofs[p.name]!.push(bytesOf(p.hash));
    return { checkpoint: row.checkpoint, proofs };
  }

  #entries(): Record<string, Entry> {
    const rows = this.#sql.exec<{ name: string; entry: ArrayBuffer; log_index: number | null }>(
      "SELECT * FROM entries",
    );
    return Object.fromEntries(
      rows.toArray().map((r) => [r.name, { entry: bytesOf(r.entry), index: r.log_index ?? undefined }]),
    );
  }
  #entry(name: string): Entry | undefined {
    return this.#entries()[name];
  }
  #allLogged(names: string[]): boolean {
    const entries = this.#entries();
    return names.every((name) => entries[name]?.index !== undefined);
  }

  #chunksOpened(row: CaseRow): number {
    if (row.cleared === 1 || !this.#allLogged(["opening"])) return 0;
    const counts = this.#sql
      .exec<{ chunk: number; n: number }>(
        "SELECT chunk, count(*) n FROM parts WHERE round = ? AND receiver = 0 GROUP BY chunk ORDER BY chunk",
        finalRound(row.kind),
      )
      .toArray();
    const missing = counts.findIndex(({ chunk, n }, i) => chunk !== i || n !== row.needed);
    return missing < 0 ? counts.length : missing;
  }

  #decisions(): Decision[] {
    return this.#sql
      .exec<{ trustee: number; decision: Decision["decision"]; approval: ArrayBuffer }>(
        "SELECT trustee, decision, approval FROM decisions ORDER BY trustee",
      )
      .toArray()
      .map((d) => ({ trustee: d.trustee, decision: d.decision, approval: bytesOf(d.approval) }));
  }

  /** The trustees that approved, ascending, in one group per dossier. */
  #approvers(): number[][] {
    const groups = this.#sql.exec<{ trustees: string }>(
      "SELECT json_group_array(trustee ORDER BY trustee) trustees FROM decisions WHERE decision = 'approve' GROUP BY dossier",
    );
    return groups.toArray().map(({ trustees }) => JSON.parse(trustees) as number[]);
  }

  #answer(): Recorded {
    const row = this.#sql.exec<CaseRow>("SELECT * FROM linkage").one();
    return {
      ok: true,
      view: {
        caseId: row.case_id,
        kind: row.kind,
        orderHash: row.order_hash,
        order: bytesOf(row.order_bytes),
        requesterKey: row.requester_key,
        trusteeKeys: JSON.parse(row.trustee_keys) as Hex[],
        threshold: row.threshold,
        needed: row.needed,
        expiresAt: row.expires_at,
        chunks: row.chunks,
        chunksOpened: this.#chunksOpened(row),
        state: row.state,
        cleared: row.cleared === 1,
        set: setOf(row),
        nonce: row.nonce ? bytesOf(row.nonce) : undefined,
        decisions: this.#decisions(),
        entries: this.#entries(),
        approved: this.#placed("approved"),
        noticed: this.#placed("noticed"),
        dossiersComplete: row.dossiers_complete === 1,
      },
    };
  }
}

const setOf = (row: CaseRow): number[] | undefined =>
  row.approving_set === null ? undefined : (JSON.parse(row.approving_set) as number[]);
/** The round whose answers go to the requester: "shares" for a trace, "result" for link and assemble. */
export const finalRound = (kind: NewCase["kind"]): PartRound => (kind === "trace" ? "shares" : "result");
