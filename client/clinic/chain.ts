// A session's chain of manifests, as the clinic checks it: its own signature on each, counted from 1 without a gap, each
// naming the hash of the one before. What became of a record is worked out from the statements here; the operator's word
// for it is not taken. Links missing at the end do not show without a memory of the head.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { Manifest, manifestHashOf, openSigned } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";

export type RecordState = "current" | "amended" | "withdrawn" | "moved" | "erased";

export interface RecordEntry {
  /** hex */
  readonly recordId: string;
  /** hex */
  readonly tagHash: string;
  readonly state: RecordState;
  readonly contentKind: string;
  /** days since 1970-01-01 */
  readonly day: number;
  readonly count: number;
  /** hex; the record that this one amends */
  readonly amends: string | undefined;
  /** hex; the session it was moved to */
  readonly movedTo: string | undefined;
  readonly manifest: Manifest;
}

export interface Chain {
  /** records and amendments, in order */
  readonly records: RecordEntry[];
  /** of the last manifest; 32 zero bytes where there is none */
  readonly headHash: Uint8Array;
  readonly count: number;
}

export class ChainError extends Error {
  override name = "ChainError";
}

/** What a statement, or an amendment, makes of its target. */
export const BECOMES: Partial<Record<Manifest["kind"], RecordState>> = {
  amendment: "amended",
  withdrawal: "withdrawn",
  move: "moved",
  erasure: "erased",
};

/** What a chain must be of: whoever hands it out could hand out another session's, complete and in order. */
export interface ChainOf {
  signKey: Uint8Array;
  serviceId: Uint8Array;
  /** hex */
  tagHash: string;
}

/** @throws ChainError, CodecError */
export function readChain({ signKey, serviceId, tagHash }: ChainOf, signedManifests: readonly Uint8Array[]): Chain {
  const records: RecordEntry[] = [];
  let headHash: Uint8Array = new Uint8Array(32);
  let count = 0;
  for (const signed of signedManifests) {
    const { key, value: manifest } = openSigned(LABELS.signManifest, Manifest, signed);
    if (!equalBytes(key, signKey) || !equalBytes(manifest.serviceId, serviceId))
      throw new ChainError("a manifest is not this clinic's");
    if (manifest.count !== count + 1 || !equalBytes(manifest.previous, headHash))
      throw new ChainError(`manifest ${count + 1} is missing or out of place`);
    if (bytesToHex(manifest.tagHash) !== tagHash) throw new ChainError("a manifest is of another session");
    headHash = manifestHashOf(signed);
    count++;
    const target = manifest.target && bytesToHex(manifest.target);
    const state = BECOMES[manifest.kind];
    if (target !== undefined && state !== undefined) {
      const i = records.findIndex((r) => r.recordId === target);
      if (i < 0) throw new ChainError(`manifest ${count} speaks of a record that is not there`);
      const movedTo = manifest.movedTo && bytesToHex(manifest.movedTo);
      records[i] = { ...records[i]!, state, ...(movedTo === undefined ? {} : { movedTo }) };
    }
    if (manifest.kind === "record" || manifest.kind === "amendment")
      records.push({
        recordId: bytesToHex(manifest.recordId),
        tagHash: bytesToHex(manifest.tagHash),
        state: "current",
        contentKind: manifest.contentKind,
        day: manifest.day,
        count,
        amends: target,
        movedTo: undefined,
        manifest,
      });
  }
  return { records, headHash, count };
}
