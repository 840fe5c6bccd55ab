// The worker's methods for asking: the requester's own keys and certificate, an order, its progress, and what it opens. What a
// case opens is held in memory only. A case itself is kept in the locker until somebody removes it.

import {
  type CaseStatus,
  createRequesterKeys,
  epochOf,
  type Fetched,
  type FhirEntry,
  type FhirResource,
  fromBase64url,
  type OpenedChunk,
  type OrderRequest,
  ParametersCache,
  type PreparedOrder,
  Requester,
  type RequesterKeys,
  readContent,
  requesterFingerprint,
  SymbolonError,
  saveOrder,
  toBase64url,
  writeJson,
  writeRequesterKeys,
} from "../../../client/index.ts";
import { tell } from "../../shared/remote.ts";
import { clinic, deployment, deskTransport, locker } from "./held.ts";
import { sessionOf } from "./reception.ts";
import type { OpenedView } from "./records.ts";

interface KeptRequester {
  name: string;
  role: string;
  signSecretKey: string;
  signPublicKey: string;
  sealSecretKey: string;
  sealPublicKey: string;
  /** Signed<RequesterCertificate> in base64url, once the operator gave it */
  certificate?: string;
}
export interface RequesterView {
  name: string;
  role: string;
  certified: boolean;
  /** for the operator: the public keys, and who asks */
  request: string;
  /** letters that the operator reads too, before it signs */
  letters: string;
}

export interface CaseView {
  caseId: string;
  kind: OrderRequest["kind"];
  purpose: string;
  legalGround: string;
  emergency: boolean;
  /** epochs, both included */
  from: number;
  to: number;
  /** unix seconds */
  askedAt: number;
  expiresAt: number;
  /** of the visit that the order starts from */
  tid: string | undefined;
}
interface KeptCase extends CaseView {
  saved: string;
}

export interface StatusView {
  state: CaseStatus["state"];
  needed: number;
  trustees: number;
  decisions: { trustee: number; decision: "approve" | "refuse"; reason: string }[];
  /** the service shows decisions that do not verify; none of them is in `decisions` */
  untrue: boolean;
  opened: number;
  of: number;
}

/** A record that a case opened, or the reason why it cannot be read. */
export interface CaseRecord {
  epoch: number;
  clinic: string;
  tid: string | undefined;
  recordId: string | undefined;
  state: string | undefined;
  /** days since 1970-01-01 */
  day: number | undefined;
  opened: OpenedView | undefined;
  fault: string | undefined;
}
export interface PersonView {
  selector: string;
  resource: FhirResource;
  warnings: string[];
}
export interface CaseContent {
  records: CaseRecord[];
  /** the oldest month whose records are all here; the newest months come first */
  monthsFrom: number | undefined;
  /** months whose list of visits is not proven to be whole */
  unproved: number[];
  done: boolean;
  person: PersonView | undefined;
  failure: string | undefined;
}

export interface AskRequest {
  kind: OrderRequest["kind"];
  /** tag hash of the visit (link, trace) */
  tagHash?: string;
  selector?: string;
  purpose: string;
  legalGround: string;
  /** how many months back, this one included */
  months: number;
  emergency: boolean;
  ownClinicOnly?: boolean;
}

/** Nobody has certified this desk's requester yet. */
class NoRequesterError extends Error {
  override name = "NoRequesterError";
  readonly code = "no-requester";
}

const hexOf = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const now = (): number => Math.floor(Date.now() / 1000);

// ---- the requester

const keptRequester = (): Promise<KeptRequester | undefined> => locker().get<KeptRequester>("requester");

const keysOf = (kept: KeptRequester): RequesterKeys => ({
  signSecretKey: bytesOf(kept.signSecretKey),
  signPublicKey: bytesOf(kept.signPublicKey),
  seal: { secretKey: bytesOf(kept.sealSecretKey), publicKey: bytesOf(kept.sealPublicKey) },
});

function requesterView({ name, role, certificate, ...keys }: KeptRequester): RequesterView {
  const request = { name, role, signKey: bytesOf(keys.signPublicKey), sealKey: bytesOf(keys.sealPublicKey) };
  return {
    name,
    role,
    certified: certificate !== undefined,
    request: writeRequesterKeys(request),
    letters: requesterFingerprint(request),
  };
}

let asked: { certificate: string; requester: Requester } | undefined;

/** @throws NoRequesterError; RequesterError certificate */
async function requester(): Promise<Requester> {
  const kept = await keptRequester();
  if (kept?.certificate === undefined) throw new NoRequesterError("no certificate yet");
  if (asked?.certificate !== kept.certificate)
    asked = {
      certificate: kept.certificate,
      requester: new Requester(deskTransport(), deployment(), keysOf(kept), fromBase64url(kept.certificate)),
    };
  return asked.requester;
}

