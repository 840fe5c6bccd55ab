// The own records from a service that may say and withhold what it likes.

import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, expect, it } from "vitest";
import { type ClinicKeys, serviceIdOfKeys } from "../../client/clinic/keys.ts";
import { toBase64 } from "../../client/encoding.ts";
import { sealRecord } from "../../client/sealing/record.ts";
import type { WalletSession } from "../../client/wallet/state.ts";
import type { Wallet } from "../../client/wallet.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { CheckIn, Manifest, manifestHashOf, signDocument } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { rng } from "./trustees.ts";
import { ACCOUNT, invitation, keySet, newClinic, parameters, World } from "./wallet-world.ts";

const ZERO = new Uint8Array(32);
const world = new World();
let wallet: Wallet;
let keys: ClinicKeys;
let session: WalletSession;
let chain: Uint8Array[];
let recordIds: string[];
/** what the service lists, and the blobs it has */
let rows: Uint8Array[] = [];
const blobs = new Map<string, Uint8Array>();

const blank = (): Manifest => ({
  kind: "record",
  serviceId: serviceIdOfKeys(keys),
  tagHash: rng(32),
  recordId: rng(16),
  target: undefined,
  movedTo: undefined,
  blobHash: ZERO,
  stanzaHash: ZERO,
  size: 0,
  day: 20_000,
  contentKind: "text/plain",
  keySetId: parameters.keySetId,
  count: 1,
  previous: ZERO,
});
const signed = (manifest: Partial<Manifest>, secretKey = hexToBytes(keys.signSecretKey)): Uint8Array =>
  signDocument(LABELS.signManifest, Manifest, { ...blank(), ...manifest }, secretKey);

/** Somebody else's record, whose tag begins like this. */
function foreign(beginning: string, secretKey = hexToBytes(keys.signSecretKey)): Uint8Array {
  const recordId = rng(16);
  blobs.set(bytesToHex(recordId), utf8ToBytes("sealed to somebody else"));
  const tagHash = hexToBytes(beginning + bytesToHex(rng(32)).slice(beginning.length));
  return signed({ tagHash, recordId, size: 23 }, secretKey);
}

async function record(text: string, place: Pick<Manifest, "count" | "previous">): Promise<Uint8Array> {
  const about = {
    serviceId: serviceIdOfKeys(keys),
    tagHash: hexToBytes(session.tagHash),
    recordId: rng(16),
    keySetId: parameters.keySetId,
  };
  const { blob, sha256, stanzaHash } = await sealRecord({
    ...about,
    plaintext: utf8ToBytes(text),
    serviceRecipient: keys.ageRecipient,
    sessionRecipient: CheckIn.decode(hexToBytes(session.checkIn!)).sessionRecipient,
    threshold: { recordKey: keySet.keys.record, groupHybridKey: keySet.groupHybridKey },
    rng,
  });
  blobs.set(bytesToHex(about.recordId), blob);
  return signed({ ...about, ...place, blobHash: sha256, stanzaHash, size: blob.length });
}

beforeAll(async () => {
  [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  await wallet.checkIn(await wallet.readInvitation(invitation(keys)));
  session = wallet.sessions[0]!;
  const card = invitation(keys).card;
  world.answer = (path) => {
    if (path === "/v1/services") return { cards: [toBase64(card)] };
    if (path.includes("/buckets/-"))
      return { records: rows.map((m) => ({ manifest: toBase64(m), status: "current" })) };
    return blobs.get(path.split("/blobs/")[1] ?? "");
  };
  const first = await record("first", { count: 1, previous: ZERO });
  const second = await record("second", { count: 2, previous: manifestHashOf(first) });
  recordIds = [...blobs.keys()];
  const withdrawal = signed({
    kind: "withdrawal",
    tagHash: hexToBytes(session.tagHash),
    target: hexToBytes(recordIds[0]!),
    count: 3,
    previous: manifestHashOf(second),
  });
  chain = [first, second, withdrawal];
});

const asked = (): string[] => world.asked.splice(0);
const states = async () => {
  const { records, faults } = await wallet.records();
  return {
    records: records.map((r) => [new TextDecoder().decode(r.plaintext), r.status]),
    faults: faults.map((f) => [f.tagHash === session.tagHash, f.recordId, f.reason]),
  };
};

it("what became of a record is read from the clinic's statements, in whatever order and with whatever word they come", async () => {
  rows = chain.toReversed().concat(chain);
  expect(await states()).toEqual({
    records: [
      ["first", "withdrawn"],
      ["second", "current"],
    ],
    faults: [],
  });
});

it("a link that is withheld is told; what opens is shown beside the fault", async () => {
  rows = [chain[0]!, chain[2]!];
  expect(await states()).toEqual({
    records: [["first", "withdrawn"]],
    faults: [[true, undefined, "manifest 2 is missing or out of place"]],
  });
});

it("a blob that is withheld or exchanged is told, and so is a manifest of another's", async () => {
  const kept = blobs.get(recordIds[1]!)!;
  const forged = signed({ tagHash: hexToBytes(session.tagHash), count: 4 }, ed25519.keygen(rng(32)).secretKey);
  rows = [...chain, forged];
  blobs.delete(recordIds[1]!);
  expect((await states()).faults.map((f) => f[2])).toEqual([
    "manifest is not signed by this service",
    "the service does not hand out the blob",
  ]);
  rows = chain;
  blobs.set(recordIds[1]!, blobs.get(recordIds[0]!)!);
  expect(await states()).toEqual({
    records: [["first", "withdrawn"]],
    faults: [[true, recordIds[1], "blob is not the one the clinic signed"]],
  });
  blobs.set(recordIds[1]!, kept);
});

it("asks for all blobs of a bucket that sixteen signed tags share, and never for a narrower one later", async () => {
  const fresh = await world.wallet(wallet.recoveryWords); // has told nothing yet
  await fresh.enrol(ACCOUNT, "code");
  rows = chain;
  expect(await fresh.recover()).toBe(1);
  const tag = session.tagHash;
  const other = tag.startsWith("0") ? "1" : "0";
  const near = Array.from({ length: 15 }, () => foreign(tag.slice(0, 2)));
  const far = Array.from({ length: 16 }, () => foreign(other));
  // tags that the operator makes up, to have its patient ask for the own ones alone
  const stranger = ed25519.keygen(rng(32)).secretKey;
  const forged = Array.from({ length: 16 }, () => foreign(tag.slice(0, 4), stranger));
  rows = [...chain, ...near, ...far, ...forged];
  asked();
  const { downloadedBlobs } = await fresh.records();
  expect(downloadedBlobs).toBe(recordIds.length + near.length);
  expect(fresh.sessions[0]!.bucketDigits).toBe(2);
  expect(asked().every((path) => path.includes("/buckets/-") || path.includes("/blobs/"))).toBe(true);

  rows.push(...Array.from({ length: 16 }, () => foreign(tag.slice(0, 4))));
  await fresh.records();
  expect(fresh.sessions[0]!.bucketDigits).toBe(2);
  rows = [...chain, ...far];
  expect((await fresh.records()).downloadedBlobs).toBe(recordIds.length + far.length);
  expect(fresh.sessions[0]!.bucketDigits).toBe(0);
});

it("a recovery finds no session in manifests that the service has not signed", async () => {
  const fresh = await world.wallet(wallet.recoveryWords);
  await fresh.enrol(ACCOUNT, "code");
  rows = [signed({ tagHash: hexToBytes(session.tagHash) }, ed25519.keygen(rng(32)).secretKey)];
  expect(await fresh.recover()).toBe(0);
  rows = chain;
  expect(await fresh.recover()).toBe(1);
});
