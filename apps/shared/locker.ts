// What an app keeps on this machine, sealed: AES-256-GCM under a random key, in IndexedDB. That key is wrapped once for each way to
// open it: the output of a passkey's PRF, or a passphrase through argon2id. It runs in the app's worker. One tab at a time
// holds it (Web Lock).
//
//   wrap     { kind, salt, iv, bytes }   bytes = AES-GCM(KDF(secret, salt), data key)
//   value    { iv, bytes }               bytes = AES-GCM(data key, JSON), aad = name of the value

import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from "idb";

/** OWASP's second choice for argon2id: 19 MiB, two passes. It takes 0.4 s on a desk and 2.5 s on a slow phone. */
const ARGON = { m: 19_456, t: 2, p: 1, dkLen: 32 } as const;
const INFO = new TextEncoder().encode("Symbolon locker, passkey");

export type Opener =
  | { kind: "passkey"; secret: Uint8Array; credentialId: string }
  | { kind: "passphrase"; secret: string };

interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  bytes: ArrayBuffer;
}
interface Wrap extends Sealed {
  kind: Opener["kind"];
  salt: Uint8Array<ArrayBuffer>;
  /** base64url, of a passkey */
  credentialId: string | undefined;
}
interface Schema extends DBSchema {
  wraps: { key: string; value: Wrap };
  values: { key: string; value: Sealed };
}

/** The passphrase or the passkey does not open this locker. */
export class WrongOpenerError extends Error {
  override name = "WrongOpenerError";
  readonly code = "wrong-opener";
}

const random = (n: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(n));
const text = new TextEncoder();

const keyOf = (raw: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", raw as Uint8Array<ArrayBuffer>, "AES-GCM", false, ["encrypt", "decrypt"]);

async function wrappingKey(opener: Opener, salt: Uint8Array): Promise<CryptoKey> {
  if (opener.kind === "passkey") return keyOf(hkdf(sha256, opener.secret, salt, INFO, 32));
  const { argon2id } = await import("@noble/hashes/argon2.js");
  return keyOf(argon2id(text.encode(opener.secret.normalize("NFKC")), salt, ARGON));
}

async function seal(key: CryptoKey, plain: Uint8Array<ArrayBuffer>, name: string): Promise<Sealed> {
  const iv = random(12);
  const additionalData = text.encode(name);
  return { iv, bytes: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain) };
}

async function unseal(key: CryptoKey, { iv, bytes }: Sealed, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const additionalData = text.encode(name);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes));
}

const database = (): Promise<IDBPDatabase<Schema>> =>
  openDB<Schema>("locker", 1, {
    upgrade(db) {
      db.createObjectStore("wraps");
      db.createObjectStore("values");
    },
  });

type Wraps = IDBPObjectStore<Schema, ("wraps" | "values")[], "wraps", "readwrite">;
async function removeKind(wraps: Wraps, kind: Opener["kind"]): Promise<void> {
  for (const key of await wraps.getAllKeys()) if ((await wraps.get(key))?.kind === kind) await wraps.delete(key);
}

export interface LockerState {
  /** the ways to open it; none if there is no locker yet */
  kinds: Opener["kind"][];
  /** base64url, of the passkeys that open it */
  credentialIds: string[];
}

export class Locker {
  readonly #db: IDBPDatabase<Schema>;
  readonly #raw: Uint8Array<ArrayBuffer>;
  readonly #key: CryptoKey;

  private constructor(db: IDBPDatabase<Schema>, raw: Uint8Array<ArrayBuffer>, key: CryptoKey) {
    this.#db = db;
    this.#raw = raw;
    this.#key = key;
  }

  static async state(): Promise<LockerState> {
    const wraps = await (await database()).getAll("wraps");
    return {
      kinds: [...new Set(wraps.map(({ kind }) => kind))],
      credentialIds: wraps.flatMap(({ credentialId }) => credentialId ?? []),
    };
  }

  /** A new locker. @throws Error if there is one */
  static async create(opener: Opener): Promise<Locker> {
    const db = await database();
    if ((await db.count("wraps")) > 0) throw new Error("there is a locker already");
    const raw = random(32);
    const locker = new Locker(db, raw, await keyOf(raw));
    await locker.addOpener(opener);
    return locker;
  }

  /** @throws WrongOpenerError */
  static async open(opener: Opener): Promise<Locker> {
    const db = await database();
    for (const wrap of await db.getAll("wraps")) {
      if (wrap.kind !== opener.kind) continue;
      if (opener.kind === "passkey" && wrap.credentialId !== opener.credentialId) continue;
      try {
        const raw = await unseal(await wrappingKey(opener, wrap.salt), wrap, wrap.kind);
        return new Locker(db, raw, await keyOf(raw));
      } catch {} // another passphrase's wrap
    }
    throw new WrongOpenerError("this does not open what is kept here");
  }

  async #wrapFor(opener: Opener): Promise<Wrap> {
    const salt = random(16);
    const sealed = await seal(await wrappingKey(opener, salt), this.#raw, opener.kind);
    const credentialId = opener.kind === "passkey" ? opener.credentialId : undefined;
    return { kind: opener.kind, salt, credentialId, ...sealed };
  }

  /** A further way to open it. */
  async addOpener(opener: Opener): Promise<void> {
    const wrap = await this.#wrapFor(opener);
    await this.#db.put("wraps", wrap, wrap.credentialId ?? wrap.kind);
  }

  /** Replaces all openers of this kind, or adds the first one. Other kinds stay. It happens whole or not at all. */
  async setOpener(opener: Opener): Promise<void> {
    const wrap = await this.#wrapFor(opener);
    const change = this.#db.transaction("wraps", "readwrite", { durability: "strict" });
    await removeKind(change.store, opener.kind);
    await Promise.all([change.store.put(wrap, wrap.credentialId ?? wrap.kind), change.done]);
  }

  /** Removes all openers of this kind. @throws Error if no other would open the locker */
  async removeOpeners(kind: Opener["kind"]): Promise<void> {
    const change = this.#db.transaction("wraps", "readwrite", { durability: "strict" });
    await removeKind(change.store, kind);
    if ((await change.store.count()) === 0) {
      change.abort();
      await change.done.catch(() => {});
      throw new Error("the last way to open the locker stays");
    }
    await change.done;
  }

  /** @returns undefined if nothing is kept under this name */
  async get<T>(name: string): Promise<T | undefined> {
    const kept = await this.#db.get("values", name);
    return kept && (JSON.parse(new TextDecoder().decode(await unseal(this.#key, kept, name))) as T);
  }

  /** Resolves when it is on the disk. */
  async put(name: string, value: unknown): Promise<void> {
    const sealed = await seal(this.#key, text.encode(JSON.stringify(value)), name);
    const change = this.#db.transaction("values", "readwrite", { durability: "strict" });
    void change.store.put(sealed, name);
    await change.done;
  }

  async delete(name: string): Promise<void> {
    await this.#db.delete("values", name);
  }

  /** Removes everything that the app keeps on this machine. */
  static async destroy(): Promise<void> {
    const db = await database();
    const change = db.transaction(["wraps", "values"], "readwrite", { durability: "strict" });
    await Promise.all([change.objectStore("wraps").clear(), change.objectStore("values").clear(), change.done]);
  }
}
