// S14 Erasure. After an erasure nobody gets the blob or its wrapped keys from the system, and the act stands in the log.
// Platform backups run out after their stated window.
//
// The same hunt runs before and after. It looks for the blob's own bytes and for those of each wrapped key (its age stanzas)
// in every row of every D1 database and Durable Object, and in every R2 object on disk. Then it tries every door of the API,
// as everybody who could open the record: clinic, patient, requester with an approved case. In the control the service
// Worker only marks the record as erased.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { OpenedCase, Requester } from "../../client/requester.ts";
import { extractThresholdStanza } from "../../client/sealing/record.ts";
import { api, apiBytes, apiJson } from "../../client/transport.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { LogEntry, Manifest, manifestHashOf, openSigned } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  approvedBy,
  cosigned,
  enrolled,
  hex,
  indexOf,
  LINK,
  monitorOf,
  newRequester,
  outcome,
  playedBy,
  START,
  text,
  turn,
} from "./cases.ts";
import { dumpStores } from "./dump.ts";

const FORGETS_THE_BLOB = [
  playedBy("switched-service", "functions/service.ts"),
  {
    file: "functions/service/manifests.ts",
    find: 'if (value.kind === "erasure") {',
    replace: 'if (value.kind === "erasure" && !careless()) {',
  },
];

let p: Practice;
let clinic: Clinic;
let alice: Awaited<ReturnType<typeof enrolled>>;
let session: ClinicSession;
let other: ClinicSession;
let requester: Requester;
let opened: OpenedCase;
/** a record each to erase, to keep, to erase carelessly, to move */
let ids: { erased: string; kept: string; careless: string; moved: string };
const blobs = new Map<string, Uint8Array>();

beforeAll(async () => {
  p = await openPractice({ start: START, slots: 4, epochs: 1, weaken: { service: FORGETS_THE_BLOB } });
  clinic = await p.openClinic("General practice");
  alice = await enrolled(p, "Alice");
  const checkIn = async () => {
    const { tagHash } = await alice.wallet.checkIn(await alice.wallet.readInvitation(await clinic.invitation()));
    return clinic.session(tagHash);
  };
  [session, other] = [await checkIn(), await checkIn()];
  const put = (words: string) => clinic.putRecord(session, text(words));
  ids = {
    erased: await put("to be erased"),
    kept: await put("to be kept"),
    careless: await put("to be erased carelessly"),
    moved: await put("filed under the wrong TID"),
  };
  for (const id of Object.values(ids)) blobs.set(id, await blobOf(id));
  await indexOf(p, session.epoch, 2);
  ({ requester } = await newRequester(p, "Dr. Reader"));
  const prepared = await approvedBy(
    p,
    requester,
    {
      ...LINK,
      purpose: "care",
      epochs: { from: session.epoch, to: session.epoch },
      emergency: true,
      subject: { checkIn: session.checkInBytes },
    },
    [1, 2],
  );
  await requester.advance(prepared);
  opened = await requester.openResult(prepared);
}, 240_000);
afterAll(() => p?.stop());

const path = (rest: string): string => `/v1/services/${hex(clinic.serviceId)}${rest}`;
const blobOf = (id: string): Promise<Uint8Array> =>
  apiBytes(p.transport, p.deployment.serviceUrl, path(`/blobs/${id}`));

/** The bytes that must be gone: 48 from the middle of the sealed content, and 48 of each wrapped key. */
function needles(id: string): Buffer[] {
  const blob = Buffer.from(blobs.get(id)!);
  const end = blob.indexOf("\n---");
  const stanzas = blob.subarray(0, end).toString("latin1").split("\n-> ").slice(1);
  const wraps = stanzas.map((s) => Buffer.from(s.split("\n").slice(1).join("").replaceAll("=", ""), "base64"));
  const threshold = Buffer.from(extractThresholdStanza(blob));
  return [blob.subarray(end + 60, end + 108), threshold.subarray(-48), ...wraps.map((w) => w.subarray(-48))];
}

/** Every store the system has, and where in it one of the needles stands, as bytes, hex, base64 or base64url. */
function hunt(id: string): string[] {
  const found: string[] = [];
  const wanted = needles(id);
  const look = (where: string, bytes: Uint8Array): void => {
    const b = Buffer.from(bytes);
    const forms = (n: Buffer) => [
      n,
      n.toString("hex"),
      n.subarray(0, 45).toString("base64"),
      n.subarray(0, 45).toString("base64url"),
    ];
    if (wanted.some((n) => forms(n).some((f) => b.includes(f)))) found.push(where);
  };
  const dump = dumpStores(p.host.persist);
  const keys = new Map([...dump.objects].map(([key, bytes]) => [bytes, key]));
  for (const { file, table, cells } of dump.rows)
    for (const value of Object.values(cells))
      if (value !== null) look(`${file} ${table}`, value instanceof Uint8Array ? value : Buffer.from(String(value)));
  for (const { file, bytes } of dump.files) if (file.includes("/blobs/")) look(keys.get(bytes) ?? file, bytes); // R2's objects, and what it left of deleted ones
  return found;
}

