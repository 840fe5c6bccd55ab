// Tests of clocks at the service's doors: tokens, check-ins, records, statements and messages. A party may be off by the
// window of the parameters, which is not the default here. One second more is refused: the answer names the clock and the
// seconds, and it is the same for a good and for a bad credential.

import { importJWK, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clinic, createClinicKeys, renewCard } from "../../client/clinic.ts";
import { ApiError, api, type Transport } from "../../client/transport.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { Challenge, CheckIn, Signed, signDocument } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import { common, secret } from "./bindings.ts";
import {
  bindings,
  clinicWith,
  clock,
  code,
  deployment,
  EPOCH,
  freshWorld,
  GRACE_SECONDS,
  NOW,
  newClinic,
  newKey,
  newPatient,
  prepare,
  register,
  rng,
  SERVICE_URL,
  send,
  transport,
  visit,
  WINDOW_SECONDS,
} from "./service-world.ts";

/** The transport of a party whose clock is `off` seconds ahead of the service's, or behind if negative. */
const transportOff = (off: number): Transport => ({
  ...transport,
  now: () => clock.now + off,
  sendClock: false,
  fetch: ((input: string, init?: RequestInit) =>
    transport.fetch(input, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), "symbolon-clock": String(clock.now) },
    })) as Transport["fetch"],
});
const clinicOff = (off: number, { keys }: Clinic = clinic): Clinic => new Clinic(transportOff(off), deployment, keys);

/** The refusal's problem document, without the random name of this one answer; or the refusal of the token endpoint. */
async function refusal(answer: Promise<unknown>) {
  const error: unknown = await answer.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof ApiError)) throw new Error(`no refusal: ${error}`);
  const { instance, ...rest } = error.problem;
  if ("error" in rest) expect(instance).toBeUndefined();
  else expect(instance).toMatch(/^urn:uuid:/);
  return rest;
}
const skewed = (detail: string) => ({
  type: `${SERVICE_URL}/problems/clock-skew`,
  code: "clock-skew",
  status: 403,
  title: "A clock is wrong, or the message is too old.",
  detail,
});
const yourClock = (off: number, allowed = WINDOW_SECONDS) =>
  skewed(
    `Your clock is ${Math.abs(off)} seconds ${off > 0 ? "ahead of" : "behind"} this server's; at most ${allowed} are allowed.`,
  );

/** The token endpoint refuses in the form of RFC 6749. */
function noToken(off: number, allowed = WINDOW_SECONDS) {
  const { code, detail } = yourClock(off, allowed);
  return { error: "invalid_client", error_description: detail, code, detail };
}

let clinic: Clinic;
beforeEach(async () => {
  await freshWorld();
  clinic = await newClinic();
});

const note = utf8ToBytes(JSON.stringify({ resourceType: "Bundle", type: "collection", entry: [] }));
const EDGES = [-WINDOW_SECONDS, -WINDOW_SECONDS + 1, -60, 60, WINDOW_SECONDS - 1, WINDOW_SECONDS];
const BEYOND = [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, -3 * 86_400, 400 * 86_400];

it("the window of these parameters is not the default", () => {
  expect(WINDOW_SECONDS).not.toBe(CLOCK_TOLERANCE_SECONDS);
});

describe("a clinic whose clock is off", () => {
  it.each(EDGES)("by %i seconds opens a session, files, states and writes messages", async (off) => {
    const off_ = clinicOff(off);
    const prepared = await prepare(newPatient(), off_);
    await send(prepared.bytes);
    const session = await off_.session(prepared.tagHash);
    const recordId = await off_.putRecord(session, note);
    const [entry] = await off_.records(session);
    expect(await off_.open(entry!)).toEqual(note);
    await off_.withdraw(session, recordId);
    await off_.send(session, utf8ToBytes("all is well"));
    const path = `/v1/sessions/${bytesToHex(clinic.serviceId)}/${prepared.tagHash}/frames`;
    const bytes = prepared.channel.send(utf8ToBytes("thank you"));
    await api(transport, SERVICE_URL, path, { bytes, signWith: prepared.authSecretKey });
    expect(await off_.receive(session)).toEqual([utf8ToBytes("thank you")]);
  });

  it.each(BEYOND)("by %i seconds gets no token, and the answer says by how much", async (off) => {
    const { session } = await visit(clinic);
    const clinicThen = clinicOff(off);
    const acts = [clinicThen.sessions(), clinicThen.session(session.tagHash), clinicThen.receive(session)];
    for (const act of acts) expect(await refusal(act)).toEqual(noToken(off));
    expect(await refusal(clinicOff(Math.sign(off) * (WINDOW_SECONDS + 1)).putRecord(session, note))).toMatchObject({
      code: "clock-skew",
    });
  });
});

