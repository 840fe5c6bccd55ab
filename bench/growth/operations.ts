// The operations that the growth bench measures in each region. `arm` prepares one call, and returns the function to time.
//
//   check-in    a prepared check-in, from the request to the receipt; its object is awake
//   record put  a record of 10 kB: sealed, signed, chained, stored
//   list        one page of the clinic's sessions and one page of its manifests, 50 rows each
//   own report  the wallet's records of 2 sessions at 2 clinics: fetched in buckets, opened, assembled into one document. It is
//               the wallet's first report, so it includes finding out how wide the buckets must be
//   link        an approved order over 1 closed month, from the last approval to readable records
//   enrol       a person is registered, a phone enrolled, and its first credential fetched

import { MemoryStore, Wallet } from "../../client/index.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import { enrolWith } from "../../local/enrol.ts";
import { type HeldCheckIn, heldCheckIns, sendHeld } from "../held-check-ins.ts";
import { wakeObjects } from "../session-objects.ts";
import { ENTITLEMENTS, samplePatient } from "../world.ts";
import { REPORT_SESSIONS, type Region } from "./region.ts";

export interface Operation {
  name: string;
  /** calls per turn; short operations are called more often */
  calls: number;
  arm(region: Region, calls: number): Promise<() => Promise<void>>;
}

const RECORD_BYTES = 10_000;
const PAGE = 50;

const held = new WeakMap<Region, HeldCheckIn[]>();
const checkIn: Operation = {
  name: "check-in",
  calls: 3,
  async arm(region, calls) {
    const waiting = held.get(region) ?? (await heldCheckIns(region.practice, region.clinic, calls));
    held.set(region, waiting);
    const one = waiting.pop()!;
    await wakeObjects(region.practice);
    return () => sendHeld(region.practice, one);
  },
};

let turn = 0;
const put: Operation = {
  name: "record put",
  calls: 3,
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
  calls: 10,
  async arm({ clinicApi }) {
    await clinicApi.ownJson("/sessions?limit=1"); // so that the token is fetched before the clock starts
    return async () => {
      const { sessions } = await clinicApi.ownJson<{ sessions: unknown[] }>(`/sessions?limit=${PAGE}`);
      const { records } = await clinicApi.ownJson<{ records: unknown[] }>(`/records?limit=${PAGE}`);
      if (sessions.length !== PAGE || records.length !== PAGE) throw new Error("a page was not full");
    };
  },
};

const report: Operation = {
  name: "own report",
  calls: 2,
  async arm(region) {
    const { transport, deployment } = region.practice;
    const store = new MemoryStore();
    await store.save({ ...stateOf(region.wallet), mark: undefined }, 0); // as it was before it asked for anything
    const wallet = (await Wallet.open({ transport, deployment, store }))!;
    return async () => {
      const own = await wallet.records();
      if (own.records.length !== REPORT_SESSIONS || own.faults.length > 0)
        throw new Error(`${own.records.length} records, ${own.faults.length} faults`);
      await wallet.report(own);
      region.downloaded = own.downloadedBlobs;
    };
  },
};

const link: Operation = {
  name: "link",
  calls: 1,
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
    for (const officer of first) await officer.approve(await officer.review(await waiting(officer)));
    const order = await last!.review(await waiting(last));
    return async () => {
      await last!.approve(order);
      let readable = 0;
      for await (const r of requester.fetchRecords(requester.open(prepared))) if (r.ok && r.plaintext) readable++;
      if (readable !== REPORT_SESSIONS) throw new Error(`${readable} records became readable`);
    };
  },
};

let people = 0;
const enrol: Operation = {
  name: "enrol",
  calls: 2,
  async arm({ practice: { operator, transport, deployment } }) {
    const { patient } = samplePatient().bundle;
    const wallet = await Wallet.create({ transport, deployment, store: new MemoryStore() });
    return async () => {
      const { account, enrolmentCode } = await operator.registerPerson(patient, `growth-${people++}`, ENTITLEMENTS);
      await enrolWith(wallet, { account, enrolmentCode });
    };
  },
};

export const OPERATIONS: readonly Operation[] = [checkIn, put, list, report, link, enrol];
