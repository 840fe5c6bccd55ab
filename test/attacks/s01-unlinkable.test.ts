// S1 Unlinkable. Two patients visit the same two clinics at the same moments, in swapped order, so that clinics, days and
// clocks cancel out (this is the game of the design). Then the attacker takes the operator's whole side: every D1 table, R2
// object and Durable Object of service, escrow and log, and every request to them with its answer. The attacker must not be
// able to tell which sessions belong together. No planted identity value may stand anywhere, nor in the Workers' logs.
//
// The design leaves out network addresses and the moment of a request, so alarms and R2 upload times are left out here. The
// slot number is left out because it is public. Trustees open the third patient's visits: the escrow may know those.
//
// Controls: a wallet whose random generator is stuck, and that does not hedge its draws, really visits, and the same matchers
// find it. The matchers also find a z·G left in clear, a reused u, a published V, and a published y·P2.

import { base64nopad } from "@scure/base";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import { ParametersCache } from "../../client/parameters.ts";
import { secretsOf } from "../../client/wallet/inspect.ts";
import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { approvedOrder } from "../../demo/cases.ts";
import { enrolWith } from "../../local/enrol.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { readAgeHeader } from "../../protocol/age-header.ts";
import { bytesToHex, concatBytes, type Rng, u32be } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { epochStart } from "../../protocol/epoch.ts";
import {
  decodeG1,
  decodeG2,
  G,
  type G1,
  type G2,
  handleBase,
  handleBaseG2,
  P2,
  randomScalar,
  tagBase,
} from "../../protocol/suite.ts";
import { type Dump, type DumpedRow, dumpStores, rowsOf, sideOf } from "./dump.ts";
import {
  invariantMatcher,
  Pairings,
  type Piece,
  type PublicPoints,
  pairingMatcher,
  recurringStrings,
  type SeenSession,
  sameSizes,
  telling,
} from "./matchers.ts";
import {
  decodedText,
  during,
  type Exchange,
  HOOK_MILLISECONDS,
  type PlantedPerson,
  plantedPerson,
  recordTraffic,
  utf8,
  visit,
} from "./visits.ts";

const EPOCH = 678; // 2026-07
const START = epochStart(EPOCH) + 9 * 3600;
const DAY = 86_400;
const VISITS = 3;

interface Visited {
  patient: string;
  session: ClinicSession;
  name: string;
}

let practice: Practice;
let traffic: Exchange[];
let dump: Dump;
let common: PublicPoints;
const logs: string[] = [];
const people: PlantedPerson[] = [];
const visited: Visited[] = [];
const wallets = new Map<string, Wallet>();
const table = new Pairings();

async function live(patient: string, clinic: Clinic, at: number, note: string): Promise<void> {
  const wallet = wallets.get(patient)!;
  const name = `${patient} on ${at}`;
  await practice.at(at, () =>
    during(name, async () => {
      const session = await visit(wallet, clinic);
      await clinic.putRecord(session, utf8(note));
      await wallet.send(session.tagHash, utf8(`${note} How long?`));
      await clinic.receive(session);
      await clinic.send(session, utf8("A week."));
      await wallet.receive(session.tagHash);
      await wallet.send(session.tagHash, utf8(`${note} Thanks.`)); // waits, so that the dump holds a frame
      visited.push({ patient, session, name });
    }),
  );
  practice.clock.now = Math.max(practice.clock.now, at);
}

async function enrol(name: string, wallet?: Wallet): Promise<void> {
  const person = plantedPerson(name, people.length + 1);
  people.push(person);
  const entitlements = { coverage: "standard", age: "adult" };
  if (!wallet) {
    wallets.set(name, (await practice.enrolPatient(person.entry, person.selector, entitlements)).wallet);
    return;
  }
  const { account, enrolmentCode } = await practice.operator.registerPerson(
    person.entry,
    person.selector,
    entitlements,
  );
  await enrolWith(wallet, { account, enrolmentCode });
  wallets.set(name, wallet);
}

