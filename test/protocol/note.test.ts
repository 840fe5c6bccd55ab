import { ed25519 } from "@noble/curves/ed25519.js";
import { base64 } from "@scure/base";
import { describe, expect, it } from "vitest";
import { hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  emptyFrontier,
  emptyRoot,
  frontierRoot,
  leafHash,
  nodeHash,
  planConsistency,
  pushLeaf,
  readSpan,
} from "../../protocol/merkle.ts";
import {
  cosign,
  formatCheckpoint,
  formatNote,
  formatSignature,
  formatVkey,
  LOG_KEY,
  noteKey,
  noteSigner,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  parseVkey,
  signNote,
  verifyCheckpoint,
  verifyCosignature,
  verifySignature,
  WITNESS_KEY,
} from "../../protocol/note.ts";
import { makeLogKeys, makeWitnessKeys, parseSkey } from "../../protocol/note-keys.ts";
import { checkConsistency, formatAddCheckpoint, parseAddCheckpoint, witness } from "../../protocol/witness.ts";

// The examples of golang.org/x/mod/sumdb/note.
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SEED = base64.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").slice(1);
const PETER_NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

// A head of a public staging log with its witnesses, as served in May 2026.
const REAL_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
const REAL_WITNESSES = [
  "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
  "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
  "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
  "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
];
const REAL_NOTE = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;

// The example of C2SP tlog-cosignature (its keys are not published).
const SPEC_NOTE = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

const secret = (n: number) => new Uint8Array(32).fill(n);
const witnessSigner = (n: number) => noteSigner(`w${n}.example`, WITNESS_KEY, secret(n));
const witnessKey = (n: number) => witnessSigner(n).key;
const ORIGIN = "log.example";
const LOG_SIGNER = noteSigner(ORIGIN, LOG_KEY, secret(200));
const LOG = LOG_SIGNER.key;
const LEAVES = Array.from({ length: 9 }, (_, i) => leafHash(Uint8Array.of(i)));
const rootAt = (size: number) => frontierRoot(LEAVES.slice(0, size).reduce(pushLeaf, emptyFrontier));

function signedHead(size: number, root = rootAt(size), witnesses: number[] = []): string {
  const text = formatCheckpoint({ origin: ORIGIN, size, root });
  const cosignatures = witnesses.map((n) => cosign(text, witnessSigner(n), 1_800_000_000 + n));
  return formatNote({ text, signatures: [signNote(text, LOG_SIGNER), ...cosignatures] });
}