/** The months that may be asked for: only an emergency has the current one, and none is before the deployment's first. */
async function monthsOf({ months, emergency }: AskRequest): Promise<{ from: number; to: number }> {
  const current = epochOf(now());
  const parameters = new ParametersCache(deskTransport(), deployment(), clinic().parameters);
  await parameters.of(current);
  const first = Math.min(...parameters.believed.map(({ document }) => document.epochFrom));
  const to = emergency ? current : current - 1;
  return { from: Math.max(to - Math.max(1, months) + 1, first), to };
}

// ---- cases

const keptCases = async (): Promise<KeptCase[]> => (await locker().get<KeptCase[]>("cases")) ?? [];
const caseView = ({ saved: _, ...view }: KeptCase): CaseView => view;

const orders = new Map<string, PreparedOrder>();
async function orderOf(caseId: string): Promise<PreparedOrder> {
  const seen = orders.get(caseId);
  if (seen) return seen;
  const kept = (await keptCases()).find((one) => one.caseId === caseId);
  if (!kept) throw new NoRequesterError("no such case at this desk");
  const order = await (await requester()).load(kept.saved);
  orders.set(caseId, order);
  return order;
}

function statusView(asker: Requester, order: PreparedOrder, status: CaseStatus): StatusView {
  const { state, needed, trustees, chunks } = status;
  const about = { state, needed, trustees, opened: chunks.opened, of: chunks.of };
  try {
    const made = asker.decisions(order, status);
    return {
      ...about,
      decisions: made.map(({ trustee, decision, reason }) => ({ trustee, decision, reason })),
      untrue: false,
    };
  } catch (error) {
    if (!(error instanceof SymbolonError)) throw error;
    return { ...about, decisions: [], untrue: true };
  }
}

// ---- what a case opens

interface Opening {
  content: CaseContent;
  fetched: Fetched[];
}
const openings = new Map<string, Opening>();

let clinicNames: Promise<ReadonlyMap<string, string>> | undefined;
/** Names of clinics by service id, for people; nothing is decided by them. */
async function nameOf(serviceId: string): Promise<string> {
  clinicNames ??= (await requester()).serviceNames();
  return (await clinicNames).get(serviceId) ?? serviceId.slice(0, 8);
}

function openedView(bytes: Uint8Array, contentKind: string): OpenedView {
  const content = readContent(bytes, contentKind);
  if (content.readable)
    return {
      kind: "fhir",
      resources: content.entries.map(({ resource }) => resource),
      form: undefined,
    };
  if (content.wrong) return { kind: "unreadable", reason: content.reason };
  return { kind: "file", contentKind, bytes: new Uint8Array(bytes) };
}

async function recordView(one: Fetched): Promise<CaseRecord> {
  const { epoch, serviceId } = one.session;
  const at = { epoch, clinic: await nameOf(serviceId), recordId: one.recordId };
  if (!one.ok)
    return { ...at, tid: undefined, state: undefined, day: one.manifest?.day, opened: undefined, fault: one.reason };
  const opened = one.plaintext && openedView(one.plaintext, one.entry.contentKind);
  return { ...at, tid: one.tid, state: one.state, day: one.entry.day, opened, fault: undefined };
}

const personView = ({
  selector,
  patient,
  warnings,
}: {
  selector: string;
  patient: FhirEntry;
  warnings: readonly string[];
}): PersonView => ({
  selector,
  resource: patient.resource,
  warnings: [...warnings],
});

/** Opens a case step by step. Each change is told to the page. */
async function carry(caseId: string, opening: Opening): Promise<void> {
  const { content } = opening;
  const changed = (): void => tell("case-content", { caseId, content });
  const asker = await requester();
  const order = await orderOf(caseId);
  if (order.order.kind === "trace") {
    await asker.advance(order);
    content.person = personView(await asker.trace(order));
  } else {
    const namePerson = async (): Promise<void> => {
      if (order.order.kind === "assemble") content.person ??= personView(await asker.person(order));
    };
    const chunks = async function* (): AsyncGenerator<OpenedChunk> {
      for await (const chunk of asker.open(order)) {
        content.unproved.push(...chunk.unproved.map(({ epoch }) => epoch));
        changed();
        yield chunk;
        // The reader asks for the next chunk once it has given every record of this one.
        content.monthsFrom = chunk.epochFrom;
        // Early, so that the person gets a letter even if nobody waits for the oldest months. A failure is told at the end.
        await namePerson().catch(() => {});
        changed();
      }
    };
    for await (const one of asker.fetchRecords(chunks())) {
      opening.fetched.push(one);
      content.records.push(await recordView(one));
      changed();
    }
    await namePerson();
  }
  content.done = true;
  changed();
}

