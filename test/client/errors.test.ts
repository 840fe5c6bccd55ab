// The errors of the SDK: one table of codes, and SymbolonError for everything that an application can meet.

import { expect, it } from "vitest";
import * as sdk from "../../client/index.ts";
import { FrameChannel } from "../../client/sealing/messages.ts";
import { PaddingError, unpad } from "../../client/sealing/padding.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { rng } from "../support/trustees.ts";
import { deployment, EPOCH, invitation, newClinic, World } from "../support/wallet-world.ts";

const { ERROR_GROUPS, ERROR_SENTENCES, SymbolonError } = sdk;
const groups = Object.entries(ERROR_GROUPS).map(([name, table]) => [name, Object.entries(table)] as const);
const codes = groups.flatMap(([, entries]) => entries.map(([code]) => code));

it("gives each code to one class only", () => {
  expect(new Set(codes).size).toBe(codes.length);
  expect(Object.keys(ERROR_SENTENCES).sort()).toEqual([...codes].sort());
});

it.each(groups)("%s: each code is kebab-case and has a sentence of its own", (_, entries) => {
  expect(entries.length).toBeGreaterThan(0);
  for (const [code, sentence] of entries) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(sentence, code).toMatch(/^[A-Z].*\.$/);
    expect(Object.values(ERROR_SENTENCES).filter((s) => s === sentence)).toHaveLength(1);
    const error = new SymbolonError(code as sdk.SymbolonCode, "trustee 2");
    expect([error.code, error.detail]).toEqual([code, "trustee 2"]);
    expect(error.message).toBe(`${sentence.slice(0, -1)}: trustee 2`);
  }
});

const CLASSES: Record<keyof typeof ERROR_GROUPS, { readonly name: string; readonly prototype: Error }> = {
  StoreConflictError: sdk.StoreConflictError,
  SymbolonError,
  ApiError: sdk.ApiError,
  ParametersError: sdk.ParametersError,
  CheckInError: sdk.CheckInError,
  RegistrationError: sdk.RegistrationError,
  RecoveryWordsError: sdk.RecoveryWordsError,
  LogError: sdk.LogError,
  SessionError: sdk.SessionError,
  VisitCardError: sdk.VisitCardError,
  ChainError: sdk.ChainError,
  RecordError: sdk.RecordError,
  PaddingError,
  FrameError: sdk.FrameError,
  ChannelSetupError: sdk.ChannelSetupError,
  CopiedStoreError: sdk.CopiedStoreError,
  RequesterError: sdk.RequesterError,
  OfficerError: sdk.OfficerError,
  CeremonyError: sdk.CeremonyError,
  DeskError: sdk.DeskError,
  FhirInputError: sdk.FhirInputError,
  IdentityFoundError: sdk.IdentityFoundError,
  ShareLinkError: sdk.ShareLinkError,
  AppBuildError: sdk.AppBuildError,
};

it.each(Object.entries(CLASSES))("%s has the name of its group and is a SymbolonError", (name, errorClass) => {
  const { prototype } = errorClass;
  expect(errorClass.name).toBe(name);
  expect(prototype instanceof SymbolonError || prototype === SymbolonError.prototype).toBe(true);
});

/** The code of the error that `act` throws. Fails if it is not a SymbolonError, or has no sentence. */
async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(SymbolonError);
    expect((error as Error).message.length).toBeGreaterThan(10);
    return (error as InstanceType<typeof SymbolonError>).code;
  }
  return "accepted";
}

const transportTo = (answer: (path: string) => Response): sdk.Transport => ({
  now: () => 1_796_000_000,
  rng,
  fetch: (async (input: string | URL) => answer(new URL(String(input)).pathname)) as typeof fetch,
});

