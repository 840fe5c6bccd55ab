// Sealed records: which keys open one and which do not, and what happens to a record that was cut, changed, moved, or
// given one reader too many.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "@noble/hashes/utils.js";
import { base64nopad, bech32 } from "@scure/base";
import { Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient, Stanza } from "age-encryption";
import { AEAD_ChaCha20Poly1305, CipherSuite, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from "hpke";
import { describe, expect, it } from "vitest";
import { bucket, PAD_FLOOR_BYTES, PaddingError, pad, unpad } from "../../client/sealing/padding.ts";
import {
  assertStanzaSet,
  openRecord,
  openRecordWithFileKey,
  type RecordError,
  recordLabel,
  sealRecord,
} from "../../client/sealing/record.ts";
import {
  type AgeHeaderError,
  extractThresholdStanza,
  MAX_RECORD_HEADER_BYTES,
  readAgeHeader,
} from "../../protocol/age-header.ts";
import { concatBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { hybridKeyPair } from "../../protocol/hybrid-seal.ts";
import { G, type G1, randomScalar } from "../../protocol/suite.ts";
import { openOuter, Tdh2Error, tdh2Finish } from "../../protocol/tdh2.ts";

const rng = randomBytes;
const RESULT = utf8ToBytes(
  JSON.stringify({
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "55277-8", display: "HIV status" }] },
    effectiveDateTime: "2026-11-22",
    valueString: "negative \u2013 wiederholen in 12 Wochen \u{1f9ea}",
  }),
);

// The clinic, the patient's session and a stranger. Then the trustees' joint keys: here y_rec is whole, which no
// deployment has.
const clinic = await generateHybridIdentity();
const session = await generateHybridIdentity();
const stranger = await generateHybridIdentity();
const yRec = randomScalar(rng);
const recordKey = G.multiply(yRec) as G1;
const group = hybridKeyPair(rng(32));

const place = { serviceId: rng(16), tagHash: rng(32), recordId: rng(16), keySetId: rng(32) };
const request = {
  ...place,
  plaintext: RESULT,
  serviceRecipient: await identityToRecipient(clinic),
  sessionRecipient: await identityToRecipient(session),
  threshold: { recordKey, groupHybridKey: group.publicKey },
  rng,
};
const sealed = await sealRecord(request);

/** The work of a whole quorum in one function: every trustee's check, then the sum of all partials. */
function quorumOpens(stanza: Uint8Array, at = place): Uint8Array {
  const label = recordLabel(at);
  const ct = openOuter(group.secretKey, { key: recordKey, label }, stanza);
  return tdh2Finish({ key: recordKey, label, ct, shared: ct.u.multiply(yRec) as G1 });
}

const reasonOf = async (opening: Promise<Uint8Array>): Promise<string> =>
  opening.then(
    () => "opened",
    (error: RecordError) => error.code,
  );
const headerReason = (blob: Uint8Array): string => {
  try {
    assertStanzaSet(blob);
    return "fine";
  } catch (error) {
    return (error as AgeHeaderError).reason;
  }
};

const ascii = (s: string) => utf8ToBytes(s);
const stanzaText = (args: string[], body: Uint8Array): string =>
  `-> ${args.join(" ")}\n${base64nopad.encode(body).replace(/.{64}/g, "$&\n")}\n`;
const HEADER_BYTES = readAgeHeader(sealed.blob).bytes;
const header = String.fromCharCode(...sealed.blob.subarray(0, HEADER_BYTES));
const withHeader = (text: string): Uint8Array => concatBytes(ascii(text), sealed.blob.subarray(HEADER_BYTES));