/** The generators that a careless wallet uses as they are, without hedging its draws (protocol/hedge.ts). */
const unhedged = new Set<Rng>();
vi.mock(import("../../protocol/hedge.ts"), async (real) => {
  const { hedged } = await real();
  return { hedged: (rng, ...rest) => (unhedged.has(rng) ? rng : hedged(rng, ...rest)) };
});

/** A generator that gives the same bytes at every visit, like one that was never seeded. */
function stuckGenerator(seed: number): { rng: Rng; restart(): void } {
  let n = 0;
  return {
    rng: (length) => Uint8Array.from({ length }, () => (seed + 31 * n++ + (n >> 3)) & 255),
    restart: () => {
      n = 0;
    },
  };
}

beforeAll(async () => {
  practice = await openPractice({ start: START, epochs: 3, onLog: (message) => logs.push(message) });
  traffic = recordTraffic(practice);
  const policy = { required: [{ attribute: "coverage", accepted: ["standard"] }], maxStaleEpochs: 1 };
  const clinics = [await practice.openClinic("North", policy), await practice.openClinic("South", policy)];
  for (const name of ["Anselm", "Berthe", "Cyprian"]) await enrol(name);
  for (let i = 0; i < VISITS; i++) {
    const at = START + (2 * i + 1) * DAY;
    for (const [n, patient] of ["Anselm", "Berthe"].entries()) {
      // Each writes in a length of its own, within one bucket of the padding; names stand in the sealed text.
      const note = `${people[n]!.planted.join(" ")} ${"ache ".repeat(n === 0 ? 3 : 40)}`;
      await live(patient, clinics[(n + i) % 2]!, at, note);
    }
  }
  await practice.at(START + 10 * DAY, async () => {
    await during("report of Anselm", () => wallets.get("Anselm")!.records());
    await during("report of Berthe", () => wallets.get("Berthe")!.records());
  });

  for (const [n, name] of ["Dorian", "Elfriede", "Frieda", "Gustav"].entries()) {
    const stuck = stuckGenerator(n + 1);
    if (n < 2) unhedged.add(stuck.rng);
    const transport = { ...practice.transport, rng: stuck.rng };
    await enrol(name, await Wallet.create({ transport, deployment: practice.deployment, store: new MemoryStore() }));
    for (let i = 0; i < 2; i++) {
      stuck.restart();
      await live(name, clinics[(n + i) % 2]!, START + (12 + 2 * i) * DAY, "the same");
    }
  }

  await live("Cyprian", clinics[0]!, START + 20 * DAY, people[2]!.planted.join(" "));
  await live("Cyprian", clinics[1]!, START + 21 * DAY, people[2]!.planted.join(" "));
  practice.clock.now = epochStart(EPOCH + 1) + 6 * DAY;
  const clinician = await practice.newRequester("Dr. Ada Emery", "clinician");
  const prepared = await approvedOrder(practice, clinician, {
    kind: "link",
    purpose: "Continuity of care",
    legalGround: "GDPR Article 9(2)(h)",
    epochs: { from: EPOCH, to: EPOCH },
    subject: { checkIn: visited.at(-1)!.session.checkInBytes },
  });
  await clinician.advance(prepared);
  expect((await clinician.openResult(prepared)).sessions).toHaveLength(2);

  dump = dumpStores(practice.host.persist);
  const { document, issuer } = await new ParametersCache(practice.transport, practice.deployment).of(EPOCH);
  common = {
    g1: { G, Ghat: handleBase(), Y_R: decodeG1(document.traceKey), Y_K: decodeG1(document.linkKey) },
    g2: { P2, W: issuer.issuerKey, H2v: handleBaseG2() },
  };
}, HOOK_MILLISECONDS);
afterAll(() => practice?.stop());

// ---- what belongs to a session

const isOperators = (file: string): boolean => sideOf(dump, file) === "operator";

function piecesOfCell(name: string, cell: DumpedRow["cells"][string]): Piece[] {
  if (cell === null) return [];
  if (cell instanceof Uint8Array) return [{ name, bytes: cell }];
  if (typeof cell === "string") return decodedText(cell).map((bytes, i) => ({ name: `${name} ${i}`, bytes }));
  return [{ name, bytes: utf8(String(cell).padStart(8, "0")) }];
}