describe("signed notes", () => {
  it("match the published example byte for byte, read and made", () => {
    const key = parseVkey(PETER, LOG_KEY);
    expect(formatVkey(key)).toBe(PETER);
    const note = parseNote(PETER_NOTE);
    if (!note) throw new Error("no note");
    expect(verifySignature(note.text, note.signatures[0]!, key)).toBe(true);
    expect(verifySignature(`${note.text}x\n`, note.signatures[0]!, key)).toBe(false);
    const signatures = [signNote(note.text, noteSigner("PeterNeumann", LOG_KEY, PETER_SEED))];
    expect(formatNote({ text: note.text, signatures })).toBe(PETER_NOTE);
  });

  it("have verifier keys in string form, and are signed by the right type of key only", () => {
    const log = makeLogKeys(secret(200), ORIGIN);
    expect(log.vkey).toBe(formatVkey(LOG));
    expect(parseSkey(log.skey)).toEqual({ name: ORIGIN, secretKey: secret(200) });
    expect(makeWitnessKeys(secret(1), "w1.example").vkey).toBe(formatVkey(witnessKey(1)));
    for (const skey of [
      log.vkey,
      log.skey.slice(0, -1),
      log.skey.replace(ORIGIN, "a b"),
      log.skey.replace(ORIGIN, ""),
      "",
    ])
      expect(() => parseSkey(skey), skey).toThrow(RangeError);
    expect(() => signNote("x\n", witnessSigner(1))).toThrow(RangeError);
    expect(() => cosign("x\n", LOG_SIGNER, 1)).toThrow(RangeError);
  });

  it("split at the last empty line", () => {
    const poem = PETER_NOTE.replace("problem,\n", "problem,\n\n");
    expect(parseNote(poem)?.text).toBe(
      "If you think cryptography is the answer to your problem,\n\nthen you don't know what your problem is.\n",
    );
  });

  it("refuse bytes that are no note", () => {
    const line = PETER_NOTE.split("\n").at(-2) as string;
    for (const note of [
      "",
      "text\n",
      "text\n\n",
      `text\n${line}\n`, // no empty line
      PETER_NOTE.slice(0, -1),
      PETER_NOTE.replace("—", "-"),
      PETER_NOTE.replace("PeterNeumann ", "Peter Neumann "),
      PETER_NOTE.replace("PeterNeumann ", "Peter+Neumann "),
      PETER_NOTE.replace("PeterNeumann ", "Peter\u00a0Neumann "),
      PETER_NOTE.replace("PeterNeumann ", " "),
      PETER_NOTE.replace("x08go", "x08g_"),
      PETER_NOTE.replace("nAM=", "nAN="), // spare bits of base64
      PETER_NOTE.replace("nAM=\n", "nAM=\r\n"),
      PETER_NOTE.replace("you", "y\tu"),
      PETER_NOTE.replace("you", "y\ud800u"),
      `text\n\n— PeterNeumann ${base64.encode(new Uint8Array(4))}\n`,
      PETER_NOTE + `${line}\n`.repeat(64),
    ])
      expect(parseNote(note), JSON.stringify(note.slice(0, 200))).toBeUndefined();
    expect(parseNote(PETER_NOTE + `${line}\n`.repeat(15))?.signatures).toHaveLength(16);
  });

  it("refuse keys under another id, type or name, and keys of small order", () => {
    for (const vkey of [
      PETER.replace("c74f20a3", "c74f20a4"),
      PETER.replace("c74f20a3", "C74F20A3"),
      PETER.replace("Peter", "peter"),
      PETER.replace("+ARpc", "+BRpc"),
      PETER.slice(0, -4),
      `${PETER}AAAA`,
      "PeterNeumann",
    ])
      expect(() => parseVkey(vkey, LOG_KEY), vkey).toThrow();
    expect(() => parseVkey(PETER, WITNESS_KEY)).toThrow();
    for (const y of ["01".padEnd(64, "0"), `ec${"ff".repeat(30)}7f`]) // order 1 and 2
      expect(() => noteKey("x", LOG_KEY, hexToBytes(y))).toThrow(/small order/);
    expect(() => noteKey("x", LOG_KEY, hexToBytes(`ee${"ff".repeat(30)}7f`))).toThrow(); // 1, not reduced
    expect(() => noteKey("x y", LOG_KEY, ed25519.getPublicKey(secret(1)))).toThrow(/key name/);
  });
});

