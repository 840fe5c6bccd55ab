// Checks the fixtures of the BBS and Blind BBS drafts (their JSON form) bit for bit. A fixture's shape tells its kind.
//
//   valid fixture     our code makes the recorded value again from its inputs and mock randomness, and accepts it
//   result.valid = false    our code must refuse the recorded signature, commitment or proof
//
// The file of a blind proof does not contain its hidden messages. They are looked for among the message lists of the
// files beside it (`pool`), and the proof is made again if a list fits the signature. Traces are not compared, because
// some published ones belong to another fixture. Mock randomness comes from the fixture's seed and tag, or from the
// random scalars of its trace.

import { readFileSync } from "node:fs";
import { mclEngine } from "../../engine/mcl.ts";
import * as bbs from "../../protocol/bbs.ts";
import {
  BBS_API_ID,
  createGenerators,
  deriveP1,
  messagesToScalars,
  P1,
  seededRandomBytes,
} from "../../protocol/bbs-generators.ts";
import * as bbsProof from "../../protocol/bbs-proof.ts";
import * as blind from "../../protocol/blind-bbs.ts";
import { bytesToHex, concatBytes, hexToBytes, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { nobleEngine } from "../../protocol/engine.ts";
import {
  DecodeError,
  encodeG1,
  encodeG2,
  encodeScalar,
  Fr,
  type G1,
  G1Point,
  hashToScalar,
  lazy,
} from "../../protocol/suite.ts";

/** A signature is the same for every rng. */
const anyRng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));

/** Both engines verify each proof. */
const mcl = lazy(() => mclEngine(new WebAssembly.Module(readFileSync(new URL("../../gen/mcl.wasm", import.meta.url)))));

export interface MessageLists {
  readonly messages: string[];
  readonly committedMessages: string[];
}
type Json = Record<string, unknown>;
/** Throws with a short reason if the fixture does not hold. */
export type Check = (pool: readonly MessageLists[]) => void;

const isObject = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
const isHex = (x: unknown): x is string => typeof x === "string" && /^([0-9a-f]{2})*$/i.test(x);
const bytes = (x: unknown): Uint8Array => hexToBytes((x ?? "") as string);
const list = (x: unknown): Uint8Array[] => ((x ?? []) as string[]).map(bytes);
const scalar = (x: unknown): bigint => (x ? BigInt(`0x${x as string}`) : 0n);
const ascii = (hex: unknown): string => new TextDecoder().decode(bytes(hex));

function same(what: string, made: Uint8Array, recorded: unknown): void {
  if (bytesToHex(made) !== String(recorded).toLowerCase()) throw new Error(`${what} differs`);
}

function expectAccepted(f: Json, accepted: boolean): boolean {
  const valid = (f.result as Json).valid === true;
  if (valid && !accepted) throw new Error("valid, but refused");
  if (!valid && accepted) throw new Error(`invalid (${(f.result as Json).reason ?? "no reason given"}), but accepted`);
  return valid;
}

function replay(stream: Uint8Array): Rng {
  let at = 0;
  return (n) => {
    if (at + n > stream.length) throw new Error("more mock randomness drawn than the fixture has");
    at += n;
    return stream.slice(at - n, at);
  };
}

function mockRng(f: Json, step: "commit" | "proof"): Rng | undefined {
  const parameters = f.mockRngParameters as { SEED: string } & Record<
    string,
    { DST: string; count: number } | undefined
  >;
  const mock = parameters?.[step];
  if (mock) return replay(seededRandomBytes(utf8ToBytes(parameters.SEED), mock.DST, mock.count));
  const r = (f.trace as Json | undefined)?.random_scalars as Json | undefined;
  if (step !== "proof" || !r) return undefined;
  const scalars = [r.r1, r.r2, r.e_tilde, r.r1_tilde, r.r3_tilde, ...((r.m_tilde_scalars ?? []) as unknown[])];
  return replay(concatBytes(...scalars.flatMap((x) => [new Uint8Array(16), bytes(x)])));
}

// ---- suite

function generators(f: Json, apiId: string): void {
  const count = (f.MsgGenerators as string[]).length + 1;
  const recorded = [f.Q1, ...(f.MsgGenerators as string[])];
  createGenerators(count, apiId).forEach((g, i) => {
    same(`generator ${i}`, encodeG1(g), recorded[i]);
  });
  if (f.P1 !== undefined) {
    same("P1", encodeG1(P1), f.P1);
    same("derived P1", encodeG1(deriveP1()), f.P1);
  }
}

function keyPair(f: Json): void {
  const sk = bbs.keyGen(bytes(f.keyMaterial), bytes(f.keyInfo), f.keyDst === undefined ? undefined : ascii(f.keyDst));
  same("secret key", encodeScalar(sk), (f.keyPair as Json).secretKey);
  same("public key", encodeG2(bbs.skToPk(sk)), (f.keyPair as Json).publicKey);
}