function piecesOfBlob(blob: Uint8Array): Piece[] {
  const { stanzas, mac, bytes } = readAgeHeader(blob);
  return [
    ...stanzas.flatMap((s, i) => [
      { name: `blob stanza ${i} body`, bytes: s.body },
      { name: `blob stanza ${i} argument`, bytes: base64nopad.decode(s.args[1]!) },
    ]),
    { name: "blob MAC", bytes: mac },
    { name: "blob payload", bytes: blob.subarray(bytes) },
  ];
}

function piecesOfExchange(e: Exchange, nth: number): Piece[] {
  const name = `request ${nth} ${e.method}`;
  const isText = (h: Record<string, string>): boolean => !/octet-stream/.test(h["content-type"] ?? "");
  const asPieces = (what: string, bytes: Uint8Array, text: boolean): Piece[] =>
    (text ? decodedText(new TextDecoder().decode(bytes)) : [bytes]).map((b, i) => ({ name: `${what} ${i}`, bytes: b }));
  const { "symbolon-clock": _, ...headers } = e.headers; // the local host's settable clock
  const answersJson = e.answer[0] === 0x7b;
  return [
    ...asPieces(`${name} path`, utf8(e.url.pathname + e.url.search), true),
    ...asPieces(`${name} headers`, utf8(JSON.stringify(headers)), true),
    ...(e.method === "PUT" ? piecesOfBlob(e.body) : asPieces(`${name} body`, e.body, isText(e.headers))),
    ...asPieces(`${name} answer`, e.answer, answersJson),
  ];
}

/** Columns that hold the moment of a write. Local R2 puts it into its blob ids too. */
const REAL_TIME = /^(uploaded|scheduled_time|blob_id)$/;

/** Rows that name the tag or its hash; the R2 objects those rows name; the requests of the visit. */
function materialOf({ session, name }: Visited): Piece[] {
  const { tagHash } = session;
  const ids = [tagHash, bytesToHex(readCheckIn(session.checkInBytes).presentation.T)];
  const names = (cell: unknown): boolean => {
    const text = cell instanceof Uint8Array ? bytesToHex(cell) : String(cell);
    return ids.some((id) => text.includes(id));
  };
  const rows = dump.rows.filter((r) => isOperators(r.file) && Object.values(r.cells).some(names));
  const keys = new Set(rows.flatMap((r) => (typeof r.cells.blob_key === "string" ? [r.cells.blob_key] : [])));
  rows.push(...rowsOf(dump, "_mf_objects").filter((r) => keys.has(String(r.cells.key))));
  expect(keys.size, "the session's record").toBe(1);
  expect(rows.map((r) => r.table.replace(/_[0-9a-f]{32}$/, ""))).toEqual(
    expect.arrayContaining(["sessions", "session_index", "records", "session", "frames", "_mf_objects"]),
  );
  const requests = traffic.filter(
    (e) => e.visit === name && [practice.deployment.serviceUrl, practice.deployment.escrowUrl].includes(e.url.origin),
  );
  return [
    ...rows.flatMap((r) =>
      Object.entries(r.cells)
        .filter(([column]) => !REAL_TIME.test(column))
        .flatMap(([column, cell]) => piecesOfCell(`${r.table.replace(/_[0-9a-f]{32}$/, "")}.${column}`, cell)),
    ),
    ...[...keys].flatMap((key) => piecesOfBlob(dump.objects.get(key)!)),
    ...requests.flatMap(piecesOfExchange),
  ];
}

/** Removes the slot from the strings, because it is public. It stands behind both epochs. */
function withoutSlot(bytes: Uint8Array, { credentialEpoch, epoch }: ClinicSession): Uint8Array {
  const text = Buffer.from(bytes);
  const before = Buffer.from(concatBytes(u32be(credentialEpoch), u32be(epoch)));
  for (let at = text.indexOf(before); at >= 0; at = text.indexOf(before, at + 1)) text.fill(0, at + 8, at + 10);
  return text;
}

