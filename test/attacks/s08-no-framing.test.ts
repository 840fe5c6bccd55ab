// S8 No framing. Registrar and all trustees together cannot open a session as an honest wallet. They cannot issue a
// credential that traces to that wallet, answer a trace with somebody else's contract, or assemble over a mauled F°.
//
// The attacker has the registrar's issuer secret x, its database, and all trustees' real shares. So it knows Alice's
// R = k·Ĝ, V, F°, and even z·G, which nobody may know in clear. It has neither her k and z nor a discrete logarithm. It owns
// a wallet, Mallory's. A requester's name or an order's purpose tells registrar and trustees to lie. The service Worker is
// honest.

import { ed25519 } from "@noble/curves/ed25519.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { Requester } from "../../client/requester.ts";
import { api, apiBytes, apiJson } from "../../client/transport.ts";
import { secretsOf, stateOf } from "../../client/wallet/inspect.ts";
import { issuerKeys } from "../../functions/registrar/issuer.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import {
  type CheckedCommitment,
  type Credential,
  decodeIssuerParams,
  issue,
  receive,
} from "../../protocol/credential.ts";
import {
  CheckIn,
  Contract,
  checkInContext,
  IdentityDisclosure,
  IssuedCredential,
  identityCommitmentOf,
  openSigned,
  Parameters,
  paramsHashOf,
  RefreshRequest,
} from "../../protocol/documents.ts";
import { requestEnrolment, requestRefresh, verifyContract } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { proveIndexRow } from "../../protocol/index-row.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation, present } from "../../protocol/presentation.ts";
import { combineScalars } from "../../protocol/sharing.ts";
import { decodeG1, decodeG2, encodeG1, encodeG2, G, type G1, randomScalar, type Scalar } from "../../protocol/suite.ts";
import {
  approvedBy,
  carelessCore,
  enrolled,
  indexOf,
  MARKED,
  marked,
  newRequester,
  outcome,
  ownTrustee,
  playedBy,
  START,
  TRACE,
  turn,
  visit,
} from "./cases.ts";

const EPOCH = epochOf(START);

const LYING_REGISTRAR = [
  playedBy("lying-registrar", "functions/registrar.ts"),
  playedBy("careless-refresh", "protocol/enrolment.ts"),
];
/** Without the check of the contract's proof if the purpose says "credulous", and of the selector if it says "any record". */
const CREDULOUS = [
  MARKED,
  playedBy("credulous-contracts", "protocol/enrolment.ts"),
  {
    file: "functions/trustee/case-order.ts",
    find: "if (!isRecordOf(IdentityRecord.decode(identity), dossier.selector))",
    replace: `if (!isRecordOf(IdentityRecord.decode(identity), dossier.selector) && !${marked("any record")})`,
  },
];

let p: Practice;
let clinic: Clinic;
let alicesSession: ClinicSession;
let bobsAccount: string;
let bobsSession: ClinicSession;
let alice: Awaited<ReturnType<typeof enrolled>>;
let mallory: Awaited<ReturnType<typeof enrolled>>;
let signedParameters: Uint8Array;
let document: Parameters;
let contract: Contract;

beforeAll(async () => {
  p = await openPractice({
    start: START,
    slots: 4,
    epochs: 2,
    weaken: {
      registrar: LYING_REGISTRAR,
      ...Object.fromEntries([1, 2, 3].map((i) => [`trustee-${i}`, CREDULOUS])),
    },
  });
  clinic = await p.openClinic("General practice");
  alice = await enrolled(p, "Alice");
  const bob = await enrolled(p, "Bob");
  bobsAccount = bob.account;
  alicesSession = await visit(alice.wallet, clinic);
  bobsSession = await visit(bob.wallet, clinic);
  mallory = await enrolled(p, "Mallory");
  await indexOf(p, EPOCH, 2);
  const { documents } = await apiJson<{ documents: string[] }>(
    p.transport,
    p.deployment.registrarUrl,
    "/v1/parameters",
  );
  signedParameters = readBase64url(documents[0]!);
  document = openSigned(LABELS.signParameters, Parameters, signedParameters).value;
  contract = await contractOf(alice.account);
}, 240_000);
afterAll(() => p?.stop());