function mockedScalars(f: Json): void {
  const draw = replay(seededRandomBytes(bytes(f.seed), ascii(f.dst), f.count as number));
  const recorded = f.mockedScalars as string[];
  if (recorded.length !== f.count) throw new Error("count differs");
  recorded.forEach((x, i) => {
    same(`scalar ${i}`, encodeScalar(Fr.create(scalar(bytesToHex(draw(48))))), x);
  });
}

function hashedMessages(f: Json): void {
  for (const c of f.cases as Json[]) {
    const message = bytes(c.message);
    same("scalar", encodeScalar(hashToScalar(ascii(f.dst), message)), c.scalar);
    if (ascii(f.dst).startsWith(BBS_API_ID))
      same("scalar", encodeScalar(messagesToScalars([message], BBS_API_ID)[0]!), c.scalar);
  }
}

// ---- BBS

function signature(f: Json): void {
  const keys = f.signerKeyPair as Json;
  const messages = list(f.messages);
  if (!expectAccepted(f, bbs.verify(bytes(keys.publicKey), bytes(f.signature), bytes(f.header), messages))) return;
  const sk = scalar(keys.secretKey);
  same("public key", encodeG2(bbs.skToPk(sk)), keys.publicKey);
  same("signature", bbs.sign(sk, bytes(f.header), messages, anyRng), f.signature);
}

function proof(f: Json): void {
  const [pk, header, ph] = [bytes(f.signerPublicKey), bytes(f.header), bytes(f.presentationHeader)] as const;
  const messages = list(f.messages);
  const indexes = (f.disclosedIndexes ?? []) as number[];
  const disclosed = indexes.flatMap((i) => messages[i] ?? []);
  for (const engine of [nobleEngine, mcl()])
    if (!expectAccepted(f, bbsProof.proofVerify(pk, bytes(f.proof), header, ph, disclosed, indexes, engine))) return;
  if (!bbs.verify(pk, bytes(f.signature), header, messages)) throw new Error("its signature was refused");
  const rng = mockRng(f, "proof");
  if (rng) same("proof", bbsProof.proofGen(pk, bytes(f.signature), header, ph, messages, indexes, rng), f.proof);
}

// ---- Blind BBS

const API = blind.BLIND_BBS_API_ID;

/**
 * Checks that the commitment's proof holds and that the commitment opens to the recorded blind and messages. @throws
 * DecodeError
 */
function commitmentHolds(f: Json): boolean {
  const octets = bytes(f.commitmentWithProof);
  const base = blind.createBlindGenerators(blind.committedCount(octets), API);
  const C = blind.decodeCommitment(octets, base, API);
  const witness = [scalar(f.proverBlind), ...messagesToScalars(list(f.committedMessages), API)];
  return witness.length === base.length && C.equals(bbs.addSecret(G1Point.ZERO as G1, base, witness));
}

function remakeCommitment(f: Json, committedMessages: Uint8Array[]): void {
  const rng = mockRng(f, "commit");
  if (!rng || !f.commitmentWithProof) return;
  const made = blind.commit(committedMessages, rng);
  same("commitment", made.commitmentWithProof, f.commitmentWithProof);
  same("prover blind", encodeScalar(made.proverBlind), f.proverBlind);
}

function commitment(f: Json): void {
  if (expectAccepted(f, commitmentHolds(f))) remakeCommitment(f, list(f.committedMessages));
}

function blindSignature(f: Json): void {
  const keys = f.signerKeyPair as Json;
  const [header, messages, committed] = [bytes(f.header), list(f.messages), list(f.committedMessages)] as const;
  const accepted = (): boolean =>
    blind.verifyBlindSign(
      bytes(keys.publicKey),
      bytes(f.signature),
      header,
      messages,
      committed,
      scalar(f.proverBlind),
    );
  if (!expectAccepted(f, commitmentHolds(f) && accepted())) return;
  const sk = scalar(keys.secretKey);
  same("public key", encodeG2(bbs.skToPk(sk)), keys.publicKey);
  remakeCommitment(f, committed);
  same("signature", blind.blindSign(sk, bytes(f.commitmentWithProof), header, messages, anyRng), f.signature);
}

const committedByLength = (hex: unknown): number =>
  Math.max(0, Math.floor((((hex ?? "") as string).length / 2 - 112) / 32));

