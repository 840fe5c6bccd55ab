// Tests of the key ceremony over HTTP, of officers' passkeys, and of the trustee as a witness of the log.

import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import type { OfficerError } from "../../client/officer/passkeys.ts";
import { SoftwarePasskey } from "../../client/officer/software-passkey.ts";
import { Officer } from "../../client/officer.ts";
import { fetchKeySet, registerOfficer, removeOfficer, runCeremony } from "../../client/operator/ceremony.ts";
import { apiBytes, apiJson } from "../../client/transport.ts";
import type { TrusteeVault } from "../../durable-objects/trustee-vault.ts";
import type { TrusteeEnv } from "../../functions/shared/env.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { Approval, approvalChallenge, type Decided } from "../../protocol/approvals.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CeremonyDeals, Complaint } from "../../protocol/ceremony-documents.ts";
import { Dossier, dossierHashOf, LogEntry, openSigned, Signed, signDocument } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { loginChallenge, officerEntry, readOfficerCard } from "../../protocol/officer-card.ts";
import { secret, trustees } from "./bindings.ts";
import {
  addCheckpoint,
  clock,
  decide,
  delivered,
  deployment,
  dossierOf,
  freshTrustees,
  freshWorld,
  identityKeys,
  newCase,
  newPatient,
  outcome,
  outside,
  rng,
  sealDossier,
  type TestCase,
  TestLog,
  transport,
  trusteeUrls,
  visit,
  type World,
} from "./trustee-world.ts";

const admin = secret("admin");
const input = { trusteeUrls, identityKeys, threshold: 2, adminSecretKey: admin };

