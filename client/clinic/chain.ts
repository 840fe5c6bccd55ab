// A session's chain of manifests, as a reader checks it: the clinic's signature on each manifest, numbers from 1
// without a gap, and in each the hash of the one before. The state of a record is computed here from the clinic's own
// statements; the operator's word for it is not used. If links are missing at the end, only a memory of the head can
// show it.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { Manifest, manifestHashOf, openSigned } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";

export type RecordState = "current" | "amended" | "withdrawn" | "moved" | "erased";

export interface RecordEntry {
  /** 16 bytes */
  readonly recordId: Hex;
  /** 32 bytes; names the session */
  readonly tagHash: Hex;
  readonly state: RecordState;
  readonly contentKind: string;
  /** days since 1970-01-01 */
  readonly day: number;
  /** number of the manifest in its chain, from 1 */
  readonly count: number;
  /** the record that this one amends */
  readonly amends: Hex | undefined;
  /** tag hash of the session that the record was moved to */
  readonly movedTo: Hex | undefined;
  readonly manifest: Manifest;
}

export interface Chain {
  /** records and amendments, in order */
  readonly records: RecordEntry[];
  /** hash of the last manifest; 32 zero bytes if there is none */
  readonly headHash: Uint8Array;
  readonly count: number;
}

/** The manifests that the service handed out are not one whole chain of this session. */
export class ChainError extends SymbolonError<CodeOf<"ChainError">> {
  override name = "ChainError";
}

/** The state that a statement or an amendment gives to its target. */
const BECOMES: Partial<Record<Manifest["kind"], RecordState>> = {
  amendment: "amended",
  withdrawal: "withdrawn",
  move: "moved",
  erasure: "erased",
};

/** The session that a chain must belong to. Without it, the service could hand out another session's whole chain. */
export interface ChainOf {
  /** Ed25519 public key of the clinic, 32 bytes */
  signKey: Uint8Array;
  /** 16 bytes */
  serviceId: Uint8Array;
  tagHash: Hex;
}

/** @throws ChainError */
export function readChain({ signKey, serviceId, tagHash }: ChainOf, signedManifests: readonly Uint8Array[]): Chain {
  const records: RecordEntry[] = [];
  let headHash: Uint8Array = new Uint8Array(32);
  let count = 0;
  for (const signed of signedManifests) {
    const { key, value: manifest } = translate(
      () => openSigned(LABELS.signManifest, Manifest, signed),
      (cause) => new ChainError("bad-manifest", textOfCause(cause), { cause }),
    );
    if (!equalBytes(key, signKey) || !equalBytes(manifest.serviceId, serviceId))
      throw new ChainError("foreign-manifest", "another clinic's");
    if (manifest.count !== count + 1 || !equalBytes(manifest.previous, headHash))
      throw new ChainError("broken-chain", `manifest ${count + 1} is missing or out of place`);
    if (bytesToHex(manifest.tagHash) !== tagHash) throw new ChainError("foreign-manifest", "another session's");
    headHash = manifestHashOf(signed);
    count++;
    const target = manifest.target && bytesToHex(manifest.target);
    const state = BECOMES[manifest.kind];
    if (target !== undefined && state !== undefined) {
      const i = records.findIndex((r) => r.recordId === target);
      if (i < 0) throw new ChainError("unknown-target", `manifest ${count}`);
      const movedTo = manifest.movedTo && bytesToHex(manifest.movedTo);
      records[i] = { ...records[i]!, state, ...(movedTo === undefined ? {} : { movedTo }) };
    }
    if (isRecord(manifest)) records.push(entryOf(manifest));
  }
  return { records, headHash, count };
}

const isRecord = ({ kind }: Manifest): boolean => kind === "record" || kind === "amendment";

const entryOf = (manifest: Manifest): RecordEntry => ({
  recordId: bytesToHex(manifest.recordId),
  tagHash: bytesToHex(manifest.tagHash),
  state: "current",
  contentKind: manifest.contentKind,
  day: manifest.day,
  count: manifest.count,
  amends: manifest.target && bytesToHex(manifest.target),
  movedTo: undefined,
  manifest,
});

/** A record of a chain that is not whole. */
export interface SurvivingRecord {
  readonly entry: RecordEntry;
  /** Signed<Manifest> */
  readonly signed: Uint8Array;
}

/**
 * The records of a chain that `readChain` refuses: every one that this clinic signed for this session. Their states come from
 * the statements that are there. A statement that the service held back is missing, so the caller tells the fault beside
 * these records.
 */
export function survivingRecords(
  { signKey, serviceId, tagHash }: ChainOf,
  signedManifests: readonly Uint8Array[],
): SurvivingRecord[] {
  const genuine = signedManifests.flatMap((signed) => {
    try {
      const { key, value } = openSigned(LABELS.signManifest, Manifest, signed);
      const own = equalBytes(key, signKey) && equalBytes(value.serviceId, serviceId);
      return own && bytesToHex(value.tagHash) === tagHash ? [{ signed, manifest: value }] : [];
    } catch {
      return [];
    }
  });
  const states = new Map(
    genuine.flatMap(({ manifest: { kind, target } }) => {
      const state = BECOMES[kind];
      return target && state ? [[bytesToHex(target), state] as const] : [];
    }),
  );
  const records = new Map<Hex, SurvivingRecord>();
  for (const { signed, manifest } of genuine.sort((a, b) => a.manifest.count - b.manifest.count)) {
    const entry = entryOf(manifest);
    if (isRecord(manifest) && !records.has(entry.recordId))
      records.set(entry.recordId, { signed, entry: { ...entry, state: states.get(entry.recordId) ?? "current" } });
  }
  return [...records.values()];
}
