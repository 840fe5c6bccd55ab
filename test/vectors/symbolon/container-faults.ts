// Makes container-faults.json: the forms around the documents. Seals and their keys, age headers, TIDs, groups of
// blobs, and the window of sequence numbers.

import { writeGroup } from "../../../protocol/blob-group.ts";
import { concatBytes, u32be, utf8ToBytes } from "../../../protocol/bytes.ts";
import { forRequesterAad, partAad } from "../../../protocol/case-documents.ts";
import { toBase64 } from "../../../protocol/encodings.ts";
import { hybridSeal } from "../../../protocol/hybrid-seal.ts";
import { TID_ALPHABET, tidOf } from "../../../protocol/tid.ts";
import { hex, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

type Judged = { [key: string]: Json };
const of = (kind: string) => (reason: string, name: string, judged: Judged) => ({
  kind,
  class: name,
  reason,
  ...judged,
});

/** ML-KEM keys with one coefficient of 3329 or more, at the first and the last place, even and odd. */
function kemKeys(w: World): Json[] {
  const entry = of("seal-key");
  const key = w.requesterSeal.publicKey;
  const withCoefficient = (i: number, value: number): Uint8Array => {
    const out = key.slice();
    const at = 3 * (i >> 1);
    if (i % 2 === 0) {
      out[at] = value & 255;
      out[at + 1] = (out[at + 1]! & 0xf0) | (value >> 8);
    } else {
      out[at + 1] = (out[at + 1]! & 0x0f) | ((value & 15) << 4);
      out[at + 2] = value >> 4;
    }
    return out;
  };
  const x25519 = (u: Uint8Array): Uint8Array => concatBytes(key.slice(0, -32), u);
  return [
    entry("accepted", "honest", { publicKey: hex(key) }),
    ...[0, 1, 766, 767].flatMap((i) => [
      entry("accepted", `coefficient ${i} is 3328`, { publicKey: hex(withCoefficient(i, 3328)) }),
      entry("seal", `coefficient ${i} is 3329`, { publicKey: hex(withCoefficient(i, 3329)) }),
      entry("seal", `coefficient ${i} is 4095`, { publicKey: hex(withCoefficient(i, 4095)) }),
    ]),
    entry("seal", "X25519 point 0", { publicKey: hex(x25519(new Uint8Array(32))) }),
    entry("seal", "X25519 point 1", { publicKey: hex(x25519(Uint8Array.of(1, ...new Uint8Array(31)))) }),
    entry("seal", "one byte too few", { publicKey: hex(key.subarray(1)) }),
    entry("seal", "one byte too many", { publicKey: hex(concatBytes(key, Uint8Array.of(0))) }),
  ];
}

/** Parts that are sealed under other associated data than the document that carries them says. */
function sealedParts(w: World): Json[] {
  const entry = of("sealed-part");
  const part = { context: w.orderHash, round: "link" as const, from: 1, to: 2 };
  const own = { orderHash: w.orderHash, kind: "result" as const, from: 1 };
  const rng = rngOf("sealed parts");
  const seal = (aad: Uint8Array): Judged => ({
    sealed: hex(hybridSeal(w.requesterSeal.publicKey, aad, utf8ToBytes("part"), rng)),
  });
  const parts = (reason: string, name: string, change: Partial<typeof part> | { round: "notice" }) =>
    entry(reason, name, { aad: hex(partAad(part)), ...seal(partAad({ ...part, ...change })) });
  const forRequester = (reason: string, name: string, change: Partial<typeof own> | { kind: "trace" }) =>
    entry(reason, name, { aad: hex(forRequesterAad(own)), ...seal(forRequesterAad({ ...own, ...change })) });
  return [
    parts("accepted", "honest part", {}),
    parts("seal", "part of another context", { context: new Uint8Array(32) }),
    parts("seal", "part of another round", { round: "notice" }),
    parts("seal", "part from another trustee", { from: 3 }),
    parts("seal", "part to another trustee", { to: 3 }),
    forRequester("accepted", "honest part for the requester", {}),
    forRequester("seal", "of another order", { orderHash: new Uint8Array(32) }),
    forRequester("seal", "of another kind", { kind: "trace" }),
    forRequester("seal", "from another trustee", { from: 2 }),
  ];
}

/** age headers of records. */
function ageHeaders(w: World): Json[] {
  const entry = of("age-header");
  const b64 = (bytes: Uint8Array): string => toBase64(bytes).replace(/=+$/, "");
  const lines = (bytes: Uint8Array): string => {
    const text = b64(bytes);
    const cut = text.match(/.{1,64}/g) ?? [];
    return text !== "" && text.length % 64 === 0 ? `${cut.join("\n")}\n\n` : `${cut.join("\n")}\n`;
  };
  const rng = rngOf("age headers");
  const hybrid = (enc = rng(1120), body = rng(32)): string => `-> mlkem768x25519 ${b64(enc)}\n${lines(body)}`;
  const threshold = (id = w.parameters.keySetId, body = rng(300)): string =>
    `-> symbolon-threshold ${b64(id)}\n${lines(body)}`;
  const [service, session, trustees] = [hybrid(), hybrid(), threshold()];
  const mac = `--- ${b64(rng(32))}\n`;
  const file = (stanzas: string[], end = mac, intro = "age-encryption.org/v1\n"): string =>
    intro + stanzas.join("") + end;
  const header = (reason: string, name: string, text: string) =>
    entry(reason, name, { header: hex(utf8ToBytes(text)) });
  const right = [service, session, trustees];
  return [
    header("accepted", "honest", file(right)),
    header("accepted", "threshold body of 4096 bytes", file([service, session, threshold(undefined, rng(4096))])),
    header("accepted", "threshold body of whole lines", file([service, session, threshold(undefined, rng(96))])),
    header("stanza-set", "threshold body of 4097 bytes", file([service, session, threshold(undefined, rng(4097))])),
    header("stanza-set", "threshold body empty", file([service, session, threshold(undefined, new Uint8Array())])),
    header("stanza-set", "no session stanza", file([service, trustees])),
    header("stanza-set", "one more reader", file([service, session, trustees, hybrid()])),
    header("stanza-set", "another order", file([service, trustees, session])),
    header("stanza-set", "one stanza twice", file([service, service, trustees])),
    header(
      "stanza-set",
      "one encapsulation twice, another body",
      file([service, `${service.split("\n")[0]}\n${lines(rng(32))}`, trustees]),
    ),
    header("stanza-set", "enc of 1119 bytes", file([service, hybrid(rng(1119)), trustees])),
    header("stanza-set", "wrapped key of 33 bytes", file([service, hybrid(undefined, rng(33)), trustees])),
    header("stanza-set", "key-set id of 31 bytes", file([service, session, threshold(rng(31))])),
    header("stanza-set", "an X25519 stanza", file([service, session.replace("mlkem768x25519", "X25519"), trustees])),
    header("stanza-set", "one more argument", file([service, session.replace("\n", " x\n"), trustees])),
    header("malformed", "two spaces", file([service, session.replace("-> ", "->  "), trustees])),
    header("malformed", "base64 with padding", file([service, session.replace(/\n$/, "=\n"), trustees])),
    header(
      "malformed",
      "base64 not canonical",
      file([
        service,
        session,
        `-> symbolon-threshold ${b64(w.parameters.keySetId).slice(0, -1)}B\n${lines(rng(9))}`,
      ]).replace(/$/, ""),
    ),
    header(
      "malformed",
      "body line of 65 characters",
      file([service, session, `-> symbolon-threshold ${b64(w.parameters.keySetId)}\n${"A".repeat(65)}\nAA\n`]),
    ),
    header("malformed", "carriage return", file([service, session.replace("\n", "\r\n"), trustees])),
    header("malformed", "not ASCII", file([service, session.replace("-> ", "-> é "), trustees])),
    header("malformed", "MAC of 31 bytes", file(right, `--- ${b64(rng(31))}\n`)),
    header("malformed", "no end of line", file(right, mac.trimEnd())),
    header("malformed", "another version", file(right, mac, "age-encryption.org/v2\n")),
    header("malformed", "longer than 16384 bytes", file([service, session, threshold(undefined, rng(13_000))])),
  ];
}

function tids(w: World): Json[] {
  const entry = of("tid");
  const tid = tidOf(w.visits[0]!.tagHash);
  const next = (c: string): string => TID_ALPHABET[(TID_ALPHABET.indexOf(c) + 1) % 31]!;
  const swapAt = (i: number): string => {
    const c = [...tid];
    [c[i], c[i + 1]] = [c[i + 1]!, c[i]!];
    return c.join("");
  };
  const swaps = [...Array(14).keys()].filter((i) => tid[i] !== tid[i + 1]);
  return [
    entry("accepted", "honest", { tid }),
    entry("accepted", "in lower case, with hyphens and spaces", {
      tid: ` ${tid.slice(0, 5)}-${tid.slice(5, 10)} ${tid.slice(10)}`.toLowerCase(),
    }),
    ...[...tid].map((c, i) =>
      entry("check", `character ${i + 1} is wrong`, { tid: tid.slice(0, i) + next(c) + tid.slice(i + 1) }),
    ),
    ...swaps.map((i) => entry("check", `characters ${i + 1} and ${i + 2} are swapped`, { tid: swapAt(i) })),
    entry("length", "14 characters", { tid: tid.slice(1) }),
    entry("length", "16 characters", { tid: `${tid}2` }),
    ...["0", "1", "I", "L", "O", "ſ", "é"].map((c) => entry("symbol", `holds ${c}`, { tid: c + tid.slice(1) })),
  ];
}

function groups(): Json[] {
  const blobs = [new Uint8Array(5).fill(1), undefined, new Uint8Array(9).fill(2)];
  const bytes = writeGroup(blobs);
  const entry = (reason: string, name: string, group: Uint8Array, count = 3) =>
    of("blob-group")(reason, name, { group: hex(group), count });
  return [
    entry("accepted", "three", bytes),
    entry("accepted", "none", new Uint8Array(), 0),
    entry("malformed", "asked for four", bytes, 4),
    entry("malformed", "asked for two", bytes, 2),
    entry("malformed", "trailing byte", concatBytes(bytes, Uint8Array.of(0))),
    entry("malformed", "one byte too few", bytes.subarray(0, -1)),
    entry("malformed", "longer than a blob of a group", concatBytes(u32be(65_537), new Uint8Array(65_537)), 1),
  ];
}

/** Sequence numbers in the order in which they arrive, and the decision about each. */
function windows(): Json[] {
  const entry = (name: string, reason: string, seqs: bigint[]) =>
    of("window")(reason, name, { seqs: seqs.map(String) });
  const limit = 2n ** 64n - 2n ** 13n - 1n;
  return [
    entry("in order", "ok,ok,ok", [0n, 1n, 2n]),
    entry("in another order", "ok,ok,ok", [5n, 0n, 3n]),
    entry("again", "ok,ok,replayed", [0n, 7n, 7n]),
    entry("the first again", "ok,replayed", [0n, 0n]),
    entry("at the edge of the window", "ok,ok,too-old", [9000n, 872n, 871n]),
    entry("after a jump over the whole ring", "ok,ok,too-old,ok,replayed", [3n, 20_000n, 3n, 19_999n, 19_999n]),
    entry("the last number", "ok,limit,limit", [limit - 1n, limit, 2n ** 64n - 1n]),
  ];
}

export function containerFaults(w: World): Json {
  return {
    seed: hex(w.requesterSeal.secretKey),
    entries: [kemKeys(w), sealedParts(w), ageHeaders(w), tids(w), groups(), windows()].flat(),
  };
}
