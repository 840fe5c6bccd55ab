// Makes opening-faults.json: shares of links, notices, traces and records that break one thing and are proved anew around
// it, sets of shares that do not fit their approving set, and stanzas.

import { frame } from "../../../protocol/bytes.ts";
import { CaseContext, caseContextHash } from "../../../protocol/documents.ts";
import { type ElementGT, type Engine, nobleEngine } from "../../../protocol/engine.ts";
import { groupG1, groupGT } from "../../../protocol/group.ts";
import { hybridSeal } from "../../../protocol/hybrid-seal.ts";
import { LABELS } from "../../../protocol/labels.ts";
import {
  combinePoints,
  LinkShare,
  linkShare,
  NoticeShare,
  noticeShare,
  RecordShare,
  TraceShare,
  UntestedLinkShare,
} from "../../../protocol/opening.ts";
import { linkShareInSteps } from "../../../protocol/opening-link.ts";
import { prove, Relation } from "../../../protocol/sigma.ts";
import { decodeG1, encodeG1, Fp12, Fr, G, type G1, type Scalar, tagBase, tdh2Base } from "../../../protocol/suite.ts";
import { Tdh2Ciphertext, tdh2Encrypt } from "../../../protocol/tdh2.ts";
import { hex, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

type Kind = CaseContext["kind"];
type Judged = { [key: string]: Json };

/** An engine that multiplies the first partial by `factor` of the batch's first coefficient, and keeps Δ true to it. */
function lyingEngine(lie: (d: ElementGT) => ElementGT, delta: (rho: Scalar, d: ElementGT) => ElementGT) {
  let rho: Scalar | undefined;
  const engine: Engine = {
    ...nobleEngine,
    g2: {
      ...nobleEngine.g2,
      combine: (slots, coefficients) => {
        rho = coefficients[0]!;
        return nobleEngine.g2.combine(slots, coefficients);
      },
    },
    pairingsOfSecretPoint: (piece, slots, rng) => {
      const [first, ...rest] = nobleEngine.pairingsOfSecretPoint(piece, slots, rng) as [ElementGT, ...ElementGT[]];
      return [rho === undefined ? lie(first) : delta(rho, first), ...rest];
    },
  };
  return { engine, coefficient: () => rho! };
}

export function openingFaults(w: World): Json {
  const { C1, C2, F2 } = w.visits[0]!.presentation;
  const [c1, f2] = [C1, F2].map(decodeG1) as [G1, G1];
  const slots = [0, 1].map((slot) => tagBase(w.paramsHash, w.epoch, slot));
  const set = w.set;
  const context = (kind: Kind, change: Partial<CaseContext> = {}): CaseContext => ({
    ...w.contextOf(kind, 1),
    ...change,
  });
  const bytesOf = (c: CaseContext): string => hex(CaseContext.encode(c));
  const shareOf = (key: "link" | "trace" | "record", i = 1): Scalar => (i === 0 ? 7n : w.shares[i - 1]!.shares[key]);
  const keyOf = (key: "link" | "trace" | "record", i = 1): G1 => w.keySet.shareKeys[i - 1]![key];
  const at = (kind: Kind, change: Partial<CaseContext> = {}) => ({
    ctx: caseContextHash(context(kind, change)),
    index: 1,
    set,
    shareKey: keyOf("link"),
    share: shareOf("link"),
    F1: c1,
    F2: f2,
  });
  const rng = rngOf("opening faults");

  // ---- links and notices
  const link = (change: Partial<Parameters<typeof linkShare>[0]> = {}, engine?: Engine): string =>
    hex(LinkShare.encode(linkShare({ ...at("link"), slots, ...change }, rng, engine)));
  const notice = (change: Partial<Parameters<typeof noticeShare>[0]> = {}): string =>
    hex(NoticeShare.encode(noticeShare({ ...at("notice"), caseId: w.order.caseId, ...change }, rng)));
  const of =
    (kind: string) =>
    (reason: string, name: string, share: string, judged: Judged = {}) => ({
      kind,
      class: name,
      reason,
      share,
      ...judged,
    });
  const [links, notices] = [of("link-share"), of("notice-share")];
  const { gt } = nobleEngine;
  const one = nobleEngine.fromGT(groupGT.generator());
  const wrongValue = lyingEngine(
    (d) => gt.add(d, one),
    (rho, d) => gt.add(d, gt.negate(gt.combine([one], [rho]))),
  );
  /** −d_0 in place of d_0, under a nonce with which the coefficient of slot 0 is even: the proof holds */
  const flipped = () => {
    for (let n = 0; ; n++) {
      const lying = lyingEngine(
        (d) => nobleEngine.fromGT(Fp12.neg(nobleEngine.toGT(d))),
        (_, d) => d,
      );
      const change = { nonce: new Uint8Array(32).fill(n) };
      const steps = linkShareInSteps({ ...at("link", change), slots }, rng, lying.engine);
      let step = steps.next();
      while (!step.done) step = steps.next();
      if (lying.coefficient() % 2n === 0n)
        return { share: hex(UntestedLinkShare.encode(step.value)), context: bytesOf(context("link", change)) };
    }
  };
  const even = flipped();

  // ---- traces and records
  const point = (
    kind: "traceShare" | "recordShare",
    base: G1,
    { ctx, y, proven, index }: { ctx?: CaseContext; y?: Scalar; proven?: Scalar; index?: number } = {},
  ): string => {
    const name = kind === "traceShare" ? "trace" : "record";
    const value = groupG1.multiply(base, y ?? shareOf(name));
    const relation = new Relation(LABELS[kind], ["y"])
      .equation(groupG1, keyOf(name), [["y", G]])
      .equation(groupG1, value, [["y", base]]);
    const witness = { y: proven ?? y ?? shareOf(name) };
    const proof = prove(relation, caseContextHash(ctx ?? context(name)), witness, rng);
    const common = { index: index ?? 1, proof };
    return hex(
      name === "trace" ? TraceShare.encode({ ...common, D: value }) : RecordShare.encode({ ...common, point: value }),
    );
  };
  const wrong = (key: "trace" | "record"): Scalar => Fr.add(shareOf(key), 1n);
  const { label } = w;
  const key = w.keySet.keys.record;
  const plaintext = rngOf("file key")(16);
  const ciphertext = tdh2Encrypt({ key, label, plaintext }, rngOf("opening faults ciphertext"));
  const { u } = ciphertext;
  const [traces, records] = [of("trace-share"), of("record-share")];
  const other = rngOf("other case")(32);
  const fields: Partial<CaseContext>[] = [
    { kind: "trace" },
    { caseId: other },
    { orderHash: other },
    { keySetId: other },
    { shareGeneration: 1 },
    { scope: [{ epoch: w.epoch, slots: 1, paramsHash: w.paramsHash }] },
    { requesterKey: other },
    { subjectHash: other },
    { nonce: other },
    { set: [1, 3] },
    { trustee: 2 },
    { expiresAt: w.order.expiresAt + 1 },
    { checkpoint: other },
  ];

  // ---- ciphertexts and stanzas
  const inner = (
    made: Partial<Tdh2Ciphertext> & { r?: Scalar; rbar?: Scalar; proven?: Scalar; label?: Uint8Array },
  ) => {
    const r = made.r ?? 5n;
    const base = tdh2Encrypt({ key, label, plaintext }, rng);
    const [ur, ubar] = [groupG1.multiply(G, r), groupG1.multiply(tdh2Base(), made.rbar ?? r)];
    const relation = new Relation(LABELS.tdh2, ["r"])
      .equation(groupG1, ur, [["r", G]])
      .equation(groupG1, ubar, [["r", tdh2Base()]]);
    const tag = frame(made.label ?? label, base.c, encodeG1(key));
    return Tdh2Ciphertext.encode({ u: ur, ubar, c: base.c, proof: prove(relation, tag, { r: made.proven ?? r }, rng) });
  };
  const groupKey = w.keySet.groupHybridKey;
  const stanza = (reason: string, name: string, content: Uint8Array, aad = label, to = groupKey) => ({
    kind: "stanza",
    class: name,
    reason,
    stanza: hex(hybridSeal(to, aad, content, rng)),
  });
  const bare = (i: number): RecordShare => ({
    index: i,
    point: groupG1.multiply(u, shareOf("record", i)),
    proof: { challenge: 1n, responses: [1n] },
  });
  const combine = (reason: string, name: string, of: number[], from: number[]) => ({
    kind: "combine",
    class: name,
    reason,
    set: of,
    shares: from.map((i) => hex(RecordShare.encode(bare(i)))),
  });
  return {
    set,
    contexts: {
      link: bytesOf(context("link")),
      notice: bytesOf(context("notice")),
      trace: bytesOf(context("trace")),
      record: bytesOf(context("record")),
    },
    caseId: hex(w.order.caseId),
    shareKeys: {
      link: hex(encodeG1(keyOf("link"))),
      trace: hex(encodeG1(keyOf("trace"))),
      record: hex(encodeG1(keyOf("record"))),
    },
    F1: hex(C1),
    F2: hex(F2),
    C1: hex(C1),
    slots: [0, 1].map((slot) => ({ epoch: w.epoch, slot, paramsHash: hex(w.paramsHash) })),
    u: hex(encodeG1(u)),
    combined: hex(encodeG1(combinePoints(set, set.map(bare)))),
    recordKey: hex(encodeG1(key)),
    label: hex(label),
    groupHybridSecret: hex(w.shares[0]!.groupHybridSecret),
    entries: [
      links("accepted", "honest", link()),
      links("share", "another share of the key", link({ share: wrong("record") })),
      links("share", "a wrong value of slot 0", link({}, wrongValue.engine)),
      links("malformed", "value not in GT, and the proof holds", even.share, { context: even.context }),
      links("share", "one value too few", link({ slots: slots.slice(0, 1) })),
      links("share", "one value too many", link({ slots: [...slots, slots[0]!] })),
      links("share", "slots in another order", link({ slots: [...slots].reverse() })),
      links("share", "another slot", link({ slots: [slots[0]!, tagBase(w.paramsHash, w.epoch, 2)] })),
      links("share", "another session's F2", link({ F2: decodeG1(w.visits[1]!.presentation.F2) })),
      links("share", "another session's F1", link({ F1: decodeG1(w.visits[1]!.presentation.C1) })),
      links("share", "made for another set", link({ set: [1, 3] })),
      links("share", "made for the set 1, 2, 3", link({ set: [1, 2, 3] })),
      links(
        "set",
        "share from outside S",
        link({ index: 3, set: [1, 3], share: shareOf("link", 3), shareKey: keyOf("link", 3) }),
        {
          index: 3,
          shareKey: hex(encodeG1(keyOf("link", 3))),
        },
      ),
      links(
        "share",
        "another trustee's share",
        link({ index: 2, share: shareOf("link", 2), shareKey: keyOf("link", 2) }),
      ),
      ...fields.map((f) => links("share", `context: ${Object.keys(f)}`, link({ ctx: at("link", f).ctx }))),
      notices("accepted", "honest", notice()),
      notices("share", "another share of the key", notice({ share: wrong("record") })),
      notices("share", "another case", notice({ caseId: other })),
      notices("share", "made for another set", notice({ set: [1, 3] })),
      ...fields
        .slice(1)
        .map((f) => notices("share", `context: ${Object.keys(f)}`, notice({ ctx: at("notice", f).ctx }))),

      traces("accepted", "honest", point("traceShare", c1)),
      traces("share", "another share of the key", point("traceShare", c1, { y: wrong("trace") })),
      traces("share", "a wrong point", point("traceShare", c1, { y: wrong("trace"), proven: shareOf("trace") })),
      traces("share", "another session", point("traceShare", decodeG1(C2))),
      traces("share", "another index", point("traceShare", c1, { index: 2 })),
      ...fields
        .slice(1)
        .map((f) =>
          traces("share", `context: ${Object.keys(f)}`, point("traceShare", c1, { ctx: context("trace", f) })),
        ),

      records("accepted", "honest", point("recordShare", u)),
      records("share", "another share of the key", point("recordShare", u, { y: wrong("record") })),
      records("share", "a wrong point", point("recordShare", u, { y: wrong("record"), proven: shareOf("record") })),
      records("share", "another ciphertext", point("recordShare", c1)),
      records("share", "another index", point("recordShare", u, { index: 2 })),
      ...fields.map((f) =>
        records("share", `context: ${Object.keys(f)}`, point("recordShare", u, { ctx: context("record", f) })),
      ),

      combine("accepted", "shares of S", [1, 2], [1, 2]),
      combine("accepted", "in another order", [1, 3], [3, 1]),
      combine("set", "one share missing", [1, 2], [1]),
      combine("set", "one share twice", [1, 2], [1, 1]),
      combine("set", "a share from outside S", [1, 2], [1, 3]),
      combine("set", "one share more than S", [1, 2], [1, 2, 3]),
      combine("set", "a trustee twice in S", [1, 1], [1, 1]),
      combine("set", "trustee 0 in S", [0, 1], [0, 1]),

      stanza("accepted", "honest", inner({})),
      stanza("stanza-refused", "false row u", inner({ r: 6n, rbar: 5n, proven: 5n })),
      stanza("stanza-refused", "false row ū", inner({ rbar: 6n })),
      stanza("stanza-refused", "proof under another label", inner({ label: other })),
      stanza("stanza-refused", "sealed under another label", inner({}), other),
      stanza("stanza-refused", "sealed to another key", inner({}), label, w.requesterSeal.publicKey),
      stanza("stanza-refused", "another document inside", RecordShare.encode(bare(1))),
    ],
  };
}