describe("ceremony", () => {
  const post = <T = { message: string }>(
    i: number,
    id: string,
    round: string,
    json: unknown,
    key = admin,
  ): Promise<T> => apiJson<T>(transport, trusteeUrls[i - 1]!, `/v1/ceremony/${id}/${round}`, { json, signWith: key });
  const cardsOf = async () =>
    Promise.all(trusteeUrls.map((u) => apiJson<{ card: string }>(transport, u, "/v1/card"))).then((c) =>
      c.map((x) => x.card),
    );
  const toDeals = async (id: string) => {
    const cards = await cardsOf();
    const all = async (round: string, json: unknown) =>
      (await Promise.all([1, 2, 3].map((i) => post(i, id, round, json)))).map((m) => m.message);
    const commits = await all("start", { threshold: 2, cards });
    const openings = await all("open", { messages: commits });
    const deals = await all("deal", { messages: openings });
    return { cards, commits, openings, deals };
  };

  it("makes one key set that all publish, and a second ceremony is refused", async () => {
    freshTrustees();
    const ceremonyId = rng(32);
    const first = await runCeremony(transport, { ...input, ceremonyId });
    const again = await runCeremony(transport, { ...input, ceremonyId });
    expect(again.keySetBytes).toEqual(first.keySetBytes); // each trustee repeats what it said
    for (const url of trusteeUrls)
      expect(KeySet.encode((await fetchKeySet(transport, url, identityKeys)).keySet)).toEqual(first.keySetBytes);
    expect(await outcome(runCeremony(transport, input))).toContain("conflict");
  });

  it("goes on after any step at which one trustee was down, and tells who did not take it", async () => {
    for (const step of ["start", "open", "deal", "accept", "finish"] as const) {
      freshTrustees();
      const ceremonyId = rng(32);
      const down = {
        ...transport,
        fetch: (async (url: string, init?: RequestInit) => {
          if (String(url).startsWith(trusteeUrls[2]!) && String(url).endsWith(`/${step}`)) throw new TypeError("down");
          return transport.fetch(url, init);
        }) as typeof fetch,
      };
      const heard: string[] = [];
      const stopped = runCeremony(down, {
        ...input,
        ceremonyId,
        onProgress: (p) => heard.push(`${p.step} ${p.trustee} ${p.error === undefined}`),
      });
      expect(await outcome(stopped), step).toContain("unreachable");
      expect(heard.slice(-3).sort(), step).toEqual([`${step} 1 true`, `${step} 2 true`, `${step} 3 false`]);
      // At the last step two trustees hold keys by now. Another run would shut the third one out, and they refuse it.
      if (step === "finish") expect(await outcome(runCeremony(transport, input))).toContain("conflict");
      const { keySetBytes } = await runCeremony(transport, { ...input, ceremonyId });
      for (const url of trusteeUrls)
        expect(KeySet.encode((await fetchKeySet(transport, url, identityKeys)).keySet), step).toEqual(keySetBytes);
      expect(await outcome(runCeremony(transport, { ...input, threshold: 3, ceremonyId })), step).toContain("conflict");
    }
  });

  it("accepts rounds from the administrator only, and cards under the pinned keys only", async () => {
    freshTrustees();
    const cards = await cardsOf();
    const id = bytesToHex(rng(32));
    expect(await outcome(post(1, id, "start", { threshold: 2, cards }, secret("stranger")))).toBe("credential-refused");
    const swapped = [cards[1], cards[0], cards[2]];
    expect(await outcome(post(1, id, "start", { threshold: 2, cards: swapped }))).toContain(
      "not signed by the pinned key",
    );
    expect(await outcome(post(1, id, "start", { threshold: 1, cards }))).toContain("malformed");
    expect(await outcome(post(1, id, "open", { messages: cards }))).toContain("not-found");
    expect(await outcome(apiJson(transport, trusteeUrls[0]!, "/v1/keyset"))).toContain("not-found");
  });

  it("detects a dealer that sends two versions, and complains by name about a share that does not open", async () => {
    freshTrustees();
    const id = bytesToHex(rng(32));
    const { commits, deals } = await toDeals(id);
    const value = openSigned(LABELS.signCeremony, CeremonyDeals, readBase64url(deals[1]!)).value;
    const sealed = value.sealed.map((s, i) => (i === 0 ? rng(s.length) : s));
    const bad = toBase64url(
      signDocument(LABELS.signCeremony, CeremonyDeals, { ...value, sealed }, trustees[1]!.identitySecret),
    );
    const { message } = await post(1, id, "accept", { messages: [deals[0], bad, deals[2]] });
    const complaint = Complaint.decode(Signed.decode(readBase64url(message)).document);
    expect(complaint).toMatchObject({ sender: 1, accused: 2, reason: "unreadable" });
    expect(await outcome(post(1, id, "accept", { messages: deals }))).toContain("trustee 2: equivocated");
    expect(await outcome(post(3, id, "accept", { messages: [deals[0], deals[1]] }))).toContain("trustee 3: missing");
    expect(await outcome(post(3, id, "accept", { messages: commits }))).toContain("malformed");
    expect((await post(3, id, "accept", { messages: deals })).message).toEqual(
      (await post(3, id, "accept", { messages: deals })).message,
    );
  });

  it("the coordinator reports which trustee accuses which", async () => {
    freshTrustees();
    const lying = {
      ...transport,
      fetch: (async (url: string, init?: RequestInit) => {
        // it also refuses the last round, which must not hide what the others say of it
        if (String(url).startsWith(trusteeUrls[1]!) && String(url).endsWith("/accept"))
          return Response.json({ code: "not-allowed-now" }, { status: 409 });
        const response = await transport.fetch(url, init);
        if (!String(url).startsWith(trusteeUrls[1]!) || !String(url).endsWith("/deal")) return response;
        const { message } = (await response.json()) as { message: string };
        const { value } = openSigned(LABELS.signCeremony, CeremonyDeals, readBase64url(message));
        const sealed = value.sealed.map((s) => rng(s.length));
        const bad = signDocument(LABELS.signCeremony, CeremonyDeals, { ...value, sealed }, trustees[1]!.identitySecret);
        return Response.json({ message: toBase64url(bad) });
      }) as typeof fetch,
    };
    await expect(runCeremony(lying, input)).rejects.toMatchObject({
      code: "complaint",
      detail: "trustee 1 accuses trustee 2: unreadable; trustee 3 accuses trustee 2: unreadable",
      complaints: [1, 3].map((accuser) => ({ accuser, accused: 2, reason: "unreadable" })),
    });
  });
});