function see(v: Visited): SeenSession {
  const { presentation, epoch } = readCheckIn(v.session.checkInBytes);
  const g1 = Object.fromEntries(
    (["Abar", "Bbar", "D", "C1", "C2", "F2"] as const).map((p) => [p, decodeG1(presentation[p])]),
  );
  const { paramsHash, serviceId } = readCheckIn(v.session.checkInBytes).challenge;
  return {
    patient: v.patient,
    clinic: bytesToHex(serviceId),
    pieces: materialOf(v).map((p) => ({ ...p, bytes: withoutSlot(p.bytes, v.session) })),
    g1,
    g2: { T: decodeG2(presentation.T), H: tagBase(paramsHash, epoch, presentation.slot) },
  };
}

const sessionsOf = (...patients: string[]): SeenSession[] =>
  visited.filter((v) => patients.includes(v.patient)).map(see);
const honest = (): SeenSession[] => sessionsOf("Anselm", "Berthe");
const stuck = (): SeenSession[] => sessionsOf("Dorian", "Elfriede");
const hedgedButStuck = (): SeenSession[] => sessionsOf("Frieda", "Gustav");

describe("planted identity values", () => {
  const forms = (value: string): [string, Buffer][] => {
    const plain = Buffer.from(value);
    // base64 at its three alignments, without the characters that the neighbours decide
    const base64 = [0, 1, 2].map((shift) =>
      Buffer.from(
        Buffer.concat([Buffer.alloc(shift), plain])
          .toString("base64url")
          .slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + plain.length) * 8) / 6)),
      ),
    );
    const hex = plain.toString("hex");
    return [
      ["plain", plain],
      ["hex", Buffer.from(hex)],
      ["UTF-16", Buffer.from(value, "utf16le")],
      ...base64.map((b): [string, Buffer] => ["base64", b]),
      ...base64.map((b): [string, Buffer] => [
        "base64",
        Buffer.from(b.toString().replace(/-/g, "+").replace(/_/g, "/")),
      ]),
    ];
  };
  const findIn = (haystacks: { where: string; bytes: Uint8Array }[], values: string[]): string[] =>
    haystacks.flatMap(({ where, bytes }) => {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return values.flatMap((v) =>
        forms(v).flatMap(([form, f]) => (text.includes(f) ? [`${where}: ${v}, ${form}`] : [])),
      );
    });
  const values = (): string[] => people.flatMap((p) => p.planted);

  it("stand in no file of any role, registrar and trustees included", () => {
    expect(dump.files.length).toBeGreaterThan(20);
    expect(
      findIn(
        dump.files.map((f) => ({ where: f.file, bytes: f.bytes })),
        values(),
      ),
    ).toEqual([]);
  });

  it("stand in no request to service, escrow, log or trustees, in no answer of theirs, in no Worker's log", () => {
    const seen = traffic.filter((e) => e.url.origin !== practice.deployment.registrarUrl);
    expect(seen.length).toBeGreaterThan(100);
    const parts = seen.flatMap((e) => {
      const text = `${e.url.pathname}${e.url.search} ${JSON.stringify(e.headers)}`;
      return [utf8(text), e.body, e.answer].map((bytes) => ({ where: `${e.method} ${e.url.pathname}`, bytes }));
    });
    expect(findIn(parts, values())).toEqual([]);
    expect(findIn([{ where: "logs", bytes: utf8(logs.join("\n")) }], values())).toEqual([]);
    const tags = visited.map((v) => v.session.tagHash);
    expect(tags.filter((t) => logs.some((line) => line.includes(t)))).toEqual([]);
  });

  it("control: the search finds a value where one stands, in each form", () => {
    const value = people[0]!.planted[0]!;
    const deskTraffic = traffic.filter((e) => e.url.pathname === "/v1/admin/proofings").map((e) => e.body);
    const desk = deskTraffic.map((bytes) => ({ where: "desk", bytes }));
    expect(findIn(desk, [people[0]!.selector])).not.toEqual([]);
    // the identity goes to the desk as base64url inside JSON
    const found = findIn(desk, [value]);
    expect(found).not.toEqual([]);
    expect(found.filter((f) => !f.endsWith("base64"))).toEqual([]);
  });
});