const patientsView = async (id: string) => (await alice.wallet.records()).records.find((r) => r.recordId === id);
async function requestersView(id: string) {
  for await (const record of requester.fetchRecords(opened)) if (record.recordId === id) return record;
  return undefined;
}
const words = (plaintext: Uint8Array | undefined): string => new TextDecoder().decode(plaintext);

describe("before", () => {
  it("control: the hunt finds the blob where it is, and everybody entitled opens it", async () => {
    const found = hunt(ids.erased);
    expect(found.length).toBe(1);
    expect(found[0]).toMatch(new RegExp(`^records/${hex(clinic.serviceId)}/${ids.erased}/`));
    expect(words(await clinic.open(ids.erased))).toBe("to be erased");
    expect(words((await patientsView(ids.erased))!.plaintext)).toBe("to be erased");
    const fetched = await requestersView(ids.erased);
    expect(fetched?.ok && words(fetched.plaintext)).toBe("to be erased");
  });
});

describe("after erasure", () => {
  beforeAll(() => clinic.erase(session, ids.erased), 240_000);

  it("no store holds the blob or a wrapped key", async () => expect(hunt(ids.erased)).toEqual([]));
  it("no door gives it out: clinic, patient, requester, public reading, sweeps", async () => {
    expect(await outcome(() => blobOf(ids.erased))).toBe("expired: This record was erased.");
    expect(await outcome(() => clinic.open(ids.erased))).toBe("expired: This record was erased.");
    expect(await patientsView(ids.erased)).toMatchObject({ status: "erased", plaintext: undefined });
    const fetched = await requestersView(ids.erased);
    expect(fetched).toMatchObject({ ok: true, state: "erased", plaintext: undefined });
    const texts = await Promise.all(
      [path("/buckets/0.1"), path("/buckets/0.1?limit=1")].map(async (x) =>
        (await api(p.transport, p.deployment.serviceUrl, x)).text(),
      ),
    );
    for (const n of needles(ids.erased))
      expect(texts.some((t) => t.includes(n.subarray(0, 45).toString("base64url")))).toBe(false);
  });
  it("it cannot be undone, amended or uploaded again", async () => {
    expect(await outcome(() => clinic.amend(session, ids.erased, text("again")))).toContain("not-allowed-now");
    expect(await outcome(() => clinic.withdraw(session, ids.erased))).toContain("not-allowed-now");
    expect(hunt(ids.erased)).toEqual([]);
  });
  it("the act stands in the log, by the hash of its signed manifest, which stays", async () => {
    const { records } = await apiJson<{ records: { manifest: string }[] }>(
      p.transport,
      p.deployment.serviceUrl,
      path("/buckets/0.1"),
    );
    const manifests = records.map((r) => readBase64url(r.manifest));
    const read = manifests.map((m) => openSigned(LABELS.signManifest, Manifest, m).value);
    expect(read.map((m) => hex(m.recordId))).toContain(ids.erased);
    const act = manifests[read.findIndex((m) => m.kind === "erasure" && hex(m.target!) === ids.erased)]!;
    await cosigned(p);
    const monitor = monitorOf(p);
    const followed = await monitor.follow();
    if (!followed.ok) throw new Error(followed.reason);
    const index = followed.entries.findIndex((bytes) => {
      const entry = LogEntry.decode(bytes);
      return entry.kind === "erasure" && hex(entry.subject) === hex(manifestHashOf(act));
    });
    expect(index).toBeGreaterThan(0);
    expect(await monitor.includes(index, followed.entries[index]!)).toEqual({ ok: true });
    // and says nothing of session or record
    for (const secret of [session.tagHash, ids.erased])
      expect(Buffer.from(followed.entries[index]!).includes(Buffer.from(secret, "hex"))).toBe(false);
  });
  it("the other records of the session are untouched", async () => {
    expect(words(await clinic.open(ids.kept))).toBe("to be kept");
    expect(words((await patientsView(ids.kept))!.plaintext)).toBe("to be kept");
    expect(hunt(ids.kept).length).toBe(1);
  });
  it("a record moved to the right session leaves no blob in the wrong one", async () => {
    const moved = await clinic.move(session, ids.moved, other);
    expect(hunt(ids.moved)).toEqual([]);
    expect(words(await clinic.open(moved))).toBe("filed under the wrong TID");
  });
  it("nobody but the clinic erases", async () => {
    const another = await p.openClinic("Another clinic");
    const records = await clinic.records(session);
    expect(records.find((r) => r.recordId === ids.kept)?.state).toBe("current");
    expect(await outcome(() => another.erase(session, ids.kept))).not.toBe("accepted");
    expect(hunt(ids.kept).length).toBe(1);
  });
});

it("control: where the Worker only marks the record, the blob is still in R2", async () => {
  await turn(p.deployment.serviceUrl, true);
  await clinic.erase(session, ids.careless);
  await turn(p.deployment.serviceUrl, false);
  expect(await patientsView(ids.careless)).toMatchObject({ status: "erased" }); // it looks the same from outside
  expect(hunt(ids.careless).length).toBe(1);
  expect(await outcome(() => blobOf(ids.careless))).toBe("accepted");
});