describe("an assertion", () => {
  const TOKEN = "/v1/token";
  async function assertion(claims: JWTPayload, by: Clinic = clinic): Promise<string> {
    const serviceId = bytesToHex(by.serviceId);
    const about = { iss: serviceId, sub: serviceId, aud: `${SERVICE_URL}${TOKEN}`, jti: newKey() };
    return new SignJWT({ ...about, ...claims })
      .setProtectedHeader({ alg: "ES384" })
      .sign(await importJWK(by.keys.oauthPrivateJwk, "ES384"));
  }
  const hand = (signed: string) =>
    api(transport, SERVICE_URL, TOKEN, {
      bytes: utf8ToBytes(
        new URLSearchParams({
          grant_type: "client_credentials",
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: signed,
        }).toString(),
      ),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
  const made = (at: number, seconds = 120): JWTPayload => ({ iat: at, exp: at + seconds });

  it("far off in time gets one answer, for a good signature and for every bad one", async () => {
    for (const off of [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1]) {
      const claims = made(NOW + off);
      const good = await assertion(claims);
      const stranger = new Clinic(transport, deployment, (await newClinic("Other")).keys);
      const forged = await assertion(
        { ...claims, iss: bytesToHex(clinic.serviceId), sub: bytesToHex(clinic.serviceId) },
        stranger,
      );
      const unknown = await assertion({ ...claims, iss: newKey(), sub: newKey() });
      const elsewhere = await assertion({ ...claims, aud: "https://other.test" });
      const nameless = await assertion({ ...claims, sub: undefined, jti: undefined } as JWTPayload);
      for (const sent of [good, forged, unknown, elsewhere, nameless, `${good.slice(0, -4)}AAAA`])
        expect(await refusal(hand(sent))).toEqual(noToken(off));
      // Control: in time, the bad ones are told apart from the good one, and not from each other.
      expect(await code(hand(await assertion(made(NOW))))).toBe("accepted");
      const refused = await refusal(hand(await assertion({ ...made(NOW), aud: "https://other.test" })));
      expect(refused).toMatchObject({ code: "credential-refused" });
      const forgedNow = await assertion(
        { ...made(NOW), iss: bytesToHex(clinic.serviceId), sub: bytesToHex(clinic.serviceId) },
        stranger,
      );
      expect(await refusal(hand(forgedNow))).toEqual(refused);
    }
  });

  it("is judged by iat, or without it by exp, and never by more than they say", async () => {
    const W = WINDOW_SECONDS;
    const cases: [string, JWTPayload, string | object][] = [
      ["made a while ago and still valid", { iat: NOW - 290, exp: NOW + 10 }, "accepted"],
      ["no iat, expired within the window", { exp: NOW - W + 1 }, "accepted"],
      ["no iat, expired before", { exp: NOW - W }, noToken(-W - 1)],
      ["no iat, the longest life, ahead", { exp: NOW + 300 + W }, "accepted"],
      ["no iat, further ahead", { exp: NOW + 301 + W }, noToken(W + 1)],
      ["nbf ahead within the window", { ...made(NOW), nbf: NOW + W }, "accepted"],
      ["nbf further ahead", { ...made(NOW), nbf: NOW + W + 1 }, noToken(W + 1)],
      ["lives 300 seconds", made(NOW, 300), "accepted"],
      ["lives 301 seconds", made(NOW, 301), "credential-refused"],
      ["expired before it was made", { iat: NOW + 10, exp: NOW - 900 }, "credential-refused"],
      ["fractions of a second", { iat: NOW - 0.5, exp: NOW + 100.5 }, "accepted"],
      ["no exp", { iat: NOW }, "credential-refused"],
      ["exp is text", { iat: NOW, exp: `${NOW + 60}` as never }, "credential-refused"],
      ["exp is no time", { iat: NOW, exp: 1e300 }, "credential-refused"],
      ["iat before 1970", { iat: -1, exp: NOW + 60 }, "credential-refused"],
    ];
    for (const [name, claims, expected] of cases) {
      const sent = await assertion(claims);
      const answer = typeof expected === "string" ? await code(hand(sent)) : await refusal(hand(sent));
      expect([name, answer]).toEqual([name, expected]);
    }
  });

  it("is accepted once for as long as any window would let it pass, also after a sweep", async () => {
    const claims = { ...made(NOW + WINDOW_SECONDS), jti: "an id that is used once" };
    expect(await code(hand(await assertion(claims)))).toBe("accepted");
    const sweep = () => api(transport, SERVICE_URL, "/v1/admin/sweep", { json: {}, signWith: secret("admin") });
    for (const later of [0, WINDOW_SECONDS, 2 * WINDOW_SECONDS]) {
      clock.now = NOW + later;
      await sweep();
      expect(await code(hand(await assertion(claims)))).toBe("credential-refused");
    }
    const kept = () => bindings.RECORDS_DB_0.prepare("SELECT count(*) n FROM client_assertions").first<number>("n");
    clock.now = NOW + 3 * 86_400;
    await sweep();
    expect(await kept()).toBe(1); // the nonce of the sweep itself
  });

  it("has the default tolerance in a month without parameters", async () => {
    clock.now = epochStart(EPOCH + 5) + 86_400;
    for (const off of [-CLOCK_TOLERANCE_SECONDS, CLOCK_TOLERANCE_SECONDS])
      expect(await code(hand(await assertion(made(clock.now + off))))).toBe("accepted");
    for (const off of [-CLOCK_TOLERANCE_SECONDS - 1, CLOCK_TOLERANCE_SECONDS + 1])
      expect(await refusal(hand(await assertion(made(clock.now + off))))).toEqual(
        noToken(off, CLOCK_TOLERANCE_SECONDS),
      );
  });
});

describe("a check-in", () => {
  async function answering(change: Partial<Challenge>) {
    const value = Challenge.decode(Signed.decode(await clinic.challenge()).document);
    const key = hexToBytes(clinic.keys.signSecretKey);
    const challenge = signDocument(LABELS.signChallenge, Challenge, { ...value, ...change }, key);
    return prepare(newPatient(), clinic, { challenge });
  }
  const old = "It is old, or a clock is wrong.";

  it("to a challenge that is not fresh is told its age, whether its presentation is good or bad", async () => {
    const W = WINDOW_SECONDS;
    const cases: [Partial<Challenge>, string][] = [
      [
        { issuedAt: NOW - W - 1 },
        `The challenge is ${W + 1} seconds old by this server's clock; at most ${W} are allowed. ${old}`,
      ],
      [
        { issuedAt: NOW + W + 1 },
        `The challenge is dated ${W + 1} seconds ahead of this server's clock; at most ${W} are allowed.`,
      ],
      [{ expiresAt: NOW - 7 }, `The challenge expired 7 seconds ago by this server's clock. ${old}`],
    ];
    for (const [change, detail] of cases) {
      const good = await answering(change);
      const shown = Presentation.decode(good.checkIn.presentation);
      const bad = { ...good.checkIn, presentation: Presentation.encode({ ...shown, F2: shown.C2 }) };
      for (const bytes of [good.bytes, CheckIn.encode(bad)])
        expect(await refusal(send(bytes))).toEqual({ ...skewed(detail), refusal: expect.any(String) });
    }
  });

  it("to a challenge of a month without parameters is told its age too", async () => {
    const far = epochStart(EPOCH + 30);
    const { checkIn } = await answering({});
    const value = Challenge.decode(Signed.decode(checkIn.challenge).document);
    for (const issuedAt of [far, epochStart(EPOCH - 30)]) {
      const key = hexToBytes(clinic.keys.signSecretKey);
      const challenge = signDocument(LABELS.signChallenge, Challenge, { ...value, issuedAt }, key);
      const { detail } = (await refusal(send(CheckIn.encode({ ...checkIn, challenge })))) as { detail: string };
      expect(detail).toContain(`${Math.abs(issuedAt - NOW)} seconds ${issuedAt > NOW ? "ahead" : "old"}`);
    }
  });

  it("that a clinic hands in after the grace is told its age", async () => {
    const offline = await clinic.verify((await answering({})).bytes);
    clock.now = NOW + GRACE_SECONDS + 1;
    expect(await refusal(clinic.handIn(offline))).toEqual(
      skewed(
        `The challenge is ${GRACE_SECONDS + 1} seconds old by this server's clock; at most ${GRACE_SECONDS} are allowed. ${old}`,
      ),
    );
  });
});

describe("a message of a wallet whose clock is off", () => {
  it("by the window passes; by more it is told so, whatever key signed and whatever the session is", async () => {
    const { tagHash, authSecretKey, channel } = await visit(clinic);
    const path = `/v1/sessions/${bytesToHex(clinic.serviceId)}/${tagHash}/frames`;
    const post = (off: number, signWith = authSecretKey, at = path) =>
      api(transportOff(off), SERVICE_URL, at, { bytes: channel.send(utf8ToBytes("hello")), signWith });
    for (const off of EDGES) expect(await code(post(off))).toBe("accepted");
    for (const off of BEYOND) {
      const noSession = `/v1/sessions/${newKey()}/${bytesToHex(rng(32))}/frames`;
      for (const answer of [post(off), post(off, rng(32)), post(off, authSecretKey, noSession)])
        expect(await refusal(answer)).toEqual(yourClock(off));
    }
    expect(await code(post(0, rng(32)))).toBe("credential-refused"); // control
  });

  it("gets no answer about clocks for a header that cannot be read", async () => {
    const { tagHash } = await visit(clinic);
    const path = `/v1/sessions/${bytesToHex(clinic.serviceId)}/${tagHash}/frames`;
    for (const header of ["", `00.1.00.00`, `${"0".repeat(64)}.${"9".repeat(13)}.${"0".repeat(32)}.${"0".repeat(128)}`])
      expect(
        await code(api(transport, SERVICE_URL, path, { bytes: rng(40), headers: { [SIGNATURE_HEADER]: header } })),
      ).toBe("credential-refused");
  });
});

describe("another server whose clock differs from the service's", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is not the fault of the party that called the service, and the answer names the clocks of servers", async () => {
    const { fetch } = globalThis;
    vi.spyOn(globalThis, "fetch").mockImplementation((async (input: RequestInfo, init?: RequestInit) =>
      new Request(input, init).url.startsWith(common.LOG_URL)
        ? Response.json(yourClock(700, CLOCK_TOLERANCE_SECONDS), { status: 403 })
        : fetch(input, init)) as typeof fetch);
    const answer = await refusal(
      register(new Clinic(transport, deployment, await createClinicKeys("Late", undefined, NOW))),
    );
    expect(answer).toMatchObject({ code: "unavailable", status: 503 });
    expect(answer.detail).toContain("The clocks of two servers differ");
    expect(answer.detail).toContain("700 seconds");
  });
});