it("the clinic refuses a substituted blob, and names a record or session that it does not have", async () => {
  const keys = await newClinic();
  const clinic = new sdk.Clinic(
    transportTo((path) => {
      if (path === "/v1/token") return Response.json({ access_token: "token", expires_in: 300 });
      if (path.includes("/blobs/")) return new Response(utf8ToBytes("another blob") as BodyInit);
      return Response.json({ records: [] });
    }),
    deployment,
    keys,
  );
  const recordId = sdk.asHex("00".repeat(16));
  const entry = { recordId, manifest: { blobHash: rng(32) } } as unknown as sdk.RecordEntry;
  expect(await codeOf(() => clinic.open(entry))).toBe("substituted-blob");
  expect(await codeOf(() => clinic.open(recordId))).toBe("no-such-record");
  expect(await codeOf(() => clinic.move({ tagHash: "00".repeat(32) }, recordId, {} as never))).toBe("no-such-record");
  expect(await codeOf(() => clinic.session("Jane"))).toBe("bad-id");
  expect(await codeOf(() => clinic.verify(utf8ToBytes("not a check-in")))).toBe("bad-check-in");
  expect(
    await codeOf(
      () =>
        new sdk.Clinic(
          transportTo(() => Response.error()),
          deployment,
          { ...keys, signSecretKey: sdk.asHex("00") },
        ),
    ),
  ).toBe("bad-keys");
});

it("an answer that is not what it must be has a code for each way to fail", async () => {
  const ask = (answer: () => Response) => codeOf(() => sdk.apiJson(transportTo(answer), "https://role.test", "/v1/x"));
  expect(await ask(() => new Response("<html>"))).toBe("unreadable-answer");
  expect(await ask(() => new Response("<html>", { status: 502 }))).toBe("unreachable");
  expect(await ask(() => Response.json({ code: "expired" }, { status: 410 }))).toBe("expired");
  expect(await ask(() => Response.json({ code: "of-next-year" }, { status: 409 }))).toBe("unknown-problem");
  const offline = () => {
    throw new TypeError("fetch failed");
  };
  const refusal = await sdk.apiJson(transportTo(offline), "https://role.test", "/v1/x").catch((e: unknown) => e);
  expect(refusal).toMatchObject({ code: "unreachable", status: 0, cause: expect.any(TypeError) });
});

it("the wallet names what is wrong with its arguments, its state and its servers", async () => {
  const world = new World();
  const wallet = await world.enrolledWallet();
  const unknown = "00".repeat(32);
  expect(await codeOf(() => wallet.send("Jane", utf8ToBytes("m")))).toBe("bad-id");
  expect(await codeOf(() => wallet.send(unknown, utf8ToBytes("m")))).toBe("no-such-session");
  const garbled = { card: rng(40), challenge: rng(40) };
  expect(await codeOf(() => wallet.readInvitation(garbled))).toBe("bad-invitation");
  expect(await codeOf(() => wallet.refresh(EPOCH + 50))).toBe("no-parameters");
  const options = { transport: world.transport, deployment, store: new sdk.MemoryStore() };
  expect(await codeOf(() => sdk.Wallet.restore(options, "not my words"))).toBe("words-count");
  expect(await codeOf(() => sdk.Wallet.create(options).then((w) => w.refresh(EPOCH)))).toBe("not-enrolled");
  expect(await codeOf(() => FrameChannel.restore(rng(7)))).toBe("bad-state");
  expect(await codeOf(() => unpad(rng(3)))).toBe("bad-padding");
  world.answer = (path) => (path === "/v1/services" ? rng(40) : undefined);
  expect(await codeOf(() => wallet.recover())).toBe("bad-answer");
  const { fetch } = world.transport;
  world.transport.fetch = ((input: string, init?: RequestInit) =>
    String(input).endsWith("/v1/refresh")
      ? Promise.resolve(new Response("noise"))
      : fetch(input, init)) as typeof fetch;
  expect(await codeOf(() => wallet.refresh(EPOCH + 1))).toBe("bad-credential");
});

it("a wallet's overview holds what a screen needs, and no secret", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic("Harbour Clinic")];
  const { tid, tagHash } = await wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  const overview = wallet.overview();
  expect(overview).toMatchObject({
    enrolled: true,
    enrolmentPending: false,
    credentials: [{ generation: 0, epoch: EPOCH }],
    sessions: [{ tid, tagHash, serviceName: "Harbour Clinic", state: "open" }],
    notices: [],
  });
  const { words, deviceSecretKey, sessions } = stateOf(wallet);
  const shown = JSON.stringify([overview, wallet.sessions]);
  for (const secret of [words, deviceSecretKey!, sessions[0]!.channel!]) expect(shown).not.toContain(secret);
});
