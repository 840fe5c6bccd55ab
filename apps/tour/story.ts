// The story of the tour, played on the running system by the objects of the SDK. Each act is one step of scene.ts. Nothing is
// feigned: every party asks the roles, and signs and opens with keys of its own. The player holds all of them, as nobody does
// outside this machine.

import {
  asHex,
  Clinic,
  type ClinicSession,
  createRequesterKeys,
  type Deployment,
  type FhirEntry,
  MemoryDeviceMark,
  MemoryStore,
  Officer,
  Operator,
  type PreparedOrder,
  Requester,
  readRecord,
  SoftwarePasskey,
  systemTransport,
  Wallet,
} from "../../client/index.ts";
import { emptyScene, type Scene, type SceneVisit, type Step } from "./scene.ts";
import type { StageKeys } from "./stage.ts";

const PERSON = { given: "Amira", family: "Holm", birthDate: "1988-04-02" };
const DOCTOR = { name: "Dr. Ruth Okafor", role: "emergency physician" };
const ORDER = { purpose: "found unconscious, allergies not known", legalGround: "GDPR Article 9(2)(c)" };
const NOTICE_TRIES = 20;
const NOTICE_PAUSE_MS = 500;

/** The findings of the two visits, by the code that the words know. */
const FINDINGS = {
  penicillin: { code: "91936005", display: "Allergy to penicillin" },
  asthma: { code: "195967001", display: "Asthma" },
} as const;

const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const personEntry = (): FhirEntry => {
  const id = crypto.randomUUID();
  return {
    fullUrl: `urn:uuid:${id}`,
    resource: {
      resourceType: "Patient",
      id,
      name: [{ family: PERSON.family, given: [PERSON.given] }],
      birthDate: PERSON.birthDate,
      gender: "female",
    },
  };
};

const findingEntry = ({ code, display }: (typeof FINDINGS)[keyof typeof FINDINGS]): FhirEntry => {
  const id = crypto.randomUUID();
  return {
    fullUrl: `urn:uuid:${id}`,
    resource: {
      resourceType: "Condition",
      id,
      clinicalStatus: {
        coding: [{ system: "http://terminology.hl7.org/CodeSystem/condition-clinical", code: "active" }],
      },
      code: { coding: [{ system: "http://snomed.info/sct", code, display }], text: display },
    },
  };
};

/** The names of the findings that a record holds. */
function findingsIn(plaintext: Uint8Array | undefined): string[] {
  if (plaintext === undefined) return [];
  return readRecord(plaintext).flatMap(({ resource }) => {
    const code = resource.code as { text?: unknown } | undefined;
    return typeof code?.text === "string" ? [code.text] : [];
  });
}

export class Story {
  readonly scene: Scene = emptyScene();
  readonly #transport = systemTransport();
  readonly #deployment: Deployment;
  readonly #keys: StageKeys;
  readonly #operator: Operator;
  readonly #clinics: Clinic[];
  readonly #sessions: ClinicSession[] = [];
  #wallet: Wallet | undefined;
  #enrolment: { account: string; enrolmentCode: string } | undefined;
  #requester: Requester | undefined;
  #order: PreparedOrder | undefined;

  constructor(deployment: Deployment, keys: StageKeys) {
    this.#deployment = deployment;
    this.#keys = keys;
    this.#operator = new Operator(this.#transport, deployment, fromHex(keys.adminKey));
    this.#clinics = keys.clinics.map((own) => new Clinic(this.#transport, deployment, own));
  }

  readonly acts: Record<Step, () => Promise<void>> = {
    begin: async () => {},
    register: () => this.#register(),
    enrol: () => this.#enrol(),
    invite: () => this.#invite(0),
    checkIn: () => this.#checkIn(0),
    file: () => this.#file(0, "penicillin"),
    read: () => this.#read(),
    second: async () => {
      await this.#invite(1);
      await this.#checkIn(1);
      await this.#file(1, "asthma");
    },
    order: () => this.#ask(),
    approveFirst: () => this.#approve(0),
    approveSecond: async () => {
      await this.#approve(1);
      await this.#open();
    },
    notice: () => this.#findNotice(),
  };

