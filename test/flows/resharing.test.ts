// A resharing on the running system: 2 of 3 trustees become 3 of 5. Trustee 2 leaves, another organisation takes its place, and
// two more join. Records, cases and credentials of before still open, and the shares of before open nothing.
//
// Six trustee Workers run. The first three are the pinned committee. The sixth has index 2, because it takes that place. After
// the resharing the operator gives the Workers the new addresses, so the host starts again on the same state.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import { approveResharing, readResharing } from "../../client/officer/resharing.ts";
import { SoftwarePasskey } from "../../client/officer/software-passkey.ts";
import { Officer } from "../../client/officer.ts";
import { registerOfficer } from "../../client/operator/ceremony.ts";
import { type ResharingInput, runResharing } from "../../client/operator/resharing.ts";
import type { Deployment } from "../../client/parameters.ts";
import { createRequesterKeys, type OrderRequest, type PreparedOrder, Requester } from "../../client/requester.ts";
import { ApiError } from "../../client/transport.ts";
import { approvedOrder, joinRecords, tracePatient } from "../../demo/cases.ts";
import { type HostOptions, startHost } from "../../local/host.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";
import { Stopwatch } from "../../local/stopwatch.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { objectRows } from "../attacks/cases.ts";

const START = Date.UTC(2026, 8, 10) / 1000;
const EPOCH = epochOf(START);
const persist = mkdtempSync(join(tmpdir(), "symbolon-resharing-"));
const options: HostOptions = {
  persist,
  port: 20_000 + Math.floor(Math.random() * 20_000),
  trustees: 6,
  committee: 3,
  trusteeIndexes: [1, 2, 3, 4, 5, 2],
};
const watch = new Stopwatch();

let p: Practice;
let clinic: Clinic;
let anna: EnrolledPatient;
let first: ClinicSession;
let begun: PreparedOrder;
let requester: Requester;
let certificate: Uint8Array;
/** identity keys of the new committee */
let committee: readonly Uint8Array[];
const keys = createRequesterKeys((n) => crypto.getRandomValues(new Uint8Array(n)));
/** the practice under its new committee */
let later: Practice;

async function visit(record: string): Promise<ClinicSession> {
  const { tagHash } = await anna.wallet.checkIn(await anna.wallet.readInvitation(await clinic.invitation()));
  const session = await clinic.session(tagHash);
  await clinic.putRecord(session, new TextEncoder().encode(record));
  return session;
}
const link = (checkInBytes: Uint8Array): OrderRequest => ({
  kind: "link",
  purpose: "Patient unconscious in the emergency room",
  legalGround: "GDPR Article 9(2)(c), vital interests",
  epochs: { from: EPOCH, to: EPOCH },
  emergency: true,
  subject: { checkIn: checkInBytes },
});

beforeAll(async () => {
  p = await openPractice({ ...options, threshold: 2, slots: 4, start: START });
  clinic = await p.openClinic("Clinic A");
  const patient = { fullUrl: "urn:uuid:anna", resource: { resourceType: "Patient", id: "anna" } };
  anna = await p.enrolPatient(patient, "SYM-ANNA", { coverage: "standard", age: "adult" });
  certificate = await p.operator.certifyRequester({
    signKey: bytesToHex(keys.signPublicKey),
    sealKey: keys.seal.publicKey,
    name: "Dr. Ada Emery",
    role: "clinician",
  });
  requester = new Requester(p.transport, p.deployment, keys, certificate);
  first = await visit("before the resharing");
  begun = await approvedOrder(p, requester, link(first.checkInBytes));
}, 240_000);
afterAll(async () => {
  await p?.host.stop();
  rmSync(persist, { recursive: true, force: true });
});

/** URLs of all six trustee Workers, and the new committee's in index order. */
const urlsOf = () => {
  const all = p.host.urls.trustees as [string, string, string, string, string, string];
  return { all, next: [all[0], all[5], all[2], all[3], all[4]] };
};
const inputOf = (more: Partial<ResharingInput> = {}): ResharingInput => {
  const { all, next } = urlsOf();
  return {
    oldUrls: all.slice(0, 3),
    newUrls: next,
    pinnedKeys: p.host.trusteeIdentityKeys,
    dealers: [1, 3],
    threshold: 3,
    adminSecretKey: p.host.adminSecretKey,
    approve: async (trustee, id, plan) => {
      const options = p.officers[trustee - 1]!.access;
      await approveResharing(options, id, plan);
    },
    ...more,
  };
};
const secretsIn = (trustee: number): unknown[] =>
  objectRows(p.host, `trustee-${trustee}-TrusteeVault`, "SELECT generation FROM keys").map((r) => r.generation);