async function contractOf(account: string): Promise<Contract> {
  const db = await p.host.miniflare.getD1Database("REGISTRAR_DB", "registrar");
  const row = await db
    .prepare("SELECT contract FROM generations WHERE account = ?")
    .bind(account)
    .first<{ contract: number[] }>();
  return Contract.decode(Uint8Array.from(row!.contract));
}
const issuer = () => decodeIssuerParams(document);
const hash = () => paramsHashOf(document);
/** y of a key from t real shares: the trustees are all the attacker's. */
const trusteesKey = (name: "trace" | "link") =>
  combineScalars([1, 2].map((i) => ({ index: i, value: ownTrustee(p.host, i).secret.shares[name] })));

/** A check-in at the clinic with a presentation of the attacker's making. */
async function checkInWith(
  { z, slot }: { z: bigint; slot: number },
  make: (context: Uint8Array) => Presentation,
): Promise<Uint8Array> {
  const template = CheckIn.decode(alicesSession.checkInBytes);
  const before = {
    challenge: await clinic.challenge(),
    sessionAuthKey: ed25519.getPublicKey(p.transport.rng(32)),
    sessionRecipient: template.sessionRecipient,
    rowProof: proveIndexRow(
      { serviceId: clinic.serviceId, epoch: EPOCH, slot, paramsHash: hash() },
      z as Scalar,
      p.transport.rng,
    ),
    claim: template.claim,
    hpkeEnc: template.hpkeEnc,
  };
  return CheckIn.encode({ ...before, presentation: Presentation.encode(make(checkInContext(before))) });
}
const send = (checkIn: Uint8Array): Promise<string> =>
  outcome(() =>
    api(p.transport, p.deployment.serviceUrl, "/v1/sessions", {
      bytes: checkIn,
    }),
  );
const handleOf = (checkIn: Uint8Array): Uint8Array => {
  const { C1, C2 } = readCheckIn(checkIn).presentation;
  return encodeG1(decodeG1(C2).subtract(decodeG1(C1).multiply(trusteesKey("trace"))) as G1);
};

const FIRST_PHONE = { generation: 0, salt: new Uint8Array(32), previous: undefined };

/** Mallory's own credential, fresh from the issuer's secret. */
function mallorysCredential(): { credential: Credential; secrets: { k: bigint; z: bigint } } {
  const secrets = secretsOf(mallory.wallet, 0);
  const s = randomScalar(p.transport.rng);
  const { Cm } = requestEnrolment(
    {
      params: issuer(),
      ...FIRST_PHONE,
      identityCommitment: new Uint8Array(32),
      paramsHash: hash(),
      nonce: new Uint8Array(32),
      secrets,
      s,
    },
    p.transport.rng,
  );
  const issued = issueOver(Cm);
  return { credential: receive({ params: issuer(), paramsHash: hash(), epoch: EPOCH, secrets, s, issued }), secrets };
}
const issueOver = (Cm: Uint8Array): IssuedCredential =>
  issue({
    params: issuer(),
    issuerSecret: issuerKeys(p.host.bindings.registrar as never).secretKey,
    Cm: decodeG1(Cm) as CheckedCommitment,
    epoch: EPOCH,
    attributeValues: ["standard", "adult"],
    paramsHash: hash(),
    rng: p.transport.rng,
  });
const setting = (credential: Credential, secrets: { k: bigint; z: bigint }, context: Uint8Array, slot: number) => ({
  params: issuer(),
  credential,
  secrets,
  tagEpoch: EPOCH,
  slot,
  tagParamsHash: hash(),
  credentialParamsHash: hash(),
  shown: [],
  context,
});

