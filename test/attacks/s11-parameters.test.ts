// S11 for parameters. The registrar serves parameters that the public log does not have as they should be there. A Worker
// and a client believe them only under a proof of their entry and a fresh head. The client's reader is that of wallet,
// clinic, officer and requester.
//
// The registrar, its log, and the witnesses that sign the heads are this file's. For the controls, the reader does not look
// at the proof.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ParametersCache, ParametersError } from "../../client/parameters.ts";
import { parametersFor } from "../../functions/shared/parameters.ts";
import { Problem } from "../../functions/shared/problems.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { type Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import type { ParametersAnswer } from "../../protocol/logged-parameters.ts";
import { entryOf } from "../support/logged-parameters.ts";
import { rng } from "../support/trustees.ts";
import { deployment, EPOCH, keySet, NOW, parameters, signedBy, World } from "../support/wallet-world.ts";

const careless = vi.hoisted(() => ({ reader: false }));
vi.mock(import("../../protocol/logged-parameters.ts"), async (real) => {
  const { standingOf } = await real();
  return { standingOf: (...given) => (careless.reader ? "logged" : standingOf(...given)) };
});

const published = (changes: Partial<Parameters> = {}) => ({
  document: signedBy({ ...parameters, ...changes }),
  keySet: KeySet.encode(keySet),
});
const LATER = { epochFrom: EPOCH + 4, epochTo: EPOCH + 6, realm: "for one reader" };

let world: World;
beforeEach(() => {
  world = new World();
  vi.stubGlobal("fetch", world.transport.fetch);
});
afterEach(() => {
  careless.reader = false;
  vi.unstubAllGlobals();
});

type Reader = (epoch: number) => Promise<string>;
/** A Worker's isolate that believes nothing yet. */
function worker(): Reader {
  const source = {
    // an isolate keeps documents by this address
    REGISTRAR_URL: `${deployment.registrarUrl}/${bytesToHex(rng(8))}/..`,
    REGISTRAR_KEY: deployment.registrarKey,
    TRUSTEE_KEYS: JSON.stringify(deployment.trusteeKeys),
    LOG_VKEY: deployment.logVkey,
    LOG_WITNESSES: "[]",
  };
  return (epoch) =>
    parametersFor(source, epoch, world.now).then(
      ({ document }) => document.realm,
      (error: unknown) => (error instanceof Problem ? `${error.code}: ${error.message}` : `${error}`),
    );
}
function client(): Reader {
  const cache = new ParametersCache(world.transport, deployment);
  return (epoch) =>
    cache.of(epoch).then(
      ({ document }) => document.realm,
      (error: unknown) => (error instanceof ParametersError ? error.code : `${error}`),
    );
}
const readers: [string, () => Reader, Record<"unlogged" | "late" | "stale", string>][] = [
  [
    "Worker",
    worker,
    { unlogged: "not proven to have", late: "logged after its first month", stale: "not signed by enough" },
  ],
  ["client", client, { unlogged: "unlogged-parameters", late: "late-parameters", stale: "stale-parameters" }],
];
/** Changes the registrar's answers from now on. */
function altered(change: (answer: ParametersAnswer) => object): void {
  const honest = world.transport.fetch;
  world.transport.fetch = (async (input: string, init?: RequestInit) => {
    const answer = await honest(input, init);
    const isParameters = String(input).endsWith("/v1/parameters");
    return isParameters ? Response.json(change((await answer.json()) as ParametersAnswer)) : answer;
  }) as typeof fetch;
  vi.stubGlobal("fetch", world.transport.fetch);
}

describe.each(readers)("a %s", (_, newReader, told) => {
  /** The reader refuses the document of LATER, and a reader that does not look at the proof believes it. */
  async function refuses(why: keyof typeof told, before?: Reader): Promise<void> {
    expect(await (before ?? newReader())(LATER.epochFrom)).toContain(told[why]);
    careless.reader = true;
    expect(await newReader()(LATER.epochFrom)).toBe(LATER.realm); // control
  }

  it("believes logged parameters, and keeps them when registrar and log are down or the head is old", async () => {
    const reader = newReader();
    expect(await reader(EPOCH)).toBe(parameters.realm);
    world.published.push(published(LATER));
    expect(await reader(LATER.epochFrom)).toBe(LATER.realm);
    world.cosignedAt = 0;
    expect(await reader(EPOCH)).toBe(parameters.realm);
    world.refuse = "/v1/parameters";
    expect(await reader(EPOCH)).toBe(parameters.realm);
    expect(await reader(LATER.epochTo)).toBe(LATER.realm);
  });

  it("believes no document that the log does not have", async () => {
    world.published.push(published(LATER));
    altered((answer) => ({ ...answer, logged: answer.logged.slice(0, 1) }));
    await refuses("unlogged");
  });

  it("believes no document under the proof of another one's entry", async () => {
    world.published.push(published(LATER));
    altered((answer) => ({ ...answer, logged: [answer.logged[0], answer.logged[0]] }));
    await refuses("unlogged");
  });

  it("believes no document under the right entry with another one's path", async () => {
    world.published.push(published(LATER));
    altered(({ logged: [a, b], ...answer }) => ({ ...answer, logged: [a, { ...b, proof: a!.proof }] }));
    await refuses("unlogged");
  });

  it("believes no entry of another kind, hash or body", async () => {
    const other = { ...parameters, ...LATER, realm: "for the public" };
    world.published.push(published(LATER));
    const fakes = [
      { kind: "requester" as const },
      { subject: paramsHashOf(other) },
      { body: signedBy(other) },
      { caseId: new Uint8Array(32) },
    ];
    for (const fake of fakes) {
      careless.reader = false;
      world.entry = (document) => entryOf(document, document === world.published[0]!.document ? {} : fake);
      await refuses("unlogged");
    }
  });

  it("believes no document whose entry is that of the same document for other months", async () => {
    world.published.push(published(LATER));
    const elsewhere = signedBy({ ...parameters, ...LATER, epochFrom: EPOCH + 7, epochTo: EPOCH + 9 });
    world.entry = (document) => entryOf(document === world.published[0]!.document ? document : elsewhere);
    await refuses("unlogged");
  });

  it("believes no document that was logged when its first month had begun", async () => {
    world.now = epochStart(LATER.epochFrom) + 60;
    world.published.push(published(LATER));
    const at = epochStart(LATER.epochFrom);
    world.entry = (document) => entryOf(document, document === world.published[0]!.document ? {} : { at });
    await refuses("late");
  });

  it("excepts the deployment's first document within its first month, and no other for a reader that believes one", async () => {
    world.entry = (document) => entryOf(document, { at: NOW });
    const reader = newReader();
    expect(await reader(EPOCH)).toBe(parameters.realm);
    world.now = epochStart(LATER.epochFrom) + 60;
    world.published = [published(LATER)];
    world.entry = (document) => entryOf(document, { at: world.now });
    await refuses("late", reader);
    world.entry = (document) => entryOf(document, { at: epochStart(LATER.epochFrom + 1) });
    careless.reader = false;
    await refuses("late");
  });

  it("believes no document under a head that too few witnesses signed, or none lately", async () => {
    world.published.push(published(LATER));
    world.cosignedAt = NOW - LOG_FRESHNESS_SECONDS - 1;
    await refuses("stale");
    careless.reader = false;
    world.cosignedAt = undefined;
    altered((answer) => ({
      ...answer,
      checkpoint: `${answer.checkpoint.trimEnd().split("\n").slice(0, -1).join("\n")}\n`,
    }));
    await refuses("unlogged");
  });
});