export const askApi = {
  async requester(): Promise<RequesterView | undefined> {
    const kept = await keptRequester();
    return kept && requesterView(kept);
  },

  async createRequester(name: string, role: string): Promise<RequesterView> {
    const keys = createRequesterKeys((n) => crypto.getRandomValues(new Uint8Array(n)));
    const kept: KeptRequester = {
      name: name.trim(),
      role: role.trim(),
      signSecretKey: hexOf(keys.signSecretKey),
      signPublicKey: hexOf(keys.signPublicKey),
      sealSecretKey: hexOf(keys.seal.secretKey),
      sealPublicKey: hexOf(keys.seal.publicKey),
    };
    await locker().put("requester", kept);
    return requesterView(kept);
  },

  /** @throws RequesterError certificate */
  async importCertificate(text: string): Promise<RequesterView> {
    const kept = await keptRequester();
    if (!kept) throw new NoRequesterError("make keys first");
    let certificate: Uint8Array;
    try {
      certificate = fromBase64url(text.replace(/\s/g, ""));
    } catch {
      certificate = new Uint8Array();
    }
    void new Requester(deskTransport(), deployment(), keysOf(kept), certificate);
    const next = { ...kept, certificate: toBase64url(certificate) };
    await locker().put("requester", next);
    return requesterView(next);
  },

  async forgetRequester(): Promise<void> {
    asked = undefined;
    await locker().delete("requester");
  },

  /** Makes and submits an order. @throws RequesterError, ApiError */
  async ask(request: AskRequest): Promise<CaseView> {
    const session = request.tagHash === undefined ? undefined : await sessionOf(request.tagHash);
    const asker = await requester();
    const epochs = await monthsOf(request);
    const order = await asker.order({
      kind: request.kind,
      purpose: request.purpose,
      legalGround: request.legalGround,
      emergency: request.emergency,
      ...(request.kind !== "trace" && { epochs }),
      ...(request.ownClinicOnly && { services: [hexOf(clinic().serviceId)] }),
      subject: session ? { checkIn: session.checkInBytes } : { selector: request.selector ?? "" },
    });
    const kept: KeptCase = {
      caseId: order.caseId,
      kind: request.kind,
      purpose: request.purpose,
      legalGround: request.legalGround,
      emergency: request.emergency,
      from: order.order.epochFrom,
      to: order.order.epochTo,
      askedAt: order.order.issuedAt,
      expiresAt: order.order.expiresAt,
      tid: session?.tid,
      saved: saveOrder(order),
    };
    // Kept before it is sent: a case that nobody can open afterwards would still be in the log.
    await locker().put("cases", [kept, ...(await keptCases())]);
    orders.set(order.caseId, order);
    await asker.submit(order);
    await clinic()
      .watchCase(order.caseId)
      .catch(() => null); // the page asks for the state as well
    return caseView(kept);
  },

  /** Sends an order again that did not reach the escrow. Doing it again changes nothing. */
  async resend(caseId: string): Promise<void> {
    await (await requester()).submit(await orderOf(caseId));
  },

  cases: async (): Promise<CaseView[]> => (await keptCases()).map(caseView),

  async removeCase(caseId: string): Promise<void> {
    openings.delete(caseId);
    orders.delete(caseId);
    await locker().put(
      "cases",
      (await keptCases()).filter((one) => one.caseId !== caseId),
    );
  },

  async caseStatus(caseId: string): Promise<StatusView> {
    const [asker, order] = await Promise.all([requester(), orderOf(caseId)]);
    return statusView(asker, order, await asker.status(order));
  },

  /** Starts to open an approved case, once. The content comes as the event "case-content". */
  openCase(caseId: string): CaseContent {
    const running = openings.get(caseId);
    if (running && running.content.failure === undefined) return running.content;
    const content: CaseContent = {
      records: [],
      monthsFrom: undefined,
      unproved: [],
      done: false,
      person: undefined,
      failure: undefined,
    };
    const opening: Opening = { content, fetched: [] };
    openings.set(caseId, opening);
    carry(caseId, opening).catch((cause: unknown) => {
      content.failure = (cause as { code?: string }).code ?? String(cause);
      tell("case-content", { caseId, content });
    });
    return content;
  },

  /** All records as one FHIR document, as JSON. */
  async report(caseId: string): Promise<string> {
    const opening = openings.get(caseId);
    const order = await orderOf(caseId);
    const asker = await requester();
    const patient = order.order.kind === "assemble" ? (await asker.person(order)).patient : undefined;
    const report = await asker.report(order, opening?.fetched ?? [], patient);
    return writeJson(report as unknown as Parameters<typeof writeJson>[0]);
  },
};