describe("to open a session as Alice", () => {
  it("what the attacker knows really is Alice's: R by tracing, z·G by linking", () => {
    expect(handleOf(alicesSession.checkInBytes)).toEqual(contract.R);
    const zG = decodeG1(contract.F2).subtract(decodeG1(contract.F1).multiply(trusteesKey("link")));
    expect(encodeG1(zG as G1)).toEqual(encodeG1(G.multiply(secretsOf(alice.wallet, 0).z) as G1));
  });

  it("a credential issued over her own Cm cannot be presented without her k and z", async () => {
    const issued = issueOver(contract.Cm);
    const guess = { k: randomScalar(p.transport.rng), z: randomScalar(p.transport.rng) };
    const credential: Credential = {
      epoch: EPOCH,
      values: [...issued.values],
      A: decodeG1(issued.A),
      e: BigInt(`0x${bytesToHex(issued.e)}`),
      s: randomScalar(p.transport.rng),
    };
    const forged = await checkInWith({ z: guess.z, slot: 0 }, (context) =>
      present(setting(credential, guess, context, 0), p.transport.rng),
    );
    expect(await send(forged)).toBe("credential-refused");
  });
  it("control: with her words it is presented, and accepted", async () => {
    const secrets = secretsOf(alice.wallet, 0);
    const s = randomScalar(p.transport.rng);
    const { Cm } = requestEnrolment(
      {
        params: issuer(),
        ...FIRST_PHONE,
        identityCommitment: new Uint8Array(32),
        paramsHash: hash(),
        nonce: new Uint8Array(32),
        secrets,
        s,
      },
      p.transport.rng,
    );
    const credential = receive({
      params: issuer(),
      paramsHash: hash(),
      epoch: EPOCH,
      secrets,
      s,
      issued: issueOver(Cm),
    });
    const used = alice.wallet.sessions.map((x) => x.slot);
    const slot = [0, 1, 2, 3].find((j) => !used.includes(j))!;
    const checkIn = await checkInWith({ z: secrets.z, slot }, (context) =>
      present(setting(credential, secrets, context, slot), p.transport.rng),
    );
    expect(await send(checkIn)).toBe("accepted");
  });

  it("her own check-in with the attacker's session key, context or challenge is refused", async () => {
    const hers = CheckIn.decode(alicesSession.checkInBytes);
    const stolen = CheckIn.encode({ ...hers, sessionAuthKey: ed25519.getPublicKey(p.transport.rng(32)) });
    const again = CheckIn.encode({ ...hers, challenge: await clinic.challenge() });
    for (const forged of [stolen, again]) expect(await send(forged)).toBe("credential-refused");
    const unbound = await carelessCore([
      {
        file: "protocol/presentation-statement.ts",
        find: "  return frame(\n    setting.context,",
        replace: "  return frame(",
      },
    ]);
    const { credential, secrets } = mallorysCredential();
    const honest = await checkInWith({ z: secrets.z, slot: 1 }, (context) => {
      return unbound.Presentation.decode(
        unbound.Presentation.encode(
          unbound.present(
            { ...setting(credential, secrets, context, 1), ...foreign(unbound, credential) },
            p.transport.rng,
          ),
        ),
      );
    });
    const moved = CheckIn.encode({
      ...CheckIn.decode(honest),
      sessionAuthKey: ed25519.getPublicKey(p.transport.rng(32)),
    });
    expect(unbound.verdictOn(signedParameters, moved)).toBe("ok"); // control: a tag that does not absorb the context
  });
});

/** The same inputs as points of a copy of the core, which has classes of its own. */
function foreign(core: Awaited<ReturnType<typeof carelessCore>>, credential: Credential) {
  const params = core.decodeIssuerParams(document);
  const A = (params.traceKey.constructor as unknown as { fromBytes(b: Uint8Array): G1 }).fromBytes(
    encodeG1(credential.A),
  );
  return { params, credential: { ...credential, A } };
}