  async #register(): Promise<void> {
    const entitlements = { coverage: "standard", age: "adult" };
    const selector = `TOUR-${Date.now()}`;
    this.#enrolment = await this.#operator.registerPerson(personEntry(), selector, entitlements);
    const { account, enrolmentCode } = this.#enrolment;
    const { given, family, birthDate } = PERSON;
    this.scene.person = { name: `${given} ${family}`, birthDate, code: `${account}.${enrolmentCode}` };
  }

  async #enrol(): Promise<void> {
    const parts = { store: new MemoryStore(), deviceMark: new MemoryDeviceMark() };
    const wallet = await Wallet.create({ transport: this.#transport, deployment: this.#deployment, ...parts });
    const { account, enrolmentCode } = this.#enrolment!;
    await wallet.confirmEnrolment(await wallet.startEnrolment(account, enrolmentCode));
    this.#wallet = wallet;
    this.scene.enrolled = true;
  }

  async #invite(at: number): Promise<void> {
    const clinic = this.#clinics[at]!;
    this.scene.visits[at] = { clinic: clinic.keys.name, invitation: await clinic.invitationText() };
  }

  async #checkIn(at: number): Promise<void> {
    const visit = this.scene.visits[at]!;
    const offer = await this.#wallet!.readInvitation(visit.invitation);
    const { tid, tagHash } = await this.#wallet!.checkIn(offer);
    const session = await this.#clinics[at]!.session(tagHash);
    this.#sessions[at] = session;
    const mark = this.#wallet!.visitMark(tagHash);
    // The desk draws its half from its own mark. The picture is true only if both ends have the same one.
    if (mark === undefined || mark !== (await this.#clinics[at]!.visitMark(session)))
      throw new Error("the two ends of this visit have different marks");
    Object.assign(visit, { tid, mark, shown: Object.values(session.shown) } satisfies Partial<SceneVisit>);
  }

  async #file(at: number, finding: keyof typeof FINDINGS): Promise<void> {
    await this.#clinics[at]!.fileVisit(this.#sessions[at]!, [findingEntry(FINDINGS[finding])]);
    this.scene.visits[at]!.filed = FINDINGS[finding].display;
  }

  async #read(): Promise<void> {
    const { records } = await this.#wallet!.records();
    this.scene.read = records.flatMap(({ session, plaintext }) =>
      findingsIn(plaintext).map((finding) => ({ clinic: session.serviceName, finding })),
    );
  }

  async #ask(): Promise<void> {
    const keys = createRequesterKeys(this.#transport.rng);
    const certificate = await this.#operator.certifyRequester({
      signKey: asHex([...keys.signPublicKey].map((byte) => byte.toString(16).padStart(2, "0")).join("")),
      sealKey: keys.seal.publicKey,
      ...DOCTOR,
    });
    this.#requester = new Requester(this.#transport, this.#deployment, keys, certificate);
    const epochs = this.#sessions.map(({ epoch }) => epoch);
    this.#order = await this.#requester.order({
      kind: "link",
      ...ORDER,
      epochs: { from: Math.min(...epochs), to: Math.max(...epochs) },
      emergency: true,
      subject: { checkIn: this.#sessions[0]!.checkInBytes },
    });
    await this.#requester.submit(this.#order);
    this.scene.order = { requester: `${DOCTOR.name}, ${DOCTOR.role}`, ...ORDER, months: "" };
  }

  async #approve(at: number): Promise<void> {
    const { trustee, rpId, origin, pkcs8 } = this.#keys.officers[at]!;
    const authenticator = await SoftwarePasskey.create({ rpId, origin, pkcs8: fromHex(pkcs8) });
    const officer = new Officer({ transport: this.#transport, deployment: this.#deployment, trustee, authenticator });
    const waiting = (await officer.inbox()).find(({ caseId }) => caseId === this.#order!.caseId);
    if (!waiting) throw new Error("the order is not in the officer's inbox");
    const reviewed = await officer.review(waiting);
    const { from, to } = reviewed.epochs;
    this.scene.order!.months = from === to ? from : `${from} – ${to}`;
    await officer.approve(reviewed);
    this.scene.approvedBy.push(trustee);
  }

  async #open(): Promise<void> {
    const requester = this.#requester!;
    for await (const fetched of requester.fetchRecords(requester.open(this.#order!))) {
      if (!fetched.ok) throw new Error(fetched.reason);
      for (const finding of findingsIn(fetched.plaintext)) this.scene.opened.push({ tid: fetched.tid, finding });
    }
  }

  /** The log's witnesses sign a head every moment or so. The phone reads up to the newest signed one. */
  async #findNotice(): Promise<void> {
    for (let n = 0; n < NOTICE_TRIES; n++) {
      const [notice] = await this.#wallet!.notices();
      if (notice) {
        this.scene.notice = { entry: notice.logIndex, at: notice.at };
        return;
      }
      await pause(NOTICE_PAUSE_MS);
    }
    throw new Error("the phone found no notice");
  }
}
