// Makes wallet.json: all values that recovery words restore, the HPKE channel's keys and frames, and signed requests.

import { sha256 } from "@noble/hashes/sha2.js";
import { acceptServiceChannel, FrameChannel } from "../../../client/sealing/messages.ts";
import { claimKey, credentialBlinding, holderSecrets, sessionKeys } from "../../../client/wallet/keys.ts";
import { utf8ToBytes } from "../../../protocol/bytes.ts";
import { CheckIn, channelContext } from "../../../protocol/documents.ts";
import { newWindow } from "../../../protocol/replay-window.ts";
import { signRequest } from "../../../protocol/request-signature.ts";
import { encodeScalar } from "../../../protocol/suite.ts";
import { edit, flipped, hex, type Json, longer, replaced } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

/** Fields at fixed offsets of the serialised state: sends ‖ tagHash ‖ sending key ‖ receiving key. */
const STATE = { tagHash: 2, sendKey: 34, receiveKey: 66, end: 98 };

async function channelVectors(w: World): Promise<Json> {
  const visit = w.visits[0]!;
  const checkIn = CheckIn.decode(visit.checkIn);
  const context = channelContext(checkIn);
  const service = await acceptServiceChannel({
    servicePrivateKey: w.clinicHpke.secretKey,
    enc: checkIn.hpkeEnc,
    context,
    tagHash: visit.tagHash,
  });
  const state = service.serialise();
  const toWallet = state.slice(STATE.sendKey, STATE.receiveKey);
  const toService = state.slice(STATE.receiveKey, STATE.end);
  const wallet = new FrameChannel({
    sends: 0,
    tagHash: visit.tagHash,
    sendKey: toService,
    receiveKey: toWallet,
    nextSeq: 0n,
    window: newWindow(),
  });
  const messages = ["one", "two"].map(utf8ToBytes);
  const sent = messages.map((m) => wallet.send(m));
  const replied = service.send(utf8ToBytes("answer"));
  const first = sent[0]!;
  return {
    servicePrivateKey: hex(w.clinicHpke.secretKey),
    enc: hex(checkIn.hpkeEnc),
    context: hex(context),
    tagHash: hex(visit.tagHash),
    walletToService: hex(toService),
    serviceToWallet: hex(toWallet),
    sent: messages.map((m, i) => ({ message: hex(m), frame: hex(sent[i]!) })),
    replied: { message: hex(utf8ToBytes("answer")), frame: hex(replied) },
    refused: [
      { class: "altered", what: "tag", frame: edit(first, flipped(first, -1)) },
      { class: "altered", what: "seq", frame: edit(first, flipped(first, 9)) },
      { class: "malformed", what: "version", frame: edit(first, replaced(first, 0, Uint8Array.of(2))) },
      { class: "malformed", what: "direction", frame: edit(first, replaced(first, 1, Uint8Array.of(1))) },
      { class: "malformed", what: "unknown direction", frame: edit(first, replaced(first, 1, Uint8Array.of(2))) },
      { class: "malformed", what: "length", frame: edit(first, first.subarray(0, 25)) },
      { class: "altered", what: "trailing byte", frame: edit(first, longer(first)) },
      { class: "limit", what: "seq", frame: edit(first, replaced(first, 2, new Uint8Array(8).fill(255))) },
      { class: "malformed", what: "reflected", frame: edit(first, replied) },
    ],
  };
}

function requestVectors(w: World): Json {
  const request = { method: "POST", url: "https://registrar.example/v1/refresh?x=1", body: utf8ToBytes("body") };
  const header = signRequest(request, w.deviceSecret, w.issuedAt, rngOf("request"));
  const [key, timestamp, nonce, bodyHash, signature] = header.split(".") as [string, string, string, string, string];
  const other = (change: object): Json => ({
    class: Object.keys(change)[0]!,
    method: request.method,
    url: request.url,
    body: hex(request.body),
    header,
    now: w.issuedAt,
    ...change,
  });
  return {
    secretKey: hex(w.deviceSecret),
    method: request.method,
    url: request.url,
    body: hex(request.body),
    now: w.issuedAt,
    header,
    refused: [
      other({ method: "GET" }),
      other({ url: "https://registrar.example/v1/refresh?x=2" }),
      other({ url: "https://escrow.example/v1/refresh?x=1" }),
      other({ body: "" }),
      other({ now: w.issuedAt + 601 }),
      other({ now: w.issuedAt - 601 }),
      other({ header: [key, String(Number(timestamp) + 1), nonce, bodyHash, signature].join(".") }),
      other({ header: [key, timestamp, "00".repeat(16), bodyHash, signature].join(".") }),
      other({ header: [key, timestamp, nonce, hex(sha256(utf8ToBytes("other"))), signature].join(".") }),
      other({ header: [key, timestamp, nonce, bodyHash, hex(flipped(new Uint8Array(64), 0))].join(".") }),
      other({ header: ["00".repeat(32), timestamp, nonce, bodyHash, signature].join(".") }),
      other({ header: [key, timestamp, nonce, signature].join(".") }),
      other({ header: header.toUpperCase() }),
      other({ header: `${header}.` }),
      other({ header: "" }),
    ],
  };
}

/** The claim of each visit, and others that the wallet must not read. */
function claimVectors(w: World): Json {
  const claims = w.visits.map((visit) => {
    const { claim } = CheckIn.decode(visit.checkIn);
    return {
      tagHash: hex(visit.tagHash),
      claim: hex(claim),
      generation: 0,
      salt: "00".repeat(32),
      epoch: w.epoch,
      slot: visit.slot,
    };
  });
  const { tagHash, claim } = claims[0]!;
  const bytes = CheckIn.decode(w.visits[0]!.checkIn).claim;
  const serviceId = hex(w.serviceId);
  return {
    key: hex(claimKey(w.root)),
    serviceId,
    claims,
    refused: [
      { class: "service", serviceId: "00".repeat(16), tagHash, claim },
      { class: "tag", serviceId, tagHash: claims[1]!.tagHash, claim },
      { class: "nonce", serviceId, tagHash, claim: hex(flipped(bytes, 0)) },
      { class: "content", serviceId, tagHash, claim: hex(flipped(bytes, 30)) },
      { class: "length", serviceId, tagHash, claim: hex(longer(bytes)) },
    ],
  };
}

export async function walletVectors(w: World): Promise<Json> {
  const generation = (n: number) => {
    const phone = { ...w.phone, generation: n };
    const { k, z } = holderSecrets(w.root, phone);
    return {
      generation: n,
      salt: phone.salt,
      k: hex(encodeScalar(k)),
      z: hex(encodeScalar(z)),
      s: hex(encodeScalar(credentialBlinding(w.root, phone, w.epoch))),
    };
  };
  const keys = await Promise.all(
    [0, 1].map(async (slot) => {
      const k = await sessionKeys(w.root, w.phone, w.epoch, slot);
      return { slot, ageIdentity: k.ageIdentity, ageRecipient: k.ageRecipient, authKey: hex(k.authPublicKey) };
    }),
  );
  return {
    words: w.words,
    root: hex(w.root),
    epoch: w.epoch,
    generations: [generation(0), generation(1)],
    sessions: keys,
    claims: claimVectors(w),
    refusedWords: [
      { class: "count", words: w.words.split(" ").slice(1).join(" ") },
      { class: "unknown-word", words: w.words.replace("abandon", "abandonned") },
      { class: "checksum", words: w.words.replace(/art$/, "abandon") },
    ],
    channel: await channelVectors(w),
    requests: requestVectors(w),
  };
}