describe("officers", () => {
  let w: World;
  let c: TestCase;
  beforeAll(async () => {
    w = await freshWorld();
    c = newCase(w, dossierOf(visit(w, newPatient(w))));
  });
  const url = trusteeUrls[0]!;
  const officer = (authenticator = w.passkeys[0]!) => new Officer({ transport, deployment, trustee: 1, authenticator });
  const waiting = (of = c) => ({ order: toBase64url(of.signed), dossier: sealDossier(w, of, 1) });
  const other = (options: { origin?: string; rpId?: string; userVerified?: boolean }) =>
    SoftwarePasskey.create({ rpId: "officers.test", origin: "https://officers.test", ...options });
  const registered = async (options: Parameters<typeof other>[0], as = {}) => {
    const passkey = await other(options);
    await registerOfficer(transport, url, admin, { ...passkey.registration, ...as });
    return passkey;
  };

  it("reads the inbox and an order after a login, and decides with a passkey", async () => {
    outside.inbox = [{ caseId: bytesToHex(c.order.caseId), ...waiting(), decided: false }];
    const o = officer();
    const [first] = await o.inbox();
    expect(outside.inboxKey).toBe(bytesToHex(trustees[0]!.identityPublicKey));
    const seen = await o.review(first!);
    expect(seen).toMatchObject({ kind: "link", requester: { name: "Dr Ada" }, purpose: c.order.purpose });
    expect(seen.subject).toHaveProperty("tid");
    expect(seen.warnings).toContain("Covers all services.");
    const { card, ...approval } = (await o.approve(seen, "seen")) as Decided;
    expect(approval).toMatchObject({ decision: "approve", trustee: 1, reason: "seen" });
    expect(card).toMatchObject({ trustee: 1, origin: "https://officers.test" });
    expect(openSigned(LABELS.signApproval, Approval, delivered.at(-1)!).value).toEqual(approval);
  });

  it("reads the verified decisions of all trustees about a case, and none that does not verify", async () => {
    const fresh = newCase(w, c.dossier);
    const [one, two] = [await decide(w, fresh, 1), await decide(w, fresh, 2, "refuse")];
    const told = (...signed: Uint8Array[]) => {
      const decisions = signed.map((approval, i) => ({ trustee: i + 1, approval: toBase64url(approval) }));
      outside.progress = { state: "ordered", needed: 2, decisions, log: [{ name: "order", entry: "AA", index: 3 }] };
      return officer()
        .progress(waiting(fresh))
        .catch(({ code, detail }: OfficerError) => `${code}: ${detail}`);
    };
    expect(await told(two, one)).toMatchObject({
      state: "ordered",
      needed: 2,
      decisions: [
        { trustee: 1, decision: "approve", credentialId: w.passkeys[0]!.credentialId },
        { trustee: 2, decision: "refuse", credentialId: w.passkeys[1]!.credentialId },
      ],
    });
    expect(outside.progressKey).toBe(bytesToHex(trustees[0]!.identityPublicKey));
    expect(await told()).toMatchObject({ decisions: [] });
    expect(await told(one, one)).toBe("wrong-progress: two of one trustee");
    expect(await told(await decide(w, newCase(w, c.dossier), 1))).toBe("wrong-progress: of another order");
    const altered = one.slice();
    altered[altered.length - 1]! ^= 1;
    expect(await told(altered)).toContain("wrong-progress");
  });

  it("lists the decisions of its own trustee, to its officers only", async () => {
    const made = await officer().decisions();
    const own = newCase(w, c.dossier);
    await decide(w, own, 1, "refuse");
    const after = await officer().decisions();
    expect(after).toHaveLength(made.length + 1);
    expect(after.find(({ caseId }) => caseId === bytesToHex(own.order.caseId))).toMatchObject({
      trustee: 1,
      decision: "refuse",
      credentialId: w.passkeys[0]!.credentialId,
    });
    for (const path of ["/v1/decisions", `/v1/cases/${bytesToHex(own.order.caseId)}`])
      expect(await outcome(apiJson(transport, url, path))).toBe("credential-refused");
  });

  it("shows an order in a list from its signed bytes alone", () => {
    const { purpose, emergency } = c.order;
    expect(officer().preview(waiting())).toMatchObject({
      kind: "link",
      requester: { name: "Dr Ada" },
      purpose,
      emergency,
    });
    expect(() => officer().preview({ order: toBase64url(c.signed.subarray(1)) })).toThrow(
      "The order of this case cannot be read",
    );
  });

  it("sees a warning for an emergency order over the current epoch", async () => {
    const e = newCase(w, c.dossier, { emergency: true, epochTo: c.order.epochTo + 1 });
    const { warnings } = await officer().review(waiting(e));
    expect(warnings.some((x) => x.startsWith("Opens the current epoch"))).toBe(true);
  });

  it("is refused inbox and review without a login or with an old token, and an assertion is valid once", async () => {
    const review = (bearer?: string) =>
      outcome(apiJson(transport, url, "/v1/cases/review", { json: waiting(), ...(bearer ? { bearer } : {}) }));
    expect(await review()).toBe("credential-refused");
    expect(await review(toBase64url(rng(32)))).toBe("credential-refused");
    expect(await outcome(apiJson(transport, url, "/v1/cases"))).toBe("credential-refused");
    const login = (json: unknown) =>
      outcome(apiJson<{ token: string }>(transport, url, "/v1/officers/login", { json }));
    const json = await loginOf(await newNonce());
    const { token } = (await login(json)) as { token: string };
    expect(await login(json)).toBe("credential-refused");
    const later = { ...transport, now: () => transport.now() + 3601 };
    expect(await outcome(apiJson(later, url, "/v1/cases/review", { json: waiting(), bearer: token }))).toBe(
      "credential-refused",
    );
    expect(await login(await loginOf(rng(32)))).toBe("credential-refused");
    const nonce = await newNonce(); // an assertion over the nonce alone is no login
    expect(await login({ nonce: toBase64url(nonce), assertion: await w.passkeys[0]!.assert(nonce) })).toBe(
      "credential-refused",
    );
  });
  const newNonce = async () =>
    readBase64url((await apiJson<{ nonce: string }>(transport, url, "/v1/officers/nonce", { method: "POST" })).nonce);
  const loginOf = async (nonce: Uint8Array, passkey = w.passkeys[0]!) => ({
    nonce: toBase64url(nonce),
    assertion: await passkey.assert(loginChallenge({ identityKey: identityKeys[0]!, origin: passkey.origin, nonce })),
  });

  it("cannot decide with an unknown passkey, from another origin or RP, or without user verification", async () => {
    const attempt = async (passkey: SoftwarePasskey) => {
      const fresh = newCase(w, c.dossier);
      const dossierHash = dossierHashOf(Dossier.encode(fresh.dossier));
      const act = { caseId: fresh.order.caseId, orderHash: fresh.hash, trustee: 1, decision: "approve" as const };
      const assertion = await passkey.assert(approvalChallenge({ ...act, dossierHash }));
      const json = { ...waiting(fresh), decision: "approve", reason: "", assertion };
      return outcome(apiBytes(transport, url, "/v1/cases/decide", { json }));
    };
    const { rpId, origin } = w.passkeys[0]!;
    expect(await attempt(await other({}))).toBe("credential-refused");
    expect(await attempt(await registered({ origin: "https://evil.test" }, { origin }))).toBe("credential-refused");
    expect(await attempt(await registered({ rpId: "evil.test" }, { rpId }))).toBe("credential-refused");
    expect(await attempt(await registered({ userVerified: false }))).toBe("credential-refused");
    expect(await attempt(await registered({}))).toBeInstanceOf(Uint8Array);
  });

  it("cannot use an assertion for another order, decision or trustee", async () => {
    const fresh = newCase(w, c.dossier);
    const json = async (assertedFor: TestCase, decision: string) => {
      const [asserted] = [await decideAssertion(assertedFor, "approve")];
      return { ...waiting(fresh), decision, reason: "", assertion: asserted };
    };
    const attempt = async (assertedFor: TestCase, decision: string) =>
      outcome(apiJson(transport, url, "/v1/cases/decide", { json: await json(assertedFor, decision) }));
    expect(await attempt(fresh, "refuse")).toBe("credential-refused");
    expect(await attempt(c, "approve")).toBe("credential-refused");
  });
  const decideAssertion = async (of: TestCase, decision: "approve" | "refuse") => {
    const dossierHash = dossierHashOf(Dossier.encode(of.dossier));
    const act = { caseId: of.order.caseId, orderHash: of.hash, dossierHash, trustee: 1, decision };
    const challenge = approvalChallenge(act);
    return w.passkeys[0]!.assert(challenge);
  };

  it("decides a case id once: a repetition gives the same document, and any other decision a conflict", async () => {
    const one = newCase(w, c.dossier);
    const first = await decide(w, one, 1);
    expect(await decide(w, one, 1)).toEqual(first);
    expect(await outcome(decide(w, one, 1, "refuse"))).toContain("conflict");
    const twin = newCase(w, c.dossier, { caseId: one.order.caseId, purpose: "something else" });
    expect(await outcome(decide(w, twin, 1))).toContain("conflict");
  });

  it("can only use ES256 passkeys, which the administrator registers once and for all", async () => {
    const passkey = await registered({});
    const card = await registerOfficer(transport, url, admin, passkey.registration);
    expect(await registerOfficer(transport, url, admin, passkey.registration)).toEqual(card);
    const twin = { ...passkey.registration, credentialId: toBase64url(rng(16)) }; // the same key under another id
    expect(await outcome(registerOfficer(transport, url, admin, twin))).toContain("conflict");
    const moved = { ...passkey.registration, origin: "https://evil.test" };
    expect(await outcome(registerOfficer(transport, url, admin, moved))).toContain("conflict");
    expect(await outcome(registerOfficer(transport, url, secret("stranger"), passkey.registration))).toBe(
      "credential-refused",
    );
    const odd = { ...passkey.registration, credentialId: toBase64url(rng(16)), publicKey: toBase64url(rng(77)) };
    expect(await outcome(registerOfficer(transport, url, admin, odd))).toContain("malformed");
  });
});