describe("to make a session that leads to Alice", () => {
  const forge = async (
    maul: (p: Presentation) => Presentation,
    core?: Awaited<ReturnType<typeof carelessCore>>,
  ): Promise<Uint8Array> => {
    const { credential, secrets } = mallorysCredential();
    return checkInWith({ z: secrets.z, slot: 2 }, (context) => {
      const input = setting(credential, secrets, context, 2);
      const made = core
        ? core.present({ ...input, ...foreign(core, credential) }, p.transport.rng)
        : present(input, p.transport.rng);
      return maul(Presentation.decode(core ? core.Presentation.encode(made) : Presentation.encode(made)));
    });
  };
  const r = 12345678901234567890n;
  /** C = Enc(Y_R; R of Alice) */
  const withAlicesHandle = (made: Presentation): Presentation => ({
    ...made,
    C1: encodeG1(G.multiply(r) as G1),
    C2: encodeG1(decodeG1(contract.R).add(issuer().traceKey.multiply(r)) as G1),
  });
  /** F = Enc(Y_K; z·G of Alice), made from F° */
  const withAlicesTagKey = (made: Presentation): Presentation => ({
    ...made,
    C1: encodeG1(decodeG1(contract.F1).add(G.multiply(r)) as G1),
    F2: encodeG1(decodeG1(contract.F2).add(issuer().linkKey.multiply(r)) as G1),
  });
  /** a known point less something: F2 + δ, C2 + δ */
  const shifted = (made: Presentation): Presentation => ({
    ...made,
    C2: encodeG1(decodeG1(made.C2).add(G) as G1),
  });
  const shiftedF = (made: Presentation): Presentation => ({ ...made, F2: encodeG1(decodeG1(made.F2).add(G) as G1) });
  /** V in the place of a tag of Alice's */
  const withV = (made: Presentation): Presentation => ({ ...made, T: contract.V });
  const withHerTag = (made: Presentation): Presentation => ({
    ...made,
    T: encodeG2(decodeG2(readCheckIn(alicesSession.checkInBytes).presentation.T).add(decodeG2(contract.V))),
  });

  it("control: Mallory's own presentation, not touched, opens a session", async () =>
    expect(await send(await forge((x) => x))).toBe("accepted"));
  for (const [name, maul] of Object.entries({
    "Alice's handle in C": withAlicesHandle,
    "Alice's tag key in F": withAlicesTagKey,
    both: (x: Presentation) => withAlicesTagKey(withAlicesHandle(x)),
    "C2 shifted": shifted,
    "F2 shifted": shiftedF,
    "V for the tag": withV,
    "a tag mauled from hers": withHerTag,
  }))
    it(`${name} is refused`, async () => expect(await send(await forge(maul))).toBe("credential-refused"));

  it("control: without the row of C2 the forged session is accepted and traces to Alice", async () => {
    const core = await carelessCore([
      {
        file: "protocol/presentation-statement.ts",
        find: `.equation(g1, C2, [
      ["k", fromG1(handleGenerator())],
      ["r", fromG1(params.traceKey)],
    ])`,
        replace: "",
      },
    ]);
    const onlyC2 = (made: Presentation): Presentation => {
      // r of C1 is Mallory's to choose; without the row of C2 nothing ties k to it
      const C1y = decodeG1(made.C1).multiply(trusteesKey("trace"));
      return { ...made, C2: encodeG1(decodeG1(contract.R).add(C1y) as G1) };
    };
    const forged = await forge(onlyC2, core);
    expect(core.verdictOn(signedParameters, forged)).toBe("ok");
    expect(handleOf(forged)).toEqual(contract.R);
    expect(await send(await forge(onlyC2))).toBe("credential-refused");
  });
});

