// What is measured in each region. `arm` prepares outside the clock and answers with what is timed.
//
//   check-in   a prepared check-in, from the request to the receipt
//   put        a record of 10 kB: sealed, signed, chained, stored
//   list       one page of the clinic's sessions and one of its manifests, 50 rows each
//   own report the wallet's records of 2 sessions at 2 clinics, fetched in buckets, opened, as one document
//   link       an approved order over 1 closed month: from the last approval to readable records
//   enrol      a person registered, a phone enrolled, its first credential fetched
//   counts     a service's numbers of sessions and records

import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { ENTITLEMENTS, type HeldCheckIn, heldCheckIns, samplePatient, sendHeld } from "../world.ts";
import { REPORT_SESSIONS, type Region } from "./region.ts";

export interface Operation {
  name: string;
  /** in the plot */
  plotted: boolean;
  arm(region: Region, turns: number): Promise<() => Promise<void>>;
}

const RECORD_BYTES = 10_000;
const PAGE = 50;

const held = new WeakMap<Region, HeldCheckIn[]>();
const checkIn: Operation = {
  name: "check-in",
  plotted: true,
  async arm(region, turns) {
    const waiting = held.get(region) ?? (await heldCheckIns(region.practice, region.clinic, turns));
    held.set(region, waiting);
    const one = waiting.pop()!;
    return () => sendHeld(region.practice, one);
  },
};

let turn = 0;
const put: Operation = {
  name: "record put",
  plotted: true,
  async arm({ practice, clinic, writing }) {
    const session = writing[turn++ % writing.length]!;
    const plaintext = practice.transport.rng(RECORD_BYTES);
    return async () => {
      await clinic.putRecord(session, plaintext, { contentKind: "application/octet-stream" });
    };
  },
};

const list: Operation = {
  name: "list",
  plotted: true,
  async arm({ clinicApi }) {
    await clinicApi.ownJson("/sessions?limit=1"); // the token
    return async () => {
      const { sessions } = await clinicApi.ownJson<{ sessions: unknown[] }>(`/sessions?limit=${PAGE}`);
      const { records } = await clinicApi.ownJson<{ records: unknown[] }>(`/records?limit=${PAGE}`);
      if (sessions.length !== PAGE || records.length !== PAGE) throw new Error("a page was not full");
    };
  },
};

const report: Operation = {
  name: "own report",
  plotted: true,
  async arm(region) {
    return async () => {
      const own = await region.wallet.records();
      if (own.records.length !== REPORT_SESSIONS || own.faults.length > 0)
        throw new Error(`${own.records.length} records, ${own.faults.length} faults`);
      await region.wallet.report(own);
      region.downloaded = own.downloadedBlobs;
    };
  },
};

const link: Operation = {
  name: "link",
  plotted: true,
  async arm({ practice, requester, session, closed }) {
    const prepared = await requester.order({
      kind: "link",
      purpose: "Treatment in an emergency",
      legalGround: "GDPR Article 9(2)(c), vital interests",
      epochs: { from: closed, to: closed },
      subject: { checkIn: session.checkInBytes },
    });
    await requester.submit(prepared);
    const [last, ...first] = practice.officers.slice(0, practice.threshold).reverse();
    const waiting = async (officer: typeof last) => (await officer!.inbox()).find((c) => c.caseId === prepared.caseId)!;
    for (const officer of first) await officer.approve(await waiting(officer));
    const order = await waiting(last);
    return async () => {
      await last!.approve(order);
      await requester.advance(prepared);
      let readable = 0;
      for await (const r of requester.fetchRecords(await requester.openResult(prepared)))
        if (r.ok && r.plaintext) readable++;
      if (readable !== REPORT_SESSIONS) throw new Error(`${readable} records became readable`);
    };
  },
};

let people = 0;
const enrol: Operation = {
  name: "enrol",
  plotted: true,
  async arm({ practice: { operator, transport, deployment } }) {
    const { patient } = samplePatient().bundle;
    const wallet = await Wallet.create({ transport, deployment, store: new MemoryStore() });
    return async () => {
      const { account, enrolmentCode } = await operator.registerPerson(patient, `growth-${people++}`, ENTITLEMENTS);
      await wallet.enrol(account, enrolmentCode);
    };
  },
};

const counts: Operation = {
  name: "counts",
  plotted: false,
  async arm({ practice, clinic }) {
    const url = `${practice.deployment.serviceUrl}/v1/services/${bytesToHex(clinic.serviceId)}/counts`;
    return async () => {
      const answer = await fetch(url, { headers: { "symbolon-clock": String(practice.clock.now) } });
      if (!answer.ok) throw new Error(`counts: ${answer.status}`);
      await answer.arrayBuffer();
    };
  },
};

export const OPERATIONS: readonly Operation[] = [checkIn, put, list, report, counts, link, enrol];