describe("strings, sizes and order", () => {
  it("no string of 8 bytes is in two sessions of one patient and in none of the other's", () => {
    const sessions = honest();
    expect(sessions.map((s) => s.pieces.reduce((n, p) => n + p.bytes.length, 0))).toSatisfy((sizes: number[]) =>
      sizes.every((n) => n > 10_000),
    );
    expect(recurringStrings(sessions)).toEqual([]);
  });

  it("control: the same search finds the wallet whose random generator is stuck", () => {
    const found = recurringStrings(stuck());
    expect(found.length).toBeGreaterThan(100);
    expect(found.some((f) => f.startsWith("sessions.check_in"))).toBe(true);
  });

  it("control: it finds one message key or record key that serves in two sessions", () => {
    const sessions = honest();
    const recipient = sessions[0]!.pieces.find((p) => p.name === "sessions.check_in")!;
    const reusing = { ...sessions[2]!, pieces: [...sessions[2]!.pieces, recipient] };
    expect(sessions[2]!.patient).toBe(sessions[0]!.patient);
    expect(recurringStrings([sessions[0]!, sessions[1]!, reusing])).not.toEqual([]);
  });

  it("control: it finds 16 bytes shared by two sessions at one clinic, but not the clinic's own and one byte of chance", () => {
    const sessions = honest();
    const [first, again] = sessions.filter((s) => s.patient === "Anselm" && s.clinic === sessions[0]!.clinic);
    const withMore = (bytes: Uint8Array): SeenSession[] =>
      sessions.map((s) => (s === again ? { ...s, pieces: [...s.pieces, { name: "more", bytes }] } : s));
    const secret = first!.pieces.find((p) => p.name === "blob MAC")!.bytes.subarray(0, 16);
    expect(recurringStrings(withMore(secret))).not.toEqual([]);
    // The service's id stands before the nonce, whose first byte might be another's, too.
    const { serviceId, nonce } = readCheckIn(visited[0]!.session.checkInBytes).challenge;
    expect(recurringStrings(withMore(concatBytes(serviceId.subarray(-7), nonce.subarray(0, 1))))).toEqual([]);
  });

  it("no size of anything tells, though one patient's notes are long and the other's short", () => {
    expect(telling(honest(), sameSizes)).toEqual([]);
  });

  it("control: sizes of what was not padded tell", () => {
    const sessions = honest();
    const unpadded = sessions.map((s) => ({
      ...s,
      pieces: [...s.pieces, { name: "note", bytes: new Uint8Array(s.patient === "Anselm" ? 130 : 315) }],
    }));
    expect(telling(unpadded, sameSizes)).toEqual(["note"]);
  });

  it("no table that many sessions share keeps the order of writing", () => {
    const shared =
      /^(sessions|session_index|index_nodes|complete_epochs|late_rows|uploads|filed|outbox|client_assertions|oauth_clients|services|service_parts|closed_epochs|shared_links|shared_link_days|cases|admin_nonces|order_counts|case_watches|ticket|waiting|watched|webhook|old_secret|dead|records_.*|session|windows|frames)$/;
    let seen = 0;
    for (const [file, tables] of dump.schemas) {
      if (!isOperators(file) || !/^d1\/|^do\/service-/.test(file)) continue;
      for (const [name, sql] of tables) {
        if (/^(_cf_|applied_migrations$|sqlite_)/.test(name)) continue;
        expect(name).toMatch(shared);
        expect(sql, name).toMatch(/WITHOUT ROWID/i);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(8);
  });

  it("two own reports ask for the same things: the paths do not say whose they are", () => {
    const paths = (name: string): string[] =>
      traffic
        .filter((e) => e.visit === name)
        .map((e) => e.url.pathname + e.url.search)
        .sort();
    // A record's blob is one of a group, or asked for by itself.
    const blobs = paths("report of Anselm").flatMap((path) => path.split(/\/blobs(?:\?ids=|\/)/)[1]?.split(".") ?? []);
    expect(blobs.length).toBeGreaterThanOrEqual(2 * VISITS);
    expect(paths("report of Anselm")).toEqual(paths("report of Berthe"));
  });
});

describe("algebra", () => {
  it("no coincidence of pairings over all points of two sessions tells", () => {
    expect(telling(honest(), pairingMatcher(table, common))).toEqual([]);
  });
  it("no invariant of a session tells", () => {
    expect(telling(honest(), invariantMatcher(table, common))).toEqual([]);
  });
  it("the index holds e(G, T), hashed, and nothing that repeats", () => {
    const values = rowsOf(dump, "session_index").map((r) => r.cells.value);
    expect(values).toHaveLength(visited.length);
    expect(new Set(values).size).toBe(values.length);
  });

  const equalPoints = (sessions: SeenSession[]): string[] => {
    const few = sessions.map((s) => ({ ...s, g2: {} }));
    return telling(few, pairingMatcher(table, { g1: { G }, g2: { P2 } }));
  };
  it("a wallet whose generator is stuck shows fresh points all the same, because its draws are hedged", () => {
    expect(equalPoints(hedgedButStuck())).toEqual([]);
  });
  it("control: a stuck wallet that does not hedge shows equal points", () => {
    expect(equalPoints(stuck())).toEqual(expect.arrayContaining(["e(x.C1 - y.C1, P2)", "e(x.F2 - y.F2, P2)"]));
  });

  // Four real sessions, in which one point is put as a careless wallet would put it.
  const weakened = (points: (z: bigint, s: SeenSession) => Partial<Record<string, G1>>): SeenSession[] =>
    honest()
      .slice(0, 4)
      .map((s) => {
        const { z } = secretsOf(wallets.get(s.patient)!, 0);
        return { ...s, g1: { ...s.g1, ...points(z, s) } as Record<string, G1> };
      });

  it("control: z·G in clear is found: e(z·G, H') = e(G, T')", () => {
    const found = telling(
      weakened((z) => ({ F2: G.multiply(z) as G1 })),
      pairingMatcher(table, common),
    );
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(/^e\(G, x\.T\) = e\(y\.F2, x\.H\)$/)]));
  });

  it("control: one u in two sessions is found", () => {
    const u = randomScalar(practice.transport.rng);
    const found = telling(
      weakened((z) => ({ F2: G.multiply(z).add(common.g1.Y_K!.multiply(u)) as G1 })),
      pairingMatcher(table, common),
    );
    expect(found).not.toEqual([]);
  });

  it("control: a published V = z·H2v is found", () => {
    const withV = weakened(() => ({})).map((s): SeenSession => {
      const { z } = secretsOf(wallets.get(s.patient)!, 0);
      return { ...s, g2: { ...s.g2, V: handleBaseG2().multiply(z) as G2 } };
    });
    expect(telling(withV, pairingMatcher(table, common))).toEqual(
      expect.arrayContaining([expect.stringMatching(/x\.V = y\.V/)]),
    );
  });

  it("control: were y·P2 of the link key published, e(F2, P2) / e(C1, y·P2) would find every session", () => {
    const y = randomScalar(practice.transport.rng);
    const sessions = weakened((z) => {
      const r = randomScalar(practice.transport.rng);
      return { C1: G.multiply(r) as G1, F2: G.multiply(z).add(G.multiply(y).multiply(r)) as G1 };
    });
    const few = sessions.map((s) => ({ ...s, g1: { C1: s.g1.C1!, F2: s.g1.F2! }, g2: {} }));
    const publicPoints = { g1: { G }, g2: { P2, yP2: P2.multiply(y) as G2 } };
    expect(telling(few, invariantMatcher(table, { g1: { G }, g2: { P2 } }))).toEqual([]);
    expect(telling(few, invariantMatcher(table, publicPoints))).toEqual(["e(s.C1, yP2) / e(s.F2, P2)"]);
  });
});