describe("to be issued a credential that does not lead to oneself", () => {
  /** Mallory's phone asks for next month's credential over other secrets than the enrolled ones. */
  const refreshWith = async (secrets: { k: bigint; z: bigint }) => {
    const { account, deviceSecretKey } = stateOf(mallory.wallet);
    const device = hexToBytes(deviceSecretKey!);
    const deviceKey = ed25519.getPublicKey(device);
    const ask = { signWith: device };
    const { registrarUrl } = p.deployment;
    const { nonce } = await apiJson<{ nonce: string }>(p.transport, registrarUrl, "/v1/refresh/nonce", {
      ...ask,
      json: { account },
    });
    const context = { nonce: readBase64url(nonce), epoch: EPOCH + 1, deviceKey, paramsHash: hash() };
    const s = randomScalar(p.transport.rng);
    const request = requestRefresh({ ...context, secrets, s }, p.transport.rng);
    const bytes = RefreshRequest.encode({ account: hexToBytes(account!), ...context, ...request });
    const issued = IssuedCredential.decode(await apiBytes(p.transport, registrarUrl, "/v1/refresh", { ...ask, bytes }));
    return receive({ params: issuer(), paramsHash: hash(), epoch: EPOCH + 1, secrets, s, issued });
  };
  const own = () => secretsOf(mallory.wallet, 0);
  const alices = () => secretsOf(alice.wallet, 0);

  it("a Cm over another's k, another's z, or fresh ones is refused by the registrar", async () => {
    const fresh = randomScalar(p.transport.rng);
    for (const secrets of [{ ...own(), k: alices().k }, { ...own(), z: alices().z }, alices(), { ...own(), k: fresh }])
      expect(await outcome(() => refreshWith(secrets))).toBe("credential-refused");
  });
  it("control: without the refresh proof Mallory gets a credential over Alice's lent k", async () => {
    await turn(p.deployment.registrarUrl, true);
    expect(await outcome(() => refreshWith({ ...own(), k: alices().k }))).toBe("accepted");
    await turn(p.deployment.registrarUrl, false);
  });

  it("a contract with Alice's handle, V or F° in it does not verify", async () => {
    const mallorys = await contractOf(mallory.account);
    expect(verifyContract(issuer(), mallorys).ok).toBe(true);
    for (const taken of [
      { R: contract.R },
      { V: contract.V },
      { F1: contract.F1, F2: contract.F2 },
      { Cm: contract.Cm },
      { R: contract.R, V: contract.V, F1: contract.F1, F2: contract.F2, Cm: contract.Cm, proof: mallorys.proof },
      { identityCommitment: contract.identityCommitment },
    ])
      expect(verifyContract(issuer(), { ...mallorys, ...taken }).ok).toBe(false);
    const core = await carelessCore([
      {
        file: "protocol/enrolment.ts",
        find: '.equation(groupG1, R, [["k", handleGenerator()]])\n    .equation(groupG2, V, [["z", handleBaseG2()]])\n    .equation(groupG1, F1',
        replace: '.equation(groupG2, V, [["z", handleBaseG2()]])\n    .equation(groupG1, F1',
      },
    ]);
    const params = core.decodeIssuerParams(document);
    const s = randomScalar(p.transport.rng);
    const head = {
      ...FIRST_PHONE,
      identityCommitment: new Uint8Array(32),
      paramsHash: hash(),
      nonce: new Uint8Array(32),
    };
    const made = core.requestEnrolment({ params, ...head, secrets: own(), s }, p.transport.rng);
    expect(core.verifyContract(params, { ...made, R: contract.R }).ok).toBe(true); // control: without R's row
  });
});

