// S1 Unlinkable, for links. The operator of the Workers reads every request of a requester to the service and the escrow, and
// guesses which sessions of a clinic a case is about. It does no better than chance within the bucket.
//
// For the control, a requester asks for the blobs of its own sessions alone, as this SDK did before.

import { afterAll, beforeAll, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { Requester } from "../../client/requester.ts";
import { apiBytes } from "../../client/transport.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { approvedBy, enrolled, hex, indexOf, LINK, newRequester, START, visit } from "./cases.ts";

const PATIENTS = ["Alice", "Bob", "Carol", "Dora", "Erik", "Fay"];

let p: Practice;
let clinic: Clinic;
let requester: Requester;
const sessions: ClinicSession[] = [];
/** by session, the ids of its records */
const records: string[][] = [];

beforeAll(async () => {
  p = await openPractice({ start: START, slots: 4, epochs: 1 });
  clinic = await p.openClinic("General practice");
  for (const name of PATIENTS) {
    const session = await visit((await enrolled(p, name)).wallet, clinic);
    sessions.push(session);
    records.push((await clinic.records(session)).map((r) => r.recordId));
  }
  await indexOf(p, sessions[0]!.epoch, PATIENTS.length);
  ({ requester } = await newRequester(p, "Dr. Ward"));
}, 240_000);
afterAll(() => p?.stop());

interface Seen {
  /** of requests to the service */
  service: string[];
  /** path and body of requests to the escrow */
  escrow: string[];
}
/** The operator's log while `act` runs. */
async function logOf(act: () => Promise<unknown>): Promise<Seen> {
  const seen: Seen = { service: [], escrow: [] };
  const { fetch } = p.transport;
  p.transport.fetch = async (input, init) => {
    const url = String(input);
    if (url.startsWith(p.deployment.serviceUrl)) seen.service.push(url.slice(p.deployment.serviceUrl.length));
    if (url.startsWith(p.deployment.escrowUrl))
      seen.escrow.push(`${url} ${init?.body ? Buffer.from(init.body as Uint8Array).toString("latin1") : ""}`);
    return fetch(input, init);
  };
  try {
    await act();
  } finally {
    p.transport.fetch = fetch;
  }
  return seen;
}

/** The sessions that the log names most often, by tag or by record: the operator's best guess. */
function guess({ service, escrow }: Seen): number[] {
  const log = [...service, ...escrow];
  const named = sessions.map(({ tagHash }, i) => {
    const names = [tagHash, ...records[i]!].flatMap((id) => [id, toBase64url(hexToBytes(id))]);
    return log.filter((line) => names.some((name) => line.includes(name))).length;
  });
  const most = Math.max(...named);
  return named.flatMap((n, i) => (n === most ? [i] : []));
}

async function link(subject: ClinicSession): Promise<Seen> {
  const request = {
    ...LINK,
    purpose: "an emergency",
    epochs: { from: subject.epoch, to: subject.epoch },
    emergency: true,
    subject: { checkIn: subject.checkInBytes },
  };
  const prepared = await approvedBy(p, requester, request, [1, 2]);
  const read: string[] = [];
  const seen = await logOf(async () => {
    for await (const fetched of requester.fetchRecords(requester.open(prepared)))
      if (fetched.ok && fetched.plaintext) read.push(fetched.session.tagHash);
  });
  expect(read).toEqual([subject.tagHash]);
  return seen;
}

it("the log of a link does not tell which session of the bucket it found", async () => {
  const [alices, bobs] = [await link(sessions[0]!), await link(sessions[1]!)];
  const everybody = PATIENTS.map((_, i) => i);
  expect(guess(alices)).toEqual(everybody);
  // The service saw the same requests in both cases. Six are under way at once, so the order is that of the network.
  expect([...alices.service].sort()).toEqual([...bobs.service].sort());
  const asked = alices.service.flatMap((path) => path.split("/blobs?ids=")[1]?.split(".") ?? []);
  expect([...asked].sort()).toEqual([...records.flat()].sort());
  // The escrow saw the same lengths.
  const shares = ({ escrow }: Seen) => escrow.filter((line) => line.includes("record-shares")).map((l) => l.length);
  expect(shares(alices)).toEqual(shares(bobs));
  expect(shares(alices)).toHaveLength(1);
});

it("control: a requester that asks for its own sessions alone tells the operator which they are", async () => {
  const seen = await logOf(async () => {
    for (const id of records[2]!) {
      const path = `/v1/services/${hex(clinic.serviceId)}/blobs/${id}`;
      await apiBytes(p.transport, p.deployment.serviceUrl, path);
    }
  });
  expect(guess(seen)).toEqual([2]);
});