describe("a registration that somebody sends again", () => {
  it("does not put an older card in the place of a newer one, for as long as its signature is good", async () => {
    const path = "/v1/admin/services";
    const before = clinic.card();
    const sent = (bytes: Uint8Array, header: string) =>
      api(transport, SERVICE_URL, path, { bytes, headers: { [SIGNATURE_HEADER]: header } });
    const ahead = NOW + CLOCK_TOLERANCE_SECONDS;
    const header = signRequest({ method: "POST", url: SERVICE_URL + path, body: before }, secret("admin"), ahead, rng);
    await sent(before, header);
    expect(await code(sent(before, header))).toBe("credential-refused");
    const renamed = new Clinic(transport, deployment, renewCard(clinic.keys, { name: "Renamed" }, NOW));
    await register(renamed);
    for (const later of [0, CLOCK_TOLERANCE_SECONDS, 2 * CLOCK_TOLERANCE_SECONDS]) {
      clock.now = NOW + later;
      await api(transport, SERVICE_URL, "/v1/admin/sweep", { json: {}, signWith: secret("admin") });
      expect(await code(sent(before, header))).toBe("credential-refused");
    }
    const stands = await api(transport, SERVICE_URL, `/v1/services/${bytesToHex(clinic.serviceId)}`);
    expect(new Uint8Array(await stands.arrayBuffer())).toEqual(renamed.card());
    expect(await code(register(clinic))).toBe("conflict"); // nor with a new signature of the administrator
    await register(clinicWith(renewCard(renamed.keys, { name: clinic.keys.name }, NOW))); // control: a higher version
  });

  it("takes a card only within its dates", async () => {
    const { notBefore, notAfter } = clinic.keys.cardDates;
    const next = clinicWith(renewCard(clinic.keys, {}, NOW + 3 * 86_400));
    expect(await code(register(next))).toBe("not-allowed-now");
    clock.now = notAfter + 1;
    expect(await code(register(clinic))).toBe("expired");
    clock.now = notBefore;
    expect(await code(register(clinic))).toBe("accepted");
  });

  it("from an administrator whose clock is off by more than the default is told so", async () => {
    for (const off of [-CLOCK_TOLERANCE_SECONDS - 1, CLOCK_TOLERANCE_SECONDS + 1])
      for (const signWith of [secret("admin"), rng(32)])
        expect(
          await refusal(api(transportOff(off), SERVICE_URL, "/v1/admin/services", { bytes: clinic.card(), signWith })),
        ).toEqual(yourClock(off, CLOCK_TOLERANCE_SECONDS));
  });
});
