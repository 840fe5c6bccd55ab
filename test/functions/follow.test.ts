// Tests of functions/shared/committee.ts and revocations.ts: how a role follows the registrar, which may lie or fall silent.
// The registrar is a server of HTTP on this machine.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { committeeFor } from "../../functions/shared/committee.ts";
import { requireInForce, revocations } from "../../functions/shared/revocations.ts";
import { type RequesterCertificate, requesterHashOf } from "../../protocol/documents.ts";
import { bytesToHex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { KeySet, keySetId } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain } from "../../protocol/key-set-chain.ts";
import { type RevocationList, signRevocations } from "../../protocol/requester-status.ts";
import { NOW, problemOf, publicHex, rng, secret } from "./door.ts";
import { type Registrar, startRegistrar } from "./registrar.ts";

const DAY = 86_400;
let registrar: Registrar;
beforeAll(async () => {
  registrar = await startRegistrar();
});
afterAll(() => registrar.stop());
beforeEach(() => {
  registrar.serves.clear();
  registrar.asked.length = 0;
});
/** The part of a problem before its details. */
const startOf = async (act: () => unknown): Promise<string> =>
  (await problemOf(act)).split(": ").slice(0, 2).join(": ");

describe("the committee of today", () => {
  // A ceremony and a resharing of the vectors.
  const run = JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/symbolon/ceremony-faults.json"), "utf8"));
  const honest = run.entries.find((e: { kind: string }) => e.kind === "reshared-key-set");
  const link = {
    plan: hexToBytes(run.resharePlan),
    deals: honest.reshareDeals.map(hexToBytes),
    keySet: hexToBytes(honest.keySet),
  };
  const whole: KeySetChain = { genesis: hexToBytes(run.oldKeySet), links: [link] };
  const old = KeySet.decode(whole.genesis);
  const first = chainOf(whole.genesis);
  const id = keySetId(old);
  const pinned = JSON.stringify(old.identityKeys.map(bytesToHex));
  let runs = 0;
  /** Nothing is kept from one source to the next. */
  const freshSource = () => ({ REGISTRAR_URL: registrar.url, TRUSTEE_KEYS: `${pinned}${" ".repeat(++runs)}` });
  const serve = (...chains: KeySetChain[]) =>
    registrar.serves.set(
      "/v1/keysets",
      JSON.stringify({ chains: chains.map((c) => toBase64url(KeySetChain.encode(c))) }),
    );
  /** Runs `act` with the isolate's clock `ms` ahead. */
  const later = async <T>(ms: number, act: () => Promise<T>): Promise<T> => {
    const clock = Date.now;
    Date.now = () => clock() + ms;
    try {
      return await act();
    } finally {
      Date.now = clock;
    }
  };

  it("is at the end of the longest chain, in whatever order they come", async () => {
    for (const chains of [[whole], [first, whole], [whole, first]]) {
      serve(...chains);
      expect(KeySet.encode(await committeeFor(freshSource(), id, NOW))).toEqual(link.keySet);
    }
    serve(first);
    expect(KeySet.encode(await committeeFor(freshSource(), id, NOW))).toEqual(whole.genesis);
  });

  it("is unavailable without a chain of its key set, or with one of other trustees", async () => {
    serve();
    expect(await startOf(() => committeeFor(freshSource(), id, NOW))).toBe(
      `unavailable: no chain of key set ${bytesToHex(id)}`,
    );
    serve(whole);
    expect(await startOf(() => committeeFor(freshSource(), rng(32), NOW))).toMatch(
      /^unavailable: no chain of key set /,
    );
    const others = {
      REGISTRAR_URL: registrar.url,
      TRUSTEE_KEYS: JSON.stringify([publicHex("a"), publicHex("b"), publicHex("c")]),
    };
    expect(await startOf(() => committeeFor(others, id, NOW))).toBe("unavailable: chain of key sets");
    registrar.serves.set("/v1/keysets", JSON.stringify({ chains: ["!"] }));
    expect(await startOf(() => committeeFor(freshSource(), id, NOW))).toBe("unavailable: chain of key sets");
    registrar.serves.clear();
    expect(await startOf(() => committeeFor(freshSource(), id, NOW))).toMatch(/^unavailable/);
  });

  it("is asked for again after half a minute", async () => {
    const source = freshSource();
    serve(first);
    await committeeFor(source, id, NOW);
    serve(whole);
    expect((await committeeFor(source, id, NOW)).generation).toBe(0);
    expect((await later(29_000, () => committeeFor(source, id, NOW))).generation).toBe(0);
    expect(registrar.asked).toHaveLength(1);
    expect((await later(30_001, () => committeeFor(source, id, NOW))).generation).toBe(1);
    expect(registrar.asked).toEqual(["/v1/keysets", "/v1/keysets"]);
  });

  it("is never an older one again", async () => {
    const source = freshSource();
    serve(whole);
    await committeeFor(source, id, NOW);
    for (const chains of [[first], []]) {
      serve(...chains);
      expect(await later(31_000, () => problemOf(() => committeeFor(source, id, NOW)))).toBe(
        "unavailable: a chain of key sets became shorter",
      );
    }
    serve(first, whole);
    expect((await later(31_000, () => committeeFor(source, id, NOW))).generation).toBe(1);
  });
});