describe("checkpoints", () => {
  it("write and read the three lines, with opaque extensions", () => {
    const text = formatCheckpoint({ origin: ORIGIN, size: 0, root: emptyRoot() });
    expect(text).toBe("log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    expect(parseCheckpoint(text)).toEqual({ origin: ORIGIN, size: 0, root: emptyRoot() });
    expect(parseCheckpoint(`${text}extension\n`)?.size).toBe(0);
    for (const bad of [
      text.replace("\n0\n", "\n00\n"),
      text.replace("\n0\n", "\n-1\n"),
      text.replace("\n0\n", "\n1e3\n"),
      text.replace("\n0\n", "\n9007199254740992\n"),
      text.replace("\n0\n", "\n \n"),
      text.replace("47DE", "47D"),
      text.replace("SuFU=", "SuA=="), // 31 bytes
      text.replace("SuFU=", "SuFUAA=="), // 34 bytes
      text.replace("SuFU=", "SuFV="),
      text.replace("log.example", ""),
      `${text}\n`,
      text.slice(0, -1),
      "log.example\n0\n",
    ])
      expect(parseCheckpoint(bad), bad).toBeUndefined();
    expect(() => formatCheckpoint({ origin: "two\nlines", size: 0, root: emptyRoot() })).toThrow(RangeError);
  });

  it("verify for a real log's head with four real witnesses", () => {
    const trust = {
      note: REAL_NOTE,
      logKey: parseVkey(REAL_LOG, LOG_KEY),
      witnesses: REAL_WITNESSES.map((vkey) => parseVkey(vkey, WITNESS_KEY)),
      quorum: 4,
    };
    const verified = verifyCheckpoint(trust);
    expect(verified).toMatchObject({ ok: true, checkpoint: { size: 1432088532 } });
    expect(verified.ok && verified.cosigners.map((c) => c.time)).toEqual(Array(4).fill(0x6a122120));
    expect(verifyCheckpoint({ ...trust, quorum: 5 })).toEqual({ ok: false, reason: "no-quorum" });
    const bent = verifyCheckpoint({ ...trust, note: REAL_NOTE.replace("1432088532", "1432088533") });
    expect(bent).toEqual({ ok: false, reason: "bad-signature" });
  });

  it("match the specification's cosigned example", () => {
    const note = parseNote(SPEC_NOTE);
    expect(note && parseCheckpoint(note.text)).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20852163 });
    expect(note?.signatures[1]?.name).toBe("witness.example.com/w1");
  });

  it("need the log's signature and a quorum of different witnesses", () => {
    const witnesses = [1, 2, 3].map(witnessKey);
    const check = (note: string, quorum = 2) => verifyCheckpoint({ note, logKey: LOG, witnesses, quorum });
    expect(check(signedHead(5, rootAt(5), [1, 3]))).toMatchObject({
      ok: true,
      cosigners: [
        { name: "w1.example", time: 1_800_000_001 },
        { name: "w3.example", time: 1_800_000_003 },
      ],
    });
    expect(check(signedHead(5, rootAt(5), [1, 1]))).toMatchObject({ reason: "no-quorum" });
    expect(check(signedHead(5, rootAt(5), [1, 9]))).toMatchObject({ reason: "no-quorum" });
    expect(check("x")).toMatchObject({ reason: "malformed" });

    const text = formatCheckpoint({ origin: ORIGIN, size: 5, root: rootAt(5) });
    const cosignatures = [1, 2].map((n) => cosign(text, witnessSigner(n), 1));
    expect(check(formatNote({ text, signatures: cosignatures }))).toMatchObject({ reason: "not-signed-by-log" });
    const other = formatCheckpoint({ origin: "other.example", size: 5, root: rootAt(5) });
    const elsewhere = formatNote({ text: other, signatures: [signNote(other, LOG_SIGNER)] });
    expect(check(elsewhere, 0)).toMatchObject({ reason: "wrong-origin" });

    const moved = signedHead(5, rootAt(5), [1, 2]).replace("\n5\n", "\n6\n");
    expect(check(moved)).toMatchObject({ reason: "bad-signature" });
    const twice = [witnessKey(1), noteKey("alias.example", WITNESS_KEY, ed25519.getPublicKey(secret(1)))];
    const config = { note: signedHead(5), logKey: LOG, witnesses: twice, quorum: 1 };
    expect(() => verifyCheckpoint(config)).toThrow(RangeError);
  });

  it("bind a cosignature to its time, text, type and key", () => {
    const text = formatCheckpoint({ origin: ORIGIN, size: 5, root: rootAt(5) });
    const s = cosign(text, witnessSigner(1), 1679315147);
    expect(verifyCosignature(text, s, witnessKey(1))).toBe(1679315147);
    expect(parseSignatures(formatSignature(s))).toEqual([s]);
    const message = utf8ToBytes(`cosignature/v1\ntime 1679315147\n${text}`);
    expect(ed25519.verify(s.signature.slice(8), message, witnessKey(1).publicKey)).toBe(true);
    const later = { ...s, signature: s.signature.map((b, i) => (i === 7 ? b + 1 : b)) };
    expect(verifyCosignature(text, later, witnessKey(1))).toBeUndefined();
    expect(verifyCosignature(text, { ...s, signature: s.signature.slice(8) }, witnessKey(1))).toBeUndefined();
    expect(verifyCosignature(text, s, witnessKey(2))).toBeUndefined();
    expect(verifySignature(text, s, noteKey("w1.example", LOG_KEY, ed25519.getPublicKey(secret(1))))).toBe(false);
    const huge = { ...s, signature: s.signature.map((b, i) => (i === 0 ? 0x80 : b)) };
    expect(verifyCosignature(text, huge, witnessKey(1))).toBeUndefined();
  });

  it("are refused by their line alone, before any curve is asked", () => {
    const yes = () => true;
    const text = formatCheckpoint({ origin: ORIGIN, size: 5, root: rootAt(5) });
    const [log, mark] = [signNote(text, LOG_SIGNER), cosign(text, witnessSigner(1), 7)];
    expect(verifySignature(text, log, LOG, yes)).toBe(true);
    expect(verifyCosignature(text, mark, witnessKey(1), yes)).toBe(7);
    const wrong = (s: typeof log) => [
      { ...s, name: "other.example" },
      { ...s, keyId: s.keyId.map((b) => b ^ 1) },
      { ...s, signature: s.signature.slice(1) },
      { ...s, signature: Uint8Array.of(...s.signature, 0) },
    ];
    for (const s of wrong(log)) expect(verifySignature(text, s, LOG, yes)).toBe(false);
    for (const s of wrong(mark)) expect(verifyCosignature(text, s, witnessKey(1), yes)).toBeUndefined();
    expect(verifySignature(text, log, { ...LOG, type: WITNESS_KEY }, yes)).toBe(false);
    expect(verifyCosignature(text, mark, { ...witnessKey(1), type: LOG_KEY }, yes)).toBeUndefined();
    const at = (time: bigint) => {
      const signature = mark.signature.slice();
      new DataView(signature.buffer).setBigUint64(0, time);
      return verifyCosignature(text, { ...mark, signature }, witnessKey(1), yes);
    };
    expect(at(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(at(2n ** 53n)).toBeUndefined();
    for (const time of [-1, 1.5, 2 ** 53]) expect(() => cosign(text, witnessSigner(1), time)).toThrow(RangeError);
  });

  it("have lines of three parts that end with a newline, 64 at most", () => {
    const line = formatSignature(signNote("a\n", LOG_SIGNER));
    expect(parseSignatures(line.repeat(64))).toHaveLength(64);
    expect(parseSignatures(line.repeat(65))).toBeUndefined();
    const cut = line.slice(0, -1);
    for (const bad of ["", "\n", cut, `${line}x`, "\u2014\n", "\u2014 a\n", `${cut} x\n`, `${line}\n`])
      expect(parseSignatures(bad), bad).toBeUndefined();
  });

  it("are of a checkpoint that has all its lines, and of witnesses that differ in name and key", () => {
    const text = formatCheckpoint({ origin: ORIGIN, size: 5, root: rootAt(5) });
    expect(parseCheckpoint(text)?.size).toBe(5);
    for (const bad of ["", "\n", "a\n", "a\n5\n", text.slice(0, -1), `\n${text}`, text.replace("5", "05")])
      expect(parseCheckpoint(bad), bad).toBeUndefined();
    const namesakes = [witnessKey(1), noteKey("w1.example", WITNESS_KEY, ed25519.getPublicKey(secret(2)))];
    const config = { note: signedHead(5), logKey: LOG, witnesses: namesakes, quorum: 1 };
    expect(() => verifyCheckpoint(config)).toThrow("two witnesses share a name or a key");
    expect(() => noteKey("a", LOG_KEY, new Uint8Array(31))).toThrow("31 bytes, expected 32");
    expect(() => parseVkey(formatVkey(LOG), WITNESS_KEY)).toThrow("key of type 1, expected 4");
  });
});

describe("witnesses", () => {
  const at = ({ level, index }: { level: number; index: number }): Uint8Array =>
    level === 0
      ? (LEAVES[index] as Uint8Array)
      : nodeHash(at({ level: level - 1, index: 2 * index }), at({ level: level - 1, index: 2 * index + 1 }));
  const proofFrom = (from: number, to: number) => planConsistency(from, to).map((span) => readSpan(span, at));
  const head = (size: number) => ({ origin: ORIGIN, size, root: rootAt(size) });
  const ask = { logKey: LOG, signer: witnessSigner(1), now: 1_800_000_000 };

  it("sign a head that continues the last head they signed", () => {
    const first = witness({ ...ask, last: undefined, oldSize: 0, note: signedHead(3), proof: [] });
    if (!first.ok) throw new Error(first.reason);
    const next = witness({
      ...ask,
      last: first.checkpoint,
      oldSize: 3,
      note: signedHead(9),
      proof: proofFrom(3, 9),
    });
    if (!next.ok) throw new Error(next.reason);
    const text = formatCheckpoint(head(9));
    expect(verifyCosignature(text, next.signature, witnessKey(1))).toBe(ask.now);
    const again = witness({ ...ask, last: next.checkpoint, oldSize: 9, note: signedHead(9), proof: [] });
    expect(again).toMatchObject({ ok: true });
    const afterEmpty = witness({ ...ask, last: head(0), oldSize: 0, note: signedHead(3), proof: [] });
    expect(afterEmpty).toMatchObject({ ok: true });
  });

  it("refuse every other head, and give the reason", () => {
    const reason = (last: number, note: string, proof: Uint8Array[], oldSize = last) => {
      const answer = witness({ ...ask, last: head(last), oldSize, note, proof });
      return answer.ok ? "signed" : answer.reason;
    };
    expect(reason(3, signedHead(9), proofFrom(4, 9))).toBe("no-proof");
    expect(reason(3, signedHead(9), [])).toBe("no-proof");
    expect(reason(3, signedHead(3, rootAt(4)), [])).toBe("split-view");
    expect(reason(0, signedHead(0, rootAt(1)), [])).toBe("split-view");
    expect(reason(9, signedHead(3), proofFrom(3, 9))).toBe("malformed");
    expect(reason(9, signedHead(3), [], 3)).toBe("other-size");
    expect(reason(3, signedHead(9), proofFrom(4, 9), 4)).toBe("other-size");
    expect(reason(3, signedHead(9).replace("\n9\n", "\n8\n"), [])).toBe("not-signed-by-log");
    expect(reason(3, signedHead(9).replace(ORIGIN, `${ORIGIN}.other`), [])).toBe("unknown-origin");
    expect(reason(3, "no note", [])).toBe("malformed");
    expect(() => checkConsistency({ ...head(3), origin: "b" }, head(9), [])).toThrow(RangeError);
  });

  it("read the body of add-checkpoint in its one form only", () => {
    const request = { oldSize: 3, proof: proofFrom(3, 9), note: signedHead(9) };
    const body = formatAddCheckpoint(request);
    expect(parseAddCheckpoint(body)).toEqual(request);
    expect(parseAddCheckpoint(formatAddCheckpoint({ ...request, oldSize: 0, proof: [] }))?.proof).toEqual([]);
    const lines = (n: number) => `old 3\n${`${"A".repeat(43)}=\n`.repeat(n)}\n${request.note}`;
    expect(parseAddCheckpoint(lines(63))?.proof).toHaveLength(63);
    for (const bad of [
      "",
      "old 3\n",
      body.replace("old 3", "old 03"),
      body.replace("old 3", "old -3"),
      body.replace("old 3", "new 3"),
      body.replace("old 3", "old 9007199254740993"),
      body.replace("\n", "\nAAAA\n"),
      body.replace("\n", "\n?\n"),
      lines(64),
    ])
      expect(parseAddCheckpoint(bad), JSON.stringify(bad.slice(0, 30))).toBeUndefined();
  });
});
