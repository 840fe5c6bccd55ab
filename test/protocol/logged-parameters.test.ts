// Tests of protocol/logged-parameters.ts: a document counts if the log has it, under a fresh head, from before its first
// month. The very first document of a deployment may come in its first month.

import { describe, expect, it } from "vitest";
import { type LogEntry, Parameters, paramsHashOf, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { type ParametersAnswer, standingOf } from "../../protocol/logged-parameters.ts";
import { LOG_KEY, noteSigner } from "../../protocol/note.ts";
import { makeLogKeys } from "../../protocol/note-keys.ts";
import { trusteeWitnesses } from "../support/case-proofs.ts";
import { entryOf, loggedParameters } from "../support/logged-parameters.ts";

const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const witnesses = trusteeWitnesses([seed(1), seed(2), seed(3)]);
const signers = { log: noteSigner("symbolon.test/log", LOG_KEY, seed(9)), witnesses };
const trusteeKeys = witnesses.map((w) => w.key.publicKey);
const pins = { logVkey: makeLogKeys(seed(9), "symbolon.test/log").vkey, trusteeKeys, witnessVkeys: [] };
const [FROM, FRESH] = [680, 86_400];
const START = epochStart(FROM);

const documentOf = (epochFrom: number): Parameters => ({
  ...{ realm: "test", epochFrom, epochTo: epochFrom + 3, slots: 4, challengeWindowSeconds: 300 },
  ...{ offlineGraceSeconds: 600, logFreshnessSeconds: FRESH, attributes: [], issuerKey: new Uint8Array(96) },
  ...{ keySetId: seed(4), traceKey: new Uint8Array(48), linkKey: new Uint8Array(48), recordKey: new Uint8Array(48) },
  ...{ groupHybridKey: seed(5), threshold: 2, assembleThreshold: 2, trusteeKeys },
});
const publish = (value: Parameters) => ({
  document: signDocument(LABELS.signParameters, Parameters, value, seed(8)),
  keySet: new Uint8Array(),
});
const first = documentOf(FROM);
const second = documentOf(FROM + 4);
const both = [first, second].map(publish);

interface Given {
  i?: number;
  believes?: boolean;
  now?: number;
  entry?: (document: Uint8Array) => LogEntry;
  edit?: (answer: ParametersAnswer) => Partial<ParametersAnswer>;
}
function standing({ i = 0, believes = true, now = START, entry, edit = () => ({}) }: Given = {}): string {
  const answer = loggedParameters(both, signers, START, entry);
  const read = { value: [first, second][i]!, signed: both[i]!.document };
  return standingOf(read, i, { ...answer, ...edit(answer) }, { pins, believes, now });
}
const changed = (changes: Partial<LogEntry>) => (document: Uint8Array) => entryOf(document, changes);

describe("a document of parameters", () => {
  it("is logged if the log has its entry from before its first month", () => {
    expect(standing()).toBe("logged");
    expect(standing({ i: 1 })).toBe("logged");
    expect(standing({ entry: changed({ at: START - 1 }) })).toBe("logged");
    expect(standing({ entry: changed({ at: START }) })).toBe("late");
  });

  it("may be logged in its first month if it is the log's first and the reader believes no other", () => {
    const from = (at: number, given: Given = {}) => standing({ believes: false, entry: changed({ at }), ...given });
    expect(from(START)).toBe("logged");
    expect(from(epochStart(FROM + 1) - 1)).toBe("logged");
    expect(from(epochStart(FROM + 1))).toBe("late");
    expect(from(START, { believes: true })).toBe("late");
    expect(from(epochStart(FROM + 4), { i: 1 })).toBe("late");
    expect(from(epochStart(FROM + 4) - 1, { i: 1 })).toBe("logged");
  });

  it("is stale if the head's cosignatures are older than the parameters allow", () => {
    expect(standing({ now: START + FRESH })).toBe("logged");
    expect(standing({ now: START + FRESH + 1 })).toBe("stale");
  });

  it.each<[string, Given]>([
    ["another kind", { entry: changed({ kind: "officer" }) }],
    ["another subject", { entry: changed({ subject: seed(7) }) }],
    ["a case id", { entry: changed({ caseId: seed(7) }) }],
    ["another body", { entry: changed({ body: seed(7) }) }],
    ["the entry of the other document", { entry: () => entryOf(both[1]!.document) }],
    ["no proof", { edit: () => ({ logged: [] }) }],
    ["no list of proofs", { edit: () => ({ logged: undefined as never }) }],
    ["another index", { edit: ({ logged }) => ({ logged: logged.map((l) => ({ ...l, index: 1 - l.index })) }) }],
    ["an entry that is no base64url", { edit: ({ logged }) => ({ logged: [{ ...logged[0]!, entry: "!" as never }] }) }],
    [
      "a proof that is no base64url",
      { edit: ({ logged }) => ({ logged: [{ ...logged[0]!, proof: ["!" as never] }] }) },
    ],
    [
      "an entry that is no document",
      { edit: ({ logged }) => ({ logged: [{ ...logged[0]!, entry: toBase64url(seed(1)) }] }) },
    ],
    ["no checkpoint", { edit: () => ({ checkpoint: "" }) }],
    ["no cosignatures", { edit: ({ checkpoint }) => ({ checkpoint: checkpoint.split("\n").slice(0, 5).join("\n") }) }],
  ])("is unlogged with %s", (_name, given) => {
    expect(standing(given)).toBe("unlogged");
    expect(paramsHashOf(first)).not.toEqual(paramsHashOf(second));
  });
});