describe("withdrawn certificates", () => {
  const certificate: RequesterCertificate = {
    signKey: rng(32),
    sealKey: rng(1216),
    name: "Dr Ada",
    notBefore: NOW - DAY,
    notAfter: NOW + 30 * DAY,
  } as never;
  const signed = rng(100);
  let runs = 0;
  const freshSource = () => ({ REGISTRAR_URL: registrar.url, REGISTRAR_KEY: publicHex(`registrar ${++runs}`) });
  const serve = (list: Partial<RevocationList>, by = `registrar ${runs}`) =>
    registrar.serves.set(
      "/v1/requesters/revoked",
      signRevocations({ number: 1, at: NOW, revoked: [], ...list }, secret(by)),
    );
  const silent = () => registrar.serves.clear();
  const numberOf = async (source: { REGISTRAR_URL: string; REGISTRAR_KEY: string }, now: number) =>
    (await revocations(source as never, now)).number;

  it("are refused, and all others are accepted", async () => {
    const source = freshSource() as never;
    serve({ revoked: [requesterHashOf(rng(100))] });
    expect(await problemOf(() => requireInForce(source, signed, certificate, NOW))).toBe("accepted");
    const other = freshSource() as never;
    serve({ revoked: [requesterHashOf(signed)] });
    expect(await problemOf(() => requireInForce(other, signed, certificate, NOW))).toBe(
      "credential-refused: certificate: withdrawn",
    );
  });
  it("need not be looked up if the certificate has ended or not begun", async () => {
    const source = freshSource() as never;
    serve({});
    for (const at of [NOW - DAY - 1, NOW + 30 * DAY])
      expect(await problemOf(() => requireInForce(source, signed, certificate, at))).toMatch(
        /^credential-refused: certificate: ended/,
      );
    expect(registrar.asked).toEqual([]);
  });

  it("are on a list of this registrar and of this day", async () => {
    const source = freshSource();
    serve({}, "somebody");
    const refusal = "unavailable: revocations: signed by another key, or not of this day";
    expect(await problemOf(() => numberOf(source, NOW))).toBe(refusal);
    serve({ at: NOW - DAY - 1 });
    expect(await problemOf(() => numberOf(source, NOW))).toBe(refusal);
    serve({ at: NOW + 601 });
    expect(await problemOf(() => numberOf(source, NOW))).toBe(refusal);
    registrar.serves.set("/v1/requesters/revoked", rng(40));
    expect(await startOf(() => numberOf(source, NOW))).toBe("unavailable: revocations");
    silent();
    expect(await startOf(() => numberOf(source, NOW))).toMatch(/^unavailable|^not-found/);
    serve({ at: NOW - DAY });
    expect(await numberOf(source, NOW)).toBe(1);
    const ahead = freshSource();
    serve({ at: NOW + 600 });
    expect(await numberOf(ahead, NOW)).toBe(1);
  });

  it("are asked for again after a minute", async () => {
    const source = freshSource();
    serve({ number: 1 });
    await numberOf(source, NOW);
    serve({ number: 2, at: NOW + 61 });
    expect(await numberOf(source, NOW + 60)).toBe(1);
    expect(await numberOf(source, NOW + 61)).toBe(2);
    expect(registrar.asked).toEqual(Array(2).fill("/v1/requesters/revoked"));
  });
  it("are asked for again at once if the kept list is dated ahead", async () => {
    const source = freshSource();
    serve({ number: 1, at: NOW + 10 });
    await numberOf(source, NOW);
    serve({ number: 2, at: NOW });
    expect(await numberOf(source, NOW)).toBe(2);
  });

  it("stay withdrawn: an older list counts for nothing", async () => {
    const source = freshSource();
    serve({ number: 5 });
    await numberOf(source, NOW);
    serve({ number: 4, at: NOW + 100 });
    expect(await numberOf(source, NOW + 100)).toBe(5);
    serve({ number: 5, at: NOW + 101 });
    expect((await revocations(source as never, NOW + 101)).at).toBe(NOW + 101);
  });

  it("are those of the kept list for a day, if the registrar falls silent, and nobody's after that", async () => {
    const source = freshSource();
    serve({ number: 5 });
    await numberOf(source, NOW);
    silent();
    expect(await numberOf(source, NOW + DAY)).toBe(5);
    expect(await startOf(() => numberOf(source, NOW + DAY + 1))).toMatch(/^unavailable|^not-found/);
    serve({ number: 4, at: NOW + DAY + 1 });
    expect(await problemOf(() => numberOf(source, NOW + DAY + 1))).toBe("unavailable: revocations: list 4 after 5");
  });

  it("of one registrar are not those of another", async () => {
    const [one, two] = [freshSource(), freshSource()];
    serve({ number: 7 });
    expect(await numberOf(two, NOW)).toBe(7);
    expect(await startOf(() => numberOf(one, NOW))).toMatch(/^unavailable/);
  });
});
