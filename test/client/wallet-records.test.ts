// A wallet fetches its own records from a service that may lie about them or withhold them.

import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type ClinicKeys, clinicCard, serviceIdOfKeys } from "../../client/clinic/keys.ts";
import { sealRecord } from "../../client/sealing/record.ts";
import { knownPhones } from "../../client/wallet/claims.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import { claimKey, walletRoot } from "../../client/wallet/keys.ts";
import type { WalletSession } from "../../client/wallet/state.ts";
import type { Wallet } from "../../client/wallet.ts";
import { enrolWith } from "../../local/enrol.ts";
import { writeGroup } from "../../protocol/blob-group.ts";
import { type Part, partOf, readPart } from "../../protocol/buckets.ts";
import { bytesToHex, concatBytes, hexToBytes, u32be, utf8ToBytes } from "../../protocol/bytes.ts";
import { sealClaim } from "../../protocol/claim.ts";
import { CheckIn, Manifest, manifestHashOf, Signed, signDocument } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { problems } from "../support/fhir-document.ts";
import { serviceListAt } from "../support/service-list.ts";
import { rng } from "../support/trustees.ts";
import {
  ACCOUNT,
  EPOCH,
  invitation,
  keySet,
  NOW,
  newClinic,
  parameters,
  receipts,
  World,
} from "../support/wallet-world.ts";

const ZERO = new Uint8Array(32);
const world = new World();
let wallet: Wallet;
let keys: ClinicKeys;
let session: WalletSession;
let chain: Uint8Array[];
let recordIds: string[];
/** The manifests that the service lists, and the blobs that it has. */
let rows: Uint8Array[] = [];
const blobs = new Map<string, Uint8Array>();

const liesIn = (row: Uint8Array, { n, of }: Part): boolean =>
  partOf(bytesToHex(Manifest.decode(Signed.decode(row).document).tagHash), of).n === n;
const serviceHex = (): string => bytesToHex(serviceIdOfKeys(keys));

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

/** Another patient's record. Its tag hash begins with this hex. */
function foreign(beginning: string, secretKey = hexToBytes(keys.signSecretKey)): Uint8Array {
  const recordId = rng(16);
  blobs.set(bytesToHex(recordId), utf8ToBytes("sealed to somebody else"));
  const tagHash = hexToBytes(beginning + bytesToHex(rng(32)).slice(beginning.length));
  return signed({ tagHash, recordId, size: 23 }, secretKey);
}