describe("a sealed record", () => {
  it("opens for the service, the session, and a quorum with its file key, and for nobody else", async () => {
    expect(await openRecord(sealed.blob, clinic)).toEqual(RESULT);
    expect(await openRecord(sealed.blob, session)).toEqual(RESULT);
    const fileKey = quorumOpens(sealed.thresholdStanza);
    expect(fileKey).toHaveLength(16);
    expect(await openRecordWithFileKey(sealed.blob, fileKey)).toEqual(RESULT);

    expect(await reasonOf(openRecord(sealed.blob, stranger))).toBe("record-not-for-you");
    expect(await reasonOf(openRecordWithFileKey(sealed.blob, rng(16)))).toBe("record-altered");
    await expect(openRecordWithFileKey(sealed.blob, rng(32))).rejects.toMatchObject({ code: "record-key" });
    await expect(openRecord(sealed.blob, await generateX25519Identity())).rejects.toMatchObject({ code: "record-key" });
  });

  it.each([0, 1, 65_536, 1_048_576])("of %i bytes", async (size) => {
    const plaintext = new Uint8Array(size).map((_, i) => i * 31);
    const { blob } = await sealRecord({ ...request, plaintext });
    expect(await openRecord(blob, session)).toEqual(plaintext);
    expect(blob.length).toBeLessThan(Math.max(size, PAD_FLOOR_BYTES) * 1.12 + 8_000);
  });

  it("shows nothing of its content, and not whether two contents differ", async () => {
    const text = new TextDecoder("latin1").decode(sealed.blob);
    for (const word of ["Observation", "55277-8", "negative"]) expect(text).not.toContain(word);
    const positive = await sealRecord({ ...request, plaintext: ascii('{"valueString":"positive"}') });
    expect(positive.blob.length).toBe(sealed.blob.length);
    expect(positive.thresholdStanza).not.toEqual(sealed.thresholdStanza);
  });

  it("is sealed to post-quantum hybrids only", async () => {
    const serviceRecipient = await identityToRecipient(await generateX25519Identity());
    await expect(sealRecord({ ...request, serviceRecipient })).rejects.toMatchObject({ code: "record-key" });
  });
});

