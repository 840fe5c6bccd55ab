// A record of 25 MB passes through the service's Worker, which never holds it as a whole.
//
// Upload: the sender goes in lockstep with R2. It sends the next piece only when the earlier pieces stand in R2's file on
// disk. A Worker that waited for more bytes before it passed any on would wait for ever. Upload and download: at each piece
// the test reads how much memory the Worker's isolate holds, so a Worker that keeps a copy is seen. Nothing here is timed.
//
// The control is a Worker that gathers the body first. The same two signs reveal it.

import { readdirSync, statSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attachTo, heldBytes, type Isolate } from "../../bench/inspector.ts";
import { Clinic, type ClinicSession } from "../../client/clinic.ts";
import type { Transport } from "../../client/transport.ts";
import type { Weakening } from "../../local/bundles.ts";
import { samplePatients } from "../../local/patients.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";

const PLAINTEXT_BYTES = 25_000_000;
const PIECE_BYTES = 1_000_000;
/** bytes that were sent and are not on R2's disk yet: they may be under way in the Worker and in R2's stand-in */
const MAX_UNDER_WAY_BYTES = 65_536;
/** garbage not yet collected, whatever the size of the record; a third of this one */
const MAX_RISE_BYTES = 8_000_000;
const OCTETS = { contentKind: "application/octet-stream" };

interface Setting {
  practice: Practice;
  clinic: Clinic;
  session: ClinicSession;
  isolate: Isolate;
}

async function openSetting(weaken: Weakening[] = []): Promise<Setting> {
  const practice = await openPractice({ inspectorPort: 0, weaken: { service: weaken } });
  const clinic = await practice.openClinic("Radiology");
  const { patient } = samplePatients()[0]!.bundle;
  const { wallet } = await practice.enrolPatient(patient, "SYM-1", { coverage: "standard", age: "adult" });
  const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
  const session = await clinic.session(tagHash);
  const isolate = await attachTo(practice.host, "core:user:service");
  await clinic.open(await clinic.putRecord(session, new Uint8Array(100), OCTETS)); // everything that is made once per isolate now exists
  return { practice, clinic, session, isolate };
}
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 2));
}

/** Bytes that R2 has written so far, including files that still grow. */
function onDisk({ practice }: Setting): number {
  const directory = join(practice.host.persist, "r2/symbolon-blobs/blobs");
  return readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

const pieces = (body: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(body.length / PIECE_BYTES) }, (_, i) =>
    body.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES),
  );
const answerTo = (sent: ClientRequest): Promise<IncomingMessage> =>
  new Promise((done, failed) => sent.once("response", done).once("error", failed));

type Sender = (sent: ClientRequest, body: Uint8Array) => Promise<void>;
/** The clinic, whose uploads are sent by a sender of the test. */
function clinicSending({ practice, clinic }: Setting, sender: Sender): Clinic {
  const put: Transport["fetch"] = async (input, init) => {
    if (init?.method !== "PUT") return practice.transport.fetch(input, init);
    const body = init.body as Uint8Array;
    const headers = { ...(init.headers as Record<string, string>), "content-length": String(body.length) };
    const sent = request(String(input), { method: "PUT", headers });
    const answer = answerTo(sent);
    await sender(sent, body);
    sent.end();
    const { statusCode } = await answer;
    return new Response("{}", { status: statusCode! });
  };
  return new Clinic({ ...practice.transport, fetch: put }, practice.deployment, clinic.keys);
}

const blobUrl = ({ practice, clinic }: Setting, recordId: string): string =>
  `${practice.deployment.serviceUrl}/v1/services/${bytesToHex(clinic.serviceId)}/blobs/${recordId}`;

describe("the service", () => {
  let setting: Setting;
  let recordId: string;
  let size = 0;
  beforeAll(async () => {
    setting = await openSetting();
  });
  afterAll(async () => {
    setting?.isolate.close();
    await setting?.practice.stop();
  });

  it("passes an upload on as it comes", async () => {
    const [before, diskBefore] = [await heldBytes(setting.isolate), onDisk(setting)];
    let most = 0;
    const clinic = clinicSending(setting, async (sent, body) => {
      size = body.length;
      let under = 0;
      for (const piece of pieces(body)) {
        sent.write(piece);
        under += piece.length;
        await until(() => onDisk(setting) - diskBefore >= under - MAX_UNDER_WAY_BYTES);
        most = Math.max(most, await heldBytes(setting.isolate));
      }
    });
    recordId = await clinic.putRecord(setting.session, new Uint8Array(PLAINTEXT_BYTES), OCTETS);
    expect(onDisk(setting) - diskBefore).toBe(size);
    expect(most - before).toBeLessThan(MAX_RISE_BYTES);
  });

  it("passes a download on as it is read", async () => {
    const before = await heldBytes(setting.isolate);
    const answer = answerTo(request(blobUrl(setting, recordId)).end());
    let [read, asked, most] = [0, 0, 0];
    for await (const chunk of await answer) {
      if (read >= asked) {
        most = Math.max(most, await heldBytes(setting.isolate));
        asked += PIECE_BYTES;
      }
      read += chunk.length;
    }
    expect(read).toBe(size);
    expect(most - before).toBeLessThan(MAX_RISE_BYTES);
  });
});

describe("control: a Worker that gathers the body first", () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await openSetting([{ swap: "functions/service.ts", with: "test/attacks/roles/gathering-service.ts" }]);
  });
  afterAll(async () => {
    setting?.isolate.close();
    await setting?.practice.stop();
  });

  it("is seen by both signs", async () => {
    const [before, diskBefore] = [await heldBytes(setting.isolate), onDisk(setting)];
    const clinic = clinicSending(setting, async (sent, body) => {
      const all = pieces(body);
      for (const piece of all.slice(0, -1)) sent.write(piece);
      await until(async () => (await heldBytes(setting.isolate)) - before > PLAINTEXT_BYTES / 2);
      expect(onDisk(setting)).toBe(diskBefore);
      sent.write(all.at(-1)!);
    });
    const recordId = await clinic.putRecord(setting.session, new Uint8Array(PLAINTEXT_BYTES), OCTETS);

    const unread = await answerTo(request(blobUrl(setting, recordId)).end());
    expect((await heldBytes(setting.isolate)) - before).toBeGreaterThan(PLAINTEXT_BYTES / 2);
    unread.destroy();
  });
});
