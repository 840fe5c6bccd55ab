import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { hybridKeyPair, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { evaluate, interpolatePoints, sharePolynomial } from "../../protocol/sharing.ts";
import { G, type G1, G1Point, randomScalar, tdh2Base } from "../../protocol/suite.ts";
import {
  openOuter,
  sealThreshold,
  Tdh2Ciphertext,
  Tdh2Error,
  tdh2Check,
  tdh2Encrypt,
  tdh2Finish,
} from "../../protocol/tdh2.ts";

const rng: Rng = (n) => new Uint8Array(randomBytes(n));
const label = utf8ToBytes("record 1 of session A");
const other = utf8ToBytes("record 1 of session B");
const plaintext = rng(32);

const t = 3;
const f = sharePolynomial(randomScalar(rng), t, rng);
const key = G.multiply(f[0]!) as G1;
/** The values that t trustees send, combined: y_i·u without the proofs, which opening.ts handles. */
const sharedBy = (set: number[], ct: Tdh2Ciphertext): G1 =>
  interpolatePoints(set.map((index) => ({ index, point: ct.u.multiply(evaluate(f, index)) as G1 })));

const ct = tdh2Encrypt({ key, label, plaintext }, rng);

describe("TDH2", () => {
  it("opens with any t shares, and with no t - 1", () => {
    expect(tdh2Check({ key, label }, ct)).toBe(true);
    for (const set of [
      [1, 2, 3],
      [5, 2, 4],
      [1, 2, 3, 4, 5],
    ])
      expect(tdh2Finish({ key, label, ct, shared: sharedBy(set, ct) })).toEqual(plaintext);
    for (const set of [[1, 2], [4]])
      expect(() => tdh2Finish({ key, label, ct, shared: sharedBy(set, ct) })).toThrow(Tdh2Error);
    expect(() => tdh2Finish({ key, label, ct, shared: G1Point.ZERO as G1 })).toThrow(Tdh2Error);
  });

  it("round-trips through the codec", () => {
    const bytes = Tdh2Ciphertext.encode(ct);
    const back = Tdh2Ciphertext.decode(bytes);
    expect(Tdh2Ciphertext.encode(back)).toEqual(bytes);
    expect(tdh2Check({ key, label }, back)).toBe(true);
    expect(() => Tdh2Ciphertext.decode(Uint8Array.of(...bytes, 0))).toThrow(CodecError);
    expect(() => Tdh2Ciphertext.decode(bytes.subarray(0, -1))).toThrow(CodecError);
    const identity = bytes.slice();
    identity.fill(0, 2, 50);
    identity[2] = 0xc0;
    expect(() => Tdh2Ciphertext.decode(identity)).toThrow(CodecError);
  });

  it("refuses a plaintext that is too long", () => {
    expect(() => tdh2Encrypt({ key, label, plaintext: new Uint8Array(65) }, rng)).toThrow(Tdh2Error);
    const most = tdh2Encrypt({ key, label, plaintext: new Uint8Array(64) }, rng);
    expect(tdh2Finish({ key, label, ct: most, shared: sharedBy([1, 2, 3], most) })).toEqual(new Uint8Array(64));
  });

  it("verifies under its own label and key only", () => {
    expect(tdh2Check({ key, label: other }, ct)).toBe(false);
    expect(tdh2Check({ key: key.add(G) as G1, label }, ct)).toBe(false);
  });

  it("refuses any mauled part", () => {
    const again = tdh2Encrypt({ key, label, plaintext }, rng);
    const c = ct.c.slice();
    c[0]! ^= 1;
    const mauled: Record<string, Tdh2Ciphertext> = {
      c: { ...ct, c },
      "c of another": { ...ct, c: again.c },
      "c shortened": { ...ct, c: ct.c.subarray(0, -1) },
      u: { ...ct, u: ct.u.add(G) as G1 },
      ubar: { ...ct, ubar: ct.ubar.add(tdh2Base()) as G1 },
      "u and ubar shifted alike": { ...ct, u: ct.u.add(G) as G1, ubar: ct.ubar.add(tdh2Base()) as G1 },
      "u and ubar scaled alike": { ...ct, u: ct.u.double() as G1, ubar: ct.ubar.double() as G1 },
      "proof of another": { ...ct, proof: again.proof },
      "u = O": { ...ct, u: G1Point.ZERO as G1, ubar: G1Point.ZERO as G1 },
    };
    for (const [name, bad] of Object.entries(mauled)) expect(tdh2Check({ key, label }, bad), name).toBe(false);
  });

  it("refuses a flipped bit anywhere in the bytes", () => {
    const bytes = Tdh2Ciphertext.encode(ct);
    for (let at = 0; at < bytes.length; at += 7) {
      const bad = bytes.slice();
      bad[at]! ^= 1;
      const passes = () => tdh2Check({ key, label }, Tdh2Ciphertext.decode(bad));
      let accepted = false;
      try {
        accepted = passes();
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
      expect(accepted, `byte ${at}`).toBe(false);
    }
  });
});

describe("the trustees' stanza", () => {
  const group = hybridKeyPair(rng(32));
  const fileKey = rng(16);
  const stanza = sealThreshold({ key, groupHybridKey: group.publicKey, label, fileKey }, rng);

  it("gives a quorum the file key", () => {
    const inner = openOuter(group.secretKey, { key, label }, stanza);
    expect(tdh2Finish({ key, label, ct: inner, shared: sharedBy([2, 3, 5], inner) })).toEqual(fileKey);
  });

  it("is refused under another label, record key or group key, and when mauled", () => {
    expect(() => openOuter(group.secretKey, { key, label: other }, stanza)).toThrow(Tdh2Error);
    expect(() => openOuter(group.secretKey, { key: key.add(G) as G1, label }, stanza)).toThrow(Tdh2Error);
    expect(() => openOuter(rng(32), { key, label }, stanza)).toThrow(Tdh2Error);
    const mauled = stanza.slice();
    mauled[stanza.length - 1]! ^= 1;
    expect(() => openOuter(group.secretKey, { key, label }, mauled)).toThrow(Tdh2Error);
  });

  it("is refused by the inner proof if a holder of the group key seals it again under another label", () => {
    const inner = openOuter(group.secretKey, { key, label }, stanza);
    const moved = hybridSeal(group.publicKey, other, Tdh2Ciphertext.encode(inner), rng);
    expect(() => openOuter(group.secretKey, { key, label: other }, moved)).toThrow(Tdh2Error);
  });
});