describe("no lock-in", () => {
  // C2SP age.md: a mlkem768x25519 stanza is HPKE base mode. This test uses another implementation (WebCrypto's ML-KEM
  // in Node).
  it("the service's stanza opens with an implementation of age's specification", async () => {
    const suite = new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_ChaCha20Poly1305);
    const privateKey = await suite.DeserializePrivateKey(bech32.decodeToBytes(clinic).bytes);
    const { args, body } = assertStanzaSet(sealed.blob).service;
    const info = utf8ToBytes("age-encryption.org/mlkem768x25519");
    const fileKey = await suite.Open(privateKey, base64nopad.decode(args[1]!), body, { info });
    expect(fileKey).toEqual(quorumOpens(sealed.thresholdStanza));
  });

  const version = /^v?1\.(\d+)/.exec(spawnSync("age", ["--version"], { encoding: "utf8" }).stdout ?? "");
  it.skipIf(Number(version?.[1] ?? 0) < 3)("the ordinary age command opens the file", () => {
    const directory = mkdtempSync(join(tmpdir(), "symbolon-age-"));
    try {
      writeFileSync(join(directory, "key.txt"), clinic, { mode: 0o600 });
      const { stdout } = spawnSync("age", ["-d", "-i", join(directory, "key.txt")], { input: sealed.blob });
      expect(unpad(new Uint8Array(stdout))).toEqual(RESULT);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("a record opens for nobody if it was", () => {
  it("cut short, at every chunk boundary and near it", async () => {
    const { blob } = await sealRecord({ ...request, plaintext: new Uint8Array(150_000) });
    const payload = readAgeHeader(blob).bytes + 16;
    for (const cut of [1, 15, 16, 17])
      expect(await reasonOf(openRecord(blob.subarray(0, -cut), clinic))).toBe("record-altered");
    for (const length of [0, 15, 16, 65_552, 2 * 65_552])
      expect(await reasonOf(openRecord(blob.subarray(0, payload + length), clinic))).toBe("record-altered");
    expect(await reasonOf(openRecord(blob.subarray(0, payload - 17), clinic))).toBe("record-header");
    expect(await reasonOf(openRecord(new Uint8Array(), clinic))).toBe("record-header");
  });

  it("lengthened, or changed by one bit in the payload", async () => {
    expect(await reasonOf(openRecord(Uint8Array.of(...sealed.blob, 0), clinic))).toBe("record-altered");
    for (const at of [HEADER_BYTES, HEADER_BYTES + 16, sealed.blob.length - 1]) {
      const blob = sealed.blob.slice();
      blob[at]! ^= 1;
      expect(await reasonOf(openRecord(blob, clinic))).toBe("record-altered");
    }
  });

  it("changed anywhere in the header", async () => {
    for (let at = 0; at < HEADER_BYTES; at += 97) {
      const blob = sealed.blob.slice();
      blob[at]! = blob[at] === 0x41 ? 0x42 : 0x41;
      expect(await reasonOf(openRecord(blob, session))).not.toBe("opened");
    }
  });

  it("given another threshold stanza, because the header's MAC covers it", async () => {
    const foreign = (await sealRecord(request)).thresholdStanza;
    const { keySetId } = place;
    const own = stanzaText(["symbolon-threshold", base64nopad.encode(keySetId)], sealed.thresholdStanza);
    expect(header).toContain(own);
    const mauled = withHeader(
      header.replace(own, stanzaText(["symbolon-threshold", base64nopad.encode(keySetId)], foreign)),
    );
    expect(headerReason(mauled)).toBe("fine");
    expect(await reasonOf(openRecord(mauled, clinic))).toBe("record-altered");
    expect(await reasonOf(openRecordWithFileKey(mauled, quorumOpens(foreign)))).toBe("record-altered");
  });
});

describe("a stanza moved elsewhere", () => {
  it.each([
    ["another session", { tagHash: rng(32) }],
    ["another service", { serviceId: rng(16) }],
    ["another record", { recordId: rng(16) }],
    ["another key set", { keySetId: rng(32) }],
  ])("to %s is refused by every trustee", (_, difference) => {
    expect(() => quorumOpens(sealed.thresholdStanza, { ...place, ...difference })).toThrow(Tdh2Error);
  });

  it("gives a file key that fits its own blob only, even if it is opened in its own place", async () => {
    const other = await sealRecord({ ...request, tagHash: rng(32) });
    expect(await reasonOf(openRecordWithFileKey(other.blob, quorumOpens(sealed.thresholdStanza)))).toBe(
      "record-altered",
    );
  });
});

describe("the stanza set", () => {
  const service = request.serviceRecipient;
  const threshold = {
    wrapFileKey: () => [new Stanza(["symbolon-threshold", base64nopad.encode(place.keySetId)], rng(99))],
  };
  const fileFor = async (...recipients: Parameters<Encrypter["addRecipient"]>[0][]): Promise<Uint8Array> => {
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return encrypter.encrypt(pad(RESULT));
  };
  const of = (...stanzas: Stanza[]) => ({ wrapFileKey: () => stanzas });

  it("is named, in order, with the key set", () => {
    const { service, session, threshold, keySetId } = assertStanzaSet(sealed.blob);
    expect([service, session, threshold].map((s) => s.args[0])).toEqual([
      "mlkem768x25519",
      "mlkem768x25519",
      "symbolon-threshold",
    ]);
    expect(keySetId).toEqual(place.keySetId);
    expect(extractThresholdStanza(sealed.blob)).toEqual(sealed.thresholdStanza);
  });

  it("is read from the beginning of the blob alone", () => {
    expect(assertStanzaSet(sealed.blob.subarray(0, MAX_RECORD_HEADER_BYTES))).toEqual(assertStanzaSet(sealed.blob));
    expect(headerReason(sealed.blob.subarray(0, HEADER_BYTES))).toBe("fine");
    expect(headerReason(sealed.blob.subarray(0, HEADER_BYTES - 1))).toBe("malformed");
  });

  it("has no room for one more reader, however that reader is added", async () => {
    const eavesdropper = await identityToRecipient(stranger);
    const classical = await identityToRecipient(await generateX25519Identity());
    const files = {
      "one hybrid more": await fileFor(service, request.sessionRecipient, threshold, eavesdropper),
      "one classical more": await fileFor(service, request.sessionRecipient, threshold, classical),
      "a classical in the session's place": await fileFor(service, classical, threshold),
      "a second threshold stanza": await fileFor(service, request.sessionRecipient, threshold, threshold),
      "an unknown stanza in the trustees' place": await fileFor(service, request.sessionRecipient, eavesdropper),
      "two stanzas from one recipient": await fileFor(
        service,
        of(new Stanza(["x"], rng(9)), new Stanza(["y"], rng(9))),
      ),
    };
    for (const [name, blob] of Object.entries(files)) {
      expect([name, headerReason(blob)]).toEqual([name, "stanza-set"]);
      expect([name, await reasonOf(openRecord(blob, clinic))]).toEqual([name, "record-header"]);
    }
  });

  it("is refused if a stanza is missing or has another shape", async () => {
    const stanza = assertStanzaSet(sealed.blob);
    const hybrid = of(new Stanza([...stanza.service.args], stanza.service.body));
    const id = base64nopad.encode(place.keySetId);
    const session = request.sessionRecipient;
    const files = [
      await fileFor(service, threshold),
      await fileFor(service, session),
      await fileFor(threshold, service, session),
      await fileFor(hybrid, hybrid, threshold),
      await fileFor(service, of(new Stanza([...stanza.service.args], rng(31))), threshold),
      await fileFor(service, of(new Stanza(["mlkem768x25519", base64nopad.encode(rng(1119))], rng(32))), threshold),
      await fileFor(service, of(new Stanza([...stanza.service.args, "x"], rng(32))), threshold),
      await fileFor(service, session, of(new Stanza(["symbolon-threshold"], rng(99)))),
      await fileFor(service, session, of(new Stanza(["somebody-threshold", id], rng(99)))),
      await fileFor(service, session, of(new Stanza(["symbolon-threshold", id, "x"], rng(99)))),
      await fileFor(service, session, of(new Stanza(["symbolon-threshold", base64nopad.encode(rng(31))], rng(99)))),
      await fileFor(service, session, of(new Stanza(["symbolon-threshold", id], new Uint8Array()))),
      await fileFor(service, session, of(new Stanza(["symbolon-threshold", id], rng(4097)))),
    ];
    for (const blob of files) expect(headerReason(blob)).toBe("stanza-set");
  });

  it("reads bodies of every length as age writes them", async () => {
    for (const length of [0, 1, 47, 48, 49, 96, 1335]) {
      const body = rng(length);
      const { stanzas } = readAgeHeader(await fileFor(of(new Stanza(["x", "y"], body))));
      expect(stanzas).toEqual([{ args: ["x", "y"], body }]);
    }
  });

  it.each([
    ["another version", header.replace("org/v1", "org/v2")],
    ["an armoured file", "-----BEGIN AGE ENCRYPTED FILE-----\n"],
    ["carriage returns", header.replaceAll("\n", "\r\n")],
    ["two spaces", header.replace("-> mlkem768x25519 ", "-> mlkem768x25519  ")],
    ["a stanza without a type", header.replace("-> mlkem768x25519 ", "->\n")],
    ["padded base64", header.replace(/\n--- (.*)\n$/, "\n--- $1=\n")],
    ["a longer MAC", header.replace(/\n--- (.*)\n$/, "\n--- $1AAAA\n")],
    ["no MAC", header.replace(/\n--- (.*)\n$/, "\n---\n")],
    ["text before the MAC", header.replace("\n--- ", "\nhello\n--- ")],
    ["a body line broken early", header.replace(/(\n[A-Za-z0-9+/]{32})([A-Za-z0-9+/]{32}\n)/, "$1\n$2")],
    ["a body line too long", header.replace(/(\n[A-Za-z0-9+/]{64})\n([A-Za-z0-9+/]{64}\n)/, "$1$2")],
    ["a control character", header.replace("-> symbolon-", "-> symbolon\u0001")],
    ["a header beyond its limit", header.replace("\n--- ", `\n-> x\n${`${"A".repeat(64)}\n`.repeat(300)}\n--- `)],
  ])("refuses %s", (_, text) => {
    expect(text).not.toBe(header);
    expect(headerReason(withHeader(text))).toBe("malformed");
  });

  it("refuses base64 with bits to spare", () => {
    const mac = header.slice(-44, -1);
    const spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const last = spare[spare.indexOf(mac.at(-1)!) ^ 1]!;
    expect(headerReason(withHeader(`${header.slice(0, -2)}${last}\n`))).toBe("malformed");
  });
});

describe("padding", () => {
  it("costs 12% at most, and never less than the floor", () => {
    for (let n = 1; n < 200_000; n += n < 5_000 ? 1 : 37) {
      const b = bucket(n);
      expect(b).toBeGreaterThanOrEqual(n);
      expect(bucket(b)).toBe(b);
      if (n > PAD_FLOOR_BYTES) expect(b / n).toBeLessThan(1.12);
    }
    // The paper promises few buckets: all lengths up to a megabyte fall into a few hundred.
    const buckets = new Set<number>();
    for (let n = 1; n <= 2 ** 20; n += 64) buckets.add(bucket(n));
    expect(buckets.size).toBeLessThan(300);
  });

  it("gives back the data that went in, at the edges of buckets too", () => {
    for (const n of [0, 1, 506, 507, 508, 1019, 1020, 65_531, 65_532]) {
      const data = rng(n);
      expect(unpad(pad(data))).toEqual(data);
    }
  });

  const padded = pad(ascii("hello"));
  const set = (at: number, value: number): Uint8Array => {
    const out = padded.slice();
    out[at] = value;
    return out;
  };
  it.each([
    ["nothing", new Uint8Array()],
    ["another version", set(0, 2)],
    ["a length beyond the end", set(3, 2)],
    ["a length that cuts the data, so that data lies in the padding", set(4, 4)],
    ["padding that is not zero", set(padded.length - 1, 1)],
    ["a shorter padding", padded.subarray(0, -1)],
    ["a longer padding", concatBytes(padded, new Uint8Array(1))],
    ["no padding", padded.subarray(0, 10)],
  ])("refuses %s", (_, bytes) => {
    expect(() => unpad(bytes)).toThrow(PaddingError);
  });
});