describe("a resharing", () => {
  it("is refused while an officer of a dealer has not approved the plan", async () => {
    const silent = runResharing(p.transport, inputOf({ approve: async () => {} }));
    await expect(silent).rejects.toThrow(/no officer of this trustee has approved/);
    expect([1, 2, 3].map(secretsIn)).toEqual([[0], [0], [0]]);
  });

  it("turns 2 of 3 into 3 of 5, with the same keys and a chain from the pinned committee", async () => {
    const seen: unknown[] = [];
    const { chain, keySet } = await runResharing(
      p.transport,
      inputOf({
        approve: async (trustee, id, plan) => {
          seen.push(readResharing(plan));
          await approveResharing(p.officers[trustee - 1]!.access, id, plan);
        },
      }),
    );
    expect(keySet).toMatchObject({ threshold: 3, generation: 1 });
    committee = keySet.identityKeys;
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatchObject({ threshold: 3, dealers: [1, 3], generation: 0 });
    // The shares of before are overwritten, and the trustee that left holds none.
    expect([1, 2, 3, 4, 5, 6].map(secretsIn)).toEqual([[1], [], [1], [1], [1], [1]]);
    await p.operator.publishKeySets(chain);
  }, 60_000);

  it("hands a share on to one plan only", async () => {
    const again = runResharing(p.transport, inputOf());
    await expect(again).rejects.toBeInstanceOf(ApiError);
  });

  it("leaves a case of before refused, with a reason that its requester can act on", async () => {
    await expect(requester.advance(begun)).rejects.toThrow(/other key set or generation|keys not generated/);
  });

  it("the Workers get the new trustees' addresses", async () => {
    const { next } = urlsOf();
    await p.host.stop();
    const roles = ["registrar", "service", "escrow", "trustee-1", "trustee-3", "trustee-4", "trustee-5", "trustee-6"];
    const override = Object.fromEntries(roles.map((role) => [role, { TRUSTEE_URLS: JSON.stringify(next) }]));
    const host = await startHost({ ...options, override });
    p = { ...p, host };
    const deployment: Deployment = { ...p.deployment, trusteeUrls: next };
    // An officer's app pins the key of the officer's own trustee.
    const present = { ...deployment, trusteeKeys: committee.map(bytesToHex) };
    const officers = await Promise.all(
      next.map(async (trusteeUrl, i) => {
        const old = i === 0 || i === 2 ? p.officers[i] : undefined;
        if (old) return old;
        const { hostname, origin } = new URL(trusteeUrl);
        const authenticator = await SoftwarePasskey.create({ rpId: hostname, origin });
        await registerOfficer(p.transport, trusteeUrl, host.adminSecretKey, authenticator.registration);
        return new Officer({ transport: p.transport, deployment: present, trustee: i + 1, authenticator });
      }),
    );
    later = { ...p, deployment, officers, threshold: 3 };
  }, 120_000);
});

describe("under the new committee", () => {
  it("a credential of before still checks in, and a link opens the visits of before and after", async () => {
    const second = await visit("after the resharing");
    const clinician = new Requester(p.transport, later.deployment, keys, certificate);
    const { sessions, fetched } = await joinRecords(later, clinician, link(second.checkInBytes), watch);
    expect(sessions).toHaveLength(2);
    const texts = fetched.map((f) => f.ok && new TextDecoder().decode(f.plaintext));
    expect(texts.sort()).toEqual(["after the resharing", "before the resharing"]);
  }, 60_000);

  it("a trace and an assemble of data of before open", async () => {
    const clinician = new Requester(p.transport, later.deployment, keys, certificate);
    const person = await tracePatient(later, clinician, first.checkInBytes, watch);
    expect(person.resource.id).toBe("anna");
    const request: OrderRequest = {
      ...link(first.checkInBytes),
      kind: "assemble",
      subject: { selector: anna.selector },
    };
    const { sessions, patient } = await joinRecords(later, clinician, request, watch);
    expect(sessions).toHaveLength(2);
    expect(patient?.resource.id).toBe("anna");
  }, 60_000);

  it("the patient finds the cases of both committees", async () => {
    const notices = await anna.wallet.notices();
    expect(notices.length).toBeGreaterThanOrEqual(3);
  });
});
