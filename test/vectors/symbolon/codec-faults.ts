// Makes codec-faults.json: documents with one field outside its form. Each is an edit of the bytes of a document that
// decodes, so the rest of the document stays in its one form.

import { Approval } from "../../../protocol/approvals.ts";
import { concatBytes, u32be } from "../../../protocol/bytes.ts";
import type { Codec } from "../../../protocol/codec.ts";
import {
  CaseContext,
  CaseResult,
  Challenge,
  CheckIn,
  Contract,
  Dossier,
  IssuedCredential,
  LOG_KINDS,
  LogEntry,
  Manifest,
  Order,
  Parameters,
  RefreshRequest,
  ServiceCard,
  Signed,
} from "../../../protocol/documents.ts";
import { Presentation } from "../../../protocol/presentation.ts";
import { RevocationList } from "../../../protocol/requester-status.ts";
import { edit, hex, type Json, longer, replaced } from "./encode.ts";
import type { World } from "./world.ts";

const VERDICT = "malformed";
const NONE = new Uint8Array();

/** Edits of one document. A field's place is found by encoding two values of the field and comparing. */
function faultsOf<T extends object>(codec: Codec<T>, value: T) {
  const bytes = codec.encode(value);
  const entry = (reason: string, name: string, changed: Uint8Array, base = bytes) => ({
    kind: "decode",
    class: `${codec.name}: ${name}`,
    reason,
    document: codec.name,
    base: hex(base),
    edit: edit(base, changed) as unknown as Json,
  });
  const withField = (field: keyof T, to: unknown): Uint8Array => codec.encode({ ...value, [field]: to });
  const placeOf = (a: Uint8Array, b: Uint8Array): number => edit(a, b).at;
  return {
    accepted: () => entry("accepted", "honest", bytes),
    whole: () => [
      entry(VERDICT, "trailing byte", longer(bytes)),
      entry(VERDICT, "one byte too few", bytes.subarray(0, -1)),
      entry("wrong-type", "another type", replaced(bytes, 0, Uint8Array.of(0xff))),
      entry("unknown-version", "another version", replaced(bytes, 1, Uint8Array.of(bytes[1]! + 1))),
    ],
    bool: (field: keyof T) => {
      const at = placeOf(withField(field, false), withField(field, true));
      return [2, 255].map((v) => entry(VERDICT, `${String(field)} is ${v}`, replaced(bytes, at, Uint8Array.of(v))));
    },
    optional: (field: keyof T, present: unknown) => {
      const [absent, full] = [withField(field, undefined), withField(field, present)];
      const at = placeOf(absent, full);
      return [
        entry(VERDICT, `${String(field)} has the flag 2`, replaced(full, at, Uint8Array.of(2)), full),
        entry(VERDICT, `${String(field)} is announced and missing`, replaced(absent, at, Uint8Array.of(1)), absent),
        entry(VERDICT, `${String(field)} is there and not announced`, replaced(full, at, Uint8Array.of(0)), full),
      ];
    },
    name: (field: keyof T, first: string, second: string, names: number) => {
      const at = placeOf(withField(field, first), withField(field, second));
      return [names, 255].map((v) => entry(VERDICT, `${String(field)} is ${v}`, replaced(bytes, at, Uint8Array.of(v))));
    },
    time: (field: keyof T) => {
      const largest = withField(field, Number.MAX_SAFE_INTEGER);
      const at = placeOf(withField(field, 0), largest) - 1; // the first byte of 2^53 − 1 is 0
      const to = (hexOf: string): Uint8Array => replaced(bytes, at, Uint8Array.from(Buffer.from(hexOf, "hex")));
      return [
        entry("accepted", `${String(field)} is 2^53 - 1`, largest),
        entry(VERDICT, `${String(field)} is 2^53`, to("0020000000000000")),
        entry(VERDICT, `${String(field)} is 2^64 - 1`, to("ffffffffffffffff")),
      ];
    },
    text: (field: keyof T) => {
      const base = withField(field, "aaaa");
      const at = placeOf(base, withField(field, "baaa"));
      const to = (...b: number[]): Uint8Array => replaced(base, at, Uint8Array.from(b));
      return [
        entry("accepted", `${String(field)} begins with U+FEFF`, to(0xef, 0xbb, 0xbf, 0x61), base),
        entry("accepted", `${String(field)} holds NUL and U+1F600`, to(0xf0, 0x9f, 0x98, 0x80), base),
        entry(VERDICT, `${String(field)} holds a byte that is never UTF-8`, to(0xff), base),
        entry(VERDICT, `${String(field)} is overlong`, to(0xc0, 0x80), base),
        entry(VERDICT, `${String(field)} holds a surrogate`, to(0xed, 0xa0, 0x80), base),
        entry(VERDICT, `${String(field)} is beyond U+10FFFF`, to(0xf4, 0x90, 0x80, 0x80), base),
        entry(VERDICT, `${String(field)} ends inside a character`, to(0x61, 0x61, 0x61, 0xc3), base),
        entry(
          VERDICT,
          `${String(field)} is longer than the document`,
          replaced(base, at - 2, Uint8Array.of(0xff, 0xff)),
          base,
        ),
      ];
    },
    list: (field: keyof T, items: readonly unknown[]) => {
      const base = withField(field, items);
      const at = placeOf(withField(field, []), withField(field, items.slice(0, 1))) - 1;
      return [items.length - 1, items.length + 1].map((n) =>
        entry(
          VERDICT,
          `${String(field)} counts ${n} of ${items.length} items`,
          replaced(base, at, Uint8Array.of(n >> 8, n)),
          base,
        ),
      );
    },
    /** `items` ascend and have one length; each wrong list keeps the count */
    ascending: (field: keyof T, items: readonly unknown[], encodedItem: number) => {
      const base = withField(field, items);
      const at = placeOf(withField(field, []), withField(field, items.slice(0, 1))) + 1;
      const piece = (i: number): Uint8Array => base.slice(at + i * encodedItem, at + (i + 1) * encodedItem);
      return [
        entry("accepted", `${String(field)} ascends`, base, base),
        entry(VERDICT, `${String(field)} descends`, replaced(base, at, concatBytes(piece(1), piece(0))), base),
        entry(
          VERDICT,
          `${String(field)} holds an item twice`,
          replaced(base, at, concatBytes(piece(0), piece(0))),
          base,
        ),
      ];
    },
    blob: (field: keyof T) => {
      const base = withField(field, NONE);
      const at = placeOf(base, withField(field, Uint8Array.of(7))) - 3;
      return [
        entry(VERDICT, `${String(field)} of 2^32 - 1 bytes`, replaced(base, at, u32be(0xffffffff)), base),
        entry(VERDICT, `${String(field)} of one byte too many`, replaced(base, at, u32be(base.length - at - 3)), base),
      ];
    },
  };
}

