// Tests of checks of functions/ that need no store: parties of a case, login nonces, writers of the log,
// quotas of a day, bindings, callers' addresses, suspension, signed refusals.

import { describe, expect, it } from "vitest";
import { mustBeParty, mustBeRequester, mustBeTrustee, recorded } from "../../functions/escrow/case-handle.ts";
import { checkEntry, writersOf } from "../../functions/log/writers.ts";
import { receiptFor, signedRefusal } from "../../functions/service/receipts.ts";
import { requireActive } from "../../functions/service/suspension.ts";
import { quotaSpent } from "../../functions/shared/daily-quota.ts";
import { checkEnv, now, ownOrigin } from "../../functions/shared/env.ts";
import { Problem } from "../../functions/shared/problems.ts";
import { callerOf } from "../../functions/shared/rate-limits.ts";
import { endOfLoginNonce, makeLoginNonce } from "../../functions/trustee/login-nonces.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import {
  LOG_KINDS,
  type LogEntry,
  openSigned,
  presentationHashOf,
  Receipt,
  RefusedCheckIn,
} from "../../protocol/documents.ts";
import { bytesToHex, fromBase64url, hexToBytes } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { escrowEnv, NOW, problemOf, publicHex, rng, secret } from "./door.ts";

describe("a case", () => {
  const [requester, one, two, other] = ["requester", "trustee 1", "trustee 2", "other"].map(publicHex);
  const handle = { view: { requesterKey: requester, trusteeKeys: [one, two] } } as never;

  it("is its requester's", async () => {
    expect(await problemOf(() => mustBeRequester(handle, requester!))).toBe("accepted");
    expect(await problemOf(() => mustBeRequester(handle, one!))).toBe("credential-refused: case: of another requester");
  });
  it("is open to its parties and to nobody else", async () => {
    for (const key of [requester, one, two]) expect(await problemOf(() => mustBeParty(handle, key!))).toBe("accepted");
    expect(await problemOf(() => mustBeParty(handle, other!))).toBe("credential-refused: case: key of no party");
  });
  it("is decided by trustees of the parameters", async () => {
    const keys = [one, two].map((key) => hexToBytes(key!));
    for (const key of [one, two]) expect(await problemOf(() => mustBeTrustee(keys, key!))).toBe("accepted");
    expect(await problemOf(() => mustBeTrustee(keys, requester!))).toBe("forbidden");
  });
  it("answers a step with its view, or with the reason", async () => {
    const view = { state: "open" };
    expect(recorded({ ok: true, view } as never)).toBe(view);
    const of = (reason: string) => problemOf(() => recorded({ ok: false, reason } as never));
    expect(await of("unknown")).toBe("not-found");
    expect(await of("expired")).toBe("expired: The case has expired.");
    expect(await of("contradiction")).toBe("conflict");
    expect(await of("passkey-used")).toMatch(/^conflict: This officer's passkey has already decided/);
    expect(await of("state")).toMatch(/^not-allowed-now: /);
  });
});

describe("a login nonce", () => {
  const key = secret("login");
  const nonce = makeLoginNonce(key, NOW, rng);

  it("is good for five minutes, its last second included", () => {
    expect(nonce.length).toBe(32);
    expect(endOfLoginNonce(key, nonce, NOW)).toBe(NOW + 300);
    expect(endOfLoginNonce(key, nonce, NOW + 300)).toBe(NOW + 300);
    expect(endOfLoginNonce(key, nonce, NOW + 301)).toBeUndefined();
  });
  it("is of the form that the header states, and differs each time", () => {
    expect(bytesToHex(nonce.subarray(0, 8))).toBe((NOW + 300).toString(16).padStart(16, "0"));
    expect(makeLoginNonce(key, NOW, rng)).not.toEqual(nonce);
    const random: number[] = [];
    makeLoginNonce(key, NOW, (n) => {
      random.push(n);
      return rng(n);
    });
    expect(random).toEqual([8]);
  });
  it("is of this key, whole and unchanged", () => {
    expect(endOfLoginNonce(secret("other"), nonce, NOW)).toBeUndefined();
    for (let i = 0; i < nonce.length; i++) {
      const changed = nonce.slice();
      changed[i]! ^= 1;
      expect(endOfLoginNonce(key, changed, NOW), `byte ${i}`).toBeUndefined();
    }
    for (const n of [0, 31]) expect(endOfLoginNonce(key, nonce.subarray(0, n), NOW)).toBeUndefined();
    expect(endOfLoginNonce(key, new Uint8Array([...nonce, 0]), NOW)).toBeUndefined();
  });
  it("is read from the middle of a buffer too", () => {
    const framed = new Uint8Array([9, 9, 9, ...nonce]);
    expect(endOfLoginNonce(key, framed.subarray(3), NOW)).toBe(NOW + 300);
  });
});

describe("the log", () => {
  const env = (writers: string) => ({ LOG_WRITERS: writers }) as never;
  const key = publicHex("writer");

  it("knows the kinds of each writer", () => {
    const writers = writersOf(env(JSON.stringify({ [key]: ["order", "notice"] })));
    expect([...writers]).toEqual([[key, ["order", "notice"]]]);
  });
  it.each([
    ["no JSON", "{", "misconfigured: LOG_WRITERS is not JSON"],
    ["a list", "[]", "misconfigured: LOG_WRITERS: {key: [kinds]} expected"],
    ["a short key", '{"00":["order"]}', "misconfigured: LOG_WRITERS: {key: [kinds]} expected"],
    ["an unknown kind", `{"${key}":["orders"]}`, "misconfigured: LOG_WRITERS: {key: [kinds]} expected"],
    ["one kind without a list", `{"${key}":"order"}`, "misconfigured: LOG_WRITERS: {key: [kinds]} expected"],
  ])("is misconfigured by %s", async (_name, text, problem) => {
    expect(await problemOf(() => writersOf(env(text)))).toBe(problem);
  });

  const DATED = ["parameters", "key-set", "requester", "requester-revoked", "officer", "app-build"];
  const judged = (entry: Partial<LogEntry>, kinds = LOG_KINDS) =>
    problemOf(() => checkEntry({ kind: "order", at: NOW, ...entry } as LogEntry, kinds, NOW)).then(
      (p) => p.split(":")[0],
    );
  it("takes a kind from its writers alone", async () => {
    for (const kind of LOG_KINDS) {
      expect(await judged({ kind })).toBe("accepted");
      expect(await judged({ kind }, LOG_KINDS.filter((k) => k !== kind) as never)).toBe("forbidden");
    }
    expect(await judged({}, [] as never)).toBe("forbidden");
  });
  it("takes no entry dated more than an hour ahead, and no dated kind more than an hour old", async () => {
    for (const kind of LOG_KINDS) {
      expect(await judged({ kind, at: NOW + 3600 })).toBe("accepted");
      expect(await judged({ kind, at: NOW + 3601 })).toBe("not-allowed-now");
      expect(await judged({ kind, at: NOW - 3600 })).toBe("accepted");
      expect(await judged({ kind, at: NOW - 3601 }), kind).toBe(DATED.includes(kind) ? "not-allowed-now" : "accepted");
    }
  });
});

describe("a quota of a day", () => {
  it("tells how long the day lasts", () => {
    const quota = { table: "t", key: ["k"], most: 5, what: "orders" };
    const day = Math.floor(NOW / 86_400) * 86_400;
    for (const [at, wait] of [
      [day, 86_400],
      [day + 86_399, 1],
    ] as const) {
      const problem = quotaSpent(quota, at);
      expect(problem).toMatchObject({ code: "too-many", detail: "At most 5 orders a day." });
      expect(problem.headers["retry-after"]).toBe(String(wait));
    }
  });
});

describe("the bindings of a role", () => {
  it("are accepted if they are the role's own", () => {
    const env = escrowEnv();
    expect(checkEnv("escrow", env)).toBe(env);
    expect(checkEnv("escrow", env)).toBe(env);
    expect(ownOrigin(env)).toBe("http://escrow.test");
  });
  it.each<[string, object, string]>([
    ["no key", { SIGNING_KEY: undefined }, "escrow: SIGNING_KEY"],
    ["a short key", { ADMIN_KEY: "00" }, "escrow: ADMIN_KEY"],
    ["two faults", { ADMIN_KEY: "00", LOG_URL: "log" }, "escrow: ADMIN_KEY, LOG_URL"],
    ["an unknown clock", { CLOCK: "mine" }, "escrow: CLOCK"],
    ["an unknown stage", { STAGE: "test" }, "escrow: STAGE"],
    ["no database", { ESCROW_DB: undefined }, "escrow: ESCROW_DB is not bound"],
    ["no objects", { LINKAGE_ESCROW: undefined }, "escrow: LINKAGE_ESCROW is not bound"],
    ["no limit for addresses", { RATE_ADDRESS: undefined }, "escrow: RATE_ADDRESS is not bound"],
    ["no limit for keys", { RATE_KEY: undefined }, "escrow: RATE_KEY is not bound"],
    ["the registrar's database", { REGISTRAR_DB: {} }, "escrow: REGISTRAR_DB belongs to the registrar"],
    ["the service's database", { RECORDS_DB_1: {} }, "escrow: RECORDS_DB_1 belongs to the service"],
    ["the trustee's vault", { TRUSTEE_VAULT: {} }, "escrow: TRUSTEE_VAULT belongs to the trustee"],
    ["the log's tiles", { TILES: {} }, "escrow: TILES belongs to the log"],
    ["the witness's memory", { WITNESS_MEMORY: {} }, "escrow: WITNESS_MEMORY belongs to the witness"],
    ["a settable clock in production", { STAGE: "production" }, "a settable clock is only for STAGE=local"],
  ])("are refused with %s", (_name, changes, message) => {
    expect(() => checkEnv("escrow", escrowEnv(changes))).toThrow(message);
    expect(() => checkEnv("escrow", escrowEnv())).not.toThrow();
  });
  it("are those of a service only with a limit for challenges, and of a witness without one for keys", () => {
    const stores = { ESCROW_DB: undefined, LINKAGE_ESCROW: undefined, SERVICE_WORKER_KEY: undefined };
    const service = {
      ...stores,
      TOKEN_KEY: bytesToHex(secret("token")),
      RECORDS_DB_0: {},
      RECORDS_DB_1: {},
      BLOBS: {},
      ASSETS: {},
      REPLAY_WINDOW: {},
      CLINIC_BELL: {},
      ESCROW_KEY: publicHex("escrow"),
      DOH_URL: "https://dns.test/dns-query",
    };
    expect(() => checkEnv("service", escrowEnv(service))).toThrow("RATE_CHALLENGE is not bound");
    const env = escrowEnv({ ...service, RATE_CHALLENGE: {} });
    expect(checkEnv("service", env)).toBe(env);
    expect(ownOrigin(env)).toBe("http://service.test");
    const witness = escrowEnv({ ...stores, RATE_KEY: undefined, WITNESS_SIGNING_KEY: "w", WITNESS_MEMORY: {} });
    expect(checkEnv("witness", witness)).toBe(witness);
    expect(() => ownOrigin(witness)).toThrow("takes no signed requests");
  });
  it("that nobody checked have no origin", () => {
    expect(() => ownOrigin(escrowEnv())).toThrow("takes no signed requests");
  });
  it("of one role are not those of another, even once checked", () => {
    const env = escrowEnv();
    checkEnv("escrow", env);
    expect(() => checkEnv("log", env)).toThrow("log: ");
  });
});

describe("the clock", () => {
  const at = (env: object, header?: string) =>
    now({ env, req: { header: (name) => (name === CLOCK_HEADER ? header : undefined) } });
  const isNow = (seconds: number) => Math.abs(seconds - Date.now() / 1000) < 5 && Number.isInteger(seconds);

  it("is settable in local stage only", () => {
    expect(at({ STAGE: "local", CLOCK: "settable" }, "1234")).toBe(1234);
    expect(isNow(at({ STAGE: "production", CLOCK: "settable" }, "1234"))).toBe(true);
    expect(isNow(at({ STAGE: "local", CLOCK: "system" }, "1234"))).toBe(true);
    expect(isNow(at({ STAGE: "local", CLOCK: "settable" }))).toBe(true);
  });
  it("is set by whole seconds of at most twelve digits", () => {
    const set = (header: string) => at({ STAGE: "local", CLOCK: "settable" }, header);
    expect(set("123456789012")).toBe(123_456_789_012);
    for (const header of ["", "1.5", "-1", "1234567890123", "1 ", "x1"]) expect(isNow(set(header)), header).toBe(true);
  });
});

describe("a caller", () => {
  it.each<[string | undefined, string | undefined, string]>([
    [undefined, undefined, "local"],
    ["192.0.2.7", undefined, "192.0.2.7"],
    ["192.0.2.7", "zone.test", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", undefined, "2001:db8:1:2"],
    ["2001:DB8:1:2::6", undefined, "2001:db8:1:2"],
    ["2001:0db8:0001:0002:0:0:0:1", undefined, "2001:db8:1:2"],
    ["2001:db8::1", undefined, "2001:db8:0:0"],
    ["2001:db8::1", "zone.test", "2001:db8:0:0"],
    ["::1", undefined, "0:0:0:0"],
    ["::", undefined, "0:0:0:0"],
    ["1::2:3:4:5:6:7", undefined, "1:0:2:3"],
    ["2001:db8:0000:2::", undefined, "2001:db8:0:2"],
    ["2a06:98c0:3600::103", "zone.test", "worker zone.test"],
    ["2a06:98c0:3600::104", "zone.test", "2a06:98c0:3600:0"],
  ])("from %s of %s counts as %s", (address, zone, name) => {
    expect(callerOf(address, zone)).toBe(name);
  });
});

describe("a service", () => {
  it("that is suspended opens nothing", async () => {
    expect(await problemOf(() => requireActive({ suspended: false } as never))).toBe("accepted");
    expect(await problemOf(() => requireActive({ suspended: true } as never))).toMatch(/^not-allowed-now: /);
  });

  const env = { SIGNING_KEY: bytesToHex(secret("service")) } as never;
  it("signs the receipt of a check-in", () => {
    const read = {
      tagHash: rng(32),
      presentationHash: rng(32),
      epoch: 680,
      challenge: { serviceId: rng(16) },
    };
    const { key, value } = openSigned(LABELS.signReceipt, Receipt, receiptFor(env, read as never, NOW));
    expect(bytesToHex(key)).toBe(publicHex("service"));
    const { tagHash, presentationHash, epoch, challenge } = read;
    expect(value).toEqual({ tagHash, serviceId: challenge.serviceId, presentationHash, epoch, openedAt: NOW });
  });
  it("signs its refusals of a check-in, and no other problem", () => {
    const checkIn = rng(64);
    const refusalOf = (cause: unknown) => signedRefusal(env, cause, checkIn, NOW);
    for (const code of ["credential-refused", "clock-skew"] as const) {
      const cause = new Problem(code, "detail", "inside");
      const problem = refusalOf(cause) as Problem;
      expect(problem).toMatchObject({ code, detail: "detail", inside: "inside" });
      const { key, value } = openSigned(
        LABELS.signRefusedCheckIn,
        RefusedCheckIn,
        fromBase64url(String(problem.more.refusal)),
      );
      expect(bytesToHex(key)).toBe(publicHex("service"));
      expect(value).toEqual({ presentationHash: presentationHashOf(checkIn), code, at: NOW });
    }
    for (const other of [new Problem("conflict"), new Problem("unavailable"), new Error("x")])
      expect(refusalOf(other)).toBe(other);
  });
});