function blindProof(f: Json, pool: readonly MessageLists[]): void {
  const [pk, header, ph] = [bytes(f.signerPublicKey), bytes(f.header), bytes(f.presentationHeader)] as const;
  const shown = (x: unknown): [number[], Uint8Array[]] => {
    const entries = Object.entries((x ?? {}) as Record<string, string>).sort((a, b) => Number(a[0]) - Number(b[0]));
    return [entries.map(([i]) => Number(i)), entries.map(([, m]) => bytes(m))];
  };
  const [indexes, disclosed] = shown(f.revealedMessages);
  const [committedIndexes, committedDisclosed] = shown(f.revealedCommittedMessages);
  // A proof does not take commitmentWithProof as input, and in one published fixture it is not even hex. Only its
  // length is used.
  const total = bbsProof.hiddenCount(bytes(f.proof)) + indexes.length + committedIndexes.length;
  const signed = (f.L as number | undefined) ?? total - 1 - committedByLength(f.commitmentWithProof);
  const committed = total - 1 - signed;
  const holds = (): boolean =>
    blind.blindProofVerify(
      pk,
      bytes(f.proof),
      header,
      ph,
      signed,
      disclosed,
      committedDisclosed,
      indexes,
      committedIndexes,
    );
  if (!expectAccepted(f, holds())) return;

  const rng = mockRng(f, "proof");
  const fits = (all: string[], at: number[], as: Uint8Array[]): boolean =>
    at.every((i, n) => all[i] === bytesToHex(as[n]!));
  for (const lists of pool) {
    if (lists.messages.length < signed || lists.committedMessages.length < committed) continue;
    if (!fits(lists.messages, indexes, disclosed)) continue;
    if (!fits(lists.committedMessages, committedIndexes, committedDisclosed)) continue;
    const messages = list(lists.messages.slice(0, signed));
    const committedMessages = list(lists.committedMessages.slice(0, committed));
    const blindFactor = scalar(f.proverBlind);
    if (!blind.verifyBlindSign(pk, bytes(f.signature), header, messages, committedMessages, blindFactor)) continue;
    if (rng)
      same(
        "proof",
        blind.blindProofGen(
          pk,
          bytes(f.signature),
          header,
          ph,
          messages,
          committedMessages,
          indexes,
          committedIndexes,
          blindFactor,
          rng,
        ),
        f.proof,
      );
    return;
  }
}

// ---- shapes

const isGenerators = (f: unknown): boolean => isObject(f) && isHex(f.Q1) && Array.isArray(f.MsgGenerators);

/** Returns the check for a parsed JSON file, or undefined if it is no fixture of these drafts. */
export function recognise(f: unknown): Check | undefined {
  if (!isObject(f)) return undefined;
  const has = (...keys: string[]): boolean => keys.every((k) => isHex(f[k]));
  if (isGenerators(f)) return () => generators(f, (f.api_id as string | undefined) ?? BBS_API_ID);
  if (isGenerators(f.generators) || isGenerators(f.blindGenerators))
    return () => {
      for (const [part, id] of [
        [f.generators, API],
        [f.blindGenerators, `BLIND_${API}`],
      ] as const)
        if (isGenerators(part)) generators(part as Json, ((part as Json).api_id as string | undefined) ?? id);
    };
  if (has("keyMaterial") && isObject(f.keyPair)) return () => keyPair(f);
  if (has("seed", "dst") && Array.isArray(f.mockedScalars)) return () => mockedScalars(f);
  if (has("message", "dst", "scalar"))
    return () => same("scalar", encodeScalar(hashToScalar(ascii(f.dst), bytes(f.message))), f.scalar);
  if (has("dst") && Array.isArray(f.cases)) return () => hashedMessages(f);
  const { result } = f;
  if (!isObject(result) || typeof result.valid !== "boolean") return undefined;
  const operation = recogniseOperation(f, has);
  return (
    operation &&
    ((pool) => {
      try {
        operation(pool);
      } catch (error) {
        if (!(error instanceof DecodeError && result.valid === false)) throw error; // malformed counts as refused
      }
    })
  );
}

function recogniseOperation(f: Json, has: (...keys: string[]) => boolean): Check | undefined {
  if (has("proof", "signerPublicKey"))
    return "revealedMessages" in f || "commitmentWithProof" in f ? (pool) => blindProof(f, pool) : () => proof(f);
  if (has("signature") && isObject(f.signerKeyPair))
    return "commitmentWithProof" in f || "committedMessages" in f ? () => blindSignature(f) : () => signature(f);
  if (has("commitmentWithProof")) return () => commitment(f);
  return undefined;
}

/** The message lists that a JSON file adds to the pool. */
export function messageLists(f: unknown): MessageLists[] {
  if (!isObject(f) || !Array.isArray(f.messages)) return [];
  const committed = Array.isArray(f.committedMessages) ? f.committedMessages : [];
  return f.messages.every(isHex) && committed.every(isHex)
    ? [{ messages: f.messages, committedMessages: committed }]
    : [];
}