describe("an officer's card", () => {
  let w: World;
  beforeAll(async () => {
    w = await freshWorld();
  });
  const url = trusteeUrls[0]!;
  const RP = { rpId: "officers.test", origin: "https://officers.test" };
  const officer = (authenticator: SoftwarePasskey) => new Officer({ transport, deployment, trustee: 1, authenticator });
  const kinds = () => w.log.entries.map((e) => LogEntry.decode(e).kind);

  it("is signed by the trustee and logged by it before the officer counts", async () => {
    const passkey = await SoftwarePasskey.create(RP);
    outside.inbox = [];
    outside.logDown = true;
    expect(await outcome(registerOfficer(transport, url, admin, passkey.registration))).toContain("unavailable");
    expect(await outcome(officer(passkey).inbox())).toBe("credential-refused");
    outside.logDown = false;
    const signed = await registerOfficer(transport, url, admin, passkey.registration);
    expect(outside.logWriter).toBe(bytesToHex(identityKeys[0]!));
    const card = readOfficerCard(signed, { index: 1, identityKey: identityKeys[0]! });
    expect(w.log.entries.at(-1)).toEqual(officerEntry(signed, card.notBefore));
    expect(await outcome(officer(passkey).inbox())).toEqual([]);
    expect(() => readOfficerCard(signed, { index: 2, identityKey: identityKeys[1]! })).toThrow("another trustee");
  });

  it("ends with its date, and is renewed within its last month", async () => {
    const passkey = await SoftwarePasskey.create(RP);
    const first = await registerOfficer(transport, url, admin, passkey.registration);
    const start = clock.now;
    clock.now += 330 * 86_400;
    expect(await outcome(officer(passkey).inbox())).toEqual([]);
    clock.now = start + 366 * 86_400;
    expect(await outcome(officer(passkey).inbox())).toBe("credential-refused");
    const second = await registerOfficer(transport, url, admin, passkey.registration);
    expect(second).not.toEqual(first);
    expect(await outcome(officer(passkey).inbox())).toEqual([]);
    clock.now = start;
  });

  it("and its tokens end when the administrator removes the officer, for ever", async () => {
    const passkey = await SoftwarePasskey.create(RP);
    await registerOfficer(transport, url, admin, passkey.registration);
    const o = officer(passkey);
    expect(await outcome(o.inbox())).toEqual([]);
    const { credentialId } = passkey;
    expect(await outcome(removeOfficer(transport, url, secret("stranger"), credentialId))).toBe("credential-refused");
    expect(await outcome(o.inbox())).toEqual([]);
    await removeOfficer(transport, url, admin, credentialId);
    expect(kinds().at(-1)).toBe("officer-removed");
    expect(await outcome(o.inbox())).toBe("credential-refused"); // the token of before
    expect(await outcome(officer(passkey).inbox())).toBe("credential-refused");
    const before = w.log.entries.length;
    await removeOfficer(transport, url, admin, credentialId);
    expect(w.log.entries.length).toBe(before);
    expect(await outcome(registerOfficer(transport, url, admin, passkey.registration))).toContain("conflict");
    expect(await outcome(removeOfficer(transport, url, admin, toBase64url(rng(16))))).toContain("not-found");
  });
});