async function record(
  content: string | Uint8Array,
  place: Pick<Manifest, "count" | "previous"> & Partial<Manifest>,
): Promise<Uint8Array> {
  const about = {
    serviceId: serviceIdOfKeys(keys),
    tagHash: hexToBytes(session.tagHash),
    recordId: rng(16),
    keySetId: parameters.keySetId,
  };
  const { blob, sha256, stanzaHash } = await sealRecord({
    ...about,
    plaintext: typeof content === "string" ? utf8ToBytes(content) : content,
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
    const listed = serviceListAt(path, [card, ...fakes.map((fake) => clinicCard(fake))], receipts.secretKey);
    if (listed) return listed;
    if (path.endsWith("/claims")) return claims(path.split("/")[3] as Hex);
    const part = readPart(/\/buckets\/([\d.]+)/.exec(path)?.[1] ?? "");
    if (part)
      return {
        records: rows.filter((m) => liesIn(m, part)).map((m) => ({ manifest: toBase64url(m), status: "current" })),
      };
    const ids = path.split("/blobs?ids=")[1]?.split(".");
    return ids ? writeGroup(ids.map((id) => blobs.get(id))) : blobs.get(path.split("/blobs/")[1] ?? "");
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

const REPORTED = /^(?:Observation|DocumentReference)$/;

describe("the own report", () => {
  const potassium = (id: string) =>
    JSON.stringify({ resourceType: "Observation", id, status: "final", code: { text: `Potassium ${id}` } });
  let good: string[];

  /** Six records: FHIR, a PDF, FHIR cut off, FHIR whose blob is missing, FHIR whose blob is another one, FHIR. */
  async function mixed(): Promise<void> {
    const contents: [string, Partial<Manifest>][] = [
      [potassium("first"), { contentKind: "application/fhir+json" }],
      ["%PDF-1.7", { contentKind: "application/pdf", day: 4_294_967_295 }],
      [potassium("cut").slice(0, 30), { contentKind: "application/fhir+json" }],
      [potassium("missing"), { contentKind: "application/fhir+json" }],
      [potassium("swapped"), { contentKind: "application/fhir+json" }],
      [potassium("last"), { contentKind: "application/fhir+json" }],
    ];
    rows = [];
    const before = new Set(blobs.keys());
    for (const [content, more] of contents) {
      const last = rows.at(-1);
      const place = { count: rows.length + 1, previous: last ? manifestHashOf(last) : ZERO };
      rows.push(await record(content, { ...place, ...more }));
    }
    good = [...blobs.keys()].filter((id) => !before.has(id));
    blobs.delete(good[3]!);
    blobs.set(good[4]!, blobs.get(good[0]!)!);
    const forged = Manifest.decode(Signed.decode(rows[0]!).document);
    rows.push(signed(forged, ed25519.keygen(rng(32)).secretKey));
  }

  it("holds every record that opens, and each other one as a document with its reason", async () => {
    await mixed();
    for (const holder of [wallet, await recovered()]) {
      const report = await holder.report();
      expect(problems(report)).toEqual([]);
      const told = report.entry
        .map(({ resource }) => resource)
        .filter(({ resourceType }) => REPORTED.test(resourceType))
        .map(({ id, description, resourceType }) => (resourceType === "Observation" ? id : description));
      expect(new Set(told)).toEqual(
        new Set([
          "first",
          "last",
          "The record is a PDF document, and no FHIR resource.",
          "The content is not JSON.",
          "The service does not hand out the blob.",
          "The blob is not the one that the clinic signed.",
          "The manifest is not signed by this service.",
        ]),
      );
      expect(told).toHaveLength(7);
      const pdf = report.entry.find(({ resource }) => String(resource.description).includes("PDF"))!.resource;
      const [{ attachment }] = pdf.content as [{ attachment: Record<string, unknown> }];
      expect(attachment).toMatchObject({ contentType: "application/pdf", size: 8, title: "Clinic, 9999-12-31" });
      expect(atob(String(attachment.data))).toBe("%PDF-1.7");
    }
  });

  const recovered = async (): Promise<Wallet> => {
    const fresh = await world.wallet(wallet.recoveryWords);
    await enrolWith(fresh, { account: ACCOUNT, enrolmentCode: "code" });
    expect(await fresh.recover()).toBe(1);
    return fresh;
  };

  it("is not held up by a service whose list never ends", async () => {
    const answer = world.answer;
    let asked = 0;
    world.answer = (path, body) => {
      if (!path.includes("/buckets/")) return answer(path, body);
      if (++asked > 40) throw new Error("the list is read for ever");
      return { ...(answer(path, body) as object), cursor: "again" };
    };
    try {
      const own = await wallet.records();
      expect(own.faults).toMatchObject([{ serviceName: "Clinic", reason: expect.stringContaining("pages") }]);
    } finally {
      world.answer = answer;
    }
  });

  it("is not held up by a service that lists new manifests without end", async () => {
    const answer = world.answer;
    let made = 0;
    world.answer = (path, body) => {
      if (!path.includes("/buckets/")) return answer(path, body);
      if (made > 100_000) throw new Error("the list is read for ever");
      const records = Array.from({ length: 8192 }, () => ({ manifest: toBase64url(u32be(made++)) }));
      return { records, cursor: String(made) };
    };
    try {
      const own = await wallet.records();
      expect(own.faults).toMatchObject([{ serviceName: "Clinic", reason: expect.stringContaining("more than 65536") }]);
    } finally {
      world.answer = answer;
    }
  });

  it("is not held up by a service whose answer has another form", async () => {
    const answer = world.answer;
    try {
      for (const form of [{}, { records: null }, { records: [null] }, { records: [{}] }, [], null, 7]) {
        world.answer = (path, body) => (path.includes("/buckets/") ? Response.json(form) : answer(path, body));
        const own = await wallet.records();
        expect(own.faults, JSON.stringify(form)).toMatchObject([{ serviceName: "Clinic", recordId: undefined }]);
      }
    } finally {
      world.answer = answer;
    }
  });

  it("names a clinic whose records are not listed at all, and goes on", async () => {
    const answer = world.answer;
    world.answer = (path) => (path.includes("/buckets/") ? { records: [{ manifest: "!" }] } : answer(path, ZERO));
    try {
      const own = await wallet.records();
      expect(own.records).toEqual([]);
      expect(own.faults).toMatchObject([{ serviceName: "Clinic", tagHash: session.tagHash, recordId: undefined }]);
      const report = await wallet.report(own);
      expect(problems(report)).toEqual([]);
      expect(JSON.stringify(report.entry[0]!.resource.text)).toContain("1 could not be read: Clinic.");
    } finally {
      world.answer = answer;
    }
  });
});

/** The claims that a service lists: the one session is of this clinic. */
let claims = (id: Hex): Uint8Array => {
  const made = stateOf(wallet).sessions[0]!;
  if (id !== serviceHex()) return new Uint8Array();
  return concatBytes(hexToBytes(made.tagHash), u32be(made.epoch), CheckIn.decode(hexToBytes(made.checkIn!)).claim);
};
let fakes: ClinicKeys[] = [];

const asked = (): string[] => world.asked.splice(0);
const states = async () => {
  const { records, faults } = await wallet.records();
  return {
    records: records.map((r) => [new TextDecoder().decode(r.plaintext), r.status]),
    faults: faults.map((f) => [f.tagHash === session.tagHash, f.recordId, f.reason]),
  };
};

it("takes the state of a record from the clinic's statements, in whatever order the service lists them", async () => {
  rows = chain.toReversed().concat(chain);
  expect(await states()).toEqual({
    records: [
      ["first", "withdrawn"],
      ["second", "current"],
    ],
    faults: [],
  });
});

it("reports a manifest that is withheld, and shows the records that open beside the fault", async () => {
  rows = [chain[0]!, chain[2]!];
  expect(await states()).toEqual({
    records: [["first", "withdrawn"]],
    faults: [[true, undefined, "The session's chain of manifests has a gap: manifest 2 is missing or out of place"]],
  });
});

it("reports a blob that is withheld or substituted, and a manifest that another service signed", async () => {
  const kept = blobs.get(recordIds[1]!)!;
  const forged = signed({ tagHash: hexToBytes(session.tagHash), count: 4 }, ed25519.keygen(rng(32)).secretKey);
  rows = [...chain, forged];
  blobs.delete(recordIds[1]!);
  expect((await states()).faults.map((f) => f[2])).toEqual([
    "The manifest is not signed by this service.",
    "The service does not hand out the blob.",
  ]);
  rows = chain;
  blobs.set(recordIds[1]!, blobs.get(recordIds[0]!)!);
  expect(await states()).toEqual({
    records: [["first", "withdrawn"]],
    faults: [[true, recordIds[1], "The blob is not the one that the clinic signed."]],
  });
  blobs.set(recordIds[1]!, kept);
});

it("asks by a bucket that about a hundred signed tags share, and always by the same bucket", async () => {
  const fresh = await world.wallet(wallet.recoveryWords); // has not told the service a bucket yet
  await enrolWith(fresh, { account: ACCOUNT, enrolmentCode: "code" });
  rows = chain;
  expect(await fresh.recover()).toBe(1);
  const tag = session.tagHash;
  const evenly = (n: number, key?: Uint8Array<ArrayBuffer>): Uint8Array[] =>
    Array.from({ length: n }, (_, i) =>
      foreign(
        Math.floor(((i + 0.5) * 65_536) / n)
          .toString(16)
          .padStart(4, "0"),
        key,
      ),
    );
  const others = evenly(300); // 100 in each of three parts
  // Tags that the operator makes up, so that the wallet would choose a bucket with only its own.
  const forged = evenly(900, ed25519.keygen(rng(32)).secretKey);
  rows = [...chain, ...others, ...forged];
  asked();
  const first = await fresh.records();
  expect(first.faults).toEqual([]);
  expect(stateOf(fresh).sessions[0]!.bucket).toEqual({ parts: 3, to: EPOCH });
  const part = partOf(tag, 3);
  const inBucket = rows.filter((m) => liesIn(m, part));
  // The wallet downloads every blob of the bucket, even of unsigned manifests. So its own ones do not show.
  expect(first.downloadedBlobs).toBe(inBucket.length - 1); // a statement has none
  const [sample, bucket, ...rest] = asked();
  expect(sample).toBe(`service.test/v1/services/${serviceHex()}/buckets/0.1?limit=64`);
  expect(bucket).toBe(`service.test/v1/services/${serviceHex()}/buckets/${part.n}.3?to=${EPOCH}`);
  expect(rest.every((path) => path.includes("/blobs"))).toBe(true);

  rows.push(...evenly(600));
  world.now += 40 * 86_400;
  await fresh.records();
  expect(asked().filter((path) => !path.includes("/blobs"))).toEqual([bucket]);
  world.now = NOW;
});

it("takes all of a service that has signed for few sessions, whatever else it lists", async () => {
  for (const few of [10, 63]) {
    const fresh = await world.wallet(wallet.recoveryWords);
    await enrolWith(fresh, { account: ACCOUNT, enrolmentCode: "code" });
    rows = chain;
    await fresh.recover();
    const stranger = ed25519.keygen(rng(32)).secretKey;
    // Low tags, so that they seem to lie close together. The own tag is not among them.
    const near = Array.from({ length: few - 1 }, (_, i) => foreign(`0000${i.toString(16).padStart(2, "0")}`));
    const made = Array.from({ length: 100 }, () => foreign("0000", stranger));
    rows = [...near, ...near, ...made, ...chain];
    await fresh.records();
    expect(stateOf(fresh).sessions[0]!.bucket).toEqual({ parts: 1, to: EPOCH });
  }
});

it("recovers nothing by a list of claims that does not end, and does not take it for whole", async () => {
  const answer = world.answer;
  const fresh = await world.wallet(wallet.recoveryWords);
  await enrolWith(fresh, { account: ACCOUNT, enrolmentCode: "code" });
  const listed = claims(serviceHex() as Hex);
  let asked = 0;
  try {
    for (const next of [() => "again", () => String(asked % 2), () => ""]) {
      asked = 0;
      world.answer = (path, body) => {
        if (!path.includes("/claims")) return answer(path, body);
        if (++asked > 40) throw new Error("the list is read for ever");
        return new Response(listed as BodyInit, { headers: { "symbolon-cursor": next() } });
      };
      await expect(fresh.recover()).rejects.toMatchObject({ code: "bad-answer" });
    }
    world.answer = (path, body) => {
      if (!path.includes("/claims")) return answer(path, body);
      const isLast = path.includes("cursor=");
      const headers: HeadersInit = isLast ? {} : { "symbolon-cursor": "next" };
      return new Response((isLast ? listed : listed.slice(0, 0)) as BodyInit, { headers });
    };
    await expect(fresh.recover()).rejects.toMatchObject({ code: "bad-answer" }); // an empty page that goes on
  } finally {
    world.answer = answer;
  }
  expect(await fresh.recover()).toBe(1); // control: the honest list
});

it("recovers no session that another service claims, and one of a phone that the registrar does not name", async () => {
  const made = claims;
  const impostor = await newClinic("Impostor");
  fakes = [impostor];
  const impostorId = bytesToHex(serviceIdOfKeys(impostor));
  const honest = made(serviceHex() as Hex);
  try {
    // The impostor copies tag and claim, which everybody can read.
    claims = (id) => (id === impostorId ? honest : new Uint8Array());
    const fresh = await world.wallet(wallet.recoveryWords);
    await enrolWith(fresh, { account: ACCOUNT, enrolmentCode: "code" });
    expect(await fresh.recover()).toBe(0);
    // A claim under another key, for the right service and tag.
    const told = {
      generation: 0,
      salt: hexToBytes(stateOf(wallet).generations[0]!.salt),
      epoch: EPOCH,
      slot: session.slot,
    };
    const place = { serviceId: hexToBytes(serviceHex()), tagHash: hexToBytes(session.tagHash) };
    const row = (claim: Uint8Array) => concatBytes(place.tagHash, u32be(EPOCH), claim);
    claims = (id) => (id === impostorId ? new Uint8Array() : row(sealClaim(rng(32), place, told, rng)));
    expect(await fresh.recover()).toBe(0);
    // A claim that opens and names another slot than the tag's.
    const own = claimKey(walletRoot(wallet.recoveryWords));
    const slot = (session.slot + 1) % 4;
    claims = (id) => (id === impostorId ? new Uint8Array() : row(sealClaim(own, place, { ...told, slot }, rng)));
    expect(await fresh.recover()).toBe(0);
    // Control: the wallet's own claim at its own clinic. The registrar hides the phone under which it was made.
    claims = made;
    world.contracts.splice(0);
    const second = await world.wallet(wallet.recoveryWords);
    const offer = await second.startEnrolment(ACCOUNT, "code");
    await second.confirmEnrolment(offer, { withoutEarlierPhone: true });
    expect(stateOf(second).generations).toHaveLength(1);
    expect(await second.recover()).toBe(1);
    const [phone] = stateOf(wallet).generations;
    expect(stateOf(second).sessions[0]).toMatchObject({ salt: phone!.salt, serviceId: serviceHex() });
    expect(knownPhones(stateOf(second))).toHaveLength(2); // notices are looked for under both
  } finally {
    claims = made;
    fakes = [];
  }
});