export function codecFaults(w: World): Json {
  const inner = <T>(codec: Codec<T>, signed: Uint8Array): T => codec.decode(Signed.decode(signed).document);
  const order = faultsOf(Order, w.order);
  const challenge = faultsOf(Challenge, inner(Challenge, w.visits[0]!.challenge));
  const card = faultsOf(ServiceCard, w.card);
  const checkIn = faultsOf(CheckIn, CheckIn.decode(w.visits[0]!.checkIn));
  const presentation = faultsOf(Presentation, w.visits[0]!.presentation);
  const manifest = faultsOf(Manifest, inner(Manifest, w.manifest));
  const contract = faultsOf(Contract, w.contract);
  const refresh = faultsOf(RefreshRequest, w.refresh);
  const issued = faultsOf(IssuedCredential, w.issued);
  const dossier = faultsOf(Dossier, Dossier.decode(w.dossier));
  const approval = faultsOf(Approval, inner(Approval, w.approvals[0]!));
  const entry = faultsOf(LogEntry, LogEntry.decode(w.entries[0]!));
  const context = faultsOf(CaseContext, w.contextOf("link", 1));
  const parameters = faultsOf(Parameters, w.parameters);
  const signed = faultsOf(Signed, Signed.decode(w.manifest));
  const result = faultsOf(CaseResult, {
    ...{ caseId: w.order.caseId, orderHash: w.orderHash, epochFrom: w.epoch, epochTo: w.epoch, sessions: [] },
    unproved: [{ epoch: w.epoch, reason: "open" as const }],
  });
  const revoked = faultsOf(RevocationList, { number: 2, at: w.issuedAt, revoked: [] });
  const all = [order, challenge, card, checkIn, presentation, manifest, contract, refresh, issued, dossier];
  const every = [...all, approval, entry, context, parameters, signed, result, revoked];
  const scope = [1, 2].map((n) => ({ epoch: w.epoch + n, slots: 2, paramsHash: w.paramsHash }));
  return {
    entries: [
      ...every.flatMap((f) => [f.accepted(), ...f.whole()]),
      ...order.bool("emergency"),
      ...manifest.optional("target", new Uint8Array(16)),
      ...manifest.optional("movedTo", new Uint8Array(32)),
      ...contract.optional("previous", new Uint8Array(32)),
      ...contract.optional("continuation", new Uint8Array(9)),
      ...dossier.optional("checkIn", new Uint8Array(9)),
      ...dossier.optional("identity", new Uint8Array(9)),
      ...dossier.optional("registrarSignature", new Uint8Array(64)),
      ...entry.optional("caseId", new Uint8Array(32)),
      ...order.name("kind", "link", "trace", 3),
      ...manifest.name("kind", "record", "amendment", 5),
      ...approval.name("decision", "approve", "refuse", 2),
      ...entry.name("kind", "parameters", "key-set", LOG_KINDS.length),
      ...context.name("kind", "notice", "link", 4),
      ...[order.time("issuedAt"), order.time("expiresAt"), challenge.time("issuedAt")].flat(),
      ...[challenge.time("expiresAt"), manifest.time("size"), approval.time("at"), entry.time("at")].flat(),
      ...[context.time("expiresAt"), card.time("notBefore"), card.time("notAfter")].flat(),
      ...[
        order.text("purpose"),
        card.text("name"),
        manifest.text("contentKind"),
        checkIn.text("sessionRecipient"),
      ].flat(),
      ...order.list("services", [new Uint8Array(16), new Uint8Array(16).fill(1)]),
      ...issued.list("values", ["full", "adult"]),
      ...parameters.list("trusteeKeys", w.parameters.trusteeKeys),
      ...context.ascending("set", [1, 2], 1),
      ...context.ascending("scope", scope, 4 + 2 + 32),
      ...revoked.ascending("revoked", [new Uint8Array(32), new Uint8Array(32).fill(1)], 32),
      ...[checkIn.blob("hpkeEnc"), signed.blob("document"), entry.blob("body"), refresh.blob("proof")].flat(),
    ],
  };
}