describe("a trustee that left", () => {
  it("takes no share of a generation up to that at which it left, whoever replays the ceremony", async () => {
    const vault = ((env as unknown as TrusteeEnv).TRUSTEE_VAULT as DurableObjectNamespace<TrusteeVault>).getByName(
      bytesToHex(rng(8)),
    );
    const keys = (generation: number) => ({ generation, keySet: rng(8), sealedSecret: rng(8), cards: [] });
    const first = keys(0);
    expect(await vault.installKeys(first, rng(4))).toBe("installed"); // control: before it left
    await vault.leave(0, rng(4));
    expect(await vault.keys()).toBeUndefined();
    for (const old of [first, keys(0)]) expect(await vault.installKeys(old, rng(4))).toBe("conflict");
    expect(await vault.installKeys(keys(2), rng(4))).toBe("installed"); // added again later
    await vault.leave(2, rng(4));
    expect(await vault.installKeys(keys(1), rng(4))).toBe("conflict");
  });

  it("forgets nothing newer when the resharing of an older generation is replayed", async () => {
    const vault = ((env as unknown as TrusteeEnv).TRUSTEE_VAULT as DurableObjectNamespace<TrusteeVault>).getByName(
      bytesToHex(rng(8)),
    );
    const keys = (generation: number) => ({ generation, keySet: rng(8), sealedSecret: rng(8), cards: [] });
    const [early, chain, last] = [rng(4), rng(4), rng(4)];
    await vault.installKeys(keys(0), early);
    await vault.leave(0, early);
    await vault.installKeys(keys(2), chain);
    await vault.leave(0, early); // replayed while it holds a newer share
    expect(await vault.chain()).toEqual(chain);
    expect((await vault.keys())!.generation).toBe(2);
    await vault.leave(2, last); // control: this one counts
    expect(await vault.keys()).toBeUndefined();
    await vault.leave(0, early); // replayed after it left again
    expect(await vault.chain()).toEqual(last);
    expect(await vault.installKeys(keys(2), rng(4))).toBe("conflict");
  });
});

