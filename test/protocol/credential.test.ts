import { describe, expect, it } from "vitest";
import { Credential, credentialGenerators, issue, receive } from "../../protocol/credential.ts";
import type { Contract } from "../../protocol/documents.ts";
import {
  handleOf,
  requestEnrolment,
  requestRefresh,
  tagHandleOf,
  verifyContract,
  verifyRefresh,
} from "../../protocol/enrolment.ts";
import { DecodeError, decodeG1, encodeG1, encodeG2, encodeScalar, G, P2, randomScalar } from "../../protocol/suite.ts";
import { EPOCH, hash, makePatient, makeRegistrar, PARAMS_HASH, seededRng } from "../support/patients.ts";

const registrar = makeRegistrar("registrar");
const { params, x } = registrar;
const rng = seededRng("wallet");
const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
const s = randomScalar(rng);
const place = { generation: 0, salt: hash("salt"), previous: undefined };
const head = { ...place, identityCommitment: hash("identity"), paramsHash: PARAMS_HASH, nonce: hash("nonce") };
const contract = requestEnrolment({ params, ...head, secrets, s }, rng);
const values = ["full", "", "adult"];
const about = { params, epoch: EPOCH, paramsHash: PARAMS_HASH };

const strange: [string, Uint8Array, Uint8Array][] = [
  ["another point", encodeG1(G.multiply(5n)), encodeG2(P2.multiply(5n))],
  ["the identity", new Uint8Array([0xc0, ...new Uint8Array(47)]), new Uint8Array([0xc0, ...new Uint8Array(95)])],
  ["no point", new Uint8Array(48).fill(0xff), new Uint8Array(96).fill(0xff)],
];

function commitment(c: Contract = contract) {
  const checked = verifyContract(params, c);
  if (!checked.ok) throw new Error(checked.reason);
  return checked.Cm;
}

describe("generators", () => {
  it("all differ, and do not depend on the number of attributes", () => {
    const { Q1, H, Q2, J1, J2 } = credentialGenerators(5);
    const all = [Q1, ...H, Q2, J1, J2].map((p) => p.toHex());
    expect(new Set(all).size).toBe(10);
    const fewer = credentialGenerators(2);
    expect([fewer.Q1, ...fewer.H].map((p) => p.toHex())).toEqual(all.slice(0, 4));
    expect(fewer.J2).toBe(J2);
  });
});

describe("enrolment", () => {
  it("is accepted, and the registrar reads the handles that the wallet computes", () => {
    const checked = verifyContract(params, contract);
    expect(checked.ok).toBe(true);
    expect(checked.ok && checked.R.equals(handleOf(secrets.k)) && checked.V.equals(tagHandleOf(secrets.z))).toBe(true);
  });

  for (const field of ["Cm", "R", "V", "F1", "F2"] as const)
    for (const [what, inG1, inG2] of strange)
      it(`is refused with ${what} as ${field}`, () => {
        expect(verifyContract(params, { ...contract, [field]: field === "V" ? inG2 : inG1 }).ok).toBe(false);
      });

  it.each(["salt", "previous", "identityCommitment", "paramsHash", "nonce"] as const)(
    "is refused with another %s",
    (field) => {
      expect(verifyContract(params, { ...contract, [field]: hash("other") })).toEqual({ ok: false, reason: "proof" });
    },
  );

  it("is refused for another link key", () => {
    expect(verifyContract({ linkKey: params.traceKey }, contract)).toEqual({ ok: false, reason: "proof" });
  });

  it("is refused with any scalar altered or not canonical, and with a proof of another length", () => {
    for (let at = 0; at < contract.proof.length; at += 32) {
      for (const [scalar, reason] of [
        [encodeScalar(7n), "proof"],
        [new Uint8Array(32).fill(0xff), "encoding"],
      ] as const) {
        const proof = contract.proof.slice();
        proof.set(scalar, at);
        expect(verifyContract(params, { ...contract, proof })).toEqual({ ok: false, reason });
      }
    }
    for (const proof of [contract.proof.slice(32), new Uint8Array([...contract.proof, 0])])
      expect(verifyContract(params, { ...contract, proof })).toEqual({ ok: false, reason: "encoding" });
  });
});