describe("to answer a trace with somebody else", () => {
  const trace = async (registrarsLie: string) => {
    const { requester, keys } = await newRequester(p, registrarsLie);
    const request = { ...TRACE, purpose: "contact", subject: { checkIn: alicesSession.checkInBytes } };
    const prepared = await approvedBy(p, requester, request, [1, 2]);
    await requester.advance(prepared);
    const sealed: string[] = [];
    const watching = p.transport.fetch;
    p.transport.fetch = async (input, init) => {
      const response = await watching(input, init);
      if (String(input).endsWith("/v1/trace"))
        sealed.push(((await response.clone().json()) as { sealed: string }).sealed);
      return response;
    };
    try {
      const told = await outcome(async () => {
        const { patient } = await requester.trace(prepared);
        expect(JSON.stringify(patient)).toContain("Alice");
      });
      const { value: disclosed } = openSigned(
        LABELS.signDisclosure,
        IdentityDisclosure,
        hybridOpen(keys.seal.secretKey, prepared.hash, readBase64url(sealed[0]!)),
      );
      return { told, disclosed };
    } finally {
      p.transport.fetch = watching;
    }
  };
  /** Control: a requester that takes the registrar's word. */
  const names = (d: IdentityDisclosure): string => new TextDecoder().decode(d.identity);

  it("control: an honest answer names Alice", async () => expect((await trace("Dr. Honest")).told).toBe("accepted"));
  it("another contract is of another handle", async () => {
    const { told, disclosed } = await trace("another contract");
    expect(told).toContain("wrong-identity: the contract has another handle");
    expect(names(disclosed)).not.toContain("Alice");
    const { contracts, identity, identitySalts } = disclosed;
    const other = Contract.decode(contracts[0]!); // control: but for the handle it is a fine contract
    expect(verifyContract(issuer(), other).ok).toBe(true);
    expect(other.identityCommitment).toEqual(identityCommitmentOf(identitySalts[0]!, identity));
  });
  it("another contract with the traced handle written in does not verify", async () => {
    const { told, disclosed } = await trace("another contract with the traced handle");
    expect(told).toContain("the proof of contract 1 does not verify");
    expect(Contract.decode(disclosed.contracts[0]!).R).toEqual(contract.R); // control: comparing handles alone would do
  });
  it("another identity is not the one that the contract commits to", async () => {
    const { told, disclosed } = await trace("another identity");
    expect(told).toContain("commits to another identity");
    expect(Contract.decode(disclosed.contracts[0]!)).toEqual(contract); // control: the contract alone is right
  });
});

describe("to assemble over another F°", () => {
  let requester: Requester;
  beforeAll(async () => {
    ({ requester } = await newRequester(p, "Dr. Assembler"));
  });
  const assemble = async (purpose: string) => {
    const prepared = await approvedBy(
      p,
      requester,
      {
        kind: "assemble",
        purpose: `${purpose} (${bobsAccount})`,
        legalGround: "GDPR Article 9(2)(h)",
        epochs: { from: EPOCH, to: EPOCH },
        emergency: true,
        subject: { selector: alice.selector },
      },
      [1, 2],
    );
    await requester.advance(prepared);
    return (await requester.openResult(prepared)).sessions.map((s) => s.tagHash);
  };

  it("control: an honest assemble finds Alice's session, not Bob's", async () => {
    const found = await assemble("care");
    expect(found).toContain(alicesSession.tagHash);
    expect(found).not.toContain(bobsSession.tagHash);
  });
  it("Bob's F° in Alice's contract is refused by each trustee, before its officer can approve it", async () =>
    expect(await outcome(() => assemble("swapped F"))).toBe("credential-refused"));
  it("control: trustees that skip the contract's proof put Bob's session into Alice's report", async () =>
    expect(await assemble("swapped F, credulous")).toEqual([bobsSession.tagHash]));
  it("a mauled F° is refused by each trustee; control: unchecked it hides her sessions", async () => {
    expect(await outcome(() => assemble("mauled F"))).toBe("credential-refused");
    expect(await assemble("mauled F, credulous")).toEqual([]);
  });
  it("Bob's whole contract and identity under Alice's selector are refused by trustee and officer's client", async () => {
    expect(await outcome(() => assemble("another person"))).toBe("credential-refused");
    // Control: a trustee that does not compare lets it through, and the officer's client still refuses.
    expect(await outcome(() => assemble("another person, any record"))).toBe(
      "other-dossier: it names a person with another selector",
    );
  });
});