describe("witness", () => {
  it("signs only heads that continue the newest one that it signed", async () => {
    freshTrustees();
    const entry = (n: number) =>
      ({ kind: "order", at: n, subject: rng(32), caseId: undefined, body: new Uint8Array() }) as const;
    const log = new TestLog();
    const fork = new TestLog();
    for (let i = 0; i < 5; i++) {
      const same = entry(i);
      log.append(same);
      fork.append(i < 3 ? same : entry(i));
    }
    const ask = (note: string, oldSize: number, proof: readonly string[] = []) =>
      addCheckpoint(1, { oldSize, proof: proof.map(fromBase64url), note });
    await log.cosigned([1], 3);
    expect(await ask(log.note(5), 3)).toBe("422");
    expect(await ask(log.note(5), 3, log.consistency(3))).toContain("symbolon/trustee-1");
    expect(await ask(log.note(3), 3)).toBe("409 text/x.tlog.size 5\n");
    expect(await ask(log.note(3), 5)).toBe("400");
    expect(await ask(fork.note(5), 5)).toBe("409 text/x.tlog.size 5\n");
    fork.append(entry(9));
    expect(await ask(fork.note(6), 5, fork.consistency(5))).toBe("422");
    expect(await ask(fork.note(6), 0)).toBe("409 text/x.tlog.size 5\n");
    expect(await ask(log.note(5).replace("symbolon.test/log", "other.test/log"), 5)).toBe("404");
    expect(await ask(log.note(5).replace("\n5\n", "\n6\n"), 5)).toBe("403");
    expect(await ask("no note", 0)).toBe("400");
    expect(await ask(log.note(5), 5)).toContain("symbolon/trustee-1");
  });
});