describe("refresh", () => {
  const context = {
    nonce: hash("refresh nonce"),
    epoch: EPOCH + 1,
    deviceKey: hash("device"),
    paramsHash: PARAMS_HASH,
  };
  const request = requestRefresh({ ...context, secrets, s: randomScalar(rng) }, rng);
  const stored = { R: handleOf(secrets.k), V: tagHandleOf(secrets.z) };

  it("is accepted with the stored handle", () => {
    expect(verifyRefresh({ ...context, ...stored }, request).ok).toBe(true);
  });

  it.each([
    ["nonce", { nonce: hash("other") }],
    ["epoch", { epoch: EPOCH + 2 }],
    ["device key", { deviceKey: hash("lost phone") }],
    ["parameters hash", { paramsHash: hash("other") }],
  ])("of another %s is refused", (_, change) => {
    expect(verifyRefresh({ ...context, ...stored, ...change }, request)).toEqual({ ok: false, reason: "proof" });
  });

  it("is refused with the commitment or the proof of another request", () => {
    const other = requestRefresh({ ...context, secrets, s: randomScalar(rng) }, rng);
    expect(verifyRefresh({ ...context, ...stored }, { ...request, Cm: other.Cm }).ok).toBe(false);
    expect(verifyRefresh({ ...context, ...stored }, { ...request, proof: other.proof }).ok).toBe(false);
    expect(verifyRefresh({ ...context, ...stored }, { ...request, Cm: strange[1]![1] }).ok).toBe(false);
  });

  it("S8: without k and z nobody gets a credential for a patient's handle", () => {
    const thief = { k: randomScalar(rng), z: randomScalar(rng) };
    for (const forged of [thief, { ...secrets, k: thief.k }, { ...secrets, z: thief.z }]) {
      const attempt = requestRefresh({ ...context, secrets: forged, s: 1n }, rng);
      expect(verifyRefresh({ ...context, ...stored }, attempt)).toEqual({ ok: false, reason: "proof" });
    }
    // A handle shifted by a known value fails as well.
    const shifted = { R: stored.R.add(handleOf(thief.k)), V: stored.V };
    expect(verifyRefresh({ ...context, ...(shifted as typeof stored) }, request).ok).toBe(false);
  });

  it("does not accept an enrolment proof", () => {
    expect(verifyRefresh({ ...context, ...stored }, { Cm: contract.Cm, proof: contract.proof.slice(0, 128) }).ok).toBe(
      false,
    );
  });
});

describe("issue and receive", () => {
  const issued = issue({ ...about, issuerSecret: x, Cm: commitment(), attributeValues: values, rng });

  it("gives the wallet a credential that survives its storage form", () => {
    const credential = receive({ ...about, issued, secrets, s });
    const again = Credential.decode(Credential.encode(credential));
    expect(again.A.equals(credential.A)).toBe(true);
    expect({ ...again, A: undefined }).toEqual({ ...credential, A: undefined });
  });

  it("is deterministic, like BlindSign of the draft", () => {
    expect(issue({ ...about, issuerSecret: x, Cm: commitment(), attributeValues: values, rng })).toEqual(issued);
  });

  it.each([
    ["gold", "", "adult"],
    ["full", ""],
    ["full", "", "adult", ""],
    ["full", "", "Adult"],
  ])("refuse values that are not listed: %s", (...unlisted) => {
    expect(() => issue({ ...about, issuerSecret: x, Cm: commitment(), attributeValues: unlisted, rng })).toThrow(
      DecodeError,
    );
  });

  it.each([
    ["another epoch in it", { ...issued, epoch: EPOCH + 1 }, {}],
    ["other values", { ...issued, values: ["basic", "", "adult"] }, {}],
    ["unlisted values", { ...issued, values: ["gold", "", "adult"] }, {}],
    ["another A", { ...issued, A: encodeG1(decodeG1(issued.A).double()) }, {}],
    ["another e", { ...issued, e: encodeScalar(3n) }, {}],
    ["e = 0", { ...issued, e: encodeScalar(0n) }, {}],
    ["the identity as A", { ...issued, A: strange[1]![1] }, {}],
    ["another parameters hash", issued, { paramsHash: hash("foreign") }],
    ["another blinding", issued, { s: s + 1n }],
    ["another's secrets", issued, { secrets: { ...secrets, z: secrets.k } }],
    ["another issuer", issued, { params: makeRegistrar("foreign").params }],
    ["another epoch asked for", issued, { epoch: EPOCH + 1 }],
  ])("the wallet refuses an answer with %s", (_, answer, change) => {
    expect(() => receive({ ...about, secrets, s, issued: answer, ...change })).toThrow(DecodeError);
  });

  it("two patients get different credentials", () => {
    const a = makePatient(registrar, "a").credential;
    const b = makePatient(registrar, "b").credential;
    expect(a.A.equals(b.A)).toBe(false);
    expect(a.e).not.toBe(b.e);
  });
});
