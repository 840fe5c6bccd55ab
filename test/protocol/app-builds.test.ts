// Builds of apps in the log: what a reader takes, and what it leaves out.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import {
  AppBuild,
  appBuildEntry,
  appBuildHashOf,
  buildHashOf,
  loggedBuilds,
  readAppBuild,
} from "../../protocol/app-builds.ts";
import { bytesToHex, concatBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { LogEntry, Signed, signDocument } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";

const ADMIN = new Uint8Array(32).fill(1);
const STRANGER = new Uint8Array(32).fill(2);
const ADMIN_KEY = ed25519.getPublicKey(ADMIN);
const build = (version: number, fill = version): AppBuild => ({
  app: "wallet",
  version,
  buildHash: new Uint8Array(32).fill(fill),
  source: `v${version}`,
});
const entry = (b: AppBuild, by = ADMIN): LogEntry => appBuildEntry(b, by, 1000 + b.version);
const reasonOf = (act: () => unknown): string => {
  try {
    act();
    return "accepted";
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error);
  }
};

describe("a build in the log", () => {
  it("is read as it was signed, also after the entry went through its bytes", () => {
    const read = LogEntry.decode(LogEntry.encode(entry(build(1))));
    expect(read).toMatchObject({ kind: "app-build", at: 1001, caseId: undefined });
    expect(readAppBuild(read, ADMIN_KEY)).toEqual(build(1));
  });

  const good = entry(build(1));
  const signed = Signed.decode(good.body);
  /** The entry of another body, with the subject that fits it. */
  const withBody = (body: Uint8Array): LogEntry => ({ ...good, body, subject: appBuildHashOf(body) });
  const withDocument = (document: Uint8Array): LogEntry => {
    const signature = ed25519.sign(concatBytes(utf8ToBytes(LABELS.signAppBuild), document), ADMIN);
    return withBody(Signed.encode({ ...signed, signature, document }));
  };
  const flipped = signed.signature.slice();
  flipped[0]! ^= 1;
  const unknownApp = signed.document.slice();
  unknownApp[2] = 5; // type, version, app
  const FAULTS: [string, LogEntry, string][] = [
    ["nothing broken", withDocument(signed.document), "accepted"],
    ["a stranger's signature", entry(build(1), STRANGER), "malformed"],
    ["an altered signature", withBody(Signed.encode({ ...signed, signature: flipped })), "malformed"],
    ["the label of another document", withBody(signDocument(LABELS.signOrder, AppBuild, build(1), ADMIN)), "malformed"],
    ["a byte too many", withDocument(concatBytes(signed.document, Uint8Array.of(0))), "malformed"],
    ["a byte too few", withDocument(signed.document.slice(0, -1)), "malformed"],
    ["an app that does not exist", withDocument(unknownApp), "malformed"],
    [
      "another version of the format",
      withDocument(Uint8Array.of(0x1b, 2, ...signed.document.slice(2))),
      "unknown-version",
    ],
    ["another type of document", withDocument(Uint8Array.of(0x1a, 1, ...signed.document.slice(2))), "wrong-type"],
    ["the subject of another build", { ...good, subject: entry(build(2)).subject }, "malformed"],
    ["a case id", { ...good, caseId: new Uint8Array(32) }, "malformed"],
  ];
  it.each(FAULTS)("is judged with %s", (_name, broken, reason) => {
    expect(reasonOf(() => readAppBuild(broken, ADMIN_KEY))).toBe(reason);
    expect(loggedBuilds([broken], ADMIN_KEY)).toHaveLength(reason === "accepted" ? 1 : 0);
  });
});

describe("the builds of a log", () => {
  const hashes = (entries: (LogEntry | undefined)[]) =>
    loggedBuilds(entries, ADMIN_KEY).map(({ app, version, at }) => `${app} ${version} ${at}`);

  it("are taken in order, past entries of other kinds and entries that cannot be read", () => {
    const other: LogEntry = { ...entry(build(2)), kind: "service" };
    const officer = entry({ ...build(1), app: "officer" });
    expect(hashes([entry(build(1)), undefined, other, officer, entry(build(3))])).toEqual([
      "wallet 1 1001",
      "officer 1 1001",
      "wallet 3 1003",
    ]);
  });

  it("do not go back to an older version, and keep the first of two under one version", () => {
    const [one, two, otherTwo] = [entry(build(1)), entry(build(2)), entry(build(2, 9))];
    expect(loggedBuilds([one, two, one, otherTwo], ADMIN_KEY).map((b) => b.buildHash[0])).toEqual([1, 2]);
    expect(hashes([two, one])).toEqual(["wallet 2 1002"]);
    expect(hashes([entry(build(0))])).toEqual([]);
  });
});

describe("the build hash", () => {
  const files = [
    { name: "index.html", content: utf8ToBytes("<p>") },
    { name: "assets/a.js", content: utf8ToBytes("1") },
  ];
  const hash = (list: typeof files): string => bytesToHex(buildHashOf(list));

  it("is that of SPEC, section 11", () => {
    expect(hash(files)).toBe(bytesToHex(sha256(utf8ToBytes("assets/a.js\n1\n1index.html\n3\n<p>"))));
  });
  it("differs if a name, a byte or a border between files differs", () => {
    const [page, script] = files as [(typeof files)[0], (typeof files)[0]];
    const all = [
      files,
      [page],
      [page, { ...script, name: "assets/b.js" }],
      [page, { ...script, content: utf8ToBytes("2") }],
      [{ name: "assets/a.js", content: utf8ToBytes("1index.html\n3\n<p>") }],
    ].map(hash);
    expect(new Set(all).size).toBe(all.length);
    expect(hash([script, page])).toBe(hash(files));
  });
});
